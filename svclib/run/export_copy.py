"""A finished run exported again into a folder of its own, to be handed on: everything but `private`."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from svclib.errors import DataError, ParamError
from svclib.run import export, files

PRIVATE = "private"
MARK = ".exported"  # a folder with it holds a copy, which may be replaced
MADE = (".html", ".pdf")


def export_copy(run_dir: Path, out: Path, languages: Sequence[str] = ()) -> list[str]:
    """Copy what is public of a run to `out` and write its pages there; return warnings.

    The run itself stays as it was published, so that it can still be verified.  `out` appears
    at once when it is complete; an earlier copy there is replaced.

    Parameters
    ----------
    languages : list of str
        Languages of the pages; default those of the run.

    Raises
    ------
    ParamError
        The run was not made in a language, or `out` holds something else than an earlier copy.
    """
    facts = _facts(run_dir)
    chosen = tuple(languages) or tuple(facts["languages"])
    missing = sorted(set(chosen) - set(facts["languages"]))
    if missing:
        raise ParamError(f"language={missing}: the run has {sorted(facts['languages'])}")
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ParamError(f"{out}: holds something else. Choose another folder by --out.")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:
        copy_public(run_dir, beside)
        said = _write(beside, facts, chosen)
        (beside / MARK).touch()
        shutil.rmtree(out, ignore_errors=True)
        beside.replace(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return said


def copy_public(run_dir: Path, out: Path) -> None:
    """Copy a run without its private folder, its hidden files, and pages, which are made again."""

    def kept_back(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == run_dir
        return {
            name for name in names if name.startswith(".") or name.endswith(MADE) or (top and name == PRIVATE)
        }

    shutil.copytree(run_dir, out, ignore=kept_back)


def _facts(run_dir: Path) -> dict[str, Any]:
    path = run_dir / "params.lock.yaml"
    if not path.is_file():
        raise DataError(f"{run_dir.name}: no params.lock.yaml there; name the folder of a finished run")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _write(folder: Path, facts: dict[str, Any], languages: Sequence[str]) -> list[str]:
    """The pages of the copy; units are those graded in the run that have a notebook."""
    table = folder / "tables" / "grades.parquet"
    grades = pd.read_parquet(table) if table.is_file() else pd.DataFrame({"cycle": [], "unit": []})
    units = export.safe_names(sorted(grades.loc[grades["cycle"] == facts["cycle"], "unit"].unique()))
    books = folder / "notebooks" / "units"
    units = {unit: name for unit, name in units.items() if (books / f"{name}.ipynb").is_file()}
    plain = f"{facts['name']} {facts['cycle']}"
    offer = {lang: facts["title"].get(lang) or plain for lang in languages}
    links = {lang: files.titles(files.present(folder), lang) for lang in languages}
    return export.export_run(folder, languages, offer=offer, units=units, files=links)
