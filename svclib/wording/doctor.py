"""Findings of the doctor as lines to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib import tables


def line(check: str, level: str, facts: Mapping[str, Any], lang: str) -> str:
    """One finding: its level, what was found and, where it is not in order, what to do."""
    words: dict[str, Any] = tables.words(lang)["doctor"]
    return f"{words['level'][level]}  {words[level][check].format(**facts)}"


def sentence(name: str, lang: str, **facts: Any) -> str:
    """A heading or the closing line."""
    return str(tables.words(lang)["doctor"]["said"][name]).format(**facts)
