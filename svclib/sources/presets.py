"""Exports of survey platforms made plain: units of time, skip codes, worded answers, pairs side by side."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from svclib.errors import ParamError
from svclib.sources.cells import Cells
from svclib.sources.headers import names_of

# 问卷星: its fixed columns under the names they have here; "" is dropped, ids of devices above all.
WJX_COLUMNS = {
    "序号": "受访者编号", "提交答卷时间": "结束时间", "所用时间": "用时", "来源": "渠道",
    "来源详情": "", "来自IP": "", "总分": "",
}  # fmt: skip
SKIPPED = ("(跳过)", "（跳过）", "(空)", "（空）", "-3", "-2")
# Five steps from worst to best, as questionnaires word them.
WORDED = (
    ("非常不满意", "不满意", "一般", "满意", "非常满意"),
    ("很不满意", "不太满意", "一般", "比较满意", "很满意"),
    ("非常不同意", "不同意", "一般", "同意", "非常同意"),
    ("从不", "很少", "有时", "经常", "总是"),
)
_SECONDS = re.compile(r"(?:(\d+)\s*[小时时]+)?\s*(?:(\d+)\s*分[钟]?)?\s*(?:(\d+)\s*秒)?")
_NUMBERED = re.compile(r"^\s*[A-Za-z0-9][.、．]\s*(\S.*)$")
_POINTS = re.compile(r"^(\d+(?:\.\d+)?)\s*分$")


def plain(cells: Cells, preset: str | None, mapped: frozenset[str]) -> Cells:
    """Cells of an export as an office would have typed them.

    Parameters
    ----------
    mapped : headers that the params name under columns:; they keep their name.

    Raises
    ------
    ParamError
        An unknown preset.
    """
    if preset is None:
        return cells
    if preset == "pairs":
        return _pairs(cells)
    if preset != "wjx":
        raise ParamError(f"preset={preset!r}; choose one of ['wjx', 'pairs']")
    # In an SPSS export the platform's names are the labels of its variables.
    shown = [name if name in mapped else cells.titles.get(name, name) for name in cells.headers]
    shown = [t if t in WJX_COLUMNS else name for t, name in zip(shown, cells.headers, strict=True)]
    kept = [k for k, name in enumerate(shown) if name in mapped or WJX_COLUMNS.get(name, name) != ""]
    names = tuple(shown[k] if shown[k] in mapped else WJX_COLUMNS.get(shown[k], shown[k]) for k in kept)
    body = pd.DataFrame({i: cells.body.iloc[:, k].map(_cell) for i, k in enumerate(kept)}, dtype=str)
    return replace(cells, headers=names, body=body, origin=tuple(kept))


def _pairs(cells: Cells) -> Cells:
    """One row per expert and one column per pair "a_b" as rows of judgements.

    A slider's codes, as R's ahpsurvey has them: -9 … -2 the left of the pair matters more, 1 as
    much, 2 … 9 the right matters more.  Without a column expert the rows are numbered.
    """
    pairs = {k: name.split("_") for k, name in enumerate(cells.headers) if len(name.split("_")) == 2}
    named = [k for k, name in enumerate(cells.headers) if name.strip() in names_of("expert")]
    if not pairs:
        return cells
    digits = len(str(len(cells.body)))
    rows = [
        (
            str(line[named[0]]) if named else f"{n + 1:0{digits}}",
            a,
            b,
            _judgement(str(line[k])),
            cells.rows[n],
        )
        for n, line in enumerate(cells.body.itertuples(index=False, name=None))
        for k, (a, b) in pairs.items()
        if str(line[k]).strip()
    ]
    body = pd.DataFrame([row[:4] for row in rows], columns=range(4), dtype=str)
    at = np.array([row[4] for row in rows], dtype=int)
    return replace(cells, headers=("expert", "a", "b", "value"), body=body, rows=at, origin=(0, 0, 0, 0))


def _judgement(code: str) -> str:
    """How many times the left outweighs the right; what is not a whole number stays as written."""
    written = re.fullmatch(r"\s*(-?)([0-9]+)(?:\.0+)?\s*", code)
    if not written:
        return code
    return written[2] if written[1] or written[2] == "1" else f"1/{written[2]}"


def _cell(text: str) -> str:
    """One cell: skipped is empty, "2分8秒" is 128, "A.满意" and "满意" are 4, "5分" is 5."""
    text = text.strip()
    if text in SKIPPED:
        return ""
    seconds = _SECONDS.fullmatch(text)
    if text.endswith("秒") and seconds:
        hours, minutes, rest = (int(part or 0) for part in seconds.groups())
        return str(3600 * hours + 60 * minutes + rest)
    points = _POINTS.fullmatch(text)
    if points:
        return points[1]
    lettered = _NUMBERED.fullmatch(text)
    word = lettered[1].strip() if lettered else text
    return next((str(steps.index(word) + 1) for steps in WORDED if word in steps), text)
