"""Is a published run what its inputs give?  Its files, its inputs, and every table computed again.

The notebooks are executed again, cold: in kernels of their own that nothing was imported into
beforehand, in a folder that is deleted afterwards.  `cycle.evaluate` would be faster, but what is
published is what the notebooks saved, and that is what has to be shown to come out once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import svclib
from svclib import params as params_module
from svclib import run
from svclib.columns import TABLES
from svclib.errors import DataError, ParamError
from svclib.params import Params
from svclib.params.content import digest, plain
from svclib.run import diff, manifest, scratch

COLUMNS = ("table", "key", "column", "published", "recomputed")
PER_UNIT = ("91", "93")


@dataclass
class Verified:
    """What was found; the run stands when all of it is empty.

    files : published files that are not those of the manifest, with what is wrong
    inputs : what the run was made from and has changed since, with what is wrong
    differences : table with the columns of `COLUMNS`; empty too where nothing was recomputed
    made_with : what else is not as it was, which may explain differences
    """

    files: list[tuple[str, str]] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    differences: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COLUMNS)))
    made_with: list[tuple[str, str, str]] = field(default_factory=list)
    n_tables: int = 0

    @property
    def stands(self) -> bool:
        """Whether files, inputs and tables are all as published."""
        return not self.files and not self.inputs and self.differences.empty


def verify(
    run_dir: Path,
    *,
    params_file: Path | None = None,
    notebooks: Path = run.NOTEBOOKS,
    say: Callable[[str], None],
) -> Verified:
    """Check a published run against its manifest, its inputs and a fresh computation.

    Parameters
    ----------
    params_file : the params file of the run; looked up from the run and from here when not given
    say : takes the lines of progress

    Returns
    -------
    Verified
        Tables are not recomputed where the inputs have changed: they would differ for that reason.

    Raises
    ------
    DataError
        The folder holds no run.
    ParamError
        Its params file is not found.
    """
    record = manifest.read(run_dir)
    body = record["body"]
    found = Verified(files=_files(run_dir, record), made_with=_made_with(record, notebooks))
    params = params_module.load(params_file or _params_file(run_dir, record), as_of=body["as_of"] or None)
    found.inputs = _inputs(body, params, say)
    if found.inputs:
        return found
    steps = sorted({name[:2] for name in body["notebooks"]} - set(PER_UNIT))
    with scratch.folder() as home:
        options: dict[str, Any] = {"only": steps, "units": False, "notebooks": notebooks, "engine": "plain"}
        done = run.run_cycle(params.file, out=home, as_of=params.as_of, say=say, **options)
        found.differences = compared(run_dir, done.path)
    found.n_tables = len(manifest.table_files(run_dir))
    return found


def compared(published: Path, recomputed: Path) -> pd.DataFrame:
    """Differences of every table of two runs, columns table, key, column, published, recomputed.

    A run handed on without its folder of private tables is compared without them.
    """
    pair = [_tables(path) for path in (published, recomputed)]
    if not (published / manifest.PRIVATE).is_dir():
        pair[1] = {name: path for name, path in pair[1].items() if manifest.PRIVATE not in path.parts[-3:-1]}
    parts = [pd.DataFrame(columns=list(COLUMNS))]
    for name in sorted({*pair[0], *pair[1]}):
        known = [files.get(name) for files in pair]
        if known[0] is None or known[1] is None:
            present = ["no such table" if path is None else "a table" for path in known]
            rows = [(name, "", "", *present)]
        else:
            rows = list(unlike(name, *(pd.read_parquet(path) for path in known if path is not None)))
        parts.append(pd.DataFrame(rows, columns=list(COLUMNS)))
    return pd.concat(parts, ignore_index=True)


def _tables(run_dir: Path) -> dict[str, Path]:
    """Tables by name; those before anything was hidden, of which no hash is kept, by their folder too."""
    whole = sorted((run_dir / "private" / "whole").glob("*.parquet"))
    return manifest.table_files(run_dir) | {f"private/whole/{path.stem}": path for path in whole}


def unlike(name: str, published: pd.DataFrame, recomputed: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Cells that differ, by the key of their row; numbers within rtol 1e-9 are the same.

    Rows are matched by the key of the table, or by their place where it is in no inventory.
    """
    if list(published.columns) != list(recomputed.columns):
        yield name, "", "", *("、".join(map(str, frame.columns)) for frame in (published, recomputed))
        return
    if manifest.frame_hash(published) == manifest.frame_hash(recomputed):
        return
    entry = TABLES.get(name.rpartition("/")[2])
    key = [c for c in (entry.key if entry else ()) if c in published]
    before, after = (_keyed(frame, key) for frame in (published, recomputed))
    for at in dict.fromkeys([*before.index, *after.index]):
        told = " / ".join(str(part) for part in (at if isinstance(at, tuple) else (at,)) if part != "")
        if at not in before.index or at not in after.index:
            yield name, told, "", *("row" if at in side.index else "no row" for side in (before, after))
            continue
        rows = zip(before.columns, before.loc[at], after.loc[at], strict=True)
        yield from ((name, told, c, old, new) for c, old, new in rows if not _same(old, new))


def _keyed(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    if not key or frame.duplicated(list(key)).any():
        return frame.reset_index(drop=True)
    return frame.set_index(list(key))


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, float | np.floating) and isinstance(after, float | np.floating):
        return diff.same(float(before), float(after))
    return bool(before == after)


def _files(run_dir: Path, record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Published files that are changed, gone, or tables that no run has made."""
    body, now = record["body"], manifest.file_hashes(run_dir)
    found = [] if manifest.digest(body) == record["body_hash"] else [(manifest.NAME, "changed")]
    for name, then in record["files"].items():
        if now.get(name) != then:
            found.append((name, "changed" if name in now else "missing"))
    made = {name for name in now if name.startswith("tables/")}
    return found + [(name, "added") for name in sorted(made - set(record["files"]))]


def _params_file(run_dir: Path, record: Mapping[str, Any]) -> Path:
    """The params file by the name in the manifest, from the project, the run and here upwards."""
    name = record["volatile"].get("params_file", "")
    for folder in (manifest.HOME, *run_dir.parents, Path.cwd(), *Path.cwd().parents):
        if name and (folder / name).is_file():
            return folder / name
    raise ParamError(f"{name}: the params file of the run is not found from here; name it with --params")


def _inputs(body: Mapping[str, Any], params: Params, say: Callable[[str], None]) -> list[tuple[str, str]]:
    """Params, framework and data that are not those of the run any more."""
    cycles = manifest.chain(params)
    now = {each.cycle: digest(plain(each, base=None)) for each in cycles}
    found = [(name, "changed") for name, *_ in diff.unlike(body["params"], now)]
    if body["framework"] != params.framework.number_hash():
        found.append((params.framework.name, "changed"))
    for name, then, hashed in diff.unlike(body["inputs"], _hashes(cycles, say)):
        found.append((name, "added" if then is None else "changed" if hashed else "missing"))
    return found


def _hashes(cycles: Sequence[Params], say: Callable[[str], None]) -> dict[str, str]:
    """Hashes of the data; "" for a source that cannot be read, after saying why."""
    found: dict[str, str] = {}
    for each in cycles:
        for name, source in each.data.items():
            alone = each.model_copy(update={"data": {name: source}})
            try:
                found |= manifest.input_hashes([alone])
            except DataError as error:
                say(str(error))
                found[f"{each.cycle}/{name}"] = ""
    return found


def _made_with(record: Mapping[str, Any], notebooks: Path) -> list[tuple[str, str, str]]:
    """Program, packages and notebooks that are not those of the run: name, then, now."""
    body, then, here = record["body"], record.get("environment", {}), manifest.environment()
    lock = manifest.HOME / manifest.LOCK
    pairs = {
        "svclib": (body["svclib"], svclib.__version__),
        "git": (then.get("git", {}).get("commit", ""), here["git"].get("commit", "")),
        manifest.LOCK: (body["lock"], manifest.file_hash(lock) if lock.is_file() else ""),
        "python": (then.get("python", ""), here["python"]),
        "platform": (then.get("platform", ""), here["platform"]),
    }
    for name, known in body["notebooks"].items():
        path = notebooks / name
        pairs[name] = known, manifest.notebook_hash(path) if path.is_file() else ""
    return [(name, str(old)[:40], str(new)[:40]) for name, (old, new) in pairs.items() if old != new]
