"""Whether a finished run is complete, untouched, and fit to be passed on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from svclib import suppression
from svclib.columns import GLOSSARY, TABLES
from svclib.columns.people import PEOPLE
from svclib.doctor.finding import ERROR, NOTE, OK, Finding, found
from svclib.doctor.texts import public_files, texts
from svclib.params.secrets import references, traces
from svclib.run import manifest, publish
from svclib.sources.cells import unmarked

# Homes of people on Linux, macOS and Windows; in JSON a backslash is doubled.
_HOME = re.compile(r"(?:/(?:home|Users|root)/|[A-Za-z]:\\{1,2}Users\\{1,2})[^\s\"'<>\\/]+")
_REMOTE = re.compile(
    r"""(?:\b(?:src|href|action|poster)\s*=\s*["']?|url\(["']?|@import\s+["'])(?:https?:)?//"""
)
_PRIVATE_LINK = re.compile(r"""(?:src|href)\s*=\s*["']?(?:\.\./|\./)*private/""")
SHOWN = 5


class _Run(NamedTuple):
    """A finished run as it was read."""

    path: Path
    record: dict[str, Any]
    lock: dict[str, Any]
    files: list[Path]

    def name(self, path: Path) -> str:
        """A file as seen from the run."""
        return path.relative_to(self.path).as_posix()


def finished(run_dir: Path) -> list[Finding]:
    """Findings on one finished run.

    Raises
    ------
    DataError
        The folder holds no manifest of this version.
    """
    record = manifest.read(run_dir)
    lock_file = run_dir / "params.lock.yaml"
    lock = yaml.safe_load(lock_file.read_text(encoding="utf-8")) if lock_file.is_file() else {}
    run = _Run(run_dir, record, lock or {}, public_files(run_dir))
    checks: tuple[Callable[[_Run], Iterator[Finding]], ...] = (
        _unchanged, _current, _pages, _separate, _clean, _offline, _suppressed,
    )  # fmt: skip
    return [one for check in checks for one in check(run)]


def _unchanged(run: _Run) -> Iterator[Finding]:
    """Every public file is that of the manifest."""
    body, now, then = run.record["body"], manifest.file_hashes(run.path), run.record["files"]
    bad = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    bad += [manifest.NAME] if manifest.digest(body) != run.record["body_hash"] else []
    if bad:
        yield found("unchanged", ERROR, n=len(bad), listed=_listed(bad))
    else:
        yield found("unchanged", OK, n=len(then))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _current(run: _Run) -> Iterator[Finding]:
    """The pointer of the cycle leads to a finished run."""
    pointed = publish.current(run.path.parent)
    if pointed is None:
        yield found("current", NOTE)
    elif not (pointed / manifest.NAME).is_file():
        yield found("current", ERROR, run=pointed.name)
    else:
        yield found("current", OK, run=pointed.name)


def _pages(run: _Run) -> Iterator[Finding]:
    """Tables, notebooks and reports are all there; notebooks ran through."""
    wanted = [f"report.{lang}.html" for lang in run.lock.get("languages", [])]
    wanted += [f"tables/{name}.parquet" for name in run.record["body"]["tables"]]
    missing = [name for name in wanted if not (run.path / name).is_file()]
    missing += [run.name(path) for path in run.files if path.suffix == ".ipynb" and _failed(path)]
    if missing:
        yield found("complete", ERROR, n=len(missing), listed=_listed(missing))
    else:
        yield found("complete", OK, n=len(wanted))


def _failed(notebook: Path) -> bool:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return any(out.get("output_type") == "error" for cell in cells for out in cell.get("outputs", []))


def _separate(run: _Run) -> Iterator[Finding]:
    """No table of single people among the public ones, and no page leads to them."""
    private = {f"{name}.parquet" for name, table in TABLES.items() if table.private}
    bad = [run.name(path) for path in run.files if path.name in private]
    pages = (path for path in run.files if path.suffix == ".html")
    bad += [run.name(path) for path in pages if _PRIVATE_LINK.search(path.read_text(encoding="utf-8"))]
    yield found("separate", ERROR, listed=_listed(bad)) if bad else found("separate", OK)


def _clean(run: _Run) -> Iterator[Finding]:
    """No secret and no home folder in anything that may be read."""
    refs = references(run.lock)
    unset = [ref.env for ref in refs if not os.environ.get(ref.env)]
    secret = {text: ref.env for ref in refs for text in traces(os.environ.get(ref.env, ""))}
    own = str(Path.home())
    leaks: list[str] = []
    homes: list[str] = []
    for path in run.files:
        for text in texts(path):
            leaks += [f"{run.name(path)} ({secret[known]})" for known in secret if known in text]
            at_home = _HOME.search(text) or (len(own) > 1 and f"{own}/" in text)
            homes += [run.name(path)] if at_home else []
    for check, bad in (("secrets", leaks), ("homes", homes)):
        names = list(dict.fromkeys(bad))
        yield found(check, ERROR, listed=_listed(names)) if names else found(check, OK, n=len(refs))
    if unset:
        yield found("unset", NOTE, listed=_listed(unset))


def _offline(run: _Run) -> Iterator[Finding]:
    """No page loads anything from the network."""
    pages = [path for path in run.files if path.suffix == ".html"]
    bad = [run.name(path) for path in pages if any(_REMOTE.search(text) for text in texts(path))]
    yield found("offline", ERROR, listed=_listed(bad)) if bad else found("offline", OK, n=len(pages))


def _suppressed(run: _Run) -> Iterator[Finding]:
    """No public table shows a group of fewer than `min_cell` people."""
    least = int(run.lock.get("min_cell", 5))
    whole, shown = (run.path / folder / "response_profile.parquet" for folder in ("private/whole", "tables"))
    profile = next((path for path in (whole, shown) if path.is_file()), None)
    known = suppression.plan(pd.read_parquet(profile), least=least) if profile else suppression.Plan()
    bad: list[str] = []
    for path in run.files:
        if path.suffix in _TABLES and path.stem in PEOPLE:
            rows = suppression.small(path.stem, _TABLES[path.suffix](path), known, least=least)
            bad += [f"{run.name(path)} ({rows})"] if rows else []
    yield (
        found("suppressed", ERROR, listed=_listed(bad), least=least)
        if bad
        else found("suppressed", OK, least=least)
    )


def _csv(path: Path) -> pd.DataFrame:
    """A table as `deliver.sheet.csv` wrote it."""
    names = [c for c in TABLES[path.stem].all_columns if GLOSSARY[c].dtype == "str"]
    frame = pd.read_csv(path, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=[""])
    shown = [name for name in names if name in frame]
    frame[shown] = unmarked(frame[shown].fillna(""))
    return frame


_TABLES: dict[str, Callable[[Path], pd.DataFrame]] = {".parquet": pd.read_parquet, ".csv": _csv}


def practice(run_dir: Path) -> list[Finding]:
    """A short checklist of reproducible analytical pipelines.

    After the minimum standards of the UK Analysis Function for RAP (2022).
    """
    record = manifest.read(run_dir)
    body, made = record["body"], record.get("environment", {})
    git = made.get("git", {})
    executed = [p for p in public_files(run_dir) if p.suffix == ".ipynb"]
    kept = {
        "versioned": bool(git.get("commit")) and not git.get("dirty", True),
        "locked": bool(body.get("lock")) and bool(made.get("packages")),
        "inputs_hashed": bool(body.get("inputs")) and all(body["inputs"].values()),
        "seeded": body.get("seed") is not None,
        "one_command": bool(executed) and not any(_failed(path) for path in executed),
        "rehashed": manifest.digest(body) == record["body_hash"],
        "open_formats": any((run_dir / "tables").glob("*.parquet")),
        "documented": (run_dir / "params.lock.yaml").is_file() and any(run_dir.glob("report.*.html")),
    }
    return [found(f"rap_{name}", OK if holds else NOTE) for name, holds in kept.items()]
