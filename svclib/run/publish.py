"""Staging folder, atomic publication and clean-up of a run.

A run is written into a dot-named staging folder, which stays after a failure so that the next
run continues there.  Publishing is one rename of that folder, then one rename of the pointer
file `current`; a process killed at any moment leaves either nothing new or a complete run.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from svclib.params import Params

STAGING, STAGING_PARTIAL = ".staging", ".staging-partial"
POINTER = "current"
PARTIAL, FAILED = "partial-", "failed-"
KEPT_PARTIAL = 10  # partial runs that stay, such as those of a scheduler that watches every day
_NEXT = ".current"  # travels with the run, so that a run renamed but not yet pointed at is known


def new_run_id() -> str:
    """Unique, sortable name of a run: UTC time and eight random hex digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def home(out: Path, params: Params) -> Path:
    """Folder of the runs of a cycle below `out`."""
    part = f"{params.cycle}@{params.as_of}" if params.as_of else params.cycle
    return out.resolve() / params.name / part


def staging(home: Path, *, partial: bool) -> Path:
    """The staging folder of `home`, with what an earlier run that did not end left in it."""
    path = home / (STAGING_PARTIAL if partial else STAGING)
    path.mkdir(parents=True, exist_ok=True)
    return path


def prune(staged: Path, keep: Iterable[str]) -> None:
    """Delete every file of `staged` whose relative path is not in `keep`, and the folders left empty."""
    wanted = set(keep)
    for path in sorted(staged.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(staged).as_posix() not in wanted:
            path.unlink()


def publish(staged: Path, home: Path, run_id: str, *, switch: bool = True) -> Path:
    """Move a finished staging folder to `home/run_id` and point `current` at it.

    With `switch=False` (a partial run) the folder is named `partial-<run_id>` and
    `current` is left alone.
    """
    if switch:
        (staged / _NEXT).write_text(run_id + "\n", encoding="utf-8")
    for path in sorted(staged.rglob("*")):
        sync(path)
    sync(staged)
    target = home / (run_id if switch else f"{PARTIAL}{run_id}")
    staged.replace(target)
    sync(home)
    complete(home)
    tidy(home)
    return target


def complete(home: Path) -> None:
    """Point `current` at a run that was moved to its place and not yet pointed at."""
    for left in sorted(home.glob(f"[0-9]*/{_NEXT}")):
        left.replace(home / POINTER)
        sync(home)


def tidy(home: Path) -> None:
    """Delete what nobody needs after a published run: kept failures, and all but the last partial runs."""
    old = sorted(home.glob(f"{PARTIAL}*"))[:-KEPT_PARTIAL]
    for path in (*old, *home.glob(f"{FAILED}*")):
        shutil.rmtree(path, ignore_errors=True)


def current(home: Path) -> Path | None:
    """Folder of the current run below `home`, or None before the first."""
    pointer = home / POINTER
    if not pointer.is_file():
        return None
    return home / pointer.read_text(encoding="utf-8").strip()


def unlisted(out: Path) -> bool:
    """Whether a run below `out` became current after the list of all runs was written."""
    page = out / "index.html"
    pointers = [path.stat().st_mtime_ns for path in out.glob(f"*/*/{POINTER}")]
    return not page.is_file() or page.stat().st_mtime_ns < max(pointers, default=0)


def earlier(home: Path) -> list[Path]:
    """Folders whose finished steps may be used again: those not ended, the current run, partial ones."""
    left = [home / STAGING, home / STAGING_PARTIAL, current(home)]
    partial = sorted(home.glob(f"{PARTIAL}*"), reverse=True)
    return [path for path in (*left, *partial) if path is not None and path.is_dir()]


def keep_failed(home: Path, run_id: str, notebooks: list[Path], message: str) -> Path:
    """Keep the notebooks that failed and the message in `home/failed-<run_id>`, instead of those before."""
    for path in home.glob(f"{FAILED}*"):
        shutil.rmtree(path, ignore_errors=True)
    target = home / f"{FAILED}{run_id}"
    target.mkdir()
    for path in notebooks:
        if path.is_file():
            shutil.copy2(path, target / path.name)
    (target / "failure.txt").write_text(message + "\n", encoding="utf-8")
    return target


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    if path.is_dir() and os.name != "posix":
        return  # only POSIX can open, and so flush, a directory
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
