"""Files to plain text cells: csv (UTF-8, BOM, UTF-16, GB18030), xlsx, parquet.

Every cell becomes text, "" when empty, and keeps the row number a person sees in Excel.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import math
import re
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from svclib.errors import DataError, Problem, nearest
from svclib.params import DataSource

SUFFIXES = (".csv", ".txt", ".xlsx", ".parquet")


@dataclass(frozen=True)
class Cells:
    """Text cells of one file: headers as written, one row per record, row numbers from 2.

    `origin` gives the column each one has in the file (0 for A) where some of the file's are left out.
    """

    file: str
    sheet: str
    headers: tuple[str, ...]
    body: pd.DataFrame
    rows: np.ndarray
    sha256: str
    origin: tuple[int, ...] = ()

    def letter(self, at: int) -> str:
        """The letter a person sees above column `at` in Excel."""
        return get_column_letter((self.origin[at] if self.origin else at) + 1)


class UnreadableError(DataError):
    """The file cannot be turned into cells; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def label(path: Path) -> str:
    """Folder and name: cycles often share the file name."""
    return f"{path.parent.name}/{path.name}"


def read(source: DataSource, *, headers_only: bool = False) -> Cells:
    """Cells of a file; raises UnreadableError with what is wrong.

    `headers_only` accepts a sheet that nobody has filled in yet.
    """
    path = source.path
    suffix = _suffix(path)
    if suffix not in SUFFIXES:
        raise _unreadable(
            path, f"files of type {suffix or 'none'} cannot be read", f"Use {', '.join(SUFFIXES)}."
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        beside = sorted(p.name for p in path.parent.glob("*.*")) if path.parent.is_dir() else []
        problem = f"cannot read {path}: {error.strerror}"
        raise _unreadable(path, problem, "Check the path.", nearest(path.name, beside)) from error
    if path.suffix.lower() == ".gz":
        content = _unpacked(path, content)
    if source.sheet is not None and suffix != ".xlsx":
        raise _unreadable(path, f"sheet {source.sheet!r} is given for a {suffix} file", "Remove sheet.")
    grid, sheet = _grid(path, content, source.sheet)
    if not len(grid):
        raise _unreadable(path, "the file is empty", "Put headers in the first row and data below.")
    headers = tuple(str(h).strip() for h in grid.iloc[0])
    body = grid.iloc[1:].reset_index(drop=True)
    if not len(body) and not headers_only:
        raise _unreadable(path, "there are headers but no rows", "Add the data below the headers.")
    kept = _chosen(source, headers, body)
    rows = np.arange(2, len(body) + 2)[kept]
    body = body[kept].reset_index(drop=True)
    return Cells(label(path), sheet, headers, body, rows, hashlib.sha256(content).hexdigest())


def _suffix(path: Path) -> str:
    """Type of a file, also where it is packed: .csv of events.csv.gz."""
    return Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()


def _unpacked(path: Path, content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise _unreadable(path, "not a gz file", "Pack it again, or give the file itself.") from error


def _chosen(source: DataSource, headers: tuple[str, ...], body: pd.DataFrame) -> np.ndarray:
    """Which rows of the file are meant: those with one of the values named in each column of `rows`."""
    kept = np.ones(len(body), dtype=bool)
    for column, values in source.rows.items():
        if column not in headers:
            near = nearest(column, headers)
            raise _unreadable(source.path, f"no column {column!r}", "Correct rows: in the params.", near)
        cells = body.iloc[:, headers.index(column)].astype("str").str.strip()
        chosen = cells.isin(values).to_numpy()
        if not chosen.any():
            told = f"no row has {', '.join(values)} in column {column}"
            known = list(dict.fromkeys(cells))
            remedy = f"Correct rows: in the params. The column has {', '.join(known[:12])}."
            raise _unreadable(source.path, told, remedy, nearest(values[0], known))
        kept &= chosen
    return kept


def _unreadable(path: Path, found: str, remedy: str, near: str = "") -> UnreadableError:
    return UnreadableError(Problem(label(path), "", "", found, remedy, near))


def _grid(path: Path, content: bytes, sheet: str | None) -> tuple[pd.DataFrame, str]:
    if _suffix(path) == ".xlsx":
        return _workbook(path, content, sheet)
    if _suffix(path) == ".parquet":
        return _parquet(path, content), ""
    return _delimited(path, content), ""


def _decoded(path: Path, content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable(path, "the text is neither UTF-8 nor GB18030", "Save it as CSV UTF-8.")


def _delimited(path: Path, content: bytes) -> pd.DataFrame:
    text = _decoded(path, content)
    if not text.strip():
        return pd.DataFrame()
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=delimiter, header=None, dtype=str, na_filter=False, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise _broken_row(path, str(error)) from error
    return frame.fillna("")


def _broken_row(path: Path, message: str) -> UnreadableError:
    counts = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if counts is None:
        return _unreadable(path, f"not a readable table: {message}", "Look for an unclosed quotation mark.")
    found = f"{counts[3]} cells where the header has {counts[1]}"
    remedy = 'Quote a text that holds a comma: "a, b".'
    return UnreadableError(Problem(label(path), f"row {counts[2]}", "", found, remedy))


def _parquet(path: Path, content: bytes) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise _unreadable(path, f"not a Parquet file: {error}", "Write it again.") from error
    body = [[cell_text(v) for v in row] for row in frame.itertuples(index=False)]
    return pd.DataFrame([[str(c) for c in frame.columns], *body], dtype=str)


def _workbook(path: Path, content: bytes, sheet: str | None) -> tuple[pd.DataFrame, str]:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and drop-down lists it does not keep; no cell value is affected.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise _unreadable(path, "not an xlsx workbook", "Save it as .xlsx.") from error
    names = [each.title for each in book.worksheets]
    name = names[0] if sheet is None else sheet
    if name not in names:
        remedy = f"The workbook has: {', '.join(names)}."
        raise _unreadable(path, f"no sheet {name!r}", remedy, nearest(name, names))
    page = book.worksheets[names.index(name)]
    page.reset_dimensions()  # survey platforms write a wrong size, which would hide cells
    rows = [[cell_text(v) for v in row] for row in page.iter_rows(values_only=True)]
    book.close()
    return _trimmed(rows), name


def _trimmed(rows: list[list[str]]) -> pd.DataFrame:
    """Rows of equal length without the empty rows and columns after the last cell."""
    last = max((i for i, row in enumerate(rows) if any(row)), default=-1)
    width = max((j + 1 for row in rows for j, cell in enumerate(row) if cell), default=0)
    full = [[*row[:width], *[""] * (width - len(row))] for row in rows[: last + 1]]
    return pd.DataFrame(full, dtype=str)


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
