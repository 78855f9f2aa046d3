"""Which rows of the data a cycle looks at: up to a day, within a window, before or after an event."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from svclib import columns
from svclib.params import Params
from svclib.sources import Inputs


def until(inputs: Inputs, day: dt.date) -> Inputs:
    """A partial period: answers given after `day` are left out, later events have not happened.

    An answer without a time stays; an event closed or answered later is still open; what
    a sheet dates later is not yet known, nor is a call-back on an answer left out.
    """
    last = day.isoformat() + " 23:59:59"
    late = _moment(inputs.responses) > last
    # Approved corrections hold whenever they were approved.
    sheets = {n: frame if n == "corrections" else _dated(frame, day) for n, frame in inputs.sheets.items()}
    if "audit" in sheets:
        gone = sheets["audit"]["respondent"].isin(inputs.responses.loc[late, "respondent"])
        sheets["audit"] = sheets["audit"][~gone].reset_index(drop=True)
    events = sheets.get("events")
    if events is not None:
        known = events[events["opened"] <= last]
        later = {c: known[c].where(known[c] <= last, "") for c in ("responded", "closed")}
        sheets["events"] = known.assign(**later).reset_index(drop=True)
    return replace(_without(inputs, late, "after_as_of", day.isoformat()), sheets=sheets)


def _dated(frame: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """The rows of a sheet without those of a later date."""
    if "date" not in frame:
        return frame
    return frame[frame["date"] <= day.isoformat()].reset_index(drop=True)


def around(inputs: Inputs, params: Params) -> tuple[Inputs, Inputs]:
    """Data before and since the event of an ad-hoc cycle, within its window and units.

    An answer without a time belongs to neither side and is left out.  KPI records bear no
    day; they count as of the event and do not apply before it, so that what is compared is
    what both sides have.
    """
    scope = params.scope
    assert scope is not None  # noqa: S101 - params.kinds refuses an ad-hoc cycle without scope
    here = _of_units(inputs, scope.units)
    moment = _moment(here.responses)
    first, event = scope.window.start.isoformat(), scope.day.isoformat()
    last = scope.window.end.isoformat() + " 23:59:59"
    for name, column in (("events", "opened"), ("inspections", "date")):
        if name in here.sheets:
            rows = here.sheets[name]
            seen = rows[rows[column].between(first, last)].reset_index(drop=True)
            here = replace(here, sheets=here.sheets | {name: seen})
    here = _without(here, moment == "", "undated", scope.event)
    moment = _moment(here.responses)
    here = _without(here, (moment < first) | (moment > last), "outside_window", scope.event)
    early = _moment(here.responses) < event
    nothing = here.exclusions.iloc[:0]
    before = replace(here, responses=here.responses[early].reset_index(drop=True), exclusions=nothing)
    numbers = dict.fromkeys(("value", "numerator", "denominator", "n", "mean", "sd"), np.nan)
    before = replace(before, kpis=here.kpis.assign(status="not_applicable", **numbers))
    return before, replace(here, responses=here.responses[~early].reset_index(drop=True))


def _moment(responses: pd.DataFrame) -> pd.Series:
    """When each answer was given: its end, else its start, "" when unknown."""
    text = responses["finished"].where(responses["finished"] != "", responses["started"])
    when = pd.to_datetime(text.where(text != "", None), format="mixed")
    return when.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("").astype("str")


def _of_units(inputs: Inputs, units: tuple[str, ...]) -> Inputs:
    if not units:
        return inputs

    def mine(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["unit"].isin([*units, ""])].reset_index(drop=True) if "unit" in frame else frame

    return replace(
        inputs,
        units=mine(inputs.units),
        responses=mine(inputs.responses),
        kpis=mine(inputs.kpis),
        sheets={name: mine(frame) for name, frame in inputs.sheets.items()},
    )


def _without(inputs: Inputs, gone: pd.Series, rule: str, detail: str) -> Inputs:
    """Leave answers out, each with its reason in the exclusions."""
    rows = inputs.responses[gone.to_numpy()]
    if rows.empty:
        return inputs
    noted = rows[["cycle", "source", "row", "respondent", "unit"]].assign(
        rule=rule, excluded=True, value=np.nan, cut=np.nan, detail=detail
    )
    told = [frame for frame in (inputs.exclusions, noted) if len(frame)]
    return replace(
        inputs,
        responses=inputs.responses[~gone.to_numpy()].reset_index(drop=True),
        exclusions=columns.checked("exclusions", pd.concat(told, ignore_index=True)),
    )
