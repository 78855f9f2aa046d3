"""Agreement: printed cases, independent auditors, properties, edges and refusals."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pingouin
import pytest
import result_frames as rf
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import inter_rater
from test_wording import pair

from svclib import agreement as ag
from svclib import columns, tables, wording
from svclib.agreement import engine
from svclib.errors import InputErrors, ParamError

NAN = np.nan

# Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428, table 2: six targets, four judges.
SHROUT = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
# Krippendorff (2011), Computing Krippendorff's alpha-reliability; also cac.raw4raters of irrCAC.
FOUR = [
    (1, 1, NAN, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4),
    (4, 4, 4, 4), (1, 1, 2, 1), (2, 2, 2, 2), (NAN, 5, 5, 5), (NAN, NAN, 1, 1), (NAN, NAN, 3, NAN),
]  # fmt: skip
# Wikipedia, Krippendorff's alpha: three coders, fifteen units, * is NAN.
THREE = np.array([
    [NAN, NAN, NAN, NAN, NAN, 3, 4, 1, 2, 1, 1, 3, 3, NAN, 3],
    [1, NAN, 2, 1, 3, 3, 4, 3, NAN, NAN, NAN, NAN, NAN, NAN, NAN],
    [NAN, NAN, 2, 1, 3, 4, 4, NAN, 2, 1, 1, 3, 3, NAN, 4],
]).T  # fmt: skip
# Wikipedia, Fleiss' kappa: ten subjects, fourteen raters, five categories.
FLEISS = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip
# irrCAC's distrib.6raters: fifteen patients, six psychiatrists, five diagnoses (Fleiss 1971).
SIX = [
    (0, 0, 0, 6, 0), (0, 3, 0, 0, 3), (0, 1, 4, 0, 1), (0, 0, 0, 0, 6), (0, 3, 0, 3, 0),
    (2, 0, 4, 0, 0), (0, 0, 4, 0, 2), (2, 0, 3, 1, 0), (2, 0, 0, 4, 0), (0, 0, 0, 0, 6),
    (1, 0, 0, 5, 0), (1, 1, 0, 4, 0), (0, 3, 3, 0, 0), (1, 0, 0, 5, 0), (0, 2, 0, 3, 1),
]  # fmt: skip
# irrCAC's cont3x3abstractors: Gwet (2014), two abstractors, a hundred patients.
ABSTRACTORS = [(13, 0, 0), (0, 20, 7), (0, 4, 56)]


def long(wide) -> pd.DataFrame:
    """Tidy ratings of a table of objects by raters."""
    frame = pd.DataFrame(wide).rename_axis("target").reset_index()
    return frame.melt("target", var_name="rater").dropna(ignore_index=True)


def of_counts(counts) -> pd.DataFrame:
    """Tidy ratings of raters counted by object and category."""
    return long([np.repeat(np.arange(len(row)), row) for row in counts])


def of_table(table) -> pd.DataFrame:
    """Tidy ratings of a contingency table of two raters."""
    cells = np.argwhere(np.asarray(table) >= 0)
    return long(np.repeat(cells, np.asarray(table).ravel(), axis=0))


def found(ratings, *stats, **options) -> pd.DataFrame:
    """Rows by "stat:variant"."""
    rows = ag.agreement(ratings, stats=stats, **options)
    return rows.set_index(rows["stat"] + ":" + rows["variant"])


def one(ratings, stat, **options) -> pd.Series:
    return found(ratings, stat, **options).iloc[0]


# --- printed cases


@pytest.mark.parametrize(
    ("variant", "estimate", "low", "high"),
    [
        ("1", 0.1657417684, -0.1329, 0.7226),
        ("a1", 0.2897637795, 0.0188, 0.7611),
        ("c1", 0.7148407148, 0.3425, 0.9459),
        ("1k", 0.4427971337, -0.8844, 0.9124),
        ("ak", 0.6200505476, 0.0711, 0.9272),
        ("ck", 0.9093155424, 0.6757, 0.9859),
    ],
)
def test_icc_of_shrout_and_fleiss(variant, estimate, low, high):
    """Limits as psych 2.2.9 prints them."""
    row = one(long(SHROUT), f"icc:{variant}", ci="published")
    assert row["estimate"] == pytest.approx(estimate, abs=5e-11)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=5e-5)
    assert (row["method"], row["n_objects"], row["n_raters"]) == ("f_ratio", 6, 4)


@pytest.mark.parametrize(
    ("data", "variant", "alpha"),
    [
        (FOUR, "nominal", 0.743421),
        (FOUR, "ordinal", 0.815388),
        (FOUR, "interval", 0.849107),
        (FOUR, "ratio", 0.797403),
        (THREE, "nominal", 0.691358),
        (THREE, "interval", 0.810845),
    ],
)
def test_krippendorff_canonical(data, variant, alpha):
    """Krippendorff (2011) prints .743, .815, .849, .797; six digits from its krippendorff package."""
    assert one(long(data), f"krippendorff:{variant}")["estimate"] == pytest.approx(alpha, abs=5e-7)


def test_gwet_four_raters():
    """Gwet (2014); coefficients as printed by irrCAC 1.3 for cac.raw4raters."""
    rows = found(long(FOUR), "gwet:nominal", "fleiss:nominal", "conger:nominal", "brennan_prediger:nominal")
    assert rows["estimate"].tolist() == pytest.approx([0.77544, 0.76117, 0.76282, 0.77273], abs=5e-6)
    assert one(long(FOUR), "percent:nominal")["estimate"] == pytest.approx(0.8181818, abs=5e-8)
    assert rows["n_objects"].eq(12).all()
    assert rows["n_ratings"].eq(41).all()


def test_fleiss_of_wikipedia():
    assert one(of_counts(FLEISS), "fleiss:nominal")["estimate"] == pytest.approx(0.20993070442, abs=5e-12)


@pytest.mark.parametrize(
    ("stat", "estimate", "se", "low", "high"),
    [
        ("gwet", 0.4448007, 0.08418757, 0.264, 0.625),
        ("fleiss", 0.4139265, 0.08119291, 0.240, 0.588),
        ("brennan_prediger", 0.4388889, 0.08312142, 0.261, 0.617),
    ],
)
def test_gwets_linearised_variance(stat, estimate, se, low, high):
    """IrrCAC 1.3 on distrib.6raters; its limits are by t without the log."""
    row = one(of_counts(SIX), f"{stat}:nominal", ci="published")
    assert (row["estimate"], row["se"]) == pytest.approx((estimate, se), abs=5e-8)
    reach = stats.t.ppf(0.975, row["df"]) * row["se"]
    assert (row["estimate"] - reach, row["estimate"] + reach) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(
    ("stat", "estimate", "se"),
    [
        ("cohen", 0.7964094, 0.05891072),
        ("fleiss", 0.7962397, 0.05905473),
        ("gwet", 0.8493305, 0.04321747),
        ("brennan_prediger", 0.835, 0.04693346),
        ("percent", 0.89, 0.03128898),
    ],
)
def test_gwets_two_raters(stat, estimate, se):
    """IrrCAC 1.3 on cont3x3abstractors, which divides by n where the others divide by n - 1."""
    row = one(of_table(ABSTRACTORS), f"{stat}:nominal", ci="published")
    assert row["estimate"] == pytest.approx(estimate, abs=5e-8)
    assert row["se"] * 0.99**0.5 == pytest.approx(se, abs=5e-9)


def test_krippendorff_alpha_is_affine_in_fleiss_kappa():
    """Without gaps alpha = 1 - (1 - kappa)(1 - 1/N), and so is its error: irrCAC's .08243 is not."""
    ratings = of_counts(SIX)
    alpha, kappa = (one(ratings, f"{s}:nominal", ci="published") for s in ("krippendorff", "fleiss"))
    assert alpha["estimate"] == pytest.approx(0.4204384, abs=5e-8)
    assert alpha["estimate"] == pytest.approx(1 - (1 - kappa["estimate"]) * 89 / 90)
    assert alpha["se"] == pytest.approx(kappa["se"] * 89 / 90)


def test_kendall_of_friedman():
    """Pingouin's data rm_anova, DesireToKill by Disgustingness: W .099224, Friedman's Q 9.227848."""
    data = pingouin.read_dataset("rm_anova")
    other = pingouin.friedman(data, dv="DesireToKill", within="Disgustingness", subject="Subject")
    named = {"target": "Disgustingness", "rater": "Subject", "value": "DesireToKill"}
    means = data.groupby(["Subject", "Disgustingness"], as_index=False)["DesireToKill"].mean()
    kept = means[means.groupby("Subject")["DesireToKill"].transform("count") == 2]
    row = one(kept, "kendall:raters", columns=named)
    assert row["estimate"] == pytest.approx(0.099224, abs=5e-7)
    assert row["estimate"] == pytest.approx(other["W"].iloc[0])
    chi_square = row["n_raters"] * (row["n_objects"] - 1) * row["estimate"]
    assert chi_square == pytest.approx(9.227848, abs=5e-7)


def test_generalised_limits_where_raters_hardly_differ():
    """Then those of McGraw & Wong hold too; where they differ much, only the generalised are wide."""
    rng = np.random.default_rng(6)
    alike = rng.normal(size=(60, 1)) + 0.7 * rng.normal(size=(60, 6))
    own, theirs = (one(long(alike), "icc:a1", ci=ci) for ci in ("default", "published"))
    assert (own["method"], theirs["method"]) == ("generalised", "f_ratio")
    assert (own["ci_low"], own["ci_high"]) == pytest.approx((theirs["ci_low"], theirs["ci_high"]), abs=0.02)
    apart = alike + np.arange(6)
    own, theirs = (one(long(apart), "icc:ak", ci=ci) for ci in ("default", "published"))
    assert own["estimate"] == theirs["estimate"]
    assert own["ci_low"] < own["estimate"] < own["ci_high"]


# --- independent auditors


def test_pingouin_agrees_on_icc_and_its_limits():
    with warnings.catch_warnings():  # its inplace dropna is deprecated by pandas
        warnings.simplefilter("ignore")
        other = pingouin.intraclass_corr(long(SHROUT), targets="target", raters="rater", ratings="value")
    rows = found(long(SHROUT), "icc", ci="published")
    assert rows["estimate"].tolist() == pytest.approx(other["ICC"].tolist())
    limits = np.array([list(pair) for pair in other.filter(like="CI").iloc[:, 0]])
    assert rows[["ci_low", "ci_high"]].to_numpy() == pytest.approx(limits, abs=0.0051)


@pytest.mark.parametrize("table", [[(20, 5), (10, 15)], ABSTRACTORS, [(8, 3, 1), (2, 9, 4), (0, 5, 7)]])
def test_statsmodels_agrees_on_cohens_kappa(table):
    other = inter_rater.cohens_kappa(np.array(table))
    n = np.sum(table)
    row = one(of_table(table), "cohen:nominal", ci="published")
    assert row["estimate"] == pytest.approx(other.kappa)
    assert row["se"] * (1 - 1 / n) ** 0.5 == pytest.approx(other.std_kappa)


@pytest.mark.parametrize(("variant", "power"), [("linear", "linear"), ("quadratic", "quadratic")])
def test_statsmodels_agrees_on_weighted_kappa(variant, power):
    other = inter_rater.cohens_kappa(np.array([(8, 3, 1), (2, 9, 4), (0, 5, 7)]), wt=power)
    row = one(of_table([(8, 3, 1), (2, 9, 4), (0, 5, 7)]), f"cohen:{variant}", ci="published")
    assert row["estimate"] == pytest.approx(other.kappa)
    assert row["se"] * (1 - 1 / 39) ** 0.5 == pytest.approx(other.std_kappa)


def test_cohens_kappa_of_four_cells():
    """[[20, 5], [10, 15]]: .4, statsmodels [.1511, .6489] by the normal on the natural scale."""
    row = one(of_table([(20, 5), (10, 15)]), "cohen:nominal", ci="published")
    reach = 1.959964 * row["se"] * (1 - 1 / 50) ** 0.5
    assert (row["estimate"] - reach, row["estimate"] + reach) == pytest.approx((0.1511, 0.6489), abs=5e-5)


def test_psych_cohen_kappa():
    """psych 2.2.9, 200 x the 3x3 shares of its example: .4915 [.3916, .5915]; weighted .4545."""
    shares = np.array([(0.44, 0.07, 0.09), (0.05, 0.20, 0.05), (0.01, 0.03, 0.06)])
    ratings = of_table(np.rint(shares * 200).astype(int))
    row = one(ratings, "cohen:nominal", ci="published")
    reach = 1.959964 * row["se"]
    assert row["estimate"] == pytest.approx(0.4915, abs=5e-5)
    assert (row["estimate"] - reach, row["estimate"] + reach) == pytest.approx((0.3916, 0.5915), abs=5e-4)
    assert one(ratings, "cohen:quadratic")["estimate"] == pytest.approx(0.4545, abs=5e-5)


def test_statsmodels_agrees_on_fleiss():
    assert one(of_counts(SIX), "fleiss:nominal")["estimate"] == pytest.approx(inter_rater.fleiss_kappa(SIX))


def test_spearman_is_kendall_of_two():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(20, 2))
    rho = stats.spearmanr(*x.T).statistic
    assert one(long(x), "kendall:objects")["estimate"] == pytest.approx((1 + rho) / 2)


# --- by hand


def test_tiny_table_by_hand():
    """Objects aa, aa, ab, bb: pa = 3/4, shares 5/8 and 3/8."""
    ratings = long([("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")])
    rows = found(ratings, "percent:nominal", "fleiss", "gwet:nominal", "brennan_prediger:nominal",
                 "krippendorff:nominal", categories=["a", "b"])["estimate"]  # fmt: skip
    assert rows["percent:nominal"] == 0.75
    assert rows["fleiss:nominal"] == pytest.approx((0.75 - 34 / 64) / (1 - 34 / 64))
    assert rows["gwet:nominal"] == pytest.approx((0.75 - 30 / 64) / (1 - 30 / 64))
    assert rows["brennan_prediger:nominal"] == pytest.approx(0.5)
    assert rows["krippendorff:nominal"] == pytest.approx(1 - 7 * 2 / (2 * 5 * 3))
    assert rows["fleiss:quadratic"] == pytest.approx(rows["fleiss:nominal"])  # two categories


def test_weights_of_four_categories():
    """Categories 1 to 4, raters three apart once and alike once: pa is half of 1 + weight."""
    ratings = long([(1, 2), (3, 3), (4, 4), (1, 1)])
    rows = found(ratings, "percent")["estimate"]
    assert rows.tolist() == pytest.approx([0.75, 1 - 1 / 12, 1 - 1 / 36, 1 - 1 / 24])


def test_jackknife_by_hand():
    """Percent agreement is a mean: its jackknife is s / sqrt(n), and so is its linearised error."""
    ratings = long([(1, 1), (1, 2), (2, 2), (2, 2), (1, 1)])
    for ci in ("default", "published"):
        row = one(ratings, "percent:nominal", ci=ci)
        assert row["se"] == pytest.approx(np.std([1, 0, 1, 1, 1], ddof=1) / 5**0.5)
        reach = stats.t.ppf(0.975, 4) * row["se"] / 0.2
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            (max(1 - 0.2 * np.exp(reach), 0), 1 - 0.2 * np.exp(-reach))
        )


@pytest.mark.parametrize(
    ("stat", "rel"),
    [("kendall:objects", 0), ("krippendorff:ordinal", 0.01), ("conger:quadratic", 0), ("gwet:linear", 0)],
)
def test_jackknife_leaves_each_object_out(stat, rel):
    """Krippendorff's factor (N - 1)/N alone is not recomputed."""
    rng = np.random.default_rng(2)
    ratings = long(np.clip(rng.integers(1, 6, (9, 1)) + rng.integers(-1, 2, (9, 3)), 1, 5))
    named = {"categories": [1, 2, 3, 4, 5]}
    row = one(ratings, stat, **named)
    without = [one(ratings[ratings["target"] != t], stat, **named)["estimate"] for t in range(9)]
    expected = (8 / 9 * ((np.array(without) - row["estimate"]) ** 2).sum()) ** 0.5
    assert row["se"] == pytest.approx(expected, rel=rel or 1e-9)


def test_kendall_leaves_each_rater_out():
    """On the scale of the mean rank correlation, of which W is an affine function."""
    rng = np.random.default_rng(4)
    wide = rng.normal(size=(6, 1)) + rng.normal(size=(6, 5))
    row = one(long(wide), "kendall:raters")

    def mean_rho(x):
        return np.mean(
            [
                stats.spearmanr(x[:, i], x[:, j]).statistic
                for i, j in itertools.combinations(range(x.shape[1]), 2)
            ]
        )

    whole = mean_rho(wide)
    without = np.array([mean_rho(np.delete(wide, j, axis=1)) for j in range(5)])
    assert row["estimate"] == pytest.approx((1 + 4 * whole) / 5)
    assert row["se"] == pytest.approx(4 / 5 * (4 / 5 * ((without - whole) ** 2).sum()) ** 0.5)


def test_other_confidence_levels_nest():
    rows = [one(long(SHROUT), "icc:a1", confidence=c) for c in (0.8, 0.95, 0.99)]
    lows, highs = [r["ci_low"] for r in rows], [r["ci_high"] for r in rows]
    assert lows == sorted(lows, reverse=True)
    assert highs == sorted(highs)


# --- test and retest


def test_retest_by_hand():
    first, second = np.array([10.0, 12, 9, 14, 11]), np.array([11.0, 12, 11, 14, 13])
    d = second - first
    rows = ag.retest(long(np.column_stack([first, second]))).set_index(["stat", "variant"])
    assert rows.loc[("bias", "mean"), "estimate"] == pytest.approx(1.0)
    assert rows.loc[("sem", "a1"), "estimate"] == pytest.approx((np.sum(d**2) / 10) ** 0.5)
    assert rows.loc[("sem", "c1"), "estimate"] == pytest.approx(np.std(d, ddof=1) / 2**0.5)
    reach = 1.959964 * np.std(d, ddof=1)
    limits = rows.loc[[("limit", "low"), ("limit", "high")], "estimate"].tolist()
    assert limits == pytest.approx([1 - reach, 1 + reach])
    assert rows.loc[("icc", "a1"), "estimate"] == pytest.approx(
        one(long(np.column_stack([first, second])), "icc:a1")["estimate"]
    )
    test = stats.ttest_rel(second, first).confidence_interval(0.95)
    bias = rows.loc[("bias", "mean")]
    assert (bias["ci_low"], bias["ci_high"]) == pytest.approx((test.low, test.high))
    low, high = (rows.loc[("limit", v)] for v in ("low", "high"))
    assert high["ci_low"] < high["estimate"] < high["ci_high"]
    assert high["ci_high"] - 1 == pytest.approx(1 - low["ci_low"])


def test_limits_of_agreement_of_bland_and_altman():
    """Bland & Altman (1986), Lancet: 17 peak flows, mean -2.1, sd 38.8, limits about -80 and 76.

    The first limit's own limits are -114.3 and -45.1 by their approximation; the exact ones
    (Carkeet 2015) lie further out on both sides.
    """
    large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    rows = ag.retest(long(np.column_stack([mini, large]))).set_index(["stat", "variant"])
    assert rows.loc[("bias", "mean"), "estimate"] == pytest.approx(-2.1, abs=0.05)
    low, high = rows.loc[("limit", "low")], rows.loc[("limit", "high")]
    assert (low["estimate"], high["estimate"]) == pytest.approx((-78.1, 73.9), abs=0.1)
    assert low["ci_low"] < -114.3
    assert -60 < low["ci_high"] < -45.1


def test_retest_without_spread():
    rows = ag.retest(long([(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)])).set_index(["stat", "variant"])
    assert rows.loc[("bias", "mean"), "estimate"] == 1
    assert rows.loc[("bias", "mean"), "note"] == "small_n;constant_difference"
    assert rows.loc[("limit", "high"), ["ci_low", "ci_high"]].isna().all()


def test_retest_drops_and_refuses():
    rows = ag.retest(long([(1, 2), (3, 3), (5, 4), (2, NAN)]))
    assert rows["n_objects"].eq(3).all()
    assert rows["note"].eq("dropped_incomplete:1;small_n").all()
    with pytest.raises(ParamError, match="two occasions, found 4; select two"):
        ag.retest(long(SHROUT))
    with pytest.raises(ParamError, match="retest takes no weights"):
        ag.retest(long(SHROUT), columns={"weight": "w"})
    one_object = ag.retest(long([(1, 2)]))
    assert one_object["estimate"].isna().all()
    assert one_object["note"].eq("too_few_objects").all()


# --- properties

EVERY = [f"{s}:{v}" for s, variants in ag.VARIANTS.items() for v in variants if s != "cohen"]


@st.composite
def rated(draw, *, gaps=False):
    """Objects by raters on 1 to 4, not all alike."""
    n, m = draw(st.integers(4, 9)), draw(st.integers(3, 4))
    cells = draw(st.lists(st.integers(1, 4), min_size=n * m, max_size=n * m))
    wide = np.array(cells, dtype=float).reshape(n, m)
    assume(len(np.unique(wide)) > 1)
    if gaps:
        wide[0, 0] = wide[1, 1] = NAN
        assume(len(np.unique(wide[~np.isnan(wide)])) > 1)
    return wide


def same(a, b, names=("estimate", "se", "ci_low", "ci_high")):
    for name in names:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-7, atol=1e-9)


@settings(max_examples=12, deadline=None)
@given(rated(gaps=True), st.randoms())
def test_order_of_raters_and_objects_does_not_matter(wide, shuffle):
    rows, cols = list(range(len(wide))), list(range(wide.shape[1]))
    shuffle.shuffle(rows)
    shuffle.shuffle(cols)
    named = {"categories": [1, 2, 3, 4]}
    same(found(long(wide), *EVERY, **named), found(long(wide[rows][:, cols]), *EVERY, **named))


@settings(max_examples=12, deadline=None)
@given(rated(gaps=True), st.permutations(["u", "v", "w", "x"]))
def test_names_of_categories_do_not_matter(wide, names):
    stats = [f"{s}:nominal" for s in ("percent", "gwet", "fleiss", "conger", "krippendorff")]
    numbers = long(wide)
    words = numbers.assign(value=numbers["value"].map(dict(zip([1, 2, 3, 4], names, strict=True))))
    same(
        found(numbers, *stats, categories=[1, 2, 3, 4]),
        found(words, *stats, categories=sorted(names)),
    )


@settings(max_examples=12, deadline=None)
@given(rated(gaps=True), st.floats(0.1, 50), st.floats(-20, 20))
def test_unit_and_origin_do_not_matter(wide, scale, shift):
    stats = ["icc", "krippendorff:interval", "krippendorff:ordinal", "kendall", "fleiss:quadratic"]
    same(found(long(wide), *stats), found(long(wide * scale + shift), *stats))


@settings(max_examples=12, deadline=None)
@given(rated(gaps=True))
def test_weights_of_one_and_of_two(wide):
    """Equal weights of any size change nothing but the ICC's F to the linearised error."""
    stats = [s for s in EVERY if not s.startswith("kendall")]
    a, b = (found(long(wide).assign(w=w), *stats, columns={"weight": "w"}) for w in (1.0, 2.5))
    same(a, b)
    plain = found(long(wide), *stats)
    chance = [s for s in stats if not s.startswith("icc")]
    same(a.loc[chance], plain.loc[chance])
    same(a, plain, ("estimate",))


@settings(max_examples=20, deadline=None)
@given(rated())
def test_a_weight_of_two_is_two_objects(wide):
    stats = ["percent:nominal", "fleiss:linear", "gwet:quadratic", "conger:nominal"]
    weighted = long(wide).assign(w=lambda d: np.where(d["target"] == 0, 2.0, 1.0))
    a = found(weighted, *stats, columns={"weight": "w"}, categories=[1, 2, 3, 4])
    b = found(long(np.vstack([wide, wide[:1]])), *stats, categories=[1, 2, 3, 4])
    same(a, b, ("estimate",))


@settings(max_examples=12, deadline=None)
@given(rated())
def test_icc_ck_is_cronbachs_alpha(wide):
    assume(np.ptp(wide, axis=0).any() and np.cov(wide, rowvar=False).sum() > 1e-9)
    expected, _ = pingouin.cronbach_alpha(pd.DataFrame(wide))
    assert one(long(wide), "icc:ck")["estimate"] == pytest.approx(expected)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=3, max_size=12), st.integers(3, 5))
def test_perfect_agreement_is_one(values, raters):
    assume(len(set(values)) > 2)
    rows = found(long(np.tile(np.array(values)[:, None], raters)), *EVERY)
    assert rows["estimate"].tolist() == pytest.approx([1.0] * len(rows))
    assert rows[["ci_low", "ci_high"]].isna().all(axis=None)
    assert rows["note"].str.contains("perfect_agreement").all()


@settings(max_examples=12, deadline=None)
@given(rated(gaps=True))
def test_limits_hold_the_estimate_and_stay_below_one(wide):
    rows = found(long(wide), *EVERY, "cohen").dropna(subset=["ci_low"])
    assert (rows["ci_low"] <= rows["estimate"] + 1e-12).all()
    assert (rows["estimate"] <= rows["ci_high"] + 1e-12).all()
    assert (rows["ci_high"] <= 1).all()
    assert (rows["ci_low"] >= rows["estimate"].clip(upper=-1)).all()
    assert (rows.loc[rows["stat"].isin(["percent", "kendall"]), "ci_low"] >= 0).all()


def test_krippendorff_becomes_scotts_pi():
    """Of two raters, nominal: they differ by the factor 1 - 1/N of the disagreement."""
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 3, 4000)
    second = np.where(rng.random(4000) < 0.3, rng.integers(0, 3, 4000), truth)
    rows = found(long(np.column_stack([truth, second])), "krippendorff:nominal", "fleiss:nominal")["estimate"]
    assert abs(rows.iloc[0] - rows.iloc[1]) < 1e-4
    small = found(long(np.column_stack([truth, second])[:20]), "krippendorff:nominal", "fleiss:nominal")
    assert small["estimate"].iloc[0] == pytest.approx(1 - (1 - small["estimate"].iloc[1]) * 39 / 40)


def test_linearised_and_jackknife_meet_at_large_n():
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(800, 1)) + 0.7 * rng.normal(size=(800, 3))
    ratings = long(np.digitize(latent, [-1, 0, 1]))
    names = [s for s in EVERY if s.split(":")[0] not in ("icc", "kendall")]
    a, b = (found(ratings, *names, ci=ci)["se"] for ci in ("default", "published"))
    assert (a / b - 1).abs().max() < 0.01


def test_derivative_by_imaginary_step_is_the_slope():
    sums = np.array([[1.0, 2.0], [3.0, 1.0], [2.0, 5.0]])
    weight = np.full(3, 1 / 3)
    estimate, se, df = engine.linearised(lambda t: t[:, 0] / t[:, 1], sums, weight)
    ratio = 6 / 8
    moves = (sums[:, 0] - ratio * sums[:, 1]) / (8 / 3)
    assert (estimate, df) == (ratio, 2)
    assert se == pytest.approx((np.sum(moves**2) / 9 / (2 / 3)) ** 0.5)


# --- edges: rows with a note


@pytest.mark.parametrize(
    ("wide", "stat", "note"),
    [
        ([(1,), (2,), (3,)], "gwet:nominal", "one_rater"),
        ([(1,), (2,), (3,)], "icc:a1", "one_rater"),
        ([(1, NAN), (NAN, 2), (3, NAN)], "krippendorff:nominal", "one_rater"),
        ([(1, 2, 1)], "fleiss:nominal", "too_few_objects"),
        ([(1, 2, 1)], "icc:1", "too_few_objects"),
        ([(1, 2), (2, 2)], "kendall:objects", "too_few_objects"),
        ([(1, 2), (2, 2), (3, 1)], "kendall:raters", "too_few_raters"),
        ([(2, 2), (2, 2), (2, 2)], "icc:c1", "constant_ratings"),
        ([(2, 2), (2, 2), (2, 2)], "kendall:objects", "constant_ratings"),
        ([(1, 2), (1, 2), (1, 2)], "kendall:objects", "objects_alike"),
        ([(1, 2), (1, 2), (1, 2)], "icc:a1", "objects_alike"),
        ([(1, 2), (3, 1), (2, 3)], "percent:nominal", "objects_alike"),
        ([(2, 2), (2, 2), (2, 2)], "krippendorff:nominal", "constant_ratings"),
        ([(2, 2), (2, 2), (2, 2)], "cohen:nominal", "constant_ratings"),
        ([(1, 2, 2), (2, 2, 1), (1, 1, 1)], "cohen:nominal", "not_two_raters"),
        ([(-1, 2), (2, 2), (3, 1)], "krippendorff:ratio", "negative_values"),
        ([(1, 1), (1, 1), (1, 2)], "fleiss:nominal", "unstable"),
        ([(1, 2, NAN), (NAN, 2, 1), (1, NAN, 2)], "icc:a1", "too_few_objects;dropped_incomplete:3"),
    ],
)
def test_what_cannot_be_computed_is_a_row_with_a_note(wide, stat, note):
    row = one(long(wide), stat)
    assert np.isnan(row["ci_low"])
    assert np.isnan(row["ci_high"])
    assert row["note"].removesuffix(";small_n") == note
    assert (row["method"], np.isnan(row["se"])) == ("", True)


def test_words_have_no_icc_and_no_interval_distance():
    rows = found(long([("a", "b"), ("b", "b"), ("a", "a")]), "icc:a1", "krippendorff:interval")
    assert rows["note"].tolist() == ["not_numbers"] * 2


def test_no_ratings_at_all():
    rows = found(long(SHROUT)[:0], *EVERY, "cohen:nominal")
    assert rows["estimate"].isna().all()
    assert rows["n_ratings"].eq(0).all()


def test_constant_ratings_still_agree():
    """Chance is known where it does not rest on the ratings."""
    rows = found(
        long([(2, 2)] * 4), "percent:nominal", "gwet:nominal", "brennan_prediger:nominal", categories=[1, 2]
    )
    assert rows["estimate"].tolist() == [1, 1, 1]
    assert rows["note"].eq("perfect_agreement;small_n").all()


def test_listwise_n_is_counted_after_dropping():
    wide = np.array(SHROUT, dtype=float)
    wide[0, 0] = NAN
    row = one(long(wide), "icc:c1")
    assert (row["n_objects"], row["n_ratings"], row["df"]) == (5, 20, 12)
    assert row["note"] == "dropped_incomplete:1;small_n"
    same(row.to_frame().T.astype({"estimate": float, "ci_low": float, "ci_high": float}),
         found(long(wide[1:]), "icc:c1"), ("estimate", "ci_low", "ci_high"))  # fmt: skip


def test_objects_of_weight_zero_are_out():
    ratings = long(SHROUT).assign(w=lambda d: (d["target"] != 0).astype(float))
    row = one(ratings, "fleiss:linear", columns={"weight": "w"})
    assert row["n_objects"] == 5


def test_too_many_values_are_refused_in_a_row(monkeypatch):
    monkeypatch.setattr("svclib.agreement.coefficients.MAX_CELLS", 100)
    rng = np.random.default_rng(0)
    assert one(long(rng.normal(size=(20, 2))), "krippendorff:interval")["note"] == "too_many_values"


def test_small_n_is_noted_below_fifty():
    rng = np.random.default_rng(0)
    wide = rng.integers(1, 4, (50, 3))
    assert one(long(wide), "gwet:nominal")["note"] == ""
    assert one(long(wide[:49]), "gwet:nominal")["note"] == "small_n"


# --- refusals


def test_unknown_names_list_the_choices():
    with pytest.raises(ParamError, match=r"unknown \['icc:a2'\].*'icc:a1'.*Did you mean 'icc:a"):
        found(long(SHROUT), "icc:a2")
    with pytest.raises(ParamError, match="ci='bootstrap'; choose one of"):
        found(long(SHROUT), "gwet", ci="bootstrap")
    with pytest.raises(ParamError, match=r"column 'targt' does not exist.*Did you mean 'target'"):
        found(long(SHROUT), "gwet", columns={"target": "targt"})
    with pytest.raises(ParamError, match=r"unknown \['judge'\]; choose from"):
        found(long(SHROUT), "gwet", columns={"judge": "rater"})
    with pytest.raises(ParamError, match="confidence=95"):
        found(long(SHROUT), "gwet", confidence=95)


def test_words_need_an_order_where_order_counts():
    ratings = long([("好", "差"), ("好", "好"), ("中", "差")])
    with pytest.raises(ParamError, match=r"\['gwet:linear'\] need ratings in order; give categories"):
        found(ratings, "gwet:linear")
    row = one(ratings, "gwet:linear", categories=["差", "中", "好"])
    assert row["estimate"] == pytest.approx(
        one(long([(3, 1), (3, 3), (2, 1)]), "gwet:linear", categories=[1, 2, 3])["estimate"]
    )


def test_all_wrong_ratings_are_told_at_once():
    ratings = long([(1, 2), (2, 2)]).assign(w=[1.0, 2.0, -1.0, -1.0])
    ratings = pd.concat([ratings, ratings.iloc[[0]]], ignore_index=True)
    with pytest.raises(InputErrors) as caught:
        found(ratings, "gwet", categories=[2, 3], columns={"weight": "w"})
    text = str(caught.value)
    assert "row 4, target, rater: 0 is rated twice by 0. Keep one" in text
    assert "row 0, value: unknown rating 1. Use one of 2, 3." in text
    assert "row 2, w: weight -1.0. Give every object one number of at least 0." in text
    assert "target 0, w: several weights of one object" in text


def test_levels_are_shorthands():
    assert set(ag.agreement(long(SHROUT), stats="interval")["stat"]) == {"icc", "krippendorff"}
    with pytest.raises(ParamError, match="or one of"):
        ag.agreement(long(SHROUT), stats="cardinal")


# --- where the workbench uses it


def inspections(**changes) -> pd.DataFrame:
    """Two inspectors on four places, one of them alone on a fifth; scores of one check."""
    rows = [
        {"place": place, "inspector": who, "result": result, "check": "消防通道"}
        for place, results in {"东区": "pp", "西区": "ff", "南区": "pf", "北区": "pp", "门厅": "p"}.items()
        for who, result in zip(("甲", "乙"), results, strict=False)
    ] + [
        {"place": place, "inspector": who, "result": "", "check": "台账", "score": score, "full_marks": 10}
        for place, scores in {"东区": (9, 8, 9), "西区": (5, 6), "南区": (3, 3), "北区": (7, 8)}.items()
        for who, score in zip(("甲", "乙", "丙"), scores, strict=False)
    ]  # fmt: skip
    frame = pd.DataFrame(rows).assign(cycle="2026Q2", unit="仓储部", date="2026-05-06")
    return frame.assign(**changes)


def test_by_inspection():
    rows = ag.by_inspection(inspections())
    results = rows[(rows["object"] == "check") & (rows["node"] == "消防通道")].set_index("stat")
    assert results["n_objects"].eq(4).all()
    assert results.loc["percent", "estimate"] == 0.75
    assert results.loc["percent", "judgement"] == ""
    assert results.loc["fleiss", "judgement"] == "weak"
    (scored,) = rows[(rows["object"] == "check") & (rows["node"] == "台账")].to_dict("records")
    expected = one(long([(9, 8, 9), (5, 6, NAN), (3, 3, NAN), (7, 8, NAN)]), "krippendorff:interval")
    assert scored["estimate"] == pytest.approx(expected["estimate"])
    assert (scored["n_raters"], scored["n_ratings"]) == (3, 9)
    assert set(rows["object"]) == {"inspections", "check", "place", "inspector"}
    assert "门厅" not in set(rows["node"])


def test_findings_that_do_not_apply_do_not_count():
    frame = inspections()
    frame.loc[frame["place"] == "南区", "result"] = "not_applicable"
    rows = ag.by_inspection(frame[frame["check"] == "消防通道"])
    assert rows.loc[rows["object"] == "check", "n_objects"].eq(3).all()
    assert rows.loc[(rows["object"] == "check") & (rows["stat"] == "percent"), "estimate"].eq(1.0).all()


def test_an_inspector_is_held_against_those_who_saw_the_same():
    """甲 and 乙 agree on one of three, 乙 and 丙 on both of theirs: 甲 1/3, 乙 3/5, 丙 2/2."""
    found = {"东区": "甲p 乙f", "西区": "甲p 乙f", "南区": "甲f 乙f", "北区": "乙f 丙f", "门厅": "乙p 丙p"}
    seen = [
        {"place": place, "inspector": who, "result": result}
        for place, told in found.items()
        for who, result in told.split()
    ]
    frame = pd.DataFrame(seen).assign(cycle="2026Q2", unit="仓储部", date="2026-05-06", check="消防通道")
    rows = ag.by_inspection(frame.assign(score=NAN, full_marks=NAN))
    shares = rows[(rows["object"] == "inspector") & (rows["stat"] == "percent")].set_index("node")
    assert shares["estimate"].to_dict() == pytest.approx({"甲": 1 / 3, "乙": 3 / 5, "丙": 1.0})
    assert shares["n_objects"].to_dict() == {"甲": 3, "乙": 5, "丙": 2}


def test_a_finding_of_nobody_is_compared_with_none():
    frame = inspections()
    unnamed = frame.assign(inspector=frame["inspector"].where(frame["inspector"] == "甲", ""))
    assert ag.by_inspection(unnamed).empty


@given(st.permutations(range(len(inspections()))))
@settings(max_examples=10, deadline=None)
def test_the_order_of_inspections_does_not_matter(order):
    frame = inspections()
    pd.testing.assert_frame_equal(ag.by_inspection(frame.iloc[order]), ag.by_inspection(frame))


def test_nothing_inspected_twice():
    frame = inspections()
    rows = ag.by_inspection(frame[frame["inspector"] == "甲"])
    assert rows.empty
    assert list(rows.columns) == list(columns.TABLES["agreement"].all_columns)


def test_inspections_without_their_columns():
    with pytest.raises(ParamError, match=r"columns \['inspector'\] are missing"):
        ag.by_inspection(inspections().drop(columns="inspector"))


def experts(weights) -> pd.DataFrame:
    frame = pd.DataFrame(weights, index=["甲", "乙", "丙"]).T
    tidy = frame.rename_axis("expert").reset_index().melt("expert", var_name="item", value_name="weight")
    group = tidy.groupby("item", as_index=False)["weight"].mean().assign(expert="group")
    return pd.concat([tidy, group]).assign(parent="total", credibility=1.0)


def test_by_experts():
    frame = experts({"专家A": (0.5, 0.3, 0.2), "专家B": (0.6, 0.3, 0.1), "专家C": (0.5, 0.1, 0.4)})
    rows = ag.by_experts(frame, cycle="2026Q2").set_index(["stat", "variant"])
    w = rows.loc[("kendall", "raters")]
    assert w["estimate"] == pytest.approx(12 * (3**2 + 1**2 + 2**2) / (9 * 24))
    assert (w["n_objects"], w["n_raters"], w["node"], w["object"]) == (3, 3, "total", "experts")
    assert rows.loc[("icc", "ck"), "estimate"] > rows.loc[("icc", "c1"), "estimate"]


def test_no_experts_no_rows():
    assert ag.by_experts(columns.empty("expert_weights"), cycle="2026Q2").empty


# --- words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_id_has_a_word(lang):
    notes = (
        "one_rater not_two_raters too_few_objects too_few_raters not_numbers negative_values "
        "constant_ratings objects_alike too_many_values perfect_agreement unstable dropped_incomplete:3 "
        "weights_ignored constant_difference"
    )
    rows = pd.concat(
        [found(long(SHROUT), *EVERY, "cohen"), ag.retest(long(SHROUT)[lambda d: d["rater"] < 2])]
    )
    for column in ("stat", "variant", "definition", "method"):
        for name in set(rows[column]) - {""}:
            assert tables.code(column, name, lang) != ""
    for note in notes.split():
        assert tables.code("note", note, lang, rf.label) != note
    assert tables.code("object", "inspections;check;place;experts", lang)


def test_sentences():
    known = {"cycle": "2026Q2", "object": "experts", "node": "total", "stat": "kendall", "variant": "raters",
             "n_objects": 5, "n_raters": 5, "estimate": 0.901, "ci_low": 0.294, "ci_high": 0.986,
             "confidence": 0.95}  # fmt: skip
    perfect = {"object": "inspections", "node": "", "stat": "gwet", "variant": "nominal", "n_objects": 12,
               "n_raters": 3, "estimate": 1.0, "note": "perfect_agreement"}  # fmt: skip
    none = perfect | {"object": "check", "node": "处理率", "estimate": NAN, "note": "constant_ratings"}
    frame = rf.table("agreement", known, known | perfect | {"ci_low": NAN}, known | none | {"ci_low": NAN})
    zh, en = pair(wording.agreement, frame)
    assert (
        "5位专家对“总分”下5项轻重的判断：肯德尔和谐系数（评定者为样本）为0.90，95%置信区间[0.29, 0.99]。"
        in zh
    )
    assert any(
        text.endswith("Gwet's AC (Nominal) is 1.00, without an interval (Complete agreement, no interval).")
        for text in en
    )
    assert any("无法计算（评定全都相同）" in text for text in zh)
