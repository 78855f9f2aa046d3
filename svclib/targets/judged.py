"""Met or missed: a target held against the published value, and how sure the data are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.framework import Framework, Grades, Indicator
from svclib.targets.aims import Aim, Aims, Bound, aims_in_force, met, refuse_wrong_side, target_range, valid

ALL_UNITS = "*"  # the row of table "steps" that takes all units together


def judge_targets(
    indicator_scores: pd.DataFrame,
    framework: Framework,
    aims: Aims | None = None,
    *,
    day: dt.date | None = None,
) -> pd.DataFrame:
    """Table "targets": one row per cycle × unit × indicator that has a target.

    `status` is met | missed by the published value alone, or the status of the score when
    there is none.  `certain` is False when the interval reaches across the target: it may
    add 把握不足 to a verdict, never change it.  For `better: near` the `target` shown is the
    nearer edge of the target range.

    achieved is the share of the way from base to target that the value has come, negative when
    it moved away: (value − base)/(target − base); achieved_stretch the same towards the stretch
    target.  Both are empty without a base, and where the base already was as good.  elapsed is
    the share of the time from valid_from to due that has passed on `day`, over 1 when overdue.
    None of the three changes what is met.

    Parameters
    ----------
    aims : as `aims_in_force` gives them; without them the framework's targets hold.
    day : the day of the judgement, by default unknown.
    """
    headline = indicator_scores[indicator_scores["subject"] == ""]
    if aims is None:
        aims = aims_in_force(None, framework, units=dict.fromkeys(headline["unit"]), day=None)
    rows = [
        _row(
            row,
            framework.indicator(str(row.indicator)),
            aims[str(row.unit), str(row.indicator)],
            framework.grades,
        )
        | _time(aims[str(row.unit), str(row.indicator)], day)
        for row in headline.itertuples(index=False)
        if (row.unit, row.indicator) in aims
    ]
    return pd.DataFrame(rows, columns=list(TABLES["targets"].all_columns))


def judge_steps(
    steps: pd.DataFrame, sheet: pd.DataFrame | None, framework: Framework, *, cycle: str, day: dt.date | None
) -> pd.DataFrame:
    """Table "step_targets": met or missed, per target set for a single step of a unit.

    A target on an indicator of kind duration is judged on the step's mean hours, turned into
    the indicator's unit; one on a proportion on the share of the step done within its time
    limit.  Both are rounded as published first.  A target whose step has no events is
    "not_reported".  A row for one unit goes before a row for all units.

    Parameters
    ----------
    steps : table "steps"
    sheet : sheet "targets", None where it is not given

    Raises
    ------
    DataError
        A warning value on the wrong side of its target, or an indicator best near a range.
    """
    rows = valid(sheet, day, of_steps=True)
    refuse_wrong_side(rows, framework)
    last = rows.drop_duplicates(["unit", "indicator", "step"], keep="last")
    own = {(r["unit"], r["step"], r["indicator"]) for r in last.to_dict("records") if r["unit"]}
    found = []
    for row in last.to_dict("records"):
        mine = steps[(steps["step"] == row["step"]) & (steps["unit"] != ALL_UNITS)]
        mine = mine[mine["unit"] == row["unit"]] if row["unit"] else mine
        taken = [row["unit"] == "" and (u, row["step"], row["indicator"]) in own for u in mine["unit"]]
        mine = mine[~np.array(taken, dtype=bool)]
        blank = {"unit": row["unit"], "category": "", "hours": np.nan, "compliance": np.nan}
        found += [_of_step(at, row, framework, cycle) for at in mine.to_dict("records") or [blank]]
    frame = pd.DataFrame(found, columns=list(TABLES["step_targets"].all_columns))
    return sort_by_key("step_targets", frame) if found else empty("step_targets")


def _of_step(
    at: Mapping[Any, Any], row: Mapping[Any, Any], framework: Framework, cycle: str
) -> dict[str, Any]:
    """The target `row` held against one row of table "steps"."""
    indicator = framework.indicator(row["indicator"])
    value = at["hours"] / indicator.hours if indicator.hours else at["compliance"] * indicator.bounds[1]
    status = "not_reported"
    if np.isfinite(value):
        reached = met(np.array([value]), indicator, Aim(row["target"]), framework.grades)[0]
        status = "met" if reached else "missed"
    said = {name: row[name] for name in ("indicator", "step", "target", "due")}
    said |= {"owner": row["owner"] or indicator.owner, "basis": row["reason"], "measure": indicator.unit}
    said |= {"kind": indicator.kind, "status": status, "value": value, "cycle": cycle}
    return said | {"unit": at["unit"], "category": at["category"]}


def _row(row: Any, indicator: Indicator, aim: Aim, grades: Grades) -> dict[str, Any]:
    low, high = target_range(indicator, aim.target)
    status, certain = row.status, True
    if row.status == "ok":
        status = "met" if met(np.array([row.value]), indicator, aim, grades)[0] else "missed"
        certain = not _straddles(row.ci_low, row.ci_high, low, high)
    shown = ("base", "stretch", "due", "valid_from", "revisions", "basis")
    return {
        name: getattr(row, name) for name in ("cycle", "unit", "indicator", "value", "ci_low", "ci_high")
    } | {
        "measure": indicator.unit,
        "target": _edge(row.value, low, high),
        "warn": _edge_of(aim.warn, row.value),
        "achieved": _way(row.value, aim.base, _edge(row.value, low, high), indicator),
        "achieved_stretch": _way(row.value, aim.base, aim.stretch, indicator),
        "status": status,
        "certain": certain,
        "owner": aim.owner or indicator.owner,
        "step": indicator.step,
        **{name: getattr(aim, name) for name in shown},
    }


def _way(value: float, base: float, goal: float, indicator: Indicator) -> float:
    """Share of the way from `base` to `goal` that `value` has come."""
    return (value - base) / (goal - base) if indicator.sign * (goal - base) > 0 else np.nan


def _time(aim: Aim, day: dt.date | None) -> dict[str, float]:
    """Share of the time to the due day that has passed."""
    if day is None or not aim.valid_from or not aim.due:
        return {"elapsed": np.nan}
    since, due = (dt.date.fromisoformat(text) for text in (aim.valid_from, aim.due))
    return {"elapsed": (day - since).days / (due - since).days if due > since else np.nan}


def _straddles(ci_low: float, ci_high: float, low: float, high: float) -> bool:
    """Whether the interval reaches both sides of an edge of the target range."""
    return any(ci_low < edge < ci_high for edge in (low, high) if np.isfinite(edge))


def _edge(value: float, low: float, high: float) -> float:
    edges = [e for e in (low, high) if np.isfinite(e)]
    return min(edges, key=lambda e: abs(e - value)) if np.isfinite(value) else edges[0]


def _edge_of(bound: Bound, value: float) -> float:
    if bound is None:
        return np.nan
    return _edge(value, *bound) if isinstance(bound, tuple) else bound
