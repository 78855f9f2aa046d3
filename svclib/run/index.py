"""The front door of a reports folder: every cycle's current run, every unit's page, side by side."""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from svclib import tables
from svclib.run import export, publish

WORDS = {
    "zh": {
        "title": "服务质量评价报告", "lead": "每个评价周期的现行结果；点单位的得分看该单位的报告。",
        "cycle": "周期", "report": "报告", "unit": "单位", "none": "还没有已发布的结果。", "language": "语言",
        "skip": "跳到正文",
    },
    "en": {
        "title": "Service-quality reports",
        "lead": "The current result of every cycle; a unit's score opens its report.",
        "cycle": "Cycle", "report": "Report", "unit": "Unit", "none": "Nothing has been published yet.",
        "language": "Language", "skip": "Skip to content",
    },
}  # fmt: skip
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_PARENT = re.compile(r'<span class="parent">(.*?)</span>', re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """The current run of one cycle."""

    name: str
    cycle: str
    path: Path
    facts: dict[str, Any]
    board: pd.DataFrame

    def title(self, lang: str) -> str:
        """Title of the cycle in `lang`, or its name."""
        return self.facts["title"][lang] or f"{self.name} {self.cycle}"

    def page(self, unit: str, lang: str) -> Path | None:
        """The unit's page, when the run made one."""
        stem = self.facts["pages"].get(unit, "")
        path = self.path / "units" / f"{stem}.{lang}.html"
        return path if stem and path.is_file() else None


def entries(out: Path) -> list[Entry]:
    """Current runs below `out`, by name and cycle."""
    found = []
    for pointer in sorted(out.glob(f"*/*/{publish.POINTER}")):
        path = publish.current(pointer.parent)
        board = path / "tables" / "board.parquet" if path else None
        if path is None or board is None or not board.is_file():
            continue
        facts = yaml.safe_load((path / "params.lock.yaml").read_text(encoding="utf-8"))
        frame = pd.read_parquet(board)
        facts["pages"] = export.safe_names(sorted(frame["unit"]))
        found.append(Entry(pointer.parent.parent.name, pointer.parent.name, path, facts, frame))
    return found


def write(out: Path) -> list[Path]:
    """Write `out`/index.html (中文) and index.en.html; each replaces the old one at once."""
    found = entries(out)
    shell = export.environment().get_template("site.html.j2")
    css = (export.TEMPLATES / "svc" / "report.css").read_text(encoding="utf-8")
    written = []
    for lang in export.LANGUAGES:
        blocks = [_block(name, found, lang, out) for name in dict.fromkeys(e.name for e in found)]
        facts = {"lang": export.LANGUAGES[lang][0], "words": WORDS[lang], "blocks": blocks, "css": css}
        facts |= {
            "face": export.font_face(set(str(blocks)) | set("".join(WORDS[lang].values())) | export.ASCII)
        }
        path = out / ("index.html" if lang == "zh" else f"index.{lang}.html")
        _replace(path, shell.render(**facts))
        written.append(path)
    return written


def _block(name: str, found: list[Entry], lang: str, out: Path) -> dict[str, Any]:
    """One evaluation: its cycles as columns, its units as rows."""
    mine = [e for e in found if e.name == name]
    cycles = [
        {
            "cycle": e.cycle,
            "title": e.title(lang),
            "status": tables.code("status", e.facts["status"], lang),
            "href": _link(e.path / f"report.{lang}.html", out),
        }
        for e in mine
    ]
    units = list(dict.fromkeys(u for e in reversed(mine) for u in e.board["unit"]))
    rows = [{**_told(u, mine, lang), "cells": [_cell(e, u, lang, out) for e in mine]} for u in units]
    return {"name": name, "cycles": cycles, "rows": rows}


def _cell(entry: Entry, unit: str, lang: str, out: Path) -> dict[str, str]:
    row = entry.board[entry.board["unit"] == unit]
    if row.empty:
        return {"text": "", "href": ""}
    grade, score = row["grade"].iloc[0], row["published"].iloc[0]
    scale: dict[str, Any] = entry.facts["framework"]["grades"]
    word = grade if lang == "zh" else scale["scale_en"].get(grade, grade)
    text = (
        f"{tables.fmt(score, scale['decimals'])} {word}"
        if grade
        else tables.code("status", row["status"].iloc[0], lang)
    )
    page = entry.page(unit, lang)
    return {"text": text, "href": _link(page, out) if page else ""}


def _told(unit: str, mine: list[Entry], lang: str) -> dict[str, str]:
    """Name of the unit, and what it belongs to, from its latest page, which carries both in `lang`."""
    for entry in reversed(mine):
        page = entry.page(unit, lang)
        if page:
            text = page.read_text(encoding="utf-8")
            head, above = _TITLE.search(text), _PARENT.search(text)
            return {
                "unit": html.unescape(head.group(1)) if head else unit,
                "parent": html.unescape(above.group(1)) if above else "",
            }
    return {"unit": unit, "parent": ""}


def _link(path: Path, out: Path) -> str:
    return path.relative_to(out).as_posix() if path.is_file() else ""


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
