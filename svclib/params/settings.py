"""What a params file may say, as frozen models with defaults."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from svclib.framework.names import chinese
from svclib.framework.scoring import Frozen, refuse

CycleKind = Literal["regular", "annual", "ad_hoc"]
Status = Literal["draft", "official"]
Language = Literal["zh", "en"]
Adjust = Literal["holm", "fdr_bh", "none"]
Family = Literal["total", "dimension", "indicator"]
Index = Literal["longstring", "irv", "mahalanobis", "even_odd", "near_duplicate", "burst"]
Rule = Literal["duplicate", "missing", "speed", "straight_line", Index]
CUT_RANGES = {"mahalanobis": (0.5, 0.999999), "even_odd": (-1.0, 1.0), "burst": (2.0, math.inf)}
OutOfRange = Literal["error", "exclude"]
Preset = Literal["wjx", "pairs", "servicenow"]
Below = Literal["flag", "pending"]
DATA_NAMES = (
    *("units", "responses", "kpis", "judgments", "targets", "collection", "events", "inspections"),
    *("exposure", "interviews", "adjustments", "actions", "audit", "appeals", "corrections"),
    *("benchmarks", "keywords", "delphi"),
)

_UNSAFE = re.compile(r'[\\/:*?"<>|\s]|^\.')

Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]


def _path_part(value: Any) -> Any:
    if isinstance(value, str) and (not value or _UNSAFE.search(value)):
        raise refuse(f"found {value!r}", "It names a folder: use letters, digits, - and _ only.")
    return value


def _one_or_two(value: Any) -> Any:
    return {"zh": value, "en": value} if isinstance(value, str) else value


def _path_only(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


def _day(value: Any) -> Any:
    """A day written as 2026-06-30, 2026/6/30 or a date cell of a workbook."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date) or value is None:
        return value
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?", str(value).strip())
    try:
        return dt.date(*map(int, parts.groups())) if parts else _no_day(value)
    except ValueError:
        return _no_day(value)


def _no_day(value: Any) -> Any:
    raise refuse(f"{value!r} is not a day", "Write year-month-day, such as 2026-06-30.")


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
Day = Annotated[dt.date, BeforeValidator(_day)]


class Title(Frozen):
    """Title of the report in both languages."""

    zh: str = ""
    en: str = ""


class DataSource(Frozen):
    """One file: `columns` maps canonical column to file column, `values` recodes cells.

    `rows` keeps the rows whose cells in a file column are one of the values named, for a file
    that holds several cycles.  `preset` names the survey platform whose export it is.
    """

    path: Path
    sheet: str | None = None
    preset: Annotated[Preset, chinese(Preset)] | None = None
    rows: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_chosen), WithJsonSchema(_CHOSEN)] = Field(
        default_factory=dict
    )
    columns: dict[str, str] = Field(default_factory=dict)
    values: Annotated[dict[str, dict[str, str]], BeforeValidator(_recoding)] = Field(default_factory=dict)


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
    audit: FileEntry | None = None
    appeals: FileEntry | None = None
    corrections: FileEntry | None = None
    benchmarks: FileEntry | None = None
    keywords: FileEntry | None = None
    delphi: FileEntry | None = None


class Reliability(Frozen):
    """Policy on reliability and validity.

    `criterion` is the indicator, or item, that the dimensions should go with.
    """

    criterion: str = ""
    min_alpha: Share = 0.7
    missing: Literal["listwise", "pairwise", "fiml"] = "listwise"


class DelphiRules(Frozen):
    """`agree_from`: the rating from which an expert agrees that an item matters; else close to the median."""

    agree_from: float | None = None


class Screening(Frozen):
    """Absolute cuts of the response screening and which rules exclude; the others only mark.

    `cuts` moves cuts of the policy file, by rule.
    """

    missing_share: Share = 0.5
    straight_line_items: Annotated[int, Field(ge=2)] = 6
    seconds_per_item: NotNegative = 2.0
    cuts: dict[Annotated[Index, chinese(Index)], float] = Field(default_factory=dict)
    exclude: tuple[Annotated[Rule, chinese(Rule)], ...] = ("duplicate", "missing", "speed")
    out_of_range: Annotated[OutOfRange, chinese(OutOfRange)] = "error"

    @model_validator(mode="after")
    def _in_range(self) -> Screening:
        for name, cut in self.cuts.items():
            low, high = CUT_RANGES.get(name, (0.0, 1.0))
            if not low <= cut <= high:
                raise refuse(f"cuts.{name}: {cut:g} is outside {low:g}-{high:g}", "Give a cut inside it.")
        return self


class Period(Frozen):
    """First and last day the cycle covers; overdue and targets in force are judged on the last."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.end < self.start:
            raise refuse(f"the period ends on {self.end}, before it starts", "Write start before end.")
        return self


class Audit(Frozen):
    """Call-backs: the share of answers drawn per unit, and what a low authenticity rate does."""

    share: Share = 0.05
    min_per_unit: Annotated[int, Field(ge=0)] = 3
    min_rate: Share = 0.9
    below: Annotated[Below, chinese(Below)] = "flag"


class ProblemRules(Frozen):
    """When a problem is common (share of units that miss) or prominent (fences of the boxplot)."""

    common_share: Share = 0.3
    outlier: Annotated[float, Field(gt=0)] = 1.5


class Collection(Frozen):
    """What the return of questionnaires must reach, and whether answers are weighted to the population."""

    min_return_rate: Share = 0.0
    population_weights: bool = False


class Sensitivity(Frozen):
    """How far weights that no experts judged are taken to vary: their relative standard deviation."""

    spread: Annotated[float, Field(gt=0, le=1)] = 0.2


class AnnualRule(Frozen):
    """`at_least` cycles with this grade, or a worse one, hold the annual grade down to `result`."""

    grade: str
    at_least: Annotated[int, Field(ge=1)] = 1
    result: str
    clause: str = ""
    clause_en: str = ""


class Annual(Frozen):
    """An annual result: params files of its cycles, their weights (equal when empty), its rules."""

    cycles: Annotated[tuple[str, ...], Field(min_length=2)] = Field(alias="from")
    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    min_cycles: Annotated[int, Field(ge=1)] = 1
    rules: tuple[AnnualRule, ...] = ()


class Scope(Frozen):
    """What an ad-hoc evaluation looks at: an event and its day, units, indicators, a window of days."""

    event: str
    event_en: str = ""
    day: Day
    units: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    window: Period


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
    delphi: DelphiRules = DelphiRules()
    scope: Scope | None = None
    sensitivity: Sensitivity = Sensitivity()
    draws: Annotated[int, Field(ge=100)] = 10000


class ParamsFile(Settings):
    """A params file as written."""

    framework: str
    baseline: str | None = None
    history: tuple[str, ...] = ()
    annual: Annual | None = None
    data: DataFiles = DataFiles()
