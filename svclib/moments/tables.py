"""Additive tables: the rows are read once, everything later works on sums.

A row is one questionnaire: answers `x` (NaN = not answered), `r` = 1 where answered, weight
`w`.  Its vector is t = [w r x, w r].  Tables of two batches `merge` into the tables of both,
so a chunk at a time gives the same numbers as all rows at once.  Whole numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError

# Sums of one slice up to here stay whole numbers: thousands of slices add up without overflow.
EXACT = 2.0**50


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
    psu : which column is the primary sampling unit, "respondent" or "cluster"; "row" for none
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
    unique, code = codes(keys)
    order = np.argsort(code, kind="stable")
    start = np.searchsorted(code[order], np.arange(len(unique)))
    return Sums(unique, np.add.reduceat(values[order], start, axis=0) if len(unique) else values)


def codes(keys: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Unique keys, sorted, and for every row the position of its key."""
    code = keys.groupby(list(keys.columns), sort=True, dropna=False).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    return keys.iloc[first].reset_index(drop=True), code


def merge_sums(*parts: Sums) -> Sums:
    """The sum of tables, key by key, in the order given."""
    keys = pd.concat([part.keys for part in parts], ignore_index=True)
    return total_by(keys, np.concatenate([part.sums for part in parts]))


def exact(table: Sums) -> Sums:
    """The same table in whole numbers where every sum is one, so that no order of adding matters."""
    values = table.sums
    if values.dtype.kind == "i" or not len(values) or np.abs(values).max() >= EXACT:
        return table
    whole = values.astype(np.int64)
    return Sums(table.keys, whole) if (whole == values).all() else table


FIELDS = ("cells", "totals", "cross", "counts", "psu_totals")


def merge(*parts: Tables) -> Tables:
    """Tables of the rows of all `parts` together, added in the order given."""
    first = parts[0]
    for other in parts[1:]:
        if (first.items, first.by, first.psu) != (other.items, other.by, other.psu):
            found = f"{(first.items, first.by, first.psu)} and {(other.items, other.by, other.psu)}"
            raise DataError(f"tables of different layout cannot be combined: {found}")
    merged = {name: merge_sums(*(getattr(part, name) for part in parts)) for name in FIELDS}
    return Tables(first.items, first.by, first.psu, **merged)


def subtract(a: Tables, b: Tables) -> Tables:
    """Tables of the rows of `a` that are not in `b` (`b` made from some of the rows of `a`)."""
    minus = {name: getattr(b, name) for name in FIELDS}
    minus = {name: Sums(table.keys, -table.sums) for name, table in minus.items()}
    left = merge(a, Tables(b.items, b.by, b.psu, **minus))
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
    for name in FIELDS:
        table: Sums = getattr(tables, name)
        kept = [c for c in table.keys.columns if c not in dropped]
        summed[name] = total_by(table.keys[kept], table.sums)
    return Tables(tables.items, tuple(by), tables.psu, **summed)
