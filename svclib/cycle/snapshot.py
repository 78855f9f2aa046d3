"""The typed data of a run, read once and kept in its folder while its notebooks are executed.

So every notebook sees the same data, even where a database changes meanwhile, and none reads
them again.  What is published has no snapshot; a notebook opened later reads the sources.
"""

from __future__ import annotations

import pickle
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from svclib.cycle.state import State
from svclib.errors import DataError

NAME = ".data.pickle"


@contextmanager
def kept(state: State, run_dir: Path) -> Generator[None]:
    """Have `state` in `run_dir` for as long as the block runs."""
    path = run_dir / NAME
    try:
        path.write_bytes(pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL))
        yield
    finally:
        path.unlink(missing_ok=True)


def read(run_dir: Path, params_file: str, as_of: str = "") -> State | None:
    """The data kept in `run_dir`, None where there are none.

    Raises
    ------
    DataError
        They are those of another cycle.
    """
    path = run_dir / NAME
    if not path.is_file():
        return None
    state: State = pickle.loads(path.read_bytes())  # written by the run this is part of
    asked, found = (params_file, as_of), (str(state.params.file), str(state.params.as_of or ""))
    if asked != found:
        raise DataError(f"{run_dir} is a run of {' as of '.join(filter(None, found))}; give its own run_dir")
    return state
