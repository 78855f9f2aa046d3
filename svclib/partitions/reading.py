"""Some rows of the parts as arrays, and what is wrong with them."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from svclib.errors import DataError, Problem, nearest
from svclib.partitions.layout import NUMBERS, Layout, Part, Piece
from svclib.sources.cells import cell_text

_BATCH = 1 << 16
_SHOWN = 5


class Wrong(NamedTuple):
    """Cells of one column that are wrong in one way: how many, and the first of them."""

    column: str
    what: str
    remedy: str
    near: str
    part: Part
    row: int
    cells: int
    shown: tuple[str, ...]


class Batch(NamedTuple):
    """n rows.

    unit, subject : (n,), places in `units` and `names` of the layout, −1 where unknown
    x : (n, k), raw codes in the order of the form, NaN where unanswered
    weight, seconds : (n,)
    cluster : (n,) names, None where rows are the sampling units
    wrong : what is wrong, by column
    """

    unit: np.ndarray
    subject: np.ndarray
    x: np.ndarray
    weight: np.ndarray
    seconds: np.ndarray
    cluster: np.ndarray | None
    wrong: tuple[Wrong, ...]


def read(layout: Layout, pieces: Iterable[Piece]) -> Batch:
    """The rows of `pieces`, with everything wrong with them."""
    read = [_piece(layout, piece) for piece in pieces]
    if len(read) == 1:
        return read[0]
    unit, subject, x, weight, seconds = (np.concatenate(c) for c in zip(*(b[:5] for b in read), strict=True))
    clusters = [batch.cluster for batch in read if batch.cluster is not None]
    wrong = tuple(one for batch in read for one in batch.wrong)
    cluster = np.concatenate(clusters) if clusters else None
    return Batch(unit, subject, x, weight, seconds, cluster, wrong)


def problems(wrong: Iterable[Wrong]) -> list[Problem]:
    """One problem per column and kind of fault, with the place of the first cell."""
    found: dict[tuple[str, str], list[Wrong]] = {}
    for one in wrong:
        found.setdefault((one.column, one.what), []).append(one)
    return [_problem(parts) for parts in found.values()]


def _problem(parts: Sequence[Wrong]) -> Problem:
    first, count = parts[0], sum(one.cells for one in parts)
    path = Path(first.part.path)
    shown = list(dict.fromkeys(text for one in parts for text in one.shown))[:_SHOWN]
    cells = f"{count} cells {first.what}" if count > 1 else first.what
    file, place = f"{path.parent.name}/{path.name}", f"row {first.row + 1}"
    return Problem(file, place, first.column, f"{cells}: {', '.join(shown)}", first.remedy, first.near)


class _Notes:
    """What is wrong with the rows of one piece."""

    def __init__(self, piece: Piece, units: Sequence[str]) -> None:
        self.piece, self.units, self.wrong = piece, units, list[Wrong]()

    def note(self, bad: np.ndarray, column: str, what: str, remedy: str, cells: np.ndarray) -> None:
        """Note the rows that are `bad` (n,), with the first of their `cells` (n,)."""
        at = np.flatnonzero(bad)
        if len(at):
            shown = tuple(cell_text(cells[i]) or "(empty)" for i in at[:_SHOWN])
            near = nearest(shown[0], self.units) if column == "unit" else ""
            first = self.piece.start + int(at[0])
            self.wrong.append(Wrong(column, what, remedy, near, self.piece.part, first, len(at), shown))


def _piece(layout: Layout, piece: Piece) -> Batch:
    """Rows of one part."""
    table, notes = _rows(layout, piece), _Notes(piece, layout.units)
    units = {unit: k for k, unit in enumerate(layout.units)}
    names = {name: layout.names.index(own) for name, own in layout.subjects.items()}
    unit = _places(layout, table, "unit", units, notes)
    subject = np.zeros(piece.rows, dtype=np.int64)
    if "subject" in layout.columns:
        subject = _places(layout, table, "subject", names, notes)
    numbers = {name: _numbers(table, layout.columns[name]) for name in NUMBERS if name in layout.columns}
    weight = numbers.get("weight", np.ones(piece.rows))
    seconds = numbers.get("seconds", np.full(piece.rows, np.nan))
    light = ~(np.isfinite(weight) & (weight > 0))
    notes.note(light, "weight", "weight not above 0", "Give every row a weight above 0.", weight)
    notes.note(seconds < 0, "seconds", "time below 0", "Correct the times.", seconds)
    cluster = None
    if layout.clustered:
        cluster = _texts(table, layout.columns["cluster"])
        notes.note(cluster == "", "cluster", "empty", "Fill it in.", cluster)
    return Batch(unit, subject, _codes(layout, table, notes), weight, seconds, cluster, tuple(notes.wrong))


def _rows(layout: Layout, piece: Piece) -> pa.Table:
    """The rows of one piece, skipping the row groups before and after it."""
    with _opened(piece.part) as file:
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        ends = np.cumsum(sizes)
        stop = piece.start + piece.rows
        chosen = [i for i, end in enumerate(ends) if end > piece.start and end - sizes[i] < stop]
        at = int(ends[chosen[0]] - sizes[chosen[0]])
        held = []
        columns = list(dict.fromkeys(layout.columns.values()))
        for batch in file.iter_batches(_BATCH, row_groups=chosen, columns=columns):
            begin, end = max(piece.start - at, 0), min(stop - at, len(batch))
            held += [batch.slice(begin, end - begin)] if begin < end else []
            at += len(batch)
            if at >= stop:
                break
    return pa.Table.from_batches(held)


def _opened(part: Part) -> parquet.ParquetFile:
    """A part as it was when the layout was made; a worker may be on another machine."""
    path, host = Path(part.path), platform.node()
    try:
        file = parquet.ParquetFile(path)
    except OSError as error:
        raise DataError(
            f"{host} cannot read {path.name} in {path.parent} ({error}). Keep the parts on a disk in common "
            f"that every worker sees under this path, and run again"
        ) from error
    rows = file.metadata.num_rows
    if rows != part.rows:
        raise DataError(
            f"{path.name} in {path.parent} has {rows} rows as {host} sees it, {part.rows} where the command "
            f"began. Let nobody write there meanwhile, and have one disk in common for every worker"
        )
    return file


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    column = table.column(name)
    return column.cast(pa.float64()).to_numpy() if len(column) else np.zeros(0)


def _texts(table: pa.Table, name: str) -> np.ndarray:
    """Cells as stripped text, "" where empty, (n,) objects of which equal ones are the same."""
    coded, known = _coded(table, name)
    return np.array([*known, ""], dtype=object)[coded]


def _coded(table: pa.Table, name: str) -> tuple[np.ndarray, list[str]]:
    """Place of each cell among the distinct texts of a column, −1 where empty."""
    column = table.column(name)
    text = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    array = text.unify_dictionaries().combine_chunks()
    known = [cell_text(value) for value in array.dictionary.to_pylist()]
    return pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64), known


def _places(layout: Layout, table: pa.Table, column: str, known: dict[str, int], notes: _Notes) -> np.ndarray:
    coded, texts = _coded(table, layout.columns[column])
    recoded = layout.codes.get(column, {})
    texts = [recoded.get(text, text) for text in texts]
    place = np.array([*(known.get(text, -1) for text in texts), -1], dtype=np.int64)[coded]
    written = np.array([*texts, ""], dtype=object)
    for text in dict.fromkeys(written[coded[place < 0]]):
        what = f"unknown {column}" if text else "empty"
        remedy = "Add it to the units, or correct it." if column == "unit" else "Correct it."
        bad = (place < 0) & (written[coded] == text)
        notes.note(bad, column, what, remedy, written[coded])
    return place


def _codes(layout: Layout, table: pa.Table, notes: _Notes) -> np.ndarray:
    """Raw codes; missing codes are NaN, codes outside the scale as declared."""
    form, x = layout.form, np.empty((len(table), len(layout.form.items)))
    for j, item in enumerate(form.items):
        codes = _numbers(table, layout.columns[item])
        for code in layout.missing_codes[item]:
            codes = np.where(codes == code, np.nan, codes)
        outside = (codes < form.low[j]) | (codes > form.high[j])
        if layout.rules.out_of_range == "exclude":
            codes = np.where(outside, np.nan, codes)
        elif outside.any():
            what = f"outside {form.low[j]:g}-{form.high[j]:g}"
            remedy = "Correct them, or set screening.out_of_range: exclude."
            notes.note(outside, item, what, remedy, codes)
        x[:, j] = codes
    return x
