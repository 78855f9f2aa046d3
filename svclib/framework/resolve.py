"""A checked framework made ready to use: shares sum to 1, defaults filled in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from svclib.framework.models import Dimension, Framework, Indicator
from svclib.framework.rules import Limit, TargetRule
from svclib.framework.weighting import Weighting


def resolve(framework: Framework) -> Framework:
    """The framework with weights normalised, subjects filled in and vetoes among the limits."""
    return framework.model_copy(
        update={
            "subjects": _to_one(framework.subjects),
            "grades": framework.grades.model_copy(
                update={"limits": _limits(framework), "rules": _rules(framework)}
            ),
            "dimensions": tuple(
                d.model_copy(
                    update={
                        "indicators": _indicators(d, framework),
                        "aggregate": d.aggregate or framework.aggregate,
                    }
                )
                for d in _weighted(framework.dimensions, framework.weights)
            ),
        }
    )


def _to_one(shares: dict[str, float]) -> dict[str, float]:
    total = math.fsum(shares.values())
    return {name: share / total for name, share in shares.items()}


def _weighted(nodes: Sequence[Any], weights: Weighting) -> list[Any]:
    if weights.method != "direct":
        return list(nodes)
    shares = _to_one({n.name: n.weight for n in nodes})
    return [n.model_copy(update={"weight": shares[n.name]}) for n in nodes]


def _indicators(dimension: Dimension, framework: Framework) -> tuple[Indicator, ...]:
    everyone = tuple(framework.subjects)
    return tuple(
        i.model_copy(update={"subjects": (i.subjects or everyone) if i.source == "responses" else ()})
        for i in _weighted(dimension.indicators, dimension.weights)
    )


def _node(name: str) -> str:
    return "total" if name == "总分" else name


def _rules(framework: Framework) -> dict[str, TargetRule]:
    return {
        label: rule.model_copy(update={"node": _node(rule.node)})
        for label, rule in framework.grades.rules.items()
    }


def _limits(framework: Framework) -> tuple[Limit, ...]:
    """Declared limits, then each indicator's own veto unless a limit already says the same."""
    worst = framework.grades.labels[-1]
    written = framework.grades.limits
    limits = [
        limit.model_copy(
            update={
                "result": limit.result or worst,
                "object": _node(limit.object),
            }
        )
        for limit in written
    ]
    said = {(limit.object, limit.condition) for limit in limits}
    own = [
        Limit(type="veto", object=i.name, condition=i.veto, result=worst)
        for i in framework.indicators
        if i.veto is not None and (i.name, i.veto) not in said
    ]
    return (*limits, *own)
