"""A year against the year before: the same rules, weights, units, indicators and cycles on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import audit, improvement, invariance
from svclib.columns import empty
from svclib.cycle.answers import estimates, flags, valid
from svclib.cycle.change import Pair, stream, together
from svclib.cycle.gates import Marks, blocked, gated
from svclib.cycle.grading import Side, side_of
from svclib.cycle.parts import authenticity, cycle_weights
from svclib.cycle.rebound import UNTESTED, focused
from svclib.cycle.state import State
from svclib.cycle.steps import STEPS, Tables
from svclib.cycle.year import on_basis
from svclib.estimates import Estimate, draws, join
from svclib.improvement import Comparison
from svclib.improvement.rows import Row
from svclib.scores import NodeDraws, mapped, natural, score_draws

PARTIAL, UNPAIRED = "cycles_left_out", "panel_not_paired"


class Both(NamedTuple):
    """Both years under one framework.

    last, this : cycles of the year before and of this year, in order
    weights : weight of each cycle, that of this year for both
    sizes : valid respondents by cycle and unit
    """

    last: tuple[str, ...]
    this: tuple[str, ...]
    weights: np.ndarray
    estimates: dict[str, Estimate]
    sizes: dict[tuple[str, str], int]


def changes(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """50: change of every unit's dimensions and total, and of all units together.

    Year = Σ weight × score of a cycle, over the cycles in which the unit was graded in both
    years (paired by their order), each cycle over the indicators that all of these have, by
    the weights of this year's last cycle.  Scores are unrounded and without 加减分.
    """
    none = {name: empty(name) for name in ("changes", "comparability", "like_for_like", "decomposition")}
    if state.before is None:
        return none
    params, framework = state.params, state.framework
    comparison = Comparison(
        state.baseline, state.cycle, params.confidence, params.adjust, tuple(params.families),
        params.min_equivalent, framework.mid if framework.mid is not None else np.nan,
    )  # fmt: skip
    years = on_basis(state.before, framework), on_basis(state, framework)
    both, weights = _both(*years), _weights(years[1].parts[-1])
    marks = _marks(state, tables, years[1])
    comparable = not weights["relative"].any()
    rows: list[Row] = []
    whole: list[tuple[Pair, Pair, tuple[int, int]]] = []
    for unit in state.units(state.cycle):
        used = _used(tables["annual"], unit, both)
        found = _nodes(both, used, unit, side_of(state, weights, unit), state)
        if found is None:
            continue
        sizes = _sizes(both, used, unit)
        if unit not in marks.blocked:
            whole.append((*found, sizes))
        made = improvement.composite_changes(*found, comparison, n=sizes, comparable=comparable)
        left_out = [PARTIAL] if len(used) < len(both.this) else []
        own = marks._replace(flags={unit: [*left_out, *marks.flags.get(unit, [])]})
        rows += [{"unit": unit} | gated(row, unit, own, state) for row in made]
    rows += together(whole, comparison, comparable=comparable)
    return none | {"changes": improvement.judge(rows, comparison)}


def _weights(part: State) -> pd.DataFrame:
    """Table "weights" of one cycle."""
    marks = flags(part, [part.cycle])
    return STEPS["30"](replace(part, baseline=""), {"exclusions": marks})["weights"]


def paired(year: State) -> bool:
    """Whether any cycle of the year declares its respondents a panel."""
    return year.params.panel or any(part.params.panel for part in year.parts)


def _both(last: State, this: State) -> Both:
    """Estimates of every unit over the cycles of both years: independent of each other."""
    found: dict[str, list[Estimate]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for part in (*last.parts, *this.parts):
        kept = valid(part, flags(part, [part.cycle]), [part.cycle])
        sizes |= {(part.cycle, str(u)): int(n) for u, n in kept["unit"].value_counts().items()}
        for unit, estimate in estimates(part, kept, (part.cycle,)).items():
            found.setdefault(unit, []).append(estimate)
    before, now = (tuple(part.cycle for part in year.parts) for year in (last, this))
    joined = {unit: join(*parts) for unit, parts in found.items()}
    return Both(before, now, cycle_weights(this), joined, sizes)


def _marks(state: State, tables: Mapping[str, pd.DataFrame], this: State) -> Marks:
    """Units without a grade in either year, and the doubts that travel with a unit's claims."""
    marked: dict[str, list[str]] = {}
    if paired(state):
        marked = {unit: [UNPAIRED] for unit in state.units(state.cycle)}
    for unit in sorted({u for part in this.parts for u in audit.doubtful_units(authenticity(part))}):
        marked.setdefault(unit, []).append("authenticity")
    for unit in focused(state, tables["grades"]):
        marked.setdefault(unit, []).append(UNTESTED)
    # Whether items mean the same is tested between cycles next to each other, not between years.
    rated = {i.dimension for i in state.framework.indicators if i.kind == "rating"}
    return Marks(blocked(tables, state), marked, dict.fromkeys(rated, invariance.NOT_TESTABLE))


def _used(annual: pd.DataFrame, unit: str, both: Both) -> list[int]:
    """Positions of the cycles in which the unit was graded in both years."""
    mine = annual[(annual["unit"] == unit) & (annual["status"] == "graded")]
    graded = set(mine["part"])
    pairs = enumerate(zip(both.last, both.this, strict=True))
    return [k for k, names in pairs if graded >= set(names)]


def _sizes(both: Both, used: Sequence[int], unit: str) -> tuple[int, int]:
    n0, n1 = (sum(both.sizes.get((year[k], unit), 0) for k in used) for year in (both.last, both.this))
    return n0, n1


def _nodes(both: Both, used: Sequence[int], unit: str, side: Side, state: State) -> tuple[Pair, Pair] | None:
    """Scores of both years (points, draws) over the indicators and subjects all used cycles have."""
    if not used or unit not in both.estimates:
        return None
    cycles = [year[k] for year in (both.last, both.this) for k in used]
    every = natural(both.estimates[unit], side.framework)
    here = every.index["cycle"].isin(cycles)
    counts = every.index[here].groupby(["indicator", "subject"])["cycle"].transform("nunique")
    keep = here & (counts.reindex(here.index) == len(cycles))
    if not keep.any():
        return None
    common = mapped(every, np.eye(len(every.value))[keep.to_numpy()], every.index[keep])
    drawn = draws(common, size=state.params.draws, seed=stream(state.params.seed, unit))
    share = both.weights[list(used)] / both.weights[list(used)].sum()

    def mean(values: np.ndarray, year: Sequence[str]) -> NodeDraws:
        made = [_scores(values, common.index, year[k], side) for k in used]
        nodes = made[0].scores
        return NodeDraws({n: np.tensordot(share, [m.scores[n] for m in made], axes=1) for n in nodes}, {})

    points = common.value[None, :]
    return (mean(points, both.last), mean(points, both.this)), (
        mean(drawn, both.last),
        mean(drawn, both.this),
    )


def _scores(values: np.ndarray, index: pd.DataFrame, cycle: str, side: Side) -> NodeDraws:
    at = (index["cycle"] == cycle).to_numpy()
    return score_draws(values[:, at], index[at].reset_index(drop=True), side.framework, side.weights)
