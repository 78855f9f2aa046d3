"""Temporary folders of one process: its name is on them, so that the next run clears those of the dead."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
from pathlib import Path

import psutil

# Short: file sockets lie in these folders, and their paths may have no more than 107 bytes.
_HOST = hashlib.sha256(platform.node().encode("utf-8")).hexdigest()[:4]
_OURS = re.compile(rf"svc-{_HOST}-(\d+)-\w+")


def folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that is deleted when it is left, or by the next run where this process was killed."""
    return tempfile.TemporaryDirectory(prefix=f"svc-{_HOST}-{os.getpid()}-", ignore_cleanup_errors=True)


def sweep() -> None:
    """Delete the folders that killed processes of this user on this machine left."""
    for path in Path(tempfile.gettempdir()).iterdir():
        found = _OURS.fullmatch(path.name)
        if found and _mine(path) and not psutil.pid_exists(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)  # another run may be at it as well


def _mine(path: Path) -> bool:
    """Whether it is a folder, and no link to one, of the user who runs this."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
