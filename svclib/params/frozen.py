"""The method of a cycle as it was frozen before the data: what is kept, where, and how it is read again.

A freeze holds hashes, not the method itself; it tells whether and where something changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

import svclib
from svclib.errors import Problem
from svclib.framework import views
from svclib.framework.scoring import Frozen
from svclib.params.content import digest, file_hash, plain
from svclib.params.settings import Settings

if TYPE_CHECKING:
    from svclib.params import Params

SUFFIX = ".freeze.json"
# Names, words and languages change no number; a unit under review is decided when the data are in.
NOT_METHOD = {"name", "cycle", "status", "title", "as_of", "languages", "pending"}
CHAIN = ("baseline", "same_period_last_year", "history")
# Data that belong to the method: what experts judged, and what was to be reached.
JUDGED = ("judgments", "targets")
# Modules that only show, run or hand on what others compute.
_SHOW = {"cli", "convert.py", "deliver", "fonts", "plots", "run", "tables", "wording", "words"}
_HASH_LENGTH = 16


class Method(Frozen):
    """What decides the numbers of a cycle apart from its data.

    parts : hash of each dimension, indicator and rule of the framework
    settings : what the params say that changes numbers
    inputs : hash of the judgements and targets that were there
    program : version of svclib, hash of the code that computes, hash of the lock
    """

    framework: str
    parts: dict[str, str]
    settings: dict[str, Any]
    inputs: dict[str, str]
    program: dict[str, str]
    notebooks: dict[str, str]


class Revision(Frozen):
    """The method as it was frozen on one day; `data_present` where data of the cycle were there already."""

    revision: int = Field(ge=1)
    day: dt.date
    data_present: bool
    method: Method


class Freeze(Frozen):
    """Every revision of a freeze; a later one keeps the earlier."""

    cycle: str
    revisions: tuple[Revision, ...] = Field(min_length=1)

    @property
    def standing(self) -> Revision:
        """The revision a cycle is held to: the last made before there were data, else the last."""
        before = [each for each in self.revisions if not each.data_present]
        return (before or self.revisions)[-1]


def path(params_file: Path, cycle: str) -> Path:
    """Where the freeze of a cycle stands: beside its params file."""
    return params_file.parent / f"{cycle}{SUFFIX}"


def read(params_file: Path, cycle: str) -> tuple[Freeze | None, list[Problem]]:
    """The freeze of a cycle, None where it was never frozen, and what is wrong with its file."""
    file = path(params_file, cycle)
    if not file.is_file():
        return None, []
    try:
        return Freeze.model_validate_json(file.read_text(encoding="utf-8"), strict=False), []
    except (ValidationError, UnicodeDecodeError):
        remedy = "Restore the file as `svclib freeze` wrote it, from a copy."
        return None, [Problem(file.name, "", "", "not a freeze that can be read", remedy)]


def method(params: Params) -> Method:
    """The method of a cycle as it is now."""
    numbers = views.numbers(params.framework)
    settings = {name: plain(getattr(params, name), base=None) for name in _settings()}
    given = {name: params.data[name] for name in JUDGED if name in params.data}
    return Method(
        framework=params.framework.number_hash(),
        parts=_parts(numbers),
        settings=json.loads(json.dumps(settings)),
        inputs={
            name: _short(digest(plain(source, base=None)) if source.path is None else file_hash(source.path))
            for name, source in given.items()
            if source.path is None or source.path.is_file()
        },
        program={"svclib": svclib.__version__, "code": _short(_code()), "lock": _short(_lock())},
        notebooks={
            file.name: _short(_cells(file)) for file in sorted(_home().glob("notebooks/[1-9]*.ipynb"))
        },
    )


def _settings() -> list[str]:
    names = (*Settings.model_fields, *CHAIN)
    return [name for name in names if name not in NOT_METHOD]


def _parts(numbers: dict[str, Any]) -> dict[str, str]:
    """Hashes of what the framework is made of, by name."""
    found = {key: value for key, value in numbers.items() if key != "dimensions"}
    for dimension in numbers["dimensions"]:
        found |= {indicator["name"]: indicator for indicator in dimension["indicators"]}
        found[dimension["name"]] = dimension | {"indicators": [i["name"] for i in dimension["indicators"]]}
    return {name: _short(digest(value)) for name, value in found.items()}


def _home() -> Path:
    return Path(svclib.__file__).resolve().parents[1]


@cache
def _code() -> str:
    """Hash of the modules that compute, and of the policy."""
    package = Path(svclib.__file__).resolve().parent
    files = [*package.rglob("*.py"), package / "policy.toml"]
    names = sorted(file.relative_to(package).as_posix() for file in files)
    total = hashlib.sha256()
    for name in names:
        if name.partition("/")[0] not in _SHOW:
            total.update(f"{name}\n".encode() + (package / name).read_bytes())
    return total.hexdigest()


def _lock() -> str:
    file = _home() / "requirements.lock"
    return file_hash(file) if file.is_file() else ""


def _cells(file: Path) -> str:
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return digest([[cell["cell_type"], "".join(cell["source"])] for cell in cells])


def _short(text: str) -> str:
    return text[:_HASH_LENGTH]
