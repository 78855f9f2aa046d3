"""What a params file may say, as frozen models with defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from svclib.framework.names import chinese
from svclib.framework.scoring import Frozen, refuse
from svclib.params.comparing import Focus, Standardise
from svclib.params.rules import (
    Annual,
    Audit,
    Collection,
    Day,
    DelphiRules,
    Period,
    PhaseRule,
    ProblemRules,
    Reliability,
    Scope,
    Screening,
    Sensitivity,
    TrainingRules,
)
from svclib.params.secrets import Secret, SecretRef
from svclib.params.statements import Query

CycleKind = Literal["regular", "annual", "ad_hoc"]
Status = Literal["draft", "official"]
Language = Literal["zh", "en"]
Adjust = Literal["holm", "fdr_bh", "none"]
Family = Literal["total", "dimension", "indicator"]
Preset = Literal["wjx", "pairs", "servicenow"]
DATA_NAMES = (
    *("units", "responses", "kpis", "judgments", "targets", "collection", "events", "inspections"),
    *("exposure", "interviews", "adjustments", "actions", "training", "audit", "appeals", "corrections"),
    *("benchmarks", "keywords", "delphi"),
)

_UNSAFE = re.compile(
    r'[\\/:*?"<>|\s\x00-\x1f]|^\.|\.$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)', re.IGNORECASE
)


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


def _chosen(value: Any) -> Any:
    if not isinstance(value, Mapping) or not value:
        raise refuse(f"found {value!r}", "Write {file column: value}, or {file column: [values]}.")
    lists = {str(c): v if isinstance(v, list | tuple) else (v,) for c, v in value.items()}
    return {column: tuple(code_text(v) for v in values) for column, values in lists.items()}


_CELL: dict[str, Any] = {"type": ["string", "number"]}
_CHOSEN = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [_CELL, {"type": "array", "items": _CELL}]},
}
PathPart = Annotated[str, BeforeValidator(_path_part)]


class Title(Frozen):
    """Title of the report in both languages."""

    zh: str = ""
    en: str = ""


class DataSource(Frozen):
    """One file (`path`), or what one query (`sql`) of the database at `url` gives.

    `columns` maps canonical column to file column, `values` recodes cells.  `rows` keeps the rows
    whose cells in a file column are one of the values named, for a file that holds several cycles.
    `preset` names the survey platform whose export it is.
    """

    path: Path | None = None
    sheet: str | None = None
    sql: Query | None = None
    url: Secret | None = None
    preset: Annotated[Preset, chinese(Preset)] | None = None
    rows: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_chosen), WithJsonSchema(_CHOSEN)] = Field(
        default_factory=dict
    )
    columns: dict[str, str] = Field(default_factory=dict)
    values: Annotated[dict[str, dict[str, str]], BeforeValidator(_recoding)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_origin(self) -> DataSource:
        """A file or a query, each with what it needs and nothing of the other."""
        if (self.path is None) == (self.sql is None):
            found = "neither path nor sql" if self.path is None else "both path and sql"
            raise refuse(found, "Give a file (path:), or a query (sql:) with the address to ask (url:).")
        if (self.sql is None) != (self.url is None):
            found = "sql without url" if self.url is None else "url without sql"
            raise refuse(found, "Write sql: and url: {env: NAME} together.")
        if self.sql is not None and self.sheet is not None:
            raise refuse("sheet is given for a query", "Remove sheet.")
        return self

    @property
    def query(self) -> tuple[str, SecretRef] | None:
        """Statement and reference to the address, None for a file."""
        return None if self.sql is None or self.url is None else (self.sql, self.url)


FileEntry = Annotated[DataSource, BeforeValidator(_path_only)]


class DataFiles(Frozen):
    """The data of a cycle as written in its params file.

    `workbook` is one xlsx file whose sheets bear the names of the sources; a source with
    an entry of its own is read from there instead.
    """

    workbook: Path | None = None
    units: FileEntry | None = None
    responses: FileEntry | None = None
    kpis: FileEntry | None = None
    judgments: FileEntry | None = None
    targets: FileEntry | None = None
    collection: FileEntry | None = None
    events: FileEntry | None = None
    inspections: FileEntry | None = None
    exposure: FileEntry | None = None
    interviews: FileEntry | None = None
    adjustments: FileEntry | None = None
    actions: FileEntry | None = None
    training: FileEntry | None = None
    audit: FileEntry | None = None
    appeals: FileEntry | None = None
    corrections: FileEntry | None = None
    benchmarks: FileEntry | None = None
    keywords: FileEntry | None = None
    delphi: FileEntry | None = None


class Settings(Frozen):
    """What a params file says apart from its paths."""

    name: PathPart
    cycle: PathPart
    kind: Annotated[CycleKind, chinese(CycleKind)] = "regular"
    status: Annotated[Status, chinese(Status)] = "draft"
    title: Annotated[Title, BeforeValidator(_one_or_two)] = Title()
    period: Period | None = None
    as_of: Day | None = None
    languages: tuple[Annotated[Language, chinese(Language)], ...] = Field(default=("zh", "en"), min_length=1)
    seed: Annotated[int, Field(ge=0)] = 1
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    adjust: Annotated[Adjust, chinese(Adjust)] = "holm"
    families: tuple[Annotated[Family, chinese(Family)], ...] = ("total", "dimension", "indicator")
    panel: bool = False
    min_responses: Annotated[int, Field(ge=1)] = 10
    min_equivalent: Annotated[int, Field(ge=2)] = 30
    min_cell: Annotated[int, Field(ge=1)] = 5
    pending: dict[str, str] = Field(default_factory=dict)
    reliability: Reliability = Reliability()
    screening: Screening = Screening()
    collection: Collection = Collection()
    audit: Audit = Audit()
    problems: ProblemRules = ProblemRules()
    standardise: Standardise = Standardise()
    focus: Focus = 0.1
    comparison: tuple[str, ...] = ()
    training: TrainingRules = TrainingRules()
    delphi: DelphiRules = DelphiRules()
    scope: Scope | None = None
    sensitivity: Sensitivity = Sensitivity()
    phases: tuple[PhaseRule, ...] = ()
    draws: Annotated[int, Field(ge=100)] = 10000


class ParamsFile(Settings):
    """A params file as written."""

    framework: str
    baseline: str | None = None
    same_period_last_year: str | None = None
    history: tuple[str, ...] = ()
    annual: Annual | None = None
    data: DataFiles = DataFiles()
