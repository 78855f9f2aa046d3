"""Data files to typed frames, with every problem by row; nothing here writes to the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from svclib import params as params_module
from svclib.errors import InputErrors, Problem
from svclib.framework import Framework
from svclib.params import Params
from svclib.sources import answers, files, records
from svclib.sources.answers import coded
from svclib.sources.table import Table, build, exclusions

__all__ = ["Inputs", "check", "coded", "examine", "read"]


@dataclass(frozen=True)
class Inputs:
    """Typed frames of one cycle.

    units : unit, name, name_en, parent, group, head, replaces (units it succeeds), valid_from
    responses : cycle, source, row, respondent, unit, subject, channel, weight, stratum,
        cluster, seconds, started, finished, interviewer, segment, service_item, staff,
        comment, then one float column per item (raw codes,
        NaN when unanswered) and per column of stated choices
    kpis : cycle, row, unit, indicator, value, numerator, denominator, n, mean, sd, status
    judgments : expert, credibility, parent ("" for the dimensions), a, b, value
    sheets : one frame per sheet of the catalog that is given, columns row and its fields
    exclusions : table "exclusions" of everything left out while reading
    hashes : SHA-256 of each file by source name
    """

    units: pd.DataFrame
    responses: pd.DataFrame
    kpis: pd.DataFrame
    judgments: pd.DataFrame
    sheets: dict[str, pd.DataFrame]
    exclusions: pd.DataFrame
    hashes: dict[str, str]


def read(params: Params) -> Inputs:
    """Read every data file of a cycle.

    Raises
    ------
    InputErrors
        With every problem: file, row or cell, column, what was found, remedy.
    """
    inputs, problems = examine(params)
    if problems:
        raise InputErrors(problems)
    return inputs


def check(params_file: str | Path) -> list[Problem]:
    """Everything wrong with a cycle: params, framework, data, and the same of the cycles it names."""
    params, problems = params_module.examine(params_file)
    if params is None:
        return problems
    problems = [*problems, *examine(params)[1]]
    seen = {params.cycle}
    for path in dict.fromkeys(p for p in (params.baseline, *params.history) if p is not None):
        if not path.is_file():
            continue
        other, found = params_module.examine(path)
        found = [*found, *(examine(other)[1] if other is not None else ())]
        if other is not None and other.cycle in seen:
            remedy = "Give each params file its own cycle."
            found.append(Problem(path.name, "", "cycle", f"cycle {other.cycle!r} is used twice", remedy))
        seen |= {other.cycle} if other is not None else set()
        problems += [p if p.file == path.name else replace(p, file=f"{path.name}: {p.file}") for p in found]
    return list(dict.fromkeys(problems))


def examine(params: Params) -> tuple[Inputs, list[Problem]]:
    """The frames, as far as they can be built, and everything wrong with the files."""
    found: dict[str, Table] = {}
    problems: list[Problem] = []
    for name in params.data:
        try:
            found[name] = _table(name, params)
        except files.UnreadableError as error:
            problems.append(error.problem)
    frames = _frames(found, params)
    hashes = {name: table.cells.sha256 for name, table in found.items()}
    problems += [p for table in found.values() for p in table.problems]
    return Inputs(**frames, sheets={}, exclusions=exclusions(found.values()), hashes=hashes), problems


def _table(name: str, params: Params) -> Table:
    entry = params.data[name]
    required, optional = {
        "units": (["unit"], list(records.UNITS[1:])),
        "responses": answers.wanted(params.framework),
        "kpis": (["unit", "indicator"], ["cycle", *records.NUMBERS]),
        "judgments": (["expert", "a", "b", "value"], ["credibility", "parent"]),
    }[name]
    return build(name, params.cycle, files.read(entry), entry, required, optional)


def _frames(found: dict[str, Table], params: Params) -> dict[str, pd.DataFrame]:
    framework = params.framework
    frames = _empty(framework)
    if "units" in found:
        frames["units"] = records.units(found["units"])
    names: Sequence[str] = tuple(frames["units"]["unit"])
    if "responses" in found:
        frames["responses"] = answers.responses(found["responses"], params, names)
    names = names or sorted(set(frames["responses"]["unit"]) - {""})
    if "kpis" in found:
        frames["kpis"] = records.kpis(found["kpis"], framework, names)
    if "judgments" in found:
        frames["judgments"] = records.judgments(found["judgments"], framework)
    if "units" not in found:
        names = names or sorted(set(frames["kpis"]["unit"]) - {""})
        bare = pd.Series(list(names), dtype="str")
        frames["units"] = pd.DataFrame(
            {c: bare if c in ("unit", "name") else "" for c in records.UNITS}
        ).astype("str")
    return frames


def _empty(framework: Framework) -> dict[str, pd.DataFrame]:
    texts = {
        "cycle",
        "source",
        "indicator",
        "status",
        "expert",
        "parent",
        "a",
        "b",
        *answers.TEXTS,
        *records.UNITS,
    }
    columns = {
        "units": records.UNITS,
        "responses": answers.columns(framework),
        "kpis": records.KPIS,
        "judgments": records.JUDGMENTS,
    }
    return {
        name: pd.DataFrame({c: pd.Series(dtype=_dtype(c, texts)) for c in wanted})
        for name, wanted in columns.items()
    }


def _dtype(column: str, texts: set[str]) -> str:
    return "int64" if column == "row" else "str" if column in texts else "float64"
