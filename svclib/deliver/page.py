"""What the workbooks of a cycle and of a year share: words, the sheet of the cuts, tables as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
from openpyxl.styles import Font

from svclib import tables
from svclib.columns import GLOSSARY
from svclib.columns import header as column_header
from svclib.deliver import sheet
from svclib.deliver.formulas import Rules
from svclib.framework import Framework
from svclib.tables import Label


class Page(NamedTuple):
    """What every sheet needs: the tables, the rules, the words, and the parent of each unit and parent."""

    tables: Mapping[str, pd.DataFrame]
    framework: Framework
    lang: str
    label: Label
    above: Mapping[str, str] = {}

    def word(self, name: str) -> str:
        """A word of the workbook."""
        return str(tables.words(self.lang)["deliver"][name])

    def header(self, column: str) -> str:
        """Header of a glossary column."""
        return column_header(column, self.lang)

    def heads(self, names: Sequence[str]) -> list[str]:
        """Headers of glossary columns and of columns that only the workbook has."""
        words = tables.words(self.lang)["deliver"]
        return [words[n] if n in words and n not in GLOSSARY else self.header(n) for n in names]

    def named(self, name: str) -> str:
        """A name as the reader knows it."""
        return self.label(name, self.lang) if name else ""

    def said(self, column: str, value: Any) -> Any:
        """A value as it stands in a cell: codes in words, numbers unrounded."""
        if not isinstance(value, str | bool):
            return value
        return tables.cell(column, value, self.lang, self.label, 2)


def front(made: openpyxl.Workbook, page: Page, lines: Sequence[str]) -> None:
    """First sheet: the name of the framework, then `lines`."""
    here = made.create_sheet(page.word("about"))
    for row, text in enumerate([page.named(page.framework.name), *lines], 1):
        sheet.put(here.cell(row, 1), text)
    here.cell(1, 1).font = Font(bold=True, size=14)
    here.column_dimensions["A"].width = 110


def rules(made: openpyxl.Workbook, page: Page) -> Rules:
    """Sheet of the cuts, one row per group and grade."""
    here = made.create_sheet(page.word("rules"))
    sheet.header(here, page.heads(["group", "grade", "cut", "order"]))
    scales = {"": page.framework.grades.scale}
    scales |= {name: g.scale for name, g in page.framework.groups.items() if g.scale}
    found = [
        (page.named(group) or page.word("base"), page.named(grade), cut, k)
        for group, scale in scales.items()
        for k, (grade, cut) in enumerate(scale.items(), 1)
    ]
    rows(here, found)
    return Rules(here.title, len(found) + 1)


def rows(here: Any, found: Sequence[Sequence[Any]]) -> None:
    """Write rows of values below the header, and finish the sheet."""
    for at, row in enumerate(found, 2):
        for column, value in enumerate(row, 1):
            sheet.put(here.cell(at, column), value)
    sheet.finish(here)


def listed(made: openpyxl.Workbook, page: Page, name: str) -> None:
    """A result table as it stands, its codes in words, its numbers unrounded."""
    here, frame = made.create_sheet(page.word(name)), page.tables[name]
    sheet.header(here, [page.header(c) for c in frame.columns])
    rows(
        here,
        [
            [page.said(c, v) for c, v in zip(frame.columns, row, strict=True)]
            for row in frame.itertuples(index=False)
        ],
    )
    here.auto_filter.ref = here.dimensions
