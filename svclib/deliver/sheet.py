"""One worksheet, the way an office expects it: frozen bold header, widths, text that stays text."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from svclib.sources.cells import FORMULA, inert

HEAD = PatternFill("solid", fgColor="0B3A66")
WASH = PatternFill("solid", fgColor="F4F7FA")
_LINE = Border(bottom=Side("thin", color="D5DCE4"))
_WIDEST = 60


def book() -> openpyxl.Workbook:
    """An empty workbook that recalculates when opened; the same content gives the same bytes inside."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    made.calculation.fullCalcOnLoad = True
    made.properties.creator = "svclib"
    made.properties.created = made.properties.modified = dt.datetime(2000, 1, 1)
    return made


def put(cell: Any, value: Any) -> None:
    """Write a value that is data: text is never taken for a formula, nothing stays empty text."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.value = value or None
        if value:
            cell.data_type = "s"
        if value.startswith(FORMULA):
            cell.quotePrefix = True
        return
    missing = value is None or (not isinstance(value, bool) and pd.isna(value))
    plain: Any = value
    cell.value = None if missing else plain.item() if hasattr(plain, "item") else plain


def csv(path: Path, frame: pd.DataFrame, *, mode: Literal["w", "x"] = "w") -> Path:
    """Write a frame as CSV that Excel opens, its names and texts inert."""
    named = frame.rename(columns=lambda name: inert(str(name)))
    texts = named.select_dtypes(exclude=["number", "bool"]).map(_inert)
    made = named.assign(**{str(c): texts[c] for c in texts})
    made.to_csv(path, mode=mode, index=False, encoding="utf-8-sig")
    return path


def _inert(value: Any) -> Any:
    return inert(value) if isinstance(value, str) else value


def formula(cell: Any, text: str, *, decimals: int | None = None) -> None:
    """Write a live formula of ours."""
    cell.value = text
    if decimals is not None:
        cell.number_format = "0" if decimals == 0 else "0." + "0" * decimals


def header(page: Any, names: Sequence[str], *, row: int = 1) -> None:
    """Bold header in `row`, frozen with the first column, with a filter over the table."""
    for column, name in enumerate(names, 1):
        cell = page.cell(row, column)
        put(cell, name)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    page.freeze_panes = page.cell(row + 1, 2)


def finish(page: Any, *, head: int = 1) -> None:
    """Column widths by content, thin lines, wrapped text."""
    for letter, cells in ((get_column_letter(c[0].column), c) for c in page.iter_cols(min_row=head)):
        widths = [_width(cell.value) for cell in cells if not _is_formula(cell)]
        page.column_dimensions[letter].width = min(_WIDEST, max([8, *widths]) + 2)
    known: dict[tuple[object, ...], Any] = {}  # openpyxl takes long to look every style up
    for cell in (cell for line in page.iter_rows(min_row=head + 1) for cell in line):
        text = isinstance(cell.value, str)
        before = (cell._style and tuple(cell._style), text)
        if before in known:
            cell._style = copy(known[before])
        else:
            cell.border, cell.alignment = _LINE, Alignment(vertical="top", wrap_text=text)
            known[before] = cell._style


def save(made: openpyxl.Workbook, path: Path) -> Path:
    """Write the workbook, never over an existing file."""
    with path.open("xb") as handle:
        made.save(handle)
    return path


def _is_formula(cell: Any) -> bool:
    return cell.data_type == "f"


def _width(value: Any) -> int:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return max(
        sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in line)
        for line in [*text.split("\n"), ""]
    )
