"""One run at a time per folder of a cycle: a lock file names the process that holds it."""

from __future__ import annotations

import json
import os
import platform
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from svclib.errors import ParamError, UnderWay

NAME = ".lock"
_SAME = 1.0  # seconds within which two starts of a process are the same


@contextmanager
def held(home: Path, say: Callable[[str], None]) -> Generator[None]:
    """Hold the lock of `home` while the block runs; a lock left by a dead process is taken over.

    Raises
    ------
    UnderWay
        Another run of this cycle holds it.
    ParamError
        The folder cannot be written.
    """
    path = home / NAME
    try:
        home.mkdir(parents=True, exist_ok=True)
        mine = _take(path, say)
    except OSError as error:
        message = f"{home}: cannot write there ({error.strerror}). Name another folder with --out"
        raise ParamError(message) from error
    try:
        yield
    finally:
        if _owner(path) == mine:
            path.unlink()


def holder(home: Path) -> dict[str, Any] | None:
    """Process that holds the lock of `home` now, None where nobody does."""
    owner = _owner(home / NAME)
    return owner if owner and _alive(owner) else None


def sweep(home: Path, say: Callable[[str], None]) -> None:
    """Remove the lock that a dead process left, where a run has nothing else to do."""
    if (home / NAME).exists() and holder(home) is None:
        with held(home, say):
            pass


def _take(path: Path, say: Callable[[str], None]) -> dict[str, Any]:
    mine = {
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "host": platform.node(),
        "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
    }
    beside = path.with_name(f"{NAME}-{secrets.token_hex(4)}")
    beside.write_text(json.dumps(mine), encoding="utf-8")
    try:
        while not _linked(beside, path):
            _clear(path, say)
    finally:
        beside.unlink()
    return mine


def _linked(beside: Path, path: Path) -> bool:
    """Put the finished file in place as one step, unless one is there."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    return True


def _clear(path: Path, say: Callable[[str], None]) -> None:
    """Remove the lock of a dead process; refuse where it lives, or where that cannot be seen from here."""
    owner = _owner(path)
    if owner is None and not path.exists():
        return
    if owner is not None and _alive(owner):
        pid, since, host = owner["pid"], owner["since"], owner["host"]
        told = f"process {pid} on {host} has been running this cycle since {since}"
        remedy = f"Wait for it to end; if it is gone, delete {path.name} there"
        raise UnderWay(f"{path.parent}: {told}. {remedy}")
    aside = path.with_name(f"{NAME}-{secrets.token_hex(4)}")
    try:
        path.replace(aside)
    except FileNotFoundError:
        return
    taken = _owner(aside)
    if taken != owner:  # somebody else was faster: what was moved away is theirs
        _linked(aside, path)
    elif owner is not None:
        say(f"an earlier run (process {owner['pid']}, since {owner['since']}) did not end; continuing it")
    aside.unlink()


def _owner(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if {"pid", "started", "host", "since"} <= set(found) else None
    except (OSError, ValueError):
        return None


def _alive(owner: dict[str, Any]) -> bool:
    """Whether the process still runs; on another machine that is unknown, so it counts as running."""
    if owner["host"] != platform.node():
        return True
    try:
        process = psutil.Process(owner["pid"])
        ended = process.status() == psutil.STATUS_ZOMBIE
        return not ended and abs(process.create_time() - owner["started"]) < _SAME
    except psutil.NoSuchProcess:
        return False
