"""What a unit's claims of change carry with them, and what may not be claimed at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from svclib import audit, invariance
from svclib.cycle.likeness import Likeness
from svclib.cycle.rebound import UNTESTED, focused
from svclib.cycle.state import ALL_UNITS, State
from svclib.framework import Framework
from svclib.improvement.rows import Row
from svclib.scores import TOTAL

# Flag of a unit judged like for like, by what its mix is held at.
SHIFTED = {"baseline_mix": "mix_shift", "population": "raked"}


class Marks(NamedTuple):
    """What travels with a unit's claims.

    blocked : units without a grade in either cycle, and why: their scores are not compared
    flags : flags of every rating and score of a unit
    measured : per dimension whether its items mean the same in both cycles
    unreliable : dimensions and evaluators whose scale is below the policy
    unlike : indicators asked or measured otherwise, and in what
    said : flags by unit and indicator, unit "*" for every unit
    """

    blocked: dict[str, str]
    flags: dict[str, list[str]]
    measured: dict[str, str]
    unreliable: frozenset[tuple[str, str]] = frozenset()
    unlike: Mapping[str, str] = {}
    said: Mapping[tuple[str, str], list[str]] = {}


def marks_of(state: State, tables: Mapping[str, pd.DataFrame], like: Likeness) -> Marks:
    """Gates and flags of a cycle; what was asked or measured otherwise is not among them."""
    flags: dict[str, list[str]] = {unit: [SHIFTED[like.standard]] for unit in sorted(like.shifted)}
    flags |= {unit: ["mix_unmatched"] for unit in sorted(like.unmatched)}
    now = tables["authenticity"][tables["authenticity"]["cycle"] == state.cycle]
    for unit in audit.doubtful_units(now):
        flags.setdefault(unit, []).append("authenticity")
    for unit in focused(state, tables["grades"]):
        flags.setdefault(unit, []).append(UNTESTED)
    gates = invariance.gate(tables["invariance"])
    return Marks(
        blocked(tables, state), flags, dict(gates.itertuples(index=False, name=None)), unreliable(tables)
    )


def unreliable(tables: Mapping[str, pd.DataFrame]) -> frozenset[tuple[str, str]]:
    """Dimensions and evaluators whose alpha is below the policy."""
    below = tables["reliability"].query("stat == 'alpha' and variant == 'raw' and judgement == 'below'")
    return frozenset(below[["dimension", "subject"]].itertuples(index=False, name=None))


def blocked(tables: Mapping[str, pd.DataFrame], state: State) -> dict[str, str]:
    """Units without a grade in either cycle, and why: their scores are not compared."""
    grades = tables["grades"][tables["grades"]["cycle"].isin(state.compared)]
    return dict(grades.loc[grades["status"] != "graded", ["unit", "status"]].itertuples(index=False))


def gated(row: Row, unit: str, marks: Marks, state: State) -> Row:
    """What a unit without a grade, or an indicator without enough answers, may not say."""
    why = marks.blocked.get(unit)
    if row["level"] == "indicator" and row["node"] in marks.unlike:
        return row | {"verdict": "not_comparable", "reason": marks.unlike[row["node"]]}
    if row.get("verdict"):
        return row
    flags = [f for f in str(row.get("flags", "")).split(";") if f]
    if row["level"] != "indicator" and why is not None:
        return row | {"verdict": "not_judged", "reason": why}
    if row["level"] == "dimension" and marks.measured.get(row["node"]) == invariance.FAIL:
        return row | {"verdict": "not_comparable", "reason": "invariance"}
    if row["level"] == "indicator" and _few(row, state):
        return row | {"verdict": "not_judged", "reason": "small_sample"}
    if row["kind"] == "rating" and _unreliable(row, state, marks):
        flags.append("low_reliability")
    if state.baseline in state.rescored:
        flags.append("rescored")
    flags += [f for u in (ALL_UNITS, unit) for f in marks.said.get((u, row["node"]), [])]
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


def _unreliable(row: Row, state: State, marks: Marks) -> bool:
    indicator = state.framework.indicator(row["node"])
    return any((indicator.dimension, subject) in marks.unreliable for subject in indicator.subjects)
