"""From the parts to additive tables, slice by slice; the sums of slices are added in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import moments
from svclib.errors import InputErrors, ParamError
from svclib.moments import Sums, Tables
from svclib.partitions.layout import Layout, Piece, slices
from svclib.partitions.reading import Batch, Wrong, problems, read
from svclib.screening import plain

MOST_CLUSTERS = 1_000_000
TOGETHER = 2  # slices added at a time: each holds the products of every unit
Each = Callable[[Callable[..., "Reduced"], Layout, Iterable[tuple[Piece, ...]]], Iterator["Reduced"]]


class Scale(NamedTuple):
    """Sums of the answers to the items of one dimension.

    first, second : Σw vv′ and Σw² vv′ of complete ones, v = [1, x₁…x_k, Σx², (Σx)²], x from the
        middle of its scale
    rows : complete rows, and rows with an answer at least, (1, 2)
    """

    first: Sums
    second: Sums
    rows: Sums


@dataclass(frozen=True)
class Reduced:
    """Additive tables of some rows of the parts.

    tables : of the rows that count, reverse items recoded, by unit, cycle, subject
    scales : by (subject, dimension)
    rules : rows each rule left out, by unit and rule; rule "" is all rows read
    answered : rows with an answer, by subject and item, of all rows read
    wrong : what is wrong with the rows
    """

    tables: Tables
    scales: dict[tuple[str, str], Scale]
    rules: Sums
    answered: Sums
    wrong: tuple[Wrong, ...]


def reduce(layout: Layout, each: Each) -> Reduced:
    """Additive tables of all parts.

    Parameters
    ----------
    each : gives ``fn(layout, pieces)`` of every slice, in their order, wherever it computes them

    Returns
    -------
    The same for any number of workers and any cut of the same rows into parts: slices are runs
    of rows over all parts, and their sums are added in order; sums of whole numbers are exact.

    Raises
    ------
    InputErrors
        Everything wrong with the rows.
    ParamError
        More clusters than can be kept.
    """
    whole, held = [], []
    for found in each(reduce_slice, layout, slices(layout)):
        held.append(found)
        if len(held) == TOGETHER:
            whole, held = [merge([*whole, *held])], []
    done = merge([*whole, *held])
    if done.wrong:
        raise InputErrors(problems(done.wrong))
    _consistent(layout, done)
    return done


def reduce_slice(layout: Layout, pieces: Sequence[Piece]) -> Reduced:
    """Additive tables of the rows of `pieces`."""
    batch = read(layout, pieces)
    gone = _excluded(layout, batch)
    known = (batch.unit >= 0) & (batch.subject >= 0)
    out = np.logical_or.reduce([*gone.values(), ~known])
    cell = batch.unit * len(layout.names) + batch.subject
    cells, code = _used(layout.cells, cell[~out])
    form, wrong = layout.form, batch.wrong
    answered = _answered(layout, batch.subject[known], ~np.isnan(batch.x)[known])
    x, weight = _rows(batch.x, np.flatnonzero(~out)), batch.weight[~out]
    batch = batch._replace(x=x)  # a slice is held once
    x[:, form.reverse] = (form.low + form.high)[form.reverse] - x[:, form.reverse]
    if wrong:  # nothing is computed from wrong rows; their places are wanted alone
        x, weight = x[:0], weight[:0]
        cells, code = cells.iloc[:0], code[:0]
    psu = None
    if batch.cluster is not None:
        psu = _per_cluster(cells, code, batch.cluster[~out][: len(x)], x, weight)
    sampled = "cluster" if layout.clustered else moments.ROW
    tables = moments.of_codes(cells, code, x, weight, form.items, psu=sampled, psu_totals=psu)
    return Reduced(
        replace(tables, **{name: moments.exact(getattr(tables, name)) for name in moments.FIELDS}),
        _scales(layout, cells, code, x, weight),
        _counted(layout, batch.unit[known], {rule: hit[known] for rule, hit in gone.items()}),
        answered,
        wrong,
    )


def merge(parts: Sequence[Reduced]) -> Reduced:
    """Tables of the rows of all `parts`, added in the order given."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return Reduced(
        moments.merge(*(part.tables for part in parts)),
        {
            key: Scale(*(moments.merge_sums(*same) for same in zip(*found, strict=True)))
            for key, found in ((key, [part.scales[key] for part in parts]) for key in first.scales)
        },
        moments.merge_sums(*(part.rules for part in parts)),
        moments.merge_sums(*(part.answered for part in parts)),
        tuple(one for part in parts for one in part.wrong),
    )


def _excluded(layout: Layout, batch: Batch) -> dict[str, np.ndarray]:
    """Rows each rule of `exclude` leaves out, (n,) each."""
    rules, form = layout.rules, layout.form
    fired = {}
    if "missing" in rules.exclude:
        asked = np.array([[i in layout.asked[name] for i in form.items] for name in layout.names])
        n = asked.sum(axis=1)[batch.subject]
        empty = n - (~np.isnan(batch.x) & asked[batch.subject]).sum(axis=1)
        fired["missing"] = np.divide(empty, n, out=np.ones(len(n)), where=n > 0) > rules.missing_share
    if "straight_line" in rules.exclude:
        fired["straight_line"] = plain.straight(batch.x, form, rules.straight_line_items)[0]
    if "speed" in rules.exclude:
        answered = (~np.isnan(batch.x)).sum(axis=1)
        pace = np.divide(batch.seconds, answered, out=np.full(len(answered), np.nan), where=answered > 0)
        fired["speed"] = pace < rules.seconds_per_item
    return fired


def _rows(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows `at` of a matrix whose columns lie together in memory, as those of the result do."""
    found = np.empty((len(at), x.shape[1]), order="F")
    for j in range(x.shape[1]):
        found[:, j] = x[at, j]
    return found


def _used(cells: pd.DataFrame, cell: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Keys of the cells that occur, and the place of each row's among them."""
    there = np.flatnonzero(np.bincount(cell, minlength=len(cells)))
    place = np.zeros(len(cells), dtype=np.int64)
    place[there] = np.arange(len(there))
    return cells.iloc[there].reset_index(drop=True), place[cell]


def _per_cluster(
    cells: pd.DataFrame, code: np.ndarray, cluster: np.ndarray, x: np.ndarray, weight: np.ndarray
) -> Sums:
    """Σ[1, t] per cluster and cell."""
    names, number = np.unique(cluster.astype(str), return_inverse=True)
    key, place = np.unique(number * max(len(cells), 1) + code, return_inverse=True)
    sums = np.zeros((len(key), 1 + 2 * x.shape[1]))
    np.add.at(sums, place, np.column_stack([np.ones(len(x)), moments.row_vectors(x, weight)]))
    who, where = np.divmod(key, max(len(cells), 1))
    psu = pd.DataFrame({"psu": names[who].astype(object), "stratum": ""})
    return Sums(pd.concat([psu, cells.iloc[where].reset_index(drop=True)], axis=1), sums)


def _scales(
    layout: Layout, cells: pd.DataFrame, code: np.ndarray, x: np.ndarray, weight: np.ndarray
) -> dict[tuple[str, str], Scale]:
    form = layout.form
    middle = np.floor((form.low + form.high) / 2)  # small numbers: their squares stay exact
    subject, found = cells["subject"].to_numpy()[code], {}
    for (name, dimension), items in layout.scales.items():
        at, places = np.flatnonzero(subject == name), np.array([form.items.index(i) for i in items])
        keys = pd.DataFrame({"cycle": [layout.cycle], "subject": [name]})
        own, one = _rows(x[:, places], at) - middle[places], np.zeros(len(at), dtype=np.int64)
        factors = np.sqrt(weight[at]), weight[at]
        first = moments.exact(moments.alpha_of_codes(keys, one, own, factors[0]))
        second = first
        if (factors[0] != factors[1]).any():
            second = moments.exact(moments.alpha_of_codes(keys, one, own, factors[1]))
        seen = ~np.isnan(own)
        rows = np.array([[seen.all(axis=1).sum(), seen.any(axis=1).sum()]])
        found[name, dimension] = Scale(first, second, Sums(keys, rows))
    return found


def _counted(layout: Layout, unit: np.ndarray, gone: dict[str, np.ndarray]) -> Sums:
    """Rows read, and rows each rule leaves out, by unit."""
    counts = {"": np.ones(len(unit), dtype=bool), **gone}
    units = len(layout.units)
    keys = pd.DataFrame({
        "unit": np.tile(np.array(layout.units, dtype=object), len(counts)),
        "rule": np.repeat(np.array(list(counts), dtype=object), units),
    })  # fmt: skip
    return moments.total_by(
        keys, np.concatenate([np.bincount(unit[hit], minlength=units) for hit in counts.values()])
    )


def _answered(layout: Layout, subject: np.ndarray, seen: np.ndarray) -> Sums:
    items = layout.form.items
    keys = pd.DataFrame({
        "subject": np.repeat(np.array(layout.names, dtype=object), len(items)),
        "item": np.tile(np.array(items, dtype=object), len(layout.names)),
    })  # fmt: skip
    counts = [seen[subject == k].sum(axis=0) for k in range(len(layout.names))]
    return moments.total_by(keys, np.concatenate(counts))


def _consistent(layout: Layout, done: Reduced) -> None:
    """Refuse what the rules per row took for granted and the whole does not bear out."""
    clusters = done.tables.psu_totals.keys["psu"].nunique()
    if clusters > MOST_CLUSTERS:
        raise ParamError(
            f"column cluster has {clusters} values, more than {MOST_CLUSTERS}; leave the column out where "
            f"every row is a sampling unit of its own"
        )
    if "missing" not in layout.rules.exclude:
        return
    there = done.answered.frame("rows").groupby("subject")["rows"].sum()
    table = done.answered.frame("rows")
    for subject, item, rows in table[["subject", "item", "rows"]].itertuples(index=False):
        if there[subject] and (rows > 0) != (item in layout.asked[subject]):
            told = "is answered though not asked" if rows else "is asked and answered by nobody"
            raise ParamError(
                f"item {item} of subject {subject} {told}; which rows are incomplete cannot be said. "
                f"Correct subjects: in the framework, or leave missing out of screening.exclude"
            )
