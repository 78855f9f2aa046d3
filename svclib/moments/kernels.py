"""From rows to additive tables: one pass, one matrix product per cell, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError
from svclib.moments.tables import Sums, Tables, codes, total_by

BY = ("unit", "cycle", "subject")
ROW = "row"
DRAWN = ("respondent", "cluster")
PSUS = (*DRAWN, ROW)
BLOCK = 1 << 16  # rows of one matrix product: 30 items fill 32 MB
SPAN = 1000  # answers in a range of so many whole numbers are counted without sorting


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
    psu : "respondent"; "cluster" when respondents were drawn in groups; "row" when every row is a
        respondent of its own, so that `cross` says all and nothing is kept per respondent
    stratum : whether PSUs were drawn within the column "stratum"

    Raises
    ------
    ParamError
        `psu` is not one of the choices, or rows are to be drawn within strata.
    DataError
        A column is absent, a PSU or stratum is empty, or a weight is not a positive number.
    """
    if psu not in PSUS:
        raise ParamError(f"psu={psu!r}; choose one of {list(PSUS)}")
    if psu == ROW and stratum:
        raise ParamError("psu='row' keeps nothing per stratum; choose 'respondent' or 'cluster'")
    by, items = tuple(by), tuple(items)
    drawn = [psu] if psu != ROW else []
    check_rows(rows, (*by, *drawn, *(["stratum"] if stratum else []), "weight", *items))
    keys = rows[list(by)].reset_index(drop=True)
    x, weight = rows[list(items)].to_numpy(float), rows["weight"].to_numpy(float)
    if psu == ROW:
        return of_codes(*codes(keys), x, weight, items)
    psu_keys = pd.DataFrame(
        {"psu": rows[psu].to_numpy(), "stratum": rows["stratum"].to_numpy() if stratum else ""}
    )
    sums = np.column_stack([np.ones(len(rows), dtype=np.int64), row_vectors(x, weight)])
    per_psu = total_by(pd.concat([psu_keys, keys], axis=1), sums)
    return of_codes(*codes(keys), x, weight, items, psu=psu, psu_totals=per_psu)


def of_codes(  # noqa: PLR0913 - the rows come as four arrays
    cells: pd.DataFrame,
    code: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray,
    items: Sequence[str],
    *,
    psu: str = ROW,
    psu_totals: Sums | None = None,
) -> Tables:
    """Additive tables of rows whose cell is known by number.

    Parameters
    ----------
    cells : unique, sorted keys of the cells, all of them used
    code : (n,), which cell each row is in
    x : (n, k), answers, NaN where unanswered
    weight : (n,)
    psu_totals : sums per PSU; None for psu "row", which keeps none
    """
    if psu_totals is None:
        keys = cells.iloc[:0].assign(psu="", stratum="")[["psu", "stratum", *cells.columns]]
        psu_totals = Sums(keys, np.zeros((0, 1 + 2 * x.shape[1])))
    totals, cross = _grouped(code, len(cells), 2 * x.shape[1], lambda at: row_vectors(x[at], weight[at]))
    number = np.bincount(code, minlength=len(cells))
    return Tables(
        tuple(items),
        tuple(cells.columns),
        psu,
        cells=Sums(cells, number),
        totals=Sums(cells, totals),
        cross=Sums(cells, cross),
        counts=_category_counts(cells, code, x, items),
        psu_totals=psu_totals,
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


def row_vectors(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Vectors t = [w r x, w r] of the rows, (n, 2k)."""
    seen = ~np.isnan(x)
    return np.hstack([weight[:, None] * np.where(seen, x, 0.0), weight[:, None] * seen])


def _grouped(
    code: np.ndarray, cells: int, width: int, vectors: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Σv and Σvv′ per cell of the vectors of rows: never holds those of more than a block of rows."""
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(cells + 1))
    total, cross = np.zeros((cells, width)), np.zeros((cells, width, width))
    for cell in range(cells):
        for start in range(bounds[cell], bounds[cell + 1], BLOCK):
            v = vectors(order[start : min(start + BLOCK, bounds[cell + 1])])
            total[cell] += v.sum(axis=0)
            cross[cell] += v.T @ v
    return total, cross


def _category_counts(cells: pd.DataFrame, code: np.ndarray, x: np.ndarray, items: Sequence[str]) -> Sums:
    parts: list[tuple[np.ndarray, ...]] = []
    for j in range(len(items)):
        values = np.ascontiguousarray(x[:, j])
        seen = ~np.isnan(values)
        known, category = _categories(values[seen])
        counted = np.bincount(code[seen] * max(len(known), 1) + category, minlength=len(cells) * len(known))
        found = np.flatnonzero(counted)
        cell, column = np.divmod(found, max(len(known), 1))
        parts.append((cell, np.full(len(found), j), known[column], counted[found]))
    empty = (np.zeros(0, dtype=np.int64),) * 4
    cell, item, category, n = (np.concatenate(column) for column in zip(*(parts or [empty]), strict=True))
    table = cells.iloc[cell].reset_index(drop=True)
    return total_by(table.assign(item=np.array(items, dtype=object)[item], category=category), n)


def _categories(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Possible answers in rising order, and for each value the place of its own."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, -1.0)
    if len(values) and high - low < SPAN:
        whole = values.astype(np.int64)
        if (whole == values).all():
            return np.arange(low, high + 1), whole - int(low)
    return np.unique(values, return_inverse=True)


def alpha_tables(
    rows: pd.DataFrame, items: Sequence[str], *, by: Sequence[str] = BY, weights: np.ndarray | None = None
) -> Sums:
    """Complete-case Σvv′ of v = a[1, x₁…x_k, Σx², (Σx)²] per cell, (cells, k+3, k+3).

    Everything alpha, its ADF standard error, and alpha-if-dropped of the whole scale need.
    Rows that miss any item are left out; entry [0, 0] is the number of complete rows, with
    `weights` a, (n,), the sum of their squares.
    """
    keys, code = codes(rows[list(by)].reset_index(drop=True))
    a = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=float)
    return alpha_of_codes(keys, code, rows[list(items)].to_numpy(float), a)


def alpha_of_codes(cells: pd.DataFrame, code: np.ndarray, x: np.ndarray, factor: np.ndarray) -> Sums:
    """`alpha_tables` of rows whose cell is known by number; cells without a complete row are left out."""
    complete = np.flatnonzero(np.isfinite(x).all(axis=1))

    def vectors(at: np.ndarray) -> np.ndarray:
        own, a = x[complete[at]], factor[complete[at], None]
        total = own.sum(axis=1)
        return a * np.column_stack([np.ones(len(own)), own, (own**2).sum(axis=1), total**2])

    _, cross = _grouped(code[complete], len(cells), x.shape[1] + 3, vectors)
    used = cross[:, 0, 0] > 0
    return Sums(cells[used].reset_index(drop=True), cross[used])
