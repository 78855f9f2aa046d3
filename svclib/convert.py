"""评价方案.xlsx ↔ YAML, and a new working folder: what `svclib convert` and `svclib init` do."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import yaml

from svclib import framework as frameworks
from svclib import params as params_module
from svclib import sources, workbook
from svclib.deliver import sheet
from svclib.errors import InputErrors, ParamError
from svclib.framework import yamlfile
from svclib.sources.headers import CHINESE
from svclib.workbook import layout, settings

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
BOOK, DATA, FILLED = "评价方案.xlsx", "数据模板.xlsx", "数据.xlsx"
# What a new folder holds: file of the templates, name in the folder.
STARTERS = ((BOOK, BOOK), (DATA, DATA), ("library", "指标库"))
EXAMPLE = Path(__file__).resolve().parent.parent / "data" / "demo"


def convert(source: Path, target: Path, *, force: bool = False) -> list[Path]:
    """Turn a workbook into YAML files in folder `target`, or YAML into the workbook `target`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputErrors
        The source has problems; nothing is written.
    ParamError
        A file would be overwritten, or neither name ends in .xlsx.
    """
    if source.suffix.lower() == ".xlsx":
        return _to_yaml(source, target, force=force)
    if target.suffix.lower() != ".xlsx":
        raise ParamError(f"{source} to {target}: name a workbook (.xlsx) on one side")
    _free([target], force=force)
    content, params, units = _contents(source)
    return [workbook.write(target, content, params, units)]


def left_behind(source: Path, written: Sequence[Path]) -> list[str]:
    """Files beside `source` that a converted plan names and that are not where it was written."""
    plans = [path for path in written if path.suffix.lower() != ".csv"]
    texts = dict.fromkeys(text for path in plans for text in _named(path))
    here, there = source.resolve().parent, written[0].resolve().parent
    wanted = [text for text in texts if params_module.path_of(here, text).exists()]
    return [text for text in wanted if not params_module.path_of(there, text).exists()]


def _named(file: Path) -> list[str]:
    """The paths that a plan gives: of its framework, of earlier cycles and of its data."""
    doc = workbook.read(file).params if file.suffix.lower() == params_module.BOOK else yamlfile.read(file)
    said: dict[str, Any] = doc.data or {}
    found = [said.get(name) for name in ("framework", "baseline", "same_period_last_year")]
    found += said.get("history", ())
    for entry in said.get("data", {}).values():
        found.append(entry.get("path") if isinstance(entry, Mapping) else entry)
    return [str(text) for text in found if text]


def _free(paths: list[Path], *, force: bool) -> None:
    taken = [str(path) for path in paths if path.exists()]
    if taken and not force:
        raise ParamError(f"{', '.join(taken)} already there; move it away, or give --force")
    for path in paths:
        path.unlink(missing_ok=True)


def _to_yaml(source: Path, folder: Path, *, force: bool) -> list[Path]:
    book = workbook.read(source)
    framework, problems = frameworks.examine(book.framework)
    if framework is None:
        raise InputErrors(problems)
    params: dict[str, Any] = dict(book.params.data)
    own = params.get("framework") == source.name
    files = {folder / "framework.yaml": _dump(book.framework.data)} if own else {}
    data = dict(params.get("data", {}))
    if book.has_units and "units" not in data:
        data["units"] = "units.csv"
    params |= {"data": data} | ({"framework": "framework.yaml"} if own else {})
    if "cycle" in params:
        files[folder / f"{params['cycle']}.yaml"] = _dump(params)
    wanted = [*files, *([folder / "units.csv"] if data.get("units") == "units.csv" else [])]
    folder.mkdir(parents=True, exist_ok=True)
    _free(wanted, force=force)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    if folder / "units.csv" in wanted:
        units = pd.read_excel(source, sheet_name=layout.UNITS, dtype=str).dropna(how="all")
        sheet.csv(folder / "units.csv", units)
    return wanted


def _dump(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(
        dict(content), allow_unicode=True, sort_keys=False, default_flow_style=None, width=110
    )


def _contents(source: Path) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame | None]:
    """Content of the framework, of the params and the units behind a YAML file of either kind."""
    doc = yamlfile.read(source)
    if doc.data is None or doc.problems:
        raise InputErrors(doc.problems)
    if "dimensions" in doc.data:
        frameworks.load(source)
        return doc.data, {}, None
    params = params_module.load(source, strict=False)
    plan = yamlfile.read((source.parent / doc.data["framework"]).resolve())
    written = {key: value for key, value in doc.data.items() if key != "framework"}
    return plan.data, written, _units(params)


def _units(params: params_module.Params) -> pd.DataFrame | None:
    """Units as the sheet shows them, where the params name a file that is there."""
    entry = params.data.get("units")
    if entry is None or entry.path is None or not entry.path.is_file():
        return None
    units = sources.read(params.model_copy(update={"data": {"units": entry}})).units
    return units.rename(columns=CHINESE)


def template(path: Path) -> Path:
    """Write the workbook a new evaluation starts from: the demo's plan, a cycle of its own."""
    demo = TEMPLATES.parent / "params" / "demo"
    plan, shown = yamlfile.read(demo / "framework.yaml").data, yamlfile.read(demo / "2026Q2.yaml").data
    # The courses of the demo are not those of the office.
    left = ("framework", "baseline", "history", "data", "title", "training")
    cycle = {key: shown[key] for key in shown if key not in left}
    cycle |= {"name": "我的考核", "status": "征求意见稿", "data": {"workbook": FILLED}}
    cycle |= {"title": {"zh": "服务质量评价", "en": "Service quality"}}
    return workbook.write(path, plan, cycle, _units(params_module.load(demo / "2026Q2.yaml")))


def init(folder: Path) -> list[Path]:
    """Make a working folder with the workbooks to fill in and the library of indicators.

    Raises
    ------
    ParamError
        The folder is there and not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ParamError(f"{folder} is not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, as_name in STARTERS:
        source, target = TEMPLATES / name, folder / as_name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        made.append(target)
    return [*made, example(folder / FILLED)]


def example(path: Path, *, cycle: str = "2026Q2") -> Path:
    """Write the data template filled with the demo's data of one cycle, to be replaced by one's own."""
    book = openpyxl.load_workbook(TEMPLATES / DATA)
    for name, title in settings.DATA.items():
        if name == "units":  # they stand in the plan
            continue
        file = EXAMPLE / cycle / f"{name}.csv"
        file = file if file.is_file() else EXAMPLE / f"{name}.csv"
        if file.is_file():
            _fill(book[title], pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig"))
    with path.open("xb") as handle:
        book.save(handle)
    return path


def _fill(page: Any, rows: pd.DataFrame) -> None:
    """Rows below the headers of the sheet; columns it lacks, such as further items, are added."""
    place = {str(cell.value): cell.column for cell in page[1]}
    for name in rows.columns.difference(list(place), sort=False):
        place[name] = len(place) + 1
        page.cell(1, place[name]).value = name
    for at, row in enumerate(rows.to_dict("records"), 2):
        for name, text in row.items():
            if text:
                cell = page.cell(at, place[str(name)])
                number = pd.to_numeric(text, errors="coerce")
                cell.value = text if pd.isna(number) else float(number)
                cell.data_type = "s" if pd.isna(number) else "n"
