"""Relative composites: published cases to their printed digits, properties, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from svclib import composites, moments
from svclib import framework as frameworks
from svclib.composites import OPERATORS, bins, compose, distribution, ranks, rsr, topsis
from svclib.errors import DataError, ParamError

# Maternal care of ten regions, the example of most Chinese texts on RSR.
CARE = pd.DataFrame(
    {
        "产前检查率": [99.54, 96.52, 99.36, 92.83, 91.71, 95.35, 96.09, 99.27, 94.76, 84.80],
        "孕产妇死亡率": [60.27, 59.67, 43.91, 58.99, 35.40, 44.71, 49.81, 31.69, 22.91, 81.49],
        "围生儿死亡率": [16.15, 20.10, 15.60, 17.04, 15.01, 13.93, 17.43, 13.89, 19.87, 23.63],
    },
    index=list("ABCDEFGHIJ"),
)
LOW = {"孕产妇死亡率": "low", "围生儿死亡率": "low"}
# Tzeng & Huang (2011), Multiple attribute decision making, ch. 4.
FOUR = pd.DataFrame([(5, 8, 4), (7, 6, 8), (8, 8, 6), (7, 4, 6)], columns=list("xyz"), index=list("abcd"))
SHARES = pd.Series([0.3, 0.4, 0.3], index=list("xyz"))
CLOTHES = np.array([(0.2, 0.5, 0.2, 0.1), (0.7, 0.2, 0.1, 0), (0, 0.4, 0.5, 0.1), (0.2, 0.3, 0.5, 0)])

values = arrays(float, (6, 3), elements=st.integers(0, 40).map(float))


def test_rsr_of_ten_regions():
    found = rsr(CARE, better=LOW)
    printed = [0.6, 0.4, 0.7667, 0.4, 0.6, 0.6667, 0.5, 0.9, 0.5667, 0.1]
    np.testing.assert_allclose(found, printed, atol=5e-5)
    assert ranks(CARE, better=LOW).loc["C"].tolist() == [9, 7, 7]
    table = distribution(found)
    assert table["frequency"].tolist() == [1, 2, 1, 1, 2, 1, 1, 1]
    assert table["mean_rank"].tolist() == [1, 2.5, 4, 5, 6.5, 8, 9, 10]
    np.testing.assert_allclose(table["percentile"], [0.1, 0.25, 0.4, 0.5, 0.65, 0.8, 0.9, 0.975])
    probit = [3.7184, 4.3255, 4.7467, 5, 5.3853, 5.8416, 6.2816, 6.9600]
    np.testing.assert_allclose(table["probit"], probit, atol=1e-4)
    fit = [0.2158, 0.3504, 0.4437, 0.4999, 0.5853, 0.6865, 0.7840, 0.9344]
    np.testing.assert_allclose(table["fitted"], fit, atol=5e-5)
    line = table.iloc[0][["intercept", "slope", "r", "f_value", "p"]].to_numpy(dtype=float)
    np.testing.assert_allclose(line, [-0.60855, 0.22168969, 0.968457, 90.632, 7.66e-5], rtol=3e-4)
    best, worst = (found.index[bins(found, 3) == place].tolist() for place in (0, 2))
    assert (best, worst) == (["C", "H"], ["J"])


def test_rsr_without_whole_ranks_points_the_same_way():
    found = rsr(CARE, better=LOW, integer=False)
    printed = [0.7391, 0.5590, 0.8361, 0.5816, 0.7422, 0.8018, 0.6830, 0.9495, 0.7185, 0.1]
    np.testing.assert_allclose(found, printed, atol=5e-5)
    line = distribution(found).iloc[0]
    np.testing.assert_allclose(line[["intercept", "slope"]].to_numpy(float), [-0.382508, 0.202771], atol=5e-7)
    # A snippet copied widely turns this mode round: its order then opposes that of whole ranks.
    assert stats.spearmanr(found, rsr(CARE, better=LOW)).statistic > 0.8


@pytest.mark.parametrize(
    ("k", "cuts"),
    [
        (2, [5]),
        (3, [4, 6]),
        (4, [3.5, 5, 6.5]),
        (5, [3.2, 4.4, 5.6, 6.8]),
        (6, [3, 4, 5, 6, 7]),
        (7, [2.86, 3.72, 4.57, 5.44, 6.28, 7.14]),
        (8, [2.75, 3.5, 4.25, 5, 5.75, 6.5, 7.25]),
        (9, [2.67, 3.33, 4, 4.67, 5.33, 6, 6.67, 7.33]),
        (10, [2.6, 3.2, 3.8, 4.4, 5, 5.6, 6.2, 6.8, 7.4]),
    ],
)
def test_probit_cuts_are_those_of_the_usual_table(k, cuts):
    np.testing.assert_allclose(composites.probit_cuts(k), cuts, atol=0.0115)


def test_ties_go_by_value_not_by_float_noise():
    noisy = pd.DataFrame({"a": [0.1 + 0.2, 0.3, 1.0]}, index=list("abc"))
    assert ranks(noisy)["a"].tolist() == [1.5, 1.5, 3]
    assert rsr(noisy).tolist() == pytest.approx([0.5, 0.5, 1])


def test_what_does_not_apply_leaves_its_weight_to_the_others():
    part = pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, np.nan, 1]}, index=list("xyz"))
    found = rsr(part, pd.Series({"a": 0.5, "b": 0.5}))
    assert found.tolist() == pytest.approx([(1 / 3 + 2 / 2) / 2, 2 / 3, (3 / 3 + 1 / 2) / 2])
    assert topsis(part)["y"] == pytest.approx(0.5)


@given(values)
def test_rsr_and_topsis_follow_the_units_and_lie_between_0_and_1(x):
    frame = pd.DataFrame(x, index=list("abcdef"), columns=list("xyz"))
    turned = frame.iloc[[3, 0, 5, 1, 4, 2]]
    for method in (rsr, topsis):
        found = method(frame, SHARES)
        pd.testing.assert_series_equal(method(turned, SHARES).sort_index(), found)
        assert found.dropna().between(0, 1).all()
    whole = rsr(frame, SHARES)
    assert whole.mean() == pytest.approx((len(frame) + 1) / 2 / len(frame))


@given(values, st.integers(0, 5), st.integers(0, 2))
def test_a_better_value_never_lowers_the_rank_sum(x, unit, column):
    frame = pd.DataFrame(x, index=list("abcdef"), columns=list("xyz"))
    raised = frame.copy()
    raised.iloc[unit, column] += 7
    assert rsr(raised, SHARES).iloc[unit] >= rsr(frame, SHARES).iloc[unit] - 1e-9


def test_topsis_of_tzeng_and_huang():
    np.testing.assert_allclose(topsis(FOUR, SHARES), [0.50372, 0.658085, 0.748249, 0.333997], atol=5e-7)
    with_cost = topsis(FOUR, SHARES, better={"y": "low"})
    np.testing.assert_allclose(with_cost, [0, 0.658085, 0.388560, 0.718231], atol=5e-7)


@pytest.mark.filterwarnings("ignore:Alternatives with indices")
@settings(max_examples=30)
@given(arrays(float, (5, 3), elements=st.integers(1, 100).map(float)))
def test_topsis_against_pymcdm(x):
    methods = pytest.importorskip("pymcdm.methods", reason="pymcdm is an oracle of the dev group")
    normalise = pytest.importorskip("pymcdm.normalizations").vector_normalization
    if (x == x[0]).all():
        x = x + np.arange(5)[:, None]
    oracle = methods.TOPSIS(normalization_function=normalise)(x, SHARES.to_numpy(), np.array([1, -1, 1]))
    frame = pd.DataFrame(x, columns=list("xyz"))
    # pymcdm normalises a cost as 1 - x / norm: the distances are the same.
    np.testing.assert_allclose(topsis(frame, SHARES, better={"y": "low"}), oracle, atol=1e-9)


def test_units_that_are_alike_have_no_closeness():
    assert topsis(pd.DataFrame({"a": [0.0, 0], "b": [5.0, 5]})).isna().all()


@pytest.mark.parametrize(
    ("weights", "operator", "printed"),
    [
        ((0.1, 0.2, 0.3, 0.4), "min_max", (0.2, 0.3, 0.4, 0.1)),
        ((0.4, 0.35, 0.15, 0.1), "min_max", (0.35, 0.4, 0.2, 0.1)),
        ((0.1, 0.2, 0.3, 0.4), "product_sum", (0.24, 0.33, 0.39, 0.04)),
        ((0.4, 0.35, 0.15, 0.1), "product_sum", (0.345, 0.36, 0.24, 0.055)),
        ((0.1, 0.2, 0.3, 0.4), "product_max", (0.14, 0.12, 0.2, 0.03)),
        ((0.1, 0.2, 0.3, 0.4), "min_sum", (0.5, 0.9, 0.9, 0.2)),
    ],
)
def test_fuzzy_evaluation_of_clothes(weights, operator, printed):
    np.testing.assert_allclose(compose(np.array(weights), CLOTHES, operator=operator), printed)


@given(st.floats(0, 100))
def test_the_largest_membership_is_the_grade_by_the_cut(points):
    cuts = (90, 80, 60, 0)
    (found,) = composites.memberships(np.array([points]), cuts)
    assert found.sum() == pytest.approx(1)
    assert found.argmax() == sum(points < cut for cut in cuts) or abs(found.max() - 0.5) < 1e-9


def relation() -> pd.DataFrame:
    """One unit, two dimensions, the weights of the clothes."""
    rows = pd.DataFrame(CLOTHES, columns=list("优良中差"))
    return rows.assign(unit="甲", dimension=list("PPQQ"), indicator=list("abcd"), weight=[0.1, 0.2, 0.3, 0.4])


def test_two_levels_of_the_weighted_mean_are_one():
    found = composites.fuzzy(relation(), list("优良中差"))
    total = found[(found["node"] == "total") & (found["operator"] == "product_sum")]
    two, one = (total.loc[total["levels"] == k, "membership"].to_numpy() for k in (2, 1))
    np.testing.assert_allclose(two, one)
    np.testing.assert_allclose(one, [0.24, 0.33, 0.39, 0.04])
    sums = found.groupby(["node", "levels", "operator"])["membership"].sum()
    np.testing.assert_allclose(sums, 1)
    assert set(found["operator"]) == set(OPERATORS)


def test_operators_that_disagree_are_told():
    labels, middles = list("优良中差"), [95, 85, 70, 30]
    told = composites.verdicts(composites.fuzzy(relation(), labels), labels, middles).iloc[0]
    assert told["grade"] == "中"
    assert told["score"] == pytest.approx(0.24 * 95 + 0.33 * 85 + 0.39 * 70 + 0.04 * 30)
    assert told["lead"] == pytest.approx(0.06)
    split = pd.DataFrame([(1, 0), (0.1, 0.9), (0.1, 0.9)], columns=list("优差")).assign(
        unit="甲", dimension=list("PQR"), indicator=list("abc"), weight=[0.4, 0.3, 0.3]
    )
    alone = composites.verdicts(composites.fuzzy(split, list("优差")), list("优差"), [90, 30]).iloc[0]
    assert alone["grade"] == "差"  # 0.46 against 0.54; M(∧,∨) hears only the heaviest: 0.4 against 0.3
    assert bool(alone["disagree"])


def answers(rows: int = 240, seed: int = 1) -> pd.DataFrame:
    """Perceptions q1 q2 and expectations e1 e2 of the same people."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 0.8, rows)
    columns = {
        c: np.clip(np.rint(level + mood + rng.normal(0, 0.6, rows)), 1, 5)
        for c, level in {"q1": 3.4, "q2": 3.6, "e1": 4.2, "e2": 4.0}.items()
    }
    base = {"unit": "甲", "cycle": "2026Q1", "subject": "客户", "weight": 1.0}
    return pd.DataFrame(columns).assign(respondent=[f"r{k}" for k in range(rows)], **base)


EXPECTED = """\
name: 试评
version: "1"
subjects: {客户: 1}
grades: {scale: {好: 80, 差: 0}}
dimensions:
  体验:
    weight: 1
    indicators:
      态度: {kind: rating, items: [q1, q2], expectation: [e1, e2], scale: [1, 5],
             score: {1: 20, 5: 100}, weight: 1}
"""


def gaps_of(rows: pd.DataFrame, **options: object) -> pd.DataFrame:
    rules = frameworks.from_dict(yaml.safe_load(EXPECTED))
    table = moments.reduce(composites.paired(rows, rules), ["q1", "q2", "e1", "e2"])
    return composites.gaps(table, rules, units=["甲"], **options).set_index("subject")


def test_a_gap_is_the_paired_interval_of_the_same_people():
    rows = answers()
    rows.loc[:9, "e1"] = np.nan  # no expectation, no pair
    rows.loc[:9, "q2"] = np.nan
    kept = rows.iloc[10:]
    difference = kept[["q1", "q2"]].mean(axis=1) - kept[["e1", "e2"]].mean(axis=1)
    found = gaps_of(rows).loc["客户"]
    by_hand = stats.ttest_1samp(difference, 0).confidence_interval(0.95)
    assert found["service_gap"] == pytest.approx(difference.mean())
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((by_hand.low, by_hand.high))
    assert found["performance"] - found["expectation"] == pytest.approx(found["service_gap"])
    assert found["n"] == 230
    independent = stats.ttest_ind(kept[["q1", "q2"]].mean(axis=1), kept[["e1", "e2"]].mean(axis=1))
    assert found["ci_high"] - found["ci_low"] < np.ptp(independent.confidence_interval(0.95))


def test_an_expectation_nobody_was_asked_is_told():
    found = gaps_of(answers().assign(e1=np.nan, e2=np.nan)).loc[""]
    assert (found["note"], found["n"]) == ("expectation_not_asked", 0)
    assert np.isnan(found["service_gap"])


def test_quadrants_lie_between_the_means():
    frame = pd.DataFrame(
        {"unit": "甲", "method": "by_weight", "indicator": list("abcd"), "importance": [0.4, 0.3, 0.2, 0.1],
         "performance": [90.0, 60, 60, 90]}
    )  # fmt: skip
    found = composites.importance_performance(frame)
    assert found["quadrant"].tolist() == ["keep_up", "concentrate", "low_priority", "overkill"]
    assert found["importance_mean"].iloc[0] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rsr(CARE, better={"产前检查率": "up"}), r"better=\['up'\]; choose one of \['high', 'low'\]"),
        (lambda: composites.probit_cuts(1), "k=1; choose at least 2 bins"),
        (lambda: compose(np.ones(1), np.ones((1, 2)), operator="max"), "operator='max'; choose one of"),
        (lambda: composites.memberships(np.ones(1), [80, 90, 0]), "they fall from below 100 to 0"),
    ],
)
def test_unknown_choices_are_refused(call, message):
    with pytest.raises(ParamError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rsr(CARE, pd.Series(0.0, CARE.columns)), "weights must be numbers"),
        (lambda: bins(pd.Series([0.1, np.nan]), 3), "a unit has no rank-sum ratio"),
        (lambda: composites.fuzzy(relation().assign(weight=0.0), list("优良中差")), "no weight above 0"),
    ],
)
def test_gaps_in_the_matrix_are_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
