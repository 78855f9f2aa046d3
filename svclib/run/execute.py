"""Execute notebooks with papermill, each in a fresh kernel of this very interpreter.

The work is done in spawned worker processes, which import papermill once; a worker, and
with it its kernel, ends when the process that started it dies.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

from svclib.errors import ParamError

PACKAGE_HOME = Path(__file__).resolve().parents[2]
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


@contextmanager
def workers(jobs: int) -> Generator[ProcessPoolExecutor]:
    """Pool of `jobs` spawned processes; on an error the waiting tasks are dropped."""
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def execute_all(pool: ProcessPoolExecutor, tasks: list[Task]) -> Iterator[Outcome]:
    """Outcomes in order of completion; after a failure no further task is started."""
    pending = [pool.submit(execute, task) for task in tasks]
    for future in as_completed(pending):
        if future.cancelled():
            continue
        outcome = future.result()
        if outcome.failure:
            for other in pending:
                other.cancel()
        yield outcome


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


def execute(task: Task) -> Outcome:
    """Run one notebook and write the executed copy; a failing cell is an outcome, not an exception."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    check_parameters(task)
    start = time.perf_counter()
    task.output.parent.mkdir(parents=True, exist_ok=True)
    failure = ""
    try:
        with tempfile.TemporaryDirectory(prefix="svc-", ignore_cleanup_errors=True) as home:
            papermill.execute_notebook(
                str(task.notebook),
                str(task.output),
                task.parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                **_kernel_options(Path(home)),
            )
        _seal(task)
    except PapermillExecutionError as error:
        failure = _cell_failure(task, error)
    except RuntimeError as error:  # the kernel died or never answered
        failure = f"{task.notebook.name}: {type(error).__name__}: {error}"
    return Outcome(task, time.perf_counter() - start, failure)


def _start_worker() -> None:
    quicken_jupyter()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    importlib.import_module("papermill")  # paid once per worker, before the first task


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _kernel_options(home: Path) -> dict[str, Any]:
    """Engine options: this interpreter, one numeric thread, private IPython and socket directory."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from traitlets.config import Config

    paths = [str(PACKAGE_HOME), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "IPYTHONDIR": str(home / "ipython"),
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
    spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        env=env,
    )

    class Kernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    connection = {"connection_file": str(home / "kernel.json")}
    if os.name == "posix":  # file sockets: no port can be taken by another kernel
        connection["transport"] = "ipc"
    config = Config(KernelManager=connection)
    return {"kernel_manager_class": Kernel, "config": config, "shutdown_kernel": "immediate"}


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
