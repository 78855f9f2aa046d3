"""What a run was made of: one canonical JSON whose `body` is equal for equal inputs.

The body holds what determines the numbers and the hashes of the public tables; its hash does not
depend on the engine, the number of jobs, the machine or the time.  Beside it stand the bytes of every
published file, where the run was made, and what differs from one run to the next.  Of what is private
it holds nothing, not even a hash, from which few people's answers could be guessed.
"""

from __future__ import annotations

import hashlib
import json
import locale
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import svclib
from svclib import params as params_module
from svclib.errors import DataError
from svclib.params import Params
from svclib.params.content import canonical, digest, file_hash, plain
from svclib.run import publish
from svclib.sources import files

__all__ = [
    "NAME", "SCHEMA", "body", "canonical", "chain", "digest", "file_hash", "file_hashes", "frame_hash",
    "input_hashes", "locate", "notebook_hash", "plain", "read", "table_hashes", "write",
]  # fmt: skip

SCHEMA = 3
NAME = "manifest.json"
LOCK = "requirements.lock"
HOME = Path(svclib.__file__).resolve().parents[1]
PRIVATE = "private"
TABLE_FOLDERS = ("tables", PRIVATE)
_PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "papermill", "nbconvert", "matplotlib")


def frame_hash(frame: pd.DataFrame) -> str:
    """sha256 of a frame's content: column names, types and values in order, whatever the file format."""
    total = hashlib.sha256()
    for name in frame.columns:
        kind, values = _column_bytes(frame[name])
        for part in (str(name).encode("utf-8"), kind.encode("ascii"), values):
            total.update(len(part).to_bytes(8, "little"))
            total.update(part)
    return total.hexdigest()


def table_files(run_dir: Path) -> dict[str, Path]:
    """Every Parquet table of a run, private ones included, by name."""
    files = [path for folder in TABLE_FOLDERS for path in sorted((run_dir / folder).glob("*.parquet"))]
    return {path.stem: path for path in files}


def table_hashes(run_dir: Path) -> dict[str, str]:
    """Content hash of every public Parquet table of a run, by file name."""
    files = sorted((run_dir / "tables").glob("*.parquet"))
    return {path.stem: frame_hash(pd.read_parquet(path)) for path in files}


def file_hashes(run_dir: Path) -> dict[str, str]:
    """sha256 of every published file by its path in the run.

    The manifest, hidden files and what is private are none.
    """
    found = {path.relative_to(run_dir) for path in run_dir.rglob("*") if path.is_file()}
    found = {p for p in found if p != Path(NAME) and p.parts[0] != PRIVATE}
    shown = [p for p in found if not any(part.startswith(".") for part in p.parts)]
    return {p.as_posix(): file_hash(run_dir / p) for p in sorted(shown)}


def notebook_hash(path: Path) -> str:
    """sha256 of a notebook's cells (type and source); outputs and metadata do not count."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return digest([[cell["cell_type"], "".join(cell["source"])] for cell in cells])


def chain(params: Params) -> list[Params]:
    """The params of a cycle first, then of every cycle its numbers rest on."""
    others = [path for path in (params.baseline, *params.history, *params.cycles) if path is not None]
    named = [params_module.load(path) for path in dict.fromkeys(others)]
    below = dict.fromkeys(path for each in named for path in each.cycles)
    known = {each.file for each in named}
    return [params, *named, *(params_module.load(path) for path in below if path not in known)]


def input_hashes(cycles: Sequence[Params]) -> dict[str, str]:
    """sha256 of every data file, or of the rows of a query, by cycle and source: "2026Q2/responses"."""
    return {
        f"{each.cycle}/{name}": files.content_hash(source, name=name)
        for each in cycles
        for name, source in each.data.items()
    }


def body(chain: Sequence[Params], *, run_dir: Path, notebooks: Sequence[Path]) -> dict[str, Any]:
    """The part of the manifest that equal inputs make equal.

    `chain` holds the params of the cycle first, then those of its baseline and history.
    """
    params, lock = chain[0], HOME / LOCK
    return {
        "schema": SCHEMA,
        "name": params.name,
        "cycle": params.cycle,
        "as_of": str(params.as_of or ""),
        "seed": params.seed,
        "params": {each.cycle: digest(plain(each, base=None)) for each in chain},
        "framework": params.framework.number_hash(),
        "inputs": input_hashes(chain),
        "tables": table_hashes(run_dir),
        "notebooks": {path.name: notebook_hash(path) for path in notebooks},
        "svclib": svclib.__version__,
        "lock": file_hash(lock) if lock.is_file() else "",
    }


def write(run_dir: Path, run_id: str, content: dict[str, Any], volatile: Mapping[str, Any]) -> str:
    """Write `manifest.json`, the last file of a run; return the hash of its body.

    Parameters
    ----------
    content : what `body` gives
    volatile : what differs between equal runs: seconds, engine, jobs
    """
    body_hash = digest(content)
    record = {
        "run_id": run_id,
        "body": content,
        "body_hash": body_hash,
        "files": file_hashes(run_dir),
        "environment": environment(),
        "volatile": dict(volatile),
    }
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    (run_dir / NAME).write_text(text + "\n", encoding="utf-8")
    return body_hash


def locate(path: Path) -> Path:
    """The folder of a run: `path` itself, or the current run of the cycle whose folder it is.

    Raises
    ------
    DataError
        Neither: the folder holds no run.
    """
    if (path / NAME).is_file():
        return path.resolve()
    current = publish.current(path)
    if current is None or not (current / NAME).is_file():
        raise DataError(f"no finished run in {path}; name the folder of a run, or that of its cycle")
    return current.resolve()


def read(run_dir: Path) -> dict[str, Any]:
    """The manifest of a finished run.

    Raises
    ------
    DataError
        There is none, or it is not the JSON that a run writes.
    """
    path = run_dir / NAME
    if not path.is_file():
        raise DataError(f"{run_dir.name}: no manifest.json there; name the folder of a finished run")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        record = None
    if not isinstance(record, dict) or not {"run_id", "body", "body_hash", "files"} <= set(record):
        raise DataError(f"{run_dir.name}: manifest.json is not one of this version; run the cycle again")
    return record


def environment() -> dict[str, Any]:
    """Where a run was made, without the names of its user and machine."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index]
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()}-{platform.release()}-{platform.machine()}",
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "blas": f"{blas['name']} {blas['version']}",
        "threads": 1,  # of a kernel, whatever the machine has
        "locale": locale.getlocale()[0] or "C",
        "time_zone": time.strftime("%z"),
        "git": git(),
    }


def git() -> dict[str, Any]:
    """Commit of the project and whether the code differs from it; empty outside a repository."""
    if not (HOME / ".git").exists() or shutil.which("git") is None:
        return {}
    asked = (["rev-parse", "HEAD"], ["status", "--porcelain", "--", "svclib", "notebooks", LOCK])
    told = [
        subprocess.run(["git", "-C", str(HOME), *words], capture_output=True, text=True, check=False)
        for words in asked
    ]
    if any(done.returncode for done in told):  # a repository of somebody else's is not read
        return {}
    return {"commit": told[0].stdout.strip(), "dirty": bool(told[1].stdout.strip())}


def _column_bytes(values: pd.Series) -> tuple[str, bytes]:
    if pd.api.types.is_bool_dtype(values):
        return "bool", values.to_numpy("u1").tobytes()
    if pd.api.types.is_integer_dtype(values):
        return "int", values.to_numpy("<i8").tobytes()
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy("<f8")
        return "float", np.where(np.isnan(numbers), np.nan, numbers).tobytes()  # one bit pattern for NaN
    return "str", canonical([None if pd.isna(value) else str(value) for value in values])
