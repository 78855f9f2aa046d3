"""Command line: `svclib check`, `svclib run`, `svclib audit`.

Exit codes: 0 ok, 1 a step failed, 2 the input is invalid and nothing was written.
"""

from __future__ import annotations

import datetime as dt
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import svclib
from svclib.errors import InputErrors, ParamError, SvcError

STEP_FAILED, INPUT_INVALID = 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(svclib.__version__, prog_name="svclib")
def main() -> None:
    """Service-quality evaluation: from data to grades and tested improvements."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def _exits(command: Callable[..., None]) -> Callable[..., None]:
    """Print an error the user can fix without a traceback and leave with its exit code."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> None:
        from svclib.run import StepFailed

        try:
            command(**options)
        except StepFailed as error:
            click.echo(error, err=True)
            sys.exit(STEP_FAILED)
        except SvcError as error:
            click.echo(error, err=True)
            sys.exit(INPUT_INVALID)

    return wrapped


@main.command()
@click.argument("params", type=click.Path(path_type=Path))
def check(params: Path) -> None:
    """List everything wrong with PARAMS, its framework and its data, without running."""
    from svclib import sources

    problems = sources.check(params)
    if problems:
        click.echo(InputErrors(problems), err=True)
        sys.exit(INPUT_INVALID)
    click.echo(f"{params}: no problem found")


@main.command()
@click.argument("params", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="reports",
    show_default=True,
    help="Folder for <name>/<cycle>/<run_id>.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks at the same time (default: at most 2).")
@click.option(
    "--only",
    multiple=True,
    metavar="STEP",
    help="Only this step (such as 40) and those before it, kept as a partial run. Repeatable.",
)
@click.option("--no-units", is_flag=True, help="Leave out the reports of the single units.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Evaluate the period up to this day only; published beside the cycle as a draft.",
)
@click.option("--notebooks", type=click.Path(path_type=Path, exists=True, file_okay=False), hidden=True)
@_exits
def run(  # noqa: PLR0913 - one argument per option of the command
    *,
    params: Path,
    out: Path,
    jobs: int | None,
    only: tuple[str, ...],
    no_units: bool,
    as_of: dt.datetime | None,
    notebooks: Path | None,
) -> None:
    """Evaluate the cycle of PARAMS: notebooks, tables, manifest and HTML reports, published at once."""
    from svclib import run as runner

    steps = tuple(step for entry in only for step in entry.replace(",", " ").split())
    options: dict[str, Any] = {} if notebooks is None else {"notebooks": notebooks}
    options |= {"as_of": as_of.date()} if as_of else {}
    done = runner.run_cycle(params, out=out, jobs=jobs or 0, only=steps, units=not no_units, **options)
    click.echo(f"{done.path}  ({done.seconds:.0f} s, body {done.body_hash[:12]})")
    for report in sorted(done.path.glob("report.*.html")):
        click.echo(report)


@main.command()
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="File to write (default: <cycle>_回访名单.csv).")
@_exits
def audit(*, params: Path, out: Path | None) -> None:
    """Draw whom to call back in the cycle of PARAMS: ids, units, channels, and columns for the result."""
    from svclib import audit as calls
    from svclib import cycle
    from svclib.sources import catalog, headers

    ctx = cycle.open(str(params))
    settings = ctx.params
    sample = calls.callback_sample(ctx.valid(settings.cycle), settings.audit, seed=settings.seed)
    if sample.empty:
        remedy = "The answers need a respondent id, and audit: a share or min_per_unit above 0."
        raise ParamError(f"{params.name}: there is nobody to call back. {remedy}")
    fields = {name: field.zh for name, field in catalog.SHEETS["audit"].fields.items()}
    wanted = dict.fromkeys(("respondent", "unit", "channel", *fields))
    form = sample.reindex(columns=list(wanted), fill_value="").rename(columns=headers.CHINESE | fields)
    path = out or Path(f"{settings.cycle}_回访名单.csv")
    try:
        form.to_csv(path, mode="x", index=False, encoding="utf-8-sig")
    except FileExistsError as error:
        raise ParamError(f"{path} exists and may hold results of calls; name another with --out") from error
    click.echo(f"{path}  ({len(form)})")


@main.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over files that are already there.")
@_exits
def convert(*, source: Path, target: Path, force: bool) -> None:
    """Turn 评价方案.xlsx into YAML files in a folder, or YAML into 评价方案.xlsx."""
    from svclib import convert as converter

    for path in converter.convert(source, target, force=force):
        click.echo(path)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_exits
def init(*, folder: Path) -> None:
    """Make a working FOLDER: 评价方案.xlsx and 数据模板.xlsx to fill in, and the library of indicators."""
    from svclib import convert as converter

    for path in converter.init(folder):
        click.echo(path)
    click.echo(f"next: fill in both workbooks, then svclib check {folder / converter.BOOK}")
