"""Parameters of one evaluation cycle: which data, which framework, which rules.

Paths resolve against the params file; `${NAME}` in a path is an environment variable.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from svclib import framework as frameworks
from svclib import workbook
from svclib.errors import InputErrors, Problem, nearest
from svclib.framework import Framework, schema, yamlfile
from svclib.framework.measures import COUNTED
from svclib.framework.yamlfile import Document, KeyPath
from svclib.params import books, comparing, frozen, kinds
from svclib.params.settings import (
    DATA_NAMES,
    Annual,
    DataFiles,
    DataSource,
    ParamsFile,
    Period,
    Screening,
    Settings,
    code_text,
)
from svclib.workbook.layout import UNITS

__all__ = [
    "BOOK",
    "DATA_NAMES",
    "DataSource",
    "Params",
    "Period",
    "Screening",
    "code_text",
    "examine",
    "find",
    "json_schema",
    "load",
    "path_of",
]

BOOK = ".xlsx"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


class Params(Settings):
    """Parameters ready to use: paths absolute, framework loaded."""

    file: Path
    framework: Framework
    baseline: Path | None = None
    same_period_last_year: Path | None = None
    history: tuple[Path, ...] = ()
    annual: Annual | None = None
    cycles: tuple[Path, ...] = ()
    data: dict[str, DataSource]
    unasked: frozenset[str] = frozenset()  # ratings of the framework that this cycle did not ask alike
    freeze: frozen.Freeze | None = None  # the method as it was frozen, where it was

    @property
    def today(self) -> dt.date | None:
        """The day overdue and targets in force are judged on: `as_of`, else the last of the period."""
        return kinds.last_day(self)


def load(path: str | Path, *, strict: bool = True, as_of: dt.date | str | None = None) -> Params:
    """Read a params file and its framework; the data need not exist.

    Parameters
    ----------
    path : str or Path
        A relative path is looked up from the working directory and its parents.
    strict : bool
        Also require that the params files of the baseline and the history exist.
    as_of : date or its text, optional
        Evaluate a partial period up to this day; the result is a draft.

    Raises
    ------
    InputErrors
        With every problem of the params file and of its framework.
    ParamError
        `as_of` is not a day of the period.
    """
    params, problems = examine(path, strict=strict)
    if params is None or problems:
        raise InputErrors(problems)
    return kinds.partial(params, as_of) if as_of else params


def find(path: str | Path) -> Path:
    """Absolute path of a params file, looked up from the working directory and its parents."""
    wanted = Path(path).expanduser()
    here = Path.cwd()
    tries = [folder / wanted for folder in (here, *here.parents)]
    return next((t for t in tries if t.is_file()), here / wanted).resolve()


def path_of(folder: Path, text: str) -> Path:
    """The path that `text` means in a params file in `folder`; unknown variables stay as written."""
    full = _VARIABLE.sub(lambda m: os.environ.get(m[1], m[0]), text)
    return Path(os.path.normpath(folder / Path(full).expanduser()))


def examine(path: str | Path, *, strict: bool = True) -> tuple[Params | None, list[Problem]]:
    """The parameters, as far as they are usable, and everything wrong with them.

    Wrong optional settings stand at their defaults, so that the data can be checked too.
    """
    file = find(path)
    doc = workbook.read(file).params if file.suffix.lower() == BOOK else yamlfile.read(file)
    if doc.data is None:
        return None, doc.problems
    written, _ = yamlfile.validate(doc, ParamsFile)
    if not isinstance(written, ParamsFile):
        return None, doc.problems
    paths = _Paths(doc, file.parent, strict=strict)
    framework, troubles = _framework(paths, written.framework)
    resolved: dict[str, Any] = {
        "file": file,
        "framework": framework,
        "baseline": paths.sibling(("baseline",), written.baseline, file) if written.baseline else None,
        "same_period_last_year": _last_year(paths, written),
        "history": tuple(paths.sibling(("history", i), p, file) for i, p in enumerate(written.history)),
        "annual": written.annual,
        "cycles": _cycles(paths, written, file),
        "data": _with_units(paths, written, file),
        "standardise": comparing.read(written.standardise, doc, paths.resolve),
    }
    kinds.check(written, framework, doc)
    if framework is not None and written.kind != "annual":
        _needs(framework, resolved["data"], doc)
        _dated(framework, written, doc)
    resolved["freeze"], unreadable = frozen.read(file, written.cycle)
    problems = list(dict.fromkeys([*doc.problems, *troubles, *unreadable]))
    if framework is None:
        return None, problems
    settings = {name: getattr(written, name) for name in Settings.model_fields}
    return Params.model_construct(**settings | resolved), problems


def json_schema() -> dict[str, Any]:
    """JSON Schema of a params file."""
    out = schema.finished(ParamsFile.model_json_schema(by_alias=True), "Params file")
    files = out["$defs"]["DataFiles"]["properties"]
    for entry in files.values():
        entry["anyOf"].append({"type": "string"})
    out["properties"]["title"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Title"}]}
    return out


class _Paths:
    """Resolves paths of one params file and notes what is wrong with them."""

    def __init__(self, doc: Document, folder: Path, *, strict: bool) -> None:
        self.doc = doc
        self.folder = folder
        self.strict = strict

    def resolve(self, key: KeyPath, text: str) -> Path:
        for name in _VARIABLE.findall(text):
            if name not in os.environ:
                found = f"environment variable {name!r} is not set"
                self.doc.add(key, found, "Set it to the folder of the data.", nearest(name, os.environ))
        return path_of(self.folder, text)

    def sibling(self, key: KeyPath, text: str, own: Path) -> Path:
        path = self.resolve(key, text)
        if path == own:
            self.doc.add(key, "the cycle names itself", "Name the params file of an earlier cycle.")
        elif self.strict and not path.is_file():
            beside = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
            self.doc.add(key, f"no file {text!r}", "Name an existing params file.", nearest(text, beside))
        return path

    def sources(self, files: DataFiles) -> dict[str, DataSource]:
        """Sources of their own, and the sheets of the workbook for those without."""
        given = {name: getattr(files, name) for name in DATA_NAMES}
        own = {
            name: entry.model_copy(update={"path": self.resolve(("data", name), str(entry.path))})
            if entry.path is not None
            else entry
            for name, entry in given.items()
            if entry is not None
        }
        if files.workbook is None:
            return own
        return books.sources(self.resolve(books.KEY, str(files.workbook)), self.doc) | own


def _framework(paths: _Paths, text: str) -> tuple[Framework | None, list[Problem]]:
    path = paths.resolve(("framework",), text)
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        paths.doc.add(
            ("framework",), f"no file {text!r}", "Name an existing framework.", nearest(text, beside)
        )
        return None, []
    doc = workbook.read(path).framework if path.suffix.lower() == BOOK else yamlfile.read(path)
    return frameworks.examine(doc)


def _with_units(paths: _Paths, written: ParamsFile, file: Path) -> dict[str, DataSource]:
    """The units of a workbook stand in its own sheet unless the data name another file."""
    data = paths.sources(written.data)
    if written.data.units or file.suffix.lower() != BOOK or not workbook.read(file).has_units:
        return data
    if "units" in data:
        found = f"units stand in sheet {UNITS} of {Path(str(written.data.workbook)).name} and of {file.name}"
        paths.doc.add(books.KEY, found, "Clear one of the two below its headers.")
    return {**data, "units": DataSource(path=file, sheet=UNITS)}


def _last_year(paths: _Paths, written: ParamsFile) -> Path | None:
    """The cycle of 同比, which must be among those read."""
    key, name = ("same_period_last_year",), written.same_period_last_year
    if not name:
        return None
    path, read = paths.resolve(key, name), [written.baseline, *written.history]
    if path not in [paths.resolve(key, other) for other in read if other]:
        remedy = "Name it in history too: only cycles that are read can be compared."
        told = f"{name!r} is neither the baseline nor in history"
        paths.doc.add(key, told, remedy, nearest(name, [r for r in read if r]))
    return path


def _cycles(paths: _Paths, written: ParamsFile, file: Path) -> tuple[Path, ...]:
    named = written.annual.cycles if written.annual else ()
    return tuple(paths.sibling(("annual", "from", i), text, file) for i, text in enumerate(named))


# Without any of these, experts design a framework that nothing has been measured by yet.
_BASIC = {"units", "responses", "kpis"}


def _needs(framework: Framework, data: Mapping[str, DataSource], doc: Document) -> None:
    """What the framework uses must be among the data."""
    used: set[str] = set()
    if _BASIC & set(data):
        used = {i.source for i in framework.indicators} - {"indicator"}
        used |= {"exposure" for i in framework.indicators if i.exposure}
    used |= {"judgments" for rule in framework.methods if rule.method == "ahp"}
    used |= {"responses" for rule in framework.methods if rule.method == "stated"}
    for name in sorted(used - set(data)):
        doc.add(("data",), f"the framework needs {name}, which data does not name", f"Add {name}: path.")


def _dated(framework: Framework, written: ParamsFile, doc: Document) -> None:
    """Which events are of the cycle is known by its period."""
    counted = [i.name for i in framework.indicators if i.source in (*COUNTED, "indicator")]
    if counted and written.period is None and written.scope is None:
        found = f"{counted[0]} is counted by day, and the cycle has no period"
        doc.add(("period",), found, "Add period: {start, end}.")
