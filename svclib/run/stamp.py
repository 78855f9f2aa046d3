"""The bytes a run may depend on as one hash: while it stays, nothing needs a closer look.

It imports little, so that a run with nothing to do ends at once.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from svclib.errors import DataError
from svclib.params import Params
from svclib.run import manifest, reach


def notebook_files(folder: Path) -> list[Path]:
    """Notebooks of a run, in the order of their numbers."""
    return sorted(folder.glob("[1-9][0-9]_*.ipynb"))


def cells(notebook: Path) -> list[Any]:
    """Type, tags and source of each cell: what a result depends on, outputs left out."""
    book = json.loads(notebook.read_text(encoding="utf-8"))
    return [
        [cell["cell_type"], sorted(cell["metadata"].get("tags", [])), "".join(cell["source"])]
        for cell in book["cells"]
    ]


def environment() -> dict[str, str]:
    """The interpreter and the locked packages."""
    lock = manifest.HOME / manifest.LOCK
    locked = manifest.file_hash(lock)[:16] if lock.is_file() else ""
    return {"python": platform.python_version(), manifest.LOCK: locked}


def stamp(cycles: Sequence[Params], notebooks: Path, *, units: bool) -> str:
    """Hash of every byte a run may depend on: while it stays, nothing needs a closer look.

    It is "" where data cannot be read.
    """
    try:
        inputs = manifest.input_hashes(cycles)
    except DataError:  # `check` says what is wrong
        return ""
    home = reach.package()
    files = [p for p in sorted(home.rglob("*")) if p.is_file() and p.suffix != ".pyc"]
    return manifest.digest(
        {
            "svclib": {p.relative_to(home).as_posix(): manifest.file_hash(p) for p in files},
            "notebooks": {p.name: manifest.digest(cells(p)) for p in notebook_files(notebooks)},
            "params": [manifest.plain(each, base=None) for each in cycles],
            "inputs": inputs,
            "environment": environment(),
            "units": units,
        }
    )
