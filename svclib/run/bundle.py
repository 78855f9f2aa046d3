"""All that a notebook of a run reads, as bytes; and the notebook executed from them elsewhere."""

from __future__ import annotations

import atexit
import functools
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from svclib import params as params_module
from svclib import workbook
from svclib.errors import ParamError
from svclib.framework import yamlfile
from svclib.params import Params, frozen
from svclib.run import execute as local
from svclib.run import manifest
from svclib.run.execute import Outcome, Task

if TYPE_CHECKING:
    from svclib.run.kernels.provisioner import Kernels

_MOVED = "moved.json"
_FILES, _RUN = "files", "run"


class _Named(NamedTuple):
    """A path as a params file writes it, and the file it means."""

    text: str
    file: Path


def pack(params_file: Path, run_dir: Path) -> bytes:
    """A zip of the params of every cycle of a run, the files they name, and the tables of the run.

    Files lie in it as on this machine, so that paths relative to a params file keep their
    meaning; others are rewritten by `unpack`.  Private tables stay here.

    Raises
    ------
    ParamError
        A workbook names a file by an absolute path, which only YAML can be rewritten in.
    """
    content, moved = io.BytesIO(), dict[str, list[tuple[str, str]]]()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        files: dict[Path, None] = {}
        for params in manifest.chain(params_module.load(params_file)):
            named = list(_named(params))
            files |= dict.fromkeys([params.file, *(one.file for one in named)])
            frozen_file = frozen.path(params.file, params.cycle)
            files |= {frozen_file: None} if frozen_file.is_file() else {}
            away = [(one.text, _inside(one.file)) for one in named if not _relative(one.text)]
            if away and params.file.suffix.lower() == params_module.BOOK:
                told = f"{params.file.name}: {away[0][0]} cannot be found on a worker"
                raise ParamError(f"{told}. Write it relative to the workbook")
            moved[_inside(params.file)] = away
        for file in files:
            archive.write(file, _inside(file))
        for table in sorted((run_dir / "tables").glob("*.parquet")):
            archive.write(table, f"{_RUN}/tables/{table.name}")
        archive.writestr(_MOVED, json.dumps(moved, ensure_ascii=False))
    return content.getvalue()


def unpack(content: bytes, root: Path) -> None:
    """Lay the files out below `root`, with the paths of params files that led elsewhere."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        moved = json.loads(archive.read(_MOVED))
        archive.extractall(root)
    for name, away in moved.items():
        file = root / name
        if away:
            text = file.read_text(encoding="utf-8")
            for written, inside in sorted(away, key=lambda pair: -len(pair[0])):
                text = text.replace(written, (root / inside).as_posix())
            file.write_text(text, encoding="utf-8")


def execute(content: bytes, notebook: bytes, task: Task) -> tuple[Outcome, bytes]:
    """Execute a notebook from bytes; the outcome, and the executed copy ("" where there is none)."""
    local.quicken_jupyter()
    with TemporaryDirectory(prefix="svc-", ignore_cleanup_errors=True) as home:
        root = Path(home)
        unpack(content, root)
        book, output = root / task.notebook.name, root / "executed" / task.output.name
        book.write_bytes(notebook)
        params_file = root / _inside(Path(task.parameters["params_file"]))
        where = {"params_file": str(params_file), "run_dir": str(root / _RUN)}
        here = replace(task, notebook=book, output=output, parameters=task.parameters | where)
        outcome = local.execute(here, _kernels())
        return replace(outcome, task=task), output.read_bytes() if output.is_file() else b""


@functools.cache
def _kernels() -> Kernels:
    """Kernels of this worker process, as long as it lives."""
    from svclib.run.kernels.provisioner import Kernels

    found = Kernels("fork" if sys.platform == "linux" else "plain")
    atexit.register(found.close)  # a worker that ends must not wait for what kernels are forked from
    return found


def _named(params: Params) -> Iterator[_Named]:
    """The files that a params file names, wherever in it."""
    file = params.file
    book = file.suffix.lower() == params_module.BOOK
    doc = workbook.read(file).params if book else yamlfile.read(file)
    for text in _texts(doc.data):
        path = params_module.path_of(file.parent, text)
        if path.is_file():
            yield _Named(text, path)
    for source in params.data.values():
        if source.path is not None and source.path.is_file():
            yield _Named("", source.path)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document that could be a path."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str) and value and len(value) < 1000 and "\n" not in value:
        yield value


def _relative(text: str) -> bool:
    return not text.startswith(("/", "~", "$")) and not Path(text).is_absolute()


def _inside(path: Path) -> str:
    """Where a file of this machine lies in the zip."""
    parts = [part.strip("/\\").replace(":", "") for part in path.resolve().parts]
    return PurePosixPath(_FILES, *filter(None, parts)).as_posix()
