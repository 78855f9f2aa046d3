"""Which answers to doubt, by which rule, and what leaving them out changes."""

from __future__ import annotations

from svclib.screening.compare import channels, interviewers
from svclib.screening.counts import (
    describe,
    effect,
    item_profile,
    keep,
    mark,
    profile,
    repeated,
    summary,
)
from svclib.screening.form import Form
from svclib.screening.measure import table
from svclib.screening.rules import INDEX_RULES, KNOWN, RULES, cuts, measures, screen

__all__ = [
    "INDEX_RULES",
    "KNOWN",
    "RULES",
    "Form",
    "channels",
    "cuts",
    "describe",
    "effect",
    "interviewers",
    "item_profile",
    "keep",
    "mark",
    "measures",
    "profile",
    "repeated",
    "screen",
    "summary",
    "table",
]
