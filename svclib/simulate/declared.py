"""A population declared before anything has been measured: a framework, how many units, how many answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.errors import ParamError
from svclib.framework import Anchors, Framework, Indicator
from svclib.simulate.population import Population, Scale, Structure, require, steps

# What is taken where nothing is known, and stated in the README: reliability of an indicator,
# points of the average unit and the SD of the units around it, cases behind a record.
RELIABILITY, LEVEL, SPREAD, CASES_OF_RECORD = 0.8, 80.0, 5.0, 200
# How much of the correlation within an indicator is left between indicators, and between dimensions.
NEAR, FAR = 0.8, 0.6


def declared(framework: Framework, *, units: int, n: int) -> Population:
    """A population of `units` units with `n` questionnaires each.

    Answers spread over the scale with an SD of a fifth of its range; items of an indicator
    correlate so that their sum has the declared reliability (Spearman–Brown); true values
    vary between units by `SPREAD` points around `LEVEL`.

    Raises
    ------
    ParamError
        Fewer than two units, fewer than one questionnaire, or nothing to be drawn.
    """
    require(framework)
    if units < 2 or n < 1:
        raise ParamError(f"units={units}, n={n}; give at least 2 units and 1 questionnaire each")
    names = [f"U{k + 1:02d}" for k in range(units)]
    rated = [i for i in framework.indicators if i.items]
    asked = [s for s in framework.subjects if any(s in i.subjects for i in rated)]
    share = np.array([framework.subjects[s] for s in asked])
    count = [max(1, round(n * s)) for s in share / share.sum()] if asked else []
    people = pd.DataFrame(
        [(u, s, "") for u in names for s, k in zip(asked, count, strict=True) for _ in range(k)],
        columns=["unit", "subject", "channel"],
    ).assign(weight=1.0, stratum="", cluster="")
    return Population(
        framework,
        pd.DataFrame(dict.fromkeys(UNITS, "") | {"unit": names, "name": names}),
        people,
        {s: _scale(framework, s) for s in asked},
        _structure(rated),
        pd.DataFrame([row for u in names for row in _values(framework, u)]),
        pd.DataFrame(
            [_record(i, u) for u in names for i in framework.indicators if not i.items], columns=RECORD
        ),
    )


UNITS = ["unit", "name", "name_en", "parent", "group", "head", "replaces", "valid_from"]
RECORD = [
    *("unit", "indicator", "value", "numerator", "denominator", "n", "mean", "sd", "status"),
    *("se", "df", "scale", "method", "note"),
]


def _scale(framework: Framework, subject: str) -> Scale:
    of = [i for i in framework.indicators for _ in i.items]
    out = np.full((len(of), max(len(steps(i)) for i in of) - 1), np.nan)
    for j, indicator in enumerate(of):
        if subject in indicator.subjects:
            low, high = indicator.bounds
            limits = (steps(indicator)[:-1] + 0.5 - (low + high) / 2) / ((high - low) / 5)
            out[j] = np.inf
            out[j, : len(limits)] = limits
    return Scale(out, np.zeros(len(of)), {})


def _structure(rated: list[Indicator]) -> Structure:
    k = float(np.mean([len(i.items) for i in rated])) if rated else 1.0
    r = RELIABILITY / (k - (k - 1) * RELIABILITY)
    return Structure(r, NEAR * r, FAR * r)


def _values(framework: Framework, unit: str) -> list[dict]:
    return [
        {"unit": unit, "indicator": i.name, "subject": s, "value": _at(i, LEVEL), "se": _spread(i)}
        for i in framework.indicators
        for s in (i.subjects or ("",))
    ]


def _at(indicator: Indicator, points: float) -> float:
    """A natural value that is worth `points`, or comes closest to it."""
    grid = _grid(indicator)
    return float(grid[np.argmin(np.abs(indicator.points(grid) - points))])


def _spread(indicator: Indicator) -> float:
    """SD of true values that is worth `SPREAD` points."""
    low, high = (_at(indicator, LEVEL + side * SPREAD) for side in (-1, 1))
    return abs(high - low) / 2


def _grid(indicator: Indicator) -> np.ndarray:
    rule = indicator.score
    if isinstance(rule, Anchors):
        kinks = list(rule.values)
    else:
        kinks = [condition.value for condition, _ in rule.rules] or [0.0, rule.full]
    low, high = indicator.bounds
    ends = [v for v in (low, high) if np.isfinite(v)]
    return np.linspace(min(*kinks, *ends), max(*kinks, *ends), 2001)


def _record(indicator: Indicator, unit: str) -> dict:
    value, n = _at(indicator, LEVEL), float(CASES_OF_RECORD)
    row = {"unit": unit, "indicator": indicator.name, "status": "ok", "scale": "", "method": "", "note": ""}
    if indicator.kind in ("proportion", "checklist", "stability"):
        return row | {"numerator": n * value / indicator.bounds[1], "denominator": n}
    if indicator.kind == "rate":
        exposure = indicator.per * max(1.0, n / 20 / max(value, 1e-9))
        return row | {"numerator": value * exposure / indicator.per, "denominator": exposure}
    if indicator.kind == "duration":
        return row | {"mean": value, "sd": value / 2, "n": n}
    return row | {"value": value}
