"""Parameters of one evaluation cycle: which data, which framework, which rules.

Paths resolve against the params file; `${NAME}` in a path is an environment variable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from svclib import framework as frameworks
from svclib.errors import InputErrors, Problem, nearest
from svclib.framework import Framework, schema, yamlfile
from svclib.framework.names import chinese
from svclib.framework.scoring import Frozen, refuse
from svclib.framework.yamlfile import Document, KeyPath

CycleKind = Literal["regular", "annual", "ad_hoc"]
Status = Literal["draft", "official"]
Language = Literal["zh", "en"]
Adjust = Literal["holm", "fdr_bh", "none"]
Family = Literal["total", "dimension", "indicator"]
Rule = Literal["duplicate", "missing", "speed", "straight_line"]
OutOfRange = Literal["error", "exclude"]
DATA_NAMES = ("units", "responses", "kpis", "judgments")

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_UNSAFE = re.compile(r'[\\/:*?"<>|\s]|^\.')


def _path_part(value: Any) -> Any:
    if isinstance(value, str) and (not value or _UNSAFE.search(value)):
        raise refuse(f"found {value!r}", "It names a folder: use letters, digits, - and _ only.")
    return value


def _one_or_two(value: Any) -> Any:
    return {"zh": value, "en": value} if isinstance(value, str) else value


def _path_only(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


def code_text(value: Any) -> str:
    """A code as it is compared: 1, 1.0 and "1" are the same."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.15g}"
    return str(value).strip()


def _recoding(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(v, Mapping) for v in value.values()):
        raise refuse(f"found {value!r}", "Write {column: {code: value}}.")
    return {str(c): {code_text(k): code_text(v) for k, v in codes.items()} for c, codes in value.items()}


PathPart = Annotated[str, BeforeValidator(_path_part)]
Share = Annotated[float, Field(ge=0, le=1)]


class Title(Frozen):
    """Title of the report in both languages."""

    zh: str = ""
    en: str = ""


class DataSource(Frozen):
    """One file: `columns` maps canonical column to file column, `values` recodes cells."""

    path: Path
    sheet: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    values: Annotated[dict[str, dict[str, str]], BeforeValidator(_recoding)] = Field(default_factory=dict)


FileEntry = Annotated[DataSource, BeforeValidator(_path_only)]


class DataFiles(Frozen):
    """The data of a cycle as written in its params file."""

    units: FileEntry | None = None
    responses: FileEntry | None = None
    kpis: FileEntry | None = None
    judgments: FileEntry | None = None


class Reliability(Frozen):
    """Policy on reliability."""

    min_alpha: Share = 0.7
    missing: Literal["listwise", "pairwise"] = "listwise"


class Screening(Frozen):
    """Absolute cuts of the response screening and which rules exclude."""

    missing_share: Share = 0.5
    straight_line_items: Annotated[int, Field(ge=2)] = 6
    seconds_per_item: Annotated[float, Field(ge=0)] = 2.0
    exclude: tuple[Annotated[Rule, chinese(Rule)], ...] = ("duplicate", "missing", "speed")
    out_of_range: Annotated[OutOfRange, chinese(OutOfRange)] = "error"


class Settings(Frozen):
    """What a params file says apart from its paths."""

    name: PathPart
    cycle: PathPart
    kind: Annotated[CycleKind, chinese(CycleKind)] = "regular"
    status: Annotated[Status, chinese(Status)] = "draft"
    title: Annotated[Title, BeforeValidator(_one_or_two)] = Title()
    languages: tuple[Annotated[Language, chinese(Language)], ...] = Field(default=("zh", "en"), min_length=1)
    seed: Annotated[int, Field(ge=0)] = 1
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    adjust: Annotated[Adjust, chinese(Adjust)] = "holm"
    families: tuple[Annotated[Family, chinese(Family)], ...] = ("total", "dimension", "indicator")
    panel: bool = False
    min_responses: Annotated[int, Field(ge=1)] = 10
    min_equivalent: Annotated[int, Field(ge=2)] = 30
    min_cell: Annotated[int, Field(ge=1)] = 5
    reliability: Reliability = Reliability()
    screening: Screening = Screening()
    draws: Annotated[int, Field(ge=100)] = 10000


class ParamsFile(Settings):
    """A params file as written."""

    framework: str
    baseline: str | None = None
    history: tuple[str, ...] = ()
    data: DataFiles


class Params(Settings):
    """Parameters ready to use: paths absolute, framework loaded."""

    file: Path
    framework: Framework
    baseline: Path | None = None
    history: tuple[Path, ...] = ()
    data: dict[str, DataSource]


def load(path: str | Path, *, strict: bool = True) -> Params:
    """Read a params file and its framework; the data need not exist.

    Parameters
    ----------
    path : str or Path
        A relative path is looked up from the working directory and its parents.
    strict : bool
        Also require that the params files of the baseline and the history exist.

    Raises
    ------
    InputErrors
        With every problem of the params file and of its framework.
    """
    params, problems = examine(path, strict=strict)
    if params is None or problems:
        raise InputErrors(problems)
    return params


def find(path: str | Path) -> Path:
    """Absolute path of a params file, looked up from the working directory and its parents."""
    wanted = Path(path).expanduser()
    here = Path.cwd()
    tries = [folder / wanted for folder in (here, *here.parents)]
    return next((t for t in tries if t.is_file()), here / wanted).resolve()


def examine(path: str | Path, *, strict: bool = True) -> tuple[Params | None, list[Problem]]:
    """The parameters, as far as they are usable, and everything wrong with them.

    Wrong optional settings stand at their defaults, so that the data can be checked too.
    """
    file = find(path)
    doc = yamlfile.read(file)
    if doc.data is None:
        return None, doc.problems
    written, _ = yamlfile.validate(doc, ParamsFile)
    if not isinstance(written, ParamsFile):
        return None, doc.problems
    paths = _Paths(doc, file.parent, strict=strict)
    framework, troubles = _framework(paths, written.framework)
    resolved: dict[str, Any] = {
        "file": file,
        "framework": framework,
        "baseline": paths.sibling(("baseline",), written.baseline, file) if written.baseline else None,
        "history": tuple(paths.sibling(("history", i), p, file) for i, p in enumerate(written.history)),
        "data": paths.sources(written.data),
    }
    if framework is not None:
        _needs(framework, resolved["data"], doc)
    problems = [*doc.problems, *troubles]
    if framework is None:
        return None, problems
    settings = {name: getattr(written, name) for name in Settings.model_fields}
    return Params.model_construct(**settings, **resolved), problems


def json_schema() -> dict[str, Any]:
    """JSON Schema of a params file."""
    out = schema.finished(ParamsFile.model_json_schema(by_alias=True), "Params file")
    files = out["$defs"]["DataFiles"]["properties"]
    for entry in files.values():
        entry["anyOf"].append({"type": "string"})
    out["properties"]["title"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Title"}]}
    return out


class _Paths:
    """Resolves paths of one params file and notes what is wrong with them."""

    def __init__(self, doc: Document, folder: Path, *, strict: bool) -> None:
        self.doc = doc
        self.folder = folder
        self.strict = strict

    def resolve(self, key: KeyPath, text: str) -> Path:
        for name in _VARIABLE.findall(text):
            if name not in os.environ:
                found = f"environment variable {name!r} is not set"
                self.doc.add(key, found, "Set it to the folder of the data.", nearest(name, os.environ))
        full = _VARIABLE.sub(lambda m: os.environ.get(m[1], m[0]), text)
        return Path(os.path.normpath(self.folder / Path(full).expanduser()))

    def sibling(self, key: KeyPath, text: str, own: Path) -> Path:
        path = self.resolve(key, text)
        if path == own:
            self.doc.add(key, "the cycle names itself", "Name the params file of an earlier cycle.")
        elif self.strict and not path.is_file():
            beside = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
            self.doc.add(key, f"no file {text!r}", "Name an existing params file.", nearest(text, beside))
        return path

    def sources(self, files: DataFiles) -> dict[str, DataSource]:
        given = {name: getattr(files, name) for name in DATA_NAMES}
        return {
            name: entry.model_copy(update={"path": self.resolve(("data", name), str(entry.path))})
            for name, entry in given.items()
            if entry is not None
        }


def _framework(paths: _Paths, text: str) -> tuple[Framework | None, list[Problem]]:
    path = paths.resolve(("framework",), text)
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        paths.doc.add(
            ("framework",), f"no file {text!r}", "Name an existing framework.", nearest(text, beside)
        )
        return None, []
    return frameworks.examine(yamlfile.read(path))


def _needs(framework: Framework, data: Mapping[str, DataSource], doc: Document) -> None:
    """What the framework uses must be among the data."""
    rules = (framework.weights, *(d.weights for d in framework.dimensions))
    used = {i.source for i in framework.indicators}
    used |= {"judgments" for rule in rules if rule.method == "ahp"}
    used |= {"responses" for rule in rules if rule.method == "stated"}
    for name in sorted(used - set(data)):
        doc.add(("data",), f"the framework needs {name}, which data does not name", f"Add {name}: path.")
