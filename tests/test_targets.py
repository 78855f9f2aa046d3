"""Targets: the published value decides, the interval only says how sure."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import columns
from svclib.errors import DataError
from svclib.targets import Aim, judge_steps, judge_targets, on_target, target_range

FRAMEWORK = tiny_framework()


def scored(indicator, value, low, high, *, status="ok", subject=""):
    return {
        "cycle": "c", "unit": "u", "indicator": indicator, "subject": subject, "value": value,
        "ci_low": low, "ci_high": high, "status": status,
    }  # fmt: skip


def judged(*rows):
    return judge_targets(pd.DataFrame(list(rows)), FRAMEWORK)


def test_a_value_on_the_target_meets_it():
    assert list(judged(scored("态度", 4.2, 4.0, 4.4))["status"]) == ["met"]


def test_the_published_value_decides_not_the_stored_one():
    # 4.196 is published as 4.20
    assert list(judged(scored("态度", 4.196, 4.0, 4.4))["status"]) == ["met"]
    assert list(judged(scored("态度", 4.194, 4.0, 4.4))["status"]) == ["missed"]


def test_an_interval_across_the_target_takes_certainty_not_the_verdict():
    found = judged(scored("态度", 4.3, 4.1, 4.5))
    assert (found["status"].iloc[0], found["certain"].iloc[0]) == ("met", False)
    assert judged(scored("态度", 4.3, 4.25, 4.5))["certain"].iloc[0]


def test_no_value_keeps_the_status_of_the_score():
    found = judged(scored("态度", np.nan, np.nan, np.nan, status="not_reported"))
    assert list(found["status"]) == ["not_reported"]


def test_only_headline_rows_and_indicators_with_a_target_are_judged():
    found = judged(
        scored("态度", 4.3, 4.1, 4.5), scored("态度", 4.3, 4.1, 4.5, subject="客户"), scored("环境", 3, 2, 4)
    )
    assert len(found) == 1
    columns.checked("targets", found)


@pytest.mark.parametrize(("better", "target", "wanted"), [
    ("high", 95.0, (95.0, np.inf)), ("low", 0.2, (-np.inf, 0.2)), ("near", (95.0, 103.0), (95.0, 103.0)),
])  # fmt: skip
def test_target_range_follows_the_direction(better, target, wanted):
    indicator = FRAMEWORK.indicators[0].model_copy(update={"better": better, "target": target})
    assert target_range(indicator) == wanted


@given(st.floats(1, 5), st.floats(0, 1))
def test_a_better_value_never_loses_a_target(value, step):
    indicator = FRAMEWORK.indicator("态度")
    assert on_target(indicator, value + step) or not on_target(indicator, value)


def step(unit, name, *, hours=np.nan, compliance=np.nan):
    return {"unit": unit, "category": "订单", "step": name, "hours": hours, "compliance": compliance}


STEPS = pd.DataFrame([
    step("*", "受理", hours=0.5, compliance=0.95), step("甲", "受理", hours=0.5, compliance=0.95),
    step("乙", "受理", hours=0.75, compliance=0.8), step("甲", "运输", hours=3.0),
])  # fmt: skip


def aim(unit, indicator, name, target, **more):
    blank = {"unit": unit, "indicator": indicator, "step": name, "target": target, "warn": np.nan,
             "owner": "", "due": "", "reason": "", "valid_from": ""}  # fmt: skip
    return blank | more


def of_steps(*rows, day=dt.date(2026, 6, 30)):
    sheet = pd.DataFrame([row | {"row": k + 2} for k, row in enumerate(rows)])
    found = judge_steps(STEPS, sheet, FRAMEWORK, cycle="c", day=day)
    columns.checked("step_targets", found)
    return found[["unit", "step", "value", "status"]].to_numpy().tolist()


def test_a_step_is_judged_by_its_time_or_its_time_limit():
    assert FRAMEWORK.indicator("时长").unit == "分钟"
    assert of_steps(aim("甲", "时长", "受理", 30)) == [["甲", "受理", 30.0, "met"]]
    assert of_steps(aim("甲", "时长", "受理", 29.9)) == [["甲", "受理", 30.0, "missed"]]
    assert of_steps(aim("甲", "处理率", "受理", 95)) == [["甲", "受理", 95.0, "met"]]
    assert of_steps(aim("甲", "处理率", "受理", 95.1)) == [["甲", "受理", 95.0, "missed"]]


def test_a_row_for_all_units_leaves_out_those_with_their_own():
    assert of_steps(aim("", "时长", "受理", 40)) == [
        ["乙", "受理", 45.0, "missed"],
        ["甲", "受理", 30.0, "met"],
    ]
    both = of_steps(aim("", "时长", "受理", 40), aim("甲", "时长", "受理", 20))
    assert both == [["乙", "受理", 45.0, "missed"], ["甲", "受理", 30.0, "missed"]]


def test_the_latest_revision_in_force_counts():
    rows = (aim("甲", "时长", "受理", 20), aim("甲", "时长", "受理", 40, valid_from="2026-05-01"))
    assert of_steps(*rows)[0][-1] == "met"
    assert of_steps(*rows, day=dt.date(2026, 4, 30))[0][-1] == "missed"


def test_a_step_without_events_is_said_not_to_be_reported():
    assert [row[-1] for row in of_steps(aim("乙", "时长", "装车", 20), aim("", "时长", "卸车", 20))] == [
        "not_reported", "not_reported",
    ]  # fmt: skip
    assert of_steps(aim("甲", "处理率", "运输", 90))[0][-1] == "not_reported"
    assert judge_steps(STEPS, None, FRAMEWORK, cycle="c", day=None).empty


def test_a_warning_on_the_good_side_of_a_step_target_is_refused():
    with pytest.raises(DataError, match=r"row 2 .*warning value 10 on the good side of target 30"):
        of_steps(aim("甲", "时长", "受理", 30, warn=10))


def on_the_way(value, *, base, target=4.2, stretch=np.nan, day=None, **dates):
    aims = {("u", "态度"): Aim(target, base=base, stretch=stretch, **dates)}
    frame = pd.DataFrame([scored("态度", value, value - 0.1, value + 0.1)])
    return judge_targets(frame, FRAMEWORK, aims, day=day).iloc[0]


def test_the_way_done_is_a_share_of_that_from_base_to_target():
    found = on_the_way(3.96, base=3.8, stretch=4.6)
    assert found["achieved"] == pytest.approx(0.4)
    assert found["achieved_stretch"] == pytest.approx(0.2)
    assert on_the_way(3.7, base=3.8)["achieved"] == pytest.approx(-0.25)


def test_without_a_way_to_go_nothing_is_done_of_it():
    assert np.isnan(on_the_way(4.0, base=np.nan)["achieved"])
    assert np.isnan(on_the_way(4.3, base=4.2)["achieved"])
    assert np.isnan(on_the_way(4.3, base=4.5)["achieved"])


def test_less_is_better_goes_the_other_way():
    aims = {("u", "时长"): Aim(20.0, base=30.0)}
    found = judge_targets(pd.DataFrame([scored("时长", 24.0, 23.0, 25.0)]), FRAMEWORK, aims)
    assert found["achieved"].iloc[0] == pytest.approx(0.6)


def test_time_elapsed_by_hand():
    dates = {"valid_from": "2026-04-01", "due": "2026-06-30"}
    assert on_the_way(4.0, base=3.8, day=dt.date(2026, 5, 16), **dates)["elapsed"] == pytest.approx(0.5)
    assert on_the_way(4.0, base=3.8, day=dt.date(2026, 9, 28), **dates)["elapsed"] == pytest.approx(2.0)
    assert np.isnan(on_the_way(4.0, base=3.8, **dates)["elapsed"])
    assert np.isnan(on_the_way(4.0, base=3.8, day=dt.date(2026, 5, 16))["elapsed"])


@given(st.floats(1, 5), st.floats(1, 5) | st.just(np.nan), st.floats(1, 5) | st.just(np.nan))
def test_progress_never_changes_what_is_met(value, base, stretch):
    plain = on_the_way(value, base=np.nan)
    found = on_the_way(value, base=base, stretch=stretch, day=dt.date(2026, 5, 16), valid_from="2026-04-01")
    assert (found["status"], found["certain"]) == (plain["status"], plain["certain"])
