"""What the result of a step depends on, as hashes by kind and name: the key it is recorded under.

Kinds: `notebook` its cells, `code` the functions of svclib it reaches, `params` those it reads,
`data` the parts of the typed data it uses, `tables` those of earlier steps, `lock` the packages.
Data count by content after reading, so a workbook saved anew changes nothing; parameters and data
count only where the code of the step mentions them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from svclib.cycle import State
from svclib.params import Params
from svclib.run import manifest, stamp
from svclib.run.graph import Step
from svclib.run.reach import Reached, Sources
from svclib.sources import Inputs

Parts = dict[str, dict[str, str]]
# Shown in the languages asked for; a result in more languages serves as well.
_NO_PART = {"languages"}
_SHORT = 16


@dataclass(frozen=True)
class Basis:
    """What every step of a run is made from.

    cycles : parameters of the cycle and of every cycle it rests on, each with its framework
    contents : hash of each part of the typed data by its name, such as "2026Q2/kpis"
    files : hash of each data file or query before it was read, for steps that read them once more
    """

    cycles: Sequence[Params]
    contents: Mapping[str, str]
    files: Mapping[str, str]
    environment: Mapping[str, str]


def basis(cycles: Sequence[Params], state: State, files: Mapping[str, str]) -> Basis:
    """Hashes of everything read; see `Basis`."""
    return Basis(cycles, dict(_state("", state)), files, stamp.environment())


def of_step(step: Step, made_of: Basis, tables: Mapping[str, str], unit: str = "") -> Parts:
    """Parts of a notebook's key; `tables` holds the hash of each table file made so far."""
    known = {name: tables[name] for name in sorted(tables) if Path(name).stem in step.reads}
    own = {"cells": manifest.digest(stamp.cells(step.notebook))[:_SHORT]}
    parts = _parts(step.reached, step.used, made_of) | {"notebook": own, "tables": known}
    parts |= {"files": dict(made_of.files)} if step.rereads else {}
    return parts | ({"unit": {unit: unit}} if unit else {})


def of_export(roots: Sequence[str], sources: Sources, made_of: Basis, outputs: Mapping[str, str]) -> Parts:
    """Parts of the key of everything that is made from the tables and the executed notebooks."""
    reached = sources.reached(roots)
    languages = {"languages": ",".join(made_of.cycles[0].languages)}
    everything = {
        name: _digest(getattr(made_of.cycles[0], name)) for name in type(made_of.cycles[0]).model_fields
    }
    return _parts(reached, reached, made_of) | {
        "params": everything,
        "outputs": dict(outputs),
        "languages": languages,
    }


def _parts(reached: Reached, used: Reached, made_of: Basis) -> Parts:
    return {
        "code": reached.pieces,
        "params": dict(_params(made_of.cycles, used)),
        "data": {name: value for name, value in made_of.contents.items() if _mentioned(name, used)},
        "lock": dict(made_of.environment),
    }


def _params(cycles: Sequence[Params], used: Reached) -> Iterator[tuple[str, str]]:
    """Hash of each parameter that the code mentions, of every cycle."""
    for each in cycles:
        for name in sorted(type(each).model_fields.keys() - _NO_PART):
            if name in used.attributes:
                yield f"{each.cycle}/{name}", _digest(getattr(each, name))


def _mentioned(name: str, used: Reached) -> bool:
    """Whether code uses a part of the data: "cycle/field", or "cycle/sheets/name" by its name."""
    _, *path = name.split("/")
    return path[0] in used.attributes and all(each in used.strings for each in path[1:])


def _state(prefix: str, state: State) -> Iterator[tuple[str, str]]:
    """Hash of each part of the typed data; of the cycles of a year with the year before them."""
    for cycle, inputs in state.inputs.items():
        for field in dataclasses.fields(Inputs):
            value = getattr(inputs, field.name)
            if field.name == "sheets":
                for name, frame in value.items():
                    yield f"{prefix}{cycle}/sheets/{name}", _digest(frame)
            else:
                yield (
                    f"{prefix}{cycle}/{field.name}",
                    _digest(sorted(value) if _hashes(field.name) else value),
                )
    for name in ("rescored", "days", "spans", "measured", "baseline", "last_year"):
        yield f"{prefix}{state.cycle}/{name}", _digest(getattr(state, name))
    for part in (*state.parts, *([state.before] if state.before else [])):
        yield from _state(f"{prefix}{state.cycle}:", part)


def _hashes(field: str) -> bool:
    """Of the files of a cycle only their names are read."""
    return field == "hashes"


def _digest(value: Any) -> str:
    return manifest.digest(_plain(value))[:_SHORT]


def _plain(value: Any) -> Any:
    """`value` as JSON types; a frame is the hash of its content."""
    if isinstance(value, pd.DataFrame):
        return [manifest.frame_hash(value.reset_index()), [str(value.attrs)] if value.attrs else []]
    if isinstance(value, pd.Series):
        return _plain(value.to_frame(str(value.name)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dt.date | pd.Timestamp):
        return value.isoformat()
    return manifest.plain(value, base=None)
