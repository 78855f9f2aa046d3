"""Proposed targets of the next cycle: one rule, its limiting part named, never applied.

In values turned so that more is better, with b the shrunk baseline, t the target in force,
P the best tenth of the peers, A the better of t and the value of full marks, and
step = max(MID, smallest detectable change):

- t is ahead of b and either met, which owes something to chance, or without a step that anybody
  could name (no MID, no error): t stays;
- t is ahead of b and missed: the nearer of t and b + step, and no further than P, unless less
  than one MID ahead;
- t is not ahead of b and missed: b, which is expected without anybody doing anything;
- t is not ahead of b and met, or there is none: b + step, no further than P, so that who is with
  the best tenth holds.

Never beyond A.  Near a range the range itself stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.framework import Framework, Indicator
from svclib.framework.scoring import Anchors
from svclib.scores import round_half
from svclib.targets.baselines import baselines, detectable, near_value, oriented

CLOSE = 1e-9


class Next(NamedTuple):
    """What the proposals are for.

    Attributes
    ----------
    units : unit, group and head of the units
    valid_from, due : first and last day of the next cycle, "" where unknown
    confidence : of the comparison that is to show the change
    """

    units: pd.DataFrame
    valid_from: str = ""
    due: str = ""
    confidence: float = 0.95


def propose(
    indicator_scores: pd.DataFrame,
    targets: pd.DataFrame,
    changes: pd.DataFrame,
    framework: Framework,
    coming: Next,
) -> pd.DataFrame:
    """Table "target_proposals": what each unit could aim at next on each indicator, and why that.

    Parameters
    ----------
    indicator_scores, targets : tables of one cycle; only indicators with a value get a proposal,
        and those best near a range only where the framework gives the range
    changes : table "changes" of the same cycle, empty without a baseline
    coming : the units and days of the next cycle

    Returns
    -------
    One row per cycle × unit × indicator.  `set_by` names what limits the target: current | mid |
    mde | peers | anchor | held | range.  `attainable` is yes where peers reach it or the unit is
    there, no beyond the best tenth of the peers, unknown without peers, `reason` says which;
    `detectable` is whether the step from the baseline can be shown.  proposed, stretch and warn
    are rounded as values are published, because what is met is decided on those.  gain is left
    empty.
    """
    rows = indicator_scores[(indicator_scores["subject"] == "") & (indicator_scores["status"] == "ok")]
    rows = rows[np.isfinite(rows["value"])].drop(columns="status")
    aims = targets[["unit", "indicator", "target", "warn", "status", "owner"]]
    rows = rows.merge(aims, on=["unit", "indicator"], how="left")
    rows[["status", "owner"]] = rows[["status", "owner"]].fillna("")
    groups = dict(zip(coming.units["unit"], coming.units["group"], strict=True))
    found = [empty("target_proposals")]
    for indicator in framework.indicators:
        mine = rows[rows["indicator"] == indicator.name]
        if len(mine) and (indicator.better != "near" or indicator.target is not None):
            known = mine.join(baselines(mine, indicator, groups)).assign(best_value=best_value(indicator))
            known["mid"] = [indicator.mid_at(value) for value in known["shrunk"]]
            shown = detectable(known, indicator, changes, confidence=coming.confidence)
            found.append(_finished(known.join(shown), indicator, framework, coming))
    return sort_by_key("target_proposals", pd.concat(found, ignore_index=True))


def best_value(indicator: Indicator) -> float:
    """The least demanding value with the most points; NaN where points have no end in sight.

    Near a range it is the edge that is easier to name: the lowest value with the most points.
    """
    rule, (low, high) = indicator.score, indicator.bounds
    if isinstance(rule, Anchors):
        at = np.array(rule.values)
    elif rule.start is not None:
        at = np.array([np.clip((rule.full - rule.start) / rule.each, low, high)] if rule.each else [])
    else:
        at = np.array([condition.value for condition, _ in rule.rules])
        at = np.concatenate([at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf)])
    if not len(at):
        return np.nan
    points = indicator.points(at)
    full = at[points >= points.max() - CLOSE]
    return float(full.max() if indicator.better == "low" else full.min())


def aim_next(rows: pd.DataFrame, sign: int) -> pd.DataFrame:
    """The rule of this module on one indicator whose values are better the higher or the lower.

    Parameters
    ----------
    rows : shrunk, target, status, mid, mde, best_tenth, best_value, NaN where not known
    sign : +1 where more is better, -1 where less is

    Returns
    -------
    DataFrame, indexed as `rows`: proposed (not rounded) and set_by.
    """
    b, t, peers, anchor = (
        sign * rows[c].to_numpy(dtype=float) for c in ("shrunk", "target", "best_tenth", "best_value")
    )
    mid, mde = (np.nan_to_num(rows[c].to_numpy(dtype=float)) for c in ("mid", "mde"))
    met, ahead = (rows["status"] != "missed").to_numpy(), t > b
    tenth = np.where(np.isnan(peers), np.inf, peers)
    end = np.fmax(np.where(np.isnan(anchor), np.inf, anchor), t)
    cap = np.maximum(tenth, np.where(ahead & ~met, b + mid, b))
    step = np.maximum(mid, mde)
    reach = np.minimum(b + step, cap)
    stays = ahead & (met | (step == 0))
    wanted = np.select([stays, ahead, ~met], [t, np.minimum(reach, t), b], reach)
    proposed = np.minimum(wanted, end)
    by = np.select(
        [ahead & (proposed == t), proposed == end, proposed == b, proposed == tenth, proposed == b + mde],
        ["current", "anchor", "held", "peers", "mde"],
        "mid",
    )
    return pd.DataFrame({"proposed": sign * proposed, "set_by": by}, index=rows.index)


def _finished(rows: pd.DataFrame, indicator: Indicator, framework: Framework, coming: Next) -> pd.DataFrame:
    """Rows of one indicator with their target and every SMART field."""
    rows = rows.reset_index(drop=True)
    if indicator.better == "near":
        edge = [near_value(value, 0.0, indicator) for value in rows["shrunk"]]
        rows = rows.assign(proposed=edge, target=edge, set_by="range")
    else:
        rows = rows.join(aim_next(rows, indicator.sign))
    rows = rows.assign(**_feasible(rows, indicator))
    rows = rows.assign(**_sheet_values(rows, indicator))
    for name in ("proposed", "stretch", "warn"):
        values = rows[name].to_numpy(dtype=float)
        rows[name] = round_half(values, decimals=framework.grades.decimals, rule=framework.grades.rounding)
    heads = dict(zip(coming.units["unit"], coming.units["head"], strict=True))
    owner = rows["owner"].where(rows["owner"] != "", indicator.owner)
    owner = owner.where(owner != "", rows["unit"].map(heads).fillna(""))
    rows = rows.assign(
        step=indicator.step, owner=owner.where(owner != "", rows["unit"]), gain=np.nan,
        valid_from=coming.valid_from, due=coming.due,
    )  # fmt: skip
    return rows[list(TABLES["target_proposals"].all_columns)]


def _feasible(rows: pd.DataFrame, indicator: Indicator) -> dict[str, np.ndarray]:
    """Whether peers reach the target, and whether the data can show the step to it."""
    b, goal, peers = (oriented(rows[c].to_numpy(), indicator) for c in ("shrunk", "proposed", "best_tenth"))
    there, alone = goal - b <= CLOSE, np.isnan(peers)
    reached = goal - peers <= CLOSE
    cases = [there, alone, reached]
    known = rows["se"].notna().to_numpy()
    seen = goal - b >= rows["mde"].to_numpy() - CLOSE
    return {
        "attainable": np.select(cases, ["yes", "unknown", "yes"], "no"),
        "reason": np.select(cases, ["level_reached", "no_peers", "peers_reach_it"], "beyond_peers"),
        "detectable": np.select([there, ~known, seen], ["", "unknown", "yes"], "no"),
    }


def _sheet_values(rows: pd.DataFrame, indicator: Indicator) -> dict[str, np.ndarray]:
    """Stretch target and warning value that fit the target; none near a range.

    Stretch is the nearer of the best tenth and full marks that lies ahead; the warning value is
    the one in force while worse than the target, else the baseline; none where none is in force.
    """
    sign, nothing = indicator.sign, np.full(len(rows), np.nan)
    if not sign:
        return {"stretch": nothing, "warn": nothing}
    goal, b, warn = (sign * rows[c].to_numpy(dtype=float) for c in ("proposed", "shrunk", "warn"))
    further = sign * rows[["best_tenth", "best_value"]].to_numpy(dtype=float)
    further = np.where(further > goal[:, None] + CLOSE, further, np.inf).min(axis=1)
    kept = np.select([warn < goal, ~np.isnan(warn) & (b < goal)], [warn, b], np.nan)
    return {"stretch": sign * np.where(np.isinf(further), np.nan, further), "warn": sign * kept}


def next_sheet(proposals: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Rows of the next cycle's sheet of targets, one per proposal that a sheet can hold.

    Ranges stand in the framework and are left out.  Columns unit, indicator, step ("": the whole
    indicator), base (the shrunk baseline, rounded as published), target, stretch, warn, owner,
    due, valid_from; the rows keep the index of `proposals`.
    """
    rows = proposals[proposals["set_by"] != "range"]
    rule = framework.grades
    base = round_half(rows["shrunk"].to_numpy(), decimals=rule.decimals, rule=rule.rounding)
    rows = rows.assign(base=base, target=rows["proposed"], step="")
    return rows[
        ["unit", "indicator", "step", "base", "target", "stretch", "warn", "owner", "due", "valid_from"]
    ]
