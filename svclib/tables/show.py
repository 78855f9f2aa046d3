"""Frames as fixed-width text and as HTML."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from svclib import columns as inventory
from svclib.errors import ParamError
from svclib.tables.numbers import DASH, HIDDEN, Decimals, fmt, interval, short_percent
from svclib.tables.words import DECIMALS, PERCENT, Label, cell, words

PAIRS = {
    "ci_low": "ci_high",
    "ci90_low": "ci90_high",
    "score_low": "score_high",
    "rank_low": "rank_high",
    "share_low": "share_high",
}


# Numbers of respondents or cases, and the value that rests on them; without one, 0 is "not known".
SIZES: dict[str, tuple[str, ...]] = {"n": ("value", "published"), "n0": (), "n1": ()}
# Columns of tables "changes" and "losses" as a year calls them.
OF_YEAR = {
    "estimate0": "last_year",
    "estimate1": "this_year",
    "n0": "n_last_year",
    "n1": "n_this_year",
    "last": "score_last_year",
}


def of_year(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with columns of a year where those of a cycle speak of 上期 and 本期."""
    return frame.rename(columns=OF_YEAR)


class Text(str):
    """Text whose repr is itself, so a notebook cell that ends with it shows it as it stands."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def golden(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, decimals: Decimals = 4) -> Text:
    """Fixed-width text of a frame for golden notebook cells: column ids, raw ids, no index.

    Parameters
    ----------
    decimals : int or mapping of column to int (others 4).
    """
    chosen = list(frame.columns) if columns is None else list(columns)
    cells = [[_plain(v, _digits(c, decimals, 4)) for v in frame[c]] for c in chosen]
    return Text(_layout(chosen, cells, [_is_number(frame[c]) for c in chosen]))


def _plain(value: Any, decimals: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if pd.api.types.is_integer(value):
        return str(value)
    return fmt(value, decimals).replace(DASH, "-")


def _digits(column: str, decimals: Decimals | None, default: int) -> int:
    if isinstance(decimals, int):
        return decimals
    return (decimals or {}).get(column, default)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def text_width(text: str) -> int:
    """Columns of fixed-width text: a Chinese character counts two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _layout(headers: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    widths = [max(map(text_width, (h, *column))) for h, column in zip(headers, cells, strict=True)]
    lines = [headers, *zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(_pad(text, w, right=r) for text, w, r in zip(line, widths, right, strict=True)).rstrip()
        for line in lines
    )


def _pad(text: str, width: int, *, right: bool) -> str:
    blank = " " * (width - text_width(text))
    return blank + text if right else text + blank


@dataclass(frozen=True)
class Shown:
    """A translated table: HTML in a notebook, fixed-width text elsewhere."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def show(
    frame: pd.DataFrame,
    lang: str,
    label: Label,
    *,
    columns: Sequence[str] | None = None,
    caption: str = "",
    decimals: Decimals | None = None,
) -> Shown:
    """Result frame as a table in one language.

    Parameters
    ----------
    frame : columns of the glossary; lower and upper limits shown together become one
        column "[low, high]".
    label : `Framework.label`, translating names of the framework.
    columns : what to show, in this order; default every column.
    decimals : int or mapping of column to int; others follow `DECIMALS`, else 2.

    Raises
    ------
    ParamError
        A column outside the glossary, or an id without a word.
    """
    chosen = list(frame.columns) if columns is None else list(columns)
    pairs = {low: high for low, high in PAIRS.items() if low in chosen and high in chosen}
    shown = [c for c in chosen if c not in pairs.values()]
    headers = [_interval_header(frame, c, lang) if c in pairs else _header(frame, c, lang) for c in shown]
    digits = {c: _digits(c, decimals, DECIMALS.get(c, 2)) for c in shown}
    cells = [
        [_limits(c, lo, hi, digits[c]) for lo, hi in zip(frame[c], frame[pairs[c]], strict=True)]
        if c in pairs
        else [cell(c, value, lang, label, digits[c]) for value in frame[c]]
        for c in shown
    ]
    for column in SIZES.keys() & set(shown):
        cells[shown.index(column)] = _sizes(frame, column, cells[shown.index(column)])
    right = [_is_number(frame[c]) for c in shown]
    if frame.empty and shown:  # headers alone read like a fault
        cells, right = [[words(lang)["terms"]["no_rows"]], *([""] for _ in shown[1:])], [False] * len(shown)
    text = _layout(headers, cells, right)
    return Shown(_html(headers, cells, right, lang, caption), f"{caption}\n{text}" if caption else text)


def _limits(column: str, low: float, high: float, digits: int) -> str:
    """Two limits in one cell, in percent where the column is."""
    scale = 100 if column in PERCENT else 1
    return interval(scale * low, scale * high, digits)


def _sizes(frame: pd.DataFrame, column: str, cells: list[str]) -> list[str]:
    """Column of a size; a value given without the number it rests on has "—", not "0"."""
    values = [c for c in SIZES[column] if c in frame]
    known = frame[values[:1]].notna().all(axis=1) if values or not SIZES[column] else False
    bare = (frame[column] == 0) & known
    signs = pd.Series("", index=frame.index).mask(bare, DASH)
    if "cumulative" in frame:  # of comments nobody made there is no row: this number is not published
        signs = signs.mask(frame["cumulative"].isna(), HIDDEN)
    return [sign or text for sign, text in zip(signs, cells, strict=True)]


def matrix(
    frame: pd.DataFrame, lang: str, label: Label, *, rows: str, across: str, values: Sequence[str]
) -> Shown:
    """Long frame as a table with a row per `rows` and a column per `across`, in the order they occur.

    Every cell holds its `values`, separated by a space; "—" where the frame has no row.

    Raises
    ------
    ParamError
        A column outside the glossary, or two rows for one cell.
    """
    if frame.duplicated([rows, across]).any():
        raise ParamError(f"matrix: several rows of the frame share {rows} and {across}")
    found = {
        (row[rows], row[across]): " ".join(
            filter(None, (cell(c, row[c], lang, label, DECIMALS.get(c, 2)) for c in values))
        )
        for row in frame.to_dict("records")
    }
    names, heads = list(dict.fromkeys(frame[rows])), list(dict.fromkeys(frame[across]))
    cells = [[cell(rows, name, lang, label, 2) for name in names]]
    cells += [[found.get((name, head)) or DASH for name in names] for head in heads]
    headers = [_header(frame, rows, lang), *(cell(across, head, lang, label, 2) for head in heads)]
    left = [False] * len(headers)
    return Shown(_html(headers, cells, left, lang, ""), _layout(headers, cells, left))


def grid(headers: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], lang: str) -> Shown:
    """Columns of ready texts as a table; `right` says which of them are aligned to the right."""
    return Shown(_html(headers, cells, right, lang, ""), _layout(headers, cells, right))


def _header(frame: pd.DataFrame, column: str, lang: str) -> str:
    if column not in inventory.GLOSSARY or column not in frame:
        raise ParamError(
            f"column {column!r} is not in the glossary or not in the table {list(frame.columns)}"
        )
    return inventory.header(column, lang)


def _interval_header(frame: pd.DataFrame, column: str, lang: str) -> str:
    terms = words(lang)["terms"]
    levels = frame["confidence"].dropna().unique() if "confidence" in frame else []
    if column == "ci_low" and len(levels) == 1:
        return terms["interval_at"].format(confidence=short_percent(levels[0]))
    return terms[f"interval_{column}"]


def _html(
    headers: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], lang: str, caption: str
) -> str:
    align = ["right" if r else "left" for r in right]
    head = "".join(_tag("th", h, a) for h, a in zip(headers, align, strict=True))
    rows = "".join(
        f"<tr>{''.join(_tag('td', t, a) for t, a in zip(row, align, strict=True))}</tr>\n"
        for row in zip(*cells, strict=True)
    )
    title = f"<caption>{html.escape(caption)}</caption>\n" if caption else ""
    code_of = "zh-CN" if lang == "zh" else "en"
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>"
    return f'<table class="svc" lang="{code_of}">\n{title}{body}\n</table>'


def _tag(tag: str, text: str, align: str) -> str:
    name = ' class="num"' if align == "right" else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f'<{tag}{scope}{name} style="text-align:{align}">{html.escape(text)}</{tag}>'
