"""Step 03 of the design: how sure the present samples make grades and changes, and what is needed next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from svclib import scores, simulate
from svclib.columns import empty
from svclib.cycle import grading
from svclib.cycle.answers import estimates, valid
from svclib.cycle.grading import Side
from svclib.cycle.populations import DRAWS, prepare
from svclib.cycle.simulation import run
from svclib.cycle.state import State
from svclib.cycle.values import natural
from svclib.estimates import Estimate, draws
from svclib.scores import TOTAL

Tables = dict[str, pd.DataFrame]
ERRORS = ["level", "unit", "node", "n", "score", "se_answers", "se_records"]


def sample_plan(
    state: State, tables: Mapping[str, pd.DataFrame], *, replications: int = 2, seed: int | None = None
) -> Tables:
    """03: how often grades and verdicts are wrong, and which samples would make them sure.

    Parameters
    ----------
    replications : simulated pairs of cycles in which nothing, and in which something, changes;
        few give wide errors, `svclib simulate` runs as many as wanted
    seed : of the simulation; that of the cycle when not given
    """
    job = prepare(state, tables["exclusions"], tables["weights"])
    found = run(
        job,
        simulate.cases(("unchanged", "changed"), sizes=(1.0,)),
        replications=replications,
        seed=state.params.seed if seed is None else seed,
    )
    kept = valid(state, tables["exclusions"], (state.cycle,))
    return plan(state, kept, tables["weights"]) | simulate.tables(*found)


def plan(state: State, kept: pd.DataFrame, weights: pd.DataFrame) -> Tables:
    """Tables "sample_plan", "power" and "cut_risk" of the current cycle."""
    sides = grading.sides(state, weights, state.cycle)
    found = errors(state, kept, sides)
    rules = _rules(state, sides, found)
    groups = {unit: side.group for side in sides for unit in side.units}
    labels = state.framework.grades.labels
    by_cuts = state.framework.grades.method == "cuts"
    return {
        "sample_plan": simulate.sample_plan(found, rules),
        "power": simulate.power_curves(found, rules),
        "cut_risk": simulate.cut_risk(found, rules, groups, labels) if by_cuts else empty("cut_risk"),
    }


def _rules(state: State, sides: list[Side], found: pd.DataFrame) -> simulate.Rules:
    framework, rated = state.framework, found[found["level"] == "indicator"]
    counted = [i for i in framework.indicators if i.source != "responses" and i.uncertainty != "census"]
    units = [unit for side in sides for unit in side.units]
    keys = list(zip(rated["unit"], rated["node"], rated["score"], strict=True))
    return simulate.Rules(
        cuts={unit: simulate.cuts(side.framework) for side in sides for unit in side.units},
        mid=framework.mid or np.nan,
        mids={(str(u), str(i)): framework.indicator(str(i)).mid_at(float(v)) for u, i, v in keys},
        confidence=state.params.confidence,
        adjust=state.params.adjust,
        tests={TOTAL: len(units) + 1, "indicator": len(rated) + len(counted) * len(units)},
        least=state.params.min_responses,
        population=_population(state),
    )


def _population(state: State) -> dict[str, float]:
    sheet = state.sheet("collection")
    if sheet is None:
        return {}
    whole = sheet.groupby("unit")["population"].sum(min_count=1).dropna()
    return {str(unit): float(n) for unit, n in whole.items()}


def errors(state: State, kept: pd.DataFrame, sides: list[Side]) -> pd.DataFrame:
    """How far totals and ratings err: by their answers, which more of them shrink, and by records.

    Returns
    -------
    DataFrame with level, unit, node, n, score (of a rating its natural value), se_answers,
    se_records; units without any answer have only records
    """
    found, values = estimates(state, kept, (state.cycle,)), natural(state, kept, (state.cycle,))
    people = kept[kept["cycle"] == state.cycle].groupby("unit").size()
    _, net = grading.points(state, state.cycle)
    rows: list[dict[str, Any]] = []
    for side in sides:
        for unit in (u for u in side.units if u in found):
            score, answers, recorded = _total(found[unit], side, state.params.seed)
            told = {"unit": unit, "n": int(people.get(unit, 0))}
            rows.append(
                told
                | {"level": TOTAL, "node": TOTAL, "score": score + net.get(unit, 0.0)}
                | {"se_answers": answers, "se_records": recorded}
            )
            rows += [told | of for of in _ratings(values[values["unit"] == unit], side)]
    return pd.DataFrame(rows, columns=ERRORS)


def _ratings(mine: pd.DataFrame, side: Side) -> list[dict[str, Any]]:
    rated = {i.name for i in side.framework.indicators if i.source == "responses"}
    head = mine[(mine["subject"] == "") & mine["indicator"].isin(rated)]
    named = head.rename(columns={"indicator": "node", "value": "score", "se": "se_answers"})
    shown = named.assign(level="indicator", se_records=0.0)[[c for c in ERRORS if c not in ("unit", "n")]]
    return [{str(k): v for k, v in row.items()} for row in shown.to_dict("records")]


def _total(estimate: Estimate, side: Side, seed: int) -> tuple[float, float, float]:
    """The total of a unit, and its SD when only the answers err, and only the records."""

    def drawn(kept: tuple, size: int) -> np.ndarray:
        both = scores.natural(replace(estimate, parts=kept), side.framework)
        values = draws(both, size=size, seed=seed)
        return scores.score_draws(values, both.index, side.framework, side.weights).scores[TOTAL]

    counted = [part.name.startswith(("records", "events")) for part in estimate.parts]
    sd = {}
    for recorded in (False, True):
        parts = tuple(p for p, own in zip(estimate.parts, counted, strict=True) if own is recorded)
        sd[recorded] = float(drawn(parts, DRAWS).std(ddof=1))
    return float(drawn((), 1)[0]), sd[False], sd[True]
