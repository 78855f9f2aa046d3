"""What a run and its notebooks share in its folder while they are executed, and nothing published has.

The typed data are read once, so every notebook sees the same, even where a database changes
meanwhile; a notebook opened later reads the sources.  Signs tell which tables are complete.
"""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from svclib.cycle.state import State
from svclib.errors import DataError
from svclib.params import Params

NAME = ".data.pickle"
SAVED = ".saved-"


@contextmanager
def kept(params: Params, state: State, run_dir: Path) -> Generator[None]:
    """Have `state`, and the parameters it was read by, in `run_dir` for as long as the block runs."""
    path = run_dir / NAME
    try:
        path.write_bytes(pickle.dumps((params, state), protocol=pickle.HIGHEST_PROTOCOL))
        yield
    finally:
        path.unlink(missing_ok=True)


def read(run_dir: Path, params_file: str, as_of: str = "") -> tuple[Params, State] | None:
    """The parameters and data kept in `run_dir`, None where there are none.

    The state of an ad-hoc cycle holds the parameters within its scope, not those of the file.

    Raises
    ------
    DataError
        They are those of another cycle.
    """
    path = run_dir / NAME
    if not path.is_file():
        return None
    given: tuple[Params, State] = pickle.loads(path.read_bytes())  # written by the run this is part of
    params, _ = given
    asked, found = (params_file, as_of), (str(params.file), str(params.as_of or ""))
    if asked != found:
        raise DataError(f"{run_dir} is a run of {' as of '.join(filter(None, found))}; give its own run_dir")
    return given


def mark_saved(run_dir: Path, steps: Iterable[str]) -> None:
    """Say that the tables of `steps` are complete."""
    for step in sorted(steps):
        (run_dir / f"{SAVED}{step}").touch()


def saved(run_dir: Path, steps: Iterable[str]) -> bool:
    """Whether the tables of all `steps` are complete."""
    return all((run_dir / f"{SAVED}{step}").is_file() for step in steps)


def forget_saved(run_dir: Path, steps: Iterable[str]) -> None:
    """Before `steps` are executed anew."""
    for step in steps:
        (run_dir / f"{SAVED}{step}").unlink(missing_ok=True)
