"""What the next run of a cycle would do: each step done, stale, failed or never run, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from svclib import cycle, sources
from svclib import params as params_module
from svclib.errors import InputErrors, ParamError
from svclib.run import graph, keys, locking, manifest, publish, reach, resume
from svclib.run.graph import Step
from svclib.run.keys import Basis
from svclib.run.reach import Sources
from svclib.run.resume import Entry, Record

DONE, STALE, FAILED, NEVER = "done", "stale", "failed", "never run"
_SHOWN = 3  # names told of each kind of change


@dataclass(frozen=True)
class Known:
    """One step: what is known of it, and why it would run, in English."""

    label: str
    state: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cycle:
    """A cycle: the folder of its runs, the current one ("" for none), its steps, who runs it now."""

    home: Path
    current: str
    steps: tuple[Known, ...]
    running: str


@dataclass
class _Look:
    """What has been found of the steps before."""

    records: Sequence[Record]
    basis: Basis
    languages: Sequence[str]
    tables: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)


def of(where: Path, *, out: Path, notebooks: Path, as_of: dt.date | None = None) -> Cycle:
    """Steps of the cycle of a params file, or of the folder of its runs.

    Raises
    ------
    InputErrors
        Anything wrong with params, framework or data.
    ParamError
        A folder whose runs do not say what they were made from.
    """
    file, day = _named(where) if where.is_dir() else (where, as_of)
    problems = sources.check(file)
    if problems:
        raise InputErrors(problems)
    params = params_module.load(file, as_of=day)
    home = where.resolve() if where.is_dir() else publish.home(out, params)
    cycles = manifest.chain(params)
    made_of = keys.basis(cycles, cycle.load(params), manifest.input_hashes(cycles))
    steps = graph.build(notebooks, annual=params.kind == "annual", sources=Sources(reach.package()))
    look = _Look([Record(path) for path in publish.earlier(home)], made_of, params.languages)
    found = [known for step in steps for known in _step(step, look)]
    owner, now = locking.holder(home), publish.current(home)
    running = f"process {owner['pid']} has been running this cycle since {owner['since']}" if owner else ""
    return Cycle(home, now.name if now else "", tuple(found), running)


def homes(out: Path) -> list[Path]:
    """Folders of cycles below `out` in which something was run."""
    return sorted(path for path in out.glob("*/*") if path.is_dir() and publish.earlier(path))


def _named(folder: Path) -> tuple[Path, str | None]:
    """The params file a folder of runs was made from, and the day its data end."""
    for path in publish.earlier(folder):
        facts = Record(path).facts
        file = folder / facts.get("params_file", "")
        if file.is_file():
            return file.resolve(), facts.get("as_of") or None
    raise ParamError(f"{folder}: no run there tells its params file. Name the params file instead")


def _step(step: Step, look: _Look) -> list[Known]:
    """The step, or the pages of every unit it was run for."""
    labels = [step.name]
    if step.per_unit:
        begin = f"{step.name} "
        labels = sorted({each for r in look.records for each in r.entries if each.startswith(begin)})
    found = [_one(step, label, look) for label in labels or [step.name]]
    waits = [known for known in found if known.state != DONE]
    if waits:
        look.again[step.name] = waits[0].label
    return found


def _one(step: Step, label: str, look: _Look) -> Known:
    entry = next((r.entries[label] for r in look.records if label in r.entries), None)
    first = [f"{name} runs before it" for name in sorted(step.needs & look.again.keys())]
    if entry is None:
        return Known(label, NEVER)
    if first:
        return Known(label, FAILED if entry.failure else STALE, tuple(filter(None, [entry.failure, *first])))
    parts = keys.of_step(step, look.basis, look.tables, label[len(step.name) + 1 :])
    for record in look.records:
        if record.done(label, parts, look.languages):
            outputs = record.entries[label].outputs
            look.tables |= {n: h for n, h in outputs.items() if Path(n).parts[0] in manifest.TABLE_FOLDERS}
            return Known(label, DONE)
    why = _why(entry, resume.changed(entry, parts, look.languages))
    return Known(label, FAILED if entry.failure else STALE, why)


def _why(entry: Entry, changed: Sequence[tuple[str, list[str]]]) -> tuple[str, ...]:
    told = [_said(kind, names) for kind, names in changed]
    if entry.failure:
        return (entry.failure, *told)
    return tuple(told) or ("files that it wrote have been changed or deleted",)


def _said(kind: str, names: Sequence[str]) -> str:
    """One reason: what changed, and the first names of it."""
    shown = ", ".join(names[:_SHOWN]) + (f" +{len(names) - _SHOWN}" if len(names) > _SHOWN else "")
    said = {
        "notebook": "the notebook was edited",
        "code": f"code that it reaches changed: {shown}",
        "params": f"parameters changed: {shown}",
        "data": f"data changed: {shown}",
        "files": f"data files changed: {shown}",
        "tables": f"tables of earlier steps changed: {shown}",
        "lock": f"Python or its packages changed: {shown}",
        "languages": f"not shown yet in: {shown}",
    }
    return said[kind]
