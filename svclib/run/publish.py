"""Staging directory, atomic publication and clean-up of a run.

A run is written into a dot-named staging directory.  Publishing is one rename of
that directory, then one rename of the pointer file `current`; so a process killed
at any moment leaves either nothing new or a complete run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

STAGING = ".staging-"
POINTER = "current"
_OWNER = ".owner"
_NEXT = ".current"  # travels with the run, so a kill leaves no litter beside it


def new_run_id() -> str:
    """Unique, sortable name of a run: UTC time and eight random hex digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


@contextmanager
def staging(home: Path, run_id: str) -> Generator[Path]:
    """Yield an empty staging directory below `home`; it is gone when the block is left.

    `publish` moves it away before that; after an error or Ctrl-C it is deleted.
    """
    home.mkdir(parents=True, exist_ok=True)
    sweep(home)
    path = home / f"{STAGING}{run_id}"
    path.mkdir()
    (path / _OWNER).write_text(json.dumps(_identity(os.getpid())), encoding="utf-8")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sweep(home: Path) -> list[str]:
    """Delete the staging directories whose process is dead; return their names."""
    dead = [path for path in sorted(home.glob(f"{STAGING}*")) if not _alive(path)]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in dead]


def publish(staged: Path, home: Path, run_id: str, *, switch: bool = True) -> Path:
    """Move a finished staging directory to `home/run_id` and point `current` at it.

    With `switch=False` (a partial run) the directory is named `partial-<run_id>` and
    `current` is left alone.
    """
    (staged / _OWNER).unlink()
    if switch:
        (staged / _NEXT).write_text(run_id + "\n", encoding="utf-8")
    for path in sorted(staged.rglob("*")):
        _sync(path)
    _sync(staged)
    target = home / (run_id if switch else f"partial-{run_id}")
    staged.replace(target)
    _sync(home)
    if switch:
        (target / _NEXT).replace(home / POINTER)
        _sync(home)
    return target


def current(home: Path) -> Path | None:
    """Directory of the current run below `home`, or None before the first."""
    pointer = home / POINTER
    if not pointer.is_file():
        return None
    return home / pointer.read_text(encoding="utf-8").strip()


def keep_failed(home: Path, run_id: str, notebooks: list[Path], message: str) -> Path:
    """Keep the notebooks that failed and the message in `home/failed-<run_id>`."""
    target = home / f"failed-{run_id}"
    target.mkdir()
    for path in notebooks:
        if path.is_file():
            shutil.copy2(path, target / path.name)
    (target / "failure.txt").write_text(message + "\n", encoding="utf-8")
    return target


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return  # only POSIX can open, and so flush, a directory
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _identity(pid: int) -> dict[str, float]:
    return {"pid": pid, "started": psutil.Process(pid).create_time()}


def _alive(path: Path) -> bool:
    """Whether the process that made the staging directory still runs (a pid alone may be reused)."""
    try:
        owner = json.loads((path / _OWNER).read_text(encoding="utf-8"))
        return abs(_identity(owner["pid"])["started"] - owner["started"]) < 1
    except (OSError, ValueError, psutil.NoSuchProcess):
        return False
