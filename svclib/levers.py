"""What would lift a unit's grade: points won by reaching each missed target, largest first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.framework import Framework
from svclib.scores import total_of


def levers(
    contributions: pd.DataFrame, targets: pd.DataFrame, grades: pd.DataFrame, framework: Framework
) -> pd.DataFrame:
    """Table "levers": one row per unit and missed target of an indicator that counts for it.

    gain is what the total wins when this indicator alone reaches its target, never negative:
    weight × (points of the target − score) where every mean is arithmetic, the recomputed
    total where not.  gain_together is what it wins with all levers before it, largest first:
    their sum, but not by geometric means.  `lifts` marks the fewest that so cover the distance
    to the next grade; none where even all of them do not, or where there is no better grade.

    Parameters
    ----------
    contributions, targets, grades : tables of one cycle; targets names the target in force.
    """
    missed = targets[targets["status"] == "missed"][["cycle", "unit", "indicator", "target"]]
    rows = missed.merge(contributions, on=["cycle", "unit", "indicator"])
    rows["wanted"] = [
        float(framework.indicator(i).points(np.array([t]))[0])
        for i, t in zip(rows["indicator"], rows["target"], strict=True)
    ]
    rows["gain"] = (rows["weight"] * (rows["wanted"] - rows["score"])).clip(lower=0.0)
    if not framework.linear:
        rows["gain"] = _alone(rows, contributions, framework)
    rows = rows[rows["gain"] > 0].sort_values(["gain", "indicator"], ascending=[False, True], kind="stable")
    rows["priority"] = rows.groupby(["cycle", "unit"]).cumcount() + 1
    lacking: dict[Any, Any] = dict(grades[["unit", "distance"]].to_numpy())
    parts = [
        part.assign(gain_together=_together(part, contributions, framework))
        for _, part in rows.groupby("unit", sort=True)
    ]
    parts = [part.assign(lifts=_enough(part, lacking.get(part["unit"].iloc[0]))) for part in parts]
    if not parts:
        return empty("levers")
    frame = pd.concat(parts)
    return sort_by_key("levers", frame[list(TABLES["levers"].all_columns)])


def _alone(rows: pd.DataFrame, contributions: pd.DataFrame, framework: Framework) -> pd.Series:
    """Gain of each lever by itself, from the recomputed total."""
    parts = [
        pd.Series(_won(part, np.eye(len(part), dtype=bool), contributions, framework), part.index)
        for _, part in rows.groupby("unit")
    ]
    return pd.concat(parts).reindex(rows.index) if parts else rows["gain"]


def _together(part: pd.DataFrame, contributions: pd.DataFrame, framework: Framework) -> np.ndarray:
    """Gain of one unit's first, first two, … levers together."""
    if framework.linear:
        return part["gain"].cumsum().to_numpy()
    return _won(part, np.tri(len(part), dtype=bool), contributions, framework)


def _won(
    part: pd.DataFrame, pulled: np.ndarray, contributions: pd.DataFrame, framework: Framework
) -> np.ndarray:
    """What one unit's total wins for each row of `pulled`, which says what levers are pulled."""
    own = contributions[(contributions["unit"] == part["unit"].iloc[0]) & (contributions["weight"] > 0)]
    place = {name: k for k, name in enumerate(own["indicator"])}
    at = [place[name] for name in part["indicator"]]
    points = np.tile(own["score"].to_numpy(), (len(pulled) + 1, 1))
    points[1:, at] = np.where(pulled, np.maximum(part["wanted"], points[0, at]), points[0, at])
    total = total_of(points, own["weight"].to_numpy(), list(own["dimension"]), framework)
    return np.nan_to_num(total[1:] - total[0])


def _enough(part: pd.DataFrame, distance: float | None) -> np.ndarray:
    """The first gains that reach `distance` together."""
    reach = part["gain_together"].to_numpy()
    if distance is None or np.isnan(distance) or not len(reach) or round(reach[-1] - distance, 9) < 0:
        return np.zeros(len(reach), dtype=bool)
    needed = int(np.argmax(np.round(reach - distance, 9) >= 0)) + 1
    return np.arange(len(reach)) < needed


def losses(
    contributions: pd.DataFrame,
    targets: pd.DataFrame,
    units: pd.DataFrame,
    *,
    cycle: str,
    baseline: str = "",
) -> pd.DataFrame:
    """Table "losses": where each unit lost points in `cycle`, largest first (`priority` 1).

    peers is the median score of the other units of its group (of all others where the group
    has no other), last the unit's own score in `baseline`.  Indicators that do not apply to
    the unit are left out.
    """
    now = contributions[(contributions["cycle"] == cycle) & (contributions["weight"] > 0)]
    rows = now.dropna(subset=["score"]).merge(
        targets[["unit", "indicator", "value", "target"]], on=["unit", "indicator"], how="left"
    )
    before = contributions[contributions["cycle"] == baseline].set_index(["unit", "indicator"])["score"]
    group = dict(units[["unit", "group"]].to_numpy())
    rows["last"] = before.reindex(pd.MultiIndex.from_frame(rows[["unit", "indicator"]])).to_numpy()
    rows["peers"] = _peers(rows, group)
    rows = rows.sort_values(["unit", "lost", "indicator"], ascending=[True, False, True], kind="stable")
    rows["priority"] = rows.groupby("unit").cumcount() + 1
    return sort_by_key("losses", rows[list(TABLES["losses"].all_columns)])


def _peers(rows: pd.DataFrame, group: dict[str, str]) -> list[float]:
    """Median score of the same indicator among the other units of the group, else among all others."""
    of = rows["unit"].map(group).fillna("")
    found = []
    for unit, own, indicator in zip(rows["unit"], of, rows["indicator"], strict=True):
        others = rows[(rows["indicator"] == indicator) & (rows["unit"] != unit)]
        near = others[(of[others.index] == own) & (own != "")]
        found.append(float((near if len(near) else others)["score"].median()))
    return found
