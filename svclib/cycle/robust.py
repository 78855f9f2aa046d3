"""Would a grade flip: with other respondents, other weights, without an indicator, by another choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib import sensitivity
from svclib.columns import checked, empty
from svclib.cycle.answers import estimates, valid
from svclib.cycle.state import State
from svclib.framework import Framework
from svclib.scores import TOTAL, NodeDraws, WeightDraws
from svclib.sensitivity import Standing
from svclib.targets import Aims

if TYPE_CHECKING:
    from svclib.cycle.grading import Side

Tables = dict[str, pd.DataFrame]
NAMES = (
    *("weight_spread", "grade_stability", "rank_stability", "breakpoints"),
    *("drop_one", "scenarios", "robustness"),
)
OTHER_MEAN = {"arithmetic": "geometric", "geometric": "arithmetic"}
# Least points counted in a geometric mean where the framework, having none, names no floor.
FLOOR = 1.0


def robust(
    state: State, tables: Mapping[str, pd.DataFrame], made: Tables, sides: Sequence[tuple[Side, Aims]]
) -> Tables:
    """Tables of `NAMES` for the graded units of the current cycle.

    Parameters
    ----------
    tables : at least exclusions, weights, weight_methods, expert_weights and consistency
    made : what step 40 found for the current cycle, screening_headline among it
    sides : units under the same rules, and their targets in force
    """
    panel = (tables["expert_weights"], tables["consistency"])
    spread = sensitivity.weight_spread(tables["weights"], *panel, spread=state.params.sensitivity.spread)
    weights = [_weights(state, spread, side) for side, _ in sides]
    drawn = _drawn(state, tables, made, [(side, w) for (side, _), w in zip(sides, weights, strict=True)])
    known = {unit for unit, d in drawn["sampling"].items() if np.isfinite(d.scores[TOTAL]).all()}
    grades = made["grades"][made["grades"]["unit"].isin(known)]
    pairs = [
        (of, w)
        for (side, _), w in zip(sides, weights, strict=True)
        if (of := _standing(grades, made, side)).units
    ]
    found = {name: empty(name) for name in NAMES} | {"weight_spread": spread}
    if pairs:
        aims = {key: aim for _, of_side in sides for key, aim in of_side.items()}
        run = sensitivity.Run(state.cycle, state.params.seed, state.params.confidence)
        found |= sensitivity.stability(pairs, drawn, aims, run=run)
        found |= _as_known(found, made["indicator_scores"])
        found |= _others(state, tables, made, [of for of, _ in pairs])
        found["rank_stability"] = _with_rank(found["rank_stability"], grades)
        found["robustness"] = sensitivity.robustness(grades, found)
    return {name: checked(name, frame) for name, frame in found.items()}


def _as_known(found: Tables, indicator_scores: pd.DataFrame) -> Tables:
    """Stability without what sampling would do to units of bare values alone: no error is known."""
    bare = [u for u, node in sensitivity.without_error(indicator_scores) if node == TOTAL]
    return {
        name: found[name][(found[name]["source"] == "weights") | ~found[name]["unit"].isin(bare)]
        for name in ("grade_stability", "rank_stability")
    }


def _with_rank(table: pd.DataFrame, grades: pd.DataFrame) -> pd.DataFrame:
    rank = table["unit"].map(grades.set_index("unit")["rank"])
    low, high = np.minimum(table["rank_low"], rank), np.maximum(table["rank_high"], rank)
    return table.assign(rank=rank, rank_low=low, rank_high=high)


def _weights(state: State, spread: pd.DataFrame, side: Side) -> WeightDraws:
    group = side.weights["group"].iloc[0]
    mine, rules = spread[spread["group"] == group], state.params
    return sensitivity.weight_draws(side.weights, mine, side.framework, size=rules.draws, seed=rules.seed)


def _drawn(
    state: State,
    tables: Mapping[str, pd.DataFrame],
    made: Tables,
    sides: Sequence[tuple[Side, WeightDraws]],
) -> dict[str, dict[str, NodeDraws]]:
    """The draws behind the published intervals, and the same samples under drawn weights."""
    every = estimates(state, valid(state, tables["exclusions"], (state.cycle,)), (state.cycle,))
    points = made["grades"][["unit", "adjustment"]].to_numpy()
    net = {str(unit): float(p) for unit, p in points}
    drawn: dict[str, dict[str, NodeDraws]] = {"sampling": {}, "both": {}}
    for side, weights in sides:
        known = made["indicator_scores"]
        mine = {u: e for u, e in every.items() if u in side.units}
        inside = known[known["indicator"].isin([i.name for i in side.framework.indicators])]
        rules, of = side.framework, state.params
        for sample in sensitivity.samples(mine, inside, rules, size=of.draws, seed=of.seed):
            drawn["sampling"][sample.unit] = sample.scored(rules, side.weights)
            drawn["both"][sample.unit] = sample.scored(rules, weights)
    return {source: sensitivity.with_points(found, net) for source, found in drawn.items()}


def _standing(grades: pd.DataFrame, made: Tables, side: Side) -> Standing:
    mine = grades[grades["unit"].isin(side.units)]
    return sensitivity.standing(mine, made["indicator_scores"], side.weights, side.framework)


def _others(
    state: State, tables: Mapping[str, pd.DataFrame], made: Tables, standing: Sequence[Standing]
) -> Tables:
    """Breakpoints, one indicator dropped, other choices."""
    cycle = state.cycle
    points = [sensitivity.breakpoints(of, cycle=cycle) for of in standing]
    choices = _choices(tables, made, standing)
    graded = made["grades"][made["grades"]["unit"].isin([u for of in standing for u in of.units])]
    told = [
        sensitivity.scenarios(choices, cycle=cycle),
        sensitivity.screened(made["screening_headline"], graded),
    ]
    return {
        "breakpoints": pd.concat(points, ignore_index=True),
        "drop_one": sensitivity.drop_one(standing, cycle=cycle),
        "scenarios": pd.concat([t for t in told if len(t)], ignore_index=True),
    }


def _choices(
    tables: Mapping[str, pd.DataFrame], made: Tables, standing: Sequence[Standing]
) -> dict[str, list[tuple[Standing, WeightDraws]]]:
    """Every other choice of weights, mean, missing rule and bonus points that the data allow."""
    panel = sensitivity.consistent(tables["expert_weights"], tables["consistency"])
    other = OTHER_MEAN[standing[0].framework.aggregate]
    found = {"equal_weights": [(of, sensitivity.equal_weights(of)) for of in standing]}
    for expert in sorted(set(panel["expert"])):
        own = panel[panel["expert"] == expert]
        found[f"expert:{expert}"] = [(of, sensitivity.expert_weights(of, own)) for of in standing]
    by_method = [sensitivity.method_weights(of, tables["weight_methods"]) for of in standing]
    for name in by_method[0]:
        found[name] = [(of, own[name]) for of, own in zip(standing, by_method, strict=True)]
    found[other] = [(of._replace(framework=_mean(of.framework, other)), of.weights) for of in standing]
    if any(of.net.any() for of in standing):
        found["no_adjustments"] = [(of._replace(net=0 * of.net), of.weights) for of in standing]
    return found | _imputed(made["indicator_scores"], standing)


def _mean(framework: Framework, how: str) -> Framework:
    dimensions = tuple(d.model_copy(update={"aggregate": how}) for d in framework.dimensions)
    floor = framework.floor or FLOOR
    return framework.model_copy(update={"aggregate": how, "dimensions": dimensions, "floor": floor})


def _imputed(
    found: pd.DataFrame, standing: Sequence[Standing]
) -> dict[str, list[tuple[Standing, WeightDraws]]]:
    """Other points for what was not reported yet is counted: zero, the lowest, or none and no weight."""
    head = found[found["subject"] == ""]
    lowest = head[head["status"] == "ok"].groupby("indicator")["score"].min()
    graded = {u for of in standing for u in of.units}
    absent = head[(head["status"] == "not_reported") & head["unit"].isin(graded)]
    cells = set(zip(absent["unit"], absent["indicator"], strict=True))
    chosen: dict[str, list[tuple[Standing, WeightDraws]]] = {}
    for rule in ("reweight", "zero", "lowest") if cells else ():
        moved = []
        for of in standing:
            names = [i.name for i in of.framework.indicators]
            here = np.array([[(u, i) in cells for i in names] for u in of.units])
            given = {"reweight": np.nan, "zero": 0.0, "lowest": lowest.reindex(names).to_numpy()}[rule]
            moved.append((of._replace(points=np.where(here, given, of.points)), of.weights))
        if rule != standing[0].framework.missing.not_reported:
            chosen[f"missing_{rule}"] = moved
    return chosen
