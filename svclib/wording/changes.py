"""Sentences on change between two cycles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Row, Writer, listed, records, sentence, unit_of_measure

COUNTS = {"duration": "duration", "amount": "count"}  # others rise and fall
CHANGED = ("improved", "declined")
UNJUDGED = ("not_comparable", "not_judged")


def changes(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    decimals: int | Mapping[str, int] = 2,
    brief: bool = False,
    period: str = "cycle",
) -> pd.DataFrame:
    """Table "claims" with one claim per row of table "changes".

    Parameters
    ----------
    frame : table "changes".
    decimals : int, or mapping of node (indicator, dimension, "total") to int, others 2.
    brief : leave out the method and the caveat, for a page that has them elsewhere.
    period : what is compared, "cycle" or "year".

    Raises
    ------
    ParamError
        A verdict, strength or flag without a template.
    """
    writer = Writer("changes", lang, label)
    for row in records(frame):
        digits = decimals if isinstance(decimals, int) else decimals.get(row["node"], 2)
        filled = row | tables.words(lang)["period"][period] | _extra(row, lang, label, digits)
        writer.say([(name, filled) for name in _templates(row, brief=brief)], decimals=digits)
    return writer.claims()


def decomposition(
    frame: pd.DataFrame, lang: str, label: Label, *, brief: bool = False, period: str = "cycle"
) -> pd.DataFrame:
    """Claims on the largest parts of the change of each unit's published score.

    Parameters
    ----------
    frame : rows of `decomposition.largest`.
    brief : one sentence without the scores and the rest, for a page that has them elsewhere.
    """
    writer = Writer("decomposition", lang, label)
    for _, part in frame.groupby("unit", sort=False):
        rows = records(part)
        direction = _direction(rows[0], 2)
        shown = [_part(row, lang, label) for row in rows if row["n"] == 1 or not brief]
        told = tables.words(lang)["period"][period] | {"listed": listed(shown, lang)}
        told["verb"] = tables.words(lang)["verbs"]["level"][direction]
        notes = [] if brief else [note for note in str(rows[0]["note"]).split(";") if note]
        names = ["brief" if brief else "same" if direction == "level" else "change", *notes]
        key = {name: rows[0][name] for name in ("baseline", "cycle", "unit")}
        writer.say([(f"decomposition.{name}", rows[0] | told) for name in names], key=key)
    return writer.claims()


def _part(row: Row, lang: str, label: Label) -> str:
    """One part of a change with its points."""
    if row["change_part"] == "other":
        return sentence("decomposition.rest", row, lang, label)
    single = row["change_part"] == "performance"
    name = label(row["node"], lang) if single else tables.code("change_part", row["change_part"], lang)
    return sentence(f"decomposition.{'part' if single else 'pooled'}", {**row, "name": name}, lang, label)


def _templates(row: Row, *, brief: bool) -> list[str]:
    """Ids of the sentences of one row: verdict, what would decide, method, flags, caveat."""
    verdict, declared = row["verdict"], not pd.isna(row["mid"])
    if verdict in UNJUDGED:
        return [f"change.{verdict}", *(["change.why"] if row["reason"] else [])]
    strength = row["strength"] if declared or not row["strength"] else f"{row['strength']}_no_mid"
    names = [f"change.{verdict}_{strength}" if strength else f"change.{verdict}"]
    if verdict == "inconclusive" and declared and not pd.isna(row["required_n"]):
        names.append("change.required_n")
    if row["method"] and not brief:
        names.append("change.method_reason" if row["reason"] else "change.method")
    names += [f"flag.{flag.partition(':')[0].strip()}" for flag in row["flags"].split(";") if flag.strip()]
    return [*names, "change.caveat"] if verdict in CHANGED and not brief else names


def _extra(row: Row, lang: str, label: Label, digits: int) -> dict[str, Any]:
    """Slots that are words: the verb for the raw value, and units of measure as printed."""
    words = tables.words(lang)
    unit = _unit(row, lang, label)
    difference = words["terms"]["percentage_points"] if unit == "%" else unit
    relative = row["mid_on"] == "percent"
    return {
        "verb": words["verbs"][COUNTS.get(row["kind"], "level")][_direction(row, digits)],
        "unit_text": unit,
        "change_text": words["terms"]["percent_of_baseline"] if relative else difference,
    }


def _unit(row: Row, lang: str, label: Label) -> str:
    if row["level"] != "indicator":
        return str(tables.words(lang)["terms"]["points"])
    return unit_of_measure(row["measure"], lang, label)


def _direction(row: Row, digits: int) -> str:
    """Direction of the raw value as printed: two equal printed values neither rose nor fell."""
    before, after = (tables.fmt(row[c], digits) for c in ("estimate0", "estimate1"))
    if before == after:
        return "level"
    return "up" if row["estimate1"] > row["estimate0"] else "down"
