"""Step 50: every unit's indicators, dimensions and total, then all units together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import audit, improvement, inference, invariance
from svclib.cycle.controls import controlled
from svclib.cycle.grading import Side, side_of
from svclib.cycle.likeness import Likeness, like_for_like
from svclib.cycle.rebound import UNTESTED, beyond_rebound, focused
from svclib.cycle.records import records
from svclib.cycle.state import ALL_UNITS, State, design, estimates
from svclib.estimates import Estimate, draws
from svclib.framework import Framework, Indicator
from svclib.improvement import Comparison
from svclib.improvement.rows import Row
from svclib.improvement.verdicts import EXACT_BELOW
from svclib.scores import TOTAL, NodeDraws, mapped, natural, score_draws

Pair = tuple[NodeDraws, NodeDraws]


def changes(state: State, kept: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables "changes", "like_for_like" and "controlled_changes" against the baseline.

    A unit whose mix of channels shifted is judged like for like.
    """
    params = state.params
    comparison = Comparison(
        state.baseline, state.cycle, params.confidence, params.adjust, tuple(params.families),
        params.min_equivalent, state.framework.mid if state.framework.mid is not None else np.nan,
    )  # fmt: skip
    crude = estimates(state, kept, state.compared)
    like = like_for_like(state, kept, crude, comparison)
    marked = _marks(state, tables, like)
    found: list[Row] = []
    whole: list[tuple[Pair, Pair, tuple[int, int]]] = []
    used = {u: like.estimates[u] if u in like.shifted else plain for u, plain in crude.items()}
    for unit in (u for u in used if u in state.units(state.cycle)):
        answers = like.responses if unit in like.shifted else kept
        side = side_of(state, tables["weights"], unit)
        rows, pair = _of_unit(state, answers, unit, used[unit], side, comparison)
        if pair is not None and unit not in marked.blocked:
            whole.append((*pair, _sizes(kept, unit, comparison)))
        found += [{"unit": unit} | gated(row, unit, marked, state, tables) for row in rows]
    found = beyond_rebound(state, found, used, tables)
    found += together(whole, comparison, comparable=not tables["weights"]["relative"].any())
    table = improvement.judge(found, comparison)
    held = controlled(state, used, table, comparison)
    return {"changes": table, "like_for_like": like.table, "controlled_changes": held}


def _of_unit(
    state: State, kept: pd.DataFrame, unit: str, estimate: Estimate, side: Side, comparison: Comparison
) -> tuple[list[Row], tuple[Pair, Pair] | None]:
    """Rows of one unit under the rules of its group, and its scores in both cycles."""
    both = natural(estimate, side.framework)
    rows = _indicators(state, kept, unit, both, side.framework, comparison)
    pair = _nodes(state, unit, both, side, comparison)
    if pair is not None:
        sizes, comparable = _sizes(kept, unit, comparison), not side.weights["relative"].any()
        rows += improvement.composite_changes(*pair, comparison, n=sizes, comparable=comparable)
    return rows, pair


class Marks(NamedTuple):
    """What travels with a unit's claims.

    blocked : units without a grade in either cycle, and why: their scores are not compared
    flags : flags of every rating and score of a unit
    measured : per dimension whether its items mean the same in both cycles
    """

    blocked: dict[str, str]
    flags: dict[str, list[str]]
    measured: dict[str, str]


def _marks(state: State, tables: Mapping[str, pd.DataFrame], like: Likeness) -> Marks:
    flags: dict[str, list[str]] = {unit: ["mix_shift"] for unit in sorted(like.shifted)}
    flags |= {unit: ["mix_unmatched"] for unit in sorted(like.unmatched)}
    now = tables["authenticity"][tables["authenticity"]["cycle"] == state.cycle]
    for unit in audit.doubtful_units(now):
        flags.setdefault(unit, []).append("authenticity")
    for unit in focused(state, tables["grades"]):
        flags.setdefault(unit, []).append(UNTESTED)
    gates = invariance.gate(tables["invariance"])
    return Marks(blocked(tables, state), flags, dict(gates.itertuples(index=False, name=None)))


def blocked(tables: Mapping[str, pd.DataFrame], state: State) -> dict[str, str]:
    """Units without a grade in either cycle, and why: their scores are not compared."""
    grades = tables["grades"][tables["grades"]["cycle"].isin(state.compared)]
    return dict(grades.loc[grades["status"] != "graded", ["unit", "status"]].itertuples(index=False))


def _indicators(
    state: State, kept: pd.DataFrame, unit: str, both: Estimate, framework: Framework, comparison: Comparison
) -> list[Row]:
    mine = kept[kept["unit"] == unit]
    rows = improvement.rating_changes(
        both, framework, comparison, design=design(kept, panel=state.params.panel)
    )
    overlap = _overlap(mine, comparison, panel=state.params.panel)
    found = [
        row | _by_respondent(mine, framework.indicator(row["node"]), comparison) | overlap for row in rows
    ]
    known = records(state, kept, state.compared)
    known = known[(known["unit"] == unit) & known["indicator"].isin([i.name for i in framework.indicators])]
    return found + improvement.record_changes(known, framework, comparison)


def _by_respondent(mine: pd.DataFrame, indicator: Indicator, comparison: Comparison) -> Row:
    """P(superiority), and at small n the exact mid-p, where one subject rates with equal weights."""
    rated = mine[list(indicator.items)].mean(axis=1)
    rows = mine[rated.notna() & mine["subject"].isin(indicator.subjects)]
    plain = len(set(rows["subject"])) == 1 and len(set(rows["weight"])) == 1
    if not plain or (rows["cluster"] != "").any():
        return {}
    then, now = (
        rated[rows.index[rows["cycle"] == c]].to_numpy() for c in (comparison.baseline, comparison.cycle)
    )
    if min(len(then), len(now)) == 0:
        return {}
    values, code = np.unique(np.round(np.concatenate([then, now]), 9), return_inverse=True)
    counts = [np.bincount(part, minlength=len(values)) for part in (code[: len(then)], code[len(then) :])]
    found: Row = {"p_superiority": float(inference.superiority(*counts))}
    if min(len(then), len(now)) < EXACT_BELOW and len(then) + len(now) <= 200:
        found["p_exact"] = inference.midp_permutation(then, now)
    return found


def _overlap(mine: pd.DataFrame, comparison: Comparison, *, panel: bool) -> Row:
    by_cycle = [mine[mine["cycle"] == c] for c in (comparison.baseline, comparison.cycle)]
    clusters = set(mine["cluster"]) - {""}
    ids = [set(part["respondent"]) for part in by_cycle]
    return {"n_paired": len(ids[0] & ids[1]) if panel else 0, "n_clusters": len(clusters)}


def _sizes(kept: pd.DataFrame, unit: str, comparison: Comparison) -> tuple[int, int]:
    here = kept[kept["unit"] == unit]["cycle"]
    return int((here == comparison.baseline).sum()), int((here == comparison.cycle).sum())


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


def gated(row: Row, unit: str, marks: Marks, state: State, tables: Mapping[str, pd.DataFrame]) -> Row:
    """What a unit without a grade, or an indicator without enough answers, may not say."""
    why = marks.blocked.get(unit)
    if row.get("verdict"):
        return row
    flags = [f for f in str(row.get("flags", "")).split(";") if f]
    if row["level"] != "indicator" and why is not None:
        return row | {"verdict": "not_judged", "reason": why}
    if row["level"] == "dimension" and marks.measured.get(row["node"]) == invariance.FAIL:
        return row | {"verdict": "not_comparable", "reason": "invariance"}
    if row["level"] == "indicator" and _few(row, state):
        return row | {"verdict": "not_judged", "reason": "small_sample"}
    if row["kind"] == "rating" and _unreliable(row, state, tables):
        flags.append("low_reliability")
    if state.baseline in state.rescored:
        flags.append("rescored")
    if row["kind"] in ("rating", "composite"):
        flags += marks.flags.get(unit, []) + _measured(row, marks, state.framework)
    return row | {"flags": ";".join(flags)}


def _measured(row: Row, marks: Marks, framework: Framework) -> list[str]:
    """Flag of a rating or score whose items may not mean the same in both cycles."""
    if row["level"] == TOTAL:
        return ["invariance_part"] if invariance.FAIL in marks.measured.values() else []
    own = framework.indicator(row["node"]).dimension if row["level"] == "indicator" else row["node"]
    flags = {invariance.FAIL: ["invariance"], invariance.NOT_TESTABLE: ["invariance_untested"]}
    return flags.get(marks.measured.get(own, ""), [])


def _few(row: Row, state: State) -> bool:
    sampled = state.framework.indicator(row["node"]).sampled
    return sampled and min(row.get("n0", 0), row.get("n1", 0)) < state.params.min_responses


def _unreliable(row: Row, state: State, tables: Mapping[str, pd.DataFrame]) -> bool:
    indicator = state.framework.indicator(row["node"])
    alpha = tables["reliability"].query("stat == 'alpha' and variant == 'raw'")
    mine = alpha[(alpha["dimension"] == indicator.dimension) & alpha["subject"].isin(indicator.subjects)]
    return bool((mine["judgement"] == "below").any())


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
