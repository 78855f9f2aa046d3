"""Run one evaluation cycle: papermill over the notebooks, manifest, HTML, atomic publication."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from svclib import params as params_module
from svclib import sources
from svclib.cycle import Context, year
from svclib.errors import DataError, InputErrors, ParamError, StepFailed
from svclib.run import cluster, execute, export, files, index, kernels, manifest, publish
from svclib.run.execute import Outcome, Pool, Task

REPORT, UNIT, ANNUAL, UNIT_YEAR = "90", "91", "92", "93"
# Notebooks of a year, which no other kind of cycle runs; the first makes the tables of the second.
OF_YEAR = (ANNUAL, UNIT_YEAR)
PER_UNIT = (UNIT, UNIT_YEAR)
NOTEBOOKS = execute.PACKAGE_HOME / "notebooks"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


@dataclass(frozen=True)
class Run:
    """A published run."""

    run_id: str
    path: Path
    body_hash: str
    seconds: float


@dataclass
class _Job:
    """What the parts of one run share."""

    params: Any
    staged: Path
    steps: list[Path]
    pool: Pool
    say: Callable[[str], None]
    seconds: dict[str, float]
    planned: int
    names: dict[str, str]


def run_cycle(  # noqa: PLR0913 - one keyword per option of the command
    params_file: str | Path,
    *,
    out: str | Path = "reports",
    jobs: int = 0,
    engine: str = "auto",
    timeout: float = execute.TIMEOUT,
    scheduler: str = "",
    only: Iterable[str] = (),
    units: bool = True,
    as_of: dt.date | None = None,
    notebooks: Path = NOTEBOOKS,
    say: Callable[[str], None] = _to_stderr,
) -> Run:
    """Execute, export and publish the cycle of `params_file` below `out`/<name>/<cycle>.

    Parameters
    ----------
    jobs : int
        Notebooks executed at the same time; 0 means two, or one on a single processor.
    engine : {"auto", "fork", "plain"}
        How kernels start, see `kernels.chosen`; the results are the same.
    timeout : float
        Seconds after which a notebook that is not done has failed.
    scheduler : str
        Address of a dask scheduler whose workers execute the reports of the units; "" for none.
    only : iterable of str
        Step numbers such as "40".  These steps and the analysis steps before them run;
        the result is kept as `partial-<run_id>` and does not become the current run.
    units : bool
        Whether to make one report per unit.
    as_of : date, optional
        Count only what was known by this day.  The result is a draft of a partial period,
        published beside the cycle as <cycle>@<day>.
    say : callable
        Takes the lines of progress, in English.

    Raises
    ------
    InputErrors
        Everything wrong with params, framework or data; nothing is written.
    StepFailed
        A cell failed; the notebook is kept in `failed-<run_id>`, nothing is published.
    """
    begun = time.perf_counter()
    problems = sources.check(params_file)
    if problems:
        raise InputErrors(problems)
    params = params_module.load(params_file, as_of=as_of)
    if params.kind == "annual":
        year.load(params)  # cycles that cannot be put together are refused before anything runs
    wanted = tuple(only)
    steps = _steps(notebooks, wanted, units=units, annual=params.kind == "annual")
    home = Path(out).resolve() / params.name / (f"{params.cycle}@{as_of}" if as_of else params.cycle)
    run_id = publish.new_run_id()
    count = jobs or min(2, os.cpu_count() or 1)
    way = kernels.chosen(engine, len(steps))
    workers = execute.workers(count, engine=way, timeout=timeout)
    with publish.staging(home, run_id) as staged, workers as own, cluster.shared(own, scheduler) as pool:
        job = _Job(params, staged, steps, pool, say, {}, len(steps), {})
        _execute(job, home, run_id)
        _export(job)
        body_hash = _write_records(job, run_id, time.perf_counter() - begun)
        path = publish.publish(staged, home, run_id, switch=not wanted)
    index.write(Path(out).resolve())
    return Run(run_id, path, body_hash, time.perf_counter() - begun)


def _steps(notebooks: Path, only: tuple[str, ...], *, units: bool, annual: bool) -> list[Path]:
    """Notebooks to run in order: the wanted ones and every analysis step before them.

    An annual result has notebooks of its own, which no other kind of cycle runs.
    """
    every = sorted(notebooks.glob("[1-9][0-9]_*.ipynb"))
    found = [path for path in every if (_number(path) in OF_YEAR) == annual]
    found = [path for path in found if units or _number(path) not in PER_UNIT]
    if not found:
        raise ParamError(f"{notebooks}: no notebook named like '10_….ipynb' there")
    unknown = sorted(set(only) - {_number(path) for path in found})
    if unknown:
        raise ParamError(f"only={unknown}: no such step; choose from {[_number(path) for path in found]}")
    if not only:
        return found
    last = min(max(only), UNIT_YEAR if annual else REPORT)
    return [path for path in found if _number(path) in only or _number(path) < last]


def _number(notebook: Path) -> str:
    return notebook.name[:2]


def _execute(job: _Job, home: Path, run_id: str) -> None:
    """Analysis steps one after another, then the reports side by side."""
    analysis = [path for path in job.steps if _number(path) < REPORT or _number(path) == ANNUAL]
    fan_out = [path for path in job.steps if path not in analysis]
    for path in analysis:
        _finish(job, [_task(job, path)], home, run_id)
    if fan_out:
        tasks = _report_tasks(job, fan_out)
        job.planned = len(analysis) + len(tasks)
        _finish(job, tasks, home, run_id)


def _finish(job: _Job, tasks: list[Task], home: Path, run_id: str) -> None:
    failed: list[Outcome] = []
    for outcome in execute.execute_all(job.pool, tasks):
        job.seconds[outcome.task.label] = round(outcome.seconds, 2)
        state = "FAILED" if outcome.failure else "ok"
        done = f"[{len(job.seconds)}/{job.planned}]"
        job.say(f"{done} {outcome.task.label}  {state}  {outcome.seconds:.1f} s")
        failed += [outcome] if outcome.failure else []
    if failed:
        message = "\n".join(outcome.failure for outcome in failed)
        kept = publish.keep_failed(home, run_id, [outcome.task.output for outcome in failed], message)
        raise StepFailed(f"{message}\nnothing published; the failed notebook is in {kept}")


def _report_tasks(job: _Job, notebooks: list[Path]) -> list[Task]:
    if any(_number(path) in PER_UNIT for path in notebooks):
        job.names = export.safe_names(_units(job))
    tasks = []
    for path in notebooks:
        if _number(path) not in PER_UNIT:
            tasks.append(_task(job, path))
            continue
        for unit, name in job.names.items():
            tasks.append(_task(job, path, unit=unit, output=Path("units") / f"{name}.ipynb"))
    return tasks


def _task(job: _Job, notebook: Path, *, unit: str = "", output: Path | None = None) -> Task:
    """A notebook is executed once and shows every language; export keeps one per page."""
    params_file = job.params.file
    as_of = str(job.params.as_of or "")
    own = {"language": ",".join(job.params.languages), "as_of": as_of, **({"unit": unit} if unit else {})}
    return Task(
        label=" ".join(filter(None, [notebook.stem, unit])),
        notebook=notebook.resolve(),
        output=job.staged / "notebooks" / (output or notebook.name),
        parameters={"params_file": str(params_file), "run_dir": str(job.staged), **own},
        archived={"params_file": _relative(params_file), "run_dir": "", **own},
    )


def _units(job: _Job) -> list[str]:
    """The units of this cycle, as graded by the run."""
    table = job.staged / "tables" / "grades.parquet"
    if not table.is_file():
        raise DataError(f"{table.name}: no step saved the table 'grades', so the units are unknown")
    grades = pd.read_parquet(table)
    return sorted(grades.loc[grades["cycle"] == job.params.cycle, "unit"].unique())


def _export(job: _Job) -> None:
    begun = time.perf_counter()
    params = job.params
    plain = f"{params.name} {params.cycle}"
    offer = {lang: getattr(params.title, lang) or plain for lang in params.languages}
    made = files.deliver(Context(params, job.staged, tuple(params.languages)))
    links = {lang: files.titles(made, lang) for lang in params.languages}
    for line in export.export_run(job.staged, params.languages, offer=offer, units=job.names, files=links):
        job.say(f"warning: {line}")
    job.seconds["export"] = round(time.perf_counter() - begun, 2)
    job.say(f"export  ok  {job.seconds['export']:.1f} s")


def _write_records(job: _Job, run_id: str, elapsed: float) -> str:
    params = job.params
    lock = manifest.plain(params, base=params.file.parent)
    text = yaml.safe_dump(lock, allow_unicode=True, sort_keys=False)
    (job.staged / "params.lock.yaml").write_text(text, encoding="utf-8")
    others = [path for path in (params.baseline, *params.history, *params.cycles) if path is not None]
    chain = [params, *(params_module.load(path) for path in others)]
    chain += [params_module.load(path) for each in chain[1:] for path in each.cycles]
    content = manifest.body(chain, run_dir=job.staged, notebooks=job.steps)
    volatile = {"seconds": job.seconds, "elapsed": round(elapsed, 2), "params_file": _relative(params.file)}
    return manifest.write(job.staged, run_id, content, volatile)


def _relative(path: Path) -> str:
    """`path` relative to the project, or its name alone when it lies elsewhere."""
    home = execute.PACKAGE_HOME
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.name
