"""Filling a template from a row, and keeping the row as the support of the text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any

import pandas as pd

from svclib import columns, tables
from svclib.errors import ParamError
from svclib.tables import Decimals, Label

Row = Mapping[str, Any]
ALL_UNITS = "*"  # the row that takes all units together
# A template id and the row that fills it.
Part = tuple[str, Row]


def sentence(template_id: str, row: Row, lang: str, label: Label, decimals: Decimals = 2) -> str:
    """The template `template_id` ("group.name") filled from `row`.

    Parameters
    ----------
    row : mapping of glossary column to value, and of extra slot to ready text.
    decimals : int for values, scores and changes; or mapping of column to int.  Shares,
        weights, counts and p-values keep their own.

    Raises
    ------
    ParamError
        An unknown template, or a slot that the row does not have.

    Notes
    -----
    A slot may ask for a form: `{x:+}` signed, `{p:p}` "=0.012" or "<0.001", `{x:%}` percent,
    `{x:percent}` percent with one digit, `{x:1}` one digit,
    `{x:g}` without trailing zeros, `{x:ratio}` "1/5" below one, `{x:odds}` a probability as ">99.9%".
    """
    out: list[str] = []
    for literal, name, form, _ in Formatter().parse(_template(template_id, lang)):
        out.append(literal)
        if name is None:
            continue
        if name not in row:
            raise ParamError(f"template {template_id!r} needs {name!r}; the row has {sorted(row)}")
        digits = _digits(name, decimals)
        out.append(
            FORMS[form](row[name], digits) if form else tables.cell(name, row[name], lang, label, digits)
        )
    return "".join(out)


def _template(template_id: str, lang: str) -> str:
    group, _, name = template_id.partition(".")
    known: dict[str, dict[str, str]] = tables.words(lang)["templates"]
    if name not in known.get(group, {}):
        every = sorted(f"{g}.{n}" for g, names in known.items() for n in names)
        raise ParamError(f"template {template_id!r} is not in words/{lang}.toml; choose one of {every}")
    return known[group][name]


def _digits(column: str, decimals: Decimals) -> int:
    if isinstance(decimals, int):
        return tables.DECIMALS.get(column, decimals)
    return decimals.get(column, tables.DECIMALS.get(column, 2))


def _p(value: Any, _: int) -> str:
    text = tables.p_text(value)
    return text if text.startswith("<") else f"={text}"


FORMS: dict[str, Callable[[Any, int], str]] = {
    "+": tables.signed,
    "p": _p,
    "%": lambda value, _: tables.short_percent(value),
    "percent": lambda value, _: tables.percent(value),
    "1": lambda value, _: tables.fmt(value, 1),
    "g": lambda value, _: tables.short(value),
    "ratio": lambda value, _: tables.ratio(value),
    "odds": lambda value, _: tables.odds(value),
}


class Writer:
    """Collects sentences of one result table, in one language, as rows of table "claims"."""

    def __init__(self, table: str, lang: str, label: Label, decimals: Decimals = 2) -> None:
        self.table, self.lang, self.label, self.decimals = table, lang, label, decimals
        self.rows: list[dict[str, str]] = []

    def say(self, parts: list[Part], key: Row | None = None, decimals: Decimals | None = None) -> None:
        """One claim made of `parts`, supported by the row `key` (default: of the first part)."""
        used = self.decimals if decimals is None else decimals
        texts = [sentence(name, row, self.lang, self.label, used) for name, row in parts]
        names = columns.TABLES[self.table].key
        support = {k: parts[0][1][k] for k in names} if key is None else dict(key)
        self.rows.append(
            {
                "claim": "/".join([self.table, parts[0][0], *(str(v) for v in support.values())]),
                "lang": self.lang,
                "template": "+".join(name for name, _ in parts),
                "text": tables.words(self.lang)["terms"]["sentence_space"].join(texts),
                "table": self.table,
                "key": json.dumps(support, ensure_ascii=False),
            }
        )

    def claims(self) -> pd.DataFrame:
        """What was said, in the order it was said."""
        return pd.DataFrame(self.rows, columns=list(columns.TABLES["claims"].all_columns), dtype="str")


def unit_of_measure(measure: str, lang: str, label: Label) -> str:
    """Unit of measure as it follows a number: set off by a space in English, but for %."""
    text = label(measure, lang)
    return text if lang == "zh" or text in ("", "%") else f" {text}"


def listed(names: Iterable[str], lang: str) -> str:
    """Names in one text."""
    return str(tables.words(lang)["terms"]["list_separator"]).join(names)


def counted(counts: Iterable[tuple[str, int]], lang: str) -> str:
    """Names with their counts in one text; counts of zero are left out."""
    form = tables.words(lang)["terms"]["count"]
    return listed((form.format(name=name, count=count) for name, count in counts if count), lang)


def only_cycle(frame: pd.DataFrame) -> str:
    """The one cycle of the rows, "" without rows; two cycles would be counted together."""
    found = sorted(set(frame["cycle"]))
    if len(found) > 1:
        raise ParamError(f"rows of cycles {found}: a sentence speaks of one; select it first")
    return "".join(found)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings of column to value."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
