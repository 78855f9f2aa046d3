"""Targets: met or missed by the rule on the published value, and how sure the data are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.errors import DataError
from svclib.framework import Framework, Grades, Indicator
from svclib.scores import round_half

Bound = float | tuple[float, float] | None


ALL_UNITS = "*"  # the row of table "steps" that takes all units together


class Aim(NamedTuple):
    """What one unit is to reach on one indicator, and since when."""

    target: Bound
    warn: Bound = None
    base: float = np.nan
    stretch: float = np.nan
    owner: str = ""
    due: str = ""
    valid_from: str = ""
    revisions: int = 0
    basis: str = ""


Aims = Mapping[tuple[str, str], Aim]


def aims_in_force(
    sheet: pd.DataFrame | None, framework: Framework, *, units: Iterable[str], day: dt.date | None
) -> dict[tuple[str, str], Aim]:
    """The target of every unit and indicator on `day`: its own, that for all units, or the framework's.

    The latest row that is valid by `day` counts (an empty valid_from is valid from the
    start); a row for the unit goes before one for all units.  `revisions` counts the rows
    valid by then beyond the first.  Rows of a single step are judged elsewhere.

    Raises
    ------
    DataError
        A warning value on the wrong side of its target, or a target for an indicator that
        is best near a range; all of them at once.
    """
    rows = _valid(sheet, day)
    _refuse(rows, framework)
    found: dict[tuple[str, str], Aim] = {}
    for unit in units:
        for indicator in framework.indicators:
            mine = rows[(rows["indicator"] == indicator.name) & rows["unit"].isin([unit, ""])]
            own = mine[mine["unit"] == unit]
            mine = own if len(own) else mine
            aim = _aim(mine, indicator) if len(mine) else Aim(indicator.target, indicator.warn)
            if aim.target is not None:
                found[unit, indicator.name] = aim
    return found


def _valid(sheet: pd.DataFrame | None, day: dt.date | None, *, of_steps: bool = False) -> pd.DataFrame:
    """Rows in force by `day`, oldest first: those of whole indicators, or those of single steps."""
    if sheet is None:
        return pd.DataFrame(columns=["unit", "indicator", "step"])
    begun = (sheet["valid_from"] == "") | (day is None) | (sheet["valid_from"] <= str(day))
    rows = sheet[begun & ((sheet["step"] != "") == of_steps)]
    return rows.sort_values(["valid_from", "row"], kind="stable")


def _refuse(rows: pd.DataFrame, framework: Framework) -> None:
    told = []
    for row in rows.to_dict("records"):
        indicator = framework.indicator(row["indicator"])
        place = f"row {row['row']} ({row['unit'] or 'all units'}, {indicator.name})"
        if indicator.better == "near":
            told.append(f"{place}: the indicator is best within a range. Set the range in the framework")
        elif indicator.sign * (row["warn"] - row["target"]) > 0:
            told.append(
                f"{place}: warning value {row['warn']:g} on the good side of target {row['target']:g}"
            )
    if told:
        raise DataError(f"targets sheet: {'; '.join(told)}.")


def _aim(rows: pd.DataFrame, indicator: Indicator) -> Aim:
    last = rows.iloc[-1]
    warn = indicator.warn if np.isnan(last["warn"]) else float(last["warn"])
    said = {
        "owner": last["owner"],
        "due": last["due"],
        "valid_from": last["valid_from"],
        "basis": last["reason"],
    }
    numbers = {"base": float(last["base"]), "stretch": float(last["stretch"])}
    return Aim(float(last["target"]), warn, revisions=len(rows) - 1, **numbers, **said)


def judge_targets(
    indicator_scores: pd.DataFrame, framework: Framework, aims: Aims | None = None
) -> pd.DataFrame:
    """Table "targets": one row per cycle × unit × indicator that has a target.

    `status` is met | missed by the published value alone, or the status of the score when
    there is none.  `certain` is False when the interval reaches across the target: it may
    add 把握不足 to a verdict, never change it.  For `better: near` the `target` shown is the
    nearer edge of the target range.

    Parameters
    ----------
    aims : as `aims_in_force` gives them; without them the framework's targets hold.
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
    rows = _valid(sheet, day, of_steps=True)
    _refuse(rows, framework)
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


def on_target(indicator: Indicator, value: float) -> bool:
    """Whether `value` meets the target; a value on the target meets it."""
    low, high = target_range(indicator)
    return low <= value <= high


def target_range(indicator: Indicator, target: Bound = None) -> tuple[float, float]:
    """Closed range of values that meet the target, infinite on the open side.

    `target` is the one in force, by default the indicator's own.
    """
    wanted = indicator.target if target is None else target
    if wanted is None:
        return -np.inf, np.inf
    if isinstance(wanted, tuple):
        return wanted
    return (wanted, np.inf) if indicator.better == "high" else (-np.inf, wanted)


def met(values: np.ndarray, indicator: Indicator, aim: Aim, grades: Grades) -> np.ndarray:
    """Whether natural values (n,), rounded as published, meet the target."""
    low, high = target_range(indicator, aim.target)
    published = round_half(np.asarray(values), decimals=grades.decimals, rule=grades.rounding)
    return (low <= published) & (published <= high)


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
        "status": status,
        "certain": certain,
        "owner": aim.owner or indicator.owner,
        "step": indicator.step,
        **{name: getattr(aim, name) for name in shown},
    }


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
