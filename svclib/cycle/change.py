"""Step 50: every unit's indicators, dimensions and total, then all units together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import improvement, inference
from svclib.cycle.answers import design, estimates
from svclib.cycle.comparable import Comparable, comparable
from svclib.cycle.controls import controlled
from svclib.cycle.gates import gated, marks_of
from svclib.cycle.grading import Side, side_of
from svclib.cycle.likeness import Likeness, like_for_like, likeness
from svclib.cycle.rebound import beyond_rebound
from svclib.cycle.records import records
from svclib.cycle.state import ALL_UNITS, State
from svclib.estimates import Estimate, draws
from svclib.framework import Framework
from svclib.improvement import Answers, Comparison
from svclib.improvement.rows import Row
from svclib.scores import TOTAL, NodeDraws, mapped, natural, score_draws

Pair = tuple[NodeDraws, NodeDraws]


def changes(state: State, kept: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables "changes", "like_for_like", "comparability" and "controlled_changes" against the baseline."""
    comparison = compared(state)
    crude = estimates(state, kept, state.compared)
    like = likeness(state, kept, comparison)
    checked = comparable(state, kept, tables, like)
    table, used = judged(state, kept, tables, crude, (like, checked))
    return {
        "changes": table,
        "like_for_like": like_for_like(state, kept, crude, like, comparison),
        "comparability": checked.table,
        "controlled_changes": controlled(state, used, table, comparison),
    }


def compared(state: State) -> Comparison:
    """What is compared, and by which rules."""
    params, mid = state.params, state.framework.mid
    return Comparison(
        state.baseline, state.cycle, params.confidence, params.adjust, tuple(params.families),
        params.min_equivalent, mid if mid is not None else np.nan,
    )  # fmt: skip


def judged(
    state: State,
    kept: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    crude: Mapping[str, Estimate],
    known: tuple[Likeness, Comparable],
) -> tuple[pd.DataFrame, dict[str, Estimate]]:
    """Table "changes" and the estimates behind it: a unit whose mix shifted is judged like for like."""
    like, checked = known
    comparison = compared(state)
    plain = _basis(state, kept)
    adjusted = _basis(state, like.responses) if like.shifted else plain
    alike = like.estimates(state) if like.shifted else {}
    marked = marks_of(state, tables, like)._replace(unlike=checked.unlike, said=checked.flags)
    found: list[Row] = []
    whole: list[tuple[Pair, Pair, tuple[int, int]]] = []
    used = {unit: alike[unit] if unit in like.shifted else own for unit, own in crude.items()}
    for unit in (u for u in used if u in state.units(state.cycle)):
        basis = adjusted if unit in like.shifted else plain
        side = side_of(state, tables["weights"], unit)
        rows, pair = _of_unit(state, basis, unit, used[unit], side, comparison)
        if pair is not None and unit not in marked.blocked:
            whole.append((*pair, _sizes(basis, unit, used[unit], comparison)))
        found += [{"unit": unit} | gated(row, unit, marked, state) for row in rows]
    found = beyond_rebound(state, improvement.tested(found, comparison), used, tables)
    every = together(whole, comparison, comparable=not tables["weights"]["relative"].any())
    return improvement.judge(found + _needed(every, asked=bool(plain.answers)), comparison), used


def _of_unit(
    state: State, basis: Basis, unit: str, estimate: Estimate, side: Side, comparison: Comparison
) -> tuple[list[Row], tuple[Pair, Pair] | None]:
    """Rows of one unit under the rules of its group, and its scores in both cycles."""
    both = natural(estimate, side.framework)
    rows = _indicators(basis, unit, both, side.framework, comparison)
    pair = _nodes(state, unit, both, side, comparison)
    if pair is not None:
        sizes, comparable = _sizes(basis, unit, estimate, comparison), not side.weights["relative"].any()
        scores = improvement.composite_changes(*pair, comparison, n=sizes, comparable=comparable)
        rows += _needed(scores, asked=unit in basis.answers)
    return rows, pair


def _needed(scores: list[Row], *, asked: bool) -> list[Row]:
    """The sample that would decide, in respondents: of scores of records alone nobody can say it."""
    return scores if asked else [row | {"required_n": np.nan} for row in scores]


class Basis(NamedTuple):
    """What one weighting of the answers says, unit by unit.

    answers : valid answers of both cycles to the ratings of the framework
    records : records of both cycles
    times : by (cycle, indicator), the single times behind a record
    scatter : by indicator, χ² and df of monthly counts over all units and both cycles
    design : what the sampling unit is
    """

    answers: Mapping[str, Answers]
    records: Mapping[str, pd.DataFrame]
    times: Mapping[str, Mapping[tuple[str, str], inference.Survival]]
    scatter: Mapping[str, tuple[float, float]]
    design: str


def _basis(state: State, kept: pd.DataFrame) -> Basis:
    known = records(state, kept, state.compared)
    here = kept[kept["cycle"].isin(state.compared)]
    rated = [i for i in state.framework.indicators if i.source == "responses"]
    answers = improvement.answers_of(here, rated, panel=state.params.panel, current=state.cycle)
    sums = known.reindex(columns=["indicator", "scatter", "scatter_df"]).groupby("indicator").sum()
    scatter = {str(name): (float(chi2), float(df)) for name, chi2, df in sums.itertuples()}
    how = design(kept, panel=state.params.panel)
    times: dict[str, dict[tuple[str, str], inference.Survival]] = {}
    for cycle in set(state.compared) & set(state.measured):
        for (unit, name), own in state.measured[cycle].times.items():
            times.setdefault(unit, {})[cycle, name] = own
    return Basis(answers, {str(unit): mine for unit, mine in known.groupby("unit")}, times, scatter, how)


def _indicators(
    basis: Basis, unit: str, both: Estimate, framework: Framework, comparison: Comparison
) -> list[Row]:
    mine = basis.answers.get(unit)
    found = ratings(mine, both, framework, comparison, design=basis.design)
    if unit not in basis.records:
        return [*found, *improvement.record_changes(_NO_RECORD, framework, comparison)]
    known = basis.records[unit]
    known = known[known["indicator"].isin([i.name for i in framework.indicators])]
    evidence = improvement.Evidence(basis.times.get(unit, {}), basis.scatter)
    return found + improvement.record_changes(known, framework, comparison, evidence)


_NO_RECORD = pd.DataFrame(columns=["cycle", "indicator", "status"])


def ratings(
    mine: Answers | None, both: Estimate, framework: Framework, comparison: Comparison, *, design: str
) -> list[Row]:
    """Rows of one unit's ratings, with what its single answers tell; `improvement.tested` tests all.

    Parameters
    ----------
    mine : its valid answers of both cycles, None where there are none
    both : `scores.natural` of both cycles jointly
    """
    rows = improvement.rating_estimates(both, framework, comparison, design=design)
    rated = [i.name for i in framework.indicators if i.source == "responses"]
    if mine is None or not rated:
        return rows
    found = improvement.told(mine.on(rated), confidence=comparison.confidence)
    counts = {"n_paired": mine.n_paired, "n_clusters": mine.n_clusters}
    return [row if row.get("verdict") else row | own | counts for row, own in zip(rows, found, strict=True)]


def _sizes(basis: Basis, unit: str, estimate: Estimate, comparison: Comparison) -> tuple[int, int]:
    """Respondents then and now; of a unit nobody was asked about, the fewest records behind a value."""
    if unit in basis.answers:
        now = basis.answers[unit].now
        return int((~now).sum()), int(now.sum())
    cycle, sampled = estimate.index["cycle"].to_numpy(), np.diag(estimate.cov) > 0
    then, current = (estimate.n[sampled & (cycle == c)] for c in comparison.cycles)
    return int(min(then, default=0)), int(min(current, default=0))


def _nodes(
    state: State, unit: str, both: Estimate, side: Side, comparison: Comparison
) -> tuple[Pair, Pair] | None:
    """Scores (points, draws) of both cycles over the indicators and subjects both have."""
    keys = both.index.groupby(["indicator", "subject"])["cycle"].transform("nunique") == len(state.compared)
    if not keys.any():
        return None
    common = mapped(both, np.eye(len(both.value))[keys.to_numpy()], both.index[keys])
    drawn = draws(common, size=state.params.draws, seed=stream(state.params.seed, unit))

    def of_cycle(values: np.ndarray, cycle: str) -> NodeDraws:
        at = (common.index["cycle"] == cycle).to_numpy()
        return score_draws(
            values[:, at], common.index[at].reset_index(drop=True), side.framework, side.weights
        )

    def pair(values: np.ndarray) -> Pair:
        return of_cycle(values, comparison.baseline), of_cycle(values, comparison.cycle)

    return pair(common.value[None, :]), pair(drawn)


def stream(seed: int, name: str) -> int:
    """Seed of the own stream of draws of `name`."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big")


def together(
    whole: Sequence[tuple[Pair, Pair, tuple[int, int]]], comparison: Comparison, *, comparable: bool
) -> list[Row]:
    """The total of unit "*": the plain mean over the units graded in both cycles."""
    if not whole:
        return []
    points = _mean([p[0] for p, _, _ in whole]), _mean([p[1] for p, _, _ in whole])
    drawn = _mean([d[0] for _, d, _ in whole]), _mean([d[1] for _, d, _ in whole])
    n = sum(sizes[0] for *_, sizes in whole), sum(sizes[1] for *_, sizes in whole)
    rows = improvement.composite_changes(points, drawn, comparison, n=n, comparable=comparable)
    return [{"unit": ALL_UNITS} | row for row in rows if row["level"] == TOTAL]


def _mean(found: Sequence[NodeDraws]) -> NodeDraws:
    return NodeDraws({TOTAL: np.mean([d.scores[TOTAL] for d in found], axis=0)}, {})
