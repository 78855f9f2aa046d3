"""Execute the steps of a run: each as soon as those it needs are done, and only where anything changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from svclib.columns import TABLES
from svclib.cycle import State
from svclib.errors import DataError
from svclib.params import Params
from svclib.run import execute, export, keys, resume
from svclib.run.execute import Outcome, Task
from svclib.run.graph import GRADES, Step
from svclib.run.resume import Entry, Record

NOTEBOOKS = "notebooks"


@dataclass
class Job:
    """What the parts of one run share.

    state : the typed data, read once for every notebook
    record : what is done in the staging folder
    others : records of earlier runs, whose steps are taken over where nothing changed
    names : file name of each unit that has pages
    """

    params: Params
    state: State
    staged: Path
    basis: keys.Basis
    record: Record
    others: Sequence[Record]
    pool: Callable[[], Any]
    say: Callable[[str], None]
    names: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    planned: int = 0
    labels: list[str] = field(default_factory=list)
    failed: dict[str, Outcome] = field(default_factory=dict)


def run(job: Job, steps: Sequence[Step]) -> None:
    """Bring every step up to date; those that need a failed one are left out, all others run."""
    waiting, lost = list(steps), dict[str, str]()
    job.planned = len(steps)
    while waiting:
        ready = [step for step in waiting if not step.needs & {each.name for each in waiting}]
        waiting = [step for step in waiting if step not in ready]
        for step in ready:
            missing = sorted(step.needs & lost.keys())
            if missing:
                lost[step.name] = missing[0]
                job.say(f"{step.name}: left out, because {missing[0]} failed")
        able = [step for step in ready if step.name not in lost]
        _wave(job, able)
        lost |= {step.name: step.name for step in able if _fails(job, step)}


def _fails(job: Job, step: Step) -> bool:
    return any(label == step.name or label.startswith(f"{step.name} ") for label in job.failed)


def _wave(job: Job, steps: Sequence[Step]) -> None:
    """Steps that do not need each other: what is done is kept, the rest executed side by side."""
    tables = job.record.tables()
    made_of: dict[str, tuple[Step, keys.Parts]] = {}
    todo: list[Task] = []
    for step in steps:
        for unit in _units(job) if step.per_unit else [""]:
            task, parts = _task(job, step, unit), keys.of_step(step, job.basis, tables, unit)
            made_of[task.label] = step, parts
            if not _kept(job, task.label, parts):
                todo.append(task)
    job.planned += sum(len(_units(job)) - 1 for step in steps if step.per_unit)
    job.labels += made_of
    _say_kept(job, [label for label in made_of if label not in {task.label for task in todo}])
    for task in todo:
        job.record.forget(task.label)
    before, known = _files(job.staged), set[str]()
    for outcome in execute.execute_all(job.pool(), todo) if todo else ():
        label = outcome.task.label
        _tell(job, outcome)
        others = [step for name, (step, _) in made_of.items() if name != label]
        names = {} if outcome.failure else _written(job, outcome.task, before, known, others)
        known |= names.keys()
        entry = Entry(
            made_of[label][1], job.params.languages, names, round(outcome.seconds, 2), outcome.failure
        )
        job.record.put(label, entry)


def _kept(job: Job, label: str, parts: keys.Parts) -> bool:
    """Whether a step needs not run: done here, or taken over from an earlier run."""
    languages = job.params.languages
    if job.record.done(label, parts, languages):
        return True
    found = next((other for other in job.others if other.done(label, parts, languages)), None)
    if found is not None:
        job.record.adopt(label, found.entries[label], found.folder)
    return found is not None


def _say_kept(job: Job, labels: Sequence[str]) -> None:
    for label in labels:
        job.seconds[label] = job.record.entries[label].seconds
        job.say(f"[{len(job.seconds)}/{job.planned}] {label}  unchanged")


def _tell(job: Job, outcome: Outcome) -> None:
    job.seconds[outcome.task.label] = round(outcome.seconds, 2)
    state = "FAILED" if outcome.failure else "ok"
    done = f"[{len(job.seconds)}/{job.planned}]"
    job.say(f"{done} {outcome.task.label}  {state}  {outcome.seconds:.1f} s")
    if outcome.failure:
        job.failed[outcome.task.label] = outcome


def _written(
    job: Job, task: Task, before: Mapping[str, Any], known: set[str], others: Sequence[Step]
) -> dict[str, str]:
    """Hash of each file a step wrote: those new since `before` that belong to no step beside it."""
    theirs = {name for name, table in TABLES.items() if any(table.step in step.makes for step in others)}
    now = _files(job.staged)
    fresh = {name for name, stat in now.items() if before.get(name) != stat} - known
    mine = {name for name in fresh if not (name.endswith(".parquet") and Path(name).stem in theirs)}
    return resume.hashes(job.staged, {*mine, task.output.relative_to(job.staged).as_posix()})


def _files(folder: Path) -> dict[str, tuple[int, int, int]]:
    """State of every file but the executed notebooks and the record, to see which are written anew."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith((".", f"{NOTEBOOKS}/", resume.NAME)):
            stat = path.stat()
            found[name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def _task(job: Job, step: Step, unit: str) -> Task:
    """A notebook is executed once and shows every language; export keeps one per page."""
    file = job.params.file
    as_of = str(job.params.as_of or "")
    own = {"language": ",".join(job.params.languages), "as_of": as_of, **({"unit": unit} if unit else {})}
    output = Path("units", f"{job.names[unit]}.ipynb") if unit else Path(step.notebook.name)
    return Task(
        label=" ".join(filter(None, [step.name, unit])),
        notebook=step.notebook,
        output=job.staged / NOTEBOOKS / output,
        parameters={"params_file": str(file), "run_dir": str(job.staged), **own},
        archived={"params_file": relative(file), "run_dir": "", **own},
    )


def _units(job: Job) -> list[str]:
    """The units of this cycle, as graded by the run."""
    table = job.staged / "tables" / f"{GRADES}.parquet"
    if not table.is_file():
        raise DataError(f"{table.name}: no step saved the table 'grades', so the units are unknown")
    grades = pd.read_parquet(table)
    units = sorted(grades.loc[grades["cycle"] == job.params.cycle, "unit"].unique())
    job.names = export.safe_names(units)
    return units


def relative(path: Path) -> str:
    """`path` relative to the project, or its name alone when it lies elsewhere."""
    home = execute.PACKAGE_HOME
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.name
