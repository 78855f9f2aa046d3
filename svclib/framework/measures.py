"""What an indicator may count in the event records and the inspections, and how it says so."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, model_validator

from svclib.framework.names import chinese
from svclib.framework.scoring import Frozen, refuse

Measure = Literal[
    "handled",
    "in_time",
    "response_in_time",
    "fed_back",
    "resolved",
    "repeat",
    "reopened",
    "transferred",
    "response_time",
    "resolution_time",
    "mttr",
    "mtbf",
    "availability",
    "event_rate",
    "pass_rate",
    "score_rate",
]
Statistic = Literal["median", "geometric", "mean"]
Every = Literal["week", "month"]
_IN_HOURS = {
    1.0: ("小时", "时", "h", "hour", "hours"),
    1 / 60: ("分钟", "分", "min", "minute", "minutes"),
    24.0: ("天", "日", "d", "day", "days"),
}
HOURS = {unit: hours for hours, units in _IN_HOURS.items() for unit in units}
_LENGTH = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([^\s0-9.]+)\s*")
_SEPARATORS = re.compile(r"[、,，]")
_WHERE = {"类别": "category", "环节": "step", "原因": "cause", "检查项": "check", "地点": "place"}


class Rule(NamedTuple):
    """Where a measure comes from, which kinds it can be, which keys it needs and which it may have."""

    source: str
    kinds: tuple[str, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


_SHARE = Rule("events", ("proportion",))
_TIME = Rule("events", ("duration",), may=("statistic",))
MEASURES: dict[str, Rule] = {
    "handled": _SHARE,
    "in_time": _SHARE._replace(may=("within",)),
    "response_in_time": _SHARE._replace(needs=("within",)),
    "fed_back": _SHARE,
    "resolved": _SHARE,
    "repeat": _SHARE,
    "reopened": _SHARE,
    "transferred": _SHARE,
    "response_time": _TIME,
    "resolution_time": _TIME,
    "mttr": Rule("events", ("duration",)),
    "mtbf": Rule("events", ("duration",), needs=("exposure",)),
    "availability": Rule("events", ("proportion",), needs=("exposure",)),
    "event_rate": Rule("events", ("rate",), needs=("exposure",)),
    "pass_rate": Rule("inspections", ("checklist", "proportion")),
    "score_rate": Rule("inspections", ("checklist", "proportion")),
}
PER_EXPOSURE = ("mtbf", "availability", "event_rate")
COUNTED = ("events", "inspections")
COLUMNS = {"events": ("category", "step", "cause"), "inspections": ("check", "place")}


def _parts(value: Any) -> Any:
    """One name, or several in a list or separated by 、."""
    if isinstance(value, str):
        return tuple(part.strip() for part in _SEPARATORS.split(value) if part.strip())
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_parts)]


class Where(Frozen):
    """Which records count: those whose columns hold one of the names."""

    category: Names = ()
    step: Names = ()
    cause: Names = ()
    check: Names = ()
    place: Names = ()

    @model_validator(mode="before")
    @classmethod
    def _in_chinese(cls, raw: Any) -> Any:
        return {_WHERE.get(k, k): v for k, v in raw.items()} if isinstance(raw, dict) else raw

    @property
    def given(self) -> dict[str, tuple[str, ...]]:
        """Column and the names wanted in it."""
        return {str(column): names for column, names in self if names}


def _length(value: Any) -> Any:
    match = _LENGTH.fullmatch(str(value))
    if match is None or match[2].casefold() not in HOURS or float(match[1]) <= 0:
        raise refuse(f"{value!r} is not a length of time", "Write a number and its unit: 4小时, 30分钟, 3天.")
    return str(value).strip()


def in_hours(length: str) -> float:
    """Hours in a length of time such as 4小时, 30min or 3天."""
    match = _LENGTH.fullmatch(length)
    if match is None:
        raise ValueError(f"{length!r} is not a length of time")
    return float(match[1]) * HOURS[match[2].casefold()]


class Counted(Frozen):
    """The keys by which an indicator says what it counts."""

    measure: Annotated[Measure, chinese(Measure)] | None = None
    where: Where = Where()
    within: Annotated[str, BeforeValidator(_length)] | None = None
    exposure: str = ""
    statistic: Annotated[Statistic, chinese(Statistic)] | None = None
    of: str = ""
    every: Annotated[Every, chinese(Every)] | None = None

    @property
    def within_hours(self) -> float | None:
        """The time limit in hours."""
        return None if self.within is None else in_hours(self.within)
