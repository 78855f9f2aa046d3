"""What the event records say: complaints in time, told back, repeated; causes; the slowest step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key

ALL_UNITS = "*"


def summary(events: pd.DataFrame | None, *, cycle: str, today: dt.date | None) -> pd.DataFrame:
    """Table "complaints": a row per unit (all together: unit "*") and category of single events.

    An event whose id has several rows is a process; it counts in table "steps".

    in_time_share = closed by their due time / those due by `today` (or closed); fed_back_share
    = told back / closed; repeat_share = repeats / all.  Late: closed after due.  Overdue: open
    and past due on `today`.  Without `today` nothing open is overdue.
    """
    single = _single(events)
    if single.empty:
        return empty("complaints")
    now = _end(today)
    single = single.assign(
        is_closed=single["closed"] != "",
        late=(single["closed"] != "") & (single["due"] != "") & (single["closed"] > single["due"]),
        past=(single["closed"] == "") & (single["due"] != "") & (single["due"] < now),
        told=(single["closed"] != "") & (single["fed_back"] == "yes"),
        repeat=single["repeat_of"] != "",
    )
    keys = ["unit", "category"]
    counted = _with_all(single).groupby(keys, sort=True).agg(
        n=("id", "size"), n_closed=("is_closed", "sum"), n_late=("late", "sum"), n_overdue=("past", "sum"),
        n_fed_back=("told", "sum"), n_repeats=("repeat", "sum"),
    ).reset_index()  # fmt: skip
    judged = counted["n_closed"] + counted["n_overdue"]
    table = counted.assign(
        cycle=cycle,
        n_open=counted["n"] - counted["n_closed"],
        in_time_share=_ratio(counted["n_closed"] - counted["n_late"], judged),
        fed_back_share=_ratio(counted["n_fed_back"], counted["n_closed"]),
        repeat_share=_ratio(counted["n_repeats"], counted["n"]),
    )
    return sort_by_key("complaints", table)


def causes(events: pd.DataFrame | None, *, cycle: str) -> pd.DataFrame:
    """Table "causes": Pareto of the causes found, per unit and together; share of events with a cause."""
    single = _single(events)
    single = single[single["cause"] != ""]
    return pareto(_with_all(single), ["unit", "category"], "cause", cycle=cycle, table="causes")


def pareto(rows: pd.DataFrame, by: list[str], what: str, *, cycle: str, table: str) -> pd.DataFrame:
    """Counts of `what` within `by`, largest first, with share and cumulative share."""
    if rows.empty:
        return empty(table)
    counts = rows.groupby([*by, what], sort=True).size().rename("n").reset_index()
    counts = counts.sort_values([*by, "n", what], ascending=[*[True] * len(by), False, True], kind="stable")
    whole = counts.groupby(by)["n"].transform("sum")
    running = counts.groupby(by)["n"].cumsum()
    return sort_by_key(
        table, counts.assign(cycle=cycle, share=counts["n"] / whole, cumulative=running / whole)
    )


def steps(events: pd.DataFrame | None, *, cycle: str, today: dt.date | None) -> pd.DataFrame:
    """Table "steps": how long each step of a process takes, per unit (together: "*") and category.

    hours are those of finished steps; time_share is a step's mean among the sum of the means
    of its process; compliance = finished by due / finished or overdue; `slowest` marks the
    largest share where there are two steps or more.
    """
    staged = _empty_events() if events is None else events[events["id"].duplicated(keep=False)]
    if staged.empty:
        return empty("steps")
    now = _end(today)
    done = staged["closed"] != ""
    staged = staged.assign(
        hours=_hours(staged["opened"], staged["closed"]),
        in_time=done & ((staged["due"] == "") | (staged["closed"] <= staged["due"])),
        past=~done & (staged["due"] != "") & (staged["due"] < now),
        done=done,
    )
    keys = ["unit", "category", "step"]
    found = _with_all(staged).groupby(keys, sort=True).agg(
        n=("id", "size"), hours=("hours", "mean"), hours_median=("hours", "median"),
        n_overdue=("past", "sum"), in_time=("in_time", "sum"), done=("done", "sum"),
    ).reset_index()  # fmt: skip
    process = found.groupby(keys[:2])["hours"]
    found["time_share"] = found["hours"] / process.transform("sum")
    several = found.groupby(keys[:2])["step"].transform("size") > 1
    found["slowest"] = several & (found["hours"] == process.transform("max"))
    found["compliance"] = _ratio(found["in_time"], found["done"] + found["n_overdue"])
    return sort_by_key("steps", found.assign(cycle=cycle))


def timeline(events: pd.DataFrame | None, *, cycle: str) -> pd.DataFrame:
    """Table "timeline": every event in the order it was opened, with hours to response and to close."""
    rows = _empty_events() if events is None else events
    if rows.empty:
        return empty("timeline")
    made = rows.assign(
        cycle=cycle,
        hours_to_response=_hours(rows["opened"], rows["responded"]),
        hours_to_close=_hours(rows["opened"], rows["closed"]),
    )
    return sort_by_key("timeline", made[list(TABLES["timeline"].all_columns)])


def _empty_events() -> pd.DataFrame:
    columns = ("unit", "category", "step", "cause", "closed", "due", "fed_back", "repeat_of", "id")
    return pd.DataFrame({c: pd.Series(dtype="str") for c in columns})


def _single(events: pd.DataFrame | None) -> pd.DataFrame:
    """Events recorded in one row; an id with several rows is a process and each row a step of it."""
    return _empty_events() if events is None else events[~events["id"].duplicated(keep=False)]


def _with_all(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows.assign(unit=ALL_UNITS), rows], ignore_index=True)


def _end(today: dt.date | None) -> str:
    """The last moment of `today` as text that compares with moments; "" is before all of them."""
    return "" if today is None else f"{today} 23:59:59"


def _hours(start: Iterable[str], end: Iterable[str]) -> np.ndarray:
    """Hours between moments written as text, NaN where one is missing."""
    first, last = (pd.to_datetime(pd.Series(list(t)).replace("", None)) for t in (start, end))
    return ((last - first).dt.total_seconds() / 3600).to_numpy(dtype=float)


def _ratio(part: pd.Series, whole: pd.Series) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=(whole > 0).to_numpy())
