"""A year as data: its cycles as they were published, and the year before under the same units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from svclib import params as params_module
from svclib import sources
from svclib.cycle.merge import relabelled, successors
from svclib.cycle.state import State, only_regular
from svclib.cycle.state import load as regular
from svclib.errors import ParamError
from svclib.framework import Framework
from svclib.params import Params


def load(params: Params) -> State:
    """Read the cycles of a year, and of the year it is compared with.

    Every cycle is read under its own framework; the year before under this year's where its
    own gave other numbers (同口径调整), and under the units of this year.

    Raises
    ------
    InputErrors
        Anything wrong with the files of any cycle.
    ParamError
        A cycle that is not regular, has other grades or other names than the weights; grades
        by targets; a baseline that is no year, has another number of cycles, or shares one.
    """
    this = _of_cycles(params)
    if params.baseline is None:
        return this
    earlier = params_module.load(params.baseline)
    if earlier.kind != "annual":
        told = f"{params.file.name}: baseline {earlier.file.name} is of kind {earlier.kind}"
        raise ParamError(f"{told}; a year is compared with a year. Name an annual one")
    last = _of_cycles(earlier)
    _same_shape(last, this)
    follows = successors(this.inputs[this.cycle].units)
    other = not all(_same_numbers(part, params.framework) for part in (*last.parts, *this.parts))
    parts = tuple(_moved(part, follows) for part in on_basis(last, params.framework).parts)
    now = {c: relabelled(each, follows) for c, each in last.inputs.items()}
    before = replace(last, params=_under(earlier, params.framework), parts=parts, inputs=now)
    return replace(
        this, inputs={**now, **this.inputs}, baseline=last.cycle, before=before,
        rescored=(last.cycle,) if other else (),
    )  # fmt: skip


def on_basis(year: State, framework: Framework) -> State:
    """The cycles of a year under one framework: read anew where their own gave other numbers."""
    follows = successors(year.inputs[year.cycle].units)
    return replace(year, parts=tuple(_part_on_basis(part, framework, follows) for part in year.parts))


def _part_on_basis(part: State, framework: Framework, follows: Mapping[str, str]) -> State:
    if _same_numbers(part, framework):
        return part
    params = _under(part.params, framework)
    again = replace(part, params=params, baseline="", inputs={part.cycle: sources.read(params)})
    return _moved(again, follows)


def _same_numbers(state: State, framework: Framework) -> bool:
    return state.framework.number_hash() == framework.number_hash()


def _under(params: Params, framework: Framework) -> Params:
    return params.model_copy(update={"framework": framework})


def _of_cycles(params: Params) -> State:
    """The cycles of a year, each under its own framework but under the units of the year."""
    if params.framework.grades.method != "cuts":
        told = f"{params.file.name}: the framework grades by targets, which a year does not have"
        raise ParamError(f"{told}. Name a framework that grades by cuts")
    members = [params_module.load(path) for path in params.cycles]
    for member in members:
        only_regular(member, params)
        _same_grades(member, params)
    _weighted(params, [member.cycle for member in members])
    states = [regular(member if _looks_back(member) else _alone(member)) for member in members]
    own = sources.read(params) if "units" in params.data else None
    now = own or states[-1].inputs[members[-1].cycle]
    follows = successors(now.units)
    parts = tuple(_moved(_seeded(state, params), follows) for state in states)
    days = {part.cycle: part.params.today for part in parts}
    return State(params, {params.cycle: now}, "", (), parts, days=days)


def _seeded(state: State, params: Params) -> State:
    """A cycle of the year, drawn from a stream of its own name: cycles are independent."""
    seed = int(np.random.SeedSequence([params.seed, *state.cycle.encode()]).generate_state(1)[0])
    return replace(state, params=state.params.model_copy(update={"seed": seed, "draws": params.draws}))


def _moved(state: State, follows: Mapping[str, str]) -> State:
    return replace(state, inputs={c: relabelled(each, follows) for c, each in state.inputs.items()})


def _alone(member: Params) -> Params:
    return member.model_copy(update={"baseline": None, "history": ()})


def _looks_back(member: Params) -> bool:
    """Whether the published result of a cycle depends on the cycles before it."""
    framework = member.framework
    pinned = any(rule.from_ for rule in (framework.weights, *(d.weights for d in framework.dimensions)))
    return pinned or framework.grades.buffer > 0


def _weighted(params: Params, cycles: Sequence[str]) -> None:
    given = set(params.annual.weights) if params.annual else set()
    if given and given != set(cycles):
        told = f"{params.file.name}: annual.weights names {', '.join(sorted(given))}"
        raise ParamError(f"{told}, its cycles are {', '.join(cycles)}. Give each cycle one weight")


def _same_grades(member: Params, params: Params) -> None:
    labels = [p.framework.grades.labels for p in (member, params)]
    if labels[0] != labels[1]:
        told = f"{params.file.name}: {member.file.name} grades {', '.join(labels[0])}"
        raise ParamError(f"{told}, the year {', '.join(labels[1])}. Give both the same grades")


def _same_shape(last: State, this: State) -> None:
    """Years are compared cycle by cycle: as many cycles, none of them in both."""
    names = [[part.cycle for part in year.parts] for year in (last, this)]
    told = f"{this.params.file.name}: baseline {last.params.file.name} has the cycles {', '.join(names[0])}"
    if len(names[0]) != len(names[1]):
        raise ParamError(f"{told}; this year has {', '.join(names[1])}. Compare years of as many cycles")
    shared = [name for name in names[0] if name in names[1]]
    if shared or last.cycle == this.cycle:
        raise ParamError(f"{told}; {', '.join(shared or [this.cycle])} is in both. Name an earlier year")
