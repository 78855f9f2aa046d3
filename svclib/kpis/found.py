"""What one measure finds in the records of one unit, and the days it looks at."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.inference import Survival, scatter


class Span(NamedTuple):
    """First and last moment of the period, and the last moment anything is known of."""

    start: pd.Timestamp
    end: pd.Timestamp
    last: pd.Timestamp

    @classmethod
    def of(cls, start: dt.date, end: dt.date, last: dt.date | None = None) -> Span:
        """Whole days, both included; what happened after `last` (default: the end) is not known."""
        day, known = pd.Timedelta(days=1), last or end
        return cls(pd.Timestamp(start), pd.Timestamp(end) + day, pd.Timestamp(known) + day)

    def holds(self, moments: pd.Series) -> pd.Series:
        """Whether each moment lies in the period; never so where it is not known."""
        return (moments >= self.start) & (moments < self.end)


@dataclass(frozen=True)
class Found:
    """One unit's value with what it is made of.

    Attributes
    ----------
    status : "ok", "not_applicable" (nothing to count), "not_reported", "small_sample"
    value, se, df, scale : as `natural.values` gives them; scale "log" where log(value) is normal
    numerator, denominator : what the value is the quotient of, NaN where it is none
    n, n_open : records behind it, and how many of these had not ended
    excluded : records left out, by reason
    counts : whether numerator and denominator are counts of independent events, tested as such
    times : of a time, each event's own, in hours; those still open counted as lasting at least so long
    scatter : χ² and df of the counts of its months against one rate
    influence : per sampling unit (event, visit), how much it moves the value; any multiple of it
    note : ids of what a reader must know
    """

    status: str = "ok"
    value: float = math.nan
    se: float = math.nan
    df: float = math.nan
    scale: str = ""
    numerator: float = math.nan
    denominator: float = math.nan
    n: int = 0
    n_open: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    counts: bool = False
    influence: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    times: Survival | None = None
    scatter: tuple[float, int] = (0.0, 0)
    method: str = ""
    note: tuple[str, ...] = ()

    def without(self, excluded: dict[str, int]) -> Found:
        """The same with what was left out before."""
        kept = {why: n for why, n in (excluded | self.excluded).items() if n}
        return replace(self, excluded=kept)


def scattered(opened: pd.Series, span: Span) -> tuple[float, int]:
    """χ² and df of the events per day over the months of the period; over its weeks where it is one month."""
    inner = pd.date_range(span.start, span.end, freq="MS", inclusive="neither")
    if inner.empty:
        inner = pd.date_range(span.start, span.end, freq="W-MON", inclusive="neither")
    edges = np.array([span.start, *inner, span.end], dtype="datetime64[m]")
    place = np.searchsorted(edges[1:-1], opened.to_numpy(dtype="datetime64[m]"), side="right")
    days = np.diff(edges) / np.timedelta64(1, "D")
    return scatter(np.bincount(place, minlength=len(days)), days)
