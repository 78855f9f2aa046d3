"""A workbook being read: its rows, its two documents, and its problems by cell."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from svclib.errors import Problem
from svclib.framework import yamlfile
from svclib.framework.yamlfile import Document, KeyPath

_YES = {"是": True, "否": False}


@dataclass
class Row:
    """Filled cells of one row by the key of their column, and where each stands."""

    number: int
    values: dict[tuple[str, ...], Any]
    cells: dict[tuple[str, ...], str]


@dataclass
class Book:
    """A workbook as documents: what the framework file and the params file would hold."""

    framework: Document
    params: Document
    has_units: bool = False
    problems: list[Problem] = field(default_factory=list)

    def note(self, place: str, name: str, found: str, remedy: str, near: str = "") -> None:
        """Note a problem of the workbook itself."""
        self.problems.append(Problem(self.framework.file, place, name, found, remedy, near))


def plain(value: Any) -> str:
    """Header as compared: width, case, spaces and underscores do not matter."""
    return unicodedata.normalize("NFKC", str(value)).casefold().replace(" ", "").replace("_", "")


def scalar(raw: Any) -> Any:
    """A number where the cell holds one, also as text or in full width; otherwise the text."""
    if isinstance(raw, bool) or (isinstance(raw, int | float) and not isinstance(raw, bool)):
        return int(raw) if isinstance(raw, float) and raw.is_integer() else raw
    narrow = unicodedata.normalize("NFKC", text(raw)).strip()
    if narrow in _YES:
        return _YES[narrow]
    value = yamlfile.plain(narrow)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text(raw)


def text(raw: Any) -> str:
    """A cell as text: days as 2026-06-30, whole numbers without a point."""
    if isinstance(raw, dt.datetime):
        return str(raw.date()) if raw.time() == dt.time() else raw.isoformat(sep=" ")
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw).strip()


def put(document: Document, path: KeyPath, value: Any, cell: str) -> None:
    """Set a value at a key path of a document and note its cell for it and everything inside."""
    at: Any = document.data
    for key in path[:-1]:
        inner = at.setdefault(key, {})
        at[key] = inner = {"path": inner} if isinstance(inner, str) else inner
        at = inner
    at[path[-1]] = value
    document.lines[path] = cell
