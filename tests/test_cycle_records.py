"""Indicators counted from events, inspections and answers, through the whole chain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counted_records import CHECK, RATE, SHARE, TIME, content
from tiny_office import RATING, Office, answers

from svclib import columns, cycle, params, sources
from svclib.errors import InputErrors

Q1 = {"start": "2026-01-01", "end": "2026-03-31"}
Q2 = {"start": "2026-04-01", "end": "2026-06-30"}
MID = {"mid": {"value": 5}}
SYSTEM = {
    "态度": RATING | {"target": 3},
    "办结": SHARE | {"measure": "handled", "where": {"category": "投诉"}, "target": 60} | MID,
    "用时": TIME | {"measure": "resolution_time"} | MID,
    "事故": RATE
    | {"measure": "event_rate", "where": {"category": "事故"}, "exposure": "件数", "per": 100}
    | MID,
    "合格": CHECK | {"measure": "pass_rate"} | MID,
    "稳定": {"kind": "stability", "unit": "%", "of": "态度", "every": "month", "score": {0: 0, 100: 100}},
    "执行率": {"kind": "amount", "unit": "%", "better": "near", "score": {80: 0, 100: 100, 120: 0}},
}


def log(year_month: str, hours: dict[str, int]) -> list[dict[str, Any]]:
    """Ten complaints of each unit, eight closed after hours + 1, + 2, …; one accident of 甲."""
    rows: list[dict[str, Any]] = [
        {
            "编号": f"{year_month}{unit}{k}", "部门": unit, "类别": "投诉",
            "开始时间": f"{year_month}-01 00:00",
            "办结时间": "" if k > 8 else f"{year_month}-{1 + (h + k) // 24:02d} {(h + k) % 24:02d}:00",
        }
        for unit, h in hours.items()
        for k in range(1, 11)
    ]  # fmt: skip
    accident = {"编号": f"{year_month}S", "部门": "甲", "类别": "事故", "开始时间": f"{year_month}-03 00:00"}
    return [*rows, accident | {"办结时间": f"{year_month}-04 00:00"}]


def round_of(day: str) -> list[dict[str, Any]]:
    return [
        {
            "部门": u,
            "日期": day,
            "地点": place,
            "检查项": f"第{k}项",
            "结果": "不符合" if (k + p) % 4 == 0 else "符合",
        }
        for u in "甲乙"
        for p, place in enumerate(("东区", "西区", "南区"))
        for k in range(4)
    ]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, content(**SYSTEM))


def written(office: Office, name: str, period: dict[str, str], hours: dict[str, int], **said: Any) -> Path:
    month = period["start"][:7]
    marks = {"电话": [4, 5, 3, 4, 5, 2], "网络": [1, 2, 3, 2, 1, 2]}
    sheets: dict[str, Any] = {
        "events": log(month, hours),
        "inspections": round_of(f"{month}-02"),
        "exposure": [{"部门": u, "业务量名称": "件数", "数量": 200} for u in "甲乙"],
        "responses": [a for u in "甲乙" for a in answers(u, marks, when=f"{month}-08 09:00")],
        "kpis": [{"部门": u, "指标": "执行率", "分子": 105, "分母": 100} for u in "甲乙"],
    }
    return office.cycle(name, {u: {} for u in "甲乙"}, period=period, sheets=sheets, **said)


def test_every_value_says_what_it_is_made_of(office: Office):
    path = written(office, "2026Q2", Q2, {"甲": 2, "乙": 20})
    tables = cycle.evaluate(params.load(path))
    told = columns.checked("kpi_sources", tables["kpi_sources"]).set_index(["unit", "indicator"])
    row = told.loc[("甲", "办结")]
    assert (row["numerator"], row["denominator"], row["n_open"], row["source"]) == (8, 10, 2, "events")
    assert told.loc[("甲", "稳定"), ["numerator", "denominator"]].tolist() == [
        1,
        2,
    ]  # phone on target, online not
    assert told.loc[("甲", "执行率"), ["definition", "value", "method"]].tolist() == [
        "handed_in",
        105,
        "ratio",
    ]
    assert told.loc[("甲", "事故"), "value"] == 0.5
    assert told.loc[("乙", "事故"), "value"] == 0
    scores = tables["indicator_scores"].query("subject == ''").set_index(["unit", "indicator"])
    assert (scores["status"] == "ok").all()
    assert scores.loc[("甲", "用时"), "value"] == 8  # the 6th of 11; two are open, and the accident took 24
    low, value, high = scores.loc[("甲", "用时"), ["ci_low", "value", "ci_high"]]
    assert high / value == pytest.approx(value / low)
    assert scores.loc[("甲", "执行率"), "note"] == "fixed"
    assert set(tables["grades"]["status"]) == {"graded"}
    assert np.isfinite(tables["totals"]["score_low"]).all()


def test_changes_of_counted_values_are_tested(office: Office):
    before = written(office, "2026Q1", Q1, {"甲": 60, "乙": 20})
    path = written(office, "2026Q2", Q2, {"甲": 2, "乙": 20}, baseline=before.name)
    tables = cycle.evaluate(params.load(path))
    changes = tables["changes"].query("level == 'indicator'").set_index(["unit", "node"])
    faster = changes.loc[("甲", "用时")]
    assert faster[["verdict", "method", "strength", "n0", "n1"]].tolist() == [
        *("improved", "ratio_median", "meaningful", 11, 11)
    ]
    assert changes.loc[("甲", "办结"), "method"] == "score_test"
    assert changes.loc[("甲", "事故"), "method"] == "rate_exact"
    assert changes.loc[("甲", "合格"), "method"] == "linearised"
    assert changes.loc[("甲", "执行率"), "method"] == "fixed"
    assert changes.loc[("甲", "稳定"), "method"] == "score_test"
    assert changes.loc[("乙", "用时"), "verdict"] != "improved"


def test_a_backlog_travels_with_what_is_said_of_the_change(office: Office):
    before = written(office, "2026Q1", Q1 | {"end": "2026-01-03"}, {"甲": 70, "乙": 70})
    path = written(office, "2026Q2", Q2, {"甲": 2, "乙": 2}, baseline=before.name)
    tables = cycle.evaluate(params.load(path))
    flags = tables["changes"].query("node == '办结'").set_index("unit")["flags"]
    assert "many_open" in flags["甲"].split(";")
    claims = tables["claims"].query("lang == 'zh'")["text"]
    assert claims.str.contains("尚未办结").any()


def test_few_events_give_no_grade(office: Office):
    path = written(office, "2026Q2", Q2, {"甲": 2, "乙": 20}, min_responses=11)
    tables = cycle.evaluate(params.load(path))
    scores = tables["indicator_scores"].query("subject == ''").set_index(["unit", "indicator"])["status"]
    assert scores["甲"][["用时", "办结", "事故", "稳定"]].tolist() == ["ok", "small_sample", "ok", "ok"]
    grades = tables["grades"].set_index("unit")
    assert grades.loc["甲", "status"] == "small_sample"


def test_most_still_open_gives_no_number_and_no_grade(tmp_path: Path):
    office = Office(tmp_path, content(用时=TIME | {"measure": "resolution_time"}))
    sheets = {
        "events": [{"编号": str(k), "部门": "甲", "开始时间": "2026-05-01", "办结时间": ""} for k in range(9)]
    }
    path = office.cycle("2026Q2", {"甲": {}, "乙": {}}, period=Q2, sheets=sheets)
    tables = cycle.evaluate(params.load(path))
    assert tables["grades"].set_index("unit")["status"].to_dict() == {
        "甲": "small_sample",
        "乙": "not_reported",
    }
    told = tables["kpi_sources"].set_index("unit")["note"]
    assert told["甲"] == "median_not_reached;many_open"


def test_a_partial_period_knows_no_later_event(office: Office):
    path = written(office, "2026Q2", Q2, {"甲": 2, "乙": 20}, as_of="2026-04-01")
    told = cycle.evaluate(params.load(path))["kpi_sources"].set_index(["unit", "indicator"])
    assert told.loc[("乙", "办结"), ["numerator", "denominator"]].tolist() == [3, 10]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda said: said.pop("period"), "办结 is counted by day, and the cycle has no period"),
        (
            lambda said: said["sheets"].pop("exposure"),
            "the framework needs exposure, which data does not name",
        ),
        (lambda said: said["sheets"].pop("events"), "the framework needs events, which data does not name"),
        (
            lambda said: said["sheets"]["exposure"][0].update(数量=0),
            "row 2, .*amount not above 0: 0",
        ),
        (
            lambda said: [row.update(业务量名称="票数") for row in said["sheets"]["exposure"]],
            "no row has 件数, which the framework counts against",
        ),
        (
            lambda said: [row.update(类别="投诉类") for row in said["sheets"]["events"]],
            "no row has 投诉, which 办结 counts.* Did you mean '投诉类'",
        ),
    ],
)
def test_refusals(tmp_path: Path, change: Any, text: str):
    office = Office(tmp_path, content(办结=SYSTEM["办结"], 事故=SYSTEM["事故"]))
    sheets = {
        "events": log("2026-05", {"甲": 2}),
        "exposure": [{"部门": "甲", "业务量名称": "件数", "数量": 200}],
    }
    said: dict[str, Any] = {"period": Q2, "sheets": sheets}
    change(said)
    path = office.cycle("2026Q2", {"甲": {}}, **said)
    found = sources.check(path)
    with pytest.raises(InputErrors, match=text):
        raise InputErrors(found)


def test_a_column_nobody_filled_in_is_asked_for(tmp_path: Path):
    office = Office(
        tmp_path, content(反馈=SHARE | {"measure": "fed_back"}, 按时=SHARE | {"measure": "in_time"})
    )
    path = office.cycle("2026Q2", {"甲": {}}, period=Q2, sheets={"events": log("2026-05", {"甲": 2})})
    found = str(InputErrors(sources.check(path)))
    assert "反馈 needs this column, and nobody filled it in" in found
    assert "按时 needs a time limit, and no event has one" in found


def test_an_earlier_cycle_without_the_records_has_no_value(tmp_path: Path):
    """The baseline was evaluated by another framework, and nobody kept its events."""
    office = Office(tmp_path, content(执行率=SYSTEM["执行率"]))
    before = office.cycle("2026Q1", {"甲": {"执行率": 100}}, period=Q1)
    newer = Office(tmp_path, content(执行率=SYSTEM["执行率"], 办结=SYSTEM["办结"]))
    (tmp_path / "framework.yaml").rename(tmp_path / "new.yaml")
    Office(tmp_path, content(执行率=SYSTEM["执行率"]))
    path = newer.cycle(
        "2026Q2", {"甲": {"执行率": 100}}, period=Q2, baseline=before.name, framework="new.yaml",
        sheets={"events": log("2026-05", {"甲": 2}), "kpis": [{"部门": "甲", "指标": "执行率", "数值": 100}]},
    )  # fmt: skip
    tables = cycle.evaluate(params.load(path))
    told = tables["kpi_sources"].set_index(["cycle", "indicator"])["status"]
    assert told[("2026Q1", "办结")] == "not_reported"
    assert tables["changes"].set_index("node").loc["办结", "verdict"] == "not_comparable"
