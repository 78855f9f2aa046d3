"""What must hold of an indicator that counts events, inspections, or how steady another one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svclib.errors import nearest
from svclib.framework.measures import COLUMNS, COUNTED, MEASURES, Rule

if TYPE_CHECKING:
    from svclib.framework.indicators import Notes
    from svclib.framework.models import Framework, Indicator
    from svclib.framework.yamlfile import KeyPath

_OF_MEASURES = ("within", "exposure", "statistic")


def check_measure(indicator: Indicator, framework: Framework, path: KeyPath, notes: Notes) -> None:
    """Note everything wrong with the measure of one indicator."""
    _steady(indicator, framework, path, notes)
    rule = MEASURES.get(indicator.measure or "")
    if indicator.source in COUNTED and rule is None:
        known = ", ".join(m for m, r in MEASURES.items() if r.source == indicator.source)
        notes.add((*path, "measure"), "no measure", f"Choose one of {known}.")
        return
    if rule is not None and rule.source != indicator.source:
        found = f"{indicator.measure} comes from {rule.source}, not {indicator.source}"
        notes.add((*path, "measure"), found, f"Write from: {rule.source}.")
        return
    _keys(indicator, rule or Rule("", ()), path, notes)
    if rule is not None:
        _kind(indicator, rule, path, notes)
        _columns(indicator, path, notes)


def _kind(indicator: Indicator, rule: Rule, path: KeyPath, notes: Notes) -> None:
    if indicator.kind not in rule.kinds:
        found = f"{indicator.measure} cannot be of kind {indicator.kind}"
        notes.add((*path, "kind"), found, f"Write kind: {rule.kinds[0]}.")
    if indicator.kind == "duration" and indicator.hours is None:
        found = f"{indicator.measure} is a time, and its unit is {indicator.unit!r}"
        notes.add((*path, "unit"), found, "Write unit: 小时, 分钟 or 天.")


def _keys(indicator: Indicator, rule: Rule, path: KeyPath, notes: Notes) -> None:
    """Keys that the measure needs, and keys that are not for it."""
    for key in rule.needs:
        if not getattr(indicator, key):
            remedy = {"exposure": "Name a row of sheet exposure.", "within": "Write within: 4小时."}[key]
            notes.add((*path, key), f"{indicator.measure} needs {key}", remedy)
    for key in _OF_MEASURES:
        if getattr(indicator, key) and key not in (*rule.needs, *rule.may):
            found = f"{key} is not for {indicator.measure or indicator.kind}"
            notes.add((*path, key), found, "Remove it.")
    if indicator.where.given and not rule.source:
        notes.add((*path, "where"), "where is for events and inspections alone", "Remove it.")


def _columns(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
    valid = COLUMNS[indicator.source]
    for column in indicator.where.given:
        if column not in valid:
            found = f"{indicator.source} have no column {column}"
            notes.add((*path, "where", column), found, f"Use {', '.join(valid)}.", nearest(column, valid))


def _steady(indicator: Indicator, framework: Framework, path: KeyPath, notes: Notes) -> None:
    """The stability of another indicator: which one, over which periods, against which target."""
    if indicator.source != "indicator":
        for key in ("of", "every"):
            if getattr(indicator, key):
                notes.add((*path, key), f"{key} belongs to the stability of another indicator", "Remove it.")
        return
    if indicator.kind != "stability":
        found = f"{indicator.kind} does not come from another indicator"
        notes.add((*path, "kind"), found, "Write kind: stability.")
    if indicator.every is None:
        notes.add(
            (*path, "every"), "the stability of an indicator needs every", "Write every: week or month."
        )
    known = {i.name: i for i in framework.indicators if i.source in ("responses", *COUNTED)}
    other = known.get(indicator.of)
    if other is None:
        remedy = f"Name an indicator from responses, events or inspections: {', '.join(known)}."
        found = f"the days of {indicator.of!r} are not known" if indicator.of else "no indicator is named"
        notes.add((*path, "of"), found, remedy, nearest(indicator.of, known))
    elif other.exposure:
        found = f"the exposure of {other.name} is known for the whole period alone"
        notes.add((*path, "of"), found, "Name an indicator that needs no exposure.")
    elif other.target is None:
        notes.add((*path, "of"), f"{other.name} has no target", "Give it one.")
