"""Temporary folders: deleted when left, and by the next run where their process was killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from svclib.run import scratch
from svclib.run.kernels.provisioner import Kernels


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def dead() -> int:
    """Number of a process that is over."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def left(temp: Path, pid: int) -> Path:
    with scratch.folder() as name:
        path = Path(re.sub(r"-\d+-", f"-{pid}-", name))
    path.mkdir()
    (path / "kernel.json").write_text("{}", encoding="utf-8")
    assert path.parent == temp
    return path


def test_a_folder_goes_when_it_is_left(temp: Path) -> None:
    with scratch.folder() as name:
        assert list(temp.iterdir()) == [Path(name)]
    assert not list(temp.iterdir())


def test_folders_of_dead_processes_are_swept_when_kernels_are_wanted(temp: Path, dead: int) -> None:
    left(temp, dead)
    Kernels("plain")
    assert not list(temp.iterdir())


def test_nothing_else_is_swept(temp: Path, dead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    alive, host = left(temp, os.getppid()), scratch._HOST  # pyright: ignore[reportPrivateUsage]
    elsewhere = temp / f"svc-{'0000' if host != '0000' else '1111'}-{dead}-x"
    linked, file = temp / f"svc-{host}-{dead}-link", temp / f"svc-{host}-{dead}-file"
    others = [temp / name for name in ("svc-report", f"svc-{host}-{dead}", f"mine-{dead}-x")]
    for path in (elsewhere, *others):
        path.mkdir()
    linked.symlink_to(alive)
    file.touch()
    kept = {alive, elsewhere, linked, file, *others}
    scratch.sweep()
    assert set(temp.iterdir()) == kept
    assert (alive / "kernel.json").is_file()
    own = left(temp, dead)
    monkeypatch.setattr(os, "getuid", lambda: own.stat().st_uid + 1)  # somebody else's
    scratch.sweep()
    assert own.is_dir()
