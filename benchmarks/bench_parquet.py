"""`python -m benchmarks.bench_parquet`: partitioned answers reduced in bounded memory, time linear in rows.

Parts are generated in a temporary folder and deleted afterwards.  The full claim, 100 million rows
of 30 items in at most 2 GB:  python -m benchmarks.bench_parquet --rows 100000000 --half
Two Dask workers with the same tables:  … --dask
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import yaml
from pyarrow import parquet

ITEMS, UNITS = 30, 500
PART = 2_000_000  # rows of one file
LIMIT = 2e9  # bytes of memory
LINEAR = 1.3  # seconds per row of all rows, against those of half of them
MODULE = (sys.executable, "-m", "benchmarks.bench_parquet")
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def write(folder: Path, rows: int) -> Path:
    """Write a cycle of `rows` answers in parts, all written from the same seed; its params file."""
    items = [f"q{j:02d}" for j in range(ITEMS)]
    rating = {"kind": "rating", "better": "high", "scale": [1, 5], "score": {1: 0, 5: 100}, "weight": 1}
    dimensions = {
        f"d{d}": {"weight": share, "indicators": {f"i{d}": rating | {"items": items[10 * d : 10 * d + 10]}}}
        for d, share in enumerate((40, 30, 30))
    }
    grades = {"method": "cuts", "decimals": 1, "rounding": "half_up", "min_coverage": 0.8}
    framework: dict[str, Any] = {
        "name": "bench",
        "version": "1",
        "subjects": {"s": 1},
        "dimensions": dimensions,
    }
    framework["grades"] = grades | {"scale": {"good": 60, "poor": 0}}
    params: dict[str, Any] = {"name": "bench", "cycle": "c", "framework": "framework.yaml"}
    params["data"] = {"units": "units.csv", "responses": "answers"}
    params["screening"] = {"exclude": ["missing", "straight_line"]}
    for name, content in (("framework", framework), ("params", params)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    names = [f"u{i:04d}" for i in range(UNITS)]
    (folder / "units.csv").write_text("\n".join(["unit", *names]) + "\n", encoding="utf-8")
    (folder / "answers").mkdir()
    for number, start in enumerate(range(0, rows, PART)):
        table = _answers(min(PART, rows - start), items, names, np.random.default_rng(number))
        parquet.write_table(table, folder / "answers" / f"part-{number:04d}.parquet")
    return folder / "params.yaml"


def _answers(rows: int, items: list[str], names: list[str], rng: np.random.Generator) -> pa.Table:
    """Correlated 1–5 answers, 2 in 100 missing."""
    level = rng.integers(0, 3, rows, dtype=np.int8)
    columns = {}
    for item in items:
        codes = 1 + level + rng.integers(0, 3, rows, dtype=np.int8)
        columns[item] = pa.array(codes, mask=rng.random(rows, dtype=np.float32) < 0.02)
    unit = pa.DictionaryArray.from_arrays(rng.integers(0, len(names), rows, dtype=np.int16), names)
    return pa.table({"unit": unit, **columns})


def reduce(params_file: str, jobs: int, scheduler: str) -> dict[str, Any]:
    """Reduce a cycle; its rows, seconds and a hash of all tables."""
    from svclib import params as params_module
    from svclib import partitions
    from svclib.cycle import partitioned, processes
    from svclib.run import cluster

    params = params_module.load(params_file)
    begun, spent = time.perf_counter(), _processor_time()
    layout = partitioned.layout(params)
    with cluster.each(scheduler, partial(processes.each, jobs=jobs)) as each:
        assert each is not None  # noqa: S101 - processes stand in where there is no scheduler
        found = partitions.reduce(layout, each)
    seconds, cpu = time.perf_counter() - begun, _processor_time() - spent
    total = hashlib.sha256()
    scales = [table for scale in found.scales.values() for table in scale]
    tables = found.tables
    for table in (tables.cells, tables.totals, tables.cross, tables.counts, found.rules, *scales):
        total.update(table.keys.to_csv(index=False).encode() + table.sums.dtype.str.encode())
        total.update(table.sums.tobytes())
    return {"rows": layout.rows, "seconds": seconds, "cpu": cpu, "hash": total.hexdigest()}


def _processor_time() -> float:
    """Of this process and of the workers that have ended: what other programs do does not count."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def measured(params_file: Path, jobs: int, scheduler: str = "", others: Sequence[int] = ()) -> dict[str, Any]:
    """`reduce` in a process of its own, with the peak memory of it and all its processes."""
    words = [*MODULE, "--child", str(params_file), "--jobs", str(jobs)]
    words += ["--scheduler", scheduler] if scheduler else []
    peak, before = 0, _busy(others)
    with started(words, stdout=subprocess.PIPE) as child:
        while child.poll() is None:
            peak = max(peak, sum(_memory(pid) for pid in [child.pid, *others]))
            time.sleep(0.2)
        told = child.stdout.read() if child.stdout else b""
    if child.returncode:
        raise SystemExit("the reduction failed")
    found = json.loads(told.splitlines()[-1])
    return found | {"peak": peak, "cpu": found["cpu"] + _busy(others) - before}


@contextmanager
def started(words: list[str], **options: Any) -> Generator[subprocess.Popen[Any]]:
    """A program with one thread per process, which ends here with all it started, if not before."""
    with subprocess.Popen(words, env=os.environ | THREADS, **options) as process:
        try:
            yield process
        finally:
            for each in _family(process.pid):
                with suppress(psutil.NoSuchProcess):
                    each.terminate()


def _memory(pid: int) -> int:
    """Resident bytes of a process and of those it started."""
    with suppress(psutil.NoSuchProcess):
        return sum(each.memory_info().rss for each in _family(pid))
    return 0


def _busy(pids: Sequence[int]) -> float:
    """Processor time of processes and those they started, all alive."""
    spent = [each.cpu_times() for pid in pids for each in _family(pid)]
    return sum(each.user + each.system for each in spent)


def _family(pid: int) -> list[psutil.Process]:
    """A process and those it started, as far as they live."""
    with suppress(psutil.NoSuchProcess):
        own = psutil.Process(pid)
        return [own, *own.children(recursive=True)]
    return []


@contextmanager
def dask(folder: Path) -> Generator[tuple[str, list[int]]]:
    """A scheduler and two workers: its address and their process numbers."""
    from distributed import Client

    told = folder / "scheduler.json"
    common = ["--scheduler-file", str(told), "--no-dashboard"]
    first = [sys.executable, "-m", "distributed.cli.dask_scheduler", *common]
    first += ["--host", "127.0.0.1", "--port", "0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", *common, "--nthreads", "1"]
    worker += ["--local-directory", str(folder)]
    with ExitStack() as stack:
        found = [
            stack.enter_context(started(words, stderr=subprocess.DEVNULL))
            for words in (first, worker, worker)
        ]
        while not told.is_file():
            time.sleep(0.2)
        address = json.loads(told.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        yield address, [process.pid for process in found]


def show(task: str, found: dict[str, Any]) -> None:
    """One line."""
    wall, cpu = found["seconds"], found["cpu"]
    speed, peak = found["rows"] / cpu, found["peak"] / 1e6
    print(
        f"{task:<18}{found['rows']:>13,} rows{wall:>8.1f} s{cpu:>8.1f} s CPU"
        f"{speed:>11,.0f} rows/s{peak:>7.0f} MB"
    )


def main() -> int:
    """Print the table; 1 when memory or time is over its limit, or the tables differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--half", action="store_true", help="also half of the rows: is time linear?")
    parser.add_argument("--dask", action="store_true", help="also two Dask workers")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--scheduler", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(reduce(asked.child, asked.jobs, asked.scheduler)))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends as by Ctrl-C: nothing is left behind
    with tempfile.TemporaryDirectory(prefix="bench-parquet-") as home:
        return compared(Path(home), asked)


def compared(home: Path, asked: argparse.Namespace) -> int:
    """Print what was asked; 1 where something is over its limit."""
    folder = home / "all"
    folder.mkdir()
    params = write(folder, asked.rows)
    found = measured(params, asked.jobs)
    show(f"{asked.jobs} process(es)", found)
    worst = int(found["peak"] > LIMIT)
    if asked.half:
        some = measured(half(folder, asked.rows), asked.jobs)
        show("half of the rows", some)
        ratio = found["cpu"] / found["rows"] / (some["cpu"] / some["rows"])
        print(f"seconds per row, all against half: {ratio:.2f} (limit {LINEAR})")
        worst |= int(ratio > LINEAR)
    if asked.dask:
        with dask(home) as (address, others):
            spread = measured(params, asked.jobs, address, others)
        show("two Dask workers", spread)
        same = spread["hash"] == found["hash"]
        print(f"the same tables: {same}")
        worst |= int(not same or spread["peak"] > LIMIT)
    return worst


def half(folder: Path, rows: int) -> Path:
    """Params file of the same cycle with half of its parts."""
    (folder / "half").mkdir()
    for part in sorted((folder / "answers").iterdir())[: max(rows // PART // 2, 1)]:
        (folder / "half" / part.name).hardlink_to(part)
    text = (folder / "params.yaml").read_text(encoding="utf-8")
    file = folder / "half.yaml"
    file.write_text(text.replace("responses: answers", "responses: half"), encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main())
