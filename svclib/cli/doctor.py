"""Command `doctor`: whether the installation, or a finished run, is in order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from svclib.cli.base import STEP_FAILED, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from svclib.doctor import Finding


@command
@click.argument("run", required=False, type=click.Path(path_type=Path))
def doctor(*, run: Path | None, lang: str) -> None:
    """Check this installation, or a finished RUN (its folder, or that of its cycle).

    Of a run: whether it is complete and unchanged, keeps private what is private, shows no small
    group of people, no secret and no folder of this machine, and opens offline; and how many points of
    a short checklist for reproducible analyses it meets.  Exit code 1 where something is wrong.
    """
    from svclib import doctor as checks
    from svclib.run import manifest
    from svclib.wording import doctor as wording

    if run is None:
        found = checks.installation(Path("reports"))
        _print(found, lang)
    else:
        path = manifest.locate(run)
        found = checks.finished(path)
        click.echo(wording.sentence("run", lang, run=path.name))
        _print(found, lang)
        kept = checks.practice(path)
        met = sum(one.level == checks.OK for one in kept)
        click.echo("\n" + wording.sentence("practice", lang, met=met, n=len(kept)))
        _print(kept, lang)
    errors = sum(one.level == checks.ERROR for one in found)
    notes = sum(one.level == checks.NOTE for one in found)
    click.echo("\n" + wording.sentence("errors" if errors else "fine", lang, n=errors, notes=notes))
    sys.exit(STEP_FAILED if errors else 0)


def _print(found: Sequence[Finding], lang: str) -> None:
    from svclib.wording import doctor as wording

    for one in found:
        click.echo(wording.line(one.check, one.level, one.facts, lang))
