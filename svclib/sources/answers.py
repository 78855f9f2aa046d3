"""Responses: one row per returned questionnaire, one float column per item, raw codes."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import nearest
from svclib.framework import Framework, Indicator
from svclib.params import Params
from svclib.sources.table import Table

EXTRA = ("interviewer", "segment", "service_item", "staff", "comment")
TEXTS = ("respondent", "unit", "subject", "channel", "stratum", "cluster", "started", "finished", *EXTRA)
OPTIONAL = (
    "cycle",
    "respondent",
    "subject",
    "channel",
    "weight",
    "stratum",
    "cluster",
    "seconds",
    "started",
    "finished",
    *EXTRA,
)
_BASE = (
    "respondent",
    "unit",
    "subject",
    "channel",
    "weight",
    "stratum",
    "cluster",
    "seconds",
    "started",
    "finished",
    *EXTRA,
)


def code_columns(framework: Framework) -> tuple[str, ...]:
    """Columns that hold the stated choices, once each."""
    return tuple(dict.fromkeys(c for rule in framework.methods for c in rule.columns))


def columns(framework: Framework) -> list[str]:
    """Columns of the responses frame."""
    extra = [c for c in code_columns(framework) if c not in framework.items]
    return ["cycle", "source", "row", *_BASE, *framework.items, *framework.expectations, *extra]


def wanted(framework: Framework) -> tuple[list[str], list[str]]:
    """Required and optional columns; items are looked for by `absent_items`."""
    subject = ["subject"] if len(framework.subjects) > 1 else []
    required = ["unit", *subject, *code_columns(framework)]
    asked = [*framework.items, *framework.expectations]
    return required, [*(c for c in OPTIONAL if c not in required), *asked]


def responses(table: Table, params: Params, units: Sequence[str]) -> pd.DataFrame:
    """Typed responses; what is wrong is noted in the table."""
    framework = params.framework
    asked = [i for i in framework.indicators if i.name not in params.unasked]
    _absent_items(table, asked, params.data["responses"].columns)
    if "unit" in table:
        table.known(
            "unit", units or sorted(set(table.text("unit")) - {""}), "Add it to the units, or correct it."
        )
    _english(table, "subject", framework.subjects_en)
    _english(table, "channel", framework.channels_en)
    if "subject" in table:
        table.known("subject", tuple(framework.subjects), f"Use {', '.join(framework.subjects)}.")
    numbers = {"weight": _weights(table), "seconds": _seconds(table)}
    base = {c: numbers.get(c, table.text(c)) for c in _BASE}
    if "subject" not in table:
        base["subject"] = pd.Series(next(iter(framework.subjects)), index=table.frame.index, dtype="str")
    items = {i: v for indicator in asked for i, v in _items(table, indicator, params).items()}
    # The order of the file is the order asked, which runs of equal answers are counted in.
    items = dict(sorted(items.items(), key=lambda item: table.positions[item[0]]))
    items |= {
        c: np.full(len(table.frame), np.nan)
        for c in (*framework.items, *framework.expectations)
        if c not in items
    }
    codes = {c: table.number(c) for c in code_columns(framework) if c not in items}
    frame = pd.DataFrame({**base, **items, **codes}, index=table.frame.index)
    frame.insert(0, "row", table.rows.astype("int64"))
    frame.insert(0, "source", pd.Series(table.source, index=frame.index, dtype="str"))
    frame.insert(0, "cycle", pd.Series(table.cycle, index=frame.index, dtype="str"))
    return frame


def _absent_items(table: Table, asked: Sequence[Indicator], mapped: Container[str]) -> None:
    """Items without a column; of those in `mapped` it is told already that their header is not there.

    A cycle may not have asked what was expected: then all expectations of an indicator are absent.
    """
    for indicator in asked:
        expected = indicator.expectation if any(c in table for c in indicator.expectation) else ()
        lacking = [i for i in (*indicator.items, *expected) if i not in table and i not in mapped]
        if lacking:
            found = f"no column for item {', '.join(lacking)} of {indicator.name}"
            remedy = "Add it, or map it under columns: in the params."
            unused = [h for i, h in enumerate(table.cells.headers) if i not in table.positions.values()]
            table.header_problem(lacking[0], found, remedy, nearest(lacking[0], unused))


def _english(table: Table, column: str, english: dict[str, str]) -> None:
    """Names may be written as their English label."""
    if column in table:
        table.frame[column] = table.frame[column].replace({en: name for name, en in english.items()})


def _weights(table: Table) -> np.ndarray:
    if "weight" not in table:
        return np.ones(len(table.frame))
    values = table.number("weight")
    remedy = "Give every row a weight above 0."
    table.flag(np.isnan(values) & (table.text("weight") == "").to_numpy(), "weight", "no weight", remedy)
    table.flag(values <= 0, "weight", "weight not above 0", remedy)
    return values


def _seconds(table: Table) -> np.ndarray:
    if "seconds" in table:
        table.frame["seconds"] = table.frame["seconds"].str.removesuffix("秒").str.strip()
        values = table.number("seconds", remedy="Write seconds as a number.")
    else:
        start, finish = _time(table, "started"), _time(table, "finished")
        values = (finish - start).dt.total_seconds().to_numpy(float)
    table.flag(
        values < 0, "seconds" if "seconds" in table else "finished", "time below 0", "Correct the times."
    )
    return values


def _time(table: Table, column: str) -> pd.Series:
    text = table.text(column)
    found = pd.to_datetime(text.where(text != "", None), errors="coerce", format="mixed", utc=True)
    table.flag(found.isna() & (text != ""), column, "not a time", "Write 2026-06-05 12:46:42.")
    return found


def _items(table: Table, indicator: Indicator, params: Params) -> dict[str, np.ndarray]:
    return {
        item: _answers(table, item, indicator, exclude=params.screening.out_of_range == "exclude")
        for item in (*indicator.items, *indicator.expectation)
        if item in table
    }


def _answers(table: Table, item: str, indicator: Indicator, *, exclude: bool) -> np.ndarray:
    """Raw codes of one item; missing codes are NaN, codes outside the scale as declared."""
    values = table.number(
        item, remedy=f"Write the code, or map labels under values: {{{item}: {{label: code}}}}."
    )
    values = np.where(np.isin(values, indicator.missing_codes), np.nan, values)
    low, high = indicator.bounds
    wrong = (values < low) | (values > high)
    if exclude:
        for i in np.flatnonzero(wrong):
            cut = low if values[i] < low else high
            table.note(
                int(i),
                "out_of_range",
                f"{item}={values[i]:g}",
                excluded=False,
                value=float(values[i]),
                cut=cut,
            )
        return np.where(wrong, np.nan, values)
    codes = (
        f", missing codes {', '.join(f'{c:g}' for c in indicator.missing_codes)}"
        if indicator.missing_codes
        else ""
    )
    remedy = "Correct them, add them to missing_codes, or set screening.out_of_range: exclude."
    table.flag(wrong, item, f"outside {low:g}-{high:g}{codes}", remedy)
    return values


def coded(frame: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """The same rows with reverse items, and their expectations, recoded to lowest + highest - answer."""
    recoded: dict[str, Any] = {
        column: sum(indicator.bounds) - frame[column]
        for indicator in framework.indicators
        for item in indicator.reverse
        for column in (item, *indicator.expected_of(item))
        if column in frame
    }
    return frame.assign(**recoded)
