"""The process that kernels are forked from is killed in the middle of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import tiny_cycle

from svclib import run
from svclib.errors import StepFailed
from svclib.run import publish

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux"),
]
# The first time the parent of the kernel is killed; the cell then waits for what becomes of it.
KILL = """\
import os, pathlib, signal, time
marker = pathlib.Path(params_file).with_name("killed")
if not marker.exists():
    marker.write_text(f"{os.getppid()} {os.getpid()}")
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)"""


def lives(pid: int) -> bool:
    """Whether a process is there; one that nobody has asked for its end yet is not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_run_ends_with_a_clear_sentence_no_orphan_and_goes_on_from_there(tmp_path: Path) -> None:
    params = tiny_cycle.write(tmp_path / "in")
    books, said = params.parent / "notebooks", list[str]()
    tiny_cycle.notebook(books / "40_scores_grades.ipynb", tiny_cycle.code(KILL))
    options: dict[str, Any] = {"out": tmp_path / "out", "notebooks": books, "engine": "fork", "jobs": 1}
    options |= {"say": said.append}
    with pytest.raises(StepFailed) as caught:
        run.run_cycle(params, **options)
    assert "40_scores_grades (40_scores_grades.ipynb), cell" in str(caught.value)
    assert "the kernel died; out of memory, or killed from outside" in str(caught.value)
    assert publish.current(tmp_path / "out" / "tiny" / "2026Q1") is None
    zygote, kernel = map(int, (params.parent / "killed").read_text("utf-8").split())
    assert not [pid for pid in (zygote, kernel) if lives(pid)]
    said.clear()
    done = run.run_cycle(params, **options)
    assert done.path.is_dir()
    assert [line for line in said if "10_data_quality" in line] == ["[1/4] 10_data_quality  unchanged"]


def test_notebooks_after_it_run_in_kernels_of_another(tmp_path: Path) -> None:
    """Steps that do not need the one that died are made: the fork server is started again."""
    params = tiny_cycle.write(tmp_path / "in")
    books, said = params.parent / "notebooks", list[str]()
    kill = KILL.replace('"killed"', 'f"killed-{unit[:1]}"').replace("if not", 'if unit == "食堂" and not')
    tiny_cycle.notebook(books / "91_unit_report.ipynb", tiny_cycle.code(kill))
    with pytest.raises(StepFailed):
        run.run_cycle(params, out=tmp_path / "out", notebooks=books, engine="fork", jobs=1, say=said.append)
    units = [line.split()[2:4] for line in said if "91_unit_report" in line]
    assert sorted(units) == [["甲/乙", "<b>"], ["食堂", "FAILED"]]
    assert any("甲/乙 <b>  ok" in line for line in said)
