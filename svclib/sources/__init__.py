"""Data files to typed frames, with every problem by row; nothing here writes to the data."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pandas as pd

from svclib import params as params_module
from svclib.columns import checked
from svclib.errors import InputErrors, Problem
from svclib.framework import Framework
from svclib.params import DataSource, Params
from svclib.params.statements import ordered
from svclib.sources import answers, corrections, files, presets, records, scope, sheets, tickets
from svclib.sources.answers import coded
from svclib.sources.catalog import SHEETS
from svclib.sources.cells import UnreadableError
from svclib.sources.drafting import draft_mapping
from svclib.sources.table import Table, Wanted, build, exclusions

__all__ = ["Inputs", "check", "coded", "draft_mapping", "examine", "read"]


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
    parents : unit, name, name_en, parent of the bodies listed that are not evaluated themselves
    handed_in : kpis, responses and exclusions before approved corrections; {} where none were made
    """

    units: pd.DataFrame
    responses: pd.DataFrame
    kpis: pd.DataFrame
    judgments: pd.DataFrame
    sheets: dict[str, pd.DataFrame]
    exclusions: pd.DataFrame
    hashes: dict[str, str]
    parents: pd.DataFrame = field(default_factory=partial(pd.DataFrame, columns=list(records.PARENTS)))
    handed_in: dict[str, pd.DataFrame] = field(default_factory=dict)


def read(params: Params) -> Inputs:
    """Read every data file of a cycle and apply the approved corrections.

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
    for path in _named(params):
        other, found = params_module.examine(path)
        if other is not None:
            found = [*found, *examine(other)[1], *_out_of_place(other, params, seen)]
            seen.add(other.cycle)
        problems += [p if p.file == path.name else replace(p, file=f"{path.name}: {p.file}") for p in found]
    return list(dict.fromkeys(problems))


def _named(params: Params) -> list[Path]:
    """Params files of the cycles that `params` names, and of those that the year before it names."""
    paths = [p for p in (params.baseline, *params.history, *params.cycles) if p is not None and p.is_file()]
    if params.kind == "annual" and params.baseline in paths:
        last = params_module.examine(paths[0])[0]
        paths += [p for p in (last.cycles if last else ()) if p.is_file()]
    return list(dict.fromkeys(paths))


def _out_of_place(earlier: Params, params: Params, seen: Set[str]) -> list[Problem]:
    """Why a cycle cannot be the baseline or the history of `params`."""
    file, found = earlier.file.name, []
    if earlier.cycle in seen:
        remedy = "Give each params file its own cycle."
        found.append(Problem(file, "", "cycle", f"cycle {earlier.cycle!r} is used twice", remedy))
    if params.kind == "regular" and earlier.kind != "regular":
        told = f"{params.file.name} names a cycle of kind {earlier.kind} as baseline or history"
        found.append(Problem(file, "", "kind", told, "Name a regular cycle: only these form a chain."))
    return found


def examine(params: Params) -> tuple[Inputs, list[Problem]]:
    """The frames, as far as they can be built, and everything wrong with the files."""
    found: dict[str, Table] = {}
    problems: list[Problem] = []
    for name in params.data:
        try:
            found[name] = _table(name, params)
        except UnreadableError as error:
            problems.append(error.problem)
    frames = _frames(found, params)
    lost = set(params.data) - set(found)  # what rests on them cannot be checked, and is not wrong for it
    answered = None if "responses" in lost else set(frames["responses"]["respondent"]) - {""}
    names = sheets.Names(tuple(frames["units"]["unit"]), params.framework, answered, params.period)
    given = {name: sheets.read(table, names) for name, table in found.items() if name in SHEETS}
    filled = {name: frame for name, frame in given.items() if len(frame)}
    out, before = exclusions(found.values()), dict[str, pd.DataFrame]()
    if "corrections" in filled and not lost & {"kpis", "responses"}:
        told = found["corrections"], filled["corrections"]
        before = {"kpis": frames["kpis"], "responses": frames["responses"], "exclusions": out}
        frames, out = _corrected(frames, out, corrections.apply(*told, frames["kpis"], frames["responses"]))
    hashes = {name: table.cells.sha256 for name, table in found.items()}
    problems += [p for table in found.values() for p in table.problems]
    problems += scope.problems(params, frames["units"])
    problems += scope.named(params, frames["units"], given.get("training"))
    return Inputs(**frames, sheets=filled, exclusions=out, hashes=hashes, handed_in=before), problems


def _corrected(
    frames: dict[str, pd.DataFrame], out: pd.DataFrame, made: corrections.Corrected
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    gone = made.left_out
    answers = frames["responses"]
    kept = answers[~answers["row"].isin(gone["row"])].reset_index(drop=True)
    told = pd.concat([f for f in (out, gone) if len(f)], ignore_index=True) if len(gone) else out
    return frames | {"kpis": made.kpis, "responses": kept}, checked("exclusions", told)


def _table(name: str, params: Params) -> Table:
    entry = params.data[name]
    if name in SHEETS:
        fields = SHEETS[name].fields
        need = [c for c, field in fields.items() if field.required]
        own = {c: field.zh for c, field in fields.items()}
        numbers = {c for c, field in fields.items() if field.kind in sheets.NUMBERS}
        wanted = Wanted(need, [c for c in fields if c not in need], own, numbers)
        cells = files.read(entry, name=name, headers_only=True)
        if name == "events" and entry.preset == "servicenow":
            _in_order(entry, cells.file)
            return _tickets(build(name, params.cycle, tickets.plain(cells, params.period), entry, wanted))
        if entry.preset is not None:
            told = f"preset {entry.preset} is not for {name}"
            raise UnreadableError(Problem(cells.file, "", "", told, "Remove preset."))
        return build(name, params.cycle, cells, entry, wanted)
    required, optional = {
        "units": (["unit"], [*records.UNITS[1:], "evaluated"]),
        "responses": answers.wanted(params.framework),
        "kpis": (["unit", "indicator"], ["cycle", *records.NUMBERS]),
        "judgments": (["expert", "a", "b", "value"], ["credibility", "parent"]),
    }[name]
    cells = presets.plain(files.read(entry, name=name), entry.preset, frozenset(entry.columns.values()))
    numbers = {"weight", "seconds", "credibility", "value", *records.NUMBERS}
    numbers |= {
        *params.framework.items,
        *params.framework.expectations,
        *answers.code_columns(params.framework),
    }
    return build(name, params.cycle, cells, entry, Wanted(required, optional, numbers=numbers))


def _in_order(entry: DataSource, file: str) -> None:
    """A log is read in its order, which a query must give."""
    if entry.sql is not None and not ordered(entry.sql):
        told = "the rows have no order, and of a ticket the last one counts"
        remedy = "End the query with ORDER BY, the latest row of a ticket last."
        raise UnreadableError(Problem(file, "", "sql", told, remedy))


def _tickets(table: Table) -> Table:
    """Tickets of a log; those of nobody are left out, with a note."""
    table.drop(table.text("unit") == "", "no_unit", lambda i: table.text("id").iloc[i])
    return table


def _frames(found: dict[str, Table], params: Params) -> dict[str, pd.DataFrame]:
    framework = params.framework
    frames = _empty(framework)
    if "units" in found:
        frames["units"], frames["parents"] = records.units(found["units"])
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
        "parents": records.PARENTS,
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
