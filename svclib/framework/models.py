"""The indicator system as frozen models: what the YAML may say, with types and defaults."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from svclib.errors import ParamError, nearest
from svclib.framework import groups, views
from svclib.framework.measures import COUNTED, HOURS, PER_EXPOSURE, Counted
from svclib.framework.names import Better, Kind, chinese
from svclib.framework.rules import Adjustments, Consequences, Grades, Group, Missing, Positive
from svclib.framework.scoring import ConditionField, Frozen, ScoreField, refuse
from svclib.framework.weighting import Method, Weighting

Uncertainty = Literal["sample", "process", "census"]
Stage = Literal["key", "process", "result"]
MidOn = Literal["unit", "points", "percent"]
Source = Literal["responses", "kpis", "events", "inspections", "indicator"]
Aggregate = Literal["arithmetic", "geometric"]
Peers = Literal["dimensions"]

Target = float | tuple[float, float]


def _plain_percent(unit: str) -> str:
    return unit.replace("％", "%")


class Mid(Frozen):
    """Minimal important difference, in the indicator's own unit, points of score, or percent."""

    value: Positive
    on: Annotated[MidOn, chinese(MidOn)] = "unit"


class Indicator(Counted):
    """One measured quantity: its data, its direction, its scoring."""

    name: str
    dimension: str
    en: str = ""
    kind: Annotated[Kind, chinese(Kind)]
    better: Annotated[Better, chinese(Better)] = "high"
    unit: Annotated[str, AfterValidator(_plain_percent)] = ""
    unit_en: str = ""
    items: tuple[str, ...] = ()
    expectation: tuple[str, ...] = ()  # what was expected, one column per item, on the same scale
    scale: tuple[float, float] | None = None
    reverse: tuple[str, ...] = ()
    missing_codes: tuple[float, ...] = ()
    source: Annotated[Source, chinese(Source)] = Field(default="kpis", alias="from")
    per: Positive = 1.0
    subjects: tuple[str, ...] = ()
    score: ScoreField
    target: Target | None = None
    warn: Target | None = None
    veto: ConditionField | None = None
    mid: Mid | None = None
    weight: Annotated[float, Field(ge=0)] | None = None
    uncertainty: Annotated[Uncertainty, chinese(Uncertainty)] = "sample"
    stage: Annotated[Stage, chinese(Stage)] = "result"
    step: str = ""
    step_en: str = ""
    owner: str = ""
    owner_en: str = ""
    frequency: str = ""
    definition: str = ""
    advice: str = ""
    advice_en: str = ""

    hidden: ClassVar = ("name", "dimension")

    @model_validator(mode="before")
    @classmethod
    def _source_follows(cls, raw: Any) -> Any:
        """A rating comes from responses, and the stability of an indicator from that indicator."""
        if isinstance(raw, dict) and "from" not in raw and "source" not in raw:
            told = "responses" if raw.get("items") else "indicator" if raw.get("of") else "kpis"
            return {**raw, "from": told}
        return raw

    @property
    def sign(self) -> int:
        """+1 when more is better, -1 when less is better, 0 when near a target is better."""
        return {"high": 1, "low": -1, "near": 0}[self.better]

    def expected_of(self, item: str) -> tuple[str, ...]:
        """The column with the expectation of an item; none where it is not asked."""
        pairs = zip(self.items, self.expectation, strict=False)
        return tuple(column for own, column in pairs if own == item)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest possible natural value."""
        if self.kind == "rating" and self.scale is not None:
            return self.scale
        if self.kind in ("proportion", "checklist", "stability"):
            return (0.0, 100.0) if self.unit == "%" else (0.0, 1.0)
        return (-math.inf if self.kind == "amount" else 0.0, math.inf)

    @property
    def hours(self) -> float | None:
        """Hours in one unit of a duration; None for other kinds and units."""
        return HOURS.get(self.unit.casefold()) if self.kind == "duration" else None

    @property
    def sampled(self) -> bool:
        """Whether a few records say too little: not so of a whole count, or of events per exposure."""
        if self.source in COUNTED:
            return self.uncertainty != "census" and self.measure not in PER_EXPOSURE
        return self.source == "responses"

    @property
    def slope(self) -> float | None:
        """Points per natural unit where the anchors lie on one straight line, else None."""
        return self.score.slope

    def mid_at(self, value: float) -> float:
        """The MID in natural units at a level of `value`, NaN where none is declared."""
        if self.mid is None:
            return math.nan
        if self.mid.on == "percent":
            return self.mid.value * abs(value) / 100
        if self.mid.on == "points":  # the framework refuses points where there is no single slope
            return self.mid.value / abs(self.slope) if self.slope else math.nan
        return self.mid.value

    def points(self, values: Any) -> np.ndarray:
        """Natural values to points 0-100, the same shape, NaN for NaN."""
        return self.score.points(values)


def _named(raw: Any, **extra: str) -> Any:
    """`{name: {…}}` to `[{name, …}]`; the name is given by the key alone."""
    if not isinstance(raw, dict) or not raw:
        raise refuse(f"found {raw!r}", "Write one entry per name: {name: {…}}.")
    wrong = [key for key in raw if not isinstance(key, str)]
    if wrong:
        raise refuse(f"the name {wrong[0]!r} is a number", f'Put it in quotes: "{wrong[0]}".')
    return [{"name": key, **extra, **body} if isinstance(body, dict) else body for key, body in raw.items()]


class Dimension(Frozen):
    """A group of indicators with one score."""

    name: str
    en: str = ""
    weight: Annotated[float, Field(ge=0)] | None = None
    weights: Weighting = Weighting()
    aggregate: Annotated[Aggregate, chinese(Aggregate)] | None = None
    indicators: tuple[Indicator, ...]

    hidden: ClassVar = ("name",)

    @model_validator(mode="before")
    @classmethod
    def _name_indicators(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and isinstance(raw.get("indicators"), dict):
            return {**raw, "indicators": _named(raw["indicators"], dimension=raw.get("name", ""))}
        return raw


_Node = TypeVar("_Node", Dimension, Indicator)


class Framework(Frozen):
    """A whole indicator system."""

    name: str
    en: str = ""
    version: str
    unit_label: str = "单位"
    unit_label_en: str = "Unit"
    subjects: dict[str, Positive] = Field(min_length=1)
    subjects_en: dict[str, str] = Field(default_factory=dict)
    channels_en: dict[str, str] = Field(default_factory=dict)
    names_en: dict[str, str] = Field(default_factory=dict)  # categories, steps and causes in the data
    missing: Missing = Missing()
    aggregate: Annotated[Aggregate, chinese(Aggregate)] = "arithmetic"
    floor: Annotated[float, Field(gt=0, lt=100)] | None = None  # least points in a geometric mean
    peers: Annotated[Peers, chinese(Peers)] | None = None
    weights: Weighting = Weighting()
    mid: Positive | None = None
    grades: Grades
    adjustments: Adjustments | None = None
    groups: dict[str, Group] = Field(default_factory=dict)
    consequences: Consequences | None = None
    dimensions: Annotated[tuple[Dimension, ...], BeforeValidator(_named)]

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Every indicator in file order."""
        return tuple(i for d in self.dimensions for i in d.indicators)

    @property
    def methods(self) -> tuple[Method, ...]:
        """Every weighting method in use, level by level, those of combinations one by one."""
        return tuple(p for rule in (self.weights, *(d.weights for d in self.dimensions)) for p in rule.parts)

    @property
    def items(self) -> tuple[str, ...]:
        """Every item column once, in file order."""
        return tuple(dict.fromkeys(item for i in self.indicators for item in i.items))

    @property
    def expectations(self) -> tuple[str, ...]:
        """Every column of expectations, in file order."""
        return tuple(column for i in self.indicators for column in i.expectation)

    def indicator(self, name: str) -> Indicator:
        """The indicator called `name`; ParamError when there is none."""
        return _find(name, self.indicators, "indicator")

    def dimension(self, name: str) -> Dimension:
        """The dimension called `name`; ParamError when there is none."""
        return _find(name, self.dimensions, "dimension")

    @property
    def linear(self) -> bool:
        """Whether every mean is arithmetic, so that the total is a weighted sum of indicator points."""
        return "geometric" not in (self.aggregate, *(d.aggregate for d in self.dimensions))

    @property
    def own_scales(self) -> dict[str, dict[str, float]]:
        """Cuts of the groups that have their own."""
        return {name: group.scale for name, group in self.groups.items() if group.scale}

    @property
    def own_groups(self) -> dict[str, Group]:
        """Groups whose rules differ."""
        return {name: group for name, group in self.groups.items() if group.changes}

    def for_group(self, name: str) -> Framework:
        """The framework as it applies to the units of a group; itself where the group changes nothing."""
        group = self.own_groups.get(name)
        return self if group is None else groups.of_group(self, group)

    def table(self) -> pd.DataFrame:
        """One row per indicator in file order; empty text or NaN where nothing is declared."""
        return pd.DataFrame([views.row(i) for i in self.indicators])

    def label(self, name: str, lang: str) -> str:
        """`name` as shown in `lang` ("zh" or "en"): English where the framework gives it."""
        if name == "total":
            return "总分" if lang == "zh" else "Total score"
        return name if lang == "zh" else self._english().get(name) or name

    def _english(self) -> dict[str, str]:
        names = {self.name: self.en, self.unit_label: self.unit_label_en}
        names |= {node.name: node.en for node in (*self.dimensions, *self.indicators)}
        for i in self.indicators:
            names |= {i.unit: i.unit_en, i.owner: i.owner_en, i.step: i.step_en, i.advice: i.advice_en}
        names |= {limit.clause: limit.clause_en for limit in self.grades.limits}
        names |= groups.peer_names(self)
        names |= {name: group.en for name, group in self.groups.items() if group.en}
        if self.adjustments is not None:
            for name, item in self.adjustments.items.items():
                names |= {name: item.en, item.clause: item.clause_en}
        if self.consequences is not None:
            names |= {
                text: self.consequences.actions_en.get(g, "") for g, text in self.consequences.actions.items()
            }
            for rule in self.consequences.repeated:
                names |= {rule.action: rule.action_en, rule.clause: rule.clause_en}
        return names | self.subjects_en | self.channels_en | self.names_en | self.grades.scale_en

    def number_hash(self) -> str:
        """SHA-256 of what changes numbers; wording, order and owners do not."""
        return views.number_hash(self)


def _find(name: str, nodes: tuple[_Node, ...], what: str) -> _Node:
    for node in nodes:
        if node.name == name:
            return node
    hint = nearest(name, [node.name for node in nodes])
    raise ParamError(f"no {what} is called {name!r}." + (f" Did you mean {hint!r}?" if hint else ""))
