"""Command for answers too many to hold: `reduce`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from svclib.cli.base import SCHEDULER, command, say, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from svclib.partitions import Layout


@command
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@SCHEDULER
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the tables (default: 归并/<cycle>).")
def reduce(*, params: Path, jobs: int, scheduler: str, out: Path | None, lang: str) -> None:
    """Scores, grades and reliability of PARAMS where the answers lie in a folder of Parquet parts.

    The parts are read once, a slice at a time, whatever their number; what needs all rows at once
    (changes, invariance, comparison of rules) is left to `run`.
    """
    from svclib import params as params_module
    from svclib.cycle import partitioned, processes
    from svclib.run import cluster

    cycle = params_module.load(params)
    with cluster.each(scheduler, partial(processes.each, jobs=jobs)) as each:
        tables = partitioned.evaluate(cycle, partial(_shown, each))
    folder = out or Path("归并", cycle.cycle)
    write(tables, folder)
    _report(tables, lang)
    click.echo(folder)


def _shown(each: Any, fn: Any, layout: Layout, tasks: Any) -> Iterator[Any]:
    """Results as they come, with a bar."""
    from tqdm import tqdm

    slices = list(tasks)
    yield from tqdm(each(fn, layout, slices), total=len(slices), file=sys.stderr)


def _report(tables: Any, lang: str) -> None:
    """How many answers count and the grades they lead to."""
    screened, grades = tables["screening"], tables["grades"]
    whole = screened[screened["unit"] == ""]
    for rule, rows, gone in whole[["rule", "n_rows", "n_excluded"]].itertuples(index=False):
        say(f"{int(rows)} answers read, {int(gone)} left out by rule {rule}", lang)
    say(f"{int((grades['status'] == 'graded').sum())} of {len(grades)} units graded", lang)
