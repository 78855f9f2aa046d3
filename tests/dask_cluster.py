"""A scheduler and two worker processes of this machine, under their nannies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def started(folder: Path) -> Generator[str]:
    """Address of a scheduler with two workers, which have no folder in common with the caller."""
    told = folder / "scheduler.json"
    common = ["--scheduler-file", str(told), "--no-dashboard"]
    first = ["distributed.cli.dask_scheduler", *common, "--host", "127.0.0.1", "--port", "0"]
    worker = ["distributed.cli.dask_worker", *common, "--nthreads", "1", "--local-directory", str(folder)]
    tests = Path(__file__).parent
    paths = os.pathsep.join(map(str, [tests, tests.parent]))
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    with ExitStack() as stack:
        for words in (first, worker, worker):
            process = subprocess.Popen(
                [sys.executable, "-m", *words], env=env, stderr=subprocess.DEVNULL, cwd=folder
            )
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
        while not told.is_file():
            time.sleep(0.1)
        address = json.loads(told.read_text())["address"]
        processes(address, wait=True)
        yield address


def processes(address: str, *, wait: bool = False) -> list[int]:
    """Process numbers of the workers, which the nannies keep at two."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        if wait:
            client.wait_for_workers(2, timeout=120)
        found: Any = client.run(os.getpid)
        return sorted(found.values())
