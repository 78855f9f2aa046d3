"""One run at a time per cycle, and locks of processes that are gone."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import psutil
import pytest

from svclib.errors import ParamError, UnderWay
from svclib.run import locking


def owner(**more: object) -> str:
    own = {"pid": os.getpid(), "started": psutil.Process().create_time(), "host": platform.node()}
    return json.dumps({**own, "since": "2026-01-01 00:00:00 UTC", **more})


def test_a_second_run_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    with locking.held(tmp_path / "home", print):
        told = rf"process {os.getpid()} on .* has been running this cycle since 2\d{{3}}-.*delete .lock there"
        with pytest.raises(UnderWay, match=told), locking.held(tmp_path / "home", print):
            pass
        assert locking.holder(tmp_path / "home") is not None
    assert not list((tmp_path / "home").iterdir())


@pytest.mark.parametrize(
    "more", [{"started": 1.0}, {"pid": 2**22 + 1}], ids=["pid used anew", "process gone"]
)
def test_the_lock_of_a_dead_process_is_taken_over_and_said(tmp_path: Path, more: dict[str, object]) -> None:
    (tmp_path / ".lock").write_text(owner(**more))
    said: list[str] = []
    with locking.held(tmp_path, said.append):
        assert locking.holder(tmp_path) is not None
    assert len(said) == 1
    assert "since 2026-01-01 00:00:00 UTC) did not end; continuing it" in said[0]
    assert not list(tmp_path.iterdir())


def test_a_damaged_lock_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text("{")
    with locking.held(tmp_path, print):
        assert locking.holder(tmp_path) is not None


def test_a_lock_of_another_machine_counts(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(owner(host="elsewhere", pid=1))
    with pytest.raises(UnderWay, match="process 1 on elsewhere"), locking.held(tmp_path, print):
        pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ParamError, match=r"cannot write there .*Name another folder with --out"),
        locking.held(tmp_path / "file" / "home", print),
    ):
        pass
