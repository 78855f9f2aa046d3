"""Commands around the data: `check`, `convert`, `init`, `audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from svclib.cli.base import command, say
from svclib.errors import InputErrors, ParamError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from svclib.errors import Problem
    from svclib.params import Params


@command
@click.argument("params", type=click.Path(path_type=Path))
def check(*, params: Path, lang: str) -> None:
    """List everything wrong with PARAMS, its framework and its data, without running."""
    from svclib import params as params_module
    from svclib import partitions, sources
    from svclib.cycle import year

    given, problems = params_module.examine(params)
    if given is not None and "responses" in given.data and partitions.partitioned(given.data["responses"]):
        _check_parts(given, problems, lang)
        return
    problems = sources.check(params)
    if problems:
        raise InputErrors(problems)
    found = params_module.load(params)
    if found.kind == "annual":
        year.load(found)
    say(f"{params}: no problem found", lang)
    if found.kind != "annual":
        data = sources.read(found)
        counts = len(data.units), len(data.responses), len(data.kpis)
        say("read: {} units, {} questionnaires, {} records of indicators".format(*counts), lang)


def _check_parts(params: Params, problems: Sequence[Problem], lang: str) -> None:
    """Check a cycle that `reduce` evaluates, as far as that is possible without reading every row."""
    from svclib.cycle import partitioned

    try:
        layout = partitioned.layout(params)
    except InputErrors as error:
        raise InputErrors([*problems, *error.problems]) from error
    if problems:
        raise InputErrors(problems)
    say(f"{params.file}: no problem found", lang)
    count = len(layout.parts), layout.rows, len(layout.units)
    say("read: columns of {} Parquet parts with {} rows in all, {} units".format(*count), lang)
    say("svclib reduce checks the rows and evaluates this cycle; svclib run does not", lang)


@command
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="File to write (default: <cycle>_回访名单.csv).")
def audit(*, params: Path, out: Path | None, lang: str) -> None:
    """Draw whom to call back in the cycle of PARAMS: ids, units, channels, and columns for the result."""
    from svclib import audit as calls
    from svclib import cycle
    from svclib.deliver import sheet
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
        sheet.csv(path, form, mode="x")
    except FileExistsError as error:
        raise ParamError(f"{path} exists and may hold results of calls; name another with --out") from error
    say(f"{path}  ({len(form)} to call back)", lang)


@command
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over files that are already there.")
def convert(*, source: Path, target: Path, force: bool, lang: str) -> None:
    """Turn 评价方案.xlsx into YAML files in a folder, or YAML into 评价方案.xlsx."""
    from svclib import convert as converter

    written = converter.convert(source, target, force=force)
    for path in written:
        click.echo(path)
    files = converter.left_behind(source, written)
    if files:
        say(f"copy what the plan names to {written[0].parent}: {', '.join(files)}", lang)


@command
@click.argument("folder", type=click.Path(path_type=Path))
def init(*, folder: Path, lang: str) -> None:
    """Make a working FOLDER: 评价方案.xlsx and 数据模板.xlsx to fill in, and the library of indicators."""
    from svclib import convert as converter

    for path in converter.init(folder):
        click.echo(path)
    say(f"next: fill in both workbooks, then svclib check {folder / converter.BOOK}", lang)
