"""Sentences on whether the method is the one that was frozen before the data."""

from __future__ import annotations

from pathlib import PurePath

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Row, Writer, listed, records, sentence


def freeze(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "freeze": when the method was frozen, and what of it changed afterwards."""
    writer = Writer("freeze", lang, label)
    for row in records(frame[frame["check"] == "method"]):
        parts: list[Part] = [(f"freeze.{row['judgement']}", row)]
        stands = row["judgement"] != "not_frozen" and not (frame["judgement"] == "changed").any()
        writer.say([*parts, ("freeze.kept", row)] if stands else parts)
    for area in records(frame[(frame["node"] == "") & (frame["judgement"] == "changed")]):
        nodes = frame[(frame["check"] == area["check"]) & (frame["node"] != "")]
        told = listed((_node(row, lang, label) for row in records(nodes)), lang)
        writer.say([(f"freeze.{area['check']}", {**area, "listed": told})])
    return writer.claims()


def _node(row: Row, lang: str, label: Label) -> str:
    """Name of what changed, and from what to what where that is one value."""
    known = tables.words(lang)["settings"]
    name = known.get(row["node"]) or label(PurePath(row["node"]).stem, lang)
    if not (row["found0"] and row["found1"]):
        return name
    values = {side: _value(row[side], lang) for side in ("found0", "found1")}
    return sentence("freeze.became", values | {"node": name}, lang, lambda text, _: text)


def _value(text: str, lang: str) -> str:
    """Yes and no as words; other values as they stand in the params."""
    term = {"True": "yes", "False": "no"}.get(text)
    return str(tables.words(lang)["terms"][term]).lower() if term else text
