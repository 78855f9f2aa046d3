"""Shares and rates of events, each counted by hand, and what they refuse."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from counted_records import QUARTER, RATE, SHARE, TIME, events, measure, one, system
from hypothesis import given
from hypothesis import strategies as st

from svclib import kpis
from svclib.errors import DataError
from svclib.kpis import Span
from svclib.kpis.found import scattered

DONE = {"closed": "2026-05-02 00:00:00"}


def share(measure: str, **said: object) -> dict[str, object]:
    return SHARE | {"measure": measure, **said}


def test_handled_is_closed_by_the_last_day_among_those_opened_in_the_period():
    log = events(
        DONE, DONE, {}, {"closed": "2026-07-01 00:00:00"}, {"opened": "2026-03-31 23:59:00"} | DONE,
        {"opened": "2026-07-01 00:00:00"},
    )  # fmt: skip
    found = one(share("handled"), events=log)
    assert (found["numerator"], found["denominator"], found["value"]) == (2, 4, 50)
    assert (found["n_open"], found["excluded_why"]) == (2, "outside_period:1")  # the last is not yet known
    assert found["definition"] == "opened_in_period"
    assert found["se"] == pytest.approx(100 * math.sqrt(0.5 * 0.5 / 4))  # 2.5 of 5 with half at each end


def test_in_time_counts_what_fell_due_in_the_period():
    log = events(
        {"due": "2026-05-03 00:00:00"} | DONE,
        {"due": "2026-05-03 00:00:00", "closed": "2026-05-03 00:00:01"},
        {"due": "2026-05-03 00:00:00"},
        {"due": "2026-07-01 00:00:00"} | DONE,
        DONE,
        {"opened": "2026-03-01 00:00:00", "due": "2026-03-09 00:00:00"},
    )
    found = one(share("in_time"), events=log)
    assert (found["numerator"], found["denominator"], found["n_open"]) == (1, 3, 1)
    assert found["excluded_why"] == "no_limit:1;not_yet_due:1;outside_period:1"
    assert found["n_excluded"] == 3


def test_in_time_within_a_declared_limit_and_as_the_system_judged():
    log = events({"closed": "2026-05-01 04:00:00"}, {"closed": "2026-05-01 04:01:00"}, {})
    assert one(share("in_time", within="4小时"), events=log)["numerator"] == 1
    assert one(share("in_time", within="241min"), events=log)["numerator"] == 2
    judged = events({"in_time": "yes"} | DONE, {"in_time": "no"} | DONE, {"in_time": "yes"}, DONE)
    found = one(share("in_time"), events=judged)
    assert (found["numerator"], found["denominator"]) == (1, 2)
    assert found["excluded_why"] == "still_open:1;no_limit:1"


def test_response_in_time():
    log = events({"responded": "2026-05-01 01:00:00"}, {"responded": "2026-05-01 03:00:00"}, {})
    found = one(share("response_in_time", within="2小时"), events=log)
    assert (found["numerator"], found["denominator"]) == (1, 3)


def test_told_back_resolved_reopened_passed_on_among_the_closed():
    log = events(
        DONE | {"fed_back": "yes", "resolved": "yes", "reopened": 1.0, "transferred": 0.0},
        DONE | {"fed_back": "", "resolved": "", "reopened": 0.0, "transferred": 3.0},
        DONE | {"fed_back": "no", "resolved": "no"},
        {"fed_back": "yes", "resolved": "yes"},
    )
    told = one(share("fed_back"), events=log)
    assert (told["numerator"], told["denominator"], told["excluded_why"]) == (1, 3, "still_open:1")
    solved = one(share("resolved"), events=log)
    assert (solved["numerator"], solved["denominator"]) == (1, 2)
    assert solved["excluded_why"] == "still_open:1;not_recorded:1"
    assert one(share("reopened"), events=log)["value"] == 50
    assert one(share("transferred"), events=log)["value"] == 50


def test_repeats_among_all_opened():
    found = one(share("repeat"), events=events({}, {"repeat_of": "E0"}, {"repeat_of": "E0"}))
    assert (found["numerator"], found["denominator"]) == (2, 3)


def test_where_chooses_records_and_a_process_counts_once():
    log = events(
        {"id": "P1", "category": "订单", "step": "受理", "closed": "2026-05-01 02:00:00"},
        {"id": "P1", "category": "订单", "step": "送达", "closed": "2026-05-01 09:00:00"},
        {"id": "P2", "category": "订单", "step": "受理", "closed": "2026-05-01 02:00:00"},
        {"id": "P2", "category": "订单", "step": "送达"},
        {"category": "投诉"} | DONE,
    )
    orders = one(share("handled", where={"category": ["订单"]}), events=log)
    assert (orders["numerator"], orders["denominator"]) == (1, 2)
    steps = one(share("handled", where={"step": "受理"}), events=log)
    assert (steps["numerator"], steps["denominator"]) == (2, 2)
    hours = one(
        TIME | {"measure": "resolution_time", "where": {"step": "送达"}, "statistic": "mean"}, events=log
    )
    assert (hours["value"], hours["n_open"]) == (9, 1)
    nothing = one(share("handled", where={"category": ["报修", "订单"]}), events=log)
    assert nothing["note"] == "never_found:报修;many_open"


def test_rate_per_exposure_is_poisson():
    found = one(
        RATE | {"measure": "event_rate", "exposure": "件数", "per": 1000},
        events=events({}, {}, {}),
        exposure={"件数": 6000},
    )
    assert (found["value"], found["method"]) == (0.5, "poisson")
    assert found["se"] == pytest.approx(1000 * math.sqrt(3.5) / 6000)
    none = one(
        RATE | {"measure": "event_rate", "exposure": "件数"},
        events=events({"unit": "乙"}),
        exposure={"件数": 9},
    )
    assert (none["value"], none["status"]) == (0, "ok")


def test_mtbf_and_mttr_by_hand():
    log = events({"closed": "2026-05-01 02:00:00"}, {"closed": "2026-05-01 06:00:00"}, {})
    between = one(TIME | {"measure": "mtbf", "exposure": "运行小时"}, events=log, exposure={"运行小时": 2160})
    assert (between["value"], between["scale"]) == (720, "log")
    assert between["se"] == pytest.approx(720 / math.sqrt(3))
    days = one(
        TIME | {"measure": "mtbf", "exposure": "运行小时", "unit": "天"},
        events=log,
        exposure={"运行小时": 2160},
    )
    assert days["value"] == 30
    repair = one(TIME | {"measure": "mttr"}, events=log)
    assert (repair["value"], repair["se"], repair["df"]) == (4, 2, 1)
    assert (repair["note"], repair["excluded_why"]) == ("open_left_out;many_open", "still_open:1")


def test_scatter_of_rates_over_the_months_by_hand():
    """Four events in April (30 days), none in May (31), two in June (30): 6 expected in 91 days."""
    log = events(
        *({"opened": f"2026-{d} 08:00:00"} for d in ("04-01", "04-02", "04-03", "04-30", "06-01", "06-30"))
    )
    asked = {"exposure": {"h": 500}, "events": log}
    expected = 6 * np.array([30, 31, 30]) / 91
    chi2 = ((np.array([4, 0, 2]) - expected) ** 2 / expected).sum()
    for kind in (RATE | {"measure": "event_rate"}, TIME | {"measure": "mtbf"}):
        row = measure(system(x=kind | {"exposure": "h"}), **asked).records.iloc[0]
        assert row[["scatter", "scatter_df"]].to_list() == pytest.approx([chi2, 2])


def test_a_period_of_one_month_scatters_over_its_weeks():
    """May 2026 from Friday the 1st: 3 days, and four weeks."""
    may = Span.of(dt.date(2026, 5, 1), dt.date(2026, 5, 31))
    chi2, df = scattered(pd.Series(pd.to_datetime(["2026-05-04"])), may)
    assert (chi2, df) == (pytest.approx(31 / 7 - 1), 4)


def test_single_times_travel_with_the_value():
    log = events({"closed": "2026-05-01 04:00:00"}, {})
    found = measure(system(x=TIME | {"measure": "resolution_time"}), events=log).times["甲", "x"]
    assert (found.times[0], list(found.ended)) == (4, [True, False])


def test_without_a_failure_the_time_between_them_is_at_least_the_exposure():
    found = one(
        TIME | {"measure": "mtbf", "exposure": "h"}, events=events({"unit": "乙"}), exposure={"h": 500}
    )
    assert (found["value"], found["status"], found["note"]) == (500, "ok", "at_least;fixed")
    assert math.isnan(found["se"])


def test_availability_counts_the_hours_down_inside_the_period():
    log = events(
        {"opened": "2026-03-31 20:00:00", "closed": "2026-04-01 04:00:00"},
        {"closed": "2026-05-01 06:00:00"},
        {"opened": "2026-06-30 14:00:00"},
    )
    found = one(share("availability", exposure="h"), events=log, exposure={"h": 2000})
    assert found["value"] == pytest.approx(100 * (1 - 20 / 2000))
    assert found["se"] == pytest.approx(100 * math.sqrt(4**2 + 6**2 + 10**2) / 2000)
    assert (found["n"], found["n_open"], found["method"]) == (3, 1, "downtime")
    with pytest.raises(DataError, match="20 hours down of 19 hours of operation"):
        one(share("availability", exposure="h"), events=log, exposure={"h": 19})


@pytest.mark.parametrize("name", ["handled", "repeat", "fed_back"])
def test_nothing_to_count_does_not_apply(name: str):
    assert one(share(name), events=events({"unit": "乙"}))["status"] == "not_applicable"


def test_what_is_not_given_is_not_reported():
    assert one(share("handled"))["status"] == "not_reported"
    rate = one(RATE | {"measure": "event_rate", "exposure": "件数"}, events=events({}), exposure={})
    assert (rate["status"], rate["note"]) == ("not_reported", "no_exposure")


def test_an_earlier_last_day_knows_less():
    log = events(DONE, {"closed": "2026-05-09 00:00:00"}, {"opened": "2026-05-08 00:00:00"})
    early = Span.of(dt.date(2026, 4, 1), dt.date(2026, 5, 3))
    found = one(share("handled"), events=log, span=early)
    assert (found["numerator"], found["denominator"]) == (1, 2)


def test_values_of_the_same_events_are_correlated_as_their_influences():
    """Of four complaints the two closed ones were told back: both shares move together."""
    framed = system(
        办结=share("handled"), 重复=share("repeat"), 件数=RATE | {"measure": "event_rate", "exposure": "h"}
    )
    log = events(*[DONE] * 30, *[{"repeat_of": "E0"}] * 10)
    found = measure(framed, events=log, exposure={"h": 100})
    (joint,) = found.joint["甲"]
    # y1 and y2 are opposite: 30 closed and no repeats, 10 open repeats; the number is independent of both.
    expected = [[1, -1, 0], [-1, 1, 0], [0, 0, 1]]
    assert np.allclose(joint.correlation, expected)
    estimate = kpis.estimate(found.records, framed, {"2026Q2": found.joint["甲"]})
    values = kpis.values(found.records, framed).set_index("indicator").loc[estimate.index["item"], "se"]
    assert np.allclose(np.sqrt(np.diag(estimate.cov)), values)
    at = {name: k for k, name in enumerate(estimate.index["item"])}
    assert estimate.cov[at["办结"], at["重复"]] == pytest.approx(-values["办结"] * values["重复"])


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 120)), min_size=1, max_size=40))
def test_shares_stay_shares_and_nothing_is_lost(rows: list[tuple[bool, bool, int]]):
    first = pd.Timestamp("2026-03-20")
    log = events(*[
        {"opened": str(first + pd.Timedelta(days=d)), "repeat_of": "x" if r else ""}
        | (DONE if c and d < 40 else {})
        for c, r, d in rows
    ])  # fmt: skip
    framed = system(办结=share("handled"), 重复=share("repeat"), 反馈=share("fed_back"))
    found = measure(framed, events=log)
    known = int((pd.to_datetime(log["opened"]) < QUARTER.last).sum())
    for row in found.sources.itertuples():
        assert row.n + row.n_excluded == known
        assert row.status == "not_applicable" or 0 <= row.numerator <= row.denominator
    for joint in found.joint["甲"]:
        assert np.linalg.eigvalsh(joint.correlation).min() > -1e-9
