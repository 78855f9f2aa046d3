"""Sentences and headline numbers as HTML blocks.  Nothing is computed here."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from svclib.tables.show import Shown
from svclib.tables.words import words


def listed(claims: pd.DataFrame) -> Shown:
    """Sentences of table "claims" as a list, in the order given."""
    texts = [str(t) for t in claims["text"]]
    items = "".join(f"<li>{html.escape(t)}</li>" for t in texts)
    return Shown(f'<ul class="claims">{items}</ul>' if texts else "", "\n".join(texts))


def heading(key: str, lang: str) -> Shown:
    """Heading of a section that is shown only where there is something to show."""
    text = str(words(lang)["headings"][key])
    return Shown(f"<h2>{html.escape(text)}</h2>", text)


def paragraph(text: str, kind: str = "") -> Shown:
    """One sentence as a block; `kind` is its CSS class."""
    return Shown(f'<p class="{html.escape(kind)}">{html.escape(text)}</p>', text)


class Card(NamedTuple):
    """A headline number: what it is, the value, and a line below."""

    title: str
    value: str
    note: str = ""


def cards(found: Sequence[Card]) -> Shown:
    """Headline numbers side by side."""
    body = "".join(
        f'<div class="card"><div class="label">{html.escape(c.title)}</div>'
        f'<div class="value{_size(c.value)}">{html.escape(c.value)}</div>'
        f'<div class="note">{html.escape(c.note)}</div></div>'
        for c in found
    )
    text = "\n".join(f"{c.title}: {c.value} {c.note}".rstrip() for c in found)
    return Shown(f'<div class="cards">{body}</div>', text)


def _size(value: str) -> str:
    """CSS class of a value too long for the large type."""
    return " text" if len(value) > 12 else ""


def masthead(title: str, line: str, parent: str = "") -> Shown:
    """Title of a report and the line under it, for a unit with the body it belongs to."""
    above = f' · <span class="parent">{html.escape(parent)}</span>' if parent else ""
    block = (
        f'<header class="masthead"><h1>{html.escape(title)}</h1><p>{html.escape(line)}{above}</p></header>'
    )
    return Shown(block, f"{title}\n{line}" + (f" · {parent}" if parent else ""))
