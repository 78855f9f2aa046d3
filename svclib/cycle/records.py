"""The KPI records every step works with: those handed in, and those counted in events and inspections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from svclib import kpis
from svclib.columns import sort_by_key
from svclib.errors import ParamError
from svclib.framework import Framework
from svclib.framework.measures import COUNTED
from svclib.sources.sheets import empty

if TYPE_CHECKING:
    from svclib.cycle.state import State
    from svclib.params import Params
    from svclib.sources import Inputs

_TEXTS = ("scale", "method", "note")


def span(params: Params) -> kpis.Span | None:
    """The days of a cycle: its period, up to `as_of` where that is earlier; None without a period."""
    if params.period is None:
        return None
    return kpis.Span.of(params.period.start, params.today or params.period.end)


def spans_around(params: Params, label: str) -> dict[str, kpis.Span | None]:
    """The days before and since the event of an ad-hoc cycle."""
    scope = params.scope
    assert scope is not None  # noqa: S101 - params.kinds refuses an ad-hoc cycle without scope
    eve, end = scope.day - dt.timedelta(days=1), params.as_of or scope.window.end
    return {label: kpis.Span.of(scope.window.start, eve), params.cycle: kpis.Span.of(scope.day, end)}


def measured(
    inputs: Mapping[str, Inputs], framework: Framework, spans: Mapping[str, kpis.Span | None]
) -> dict[str, kpis.Measured]:
    """What the indicators that count records find in each cycle.

    Raises
    ------
    ParamError
        A cycle has no period, so that it is not known which events are its own.
    """
    if not any(i.source in COUNTED for i in framework.indicators):
        return {}
    undated = [cycle for cycle, days in spans.items() if days is None]
    if undated:
        told = f"cycle {', '.join(undated)} has no period, and the framework counts events by their day"
        raise ParamError(f"{told}. Add period: {{start, end}}")
    found = {}
    for cycle, days in spans.items():
        units = [str(u) for u in inputs[cycle].units["unit"]]
        if days is not None:
            found[cycle] = kpis.measure(sheets(inputs[cycle]), framework, cycle=cycle, units=units, span=days)
    return found


def sheets(inputs: Inputs) -> kpis.Sheets:
    """The sheets of one cycle that indicators are counted in."""
    return kpis.Sheets(*(_sheet(inputs, name) for name in kpis.Sheets._fields))


def _sheet(inputs: Inputs, name: str) -> pd.DataFrame | None:
    """A sheet that is given, also where nobody had anything to write in it."""
    return inputs.sheets.get(name, empty(name) if name in inputs.hashes else None)


def records(state: State, answers: pd.DataFrame, cycles: Sequence[str]) -> pd.DataFrame:
    """Records of `cycles` as `kpis.values` takes them: handed in, counted, and the stability of ratings.

    Parameters
    ----------
    answers : valid answers of these cycles at least
    """
    parts = [state.inputs[c].kpis for c in cycles]
    parts += [state.measured[c].records for c in cycles if c in state.measured]
    parts += [_steady(state, answers, c)[0] for c in cycles]
    found = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    return found.assign(**{c: found.get(c, pd.Series("", index=found.index)).fillna("") for c in _TEXTS})


def sources(state: State, answers: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Table "kpi_sources" of one cycle: what every value that is not a rating is made of."""
    parts = [_handed_in(state.inputs[cycle].kpis, state.framework), _steady(state, answers, cycle)[1]]
    parts += [state.measured[cycle].sources] if cycle in state.measured else []
    filled = [p for p in parts if len(p)]
    return sort_by_key("kpi_sources", pd.concat(filled, ignore_index=True) if filled else parts[0])


def joint(state: State, unit: str, cycles: Sequence[str]) -> dict[str, tuple[kpis.Joint, ...]]:
    """Which values of a unit count the same events, by cycle."""
    return {c: state.measured[c].joint.get(unit, ()) for c in cycles if c in state.measured}


def _steady(state: State, answers: pd.DataFrame, cycle: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and sources of the stability of ratings; it follows which answers count."""
    framework, days = state.framework, state.spans.get(cycle)
    rated = {i.name: i for i in framework.indicators if i.source == "responses"}
    wanted = [i for i in framework.indicators if i.of in rated]
    if not wanted or days is None:
        return kpis.listed([], cycle)
    here = answers[answers["cycle"] == cycle]
    rows = [
        (unit, i, kpis.of_ratings(i, rated[i.of], here[here["unit"] == unit], days, framework.subjects))
        for unit in state.units(cycle)
        for i in wanted
    ]
    return kpis.listed(rows, cycle)


def _handed_in(records: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """What the records handed in say of themselves."""
    known = records[records["indicator"].isin([i.name for i in framework.indicators])]
    found = kpis.values(known.assign(**dict.fromkeys(_TEXTS, "")), framework)
    counts = known[["numerator", "denominator"]].reset_index(drop=True)
    told = {"source": "kpis", "stat": "", "definition": "handed_in", "excluded_why": ""}
    return pd.concat([found, counts], axis=1).assign(**told, n_excluded=0, n_open=0)[kpis.SOURCES]
