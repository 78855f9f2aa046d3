"""Sentences on whether a grade would flip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.tables import Label
from svclib.wording.results import LIMITED, why
from svclib.wording.templates import Part, Writer, records, sentence

ODDS = ("probability", "p_weights", "p_both")
SURE = 0.999


def robustness(
    frame: pd.DataFrame,
    grades: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    own: Mapping[str, Mapping[str, float]] | None = None,
) -> pd.DataFrame:
    """Claims on table "robustness": why this grade, and would it flip.

    Parameters
    ----------
    grades : table "grades" of the same cycle.
    scale, own : cuts as `grades` takes them.
    """
    writer = Writer("robustness", lang, label)
    known = {row["unit"]: row for row in records(grades)}
    for row in records(frame):
        of = known[row["unit"]]
        parts = [why(of, lang, label, scale, own or {}), _odds(row), _flip(row, of, list(scale))]
        if row["n_scenarios"]:
            parts.append((f"robust.{'all' if row['n_same'] == row['n_scenarios'] else 'some'}", row))
        writer.say(parts)
    return writer.claims()


def _odds(row: dict[str, Any]) -> Part:
    """How sure the grade is; of bare values no error of sampling is known, only the weights vary."""
    if pd.isna(row["probability"]):
        return "robust.weights_only", row
    return ("robust.sure" if min(row[c] for c in ODDS) > SURE else "robust.odds"), row


def _flip(row: dict[str, Any], of: Mapping[str, Any], labels: list[str]) -> Part:
    """The nearest single weight, or why there is none."""
    if row["node"]:
        up = labels.index(row["flip_grade"]) < labels.index(row["grade"])
        return f"robust.{'up' if up else 'down'}", row
    return ("robust.held" if of["reason"] in LIMITED else "robust.no_weight"), row


def flips(frame: pd.DataFrame, grades: pd.DataFrame, lang: str, label: Label) -> list[str]:
    """For each unit of `grades` in few words what would flip its grade, "" where it has none."""
    known = {row["unit"]: row for row in records(frame)}
    told = []
    for of in records(grades):
        row = known.get(of["unit"])
        if row is None:
            told.append("")
        elif row["node"]:
            told.append(sentence("robust.short", row, lang, label))
        else:
            name = "short_held" if of["reason"] in LIMITED else "short_none"
            told.append(sentence(f"robust.{name}", row, lang, label))
    return told


def choices(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "scenarios": under each other choice, who would get another grade.

    Parameters
    ----------
    frame : rows of one cycle.
    """
    writer = Writer("scenarios", lang, label)
    for name, part in frame.groupby("scenario", sort=False):
        moved = records(part[part["differs"]])
        key = {"cycle": part["cycle"].iloc[0], "scenario": name, "unit": "*"}
        facts = {"scenario": name, "units": len(part)}
        changed = [("robust.choice_moves", row) for row in moved]
        writer.say([("robust.choice" if moved else "robust.choice_same", facts), *changed], key=key)
    return writer.claims()
