"""The framework as it applies to the units of one group: own weights, indicators left out, own cuts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from svclib.framework.rules import Group, Limit

if TYPE_CHECKING:
    from svclib.framework.models import Dimension, Framework


def of_group(framework: Framework, group: Group) -> Framework:
    """`framework` changed as `group` says; weights given for a level are direct there.

    The weight of an indicator left out goes to the others of its dimension in proportion
    where they have direct weights; a dimension with none left is left out the same way.
    Limits on what is left out do not apply.
    """
    kept = [_dimension(d, group) for d in framework.dimensions]
    left = [d for d in kept if d is not None]
    own = all(d.name in group.weights for d in left)
    rule = (
        framework.weights.model_copy(update={"method": "direct", "from_": None}) if own else framework.weights
    )
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
    """`framework` without the named indicators."""
    return of_group(framework, Group(exclude=tuple(names)))


def _dimension(dimension: Dimension, group: Group) -> Dimension | None:
    left = [i for i in dimension.indicators if i.name not in group.exclude]
    if not left:
        return None
    own = all(i.name in group.weights for i in left)
    rule = (
        dimension.weights.model_copy(update={"method": "direct", "from_": None}) if own else dimension.weights
    )
    shared = _shared(left, group) if rule.method == "direct" else tuple(left)
    return dimension.model_copy(update={"indicators": shared, "weights": rule})


def _shared(nodes: list[Any], group: Group) -> tuple[Any, ...]:
    """Siblings with direct weights made to sum to 1, the group's own where it gives them."""
    raw = {n.name: group.weights.get(n.name, n.weight or 0.0) for n in nodes}
    total = math.fsum(raw.values())
    return tuple(n.model_copy(update={"weight": raw[n.name] / total}) for n in nodes)


def _kept(limits: Iterable[Limit], dimensions: list[Dimension]) -> Iterable[Limit]:
    names = {"total", *(d.name for d in dimensions), *(i.name for d in dimensions for i in d.indicators)}
    return (limit for limit in limits if limit.object in names)
