"""What an indicator may say of the records it counts, in both languages, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from counted_records import CHECK, RATE, SHARE, TIME, content

from svclib import framework
from svclib.errors import InputErrors
from svclib.framework.measures import MEASURES, in_hours


def indicator(said: dict[str, Any]) -> framework.Indicator:
    return framework.from_dict(content(指标=said)).indicator("指标")


def test_chinese_words_say_the_same():
    chinese = {"类型": 0, "from": "事件记录", "measure": "按时办结率", "within": "3天"}
    chinese = (
        SHARE
        | {k: v for k, v in chinese.items() if k != "类型"}
        | {"where": {"类别": "投诉、报修", "环节": "受理"}}
    )
    english = SHARE | {
        "measure": "in_time", "within": "72h", "where": {"category": ["投诉", "报修"], "step": ["受理"]}
    }  # fmt: skip
    one, two = indicator(chinese), indicator(english)
    assert (one.measure, one.where, one.within_hours) == (two.measure, two.where, two.within_hours)
    assert one.where.given == {"category": ("投诉", "报修"), "step": ("受理",)}
    assert indicator(CHECK | {"from": "检查记录", "measure": "检查合格率"}).source == "inspections"
    times = indicator(TIME | {"measure": "办结时间", "statistic": "中位数"})
    assert (times.measure, times.statistic) == ("resolution_time", "median")


@pytest.mark.parametrize(("text", "hours"), [("30分钟", 0.5), ("1.5 小时", 1.5), ("2天", 48), ("90min", 1.5)])
def test_lengths_of_time(text: str, hours: float):
    assert in_hours(text) == hours


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_can_be_asked_for(name: str):
    rule = MEASURES[name]
    base = {"proportion": SHARE, "duration": TIME, "rate": RATE, "checklist": CHECK}[rule.kinds[0]]
    needed = {"within": "4小时", "exposure": "件数"}
    made = indicator(base | {"measure": name} | {key: needed[key] for key in rule.needs})
    assert made.source == rule.source
    assert made.sampled == (name not in ("mtbf", "availability", "event_rate"))


def test_a_whole_count_is_no_sample():
    assert not indicator(SHARE | {"measure": "handled", "uncertainty": "census"}).sampled


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (SHARE, "no measure. Choose one of handled, in_time"),
        (SHARE | {"measure": "handed"}, "'handed' is not known"),
        (SHARE | {"measure": "pass_rate"}, "pass_rate comes from inspections, not events"),
        (SHARE | {"from": "kpis", "measure": "handled"}, "handled comes from events, not kpis"),
        (TIME | {"measure": "handled"}, "handled cannot be of kind duration. Write kind: proportion"),
        (SHARE | {"measure": "response_in_time"}, "response_in_time needs within. Write within: 4小时"),
        (RATE | {"measure": "event_rate"}, "event_rate needs exposure. Name a row of sheet exposure"),
        (SHARE | {"measure": "handled", "within": "4小时"}, "within is not for handled"),
        (SHARE | {"measure": "in_time", "within": "4"}, "'4' is not a length of time"),
        (SHARE | {"measure": "in_time", "within": "4 周"}, "'4 周' is not a length of time"),
        (TIME | {"measure": "mttr", "unit": "次"}, "mttr is a time, and its unit is '次'"),
        (SHARE | {"measure": "handled", "where": {"check": "通道"}}, "events have no column check"),
        (SHARE | {"measure": "handled", "where": {"类型": "投诉"}}, "类型"),
        (
            SHARE | {"from": "kpis", "where": {"category": "投诉"}},
            "where is for events and inspections alone",
        ),
        (SHARE | {"from": "kpis", "exposure": "件数"}, "exposure is not for proportion"),
        (SHARE | {"measure": "handled", "of": "甲"}, "of belongs to the stability of another indicator"),
    ],
)
def test_refusals(said: dict[str, Any], found: str):
    with pytest.raises(InputErrors, match=found):
        indicator(said)
