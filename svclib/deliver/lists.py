"""Lists an office fills in or passes on: 整改措施表 and 目标建议表 for the next cycle, and 转办清单."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from svclib import tables
from svclib.columns import header
from svclib.deliver import sheet
from svclib.sources.catalog import SHEETS
from svclib.tables import Label

# Headers are those of the data template, so that the sheet can be read back.
FIELDS = SHEETS["actions"].fields
# The table calls a measure an action; its own "measure" is the unit of measurement.
IN_TABLE = {"measure": "action"}
# Reading ignores a sheet whose name begins with 备注.
CHOICES, ROWS = "备注（可选项）", 500


def measures(path: Path, rows: pd.DataFrame, *, units: Sequence[str], indicators: Sequence[str]) -> Path:
    """Write 整改措施表.xlsx: what `actions.next_sheet` proposes, in the columns of the data template.

    Units, indicators, states and 可推广 are chosen from lists.
    """
    book = sheet.book()
    page: Any = book.create_sheet(SHEETS["actions"].zh)
    sheet.header(page, [field.zh for field in FIELDS.values()])
    advised: str = tables.words("zh")["deliver"]["advised"]
    for at, row in enumerate(rows.to_dict("records"), 2):
        if row["advice"]:
            row["progress"] = advised.format(advice=row["advice"])
        for place, name in enumerate(FIELDS, 1):
            sheet.put(page.cell(at, place), _as_written(name, row[IN_TABLE.get(name, name)]))
    sheet.finish(page)
    _offer(book, page, {"unit": units, "indicator": indicators})
    return sheet.save(book, path)


def _as_written(name: str, value: Any) -> Any:
    """A value of the table as the sheet writes it."""
    back = {code: zh for zh, code in FIELDS[name].choices.items()}
    if name == "reusable":
        return "是" if value else "否"
    return str(value).replace(";", "；") if name == "pilot_units" else back.get(value, value)


def _offer(book: Workbook, page: Any, named: dict[str, Sequence[str]]) -> None:
    """Drop-downs: short lists in the rule itself, names of units and indicators on a sheet of their own."""
    choices: Any = book.create_sheet(CHOICES)
    for place, (name, field) in enumerate(FIELDS.items(), 1):
        offered = list(field.choices) or (["是", "否"] if field.kind == "yes" else [])
        rule = f'"{",".join(offered)}"' if offered else ""
        if name in named:
            letter = get_column_letter(1 + list(named).index(name))
            for at, text in enumerate(named[name], 1):
                sheet.put(choices[f"{letter}{at}"], text)
            rule = f"'{CHOICES}'!${letter}$1:${letter}${len(named[name])}"
        if rule:
            offer = DataValidation(type="list", formula1=rule, allow_blank=True)
            offer.add(f"{get_column_letter(place)}2:{get_column_letter(place)}{ROWS}")
            page.add_data_validation(offer)
    choices.sheet_state = "hidden"


def targets(path: Path, rows: pd.DataFrame, reasons: Sequence[str]) -> Path:
    """Write 下期目标建议表.xlsx: `targets.next_sheet` in the columns of the data template, and why each."""
    book = sheet.book()
    page: Any = book.create_sheet(SHEETS["targets"].zh)
    fields = SHEETS["targets"].fields
    sheet.header(page, [field.zh for field in fields.values()])
    known = rows.assign(reason=list(reasons))
    for at, row in enumerate(known.to_dict("records"), 2):
        for place, name in enumerate(fields, 1):
            sheet.put(page.cell(at, place), row[name])
    sheet.finish(page)
    return sheet.save(book, path)


def referrals(path: Path, rows: pd.DataFrame, *, lang: str, label: Label) -> Path:
    """Write 转办清单.xlsx: one sheet per receiving owner, all of them on the first."""
    book = sheet.book()
    words: dict[str, str] = tables.words(lang)["deliver"]
    _listed(book, words["every_owner"], rows, lang, label)
    for owner, mine in rows.groupby("owner", sort=True):
        title = "".join("-" if ch in r"[]:*?/\'" else ch for ch in label(str(owner), lang))[:28]
        free = title if title not in book.sheetnames else f"{title}-{len(book.sheetnames)}"
        _listed(book, free, mine, lang, label)
    return sheet.save(book, path)


ALERTS = ("level", "raised_by", "unit", "indicator", "rule", "value", "threshold", "measure", "since", "step")


def alerts(path: Path, rows: pd.DataFrame, *, lang: str, label: Label) -> Path:
    """Write alerts.csv: every warning with its level, what raised it, since when, owner and deadline."""
    names = [*ALERTS, "owner", "due"]
    shown = {header(n, lang): [tables.cell(n, value, lang, label, 2) for value in rows[n]] for n in names}
    return sheet.csv(path, pd.DataFrame(shown, dtype="str"))


def _listed(book: Workbook, title: str, rows: pd.DataFrame, lang: str, label: Label) -> None:
    page: Any = book.create_sheet(title)
    names = ["owner", "unit", "indicator", "type", "due"]
    more = tables.words(lang)["deliver"]
    sheet.header(page, [*(header(n, lang) for n in names), more["handled"], more["replied"]])
    for at, row in enumerate(rows.to_dict("records"), 2):
        for place, name in enumerate(names, 1):
            sheet.put(page.cell(at, place), tables.cell(name, row[name], lang, label, 2))
    sheet.finish(page)
