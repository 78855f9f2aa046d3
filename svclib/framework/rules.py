"""The rules around the scores as frozen models: grades, limits, bonus points, groups, consequences."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from svclib.framework.names import chinese
from svclib.framework.scoring import ConditionField, Frozen, refuse

GradeMethod = Literal["cuts", "targets"]
LimitType = Literal["veto", "cap"]
NotReported = Literal["no_grade", "zero", "lowest"]
Rounding = Literal["half_up", "gbt8170"]
AdjustmentType = Literal["bonus", "deduction"]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]
DEFAULT = "default"


def _default_in_english(value: Any) -> Any:
    return {DEFAULT if k == "默认" else k: v for k, v in value.items()} if isinstance(value, dict) else value


class Missing(Frozen):
    """What an unreported indicator does to its unit, and how many must apply for a score.

    min_measures : by dimension (`default` for all others), the least number of indicators that
        apply; a dimension with fewer has no score and gives its weight to the others
    min_dimensions : the least number of dimensions with a score for a unit to be graded
    """

    not_reported: Annotated[NotReported, chinese(NotReported)] = "no_grade"
    min_measures: Annotated[dict[str, Count], BeforeValidator(_default_in_english)] = Field(
        default_factory=dict
    )
    min_dimensions: Count = 1

    def least(self, dimension: str) -> int:
        """Least number of indicators that must apply in `dimension`."""
        return self.min_measures.get(dimension, self.min_measures.get(DEFAULT, 1))


class Limit(Frozen):
    """A ceiling on the grade: `veto` to `result`, or `cap` at `result`."""

    type: Annotated[LimitType, chinese(LimitType)]
    object: str
    condition: ConditionField
    result: str = ""
    clause: str = ""
    clause_en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _join_value(cls, raw: Any) -> Any:
        """`condition: ">", value: 2` and `condition: "> 2"` say the same."""
        if isinstance(raw, dict) and "value" in raw and isinstance(raw.get("condition"), str):
            rest = {k: v for k, v in raw.items() if k != "value"}
            return {**rest, "condition": f"{raw['condition']} {raw['value']}"}
        return raw


class TargetRule(Frozen):
    """What a unit must reach for one grade under `method: targets`; nothing has a default.

    met_share : least share of its indicators with a target that meet it, 0-1
    missed_max : most indicators that may miss their target
    node, node_min : "total" or a dimension, and its least published score
    """

    met_share: Share
    missed_max: Annotated[int, Field(ge=0)]
    node: str
    node_min: Points


class Grades(Frozen):
    """Labels from best to worst with cuts or target rules, and the rules around them."""

    method: Annotated[GradeMethod, chinese(GradeMethod)] = "cuts"
    scale: dict[str, float] = Field(min_length=2)
    scale_en: dict[str, str] = Field(default_factory=dict)
    rules: dict[str, TargetRule] = Field(default_factory=dict)
    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    rounding: Annotated[Rounding, chinese(Rounding)] = "half_up"
    min_coverage: Share = 0.8
    buffer: Annotated[float, Field(ge=0, lt=100)] = 0.0
    limits: tuple[Limit, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Grade labels, best first."""
        return tuple(self.scale)

    @property
    def cuts(self) -> tuple[float, ...]:
        """Lowest published score of each label, best first."""
        return tuple(self.scale.values())


def _one_or_range(value: Any) -> Any:
    if isinstance(value, list | tuple) and (len(value) != 2 or not value[0] < value[1]):
        raise refuse(f"found {value!r}", "Write the points of one occurrence, or [lowest, highest].")
    return value


class Adjustment(Frozen):
    """A matter that adds or takes points: `points` for one occurrence, or a range to choose from."""

    en: str = ""
    type: Annotated[AdjustmentType, chinese(AdjustmentType)]
    points: Annotated[Positive | tuple[Positive, Positive], BeforeValidator(_one_or_range)]
    max_points: Positive | None = None
    clause: str = ""
    clause_en: str = ""


class Adjustments(Frozen):
    """Bonus and penalty points on the weighted total, each side with its cap per unit and cycle."""

    max_bonus: NotNegative
    max_deduction: NotNegative
    items: dict[str, Adjustment] = Field(min_length=1)


class Group(Frozen):
    """What differs for the units of one group: weights, indicators left out, cuts."""

    en: str = ""
    weights: dict[str, NotNegative] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    scale: dict[str, float] = Field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether anything differs; a group may be listed for its English alone."""
        return bool(self.weights or self.exclude or self.scale)


class Repeated(Frozen):
    """What follows a grade, or a worse one, `consecutive` cycles in a row or `in_year` times a year."""

    grade: str
    consecutive: Annotated[int, Field(ge=2)] | None = None
    in_year: Annotated[int, Field(ge=2)] | None = None
    action: str
    action_en: str = ""
    clause: str = ""
    clause_en: str = ""
    personnel: bool = False

    @model_validator(mode="after")
    def _one_count(self) -> Repeated:
        if (self.consecutive is None) == (self.in_year is None):
            raise refuse("consecutive and in_year", "Give exactly one of them.")
        return self


class Consequences(Frozen):
    """Proposals that follow from grades; whatever concerns persons goes to a private table."""

    factors: dict[str, NotNegative] = Field(default_factory=dict)
    actions: dict[str, str] = Field(default_factory=dict)
    actions_en: dict[str, str] = Field(default_factory=dict)
    repeated: tuple[Repeated, ...] = ()
