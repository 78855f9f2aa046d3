"""Everything a cycle is computed from: its parameters and the typed data of every cycle it names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from svclib import comparability, kpis, sources
from svclib import params as params_module
from svclib.cycle import records
from svclib.cycle.merge import relabelled, successors
from svclib.cycle.peers import grouped
from svclib.cycle.window import around, until
from svclib.errors import ParamError
from svclib.estimates import Estimate
from svclib.framework import Framework
from svclib.framework.groups import without
from svclib.params import Params
from svclib.sources import Inputs

ALL_UNITS = "*"
BEFORE = "前"


@dataclass(frozen=True)
class State:
    """One evaluation cycle and the earlier cycles it is compared with.

    Attributes
    ----------
    params : parameters of the current cycle
    inputs : typed data by cycle, oldest first, the current cycle last; every cycle is read
        and coded under the current framework
    baseline : cycle compared with, "" when there is none
    last_year : cycle of 同比, "" when there is none
    rated : estimates of the ratings by unit where they are known from sums, without the answers
    rescored : earlier cycles whose own framework gave other numbers (同口径调整)
    parts : of an annual result, the cycles it is made of, each as it was published
    before : of an annual result, the year it is compared with, under the units of this one
    days : last day of each cycle, None where its period is not given
    spans : first and last day of each cycle as events are counted
    measured : by cycle, what the indicators that count events or inspections find
    own : parameters of each earlier cycle as they were, with its own framework
    """

    params: Params
    inputs: Mapping[str, Inputs]
    baseline: str
    rescored: tuple[str, ...]
    parts: tuple[State, ...] = ()
    before: State | None = None
    days: Mapping[str, dt.date | None] = field(default_factory=dict)
    spans: Mapping[str, kpis.Span | None] = field(default_factory=dict)
    measured: Mapping[str, kpis.Measured] = field(default_factory=dict)
    own: Mapping[str, Params] = field(default_factory=dict)
    last_year: str = ""
    rated: Mapping[str, Estimate] = field(default_factory=dict)

    @property
    def framework(self) -> Framework:
        """The current indicator system."""
        return self.params.framework

    @property
    def cycle(self) -> str:
        """The current cycle."""
        return self.params.cycle

    @property
    def compared(self) -> tuple[str, ...]:
        """Baseline (when there is one) and current cycle."""
        return (self.baseline, self.cycle) if self.baseline else (self.cycle,)

    def sheet(self, name: str, cycle: str = "") -> pd.DataFrame | None:
        """A sheet of the office in `cycle` (the current one by default), None where it is not given."""
        return self.inputs[cycle or self.cycle].sheets.get(name)

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """By language, what each unit of the current cycle and each parent is called; "" if not given."""
        inputs, columns = self.inputs[self.cycle], {"zh": "name", "en": "name_en"}
        frames = (inputs.parents, inputs.units)
        return {lang: dict(pair for f in frames for pair in _pairs(f, c)) for lang, c in columns.items()}

    @property
    def above(self) -> dict[str, str]:
        """The parent of each unit of the current cycle and of each parent; those without one left out."""
        inputs = self.inputs[self.cycle]
        return {u: up for rows in (inputs.parents, inputs.units) for u, up in _pairs(rows, "parent") if up}

    @property
    def in_time(self) -> list[str]:
        """Cycles read, or those a year is made of, by last day; as declared where one has no day."""
        declared = [part.cycle for part in self.parts] or list(self.inputs)
        days = [self.days.get(cycle) for cycle in declared]
        if any(day is None for day in days):
            return declared
        return sorted(declared, key=lambda cycle: str(self.days[cycle]))

    def groups(self, cycle: str) -> dict[str, str]:
        """Group of each unit of `cycle`, "" where none is given."""
        return dict(self.inputs[cycle].units[["unit", "group"]].to_numpy())

    def units(self, cycle: str) -> list[str]:
        """Units to be scored in `cycle`, in the order of the units file."""
        return [str(u) for u in self.inputs[cycle].units["unit"]]


def _pairs(rows: pd.DataFrame, column: str) -> Iterable[tuple[str, str]]:
    return zip(rows["unit"], rows[column], strict=True)


def load(params: Params) -> State:
    """Read the current cycle, its baseline and its history under the current framework.

    Earlier cycles are read under today's units, so a renamed or merged unit has a past.
    An ad-hoc cycle is compared with the days before its event.

    Raises
    ------
    InputErrors
        Anything wrong with any of their files.
    """
    now = _known(sources.read(params), params)
    if params.kind == "ad_hoc":
        return _around(params, now)
    inputs: dict[str, Inputs] = {}
    rescored: list[str] = []
    days: dict[str, dt.date | None] = {}
    spans: dict[str, kpis.Span | None] = {}
    own: dict[str, Params] = {}
    baseline = last_year = ""
    follows = successors(now.units)
    earlier_files = [*params.history, params.baseline] if params.baseline else [*params.history]
    for path in dict.fromkeys(earlier_files):
        earlier = params_module.load(path)
        only_regular(earlier, params)
        if earlier.framework.number_hash() != params.framework.number_hash():
            rescored.append(earlier.cycle)
        if path == params.baseline:
            baseline = earlier.cycle
        if path == params.same_period_last_year:
            last_year = earlier.cycle
        found, own[earlier.cycle] = _reread(earlier, params.framework), earlier
        inputs[earlier.cycle], days[earlier.cycle] = relabelled(found, follows), earlier.today
        spans[earlier.cycle] = records.span(earlier)
    inputs[params.cycle], days[params.cycle] = now, params.today
    spans[params.cycle] = records.span(params)
    made = records.measured(inputs, params.framework, spans)
    counted = {cycle: found.records for cycle, found in made.items()}
    inputs = {c: grouped(of, params.framework, c, counted.get(c)) for c, of in inputs.items()}
    return State(
        params, inputs, baseline, tuple(rescored),
        days=days, spans=spans, measured=made, own=own, last_year=last_year,
    )  # fmt: skip


def handed_in(state: State) -> State:
    """The cycle before its approved corrections: the numbers before 更正."""
    params, now = state.params, state.inputs[state.cycle]
    raw = _known(replace(now, **now.handed_in), params)
    if params.kind == "ad_hoc":
        return _around(params, raw)
    return replace(state, inputs={**state.inputs, state.cycle: raw})


def _known(inputs: Inputs, params: Params) -> Inputs:
    return inputs if params.as_of is None else until(inputs, params.as_of)


def _reread(earlier: Params, framework: Framework) -> Inputs:
    """The data of an earlier cycle under the current framework, without what it asked otherwise."""
    lost = comparability.unlike(earlier.framework, framework)
    found = sources.read(earlier.model_copy(update={"framework": framework, "unasked": lost}))
    return replace(found, kpis=found.kpis[~found.kpis["indicator"].isin(lost)].reset_index(drop=True))


def only_regular(earlier: Params, params: Params) -> None:
    """Refuse a cycle outside the regular chain."""
    if earlier.kind != "regular":
        told = f"{params.file.name}: {earlier.file.name} is of kind {earlier.kind}"
        raise ParamError(f"{told}; only regular cycles form a chain. Name a regular one")


def _around(params: Params, now: Inputs) -> State:
    """An ad-hoc cycle: its indicators alone, and the days before the event as baseline."""
    scope = params.scope
    assert scope is not None  # noqa: S101 - params.kinds refuses an ad-hoc cycle without scope
    known = [i.name for i in params.framework.indicators]
    wanted = scope.indicators or known
    params = params.model_copy(update={"framework": without(params.framework, set(known) - set(wanted))})
    now = replace(now, kpis=now.kpis[now.kpis["indicator"].isin(wanted)].reset_index(drop=True))
    before, since = around(now, params)
    label = f"{scope.event}{BEFORE}"
    frames = {"responses": before.responses, "kpis": before.kpis}
    named = {name: frame.assign(cycle=label) for name, frame in frames.items()}
    inputs, spans = (
        {label: replace(before, **named), params.cycle: since},
        records.spans_around(params, label),
    )
    made = records.measured(inputs, params.framework, spans)
    return State(params, inputs, label, (), days={params.cycle: params.today}, spans=spans, measured=made)
