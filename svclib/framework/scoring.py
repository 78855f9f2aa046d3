"""From a natural value to 0-100 points: conditions, anchors, steps."""

from __future__ import annotations

import operator
import re
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

_OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_SAME = {"≥": ">=", "≤": "<=", "＞": ">", "＜": "<", "=": "==", "＝": "=="}
_CONDITION = re.compile(r"(>=|<=|==|>|<|=|≥|≤|＞|＜|＝)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)")


def refuse(found: str, remedy: str, near: str = "") -> PydanticCustomError:
    """Validation error that carries its own remedy."""
    # Pydantic fills {...} in the message from the context, so the text itself goes in as a value.
    return PydanticCustomError("svclib", "{found}", {"found": found, "remedy": remedy, "near": near})


class Frozen(BaseModel):
    """Base of the contract models: unknown keys are refused, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Condition(Frozen):
    """A comparison such as `> 2`."""

    op: str
    value: float

    def holds(self, values: Any) -> np.ndarray:
        """Boolean array of the same shape; NaN never holds."""
        return np.asarray(_OPERATORS[self.op](np.asarray(values, dtype=float), self.value))

    def __str__(self) -> str:
        return f"{self.op} {self.value:g}"

    @property
    def low_is_bad(self) -> bool:
        """The condition is met by low values."""
        return self.op in ("<", "<=")


def parse_condition(text: Any) -> Any:
    """`"> 2"` to a Condition; raises a pydantic error naming the remedy."""
    if isinstance(text, Condition | dict):
        return text
    match = _CONDITION.fullmatch(str(text).strip())
    if match is None:
        raise refuse(
            f"{text!r} is not a condition", 'Write an operator and a number in quotes, such as ">= 95".'
        )
    return Condition(op=_SAME.get(match[1], match[1]), value=float(match[2]))


class Anchors(Frozen):
    """Piecewise linear points through (value, points), constant outside."""

    values: tuple[float, ...]
    scores: tuple[float, ...]

    @property
    def slope(self) -> float | None:
        """Points per unit of value where all anchors lie on one line, else None."""
        slopes = np.diff(self.scores) / np.diff(self.values)
        return float(slopes[0]) if np.ptp(slopes) <= 1e-9 * np.abs(slopes).max() else None

    def points(self, values: Any) -> np.ndarray:
        """Points of natural values, NaN for NaN."""
        return np.interp(np.asarray(values, dtype=float), self.values, self.scores)


class Steps(Frozen):
    """Points by the first condition met, or `start` + `each` per unit down to `floor`."""

    full: float
    rules: tuple[tuple[Condition, float], ...] = ()
    otherwise: float = 0.0
    start: float | None = None
    each: float = 0.0
    floor: float = 0.0

    @property
    def slope(self) -> float | None:
        """Steps have no slope."""
        return None

    def points(self, values: Any) -> np.ndarray:
        """Points of natural values rescaled so that `full` is 100, NaN for NaN."""
        x = np.asarray(values, dtype=float)
        if self.start is None:
            met = [rule.holds(x) for rule, _ in self.rules]
            raw = np.select(met, [score for _, score in self.rules], self.otherwise)
        else:
            raw = np.clip(self.start + self.each * x, self.floor, self.full)
        return np.where(np.isnan(x), np.nan, raw * 100.0 / self.full)


def parse_score(raw: Any) -> Any:
    """`{value: points}` or `{steps: …, full: …}` to Anchors or Steps."""
    if isinstance(raw, Anchors | Steps):
        return raw
    if not isinstance(raw, dict) or not raw:
        raise refuse(
            f"score is {raw!r}", "Write anchors {value: points, value: points} or {steps: …, full: …}."
        )
    return _steps(raw) if "steps" in raw else _anchors(raw)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _anchors(raw: dict[Any, Any]) -> Anchors:
    bad = [k for k in raw if not _number(k)]
    if bad:
        raise refuse(
            f"anchor keys {', '.join(map(repr, bad))} are not numbers",
            "Write natural values before the colon and a space after it: {80: 0, 95: 100}.",
        )
    bad = [v for v in raw.values() if not _number(v)]
    if bad:
        raise refuse(f"points {', '.join(map(repr, bad))} are not numbers", "Write points from 0 to 100.")
    pairs = sorted((float(k), float(v)) for k, v in raw.items())
    return Anchors(values=tuple(k for k, _ in pairs), scores=tuple(v for _, v in pairs))


def _steps(raw: dict[Any, Any]) -> Steps:
    extra = [k for k in raw if k not in ("steps", "full")]
    if extra:
        raise refuse(f"unknown key {extra[0]!r} beside steps", "Keep only steps and full.")
    rules, full = raw["steps"], raw.get("full", 100)
    if not _number(full) or full <= 0:
        raise refuse(f"full is {full!r}", "Write the full mark, a number above 0.")
    if not isinstance(rules, dict) or not rules:
        raise refuse(
            f"steps is {rules!r}", 'Write conditions {">= 95": 10, else: 0} or {start, each, floor}.'
        )
    bad = [f"{k}: {v!r}" for k, v in rules.items() if not _number(v)]
    if bad:
        raise refuse(f"step {bad[0]} is not a number", "Write the points of the step as a number.")
    if "start" in rules:
        return _per_unit(rules, float(full))
    if list(rules) == ["else"]:
        raise refuse("steps have only else", 'Add at least one condition such as ">= 95": 10.')
    if "else" not in rules:
        raise refuse("steps have no else", "Add else: with the points when no condition is met.")
    pairs = tuple((parse_condition(k), float(v)) for k, v in rules.items() if k != "else")
    return Steps(full=full, rules=pairs, otherwise=rules["else"])


def _per_unit(rules: dict[Any, Any], full: float) -> Steps:
    extra = [k for k in rules if k not in ("start", "each", "floor")]
    if extra or "each" not in rules:
        found = f"unknown key {extra[0]!r}" if extra else "each is missing"
        raise refuse(f"steps: {found}", "Write {start: points, each: points per unit, floor: points}.")
    return Steps(full=full, start=rules["start"], each=rules["each"], floor=rules.get("floor", 0.0))


_NUMBERS = {"type": "number"}
ConditionField = Annotated[
    Condition,
    BeforeValidator(parse_condition),
    WithJsonSchema({"type": "string", "pattern": r"^\s*(>=|<=|==|>|<|=|≥|≤|＞|＜|＝)\s*[-+]?[0-9.]+.*$"}),
]
ScoreField = Annotated[
    Anchors | Steps,
    BeforeValidator(parse_score),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "anyOf": [
                {"required": ["steps"], "properties": {"steps": {"type": "object"}, "full": _NUMBERS}},
                {"additionalProperties": _NUMBERS},
            ],
        }
    ),
]
