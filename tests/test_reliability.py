"""Alpha and item analysis: published cases, influence against finite differences, edges."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from svclib import factor, reliability
from svclib.columns import TABLES
from svclib.errors import DataError, ParamError
from svclib.reliability import COEFFICIENTS, functions, omega
from svclib.reliability.scale import Scale, evaluate

NAN = np.nan

# R datasets::attitude (Chatterjee & Price 1977), 30 departments x 7 percentages.
ATTITUDE = pd.DataFrame(
    [
        [43, 51, 30, 39, 61, 92, 45], [63, 64, 51, 54, 63, 73, 47],
        [71, 70, 68, 69, 76, 86, 48], [61, 63, 45, 47, 54, 84, 35],
        [81, 78, 56, 66, 71, 83, 47], [43, 55, 49, 44, 54, 49, 34],
        [58, 67, 42, 56, 66, 68, 35], [71, 75, 50, 55, 70, 66, 41],
        [72, 82, 72, 67, 71, 83, 31], [67, 61, 45, 47, 62, 80, 41],
        [64, 53, 53, 58, 58, 67, 34], [67, 60, 47, 39, 59, 74, 41],
        [69, 62, 57, 42, 55, 63, 25], [68, 83, 83, 45, 59, 77, 35],
        [77, 77, 54, 72, 79, 77, 46], [81, 90, 50, 72, 60, 54, 36],
        [74, 85, 64, 69, 79, 79, 63], [65, 60, 65, 75, 55, 80, 60],
        [65, 70, 46, 57, 75, 85, 46], [50, 58, 68, 54, 64, 78, 52],
        [50, 40, 33, 34, 43, 64, 33], [64, 61, 52, 62, 66, 80, 41],
        [53, 66, 52, 50, 63, 80, 37], [40, 37, 42, 58, 50, 57, 49],
        [63, 54, 42, 48, 66, 75, 33], [66, 77, 66, 63, 88, 76, 72],
        [78, 75, 58, 74, 80, 78, 49], [48, 57, 44, 45, 51, 83, 38],
        [85, 85, 71, 71, 77, 74, 55], [82, 82, 39, 59, 64, 78, 39],
    ],
    columns=["rating", "complaints", "privileges", "learning", "raises", "critical", "advance"],
)  # fmt: skip

# psych::alpha on bfi items A1 (reversed) to A5, n = 2709.
BFI_A = np.array([
    [1.9728316847, 0.5644871600, 0.4915843463, 0.3098170222, 0.3237103413],
    [0.5644871600, 1.3839515745, 0.7470138926, 0.5862302910, 0.5755421367],
    [0.4915843463, 0.7470138926, 1.7018603670, 0.7023032531, 0.8314337896],
    [0.3098170222, 0.5862302910, 0.7023032531, 2.2095084332, 0.5751548670],
    [0.3237103413, 0.5755421367, 0.8314337896, 0.5751548670, 1.5916429343],
])  # fmt: skip


def row(frame):
    assert len(frame) == 1
    return frame.iloc[0]


def answers(seed, *, n=200, k=4, levels=5, missing=0.0):
    """Integers 1..levels with one common factor; `missing` of them NaN."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) + 0.8
    x = np.clip(np.round(latent + (levels + 1) / 2), 1, levels)
    x[rng.random((n, k)) < missing] = NAN
    return pd.DataFrame(x, columns=[f"q{j}" for j in range(1, k + 1)])


# by hand


def test_two_items_by_hand():
    """Variances 1 and 1, covariance .5: alpha = 2 (1 - 2/3) = 2/3; Feldt df 2 and 2."""
    x = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 3, 2]})
    found = row(reliability.alpha(x, ci="feldt"))
    assert found["estimate"] == pytest.approx(2 / 3)
    assert found["ci_low"] == pytest.approx(1 - 39 / 3)  # F(.975; 2, 2) = 39
    assert found["ci_high"] == pytest.approx(1 - 1 / 39 / 3)
    assert found["note"] == "small_n;psu_share;two_items"


def test_adf_by_hand():
    """S with divisor n: G = 3/2 * 2 (2/9 11' - I/3); the sum of squares counts n/(n - 1) = 3/2 times."""
    x = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 3, 2]})
    found = row(reliability.alpha(x))
    u = 3 / 2 * np.array([2 * (2 / 9 * 4 - 2 / 3), 2 * (2 / 9 * 1 - 1 / 3), 2 * (2 / 9 * 1 - 1 / 3)])
    se = np.sqrt((u / 3) @ (u / 3) * 3 / 2)
    wald = row(reliability.alpha(x, ci="adf_wald"))
    assert wald["se"] == pytest.approx(se)
    assert wald["ci_low"] == pytest.approx(2 / 3 - 4.302652729911275 * se)  # t(.975; 2)
    # The sums lie -2, 1, 1 off their mean: the units hold 4/6, 1/6, 1/6 of the variance of the sum.
    z = u / 3 / (1 - np.array([4, 1, 1]) / 6) * np.sqrt(3 / 2)
    assert found["se"] == pytest.approx(np.sqrt(z @ z))
    assert found["df"] == pytest.approx(2)  # three units cannot be heavy-tailed
    assert found["ci_low"] == pytest.approx(2 / 3 - 4.302652729911275 * found["se"])
    assert found["ci_high"] == 1


# published


def test_from_a_covariance_matrix():
    """psych::alpha(cov, n.obs = 2709) 2.2.9: raw, standardised, Feldt interval."""
    found = row(reliability.alpha_from_matrix(BFI_A, 2709))
    limits = [0.703755894375, 0.6857446350, 0.7210359628]
    assert found[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(limits, abs=5e-10)
    std = row(reliability.alpha_from_matrix(BFI_A, 2709, variant="standardised"))
    assert std["estimate"] == pytest.approx(0.713501552635, abs=1e-11)


def test_attitude():
    """psych::alpha(attitude) 2.2.9: raw, standardised, Feldt, alpha if dropped."""
    found = row(reliability.alpha(ATTITUDE, ci="feldt"))
    limits = [0.84314276956, 0.7393756856, 0.9157730722]
    assert found[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(limits, abs=5e-10)
    assert reliability.standardised(ATTITUDE)["estimate"].item() == pytest.approx(0.83908380303, abs=1e-11)
    dropped = [
        0.8097602063,
        0.7969174573,
        0.8278477659,
        0.8030309750,
        0.7953865742,
        0.8638723114,
        0.8404648683,
    ]
    items = reliability.item_analysis(ATTITUDE)
    assert items["if_dropped"].tolist() == pytest.approx(dropped, abs=5e-11)
    omegas = [0.827424261, 0.815255583, 0.846758542, 0.819894044, 0.81499693, 0.870238789, 0.86093436]
    assert items["omega_if_dropped"].tolist() == pytest.approx(omegas, abs=1e-6)  # lavaan 0.6-14


@pytest.fixture(scope="module")
def bfi(shared_data):
    file = shared_data / "psych_bfi" / "bfi.csv"
    if not file.is_file():
        pytest.skip(f"{file} not found: psych::bfi is GPL data and not redistributed here")
    frame = pd.read_csv(file)
    return frame.assign(**{c: 7 - frame[c] for c in ("A1", "E1", "E2")})


def test_bfi_with_missing_answers(bfi):
    """psych::alpha(bfi A, use = "pairwise") and on complete rows; 2800 rows, 2709 complete."""
    x = bfi[["A1", "A2", "A3", "A4", "A5"]]
    pairwise, listwise = (row(reliability.alpha(x, missing=m)) for m in ("pairwise", "listwise"))
    assert pairwise["estimate"] == pytest.approx(0.7030184461, abs=5e-11)
    assert listwise["estimate"] == pytest.approx(0.7037558944, abs=5e-11)
    assert (pairwise["n"], listwise["n"]) == (2800, 2709)
    assert pairwise["complete_share"] == listwise["complete_share"] == 2709 / 2800


def test_bfi_item_analysis(bfi):
    """psych::alpha(bfi E) on 2713 complete rows: alpha, Feldt, alpha if dropped, r.drop."""
    x = bfi[["E1", "E2", "E3", "E4", "E5"]]
    found = row(reliability.alpha(x, ci="feldt"))
    assert found["n"] == 2713
    limits = [0.760932639470, 0.7464085976, 0.7748674848]
    assert found[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(limits, abs=5e-10)
    items = reliability.item_analysis(x)
    dropped = [0.7254279637, 0.6883817078, 0.7279136601, 0.7005891890, 0.7423609117]
    r_drop = [0.5134968865, 0.6064069364, 0.5008416774, 0.5778895757, 0.4546331309]
    assert items["if_dropped"].tolist() == pytest.approx(dropped, abs=5e-11)
    assert items["r_drop"].tolist() == pytest.approx(r_drop, abs=5e-11)


def test_forgetting_to_reverse_is_noticed(bfi):
    """psych::alpha(bfi C) without keys is -.289: C4 and C5 must be reversed."""
    found = row(reliability.alpha(bfi[["C1", "C2", "C3", "C4", "C5"]]))
    assert found["estimate"] == pytest.approx(-0.289, abs=5e-4)
    assert found["note"] == "negative_estimate;negative_item:C2,C3,C4,C5"
    one = bfi.assign(A1=7 - bfi["A1"])[["A1", "A2", "A3", "A4", "A5"]]
    assert row(reliability.alpha(one))["note"] == "negative_item:A1"
    assert reliability.item_analysis(one)["note"].tolist() == ["negative_item", "", "", "", ""]


def test_split_halves_of_attitude():
    """psych::splitHalf: the highest of 35 splits, on the correlations; the mean of equal halves is alpha."""
    cor = ATTITUDE.corr().to_numpy()
    assert functions.rulon(cor, functions.signs(7)).max() == pytest.approx(0.8926322063, abs=5e-11)
    six = cor[:6, :6]
    assert functions.rulon(six, functions.signs(6)).mean() == pytest.approx(functions.raw(six)[0], abs=1e-14)


def test_omegas_of_the_bfi(bfi):
    """2713 complete rows: semTools .7673337; psych alpha .79286 and lavaan .7950173 on polychorics."""
    rows = factor.sample(bfi[["E1", "E2", "E3", "E4", "E5"]])
    names = ["omega.raw", "alpha.ordinal", "omega.ordinal"]
    found = reliability.coefficients(rows, names)["estimate"].tolist()
    assert found == pytest.approx([0.7673337, 0.79286, 0.7950173], abs=5e-6)
    # semTools' .802: the loadings of lavaan's WLSMV over the observed, not the model's variance.
    loads = np.array([0.63797320, 0.76674895, 0.60949942, 0.73580460, 0.56048569])
    observed = factor.moments(rows, kind="polychoric").matrix.sum()
    assert loads.sum() ** 2 / observed == pytest.approx(0.802, abs=5e-4)


@pytest.mark.parametrize(
    ("missing", "expected"), [("listwise", [0.627898, 0.845575]), ("fiml", [0.630098, 0.842087])]
)
def test_second_order_omegas_of_the_bfi(bfi, missing, expected):
    """Lavaan 0.6-14, A, C and E under a general factor: omega_h and omega from its estimates."""
    scales = {block: [f"{block}{i}" for i in range(1, 6)] for block in "ACE"}
    x = bfi.assign(C4=7 - bfi["C4"], C5=7 - bfi["C5"])[[item for items in scales.values() for item in items]]
    values, _, note = omega.hierarchical(factor.moments(factor.sample(x), missing=missing), scales)
    assert values == pytest.approx(expected, abs=2e-6)
    assert note == ""


def test_fiml_lies_near_its_neighbours(bfi):
    x = bfi[["A1", "A2", "A3", "A4", "A5"]]
    fiml = row(reliability.alpha(x, missing="fiml"))
    assert fiml["n"] == 2800
    assert fiml["estimate"] == pytest.approx(0.7030, abs=1e-3)  # pairwise .70302, listwise .70376


# Thurstone's nine tests, n = 213 (psych::Thurstone): lower triangle.
THURSTONE = [
    [0.828],
    [0.776, 0.779],
    [0.439, 0.493, 0.46],
    [0.432, 0.464, 0.425, 0.674],
    [0.447, 0.489, 0.443, 0.59, 0.541],
    [0.447, 0.432, 0.401, 0.381, 0.402, 0.288],
    [0.541, 0.537, 0.534, 0.35, 0.367, 0.32, 0.555],
    [0.38, 0.358, 0.359, 0.424, 0.446, 0.325, 0.598, 0.452],
]


def test_schmid_leiman_of_thurstone():
    """psych::omega(Thurstone, n.obs = 213) 2.2.9."""
    cor = np.eye(9)
    for i, lower in enumerate(THURSTONE, start=1):
        cor[i, :i] = cor[:i, i] = lower
    found = reliability.schmid_leiman(cor)
    assert found["omega_h"] == pytest.approx(0.7360703183, abs=2e-6)
    assert found["omega_total"] == pytest.approx(0.9308254149, abs=2e-6)
    assert found["omega_limit"] == pytest.approx(0.7907716168, abs=2e-6)
    assert found["alpha"] == pytest.approx(0.8914575356, abs=5e-11)
    with pytest.raises(ParamError, match="n_factors=2; a general factor needs at least 3"):
        reliability.schmid_leiman(cor, n_factors=2)


def test_alpha_is_the_consistency_of_the_mean_of_raters():
    """Shrout & Fleiss (1979): ICC(C,k) of their six targets and four judges is .9093155424."""
    ratings = pd.DataFrame(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    found = row(reliability.alpha(ratings, ci="feldt"))
    assert found["estimate"] == pytest.approx(0.9093155424, abs=5e-11)
    assert found["ci_low"] == pytest.approx(1 - (1 - 0.9093155424) * 3.5764, abs=2e-5)  # F(.975; 5, 15)


ECSI = {"IMAG": 0.7144, "CUEX": 0.4326, "PERQ": 0.8724, "PERV": 0.8167, "CUSA": 0.7701, "CUSL": 0.4417}


@pytest.mark.parametrize(("block", "expected"), ECSI.items())
def test_alphas_of_the_satisfaction_index(shared_data, block, expected):
    """Mobile phones, 250 customers (Tenenhaus et al. 2005)."""
    file = shared_data / "ecsi_mobi" / "mobi.csv"
    if not file.is_file():
        pytest.skip(f"{file} not found: GPL data, not redistributed here")
    x = pd.read_csv(file).filter(regex=f"^{block}[0-9]")
    assert row(reliability.alpha(x))["estimate"] == pytest.approx(expected, abs=5e-5)


# pingouin


def test_pingouin_on_complete_data():
    expected, limits = pingouin.cronbach_alpha(ATTITUDE)
    found = row(reliability.alpha(ATTITUDE, ci="feldt"))
    assert found["estimate"] == pytest.approx(expected, abs=1e-12)
    assert [round(found["ci_low"], 3), round(found["ci_high"], 3)] == limits.tolist()


def test_pingouin_counts_rows_it_dropped():
    """pingouin 0.7.0 prints [.581, .933] from n = 12; the 9 complete rows give [.533, .947]."""
    x = pingouin.read_dataset("cronbach_wide_missing")
    found = row(reliability.alpha(x, ci="feldt"))
    assert found["n"] == 9
    assert [round(found["ci_low"], 3), round(found["ci_high"], 3)] == [0.533, 0.947]
    expected, limits = pingouin.cronbach_alpha(x.dropna())
    assert found["estimate"] == pytest.approx(expected, abs=1e-12)
    assert limits.tolist() == [0.533, 0.947]


# the engine


PLAIN = [name for name in COEFFICIENTS if not name.endswith(("ordinal", "max", "min"))]


@pytest.mark.parametrize("name", [n for n, one in COEFFICIENTS.items() if one.of is not None])
def test_gradient_is_the_slope(name):
    cov = ATTITUDE.cov().to_numpy()
    turn = np.random.default_rng(0).normal(size=cov.shape)
    turn, step = turn + turn.T, 1e-4
    of = COEFFICIENTS[name].of
    slope = (of(cov + step * turn)[0] - of(cov - step * turn)[0]) / (2 * step)
    assert (of(cov)[1] * turn).sum() == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("missing", ["listwise", "pairwise", "fiml"])
def test_influence_is_what_reweighting_a_row_does(missing):
    """Of every coefficient at once, ordinal ones included (there FIML falls back on pairwise)."""
    x = answers(1, n=300, missing=0.1)
    weights = np.random.default_rng(2).uniform(0.5, 2, len(x))
    names = list(COEFFICIENTS)

    def values(w):
        return reliability.coefficients(factor.sample(x, weights=w), names, missing=missing)[
            "estimate"
        ].to_numpy()

    scale = Scale(factor.sample(x, weights=weights), missing)
    used = np.flatnonzero(x.notna().all(axis=1) if missing == "listwise" else x.notna().any(axis=1))
    moved = {}
    for kind in ("pearson", "polychoric"):
        asked = [COEFFICIENTS[n] for n in names if COEFFICIENTS[n].kind == kind]
        found = evaluate(scale.of(kind), asked)
        assert abs(found.moments.basis.w @ found.moves).max() < 1e-12
        rows = found.moments.spread_out(found.moves)
        moved |= {one.name: rows[:, j] for j, one in enumerate(asked)}
    step = 1e-4 * weights.sum()
    for place in (0, 7, 100):
        ends = []
        for sign in (1, -1):
            w = weights.copy()
            w[used[place]] += sign * step
            ends.append(values(w))
        slope = (ends[0] - ends[1]) / (2 * step) * weights[used].sum()
        own = [moved[name][place] for name in names]
        assert own == pytest.approx(slope, rel=2e-2, abs=0.01)  # pairwise divisors move with the weights too


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
@pytest.mark.parametrize("of", [reliability.alpha, reliability.standardised])
def test_standard_error_against_the_bootstrap(of, missing):
    x = answers(3, n=500, missing=0.08)
    rng = np.random.default_rng(4)
    resampled = [
        of(x.iloc[rng.integers(0, len(x), len(x))], missing=missing)["estimate"].item() for _ in range(200)
    ]
    assert of(x, missing=missing)["se"].item() == pytest.approx(np.std(resampled, ddof=1), rel=0.10)


def test_standard_error_of_clusters_against_the_cluster_bootstrap():
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 5, 200)
    cluster = np.repeat(np.arange(200), sizes)
    shared = rng.normal(size=(200, 4))[cluster] + rng.normal(size=200)[cluster, None]
    x = pd.DataFrame(np.round(shared + 0.7 * rng.normal(size=(len(cluster), 4)) + 3))
    members = [np.flatnonzero(cluster == g) for g in range(200)]
    picks = (np.concatenate([members[g] for g in rng.integers(0, 200, 200)]) for _ in range(200))
    spread = np.std([reliability.alpha(x.iloc[rows])["estimate"].item() for rows in picks], ddof=1)
    found, naive = row(reliability.alpha(x, cluster=cluster)), row(reliability.alpha(x))
    assert found["se"] == pytest.approx(spread, rel=0.10)
    assert naive["se"] < 0.85 * found["se"]
    assert found["df"] < 199  # the influences have heavy tails
    assert row(reliability.alpha(x, cluster=cluster, ci="adf_wald"))["df"] == 199


def test_interval_of_the_change_against_the_bootstrap():
    x = answers(6, n=400)
    rng = np.random.default_rng(7)
    resampled = [
        reliability.item_analysis(x.iloc[rng.integers(0, len(x), len(x))])["change"] for _ in range(200)
    ]
    items = reliability.item_analysis(x)
    reach = (items["ci_high"] - items["ci_low"]) / 2 / 1.966
    assert reach.tolist() == pytest.approx(np.std(resampled, axis=0, ddof=1).tolist(), rel=0.12)


def test_a_thousand_rows_of_sixteen_items_take_milliseconds():
    x = answers(8, n=1000, k=16)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        reliability.alpha(x)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05


# properties

grids = hnp.arrays(
    float,
    st.tuples(st.integers(6, 30), st.integers(2, 5)),
    elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0]),
)


def estimable(values):
    x = pd.DataFrame(values)
    found = row(reliability.alpha(x))
    assume(np.isfinite(found["estimate"]) and (x.std() > 0).all() and found["estimate"] > -20)
    return x, found


@settings(max_examples=25)
@given(grids, st.floats(-50, 50), st.randoms(use_true_random=False))
def test_order_shift_and_unit_change_nothing(values, shift, random):
    x, found = estimable(values)
    order = list(x.columns)
    random.shuffle(order)
    moved = row(reliability.alpha(3 * x[order] + shift))
    for column in ("estimate", "se", "ci_low", "ci_high"):
        assert moved[column] == pytest.approx(found[column], rel=1e-7, abs=1e-7)


@settings(max_examples=25)
@given(grids)
def test_complete_data_are_the_same_pairwise_and_with_weights_of_one(values):
    x, found = estimable(values)
    others = [
        reliability.alpha(x, missing="pairwise"),
        reliability.alpha(x, weights=np.full(len(x), 2.5)),
        reliability.alpha(x, cluster=[f"id{i}" for i in range(len(x))]),
    ]
    for other in others:
        numbers = ["n", "estimate", "se", "df", "ci_low", "ci_high"]
        assert other[numbers].iloc[0].tolist() == pytest.approx(found[numbers].tolist(), rel=1e-9, abs=1e-12)


@settings(max_examples=25)
@given(grids, st.data())
def test_whole_weights_are_repeated_rows_of_one_person(values, data):
    x, _ = estimable(values)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(x), max_size=len(x))))
    assume((times > 0).sum() > 2)
    weighted = row(reliability.alpha(x, weights=times))
    rows = np.repeat(np.arange(len(x)), times)
    repeated = row(reliability.alpha(x.iloc[rows], cluster=rows))
    assume(np.isfinite(repeated["estimate"]))
    for column in ("estimate", "se", "df", "ci_low", "ci_high"):
        assert weighted[column] == pytest.approx(repeated[column], rel=1e-7, abs=1e-9)


@settings(max_examples=25)
@given(grids)
def test_two_standardised_items_are_spearman_brown(values):
    x, _ = estimable(values[:, :2])
    r = np.corrcoef(x.to_numpy().T)[0, 1]
    assume(r > -0.9)
    found = row(reliability.standardised(x))
    assume(np.isfinite(found["estimate"]))
    assert found["estimate"] == pytest.approx(2 * r / (1 + r), abs=1e-9)


# what cannot be computed is a row with a note


@pytest.mark.parametrize("of", [reliability.alpha, reliability.standardised])
@pytest.mark.parametrize(
    ("x", "note"),
    [
        (pd.DataFrame({"a": [1.0, 2, 3, 4]}), "single_item"),
        (pd.DataFrame({"a": [1.0, 2], "b": [2.0, 1]}), "too_few"),
        (pd.DataFrame({"a": [], "b": []}, dtype=float), "too_few"),
        (pd.DataFrame({"a": [1.0, NAN, 2, NAN], "b": [NAN, 1.0, NAN, 2]}), "too_few"),
        (pd.DataFrame({"a": [NAN] * 4, "b": [NAN] * 4}), "too_few"),
        (pd.DataFrame({"a": [5.0] * 4, "b": [5.0] * 4}), "constant_total"),
        (pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 2, 1]}), "constant_total"),
        (pd.DataFrame({"a": [1.0, 2, 4], "b": [1.0, 2, 4]}), "no_error_variance"),
        (pd.DataFrame(index=range(5)), "single_item"),
    ],
)
def test_nothing_to_compute(of, x, note):
    found = row(of(x))
    assert found["note"] == note
    assert found[["estimate", "se", "df", "ci_low", "ci_high"]].isna().all()
    items = reliability.item_analysis(x)
    assert items["note"].eq(note).all()
    empty = ["r_drop", "if_dropped", "change", "ci_low", "ci_high", "omega_if_dropped"]
    assert items[empty].isna().all(axis=None)


def test_items_never_answered_together():
    x = pd.DataFrame({"a": [1.0, NAN, 2, NAN], "b": [NAN, 1.0, NAN, 2]})
    assert row(reliability.alpha(x, missing="pairwise"))["note"] == "no_overlap"


def test_a_constant_item_counts_as_an_item_and_is_named():
    x = answers(9).assign(q4=5.0)
    found = row(reliability.alpha(x))
    assert found["note"] == "constant_item:q4"
    three = row(reliability.alpha(x[["q1", "q2", "q3"]]))
    assert found["estimate"] == pytest.approx(three["estimate"] * (4 / 3) / (3 / 2))
    assert row(reliability.standardised(x))["note"] == "constant_item:q4"
    items = reliability.item_analysis(x)
    assert items["note"].tolist() == ["", "", "", "constant_item"]
    assert np.isnan(items["r_drop"].iloc[3])
    assert items["if_dropped"].iloc[3] == pytest.approx(three["estimate"])


def test_two_items_leave_nothing_to_drop():
    items = reliability.item_analysis(answers(10, k=2, levels=9))
    assert items["note"].tolist() == ["two_items", "two_items"]
    assert items["if_dropped"].isna().all()
    assert items["r_drop"].iloc[0] == pytest.approx(items["r_drop"].iloc[1])


def test_an_unrelated_item_is_weak():
    x = answers(11, n=600).assign(q4=np.random.default_rng(1).integers(1, 6, 600))
    assert reliability.item_analysis(x)["note"].tolist()[3] in {"weak_item", "negative_item"}


def test_one_person_only_and_one_person_mostly():
    x = answers(12, n=120)
    single = row(reliability.alpha(x, cluster=["p"] * 120))
    assert single["note"] == "small_n;single_psu"
    assert np.isfinite(single["estimate"])
    assert single[["se", "df", "ci_low", "ci_high"]].isna().all()
    mostly = ["p"] * 30 + [f"p{i}" for i in range(90)]
    assert row(reliability.alpha(x, cluster=mostly))["note"] == "small_n;psu_share"


def test_small_samples_are_noted():
    assert row(reliability.alpha(answers(13, n=49)))["note"] == "small_n"
    assert row(reliability.alpha(answers(13, n=50)))["note"] == ""


def test_floor_and_ceiling_use_the_scale():
    x = pd.DataFrame({"a": [1.0, 1, 3, 5], "b": [2.0, 3, 4, 5], "c": [1.0, 2, 3, NAN]})
    items = reliability.item_analysis(x, scale={"a": (1, 5), "b": (1, 5)})
    assert items["floor_share"].tolist()[:2] == [0.5, 0.0]
    assert items["ceiling_share"].tolist()[:2] == [0.25, 0.25]
    assert np.isnan(items["floor_share"].iloc[2])
    assert items["n"].tolist() == [4, 4, 3]


# refusals


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ci": "boot"}, r"ci='boot'; choose one of \['adf', 'adf_wald', 'feldt', 'bonett', 'bootstrap'\]"),
        ({"missing": "mean"}, r"missing='mean'; choose one of \['listwise', 'pairwise', 'fiml'\]"),
        ({"ci": "bootstrap", "missing": "fiml"}, "choose 'adf' for missing='fiml' and for ordinal"),
        ({"ci": "bonett", "weights": np.arange(1, 51)}, "ci='bonett' assumes independent rows"),
        ({"ci": "feldt", "cluster": ["a"] * 50}, "ci='feldt' assumes independent rows"),
        ({"ci": "feldt", "weights": np.arange(1, 51)}, "ci='feldt' assumes independent rows"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ParamError, match=message):
        reliability.alpha(answers(14, n=50), **arguments)


def test_unknown_variant():
    with pytest.raises(ParamError, match=r"variant='omega'; choose one of \['raw', 'standardised'\]"):
        reliability.alpha_from_matrix(BFI_A, 2709, variant="omega")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": [1.0]}, r"weights \(1\) must have one entry per row \(50\)"),
        ({"weights": [-1.0] * 50}, "weights must be numbers of at least 0"),
        ({"weights": [NAN] * 50}, "weights must be numbers of at least 0"),
        ({"cluster": [None] * 50}, "cluster has empty entries"),
    ],
)
def test_wrong_design(arguments, message):
    with pytest.raises(DataError, match=message):
        reliability.alpha(answers(14, n=50), **arguments)


# a whole framework


def indicator(name, items, subjects=("客户", "内部监督")):
    return SimpleNamespace(name=name, items=items, scale=(1, 5), subjects=subjects)


FRAMEWORK = SimpleNamespace(
    dimensions=(
        SimpleNamespace(
            name="体验",
            indicators=(indicator("态度", ("q1", "q2")), indicator("沟通", ("q3",), ("客户",))),
        ),
        SimpleNamespace(name="环境", indicators=(indicator("整洁", ("q4",)), indicator("投诉", (), ()))),
        SimpleNamespace(name="指标", indicators=(indicator("投诉率", (), ()),)),
    )
)


@pytest.fixture
def responses():
    x = answers(15, n=240)
    return x.assign(
        cycle=["2026Q1"] * 120 + ["2026Q2"] * 120,
        subject=["客户", "客户", "内部监督"] * 80,
        respondent=[f"r{i // 3}" for i in range(240)],
        cluster="",
        weight=1.0,
    )


def test_by_dimension_has_a_row_per_cycle_subject_and_dimension(responses):
    tables = reliability.by_dimension(responses, FRAMEWORK)
    found = tables["reliability"]
    assert list(found.columns) == list(TABLES["reliability"].all_columns)
    assert len(found) == 2 * 2 * (9 + 2 + 2)  # a scale, a single item, both together
    chosen = found[found["stat"] == "alpha"].set_index(["cycle", "subject", "dimension", "variant"])
    customers = responses[(responses["cycle"] == "2026Q2") & (responses["subject"] == "客户")]
    expected = reliability.alpha(customers[["q1", "q2", "q3"]], cluster=customers["respondent"])
    for column in ("estimate", "se", "ci_low", "df"):
        value = chosen.loc[("2026Q2", "客户", "体验", "raw"), column]
        assert value == pytest.approx(expected[column].item(), rel=1e-12)
    assert chosen.loc[("2026Q2", "客户", "体验", "raw"), "df"] < 39.001  # two rows per respondent
    assert chosen.loc[("2026Q2", "内部监督", "体验", "raw"), "n_items"] == 2
    alone = chosen.loc[("2026Q1", "客户", "环境", "raw")]
    assert (alone["note"], alone["judgement"], alone["n_items"]) == ("single_item", "not_computed", 1)


def test_by_dimension_item_table(responses):
    found = reliability.by_dimension(responses, FRAMEWORK)["item_analysis"]
    assert list(found.columns) == list(TABLES["item_analysis"].all_columns)
    names = found.set_index("item")["indicator"].to_dict()
    assert names == {"q1": "态度", "q2": "态度", "q3": "沟通", "q4": "整洁"}
    assert found["ceiling_share"].notna().all()


def test_by_dimension_judges_by_policy_or_by_the_params(responses):
    found = reliability.by_dimension(responses, FRAMEWORK, min_alpha=0.99)["reliability"]
    assert set(found["judgement"]) == {"below", "not_computed"}
    found = reliability.by_dimension(responses, FRAMEWORK, min_alpha=-1.0)["reliability"]
    assert set(found["judgement"]) == {"adequate", "not_computed"}


def test_by_dimension_says_which_items_nobody_answered(responses):
    gone = responses.assign(q2=NAN)
    found = reliability.by_dimension(gone, FRAMEWORK)["reliability"].set_index(["subject", "dimension"])
    assert found.loc[("客户", "体验"), "note"].iloc[0] == "small_n;two_items;unanswered_item:q2"
    assert found.loc[("内部监督", "体验"), "note"].iloc[0] == "single_item;unanswered_item:q2"
    nothing = reliability.by_dimension(gone.assign(q1=NAN, q3=NAN), FRAMEWORK)["reliability"]
    assert nothing.loc[nothing["dimension"] == "体验", "n_items"].eq(0).all()


def test_by_dimension_counts_a_row_without_an_id_as_its_own_unit(responses):
    anonymous = responses.assign(respondent="")
    found = reliability.by_dimension(anonymous, FRAMEWORK)["reliability"]
    linked = reliability.by_dimension(responses, FRAMEWORK)["reliability"]
    assert 40 < found["df"].max() <= 79
    assert linked["df"].max() <= 39


def test_by_dimension_without_responses(responses):
    tables = reliability.by_dimension(responses.iloc[:0], FRAMEWORK)
    assert tables["reliability"].empty
    assert tables["item_analysis"].empty


def test_by_dimension_refuses_an_unknown_sampling_unit(responses):
    with pytest.raises(ParamError, match=r"psu='team'; choose one of \['respondent', 'cluster'\]"):
        reliability.by_dimension(responses, FRAMEWORK, psu="team")
