"""The command line itself: languages, exit codes, and how errors a user can fix are said."""

from __future__ import annotations

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
from svclib.errors import StepFailed, SvcError, UnderWay

if TYPE_CHECKING:
    import pandas as pd

STEP_FAILED, INPUT_INVALID, MISMATCH, ALERTS_RAISED, UNDER_WAY = 1, 2, 3, 4, 5
_CODES: dict[type[SvcError], int] = {StepFailed: STEP_FAILED, UnderWay: UNDER_WAY}
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_SHEETS, _CHINESE = "xl/workbook.xml", re.compile(r'name="[^"]*[\u4e00-\u9fff]')


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(svclib.__version__, prog_name="svclib")
def main() -> None:
    """Service-quality evaluation: from data to grades and tested improvements."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


SCHEDULER = click.option(
    "--scheduler",
    default="",
    metavar="tcp://HOST:PORT",
    help="Dask scheduler whose workers do the work (extra: cluster).",
)


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


def command(called: Callable[..., None]) -> Callable[..., None]:
    """A subcommand with --lang: errors the user can fix are printed in it, without a traceback."""

    @main.command(name=called.__name__)
    @click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        help="Language of messages (default: that of the system or of a workbook given).",
    )
    @functools.wraps(called)
    def wrapped(*, lang: str | None, **options: Any) -> None:
        lang = lang or preferred(options.get("params") or options.get("source"))
        try:
            called(lang=lang, **options)
        except SvcError as error:
            say(error, lang, err=True)
            sys.exit(next((code for kind, code in _CODES.items() if isinstance(error, kind)), INPUT_INVALID))

    return wrapped


def write(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Every table as parquet, and as CSV that Excel opens."""
    from svclib import columns
    from svclib.deliver import sheet

    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        found = columns.checked(name, frame)
        found.to_parquet(folder / f"{name}.parquet", index=False)
        sheet.csv(folder / f"{name}.csv", found)


def say(text: str | SvcError, lang: str, *, err: bool = False) -> None:
    """Print a message in the language asked for."""
    from svclib.wording import messages

    click.echo(messages.translated(text, lang), err=err)
