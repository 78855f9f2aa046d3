"""Kernels of a run: plain ones, or forked from a process that has imported everything already."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from svclib.errors import ParamError

ENGINES = ("auto", "fork", "plain")
RUNNER = "SVCLIB_RUNNER"  # tells what kernels are forked from which process it must not outlive
PACKAGE_HOME = Path(__file__).resolve().parents[3]


def chosen(engine: str, notebooks: int) -> str:
    """The engine to use, "fork" or "plain", for a number of notebooks.

    "auto" forks on Linux from the second notebook on: the imports are then paid once, while a
    single notebook gains nothing.

    Raises
    ------
    ParamError
        No such engine, or "fork" where the system is not Linux.
    """
    if engine not in ENGINES:
        raise ParamError(f"engine={engine!r}: no such engine; choose from {list(ENGINES)}")
    linux = sys.platform == "linux"
    if engine == "fork" and not linux:
        raise ParamError(f"engine='fork' needs Linux, this is {sys.platform!r}; choose 'plain'")
    if engine == "auto":
        return "fork" if linux and notebooks > 1 else "plain"
    return engine


def environment() -> dict[str, str]:
    """What every kernel has, so that both engines give the same digits in the same order."""
    return {
        "PYTHONPATH": os.pathsep.join([str(PACKAGE_HOME), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
