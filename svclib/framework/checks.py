"""What one model cannot see: sums, sides, orders and references, all reported together."""

from __future__ import annotations

from svclib.framework.indicators import Notes, check_indicator, unknown_names
from svclib.framework.models import Dimension, Framework, Indicator
from svclib.framework.rulechecks import check_rules, shares
from svclib.framework.weightchecks import check_outcomes, check_pins, check_weighting
from svclib.framework.yamlfile import Document, KeyPath


def check(framework: Framework, doc: Document, dropped: set[KeyPath]) -> None:
    """Add every problem of a well-typed framework to `doc`."""
    notes = Notes(doc, dropped)
    _names(framework, notes)
    shares(framework.subjects, ("subjects",), notes)
    unknown_names(framework.subjects_en, framework.subjects, ("subjects_en",), "subject", notes)
    check_weighting(framework.weights, framework.dimensions, (), notes)
    check_pins(framework, notes)
    check_outcomes(framework, notes)
    for dimension in framework.dimensions:
        path = ("dimensions", dimension.name)
        check_weighting(dimension.weights, dimension.indicators, path, notes)
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


def _items_once(framework: Framework, notes: Notes) -> None:
    owner: dict[str, str] = {}
    for key in ("items", "expectation"):
        for indicator in framework.indicators:
            columns: tuple[str, ...] = getattr(indicator, key)
            path = ("dimensions", indicator.dimension, "indicators", indicator.name, key)
            for item in (i for i in dict.fromkeys(columns) if i in owner):
                notes.add(path, f"item {item!r} is already in {owner[item]!r}", "Keep it in one indicator.")
            owner.update(dict.fromkeys(columns, indicator.name))
