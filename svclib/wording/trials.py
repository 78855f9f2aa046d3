"""Sentences on what was tried: pilot units against the others, training, and what measures cost."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import ALL_UNITS, Part, Row, Writer, listed, records

NAMED = 3
REBOUND = {"rtm", "lowest_at_baseline"}
# Other flags stand in the table.
SAID = ("authenticity", "invariance", "single_comparison", "uneven_comparison")
DETECTED = ("improved", "declined")


def change_text(row: Row, lang: str, label: Label) -> str:
    """Unit of measure of a change, as printed behind its number."""
    terms = tables.words(lang)["terms"]
    if row["mid_on"] == "percent":
        return str(terms["percent_of_baseline"])
    if row["measure"] == "%":
        return str(terms["percentage_points"])
    text = label(row["measure"], lang)
    return text if lang == "zh" or not text else f" {text}"


def controlled(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "controlled_changes": who changed by how much more, and what that rests on."""
    writer = Writer("controlled_changes", lang, label)
    for row in records(frame):
        if row["verdict"] == "not_judged":
            writer.say([("controlled.not_judged", row)])
            continue
        filled = row | {"change_text": change_text(row, lang, label), "pilots": _pilots(row, lang, label)}
        flags = set(row["flags"].split(";"))
        names = [f"controlled.{row['source']}", f"controlled.{_form(row)}"]
        names += ["controlled.rebound"] if flags & REBOUND else []
        names += [f"flag.{name}" for name in SAID if name in flags]
        names += ["controlled.caveat"] if row["verdict"] in DETECTED else []
        writer.say([(name, filled) for name in names])
    if frame.empty:
        writer.say([("controlled.none", {})], key={"template": "controlled.none"})
    return writer.claims()


def _form(row: Row) -> str:
    """Verdict, strength, and whether the least change that matters was declared."""
    bare = "_no_mid" if row["strength"] and pd.isna(row["mid"]) else ""
    return "_".join(part for part in (row["verdict"], row["strength"]) if part) + bare


def _pilots(row: Row, lang: str, label: Label) -> str:
    names = row["pilot_units"].split(";")
    told = listed((label(name, lang) for name in names[:NAMED]), lang)
    more = tables.words(lang)["terms"]["and_more"]
    return told if len(names) <= NAMED else more.format(listed=told, count=len(names))


def training(summary: pd.DataFrame, effects: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on tables "training" and "training_effects": one per course and unit, all together first."""
    writer = Writer("training", lang, label)
    for row in records(summary.sort_values(["course", "unit"], kind="stable")):
        parts: list[Part] = [("training.came", row)]
        parts += [] if pd.isna(row["pass_share"]) else [("training.passed", row)]
        parts += [] if pd.isna(row["satisfaction"]) else [("training.liked", row)]
        mine = effects[(effects["course"] == row["course"]) & (effects["unit"] == row["unit"])]
        marks = records(mine.sort_values("mark", ascending=False))
        for mark in marks:
            parts += [] if mark["verdict"] == "not_judged" else [("training.changed", mark)]
            parts.append((f"training.{_form(mark)}", mark))
        moved = any(mark["verdict"] in DETECTED for mark in marks)
        writer.say([*parts, ("training.caveat", row)] if moved else parts)
    if summary.empty:
        writer.say([("training.none", {})], key={"template": "training.none"})
    return writer.claims()


def spending(frame: pd.DataFrame, lang: str, label: Label, *, unit: str = ALL_UNITS) -> pd.DataFrame:
    """One claim on table "spending": how many measures of `unit`, what they cost, what they saved."""
    writer = Writer("spending", lang, label)
    for row in records(frame[frame["unit"] == unit]):
        parts: list[Part] = [("spending.total", row)]
        known = {name: not pd.isna(row[name]) for name in ("cost_planned", "cost_actual", "spent_share")}
        parts += [("spending.cost", row)] if known["cost_planned"] and known["cost_actual"] else []
        parts += [("spending.share", row)] if known["spent_share"] else []
        parts += [] if pd.isna(row["saving"]) or not row["saving"] else [("spending.saving", row)]
        writer.say(parts)
    return writer.claims()
