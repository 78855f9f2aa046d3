"""The cells of the collection sheet: a unit, and one or every evaluator and channel."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import DataError

CELL = ("unit", "subject", "channel")
EVERY = ("subject", "channel")  # "" in these columns stands for every value


def cells(sheet: pd.DataFrame | None, column: str) -> pd.DataFrame:
    """Rows of the collection sheet on questionnaires that fill in `column`, no two of which overlap.

    Raises
    ------
    DataError
        Two rows count the same questionnaires; every pair is named.
    """
    if sheet is None:
        return pd.DataFrame({c: pd.Series(dtype="str") for c in CELL}).assign(**{column: np.nan})
    found = sheet[(sheet["source"] != "kpis") & sheet[column].notna()].reset_index(drop=True)
    twice = [
        f"rows {a['row']} and {b['row']} ({a['unit']})"
        for _, group in found.groupby("unit")
        for a, b in combinations(group.to_dict("records"), 2)
        if all("" in (a[c], b[c]) or a[c] == b[c] for c in EVERY)
    ]
    if twice:
        raise DataError(
            f"collection sheet: {'; '.join(twice)} count the same questionnaires in column {column!r}. "
            "Keep either the total or its parts."
        )
    return found


def inside(cell: Any, rows: pd.DataFrame) -> np.ndarray:
    """Whether each row belongs to the cell; "" in the cell covers every value."""
    same = (rows["unit"] == cell.unit).to_numpy()
    for column in EVERY:
        value = getattr(cell, column)
        if value:
            same = same & (rows[column] == value).to_numpy()
    return same


def covering(found: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Position of the cell that each row belongs to, -1 where none does."""
    place = np.full(len(rows), -1)
    for k, cell in enumerate(found.itertuples(index=False)):
        place[inside(cell, rows)] = k
    return place
