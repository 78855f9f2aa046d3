"""Sentences on targets proposed for the next cycle."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Row, Writer, records, sentence, unit_of_measure

SLIGHT = 0.1  # share of the MID from which a rebound is spoken of


def target_proposals(
    frame: pd.DataFrame, lang: str, label: Label, *, decimals: int = 2, brief: bool = False
) -> pd.DataFrame:
    """Claims on table "target_proposals": the target, why that one, whether it can be reached and shown.

    Parameters
    ----------
    brief : the target and what sets it, nothing else.
    """
    writer = Writer("target_proposals", lang, label, decimals)
    for row in records(frame):
        filled = row | _units(row, lang, label)
        known = "value" if pd.isna(row["unit_reliability"]) else "baseline"
        filled |= {"against": sentence(f"aim.against_{known}", filled, lang, label, decimals)}
        names = [_aim(row), *([] if brief else _about(row, decimals))]
        parts: list[Part] = [(f"aim.{name}", filled) for name in names]
        writer.say(parts)
    if frame.empty:
        writer.say([("aim.none", {})], key={"template": "aim.none"})
    return writer.claims()


def _units(row: Row, lang: str, label: Label) -> dict[str, Any]:
    """The unit of measure behind a value, and behind a difference of values."""
    unit = unit_of_measure(row["measure"], lang, label)
    points = str(tables.words(lang)["terms"]["percentage_points"])
    return {"unit_text": unit, "change_text": points if row["measure"] == "%" else unit}


def _aim(row: Row) -> str:
    """What is proposed: by what sets it, and by how the unit stands to its present target."""
    by, there = row["set_by"], row["reason"] == "level_reached"
    if by in ("anchor", "range"):
        return f"{by}_reached" if there else by
    if by == "held":
        return "held_missed" if row["status"] == "missed" else "held"
    if by == "current":
        return f"current_{row['status']}"
    return f"{by}_staged" if row["status"] == "missed" else by


def _about(row: Row, decimals: int) -> list[str]:
    """What follows: the rebound to expect, what peers reach, what can be shown, points, owner."""
    names = [] if _slight(row, decimals) else ["rebound"]
    if row["reason"] != "level_reached":
        known = row["set_by"] == "peers" and row["reason"] == "peers_reach_it"
        names.append("quarter" if known else row["reason"])
        names += _shown(row)
    names += [] if _zero(row["gain"], decimals) else ["gain"]
    return [*names, "owner_due" if row["due"] else "owner"]


def _shown(row: Row) -> list[str]:
    if row["detectable"] != "no":
        return [f"detectable_{row['detectable']}"]
    names = ["detectable_never" if pd.isna(row["mde"]) else "detectable_no"]
    return [*names, "required_n"] if row["required_n"] > row["n"] else names


def _slight(row: Row, decimals: int) -> bool:
    """Whether the rebound is nothing to speak of: prints as zero, or a small part of the MID."""
    return _zero(row["rebound"], decimals) or abs(row["rebound"]) < SLIGHT * row["mid"]


def _zero(value: float, decimals: int) -> bool:
    return not tables.fmt(abs(value), decimals).strip("0.")
