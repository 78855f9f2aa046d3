"""Which answers to doubt, by which rule, and what leaving them out changes."""

from __future__ import annotations

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
from svclib.screening.rules import KNOWN, RULES, cuts, screen

__all__ = [
    "KNOWN",
    "RULES",
    "cuts",
    "describe",
    "effect",
    "item_profile",
    "keep",
    "mark",
    "profile",
    "repeated",
    "screen",
    "summary",
]
