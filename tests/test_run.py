from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import psutil
import pytest
import tiny_cycle
import yaml

from svclib import run
from svclib.errors import DataError, InputErrors, ParamError, StepFailed
from svclib.run import execute, export, graph, manifest, publish, reach

ROOT = Path(__file__).resolve().parent.parent
EMPTY_FRAME = pd.DataFrame({"a": pd.Series(dtype="float64")})


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Params file of a tiny cycle."""
    return tiny_cycle.write(tmp_path_factory.mktemp("cycle"))


def run_tiny(params: Path, out: Path, **options: object) -> run.Run:
    """Plain kernels: these notebooks import little, tests/test_run_kernels.py compares the engines."""
    options = {"engine": "plain"} | options
    return run.run_cycle(params, out=out, notebooks=params.parent / "notebooks", **options)


@pytest.fixture(scope="module")
def twice(cycle: Path) -> list[run.Run]:
    """The same cycle run twice."""
    return [run_tiny(cycle, cycle.parent / "reports", force=force) for force in (False, True)]


def body(done: run.Run) -> dict:
    return json.loads((done.path / "manifest.json").read_text(encoding="utf-8"))


class TestRunCycle:
    def test_publishes_a_complete_run(self, twice: list[run.Run]) -> None:
        done = twice[1]
        assert done.path.parent.parts[-2:] == ("tiny", "2026Q1")
        assert publish.current(done.path.parent) == done.path
        names = {path.relative_to(done.path).as_posix() for path in done.path.rglob("*") if path.is_file()}
        units = export.safe_names(tiny_cycle.UNITS).values()
        assert names >= {
            "manifest.json", "params.lock.yaml", "report.zh.html", "report.en.html", "tables/grades.parquet",
            "notebooks/10_data_quality.ipynb", "notebooks/10_data_quality.zh.html",
            "notebooks/90_report.ipynb",
            *(f"units/{unit}.{lang}.html" for unit in units for lang in ("zh", "en")),
        }  # fmt: skip
        assert not [path.name for path in done.path.parent.rglob(".*")]

    def test_same_inputs_same_body(self, twice: list[run.Run]) -> None:
        first, second = twice
        assert first.run_id != second.run_id
        assert first.path.is_dir()
        assert first.body_hash == second.body_hash == body(first)["body_hash"]
        assert body(first)["body"] == body(second)["body"]

    def test_manifest_names_what_went_in_without_machine_paths(self, twice: list[run.Run]) -> None:
        done = twice[0]
        record = body(done)
        assert set(record["body"]["inputs"]) == {"2026Q1/responses"}
        assert set(record["body"]["tables"]) == {"grades"}
        assert len(record["body"]["notebooks"]) == 4
        assert "10_data_quality" in record["volatile"]["seconds"]
        lock = yaml.safe_load((done.path / "params.lock.yaml").read_text(encoding="utf-8"))
        assert lock["data"]["responses"]["path"] == "responses.csv"
        home = str(done.path.parents[3])
        for name in ("manifest.json", "params.lock.yaml"):
            assert home not in (done.path / name).read_text(encoding="utf-8")
        for path in done.path.rglob("*.ipynb"):
            text = path.read_text(encoding="utf-8")
            assert not [place for place in (home, sys.prefix, str(ROOT)) if place in text], path.name

    def test_executed_copies_are_portable(self, twice: list[run.Run]) -> None:
        book = nbformat.read(twice[0].path / "notebooks" / "90_report.ipynb", as_version=4)
        (cell,) = [c for c in book.cells if "injected-parameters" in c.metadata.get("tags", [])]
        assert cell.id == "injected-parameters"
        assert 'run_dir = ""' in cell.source
        assert 'language = "zh,en"' in cell.source

    def test_only_runs_the_step_and_those_before(self, cycle: Path, tmp_path: Path) -> None:
        done = run_tiny(cycle, tmp_path, only=["40"])
        assert done.path.name.startswith("partial-")
        assert publish.current(done.path.parent) is None
        assert len(body(done)["body"]["notebooks"]) == 2

    def test_a_year_has_notebooks_of_its_own(self) -> None:
        def names(*only: str, units: bool = True, annual: bool = True) -> list[str]:
            steps = graph.build(ROOT / "notebooks", annual=annual, sources=code)
            return [step.number for step in graph.chosen(steps, only, units=units)]

        code = reach.Sources(reach.package())

        assert names() == ["92", "93"]
        assert names("93") == ["92", "93"]  # the pages show tables of the report
        assert names(units=False) == names("92") == ["92"]
        assert not {"92", "93"} & set(names(annual=False))

    def test_unknown_step_is_refused(self, cycle: Path, tmp_path: Path) -> None:
        with pytest.raises(ParamError, match=r"\['55'\].*choose from \['10', '40', '90', '91'\]"):
            run_tiny(cycle, tmp_path / "out", only=["55"])
        assert not (tmp_path / "out").exists()

    def test_bad_input_writes_nothing(self, tmp_path: Path) -> None:
        params = tiny_cycle.write(tmp_path / "in")
        broken = params.read_text(encoding="utf-8").replace("seed: 1", "sead: 1")
        params.write_text(broken, encoding="utf-8")
        with pytest.raises(InputErrors, match="sead"):
            run_tiny(params, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_failing_cell_is_named_and_nothing_is_published(self, tmp_path: Path) -> None:
        params = tiny_cycle.write(tmp_path / "in")
        tiny_cycle.notebook(
            params.parent / "notebooks" / "40_scores_grades.ipynb",
            tiny_cycle.prose("# x"), tiny_cycle.code("a = 1"), tiny_cycle.code("1 / 0"),
        )  # fmt: skip
        with pytest.raises(
            StepFailed, match=r"40_scores_grades\.ipynb\), cell 4: ZeroDivisionError: div"
        ) as caught:
            run_tiny(params, tmp_path / "out")
        home = tmp_path / "out" / "tiny" / "2026Q1"
        (kept,) = home.glob("failed-*")
        assert {path.name for path in home.iterdir()} == {kept.name, publish.STAGING}
        assert str(kept) in str(caught.value)
        assert {path.name for path in kept.iterdir()} == {"40_scores_grades.ipynb", "failure.txt"}

    def test_notebook_without_our_parameters_is_refused(self, tmp_path: Path) -> None:
        path = tiny_cycle.notebook(tmp_path / "10_x.ipynb")
        task = execute.Task("10", path, tmp_path / "out.ipynb", {"perod": "1"}, {})
        with pytest.raises(ParamError, match=r"10_x.ipynb.*\['perod'\].*'run_dir'"):
            execute.check_parameters(task)

    def test_units_need_the_grades_table(self, tmp_path: Path) -> None:
        params = tiny_cycle.write(tmp_path / "in")
        for name in ("10_data_quality", "40_scores_grades", "90_report"):
            (params.parent / "notebooks" / f"{name}.ipynb").unlink()
        with pytest.raises(DataError, match="'grades'"):
            run_tiny(params, tmp_path / "out")


class TestKilled:
    """SIGKILL at any moment leaves no half-published run."""

    LOOP = """
import sys, pathlib
from svclib.run import publish
home = pathlib.Path(sys.argv[1])
while True:
    run_id = publish.new_run_id()
    staged = publish.staging(home, partial=False)
    for i in range(40):
        (staged / f"t{i}").write_text("x" * 1000)
    (staged / "manifest.json").write_text("{}")
    publish.publish(staged, home, run_id)
"""

    @pytest.mark.parametrize("trial", range(2))
    def test_while_publishing(self, tmp_path: Path, trial: int) -> None:
        home = tmp_path / "home"
        child = subprocess.Popen([sys.executable, "-c", self.LOOP, str(home)], cwd=ROOT)
        while not (home / publish.POINTER).exists():
            assert child.poll() is None
            time.sleep(0.01)
        time.sleep(0.3 * random.Random(trial).random())
        child.kill()
        child.wait()
        now = publish.current(home)
        assert now is not None
        for done in home.glob("2*"):
            assert len([path for path in done.iterdir() if path.name[0] != "."]) == 41, done
        publish.complete(home)
        assert publish.current(home) == max(home.glob("2*"), key=lambda done: done.stat().st_mtime_ns)

    @pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
    @pytest.mark.parametrize("share", [0.3, 0.7])
    def test_while_running(self, cycle: Path, twice: list[run.Run], tmp_path: Path, share: float) -> None:
        argv = ["run", str(cycle), "--out", str(tmp_path), "--notebooks", str(cycle.parent / "notebooks")]
        child = subprocess.Popen([sys.executable, "-m", "svclib", *argv], cwd=ROOT, stderr=subprocess.DEVNULL)
        time.sleep(share * twice[1].seconds)
        family = psutil.Process(child.pid).children(recursive=True)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive, "a worker or kernel outlived the run"
        home = tmp_path / "tiny" / "2026Q1"
        now = publish.current(home)
        assert now is None or (now / "manifest.json").is_file()


class TestPublish:
    def test_staging_keeps_what_an_earlier_run_left(self, tmp_path: Path) -> None:
        (publish.staging(tmp_path, partial=False) / "a").write_text("1")
        assert (publish.staging(tmp_path, partial=False) / "a").read_text() == "1"
        assert not list(publish.staging(tmp_path, partial=True).iterdir())

    def test_prune_leaves_what_is_asked_for(self, tmp_path: Path) -> None:
        for name in ("a/b/one", "a/two", "three"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("")
        publish.prune(tmp_path, {"a/two"})
        assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["a", "a/two"]

    def test_partial_runs_do_not_pile_up(self, tmp_path: Path) -> None:
        for number in range(publish.KEPT_PARTIAL + 3):
            publish.publish(publish.staging(tmp_path, partial=True), tmp_path, f"{number:02}", switch=False)
        left = sorted(path.name for path in tmp_path.iterdir())
        assert (len(left), left[0]) == (publish.KEPT_PARTIAL, "partial-03")

    def test_a_run_moved_but_not_pointed_at_becomes_current(self, tmp_path: Path) -> None:
        (tmp_path / "2026").mkdir()
        (tmp_path / "2026" / ".current").write_text("2026\n")
        publish.complete(tmp_path)
        assert publish.current(tmp_path) == tmp_path / "2026"


class TestManifest:
    def test_frame_hash_sees_names_types_values_and_order(self) -> None:
        base = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", ""]})
        others = [
            base.rename(columns={"a": "c"}), base.astype({"a": "str"}), base.assign(a=[1.0, 2.0]),
            base.iloc[::-1], base[["b", "a"]], base.assign(b=["", "x"]),
            base.assign(a=[1.0 + 2**-52, np.nan]),
        ]  # fmt: skip
        hashes = {manifest.frame_hash(frame) for frame in [base, *others]}
        assert len(hashes) == 1 + len(others)

    def test_frame_hash_does_not_depend_on_the_file(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"n": [1, 2], "ok": [True, False], "t": ["a", "乙"], "x": [0.1, np.nan]})
        frame.to_parquet(tmp_path / "t.parquet")
        assert manifest.frame_hash(pd.read_parquet(tmp_path / "t.parquet")) == manifest.frame_hash(frame)
        assert manifest.frame_hash(EMPTY_FRAME) == manifest.frame_hash(EMPTY_FRAME.copy())

    def test_notebook_hash_ignores_outputs(self, tmp_path: Path) -> None:
        path = tiny_cycle.notebook(tmp_path / "a.ipynb", tiny_cycle.code("1"))
        before = manifest.notebook_hash(path)
        book = nbformat.read(path, as_version=4)
        book.cells[1].execution_count = 5
        nbformat.write(book, path)
        assert manifest.notebook_hash(path) == before
        book.cells[1].source = "2"
        nbformat.write(book, path)
        assert manifest.notebook_hash(path) != before

    def test_canonical_json_is_sorted(self) -> None:
        assert manifest.canonical({"b": 1, "a": "乙"}) == '{"a":"乙","b":1}'.encode()

    def test_plain_refuses_what_it_does_not_know(self) -> None:
        with pytest.raises(TypeError, match="object"):
            manifest.plain({"a": object()}, base=None)
