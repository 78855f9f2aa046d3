"""The framework as it applies to the units of one group: own weights, indicators left out, own cuts."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from svclib.framework.rules import Group, Limit

if TYPE_CHECKING:
    from svclib.framework.models import Dimension, Framework, Indicator
    from svclib.framework.weighting import Weighting


def of_group(framework: Framework, group: Group) -> Framework:
    """`framework` changed as `group` says; weights given for a level are direct there.

    The weight of an indicator left out goes to the others of its dimension in proportion
    where they have direct weights; a dimension with none left is left out the same way.
    Limits on what is left out do not apply.
    """
    kept = [_dimension(d, group) for d in framework.dimensions]
    left = [d for d in kept if d is not None]
    rule = _rule(framework.weights, left, group)
    grades = framework.grades.model_copy(
        update={
            "scale": group.scale or framework.grades.scale,
            "limits": tuple(_kept(framework.grades.limits, left)),
        }
    )
    shared = _shared(left, group) if rule.method == "direct" else tuple(left)
    return framework.model_copy(
        update={"dimensions": shared, "weights": rule, "grades": grades, "groups": {}}
    )


def without(framework: Framework, names: Iterable[str]) -> Framework:
    """`framework` without the named indicators; its groups keep what they say of the others."""
    left = of_group(framework, Group(exclude=tuple(names)))
    return left.model_copy(update={"groups": framework.groups})


def dimensions_scored(framework: Framework, idle: Collection[str]) -> int:
    """Number of dimensions with a score where the indicators `idle` do not apply."""
    counts = [
        (sum(i.name not in idle and i.weight != 0 for i in d.indicators), framework.missing.least(d.name))
        for d in framework.dimensions
    ]
    return sum(0 < count >= least for count, least in counts)


def peer_group(dimensions: int) -> str:
    """The group of units scored on this many dimensions, where peers are formed by dimensions."""
    return f"{dimensions}个维度"


def peer_names(framework: Framework) -> dict[str, str]:
    """English of the peer groups a framework forms; empty where it forms none."""
    if framework.peers is None:
        return {}
    counts = range(len(framework.dimensions) + 1)
    return {peer_group(n): f"{n} dimension{'' if n == 1 else 's'}" for n in counts}


def troubles(framework: Framework, group: Group) -> list[tuple[str, str]]:
    """Why `group` cannot be evaluated on what it leaves: what was found, and the remedy."""
    inner = [(d.name, _left(d, group), d.weights) for d in framework.dimensions]
    kept = [d for d, (_, left, _) in zip(framework.dimensions, inner, strict=True) if left]
    if not kept:
        return [("no indicator is left", "Leave at least one.")]
    levels: list[tuple[str, Sequence[Any], Weighting]] = [("total", kept, framework.weights), *inner]
    idle = [(parent, nodes) for parent, nodes, rule in levels if nodes and _idle(nodes, rule, group)]
    found = [
        (f"what is left of {parent}, {', '.join(n.name for n in nodes)}, has weight 0 in all", _WEIGH)
        for parent, nodes in idle
    ]
    nodes = {"total", "总分", *(d.name for d in kept)}
    gone = [(label, rule.node) for label, rule in framework.grades.rules.items() if rule.node not in nodes]
    known = {d.name for d in framework.dimensions}
    return found + [
        (f"the rule of {label} looks at {node}, of which nothing is left", _LOOK.format(node=node))
        for label, node in gone
        if node in known
    ]


_WEIGH = "Give one of them a weight, or leave them out too."
_LOOK = "Keep an indicator of {node}, or let the rule look at total."


def _idle(nodes: Sequence[Any], weights: Weighting, group: Group) -> bool:
    """Whether siblings with direct weights have none, so that they cannot be shared out."""
    written = _rule(weights, nodes, group).method == "direct"
    return written and math.fsum(_raw(nodes, group).values()) == 0


def _left(dimension: Dimension, group: Group) -> list[Indicator]:
    return [i for i in dimension.indicators if i.name not in group.exclude]


def _dimension(dimension: Dimension, group: Group) -> Dimension | None:
    left = _left(dimension, group)
    if not left:
        return None
    rule = _rule(dimension.weights, left, group)
    shared = _shared(left, group) if rule.method == "direct" else tuple(left)
    return dimension.model_copy(update={"indicators": shared, "weights": rule})


def _own(nodes: Sequence[Any], group: Group) -> bool:
    return all(n.name in group.weights for n in nodes)


def _rule(weights: Weighting, nodes: Sequence[Any], group: Group) -> Weighting:
    """Weights of a level: direct where the group gives its own."""
    return type(weights)() if _own(nodes, group) else weights


def _raw(nodes: Sequence[Any], group: Group) -> dict[str, float]:
    return {n.name: group.weights.get(n.name, n.weight or 0.0) for n in nodes}


def _shared(nodes: Sequence[Any], group: Group) -> tuple[Any, ...]:
    """Siblings with direct weights made to sum to 1, the group's own where it gives them."""
    raw = _raw(nodes, group)
    total = math.fsum(raw.values())
    return tuple(n.model_copy(update={"weight": raw[n.name] / total}) for n in nodes)


def _kept(limits: Iterable[Limit], dimensions: list[Dimension]) -> Iterable[Limit]:
    names = {"total", *(d.name for d in dimensions), *(i.name for d in dimensions for i in d.indicators)}
    return (limit for limit in limits if limit.object in names)
