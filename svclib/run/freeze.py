"""Freeze the method of a cycle before its data exist, so that a report can say whether it changed."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from pathlib import Path

from svclib import params as params_module
from svclib.errors import ParamError
from svclib.params import Params
from svclib.params import frozen as freezing
from svclib.params.content import plain
from svclib.params.frozen import Freeze, Revision
from svclib.sources import files

# What is known before anything is measured; every other source is data of the cycle.
KNOWN_BEFORE = {"units", "targets", "judgments", "delphi", "keywords", "benchmarks", "actions", "collection"}


def freeze(params_file: str | Path, *, day: dt.date, force: bool = False) -> tuple[Path, Revision]:
    """Write `<cycle>.freeze.json` beside a params file: hashes of its method and framework as they are.

    Parameters
    ----------
    day : the day to be written in it
    force : add a revision to a freeze that is there already; the earlier ones stay

    Returns
    -------
    Its path, and the revision added.  `data_present` says whether data of the cycle were there.

    Raises
    ------
    InputErrors
        The params or the framework are wrong, or data that are there cannot be read.
    ParamError
        The cycle is no regular one, is frozen already, or `day` is before its last revision.
    """
    params = params_module.load(params_file)
    path = freezing.path(params.file, params.cycle)
    if params.kind != "regular":
        raise ParamError(f"{params.file.name}: kind is {params.kind}; only regular cycles are frozen")
    earlier = params.freeze.revisions if params.freeze else ()
    if earlier and not force:
        told = f"{path.name}: frozen on {earlier[-1].day} already"
        raise ParamError(f"{told}; --force adds a revision and keeps the earlier ones")
    if earlier and day < earlier[-1].day:
        raise ParamError(f"{path.name}: {day} is before the last revision, which is of {earlier[-1].day}")
    added = Revision(
        revision=len(earlier) + 1, day=day, data_present=bool(present(params)), method=freezing.method(params)
    )
    _write(path, Freeze(cycle=params.cycle, revisions=(*earlier, added)))
    return path, added


def present(params: Params) -> list[str]:
    """Sources of the cycle that hold data already: a template with headers alone does not."""
    found = []
    for name, source in params.data.items():
        if name in KNOWN_BEFORE or (source.path is not None and not source.path.exists()):
            continue
        if len(files.read(source, name=name, headers_only=True).body):
            found.append(name)
    return found


def _write(path: Path, content: Freeze) -> None:
    """All of it or nothing: a file that is cut off would be no freeze."""
    text = json.dumps(plain(content, base=None), ensure_ascii=False, sort_keys=True, indent=1)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(path)
