"""Command to hand a run on: `export`."""

from __future__ import annotations

from pathlib import Path

import click

from svclib.cli.base import command, say
from svclib.errors import StepFailed


@command
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the copy (default: 导出/<cycle>).")
@click.option("--html", "form", flag_value="html", help="Pages only.")
@click.option(
    "--pdf", "form", flag_value="pdf", help="Pages, and PDF files for certain: fails without a browser."
)
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(["zh", "en"]),
    help="Language of the pages (default: those of the run). Repeatable.",
)
def export(*, run: Path, out: Path | None, form: str | None, languages: tuple[str, ...], lang: str) -> None:
    """Copy what is public of a finished RUN to a folder that can be handed on, and print it to PDF.

    RUN is the folder of a run, or of a cycle (its current run).  Private tables stay behind; the run
    itself is not touched.  Reports are printed by the Chromium, Chrome or Edge of this computer, found
    on PATH or named by $SVCLIB_CHROMIUM; without one the pages are written all the same.
    """
    from svclib.run import export_copy, manifest, pdf

    path = manifest.locate(run)
    folder = out or Path("导出", path.parent.name)
    program = None if form == "html" else pdf.browser()
    if form == "pdf" and program is None:
        raise StepFailed(f"no PDF: no Chromium, Chrome or Edge found. Install one, or set ${pdf.VARIABLE}.")
    for line in export_copy.export_copy(path, folder, languages):
        say(f"warning: {line}", lang, err=True)
    reports = sorted(folder.glob("report.*.html"))
    if program:
        pdf.printed([*reports, *sorted(folder.glob("units/*.html"))], program)
        reports += [page.with_suffix(".pdf") for page in reports]
    elif form is None:
        say(
            f"PDF skipped: no Chromium, Chrome or Edge found. Install one, or set ${pdf.VARIABLE}.",
            lang,
            err=True,
        )
    for report in reports:
        click.echo(report)
