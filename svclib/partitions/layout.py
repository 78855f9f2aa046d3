"""Which parts the answers of a cycle lie in, and how each row of them is read."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from svclib.errors import InputErrors, ParamError, Problem
from svclib.params import DataSource, Screening
from svclib.screening import Form
from svclib.sources import answers
from svclib.sources.cells import Cells
from svclib.sources.table import Wanted, build

if TYPE_CHECKING:
    from svclib.framework import Framework
    from svclib.params import Params

SLICE = 1 << 18  # rows read at a time: 30 items fill 63 MB
MOST = SLICE << 13  # rows whose whole sums cannot overflow, see `moments.exact`
BY_ROW = ("missing", "straight_line", "speed")  # rules that look at one row alone
_SUFFIX = ".parquet"
NUMBERS = ("weight", "seconds")
READ = ("unit", "subject", "cluster", *NUMBERS)


class Part(NamedTuple):
    """One file and how many rows it has."""

    path: str
    rows: int


class Piece(NamedTuple):
    """Some rows of one part, counted from 0."""

    part: Part
    start: int
    rows: int


@dataclass(frozen=True)
class Layout:
    """All that a worker needs to know to read some rows.

    Attributes
    ----------
    cycle : name of the cycle
    parts : files in the order their rows are numbered
    columns : name in the files by canonical column
    codes : what cells of a column stand for, by canonical column
    units : units that may occur, sorted
    subjects : name of each subject by the names it may be written as
    form : items in the order of the files
    missing_codes : codes read as no answer, by item
    asked : items each subject is asked
    scales : items of a dimension that a subject is asked, by (subject, dimension)
    rules : rules of the params file; those in `exclude` are applied
    clustered : whether clusters are the sampling units; otherwise every row is
    """

    cycle: str
    parts: tuple[Part, ...]
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]
    units: tuple[str, ...]
    subjects: Mapping[str, str]
    form: Form
    missing_codes: Mapping[str, tuple[float, ...]]
    asked: Mapping[str, frozenset[str]]
    scales: Mapping[tuple[str, str], tuple[str, ...]]
    rules: Screening
    clustered: bool

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def cells(self) -> pd.DataFrame:
        """Keys of every cell there may be, sorted: a unit and one of the subjects."""
        keys = [(unit, self.cycle, name) for unit in self.units for name in self.names]
        return pd.DataFrame(keys, columns=["unit", "cycle", "subject"])

    @property
    def names(self) -> tuple[str, ...]:
        """Subjects, sorted."""
        return tuple(sorted(set(self.subjects.values())))


def partitioned(source: DataSource) -> bool:
    """Whether a source is a folder of parts, or a pattern of their names."""
    path = source.path
    return path is not None and (path.is_dir() or (glob.has_magic(str(path)) and not path.is_file()))


def of(
    params: Params,
    units: Sequence[str],
    *,
    scales: Mapping[tuple[str, str], tuple[str, ...]],
) -> Layout:
    """Layout of the responses of a cycle.

    Parameters
    ----------
    params : a cycle whose responses are `partitioned`
    units : units that may occur
    scales : items of a dimension that a subject is asked, by (subject, dimension)

    Raises
    ------
    InputErrors
        Parts without a column, with text where numbers belong, or none at all.
    ParamError
        A rule that needs other rows than the one it judges, or a setting parts do not know.
    """
    source, framework = params.data["responses"], params.framework
    files = _files(source)
    first = parquet.read_schema(files[0])
    found = _columns(source, first, params)
    _refuse(source, params.screening, set(found))
    columns = {name: own for name, own in found.items() if name in {*READ, *framework.items}}
    form = Form.of(framework, _in_order(columns, first))
    opened = [_part(file, columns, form) for file in files]
    problems = [problem for _, of_part in opened for problem in of_part]
    if problems:
        raise InputErrors(problems)
    parts = tuple(part for part, _ in opened)
    rows = sum(part.rows for part in parts)
    if not 0 < rows <= MOST:
        raise ParamError(f"{source.path}: {rows} rows; give from 1 to {MOST}")
    return Layout(
        params.cycle,
        parts,
        columns,
        {c: of for c, of in source.values.items() if c in columns},  # noqa: PD011 - no frame
        tuple(sorted(units)),
        {name: name for name in framework.subjects} | {en: n for n, en in framework.subjects_en.items()},
        form,
        {item: i.missing_codes for i in framework.indicators for item in i.items},
        _asked(framework),
        scales,
        params.screening,
        clustered="cluster" in columns,
    )


def slices(layout: Layout, size: int = SLICE) -> Iterator[tuple[Piece, ...]]:
    """Runs of `size` rows over all parts: the same rows, however they are cut into files."""
    held: list[Piece] = []
    room = size
    for part in layout.parts:
        start = 0
        while start < part.rows:
            taken = min(room, part.rows - start)
            held.append(Piece(part, start, taken))
            start, room = start + taken, room - taken
            if not room:
                yield tuple(held)
                held, room = [], size
    if held:
        yield tuple(held)


def _refuse(source: DataSource, rules: Screening, columns: Set[str]) -> None:
    """Settings that parts do not know."""
    told = {"preset": source.preset, "sheet": source.sheet, "rows": source.rows}
    given = [name for name, value in told.items() if value]
    if given:
        raise ParamError(f"data.responses: {', '.join(given)} cannot be used with a folder of parts")
    if "stratum" in columns:
        raise ParamError("data.responses: strata are not known in a folder of parts; leave the column out")
    if "speed" in rules.exclude and "seconds" not in columns and {"started", "finished"} & columns:
        raise ParamError("screening.exclude: speed needs a column seconds in parts; times are not read there")
    beyond = [rule for rule in rules.exclude if rule not in BY_ROW]
    if beyond:
        raise ParamError(
            f"screening.exclude: {', '.join(beyond)} compares a row with others, which parts cannot; "
            f"exclude only {', '.join(BY_ROW)}, and remove copies before the parts are written"
        )


def _files(source: DataSource) -> list[Path]:
    """The parts in the order of their names."""
    path = Path(str(source.path))
    found = path.rglob(f"*{_SUFFIX}") if path.is_dir() else _matching(path)
    parts = sorted(file for file in found if file.is_file() and not file.name.startswith(("_", ".")))
    if not parts:
        remedy = "Name a folder of .parquet files, or a pattern such as answers/2026Q2-*.parquet."
        raise InputErrors([Problem(path.name, "", "", "no Parquet part is there", remedy)])
    return parts


def _matching(pattern: Path) -> Iterator[Path]:
    """Files whose path matches a pattern, in which ** stands for any folders."""
    fixed = len(list(takewhile(lambda name: not glob.has_magic(name), pattern.parts)))
    return Path(*pattern.parts[:fixed]).glob(str(Path(*pattern.parts[fixed:])))


def _columns(source: DataSource, schema: pa.Schema, params: Params) -> dict[str, str]:
    """Name in the files by canonical column, found as headers of any other file are."""
    named = tuple(schema.names)
    body = pd.DataFrame({i: pd.Series(dtype="str") for i in range(len(named))})
    cells = Cells(Path(str(source.path)).name, "", named, body, np.zeros(0, int), "", headed=False)
    required, optional = answers.wanted(params.framework)
    asked = [*required, *optional]
    bare = source.model_copy(update={"values": {}})
    table = build("responses", params.cycle, cells, bare, Wanted(asked[:1], asked[1:]))
    lacking = [
        Problem(cells.file, "", name, f"no column for {name}", "Add it, or map it under columns:.")
        for name in [*required, *params.framework.items]
        if name not in table.positions and name not in source.columns and name != asked[0]
    ]
    if table.problems or lacking:
        raise InputErrors([*table.problems, *lacking])
    return {column: named[at] for column, at in table.positions.items()}


def _in_order(columns: Mapping[str, str], schema: pa.Schema) -> list[str]:
    place = {name: i for i, name in enumerate(schema.names)}
    return sorted(columns, key=lambda column: place[columns[column]])


def _part(file: Path, columns: Mapping[str, str], form: Form) -> tuple[Part, list[Problem]]:
    """A part, and what is wrong with its columns."""
    label = f"{file.parent.name}/{file.name}"
    try:
        with parquet.ParquetFile(file) as opened:
            schema, rows = opened.schema_arrow, opened.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        problem = Problem(label, "", "", f"not a Parquet file: {error}", "Write it again.")
        return Part(str(file), 0), [problem]
    problems = []
    for column, name in columns.items():
        if name not in schema.names:
            problems.append(Problem(label, "", name, "no such column", "Write all parts alike."))
        elif column in (*form.items, *NUMBERS) and not _number(schema.field(name).type):
            found = f"cells of type {schema.field(name).type}"
            problems.append(Problem(label, "", name, found, "Write the codes as numbers."))
    return Part(str(file), rows), problems


def _number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind))


def _asked(framework: Framework) -> dict[str, frozenset[str]]:
    """Items each subject is asked."""
    return {
        subject: frozenset(item for i in framework.indicators if subject in i.subjects for item in i.items)
        for subject in framework.subjects
    }
