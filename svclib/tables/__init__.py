"""Result frames as golden text and as translated tables.  Nothing is computed here.

Results are stored unrounded; every printed number passes through `fmt`.
"""

from svclib.tables.listing import Card, cards, heading, listed, masthead, paragraph
from svclib.tables.marked import marked, problems, together
from svclib.tables.numbers import (
    DASH,
    Decimals,
    fmt,
    fmt_all,
    interval,
    odds,
    p_text,
    percent,
    ratio,
    short,
    short_percent,
    signed,
)
from svclib.tables.references import with_references
from svclib.tables.review import Block, blocks, recomputed
from svclib.tables.show import Shown, Text, golden, grid, matrix, of_year, show, text_width
from svclib.tables.words import DECIMALS, Label, cell, code, words

__all__ = [
    "DASH",
    "DECIMALS",
    "Block",
    "Card",
    "Decimals",
    "Label",
    "Shown",
    "Text",
    "blocks",
    "cards",
    "cell",
    "code",
    "fmt",
    "fmt_all",
    "golden",
    "grid",
    "heading",
    "interval",
    "listed",
    "marked",
    "masthead",
    "matrix",
    "odds",
    "of_year",
    "p_text",
    "paragraph",
    "percent",
    "problems",
    "ratio",
    "recomputed",
    "short",
    "short_percent",
    "show",
    "signed",
    "text_width",
    "together",
    "with_references",
    "words",
]
