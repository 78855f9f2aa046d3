"""Targets in force: which holds for whom since when, and which values meet it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError
from svclib.framework import Framework, Grades, Indicator
from svclib.scores import round_half

Bound = float | tuple[float, float] | None


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
    rows = valid(sheet, day)
    refuse_wrong_side(rows, framework)
    said = dict(iter(rows.groupby(["unit", "indicator"], sort=False)))
    found: dict[tuple[str, str], Aim] = {}
    for unit in units:
        for indicator in framework.indicators:
            mine = said.get((unit, indicator.name), said.get(("", indicator.name)))
            aim = Aim(indicator.target, indicator.warn) if mine is None else _aim(mine, indicator)
            if aim.target is not None:
                found[unit, indicator.name] = aim
    return found


def valid(sheet: pd.DataFrame | None, day: dt.date | None, *, of_steps: bool = False) -> pd.DataFrame:
    """Rows in force by `day`, oldest first: those of whole indicators, or those of single steps."""
    if sheet is None:
        return pd.DataFrame(columns=["unit", "indicator", "step"])
    begun = (sheet["valid_from"] == "") | (day is None) | (sheet["valid_from"] <= str(day))
    rows = sheet[begun & ((sheet["step"] != "") == of_steps)]
    return rows.sort_values(["valid_from", "row"], kind="stable")


def refuse_wrong_side(rows: pd.DataFrame, framework: Framework) -> None:
    """DataError that names every row with a warning value beyond its target, or a range to be met."""
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
