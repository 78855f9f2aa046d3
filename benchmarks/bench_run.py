"""`python -m benchmarks.bench_run RUN [N]`: unit reports of a finished run by forked kernels.

RUN is the folder of a finished run of the demo, N the number of reports (50, units repeating).
Each report is executed by this project with forked kernels, by the papermill command in sequence
and two at a time, and its cells alone by `exec` after the imports.  Processor time is that of the
whole family of processes, start and imports included; elapsed time says what two at a time gain on
a machine that does nothing else.  Outputs have to be the same.  A missed ratio ends with exit code 1.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nbformat
import pandas as pd

from benchmarks.timing import HEAD, line
from svclib.run import execute
from svclib.run.execute import Task

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "91_unit_report.ipynb"
PARAMS = ROOT / "params" / "demo" / "2026Q2.yaml"
FORKED, CELLS = "forked", "cells"


class Cost(NamedTuple):
    """Seconds per report."""

    elapsed: float
    processor: float


def reports(run: Path, count: int) -> list[dict[str, str]]:
    """Parameters of the reports, the units one after another until there are enough."""
    units = sorted(pd.read_parquet(run / "tables" / "board.parquet")["unit"].unique())
    common = {"params_file": str(PARAMS), "run_dir": str(run), "language": "zh,en"}
    return [{**common, "unit": units[i % len(units)]} for i in range(count)]


def cost(commands: list[list[str]], count: int, together: int = 1) -> Cost:
    """Of commands run `together` at a time, divided by the number of reports."""
    compiled = Path(tempfile.gettempdir(), "svclib-benchmark-compiled")  # else each start compiles anew
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(compiled),
        "OMP_NUM_THREADS": "1",
    }
    env.pop("PYTHONDONTWRITEBYTECODE", None)

    def start(command: list[str]) -> None:
        subprocess.run(command, env=env, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)

    def used() -> float:
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime

    before, begun = used(), time.perf_counter()
    with ThreadPoolExecutor(together) as pool:
        list(pool.map(start, commands))
    return Cost((time.perf_counter() - begun) / count, (used() - before) / count)


def by_papermill(parameters: dict[str, str], output: Path) -> list[str]:
    """The command that executes one report."""
    given = [part for name, value in parameters.items() for part in ("-r", name, value)]
    return [sys.executable, "-m", "papermill", str(NOTEBOOK), str(output), "--no-progress-bar", *given]


def by_us(side: str, run: Path, count: int, folder: Path, jobs: int = 1) -> list[str]:
    """The command that executes every report."""
    return [sys.executable, "-m", "benchmarks.bench_run", side, str(run), str(count), str(folder), str(jobs)]


def forked(run: Path, count: int, folder: Path, jobs: int) -> None:
    """Execute the reports with forked kernels."""
    asked = enumerate(reports(run, count))
    tasks = [Task(str(i), NOTEBOOK, folder / f"{i}.ipynb", given, given) for i, given in asked]
    with execute.workers(jobs, engine="fork") as pool:
        failed = [told for done in [pool.submit(task) for task in tasks] if (told := done.result().failure)]
    if failed:
        sys.exit("\n".join(failed))


def cells(run: Path, count: int, folder: Path) -> None:
    """Processor time per report of the cells alone, written into `folder`/cells."""
    book = nbformat.read(NOTEBOOK, as_version=4)
    sources = [cell.source for cell in book.cells if cell.cell_type == "code"][1:]
    seconds = []
    for given in reports(run, count):
        names = {**given, "as_of": ""}
        begun = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            for source in sources:
                exec(source, names)
        seconds.append(time.process_time() - begun)
    # the first one pays the imports
    (folder / CELLS).write_text(str(sum(seconds[1:]) / (len(seconds) - 1)), encoding="utf-8")


def shown(path: Path) -> list[object]:
    """Outputs of an executed notebook."""
    return [cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells]


def compare(run: Path, count: int, folder: Path) -> int:
    """Print the comparisons; the number that missed."""
    asked = list(enumerate(reports(run, count)))
    commands = [by_papermill(given, folder / f"papermill{i}.ipynb") for i, given in asked]
    cost(commands[:1], 1)  # compiles what is not
    one = cost([by_us(FORKED, run, count, folder)], count)
    sequence = cost(commands, count)
    two = cost([by_us(FORKED, run, count, folder, 2)], count)
    pairs = cost(commands, count, together=2)
    cost([by_us(CELLS, run, max(3, count // 5), folder)], count)
    floor = float((folder / CELLS).read_text(encoding="utf-8"))
    print(HEAD)
    bad = line("a report, processor s", one.processor, "papermill", sequence.processor, 1 / 5)
    bad += line("a report, elapsed s", one.elapsed, "papermill", sequence.elapsed, 1 / 5)
    bad += line("two at a time, elapsed s", two.elapsed, "papermill, two at a time", pairs.elapsed, 1 / 3)
    bad += line("a report, processor s", one.processor, "its cells alone", floor, 2)
    same = sum(shown(folder / f"{i}.ipynb") == shown(folder / f"papermill{i}.ipynb") for i, _ in asked)
    print(f"outputs the same: {same} of {count}")
    return bad + (same < count)


def main(arguments: list[str]) -> int:
    """Run one side, or compare them all; 1 when a ratio is missed."""
    if arguments[0] == FORKED:
        forked(Path(arguments[1]), int(arguments[2]), Path(arguments[3]), int(arguments[4]))
        return 0
    if arguments[0] == CELLS:
        cells(Path(arguments[1]), int(arguments[2]), Path(arguments[3]))
        return 0
    count = int(arguments[1]) if len(arguments) > 1 else 50
    with tempfile.TemporaryDirectory() as folder:
        return int(compare(Path(arguments[0]).resolve(), count, Path(folder)) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
