"""Sentences on grades, targets and alerts, and the headline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import (
    ALL_UNITS,
    Part,
    Row,
    Writer,
    counted,
    only_cycle,
    records,
    sentence,
    unit_of_measure,
)

HEADLINE_CHARACTERS = 60
LIMITED = ("veto", "cap")


def grades(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
    own: Mapping[str, Mapping[str, float]] | None = None,
    probability: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Claims on table "grades": why this grade, how far to the next, how probable.

    Parameters
    ----------
    scale : label of each grade to its cut, best first (`Framework.grades.scale`).
    own : cuts of the groups that have their own (`Framework.own_scales`).
    probability : table "grade_probability", optional.
    """
    writer = Writer("grades", lang, label)
    for row in records(frame):
        parts = [why(row, lang, label, scale, own or {})]
        if row["adjustment"] and not pd.isna(row["adjustment"]):
            parts.append(("grade.adjusted", row))
        if row["status"] == "graded":
            parts += _next(row) + _odds(row, probability)
        writer.say(parts)
    return writer.claims()


def why(
    row: dict[str, Any],
    lang: str,
    label: Label,
    scale: Mapping[str, float],
    own: Mapping[str, Mapping[str, float]],
) -> Part:
    """The reason of one row of table "grades"; `own` holds the cuts of the groups that have theirs."""
    if row["reason"] == "by_cut":
        return _band(row, own.get(row["group"], scale))
    if row["reason"] in LIMITED:
        relation = sentence(f"grade.{_relation(row)}", row, lang, label)
        name = row["reason"] if row["clause"] else f"{row['reason']}_no_clause"
        return f"grade.{name}", row | {"relation": relation}
    return f"grade.{row['reason']}", row


def _band(row: dict[str, Any], scale: Mapping[str, float]) -> Part:
    """Template and limits of the band; the best grade has no upper, the worst no lower limit."""
    cuts = list(scale.values())
    place = list(scale).index(row["by_cut"])
    name = "top" if place == 0 else "bottom" if place == len(cuts) - 1 else "band"
    limits = {"cut_low": cuts[place], "cut_high": cuts[place - 1] if place else float("nan")}
    return f"grade.{name}", row | limits


def _relation(row: Row) -> str:
    found, limit = row["found_value"], row["limit_value"]
    return "above" if found > limit else "under" if found < limit else "at"


def _next(row: dict[str, Any]) -> list[Part]:
    if not row["next_grade"] or pd.isna(row["distance"]):
        return []
    held = row["reason"] in (*LIMITED, "annual_rule")
    return [("grade.next_by_cut" if held else "grade.next", row)]


def _odds(row: Row, probability: pd.DataFrame | None) -> list[Part]:
    if probability is None:
        return []
    same = (probability[["cycle", "unit", "grade"]] == [row["cycle"], row["unit"], row["grade"]]).all(axis=1)
    return [("grade.probability", found) for found in records(probability[same])]


def targets(frame: pd.DataFrame, lang: str, label: Label, *, decimals: int = 2) -> pd.DataFrame:
    """Claims on table "targets": met or missed, 把握不足 where the interval crosses it, and the way done."""
    writer = Writer("targets", lang, label, decimals)
    for row in _measured(frame, lang, label):
        parts: list[Part] = [(f"target.{row['status']}", row)]
        if row["status"] in ("met", "missed") and not row["certain"]:
            parts.append(("target.uncertain", row))
        writer.say(parts + [(f"target.{name}", row) for name in _progress(row)])
    return writer.claims()


def _progress(row: Row) -> list[str]:
    """What is said of the way from the base: to a missed target, or on to the stretch target."""
    names = []
    if row["status"] == "missed" and not pd.isna(row["achieved"]):
        names.append("away" if row["achieved"] < 0 else "progress")
    if row["status"] == "met" and row["achieved_stretch"] >= 0:
        names.append("stretch")
    return names if pd.isna(row["elapsed"]) or not names else [*names, "elapsed"]


def _measured(frame: pd.DataFrame, lang: str, label: Label) -> list[dict[str, Any]]:
    """Rows with the unit of measure as it follows a number."""
    return [row | {"unit_text": unit_of_measure(row["measure"], lang, label)} for row in records(frame)]


def headline(
    found: Mapping[str, pd.DataFrame],
    lang: str,
    label: Label,
    *,
    unit_label: str,
    scale: Mapping[str, float],
    period: str = "cycle",
) -> pd.DataFrame:
    """One claim for the whole cycle: units, mean total and its verdict, grades, verdicts by unit.

    The Chinese sentence has at most 60 characters: the longest form that fits is used, and
    the same form in the other language.

    Parameters
    ----------
    found : tables "grades" of one cycle, whose rows are counted by grade and by status, and
        "changes"; its rows of the total are counted by verdict, the row of unit "*" gives the
        mean total and its verdict.
    unit_label : what a unit is called (`Framework.unit_label`).
    scale : grades in the order to be named, best first.
    period : what is compared, "cycle" or "year".
    """
    grades, changes = found["grades"], found["changes"]
    total = changes[changes["level"] == "total"]
    whole = records(total[total["unit"] == ALL_UNITS])
    names = (unit_label, tuple(scale))
    forms = [
        *(["headline.full", "headline.whole"] if whole else []),
        *(["headline.grades_range"] if (grades["status"] == "graded").any() else []),
        "headline.grades",
    ]

    def facts(to: str) -> dict[str, Any]:
        return _facts(grades, total, to, label, names, period)

    def write(form: str, to: str) -> str:
        return sentence(form, facts(to), to, label)

    chosen = next((form for form in forms if len(write(form, "zh")) <= HEADLINE_CHARACTERS), forms[-1])
    writer = Writer("grades", lang, label)
    writer.say([(chosen, facts(lang))], key={"cycle": only_cycle(grades)})
    return writer.claims()


def _against(row: Row, words: Mapping[str, Any], period: str) -> str:
    """What became of the mean total; a change of bare values is told and not judged."""
    key = "untested" if row["reason"] == "bare_value" else row["verdict"]
    return str(words["against"][key]).format(
        **words["period"][period], change=tables.signed(row["change"], 2)
    )


def _facts(
    grades: pd.DataFrame,
    total: pd.DataFrame,
    lang: str,
    label: Label,
    names: tuple[str, tuple[str, ...]],
    period: str,
) -> dict[str, Any]:
    """Counts and range as slots; `names` = what a unit is called, and the grades best first."""
    unit_label, scale = names
    words = tables.words(lang)
    graded = grades[grades["status"] == "graded"]
    counts = [(label(g, lang), int((graded["grade"] == g).sum())) for g in scale]
    counts.append((str(tables.words(lang)["terms"]["ungraded"]), len(grades) - len(graded)))
    single = total["verdict"][total["unit"] != ALL_UNITS]
    verdicts: dict[str, str] = tables.words(lang)["codes"]["verdict"]
    judged = [(word, int((single == verdict).sum())) for verdict, word in verdicts.items()]
    whole = records(total[total["unit"] == ALL_UNITS])
    against = [_against(row, words, period) for row in whole]
    return (
        (whole[0] if whole else {})
        | ({"against": against[0]} if whole else {})
        | {
            "units": len(grades),
            "unit_label": label(unit_label, lang),
            "score_low": graded["published"].min(),
            "score_high": graded["published"].max(),
            "grade_counts": counted(counts, lang),
            "verdict_counts": counted(judged, lang),
        }
    )
