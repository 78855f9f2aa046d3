"""Additive tables: the rows are read once, everything later works on sums.

A row is one questionnaire: answers `x` (NaN = not answered), `r` = 1 where answered, weight
`w`.  Its vector is t = [w r x, w r].  Tables of two batches `merge` into the tables of both,
so a chunk at a time gives the same numbers as all rows at once.  Whole numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError

BY = ("unit", "cycle", "subject")
PSUS = ("respondent", "cluster")
MISSING = ("listwise", "pairwise")


@dataclass(frozen=True)
class Sums:
    """One additive table: unique, sorted `keys` and one number or array per key."""

    keys: pd.DataFrame
    sums: np.ndarray

    def frame(self, name: str = "n") -> pd.DataFrame:
        """Keys and, for a table with one number per key, that number as column `name`."""
        return self.keys.assign(**{name: self.sums})

    def where(self, **wanted: str | bool) -> Sums:
        """The rows whose keys equal `wanted`, e.g. ``where(unit="A", flagged=False)``."""
        keep = np.ones(len(self.keys), dtype=bool)
        for column, value in wanted.items():
            keep &= (self.keys[column] == value).to_numpy()
        return _keep(self, keep)


@dataclass(frozen=True)
class Tables:
    """Additive tables of one set of rows.

    Attributes
    ----------
    items : item columns, in order; k of them
    by : key columns of a cell
    psu : which column is the primary sampling unit, "respondent" or "cluster"
    cells : rows per cell
    totals : Σt per cell, (cells, 2k)
    cross : Σtt′ per cell, (cells, 2k, 2k)
    counts : rows per (cell, item, category), unweighted
    psu_totals : [rows, Σt] per (psu, stratum, cell), (psus, 1 + 2k)
    """

    items: tuple[str, ...]
    by: tuple[str, ...]
    psu: str
    cells: Sums
    totals: Sums
    cross: Sums
    counts: Sums
    psu_totals: Sums


def total_by(keys: pd.DataFrame, values: np.ndarray) -> Sums:
    """Sum `values`, (rows, ...), over equal `keys`; keys come out unique and sorted."""
    unique, code = _codes(keys)
    order = np.argsort(code, kind="stable")
    start = np.searchsorted(code[order], np.arange(len(unique)))
    return Sums(unique, np.add.reduceat(values[order], start, axis=0) if len(unique) else values)


def _codes(keys: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Unique keys, sorted, and for every row the position of its key."""
    code = keys.groupby(list(keys.columns), sort=True, dropna=False).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    return keys.iloc[first].reset_index(drop=True), code


def merge_sums(a: Sums, b: Sums, *, sign: int = 1) -> Sums:
    """The sum (`sign` 1) or difference (−1) of two tables, key by key."""
    keys = pd.concat([a.keys, b.keys], ignore_index=True)
    return total_by(keys, np.concatenate([a.sums, sign * b.sums]))


def reduce(
    rows: pd.DataFrame,
    items: Sequence[str],
    *,
    by: Sequence[str] = BY,
    psu: str = "respondent",
    stratum: bool = False,
) -> Tables:
    """Additive tables of `rows`.

    Parameters
    ----------
    rows : one questionnaire per row: columns `by`, weight, the `psu` column, (stratum), items as float
    items : item columns, already reverse-coded where needed
    by : key columns of a cell
    psu : "respondent", or "cluster" when respondents were drawn in groups
    stratum : whether PSUs were drawn within the column "stratum"

    Raises
    ------
    ParamError
        `psu` is not one of the choices.
    DataError
        A column is absent, a PSU or stratum is empty, or a weight is not a positive number.
    """
    if psu not in PSUS:
        raise ParamError(f"psu={psu!r}; choose one of {list(PSUS)}")
    by, items = tuple(by), tuple(items)
    check_rows(rows, (*by, psu, *(["stratum"] if stratum else []), "weight", *items))
    keys = rows[list(by)].reset_index(drop=True)
    t = _row_vectors(rows, items)
    psu_keys = pd.DataFrame(
        {"psu": rows[psu].to_numpy(), "stratum": rows["stratum"].to_numpy() if stratum else ""}
    )
    ones = np.ones(len(rows), dtype=np.int64)
    return Tables(
        items,
        by,
        psu,
        cells=total_by(keys, ones),
        totals=total_by(keys, t),
        cross=_grouped_cross(keys, t),
        counts=_category_counts(keys, rows[list(items)].to_numpy(float), items),
        psu_totals=total_by(pd.concat([psu_keys, keys], axis=1), np.column_stack([ones, t])),
    )


def check_rows(rows: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse rows without `columns`, with an empty PSU or stratum, or with a weight that is none.

    Raises
    ------
    DataError
        Naming the column and how many rows.
    """
    absent = [c for c in columns if c not in rows.columns]
    if absent:
        raise DataError(f"responses: columns {absent} are needed and absent; found {list(rows.columns)}")
    for column in {"respondent", "cluster", "stratum"} & set(columns):
        empty = rows[column].isna() | (rows[column].astype(str) == "")
        if empty.any():
            raise DataError(
                f"responses: column {column!r} is empty in {int(empty.sum())} rows. Fill it in every row."
            )
    weight = rows["weight"].to_numpy(float)
    bad = ~(np.isfinite(weight) & (weight > 0))
    if bad.any():
        raise DataError(
            f"responses: column 'weight' has {int(bad.sum())} values that are not positive numbers."
        )


def _row_vectors(rows: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    x = rows[list(items)].to_numpy(float)
    w = rows["weight"].to_numpy(float)[:, None]
    seen = ~np.isnan(x)
    return np.hstack([w * np.where(seen, x, 0.0), w * seen])


def _grouped_cross(keys: pd.DataFrame, t: np.ndarray) -> Sums:
    """Σtt′ per key, one matrix product per cell: never holds an outer product per row."""
    unique, code = _codes(keys)
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(len(unique) + 1))
    blocks = [t[order[a:b]].T @ t[order[a:b]] for a, b in pairwise(bounds)]
    return Sums(unique, np.stack(blocks) if blocks else np.zeros((0, t.shape[1], t.shape[1])))


def _category_counts(keys: pd.DataFrame, x: np.ndarray, items: Sequence[str]) -> Sums:
    unique, cell = _codes(keys)
    parts: list[tuple[np.ndarray, ...]] = []
    for j in range(len(items)):
        seen = ~np.isnan(x[:, j])
        categories, category = np.unique(x[seen, j], return_inverse=True)
        code, n = np.unique(cell[seen] * max(len(categories), 1) + category, return_counts=True)
        row, column = np.divmod(code, max(len(categories), 1))
        parts.append((row, np.full(len(n), j), categories[column], n))
    row, item, category, n = (np.concatenate(column) for column in zip(*parts, strict=True))
    table = unique.iloc[row].reset_index(drop=True)
    return total_by(table.assign(item=np.array(items, dtype=object)[item], category=category), n)


_FIELDS = ("cells", "totals", "cross", "counts", "psu_totals")


def _combine(a: Tables, b: Tables, *, sign: int) -> Tables:
    if (a.items, a.by, a.psu) != (b.items, b.by, b.psu):
        found = f"{(a.items, a.by, a.psu)} and {(b.items, b.by, b.psu)}"
        raise DataError(f"tables of different layout cannot be combined: {found}")
    merged = {name: merge_sums(getattr(a, name), getattr(b, name), sign=sign) for name in _FIELDS}
    return Tables(a.items, a.by, a.psu, **merged)


def merge(a: Tables, b: Tables) -> Tables:
    """Tables of the rows of `a` and `b` together."""
    return _combine(a, b, sign=1)


def subtract(a: Tables, b: Tables) -> Tables:
    """Tables of the rows of `a` that are not in `b` (`b` made from some of the rows of `a`)."""
    left = _combine(a, b, sign=-1)
    alive = left.cells.sums > 0
    cells, totals, cross = (_keep(t, alive) for t in (left.cells, left.totals, left.cross))
    counts = _keep(left.counts, left.counts.sums > 0)
    psu_totals = _keep(left.psu_totals, left.psu_totals.sums[:, 0] > 0)
    return Tables(a.items, a.by, a.psu, cells, totals, cross, counts, psu_totals)


def _keep(table: Sums, rows: np.ndarray) -> Sums:
    return Sums(table.keys.iloc[rows].reset_index(drop=True), table.sums[rows])


def collapse(tables: Tables, *, by: Sequence[str]) -> Tables:
    """Sum over the key columns that are not in `by`."""
    unknown = [c for c in by if c not in tables.by]
    if unknown:
        raise ParamError(f"by={list(by)}; choose from {list(tables.by)}")
    dropped = set(tables.by) - set(by)
    summed = {}
    for name in _FIELDS:
        table: Sums = getattr(tables, name)
        kept = [c for c in table.keys.columns if c not in dropped]
        summed[name] = total_by(table.keys[kept], table.sums)
    return Tables(tables.items, tuple(by), tables.psu, **summed)


def alpha_tables(rows: pd.DataFrame, items: Sequence[str], *, by: Sequence[str] = BY) -> Sums:
    """Complete-case Σvv′ of v = [1, x₁…x_k, Σx², (Σx)²] per cell, (cells, k+3, k+3).

    Everything alpha, its ADF standard error, and alpha-if-dropped of the whole scale need.
    Rows that miss any item are left out; entry [0, 0] is the number of complete rows.
    """
    x = rows[list(items)].to_numpy(float)
    complete = np.isfinite(x).all(axis=1)
    x, keys = x[complete], rows[list(by)].iloc[np.flatnonzero(complete)].reset_index(drop=True)
    v = np.column_stack([np.ones(len(x)), x, (x**2).sum(axis=1), x.sum(axis=1) ** 2])
    return _grouped_cross(keys, v)


def covariance(x: np.ndarray, *, weights: np.ndarray | None = None, missing: str = "listwise") -> np.ndarray:
    """Covariance matrix of columns, (k, k), divisor Σw − Σw²/Σw (n − 1 without weights).

    Parameters
    ----------
    x : (n, k), NaN = missing
    weights : (n,), default 1
    missing : "listwise" uses complete rows, "pairwise" every row that has both columns
    """
    if missing not in MISSING:
        raise ParamError(f"missing={missing!r}; choose one of {list(MISSING)}")
    x = np.asarray(x, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    seen = ~np.isnan(x)
    if missing == "listwise":
        seen &= seen.all(axis=1, keepdims=True)
    r = seen.astype(float)
    filled = np.where(seen, x, 0.0)
    # Centring first keeps the one-pass formula from cancelling when the mean is large.
    filled = np.where(seen, filled - _ratio(w @ filled, w @ r), 0.0)
    wr = w[:, None] * r
    total, squares = r.T @ wr, r.T @ (w[:, None] * wr)
    first = filled.T @ wr  # first[i, j] = Σ w x_i over rows that also have j
    second = filled.T @ (w[:, None] * filled)
    return _ratio(second - _ratio(first * first.T, total), total - _ratio(squares, total))


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=np.asarray(b) > 0)
