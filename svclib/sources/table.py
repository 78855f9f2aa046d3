"""One file as a table of canonical columns, with typing and grouped problems."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import checked, empty
from svclib.errors import Problem, nearest
from svclib.params import DataSource, code_text
from svclib.sources import headers
from svclib.sources.cells import Cells, labelled

_FIRST = 5
_NAMES = 10
_SLIP = 0.75  # one wrong character in four
_MISSING = {"", "na", "n/a", "nan", "null", "none", "<na>"}


@dataclass
class Table:
    """Text columns under canonical names; `flag` turns bad cells into one problem."""

    source: str
    cycle: str
    cells: Cells
    frame: pd.DataFrame
    positions: dict[str, int]
    problems: list[Problem] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, int))

    def __contains__(self, column: str) -> bool:
        return column in self.frame

    def header(self, column: str) -> str:
        """The file's own name of a canonical column."""
        at = self.positions.get(column)
        return column if at is None else self.cells.headers[at]

    def text(self, column: str) -> pd.Series:
        """A text column, "" throughout when the file has none."""
        if column in self.frame:
            return self.frame[column]
        return pd.Series("", index=self.frame.index, dtype="str")

    def number(self, column: str, *, remedy: str = "Write a number.", missing: bool = True) -> np.ndarray:
        """A numeric column, NaN where empty; text in it becomes a problem.

        `missing` also reads NA, N/A, NaN, null and None as empty.
        """
        if column not in self.frame:
            return np.full(len(self.frame), np.nan)
        text = self.frame[column]
        values = pd.to_numeric(text, errors="coerce").to_numpy(float, copy=True)
        for i in np.flatnonzero(np.isnan(values) & (text != "").to_numpy()):
            values[i] = _lenient(text.iloc[i])
        void = _MISSING if missing else {""}
        blank = text.str.casefold().isin(list(void)).to_numpy()
        self.flag(~np.isfinite(values) & ~blank, column, "not a number", remedy)
        return np.where(np.isfinite(values), values, np.nan)

    def flag(self, bad: Any, column: str, what: str, remedy: str, near: str = "") -> bool:
        """One problem for all `bad` rows: places, count, first values. True when there are any."""
        at = np.flatnonzero(np.asarray(bad, bool))
        if not len(at):
            return False
        shown = [self.text(column).iloc[i] or "(empty)" for i in at[:_FIRST]] if column in self.frame else []
        count = f"{len(at)} cells " if len(at) > 1 else ""
        found = f"{count}{what}: {', '.join(shown)}" if shown else f"{count}{what}"
        found += ", …" if len(at) > _FIRST else ""
        self.problems.append(
            Problem(self.cells.file, self.place(at, column), self.header(column), found, remedy, near)
        )
        return True

    def place(self, at: Sequence[int] | np.ndarray, column: str) -> str:
        """`rows 14, 52` or, in a workbook, `Sheet1!C14, C52`."""
        numbers = [int(self.rows[i]) for i in at[:_FIRST]]
        more = ", …" if len(at) > _FIRST else ""
        if self.cells.sheet:
            letter = self.cells.letter(self.positions.get(column, 0))
            return f"{self.cells.sheet}!" + ", ".join(f"{letter}{n}" for n in numbers) + more
        return ("row " if len(numbers) == 1 else "rows ") + ", ".join(map(str, numbers)) + more

    def header_problem(self, column: str, found: str, remedy: str, near: str = "") -> None:
        """A problem of the header row."""
        self.problems.append(Problem(self.cells.file, self.cells.head, column, found, remedy, near))

    def known(self, column: str, valid: Sequence[str], remedy: str) -> None:
        """One problem per unknown name in a column."""
        text = self.text(column)
        self.flag(text == "", column, "empty", "Fill it in.")
        unknown = sorted(set(text) - {"", *valid})
        for name in unknown[:_NAMES]:
            self.flag(text == name, column, f"unknown {column}", remedy, nearest(name, valid))
        self.flag(text.isin(unknown[_NAMES:]), column, f"more unknown {column}", remedy)

    def drop(self, gone: Any, rule: str, detail: Callable[[int], str]) -> None:
        """Leave rows out, each with its reason in the exclusions."""
        gone = np.asarray(gone, bool)
        for i in map(int, np.flatnonzero(gone)):
            self.note(i, rule, detail(i), excluded=True)
        self.frame = self.frame[~gone].reset_index(drop=True)
        self.rows = self.rows[~gone]

    def note(
        self, i: int, rule: str, detail: str, *, excluded: bool, value: float = np.nan, cut: float = np.nan
    ) -> None:
        """A row of the exclusions table about row `i`."""
        who = "expert" if self.source == "judgments" else "respondent"
        self.dropped.append(
            {
                "cycle": self.cycle,
                "source": self.source,
                "row": int(self.rows[i]),
                "rule": rule,
                "respondent": self.text(who).iloc[i],
                "unit": self.text("unit").iloc[i],
                "excluded": excluded,
                "value": value,
                "cut": cut,
                "detail": detail,
            }
        )


def _lenient(text: str) -> float:
    try:
        return float(unicodedata.normalize("NFKC", text).strip())
    except ValueError:
        return np.nan


@dataclass(frozen=True)
class Wanted:
    """Columns a source uses.

    `own` gives headers that only this source accepts; codes of `numbers` are numbers, whatever
    labels they have.
    """

    required: Sequence[str]
    optional: Sequence[str]
    own: Mapping[str, str] = field(default_factory=dict)
    numbers: Container[str] = ()

    def names(self, column: str) -> tuple[str, ...]:
        """Every header accepted for a column, the source's own first."""
        own = (self.own[column],) if column in self.own else ()
        return (*own, *headers.names_of(column))

    def shown(self, column: str) -> str:
        """A column as named in a message: `unit (部门)`."""
        return f"{column} ({self.own[column]})" if column in self.own else headers.shown([column])


def build(source: str, cycle: str, cells: Cells, entry: DataSource, wanted: Wanted) -> Table:
    """Find the wanted columns, rename them, recode cells, leave blank rows out."""
    table = Table(source, cycle, cells, pd.DataFrame(index=cells.body.index), {}, rows=cells.rows)
    _locate(table, entry.columns, wanted)
    _complain(table, entry.columns, wanted)
    table.frame = _columns(table, entry.values, wanted.numbers)
    blank = (cells.body.apply(lambda column: column.str.strip()) == "").all(axis=1)
    table.drop(blank, "blank_row", lambda _: "")
    _recode(table, entry.values, set(entry.columns) - set(table.positions))
    _cycle(table)
    for column in wanted.optional:  # a column of a template that nobody filled in is not given
        known = column in headers.ALIASES or column in wanted.own
        if known and column in table and (table.text(column) == "").all():
            table.frame = table.frame.drop(columns=column)
    return table


def _columns(table: Table, values: Mapping[str, Mapping[str, str]], numbers: Container[str]) -> pd.DataFrame:
    """Text of the columns; a code that has a label is read as it, except of numbers and where recoded."""
    cells, found = table.cells, {}
    for column, at in table.positions.items():
        codes = cells.body.iloc[:, at].astype("str").str.strip()
        meanings = {} if column in numbers else cells.meanings.get(cells.headers[at], {})
        recoded = values.get(column, {})
        found[column] = labelled(codes, {c: text for c, text in meanings.items() if c not in recoded})
    return pd.DataFrame(found, index=cells.body.index)


def _locate(table: Table, mapping: Mapping[str, str], wanted: Wanted) -> None:
    """Columns by their headers, and those no header names by their titles."""
    written = table.cells.headers
    titles = [table.cells.titles.get(h, "") for h in written]
    for column in (*wanted.required, *wanted.optional):
        mapped = column in mapping
        accepted = {mapping[column].strip()} if mapped else {headers.plain(n) for n in wanted.names(column)}
        by_header, by_title = (
            [i for i, h in enumerate(names) if h and (h if mapped else headers.plain(h)) in accepted]
            for names in (written, titles)
        )
        at = by_header or by_title
        if len(at) > 1:
            found = f"{len(at)} columns for {column}: {', '.join(table.cells.headers[i] for i in at)}"
            table.header_problem(column, found, "Keep one, or name it under columns: in the params.")
        if at:
            table.positions[column] = at[0]


def _complain(table: Table, mapping: Mapping[str, str], wanted: Wanted) -> None:
    required, optional = wanted.required, wanted.optional
    shown = [table.cells.titles.get(h, h) for h in table.cells.headers]
    free = [h for i, h in enumerate(shown) if i not in table.positions.values()]
    for column, header in mapping.items():
        if column not in required and column not in optional:
            close = nearest(column, [*required, *optional])
            table.header_problem(
                column, f"columns: names {column!r}, which {table.source} does not use", "Remove it.", close
            )
        elif column not in table.positions:
            close = nearest(header, [*table.cells.headers, *shown])
            table.header_problem(column, f"no column {header!r}", "Correct columns: in the params.", close)
    lacking = [c for c in required if c not in table.positions and c not in mapping]
    for column in lacking:
        close = next((n for name in wanted.names(column) if (n := nearest(name, free))), "")
        remedy = f"Add it, or map it under columns:. The file has {table.cells.offered}."
        table.header_problem(column, f"no column {wanted.shown(column)}", remedy, close)
    known = {*headers.ALIASES, *wanted.own}
    absent = [c for c in optional if c in known and c not in table.positions]
    _misspelt(table, [n for column in absent for n in wanted.names(column) if len(n) > 3], free)


def _misspelt(table: Table, names: Sequence[str], free: Sequence[str]) -> None:
    """An optional column with a slip in its header would otherwise be ignored without a word."""
    for header in free:
        close = next(iter(get_close_matches(header, names, n=1, cutoff=_SLIP)), "")
        if close and abs(len(header) - len(close)) <= 1:
            remedy = "Correct its name, or give it a clearly different one."
            table.header_problem(header, "column is not used", remedy, close)


def _recode(table: Table, values: Mapping[str, Mapping[str, str]], lost: Container[str]) -> None:
    """Codes in place of cells; of `lost` columns it is told already that their header is not there."""
    for column, codes in values.items():
        if column in lost:
            continue
        if column not in table.frame:
            table.header_problem(
                column, f"values: names {column!r}, which is not a column here", "Remove it."
            )
            continue
        cells = table.frame[column]
        meaning = {cell: codes.get(cell, codes.get(_code(cell), cell)) for cell in cells.unique()}
        table.frame[column] = cells.map(meaning).astype("str")


def _code(cell: str) -> str:
    """A cell that holds a number, as codes are compared: 1.0 is 1."""
    value = _lenient(cell)
    return cell if np.isnan(value) else code_text(value)


def _cycle(table: Table) -> None:
    other = (table.text("cycle") != table.cycle) & (table.text("cycle") != "")
    table.flag(other, "cycle", f"rows of another cycle than {table.cycle}", "Keep one cycle per file.")


def exclusions(tables: Iterable[Table]) -> pd.DataFrame:
    """Everything left out while reading, as table "exclusions": one row per row and rule."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in (row for table in tables for row in table.dropped):
        kept = merged.setdefault((row["cycle"], row["source"], row["row"], row["rule"]), row)
        if kept is not row:
            kept["detail"] = f"{kept['detail']}; {row['detail']}"
    return checked("exclusions", pd.DataFrame(list(merged.values()))) if merged else empty("exclusions")
