"""The share of weeks or months on target, by hand."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pandas as pd
import pytest
from counted_records import QUARTER, SHARE, TIME, content, events, measure, one, system
from factories import tiny_content

from svclib import framework, kpis
from svclib.kpis import Span, stability

STEADY = {"kind": "stability", "unit": "%", "of": "指标", "every": "month", "score": {0: 0, 100: 100}}


def test_months_and_weeks_cover_the_period_without_a_gap():
    for every, count in (("month", 3), ("week", 14)):
        parts = stability.periods(QUARTER, every)
        assert len(parts) == count
        assert (parts[0].start, parts[-1].end) == (QUARTER.start, QUARTER.end)
        assert all(a.end == b.start for a, b in pairwise(parts))
    assert {p.start.day_name() for p in stability.periods(QUARTER, "week")[1:]} == {"Monday"}
    days = Span.of(dt.date(2026, 4, 6), dt.date(2026, 4, 12))
    assert len(stability.periods(days, "week")) == 1


def test_share_of_months_on_target_by_hand():
    """April 1 of 2 handled, May none opened, June 2 of 2; the target is 60 %."""
    log = events(
        {"opened": "2026-04-02 00:00:00", "closed": "2026-05-09 00:00:00"},
        {"opened": "2026-04-09 00:00:00"},
        *[{"opened": f"2026-06-0{d} 00:00:00", "closed": "2026-06-09 00:00:00"} for d in (1, 2)],
    )
    framed = system(指标=SHARE | {"measure": "handled", "target": 60}, 稳定=STEADY)
    found = measure(framed, events=log).sources.set_index("indicator").loc["稳定"]
    assert (found["numerator"], found["denominator"], found["value"]) == (1, 2, 50)
    assert (found["excluded_why"], found["definition"]) == ("no_data:1", "share_on_target")


def test_low_is_met_below_and_near_inside():
    log = events(
        {"closed": "2026-05-01 05:00:00"}, {"opened": "2026-06-01 00:00:00", "closed": "2026-06-01 09:00:00"}
    )
    time = TIME | {"measure": "resolution_time", "target": 5}
    framed = system(指标=time, 稳定=STEADY)
    found = measure(framed, events=log).sources.set_index("indicator").loc["稳定"]
    assert (found["numerator"], found["denominator"]) == (1, 2)


def test_nothing_to_be_steady_in():
    framed = system(指标=SHARE | {"measure": "handled", "target": 60}, 稳定=STEADY)
    found = measure(framed, events=events({"unit": "乙"})).sources.set_index("indicator").loc["稳定"]
    assert (found["status"], found["excluded_why"]) == ("not_applicable", "no_data:3")
    assert one(SHARE | {"measure": "handled"}, events=events({"unit": "乙"}))["status"] == "not_applicable"


def test_ratings_over_months_and_channels_by_hand():
    """态度, target 4.2: April phone 5 and 4, online 3; May phone 4; June none."""
    rated = tiny_content()["dimensions"]["体验"]["indicators"]["态度"] | {"items": ["q01"]}
    framed = system(态度=rated | {"target": 4.2}, 稳定=STEADY | {"of": "态度"})
    rows = [("2026-04-03", "电话", 5.0), ("2026-04-04", "电话", 4.0), ("2026-04-05", "网络", 3.0)]
    rows += [("2026-05-03", "电话", 4.0), ("", "网络", 5.0)]
    answers = pd.DataFrame(rows, columns=["finished", "channel", "q01"])
    answers = answers.assign(started="", subject="客户", weight=1.0)
    found = kpis.of_ratings(
        framed.indicator("稳定"), framed.indicator("态度"), answers, QUARTER, {"客户": 1.0}
    )
    assert (found.numerator, found.denominator) == (1, 3)
    assert found.excluded == {"undated": 1, "no_data": 3}


@pytest.mark.parametrize(
    ("other", "said", "text"),
    [
        (SHARE | {"measure": "handled"}, {}, "指标 has no target"),
        (SHARE | {"measure": "handled", "target": 60}, {"every": None}, "needs every"),
        (SHARE | {"measure": "handled", "target": 60}, {"of": "指票"}, "the days of '指票' are not known"),
        (SHARE | {"from": "kpis", "target": 60}, {}, "the days of '指标' are not known"),
        (
            SHARE | {"measure": "availability", "exposure": "h", "target": 60},
            {},
            "known for the whole period alone",
        ),
        (SHARE | {"measure": "handled", "target": 60}, {"kind": "proportion"}, "does not come from another"),
    ],
)
def test_refusals(other: dict, said: dict, text: str):
    steady = {k: v for k, v in (STEADY | said).items() if v is not None}
    with pytest.raises(Exception, match=text):
        framework.from_dict(content(指标=other, 稳定=steady))
