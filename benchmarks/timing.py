"""Seconds, memory, and one printed line per comparison, the same for every benchmark."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np

HEAD = f"{'task':<44}{'own':>9}  {'against':<34}{'other':>9}{'ratio':>9}{'limit':>8}"


def seconds(run: Callable[[], object], repeats: int = 3) -> float:
    """Processor time, best of a few runs: what other programs do then does not count."""
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        run()
        found.append(time.process_time() - begun)
    return min(found)


def peak(run: Callable[[], object]) -> float:
    """Megabytes allocated beyond what was there, at the most."""
    tracemalloc.start()
    run()
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top / 1e6


def line(task: str, own: float, against: str, other: float, limit: float) -> int:
    """Print one comparison; 1 where the ratio is over its limit."""
    ratio = own / other
    bound = f"{limit:g}" if np.isfinite(limit) else "-"
    print(f"{task:<44}{own:>9.3f}  {against:<34}{other:>9.3f}{ratio:>9.3f}{bound:>8}")
    return int(ratio > limit)
