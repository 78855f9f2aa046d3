"""Measures and whether they worked, appeals, findings, references, and what is passed on to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.framework import Framework

FINISHED = ("done", "closed")
OUTCOMES = {"improved": "effective", "declined": "not_effective", "equivalent": "not_effective"}
UNPROVEN = "unproven"
# A verdict that carries one of these may come from the answers, or from chance.
DOUBT = ("authenticity", "lowest_at_baseline")


def status(
    sheet: pd.DataFrame | None, changes: pd.DataFrame, *, cycle: str, today: dt.date | None
) -> pd.DataFrame:
    """Table "actions": every measure, whether it is overdue, and what became of its indicator.

    overdue: not done or closed, and due before `today`.  outcome of a finished measure follows
    the verdict on the indicator of the unit in this cycle: improved is effective, declined and
    equivalent are not effective.  Anything else leaves it unproven, and so does a measure that
    is not finished or a verdict in doubt (`DOUBT`).  A change is not proof that the measure
    caused it.
    """
    if sheet is None:
        return empty("actions")
    rows = changes[(changes["cycle"] == cycle) & (changes["level"] == "indicator")]
    known = {(r["unit"], r["node"]): r for r in rows.to_dict("records")}
    none = {"verdict": "not_comparable", "flags": ""}
    found = [known.get(key, none) for key in zip(sheet["unit"], sheet["indicator"], strict=True)]
    late = ~sheet["status"].isin(FINISHED) & (sheet["due"] != "") & (sheet["due"] < _day(today))
    table = sheet.rename(columns={"measure": "action"}).assign(
        cycle=cycle,
        overdue=late,
        reusable=sheet["reusable"] == "yes",
        verdict=[row["verdict"] for row in found],
        outcome=[
            _outcome(row, done) for row, done in zip(found, sheet["status"].isin(FINISHED), strict=True)
        ],
    )
    return sort_by_key("actions", table[list(TABLES["actions"].all_columns)])


def _outcome(change: Mapping[Any, Any], done: Any) -> str:
    if not done or set(str(change["flags"]).split(";")) & set(DOUBT):
        return UNPROVEN
    return OUTCOMES.get(str(change["verdict"]), UNPROVEN)


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
    """Table "findings": what interviews brought up; unscored."""
    if sheet is None:
        return empty("findings")
    return sort_by_key("findings", sheet.assign(cycle=cycle)[list(TABLES["findings"].all_columns)])


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

    type is alert, overdue_action or prominent; due is that of the measure, else empty.
    """
    owner = {i.name: i.owner for i in framework.indicators}
    alerts = tables["alerts"][["unit", "indicator", "owner"]].assign(type="alert", due="")
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
    rows = rows.sort_values("due").drop_duplicates(["owner", "unit", "type", "indicator"])
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

    Columns unit, indicator, cause, action, owner, started, due, status, progress, advice.  At
    most `most` new rows per unit without an open measure: what holds its grade (rows veto and
    cap of table "alerts"), then the largest missed targets; their action is empty for the unit
    to fill in, advice is the framework's.
    """
    kept = ["unit", "indicator", "cause", "action", "owner", "started", "due", "status", "progress"]
    carried = actions[~actions["status"].isin(FINISHED)][kept].assign(advice="")
    taken = set(zip(carried["unit"], carried["indicator"], strict=True))
    missed = targets[targets["status"] == "missed"][["unit", "indicator"]]
    rows = losses.merge(missed, on=["unit", "indicator"]).sort_values(["unit", "priority"], kind="stable")
    holding = alerts[alerts["rule"].isin(("veto", "cap"))]
    rows = pd.concat([f[["unit", "indicator"]] for f in (holding, rows)]).drop_duplicates()
    free = [key not in taken for key in zip(rows["unit"], rows["indicator"], strict=True)]
    new = rows[np.array(free, dtype=bool)].groupby("unit").head(most)
    told = {i.name: i for i in framework.indicators}
    blank = dict.fromkeys(kept, "") | {"status": "not_started"}
    fresh = [
        blank | {"unit": u, "indicator": i, "owner": told[i].owner, "advice": told[i].advice}
        for u, i in zip(new["unit"], new["indicator"], strict=True)
    ]
    both = pd.concat([carried, pd.DataFrame(fresh, columns=[*kept, "advice"])], ignore_index=True)
    return both.sort_values(["unit", "indicator"], kind="stable", ignore_index=True)


def _day(today: dt.date | None) -> str:
    """`today` as text that compares with days; "" is before all of them."""
    return "" if today is None else str(today)
