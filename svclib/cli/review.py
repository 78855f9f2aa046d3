"""Commands for a reviewer: `verify`, `diff`, and `freeze`, which gives him something to hold a run to."""

from __future__ import annotations

import datetime as dt
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from svclib.cli.base import MISMATCH, command, say

if TYPE_CHECKING:
    from svclib.run.verify import Verified

# Rows shown on the screen, of each kind of difference.
TOP = 20
_FILES = {
    "changed": "{}: changed after the run was published",
    "missing": "{}: missing from the run",
    "added": "{}: added after the run was published",
}
_INPUTS = {
    "changed": "{}: not what the run was made from any more",
    "missing": "{}: can no longer be read",
    "added": "{}: was not there when the run was made",
}


@command
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--params", "params_file", type=click.Path(path_type=Path), help="Where its params file is now."
)
@click.option("--notebooks", type=click.Path(path_type=Path, exists=True, file_okay=False), hidden=True)
def verify(*, run: Path, params_file: Path | None, notebooks: Path | None, lang: str) -> None:
    """Is the published RUN what its inputs give?  Checks its files and inputs, and recomputes its tables.

    RUN is the folder of a run, or of a cycle (its current run).  Exit code 3 where something differs.
    """
    from svclib import run as runner
    from svclib.run import manifest
    from svclib.run import verify as verifying

    path = manifest.locate(run)
    quiet = functools.partial(say, lang=lang, err=True)
    found = verifying.verify(
        path, params_file=params_file, notebooks=notebooks or runner.NOTEBOOKS, say=quiet
    )  # fmt: skip
    if found.stands:
        say(f"{path.name}: verified; {found.n_tables} tables come out as published", lang)
        return
    _tell(found, path.name, lang)
    sys.exit(MISMATCH)


def _tell(found: Verified, name: str, lang: str) -> None:
    """What is wrong with a run: files, inputs, cells, and what else is not as it was."""
    from svclib import tables

    say(f"{name}: not verified", lang)
    for told, unlike in ((_FILES, found.files), (_INPUTS, found.inputs)):
        for what, state in unlike:
            say(told[state].format(what), lang)
    if found.inputs:
        say("tables were not recomputed: with other inputs they would differ", lang)
    cells = found.differences
    if len(cells):
        click.echo(tables.recomputed(cells.head(TOP), lang))
    if len(cells) > TOP:
        say(f"and {len(cells) - TOP} more differences", lang)
    for what, then, now in found.made_with:
        say(f"{what}: {then or '-'} when the run was made, {now or '-'} now", lang)


@command
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write the whole of it as a page too.")
def diff(*, before: Path, after: Path, page: Path | None, lang: str) -> None:
    """What differs between two runs: settings, framework, weights, volumes, scores, grades, verdicts.

    BEFORE and AFTER are folders of runs, or of cycles (their current runs).
    """
    from svclib import tables
    from svclib.run import diff as comparing
    from svclib.run import manifest

    sides = comparing.Side(manifest.locate(before)), comparing.Side(manifest.locate(after))
    found = comparing.differences(*sides)
    click.echo(comparing.between(*sides, lang))
    click.echo(comparing.summary(found, lang))
    for block in tables.blocks(found, lang, comparing.label(*sides), top=TOP):
        click.echo(f"\n{block.title}\n{block.shown.text}")
        if block.left_out:
            say(f"and {block.left_out} more differences", lang)
    if page is not None:
        page.write_text(comparing.page(found, *sides, lang), encoding="utf-8")
        click.echo(page)


@command
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day to write in it (default: today).")
@click.option("--force", is_flag=True, help="Add a revision to a freeze that is there; earlier ones stay.")
def freeze(*, params: Path, day: dt.datetime | None, force: bool, lang: str) -> None:
    """Freeze method and framework of PARAMS before its data exist; the report says whether they changed."""
    from svclib.run import freeze as freezing

    path, added = freezing.freeze(params, day=(day or dt.datetime.now()).date(), force=force)
    say(f"{path}  (revision {added.revision}, {added.day})", lang)
    if added.data_present:
        say("warning: data of the cycle are there already; the report will say so", lang)
