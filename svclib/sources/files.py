"""Files and queries to plain text cells: csv (UTF-8, BOM, UTF-16, GB18030), xlsx, parquet, sav, sql."""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import re
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from svclib.errors import Problem, nearest
from svclib.params import DataSource
from svclib.sources import cells, databases, spss
from svclib.sources.cells import Cells, UnreadableError, cell_text
from svclib.workbook import archive

SUFFIXES = (".csv", ".txt", ".xlsx", ".parquet", ".sav")
_NO_ROWS = {
    ".sav": ("there are variables but no cases", "Save the file with its cases."),
    "": ("the query gives no rows", "Check its conditions, and that the table holds this cycle."),
}


def label(source: DataSource, name: str) -> str:
    """What messages call a source: folder and file, for cycles share file names, or `responses (sql)`."""
    return f"{name} (sql)" if source.path is None else _label(source.path)


def read(source: DataSource, *, name: str = "data", headers_only: bool = False) -> Cells:
    """Cells of source `name`; raises UnreadableError with what is wrong.

    `headers_only` accepts a sheet that nobody has filled in yet.
    """
    found = _cells(source, name)
    if not len(found.body) and not headers_only:
        kind = "" if source.path is None else _suffix(source.path)
        usual = "there are headers but no rows", "Add the data below the headers."
        raise cells.unreadable(found.file, *_NO_ROWS.get(kind, usual))
    return cells.chosen(found, source.rows)


def content_hash(source: DataSource, *, name: str = "data") -> str:
    """SHA-256 of the bytes of a file, or of the rows a query gives now.

    Raises
    ------
    UnreadableError
        There is no such file, or the query cannot be run.
    """
    if source.path is None:
        return _cells(source, name).sha256
    return hashlib.sha256(_bytes(source.path)).hexdigest()


def _cells(source: DataSource, name: str) -> Cells:
    if source.query is not None:
        return databases.read(*source.query, label(source, name))
    return _file(source.path or Path(), source.sheet)


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        beside = sorted(p.name for p in path.parent.glob("*.*")) if path.parent.is_dir() else []
        problem = f"cannot read {path}: {error.strerror}"
        raise _unreadable(path, problem, "Check the path.", nearest(path.name, beside)) from error


def _file(path: Path, page: str | None) -> Cells:
    suffix = _suffix(path)
    if path.is_dir() or (glob.has_magic(str(path)) and not path.is_file()):
        told = "a folder of parts cannot be read as one file"
        raise _unreadable(path, told, "Evaluate it by svclib reduce, or name one file.")
    if suffix not in SUFFIXES:
        raise _unreadable(
            path, f"files of type {suffix or 'none'} cannot be read", f"Use {', '.join(SUFFIXES)}."
        )
    content = _bytes(path)
    if path.suffix.lower() == ".gz":
        content = _unpacked(path, content)
    if page is not None and suffix != ".xlsx":
        raise _unreadable(path, f"sheet {page!r} is given for a {suffix} file", "Remove sheet.")
    if suffix == ".sav":
        return spss.read(_label(path), content)
    grid, sheet = _grid(path, content, page)
    if not len(grid):
        raise _unreadable(path, "the file is empty", "Put headers in the first row and data below.")
    headers = tuple(str(h).strip() for h in grid.iloc[0])
    body = grid.iloc[1:].reset_index(drop=True)
    rows = cells.numbered(len(body), headed=True)
    return Cells(_label(path), sheet, headers, body, rows, hashlib.sha256(content).hexdigest())


def _suffix(path: Path) -> str:
    """Type of a file, also where it is packed: .csv of events.csv.gz."""
    return Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()


def _unpacked(path: Path, content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise _unreadable(path, "not a gz file", "Pack it again, or give the file itself.") from error


def _unreadable(path: Path, found: str, remedy: str, near: str = "") -> UnreadableError:
    return cells.unreadable(_label(path), found, remedy, near)


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
    frame = frame.fillna("")
    return cells.unmarked(frame) if "'" in text else frame


def _broken_row(path: Path, message: str) -> UnreadableError:
    counts = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if counts is None:
        return _unreadable(path, f"not a readable table: {message}", "Look for an unclosed quotation mark.")
    found = f"{counts[3]} cells where the header has {counts[1]}"
    remedy = 'Quote a text that holds a comma: "a, b".'
    return UnreadableError(Problem(_label(path), f"row {counts[2]}", "", found, remedy))


def _parquet(path: Path, content: bytes) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise _unreadable(path, f"not a Parquet file: {error}", "Write it again.") from error
    body = [[cell_text(v) for v in row] for row in frame.itertuples(index=False)]
    return pd.DataFrame([[str(c) for c in frame.columns], *body], dtype=str)


def _workbook(path: Path, content: bytes, sheet: str | None) -> tuple[pd.DataFrame, str]:
    try:
        swollen = archive.swollen(content)
        if swollen:
            raise _unreadable(path, swollen, archive.REMEDY)
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
