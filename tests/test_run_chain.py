"""Steps begin as soon as the tables are saved that they read, and run again where those change later."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tiny_cycle

from svclib import run
from svclib.errors import StepFailed
from svclib.run import assemble, execute
from svclib.run.execute import Outcome, Task

SAVE = """\
from pathlib import Path
import time
import pandas as pd
from svclib.cycle import snapshot
def save(name, value, number):
    folder = Path(run_dir, "tables")
    folder.mkdir(exist_ok=True)
    frame = pd.DataFrame({"cycle": ["2026Q1"], "unit": ["甲"], "published": [value]})
    frame.to_parquet(folder / f"{name}.parquet")
    snapshot.mark_saved(Path(run_dir), [number])
def until(made):
    end = time.monotonic() + 30
    while not made():
        assert time.monotonic() < end, "nobody came"
        time.sleep(0.02)
"""
READ = """\
read = "screening"
value = pd.read_parquet(Path(run_dir, "tables", read).with_suffix(".parquet"))["published"][0]
save("grades", value, "40")
Path(run_dir, ".seen").touch()"""


def office(folder: Path, quality: str) -> Path:
    """A cycle whose step 10 is `quality`, and whose step 40 copies the value that step 10 saved."""
    params = tiny_cycle.write(folder)
    books = params.parent / "notebooks"
    for number in ("90_report", "91_unit_report"):
        (books / f"{number}.ipynb").unlink()
    tiny_cycle.notebook(books / "10_data_quality.ipynb", tiny_cycle.code(SAVE), tiny_cycle.code(quality))
    tiny_cycle.notebook(books / "40_scores_grades.ipynb", tiny_cycle.code(SAVE), tiny_cycle.code(READ))
    return params


class Threads:
    """Cells executed in threads of this process; `log` names the notebooks in the order of their start."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.threads = ThreadPoolExecutor(2)

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        self.threads.shutdown()

    def submit(self, task: Task) -> Any:
        return self.threads.submit(self.executed, task)

    def executed(self, task: Task) -> Outcome:
        self.log.append(task.label)
        return tiny_cycle.executed(task)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Threads:
    made = Threads()
    monkeypatch.setattr(execute, "workers", lambda *_, **__: made)
    monkeypatch.setattr(assemble.index, "write", lambda _: None)
    return made


def go(params: Path, out: Path) -> run.Run:
    return run.run_cycle(params, out=out, notebooks=params.parent / "notebooks", say=lambda _: None)


def published(done: run.Run) -> float:
    return pd.read_parquet(done.path / "tables" / "grades.parquet")["published"][0]


def test_the_next_step_computes_while_this_one_draws(tmp_path: Path, pool: Threads):
    quality = 'save("screening", 1.0, "10")\nuntil(Path(run_dir, ".seen").exists)'
    done = go(office(tmp_path / "in", quality), tmp_path / "out")
    assert published(done) == 1
    assert pool.log == ["10_data_quality", "40_scores_grades"]
    assert not [path.name for path in done.path.iterdir() if path.name.startswith(".")]


def test_tables_saved_again_are_read_again(tmp_path: Path, pool: Threads):
    quality = (
        'save("screening", 1.0, "10")\nuntil(Path(run_dir, ".seen").exists)\nsave("screening", 2.0, "10")'
    )
    done = go(office(tmp_path / "in", quality), tmp_path / "out")
    assert published(done) == 2
    assert pool.log == ["10_data_quality", "40_scores_grades", "40_scores_grades"]


def test_what_read_a_saved_table_is_kept_where_the_step_fails_later(tmp_path: Path, pool: Threads):
    quality = 'save("screening", 1.0, "10")\nuntil(Path(run_dir, ".seen").exists)\nassert False, "no figure"'
    params = office(tmp_path / "in", quality)
    with pytest.raises(StepFailed, match="no figure"):
        go(params, tmp_path / "out")
    books = params.parent / "notebooks"
    mended = tiny_cycle.code('save("screening", 1.0, "10")')
    tiny_cycle.notebook(books / "10_data_quality.ipynb", tiny_cycle.code(SAVE), mended)
    pool.threads, pool.log = ThreadPoolExecutor(2), []
    assert published(go(params, tmp_path / "out")) == 1
    assert pool.log == ["10_data_quality"]


def test_a_sign_left_by_a_killed_run_counts_no_longer(tmp_path: Path, pool: Threads):
    quality = 'time.sleep(0.5)\nsave("screening", 1.0, "10")'
    params = office(tmp_path / "in", quality)
    staged = tmp_path / "out" / "tiny" / "2026Q1" / ".staging"
    staged.mkdir(parents=True)
    (staged / ".saved-10").touch()
    assert published(go(params, tmp_path / "out")) == 1
    assert pool.log == ["10_data_quality", "40_scores_grades"]
