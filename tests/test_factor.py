"""Moments, polychorics, EM, factor models: published cases, and influences against re-weighted data."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from svclib import factor
from svclib.errors import DataError, ParamError
from svclib.factor import em, indices, polychoric
from svclib.factor.fit import Block

HOLZINGER = json.loads((Path(__file__).parent / "reference" / "holzinger.json").read_text("utf-8"))
SCALES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


def square(rows):
    lower = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        lower[i, : i + 1] = row
    return lower + np.tril(lower, -1).T


def school(name):
    found = HOLZINGER[name]
    return factor.from_matrix(square(found["cov"]), found["n"], np.array(found["mean"]))


def answers(seed, *, n=150, k=4, levels=5, missing=0.0, shift=0.8):
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) + shift
    x = np.clip(np.round(latent + (levels + 1) / 2), 1, levels)
    x[rng.random((n, k)) < missing] = np.nan
    return pd.DataFrame(x, columns=[f"q{j}" for j in range(1, k + 1)])


def reweighted(found, statistic, i, step=1e-4):
    """Numerical influence of row i: what a little more of its weight does."""
    out = []
    for sign in (1, -1):
        w = found.rows.w.copy()
        w[i] += sign * step
        rows = dataclasses.replace(found.rows, w=w / w.sum())
        out.append(statistic(factor.moments(rows, kind=found.kind, missing=found.missing)))
    return (out[0] - out[1]) / (2 * step)


# by hand


def test_covariance_by_hand():
    found = factor.moments(factor.sample(pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 3, 2]})))
    assert found.matrix == pytest.approx(np.array([[1, 0.5], [0.5, 1]]))
    assert found.mean == pytest.approx([2, 2])


def test_bivariate_normal_at_the_origin_is_the_arcsine():
    """P(X <= 0, Y <= 0) = 1/4 + arcsin(rho)/(2 pi) (Sheppard 1899)."""
    for rho in (-0.9, -0.3, 0.0, 0.5, 0.99):
        got = polychoric.normal_cdf(np.zeros(1), np.zeros(1), rho)
        assert got == pytest.approx(0.25 + np.arcsin(rho) / (2 * np.pi), abs=1e-14)


@pytest.mark.parametrize("rho", [-0.95, -0.4, 0.0, 0.3, 0.8])
def test_bivariate_normal_against_scipy(rho):
    grid = np.array([-2.5, -0.7, 0.0, 0.4, 1.9])
    got = polychoric.normal_cdf(grid[:, None], grid[None, :], rho)
    normal = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    expected = [[normal.cdf([h, k]) for k in grid] for h in grid]
    assert got == pytest.approx(np.array(expected), abs=1e-9)


def test_tetrachoric_of_a_median_split_is_the_sine():
    """Half the rows above on both items, agreement a: rho = sin(pi (a - 1/2))."""
    x = pd.DataFrame({"a": [0] * 40 + [1] * 40, "b": [0] * 30 + [1] * 10 + [0] * 10 + [1] * 30}, dtype=float)
    found = factor.moments(factor.sample(x), kind="polychoric")
    assert found.matrix[0, 1] == pytest.approx(np.sin(np.pi * (0.75 - 0.5)), abs=1e-10)


# published and cross-software cases


def test_holzinger_three_factors():
    """lavaan 0.6: chi2 85.306 df 24, CFI .931, TLI .896, RMSEA .092 [.071, .114], SRMR .065."""
    found = factor.measures(factor.fit(factor.simple_structure(SCALES), (school("all"),)))
    assert found["chi2"] == pytest.approx(85.306, abs=5e-4)
    assert found["df"] == 24
    expected = {"cfi": 0.931, "tli": 0.896, "rmsea": 0.092, "rmsea_low": 0.071, "rmsea_high": 0.114,
                "srmr": 0.065}  # fmt: skip
    assert {name: round(found[name], 3) for name in expected} == expected
    assert found["loglik"] == pytest.approx(-3737.745, abs=5e-4)
    assert np.isnan(found["chi2_scaled"])  # a matrix has no rows to tell how normal they are


def test_holzinger_factor_correlations_and_loadings():
    """lavaan 0.6: phi .459 .471 .283; standardised loadings .772 .424 .581 .852 .855 .838 .570 .723 .665."""
    model = factor.simple_structure(SCALES)
    found = factor.fit(model, (school("all"),))
    phi = [found.theta[model.place("covariance", *pair)] for pair in
           (("textual", "visual"), ("speed", "visual"), ("speed", "textual"))]  # fmt: skip
    assert phi == pytest.approx([0.459, 0.471, 0.283], abs=5e-4)
    sd = np.sqrt(np.diag(found.model.implied(found.theta, 0).sigma))
    loads = [found.theta[model.place("loading", f, i)] for f, items in SCALES.items() for i in items] / sd
    assert loads == pytest.approx([0.772, 0.424, 0.581, 0.852, 0.855, 0.838, 0.570, 0.723, 0.665], abs=5e-4)


def test_holzinger_with_missing_answers():
    """Lavaan 0.6, missing="fiml": chi2 75.467, CFI .930, TLI .895, RMSEA .084, logL -3446.335."""
    parts = HOLZINGER["patterns"]
    n = sum(p["n"] for p in parts)
    blocks = tuple(
        Block(np.array(p["at"]), p["n"] / n, np.array(p["mean"]), square(p["cov"]), None) for p in parts
    )
    seen = [em.Pattern(np.empty(0), *block[:4]) for block in blocks]
    whole = square(HOLZINGER["all"]["cov"])
    sigma, mu, note = em.climb(seen, np.diag(np.diag(whole)), np.array(HOLZINGER["all"]["mean"]))
    assert note == ""
    rows = factor.sample(pd.DataFrame(np.zeros((0, 9))))
    held = factor.Moments(rows, sigma, mu, "pearson", "fiml", n, "", lambda gradients, _: gradients[:0, 0])
    found = factor.fit(factor.simple_structure(SCALES), (factor.Group(blocks, n, held),))
    chi2 = n * (found.discrepancy - indices.saturated(found.groups))
    assert chi2 == pytest.approx(75.467, abs=5e-4)


LADDER = [((), 115.851, 48), (("loadings",), 124.044, 54), (("loadings", "intercepts"), 164.103, 60),
          (("loadings", "intercepts", "residuals"), 181.511, 69)]  # fmt: skip


@pytest.mark.parametrize(("equal", "chi2", "df"), LADDER)
def test_two_schools(equal, chi2, df):
    """Lavaan 0.6, group.equal: chi2 115.851 / 124.044 / 164.103 / 181.511."""
    model = factor.simple_structure(SCALES, groups=2, equal=equal)
    got = factor.test(factor.fit(model, (school("Pasteur"), school("Grant-White"))))
    assert (got.df, got.chi2) == (df, pytest.approx(chi2, abs=1e-3))


BFI = Path(__file__).resolve().parents[2] / "shared" / "data" / "psych_bfi" / "bfi.csv"
needs_bfi = pytest.mark.skipif(not BFI.is_file(), reason="the bfi answers are not on this machine")


@pytest.fixture(scope="module")
def extraversion():
    x = pd.read_csv(BFI)[["E1", "E2", "E3", "E4", "E5"]]
    return x.assign(E1=7 - x["E1"], E2=7 - x["E2"])


@needs_bfi
def test_polychorics_of_the_bfi(extraversion):
    """Lavaan / R optimise at tight tolerance: E1E2 .5165374374, E1E3 .3458883081, E1E4 .4822298960."""
    found = factor.moments(factor.sample(extraversion), kind="polychoric")
    expected = [0.5165374374, 0.3458883081, 0.4822298960, 0.3303913195]
    assert found.matrix[0, 1:] == pytest.approx(expected, abs=2e-8)


@needs_bfi
def test_em_lies_near_its_neighbours(extraversion):
    """Few answers are missing: FIML is close to pairwise and listwise, and equals neither."""
    rows = factor.sample(extraversion)
    got = {how: factor.moments(rows, missing=how).matrix for how in factor.MISSING}
    assert abs(got["fiml"] - got["pairwise"]).max() < 0.01
    assert abs(got["fiml"] - got["listwise"]).max() > 1e-6


# influences


@pytest.mark.parametrize(
    ("kind", "missing"),
    [("pearson", "listwise"), ("pearson", "pairwise"), ("pearson", "fiml"), ("polychoric", "pairwise")],
)
def test_influence_is_what_reweighting_does(kind, missing):
    found = factor.moments(factor.sample(answers(3, missing=0.15)), kind=kind, missing=missing)
    gradient = np.random.default_rng(1).normal(size=(4, 4))
    gradient = gradient + gradient.T
    slope = np.array([1.0, -2, 0, 0.5]) * (kind == "pearson")
    moved = found.moves(gradient[None], slope[None])[:, 0]
    for i in (0, 40, 70):
        value = reweighted(found, lambda m: (gradient * m.matrix).sum() + slope @ m.mean, i)
        assert moved[i] == pytest.approx(value, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("missing", ["listwise", "pairwise", "fiml"])
def test_influence_on_a_model(missing):
    model = factor.simple_structure({"f": ["q1", "q2", "q3", "q4"]})
    found = factor.moments(factor.sample(answers(5, missing=0.1)), missing=missing)
    whole = factor.fit(model, (factor.group(found),))
    moved = factor.moves(whole, 0, np.eye(len(whole.theta)))
    for i in (2, 60):
        value = reweighted(found, lambda m: factor.fit(model, (factor.group(m),)).theta, i)
        assert moved[i] == pytest.approx(value, rel=1e-3, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["listwise", "pairwise", "fiml"]))
def test_influences_average_to_zero(seed, missing):
    found = factor.moments(factor.sample(answers(seed, n=80, missing=0.1)), missing=missing)
    moved = found.moves(np.ones((1, 4, 4)))
    assert abs(found.rows.w @ moved[:, 0]) < 1e-10


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_whole_weights_are_repeated_rows(seed):
    x = answers(seed, n=60, missing=0.1)
    times = np.random.default_rng(seed).integers(1, 4, 60)
    for missing in ("pairwise", "fiml"):
        weighted = factor.moments(factor.sample(x, weights=times), missing=missing)
        repeated = factor.moments(factor.sample(x.loc[x.index.repeat(times)]), missing=missing)
        ratio = weighted.matrix / repeated.matrix  # the divisors differ, the correlations do not
        assert ratio == pytest.approx(np.full((4, 4), ratio[0, 0]), rel=1e-6) or missing == "pairwise"
        assert weighted.mean == pytest.approx(repeated.mean, rel=1e-8)


def test_fiml_without_missing_answers_is_the_covariance():
    rows = factor.sample(answers(1))
    plain, full = (factor.moments(rows, missing=how) for how in ("listwise", "fiml"))
    assert full.matrix == pytest.approx(plain.matrix * 149 / 150, rel=1e-9)


# error by design


def test_spread_of_a_mean_is_the_textbook_variance():
    x = answers(2, n=30)
    found = factor.moments(factor.sample(x))
    cov, df = found.error(np.zeros((4, 4, 4)), np.eye(4))
    assert cov == pytest.approx(np.cov(x.T) / 30)
    assert df == 29


def test_spread_by_clusters_and_strata_by_hand():
    """Two strata of two clusters: V = sum of n/(n-1) squares about the stratum mean of the totals."""
    x = pd.DataFrame({"a": [1.0, 2, 4, 8, 3, 3, 1, 7]})
    rows = factor.sample(x, cluster=list("aabbccdd"), strata=list("11112222"))
    moves = (x["a"] - x["a"].mean()).to_numpy()[:, None]
    z = np.array([moves[i : i + 2].sum() / 8 for i in range(0, 8, 2)])
    expected = 2 * ((z[:2] - z[:2].mean()) ** 2).sum() + 2 * ((z[2:] - z[2:].mean()) ** 2).sum()
    cov, df = factor.spread(rows, moves)
    assert (cov[0, 0], df) == (pytest.approx(expected), 2)


def test_same_people_twice_covary():
    x = answers(4, n=50)
    first = factor.sample(x, cluster=[f"p{i}" for i in range(50)])
    second = factor.sample(x.iloc[::-1], cluster=[f"p{i}" for i in range(49, -1, -1)])
    parts = []
    for rows in (first, second):
        moves = factor.moments(rows).moves(np.ones((1, 4, 4)))
        parts.append((rows, factor.scores(rows, moves)[0]))
    own = (parts[0][1] ** 2).sum()
    assert factor.shared(*parts)[0, 0] == pytest.approx(own)
    apart = factor.sample(x, cluster=[f"z{i}" for i in range(50)])
    assert factor.shared(parts[0], (apart, parts[0][1]))[0, 0] == 0


@pytest.mark.slow
def test_fiml_is_nearer_the_truth_than_complete_rows_when_answers_are_missing_at_random():
    """Low answers to q1 leave q2 empty: mean of q2, covariance with q1, over 200 samples of 300."""
    cov = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    found = {how: [] for how in ("listwise", "fiml")}
    for seed in range(200):
        x = np.random.default_rng(seed).multivariate_normal([0, 0, 0], cov, 300)
        x[x[:, 0] < -0.3, 1] = np.nan
        rows = factor.sample(pd.DataFrame(x, columns=["q1", "q2", "q3"]))
        for how, values in found.items():
            got = factor.moments(rows, missing=how)
            values.append([got.mean[1], got.matrix[0, 1] - 0.5])
    bias = {how: abs(np.mean(values, axis=0)) for how, values in found.items()}
    assert (bias["fiml"] < [0.02, 0.02]).all(), bias
    assert (bias["listwise"] > [0.25, 0.2]).all(), bias


# edges and refusals


def test_too_few_rows_have_no_moments():
    found = factor.moments(factor.sample(answers(1, n=2)))
    assert found.note == "too_few"
    assert np.isnan(found.matrix).all()


@pytest.mark.parametrize(
    ("edit", "kind", "missing", "note"),
    [
        (lambda x: x.assign(q1=3.0), "polychoric", "listwise", "constant_item"),
        (lambda x: x.assign(q1=3.0), "pearson", "fiml", "constant_item"),
        (lambda x: x.assign(q1=x["q2"]), "pearson", "fiml", "not_positive_definite"),
        (lambda x: x.assign(q1=x["q1"].where(x.index < 75), q2=x["q2"].where(x.index >= 75)), "polychoric",
         "pairwise", "no_overlap"),
    ],
)  # fmt: skip
def test_why_there_is_no_matrix(edit, kind, missing, note):
    assert factor.moments(factor.sample(edit(answers(1))), kind=kind, missing=missing).note == note


def test_a_model_says_why_it_was_not_fitted():
    model = factor.simple_structure({"f": ["q1", "q2", "q3", "q4"]})
    for x, note in (
        (answers(1, n=4), "too_few"),
        (answers(1).assign(q1=3.0), "constant_item"),
        (answers(1).assign(q1=lambda d: d["q2"]), "not_positive_definite"),
    ):
        found = factor.fit(model, (factor.group(factor.moments(factor.sample(x))),))
        assert found.note == note
        assert np.isnan(found.theta).all()


def test_refusals():
    rows = factor.sample(answers(1))
    with pytest.raises(ParamError, match=r"kind='spearman'; choose one of \['pearson', 'polychoric'\]"):
        factor.moments(rows, kind="spearman")
    with pytest.raises(ParamError, match="missing='drop'; choose one of"):
        factor.moments(rows, missing="drop")
    with pytest.raises(ParamError, match="kind='polychoric' has no missing='fiml'"):
        factor.moments(rows, kind="polychoric", missing="fiml")
    with pytest.raises(ParamError, match=r"equal=\['means'\]; choose from"):
        factor.simple_structure({"f": ["a", "b", "c"]}, groups=2, equal=("means",))
    with pytest.raises(ParamError, match="no free covariance"):
        factor.simple_structure({"f": ["a", "b", "c"]}).place("covariance", "f", "g")
    with pytest.raises(DataError, match=r"weights \(2\) must have one entry per row \(150\)"):
        factor.sample(answers(1), weights=[1, 2])
    with pytest.raises(DataError, match="weights must be numbers of at least 0"):
        factor.sample(answers(1), weights=[-1.0] * 150)
    with pytest.raises(DataError, match="strata has empty entries"):
        factor.sample(answers(1), strata=[None] * 150)
