"""Shares and rates of events: handled, in time, told back, repeated, per exposure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError
from svclib.kpis import durations
from svclib.kpis.found import Found, Span, scattered

if TYPE_CHECKING:
    from svclib.framework import Indicator

TIMES = ("opened", "due", "responded", "closed")
# Which events a measure counts, in the words of table "kpi_sources".
RULES = {
    **dict.fromkeys(("handled", "repeat", "event_rate", "mtbf", "mttr"), "opened_in_period"),
    **dict.fromkeys(("response_time", "resolution_time"), "opened_in_period"),
    **dict.fromkeys(("fed_back", "resolved", "reopened", "transferred"), "closed_in_period"),
    **dict.fromkeys(("in_time", "response_in_time"), "due_in_period"),
    "availability": "down_in_period",
}


class Ask(NamedTuple):
    """What is asked of one unit's events."""

    indicator: Indicator
    span: Span
    exposure: float  # NaN where not reported


def nothing() -> pd.DataFrame:
    """No event at all, in the shape of the sheet."""
    texts = (
        "id",
        "unit",
        "category",
        "step",
        "cause",
        *TIMES,
        "fed_back",
        "resolved",
        "repeat_of",
        "in_time",
    )
    numbers = ("reopened", "transferred")
    columns = {c: pd.Series(dtype="str") for c in texts} | {c: pd.Series(dtype=float) for c in numbers}
    return pd.DataFrame(columns)


def prepared(events: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Events with their times as moments; what happened after the last moment known has not happened.

    Parameters
    ----------
    events : typed sheet "events"

    Returns
    -------
    The same rows without those opened later, times as datetime64 (NaT where empty).
    """
    made = {c: pd.to_datetime(events[c].where(events[c] != "", None)) for c in TIMES}
    known = events.assign(**made)
    for column in ("responded", "closed"):
        known[column] = known[column].where(known[column] < span.last)
    return known[known["opened"] < span.last].reset_index(drop=True)


def chosen(events: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Events that the indicator counts, one row each.

    An event whose id has several rows is a process: it counts once, from its first start to
    its last end, and is open while a step is.  Where the indicator names steps, each of their
    rows counts.
    """
    wanted = indicator.where.given
    hit = np.ones(len(events), dtype=bool)
    for column, names in wanted.items():
        hit &= events[column].isin(names).to_numpy()
    if "step" in wanted or not events["id"].duplicated().any():
        return events[hit].reset_index(drop=True)
    return _processes(events[events["id"].isin(events.loc[hit, "id"])])


def _processes(rows: pd.DataFrame) -> pd.DataFrame:
    by = rows.groupby("id", sort=False)
    whole = by.first().assign(
        opened=by["opened"].min(),
        due=by["due"].max(),
        responded=by["responded"].min(),
        closed=by["closed"].max().where(by["closed"].count() == by.size()),
        **{c: by[c].max() for c in ("fed_back", "resolved", "repeat_of", "reopened", "transferred")},
    )
    return whole.reset_index()[list(rows.columns)]


def measured(events: pd.DataFrame, ask: Ask) -> Found:
    """Value of the indicator of `ask` over one unit's events, as `prepared` and `chosen` give them."""
    return _MEASURES[str(ask.indicator.measure)](events, ask)


def _share(member: pd.Series, hit: pd.Series, events: pd.DataFrame, excluded: Mapping[str, int]) -> Found:
    """Share of the members that hit; each event moves it by (y − p)/n."""
    ids, y = events.loc[member, "id"], hit[member].to_numpy(dtype=float)
    left = {why: n for why, n in excluded.items() if n}
    if not len(y):
        return Found("not_applicable", excluded=left)
    influence = pd.Series((y - y.mean()) / len(y), index=ids.to_numpy())
    return Found(
        numerator=float(y.sum()), denominator=float(len(y)), n=len(y), excluded=left,
        counts=True, influence=influence,
    )  # fmt: skip


def _opened(events: pd.DataFrame, ask: Ask, hit: pd.Series) -> Found:
    inside = ask.span.holds(events["opened"])
    found = _share(inside, hit, events, {"outside_period": int((~inside).sum())})
    return replace(found, n_open=int((inside & events["closed"].isna()).sum()))


def _handled(events: pd.DataFrame, ask: Ask) -> Found:
    return _opened(events, ask, events["closed"].notna())


def _repeat(events: pd.DataFrame, ask: Ask) -> Found:
    return _opened(events, ask, events["repeat_of"] != "")


def _closed(events: pd.DataFrame, ask: Ask, hit: pd.Series, known: pd.Series) -> Found:
    """Share among the events closed in the period of which it is known."""
    inside = ask.span.holds(events["closed"])
    left = {
        "still_open": int(events["closed"].isna().sum()),
        "outside_period": int((events["closed"].notna() & ~inside).sum()),
        "not_recorded": int((inside & ~known).sum()),
    }
    return _share(inside & known, hit, events, left)


def _fed_back(events: pd.DataFrame, ask: Ask) -> Found:
    # An empty cell is a customer who was not told.
    told = events["fed_back"] == "yes"
    return _closed(events, ask, told, told | True)


def _resolved(events: pd.DataFrame, ask: Ask) -> Found:
    return _closed(events, ask, events["resolved"] == "yes", events["resolved"] != "")


def _times(column: str) -> Callable[[pd.DataFrame, Ask], Found]:
    """Share of the closed events that were reopened, or passed on, at least once."""

    def share(events: pd.DataFrame, ask: Ask) -> Found:
        return _closed(events, ask, events[column] > 0, events[column].notna())

    return share


def _in_time(events: pd.DataFrame, ask: Ask) -> Found:
    """Closed by the time limit, among those whose limit fell in the period.

    The limit is `within` after the opening, else the event's own; where there is none, what
    the system judged of the events closed in the period counts.
    """
    limit = _limit(events, ask, events["due"])
    judged = limit.isna() & (events["in_time"] != "")
    member = ask.span.holds(limit) | (judged & ask.span.holds(events["closed"]))
    hit = (events["closed"] <= limit) | (judged & (events["in_time"] == "yes"))
    return _limited(events, ask, limit.mask(judged, events["closed"]), member, hit)


def _response_in_time(events: pd.DataFrame, ask: Ask) -> Found:
    limit = _limit(events, ask, pd.Series(pd.NaT, index=events.index))
    return _limited(events, ask, limit, ask.span.holds(limit), events["responded"] <= limit)


def _limit(events: pd.DataFrame, ask: Ask, own: pd.Series) -> pd.Series:
    hours = ask.indicator.within_hours
    return own if hours is None else events["opened"] + pd.Timedelta(hours=hours)


def _limited(events: pd.DataFrame, ask: Ask, limit: pd.Series, member: pd.Series, hit: pd.Series) -> Found:
    left = {
        "still_open": int((limit.isna() & events["closed"].isna() & (events["in_time"] != "")).sum()),
        "no_limit": int((limit.isna() & (events["closed"].notna() | (events["in_time"] == ""))).sum()),
        "not_yet_due": int((limit >= ask.span.end).sum()),
        "outside_period": int((limit < ask.span.start).sum()),
    }
    found = _share(member, hit, events, left)
    return replace(found, n_open=int((member & events["closed"].isna()).sum()))


def _event_rate(events: pd.DataFrame, ask: Ask) -> Found:
    """Events opened in the period per exposure, counted as Poisson."""
    if math.isnan(ask.exposure):
        return Found("not_reported", note=("no_exposure",))
    inside = ask.span.holds(events["opened"])
    ids = events.loc[inside, "id"].to_numpy()
    return Found(
        numerator=float(len(ids)), denominator=ask.exposure, n=len(ids), counts=True,
        scatter=scattered(events.loc[inside, "opened"], ask.span),
        excluded={"outside_period": int((~inside).sum())} if (~inside).any() else {},
        influence=pd.Series(1 / ask.exposure, index=ids),
    )  # fmt: skip


def _mtbf(events: pd.DataFrame, ask: Ask) -> Found:
    """Hours of operation per failure; log(value) has SE 1/√failures.

    Without any failure the value is the whole exposure: at least that, with no error.
    """
    rate = _event_rate(events, ask)
    if rate.status != "ok":
        return rate
    failures, hours = rate.n, ask.exposure / (ask.indicator.hours or 1.0)
    value = hours / max(failures, 1)
    found = replace(rate, value=value, numerator=hours, denominator=float(failures), counts=False)
    if not failures:
        return replace(found, method="fixed", note=("at_least",))
    error = value / math.sqrt(failures)
    return replace(found, se=error, df=math.inf, scale="log", method="poisson", influence=-rate.influence)


def _availability(events: pd.DataFrame, ask: Ask) -> Found:
    """1 − hours down in the period / hours of operation; SE √Σd²/exposure (compound Poisson)."""
    if math.isnan(ask.exposure):
        return Found("not_reported", note=("no_exposure",))
    start, end = ask.span.start, ask.span.end
    since = events["opened"].where(events["opened"] > start, start)
    until = events["closed"].where(events["closed"] < end, end)
    down = np.maximum(((until - since).dt.total_seconds() / 3600).to_numpy(dtype=float), 0.0)
    used = down > 0
    lost = float(down.sum())
    if lost > ask.exposure:
        unit = events["unit"].iloc[0]
        raise DataError(
            f"{unit}, {ask.indicator.name}: {lost:g} hours down of {ask.exposure:g} hours of operation. "
            "Correct the exposure, or count fewer events."
        )
    top = ask.indicator.bounds[1]
    error = top * math.sqrt(float((down**2).sum())) / ask.exposure
    return Found(
        value=top * (1 - lost / ask.exposure),
        se=error if lost else math.nan, df=math.inf if lost else math.nan,
        numerator=ask.exposure - lost, denominator=ask.exposure, n=int(used.sum()),
        n_open=int((used & events["closed"].isna().to_numpy()).sum()),
        influence=pd.Series(-down[used], index=events.loc[used, "id"].to_numpy()),
        method="downtime" if lost else "fixed",
    )  # fmt: skip


def _time(end: str, statistic: str = "") -> Callable[[pd.DataFrame, Ask], Found]:
    """Time from the opening to `end` of the events opened in the period."""

    def time(events: pd.DataFrame, ask: Ask) -> Found:
        inside = ask.span.holds(events["opened"])
        # Closed without a response on record: when it was answered is not known, and it is not waiting.
        unknown = inside & events[end].isna() & events["closed"].notna()
        used = events[inside & ~unknown]
        hours = (used[end].fillna(ask.span.last) - used["opened"]).dt.total_seconds() / 3600
        times = durations.Times(
            hours.to_numpy(dtype=float), used[end].notna().to_numpy(), used["id"].to_numpy()
        )
        left = {"outside_period": int((~inside).sum()), "not_recorded": int(unknown.sum())}
        how = statistic or ask.indicator.statistic or "median"
        return durations.summary(times, how, unit=ask.indicator.hours or 1.0).without(left)

    return time


_MEASURES: dict[str, Callable[[pd.DataFrame, Ask], Found]] = {
    "handled": _handled,
    "in_time": _in_time,
    "response_in_time": _response_in_time,
    "fed_back": _fed_back,
    "resolved": _resolved,
    "repeat": _repeat,
    "reopened": _times("reopened"),
    "transferred": _times("transferred"),
    "response_time": _time("responded"),
    "resolution_time": _time("closed"),
    "mttr": _time("closed", "mean"),
    "event_rate": _event_rate,
    "mtbf": _mtbf,
    "availability": _availability,
}
