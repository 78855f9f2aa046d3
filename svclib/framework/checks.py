"""What one model cannot see: sums, sides, orders and references, all reported together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from svclib.errors import nearest
from svclib.framework.indicators import Notes, check_indicator, check_side, unknown_names
from svclib.framework.models import Dimension, Framework, Indicator, Weighting
from svclib.framework.rules import Limit
from svclib.framework.yamlfile import Document, KeyPath

_TOLERANCE = 1e-9


def check(framework: Framework, doc: Document, dropped: set[KeyPath]) -> None:
    """Add every problem of a well-typed framework to `doc`."""
    notes = Notes(doc, dropped)
    _names(framework, notes)
    _shares(framework.subjects, ("subjects",), notes)
    unknown_names(framework.subjects_en, framework.subjects, ("subjects_en",), "subject", notes)
    _weighting(framework.weights, framework.dimensions, (), notes)
    for dimension in framework.dimensions:
        path = ("dimensions", dimension.name)
        _weighting(dimension.weights, dimension.indicators, path, notes)
        for indicator in dimension.indicators:
            check_indicator(indicator, framework, (*path, "indicators", indicator.name), notes)
    _items_once(framework, notes)
    _grades(framework, notes)


def _names(framework: Framework, notes: Notes) -> None:
    if not framework.dimensions:
        notes.add(("dimensions",), "there is no dimension", "Declare at least one.")
    taken: dict[str, str] = {"total": "the total", "总分": "the total"}
    for dimension in framework.dimensions:
        nodes: list[Dimension | Indicator] = [dimension, *dimension.indicators]
        for node in nodes:
            inside = () if node is dimension else ("indicators", node.name)
            path = ("dimensions", dimension.name, *inside)
            if node.name in taken:
                notes.add(
                    path, f"the name {node.name!r} is also {taken[node.name]}", "Give each node its own name."
                )
            taken[node.name] = f"in {dimension.name}" if inside else "a dimension"
        if not dimension.indicators:
            notes.add(("dimensions", dimension.name, "indicators"), "no indicator", "Declare at least one.")


def _shares(values: dict[str, float], path: KeyPath, notes: Notes) -> None:
    total = math.fsum(values.values())
    if values and not any(math.isclose(total, whole, rel_tol=_TOLERANCE) for whole in (1, 100)):
        parts = ", ".join(f"{name} {value:g}" for name, value in values.items())
        notes.add(path, f"weights sum to {total:.10g} ({parts})", "Make them sum to 1 or to 100.")


def _weighting(
    weights: Weighting, children: Sequence[Dimension | Indicator], path: KeyPath, notes: Notes
) -> None:
    """Weights of the children of one node; `path` is () for the dimensions."""
    inside = ("dimensions",) if not path else (*path, "indicators")
    if weights.method == "direct":
        lacking = [c.name for c in children if c.weight is None]
        for name in lacking:
            notes.add((*inside, name, "weight"), "no weight", "Add weight, or another weights: method.")
        if not lacking:
            _shares({c.name: c.weight or 0.0 for c in children}, inside, notes)
    if weights.method == "stated":
        _stated(weights, [c.name for c in children], (*path, "weights"), notes)
    elif weights.columns or weights.order:
        found = f"columns and order belong to method stated, not {weights.method}"
        notes.add((*path, "weights"), found, "Remove them, or set method: stated.")
    if weights.from_ is not None and not weights.relative:
        found = f"from pins a relative method; {weights.method} is not relative"
        notes.add((*path, "weights", "from"), found, "Remove from.")


def _stated(weights: Weighting, names: list[str], path: KeyPath, notes: Notes) -> None:
    if not weights.columns:
        notes.add(path, "stated weights name no columns", "Add columns: [the columns with the chosen codes].")
    if not weights.order:
        notes.add(path, "stated weights have no order", "Add order: [names by code 1, 2, …].")
        return
    unknown_names(weights.order, names, (*path, "order"), "name", notes)
    lacking = [n for n in names if n not in weights.order]
    if lacking:
        notes.add((*path, "order"), f"order leaves out {', '.join(lacking)}", "List every name once.")
    if len(set(weights.order)) < len(weights.order):
        notes.add((*path, "order"), "order repeats a name", "List every name once.")


def _items_once(framework: Framework, notes: Notes) -> None:
    owner: dict[str, str] = {}
    for indicator in framework.indicators:
        shared = [i for i in dict.fromkeys(indicator.items) if i in owner]
        path = ("dimensions", indicator.dimension, "indicators", indicator.name, "items")
        for item in shared:
            notes.add(path, f"item {item!r} is already in {owner[item]!r}", "Keep it in one indicator.")
        owner.update(dict.fromkeys(indicator.items, indicator.name))


def _grades(framework: Framework, notes: Notes) -> None:
    grades = framework.grades
    for (better, high), (worse, low) in pairwise(grades.scale.items()):
        if high <= low:
            found = f"{better} {high:g} is not above {worse} {low:g}"
            notes.add(("grades", "scale"), found, "List the grades from best to worst.")
    if grades.cuts[-1] != 0:
        found = f"the last grade {grades.labels[-1]} begins at {grades.cuts[-1]:g}, so lower scores have none"
        notes.add(("grades", "scale"), found, "Let the last grade begin at 0.")
    if grades.cuts[0] > 100:
        notes.add(("grades", "scale"), f"{grades.labels[0]} begins above 100", "Use cuts from 0 to 100.")
    unknown_names(grades.scale_en, grades.labels, ("grades", "scale_en"), "grade", notes)
    for position, limit in enumerate(grades.limits):
        _limit(framework, limit, ("grades", "limits", position), notes)


def _limit(framework: Framework, limit: Limit, path: KeyPath, notes: Notes) -> None:
    if limit.result:
        if limit.result not in framework.grades.labels:
            near = nearest(limit.result, framework.grades.labels)
            remedy = f"Use one of {', '.join(framework.grades.labels)}."
            notes.add((*path, "result"), f"unknown grade {limit.result!r}", remedy, near)
    elif limit.type == "cap":
        notes.add(path, "a cap has no result", "Add result: the best grade still allowed.")
    names = _written_names(notes.doc.data)
    if limit.object not in names:
        found, near = f"unknown object {limit.object!r}", nearest(limit.object, names)
        notes.add((*path, "object"), found, "Name a dimension or an indicator.", near)
        return
    for indicator in framework.indicators:
        if indicator.name == limit.object:
            check_side(indicator, limit.condition, (*path, "condition"), notes)
    if limit.object in [d.name for d in framework.dimensions] and not limit.condition.low_is_bad:
        found = f"{str(limit.condition)!r} strikes good scores of {limit.object}"
        notes.add((*path, "condition"), found, "Turn the operator round.")


def _written_names(data: Any) -> list[str]:
    """Names of dimensions and indicators in the file, also of those with other problems."""
    dimensions: dict[str, Any] = data["dimensions"]
    bodies = [body for body in dimensions.values() if isinstance(body, dict)]
    return [*dimensions, *(name for body in bodies for name in body.get("indicators") or {})]
