"""Sentences on an annual result: how its cycles were put together, and the measures of the year."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.changes import changes
from svclib.wording.templates import Part, Writer, counted


def year_notes(cycle: str, lang: str, label: Label, *, panel: bool, compared: bool) -> pd.DataFrame:
    """Claims on how far the intervals of the year, and its comparison, can be relied on.

    Parameters
    ----------
    panel : whether a cycle declares its respondents a panel.
    compared : whether there is a year to compare with.
    """
    writer = Writer("annual", lang, label)
    told = ["year.panel" if panel else "year.independent", *(["year.compared"] if compared else [])]
    for name in told:
        writer.say([(name, {})], key={"cycle": cycle, "template": name})
    return writer.claims()


def year_changes(frame: pd.DataFrame, lang: str, label: Label, *, unit: str) -> pd.DataFrame:
    """Claims on the rows of table "changes" of one unit, or that there is no year to compare with."""
    if len(frame):
        return changes(frame, lang, label, brief=True, period="year")
    writer = Writer("changes", lang, label)
    writer.say([("year.no_last", {})], key={"unit": unit})
    return writer.claims()


def year_measures(frame: pd.DataFrame, lang: str, label: Label, *, unit: str) -> pd.DataFrame:
    """One claim on table "actions" of one unit: how many measures by status, and how many are overdue."""
    writer = Writer("actions", lang, label)
    if frame.empty:
        writer.say([("year.no_measures", {"unit": unit})], key={"unit": unit})
        return writer.claims()
    by_status = frame["status"].value_counts(sort=False)
    listed = counted([(tables.code("status", str(s), lang), int(n)) for s, n in by_status.items()], lang)
    facts = {"unit": unit, "n": len(frame), "listed": listed, "n_overdue": int(frame["overdue"].sum())}
    parts: list[Part] = [("year.measures", facts)]
    writer.say([*parts, ("year.overdue", facts)] if facts["n_overdue"] else parts, key={"unit": unit})
    return writer.claims()
