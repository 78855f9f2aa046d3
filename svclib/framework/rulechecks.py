"""What the rules around the scores must hold together: grades, limits, bonus points, groups, consequences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from svclib.errors import nearest
from svclib.framework.indicators import Notes, check_side, unknown_names
from svclib.framework.models import Framework
from svclib.framework.rules import Adjustment, Group, Limit
from svclib.framework.yamlfile import KeyPath

TOTAL = ("total", "总分")
_TOLERANCE = 1e-9


def check_rules(framework: Framework, notes: Notes) -> None:
    """Add every problem of the rules to the document behind `notes`."""
    scale(framework.grades.scale, ("grades", "scale"), notes)
    _target_rules(framework, notes)
    unknown_names(framework.grades.scale_en, framework.grades.labels, ("grades", "scale_en"), "grade", notes)
    for position, limit in enumerate(framework.grades.limits):
        _limit(framework, limit, ("grades", "limits", position), notes)
    if framework.adjustments is not None:
        _adjustments(framework, notes)
    for name, group in framework.groups.items():
        _group(framework, group, ("groups", name), notes)
    _consequences(framework, notes)


def shares(values: dict[str, float], path: KeyPath, notes: Notes) -> None:
    """Weights sum to 1 or to 100."""
    total = math.fsum(values.values())
    if values and not any(math.isclose(total, whole, rel_tol=_TOLERANCE) for whole in (1, 100)):
        parts = ", ".join(f"{name} {value:g}" for name, value in values.items())
        notes.add(path, f"weights sum to {total:.10g} ({parts})", "Make them sum to 1 or to 100.")


def scale(cuts: dict[str, float], path: KeyPath, notes: Notes) -> None:
    """Cuts fall from the best grade to the last, which begins at 0."""
    for (better, high), (worse, low) in pairwise(cuts.items()):
        if high <= low:
            found = f"{better} {high:g} is not above {worse} {low:g}"
            notes.add(path, found, "List the grades from best to worst.")
    first, last = next(iter(cuts)), list(cuts)[-1]
    if cuts[last] != 0:
        found = f"the last grade {last} begins at {cuts[last]:g}, so lower scores have none"
        notes.add(path, found, "Let the last grade begin at 0.")
    if cuts[first] > 100:
        notes.add(path, f"{first} begins above 100", "Use cuts from 0 to 100.")


def _target_rules(framework: Framework, notes: Notes) -> None:
    grades, path = framework.grades, ("grades", "rules")
    if grades.method == "cuts":
        if grades.rules:
            notes.add(
                path, "rules belong to method targets, not cuts", "Remove them, or set method: targets."
            )
        return
    wanted = grades.labels[:-1]
    unknown_names(grades.rules, wanted, path, "grade", notes)
    for label in wanted:
        if label not in grades.rules:
            notes.add(path, f"no rule for {label}", "Say what every grade but the last needs.")
    if grades.buffer:
        notes.add(("grades", "buffer"), "a buffer belongs to method cuts", "Set it to 0.")
    nodes = ["total", *(d.name for d in framework.dimensions)]
    for label, rule in grades.rules.items():
        if rule.node not in nodes:
            found, near = f"unknown node {rule.node!r}", nearest(rule.node, nodes)
            notes.add((*path, label, "node"), found, "Name a dimension or total.", near)
    given = [(label, grades.rules[label]) for label in wanted if label in grades.rules]
    for (better, a), (worse, b) in pairwise(given):
        if a.met_share < b.met_share or a.missed_max > b.missed_max:
            notes.add(
                (*path, better), f"{better} asks for less than {worse}", "Ask the better grade for more."
            )


def _limit(framework: Framework, limit: Limit, path: KeyPath, notes: Notes) -> None:
    if limit.result:
        if limit.result not in framework.grades.labels:
            near = nearest(limit.result, framework.grades.labels)
            remedy = f"Use one of {', '.join(framework.grades.labels)}."
            notes.add((*path, "result"), f"unknown grade {limit.result!r}", remedy, near)
    elif limit.type == "cap":
        notes.add(path, "a cap has no result", "Add result: the best grade still allowed.")
    names = _written_names(notes.doc.data)
    if limit.object not in (*names, *TOTAL):
        found, near = f"unknown object {limit.object!r}", nearest(limit.object, names)
        notes.add((*path, "object"), found, "Name a dimension, an indicator or total.", near)
        return
    for indicator in framework.indicators:
        if indicator.name == limit.object:
            check_side(indicator, limit.condition, (*path, "condition"), notes)
    scored = [*TOTAL, *(d.name for d in framework.dimensions)]
    if limit.object in scored and not limit.condition.low_is_bad:
        found = f"{str(limit.condition)!r} strikes good scores of {limit.object}"
        notes.add((*path, "condition"), found, "Turn the operator round.")


def _written_names(data: Any) -> list[str]:
    """Names of dimensions and indicators in the file, also of those with other problems."""
    dimensions: dict[str, Any] = data["dimensions"]
    bodies = [body for body in dimensions.values() if isinstance(body, dict)]
    return [*dimensions, *(name for body in bodies for name in body.get("indicators") or {})]


def _adjustments(framework: Framework, notes: Notes) -> None:
    rules = framework.adjustments
    if rules is None:
        return
    caps = {"bonus": ("max_bonus", rules.max_bonus), "deduction": ("max_deduction", rules.max_deduction)}
    for name, item in rules.items.items():
        path = ("adjustments", "items", name)
        side, cap = caps[item.type]
        least = _least(item)
        if least > cap:
            found = f"{least:g} points are more than {side} {cap:g} allows"
            notes.add((*path, "points"), found, f"Lower the points or raise {side}.")
        if item.max_points is not None and item.max_points < least:
            found = f"max_points {item.max_points:g} is below the {least:g} points of one occurrence"
            notes.add((*path, "max_points"), found, "Raise it or leave it out.")


def _least(item: Adjustment) -> float:
    return item.points[0] if isinstance(item.points, tuple) else item.points


def _group(framework: Framework, group: Group, path: KeyPath, notes: Notes) -> None:
    indicators = [i.name for i in framework.indicators]
    dimensions = [d.name for d in framework.dimensions]
    unknown_names(
        group.weights, [*dimensions, *indicators], (*path, "weights"), "dimension or indicator", notes
    )
    unknown_names(group.exclude, indicators, (*path, "exclude"), "indicator", notes)
    if set(indicators) <= set(group.exclude):
        notes.add((*path, "exclude"), "no indicator is left", "Leave at least one.")
    left = {
        d.name: [i.name for i in d.indicators if i.name not in group.exclude] for d in framework.dimensions
    }
    _level(group, [name for name in dimensions if left[name]], path, notes)
    for names in left.values():
        _level(group, names, path, notes)
    if group.scale:
        if list(group.scale) != list(framework.grades.labels):
            found = f"grades {', '.join(group.scale)}"
            notes.add((*path, "scale"), found, f"Give the same grades: {', '.join(framework.grades.labels)}.")
        else:
            scale(group.scale, (*path, "scale"), notes)
        if framework.grades.method == "targets":
            notes.add((*path, "scale"), "cuts do not apply under method targets", "Remove scale.")


def _level(group: Group, names: Sequence[str], path: KeyPath, notes: Notes) -> None:
    """Weights of siblings are all given, or none; they sum to 1 or 100."""
    given = {name: group.weights[name] for name in names if name in group.weights}
    if not given:
        return
    lacking = [name for name in names if name not in given]
    if lacking:
        found = f"weights of {', '.join(given)} without {', '.join(lacking)}"
        notes.add((*path, "weights"), found, "Give every sibling its weight, or none.")
    else:
        shares(given, (*path, "weights"), notes)


def _consequences(framework: Framework, notes: Notes) -> None:
    rules = framework.consequences
    if rules is None:
        return
    labels = framework.grades.labels
    for field in ("factors", "actions", "actions_en"):
        unknown_names(getattr(rules, field), labels, ("consequences", field), "grade", notes)
    for position, rule in enumerate(rules.repeated):
        path = ("consequences", "repeated", position, "grade")
        unknown_names([rule.grade], labels, path, "grade", notes)
