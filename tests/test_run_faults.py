"""Whatever happens to a run, nothing is half published, nothing finished is lost, and it can be continued.

Cells are executed in the runner itself, so that a hundred runs take seconds; kernels that die or
hang are in tests/test_run_kernels.py.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import tiny_cycle

from svclib import run
from svclib.errors import InputErrors, StepFailed, UnderWay
from svclib.run import assemble, execute, export, locking, manifest, publish, resume
from svclib.run.execute import Outcome, Task

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks and kills processes")
PATIENCE = 300  # seconds after which a process that hangs is ended
WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"}
STEPS = {
    "10_data_quality",
    "40_scores_grades",
    "90_report",
    *(f"91_unit_report {u}" for u in tiny_cycle.UNITS),
}


class Workers:
    """Stands for the pool; `log` names every notebook executed."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, task: Task) -> Future[Outcome]:
        with self.log.open("a") as log:
            log.write(task.label + "\n")
        done: Future[Outcome] = Future()
        done.set_result(tiny_cycle.executed(task))
        return done


@pytest.fixture
def cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Params file of a tiny cycle whose cells are executed without a kernel."""
    params = tiny_cycle.write(tmp_path / "in")
    tiny_cycle.notebook(
        params.parent / "notebooks" / "10_data_quality.ipynb",
        tiny_cycle.prose("# 数据"),
        tiny_cycle.code(tiny_cycle.WRITE),
    )
    monkeypatch.setattr(execute, "workers", lambda *_, **__: Workers(tmp_path / "log"))
    monkeypatch.setattr(assemble.index, "write", lambda out: (out / "index.html").write_text("x"))
    return params


def go(params: Path, out: Path, **options: Any) -> run.Run:
    books = params.parent / "notebooks"
    return run.run_cycle(params, out=out, notebooks=books, say=lambda _: None, **options)


def executed(params: Path) -> list[str]:
    """Notebooks executed since this was last asked."""
    log = params.parents[1] / "log"
    found = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return found


def apart(work: Callable[[], Any]) -> int | None:
    """Exit code of `work` in a process of its own."""

    def patiently() -> None:
        signal.alarm(PATIENCE)
        work()

    child = multiprocessing.get_context("fork").Process(target=patiently)
    child.start()
    child.join()
    return child.exitcode


def dying(params: Path, out: Path, at: int, count: Path | None = None, **options: Any) -> None:
    """Run and be killed at the system call number `at` that changes a file of the output."""
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        wrote = event in WRITES or (event == "open" and isinstance(args[1], str) and args[1][:1] in "wax")
        if wrote and str(args[0]).startswith(str(out)):
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    go(params, out, **options)
    if count is not None:
        count.write_text(str(seen))


def home(out: Path) -> Path:
    return out / "tiny" / "2026Q1"


def recorded(out: Path) -> set[str]:
    """Steps that the folders of unfinished runs say are done."""
    folders = [home(out) / name for name in (publish.STAGING, publish.STAGING_PARTIAL)]
    entries = [each for folder in folders for each in resume.Record(folder).entries.items()]
    return {label for label, entry in entries if not entry.failure}


@pytest.mark.slow
@pytest.mark.parametrize(("only", "points"), [((), 20), (("40",), 4)], ids=["whole", "partial"])
def test_killed_at_any_system_call(cycle: Path, tmp_path: Path, only: tuple[str, ...], points: int) -> None:
    calls = tmp_path / "calls"
    assert apart(lambda: dying(cycle, tmp_path / "calm", 0, calls, only=only)) == 0
    (calm,) = home(tmp_path / "calm").glob("*2026*")
    body, total = manifest.read(calm)["body"], int(calls.read_text())
    assert total > points
    for point in range(points):
        at = 1 + point * (total - 1) // (points - 1)
        out = tmp_path / f"out{at}"
        executed(cycle)
        assert apart(lambda: dying(cycle, out, at, only=only)) == -signal.SIGKILL  # noqa: B023
        before, known = publish.current(home(out)), recorded(out)
        assert before is None or resume.whole(before), at
        executed(cycle)
        done = go(cycle, out, only=only)
        assert not known & set(executed(cycle)), f"killed at {at}: finished steps ran again"
        assert manifest.read(done.path)["body"] == body, at
        assert resume.whole(done.path), at
        assert not [p.name for p in home(out).iterdir() if p.name.startswith(".")], at


class TestContinued:
    def test_nothing_changed(self, cycle: Path, tmp_path: Path) -> None:
        first = go(cycle, tmp_path / "out")
        assert set(executed(cycle)) == STEPS
        again = go(cycle, tmp_path / "out")
        assert (again.run_id, again.body_hash, executed(cycle)) == (first.run_id, first.body_hash, [])
        forced = go(cycle, tmp_path / "out", force=True)
        assert forced.run_id != first.run_id
        assert set(executed(cycle)) == STEPS

    def test_a_report_only_setting_executes_no_analysis(self, cycle: Path, tmp_path: Path) -> None:
        first = go(cycle, tmp_path / "out")
        executed(cycle)
        cycle.write_text(cycle.read_text().replace("[zh, en]", "[zh]") + "title: 新\n")
        done = go(cycle, tmp_path / "out")
        assert done.run_id != first.run_id
        assert not {"10_data_quality", "40_scores_grades"} & set(executed(cycle))
        assert not (done.path / "report.en.html").exists()

    def test_numbers_are_not_published_beside_other_inputs(self, cycle: Path, tmp_path: Path) -> None:
        answers = cycle.parent / "responses.csv"
        before, book = answers.read_bytes(), cycle.parent / "notebooks" / "90_report.ipynb"
        later = f"with open({str(answers)!r}, 'a') as file:\n    file.write('\\n')"
        tiny_cycle.notebook(book, tiny_cycle.code(later))
        told = "2026Q1/responses: changed while the run was under way; nothing published. Run it again"
        with pytest.raises(StepFailed, match=told):
            go(cycle, tmp_path / "out")
        assert publish.current(home(tmp_path / "out")) is None
        answers.write_bytes(before)
        executed(cycle)
        done = go(cycle, tmp_path / "out")
        assert (resume.whole(done.path), executed(cycle)) == (True, [])

    def test_a_partial_run_is_used_by_the_whole_one(self, cycle: Path, tmp_path: Path) -> None:
        go(cycle, tmp_path / "out", only=["40"])
        assert executed(cycle) == ["10_data_quality", "40_scores_grades"]
        go(cycle, tmp_path / "out")
        assert set(executed(cycle)) == STEPS - {"10_data_quality", "40_scores_grades"}

    def test_a_failed_unit_stops_no_other_and_alone_runs_again(self, cycle: Path, tmp_path: Path) -> None:
        flag = tmp_path / "flag"
        tiny_cycle.notebook(
            cycle.parent / "notebooks" / "91_unit_report.ipynb",
            tiny_cycle.code(f"import os\nassert os.path.exists({str(flag)!r}) or unit != '食堂', 'no'"),
        )
        with pytest.raises(StepFailed, match="91_unit_report 食堂: no\nnothing published"):
            go(cycle, tmp_path / "out")
        assert set(executed(cycle)) == STEPS
        assert publish.current(home(tmp_path / "out")) is None
        flag.touch()
        done = go(cycle, tmp_path / "out")
        assert executed(cycle) == ["91_unit_report 食堂"]
        assert sorted(p.name for p in home(tmp_path / "out").iterdir()) == sorted([done.run_id, "current"])

    def test_what_needs_a_failed_step_is_left_out(self, cycle: Path, tmp_path: Path) -> None:
        books = cycle.parent / "notebooks"
        tiny_cycle.notebook(books / "40_scores_grades.ipynb", tiny_cycle.code("assert False, 'bad'"))
        with pytest.raises(StepFailed, match="40_scores_grades: bad"):
            go(cycle, tmp_path / "out")
        assert executed(cycle) == ["10_data_quality", "40_scores_grades"]


class TestDamage:
    def test_a_damaged_table_of_an_unfinished_run_is_made_again(self, cycle: Path, tmp_path: Path) -> None:
        calm = go(cycle, tmp_path / "calm")
        books = cycle.parent / "notebooks"
        kept = (books / "40_scores_grades.ipynb").read_bytes()
        tiny_cycle.notebook(books / "40_scores_grades.ipynb", tiny_cycle.code("assert False, 'bad'"))
        with pytest.raises(StepFailed):
            go(cycle, tmp_path / "out")
        (home(tmp_path / "out") / publish.STAGING / "tables" / "grades.parquet").write_bytes(b"PAR1")
        (books / "40_scores_grades.ipynb").write_bytes(kept)
        executed(cycle)
        assert go(cycle, tmp_path / "out").body_hash == calm.body_hash
        assert "10_data_quality" in executed(cycle)

    def test_a_published_run_that_was_altered_is_not_taken_for_good(
        self, cycle: Path, tmp_path: Path
    ) -> None:
        first = go(cycle, tmp_path / "out")
        (first.path / "tables" / "grades.parquet").write_bytes(b"PAR1")
        executed(cycle)
        again = go(cycle, tmp_path / "out")
        assert (again.run_id != first.run_id, again.body_hash) == (True, first.body_hash)
        assert executed(cycle) == ["10_data_quality"]

    def test_a_truncated_workbook_changes_nothing(self, cycle: Path, tmp_path: Path) -> None:
        first = go(cycle, tmp_path / "out")
        (cycle.parent / "answers.xlsx").write_bytes(b"PK\x03\x04 cut off")
        cycle.write_text(cycle.read_text().replace("responses.csv", "answers.xlsx"))
        with pytest.raises(InputErrors, match=r"answers\.xlsx"):
            go(cycle, tmp_path / "out")
        assert publish.current(home(tmp_path / "out")) == first.path
        assert resume.whole(first.path)

    @pytest.mark.slow
    def test_a_full_disk(self, cycle: Path, tmp_path: Path) -> None:
        calm = go(cycle, tmp_path / "calm")
        said = tmp_path / "said"

        def cramped() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
            try:
                go(cycle, tmp_path / "out")
            except StepFailed as error:
                said.write_text(str(error))

        executed(cycle)
        assert apart(cramped) == 0
        assert "cannot be written (File too large); nothing published" in said.read_text()
        assert publish.current(home(tmp_path / "out")) is None
        done = set(recorded(tmp_path / "out"))
        executed(cycle)
        assert go(cycle, tmp_path / "out").body_hash == calm.body_hash
        assert not done & set(executed(cycle))

    def test_two_at_once(self, cycle: Path, tmp_path: Path) -> None:
        with locking.held(home(tmp_path / "out"), print):
            found: list[str] = []

            def second() -> None:
                with pytest.raises(UnderWay) as caught:
                    go(cycle, tmp_path / "out")
                found.append(str(caught.value))

            thread = threading.Thread(target=second)
            thread.start()
            thread.join()
        assert f"process {os.getpid()} on" in found[0]
        assert executed(cycle) == []


def test_the_record_says_nothing_of_the_machine(cycle: Path, tmp_path: Path) -> None:
    done = go(cycle, tmp_path / "out")
    text = (done.path / resume.NAME).read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert set(json.loads(text)["steps"]) == STEPS | {resume.EXPORT}
    assert set(export.safe_names(tiny_cycle.UNITS).values())
