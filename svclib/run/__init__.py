"""Run one evaluation cycle: papermill over the notebooks, manifest, HTML, atomic publication.

A run continues what an earlier one left: see `keys` for what makes a step run again.  What
takes long to import is imported only when something is to be done.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from svclib import params as params_module
from svclib.errors import InputErrors
from svclib.params import Params
from svclib.run import kernels, locking, manifest, publish, resume, stamp

# A run that a scheduler started must end by itself, even if a cell hangs; no notebook is near it.
TIMEOUT = 2 * 3600.0
NOTEBOOKS = manifest.HOME / "notebooks"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


@dataclass(frozen=True)
class Run:
    """A published run."""

    run_id: str
    path: Path
    body_hash: str
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What is to be run, and where.

    cycles : parameters of the cycle and of every cycle it rests on
    stamp : hash of every byte it may depend on
    """

    params: Params
    cycles: list[Params]
    home: Path
    stamp: str
    only: tuple[str, ...]
    units: bool
    force: bool
    jobs: int
    engine: str
    timeout: float
    scheduler: str
    notebooks: Path
    say: Callable[[str], None]
    begun: float


def run_cycle(  # noqa: PLR0913 - one keyword per option of the command
    params_file: str | Path,
    *,
    out: str | Path = "reports",
    jobs: int = 0,
    engine: str = "auto",
    timeout: float = TIMEOUT,
    scheduler: str = "",
    only: Iterable[str] = (),
    units: bool = True,
    as_of: dt.date | None = None,
    force: bool = False,
    notebooks: Path = NOTEBOOKS,
    say: Callable[[str], None] = _to_stderr,
) -> Run:
    """Execute, export and publish the cycle of `params_file` below `out`/<name>/<cycle>.

    Where nothing has changed since the current run, that run is returned and nothing is written.

    Parameters
    ----------
    jobs : int
        Notebooks executed at the same time; 0 means two per processor, at most four.
    engine : {"auto", "fork", "plain"}
        How kernels start, see `kernels.chosen`; the results are the same.
    timeout : float
        Seconds after which a notebook that is not done has failed.
    scheduler : str
        Address of a dask scheduler whose workers execute the reports of the units; "" for none.
    only : iterable of str
        Step numbers such as "40".  These steps and those that they need run;
        the result is kept as `partial-<run_id>` and does not become the current run.
    units : bool
        Whether to make one report per unit.
    as_of : date, optional
        Count only what was known by this day.  The result is a draft of a partial period,
        published beside the cycle as <cycle>@<day>.
    force : bool
        Execute every step, also where nothing has changed.
    say : callable
        Takes the lines of progress, in English.

    Raises
    ------
    InputErrors
        Everything wrong with params, framework or data; nothing is written.
    UnderWay
        Another run of this cycle is not over; nothing is written.
    ParamError
        The folder cannot be written.
    StepFailed
        A cell failed; the notebook is kept in `failed-<run_id>`, nothing is published, and what is
        finished is kept for the next run.
    """
    begun = time.perf_counter()
    kernels.chosen(engine, 0)  # refused before anything is written
    try:
        params = params_module.load(params_file, as_of=as_of)
        cycles = manifest.chain(params)
    except InputErrors:
        from svclib import sources

        raise InputErrors(sources.check(params_file)) from None
    home, found = publish.home(Path(out), params), stamp.stamp(cycles, notebooks, units=units)
    how = (tuple(only), units, force, jobs, engine, timeout, scheduler)
    plan = Plan(params, cycles, home, found, *how, notebooks, say, begun)
    return unchanged(plan) or _made(plan)


def unchanged(plan: Plan) -> Run | None:
    """The current run, where it was made from just what would be used now."""
    done = publish.current(plan.home)
    if plan.force or plan.only or done is None or not resume.unchanged(done, plan.stamp):
        return None
    return stays(plan, done)


def stays(plan: Plan, done: Path) -> Run:
    """Say that there is nothing to do, and finish what a kill after publication prevented."""
    locking.sweep(plan.home, plan.say)
    plan.say(f"nothing has changed since run {done.name}; it stays the current one")
    top = plan.home.parents[1]
    if publish.unlisted(top):
        from svclib.run import index

        index.write(top)
    return Run(done.name, done, manifest.read(done)["body_hash"], time.perf_counter() - plan.begun)


def _made(plan: Plan) -> Run:
    from svclib.run import assemble

    return assemble.make(plan)
