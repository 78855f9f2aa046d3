"""评价方案.xlsx to the same nested content the YAML files hold, every value with its cell."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from svclib.errors import nearest
from svclib.framework import yamlfile
from svclib.framework.yamlfile import Document
from svclib.workbook import archive, build, layout
from svclib.workbook.book import Book, Row, plain, scalar, text
from svclib.workbook.layout import Column
from svclib.workbook.settings import SETTINGS

KNOWN = (layout.GUIDE, *layout.TABLES, *SETTINGS, layout.UNITS)
_SPLIT = re.compile(r"[、,，;；]")
_PAIR = re.compile(r"[;；\n]")
_RANGE = re.compile(r"\s*([-+]?[0-9.]+)\s*[-~～—至]\s*([-+]?[0-9.]+)\s*")


def read(path: Path) -> Book:
    """Read a workbook; what is wrong with its cells is noted, not raised."""
    book = Book(Document(path.name), Document(path.name))
    pages = _pages(path, book)
    if pages is not None:
        for name in layout.REQUIRED:
            if name not in pages:
                found = [p for p in pages if p not in KNOWN]
                book.note("", name, f"no sheet {name}", "Copy it from the template.", nearest(name, found))
        tables = {n: _rows(book, n, pages[n], c) for n, c in layout.TABLES.items() if n in pages}
        settings = {n: _settings(book, n, pages[n], c) for n, c in SETTINGS.items() if n in pages}
        build.framework(book, tables, settings.get("方案设置", []))
        build.params(book, settings.get("本期设置", []), path.name)
        book.has_units = any(text(v) for row in pages.get(layout.UNITS, [])[1:] for v in row if v is not None)
    for document in (book.framework, book.params):
        document.problems[:0] = book.problems
    return book


def _pages(path: Path, book: Book) -> dict[str, list[list[Any]]] | None:
    """Cells of every known sheet; of merged cells the first holds the value."""
    try:
        content = path.read_bytes()
        swollen = archive.swollen(content)
        if swollen:
            book.note("", "", swollen, archive.REMEDY)
            return None
        with warnings.catch_warnings():
            # openpyxl warns of drop-down lists and styles it does not keep; no value is affected.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            values = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
            written = openpyxl.load_workbook(io.BytesIO(content))
    except OSError as error:
        book.note("", "", f"cannot read {path}: {error.strerror}", "Check the path.")
        return None
    except (zipfile.BadZipFile, KeyError, ValueError):
        book.note("", "", "not an xlsx workbook", "Save it as .xlsx, without a password.")
        return None
    pages = {}
    for page in values.worksheets:
        if page.title not in KNOWN and not page.title.startswith("备注"):
            remedy = "Rename it; a sheet of your own begins with 备注."
            book.note(page.title, "", "unknown sheet", remedy, nearest(page.title, KNOWN))
        _uncached(book, page, written[page.title])
        pages[page.title] = [list(row) for row in page.iter_rows(values_only=True)]
    return pages


def _uncached(book: Book, page: Any, written: Any) -> None:
    """A formula that no program has calculated yet has no value to read."""
    for line in written.iter_rows():
        for cell in line:
            if cell.data_type == "f" and page[cell.coordinate].value is None:
                remedy = "Open the workbook, let it calculate, and save it; or write the value."
                book.note(f"{page.title}!{cell.coordinate}", "", "a formula without a stored value", remedy)


def _rows(book: Book, name: str, grid: list[list[Any]], columns: Sequence[Column]) -> list[Row]:
    """Rows of a table sheet; empty rows are skipped."""
    at = _columns(book, name, grid[0] if grid else [], columns)
    found = []
    for number, line in enumerate(grid[1:], 2):
        values: dict[tuple[str, ...], Any] = {}
        cells: dict[tuple[str, ...], str] = {}
        for place, column in at.items():
            cell = f"{name}!{get_column_letter(place + 1)}{number}"
            key = _key(column)
            value = _value(book, cell, column, line[place] if place < len(line) else None)
            if value is not None:
                values[key], cells[key] = value, cell
        if values:
            found.append(Row(number, values, cells))
    return found


def _key(column: Column) -> tuple[str, ...]:
    """Key of a column; those of the dimension are told apart from the indicator's."""
    return ("dimension", *column.path) if column in layout.DIMENSION else column.path


def _columns(book: Book, name: str, head: list[Any], columns: Sequence[Column]) -> dict[int, Column]:
    known = {plain(c.zh): c for c in columns}
    at: dict[int, Column] = {}
    for place, title in enumerate(head):
        if title is None or not str(title).strip():
            continue
        column = known.get(plain(title))
        cell = f"{name}!{get_column_letter(place + 1)}1"
        if column is None:
            near = nearest(str(title), [c.zh for c in columns])
            book.note(cell, str(title), "unknown column", "Use the headers of the template.", near)
        elif column in at.values():
            book.note(cell, str(title), "column given twice", "Keep one.")
        else:
            at[place] = column
    first = columns[0] if name != "指标体系" else layout.INDICATOR[0]
    if first not in at.values():
        near = nearest(first.zh, [str(h) for h in head if h])
        book.note(
            f"{name}!1:1", first.zh, f"no column {first.zh}", "Copy the header from the template.", near
        )
    return at


def _settings(book: Book, name: str, grid: list[list[Any]], columns: Sequence[Column]) -> list[Row]:
    """One row per setting: its Chinese name or its YAML key, then its value."""
    known = {plain(c.zh): c for c in columns} | {plain(".".join(c.path)): c for c in columns}
    found, seen = [], set[tuple[str, ...]]()
    for number, line in enumerate(grid[1:], 2):
        title = str(line[0]).strip() if line and line[0] is not None else ""
        cell = f"{name}!B{number}"
        given = line[1] if len(line) > 1 else None
        if not title:
            if given is not None and str(given).strip():
                book.note(
                    f"{name}!A{number}", "", f"{given!r} without a name", "Name the setting in column A."
                )
            continue
        column = known.get(plain(title))
        if column is None:
            near = nearest(title, [c.zh for c in columns])
            book.note(f"{name}!A{number}", title, "unknown setting", "Use the names of the template.", near)
            continue
        if column.path in seen:
            book.note(f"{name}!A{number}", title, "setting given twice", "Keep one row.")
            continue
        seen.add(column.path)
        value = _value(book, cell, column, given)
        if value is not None:
            found.append(Row(number, {column.path: value}, {column.path: cell}))
    return found


def _value(book: Book, cell: str, column: Column, raw: Any) -> Any:
    """A cell in its shape, None where it is empty."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, str) and raw.strip().startswith("#"):
        book.note(cell, column.zh, f"{raw.strip()} is an error of the spreadsheet", "Correct the formula.")
        return None
    if column.shape == "text":
        return text(raw)
    if column.shape == "list":
        return [scalar(part) for part in _SPLIT.split(text(raw)) if part.strip()]
    if column.shape == "pairs":
        return _pairs(book, cell, column, text(raw))
    if column.shape == "flow":
        return _flow(book, cell, column, text(raw))
    if column.shape == "range" and isinstance(raw, str):
        match = _RANGE.fullmatch(unicodedata.normalize("NFKC", raw))
        return [scalar(match[1]), scalar(match[2])] if match else scalar(raw)
    return scalar(raw)


def _pairs(book: Book, cell: str, column: Column, written: str) -> dict[str, Any] | None:
    found = {}
    for part in filter(str.strip, _PAIR.split(written)):
        name, sign, value = part.replace("＝", "=").partition("=")
        if not sign or not name.strip():
            book.note(
                cell,
                column.zh,
                f"{part.strip()!r} is not name=value",
                f"Write it like {column.about or 'a=1；b=2'}.",
            )
            return None
        found[name.strip()] = scalar(value)
    return found


def _flow(book: Book, cell: str, column: Column, written: str) -> Any:
    doc = yamlfile.parse(written, file=book.framework.file)
    for problem in doc.problems:
        book.note(cell, column.zh, problem.found, problem.remedy)
    return doc.data if not doc.problems else None
