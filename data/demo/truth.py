"""What is true and what was planted, as a table to hold results against."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from . import events, inspections, model, people, records, training
from .model import BARE, DIMENSIONS, DRIFT, NOW, RATINGS, UNITS, Case

COLUMNS = ["cycle", "unit", "indicator", "quantity", "value", "text"]
TOTAL = "total"


def truth(cases: list[Case]) -> pd.DataFrame:
    """What is true and what was planted; `indicator` may be a dimension, "total" or empty.

    A node with quantity `rebound`, `mix_shift` or `induced` differs from the baseline for the
    reason so named and not because service changed: a plain test may claim it.
    """
    rows: list[tuple[Any, ...]] = []
    for case in cases:
        for unit in UNITS:
            rows += [(case.cycle, unit.unit, *fact) for fact in _facts(unit, case)]
        expert, a, b = records.INCONSISTENT
        rows += [(case.cycle, "", "安全培训覆盖率", "constant_kpi", 100.0, "")]
        rows += [(case.cycle, "", f"{a} : {b}", "inconsistent_expert", math.nan, expert)]
        if case.cycle == NOW:
            rows.append((case.cycle, "", "", "lax_inspector", inspections.OVERLOOKED, inspections.LAX))
            rows += [(case.cycle, "", training.COURSE, f"gain_in_{part}", gain, "") for part, (gain, _)
                     in training.GAIN.items()]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _facts(unit: Any, case: Case) -> list[tuple[Any, ...]]:
    indicators = [i for names in DIMENSIONS.values() for i in names]
    values = {i: model.true_value(unit, i, case) for i in indicators if i not in BARE}
    rows: list[tuple[Any, ...]] = [
        (i, "true_value", round(v, 6), "") for i, v in values.items() if not math.isnan(v)
    ]
    if case.cycle == NOW:
        change = {i: model.planted(unit, i, case) for i in indicators}
        rows += [(i, "planted_change", c, _word(c)) for i, c in change.items()]
        change |= {d: sum(change[i] for i in names) for d, names in DIMENSIONS.items()}
        change[TOTAL] = sum(change[d] for d in DIMENSIONS)
        rows += [(node, "planted_direction", math.nan, _word(change[node])) for node in (*DIMENSIONS, TOTAL)]
    if case.cycle in DRIFT:
        rows.append(("", "drift_of_rating_means", DRIFT[case.cycle][unit.Index % 3], "against 2026Q1"))
    return rows + _measured(unit, case) + _office(unit, case)


def _measured(unit: Any, case: Case) -> list[tuple[Any, ...]]:
    """Plants in the answers and records."""
    rows: list[tuple[Any, ...]] = []
    if model.accidents(unit, case) == model.VETO_ACCIDENTS:
        rows.append(("安全事故率", "veto", round(1000 * model.VETO_ACCIDENTS / model.ORDERS, 6), "不合格"))
    if unit.unit == model.REBOUND and case.now:
        rows += [(node, "rebound", -model.SHOCK, "2026Q1 alone was low") for node in _above(*RATINGS)]
    if unit.unit == model.SHIFTED[0] and case.now:
        rows += _shift(unit, case)
    if unit.unit == model.INDUCED and case.now:
        asked = [i for i, (raters, _) in RATINGS.items() if "客户" in raters]
        rows += [(node, "induced", math.nan, "") for node in _above(*asked)]
        rows.append(("", "induced_answers", float(model.N_INDUCED), people.HELPER))
    if unit.unit == model.SMALL:
        return [*rows, ("", "respondents", 3.0 * unit.customers, "small_sample")]
    spoiled = ("speed", "straight_line", "missing" if unit.Index % 2 else "duplicate")
    return rows + [("", "spoiled_rows", 1.0, rule) for rule in spoiled]


def _shift(unit: Any, case: Case) -> list[tuple[Any, ...]]:
    before = model.mean(unit, model.SHIFTED[1], "客户", case)
    alike, crude = model.shifted_means(unit, case)
    nodes = _above(model.SHIFTED[1])
    rows: list[tuple[Any, ...]] = [(node, "mix_shift", math.nan, "phone to online") for node in nodes]
    rows.append((model.SHIFTED[1], "like_for_like_change", round(alike - before, 6), ""))
    return [*rows, (model.SHIFTED[1], "crude_change", round(crude - before, 6), "")]


def _above(*indicators: str) -> list[str]:
    """The indicators, their dimensions and the total."""
    return [*indicators, *(d for d, names in DIMENSIONS.items() if {*names} & {*indicators}), TOTAL]


def _office(unit: Any, case: Case) -> list[tuple[Any, ...]]:
    """Plants in the sheets of the office."""
    rows: list[tuple[Any, ...]] = []
    if unit.unit == model.MERGED and case.cycle == NOW:
        rows.append(("", "merged_from", 2.0, "；".join(model.HALVES)))
    if case.cycle == NOW and unit.unit == model.WRONGED:
        rows.append(("安全事故率", "wrong_number", float(model.WRONG_ACCIDENTS), "corrected to 0"))
    if case.cycle == NOW and unit.unit == model.OWING:
        rows.append(("", "reports_owed", float(model.OWED), "overdue"))
    if unit.unit == model.LATE and case.now:
        rows.append(("投诉处理率", "complaints_late", float(events.N_LATE), ""))
        rows.append(("投诉处理率", "complaints_open_overdue", float(events.N_OPEN), ""))
        rows.append(("投诉处理率", "complaints_repeated", float(events.N_REPEATED), ""))
    if unit.unit == events.SLOW[0] and case.now:
        rows.append(("", "slowest_step", events.SLOW[2], events.SLOW[1]))
    if unit.unit in events.STORM_UNITS and case.cycle == NOW:
        rows.append(("", "storm_complaints", float(events.N_STORM), events.STORM))
    if unit.unit == model.LOW_RETURN and case.cycle in (model.BEFORE, NOW):
        rows.append(("", "return_rate", unit.return_rate / 100, "low"))
    return rows


def _word(change: float) -> str:
    """Every planted change is in an indicator where higher is better."""
    return {1: "improved", -1: "declined"}.get(int(np.sign(change)), "none")
