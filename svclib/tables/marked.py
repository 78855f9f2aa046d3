"""Rows of a data file with the bad cells marked, and a list of problems as a table."""

from __future__ import annotations

import html
from collections.abc import Iterable

import numpy as np
import pandas as pd

from svclib.errors import Problem
from svclib.tables.show import Shown
from svclib.tables.words import words

# Inline, because JupyterLab does not load the style of the report.
BAD = "background:#fdf1eb;outline:2px solid #a33b00;color:#7a2c00;font-weight:600"


def marked(rows: pd.DataFrame, bad: np.ndarray, *, caption: str = "") -> Shown:
    """Text cells (n, q) as a table; those where `bad` (n, q) is true are marked, in text as 【…】."""
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in rows.columns)
    body, lines = [], ["\t".join(map(str, rows.columns))]
    for cells, marks in zip(rows.itertuples(index=False), bad, strict=True):
        tags = [
            f'<td class="bad" style="{BAD}">{html.escape(str(c)) or "&nbsp;"}</td>'
            if m
            else f"<td>{html.escape(str(c))}</td>"
            for c, m in zip(cells, marks, strict=True)
        ]
        body.append(f"<tr>{''.join(tags)}</tr>")
        lines.append("\t".join(f"【{c}】" if m else str(c) for c, m in zip(cells, marks, strict=True)))
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    table = f'<table class="svc">{title}<thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    return Shown(table, "\n".join(filter(None, [caption, *lines])))


def together(shown: Iterable[Shown]) -> Shown:
    """Several tables one below the other."""
    each = list(shown)
    return Shown("\n".join(s.html for s in each), "\n\n".join(s.text for s in each))


def problems(found: Iterable[Problem], lang: str) -> Shown:
    """Everything wrong, one row each: file, place, column, what was found, what to do."""
    terms = words(lang)["problems"]
    names = ("file", "place", "field", "found", "remedy", "nearest")
    rows = pd.DataFrame([[getattr(p, name) for name in names] for p in found], columns=list(names))
    if rows.empty:
        return Shown(f"<p>{html.escape(terms['none'])}</p>", terms["none"])
    rows = rows.set_axis([terms[name] for name in names], axis=1)
    return marked(rows, np.zeros(rows.shape, dtype=bool), caption=terms["count"].format(count=len(rows)))
