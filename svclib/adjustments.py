"""加减分: bonus and penalty points on the weighted total, each line capped as the framework says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.errors import ParamError
from svclib.framework import Adjustment, Framework


def adjust(
    sheet: pd.DataFrame | None, framework: Framework, *, units: Iterable[str], cycle: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Table "adjustments" and the net points of each unit.

    points = points of the matter × count (or the given points × count where the matter has
    a range), negative for a deduction.  counted is what remains under the matter's
    `max_points` and then under the side's cap, both per unit, in the order of the rows.

    Raises
    ------
    ParamError
        Rows without `adjustments` in the framework, an unknown matter, points given for a
        fixed matter, missing or outside its range.
    """
    net = dict.fromkeys(units, 0.0)
    if sheet is None or sheet.empty:
        return empty("adjustments"), net
    if framework.adjustments is None:
        raise ParamError("adjustments: the framework declares none. Add adjustments: to the framework")
    caps = {"bonus": framework.adjustments.max_bonus, "deduction": framework.adjustments.max_deduction}
    used: defaultdict[tuple[str, str], float] = defaultdict(float)
    rows = []
    for line in sheet.sort_values(["unit", "row"]).to_dict("records"):
        matter, rule = line["adjustment"], _rule(framework, str(line["adjustment"]))
        count = 1 if np.isnan(line["count"]) else int(line["count"])
        points = _points(line, rule) * count
        side, own = (line["unit"], rule.type), (line["unit"], matter)
        room = min(caps[rule.type] - used[side], (rule.max_points or np.inf) - used[own])
        counted = max(0.0, min(points, room))
        used[side] += counted
        used[own] += counted
        sign = 1.0 if rule.type == "bonus" else -1.0
        net[line["unit"]] = net.get(line["unit"], 0.0) + sign * counted
        said = {name: line[name] for name in ("unit", "row", "basis", "approver", "date")}
        said |= {"cycle": cycle, "matter": matter, "type": rule.type, "count": count, "clause": rule.clause}
        rows.append(said | {"points": sign * points, "counted": sign * counted})
    return sort_by_key(
        "adjustments", pd.DataFrame(rows, columns=list(TABLES["adjustments"].all_columns))
    ), net


def _rule(framework: Framework, matter: str) -> Adjustment:
    items = framework.adjustments.items if framework.adjustments else {}
    if matter not in items:
        raise ParamError(f"adjustments: {matter!r} is not declared; choose one of {list(items)}")
    return items[matter]


def _points(line: Mapping[Any, Any], rule: Adjustment) -> float:
    """Points of one occurrence."""
    given, place = line["points"], f"adjustments row {line['row']}, {line['adjustment']}"
    if not isinstance(rule.points, tuple):
        if not np.isnan(given):
            raise ParamError(f"{place}: points are fixed at {rule.points:g}. Leave the cell empty")
        return rule.points
    low, high = rule.points
    if not low <= given <= high:
        found = "empty" if np.isnan(given) else f"{given:g}"
        raise ParamError(f"{place}: points are {found}. Give {low:g} to {high:g}")
    return float(given)
