"""Small groups of people are not published, nor what they could be worked out from.

A group of fewer than `min_cell` people is hidden together with the next smallest, in every row and
column of the table whose total is published, until none can be found by a subtraction: two groups at
least are hidden, of `min_cell` people together (complementary suppression, Willenborg & de Waal 2001,
Elements of Statistical Disclosure Control, ch. 4).  Which answers are a group is decided once, by unit,
subject and channel, so that two tables never hide different ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES, checked
from svclib.columns.people import PEOPLE, People

MERGED = "*"
UNIT_SUBJECT = ["cycle", "unit", "subject"]
CELL = [*UNIT_SUBJECT, "channel"]


class Plan(NamedTuple):
    """Answers that are hidden: by (cycle, unit, subject), and by these and channel."""

    subjects: frozenset[tuple[str, ...]] = frozenset()
    channels: frozenset[tuple[str, ...]] = frozenset()

    def hides(self, cycle: str, unit: str, subject: str, channel: str = "") -> bool:
        """Whether a group of answers is hidden; without a channel, all channels together."""
        if subject == "" and channel:  # one channel of all subjects gives the channel of one away
            return (cycle, unit, channel) in self.by_channel
        return (cycle, unit, subject) in self.subjects or (cycle, unit, subject, channel) in self.channels

    @property
    def by_channel(self) -> frozenset[tuple[str, ...]]:
        """(cycle, unit, channel) of what is hidden by channel."""
        return frozenset((cycle, unit, channel) for cycle, unit, _, channel in self.channels)


def hidden(
    sizes: pd.DataFrame,
    margins: Iterable[pd.Series],
    *,
    least: int,
    forced: np.ndarray | None = None,
    kept: np.ndarray | None = None,
) -> np.ndarray:
    """Which groups are hidden (boolean, one per row).

    Parameters
    ----------
    sizes : DataFrame (n, k)
        People of every group; several columns where several counts are published.
    margins : iterable of Series (n,)
        Number of the total each group is part of, for every total that is published.
    least : int
        The fewest people shown.
    forced, kept : boolean arrays, optional
        Groups hidden already, and groups that another number shows anyway.

    Notes
    -----
    A group of nobody hides nothing.  The smallest of those still shown is hidden first, equal ones
    in the order given.  Where every other group is `kept` or hidden, a total may still show one.
    """
    n = sizes.to_numpy(dtype=float)
    free = (n > 0).any(axis=1) & ~(np.zeros(len(n), dtype=bool) if kept is None else kept)
    out = ((n > 0) & (n < least)).any(axis=1) & free
    out |= False if forced is None else forced
    order = np.lexsort((np.arange(len(n)), *n.T[::-1])) if len(n) else np.arange(0)
    groups = [np.asarray(rows) for margin in margins for rows in _rows(margin)]
    changed = True
    while changed:
        changed = False
        for rows in groups:
            while not _safe(n[rows][out[rows]], least):
                more = [k for k in order[np.isin(order, rows)] if free[k] and not out[k]]
                if not more:
                    break
                out[more[0]] = changed = True
    return out


def _rows(margin: pd.Series) -> list[np.ndarray]:
    return list(margin.reset_index(drop=True).groupby(margin.to_numpy(), sort=True).indices.values())


def _safe(n: np.ndarray, least: int) -> bool:
    """Whether what the hidden groups are together tells nothing of one of them."""
    people = n[(n > 0).any(axis=1)]
    total = people.sum(axis=0)
    return len(people) == 0 or (len(people) > 1 and not ((total > 0) & (total < least)).any())


def plan(profile: pd.DataFrame, *, least: int) -> Plan:
    """What of the answers is hidden, from table "response_profile".

    The only subject of a unit is the unit's own result, and the only channel of a subject is the
    subject: they are shown or hidden with it.
    """
    if profile.empty:
        return Plan()
    counts = ["n_rows", "n"]
    by_subject = profile.groupby(UNIT_SUBJECT, sort=True)[counts].sum().reset_index()
    small = _grid(by_subject, ["cycle unit", "cycle subject"], counts, least)
    subjects = frozenset(by_subject.loc[small, UNIT_SUBJECT].itertuples(index=False, name=None))
    forced = np.array([key in subjects for key in profile[UNIT_SUBJECT].itertuples(index=False, name=None)])
    margins = ["cycle unit subject", "cycle subject channel"]
    below = _grid(profile, margins, counts, least, forced)
    channels = frozenset(profile.loc[below, CELL].itertuples(index=False, name=None))
    return Plan(subjects, channels)


def _grid(
    frame: pd.DataFrame,
    margins: Sequence[str],
    counts: list[str],
    least: int,
    forced: np.ndarray | None = None,
) -> np.ndarray:
    """Hidden rows of a grid; who is alone in its first margin is that margin."""
    present = (frame[counts] > 0).any(axis=1)
    of = [_number(frame, margin.split()) for margin in margins]
    alone = (present.groupby(of[0]).transform("sum") == 1).to_numpy()
    return hidden(frame[counts], of, least=least, forced=forced, kept=alone)


def _number(frame: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    return frame.groupby(list(by), sort=True).ngroup()


def published(name: str, frame: pd.DataFrame, known: Callable[[], Plan], *, least: int) -> pd.DataFrame:
    """Table `name` of the inventory as it may be published: small groups left out, or made one.

    Parameters
    ----------
    known : callable
        Gives the plan of the answers of this cycle and of those it is compared with.
    least : int
        `min_cell` of the params.
    """
    spec = PEOPLE.get(name)
    if spec is None or frame.empty or least <= 1:
        return frame
    out = _hidden_rows(frame, spec, known() if spec.cells or "aspect" in frame else Plan(), least)
    if not out.any():
        return frame
    if spec.masked:
        empty = {c: frame[c].mask(out, _nothing(frame[c])) for c in spec.masked}
        return checked(name, frame.assign(**empty))
    shown = frame[~out]
    if spec.merged:
        shown = pd.concat([shown, _merged(name, frame[out], spec)], ignore_index=True)
    return checked(name, shown)


def _hidden_rows(frame: pd.DataFrame, spec: People, known: Plan, least: int) -> np.ndarray:
    forced = _planned(frame, spec, known)
    if not spec.sizes:
        return forced
    total = np.zeros(len(frame), dtype=bool)
    if spec.whole:
        total = (frame[spec.whole[0]] == spec.whole[1]).to_numpy()
    cells = frame[~total]
    margins = [_number(cells, margin) for margin in spec.margins]
    kept = np.zeros(len(cells), dtype=bool)
    if spec.whole and spec.whole[0] == "subject" and margins:  # the only subject is the unit's own result
        kept = (cells.groupby(margins[0].to_numpy())["unit"].transform("size") == 1).to_numpy()
    out = forced.copy()
    out[~total] = hidden(
        cells[list(spec.sizes)], margins, least=least, forced=forced[~total], kept=kept & ~forced[~total]
    )
    return out


def _planned(frame: pd.DataFrame, spec: People, known: Plan) -> np.ndarray:
    """Rows on answers that are hidden wherever they stand."""
    forced = np.zeros(len(frame), dtype=bool)
    for subject, channel in spec.cells:
        columns = [frame[c] for c in ("cycle", "unit", subject, *([channel] if channel else []))]
        forced |= [known.hides(*key) for key in zip(*columns, strict=True)]
    if "aspect" in frame:
        keys = zip(frame["cycle"], frame["unit"], frame["member"], strict=True)
        by_channel = known.by_channel
        forced |= (frame["aspect"] == "channel").to_numpy() & np.array([key in by_channel for key in keys])
    return forced


def _sum(values: pd.Series) -> float:
    return values.sum(skipna=False)


def _merged(name: str, rows: pd.DataFrame, spec: People) -> pd.DataFrame:
    """One row per `merge_by`: counts added up, other texts of the key "*"."""
    by = list(spec.merge_by)
    found = rows.groupby(by, sort=True, as_index=False)[list(spec.merged)].agg(_sum)
    others = [c for c in TABLES[name].all_columns if c not in found]
    fill = {c: MERGED if c in TABLES[name].key else _nothing(rows[c]) for c in others}
    found = found.assign(**fill).astype({c: rows[c].dtype for c in spec.merged})
    if name != "collection":
        return found
    rates = found["returned"] / found["issued"], found["n_valid"] / found["returned"]
    return found.assign(return_rate=rates[0].where(found["issued"] > 0), valid_rate=rates[1])


def _nothing(column: pd.Series) -> Any:
    """What stands for no value in a column of this type."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return column.dtype.type(0)
    return np.nan if pd.api.types.is_numeric_dtype(column) else ""


def small(name: str, frame: pd.DataFrame, known: Plan, *, least: int) -> int:
    """Rows of a published table that should have been hidden; rows made one are not looked at."""
    spec = PEOPLE.get(name)
    if spec is None or frame.empty or least <= 1:
        return 0
    texts = [c for c in TABLES[name].key if c in frame and c != "unit"]
    cells = frame[~(frame[texts] == MERGED).any(axis=1)].reset_index(drop=True)
    return int(_hidden_rows(cells, spec, known, least).sum())
