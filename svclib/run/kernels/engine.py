"""The papermill engine: its own, with a kernel given and an end to waiting."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger

from svclib.run.kernels.provisioner import Manager

NAME = "svclib"
LAST_OUTPUT = 60  # seconds for what a finished cell has printed to arrive, on a busy machine
logger.addHandler(logging.NullHandler())  # what it logs, the run says


class Engine(NBClientEngine):
    """Executes with the kernel of `manager` and marks a cell that hung, or killed the kernel, as failed."""

    @classmethod
    def execute_managed_notebook(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        manager: Manager,
        seconds: float,
        start_timeout: int = 60,
        **_: Any,
    ) -> None:
        """Execute every cell, all of them in at most `seconds`."""
        client = PapermillNotebookClient(
            nb_man,
            km=manager,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout_func=_Left(seconds),
            iopub_timeout=LAST_OUTPUT,
            shutdown_kernel="immediate",
            log=logger,
        )
        try:
            with _event_loop():
                client.execute(cleanup_kc=True)
        except DeadKernelError:
            _fail(nb_man, "DeadKernelError", "the kernel died; out of memory, or killed from outside")
        except CellTimeoutError:
            _fail(nb_man, "TimeoutError", f"the notebook was not done after {seconds:g} s (--timeout)")


class _Left:
    """Seconds left to the notebook at the start of a cell; they run from that of the first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end: float | None = None

    def __call__(self, _cell: NotebookNode) -> float:
        now = time.monotonic()
        if self._end is None:
            self._end = now + self._seconds
        return max(self._end - now, 0.001)  # 0 would be without end


@contextmanager
def _event_loop() -> Generator[None]:
    """The event loop that Jupyter takes in this thread, closed again with what is waiting in it."""
    loop = ensure_event_loop()
    try:
        yield
    finally:
        loop.run_until_complete(_drop_waiting())
        loop.close()


async def _drop_waiting() -> None:
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def _fail(nb_man: NotebookExecutionManager, name: str, message: str) -> None:
    """Mark the cell that was running, so that papermill keeps the notebook and names the cell."""
    begun = [(i, cell) for i, cell in enumerate(nb_man.nb.cells) if cell.metadata.papermill["start_time"]]
    index, cell = begun[-1]
    output: NotebookNode = new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
    cell.outputs.append(output)
    nb_man.cell_exception(cell, cell_index=index)


papermill_engines.register(NAME, Engine)
