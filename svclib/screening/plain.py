"""Rules that look at one row, or at its id: gaps, copies by id, one code throughout, speed."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.screening.form import Form

PERSON = ["cycle", "source", "subject", "unit", "respondent"]
STAMPS = ("started", "finished")


def hits(fired: np.ndarray, value: np.ndarray, detail: Sequence[str]) -> pd.DataFrame:
    """Rows that fired: value and detail, indexed by position; `detail` has one text per fired row."""
    where = np.flatnonzero(fired)
    return pd.DataFrame(
        {"value": value[where], "detail": pd.Series(detail, index=where, dtype="str")}, index=where
    )


def missing_share(rows: pd.DataFrame, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unanswered items of each row, and how many anybody of its cycle and subject answered."""
    answered = pd.DataFrame(~np.isnan(codes), index=rows.index)
    asked = answered.groupby([rows["cycle"], rows["subject"]]).transform("any").to_numpy().sum(axis=1)
    return asked - answered.to_numpy().sum(axis=1), asked


def missing(rows: pd.DataFrame, codes: np.ndarray, cut: float) -> pd.DataFrame:
    """Share of unanswered items above `cut`."""
    empty_items, asked = missing_share(rows, codes)
    share = np.divide(empty_items, asked, out=np.ones(len(rows)), where=asked > 0)
    fired = share > cut
    return hits(fired, share, [f"{m}/{a}" for m, a in zip(empty_items[fired], asked[fired], strict=True)])


def duplicate(rows: pd.DataFrame) -> pd.DataFrame:
    """Value: which occurrence this is (2 = second); detail: the row of the first."""
    named = rows["respondent"].str.strip() != ""
    stamped = pd.Series(data=False, index=rows.index)
    for stamp in STAMPS:
        if stamp in rows:
            stamped |= rows[stamp].notna() & (rows[stamp].astype(str) != "")
    whole = [column for column in rows.columns if column != "row"]
    first = rows["row"].to_numpy().copy()
    order = np.ones(len(rows))
    for keys, usable in ((whole, stamped), (PERSON, named)):
        groups = rows[usable].groupby(keys, dropna=False, sort=False)
        at = np.flatnonzero(usable)
        order[at] = np.maximum(order[at], groups.cumcount().to_numpy() + 1)
        first[at] = np.minimum(first[at], groups["row"].transform("min").to_numpy())
    fired = order > 1
    return hits(fired, order, [f"= row {row}" for row in first[fired]])


def straight(codes: np.ndarray, form: Form, at_least: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows with one raw code on every answered item, and their longest line, (n,) each."""
    same = np.ones(len(codes), dtype=bool)
    longest = np.zeros(len(codes))
    for places in scales(form):
        columns = [codes[:, place] for place in places]  # rows are many: no copy of them all
        same &= ~(functools.reduce(np.fmax, columns) > functools.reduce(np.fmin, columns))
        longest = np.maximum(longest, sum(~np.isnan(column) for column in columns))
    return same & (longest >= at_least), longest


def straight_line(codes: np.ndarray, form: Form, at_least: float) -> pd.DataFrame:
    """One raw code on every answered item; items of different scales within their scale."""
    fired, longest = straight(codes, form, at_least)
    given = [sorted(set(row[~np.isnan(row)])) for row in codes[fired]]
    return hits(fired, longest, [" ".join(f"{code:g}" for code in row) for row in given])


def scales(form: Form) -> list[np.ndarray]:
    """Positions of the items sharing one scale."""
    where: dict[tuple[float, float], list[int]] = {}
    for place, ends in enumerate(zip(form.low.tolist(), form.high.tolist(), strict=True)):
        where.setdefault(ends, []).append(place)
    return [np.array(places) for places in where.values()]


def pace(rows: pd.DataFrame, codes: np.ndarray) -> np.ndarray:
    """Seconds per answered item, NaN where the time is not known."""
    answered = (~np.isnan(codes)).sum(axis=1)
    seconds = rows["seconds"].to_numpy(dtype=float)
    return np.divide(seconds, answered, out=np.full(len(rows), np.nan), where=answered > 0)


def speed(rows: pd.DataFrame, codes: np.ndarray, cut: float) -> pd.DataFrame:
    """Seconds per answered item below `cut`."""
    found = pace(rows, codes)
    fired = found < cut
    shown = zip(rows["seconds"][fired], (~np.isnan(codes)).sum(axis=1)[fired], strict=True)
    return hits(fired, found, [f"{s:g} s / {a}" for s, a in shown])
