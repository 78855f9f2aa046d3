"""The sheets an office fills in, read as the catalog declares them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import nearest
from svclib.framework import Framework
from svclib.params import Period
from svclib.sources import counted, opinions
from svclib.sources.catalog import SHEETS, YES, Field
from svclib.sources.table import Table

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MOMENT = re.compile(_DAY.pattern + r"(?:[ T]+(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?(?:\.\d+)?)?")
_TOP = ("total", "总分")
NUMBERS = ("number", "count")
SEVERAL = re.compile(r"[;；、,，]")
FULL_MARKS, RATINGS = 100.0, (1, 5)


class Names(NamedTuple):
    """What the cells of a sheet may name; `respondents` is None where the answers cannot be read."""

    units: Sequence[str]
    framework: Framework
    respondents: Collection[str] | None = ()
    period: Period | None = None


def read(table: Table, names: Names) -> pd.DataFrame:
    """Typed frame of one sheet: `row` and the fields of the catalog; what is wrong is noted in the table."""
    sheet = SHEETS[table.source]
    columns: dict[str, object] = {"row": table.rows.astype("int64")}
    for name, field in sheet.fields.items():
        columns[name] = _column(table, name, field, names)
    frame = pd.DataFrame(columns, index=table.frame.index).reset_index(drop=True)
    keys = [k for k in sheet.key if k != "row"]
    if keys:
        twice = frame.duplicated(keys) & (frame[keys] != "").any(axis=1)
        table.flag(twice, keys[0], f"repeats {' and '.join(keys)} of an earlier row", "Keep one row of each.")
    if table.source in _ACROSS:
        _ACROSS[table.source](table, frame, names)
    return frame


def _in_time(table: Table, frame: pd.DataFrame, names: Names) -> None:
    """Nothing of an event happens before it was opened, and what is counted is there."""
    counted.events(table, frame, names.framework)
    for column in ("due", "responded", "closed"):
        early = (frame[column] != "") & (frame["opened"] != "") & (frame[column] < frame["opened"])
        table.flag(early, column, f"before {table.header('opened')}", "Correct one of them.")


def _points(table: Table, frame: pd.DataFrame, names: Names) -> None:
    """Points are given where the matter has a range, and lie within it."""
    items = names.framework.adjustments.items if names.framework.adjustments is not None else {}
    for matter, rule in items.items():
        mine, points = frame["adjustment"] == matter, frame["points"]
        if isinstance(rule.points, tuple):
            low, high = rule.points
            found = f"points of {matter} not within {low:g}-{high:g}"
            table.flag(mine & ~points.between(low, high), "points", found, "Give points of the range.")
        else:
            found = f"points of {matter} are fixed at {rule.points:g}"
            table.flag(mine & points.notna(), "points", found, "Leave it empty.")


def _answered(table: Table, frame: pd.DataFrame, names: Names) -> None:
    """Only who answered can be called back."""
    if names.respondents is None:
        return
    for name in sorted(set(frame["respondent"]) - {"", *names.respondents}):
        near = nearest(name, names.respondents)
        here = frame["respondent"] == name
        table.flag(here, "respondent", "no answer of this respondent", "Write the id as returned.", near)


def _of_steps(table: Table, frame: pd.DataFrame, names: Names) -> None:
    """What is known of a step is its time and its time limit: only such an indicator can have its target."""
    fit = [i.name for i in names.framework.indicators if i.hours or i.kind == "proportion"]
    known = [i.name for i in names.framework.indicators]
    wrong = (frame["step"] != "") & frame["indicator"].isin(known) & ~frame["indicator"].isin(fit)
    found = "a step cannot have a target of this indicator"
    remedy = "Name a duration (小时, 分钟, 天) or a proportion, or empty the step."
    table.flag(wrong, "indicator", found, remedy)


def _findings(table: Table, frame: pd.DataFrame, names: Names) -> None:
    """A finding of the period is a result, or a score of full marks."""
    counted.occurring(table, frame, names.framework)
    result, score, full = (table.text(c) != "" for c in ("result", "score", "full_marks"))
    table.flag(~(result | score | full), "result", "neither a result nor a score", "Fill in one of them.")
    table.flag(result & score, "score", "both a result and a score", "Keep one of them.")
    table.flag(score != full, "full_marks", "score or full marks alone", "Give both.")
    table.flag(frame["score"] < 0, "score", "score below 0", "Correct it.")
    table.flag(frame["full_marks"] <= 0, "full_marks", "full marks not above 0", "Correct it.")
    above = frame["score"] > frame["full_marks"]
    table.flag(above, "score", "score above the full marks", "Correct one of them.")
    if names.period is not None:
        first, last = names.period.start.isoformat(), names.period.end.isoformat()
        outside = (frame["date"] != "") & ~frame["date"].between(first, last)
        remedy = "Correct it, or move the row to the data of its cycle."
        table.flag(outside, "date", f"not within the period {first} to {last}", remedy)


def _trained(table: Table, frame: pd.DataFrame, _: Names) -> None:
    """Marks lie between 0 and full marks, and what was tested afterwards was tested before."""
    full = frame["full_marks"].fillna(FULL_MARKS)
    table.flag(full <= 0, "full_marks", "full marks not above 0", "Correct it.")
    for part in ("theory", "skill"):
        before, after = f"pre_{part}", f"post_{part}"
        for column in (before, after):
            wrong = frame[column].notna() & ~frame[column].between(0, full)
            table.flag(wrong, column, "not between 0 and the full marks", "Correct one of them.")
        alone = frame[after].notna() & frame[before].isna()
        table.flag(alone, after, f"no {table.header(before)} to compare with", "Fill it in, or empty this.")
    low, high = RATINGS
    wrong = frame["satisfaction"].notna() & ~frame["satisfaction"].between(low, high)
    table.flag(wrong, "satisfaction", f"not between {low} and {high}", "Correct it.")
    absent = (frame["trained"] == "no") & frame["satisfaction"].notna()
    table.flag(
        absent, "satisfaction", "rated by someone who was not trained", "Empty it, or correct the other."
    )


def _exposed(table: Table, frame: pd.DataFrame, names: Names) -> None:
    counted.exposure(table, frame, names.framework)


_ACROSS = {
    "targets": _of_steps,
    "events": _in_time,
    "inspections": _findings,
    "exposure": _exposed,
    "adjustments": _points,
    "training": _trained,
    "audit": _answered,
    "delphi": opinions.check,
}


def empty(name: str) -> pd.DataFrame:
    """A sheet without rows, typed."""
    fields = SHEETS[name].fields
    kinds = {f: "float64" if field.kind in NUMBERS else "str" for f, field in fields.items()}
    return pd.DataFrame({"row": pd.Series(dtype="int64")} | {f: pd.Series(dtype=k) for f, k in kinds.items()})


def _column(table: Table, name: str, field: Field, names: Names) -> object:
    if field.required and name in table:
        table.flag(table.text(name) == "", name, "empty", "Fill it in.")
    if field.kind in NUMBERS:
        return _numbers(table, name, field)
    if name not in table:
        default = (
            next(iter(field.choices.values()), "") if field.kind == "choice" and not field.required else ""
        )
        return pd.Series(default, index=table.frame.index, dtype="str")
    if field.kind in ("day", "moment"):
        return _days(table, name, moment=field.kind == "moment")
    if field.kind in ("choice", "choice?", "yes"):
        return _choices(table, name, field)
    if field.kind == "text":
        return table.text(name)
    if field.kind == "units":
        return _several(table, name, names.units)
    return _names(table, name, field, names)


def _numbers(table: Table, name: str, field: Field) -> np.ndarray:
    remedy = "Write a plain number, without % or thousands separators."
    values = table.number(name, remedy=remedy, missing=False)
    if field.kind == "count":
        table.flag((values < 0) | (values % 1 > 0), name, "not a whole number of at least 0", "Correct it.")
    return values


def _days(table: Table, name: str, *, moment: bool) -> pd.Series:
    """Days as 2026-06-30, moments as 2026-06-30 09:20:00; a moment without a time is at midnight."""
    text = table.text(name)
    found = text.map(lambda value: _stamp(value, moment=moment) if value else "")
    wanted = "2026-06-30 09:20" if moment else "2026-06-30"
    table.flag(found.isna(), name, "not a time" if moment else "not a day", f"Write it as {wanted}.")
    return found.fillna("").astype("str")


def _stamp(text: str, *, moment: bool) -> str | None:
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(p or 0) for p in match.groups())
    try:
        stamp = dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    if moment:
        return stamp.strftime("%Y-%m-%d %H:%M:%S")
    return stamp.strftime("%Y-%m-%d") if stamp.time() == dt.time() else None


def _choices(table: Table, name: str, field: Field) -> pd.Series:
    """Codes of a closed choice, in Chinese or as the code; an optional "choice" left out is its first."""
    known = YES if field.kind == "yes" else field.choices | {code: code for code in field.choices.values()}
    text = table.text(name).str.casefold() if field.kind == "yes" else table.text(name)
    shown = list(field.choices) or ["是", "否"]
    for value in sorted(set(text) - {"", *known}):
        table.flag(
            text == value, name, "not a choice", f"Write one of {', '.join(shown)}.", nearest(value, shown)
        )
    blank = next(iter(field.choices.values()), "") if field.kind == "choice" and not field.required else ""
    return text.map({**known, "": blank}).fillna("").astype("str")


def _several(table: Table, name: str, units: Sequence[str]) -> pd.Series:
    """Names of units joined by ";", each once; an unknown one is noted."""
    text = table.text(name)
    listed = {cell: [p.strip() for p in SEVERAL.split(cell) if p.strip()] for cell in set(text)}
    listed |= {cell: [cell] for cell in listed if cell in units}
    for cell, parts in sorted(listed.items()):
        for part in (p for p in parts if p not in units):
            remedy = "Name units of the list, separated by ；."
            table.flag(text == cell, name, f"unknown unit {part!r}", remedy, nearest(part, units))
    return text.map({cell: ";".join(dict.fromkeys(parts)) for cell, parts in listed.items()}).astype("str")


def _names(table: Table, name: str, field: Field, names: Names) -> pd.Series:
    framework = names.framework
    indicators = {i.en: i.name for i in framework.indicators if i.en}
    dimensions = {d.en: d.name for d in framework.dimensions if d.en}
    items = framework.adjustments.items if framework.adjustments is not None else {}
    back, known = {
        "unit": ({}, list(names.units)),
        "unit?": ({}, list(names.units)),
        "indicator": (indicators, [i.name for i in framework.indicators]),
        "node": (
            indicators | dimensions | dict.fromkeys(_TOP, "total"),
            ["total", *(d.name for d in framework.dimensions), *(i.name for i in framework.indicators)],
        ),
        "opinion": (
            indicators | dimensions | {en: g for g, en in framework.grades.scale_en.items() if en},
            [n.name for n in (*framework.dimensions, *framework.indicators)] + list(framework.grades.labels),
        ),
        "adjustment": ({i.en: n for n, i in items.items() if i.en}, list(items)),
    }[field.kind]
    table.frame[name] = table.frame[name].replace(back)
    text = table.text(name)
    what = {"unit?": "unit", "node": "name", "opinion": "name"}.get(field.kind, field.kind)
    remedy = {
        "unit": "Add it to the units, or correct it.",
        "unit?": "Add it to the units, or correct it.",
    }.get(field.kind, f"Name one of {', '.join(known[:12])}.")
    for value in sorted(set(text) - {"", *known}):
        table.flag(text == value, name, f"unknown {what}", remedy, nearest(value, known))
    return text
