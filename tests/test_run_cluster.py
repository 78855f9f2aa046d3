"""The cluster: what is sent, who is refused, and a real scheduler of whose two workers one dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest
import tiny_cycle

from svclib import params as params_module
from svclib.errors import ParamError
from svclib.run import bundle, cluster, execute
from svclib.run.execute import Task


def run_of(folder: Path) -> tuple[Path, Path]:
    """Params file of a small cycle, and a run folder with a public and a private table."""
    params, run = tiny_cycle.write(folder), folder / "run"
    for name in ("tables", "private"):
        (run / name).mkdir(parents=True)
        pd.DataFrame({"unit": list(tiny_cycle.UNITS)}).to_parquet(run / name / f"{name}.parquet")
    return params, run


def task_of(params: Path, run: Path, unit: str) -> Task:
    own = {"language": "zh", "as_of": "", "unit": unit}
    return Task(
        label=f"91 {unit}",
        notebook=params.parent / "notebooks" / "91_unit_report.ipynb",
        output=run / "notebooks" / "units" / f"{unit}.ipynb",
        parameters={"params_file": str(params), "run_dir": str(run), **own},
        archived={"params_file": params.name, "run_dir": "", **own},
    )


def test_a_bundle_holds_what_a_report_reads_and_no_private_table(tmp_path):
    params, run = run_of(tmp_path / "here")
    there = tmp_path / "there"
    bundle.unpack(bundle.pack(params, run), there)
    found = {path.name for path in there.rglob("*") if path.is_file()}
    assert found == {"params.yaml", "framework.yaml", "responses.csv", "tables.parquet", "moved.json"}


def test_paths_that_lead_elsewhere_are_rewritten(tmp_path, monkeypatch):
    params, run = run_of(tmp_path / "here")
    data = tmp_path / "data"
    data.mkdir()
    (params.parent / "responses.csv").rename(data / "responses.csv")
    monkeypatch.setenv("DATA_OF_TEST", str(data))
    text = params.read_text("utf-8").replace("responses.csv", '"${DATA_OF_TEST}/responses.csv"')
    params.write_text(text, encoding="utf-8")
    there = tmp_path / "there"
    bundle.unpack(bundle.pack(params, run), there)
    monkeypatch.delenv("DATA_OF_TEST")
    (moved,) = there.rglob("params.yaml")
    source = params_module.load(moved).data["responses"].path
    assert source is not None
    assert source.is_relative_to(there)
    assert source.read_bytes() == (data / "responses.csv").read_bytes()


def test_a_worker_that_differs_is_named():
    own = cluster.fingerprint()
    assert cluster.unlike("tcp://a", own, dict(own)) == []
    assert cluster.unlike("tcp://a", own, own | {"lock": "other"}) == [
        f"tcp://a (lock other / {own['lock']})"
    ]
    told = cluster.unlike("tcp://a", own, ModuleNotFoundError("No module named 'svclib'"))
    assert told == ["tcp://a (ModuleNotFoundError: No module named 'svclib')"]


def test_a_scheduler_nobody_answers_at_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    with (
        pytest.raises(ParamError, match="no scheduler answers"),
        cluster.connected("tcp://127.0.0.1:9"),
    ):
        pass


def test_without_a_scheduler_dask_is_not_imported():
    code = "import sys, svclib.cli, svclib.run, svclib.run.cluster; print('distributed' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def slow_square(factor: int, task: int) -> tuple[int, int]:
    """A task that takes a while, and the process it ran in."""
    time.sleep(0.3)
    return factor * task**2, os.getpid()


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A scheduler and two workers under their nannies."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    common = ["--scheduler-file", str(told), "--no-dashboard"]
    first = ["distributed.cli.dask_scheduler", *common, "--host", "127.0.0.1", "--port", "0"]
    worker = ["distributed.cli.dask_worker", *common, "--nthreads", "1", "--local-directory", str(folder)]
    paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(paths)}
    started = [
        subprocess.Popen([sys.executable, "-m", *words], env=env, stderr=subprocess.DEVNULL, cwd=folder)
        for words in (first, worker, worker)
    ]
    try:
        while not told.is_file():
            time.sleep(0.1)
        found = json.loads(told.read_text())["address"]
        from distributed import Client

        with Client(found, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        yield found
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_worker_killed_midway_changes_nothing(address):
    tasks, found, killed = list(range(30)), [], None
    with cluster.connected(address) as workers:
        for value, pid in workers.each(slow_square, 3, tasks):
            found.append(value)
            if killed is None and len(found) == 5:
                killed = pid
                psutil.Process(pid).kill()
    assert found == [3 * task**2 for task in tasks]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_reports_come_back_as_local_ones(address, tmp_path):
    params, run = run_of(tmp_path)
    with cluster.connected(address) as workers:
        tasks = [task_of(params, run, unit) for unit in ("甲", "乙")]
        outcomes = list(execute.execute_all(workers, tasks))
    assert [outcome.failure for outcome in outcomes] == ["", ""]
    away = [task.output.read_text("utf-8") for task in tasks]
    with execute.workers(1) as local:
        assert [outcome.failure for outcome in execute.execute_all(local, tasks)] == ["", ""]
    assert away == [task.output.read_text("utf-8") for task in tasks]
