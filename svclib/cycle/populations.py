"""Which population is simulated: one like the cycle at hand, or one declared before there are data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from svclib import simulate, weights
from svclib.cycle.answers import valid
from svclib.cycle.measured import judged
from svclib.cycle.records import records
from svclib.cycle.state import State
from svclib.cycle.values import natural
from svclib.errors import ParamError
from svclib.simulate import Population

BEFORE, NOW = "1", "2"
# The smallest p of a total is 2/(DRAWS + 1): enough for a Holm family of 100.
DRAWS = 4000
NEEDED = ("targets", "adjustments")


@dataclass(frozen=True)
class Job:
    """What every replication needs; sent to each worker once."""

    state: State
    population: Population
    weights: pd.DataFrame


def job(
    state: State, steps: Callable[[], tuple[pd.DataFrame, pd.DataFrame]], *, n: int | None, units: int | None
) -> Job:
    """The job of a cycle with data (see `prepare`), or of a framework that has none (see `declare`).

    Parameters
    ----------
    steps : gives tables "exclusions" and "weights" of the cycle; only asked where there are data

    Raises
    ------
    ParamError
        A year or an ad-hoc cycle; `units` for a cycle that has data; or neither data nor both numbers.
    """
    if state.params.kind != "regular":
        told = f"{state.params.file.name}: only a regular cycle is simulated, this one is {state.params.kind}"
        raise ParamError(f"{told}. Name a regular one")
    own = state.inputs[state.cycle]
    if len(own.responses) or len(own.kpis) or state.measured:
        if units is not None:
            raise ParamError(f"units={units}: the cycle has units of its own. Leave it out")
        return prepare(state, *steps(), n=n)
    if units is None or n is None:
        raise ParamError("the cycle has no data to learn from; give --units and --n, questionnaires per unit")
    return declare(state, units=units, n=n)


def prepare(state: State, exclusions: pd.DataFrame, weighted: pd.DataFrame, *, n: int | None = None) -> Job:
    """The population that the current cycle looks like, ready to be simulated.

    Parameters
    ----------
    n : questionnaires that count per unit; those of the cycle when not given
    """
    cycle = state.cycle
    kept = valid(state, exclusions, (cycle,))
    answers = kept[kept["cycle"] == cycle].reset_index(drop=True)
    population = simulate.calibrate(
        state.framework,
        state.inputs[cycle].units,
        answers,
        natural(state, kept, (cycle,)),
        records(state, kept, (cycle,)),
    )
    if n is not None:
        population = simulate.resized(population, n)
    return Job(_bare(state), population, weighted)


def declare(state: State, *, units: int, n: int) -> Job:
    """The same for a system that has measured nothing yet: `units` units with `n` questionnaires each.

    Raises
    ------
    ParamError
        The weights follow from data, which there are none of.
    """
    population = simulate.declared(state.framework, units=units, n=n)
    empty_handed = _bare(state)
    inputs = {c: replace(own, units=population.units) for c, own in empty_handed.inputs.items()}
    parts = []
    for group in ("", *state.framework.own_groups):
        rules = state.framework.for_group(group)
        given = judged(state.inputs[state.cycle].judgments, rules)
        parts.append(weights.resolve(rules, judgments=given).assign(group=group, effective=np.nan))
    return Job(replace(empty_handed, inputs=inputs), population, pd.concat(parts, ignore_index=True))


def _bare(state: State) -> State:
    """The state without what simulated cycles replace."""
    own = state.inputs[state.cycle]
    sheets = {name: own.sheets[name] for name in NEEDED if name in own.sheets}
    none = {name: getattr(own, name).iloc[:0] for name in ("responses", "exclusions", "kpis")}
    made = replace(own, sheets=sheets, hashes={}, handed_in={}, **none)
    params = state.params.model_copy(
        update={"cycle": NOW, "draws": min(DRAWS, state.params.draws), "baseline": None, "history": ()}
    )
    day = state.days.get(state.cycle)
    return State(params, {BEFORE: made, NOW: made}, BEFORE, (), days={BEFORE: day, NOW: day})
