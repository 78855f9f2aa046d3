"""What differs between two runs, or between a run and its recomputation, as tables of one language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib.tables.numbers import DASH, fmt, signed
from svclib.tables.show import Shown, grid
from svclib.tables.words import Label, code, words

_SETTINGS = ("setting", "framework")
_DIGITS = {"weight": 4, "score": 2, "published": 2, "issued": 0, "returned": 0, "n_valid": 0}
# What stands in a cell of a recomputation where there is no value to show.
_STATES = {"no such table": "no_table", "a table": "a_table", "no row": "no_row", "row": "row"}


class Block(NamedTuple):
    """Differences of one kind: title, table, and how many rows it leaves out."""

    title: str
    shown: Shown
    left_out: int


def blocks(found: pd.DataFrame, lang: str, label: Label, *, top: int | None = None) -> Iterator[Block]:
    """Differences of two runs (`run.diff.differences`), one table per kind.

    Parameters
    ----------
    top : rows shown of each kind; all where None
    """
    own = words(lang)["review"]
    for what, rows in found.groupby("what", sort=False):
        few = rows if top is None else rows.head(top)
        yield Block(own["what"][what], _block(str(what), few, lang, label), len(rows) - len(few))


def _block(what: str, rows: pd.DataFrame, lang: str, label: Label) -> Shown:
    own = words(lang)["review"]
    columns: dict[str, list[str]] = {}
    if (rows["unit"] != "").any():
        heading = own["group" if what == "weight" else "unit"]
        columns[heading] = [_named(unit, lang, label) for unit in rows["unit"]]
    if (rows["node"] != "").any():
        heading = own["of_setting" if what in _SETTINGS else "node"]
        columns[heading] = [_node(what, node, lang, label) for node in rows["node"]]
    for side in ("before", "after"):
        columns[own[side]] = [_value(what, value, lang, label) for value in rows[side]]
    numeric = bool(rows["change"].notna().any())
    if numeric:
        columns[own["change"]] = [_signed(what, value) for value in rows["change"]]
    right = [numeric and name in (own["before"], own["after"], own["change"]) for name in columns]
    return grid(list(columns), list(columns.values()), right, lang)


def _node(what: str, node: str, lang: str, label: Label) -> str:
    if what in _SETTINGS:
        known = words(lang)["settings"]
        return " / ".join(known.get(part) or label(part, lang) for part in node.split(" / "))
    known = words(lang)["codes"]["source"]
    return known[node] if node in known else label(node, lang)


def _named(unit: str, lang: str, label: Label) -> str:
    return words(lang)["terms"]["all_units"] if unit == "*" else label(unit, lang)


def _value(what: str, value: Any, lang: str, label: Label) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return DASH
    if isinstance(value, bool):
        return str(words(lang)["terms"]["yes" if value else "no"])
    if isinstance(value, int | float):
        return fmt(value, _DIGITS[what]) if what in _DIGITS else f"{value:.12g}"
    if what == "verdict":
        return code("verdict", value, lang)
    return label(str(value), lang)


def _signed(what: str, value: float) -> str:
    if np.isnan(value):
        return DASH
    return signed(value, _DIGITS[what]) if what in _DIGITS else f"{value:+.12g}"


def recomputed(found: pd.DataFrame, lang: str) -> Shown:
    """Cells of a run that a recomputation does not give (`run.verify.compared`), by their names in files."""
    own = words(lang)["review"]
    # Without a column a whole row or table is missing, or its columns are others.
    states = {text: own[name] for text, name in _STATES.items()}
    cells = [
        [
            states.get(v, str(v)) if whole else _exact(v)
            for v, whole in zip(found[column], found["column"] == "", strict=True)
        ]
        for column in found
    ]
    return grid([own[column] for column in found], cells, [False] * len(cells), lang)


def _exact(value: Any) -> str:
    """A value with every digit, for a difference may lie in the last."""
    if isinstance(value, float | np.floating):
        return DASH if np.isnan(value) else repr(float(value))
    return str(value)
