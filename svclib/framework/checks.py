"""What one model cannot see: sums, sides, orders and references, all reported together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from svclib.errors import nearest
from svclib.framework.models import Dimension, Framework, Indicator, Limit, Target, Weighting
from svclib.framework.scoring import Anchors, Condition, Steps
from svclib.framework.yamlfile import Document, KeyPath

_TOLERANCE = 1e-9


class _Notes:
    """Adds problems to the document, unless a part left out earlier explains them."""

    def __init__(self, doc: Document, dropped: set[KeyPath]) -> None:
        self.doc = doc
        self.dropped = dropped

    def add(self, path: KeyPath, found: str, remedy: str, near: str = "") -> None:
        # A sum over children is explained by a child left out, or by its weight, not by anything deeper.
        close = (gone for gone in self.dropped if len(gone) <= len(path) + 2)
        if not any(gone[: len(path)] == path for gone in close):
            self.doc.add(path, found, remedy, near)


def check(framework: Framework, doc: Document, dropped: set[KeyPath]) -> None:
    """Add every problem of a well-typed framework to `doc`."""
    notes = _Notes(doc, dropped)
    _names(framework, notes)
    _shares(framework.subjects, ("subjects",), notes)
    _known(framework.subjects_en, framework.subjects, ("subjects_en",), "subject", notes)
    _weighting(framework.weights, framework.dimensions, (), notes)
    for dimension in framework.dimensions:
        path = ("dimensions", dimension.name)
        _weighting(dimension.weights, dimension.indicators, path, notes)
        for indicator in dimension.indicators:
            _indicator(indicator, framework, (*path, "indicators", indicator.name), notes)
    _items_once(framework, notes)
    _grades(framework, notes)


def _names(framework: Framework, notes: _Notes) -> None:
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


def _shares(values: dict[str, float], path: KeyPath, notes: _Notes) -> None:
    total = math.fsum(values.values())
    if values and not any(math.isclose(total, whole, rel_tol=_TOLERANCE) for whole in (1, 100)):
        parts = ", ".join(f"{name} {value:g}" for name, value in values.items())
        notes.add(path, f"weights sum to {total:.10g} ({parts})", "Make them sum to 1 or to 100.")


def _known(names: Iterable[str], known: Iterable[str], path: KeyPath, what: str, notes: _Notes) -> None:
    valid = list(known)
    for name in names:
        if name not in valid:
            remedy = f"Use one of {', '.join(valid)}." if valid else "Remove it."
            notes.add((*path, name), f"unknown {what} {name!r}", remedy, nearest(name, valid))


def _weighting(
    weights: Weighting, children: Sequence[Dimension | Indicator], path: KeyPath, notes: _Notes
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


def _stated(weights: Weighting, names: list[str], path: KeyPath, notes: _Notes) -> None:
    if not weights.columns:
        notes.add(path, "stated weights name no columns", "Add columns: [the columns with the chosen codes].")
    if not weights.order:
        notes.add(path, "stated weights have no order", "Add order: [names by code 1, 2, …].")
        return
    _known(weights.order, names, (*path, "order"), "name", notes)
    lacking = [n for n in names if n not in weights.order]
    if lacking:
        notes.add((*path, "order"), f"order leaves out {', '.join(lacking)}", "List every name once.")
    if len(set(weights.order)) < len(weights.order):
        notes.add((*path, "order"), "order repeats a name", "List every name once.")


def _indicator(indicator: Indicator, framework: Framework, path: KeyPath, notes: _Notes) -> None:
    _data(indicator, path, notes)
    _score(indicator, path, notes)
    _sides(indicator, path, notes)
    _known(indicator.subjects, framework.subjects, (*path, "subjects"), "subject", notes)
    if indicator.per != 1.0 and indicator.kind != "rate":
        notes.add((*path, "per"), f"per is for kind rate, not {indicator.kind}", "Remove it.")
    points = indicator.mid is not None and indicator.mid.on == "unit"
    low, high = indicator.bounds
    if points and indicator.mid is not None and indicator.mid.value >= high - low:
        notes.add(
            (*path, "mid"),
            f"mid {indicator.mid.value:g} exceeds the range {low:g}-{high:g}",
            "Make it smaller.",
        )


def _data(indicator: Indicator, path: KeyPath, notes: _Notes) -> None:
    """Items, scale and source agree with the kind."""
    if indicator.kind == "rating":
        if not indicator.items:
            notes.add((*path, "items"), "a rating names no items", "Add items: [question columns].")
        if indicator.source != "responses":
            notes.add((*path, "from"), "a rating comes from responses", "Remove from.")
        _scale(indicator, path, notes)
        return
    for key in ("items", "reverse", "missing_codes", "subjects"):
        if getattr(indicator, key):
            notes.add((*path, key), f"{key} belongs to kind rating, not {indicator.kind}", "Remove it.")
    if indicator.scale is not None:
        notes.add((*path, "scale"), f"scale belongs to kind rating, not {indicator.kind}", "Remove it.")
    if indicator.source != "kpis" and not indicator.items:
        notes.add((*path, "from"), f"{indicator.kind} comes from kpis", "Write from: kpis.")


def _scale(indicator: Indicator, path: KeyPath, notes: _Notes) -> None:
    _known(indicator.reverse, indicator.items, (*path, "reverse"), "item", notes)
    twice = sorted({item for item in indicator.items if indicator.items.count(item) > 1})
    if twice:
        notes.add((*path, "items"), f"{', '.join(twice)} listed twice", "List each item once.")
    if indicator.scale is None:
        notes.add((*path, "scale"), "a rating needs its scale", "Add scale: [lowest, highest].")
        return
    low, high = indicator.scale
    if low >= high:
        notes.add((*path, "scale"), f"scale runs from {low:g} to {high:g}", "Write [lowest, highest].")
    inside = [code for code in indicator.missing_codes if low <= code <= high]
    if inside:
        found = f"missing code {inside[0]:g} lies inside the scale {low:g}-{high:g}"
        notes.add((*path, "missing_codes"), found, "Use codes outside the scale.")


def _score(indicator: Indicator, path: KeyPath, notes: _Notes) -> None:
    if isinstance(indicator.score, Steps):
        _steps(indicator, indicator.score, (*path, "score"), notes)
    else:
        _anchors(indicator, indicator.score, (*path, "score"), notes)


def _anchors(indicator: Indicator, score: Anchors, path: KeyPath, notes: _Notes) -> None:
    if len(score.values) < 2:
        notes.add(path, "only one anchor", "Give at least two values with their points.")
    outside = [p for p in score.scores if not 0 <= p <= 100]
    if outside:
        notes.add(path, f"points {outside[0]:g} are outside 0-100", "Write points from 0 to 100.")
    low, high = indicator.bounds
    beyond = [v for v in score.values if not low <= v <= high]
    if beyond:
        found = f"anchor {beyond[0]:g} is outside the possible values {low:g}-{high:g}"
        notes.add(path, found, "Correct it, or the scale or unit.")
    for before, after in pairwise(zip(score.values, score.scores, strict=True)):
        if indicator.sign * (after[1] - before[1]) < 0:
            found = (
                f"better is {indicator.better}, but points go from {before[1]:g} at {before[0]:g} "
                f"to {after[1]:g} at {after[0]:g}"
            )
            notes.add(path, found, "Correct the points, or set better to low, high or near.")
            return


def _steps(indicator: Indicator, score: Steps, path: KeyPath, notes: _Notes) -> None:
    given = [score.floor, score.otherwise, *(p for _, p in score.rules)]
    given += [] if score.start is None else [score.start]
    outside = [p for p in given if not 0 <= p <= score.full]
    if outside:
        notes.add(path, f"points {outside[0]:g} are outside 0-{score.full:g}", "Keep points from 0 to full.")
    if score.start is not None and score.each * indicator.sign < 0:
        found = f"better is {indicator.better}, but each unit gives {score.each:g} points"
        notes.add(path, found, "Change the sign of each, or better.")


def _sides(indicator: Indicator, path: KeyPath, notes: _Notes) -> None:
    """Target, warn and veto lie in the right order for `better`."""
    wanted = tuple if indicator.better == "near" else float
    for key in ("target", "warn"):
        value: Target | None = getattr(indicator, key)
        if value is None:
            continue
        if not isinstance(value, wanted):
            form = "[low, high]" if wanted is tuple else "one number"
            notes.add(
                (*path, key), f"better is {indicator.better} and {key} is {_show(value)}", f"Write {form}."
            )
            return
        _inside(indicator, key, value, path, notes)
    if indicator.target is not None and indicator.warn is not None and not _warns_first(indicator):
        found = f"warn {_show(indicator.warn)} is on the good side of target {_show(indicator.target)}"
        notes.add((*path, "warn"), found, "Put it where values are worse than the target.")
    if indicator.veto is not None:
        _side(indicator, indicator.veto, (*path, "veto"), notes)


def _inside(indicator: Indicator, key: str, value: Target, path: KeyPath, notes: _Notes) -> None:
    low, high = indicator.bounds
    ends = value if isinstance(value, tuple) else (value, value)
    if ends[0] > ends[1]:
        notes.add((*path, key), f"{key} {_show(value)} is upside down", "Write [low, high].")
    if not low <= min(ends) <= max(ends) <= high:
        found = f"{key} {_show(value)} is outside the possible values {low:g}-{high:g}"
        notes.add((*path, key), found, "Write it in the indicator's own unit.")


def _show(value: Target) -> str:
    return f"[{value[0]:g}, {value[1]:g}]" if isinstance(value, tuple) else f"{value:g}"


def _ends(value: Target) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (value, value)


def _warns_first(indicator: Indicator) -> bool:
    if indicator.target is None or indicator.warn is None:
        return True
    target, warn = _ends(indicator.target), _ends(indicator.warn)
    low_ok, high_ok = warn[0] <= target[0], warn[1] >= target[1]
    return {"high": low_ok, "low": high_ok, "near": low_ok and high_ok}[indicator.better]


def _side(indicator: Indicator, condition: Condition, path: KeyPath, notes: _Notes) -> None:
    """A veto or limit on an indicator strikes bad values and spares the target."""
    if indicator.better != "near" and condition.low_is_bad != (indicator.better == "high"):
        found = f"better is {indicator.better}, but {str(condition)!r} strikes good values"
        notes.add(path, found, "Turn the operator round.")
        return
    target = indicator.target
    if target is not None and any(condition.holds(_ends(target))):
        found = f"{str(condition)!r} strikes the target {_show(target)} itself"
        notes.add(path, found, "Put it on the bad side of the target.")


def _items_once(framework: Framework, notes: _Notes) -> None:
    owner: dict[str, str] = {}
    for indicator in framework.indicators:
        shared = [i for i in dict.fromkeys(indicator.items) if i in owner]
        path = ("dimensions", indicator.dimension, "indicators", indicator.name, "items")
        for item in shared:
            notes.add(path, f"item {item!r} is already in {owner[item]!r}", "Keep it in one indicator.")
        owner.update(dict.fromkeys(indicator.items, indicator.name))


def _grades(framework: Framework, notes: _Notes) -> None:
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
    _known(grades.scale_en, grades.labels, ("grades", "scale_en"), "grade", notes)
    for position, limit in enumerate(grades.limits):
        _limit(framework, limit, ("grades", "limits", position), notes)


def _limit(framework: Framework, limit: Limit, path: KeyPath, notes: _Notes) -> None:
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
            _side(indicator, limit.condition, (*path, "condition"), notes)
    if limit.object in [d.name for d in framework.dimensions] and not limit.condition.low_is_bad:
        found = f"{str(limit.condition)!r} strikes good scores of {limit.object}"
        notes.add((*path, "condition"), found, "Turn the operator round.")


def _written_names(data: Any) -> list[str]:
    """Names of dimensions and indicators in the file, also of those with other problems."""
    dimensions: dict[str, Any] = data["dimensions"]
    bodies = [body for body in dimensions.values() if isinstance(body, dict)]
    return [*dimensions, *(name for body in bodies for name in body.get("indicators") or {})]
