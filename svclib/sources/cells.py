"""Text cells of one source of data, and why a source cannot be turned into them.

Every cell is text, "" when empty, and keeps the row number a person sees.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter

from svclib.errors import DataError, Problem, nearest

_SHOWN = 12
# Texts that a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[-+]\d[\d.,]*(?:[eE][-+]?\d+)?%?")


@dataclass(frozen=True)
class Cells:
    """Text cells of one file or query: headers as written, one row per record.

    rows : row numbers, from 2 below a header row and from 1 where there is none
    origin : column each one has in the file (0 for A) where some of the file's are left out
    headed : whether the headers stand in a row of their own
    titles : what a column is called besides, by header (labels of SPSS variables)
    meanings : what the codes of a column stand for, by header (labels of SPSS values)
    """

    file: str
    sheet: str
    headers: tuple[str, ...]
    body: pd.DataFrame
    rows: np.ndarray
    sha256: str
    origin: tuple[int, ...] = ()
    headed: bool = True
    titles: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def letter(self, at: int) -> str:
        """The letter a person sees above column `at` in Excel."""
        return get_column_letter((self.origin[at] if self.origin else at) + 1)

    @property
    def head(self) -> str:
        """Where the headers stand, "" where they have no row."""
        return f"{self.sheet}!1:1" if self.sheet else "row 1" if self.headed else ""

    @property
    def offered(self) -> str:
        """The first columns as a message names them: `v3 (所在部门)`."""
        names = [f"{h} ({self.titles[h]})" if h in self.titles else h for h in self.headers[:_SHOWN]]
        return ", ".join(names)


class UnreadableError(DataError):
    """The source cannot be turned into cells; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def unreadable(file: str, found: str, remedy: str, near: str = "") -> UnreadableError:
    """Why a whole source cannot be read."""
    return UnreadableError(Problem(file, "", "", found, remedy, near))


def numbered(count: int, *, headed: bool) -> np.ndarray:
    """Row numbers (n,) of the records below a header row, or of a list without one."""
    return np.arange(count) + (2 if headed else 1)


def chosen(cells: Cells, wanted: Mapping[str, Sequence[str]]) -> Cells:
    """The rows that are meant: those with one of the values named in each column of `wanted`.

    A column and a value may be named by their labels where they have any.

    Raises
    ------
    UnreadableError
        A column that is not there, or values that no row has.
    """
    kept = np.ones(len(cells.body), dtype=bool)
    for column, values in wanted.items():
        header = next((h for h in cells.headers if cells.titles.get(h) == column), column)
        header = column if column in cells.headers else header
        if header not in cells.headers:
            near = nearest(column, cells.headers)
            raise unreadable(cells.file, f"no column {column!r}", "Correct rows: in the params.", near)
        codes = cells.body.iloc[:, cells.headers.index(header)].astype("str").str.strip()
        texts = labelled(codes, cells.meanings.get(header, {}))
        found = (codes.isin(list(values)) | texts.isin(list(values))).to_numpy()
        if not found.any():
            told = f"no row has {', '.join(values)} in column {column}"
            known = list(dict.fromkeys(texts))
            remedy = f"Correct rows: in the params. The column has {', '.join(known[:_SHOWN])}."
            raise unreadable(cells.file, told, remedy, nearest(values[0], known))
        kept &= found
    return replace(cells, body=cells.body[kept].reset_index(drop=True), rows=cells.rows[kept])


def labelled(codes: pd.Series, meanings: Mapping[str, str]) -> pd.Series:
    """Codes as what they stand for; a code without a label stays."""
    return codes.map({c: meanings.get(c, c) for c in codes.unique()}).astype("str") if meanings else codes


def inert(text: str) -> str:
    """Text of a CSV cell that a spreadsheet does not take for a formula: marked by ', as one types it.

    Numbers with a sign stay numbers.  A bare carriage return would end the line unquoted.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(FORMULA) and not _NUMBER.fullmatch(text) else text


def unmarked(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells of a CSV as they were before `inert`: a list of ours may be filled in and read again."""
    return frame.map(lambda text: text[1:] if text[:1] == "'" and inert(text[1:]) == text else text)


def cell_text(value: Any) -> str:
    """Text of a cell: whole numbers without a point, times as ISO, "" when empty."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return ""
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value).strip()
