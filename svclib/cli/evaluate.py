"""Commands that compute: `run`, `status`, `simulate`."""

from __future__ import annotations

import datetime as dt
import functools
import sys
from pathlib import Path
from typing import Any

import click

from svclib.cli.base import ALERTS_RAISED, SCHEDULER, command, say, write

MONITORING = "60"
NOTEBOOKS = click.option(
    "--notebooks", type=click.Path(path_type=Path, exists=True, file_okay=False), hidden=True
)


@command
@click.argument("params", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="reports",
    show_default=True,
    help="Folder for <name>/<cycle>/<run_id>.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Notebooks at the same time (default: two per processor, at most 4).",
)
@click.option(
    "--engine",
    default="auto",
    show_default=True,
    help="How kernels start: fork (Linux: imports are paid once), plain, or auto.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="A notebook that takes longer has failed (default: 7200).",
)
@SCHEDULER
@click.option(
    "--only",
    multiple=True,
    metavar="STEP",
    help="Only this step (such as 40) and those it needs, kept as a partial run. Repeatable.",
)
@click.option("--no-units", is_flag=True, help="Leave out the reports of the single units.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Evaluate the period up to this day only; published beside the cycle as a draft.",
)
@click.option("--force", is_flag=True, help="Execute every step, also where nothing has changed.")
@NOTEBOOKS
def run(  # noqa: PLR0913 - one argument per option of the command
    *,
    params: Path,
    out: Path,
    jobs: int | None,
    engine: str,
    timeout: float | None,
    scheduler: str,
    only: tuple[str, ...],
    no_units: bool,
    as_of: dt.datetime | None,
    force: bool,
    notebooks: Path | None,
    lang: str,
) -> None:
    """Evaluate the cycle of PARAMS: notebooks, tables, manifest and HTML reports, published at once.

    A run that failed or was interrupted is continued, and steps whose notebook, code, parameters, data
    and tables are as before are not executed again.  Where nothing has changed, the current run stays.

    With --only 60 the exit code is 4 where a warning value, a limit or a control limit is breached;
    they are listed in alerts.csv of the run.  With --as-of DAY it watches a cycle that is under way.
    """
    from svclib import run as runner

    steps = tuple(step for entry in only for step in entry.replace(",", " ").split())
    options: dict[str, Any] = {} if notebooks is None else {"notebooks": notebooks}
    options |= {"as_of": as_of.date()} if as_of else {}
    options |= {"force": force}
    options |= {"timeout": timeout} if timeout else {}
    options |= {"scheduler": scheduler}
    options |= {"say": functools.partial(say, lang=lang, err=True)}
    done = runner.run_cycle(
        params, out=out, jobs=jobs or 0, engine=engine, only=steps, units=not no_units, **options
    )
    say(f"{done.path}  ({done.seconds:.0f} s, body {done.body_hash[:12]})", lang)
    for report in sorted(done.path.glob("report.*.html")):
        click.echo(report)
    if steps == (MONITORING,):
        _warn(done.path, lang)


def _warn(path: Path, lang: str) -> None:
    """Say how many warnings the run raised, and end with their exit code if there are any."""
    import pandas as pd

    levels = list(pd.read_parquet(path / "tables" / "alerts.parquet", columns=["level"])["level"])
    red, amber = levels.count("red"), levels.count("amber")
    if red + amber:
        say(f"warnings raised: {red} red, {amber} amber; see {path / 'alerts.csv'}", lang, err=True)
        sys.exit(ALERTS_RAISED)


@command
@click.argument("where", metavar="[PARAMS|FOLDER]", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default="reports", show_default=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The partial period up to this day.")
@NOTEBOOKS
def status(
    *, where: Path | None, out: Path, as_of: dt.datetime | None, notebooks: Path | None, lang: str
) -> None:
    """Say of each step whether it is done, stale, failed or never run, and why it would be executed.

    The cycle is that of a params file, or of the FOLDER of its runs; without either, every one in --out.
    """
    from svclib import run as runner
    from svclib.run import status as states

    for each in [where] if where else states.homes(out):
        day = as_of.date() if as_of else None
        found = states.of(each, out=out, notebooks=notebooks or runner.NOTEBOOKS, as_of=day)
        click.echo(found.home)
        say(f"current run: {found.current}" if found.current else "no run has been published yet", lang)
        if found.running:
            say(found.running, lang)
        for step in found.steps:
            _tell(step.label, step.state, step.why, lang)


def _tell(label: str, state: str, why: tuple[str, ...], lang: str) -> None:
    from svclib.wording import messages

    click.echo(f"  {messages.translated(state, lang)}  {label}")
    for reason in why:
        click.echo(f"      {messages.translated(reason, lang)}")


@command
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--replications", type=int, default=200, show_default=True, help="Pairs of cycles per case.")
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes at the same time.")
@SCHEDULER
@click.option("--seed", type=int, help="Random seed (default: that of PARAMS).")
@click.option("--case", "cases", multiple=True, help="Only this case, such as unchanged. Repeatable.")
@click.option("--n", type=int, help="Questionnaires per unit (default: as in the data).")
@click.option("--units", type=int, help="Units, for a framework without data; needs --n.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the tables (default: 模拟/<cycle>).")
def simulate(  # noqa: PLR0913 - one argument per option of the command
    *,
    params: Path,
    replications: int,
    jobs: int,
    scheduler: str,
    seed: int | None,
    cases: tuple[str, ...],
    n: int | None,
    units: int | None,
    out: Path | None,
    lang: str,
) -> None:
    """Count how often grades and verdicts are wrong, in simulated cycles like that of PARAMS."""
    from tqdm import tqdm

    from svclib import cycle
    from svclib import simulate as simulated
    from svclib.cycle import populations, simulation
    from svclib.run import cluster
    from svclib.wording import simulate as wording

    ctx = cycle.open(str(params))
    wanted = simulated.cases(cases)
    job = populations.job(
        ctx.state, lambda: (ctx.table("exclusions"), ctx.table("weights")), n=n, units=units
    )
    with cluster.each(scheduler, None) as each:
        found = simulation.run(
            job,
            wanted,
            replications=replications,
            seed=ctx.params.seed if seed is None else seed,
            jobs=jobs,
            each=each,
            follow=lambda done, total: tqdm(done, total=total, file=sys.stderr),
        )
    tables = simulated.tables(*found)
    folder = out or Path("模拟", ctx.params.cycle)
    write(tables, folder)
    for line in wording.summary(tables, lang)["text"]:
        click.echo(line)
    click.echo(folder)
