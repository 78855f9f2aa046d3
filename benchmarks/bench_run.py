"""`python -m benchmarks.bench_run [N]`: a run of the demo against papermill on the same notebooks.

The chain of the cycle and N unit reports (50, units repeating), each executed by this project and
by the papermill command, in sequence and two at a time; the cells of unit reports alone, in one shell
after the imports; the pages exported; and a run in which nothing has changed.  Processor time is
that of the whole family of processes, start and imports included; elapsed time says what two at a
time gain on a machine that does nothing else.  Outputs have to be the same.  A missed ratio ends
with exit code 1.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.timing import HEAD, line
from svclib import cycle, params
from svclib.cycle import snapshot
from svclib.run import execute
from svclib.run.execute import Task

execute.quicken_jupyter()
import nbformat  # noqa: E402 - as a run does

ROOT = Path(__file__).resolve().parent.parent
BOOKS = ROOT / "notebooks"
NOTEBOOK = BOOKS / "91_unit_report.ipynb"
CHAIN = sorted(path for path in BOOKS.glob("[1-9]0_*.ipynb"))
PARAMS = ROOT / "params" / "demo" / "2026Q2.yaml"
FORKED, CELLS, PAGES = "forked", "cells", "pages"
UNCHANGED = 3.0  # seconds that a run may take in which nothing has changed
PAGE = 0.15  # seconds of a page after the first


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
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    env |= {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir(), "svclib-benchmark-compiled"))}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # else each start compiles anew

    def start(command: list[str]) -> None:
        silent = subprocess.DEVNULL
        subprocess.run(command, env=env, check=True, cwd=ROOT, stdout=silent, stderr=silent)

    def used() -> float:
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime

    before, begun = used(), time.perf_counter()
    with ThreadPoolExecutor(together) as pool:
        list(pool.map(start, commands))
    return Cost((time.perf_counter() - begun) / count, (used() - before) / count)


def by_papermill(notebook: Path, parameters: dict[str, str], output: Path) -> list[str]:
    """The command that executes one notebook."""
    given = [part for name, value in parameters.items() for part in ("-r", name, value)]
    return [sys.executable, "-m", "papermill", str(notebook), str(output), "--no-progress-bar", *given]


def by_us(side: str, run: Path, count: int, folder: Path, jobs: int = 1) -> list[str]:
    """The command that does one side of a comparison."""
    return [sys.executable, "-m", "benchmarks.bench_run", side, str(run), str(count), str(folder), str(jobs)]


def whole(out: Path, *more: str) -> list[str]:
    """The command that runs the demo, from reading its input to publication."""
    return [sys.executable, "-m", "svclib", "run", str(PARAMS), "--out", str(out), *more]


def forked(run: Path, count: int, folder: Path, jobs: int) -> None:
    """Execute the reports with forked kernels."""
    asked = enumerate(reports(run, count))
    tasks = [Task(str(i), NOTEBOOK, folder / f"{i}.ipynb", given, given) for i, given in asked]
    with execute.workers(jobs, engine="fork") as pool:
        failed = [told for done in [pool.submit(task) for task in tasks] if (told := done.result().failure)]
    if failed:
        sys.exit("\n".join(failed))


def cells(run: Path, count: int, folder: Path) -> None:
    """Processor time per report of the cells and their outputs alone, written into `folder`/cells."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    book = nbformat.read(NOTEBOOK, as_version=4)
    sources = [cell.source for cell in book.cells if cell.cell_type == "code"][1:]
    shell, seconds = InteractiveShell.instance(), list[float]()
    for given in reports(run, count):
        shell.reset()
        shell.user_ns |= {**given, "as_of": ""}
        begun = time.process_time()
        with capture_output():
            for source in sources:
                shell.run_cell(source).raise_error()
        seconds.append(time.process_time() - begun)
    # the first one pays the imports
    (folder / CELLS).write_text(str(sum(seconds[1:]) / (len(seconds) - 1)), encoding="utf-8")


def shown(path: Path) -> list[object]:
    """Outputs of an executed notebook."""
    return [cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells]


def pages(run: Path, count: int, folder: Path) -> None:
    """Processor time of the first page of a unit, and of each further one, written into `folder`/pages."""
    from svclib.run import export

    names = sorted(path.stem for path in (run / "notebooks" / "units").glob("*.ipynb"))[:count]
    lean = folder / "lean"
    shutil.copytree(run / "notebooks" / "units", lean / "notebooks" / "units")

    def seconds(some: list[str]) -> float:
        begun = time.process_time()
        export.export_run(lean, ["zh"], offer={"zh": "demo"}, units={name: name for name in some}, files={})
        return time.process_time() - begun

    first, all_of_them = seconds(names[:1]), seconds(names)
    one = min(first, seconds(names[:1]))
    each = (all_of_them - one) / (len(names) - 1)
    (folder / PAGES).write_text(str(each), encoding="utf-8")


def chain(folder: Path) -> tuple[Cost, Cost, Path, float]:
    """Cost of the chain by us and by papermill, our published run with unit reports, seconds of no change."""
    cost([whole(folder / "out")], 1)  # the first start compiles
    run_dir = folder / "papermill"
    run_dir.mkdir()
    given = {"params_file": str(PARAMS), "run_dir": str(run_dir), "language": "zh,en"}
    books = [by_papermill(book, given, folder / book.name) for book in CHAIN]
    sequence = cost(books, 1)
    ours = cost([whole(folder / "chain", "--no-units")], 1)
    unchanged = cost([whole(folder / "out")], 1).elapsed
    (run,) = (path.parent for path in (folder / "out").rglob("manifest.json"))
    return ours, sequence, run, unchanged


def compare(count: int, folder: Path) -> int:
    """Print the comparisons; the number that missed."""
    print(HEAD)
    ours, papermill, run, unchanged = chain(folder)
    (manifest,) = (folder / "chain").rglob("manifest.json")
    pages_and_files = json.loads(manifest.read_text(encoding="utf-8"))["volatile"]["seconds"]["export"]
    notebooks, theirs = ours.elapsed - pages_and_files, "papermill, notebooks"
    bad = line("chain, start and check included, s", notebooks, theirs, papermill.elapsed, 1 / 3)
    bad += line("the same with pages and files, s", ours.elapsed, theirs, papermill.elapsed, 1 / 2)
    bad += line("the same, processor s", ours.processor, theirs, papermill.processor, 1)
    bad += line("nothing changed, elapsed s", unchanged, "allowed", UNCHANGED, 1)
    cost([by_us(PAGES, run, count, folder)], 1)
    each = float((folder / PAGES).read_text(encoding="utf-8"))
    bad += line("a further page exported, processor s", each, "allowed", PAGE, 1)
    given = params.load(PARAMS)
    with snapshot.kept(given, cycle.load(given), run):
        return bad + units(run, count, folder)


def units(run: Path, count: int, folder: Path) -> int:
    """Compare unit reports, which read the data and tables of a run."""
    asked = list(enumerate(reports(run, count)))
    commands = [by_papermill(NOTEBOOK, given, folder / f"papermill{i}.ipynb") for i, given in asked]
    one = cost([by_us(FORKED, run, count, folder)], count)
    sequence = cost(commands, count)
    two = cost([by_us(FORKED, run, count, folder, 2)], count)
    pairs = cost(commands, count, together=2)
    cost([by_us(CELLS, run, max(3, count // 5), folder)], count)
    floor = float((folder / CELLS).read_text(encoding="utf-8"))
    bad = line("a report, processor s", one.processor, "papermill", sequence.processor, 1 / 5)
    bad += line("a report, elapsed s", one.elapsed, "papermill", sequence.elapsed, 1 / 5)
    bad += line("two at a time, elapsed s", two.elapsed, "papermill, two at a time", pairs.elapsed, 1 / 3)
    bad += line("two at a time, elapsed s", two.elapsed, "cells alone, one by one", floor, 2)
    bad += line("a report, processor s", one.processor, "its cells alone", floor, 2)
    same = sum(shown(folder / f"{i}.ipynb") == shown(folder / f"papermill{i}.ipynb") for i, _ in asked)
    print(f"outputs the same: {same} of {count}")
    return bad + (same < count)


def main(arguments: list[str]) -> int:
    """Run one side, or compare them all; 1 when a ratio is missed."""
    sides = {FORKED: forked, CELLS: cells, PAGES: pages}
    if arguments and arguments[0] in sides:
        side, run, count, folder, jobs = arguments
        more = [int(jobs)] if side == FORKED else []
        sides[side](Path(run), int(count), Path(folder), *more)
        return 0
    count = int(arguments[0]) if arguments else 50
    with tempfile.TemporaryDirectory(prefix="bench-run-") as folder:
        return int(compare(count, Path(folder)) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
