"""Parameters as plain content: what a record of a run keeps of them, and hashes of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel


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


def plain(value: Any, *, base: Path | None) -> Any:
    """`value` as JSON types; paths become relative to `base`, or bare file names when it is None."""
    if isinstance(value, Path):
        return value.name if base is None else relative(value, base)
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


def relative(path: Path, base: Path) -> str:
    """`path` seen from `base`; its name alone where the way leads through the folder above the homes.

    Such a way would name a user, or lead from one disk to another, and be of no use elsewhere.
    """
    if path.anchor != base.anchor:
        return path.name
    common, home = Path(os.path.commonpath([path, base])), Path.home()
    outside = common in home.parents or common == Path(path.anchor)
    return path.name if outside else Path(os.path.relpath(path, base)).as_posix()


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
