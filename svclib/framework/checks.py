"""What one model cannot see: sums, sides, orders and references, all reported together."""

from __future__ import annotations

from collections.abc import Sequence

from svclib.framework.indicators import Notes, check_indicator, unknown_names
from svclib.framework.models import Dimension, Framework, Indicator, Weighting
from svclib.framework.rulechecks import check_rules, shares
from svclib.framework.yamlfile import Document, KeyPath


def check(framework: Framework, doc: Document, dropped: set[KeyPath]) -> None:
    """Add every problem of a well-typed framework to `doc`."""
    notes = Notes(doc, dropped)
    _names(framework, notes)
    shares(framework.subjects, ("subjects",), notes)
    unknown_names(framework.subjects_en, framework.subjects, ("subjects_en",), "subject", notes)
    _weighting(framework.weights, framework.dimensions, (), notes)
    for dimension in framework.dimensions:
        path = ("dimensions", dimension.name)
        _weighting(dimension.weights, dimension.indicators, path, notes)
        for indicator in dimension.indicators:
            check_indicator(indicator, framework, (*path, "indicators", indicator.name), notes)
    _items_once(framework, notes)
    check_rules(framework, notes)


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
            shares({c.name: c.weight or 0.0 for c in children}, inside, notes)
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
