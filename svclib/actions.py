"""Measures and whether they worked, appeals, findings, references, and what is passed on to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import policy
from svclib.columns import TABLES, empty, sort_by_key
from svclib.comments import redacted
from svclib.framework import Framework

FINISHED = ("done", "closed")
OUTCOMES = {"improved": "effective", "declined": "not_effective", "equivalent": "not_effective"}
UNPROVEN = "unproven"
# A verdict that carries one of these may come from the answers, or from chance.
DOUBT = ("authenticity", "lowest_at_baseline")
# The measure was not there for most of the period whose change is looked at.
NOT_CREDITED = ("late", "after_period")
# The sheet of measures, in its order.
SHEET = (
    *("unit", "indicator", "cause", "action", "owner", "started", "due", "pilot_units", "milestone"),
    *("status", "progress", "cost_planned", "cost_actual", "saving", "accepted_by", "lesson", "reusable"),
)
OF_CHANGE = ("measure", "change", "ci_low", "ci_high", "confidence", "mid", "mid_on", "verdict", "flags")


class Periods(NamedTuple):
    """The days a measure is held against: end of the baseline, and the current period up to today."""

    baseline_end: dt.date | None
    start: dt.date | None
    end: dt.date | None


def status(
    sheet: pd.DataFrame | None,
    changes: pd.DataFrame,
    *,
    cycle: str,
    today: dt.date | None,
    periods: Periods | None = None,
    controlled: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table "actions": every measure, whether it is overdue, and what became of its indicator.

    overdue: not done or closed, and due before `today`.  The change, its interval and the
    verdict are those of the indicator of the unit in `changes`; `controlled` is the verdict
    against the units without the measure (table "controlled_changes"), "" without any.
    timing tells when the measure began (`_timing`).  outcome of a finished measure: improved is
    effective, declined and equivalent are not effective.  Anything else leaves it unproven, and
    so does a measure that is not finished, one that began too late to be credited, or a verdict
    in doubt (`DOUBT`).  A change is not proof that the measure caused it.
    """
    if sheet is None:
        return empty("actions")
    table = sheet.rename(columns={"measure": "action"})
    table = table.assign(cycle=cycle, reusable=sheet["reusable"] == "yes")
    found = _of_indicators(table, changes, cycle)
    begun = sheet["started"].where(sheet["status"] != "not_started", "")
    parts = [found.drop(columns="flags"), _lateness(sheet, today), _timing(begun, periods)]
    table = pd.concat([table, *parts], axis=1).assign(controlled=_against_others(table, controlled))
    settled = table["status"].isin(FINISHED) & ~table["timing"].isin(NOT_CREDITED)
    doubted = [bool(set(flags.split(";")) & set(DOUBT)) for flags in found["flags"]]
    outcome = found["verdict"].map(OUTCOMES).fillna(UNPROVEN).where(settled & ~np.array(doubted), UNPROVEN)
    return sort_by_key("actions", table.assign(outcome=outcome))


def _lateness(sheet: pd.DataFrame, today: dt.date | None) -> pd.DataFrame:
    """Whether each measure is overdue, and by how many days."""
    late = ~sheet["status"].isin(FINISHED) & (sheet["due"] != "") & (sheet["due"] < _day(today))
    days = (pd.Timestamp(today) - pd.to_datetime(sheet["due"].where(late))).dt.days if today else 0
    return pd.DataFrame({"overdue": late, "overdue_days": days}, index=sheet.index).fillna(
        {"overdue_days": 0}
    )


def _of_indicators(table: pd.DataFrame, changes: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Change, interval and verdict of the indicator of every measure, row by row."""
    rows = changes[(changes["cycle"] == cycle) & (changes["level"] == "indicator")]
    keyed = rows.set_index(["unit", "node"])[list(OF_CHANGE)]
    found = keyed.reindex(pd.MultiIndex.from_frame(table[["unit", "indicator"]])).set_index(table.index)
    texts = {"verdict": "not_comparable"} | dict.fromkeys(("flags", "measure", "mid_on"), "")
    return found.fillna(texts).astype(dict.fromkeys(texts, "str"))


def _timing(started: pd.Series, periods: Periods | None) -> pd.DataFrame:
    """When each measure began, and the share of the current period in which it was in force.

    before_baseline_end: the baseline had it already, in part at least.  in_period.  late: less
    of the period than the policy asks for.  after_period.  "" where a day is not known.
    """
    if periods is None or periods.start is None or periods.end is None:
        return pd.DataFrame({"timing": "", "in_force": np.nan}, index=started.index)
    day = pd.to_datetime(started.where(started != ""))
    length = (periods.end - periods.start).days + 1
    share = (((pd.Timestamp(periods.end) - day).dt.days + 1) / length).clip(0.0, 1.0)
    known = pd.Series(policy.judge(share, "in_force"), index=started.index)
    known = known.mask(day > pd.Timestamp(periods.end), "after_period").mask(day.isna(), "")
    if periods.baseline_end is not None:
        known = known.mask(day <= pd.Timestamp(periods.baseline_end), "before_baseline_end")
    return pd.DataFrame({"timing": known, "in_force": share})


def _against_others(table: pd.DataFrame, controlled: pd.DataFrame | None) -> list[str]:
    """Verdict of every measure against the units without it, "" where there is none."""
    if controlled is None or controlled.empty:
        return [""] * len(table)
    key = ["unit", "indicator", "action"]
    known = controlled[controlled["source"] == "actions"].set_index(key)["verdict"].to_dict()
    return [str(known.get(names, "")) for names in table[key].itertuples(index=False, name=None)]


def spending(actions: pd.DataFrame) -> pd.DataFrame:
    """Table "spending": measures, money and savings of every unit, and of all units together ("*").

    A sum leaves out what was not stated and is empty where nothing was; spent_share holds the
    actual against the planned cost of the measures that state both.
    """
    if actions.empty:
        return empty("spending")
    rows = pd.concat([actions, actions.assign(unit="*")], ignore_index=True)
    both = rows[["cost_planned", "cost_actual"]].notna().all(axis=1)
    rows = rows.assign(
        done=rows["status"].isin(FINISHED),
        effective=rows["outcome"] == "effective",
        planned=rows["cost_planned"].where(both),
        actual=rows["cost_actual"].where(both),
    )
    by = rows.groupby(["cycle", "unit"], sort=True)
    named = {"n_done": "done", "n_overdue": "overdue", "n_effective": "effective"}
    table = pd.DataFrame({"n_actions": by.size()} | {name: by[c].sum() for name, c in named.items()})
    for name in ("cost_planned", "cost_actual", "saving", "planned", "actual"):
        table[name] = by[name].sum(min_count=1)
    table["spent_share"] = table["actual"] / table["planned"].where(table["planned"] > 0)
    return sort_by_key("spending", table.reset_index())


def worth_spreading(actions: pd.DataFrame) -> pd.DataFrame:
    """Finished measures recommended by their owners whose indicator improved."""
    return actions[
        actions["reusable"] & actions["status"].isin(FINISHED) & (actions["outcome"] == "effective")
    ]


def appeals(sheet: pd.DataFrame | None, *, cycle: str, today: dt.date | None) -> pd.DataFrame:
    """Table "appeals": every objection; overdue while open past its due day."""
    if sheet is None:
        return empty("appeals")
    late = (sheet["decision"] == "open") & (sheet["due"] != "") & (sheet["due"] < _day(today))
    table = sheet.rename(columns={"grounds": "basis"}).assign(cycle=cycle, overdue=late)
    return sort_by_key("appeals", table[list(TABLES["appeals"].all_columns)])


def findings(sheet: pd.DataFrame | None, *, cycle: str) -> pd.DataFrame:
    """Table "findings": what interviews brought up; unscored, without numbers that name a person."""
    if sheet is None:
        return empty("findings")
    told = sheet.assign(cycle=cycle, finding=sheet["finding"].map(redacted))
    return sort_by_key("findings", told[list(TABLES["findings"].all_columns)])


def references(sheet: pd.DataFrame | None) -> pd.DataFrame:
    """Table "references": external lines, never scored."""
    if sheet is None:
        return empty("references")
    table = sheet.rename(columns={"origin": "basis"})
    return sort_by_key("references", table[list(TABLES["references"].all_columns)])


def against(references: pd.DataFrame, indicator_scores: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Values of every unit on what has a reference: natural values of indicators, scores of composites.

    Parameters
    ----------
    indicator_scores, totals : tables of one cycle.

    Returns
    -------
    unit, node, value, ci_low, ci_high, measure ("" for scores, which are as published).
    """
    columns = ["unit", "node", "value", "ci_low", "ci_high", "measure"]
    values = indicator_scores[indicator_scores["subject"] == ""].rename(columns={"indicator": "node"})
    names = {"published": "value", "score_low": "ci_low", "score_high": "ci_high"}
    scores = totals[totals["unit"] != "*"].assign(measure="").rename(columns=names)
    both = pd.concat([values[columns], scores[columns]], ignore_index=True)
    return both[both["node"].isin(references["indicator"])].reset_index(drop=True)


def referrals(tables: Mapping[str, pd.DataFrame], framework: Framework, *, cycle: str) -> pd.DataFrame:
    """Table "referrals" (转办清单): what each owner is to take up; the unit itself where none is named.

    type is alert, overdue_action or prominent; due is that of the target or the measure, else empty.
    """
    owner = {i.name: i.owner for i in framework.indicators}
    alerts = tables["alerts"][["unit", "indicator", "owner", "due"]].assign(type="alert")
    late = tables["actions"][tables["actions"]["overdue"]]
    late = late[["unit", "indicator", "owner", "due"]].assign(type="overdue_action")
    prominent = tables["problems"][tables["problems"]["problem"] == "prominent"]
    prominent = prominent[["unit", "indicator", "owner"]].assign(type="prominent", due="")
    every = [part for part in (alerts, late, prominent) if len(part)]
    if not every:
        return empty("referrals")
    rows = pd.concat(every, ignore_index=True)
    fallback = rows["indicator"].map(owner).fillna("")
    rows["owner"] = rows["owner"].where(rows["owner"] != "", fallback)
    rows["owner"] = rows["owner"].where(rows["owner"] != "", rows["unit"])
    rows = rows.sort_values("due", key=lambda days: days.where(days != "", "~"))  # no day comes last
    rows = rows.drop_duplicates(["owner", "unit", "type", "indicator"])
    return sort_by_key("referrals", rows.assign(cycle=cycle))


def next_sheet(
    actions: pd.DataFrame,
    losses: pd.DataFrame,
    targets: pd.DataFrame,
    framework: Framework,
    *,
    alerts: pd.DataFrame,
    most: int = 2,
) -> pd.DataFrame:
    """Rows of the next 整改措施 sheet: open measures carried over, then what most needs one.

    Columns of the sheet (`SHEET`) and advice.  At most `most` new rows per unit without an
    open measure: what holds its grade (rows veto and cap of table "alerts"), then the largest
    missed targets; their action is empty for the unit to fill in, advice is the framework's.
    """
    carried = actions[~actions["status"].isin(FINISHED)][list(SHEET)].assign(advice="")
    taken = set(zip(carried["unit"], carried["indicator"], strict=True))
    missed = targets[targets["status"] == "missed"][["unit", "indicator"]]
    rows = losses.merge(missed, on=["unit", "indicator"]).sort_values(["unit", "priority"], kind="stable")
    holding = alerts[alerts["rule"].isin(("veto", "cap"))]
    rows = pd.concat([f[["unit", "indicator"]] for f in (holding, rows)]).drop_duplicates()
    free = [key not in taken for key in zip(rows["unit"], rows["indicator"], strict=True)]
    new = rows[np.array(free, dtype=bool)].groupby("unit").head(most)
    told = {i.name: i for i in framework.indicators}
    blank = dict.fromkeys(SHEET, "") | {"status": "not_started", "reusable": False}
    blank |= dict.fromkeys(("cost_planned", "cost_actual", "saving"), np.nan)
    fresh = [
        blank | {"unit": u, "indicator": i, "owner": told[i].owner, "advice": told[i].advice}
        for u, i in zip(new["unit"], new["indicator"], strict=True)
    ]
    both = pd.concat([carried, pd.DataFrame(fresh, columns=[*SHEET, "advice"])], ignore_index=True)
    return both.sort_values(["unit", "indicator"], kind="stable", ignore_index=True)


def _day(today: dt.date | None) -> str:
    """`today` as text that compares with days; "" is before all of them."""
    return "" if today is None else str(today)
