"""按上级部门汇总: the mean of the recomputed scores of the units below each parent, as a live formula."""

from __future__ import annotations

from typing import Any

from svclib.deliver import sheet
from svclib.deliver.formulas import Rows, quoted
from svclib.deliver.page import Page
from svclib.parents import chain

# Column of the sheet of grades with the bodies above a unit, one to a line.
ABOVE = "parent"
COLUMNS = ("parent", "n_units", "below_graded", "mean_of_units", "plain_mean", "agrees", "lowest", "highest")


def columns(page: Page) -> list[str]:
    """What the sheet of grades needs beside its own columns: nothing where nobody has a parent."""
    return [ABOVE] if _any(page) else []


def listed(page: Page, unit: str) -> str:
    """The bodies above a unit, nearest first, one to a line."""
    return "\n".join(page.named(parent) for parent in chain(unit, page.above))


def write(made: Any, page: Page) -> None:
    """Sheet of the parents, after the sheet of grades has been filled; none where nobody has a parent."""
    if not _any(page):
        return
    here = made.create_sheet(page.word("parents"))
    sheet.header(here, page.heads(COLUMNS))
    grades = made[page.word("grades")]
    at = {cell.value: cell.column_letter for cell in grades[1]}
    units = Rows(grades.title, len(page.tables["grades"]) + 1)
    score, above = (units.column(at[page.heads([name])[0]]) for name in ("recomputed", ABOVE))
    for row, found in enumerate(page.tables["parents"].to_dict("records"), 2):
        cells = {name: here.cell(row, k) for k, name in enumerate(COLUMNS, 1)}
        sheet.put(cells["parent"], page.named(found["parent"]))
        for name in ("n_units", "plain_mean", "lowest", "highest"):
            sheet.put(cells[name], found[name])
        _recomputed(cells, page, score, above)
    sheet.finish(here)


def _any(page: Page) -> bool:
    return "parents" in page.tables and len(page.tables["parents"]) > 0


def _recomputed(cells: dict[str, Any], page: Page, score: str, above: str) -> None:
    """Number of graded units below, their mean, and whether it is the published one."""
    at = {name: cell.coordinate for name, cell in cells.items()}
    line = "CHAR(10)"
    inside = f"ISNUMBER(FIND({line}&{at['parent']}&{line},{line}&{above}&{line}))*ISNUMBER({score})"
    sheet.formula(cells["below_graded"], f"=SUMPRODUCT({inside})", decimals=0)
    mean = f"SUMPRODUCT({inside},{score})/{at['below_graded']}"
    sheet.formula(cells["mean_of_units"], f'=IF({at["below_graded"]}>0,{mean},"")', decimals=4)
    none = f'AND({at["below_graded"]}=0,{at["plain_mean"]}="")'
    close = f"ABS(N({at['mean_of_units']})-N({at['plain_mean']}))<0.000000001"
    yes, no = quoted(page.word("yes")), quoted(page.word("no"))
    sheet.formula(cells["agrees"], f"=IF(OR({none},{close}),{yes},{no})")
