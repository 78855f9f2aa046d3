"""Cycles with a known truth through the steps of a report, as often as asked.

Every replication draws a truth, two cycles from it, and evaluates them by `answers.flags`,
`answers.valid`, `grading.scored` and `change.judged`: steps 10, 40 and 50 of a report without
reliability, invariance and robustness, which set marks beside a number and never the number.
Weights are those of the cycle simulated, worked out once (step 30).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import grades as grades_of
from svclib import kpis, scores, simulate
from svclib.columns import empty
from svclib.cycle import change, grading, processes
from svclib.cycle.answers import estimates, flags, valid
from svclib.cycle.comparable import comparable
from svclib.cycle.likeness import likeness
from svclib.cycle.populations import BEFORE, NOW, Job
from svclib.cycle.state import ALL_UNITS, State
from svclib.errors import ParamError
from svclib.framework import Framework
from svclib.grades import Around
from svclib.simulate import Case, generate
from svclib.simulate import truth as truths
from svclib.sources import Inputs
from svclib.targets import judge_targets

Tables = dict[str, pd.DataFrame]
Task = tuple[Case, int, np.random.SeedSequence]


class Found(NamedTuple):
    """Of one replication: a row per cycle and unit, and a row per comparison."""

    grades: pd.DataFrame
    verdicts: pd.DataFrame


Each = Callable[[Callable[..., Found], Job, Iterable[Task]], Iterator[Found]]


def run(  # noqa: PLR0913 - the options of a simulation
    of: Job,
    cases: Sequence[Case],
    *,
    replications: int,
    seed: int,
    jobs: int = 1,
    each: Each | None = None,
    follow: Callable[[Iterable[Found], int], Iterable[Found]] | None = None,
) -> Found:
    """Every case `replications` times.

    Replication k of every case has the same seed, the k-th child of `seed`, whatever `jobs`
    is: cases are compared on the same truths.

    Parameters
    ----------
    jobs : processes of this machine
    each : computes ``fn(of, task)`` of every task elsewhere, in their order
    follow : wraps the results as they come, with their number, to show progress

    Raises
    ------
    ParamError
        Fewer than one replication, or one job.
    """
    if replications < 1 or jobs < 1:
        what = f"replications={replications}" if replications < 1 else f"jobs={jobs}"
        raise ParamError(f"{what}; give a whole number from 1")
    seeds = np.random.SeedSequence(seed).spawn(replications)
    tasks = [(case, k, seeds[k]) for case in cases for k in range(replications)]
    show = follow or (lambda found, _: found)
    spread = each or (partial(processes.each, jobs=jobs) if jobs > 1 else _here)
    done = list(show(spread(replicate, of, tasks), len(tasks)))
    return Found(*(pd.concat(parts, ignore_index=True) for parts in zip(*done, strict=True)))


def _here(fn: Callable[..., Found], of: Job, tasks: Iterable[Task]) -> Iterator[Found]:
    return map(partial(fn, of), tasks)


def replicate(of: Job, task: Task) -> Found:
    """One truth, two cycles drawn from it, and what the chain says of them."""
    case, number, seed = task
    rng = np.random.default_rng(seed)
    population = of.population
    then = truths.draw(population, rng)
    now = truths.moved(then, population.framework, simulate.moves(population, case, rng))
    rules = generate.Rules(case.careless, case.blank)
    who = generate.people(population, case.size, rng)
    first = generate.draw(population, then, who, BEFORE, rng, rules)
    if not of.state.params.panel:
        who = generate.people(population, case.size, rng)
    second = generate.draw(population, now, who, NOW, rng, rules)
    state = _filled(of.state, {BEFORE: first, NOW: second}, screened=case.screened)
    true = {BEFORE: true_grades(of, then, BEFORE)}
    true[NOW] = true_grades(of, now, NOW) if case.moved else _again(true[BEFORE])
    found = chain(state, of.weights)
    shared = {"case": case.name, "size": case.size, "replication": number}
    return Found(
        _graded(found, true, of).assign(**shared),
        _judged(found["changes"], true, population.framework).assign(**shared),
    )


def _filled(state: State, drawn: Mapping[str, generate.Drawn], *, screened: bool) -> State:
    inputs: dict[str, Inputs] = {}
    measured = {}
    for cycle, data in drawn.items():
        own = data.records["method"] != ""
        handed = data.records.loc[~own, state.inputs[cycle].kpis.columns.intersection(data.records.columns)]
        inputs[cycle] = replace(state.inputs[cycle], responses=data.responses, kpis=handed)
        measured[cycle] = kpis.Measured(data.records[own])
    params = state.params
    if not screened:
        rules = params.screening.model_copy(update={"exclude": ()})
        params = params.model_copy(update={"screening": rules})
    return replace(state, params=params, inputs=inputs, measured=measured)


def chain(state: State, weighted: pd.DataFrame) -> Tables:
    """Tables "indicator_scores", "totals", "grades" and "changes" of a baseline and a cycle."""
    marks = flags(state, state.compared)
    kept = valid(state, marks, state.compared)
    parts, last = [], dict[str, str]()
    for cycle in state.compared:
        made = grading.scored(grading.without_draws(state), kept, weighted, cycle, last=last)
        parts.append(made)
        last = grading.last_grades(state, made["grades"])
    names = ("indicator_scores", "totals", "grades")
    tables = {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in names}
    unasked = {name: empty(name) for name in ("authenticity", "reliability", "invariance")}
    known = tables | unasked | {"weights": weighted}
    crude = estimates(state, kept, state.compared)
    like = likeness(state, kept, change.compared(state))
    checked = comparable(state, kept, known, like)
    return tables | {"changes": change.judged(state, kept, known, crude, (like, checked))[0]}


def true_grades(of: Job, truth: pd.DataFrame, cycle: str) -> Tables:
    """Tables "natural", "totals" and "grades" of the true values, by the code that scores samples."""
    state = of.state
    values = truths.natural(truth, of.population, cycle)
    every = scores.indicator_scores(
        values, state.framework, units=state.units(cycle), min_responses=state.params.min_responses
    )
    _, net = grading.points(state, cycle)
    parts = []
    for side in grading.sides(state, of.weights, cycle):
        names = [i.name for i in side.framework.indicators]
        mine = every[every["unit"].isin(side.units) & every["indicator"].isin(names)].reset_index(drop=True)
        total = scores.totals(mine, side.weights, side.framework, adjustments=net)
        around = Around(judge_targets(mine, side.framework, grading.aims_of(state, side, cycle)))
        parts.append({"totals": total, "grades": grades_of.grades(total, mine, side.framework, around)})
    whole = {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in parts[0]}
    return whole | {"natural": values}


def _again(tables: Tables) -> Tables:
    """The same truth in the second cycle."""
    return {name: frame.assign(cycle=NOW) for name, frame in tables.items()}


def _graded(found: Tables, true: Mapping[str, Tables], of: Job) -> pd.DataFrame:
    """A row per cycle and unit: true and published score and grade, and how far the truth is from a cut."""
    actual = pd.concat([t["grades"] for t in true.values()])[["cycle", "unit", "published", "grade"]]
    ours = found["grades"][["cycle", "unit", "published", "grade", "status"]]
    rows = actual.merge(ours, on=["cycle", "unit"], suffixes=("_true", ""))
    cuts = {
        unit: np.array(simulate.cuts(side.framework))
        for side in grading.sides(of.state, of.weights, NOW)
        for unit in side.units
    }
    away = [
        float(np.abs(cuts[unit] - score).min()) if len(cuts[unit]) else np.nan
        for unit, score in zip(rows["unit"], rows["published_true"], strict=True)
    ]
    return rows.assign(distance=away)


def _judged(found: pd.DataFrame, true: Mapping[str, Tables], framework: Framework) -> pd.DataFrame:
    """A row per comparison: its verdict, and the true change in MIDs (NaN where none is declared)."""
    own = truths.changes(true[BEFORE]["natural"], true[NOW]["natural"], framework)
    totals = [true[c]["totals"].set_index(["unit", "node"])["score"] for c in (BEFORE, NOW)]
    by_node = (totals[1] - totals[0]).rename("true_change")
    whole = by_node.xs(scores.TOTAL, level="node").mean()
    by_node.loc[(ALL_UNITS, scores.TOTAL)] = whole
    in_mids = (by_node / (framework.mid or np.nan)).reset_index()
    both = pd.concat([own, in_mids], ignore_index=True)
    return found[["unit", "level", "node", "verdict", "strength"]].merge(
        both, on=["unit", "node"], how="left"
    )
