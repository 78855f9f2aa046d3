"""Lists an office fills in or passes on: 整改措施表, ready for the next cycle, and 转办清单."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook

from svclib import tables
from svclib.columns import header
from svclib.deliver import sheet
from svclib.tables import Label

# Headers of the measures as the data template has them, so that the sheet can be read back.
MEASURES = {
    "unit": "部门", "indicator": "指标", "cause": "原因", "action": "措施", "owner": "责任人",
    "started": "开始日期", "due": "完成期限", "status": "状态", "progress": "进展",
}  # fmt: skip
MORE = ("计划投入", "实际投入", "节约", "验收人", "经验", "可推广")


def measures(path: Path, rows: pd.DataFrame) -> Path:
    """Write 整改措施表.xlsx: what `actions.next_sheet` proposes, in the columns of the data template."""
    book = sheet.book()
    page = book.create_sheet("整改措施")
    sheet.header(page, [*MEASURES.values(), *MORE])
    advised: str = tables.words("zh")["deliver"]["advised"]
    for at, row in enumerate(rows.to_dict("records"), 2):
        if row["advice"]:
            row["progress"] = advised.format(advice=row["advice"])
        for place, name in enumerate(MEASURES, 1):
            text = tables.code("status", row[name], "zh") if name == "status" else row[name]
            sheet.put(page.cell(at, place), text)
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


def _listed(book: Workbook, title: str, rows: pd.DataFrame, lang: str, label: Label) -> None:
    page: Any = book.create_sheet(title)
    names = ["owner", "unit", "indicator", "type", "due"]
    more = tables.words(lang)["deliver"]
    sheet.header(page, [*(header(n, lang) for n in names), more["handled"], more["replied"]])
    for at, row in enumerate(rows.to_dict("records"), 2):
        for place, name in enumerate(names, 1):
            sheet.put(page.cell(at, place), tables.cell(name, row[name], lang, label, 2))
    sheet.finish(page)
