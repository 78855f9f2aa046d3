"""Execute notebooks with papermill, each in a fresh kernel of this very interpreter.

Threads wait for the kernels.  A kernel ends when the process that started it dies.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from svclib.errors import ParamError
from svclib.run.kernels import PACKAGE_HOME

if TYPE_CHECKING:
    from svclib.run.kernels.provisioner import Kernels

# A run that a scheduler started must end by itself, even if a cell hangs; no notebook is near it.
TIMEOUT = 2 * 3600.0
INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Task:
    """One notebook to execute.

    `parameters` go to the kernel; `archived` are the values written into the kept copy,
    free of machine paths, so that opening that copy recomputes in memory.
    """

    label: str
    notebook: Path
    output: Path
    parameters: dict[str, str]
    archived: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of a task; `failure` is "" when every cell ran."""

    task: Task
    seconds: float
    failure: str = ""


def quicken_jupyter() -> None:
    """Skip a JSON-schema format checker that costs 2 s at every import of nbformat.

    Call before the first Jupyter import, in our own processes only.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


class Pool(Protocol):
    """Whatever executes notebooks."""

    def submit(self, task: Task) -> Future[Outcome]:
        """Execute the task as soon as there is room."""
        ...


@dataclass(frozen=True)
class Workers:
    """Threads that execute notebooks, and the kernels they use."""

    threads: ThreadPoolExecutor
    kernels: Kernels
    engine: str
    seconds: float

    def submit(self, task: Task) -> Future[Outcome]:
        """Execute the task as soon as a thread is free."""
        return self.threads.submit(execute, task, self.kernels, seconds=self.seconds)


@contextmanager
def workers(jobs: int, *, engine: str = "plain", timeout: float = TIMEOUT) -> Generator[Workers]:
    """Execute `jobs` notebooks at a time, each for at most `timeout` seconds.

    Leaving it early, as by Ctrl-C, ends what is running and drops what is waiting.
    """
    quicken_jupyter()
    from svclib.run.kernels.provisioner import Kernels

    kernels = Kernels(engine)
    threads = ThreadPoolExecutor(jobs, thread_name_prefix="notebook")
    try:
        yield Workers(threads, kernels, engine, timeout)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        kernels.kill()
        threads.shutdown(wait=True)
        kernels.close()


def check_parameters(task: Task) -> None:
    """Refuse a parameter which the notebook's `parameters` cell does not declare."""
    import papermill

    known = papermill.inspect_notebook(str(task.notebook))
    unknown = sorted(task.parameters.keys() - known.keys())
    if unknown:
        raise ParamError(
            f"{task.notebook.name}: the notebook has no parameter {unknown}; its cell tagged 'parameters' "
            f"declares {sorted(known)}. Add the missing names to that cell."
        )


def execute(task: Task, kernels: Kernels, *, seconds: float = TIMEOUT) -> Outcome:
    """Run one notebook and write the executed copy; a failing cell is an outcome, not an exception.

    May be called by several threads at a time: no working folder is changed.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from svclib.run.kernels import engine

    check_parameters(task)
    start = time.perf_counter()
    task.output.parent.mkdir(parents=True, exist_ok=True)
    failure = ""
    try:
        with kernels.manager() as manager:
            papermill.execute_notebook(
                str(task.notebook),
                str(task.output),
                task.parameters,
                engine_name=engine.NAME,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                manager=manager,
                seconds=seconds,
            )
        _seal(task)
    except PapermillExecutionError as error:
        failure = _cell_failure(task, error)
    except RuntimeError as error:  # the kernel never answered
        failure = f"{task.notebook.name}: {type(error).__name__}: {error}"
    return Outcome(task, time.perf_counter() - start, failure)


def _seal(task: Task) -> None:
    """Make the executed copy portable: fixed id, archived parameters, no times or machine paths."""
    import nbformat

    book = nbformat.read(task.output, as_version=4)
    book.metadata.pop("papermill", None)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for cell in book.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":  # warnings name the file they come from
                text = output["text"].replace(sys.prefix, "python")
                output["text"] = text.replace(str(PACKAGE_HOME), "svclib")
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED
            values = task.archived.items()
            lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values]
            cell["source"] = "\n".join(["# Parameters", *lines])
    nbformat.write(book, task.output)


def _cell_failure(task: Task, error: Any) -> str:
    """Notebook, cell number as counted in the source notebook, error class and message."""
    import nbformat

    cells = nbformat.read(task.notebook, as_version=4).cells
    first = next(i for i, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", []))
    number = error.cell_index if error.cell_index > first else error.cell_index + 1  # one cell was injected
    return f"{task.label} ({task.notebook.name}), cell {number}: {error.ename}: {error.evalue}"
