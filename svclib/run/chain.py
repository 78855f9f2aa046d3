"""Execute the steps of a run: each as soon as the tables it reads are saved, and only where anything changed.

A notebook saves its tables before it shows them, so the next one computes while figures are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from svclib.columns import TABLES
from svclib.cycle import State, snapshot
from svclib.errors import DataError
from svclib.params import Params
from svclib.run import execute, export, keys, manifest, resume
from svclib.run.execute import Outcome, Pool, Task
from svclib.run.graph import GRADES, Step
from svclib.run.resume import Entry, Record

NOTEBOOKS = "notebooks"
LOOK = 0.1  # seconds between looks at what running notebooks have saved


@dataclass
class Job:
    """What the parts of one run share.

    state : the typed data, read once for every notebook
    record : what is done in the staging folder
    others : records of earlier runs, whose steps are taken over where nothing changed
    names : file name of each unit that has pages
    labels : everything this run consists of, by step
    """

    params: Params
    state: State
    staged: Path
    basis: keys.Basis
    record: Record
    others: Sequence[Record]
    pool: Callable[[], Pool]
    say: Callable[[str], None]
    names: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, Outcome] = field(default_factory=dict)


def run(job: Job, steps: Sequence[Step]) -> None:
    """Bring every step up to date; those that need a failed one are left out, all others run."""
    job.labels = {step.name: [step.name] for step in steps}
    while _Round(job, steps).run():
        pass


@dataclass
class _Round:
    """Every step once, each as soon as the tables are saved that it reads.

    ready : hash of each table of the steps that others need not wait for any longer
    running : by future, the step of a notebook and the key it is recorded under
    before, claimed : files there at the beginning, and those that are known to belong to a step
    """

    job: Job
    steps: Sequence[Step]
    ready: dict[str, dict[str, str]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    running: dict[Future[Outcome], tuple[Step, Task, keys.Parts]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    def run(self) -> bool:
        """Whether a notebook changed its tables after others had read them, so that those run again."""
        self.before, waiting, again = _files(self.job.staged), list(self.steps), False
        while waiting or self.running:
            waiting = [step for step in waiting if not (self._left_out(step) or self._begun(step))]
            done, _ = wait(self.running, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in done:
                again |= self._ended(future.result(), *self.running.pop(future))
            for step in {step.name: step for step, _, _ in self.running.values()}.values():
                if step.name not in self.ready and snapshot.saved(self.job.staged, step.makes):
                    self.ready[step.name] = _tables(self.job.staged, step)
        return again and not self.job.failed

    def _left_out(self, step: Step) -> bool:
        missing = sorted(step.needs & self.lost.keys())
        if missing:
            self.lost[step.name] = missing[0]
            self.job.say(f"{step.name}: left out, because {missing[0]} failed")
        return bool(missing)

    def _begun(self, step: Step) -> bool:
        """Start a step whose tables are there: what is done is kept, the rest executed."""
        if step.needs & {each.name for each in self.steps} - self.ready.keys():
            return False
        job, todo, kept = self.job, list[tuple[Task, keys.Parts]](), list[str]()
        tables = job.record.tables() | {n: h for found in self.ready.values() for n, h in found.items()}
        for unit in _units(job) if step.per_unit else [""]:
            task, parts = _task(job, step, unit), keys.of_step(step, job.basis, tables, unit)
            if _kept(job, task.label, parts):
                kept.append(task.label)
                self.claimed |= job.record.entries[task.label].outputs.keys()
            else:
                todo.append((task, parts))
        job.labels[step.name] = [*kept, *(task.label for task, _ in todo)]
        _say_kept(job, kept)
        for task, _ in todo:
            job.record.forget(task.label)
        snapshot.forget_saved(job.staged, step.makes)
        self.running |= {job.pool().submit(task): (step, task, parts) for task, parts in todo}
        if not todo:
            self.ready[step.name] = {}
        return True

    def _ended(self, outcome: Outcome, step: Step, task: Task, parts: keys.Parts) -> bool:
        """Record what became of a notebook; whether its tables are others than those it was released with."""
        job, names = self.job, dict[str, str]()
        _tell(job, outcome)
        if outcome.failure:
            self.lost[step.name] = step.name
        else:
            names = self._written(step, task)
            self.claimed |= names.keys()
        spent = round(outcome.seconds, 2)
        job.record.put(task.label, Entry(parts, job.params.languages, names, spent, outcome.failure))
        released = self.ready.setdefault(step.name, _tables(job.staged, step))
        return not outcome.failure and not step.per_unit and released != _tables(job.staged, step)

    def _written(self, step: Step, task: Task) -> dict[str, str]:
        """Hash of each file a step wrote: those new since the beginning that belong to no step beside it."""
        makes = {number for each, _, _ in self.running.values() if each is not step for number in each.makes}
        theirs = {name for name, table in TABLES.items() if table.step in makes}
        now = _files(self.job.staged)
        fresh = {name for name, stat in now.items() if self.before.get(name) != stat} - self.claimed
        mine = {name for name in fresh if not (name.endswith(".parquet") and Path(name).stem in theirs)}
        output = task.output.relative_to(self.job.staged).as_posix()
        return resume.hashes(self.job.staged, {*mine, output})


def _tables(staged: Path, step: Step) -> dict[str, str]:
    """Hash of each table of a step."""
    own = {name for name, table in TABLES.items() if table.step in step.makes}
    paths = {name: Path(name) for name in _files(staged)}
    found = (n for n, path in paths.items() if path.parts[0] in manifest.TABLE_FOLDERS and path.stem in own)
    return resume.hashes(staged, found)


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
        if label not in job.seconds:
            job.seconds[label] = job.record.entries[label].seconds
            job.say(f"{_progress(job)} {label}  unchanged")


def _tell(job: Job, outcome: Outcome) -> None:
    job.seconds[outcome.task.label] = round(outcome.seconds, 2)
    state = "FAILED" if outcome.failure else "ok"
    job.say(f"{_progress(job)} {outcome.task.label}  {state}  {outcome.seconds:.1f} s")
    if outcome.failure:
        job.failed[outcome.task.label] = outcome


def _progress(job: Job) -> str:
    return f"[{len(job.seconds)}/{sum(len(labels) for labels in job.labels.values())}]"


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
