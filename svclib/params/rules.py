"""The rules a params file may set: screening, reliability, audits, annual results, scopes."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from svclib.framework.names import chinese
from svclib.framework.scoring import Frozen, refuse

Index = Literal["longstring", "irv", "mahalanobis", "even_odd", "near_duplicate", "burst"]
Rule = Literal["duplicate", "missing", "speed", "straight_line", Index]
CUT_RANGES = {"mahalanobis": (0.5, 0.999999), "even_odd": (-1.0, 1.0), "burst": (2.0, math.inf)}
OutOfRange = Literal["error", "exclude"]
Below = Literal["flag", "pending"]

Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]


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


Day = Annotated[dt.date, BeforeValidator(_day)]


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


class TrainingRules(Frozen):
    """What a course is to move, and what matters.

    `mid` is the least change that matters, in points of a hundred; `moves` names the indicators
    each course should improve; a unit counts as trained from the share `trained_from` of its people.
    """

    mid: Annotated[float, Field(gt=0, le=100)] | None = None
    moves: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    trained_from: Annotated[float, Field(gt=0, le=1)] = 0.5


class Collection(Frozen):
    """What the return of questionnaires must reach, and whether answers are weighted to the population."""

    min_return_rate: Share = 0.0
    population_weights: bool = False


class PhaseRule(Frozen):
    """A declared break of control charts: from this day on another process, and why.

    Without units or indicators it holds for all of them.
    """

    day: Day = Field(alias="from")
    reason: Annotated[str, Field(min_length=1)]
    units: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


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
