"""Validity: cases of R, by hand, properties, and what is said where nothing can be computed."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factories import ITEMS, make_answers, tiny_content, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.multivariate.factor import Factor

from svclib import columns, factor, framework, policy, validity
from svclib.errors import ParamError
from svclib.validity.correlations import by_covariance, correlation
from svclib.validity.interval import interval

HOLZINGER = json.loads((Path(__file__).parent / "reference" / "holzinger.json").read_text("utf-8"))["all"]
SCALES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
PLACES = [range(3), range(3, 6), range(6, 9)]
ATTITUDE = """43 51 30 39 61 92 45;63 64 51 54 63 73 47;71 70 68 69 76 86 48;61 63 45 47 54 84 35
81 78 56 66 71 83 47;43 55 49 44 54 49 34;58 67 42 56 66 68 35;71 75 50 55 70 66 41;72 82 72 67 71 83 31
67 61 45 47 62 80 41;64 53 53 58 58 67 34;67 60 47 39 59 74 41;69 62 57 42 55 63 25;68 83 83 45 59 77 35
77 77 54 72 79 77 46;81 90 50 72 60 54 36;74 85 64 69 79 79 63;65 60 65 75 55 80 60;65 70 46 57 75 85 46
50 58 68 54 64 78 52;50 40 33 34 43 64 33;64 61 52 62 66 80 41;53 66 52 50 63 80 37;40 37 42 58 50 57 49
63 54 42 48 66 75 33;66 77 66 63 88 76 72;78 75 58 74 80 78 49;48 57 44 45 51 83 38;85 85 71 71 77 74 55
82 82 39 59 64 78 39"""


def square(rows):
    lower = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        lower[i, : i + 1] = row
    return lower + np.tril(lower, -1).T


COV = square(HOLZINGER["cov"])


@pytest.fixture(scope="module")
def holzinger():
    return validity.confirm(factor.from_matrix(COV, 301), SCALES)


def answers(seed, *, n=200, k=6, phi=0.6, loading=0.75, levels=5, shift=0.0):
    """Two dimensions of k/2 items each, as a questionnaire has them."""
    rng = np.random.default_rng(seed)
    latent = rng.multivariate_normal([0, 0], [[1, phi], [phi, 1]], n)
    x = loading * np.repeat(latent, k // 2, axis=1) + np.sqrt(1 - loading**2) * rng.normal(size=(n, k))
    if levels:
        x = np.clip(np.round(1.1 * (x + shift) + (levels + 1) / 2), 1, levels)
    return pd.DataFrame(x, columns=[f"q{j}" for j in range(1, k + 1)])


TWO = {"a": ["q1", "q2", "q3"], "b": ["q4", "q5", "q6"]}


def moments(x, **options):
    return factor.moments(factor.sample(x), **options)


# cases of R


def test_adequacy_of_attitude():
    """psych::KMO .7632754, items .7317 ...; psych::cortest.bartlett 98.75278 df 21 p 4.7925e-12."""
    rows = [line.split() for part in ATTITUDE.splitlines() for line in part.split(";")]
    got = validity.adequacy(moments(pd.DataFrame(rows, dtype=float)))
    assert got["estimate"].iloc[0] == pytest.approx(0.7632754322, abs=1e-10)
    each = [0.7317, 0.7375, 0.8442, 0.8114, 0.8144, 0.6936, 0.6511]
    assert got["estimate"].iloc[1:-1].tolist() == pytest.approx(each, abs=5e-5)
    last = got.iloc[-1]
    assert (last["estimate"], last["df"]) == (pytest.approx(98.75277866, abs=1e-7), 21)
    assert last["p"] == pytest.approx(4.7925e-12, rel=1e-4)


def test_fit_of_holzinger(holzinger):
    """Lavaan 0.6: chi2 85.306, CFI .931, TLI .896, RMSEA .092 [.071, .114], SRMR .065, AIC, BIC."""
    got = validity.fit_measures(holzinger).set_index("stat")
    expected = {"chi2": 85.306, "cfi": 0.931, "tli": 0.896, "rmsea": 0.092, "srmr": 0.065,
                "loglik": -3737.745, "aic": 7517.490, "bic": 7595.339}  # fmt: skip
    assert got.loc[list(expected), "estimate"].tolist() == pytest.approx(list(expected.values()), abs=6e-4)
    assert got.loc["rmsea", ["ci_low", "ci_high"]].tolist() == pytest.approx([0.071, 0.114], abs=5e-4)
    assert got.loc["chi2", "df"] == 24


def test_loadings_of_holzinger(holzinger):
    """lavaan::standardizedSolution: estimates, and errors of normal answers."""
    got = validity.loadings(holzinger)
    estimates = [0.772, 0.424, 0.581, 0.852, 0.855, 0.838, 0.570, 0.723, 0.665]
    assert got["estimate"].tolist() == pytest.approx(estimates, abs=5e-4)
    errors = [0.055, 0.060, 0.055, 0.023, 0.022, 0.023, 0.053, 0.051, 0.051]
    assert got["se"].tolist() == pytest.approx(errors, abs=6e-4)
    assert set(got["method"]) == {"normal_theory"}


def test_convergent_validity_of_holzinger(holzinger):
    """semTools: AVE .371 .721 .424; compRelSEM(obs.var=FALSE) .625 .885 .688, .612 .885 .686 over S."""
    got = (
        validity.convergent(holzinger).query("variant == 'raw'").set_index(["stat", "dimension"])["estimate"]
    )
    assert got["ave"].tolist() == pytest.approx([0.371, 0.721, 0.424], abs=6e-4)
    assert got["cr"].tolist() == pytest.approx([0.625, 0.885, 0.688], abs=6e-4)
    load = holzinger.fit.theta[: len(COV)]
    observed = [load[list(at)].sum() ** 2 / COV[np.ix_(at, at)].sum() for at in PLACES]
    assert observed == pytest.approx([0.612, 0.885, 0.686], abs=6e-4)


def test_correlations_of_factors_of_holzinger(holzinger):
    """semTools::discriminantValidity: .459 .471 .283; half widths of [.334, .584], [.328, .613], ..."""
    got = validity.factor_correlations(holzinger).query("stat == 'phi'")
    assert got["estimate"].tolist() == pytest.approx([0.459, 0.471, 0.283], abs=5e-4)
    assert (1.959964 * got["se"]).tolist() == pytest.approx([0.1250, 0.1427, 0.1347], abs=2e-4)


def test_ratios_of_holzinger():
    """semTools::htmt: .424 .467 .290; htmt2 .384 .387 .280."""
    cor = correlation(COV)
    assert validity.htmt(cor, PLACES)[0] == pytest.approx([0.424, 0.467, 0.290], abs=5e-4)
    assert validity.htmt(cor, PLACES, geometric=True)[0] == pytest.approx([0.384, 0.387, 0.280], abs=5e-4)


def of_matrix(cov, n):
    """Moments that are a published matrix: rows without influence, as many as there were."""
    rows = factor.sample(pd.DataFrame(np.random.default_rng(1).normal(size=(n, len(cov)))))
    names = tuple(f"x{j}" for j in range(1, len(cov) + 1))
    rows = dataclasses.replace(rows, items=names)
    return factor.Moments(
        rows, cov, np.zeros(len(cov)), "pearson", "listwise", n, "", lambda g, _: 0 * g[:, 0].T
    )


def test_exploratory_factors_of_holzinger():
    """factanal(factors = 3): 22.377 on 12 df; x1 .2773 .6227 .1513."""
    got = validity.explore(of_matrix(COV, 301), 3, rotation="varimax")
    assert got["chi2"].iloc[0] == pytest.approx(22.377, abs=1e-3)
    assert got["df"].iloc[0] == 12
    assert got["estimate"].iloc[:3].tolist() == pytest.approx([0.2773, 0.6227, 0.1513], abs=4e-4)


def test_maximum_likelihood_factors_are_those_of_statsmodels():
    fitted = Factor(corr=correlation(COV), n_factor=3, method="ml", nobs=301).fit(rng=0)
    got = validity.explore(of_matrix(COV, 301), 3, rotation="none").groupby("item", sort=False)
    assert got["uniqueness"].first().tolist() == pytest.approx(fitted.uniqueness.tolist(), abs=1e-4)


BFI = Path(__file__).resolve().parents[2] / "shared" / "data" / "psych_bfi" / "bfi.csv"


@pytest.mark.skipif(not BFI.is_file(), reason="the bfi answers are not on this machine")
def test_bfi():
    """psych: KMO .8486452309, Bartlett 18146.06558 on 300 df; fa.parallel 6 factors, 5 components."""
    x = pd.read_csv(BFI).filter(regex="^[ACENO][1-5]$")
    found = moments(x)
    told = validity.adequacy(found)["estimate"]
    assert (told.iloc[0], told.iloc[-1]) == (
        pytest.approx(0.8486452309, abs=1e-9),
        pytest.approx(18146.06558, abs=1e-4),
    )
    roots = validity.parallel(found, draws=20, seed=1)
    assert (validity.retained(roots), validity.retained(roots, "components")) == (6, 5)
    assert roots["eigenvalue"].iloc[:6].tolist() == pytest.approx(
        [4.3641, 1.9216, 1.3052, 0.9707, 0.7246, 0.2227], abs=2e-3
    )


# by hand


def test_kmo_and_sphericity_by_hand():
    """Three items, all correlations .5: partial correlations .5/1.5 = 1/3; |R| = .5."""
    cor = np.full((3, 3), 0.5) + np.eye(3) / 2
    overall, each = validity.kmo(cor)
    expected = 0.25 / (0.25 + 1 / 9)
    assert overall == pytest.approx(expected)
    assert each == pytest.approx([expected] * 3)
    chi2, df, _ = validity.bartlett(cor, 100)
    assert (chi2, df) == (pytest.approx(-(99 - 11 / 6) * np.log(0.5)), 3)


def test_ratio_by_hand():
    """Within .5 and .72, between .3: .3/sqrt(.5 * .72) = .5."""
    cor = np.full((4, 4), 0.3)
    np.fill_diagonal(cor, 1)
    cor[0, 1] = cor[1, 0] = 0.5
    cor[2, 3] = cor[3, 2] = 0.72
    for geometric in (False, True):
        assert validity.htmt(cor, [[0, 1], [2, 3]], geometric=geometric)[0] == pytest.approx([0.5])


def test_composite_reliability_and_ave_by_hand():
    load, rest = np.array([0.6, 0.8]), np.array([0.64, 0.36])
    assert validity.composite(load, rest) == pytest.approx(1.96 / 2.96)
    assert validity.extracted(load, rest) == pytest.approx(0.5)


def test_criterion_by_hand():
    """One item against one item is their correlation; corrected: over sqrt of alpha."""
    x = answers(1)
    got = validity.criterion(moments(x), {"one": ["q1"], "a": ["q2", "q3"]}, ["q4"]).set_index(
        ["dimension", "stat"]
    )
    assert got.loc[("one", "criterion"), "estimate"] == pytest.approx(np.corrcoef(x["q1"], x["q4"])[0, 1])
    assert got.loc[("one", "criterion_corrected"), "note"] == "single_item"
    total = x["q2"] + x["q3"]
    alpha = 2 * (1 - (x["q2"].var() + x["q3"].var()) / total.var())
    plain = np.corrcoef(total, x["q4"])[0, 1]
    assert got.loc[("a", "criterion"), "estimate"] == pytest.approx(plain)
    assert got.loc[("a", "criterion_corrected"), "estimate"] == pytest.approx(plain / np.sqrt(alpha))


def test_items_of_the_outcome_are_left_out_of_the_dimension():
    got = validity.criterion(moments(answers(1)), TWO, ["q1"])
    assert got["n_items"].tolist() == [2, 2, 3, 3]
    assert got["note"].tolist() == ["without_criterion"] * 2 + [""] * 2


@pytest.mark.parametrize(
    ("scale", "x", "expected"),
    [
        ("wald", 0.5, (0.3, 0.7)),
        ("log", 0.5, (0.5 * np.exp(-0.4), 0.5 * np.exp(0.4))),
        ("fisher", 0.0, (-np.tanh(0.2), np.tanh(0.2))),
        ("logit", 0.5, (1 / (1 + np.exp(0.8)), 1 / (1 + np.exp(-0.8)))),
    ],
)
def test_limits_by_hand(scale, x, expected):
    low, high = interval(x, 0.2 / 1.959963984540054, np.inf, scale=scale, confidence=0.95)
    assert (low[0], high[0]) == pytest.approx(expected)


def test_wide_intervals_stay_numbers():
    for scale in ("log", "logit"):
        low, high = interval(1e-9, 1.0, 5, scale=scale, confidence=0.95)
        assert low[0] == pytest.approx(0)
        assert np.isfinite(high[0])


# influences: an error is what re-weighting the rows does


@pytest.mark.parametrize("kind", ["pearson", "polychoric"])
@pytest.mark.parametrize("geometric", [False, True])
def test_gradient_of_the_ratio(kind, geometric):
    found = moments(answers(4, n=300), kind=kind)
    places, step = [range(3), range(3, 6)], 1e-6

    def value(cov):
        return validity.htmt(correlation(cov), places, geometric=geometric)[0][0]

    gradient = by_covariance(
        validity.htmt(correlation(found.matrix), places, geometric=geometric)[1], found.matrix
    )
    for i, j in ((0, 0), (0, 1), (1, 4), (5, 5)):
        shift = np.zeros((6, 6))
        shift[i, j] += step / 2
        shift[j, i] += step / 2
        slope = (value(found.matrix + shift) - value(found.matrix - shift)) / (2 * step)
        assert (gradient[0] * shift).sum() / step == pytest.approx(slope, abs=1e-7)


def test_errors_are_the_spread_of_bootstrap_samples():
    x, rng = answers(5, n=400), np.random.default_rng(6)
    told = validity.convergent(validity.confirm(moments(x), TWO)).query("variant == 'raw'")
    again = []
    for _ in range(80):
        drawn = x.iloc[rng.integers(0, len(x), len(x))].reset_index(drop=True)
        again.append(validity.convergent(validity.confirm(moments(drawn), TWO)).query("variant == 'raw'"))
    spread = np.std([table["estimate"] for table in again], axis=0)
    assert told["se"].to_numpy() == pytest.approx(spread, rel=0.3)


# properties


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_ratio_is_symmetric_and_free_of_order_and_units(seed):
    x = answers(seed)
    got = validity.ratios(moments(x), TWO)["estimate"].to_numpy()
    other = {"b": ["q6", "q4", "q5"], "a": ["q3", "q1", "q2"]}
    order = [item for items in other.values() for item in items]
    turned = validity.ratios(moments(x[order] * [1, 2, 3, 4, 5, 6] + 7), other)["estimate"]
    assert turned.to_numpy() == pytest.approx(got)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["listwise", "pairwise", "fiml"]))
def test_shares_lie_between_0_and_1_and_hold_their_interval(seed, missing):
    x = answers(seed)
    x = x.mask(np.random.default_rng(seed).random(x.shape) < 0.03)
    got = validity.convergent(validity.confirm(moments(x, missing=missing), TWO))
    assert got["estimate"].between(0, 1).all()
    assert (got["ci_low"] < got["estimate"]).all()
    assert (got["estimate"] < got["ci_high"]).all()
    assert got["ci_high"].le(1).all()


def test_composite_reliability_of_one_factor_is_omega():
    """(sum of loadings)²/model variance, which with three items is the observed variance."""
    x = answers(2)[["q1", "q2", "q3"]]
    found = validity.confirm(moments(x), {"a": list(x)})
    got = validity.convergent(found).iloc[0]
    assert got["stat"] == "cr"
    cov = np.cov(x.T)
    shared = (
        cov[0, 1] * cov[0, 2] / cov[1, 2],
        cov[0, 1] * cov[1, 2] / cov[0, 2],
        cov[0, 2] * cov[1, 2] / cov[0, 1],
    )
    assert got["estimate"] == pytest.approx(np.sqrt(shared).sum() ** 2 / cov.sum(), rel=1e-6)


def test_the_order_of_items_does_not_matter():
    x = answers(3)
    one = validity.loadings(validity.confirm(moments(x), TWO)).set_index("item")
    other = {"b": ["q6", "q5", "q4"], "a": ["q2", "q1", "q3"]}
    order = [item for items in other.values() for item in items]
    two = validity.loadings(validity.confirm(moments(x[order]), other)).set_index("item")
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert two.loc[one.index, name].to_numpy() == pytest.approx(one[name].to_numpy(), abs=1e-6)


def test_answers_of_nothing_in_common_keep_no_factor():
    x = pd.DataFrame(np.random.default_rng(8).integers(1, 6, (400, 8)).astype(float))
    roots = validity.parallel(moments(x), draws=40, seed=1)
    assert validity.retained(roots, "components") == 0
    assert roots.equals(validity.parallel(moments(x), draws=40, seed=1))


def test_parallel_analysis_finds_two_dimensions_under_a_ceiling():
    roots = validity.parallel(moments(answers(9, n=500, shift=1.2, phi=0.4)), draws=40)
    assert (validity.retained(roots), validity.retained(roots, "components")) == (2, 2)


def test_signs_of_exploratory_factors_are_fixed():
    got = validity.explore(moments(answers(10, n=400, phi=0.3)), 2)
    assert (got.groupby("component")["estimate"].sum() > 0).all()
    side = got[got["largest"]].set_index("item")["component"]
    assert side[["q1", "q2", "q3"]].nunique() == side[["q4", "q5", "q6"]].nunique() == 1
    assert side["q1"] != side["q4"]


@pytest.mark.parametrize("method", ["ml", "pa"])
def test_one_exploratory_factor_is_the_confirmed_one(method):
    x = answers(11, n=600)[["q1", "q2", "q3"]]
    got = validity.explore(moments(x), 1, method=method)["estimate"].to_numpy()
    confirmed = validity.loadings(validity.confirm(moments(x), {"a": list(x)}))["estimate"].to_numpy()
    assert got == pytest.approx(confirmed, abs=2e-3)


# edges


def test_one_and_two_items():
    x = answers(1)
    two = validity.confirm(moments(x[["q1", "q2"]]), {"a": ["q1", "q2"]})
    assert two.note == "not_identified"
    assert validity.fit_measures(two)["estimate"].isna().all()
    assert set(validity.loadings(two)["note"]) == {"not_identified"}
    pair = validity.confirm(moments(x[["q1", "q2", "q4", "q5"]]), {"a": ["q1", "q2"], "b": ["q4", "q5"]})
    assert set(validity.convergent(pair)["note"]) == {"two_items"}
    assert validity.confirm(moments(x[["q1"]]), {}).note == "no_dimension"
    assert set(validity.adequacy(moments(x[["q1"]]))["note"]) == {"single_item"}


def test_a_saturated_model_always_fits():
    x = answers(1)[["q1", "q2", "q3"]]
    got = validity.fit_measures(validity.confirm(moments(x), {"a": list(x)})).set_index("stat")
    assert set(got["note"]) == {"saturated"}
    assert got.loc["chi2", "df"] == 0
    assert got.loc[["cfi", "rmsea"], "ci_low"].isna().all()


def test_heywood_and_negative_items_are_named():
    cov = np.array([[1, 0.7, 0.7], [0.7, 1, 0.4], [0.7, 0.4, 1]])
    found = validity.confirm(factor.from_matrix(cov, 200), {"a": ["q1", "q2", "q3"]})
    got = validity.loadings(found)
    assert got["note"].tolist() == ["heywood", "", ""]
    assert got["ci_low"].isna().tolist() == [True, False, False]
    assert set(validity.convergent(found)["note"]) == {"heywood:q1"}
    x = answers(1).assign(q3=lambda d: 6 - d["q3"])
    told = validity.convergent(validity.confirm(moments(x), TWO)).set_index("dimension")["note"]
    assert set(told["a"]) == {"negative_item:q3"}


@pytest.mark.parametrize(
    ("edit", "note"),
    [
        (lambda x: x.assign(q1=3.0), "constant_item"),
        (lambda x: x.assign(q1=x["q2"]), "not_positive_definite"),
        (lambda x: x.iloc[:2], "too_few"),
        (lambda x: x.iloc[:0], "too_few"),
    ],
)
def test_why_nothing_was_computed(edit, note):
    found = moments(edit(answers(1)))
    for table in (validity.adequacy(found), validity.ratios(found, TWO), validity.parallel(found, draws=2),
                  validity.explore(found, 2)):  # fmt: skip
        assert set(table["note"]) == {note}
    assert validity.loadings(validity.confirm(found, TWO))["estimate"].isna().all()


def test_ratio_without_a_scale_is_not_computed():
    x = answers(1).assign(q1=lambda d: 6 - d["q1"], q2=np.random.default_rng(2).normal(size=200))
    got = validity.ratios(moments(x), {"a": ["q1", "q3"], "b": ["q4", "q5"], "c": ["q2", "q6"]})
    assert got["ci_low"].isna().sum() == got["estimate"].isna().sum()


def test_refusals():
    found = moments(answers(1))
    with pytest.raises(ParamError, match=r"method='uls'; choose one of \['ml', 'pa'\]"):
        validity.explore(found, 2, method="uls")
    with pytest.raises(ParamError, match=r"rotation='promax'; choose one of"):
        validity.explore(found, 2, rotation="promax")
    with pytest.raises(ParamError, match=r"scale='probit'; choose one of"):
        interval(0.5, 0.1, 9, scale="probit", confidence=0.95)
    assert set(validity.explore(found, 5)["note"]) == {"not_identified"}
    assert set(validity.explore(found, 0)["note"]) == {"no_factors"}


# a framework


@pytest.fixture(scope="module")
def tables():
    x = make_answers(1, 150)
    x["q05"] = 6 - x["q05"]

    content = tiny_content()
    premises = content["dimensions"]["体验"]["indicators"].pop("环境")
    content["dimensions"]["设施"] = {"weight": 0.1, "indicators": {"环境": premises | {"weight": 100}}}
    content["dimensions"]["体验"]["weight"] = 0.5
    content["dimensions"]["体验"]["indicators"]["态度"]["weight"] = 100
    return validity.by_subject(x, framework.from_dict(content), criterion="q03")


def test_every_table_is_the_one_of_the_inventory(tables):
    for name, table in tables.items():
        assert len(columns.checked(name, table)) == len(table) > 0


def test_dimensions_of_the_customers(tables):
    customers = tables["validity"].query("subject == '客户' and stat == 'ave' and variant == 'raw'")
    assert customers.set_index("dimension")["n_items"].to_dict() == {"体验": 3, "设施": 2}
    labels = {cut.label for cut in policy.rule("ave").cuts} | {"below"}
    assert set(customers["judgement"]) <= labels
    pair = tables["discriminant"].query("subject == '客户'")
    assert set(pair["stat"]) == {"phi", "htmt", "htmt2", "fornell_larcker"}
    assert set(tables["fit"].query("subject == '客户'")["model"]) == {
        "framework",
        "one_factor",
        "exploratory",
    }


def test_inspectors_are_asked_one_dimension(tables):
    own = tables["fit"].query("subject == '内部监督'")
    assert set(own["model"]) == {"framework", "exploratory"}
    assert tables["discriminant"].query("subject == '内部监督'").empty
    assert tables["loadings"].query("subject == '内部监督'")["item"].tolist() == ["q01", "q02", "q03"]


def test_the_criterion_is_an_item_or_an_indicator(tables):
    told = tables["validity"].query("subject == '客户' and stat == 'criterion'").set_index("dimension")
    assert told.loc["体验", "note"] == "without_criterion"
    assert told.loc["设施", "n_items"] == 2
    assert validity.outcome(tiny_framework(), "环境") == ("q04", "q05")
    with pytest.raises(
        ParamError, match=r"criterion '处理率' is no rating indicator and no item; choose one of"
    ):
        validity.outcome(tiny_framework(), "处理率")
    with pytest.raises(ParamError, match=r"Did you mean '态度'\?"):
        validity.by_subject(make_answers(1, 9), tiny_framework(), criterion="态渡")


def test_unanswered_and_constant_items_are_left_out_and_named():
    x = make_answers(2, 120).assign(q01=np.nan, q02=4.0, q05=lambda d: 6 - d["q05"])
    got = validity.by_subject(x, tiny_framework())
    told = got["loadings"].query("subject == '客户'")
    assert told["item"].tolist() == ["q03", "q04", "q05"]
    assert set(told["note"]) == {"unanswered_item:q01;constant_item:q02"}
    lone = got["validity"].query("subject == '内部监督'")
    assert set(lone["note"]) == {"single_item;unanswered_item:q01;constant_item:q02"}
    assert set(lone["judgement"]) == {"not_computed"}


def test_listwise_deletion_that_costs_most_rows_gives_way_to_pairs():
    x = make_answers(3, 150)
    gone = np.random.default_rng(4).random((len(x), len(ITEMS))) < 0.3
    x[list(ITEMS)] = x[list(ITEMS)].mask(gone)
    got = validity.by_subject(x, tiny_framework())["loadings"].query("subject == '客户'")
    assert set(got["missing"]) == {"pairwise"}
    assert all("few_complete" in note for note in got["note"])


def test_many_patterns_are_not_fitted_one_by_one(monkeypatch):
    x = make_answers(3, 150)
    monkeypatch.setattr(sys.modules["svclib.factor.sample"], "PATTERNS", 3)  # the face hides the module
    got = validity.by_subject(x, tiny_framework(), missing="fiml")["fit"].query("subject == '客户'")
    assert set(got["missing"]) == {"pairwise"}
    assert all("many_patterns" in note for note in got["note"])


def test_nobody_answered():
    got = validity.by_subject(make_answers(1, 5).iloc[:0], tiny_framework())
    assert all(table.empty for table in got.values())
