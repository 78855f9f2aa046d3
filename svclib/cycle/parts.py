"""The cycles of a year: their published tables, and joint draws of their published scores and grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import audit, sensitivity
from svclib.cycle.answers import flags, raw
from svclib.cycle.grading import aims_of, drawn_nodes, sides
from svclib.cycle.state import State
from svclib.cycle.steps import STEPS, Tables
from svclib.scores import NodeDraws, round_half


class Part(NamedTuple):
    """One cycle of the year.

    tables : its result tables of the cycle itself
    scores : unit → node → draws of the published score, (D,)
    codes : unit → draws of the grade, (D,), positions in the labels
    """

    cycle: str
    weight: float
    tables: Mapping[str, pd.DataFrame]
    scores: dict[str, dict[str, np.ndarray]]
    codes: dict[str, np.ndarray]

    @property
    def totals(self) -> pd.DataFrame:
        """Table "totals"."""
        return self.tables["totals"]

    @property
    def grades(self) -> pd.DataFrame:
        """Table "grades"."""
        return self.tables["grades"]

    @property
    def graded(self) -> dict[str, str]:
        """Grade of every unit that has one."""
        rows = self.grades[self.grades["status"] == "graded"]
        return dict(zip(rows["unit"], rows["grade"], strict=True))


def cycle_weights(year: State) -> np.ndarray:
    """Weights of the cycles of a year, which sum to 1; equal unless the year gives its own."""
    annual = year.params.annual
    given = annual.weights if annual and annual.weights else {}
    weights = np.array([given.get(p.cycle, 1.0) for p in year.parts])
    return weights / weights.sum()


def parts(year: State) -> tuple[Part, ...]:
    """Every cycle of the year evaluated as it was published."""
    return tuple(_part(p, float(w)) for p, w in zip(year.parts, cycle_weights(year), strict=True))


def authenticity(part: State) -> pd.DataFrame:
    """Table "authenticity" of one cycle."""
    answers, rules = raw(part, [part.cycle]), part.params
    return audit.authenticity(part.sheet("audit"), answers, rules.audit, confidence=rules.confidence)


def _part(state: State, weight: float) -> Part:
    # Of the quality of the data only what the grades need: the rest stands in the cycle's own report.
    tables: Tables = {"exclusions": flags(state, state.compared), "authenticity": authenticity(state)}
    for step in ("30", "40"):
        tables |= STEPS[step](state, tables)
    drawn = drawn_nodes(state, tables, state.cycle)
    mine = {name: _of_cycle(frame, state.cycle) for name, frame in tables.items()}
    part = Part(state.cycle, weight, mine, {}, {})
    for side in sides(state, tables["weights"], state.cycle):
        rule, aims = side.framework.grades, aims_of(state, side, state.cycle)
        for unit in (u for u in side.units if u in drawn and u in part.graded):
            part.scores[unit] = _published(drawn[unit], rule.decimals, rule.rounding)
            part.codes[unit] = sensitivity.grade_codes(
                drawn[unit],
                side.framework,
                aims={indicator: aim for (of, indicator), aim in aims.items() if of == unit},
                last=_last(tables["grades"], unit, state.baseline),
            )
    return part


def _of_cycle(frame: pd.DataFrame, cycle: str) -> pd.DataFrame:
    return frame[frame["cycle"] == cycle].reset_index(drop=True) if "cycle" in frame else frame


def _published(drawn: NodeDraws, decimals: int, rounding: str) -> dict[str, np.ndarray]:
    return {n: round_half(x, decimals=decimals, rule=rounding) for n, x in drawn.scores.items()}


def _last(grades: pd.DataFrame, unit: str, baseline: str) -> str:
    """Grade of the unit in the cycle before, for a buffer."""
    rows = grades[(grades["cycle"] == baseline) & (grades["unit"] == unit)]
    return "".join(rows["grade"])
