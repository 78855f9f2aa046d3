"""Proposals for the next cycle: the rule by hand, what it never does, and cases without much data."""

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import columns, framework
from svclib.comparability import rebound, spread
from svclib.targets import Next, judge_targets, propose
from svclib.targets.aims import Aim
from svclib.targets.baselines import baselines
from svclib.targets.proposals import aim_next, best_value

FRAMEWORK = tiny_framework()
UNITS = list("甲乙丙丁戊己")


def row(unit, indicator, value, se, *, n=100, method="mean", status="ok"):
    return {"cycle": "c", "unit": unit, "indicator": indicator, "subject": "", "value": value, "se": se,
            "ci_low": value - 2 * se, "ci_high": value + 2 * se, "n": n, "method": method, "status": status,
            "kind": FRAMEWORK.indicator(indicator).kind, "measure": ""}  # fmt: skip


def proposed(rows, rules=FRAMEWORK, *, changes=None, groups=None, aims=None):
    found = pd.DataFrame(rows)
    judged = judge_targets(found, rules, aims)
    names = list(dict.fromkeys(found["unit"]))
    units = pd.DataFrame({"unit": names, "group": groups or [""] * len(names), "head": "张三"})
    coming = Next(units, "2026-07-01", "2026-09-30")
    got = propose(found, judged, columns.empty("changes") if changes is None else changes, rules, coming)
    return columns.checked("target_proposals", got)


def spreading(values, se=0.1, **more):
    return [row(u, "态度", v, se, **more) for u, v in zip(UNITS, values, strict=True)]


def rule(**given):
    base = {"shrunk": 80.0, "target": np.nan, "status": "", "mid": 2.0, "mde": 3.0, "best_tenth": np.nan,
            "best_value": np.nan}  # fmt: skip
    return aim_next(pd.DataFrame([base | given]), given.pop("sign", 1)).iloc[0].tolist()


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ({}, [83.0, "mde"]),  # the step is what the data can show
        ({"mid": 4.0}, [84.0, "mid"]),  # or what matters, where that is more
        ({"target": 82.0, "status": "missed"}, [82.0, "current"]),  # nearer than a step
        ({"target": 90.0, "status": "missed"}, [83.0, "mde"]),  # further: in stages
        ({"target": 90.0, "status": "missed", "best_tenth": 82.5}, [82.5, "peers"]),
        ({"target": 90.0, "status": "missed", "best_tenth": 79.0}, [82.0, "mid"]),  # one MID at least
        ({"target": 79.0, "status": "missed"}, [80.0, "held"]),  # missed by chance
        ({"target": 81.0, "status": "met"}, [81.0, "current"]),  # met by chance
        ({"target": 75.0, "status": "met"}, [83.0, "mde"]),
        ({"target": 75.0, "status": "met", "best_tenth": 79.0}, [80.0, "held"]),  # with the best tenth
        ({"best_value": 81.0}, [81.0, "anchor"]),
        ({"best_value": 75.0}, [75.0, "anchor"]),  # beyond full marks there is nothing to win
        ({"target": 90.0, "status": "missed", "mid": np.nan, "mde": np.nan}, [90.0, "current"]),
        ({"mid": np.nan, "mde": np.nan}, [80.0, "held"]),
    ],
)
def test_the_rule_by_hand(given_, wanted):
    assert rule(**given_) == wanted


def test_less_is_better_is_the_mirror():
    frame = pd.DataFrame(
        [{"shrunk": 30.0, "target": 20.0, "status": "missed", "mid": 3.0, "mde": 2.0, "best_tenth": 21.0,
          "best_value": 15.0}]
    )  # fmt: skip
    assert aim_next(frame, -1).iloc[0].tolist() == [27.0, "mid"]


NUMBER = st.floats(0, 100)
GIVEN = st.fixed_dictionaries(
    {"shrunk": NUMBER, "mid": st.floats(0.1, 20), "mde": st.floats(0, 20) | st.just(np.nan),
     "target": NUMBER | st.just(np.nan), "best_tenth": NUMBER | st.just(np.nan),
     "best_value": NUMBER | st.just(np.nan), "status": st.sampled_from(["met", "missed", ""])}
)  # fmt: skip


@given(GIVEN, st.sampled_from([1, -1]), st.floats(1, 3))
def test_never_behind_the_baseline_nor_beyond_full_marks_and_monotone_in_the_mid(known, sign, more):
    frame = pd.DataFrame([known])
    goal = sign * aim_next(frame, sign)["proposed"].iloc[0]
    base, end, target = (sign * known[k] for k in ("shrunk", "best_value", "target"))
    end = np.fmax(np.inf if np.isnan(end) else end, target)
    assert goal <= end
    assert goal >= min(base, end)
    wider = sign * aim_next(frame.assign(mid=known["mid"] * more), sign)["proposed"].iloc[0]
    assert wider >= goal


def test_the_baseline_is_the_expectation_of_the_next_value():
    found = pd.DataFrame(spreading([3.0, 3.6, 3.9, 4.1, 4.2, 4.6], se=0.3))
    got = baselines(found, FRAMEWORK.indicator("态度"), {}).assign(unit=found["unit"])
    known = spread(found)
    assert known is not None
    for at in got.itertuples():
        alone = rebound(found, known, unit=str(at.unit), baseline="c")
        assert at.rebound == pytest.approx(alone.expected)
        assert at.unit_reliability == pytest.approx(alone.reliability)
    assert got["shrunk"].iloc[0] > 3.0
    assert got["shrunk"].iloc[-1] < 4.6


def test_shrinkage_by_hand():
    # Equal se: mean 3.9, Σ(x − x̄)²/(τ² + .04) = 5 → τ² = 1.52/5 − .04 = .264; .264/.304 = .868
    found = pd.DataFrame(spreading([3.0, 3.6, 3.9, 4.1, 4.2, 4.6], se=0.2))
    got = baselines(found, FRAMEWORK.indicator("态度"), {}).iloc[0]
    assert got["group_mean"] == pytest.approx(3.9)
    assert got["unit_reliability"] == pytest.approx(0.264 / 0.304, rel=1e-6)
    assert got["shrunk"] == pytest.approx(3.9 - 0.9 * 0.264 / 0.304, rel=1e-6)


def test_a_small_group_is_held_against_all_units_and_few_units_against_nobody():
    rows = spreading([3.0, 3.6, 3.9, 4.1, 4.2, 4.6])
    got = proposed(rows, groups=["东"] * 5 + ["西"]).set_index("unit")
    assert got["group"].tolist().count("东") == 5
    assert (got.loc["己", "group"], got.loc["己", "n_peers"]) == ("", 5)
    lone = proposed(rows[:1]).iloc[0]
    assert (lone["n_peers"], lone["attainable"], lone["reason"]) == (0, "unknown", "no_peers")
    assert lone["shrunk"] == 3.0
    assert lone["proposed"] == 3.4  # 3.0 + 2.801585·√2·.1 = 3.396 as published


def test_peers_are_measured_by_their_baselines_not_by_their_luck():
    noisy = proposed(spreading([4.0, 4.0, 4.0, 4.1, 4.1, 4.6], se=0.5))
    assert noisy["best_tenth"].max() < 4.2


def test_the_error_of_the_observed_change_plans_the_next_one():
    changes = columns.empty("changes")
    changes.loc[0, ["unit", "node", "method", "se"]] = ["甲", "态度", "linearised", 0.05]
    got = proposed(spreading([3.0, 3.6, 3.9, 4.1, 4.2, 4.6]), changes=changes).set_index("unit")["mde"]
    assert got["甲"] == pytest.approx(2.801585 * 0.05, abs=1e-6)
    assert got["乙"] == pytest.approx(2.801585 * np.sqrt(2) * 0.1, abs=1e-6)


def test_zero_events_bare_values_and_whole_counts():
    none = proposed([row("甲", "事故率", 0.0, 0.1, method="poisson", n=4000)]).iloc[0]
    assert (none["proposed"], none["reason"]) == (0.0, "level_reached")
    assert np.isnan(none["mde"])
    bare = proposed([row("甲", "处理率", 90.0, np.nan, method="fixed", n=0)]).iloc[0]
    assert (bare["proposed"], bare["set_by"], bare["detectable"]) == (92.0, "mid", "unknown")
    whole = proposed([row("甲", "处理率", 90.0, 0.0, method="census", n=50)]).iloc[0]
    assert (whole["mde"], whole["detectable"]) == (0.0, "yes")


def test_shares_are_planned_by_their_own_power():
    got = proposed([row("甲", "处理率", 90.0, 1.0, method="binomial", n=900)]).iloc[0]
    assert 3.5 < got["mde"] < 4.0  # 90 → 93.7 % with 900 cases a period
    assert got["required_n"] > 900  # 2 points are less
    assert (got["proposed"], got["detectable"]) == (pytest.approx(90 + got["mde"], abs=0.005), "yes")


def near(value):
    content = tiny_content()
    own = content["dimensions"]["过程"]["indicators"]["处理率"]
    own |= {"kind": "amount", "better": "near", "target": [95, 103], "warn": [90, 108], "mid": {"value": 2}}
    own["score"] = {80: 0, 95: 100, 103: 100, 120: 0}
    return proposed([row("甲", "处理率", value, np.nan, method="fixed", n=0)], framework.from_dict(content))


@pytest.mark.parametrize(
    ("value", "edge", "reason"),
    [(90.0, 95.0, "no_peers"), (110.0, 103.0, "no_peers"), (97.0, 95.0, "level_reached")],
)
def test_near_a_range_the_range_stays(value, edge, reason):
    got = near(value).iloc[0]
    assert (got["proposed"], got["set_by"], got["reason"]) == (edge, "range", reason)
    assert np.isnan(got["stretch"])
    assert np.isnan(got["warn"])


def test_only_what_has_a_value_gets_a_proposal():
    missing = row("甲", "态度", np.nan, np.nan, status="not_reported")
    assert proposed([missing, row("甲", "处理率", 90.0, 1.0, method="binomial")])["indicator"].tolist() == [
        "处理率"
    ]
    assert proposed([missing]).empty


def test_owner_warning_and_stretch_fit_the_target():
    aims = {("甲", "处理率"): Aim(97.0, 95.0, owner="李四")}
    got = proposed([row("甲", "处理率", 85.0, 1.0, method="binomial", n=900)], aims=aims).iloc[0]
    assert (got["status"], got["owner"]) == ("missed", "李四")
    assert got["warn"] == 85.0  # 95 is beyond the staged target
    assert got["stretch"] == 98.0
    assert proposed([row("甲", "处理率", 85.0, 1.0, method="binomial")]).iloc[0]["owner"] == "张三"


@pytest.mark.parametrize(
    ("name", "wanted"), [("态度", 5.0), ("处理率", 98.0), ("事故率", 0.0), ("时长", 10.0)]
)
def test_full_marks(name, wanted):
    assert best_value(FRAMEWORK.indicator(name)) == wanted


def test_full_marks_of_steps():
    def of(score, better="high"):
        content = tiny_content()
        content["dimensions"]["过程"]["indicators"]["处理率"] |= {
            "kind": "amount", "better": better, "score": score, "target": None, "warn": None}  # fmt: skip
        return best_value(framework.from_dict(content).indicator("处理率"))

    assert of({"steps": {">= 95": 10, ">= 90": 6, "else": 0}, "full": 10}) == 95.0
    assert of({"steps": {"start": 100, "each": -5, "floor": 0}}, "low") == 0.0
    assert of({"steps": {"start": 60, "each": 5, "floor": 0}}) == 8.0


def timed(values, method="kaplan_meier", se=0.2):
    rows = [row(u, "时长", v, se * v, method=method, n=60) for u, v in zip(UNITS, values, strict=True)]
    return proposed(rows).set_index("unit").loc[UNITS]


def test_times_are_shrunk_and_planned_as_ratios():
    values = [12.0, 15.0, 18.0, 24.0, 30.0, 60.0]
    got = timed(values)
    logs = pd.DataFrame(spreading(np.log(values), se=0.2))
    known = baselines(logs, FRAMEWORK.indicator("态度"), dict.fromkeys(UNITS, ""))
    assert np.log(got["shrunk"].to_numpy()) == pytest.approx(known["shrunk"].to_numpy())
    assert (got["mde"] < got["shrunk"]).all()  # a time never falls below 0
    ratio = 1 - np.exp(-2.801585 * np.sqrt(2) * 0.2)
    assert got["mde"].to_numpy() == pytest.approx(got["shrunk"].to_numpy() * ratio, rel=1e-6)


def test_a_mean_beyond_the_end_of_the_scale_cannot_be_shown():
    got = proposed(spreading([4.7, 4.6, 4.5, 4.4, 4.3, 4.2], se=0.3))
    assert got["mde"].isna().all()
    assert got["detectable"].isin(["no", ""]).all()


def test_no_warning_value_is_made_up():
    aims = {("甲", "处理率"): Aim(97.0)}
    got = proposed([row("甲", "处理率", 85.0, 1.0, method="binomial", n=900)], aims=aims).iloc[0]
    assert np.isnan(got["warn"])
