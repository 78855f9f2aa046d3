"""Real workers: what they compute is what one machine computes, also where one of them is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dask_cluster
import psutil
import pytest
import test_partitions
import tiny_cycle
from test_partitions import command

from svclib import partitions, run
from svclib.errors import DataError
from svclib.run import cluster, execute, manifest
from svclib.run.execute import Task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
SVCLIB = (sys.executable, "-m", "svclib")
UNITS = [f"部门{k:02d}" for k in range(6)]
GRADES = f"""\
from pathlib import Path
import pyarrow as pa
from pyarrow import parquet
Path(run_dir, "tables").mkdir(exist_ok=True)
columns = {{"cycle": ["2026Q1"] * {len(UNITS)}, "unit": {UNITS!r}, "published": {[*range(len(UNITS))]!r}}}
parquet.write_table(pa.table(columns), Path(run_dir, "tables", "grades.parquet"))"""
PAGE = """\
import time
from pathlib import Path
import pandas as pd
from svclib import cycle
ctx = cycle.open(params_file, run_dir, language, as_of)
grades = pd.read_parquet(Path(run_dir, "tables", "grades.parquet")).set_index("unit")
print(unit, grades.loc[unit, "published"], ctx.units.index(unit), ctx.label("*", "en"))
time.sleep(0.5)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    pytest.importorskip("distributed")
    with dask_cluster.started(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def cycle_in(folder: Path) -> Path:
    """Params file of a cycle of six units, whose pages take a while."""
    params = tiny_cycle.write(folder)
    rows = [f"{i},{UNITS[i % 6]},电话,{1 + i % 5}" for i in range(80)]
    text = "\n".join(["受访者编号,部门,渠道,q1", *rows]) + "\n"
    (folder / "responses.csv").write_text(text, encoding="utf-8")
    books = folder / "notebooks"
    tiny_cycle.notebook(books / "10_data_quality.ipynb", tiny_cycle.prose("# 数据"), tiny_cycle.code(GRADES))
    tiny_cycle.notebook(books / "91_unit_report.ipynb", tiny_cycle.code(PAGE))
    return params


def contents(folder: Path, *patterns: str) -> dict[str, bytes]:
    """Bytes of the files of a folder, by name."""
    paths = [path for pattern in patterns for path in folder.glob(pattern)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_run_of_whose_workers_one_is_killed_is_that_of_one_machine(address, tmp_path):
    params = cycle_in(tmp_path / "in")
    books = params.parent / "notebooks"
    alone = run.run_cycle(params, out=tmp_path / "alone", notebooks=books)
    words = ["run", params, "--out", tmp_path / "spread", "--notebooks", books, "--scheduler", address]
    said, killed, begun = list[str](), 0, dask_cluster.processes(address)
    with subprocess.Popen([*SVCLIB, *words], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if " 91_unit_report " in line and not killed:
                killed = begun[0]
                psutil.Process(killed).kill()
    assert process.returncode == 0, "".join(said)
    assert sum(" 91_unit_report " in line for line in said) == len(UNITS)
    assert killed not in dask_cluster.processes(address, wait=True)
    (home,) = (tmp_path / "spread" / "tiny" / "2026Q1").glob("20*")
    kept = ("tables/*.parquet", "notebooks/**/*.ipynb")
    assert contents(home, *kept) == contents(alone.path, *kept)
    assert len(contents(home, "notebooks/units/*.ipynb")) == len(UNITS)
    assert manifest.read(home)["body_hash"] == alone.body_hash


def test_a_hung_page_ends_after_the_time_given_on_a_worker_too(address, tmp_path):
    params = tiny_cycle.write(tmp_path)
    hung = tiny_cycle.notebook(tmp_path / "91_x.ipynb", tiny_cycle.code("import time; time.sleep(600)"))
    own = {"language": "zh", "as_of": "", "unit": "食堂"}
    where = {"params_file": str(params), "run_dir": str(tmp_path / "run")}
    task = Task(
        "91 食堂", hung, tmp_path / "out.ipynb", where | own, {"run_dir": "", "params_file": "", **own}
    )
    with execute.workers(1, engine="plain", timeout=3) as here:
        local = here.submit(task).result()
        with cluster.shared(here, address) as pool:
            away = pool.submit(task).result()
    assert away.failure == local.failure
    assert "TimeoutError: the notebook was not done after 3 s (--timeout)" in away.failure
    assert away.seconds < 30
    assert "TimeoutError" in task.output.read_text("utf-8")


def test_simulated_cycles_are_those_of_one_machine_though_a_worker_is_killed(address, tmp_path):
    (tmp_path / "framework.yaml").write_text(tiny_cycle.FRAMEWORK, encoding="utf-8")
    params = tmp_path / "params.yaml"
    text = "{name: t, cycle: 2026Q1, framework: framework.yaml, seed: 1, draws: 200}"
    params.write_text(text, encoding="utf-8")
    asked = ["simulate", params, "--replications", "6", "--case", "unchanged", "--n", "30", "--units", "3"]
    assert command(*asked, "--out", tmp_path / "alone")[0] == 0
    words = [*SVCLIB, *asked, "--out", tmp_path / "spread", "--scheduler", address]
    killed, begun, bar = 0, dask_cluster.processes(address, wait=True), b""
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        while piece := process.stderr.read1():
            bar += piece
            if b" 2/" in bar and not killed:
                killed = begun[0]
                psutil.Process(killed).kill()
    assert process.returncode == 0, bar.decode()
    assert killed not in dask_cluster.processes(address, wait=True)
    assert contents(tmp_path / "alone", "*") == contents(tmp_path / "spread", "*")
    assert len(contents(tmp_path / "alone", "*.parquet")) > 1


def test_parts_reduced_by_workers_are_those_of_one_process(address, tmp_path):
    file = test_partitions.cycle(tmp_path, test_partitions.answers()[test_partitions.READ], (40, 70))
    for name, more in (("here", ()), ("there", ("--scheduler", address))):
        assert command("reduce", file, "--out", tmp_path / name, *more)[0] == 0
    assert contents(tmp_path / "here", "*") == contents(tmp_path / "there", "*")


def test_a_worker_that_does_not_see_the_parts_is_named(address, tmp_path):
    layout = test_partitions.layout_of(
        test_partitions.cycle(tmp_path, test_partitions.answers()[test_partitions.READ], (40,))
    )
    (tmp_path / "answers").rename(tmp_path / "elsewhere")
    with (
        cluster.connected(address) as workers,
        pytest.raises(DataError, match=r"cannot read part-00.parquet in .*answers .*on a disk in common"),
    ):
        partitions.reduce(layout, workers.each)
