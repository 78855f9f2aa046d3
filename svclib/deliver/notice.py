"""整改通知单: one page a unit signs for, as a Word document an office can still edit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import docx
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Pt

from svclib import tables
from svclib.framework import Framework
from svclib.tables import Label

MOST = 5
# A letter is XML, which has no such characters.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
HOLDING = ("veto", "cap")


def wanted(grades: pd.DataFrame, targets: pd.DataFrame) -> list[str]:
    """Units that get a notice: a target missed, or a veto or cap that holds the grade."""
    missed = set(targets.loc[targets["status"] == "missed", "unit"])
    limited = set(grades.loc[grades["limited_by"] != "", "unit"])
    return [unit for unit in grades["unit"] if unit in missed | limited]


def matters(unit: str, found: Mapping[str, pd.DataFrame], framework: Framework) -> pd.DataFrame:
    """What the unit is to put right, at most five: what holds its grade, then the largest losses.

    Columns indicator, value, target, lost, owner, advice; what only holds the grade may have
    neither target nor loss.
    """
    names = ("targets", "contributions", "alerts")
    targets, points, alerts = (found[name][found[name]["unit"] == unit] for name in names)
    told = framework.table().set_index("indicator")["advice"]
    aim, lost = targets.set_index("indicator")["target"], points.set_index("indicator")["lost"]
    held = alerts[alerts["rule"].isin(HOLDING)]
    held = held.assign(target=held["indicator"].map(aim))
    missed = targets[(targets["status"] == "missed") & ~targets["indicator"].isin(held["indicator"])]
    both = pd.concat([held.assign(first=True), missed.assign(first=False)], ignore_index=True)
    both = both.assign(lost=both["indicator"].map(lost), advice=both["indicator"].map(told))
    rows = both.sort_values(
        ["first", "lost", "indicator"], ascending=[False, False, True], kind="stable", na_position="first"
    )
    return rows[["indicator", "value", "target", "lost", "owner", "advice"]].head(MOST)


def write(
    path: Path,
    row: Mapping[str, Any],
    listed: pd.DataFrame,
    reason: Sequence[str],
    *,
    lang: str,
    label: Label,
) -> Path:
    """Write the notice of one unit; refuses to write over a file.

    Parameters
    ----------
    row : the unit's row of table "grades", with `head` and `title` of the report.
    listed : `matters` of the unit.
    reason : sentences that say why it has its grade.
    """
    words: dict[str, str] = tables.words(lang)["notice"]
    made = docx.Document()
    _style(made)
    _line(made, words["title"], size=18, bold=True, center=True)
    _line(made, words["number"].format(cycle=row["cycle"], unit=label(str(row["unit"]), lang)), center=True)
    _line(made, words["to"].format(unit=label(str(row["unit"]), lang), head=row["head"] or "      "))
    _line(made, words["opening"].format(title=row["title"]))
    for text in reason:
        _line(made, text)
    if len(listed):
        _line(made, words["matters"], bold=True)
        _table(made, listed, lang, label)
    for text in words["demands"].split("\n"):
        _line(made, text)
    for text in words["signatures"].split("\n"):
        _line(made, text)
    with path.open("xb") as handle:
        made.save(handle)
    return path


def _style(made: Any) -> None:
    """A4 with the office's usual fonts; 宋体 is named for the East Asian glyphs."""
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(12)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    page = made.sections[0]
    page.page_width, page.page_height = Pt(595.3), Pt(841.9)
    page.left_margin = page.right_margin = Pt(71)
    page.top_margin = page.bottom_margin = Pt(62)


def _line(made: Any, text: str, *, size: int = 12, bold: bool = False, center: bool = False) -> None:
    paragraph = made.add_paragraph()
    run = paragraph.add_run(_CONTROL.sub("", text))
    run.bold, run.font.size = bold, Pt(size)
    paragraph.paragraph_format.space_after = Pt(6)
    if center:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(made: Any, listed: pd.DataFrame, lang: str, label: Label) -> None:
    words: dict[str, str] = tables.words(lang)["notice"]
    names = ["indicator", "value", "target", "lost", "owner", "advice", "due"]
    grid = made.add_table(rows=1, cols=len(names), style="Table Grid")
    for cell, name in zip(grid.rows[0].cells, names, strict=True):
        _cell(cell, words[name], bold=True)
    for row in listed.to_dict("records"):
        said = [label(row["indicator"], lang), *(tables.short(row[c], 2) for c in ("value", "target"))]
        said += [tables.fmt(row["lost"], 2), *(label(row[c], lang) for c in ("owner", "advice")), ""]
        for cell, text in zip(grid.add_row().cells, said, strict=True):
            _cell(cell, text)


def _cell(cell: Any, text: str, *, bold: bool = False) -> None:
    run = cell.paragraphs[0].add_run(_CONTROL.sub("", text))
    run.bold, run.font.size = bold, Pt(9)
