"""The methods a run used: sections of docs/method.md that its tables point to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from svclib.columns import GLOSSARY, TABLES

_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
_TITLE = re.compile(r"^(#{2,3}) (.+)$", re.MULTILINE)
_NAMED = re.compile(r"`([a-z_]+)(?:\.[a-z0-9_]+)?`")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


class Section(NamedTuple):
    """A part of the text: its anchors, title, level of the title, and Markdown without these."""

    ids: tuple[str, ...]
    title: str
    level: int
    body: str

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Ids of the tables the section explains: (column, id), written as the anchor `column-id`."""
        pairs = (name.split("-", 1) for name in self.ids if "-" in name)
        return [(column, value) for column, value in pairs if column in GLOSSARY]

    @property
    def tables(self) -> set[str]:
        """Tables of the inventory that the section names."""
        return set(_NAMED.findall(self.body)) & set(TABLES)


def sections(text: str) -> list[Section]:
    """Sections of a text whose headings each stand below their anchors."""
    found = []
    for part in re.split(r"\n(?=<a id=)", text):
        title = _TITLE.search(part)
        if title:
            body = part[title.end() :].strip()
            found.append(Section(tuple(_ANCHOR.findall(part)), title[2], len(title[1]), body))
    return found


def occurring(tables: Mapping[str, pd.DataFrame], columns: Iterable[str]) -> set[tuple[str, str]]:
    """Pairs (column, id) in the cells of any table; a cell may hold several, joined by ";"."""
    wanted, found = set(columns), set()
    for frame in tables.values():
        for column in wanted & set(frame.columns):
            cells = ";".join(map(str, frame[column].unique())).split(";")
            found |= {(column, cell.partition(":")[0].strip()) for cell in cells}
    return found


def used(text: Sequence[Section], tables: Mapping[str, pd.DataFrame]) -> list[Section]:
    """The sections a run points to, with the chapter headings above them.

    A section that explains ids counts when one of them occurs in a cell; any other, when a
    table it names has rows.
    """
    present = occurring(tables, {column for part in text for column, _ in part.codes})
    filled = {name for name, frame in tables.items() if len(frame)}
    chosen: list[Section] = []
    chapter: Section | None = None
    for part in text:
        if part.level == 2:
            chapter = part
            continue
        if not (present & set(part.codes) if part.codes else filled & part.tables):
            continue
        chosen += [chapter] if chapter else []
        chosen.append(part)
        chapter = None
    return chosen


def linked(body: str, ids: set[str], tables: set[str], *, dictionary: str) -> str:
    """Markdown whose links lead to what is on the pages of the run; others become plain text."""

    def point(match: re.Match[str]) -> str:
        words, target = match.groups()
        file, _, anchor = target.partition("#")
        if re.fullmatch(r"(method(\.zh)?\.md)?", file) and anchor in ids:
            return f"[{words}](#{anchor})"
        if file == "tables.md" and anchor in tables:
            return f"[{words}]({dictionary}#{anchor})"
        return match.group(0) if "://" in target else words

    return _LINK.sub(point, body)
