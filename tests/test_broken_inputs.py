# ruff: noqa: E501 - one mistake a line reads best
"""One mistake at a time: named by file and row, or sheet and cell, with its remedy; no number comes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from factories import tiny_content

from svclib import params, sources
from svclib.errors import InputErrors

Grid = list[list[Any]]
ITEMS = ["q01", "q02", "q03", "q04", "q05"]


def tables() -> dict[str, Grid]:
    """Every sheet of a small, correct cycle."""
    answers = [
        [
            f"R{k}",
            "甲" if k % 2 else "乙",
            "客户",
            "电话",
            "2026-05-01 08:00:00",
            "2026-05-01 08:03:00",
            4,
            5,
            4,
            3,
            2,
        ]
        for k in range(6)
    ]
    rows = [
        ["甲", "处理率", "", 90, 100],
        ["乙", "处理率", "", 95, 100],
        ["甲", "事故率", "", 0, 1000],
        ["乙", "事故率", "", 1, 1000],
        ["甲", "时长", 20, "", ""],
        ["乙", "时长", 25, "", ""],
    ]
    return {
        "units": [["部门", "名称"], ["甲", "甲部"], ["乙", "乙部"]],
        "responses": [["受访者编号", "部门", "评价主体", "渠道", "开始时间", "结束时间", *ITEMS], *answers],
        "kpis": [["部门", "指标", "数值", "分子", "分母"], *rows],
        "targets": [["部门", "指标", "目标值", "预警值", "生效日期"], ["甲", "处理率", 96, 90, "2026-04-01"]],
        "collection": [["数据", "部门", "评价主体", "渠道", "发放数", "截止日期"], ["问卷", "甲", "客户", "电话", 10, "2026-06-20"]],
        "events": [["编号", "部门", "类别", "开始时间", "应办结时间", "响应时间", "办结时间", "已反馈"], ["T1", "甲", "投诉", "2026-05-01 08:00", "2026-05-04 08:00", "2026-05-01 09:00", "2026-05-03 08:00", "是"]],
        "adjustments": [["部门", "事项", "次数", "分值", "事实依据", "审批人"], ["甲", "表彰", 1, "", "通报", "委员会"]],
        "actions": [["部门", "指标", "措施", "完成期限", "状态"], ["甲", "态度", "培训", "2026-06-01", "进行中"]],
        "training": [["人员编号", "部门", "课程", "参训", "训前理论", "训后理论", "培训满意度"], ["P1", "甲", "礼仪", "是", 60, 80, 4]],
        "audit": [["受访者编号", "核查结果"], ["R1", "属实"]],
        "appeals": [["申诉编号", "部门", "申诉事项", "提出日期", "处理结果"], ["S1", "甲", "漏计", "2026-07-01", "待处理"]],
        "corrections": [["数据", "部门", "指标", "列", "受访者编号", "原值", "新值", "依据", "批准人", "批准日期"], ["指标数据", "甲", "处理率", "分子", "", 90, 92, "漏计", "委员会", "2026-07-02"]],
        "benchmarks": [["指标", "参照对象", "参照值", "来源"], ["处理率", "同行", 94, "年报"]],
        "keywords": [["类别", "关键词"], ["延误", "迟到"]],
        "delphi": [["轮次", "专家", "意见类型", "对象", "意见值"], [1, "E1", "权重", "体验", 60], [1, "E1", "权重", "过程", 40], [1, "E1", "分数线", "优秀", 90], [1, "E1", "分数线", "良好", 80]],
        "inspections": [["部门", "日期", "地点", "检查项", "结果", "得分", "满分", "检查员"], ["甲", "2026-05-12", "库区", "通道畅通", "符合", "", "", "J-01"], ["甲", "2026-05-12", "库区", "台账", "", 8, 10, ""]],
        "interviews": [["部门", "日期", "涉及指标", "发现"], ["甲", "2026-06-01", "态度", "很好"]],
    }  # fmt: skip


def text(grid: Grid, mark: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows(grid)
    return out.getvalue()


def write(home: Path, grids: dict[str, Grid], raw: dict[str, tuple[str, bytes]]) -> Path:
    plan = tiny_content() | {"adjustments": {"max_bonus": 3, "max_deduction": 3, "items": {
        "表彰": {"type": "加分", "points": 2}, "推广": {"type": "加分", "points": [1, 2]}}}}  # fmt: skip
    (home / "framework.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), "utf-8")
    data = {}
    for name, grid in grids.items():
        file, content = raw.get(name, (f"{name}.csv", text(grid).encode()))
        (home / file).write_bytes(content)
        data[name] = file
    cycle = {"name": "tiny", "framework": "framework.yaml", "cycle": "2026Q2", "data": data}
    cycle["period"] = {"start": "2026-04-01", "end": "2026-06-30"}
    path = home / "2026Q2.yaml"
    path.write_text(yaml.safe_dump(cycle, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def put(name: str, row: int, column: str, value: Any) -> Callable[[dict[str, Grid]], None]:
    """Write `value` into row `row` (as numbered in the file) of a column."""

    def edit(grids: dict[str, Grid]) -> None:
        grids[name][row - 1][grids[name][0].index(column)] = value

    return edit


def head(name: str, old: str, new: str) -> Callable[[dict[str, Grid]], None]:
    def edit(grids: dict[str, Grid]) -> None:
        grids[name][0][grids[name][0].index(old)] = new

    return edit


def add(name: str, *row: Any) -> Callable[[dict[str, Grid]], None]:
    def edit(grids: dict[str, Grid]) -> None:
        grids[name].append([*row, *[""] * (len(grids[name][0]) - len(row))])

    return edit


# name: (what is done, what the message says: file, place, found, remedy)
CELLS: dict[str, tuple[Callable[[dict[str, Grid]], None], tuple[str, ...]]] = {
    "answer out of range": (put("responses", 3, "q01", 7), ("responses.csv", "row 3, q01", "outside 1-5", "Correct them")),
    "answer in words": (put("responses", 4, "q02", "满意"), ("row 4, q02", "not a number: 满意")),
    "answer with a unit": (put("responses", 4, "q02", "5分"), ("row 4, q02", "not a number")),
    "spreadsheet error as answer": (put("responses", 2, "q03", "#REF!"), ("row 2, q03", "not a number: #REF!")),
    "unknown unit": (put("responses", 2, "部门", "甲部门"), ("row 2, 部门", "unknown unit: 甲部门", "Add it to the units")),
    "empty unit": (put("responses", 2, "部门", ""), ("row 2, 部门", "empty", "Fill it in")),
    "total row": (add("responses", "合计", "合计", "客户"), ("row 8, 部门", "unknown unit: 合计")),
    "unknown evaluator": (put("responses", 2, "评价主体", "顾客"), ("row 2, 评价主体", "unknown subject: 顾客", "Use 客户")),
    "no time": (put("responses", 2, "开始时间", "上午"), ("row 2, 开始时间", "not a time: 上午", "Write 2026-06-05")),
    "end before start": (put("responses", 2, "结束时间", "2026-05-01 07:00:00"), ("row 2, 结束时间", "time below 0", "Correct the times")),
    "item column missing": (head("responses", "q04", "第四题"), ("row 1", "no column for item q04", "map it under columns")),
    "unit column misspelt": (head("responses", "部门", "部们"), ("row 1, unit", "no column unit (部门)", "Did you mean '部们'")),
    "evaluator column missing": (head("responses", "评价主体", "谁评的"), ("row 1, subject", "no column subject (评价主体)")),
    "optional header with a slip": (head("responses", "结束时间", "结朿时间"), ("row 1, 结朿时间", "column is not used", "Correct its name")),
    "header twice": (head("responses", "渠道", "部门"), ("2 columns for unit", "Keep one")),
    "unit listed twice": (add("units", "甲"), ("units.csv", "row 4, 部门", "unit listed twice", "Keep one row per unit")),
    "unit without name": (add("units", "", "某部"), ("row 4, 部门", "empty", "Name the unit")),
    "units header": (head("units", "部门", "单位全称表"), ("units.csv", "no column unit (部门)")),
    "unknown indicator": (put("kpis", 2, "指标", "处理律"), ("kpis.csv", "row 2, 指标", "unknown indicator: 处理律", "Name an indicator", "Did you mean '处理率'")),
    "rating among the records": (put("kpis", 2, "指标", "态度"), ("row 2, 指标", "a rating comes from the responses", "Remove it")),
    "unknown unit of a record": (put("kpis", 2, "部门", "丙"), ("row 2, 部门", "unknown unit: 丙")),
    "record twice": (add("kpis", "甲", "处理率", "", 1, 2), ("row 8, 指标", "unit and indicator repeated", "Keep one row of each")),
    "percent sign": (put("kpis", 6, "数值", "20%"), ("row 6, 数值", "not a number: 20%", "plain number without %")),
    "thousands separator": (put("kpis", 4, "分母", "1,000"), ("row 4, 分母", "not a number: 1,000", "plain number")),
    "denominator zero": (put("kpis", 2, "分母", 0), ("row 2, 分母", "not above 0", "不适用")),
    "numerator above denominator": (put("kpis", 2, "分子", 120), ("row 2, 分子", "above the denominator", "Correct one of them")),
    "numerator negative": (put("kpis", 4, "分子", -1), ("row 4, 分子", "below 0", "Correct it")),
    "numerator alone": (put("kpis", 2, "分母", ""), ("row 2, 分母", "alone", "Give both")),
    "duration below zero": (put("kpis", 6, "数值", -3), ("row 6, 数值", "outside 0-inf", "Correct it")),
    "N/A as a value": (put("kpis", 6, "数值", "#N/A"), ("row 6, 数值", "not a number: #N/A")),
    "target of nobody": (put("targets", 2, "部门", "丙"), ("targets.csv", "row 2, 部门", "unknown unit: 丙")),
    "target without value": (put("targets", 2, "目标值", ""), ("row 2, 目标值", "empty", "Fill it in")),
    "target in words": (put("targets", 2, "目标值", "九成"), ("row 2, 目标值", "not a number: 九成")),
    "impossible day": (put("targets", 2, "生效日期", "2026-02-30"), ("row 2, 生效日期", "not a day: 2026-02-30", "Write it as 2026-06-30")),
    "day in words": (put("targets", 2, "生效日期", "四月一日"), ("row 2, 生效日期", "not a day")),
    "target twice": (add("targets", "甲", "处理率", 97, 91, "2026-04-01"), ("row 3", "repeats unit and indicator", "Keep one row")),
    "issued negative": (put("collection", 2, "发放数", -5), ("collection.csv", "row 2, 发放数", "not a whole number of at least 0")),
    "issued a fraction": (put("collection", 2, "发放数", 10.5), ("row 2, 发放数", "not a whole number")),
    "kind of data": (put("collection", 2, "数据", "问券"), ("row 2, 数据", "not a choice: 问券", "Write one of 问卷", "Did you mean '问卷'")),
    "event without id": (put("events", 2, "编号", ""), ("events.csv", "row 2, 编号", "empty")),
    "event without start": (put("events", 2, "开始时间", ""), ("row 2, 开始时间", "empty")),
    "closed before opened": (put("events", 2, "办结时间", "2026-04-01 08:00"), ("row 2, 办结时间", "before 开始时间", "Correct one of them")),
    "answered before opened": (put("events", 2, "响应时间", "2026-04-01 08:00"), ("row 2, 响应时间", "before 开始时间")),
    "due before opened": (put("events", 2, "应办结时间", "2026-04-01 08:00"), ("row 2, 应办结时间", "before 开始时间")),
    "neither yes nor no": (put("events", 2, "已反馈", "也许"), ("row 2, 已反馈", "not a choice: 也许", "Write one of 是, 否")),
    "hour 25": (put("events", 2, "开始时间", "2026-05-01 25:00"), ("row 2, 开始时间", "not a time")),
    "event of nobody": (put("events", 2, "部门", "丙"), ("row 2, 部门", "unknown unit: 丙")),
    "unknown matter": (put("adjustments", 2, "事项", "表杨"), ("adjustments.csv", "row 2, 事项", "unknown adjustment: 表杨", "Name one of 表彰", "Did you mean '表彰'")),
    "points of a fixed matter": (put("adjustments", 2, "分值", 3), ("row 2, 分值", "fixed at 2", "Leave it empty")),
    "points outside the range": (add("adjustments", "甲", "推广", 1, 5, "通报", "委员会"), ("row 3, 分值", "not within 1-2", "Give points of the range")),
    "points without basis": (put("adjustments", 2, "事实依据", ""), ("row 2, 事实依据", "empty")),
    "points without approver": (put("adjustments", 2, "审批人", ""), ("row 2, 审批人", "empty")),
    "state of a measure": (put("actions", 2, "状态", "做完了"), ("actions.csv", "row 2, 状态", "not a choice: 做完了", "未启动")),
    "measure on nothing": (put("actions", 2, "指标", "满意"), ("row 2, 指标", "unknown indicator: 满意")),
    "pilot of nobody": (lambda g: (g["actions"][0].append("试点部门"), g["actions"][1].append("乙、丙")), ("actions.csv", "row 2, 试点部门", "unknown unit '丙'", "separated by ；")),
    "mark above full marks": (put("training", 2, "训后理论", 101), ("training.csv", "row 2, 训后理论", "not between 0 and the full marks: 101", "Correct one of them")),
    "mark below zero": (put("training", 2, "训前理论", -1), ("row 2, 训前理论", "not between 0 and the full marks: -1")),
    "mark after without one before": (put("training", 2, "训前理论", ""), ("row 2, 训后理论", "no 训前理论 to compare with: 80", "Fill it in")),
    "trained twice": (add("training", "P1", "甲", "礼仪", "是", 50, 60), ("row 3, 人员编号", "repeats person and course", "Keep one row")),
    "rating of a course": (put("training", 2, "培训满意度", 6), ("row 2, 培训满意度", "not between 1 and 5: 6", "Correct it")),
    "rated without being there": (put("training", 2, "参训", "否"), ("row 2, 培训满意度", "rated by someone who was not trained: 4", "Empty it")),
    "trained unit of nobody": (put("training", 2, "部门", "丙"), ("row 2, 部门", "unknown unit: 丙")),
    "call-back of nobody": (put("audit", 2, "受访者编号", "R99"), ("audit.csv", "row 2, 受访者编号", "no answer of this respondent", "Write the id as returned")),
    "result of a call": (put("audit", 2, "核查结果", "真"), ("row 2, 核查结果", "not a choice: 真", "属实")),
    "decision": (put("appeals", 2, "处理结果", "同意"), ("appeals.csv", "row 2, 处理结果", "not a choice: 同意", "采纳")),
    "appeal without day": (put("appeals", 2, "提出日期", ""), ("row 2, 提出日期", "empty")),
    "old value differs": (put("corrections", 2, "原值", 91), ("corrections.csv", "row 2, 原值", "not what the data hold now", "as it stands")),
    "new value in words": (put("corrections", 2, "新值", "九十二"), ("row 2, 新值", "not a number", "Write the corrected number")),
    "column corrected": (put("corrections", 2, "列", "分孑"), ("row 2, 列", "unknown column: 分孑", "Use one of", "分子")),
    "record corrected": (put("corrections", 2, "指标", "态度"), ("row 2, 指标", "no record of this unit and indicator")),
    "reference in words": (put("benchmarks", 2, "参照值", "约94"), ("benchmarks.csv", "row 2, 参照值", "not a number")),
    "weights of an expert": (put("delphi", 3, "意见值", 50), ("delphi.csv", "row 2, 意见值", "round 1, expert E1: weights of 体验, 过程 sum to 110: 60", "sum to 100")),
    "expert without a weight": (put("delphi", 3, "对象", "处理率"), ("delphi.csv", "row 2, 意见值", "round 1, expert E1: weights leave out 过程", "row 3, 意见值", "weights leave out 事故率, 时长")),
    "cuts in the wrong order": (put("delphi", 5, "意见值", 91), ("delphi.csv", "row 5, 意见值", "cut not below that of the better grade")),
    "cut of an indicator": (put("delphi", 4, "对象", "态度"), ("delphi.csv", "row 4, 对象", "a cut of what is no grade")),
    "weight of a grade": (put("delphi", 4, "意见类型", "权重"), ("delphi.csv", "row 4, 对象", "no cut, but of a grade")),
    "opinion on nothing": (put("delphi", 4, "对象", "优透"), ("delphi.csv", "row 4, 对象", "unknown name", "'优秀'")),
    "lowest cut": (put("delphi", 5, "对象", "不合格"), ("delphi.csv", "row 5, 对象", "the lowest grade has no cut")),
    "round zero": (put("delphi", 2, "轮次", 0), ("delphi.csv", "row 2, 轮次", "round below 1")),
    "opinion twice": (put("delphi", 3, "对象", "体验"), ("delphi.csv", "row 3, 轮次", "repeats round and expert and kind and item")),
    "category without keyword": (put("keywords", 2, "关键词", ""), ("keywords.csv", "row 2, 关键词", "empty")),
    "inspection of nobody": (put("inspections", 2, "部门", "丙"), ("inspections.csv", "row 2, 部门", "unknown unit: 丙")),
    "inspection of nothing": (put("inspections", 2, "检查项", ""), ("row 2, 检查项", "empty", "Fill it in")),
    "inspection without day": (put("inspections", 2, "日期", ""), ("row 2, 日期", "empty", "Fill it in")),
    "inspection of another period": (put("inspections", 2, "日期", "2025-05-12"), ("row 2, 日期", "not within the period 2026-04-01 to 2026-06-30: 2025-05-12", "move the row")),
    "finding misspelt": (put("inspections", 2, "结果", "不付合"), ("row 2, 结果", "not a choice: 不付合", "Write one of 符合, 不符合, 不适用", "Did you mean '不符合'")),
    "no finding": (put("inspections", 2, "结果", ""), ("row 2, 结果", "neither a result nor a score", "Fill in one of them")),
    "result and score": (put("inspections", 3, "结果", "符合"), ("row 3, 得分", "both a result and a score: 8", "Keep one of them")),
    "score of nothing": (put("inspections", 3, "满分", ""), ("row 3, 满分", "score or full marks alone", "Give both")),
    "score above full marks": (put("inspections", 3, "得分", 12), ("row 3, 得分", "score above the full marks: 12", "Correct one of them")),
    "score below zero": (put("inspections", 3, "得分", -1), ("row 3, 得分", "score below 0: -1", "Correct it")),
    "full marks of zero": (put("inspections", 3, "满分", 0), ("row 3, 满分", "full marks not above 0: 0", "Correct it")),
    "score in words": (put("inspections", 3, "得分", "8分"), ("row 3, 得分", "not a number: 8分", "plain number")),
    "inspected twice by one": (add("inspections", "甲", "2026-05-12", "库区", "通道畅通", "不符合", "", "", "J-01"), ("row 4", "repeats unit and date and place and check and inspector", "Keep one row")),
    "finding without text": (put("interviews", 2, "发现", ""), ("interviews.csv", "row 2, 发现", "empty")),
    "finding on nothing": (put("interviews", 2, "涉及指标", "服务"), ("row 2, 涉及指标", "unknown name: 服务")),
}  # fmt: skip


def told(path: Path) -> str:
    with pytest.raises(InputErrors) as caught:
        sources.read(params.load(path))
    return str(caught.value)


def test_the_correct_cycle_has_no_problem(tmp_path: Path):
    path = write(tmp_path, tables(), {})
    assert sources.check(path) == []
    assert set(sources.read(params.load(path)).sheets) == set(tables()) - {"units", "responses", "kpis"}


@pytest.mark.parametrize("name", CELLS)
def test_a_broken_cell_is_named_with_its_remedy(tmp_path: Path, name: str):
    edit, wanted = CELLS[name]
    grids = tables()
    edit(grids)
    message = told(write(tmp_path, grids, {}))
    for part in wanted:
        assert part in message, (part, message)


def book(grids: dict[str, Grid], sheet: str = "问卷") -> bytes:
    made = openpyxl.Workbook()
    page = made.worksheets[0]
    page.title = sheet
    for row in grids["responses"]:
        page.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


FILES: dict[str, tuple[str, Callable[[dict[str, Grid]], bytes], tuple[str, ...]]] = {
    "not a workbook": ("responses.xlsx", lambda _: b"PK no", ("responses.xlsx", "not an xlsx workbook", "Save it as .xlsx")),
    "old format": ("responses.xls", lambda _: b"\xd0\xcf\x11\xe0", ("responses.xls", "files of type .xls cannot be read", ".xlsx")),
    "no text at all": ("responses.csv", lambda _: b"\x81\x00\xff\xff\xfe", ("responses.csv", "neither UTF-8 nor GB18030", "Save it as CSV UTF-8")),
    "empty file": ("responses.csv", lambda _: b"", ("responses.csv", "the file is empty", "headers in the first row")),
    "headers only": ("responses.csv", lambda g: text(g["responses"][:1]).encode(), ("headers but no rows", "Add the data")),
    "a comma too many": ("responses.csv", lambda g: (text(g["responses"]) + ",".join("x" * 14) + "\n").encode(), ("row 8", "cells where the header has 11", "Quote a text")),
    "cell of a workbook": ("responses.xlsx", lambda g: (g["responses"][2].__setitem__(6, 9.5), book(g))[1], ("responses.xlsx", "问卷!G3", "outside 1-5")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_named_with_its_remedy(tmp_path: Path, name: str):
    file, content, wanted = FILES[name]
    grids = tables()
    message = told(write(tmp_path, grids, {"responses": (file, content(grids))}))
    for part in wanted:
        assert part in message, (part, message)


@pytest.mark.parametrize(
    "content",
    [
        lambda g: text(g).encode("gb18030"),
        lambda g: text(g).encode("utf-8-sig"),
        lambda g: text(g, ";").encode(),
        lambda g: text(g, "\t").encode("utf-16"),
        lambda g: text([g[0], *[[str(v).translate(str.maketrans("012345", "０１２３４５")) if k > 5 else v for k, v in enumerate(r)] for r in g[1:]]]).encode(),
    ],
)  # fmt: skip
def test_what_offices_save_is_understood(tmp_path: Path, content: Callable[[Grid], bytes]):
    grids = tables()
    path = write(tmp_path, grids, {"responses": ("responses.csv", content(grids["responses"]))})
    plain = tmp_path / "plain"
    plain.mkdir()
    got, wanted = (sources.read(params.load(p)).responses for p in (path, write(plain, grids, {})))
    assert got[["unit", *ITEMS]].equals(wanted[["unit", *ITEMS]])


def test_there_are_enough_of_them():
    assert len(CELLS) + len(FILES) >= 70
