# ruff: noqa: E501 - one case a line reads best
"""评价方案.xlsx says the same as the YAML files, and names the cell of every mistake."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from factories import tiny_content

from svclib import framework, workbook
from svclib.framework import yamlfile
from svclib.workbook import settings

ROOT = Path(__file__).resolve().parent.parent
SOFFICE = shutil.which("soffice")
PAIRS = [
    ("params/demo/framework.yaml", "params/demo/2026Q2.yaml"),
    ("params/demo/framework.yaml", "params/demo/2025-26.yaml"),
    ("params/kansas_city/framework.yaml", "params/kansas_city/2022-03.yaml"),
    ("templates/framework.yaml", "templates/params.yaml"),
]


def content(name: str) -> dict[str, Any]:
    return yamlfile.read(ROOT / name).data


def rich() -> dict[str, Any]:
    """Every rule a workbook can hold."""
    plan = tiny_content()
    plan["grades"] |= {"method": "targets", "rules": {
        "优秀": {"met_share": 0.9, "missed_max": 1, "node": "total", "node_min": 90},
        "良好": {"met_share": 0.8, "missed_max": 2, "node": "体验", "node_min": 80},
        "合格": {"met_share": 0.5, "missed_max": 5, "node": "total", "node_min": 60},
    }}  # fmt: skip
    plan["adjustments"] = {"max_bonus": 3, "max_deduction": 5, "items": {
        "表彰": {"type": "加分", "points": 2, "clause": "第一条"}, "迟报": {"type": "扣分", "points": [1, 3]},
    }}  # fmt: skip
    plan["names_en"] = {"投诉": "Complaints", "送达 延误": "Late delivery"}
    plan["groups"] = {"支持": {"en": "Support", "exclude": ["时长"], "weights": {"处理率": 60, "事故率": 40}}}
    plan["consequences"] = {"factors": {"优秀": 1.2}, "actions": {"不合格": "整改"}, "repeated": [
        {"grade": "不合格", "consecutive": 2, "action": "述职"},
        {"grade": "合格", "in_year": 3, "action": "帮扶", "personnel": True},
    ]}  # fmt: skip
    plan |= {"aggregate": "几何平均", "floor": 1}
    plan["weights"] = {"combine": "线性", "share": [60, 40], "of": [
        {"method": "层次分析", "how": "几何平均", "group": "权重集结", "max_cr": 0.2, "ri": "saaty2005"},
        {"method": "熵权", "from": "2026Q1"},
    ]}  # fmt: skip
    plan["dimensions"]["过程"]["weights"] = {
        "method": "排序", "how": "秩和", "order": ["处理率", "事故率", "时长"],
    }  # fmt: skip
    plan["dimensions"]["体验"]["weights"] = {
        "combine": "乘积",
        "of": [{"method": "直接"}, {"method": "等权"}],
    }
    plan["missing"] = {"min_measures": {"默认": 1, "过程": 2}, "min_dimensions": 2}
    plan["dimensions"]["体验"]["aggregate"] = "算术平均"
    attitude = next(iter(plan["dimensions"]["体验"]["indicators"].values()))
    attitude["expectation"] = [f"期望{item}" for item in attitude["items"]]
    plan["dimensions"]["过程"]["indicators"]["时长"]["score"] = {
        "steps": {"<= 10": 10, "<= 30": 6, "else": 0}, "full": 10,
    }  # fmt: skip
    plan["dimensions"]["过程"]["indicators"]["事故率"]["score"] = {
        "steps": {"start": 100, "each": -20, "floor": 0},
        "full": 100,
    }
    return plan


@pytest.mark.parametrize(("plan", "params"), PAIRS)
def test_a_workbook_says_what_the_files_say(tmp_path: Path, plan: str, params: str):
    book = workbook.read(workbook.write(tmp_path / "a.xlsx", content(plan), content(params)))
    made, problems = framework.examine(book.framework)
    assert problems == []
    assert made == framework.load(ROOT / plan)
    told, file = (yamlfile.validate(d, _model())[0] for d in (book.params, yamlfile.read(ROOT / params)))
    assert told.model_copy(update={"framework": ""}) == file.model_copy(update={"framework": ""})


def _model() -> Any:
    from svclib.params.settings import ParamsFile

    return ParamsFile


def test_every_rule_survives_the_round_trip(tmp_path: Path):
    book = workbook.read(workbook.write(tmp_path / "a.xlsx", rich(), {}))
    made, problems = framework.examine(book.framework)
    assert problems == []
    assert made == framework.from_dict(rich())


def test_the_committed_workbook_is_current(tmp_path: Path):
    from svclib import convert

    fresh = openpyxl.load_workbook(convert.template(tmp_path / "fresh.xlsx"))
    kept = openpyxl.load_workbook(ROOT / "templates" / "评价方案.xlsx")
    assert fresh.sheetnames == kept.sheetnames
    for name in fresh.sheetnames:
        rows = [[c.value for c in row] for row in fresh[name].iter_rows()]
        assert rows == [[c.value for c in row] for row in kept[name].iter_rows()], name


def test_drop_downs_comments_and_frozen_headers():
    book = openpyxl.load_workbook(ROOT / "templates" / "评价方案.xlsx")
    page = book["指标体系"]
    kinds = next(v for v in page.data_validations.dataValidation if "评分" in str(v.formula1))
    letter = next(c.column_letter for c in page[1] if c.value == "类型")
    assert str(kinds.sqref).startswith(f"{letter}2")
    assert page.freeze_panes == "B2"
    assert any(c.comment for c in page[1])


# --- one broken cell at a time

Edit = Callable[[Any], None]


def cell(sheet: str, header: str, row: int, value: Any) -> Edit:
    def edit(book: Any) -> None:
        page = book[sheet]
        page.cell(row, next(c.column for c in page[1] if c.value == header)).value = value

    return edit


def setting(sheet: str, name: str, value: Any) -> Edit:
    def edit(book: Any) -> None:
        page = book[sheet]
        page.cell(next(c.row for c in page["A"] if c.value == name), 2).value = value

    return edit


def rename(old: str, new: str) -> Edit:
    def edit(book: Any) -> None:
        book[old].title = new

    return edit


# Sheet, header and row of 指标体系: 2 态度 (rating), 3 环境, 4 处理率 (proportion), 5 事故率, 6 时长.
BROKEN: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "kind": (cell("指标体系", "类型", 2, "评价"), ("指标体系!F2", "'评价' is not known", "评分")),
    "direction": (cell("指标体系", "方向", 5, "越少越好"), ("指标体系!G5", "is not known", "越低越好")),
    "weight text": (cell("指标体系", "权重", 2, "一半"), ("指标体系!Q2", "'一半'", "number")),
    "weights do not sum": (cell("指标体系", "权重", 2, 60), ("weights sum to 110", "100")),
    "negative weight": (cell("指标体系", "权重", 2, -1), ("指标体系!Q2", "greater than or equal to 0")),
    "scale": (cell("指标体系", "量程", 2, "一到五"), ("指标体系!L2",)),
    "scale upside down": (cell("指标体系", "量程", 2, "5-1"), ("指标体系!L2",)),
    "reverse of no item": (cell("指标体系", "反向题", 3, "q09"), ("q09",)),
    "item twice": (cell("指标体系", "题项", 3, "q01、q05"), ("item 'q01' is already in",)),
    "rating without items": (cell("指标体系", "题项", 2, None), ("指标体系!D2", "names no items")),
    "subject": (cell("指标体系", "评价主体", 2, "顾客"), ("unknown subject '顾客'", "客户")),
    "veto": (cell("指标体系", "一票否决", 5, "大于2"), ("指标体系!T5", "is not a condition")),
    "veto on the good side": (cell("指标体系", "一票否决", 5, "< 1"), ("指标体系!T5",)),
    "warning on the good side": (cell("指标体系", "预警值", 4, 99), ("指标体系!S4",)),
    "name twice": (cell("指标体系", "指标", 3, "态度"), ("指标体系!D3", "listed twice", "own name")),
    "no name": (cell("指标体系", "指标", 3, None), ("no indicator in this row", "Name the indicator")),
    "no dimension": (cell("指标体系", "维度", 2, None), ("no dimension", "first row")),
    "mid": (cell("指标体系", "最小有意义变化", 2, 0), ("指标体系!U2", "greater than 0")),
    "header": (cell("指标体系", "类型", 1, "种类型"), ("指标体系!F1", "unknown column", "Use the headers")),
    "score of nobody": (cell("评分标准", "指标", 2, "态渡"), ("评分标准!A2", "unknown indicator '态渡'", "态度")),
    "points text": (cell("评分标准", "得分", 2, "满分"), ("评分标准!", "are not numbers")),
    "points above 100": (cell("评分标准", "得分", 3, 120), ("120",)),
    "point missing": (cell("评分标准", "得分", 2, None), ("评分标准!A2", "empty", "Fill in value and points")),
    "cut order": (cell("等级规则", "分数线", 3, 95), ("is not above", "best to worst")),
    "cut text": (cell("等级规则", "分数线", 2, "九十"), ("等级规则!C2", "number")),
    "limit object": (cell("否决限档", "对象", 2, "过成"), ("否决限档!B2", "unknown object '过成'", "过程")),
    "limit result": (cell("否决限档", "结果", 2, "及格"), ("否决限档!E2", "unknown grade '及格'")),
    "limit type": (cell("否决限档", "类型", 2, "否决"), ("否决限档!A2", "is not known")),
    "subjects": (setting("方案设置", "评价主体", "客户60"), ("方案设置!B7", "is not name=value", "客户=60")),
    "subjects do not sum": (setting("方案设置", "评价主体", "客户=60；内部监督=30"), ("方案设置!B7", "sum to 90")),
    "decimals": (setting("方案设置", "公布小数位数", 1.5), ("方案设置!B15", "whole number")),
    "rounding": (setting("方案设置", "修约", "进一"), ("方案设置!B16", "is not known")),
    "no version": (setting("方案设置", "版本", None), ("'version' is missing", "Add version")),
    "setting unknown": (cell("方案设置", "项目", 3, "英文名子"), ("方案设置!A3", "unknown setting", "英文名称")),
    "spreadsheet error": (cell("指标体系", "目标值", 2, "#N/A"), ("指标体系!R2", "#N/A is an error of the spreadsheet")),
    "formula never calculated": (cell("指标体系", "目标值", 2, "=1+1"), ("指标体系!R2", "without a stored value", "save it")),
    "sheet renamed": (rename("评分标准", "评分标淮"), ("评分标准", "no sheet 评分标准", "Copy it from the template")),
    "sheet unknown": (rename("加减分", "奖惩"), ("奖惩", "unknown sheet", "begins with 备注")),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_every_mistake_names_its_cell_and_remedy(tmp_path: Path, name: str):
    edit, told = BROKEN[name]
    path = workbook.write(tmp_path / "方案.xlsx", tiny_content(), {})
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)
    found = workbook.read(path)
    made, problems = framework.examine(found.framework)
    text = "\n".join(map(str, problems))
    assert made is None, name
    for part in told:
        assert part in text, (part, text)
    assert "方案.xlsx" in text


def test_what_people_do_in_excel_is_understood(tmp_path: Path):
    path = workbook.write(tmp_path / "方案.xlsx", tiny_content(), {})
    book = openpyxl.load_workbook(path)
    page = book["指标体系"]
    page.merge_cells("A2:A3")
    page["Q2"] = "５０"  # full width, as text
    page.append([])
    book.create_sheet("备注 草稿")["A1"] = "随便写"
    book.move_sheet("方案设置", -4)
    book.save(path)
    made, problems = framework.examine(workbook.read(path).framework)
    assert problems == []
    assert made == framework.from_dict(tiny_content())


@pytest.mark.parametrize(("name", "bytes_"), [("x.xlsx", b"no workbook"), ("gone.xlsx", None)])
def test_a_file_that_is_no_workbook_says_so(tmp_path: Path, name: str, bytes_: bytes | None):
    if bytes_ is not None:
        (tmp_path / name).write_bytes(bytes_)
    made, problems = framework.examine(workbook.read(tmp_path / name).framework)
    assert made is None
    assert "not an xlsx workbook" in str(problems[0]) or "cannot read" in str(problems[0])


def test_a_workbook_is_never_overwritten(tmp_path: Path):
    workbook.write(tmp_path / "a.xlsx", tiny_content(), {})
    with pytest.raises(FileExistsError):
        workbook.write(tmp_path / "a.xlsx", tiny_content(), {})


def test_every_setting_of_the_params_has_a_row():
    from svclib.params.settings import ParamsFile

    assert {c.path[0] for c in settings.CYCLE} == {
        info.alias or name for name, info in ParamsFile.model_fields.items()
    }


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_libreoffice_keeps_everything(tmp_path: Path):
    path = workbook.write(tmp_path / "a.xlsx", rich(), content("params/demo/2026Q2.yaml"))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        SOFFICE,
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path / "out"),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # type: ignore[arg-type]
    made, problems = framework.examine(workbook.read(tmp_path / "out" / "a.xlsx").framework)
    assert problems == []
    assert made == framework.from_dict(rich())
