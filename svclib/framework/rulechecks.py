"""What the rules around the scores must hold together: grades, limits, bonus points, groups, consequences."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import Any

from svclib.errors import nearest
from svclib.framework.groups import peer_group, peer_names, troubles
from svclib.framework.indicators import Notes, check_side, unknown_names
from svclib.framework.models import Framework
from svclib.framework.rules import DEFAULT, Adjustment, Group, Limit
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
    _means(framework, notes)
    _minima(framework, notes)
    if framework.peers is not None:
        formed = [n for n in peer_names(framework) if n != peer_group(0)]
        unknown_names(framework.groups, formed, ("groups",), "peer group", notes)
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
    wanted, last = grades.labels[:-1], grades.labels[-1]
    if last in grades.rules:
        found = f"{last} is the last grade: it is given where no rule holds"
        notes.add((*path, last), found, "Remove its rule.")
    unknown_names([g for g in grades.rules if g != last], wanted, path, "grade", notes)
    for label in wanted:
        if label not in grades.rules:
            notes.add(path, f"no rule for {label}", "Say what every grade but the last needs.")
    if grades.buffer:
        notes.add(("grades", "buffer"), "a buffer belongs to method cuts", "Set it to 0.")
    _rule_nodes(framework, path, notes)
    given = [(label, grades.rules[label]) for label in wanted if label in grades.rules]
    for (better, a), (worse, b) in pairwise(given):
        if a.met_share < b.met_share or a.missed_max > b.missed_max:
            notes.add(
                (*path, better), f"{better} asks for less than {worse}", "Ask the better grade for more."
            )


def _rule_nodes(framework: Framework, path: KeyPath, notes: Notes) -> None:
    nodes = [*TOTAL, *(d.name for d in framework.dimensions)]
    for label, rule in framework.grades.rules.items():
        if rule.node not in nodes:
            found, near = f"unknown node {rule.node!r}", nearest(rule.node, nodes)
            notes.add((*path, label, "node"), found, "Name a dimension or total.", near)


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


def _means(framework: Framework, notes: Notes) -> None:
    """A geometric mean has a floor, for one score of 0 would make it 0; no other mean has."""
    if not framework.linear and framework.floor is None:
        remedy = "Add floor: the least points that count in a geometric mean, such as 1."
        notes.add(("aggregate",), "a geometric mean without a floor: one score of 0 makes it 0", remedy)
    if framework.floor is not None and framework.linear:
        remedy = "Remove floor, or set aggregate: geometric."
        notes.add(("floor",), "floor belongs to a geometric mean, and there is none", remedy)


def _minima(framework: Framework, notes: Notes) -> None:
    """Least numbers of indicators and dimensions that can be reached."""
    rule, path = framework.missing, ("missing", "min_measures")
    sizes = {d.name: len(d.indicators) for d in framework.dimensions}
    unknown_names([n for n in rule.min_measures if n != DEFAULT], sizes, path, "dimension", notes)
    for name, size in sizes.items():
        if rule.least(name) > size:
            found = f"{rule.least(name)} indicators are asked for, {name} has {size}"
            key = name if name in rule.min_measures else DEFAULT
            notes.add((*path, key), found, f"Give {name} a number it can reach.")
    if rule.min_dimensions > len(sizes):
        found = f"{rule.min_dimensions} dimensions are asked for, there are {len(sizes)}"
        notes.add(("missing", "min_dimensions"), found, "Ask for at most as many as there are.")


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
    for found, remedy in troubles(framework, group) if group.exclude else ():
        notes.add((*path, "exclude"), found, remedy)
    gone = {d.name for d in framework.dimensions if all(i.name in group.exclude for i in d.indicators)}
    _level(group, dimensions, gone, path, notes)
    for dimension in framework.dimensions:
        _level(group, [i.name for i in dimension.indicators], set(group.exclude), path, notes)
    if group.scale:
        if list(group.scale) != list(framework.grades.labels):
            found = f"grades {', '.join(group.scale)}"
            notes.add((*path, "scale"), found, f"Give the same grades: {', '.join(framework.grades.labels)}.")
        else:
            scale(group.scale, (*path, "scale"), notes)
        if framework.grades.method == "targets":
            notes.add((*path, "scale"), "cuts do not apply under method targets", "Remove scale.")


def _level(group: Group, names: Sequence[str], gone: Set[str], path: KeyPath, notes: Notes) -> None:
    """Weights of the siblings left are all given, or none; they sum to 1 or 100."""
    path = (*path, "weights")
    given = {name: group.weights[name] for name in names if name in group.weights}
    idle = [name for name in given if name in gone]
    lacking = [name for name in names if name not in given and name not in gone]
    for name in idle:
        found = f"{name} is left out here, so its weight counts for nothing"
        notes.add((*path, name), found, "Remove it and let the others sum to 1 or to 100.")
    if given and lacking:
        found = f"weights of {', '.join(given)} without {', '.join(lacking)}"
        notes.add(path, found, "Give every sibling its weight, or none.")
    elif not idle:
        shares(given, path, notes)


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
