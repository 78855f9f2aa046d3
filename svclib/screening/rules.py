"""Which response rows to doubt: four rules with absolute cuts.

No rule flags "the worst five per cent": a cycle without careless answers has no flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from svclib.columns import checked, empty
from svclib.errors import DataError, ParamError

if TYPE_CHECKING:
    from svclib.params import Screening

Range = tuple[float, float]
ROW = ["cycle", "source", "row"]
PERSON = ["cycle", "source", "subject", "unit", "respondent"]
STAMPS = ("started", "finished")
RULES = ("missing", "duplicate", "straight_line", "speed")
KNOWN = (*RULES, "out_of_range")  # the last is applied while reading, see `sources`


def screen(
    responses: pd.DataFrame,
    items: Sequence[str],
    rules: Screening,
    *,
    scale: Range | Mapping[str, Range] | None = None,
) -> pd.DataFrame:
    """Rows of table "exclusions": one per response row and rule that fired.

    missing : share of unanswered items, among those anybody of the same cycle and subject
        answered, above `missing_share`.
    duplicate : a later row of the same respondent, subject, unit and cycle, or a row equal
        to an earlier one in everything including its time stamps. Rows without a respondent
        and without stamps are never duplicates: equal opinions are not a copy.
    straight_line : every answered item has the same raw code, at least
        `straight_line_items` of them. Items of different scales are compared within their scale.
    speed : seconds per answered item below `seconds_per_item`, where the time is known.

    Parameters
    ----------
    responses : DataFrame
        Typed responses with raw codes (reverse items not yet recoded), unanswered = NaN.
    items : sequence of str
        Item columns.
    rules : params.Screening
        Cuts, and in `exclude` the names of the rules that exclude; the others only mark.
    scale : (low, high) or {item: (low, high)}, optional
        Scales of the items; without it they count as one scale.

    Raises
    ------
    ParamError
        `rules.exclude` names an unknown rule.
    DataError
        An item has no column.
    """
    unknown = [name for name in rules.exclude if name not in KNOWN]
    if unknown:
        raise ParamError(f"screening.exclude has unknown rules {unknown}; choose from {list(KNOWN)}")
    absent = [item for item in items if item not in responses]
    if absent:
        raise DataError(f"responses have no column for items {absent}; found {list(responses.columns)}")
    rows = responses.reset_index(drop=True)
    answers = rows[list(items)].to_numpy(dtype=float)
    found = [
        _missing(rows, answers, rules.missing_share),
        _duplicate(rows),
        _straight(answers, _groups(items, scale), rules.straight_line_items),
        _speed(rows, answers, rules.seconds_per_item),
    ]
    fired = [_flags(rows, name, hit, rules) for name, hit in zip(RULES, found, strict=True)]
    return checked("exclusions", pd.concat([empty("exclusions"), *fired], ignore_index=True))


def _flags(rows: pd.DataFrame, name: str, hit: pd.DataFrame, rules: Screening) -> pd.DataFrame:
    """Table rows of one rule; `hit` has columns value, detail and the index of the response row."""
    who = rows.loc[hit.index, [*ROW, "respondent", "unit"]]
    cut = cuts(rules)[name]
    return who.assign(
        rule=name, excluded=name in rules.exclude, value=hit["value"], cut=cut, detail=hit["detail"]
    )


def cuts(rules: Screening) -> dict[str, float]:
    """The cut of every rule of `screen`, in its own unit."""
    return {
        "missing": float(rules.missing_share),
        "duplicate": 1.0,
        "straight_line": float(rules.straight_line_items),
        "speed": float(rules.seconds_per_item),
    }


def _hits(fired: np.ndarray, value: np.ndarray, detail: Sequence[str]) -> pd.DataFrame:
    where = np.flatnonzero(fired)
    return pd.DataFrame(
        {"value": value[where], "detail": pd.Series(detail, index=where, dtype="str")}, index=where
    )


def _missing(rows: pd.DataFrame, answers: np.ndarray, cut: float) -> pd.DataFrame:
    answered = pd.DataFrame(~np.isnan(answers))
    asked = answered.groupby([rows["cycle"], rows["subject"]]).transform("any").to_numpy().sum(axis=1)
    empty_items = asked - answered.to_numpy().sum(axis=1)
    share = np.divide(empty_items, asked, out=np.ones(len(rows)), where=asked > 0)
    fired = share > cut
    return _hits(fired, share, [f"{m}/{a}" for m, a in zip(empty_items[fired], asked[fired], strict=True)])


def _duplicate(rows: pd.DataFrame) -> pd.DataFrame:
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
    return _hits(fired, order, [f"= row {row}" for row in first[fired]])


def _groups(items: Sequence[str], scale: Range | Mapping[str, Range] | None) -> list[np.ndarray]:
    """Positions of the items sharing one scale."""
    if not isinstance(scale, Mapping):
        return [np.arange(len(items))]
    where: dict[Any, list[int]] = {}
    for place, item in enumerate(items):
        where.setdefault(tuple(scale[item]), []).append(place)
    return [np.array(places) for places in where.values()]


def _straight(answers: np.ndarray, groups: list[np.ndarray], at_least: int) -> pd.DataFrame:
    same = np.ones(len(answers), dtype=bool)
    longest = np.zeros(len(answers))
    for places in groups:
        part = answers[:, places]
        gaps = np.isnan(part)
        spread = np.where(gaps, -np.inf, part).max(axis=1) - np.where(gaps, np.inf, part).min(axis=1)
        same &= spread <= 0
        longest = np.maximum(longest, (~gaps).sum(axis=1))
    fired = same & (longest >= at_least)
    codes = [sorted(set(row[~np.isnan(row)])) for row in answers[fired]]
    return _hits(fired, longest, [" ".join(f"{code:g}" for code in row) for row in codes])


def _speed(rows: pd.DataFrame, answers: np.ndarray, cut: float) -> pd.DataFrame:
    answered = (~np.isnan(answers)).sum(axis=1)
    seconds = rows["seconds"].to_numpy(dtype=float)
    pace = np.divide(seconds, answered, out=np.full(len(rows), np.nan), where=answered > 0)
    fired = pace < cut
    return _hits(
        fired, pace, [f"{s:g} s / {a}" for s, a in zip(seconds[fired], answered[fired], strict=True)]
    )
