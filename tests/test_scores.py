from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import ITEMS, make_answers, tiny_content, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from svclib import estimates, framework, moments, scores, weights
from svclib.columns import checked
from svclib.errors import DataError, ParamError
from svclib.estimates import Estimate, Part

CYCLE = "2026Q2"


# --- rounding


def test_rounding_by_hand():
    values = np.array([0.005, 0.015, 0.025, 89.995, 1.0049999, -0.001, np.nan])
    assert_allclose(
        scores.round_half(values, decimals=2, rule="half_up"), [0.01, 0.02, 0.03, 90, 1, 0, np.nan]
    )
    assert_allclose(scores.round_half(values, decimals=2, rule="gbt8170"), [0, 0.02, 0.02, 90, 1, 0, np.nan])
    assert not np.signbit(scores.round_half(np.array([-0.001]), decimals=2, rule="half_up"))[0]
    with pytest.raises(ParamError, match=r"rounding='bankers'; choose one of \['half_up', 'gbt8170'\]"):
        scores.round_half(values, decimals=2, rule="bankers")


@given(st.integers(0, 10_000_000), st.integers(0, 4))
def test_rounding_is_decimal(thousandths: int, decimals: int):
    x = thousandths / 100_000
    for rule, mode in (("half_up", ROUND_HALF_UP), ("gbt8170", ROUND_HALF_EVEN)):
        exact = float(Decimal(repr(x)).quantize(Decimal(1).scaleb(-decimals), mode))
        assert scores.round_half(np.array([x]), decimals=decimals, rule=rule)[0] == exact


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9).filter(sum))
def test_all_indicators_exactly_90_publish_90(percents: list[int]):
    w = np.array(percents) / sum(percents)
    total = scores.composite(np.full(len(w), 90.0), w)
    assert scores.round_half(total, decimals=2, rule="half_up") == 90.0


# --- sums


def test_arithmetic_mean_coinr():
    """COINr 1.1.14, a_amean of its documentation's example."""
    assert scores.composite(np.array([63.41, 32.87, 74.78, 85.94, 56.93]), np.ones(5)) == pytest.approx(
        62.786
    )


def test_goalposts_coinr():
    """COINr n_goalposts(c(10,20,55,90,120), c(20,90,100)) and its reverse are anchors."""
    values = np.array([10, 20, 55, 90, 120.0])
    system = with_indicator(better="high", score={20: 0, 90: 100})
    assert_allclose(system.indicator("时长").points(values), [0, 0, 50, 100, 100])
    system = with_indicator(better="low", score={20: 100, 90: 0})
    assert_allclose(system.indicator("时长").points(values), [100, 100, 50, 0, 0])


def test_weight_redistribution_cms():
    """CMS measure-group weighting: 22 22 22 22 4 4 with a missing 4 give 22.9 and 4.2."""
    w = np.array([22, 22, 22, 22, 4, 4, 4.0])
    applicable = np.array([1, 1, 1, 1, 1, 1, 0.0])
    for j, expected in ((0, 22.9), (4, 4.2)):
        unit = np.where(np.arange(7) == j, 100.0, 0.0)
        assert scores.composite(unit, w * applicable) == pytest.approx(expected, abs=0.05)


def test_composite_leaves_out_weight_zero():
    assert scores.composite(np.array([np.nan, 50.0]), np.array([0, 1.0])) == 50
    assert math.isnan(scores.composite(np.array([np.nan, 50.0]), np.array([0.5, 0.5])))
    assert math.isnan(scores.composite(np.array([10.0]), np.array([0.0])))


# --- natural values


def test_rating_is_the_mean_of_its_items_with_their_covariance():
    answers = make_answers(3, 120, units=("甲",))
    tables = moments.reduce(answers, list(ITEMS))
    items = estimates.item_means(tables, unit="甲", bounds=dict.fromkeys(ITEMS, (1, 5)))
    found = scores.natural(items, tiny_framework())
    keys = list(found.index[["subject", "indicator"]].itertuples(index=False, name=None))
    assert keys == [("客户", "态度"), ("内部监督", "态度"), ("客户", "环境")]
    at = ((items.index["subject"] == "客户") & items.index["item"].isin(["q01", "q02", "q03"])).to_numpy()
    assert found.value[0] == pytest.approx(items.value[at].mean())
    assert found.cov[0, 0] == pytest.approx(items.cov[np.ix_(at, at)].mean())
    assert found.n[0] == items.n[at].max()


def test_natural_skips_items_nobody_answered_and_keeps_unknown_errors_apart():
    index = pd.DataFrame({"cycle": CYCLE, "subject": "客户", "item": ["q01", "q02", "q03", "q04", "q05"]})
    cov = np.diag([0.04, np.nan, 0.16, np.nan, 0.01])
    items = Estimate(
        index, np.array([4, np.nan, 3, 5, 2.0]), (Part(cov, 9.0, "x"),), np.full(5, 10), ("",) * 5
    )
    found = scores.natural(items, tiny_framework())
    assert_allclose(found.value, [3.5, 3.5])
    assert found.cov[0, 0] == pytest.approx(0.05)
    assert math.isnan(found.cov[1, 1])


def test_natural_values_blend_the_subjects_present():
    answers = make_answers(3, 120, units=("甲",))
    items = estimates.item_means(
        moments.reduce(answers, list(ITEMS)), unit="甲", bounds=dict.fromkeys(ITEMS, (1, 5))
    )
    found = scores.natural_values(items, tiny_framework(), unit="甲").set_index(["indicator", "subject"])
    both = found.loc["态度"]
    assert both.loc["", "value"] == pytest.approx(
        0.6 * both.loc["客户", "value"] + 0.4 * both.loc["内部监督", "value"]
    )
    assert both.loc["", "se"] == pytest.approx(
        math.hypot(0.6 * both.loc["客户", "se"], 0.4 * both.loc["内部监督", "se"])
    )
    assert both.loc["", "n"] == both.loc["客户", "n"] + both.loc["内部监督", "n"]
    only = scores.natural_values(
        scores.mapped(items, np.eye(10)[:5], items.index[:5]), tiny_framework(), unit="甲"
    ).set_index(["indicator", "subject"])
    absent = "客户" if items.index["subject"][0] == "内部监督" else "内部监督"
    assert f"subjects_absent:{absent}" in only.loc[("态度", ""), "note"]


# --- indicator scores


def with_indicator(**change: Any) -> framework.Framework:
    content = tiny_content()
    entry = content["dimensions"]["过程"]["indicators"]["时长"]
    entry.update(change)
    return framework.from_dict(content)


def values(rows: list[tuple[str, str, str, float, float]], **more: Any) -> pd.DataFrame:
    """Natural values (unit, indicator, subject, value, se) with df 50, n 60."""
    frame = pd.DataFrame(rows, columns=["unit", "indicator", "subject", "value", "se"])
    return frame.assign(
        **{"cycle": CYCLE, "df": 50.0, "n": 60, "status": "ok", "method": "mean", "note": "", **more}
    )


def full(unit: str = "甲", attitude: float = 4.0, **other: float) -> list[tuple[str, str, str, float, float]]:
    """Every row of one unit; `other` sets 处理率, 事故率, 时长, 环境."""
    found = {"处理率": 95.0, "事故率": 0.25, "时长": 20.0, "环境": 4.0} | other
    return [
        (unit, "态度", "客户", attitude, 0.1),
        (unit, "态度", "内部监督", 4.5, 0.2),
        (unit, "态度", "", attitude, 0.1),
        (unit, "环境", "客户", found["环境"], 0.1),
        (unit, "环境", "", found["环境"], 0.1),
        (unit, "处理率", "", found["处理率"], 1.0),
        (unit, "事故率", "", found["事故率"], 0.1),
        (unit, "时长", "", found["时长"], 1.0),
    ]


def table(
    rows: list[Any],
    *,
    system: framework.Framework | None = None,
    units: tuple[str, ...] = ("甲",),
    min_responses: int = 10,
    **more: Any,
) -> pd.DataFrame:
    return checked(
        "indicator_scores",
        scores.indicator_scores(
            values(rows, **more), system or tiny_framework(), units=units, min_responses=min_responses
        ),
    )


def at(frame: pd.DataFrame, indicator: str, subject: str = "", unit: str = "甲") -> pd.Series:
    return frame.set_index(["unit", "indicator", "subject"]).loc[(unit, indicator, subject)]


def test_points_blend_and_intervals_by_hand():
    found = table(full())
    customer, inspector, both = (at(found, "态度", s) for s in ("客户", "内部监督", ""))
    assert (customer["score"], inspector["score"]) == (75.0, 87.5)
    assert both["score"] == pytest.approx(0.6 * 75 + 0.4 * 87.5)
    t = 2.0085591121
    assert customer["ci_low"] == pytest.approx(4 - t * 0.1)
    assert customer["score_low"] == pytest.approx(75 - 25 * t * 0.1)
    low = math.hypot(0.6 * 25 * t * 0.1, 0.4 * 25 * t * 0.2)
    assert both["score_low"] == pytest.approx(both["score"] - low)
    assert inspector["ci_high"] == pytest.approx(4.5 + t * 0.2)


def test_interval_is_the_ends_through_the_anchors_not_a_delta_method():
    found = at(table(full(事故率=0.0)), "事故率")
    assert (found["ci_low"], found["score_high"], found["score"]) == (0.0, 100.0, 100.0)
    assert found["score_low"] == pytest.approx(100 - 80 * found["ci_high"])


def test_near_target_interval_visits_the_top():
    system = with_indicator(better="near", score={10: 0, 20: 100, 30: 0})
    found = at(table(full(时长=20.5), system=system), "时长")
    assert found["score_high"] == 100
    assert found["score_low"] == pytest.approx(100 - 10 * (found["ci_high"] - 20))


def test_steps_interval_visits_both_sides_of_a_step():
    system = with_indicator(score={"steps": {"<= 19": 10, "<= 21": 8, "else": 0}, "full": 10})
    found = at(table(full(时长=20.0), system=system), "时长")
    assert (found["score_low"], found["score"], found["score_high"]) == (0, 80, 100)


def test_fixed_value_has_no_interval_and_census_a_point():
    rows = [r for r in full() if r[1] != "时长"]
    fixed = at(table([*rows, ("甲", "时长", "", 20.0, np.nan)]), "时长")
    assert fixed["score"] == 80
    assert np.isnan(fixed[["ci_low", "ci_high", "score_low", "score_high"]].astype(float)).all()
    census = at(table([*rows, ("甲", "时长", "", 20.0, 0.0)]), "时长")
    assert (census["ci_low"], census["score_low"], census["score_high"]) == (20, 80, 80)


def test_statuses():
    rows = [r for r in full() if r[1] != "时长"]
    found = table(rows, min_responses=100)
    assert at(found, "时长")["status"] == "not_reported"
    assert at(found, "态度")["status"] == "small_sample"
    assert at(found, "态度", "客户")["status"] == "ok"
    assert at(found, "处理率")["status"] == "ok"
    found = table(rows, units=("甲", "乙"))
    assert (found[found["unit"] == "乙"]["status"] == "not_reported").all()


@pytest.mark.parametrize(("rule", "points"), [("zero", 0.0), ("lowest", 40.0), ("no_grade", np.nan)])
def test_not_reported_is_counted_only_by_the_declared_rule(rule: str, points: float):
    system = framework.from_dict(tiny_content() | {"missing": {"not_reported": rule}})
    rows = [*full("甲", 时长=40.0), *full("乙"), *(r for r in full("丙") if r[1] != "时长")]
    found = table(rows, system=system, units=("甲", "乙", "丙"))
    assert_allclose(at(found, "时长", unit="丙")["score"], points)
    total = (
        scores.totals(found, weights.resolve(system), system).set_index(["unit", "node"]).loc[("丙", "total")]
    )
    assert total["coverage"] == pytest.approx(0.92)
    assert total["status"] == ("not_reported" if rule == "no_grade" else "ok")
    assert math.isnan(total["published"]) == (rule == "no_grade")


def test_unknown_cells_are_refused():
    with pytest.raises(DataError, match=r"1 unknown cells, first \('2026Q2', '甲', '环境', '内部监督'\)"):
        table([*full(), ("甲", "环境", "内部监督", 4.0, 0.1)])
    with pytest.raises(DataError, match="1 rows repeat"):
        table([*full(), full()[0]])


# --- totals


def totals_of(rows: list[Any], **more: Any) -> pd.DataFrame:
    system = tiny_framework()
    found = scores.totals(table(rows, **more), weights.resolve(system), system)
    return checked("totals", found).set_index(["unit", "node"])


def test_totals_by_hand():
    found = totals_of(full())
    experience = 0.5 * (0.6 * 75 + 0.4 * 87.5) + 0.5 * 80
    process = 0.5 * 85 + 0.3 * 80 + 0.2 * 80
    assert found.loc[("甲", "体验"), "score"] == pytest.approx(experience)
    assert found.loc[("甲", "过程"), "score"] == pytest.approx(process)
    assert found.loc[("甲", "total"), "score"] == pytest.approx(0.6 * experience + 0.4 * process)
    assert found.loc[("甲", "total"), "published"] == round(0.6 * experience + 0.4 * process, 2)
    assert (found["coverage"] == 1).all()
    assert (found["status"] == "ok").all()


def inapplicable(rows: list[Any], *names: str) -> pd.DataFrame:
    frame = values(rows)
    frame.loc[frame["indicator"].isin(names), ["status", "value", "se"]] = ["not_applicable", np.nan, np.nan]
    return scores.indicator_scores(frame, tiny_framework(), units=["甲"], min_responses=10)


def test_inapplicable_gives_its_weight_away():
    system = tiny_framework()
    found = inapplicable(full(), "时长")
    total = scores.totals(found, weights.resolve(system), system).set_index("node")
    assert total.loc["过程", "score"] == pytest.approx((0.5 * 85 + 0.3 * 80) / 0.8)
    assert total.loc["total", "coverage"] == 1
    parts = scores.contributions(found, weights.resolve(system), system).set_index("indicator")
    assert parts.loc["时长", "weight"] == 0
    assert parts.loc["处理率", "weight"] == pytest.approx(0.4 * 0.5 / 0.8)
    assert parts["contribution"].sum() == pytest.approx(total.loc["total", "score"])


def test_inapplicable_dimension_gives_its_weight_to_the_others():
    system = tiny_framework()
    total = scores.totals(
        inapplicable(full(), "时长", "处理率", "事故率"), weights.resolve(system), system
    ).set_index("node")
    assert total.loc["过程", "status"] == "not_applicable"
    assert math.isnan(total.loc["过程", "coverage"])
    assert total.loc["total", "score"] == pytest.approx(total.loc["体验", "score"])


def test_small_sample_scores_but_publishes_nothing():
    found = totals_of(full(), min_responses=100)
    assert found.loc[("甲", "total"), "status"] == "small_sample"
    assert math.isnan(found.loc[("甲", "total"), "published"])
    assert found.loc[("甲", "过程"), "status"] == "ok"
    assert found.loc[("甲", "total"), "score"] > 0


def test_contributions_and_losses_sum():
    system = tiny_framework()
    found = checked("contributions", scores.contributions(table(full()), weights.resolve(system), system))
    total = totals_of(full()).loc[("甲", "total"), "score"]
    assert found["contribution"].sum() == pytest.approx(total)
    assert found["lost"].sum() == pytest.approx(100 - total)
    assert found["weight"].sum() == pytest.approx(1)


def test_weights_of_another_framework_are_refused():
    system = tiny_framework()
    with pytest.raises(DataError, match="table weights has no row for 时长"):
        scores.totals(table(full()), weights.resolve(system).query("node != '时长'"), system)


@given(st.floats(1, 5), st.floats(1, 5))
@settings(max_examples=15)
def test_score_is_monotone(a: float, b: float):
    low, high = sorted((a, b))
    assert (totals_of(full(attitude=low))["score"] <= totals_of(full(attitude=high))["score"] + 1e-12).all()


@given(st.floats(1, 5), st.floats(0, 100), st.floats(0, 10))
@settings(max_examples=15)
def test_a_bad_new_unit_changes_nobody_elses_score(attitude: float, handled: float, accidents: float):
    alone = totals_of(full())
    beside = totals_of([*full(), *full("乙", attitude, 处理率=handled, 事故率=accidents)], units=("甲", "乙"))
    pd.testing.assert_frame_equal(alone, beside.loc[["甲"]], check_exact=True)


# --- draws


def test_draws_of_points_equal_the_table():
    """A draw at the estimate itself gives the table's scores: one chain for both."""
    system = tiny_framework()
    rows = [r for r in full() if r[2] or r[1] in ("处理率", "事故率", "时长")]
    index = pd.DataFrame([(CYCLE, s, i) for _, i, s, _, _ in rows], columns=["cycle", "subject", "indicator"])
    drawn = np.tile([r[3] for r in rows], (3, 1))
    found = scores.score_draws(drawn, index, system, weights.resolve(system))
    expected = totals_of(full()).loc["甲", "score"]
    for node in ("体验", "过程", "total"):
        assert_allclose(found.scores[node], expected[node])
    assert_allclose(found.natural["态度"], 0.6 * 4.0 + 0.4 * 4.5)


def test_draws_are_clipped_to_the_scale_and_count_imputed_points():
    system = tiny_framework()
    index = pd.DataFrame({"cycle": CYCLE, "subject": ["客户"], "indicator": ["环境"]})
    found = scores.score_draws(
        np.array([[9.0], [-3.0]]), index, system, weights.resolve(system), imputed={"处理率": 0.0}
    )
    assert_allclose(found.natural["环境"], [5, 1])
    assert_allclose(found.scores["体验"], [100, 20])
    assert_allclose(found.scores["过程"], [0, 0])
    assert_allclose(found.scores["total"], [60, 12])


def test_a_framework_half_of_records_alone_has_no_rating_rows():
    index = pd.DataFrame({"cycle": [CYCLE], "subject": "", "item": "时长"})
    records = Estimate(index, np.array([20.0]), (), np.array([9]), ("fixed",))
    assert scores.natural_values(records, tiny_framework(), unit="甲").empty
    assert scores.natural(records, tiny_framework()).index["indicator"].tolist() == ["时长"]
