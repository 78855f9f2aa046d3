"""Command line: `svclib check`, `run`, `simulate`, `audit`, `convert`, `init`.

Exit codes: 0 ok, 1 a step failed, 2 the input is invalid and nothing was written, 4 a run that was
asked for step 60 alone raised red or amber warnings.
"""

from __future__ import annotations

import datetime as dt
import functools
import locale
import os
import re
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import svclib
from svclib.errors import InputErrors, ParamError, StepFailed, SvcError

if TYPE_CHECKING:
    import pandas as pd

STEP_FAILED, INPUT_INVALID, ALERTS_RAISED = 1, 2, 4
MONITORING = "60"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_SHEETS, _CHINESE = "xl/workbook.xml", re.compile(r'name="[^"]*[\u4e00-\u9fff]')


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(svclib.__version__, prog_name="svclib")
def main() -> None:
    """Service-quality evaluation: from data to grades and tested improvements."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def preferred(file: Path | None = None) -> str:
    """Language of messages where none is asked for: that of the system, or of the workbook given."""
    if file is not None and _chinese_book(file):
        return "zh"
    # Windows sets none of the variables; there the language of the user is asked for.
    own = next((os.environ[name] for name in _LOCALE if os.environ.get(name)), None)
    own = own or locale.getlocale()[0] or ""
    return "zh" if own.lower().startswith(("zh", "chinese")) else "en"


def _chinese_book(file: Path) -> bool:
    """Whether the file is a workbook with a sheet of a Chinese name."""
    if file.suffix.lower() != ".xlsx" or not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as book:
        return _SHEETS in book.namelist() and bool(_CHINESE.search(book.read(_SHEETS).decode("utf-8")))


def _command(command: Callable[..., None]) -> Callable[..., None]:
    """A subcommand with --lang: errors the user can fix are printed in it, without a traceback."""

    @main.command(name=command.__name__)
    @click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        help="Language of messages (default: that of the system or of a workbook given).",
    )
    @functools.wraps(command)
    def wrapped(*, lang: str | None, **options: Any) -> None:
        lang = lang or preferred(options.get("params") or options.get("source"))
        try:
            command(lang=lang, **options)
        except SvcError as error:
            _say(error, lang, err=True)
            sys.exit(STEP_FAILED if isinstance(error, StepFailed) else INPUT_INVALID)

    return wrapped


def _say(text: str | SvcError, lang: str, *, err: bool = False) -> None:
    """Print a message in the language asked for."""
    from svclib.wording import messages

    click.echo(messages.translated(text, lang), err=err)


@_command
@click.argument("params", type=click.Path(path_type=Path))
def check(*, params: Path, lang: str) -> None:
    """List everything wrong with PARAMS, its framework and its data, without running."""
    from svclib import params as params_module
    from svclib import sources
    from svclib.cycle import year

    problems = sources.check(params)
    if problems:
        raise InputErrors(problems)
    found = params_module.load(params)
    if found.kind == "annual":
        year.load(found)
    _say(f"{params}: no problem found", lang)
    if found.kind != "annual":
        data = sources.read(found)
        counts = len(data.units), len(data.responses), len(data.kpis)
        _say("read: {} units, {} questionnaires, {} records of indicators".format(*counts), lang)


@_command
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
def run(  # noqa: PLR0913 - one argument per option of the command
    *,
    params: Path,
    out: Path,
    jobs: int | None,
    only: tuple[str, ...],
    no_units: bool,
    as_of: dt.datetime | None,
    notebooks: Path | None,
    lang: str,
) -> None:
    """Evaluate the cycle of PARAMS: notebooks, tables, manifest and HTML reports, published at once.

    With --only 60 the exit code is 4 where a warning value, a limit or a control limit is breached;
    they are listed in alerts.csv of the run.  With --as-of DAY it watches a cycle that is under way.
    """
    from svclib import run as runner

    steps = tuple(step for entry in only for step in entry.replace(",", " ").split())
    options: dict[str, Any] = {} if notebooks is None else {"notebooks": notebooks}
    options |= {"as_of": as_of.date()} if as_of else {}
    options |= {"say": functools.partial(_say, lang=lang, err=True)}
    done = runner.run_cycle(params, out=out, jobs=jobs or 0, only=steps, units=not no_units, **options)
    _say(f"{done.path}  ({done.seconds:.0f} s, body {done.body_hash[:12]})", lang)
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
        _say(f"warnings raised: {red} red, {amber} amber; see {path / 'alerts.csv'}", lang, err=True)
        sys.exit(ALERTS_RAISED)


def _write(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Every table as parquet, and as CSV that Excel opens."""
    from svclib import columns

    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        found = columns.checked(name, frame)
        found.to_parquet(folder / f"{name}.parquet", index=False)
        found.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig")


@_command
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--replications", type=int, default=200, show_default=True, help="Pairs of cycles per case.")
@click.option("--jobs", type=int, default=1, show_default=True, help="Processes at the same time.")
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
    from svclib.wording import simulate as wording

    ctx = cycle.open(str(params))
    wanted = simulated.cases(cases)
    job = populations.job(
        ctx.state, lambda: (ctx.table("exclusions"), ctx.table("weights")), n=n, units=units
    )
    found = simulation.run(
        job,
        wanted,
        replications=replications,
        seed=ctx.params.seed if seed is None else seed,
        jobs=jobs,
        follow=lambda done, total: tqdm(done, total=total, file=sys.stderr),
    )
    tables = simulated.tables(*found)
    folder = out or Path("模拟", ctx.params.cycle)
    _write(tables, folder)
    for line in wording.summary(tables, lang)["text"]:
        click.echo(line)
    click.echo(folder)


@_command
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="File to write (default: <cycle>_回访名单.csv).")
def audit(*, params: Path, out: Path | None, lang: str) -> None:
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
    _say(f"{path}  ({len(form)} to call back)", lang)


@_command
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write over files that are already there.")
def convert(*, source: Path, target: Path, force: bool, lang: str) -> None:  # noqa: ARG001 - for errors
    """Turn 评价方案.xlsx into YAML files in a folder, or YAML into 评价方案.xlsx."""
    from svclib import convert as converter

    for path in converter.convert(source, target, force=force):
        click.echo(path)


@_command
@click.argument("folder", type=click.Path(path_type=Path))
def init(*, folder: Path, lang: str) -> None:
    """Make a working FOLDER: 评价方案.xlsx and 数据模板.xlsx to fill in, and the library of indicators."""
    from svclib import convert as converter

    for path in converter.init(folder):
        click.echo(path)
    _say(f"next: fill in both workbooks, then svclib check {folder / converter.BOOK}", lang)
