"""Rows of the sheets put together as the content of a framework file and of a params file."""

from __future__ import annotations

from typing import Any

from svclib.errors import nearest
from svclib.framework.yamlfile import Document, KeyPath
from svclib.workbook import layout
from svclib.workbook.book import Book, Row, put, scalar

Tables = dict[str, list[Row]]
_TOP = ("总分", "total")


def framework(book: Book, tables: Tables, settings: list[Row]) -> None:
    """Fill `book.framework`."""
    doc = book.framework
    doc.data = {}
    for row in settings:
        _copy(row, doc)
    where = _indicators(book, tables.get("指标体系", []))
    _scores(book, tables.get("评分标准", []), where)
    _grades(book, tables.get("等级规则", []))
    _list(book, tables.get("否决限档", []), ("grades", "limits"))
    _named(book, tables.get("加减分", []), ("adjustments", "items"))
    _list(book, tables.get("处理规则", []), ("consequences", "repeated"))
    _weights(book, tables.get("赋权", []))
    _groups(book, tables.get("分组", []))


def params(book: Book, settings: list[Row], file: str) -> None:
    """Fill `book.params`; the framework is this workbook unless another file is named."""
    doc = book.params
    doc.data = {}
    for row in settings:
        _copy(row, doc)
    doc.data.setdefault("framework", file)
    doc.data.setdefault("data", {})


def _copy(row: Row, doc: Document) -> None:
    for key, value in row.values.items():
        put(doc, key, value, row.cells[key])


def _cell(row: Row, *key: str) -> str:
    return row.cells.get(key) or next(iter(row.cells.values()))


def _indicators(book: Book, rows: list[Row]) -> dict[str, KeyPath]:
    """Dimensions with their indicators; returns the path of every indicator."""
    doc, where, dimension = book.framework, dict[str, KeyPath](), ""
    doc.data["dimensions"] = {}
    for row in rows:
        dimension = str(row.values.get(("dimension", "name"), dimension))
        name = row.values.get(("name",))
        if not dimension:
            book.note(_cell(row), "维度", "no dimension", "Name the dimension in its first row.")
            continue
        _dimension(book, row, dimension)
        if name is None:
            book.note(_cell(row), "指标", "no indicator in this row", "Name the indicator, or clear the row.")
            continue
        path: KeyPath = ("dimensions", dimension, "indicators", str(name))
        if str(name) in where:
            book.note(
                row.cells[("name",)], "指标", f"{name} is listed twice", "Give each indicator its own name."
            )
            continue
        where[str(name)] = path
        put(doc, path, {}, row.cells[("name",)])
        for key, value in row.values.items():
            if key[0] != "dimension" and key != ("name",):
                put(doc, (*path, *key), value, row.cells[key])
    return where


def _dimension(book: Book, row: Row, name: str) -> None:
    doc = book.framework
    if name not in doc.data["dimensions"]:
        put(doc, ("dimensions", name), {"indicators": {}}, _cell(row, "dimension", "name"))
    for key in ("en", "weight", "aggregate"):
        value = row.values.get(("dimension", key))
        if value is None:
            continue
        known = doc.data["dimensions"][name].get(key, value)
        if known != value:
            cell = row.cells[("dimension", key)]
            book.note(cell, key, f"{value} where {name} has {known} above", "Write it once per dimension.")
        put(doc, ("dimensions", name, key), known, row.cells[("dimension", key)])


def _scores(book: Book, rows: list[Row], where: dict[str, KeyPath]) -> None:
    """Anchors where every value is a number, steps where conditions or words stand."""
    name, parts = "", dict[str, list[Row]]()
    for row in rows:
        name = str(row.values.get(("indicator",), name))
        if name not in where:
            cell = _cell(row, "indicator")
            book.note(
                cell, "指标", f"unknown indicator {name!r}", "Name one of 指标体系.", nearest(name, where)
            )
            continue
        parts.setdefault(name, []).append(row)
    for indicator, mine in parts.items():
        content: dict[Any, Any] = {}
        for row in mine:
            _score_row(book, row, content)
        steps = any(isinstance(key, str) for key in content)
        full = [row.values[("full",)] for row in mine if ("full",) in row.values]
        score = {"steps": content, **({"full": full[0]} if full else {})} if steps else content
        put(book.framework, (*where[indicator], "score"), score, _cell(mine[0]))


def _score_row(book: Book, row: Row, content: dict[Any, Any]) -> None:
    value, points = row.values.get(("value",)), row.values.get(("points",))
    if value is None or points is None:
        lacking = "数值或条件" if value is None else "得分"
        book.note(_cell(row), lacking, "empty", "Fill in value and points, or clear the row.")
        return
    key = layout.STEP_WORDS.get(str(value), value)
    if key in content:
        book.note(_cell(row, "value"), "数值或条件", f"{value} is given twice", "Keep one row.")
    content[key] = points


def _grades(book: Book, rows: list[Row]) -> None:
    doc = book.framework
    homes = {"scale": "grades", "scale_en": "grades", "rules": "grades"}
    homes |= dict.fromkeys(("factors", "actions", "actions_en"), "consequences")
    for row in rows:
        grade = row.values.get(("grade",))
        if grade is None:
            book.note(_cell(row), "等级", "no grade in this row", "Name the grade.")
            continue
        for key, value in row.values.items():
            if key == ("grade",):
                continue
            path: KeyPath = (homes[key[0]], key[0], str(grade), *key[1:])
            node = "total" if key[-1] == "node" and value in _TOP else value
            put(doc, path, node, row.cells[key])


def _list(book: Book, rows: list[Row], at: KeyPath) -> None:
    doc = book.framework
    made: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        made.append({key[0]: value for key, value in row.values.items()})
        doc.lines[(*at, place)] = _cell(row)
        doc.lines |= {(*at, place, *key): cell for key, cell in row.cells.items()}
    if made:
        put(doc, at, made, _cell(rows[0]))


def _named(book: Book, rows: list[Row], at: KeyPath) -> None:
    for row in rows:
        name = row.values.get(("name",))
        if name is None:
            book.note(_cell(row), "事项", "no name in this row", "Name the matter.")
            continue
        put(book.framework, (*at, str(name)), {}, _cell(row))
        for key, value in row.values.items():
            if key != ("name",):
                put(book.framework, (*at, str(name), *key), value, row.cells[key])


def _weights(book: Book, rows: list[Row]) -> None:
    """One row per level; several rows of a level are the methods of a combination."""
    doc, levels = book.framework, dict[str, list[Row]]()
    for row in rows:
        parent = str(row.values.get(("parent",), ""))
        if parent not in (*_TOP, *doc.data["dimensions"]):
            known = ["总分", *doc.data["dimensions"]]
            book.note(
                _cell(row, "parent"),
                "对象",
                f"unknown {parent!r}",
                "Name 总分 or a dimension.",
                nearest(parent, known),
            )
            continue
        levels.setdefault(_TOP[0] if parent in _TOP else parent, []).append(row)
    for parent, mine in levels.items():
        at: KeyPath = ("weights",) if parent in _TOP else ("dimensions", parent, "weights")
        if len(mine) > 1 or mine[0].values.keys() & set(_COMBINED):
            _combination(doc, mine, at)
            continue
        for key, value in mine[0].values.items():
            if key != ("parent",):
                put(doc, (*at, *key), value, mine[0].cells[key])


_COMBINED = (("combine",), ("share",))


def _combination(doc: Document, rows: list[Row], at: KeyPath) -> None:
    """`of` from the rows, `combine` from the first that says it, `share` from all that have one."""
    own = (("parent",), *_COMBINED)
    parts = [{key[0]: value for key, value in row.values.items() if key not in own} for row in rows]
    put(doc, at, {"of": parts}, _cell(rows[0]))
    for place, row in enumerate(rows):
        doc.lines[(*at, "of", place)] = _cell(row)
        doc.lines |= {(*at, "of", place, *key): cell for key, cell in row.cells.items()}
    given = {key: [row for row in rows if key in row.values] for key in _COMBINED}
    for row in given[("combine",)][:1]:
        put(doc, (*at, "combine"), row.values[("combine",)], row.cells[("combine",)])
    if given[("share",)]:
        shares = [row.values[("share",)] for row in given[("share",)]]
        put(doc, (*at, "share"), shares, given[("share",)][0].cells[("share",)])


def _groups(book: Book, rows: list[Row]) -> None:
    """权重 and 分数线 are numbers of an object, 不考核 names it alone."""
    doc, name = book.framework, ""
    homes = {"权重": "weights", "分数线": "scale"}
    for row in rows:
        name = str(row.values.get(("group",), name))
        what, node = row.values.get(("what",)), row.values.get(("object",))
        if ("en",) in row.values:
            put(doc, ("groups", name, "en"), row.values[("en",)], row.cells[("en",)])
        if what == "不考核" and node is not None:
            left = doc.data.setdefault("groups", {}).setdefault(name, {}).setdefault("exclude", [])
            left.append(str(node))
            doc.lines[("groups", name, "exclude", str(node))] = _cell(row, "object")
            doc.lines.setdefault(("groups", name), _cell(row))
        elif what in homes and node is not None and ("value",) in row.values:
            put(
                doc,
                ("groups", name, homes[what], str(node)),
                scalar(row.values[("value",)]),
                _cell(row, "value"),
            )
        elif what is not None or node is not None:
            remedy = "Write 权重 or 分数线 with object and number, or 不考核 with an indicator."
            book.note(_cell(row), "项目", "not a rule of a group", remedy)
