"""What a column is: headers in both languages, type, null rule."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """Header in Chinese and English, storage type, and whether empty cells are allowed."""

    zh: str
    en: str
    dtype: str = "float"
    nullable: bool = True


def text(zh: str, en: str) -> Column:
    """A text, "" where it does not apply."""
    return Column(zh, en, "str", nullable=False)


def count(zh: str, en: str) -> Column:
    """A whole number."""
    return Column(zh, en, "int", nullable=False)


def flag(zh: str, en: str) -> Column:
    """Yes or no."""
    return Column(zh, en, "bool", nullable=False)
