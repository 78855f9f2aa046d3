"""Step 50: every unit's indicators, dimensions and total, then all units together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from svclib import improvement, inference
from svclib.cycle.state import ALL_UNITS, State, design, estimates
from svclib.estimates import Estimate, draws
from svclib.framework import Indicator
from svclib.improvement import Comparison
from svclib.improvement.rows import Row
from svclib.improvement.verdicts import EXACT_BELOW
from svclib.scores import TOTAL, NodeDraws, mapped, natural, score_draws

Pair = tuple[NodeDraws, NodeDraws]


def changes(state: State, kept: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Table "changes" of the current cycle against its baseline."""
    params = state.params
    comparison = Comparison(
        state.baseline, state.cycle, params.confidence, params.adjust, tuple(params.families),
        params.min_equivalent, state.framework.mid if state.framework.mid is not None else np.nan,
    )  # fmt: skip
    blocked = _blocked(tables, comparison)
    found: list[Row] = []
    whole: list[tuple[Pair, Pair, tuple[int, int]]] = []
    for unit, estimate in estimates(state, kept, state.compared).items():
        both = natural(estimate, state.framework)
        rows = _indicators(state, kept, unit, both, comparison)
        pair = _nodes(state, unit, both, tables["weights"], comparison)
        sizes = _sizes(kept, unit, comparison)
        if pair is not None:
            rows += improvement.composite_changes(
                *pair, comparison, n=sizes, comparable=not tables["weights"]["relative"].any()
            )
            if unit not in blocked:
                whole.append((*pair, sizes))
        found += [{"unit": unit} | _gated(row, blocked.get(unit), state, tables) for row in rows]
    found += _together(whole, comparison, comparable=not tables["weights"]["relative"].any())
    return improvement.judge(found, comparison)


def _blocked(tables: Mapping[str, pd.DataFrame], comparison: Comparison) -> dict[str, str]:
    """Units without a grade in either cycle, and why: their scores are not compared."""
    grades = tables["grades"][tables["grades"]["cycle"].isin([comparison.baseline, comparison.cycle])]
    return dict(grades.loc[grades["status"] != "graded", ["unit", "status"]].itertuples(index=False))


def _indicators(
    state: State, kept: pd.DataFrame, unit: str, both: Estimate, comparison: Comparison
) -> list[Row]:
    mine = kept[kept["unit"] == unit]
    rows = improvement.rating_changes(
        both, state.framework, comparison, design=design(kept, panel=state.params.panel)
    )
    overlap = _overlap(mine, comparison, panel=state.params.panel)
    found = [
        row | _by_respondent(mine, state.framework.indicator(row["node"]), comparison) | overlap
        for row in rows
    ]
    kpis = pd.concat([state.inputs[c].kpis for c in state.compared], ignore_index=True)
    return found + improvement.record_changes(kpis[kpis["unit"] == unit], state.framework, comparison)


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
    state: State, unit: str, both: Estimate, weights: pd.DataFrame, comparison: Comparison
) -> tuple[Pair, Pair] | None:
    """Scores (points, draws) of both cycles over the indicators and subjects both have."""
    keys = both.index.groupby(["indicator", "subject"])["cycle"].transform("nunique") == len(state.compared)
    if not keys.any():
        return None
    common = mapped(both, np.eye(len(both.value))[keys.to_numpy()], both.index[keys])
    seed = int.from_bytes(hashlib.sha256(f"{state.params.seed}:{unit}".encode()).digest()[:8], "big")
    drawn = draws(common, size=state.params.draws, seed=seed)

    def of_cycle(values: np.ndarray, cycle: str) -> NodeDraws:
        at = (common.index["cycle"] == cycle).to_numpy()
        return score_draws(values[:, at], common.index[at].reset_index(drop=True), state.framework, weights)

    def pair(values: np.ndarray) -> Pair:
        return of_cycle(values, comparison.baseline), of_cycle(values, comparison.cycle)

    return pair(common.value[None, :]), pair(drawn)


def _gated(row: Row, why: str | None, state: State, tables: Mapping[str, pd.DataFrame]) -> Row:
    """What a unit without a grade, or an indicator without enough answers, may not say."""
    if row.get("verdict"):
        return row
    flags = [f for f in str(row.get("flags", "")).split(";") if f]
    if row["level"] != "indicator" and why is not None:
        return row | {"verdict": "not_judged", "reason": why}
    if row["level"] == "indicator" and _few(row, state):
        return row | {"verdict": "not_judged", "reason": "small_sample"}
    if row["kind"] == "rating" and _unreliable(row, state, tables):
        flags.append("low_reliability")
    if state.baseline in state.rescored:
        flags.append("rescored")
    return row | {"flags": ";".join(flags)}


def _few(row: Row, state: State) -> bool:
    return row["kind"] == "rating" and min(row.get("n0", 0), row.get("n1", 0)) < state.params.min_responses


def _unreliable(row: Row, state: State, tables: Mapping[str, pd.DataFrame]) -> bool:
    indicator = state.framework.indicator(row["node"])
    alpha = tables["reliability"].query("stat == 'alpha' and variant == 'raw'")
    mine = alpha[(alpha["dimension"] == indicator.dimension) & alpha["subject"].isin(indicator.subjects)]
    return bool((mine["judgement"] == "below").any())


def _together(
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
