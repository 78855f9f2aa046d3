"""The content of a framework file and a params file as 评价方案.xlsx, ready to be edited."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from svclib.framework.names import ALIASES
from svclib.workbook import layout
from svclib.workbook.layout import Column
from svclib.workbook.settings import SETTINGS

Content = Mapping[str, Any]
HEAD = PatternFill("solid", fgColor="0B3A66")
SPARE = 200  # rows beyond the last that still offer the choices
GUIDE = """评价方案工作簿：怎样填写

1. 《指标体系》每个指标一行；《评分标准》写每个指标怎样折算为 0–100 分；《等级规则》写等级与分数线。
2. 《否决限档》《加减分》《处理规则》《分组》没有就留空。
3. 《方案设置》《本期设置》只改“内容”一列；说明写在右边。
4. 《部门》列出被评价单位；合并或更名的，在“替代”中写原来的名称。
5. 单元格有下拉的请从中选择；表头批注说明怎样填。
6. 填好后检查：svclib check 评价方案.xlsx；列出的问题会指明工作表和单元格。
7. 没有问题后运行：svclib run 评价方案.xlsx。
8. 自己的草稿可另建工作表，名称以“备注”开头。
本工作簿的示例是演示用的合成数据，不代表任何真实单位。"""


def write(path: Path, framework: Content, params: Content, units: pd.DataFrame | None = None) -> Path:
    """Write the workbook; refuses to write over a file.

    Parameters
    ----------
    framework, params : content of the YAML files, as read.
    units : sheet 部门, columns as headers.
    """
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "svclib"
    book.properties.created = book.properties.modified = dt.datetime(2000, 1, 1)
    guide: Any = book.create_sheet(layout.GUIDE)
    for row, text in enumerate(GUIDE.split("\n"), 1):
        guide.cell(row, 1).value = text
    guide.column_dimensions["A"].width = 100
    guide["A1"].font = Font(bold=True, size=14)
    rows = tables(framework)
    for name, columns in layout.TABLES.items():
        _table(book.create_sheet(name), columns, rows[name])
    for name, content in (("方案设置", framework), ("本期设置", params)):
        _settings(book.create_sheet(name), SETTINGS[name], content)
    _units(book.create_sheet(layout.UNITS), units)
    with path.open("xb") as handle:
        book.save(handle)
    return path


def tables(framework: Content) -> dict[str, list[dict[tuple[str, ...], Any]]]:
    """Rows of every table sheet: value by the key path of its column."""
    dimensions: Content = framework.get("dimensions", {})
    indicators = [(d, i, body) for d, dim in dimensions.items() for i, body in dim["indicators"].items()]
    grades: Content = framework.get("grades", {})
    return {
        "指标体系": [_indicator(d, dimensions[d], i, body) for d, i, body in indicators],
        "评分标准": [row for _, name, body in indicators for row in _score(name, body.get("score", {}))],
        "等级规则": _grades(grades, framework.get("consequences", {})),
        "否决限档": [_flat(limit) for limit in grades.get("limits", [])],
        "加减分": [
            {("name",): n, **_flat(item)}
            for n, item in framework.get("adjustments", {}).get("items", {}).items()
        ],
        "处理规则": [_flat(rule) for rule in framework.get("consequences", {}).get("repeated", [])],
        "赋权": _weights(framework, dimensions),
        "分组": _groups(framework.get("groups", {})),
    }


def _flat(content: Content, at: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Nested content as value by key path."""
    found: dict[tuple[str, ...], Any] = {}
    for key, value in content.items():
        inner = _flat(value, (*at, str(key))) if isinstance(value, Mapping) and key == "mid" else None
        found |= inner if inner is not None else {(*at, str(key)): value}
    return found


def _indicator(dimension: str, dim: Content, name: str, body: Content) -> dict[tuple[str, ...], Any]:
    own = {("dimension", key): dim.get(key) for key in ("en", "weight", "aggregate")}
    own |= {("dimension", "name"): dimension}
    return own | {("name",): name} | _flat({k: v for k, v in body.items() if k != "score"})


def _score(name: str, score: Content) -> list[dict[tuple[str, ...], Any]]:
    words = {key: word for word, key in layout.STEP_WORDS.items()}
    parts = score.get("steps", score)
    rows: list[dict[tuple[str, ...], Any]] = [
        {("indicator",): name, ("value",): words.get(str(k), k), ("points",): v} for k, v in parts.items()
    ]
    if "full" in score and rows:
        rows[0][("full",)] = score["full"]
    return rows


def _grades(grades: Content, consequences: Content) -> list[dict[tuple[str, ...], Any]]:
    rows = []
    for grade, cut in grades.get("scale", {}).items():
        row: dict[tuple[str, ...], Any] = {("grade",): grade, ("scale",): cut}
        row[("scale_en",)] = grades.get("scale_en", {}).get(grade)
        row |= {("rules", k): v for k, v in grades.get("rules", {}).get(grade, {}).items()}
        row |= {(k,): consequences.get(k, {}).get(grade) for k in ("factors", "actions", "actions_en")}
        rows.append(row)
    return rows


def _weights(framework: Content, dimensions: Content) -> list[dict[tuple[str, ...], Any]]:
    parents = {"总分": framework.get("weights")} | {d: dim.get("weights") for d, dim in dimensions.items()}
    return [row for parent, rule in parents.items() if rule for row in _rule(parent, rule)]


def _rule(parent: str, rule: Content) -> list[dict[tuple[str, ...], Any]]:
    """One row, or one per method of a combination."""
    if "of" not in rule:
        return [{("parent",): parent, **_flat(rule)}]
    rows = [{("parent",): parent, **_flat(part)} for part in rule["of"]]
    for row, share in zip(rows, rule.get("share", []), strict=False):
        row[("share",)] = share
    rows[0][("combine",)] = rule.get("combine")
    return rows


def _groups(groups: Content) -> list[dict[tuple[str, ...], Any]]:
    rows: list[dict[tuple[str, ...], Any]] = []
    for name, group in groups.items():
        mine: list[dict[tuple[str, ...], Any]] = []
        for word, key in (("权重", "weights"), ("分数线", "scale")):
            mine += [{("what",): word, ("object",): o, ("value",): v} for o, v in group.get(key, {}).items()]
        mine += [{("what",): "不考核", ("object",): o} for o in group.get("exclude", [])]
        rows += [{("group",): name, **row} for row in mine or [{}]]
        rows[-len(mine or [{}])][("en",)] = group.get("en")
    return rows


def _table(page: Any, columns: Sequence[Column], rows: list[dict[tuple[str, ...], Any]]) -> None:
    _header(page, [c.zh for c in columns], [c.about for c in columns])
    for line, row in enumerate(rows, 2):
        for place, column in enumerate(columns, 1):
            key = ("dimension", *column.path) if column in layout.DIMENSION else column.path
            _put(page.cell(line, place), row.get(key), column)
    for place, column in enumerate(columns, 1):
        _choices(page, get_column_letter(place), column, 2, len(rows) + SPARE)
    _widths(page)


def _settings(page: Any, columns: Sequence[Column], content: Content) -> None:
    _header(page, ["项目", "内容", "说明"], ["", "只改这一列", ""])
    for line, column in enumerate(columns, 2):
        page.cell(line, 1).value = column.zh
        _put(page.cell(line, 2), _get(content, column), column)
        told = column.about or ("、".join(column.choices) if column.choices else "")
        page.cell(line, 3).value = told or None
        _choices(page, "B", column, line, line)
    _widths(page)


def _get(content: Content, column: Column) -> Any:
    """Value at the key path of a setting; a data source may be a path alone or a mapping with one."""
    found: Any = content
    for key in column.path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    if column.path[:1] == ("data",) and len(column.path) == 2 and isinstance(found, Mapping):
        return found.get("path")
    if column.path[:1] == ("title",) and isinstance(content.get("title"), str):
        return content["title"]
    return found


def _put(cell: Any, value: Any, column: Column) -> None:
    text = shown(value, column)
    cell.value = text
    if isinstance(text, str):
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
    cell.alignment = Alignment(vertical="top", wrap_text=isinstance(text, str) and len(text) > 12)


def shown(value: Any, column: Column) -> Any:
    """A YAML value as it stands in a cell of the column."""
    if value is None or value in ({}, [], ()):
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if column.choices:  # the drop-down offers the Chinese word
        return next((word for word in column.choices if ALIASES.get(word) == value), value)
    if column.shape == "flow" or (isinstance(value, Mapping) and column.shape != "pairs"):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, Mapping):
        return "；".join(f"{k}={'、'.join(v) if isinstance(v, list) else v}" for k, v in value.items())
    if isinstance(value, list | tuple):
        mark = "-" if column.shape == "range" else "、"
        return mark.join(str(v) for v in value)
    return str(value) if column.shape == "text" else value


def _header(page: Any, names: Sequence[str], notes: Sequence[str]) -> None:
    for place, (name, about) in enumerate(zip(names, notes, strict=True), 1):
        cell = page.cell(1, place)
        cell.value, cell.fill, cell.font = name, HEAD, Font(bold=True, color="FFFFFF")
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        if about:
            cell.comment = Comment(about, "svclib", width=260, height=60)
    page.freeze_panes = "B2"


def _choices(page: Any, letter: str, column: Column, first: int, last: int) -> None:
    if column.choices:
        rule = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
        rule.error, rule.errorTitle = f"请选择：{'、'.join(column.choices)}", "不在选项中"
        rule.add(f"{letter}{first}:{letter}{last}")
        page.add_data_validation(rule)


def _widths(page: Any) -> None:
    for cells in page.iter_cols():
        longest = max(sum(2 if ord(ch) > 255 else 1 for ch in str(c.value or "")) for c in cells)
        page.column_dimensions[cells[0].column_letter].width = min(46, max(9, longest + 2))


def _units(page: Any, units: pd.DataFrame | None) -> None:
    names = ["部门", "名称", "英文名称", "上级", "参评", "分组", "负责人", "替代", "生效日期"]
    _header(page, names, layout.UNIT_NOTES)
    rows = [] if units is None else units.to_dict("records")
    for line, row in enumerate(rows, 2):
        for place, name in enumerate(names, 1):
            _put(page.cell(line, place), row.get(name) or None, Column(name, (), "text"))
    _widths(page)
