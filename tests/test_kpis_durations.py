"""Times of events: the median against published survival curves, means by hand, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from counted_records import TIME, events, one
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from svclib.errors import ParamError
from svclib.kpis.durations import Times, median_error, summary, survival_influence

# Remission times in weeks, * still in remission (Freireich et al. 1963, Blood 21, 699-716; Kleinbaum &
# Klein, Survival Analysis, table 1.1).  SAS LIFETEST and R survfit(conf.type = "log-log") print the
# medians 23 (13, .) and 8 (4, 11).
TREATED = "6 6 6 6* 7 9* 10 10* 11* 13 16 17* 19* 20* 22 23 25* 32* 32* 34* 35*"
CONTROL = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def times(text: str) -> Times:
    parts = text.split()
    return Times(
        np.array([float(p.rstrip("*")) for p in parts]),
        np.array([not p.endswith("*") for p in parts]),
        np.arange(len(parts)),
    )


@pytest.mark.parametrize(
    ("text", "median", "low", "high"), [(TREATED, 23, 13, math.inf), (CONTROL, 8, 4, 11)]
)
def test_median_of_the_published_curves(text: str, median: float, low: float, high: float):
    found = summary(times(text), "median")
    assert found.value == median
    width = math.log(high / low) if math.isfinite(high) else 2 * math.log(median / low)
    assert found.se == pytest.approx(median * width / (2 * stats.norm.ppf(0.975)))
    assert (found.scale, found.method, found.n) == ("log", "kaplan_meier", 21)


def test_influence_gives_greenwoods_error_and_the_plain_share_where_nothing_is_open():
    t = times(TREATED)
    z = survival_influence(t.hours, t.ended, 23.0)
    curve = SurvfuncRight(t.hours, t.ended.astype(int))
    assert z.sum() == pytest.approx(0, abs=1e-15)
    assert math.sqrt((z**2).sum()) == pytest.approx(float(curve.surv_prob_se[curve.surv_times == 23][0]))
    c = times(CONTROL)
    plain = (c.hours > 8).astype(float)
    assert np.allclose(survival_influence(c.hours, c.ended, 8.0), (plain - plain.mean()) / 21)


def test_means_by_hand_leave_the_open_ones_out_and_say_so():
    made = Times(np.array([1.0, 4.0, 16.0, 50.0]), np.array([True, True, True, False]), np.arange(4))
    mean, geometric = (summary(made, s, unit=2.0) for s in ("mean", "geometric"))
    assert (mean.value, mean.df, mean.n, mean.n_open) == (3.5, 2, 3, 1)
    assert mean.se == pytest.approx(np.std([0.5, 2, 8], ddof=1) / math.sqrt(3))
    assert geometric.value == pytest.approx(2)
    assert geometric.se == pytest.approx(2 * math.log(4) / math.sqrt(3))
    assert (geometric.scale, geometric.note) == ("log", ("open_left_out",))


def test_a_time_of_nought_lasted_half_a_minute():
    made = Times(np.array([0.0, 1.0]), np.array([True, True]), np.arange(2))
    assert summary(made, "geometric").value == pytest.approx(math.sqrt(0.5 / 60))


def test_open_events_of_the_sheet_wait_until_the_last_day():
    """Two of three open: half have not ended, and no number is made up."""
    log = events({"closed": "2026-05-01 05:00:00"}, {}, {})
    found = one(TIME | {"measure": "resolution_time"}, events=log)
    assert (found["status"], found["note"], found["n_open"]) == (
        "small_sample",
        "median_not_reached;many_open",
        2,
    )
    assert math.isnan(found["value"])
    more = events(*[{"closed": f"2026-05-01 0{h}:00:00"} for h in (1, 2, 3, 4, 5)], {})
    assert one(TIME | {"measure": "resolution_time"}, events=more)["value"] == 4
    assert one(TIME | {"measure": "resolution_time", "unit": "分钟"}, events=more)["value"] == 240


def test_a_response_nobody_noted_is_not_a_wait():
    log = events(
        {"responded": "2026-05-01 01:00:00"},
        {"responded": "2026-05-01 03:00:00"},
        {"closed": "2026-05-02 00:00:00"},
    )
    found = one(TIME | {"measure": "response_time", "statistic": "mean"}, events=log)
    assert (found["value"], found["excluded_why"]) == (2, "not_recorded:1")


def test_nothing_and_alike():
    nothing = Times(np.array([]), np.array([], dtype=bool), np.array([]))
    assert summary(nothing, "median").status == "not_applicable"
    alike = Times(np.full(9, 2.0), np.ones(9, dtype=bool), np.arange(9))
    for statistic in ("median", "geometric", "mean"):
        found = summary(alike, statistic)
        assert (found.value, found.method) == (pytest.approx(2), "fixed")
        assert math.isnan(found.se)
    with pytest.raises(ParamError, match="choose one of \\['median', 'geometric', 'mean'\\]"):
        summary(alike, "mode")


@given(st.lists(st.tuples(st.floats(0.1, 500), st.booleans()), min_size=2, max_size=60))
def test_censoring_never_shortens_the_median(rows: list[tuple[float, bool]]):
    """An event still open counts for at least its time so far."""
    hours, ended = np.array([h for h, _ in rows]), np.array([e for _, e in rows])
    whole = summary(Times(hours, np.ones(len(rows), dtype=bool), np.arange(len(rows))), "median")
    found = summary(Times(hours, ended, np.arange(len(rows))), "median")
    assert found.status == "small_sample" or found.value >= whole.value - 1e-9
    assert abs(survival_influence(hours, ended, whole.value).sum()) < 1e-9


def test_error_follows_the_interval():
    t = times(CONTROL)
    assert median_error(SurvfuncRight(t.hours, t.ended.astype(int)), 8.0) == pytest.approx(
        math.log(11 / 4) / 3.919928
    )
