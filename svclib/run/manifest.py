"""What a run was made of: one canonical JSON whose `body` is equal for equal inputs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

import svclib

SCHEMA = 1
LOCK = "requirements.lock"
_PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "papermill", "nbconvert", "matplotlib")


def canonical(value: Any) -> bytes:
    """Bytes of `value` as JSON with sorted keys and no spaces."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def digest(value: Any) -> str:
    """sha256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()


def file_hash(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def frame_hash(frame: pd.DataFrame) -> str:
    """sha256 of a frame's content: column names, types and values in order, whatever the file format."""
    total = hashlib.sha256()
    for name in frame.columns:
        kind, values = _column_bytes(frame[name])
        for part in (str(name).encode("utf-8"), kind.encode("ascii"), values):
            total.update(len(part).to_bytes(8, "little"))
            total.update(part)
    return total.hexdigest()


def table_hashes(run_dir: Path) -> dict[str, str]:
    """Content hash of every Parquet table of a run, private ones included, by file name."""
    folders = [run_dir / "tables", run_dir / "private"]
    files = [path for folder in folders for path in sorted(folder.glob("*.parquet"))]
    return {path.stem: frame_hash(pd.read_parquet(path)) for path in files}


def notebook_hash(path: Path) -> str:
    """sha256 of a notebook's cells (type and source); outputs and metadata do not count."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return digest([[cell["cell_type"], "".join(cell["source"])] for cell in cells])


def plain(value: Any, *, base: Path | None) -> Any:
    """`value` as JSON types; paths become relative to `base`, or bare file names when it is None."""
    if isinstance(value, Path):
        return value.name if base is None else Path(os.path.relpath(value, base)).as_posix()
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item, base=base) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, base=base) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item, base=base) for item in value)
    return _scalar(value)


def body(chain: list[Any], *, run_dir: Path, notebooks: list[Path]) -> dict[str, Any]:
    """The part of the manifest that equal inputs make equal.

    `chain` holds the params of the cycle first, then those of its baseline and history.
    """
    params = chain[0]
    lock = Path(svclib.__file__).resolve().parents[1] / LOCK
    return {
        "schema": SCHEMA,
        "name": params.name,
        "cycle": params.cycle,
        "seed": params.seed,
        "params": digest(plain(params, base=None)),
        "framework": params.framework.number_hash(),
        "inputs": {
            f"{each.cycle}/{name}": file_hash(source.path)
            for each in chain
            for name, source in each.data.items()
        },
        "tables": table_hashes(run_dir),
        "notebooks": {path.name: notebook_hash(path) for path in notebooks},
        "svclib": svclib.__version__,
        "lock": file_hash(lock) if lock.is_file() else "",
    }


def write(run_dir: Path, run_id: str, content: dict[str, Any], volatile: dict[str, Any]) -> str:
    """Write `manifest.json` (its `volatile` part apart from the hashed body); return the body hash."""
    body_hash = digest(content)
    here = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }
    record = {"run_id": run_id, "body": content, "body_hash": body_hash, "volatile": {**here, **volatile}}
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    (run_dir / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return body_hash


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else str(value)
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"no plain form for {type(value).__name__}: {value!r}")


def _column_bytes(values: pd.Series) -> tuple[str, bytes]:
    if pd.api.types.is_bool_dtype(values):
        return "bool", values.to_numpy("u1").tobytes()
    if pd.api.types.is_integer_dtype(values):
        return "int", values.to_numpy("<i8").tobytes()
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy("<f8")
        return "float", np.where(np.isnan(numbers), np.nan, numbers).tobytes()  # one bit pattern for NaN
    return "str", canonical([None if pd.isna(value) else str(value) for value in values])
