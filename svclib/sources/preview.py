"""The rows of a data file that hold problems, with the bad cells marked: what a person corrects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import Problem
from svclib.params import Params
from svclib.sources import files
from svclib.sources.cells import Cells, UnreadableError

MOST = 12
_CELL = re.compile(r"[A-Z]{0,3}([1-9][0-9]*)")


class Preview(NamedTuple):
    """Some rows of one file as text; `bad` (n, q) marks the cells with a problem.

    The first column of `rows` is the row number in the file.
    """

    file: str
    rows: pd.DataFrame
    bad: np.ndarray


def previews(params: Params, problems: Sequence[Problem], *, most: int = MOST) -> list[Preview]:
    """One preview per data file with problems in its rows, at most `most` rows each.

    Files that cannot be read have none: their problem says why.
    """
    found = []
    for name, entry in params.data.items():
        mine = [p for p in problems if p.file == files.label(entry, name)]
        if not mine:
            continue
        try:
            cells = files.read(entry, name=name)
        except UnreadableError:
            continue
        rows = [p for p in mine if not cells.sheet or p.place.startswith(f"{cells.sheet}!")]
        made = _preview(cells, rows, most)
        if len(made.rows):
            found.append(made)
    return found


def _preview(cells: Cells, problems: Sequence[Problem], most: int) -> Preview:
    bad = np.zeros(cells.body.shape, dtype=bool)
    place = {int(number): k for k, number in enumerate(cells.rows)}
    for problem in problems:
        columns = [k for k, name in enumerate(cells.headers) if name == problem.field] or range(bad.shape[1])
        for number in _numbers(problem.place):
            if number in place:
                bad[place[number], list(columns)] = True
    shown = np.flatnonzero(bad.any(axis=1))[:most]
    frame = cells.body.iloc[shown].set_axis(list(cells.headers), axis=1).reset_index(drop=True)
    frame.insert(0, "", [str(n) for n in cells.rows[shown]], allow_duplicates=True)
    marks = np.column_stack([np.zeros(len(shown), dtype=bool), bad[shown]])
    return Preview(cells.file + (f" {cells.sheet}" if cells.sheet else ""), frame, marks)


def _numbers(place: str) -> list[int]:
    """Row numbers of "rows 14, 52" or "Sheet!C14, C52"."""
    _, _, after = place.rpartition("!") if "!" in place else place.partition(" ")
    return [int(m[1]) for part in after.split(",") if (m := _CELL.fullmatch(part.strip()))]
