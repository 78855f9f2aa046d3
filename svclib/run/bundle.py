"""All that a page of one unit reads, as bytes; and its notebook executed from them elsewhere."""

from __future__ import annotations

import atexit
import functools
import io
import zipfile
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from svclib import cycle
from svclib.cycle import State, snapshot
from svclib.errors import DataError
from svclib.run import execute as local
from svclib.run import scratch
from svclib.run.execute import Outcome, Task
from svclib.sources import Inputs

if TYPE_CHECKING:
    from svclib.run.kernels.provisioner import Kernels


class AtHome:
    """Stands for rows of people, which stay on the machine of the run."""

    def __getattr__(self, name: str) -> Any:
        """Refuse whatever is asked of the rows."""
        if name.startswith("__"):  # pickle and Jupyter ask whether there is such a thing
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, _: Any) -> Any:
        """Refuse every column and row."""
        raise DataError(
            "rows of people are not sent to a cluster: the page of a unit reads result tables there. "
            "Run without --scheduler"
        )


_HOME: Any = AtHome()
_SENT = {"units", "parents", "hashes"}


def bare(state: State) -> State:
    """The data without a row of an answer, a record or a person: units and what they are called."""
    return replace(
        state,
        inputs={name: _bare(inputs) for name, inputs in state.inputs.items()},
        parts=tuple(bare(part) for part in state.parts),
        before=state.before and bare(state.before),
        measured=_HOME,
        rated=_HOME,
    )


def _bare(inputs: Inputs) -> Inputs:
    names = {field.name for field in fields(inputs)} - _SENT
    return replace(inputs, **dict.fromkeys(names, _HOME))


def pack(params_file: str, run_dir: str, as_of: str) -> bytes:
    """A zip of the `bare` data of a run and of its tables; private ones stay here."""
    content, ctx = io.BytesIO(), cycle.open(params_file, run_dir, as_of=as_of)
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        scratch.folder() as home,
        snapshot.kept(ctx.params, bare(ctx.state), Path(home)),
    ):
        archive.write(Path(home, snapshot.NAME), snapshot.NAME)
        for table in sorted(Path(run_dir, "tables").glob("*.parquet")):
            archive.write(table, f"tables/{table.name}")
    return content.getvalue()


def execute(
    content: bytes, notebook: bytes, task: Task, *, engine: str, seconds: float
) -> tuple[Outcome, bytes]:
    """Execute a notebook from what was packed; the outcome, and the executed copy (b"" if there is none).

    Parameters
    ----------
    engine, seconds : how its kernel starts, and how long the notebook may take, see `local.workers`
    """
    local.quicken_jupyter()
    with scratch.folder() as home:
        book, run, output = Path(home, task.notebook.name), Path(home, "run"), Path(home, "executed.ipynb")
        book.write_bytes(notebook)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(run)
        where = task.parameters | {"run_dir": str(run)}
        here = replace(task, notebook=book, output=output, parameters=where)
        outcome = local.execute(here, _kernels(engine), seconds=seconds)
        return replace(outcome, task=task), output.read_bytes() if output.is_file() else b""


@functools.cache
def _kernels(engine: str) -> Kernels:
    """Kernels of this worker process, as long as it lives."""
    from svclib.run.kernels.provisioner import Kernels

    found = Kernels(engine)
    atexit.register(found.close)  # a worker that ends must not wait for what kernels are forked from
    return found
