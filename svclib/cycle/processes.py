"""The same function over many tasks in processes of this machine, results in the order of the tasks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
AHEAD = 2  # tasks per process that wait or are done: results too many to hold are not made
_SHARED: list[Any] = []


def each(fn: Callable[..., Any], of: Any, tasks: Iterable[Any], *, jobs: int) -> Iterator[Any]:
    """``fn(of, task)`` of every task, computed in `jobs` processes.

    `of` goes to every process once.  Every process counts with one thread, so that no sum
    depends on how many there are.
    """
    with (
        _one_thread(),
        ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start, initargs=(of,)) as pool,
    ):
        yield from in_order(lambda task: pool.submit(_in_worker, fn, task), tasks, ahead=AHEAD * jobs)


def in_order(submit: Callable[[Any], Future[Any]], tasks: Iterable[Any], *, ahead: int) -> Iterator[Any]:
    """Results in the order of the tasks, of which at most `ahead` are under way."""
    rest = iter(tasks)
    waiting = deque(submit(task) for task in islice(rest, ahead))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(submit(task) for task in islice(rest, 1))


@contextmanager
def _one_thread() -> Generator[None]:
    """Workers that each start as many threads as there are cores slow each other down."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _start(of: Any) -> None:
    _SHARED.append(of)


def _in_worker(fn: Callable[..., Any], task: Any) -> Any:
    return fn(_SHARED[0], task)
