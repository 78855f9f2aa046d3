"""Pages to PDF, printed by the Chromium of the system: no browser is shipped or downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from svclib.errors import ParamError, StepFailed

VARIABLE = "SVCLIB_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# Where installers put a browser without putting it on PATH.
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
SECONDS = 120


def browser() -> Path | None:
    """The Chromium to print with: $SVCLIB_CHROMIUM, else the first found; None without any.

    Raises
    ------
    ParamError
        $SVCLIB_CHROMIUM names no program.
    """
    own = os.environ.get(VARIABLE, "")
    if own:
        found = shutil.which(own)
        if found is None:
            raise ParamError(f"${VARIABLE} is {own}: no program there. Name the program file of Chromium.")
        return Path(found)
    found = next(filter(None, map(shutil.which, (*NAMES, *PLACES))), None)
    return Path(found) if found else None


def printed(pages: Sequence[Path], program: Path, *, jobs: int = 2) -> list[Path]:
    """Print each page to a PDF file beside it; return the files in the order of the pages.

    Raises
    ------
    StepFailed
        The browser ended without a PDF, or took longer than two minutes for one.
    """
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda page: _print(page, program), pages))


def _print(page: Path, program: Path) -> Path:
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        told = _run([*_command(program, profile), f"--print-to-pdf={target}", page.resolve().as_uri()])
    if not target.is_file() or not target.read_bytes().startswith(b"%PDF"):
        raise StepFailed(f"{page.name}: {program.name} made no PDF of it: {told[-300:]}")
    return target


def _command(program: Path, profile: str) -> list[str]:
    """A profile of its own: a browser that is open would take the command over and print nothing."""
    flags = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    # Chromium refuses to run as root in its sandbox; in a container there is no other user.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [str(program), *flags, *root, f"--user-data-dir={profile}"]


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {SECONDS} s"
    return done.stderr.strip()
