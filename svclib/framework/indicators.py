"""What must hold inside one indicator: its data, its scoring, the sides of its limits."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from svclib.errors import nearest
from svclib.framework.measurechecks import check_measure
from svclib.framework.models import Framework, Indicator, Target
from svclib.framework.scoring import Anchors, Condition, Steps
from svclib.framework.yamlfile import Document, KeyPath


class Notes:
    """Adds problems to the document, unless a part left out earlier explains them."""

    def __init__(self, doc: Document, dropped: set[KeyPath]) -> None:
        self.doc = doc
        self.dropped = dropped

    def add(self, path: KeyPath, found: str, remedy: str, near: str = "") -> None:
        """Note a problem at `path`."""
        # A sum over children is explained by a child left out, or by its weight, not by anything deeper.
        close = (gone for gone in self.dropped if len(gone) <= len(path) + 2)
        if not any(gone[: len(path)] == path for gone in close):
            self.doc.add(path, found, remedy, near)


def unknown_names(names: Iterable[str], known: Iterable[str], path: KeyPath, what: str, notes: Notes) -> None:
    """One problem for each of `names` that is not among `known`."""
    valid = list(known)
    for name in names:
        if name not in valid:
            remedy = f"Use one of {', '.join(valid)}." if valid else "Remove it."
            notes.add((*path, name), f"unknown {what} {name!r}", remedy, nearest(name, valid))


def check_indicator(indicator: Indicator, framework: Framework, path: KeyPath, notes: Notes) -> None:
    """Note everything wrong inside one indicator."""
    _data(indicator, path, notes)
    check_measure(indicator, framework, path, notes)
    _score(indicator, path, notes)
    _sides(indicator, path, notes)
    unknown_names(indicator.subjects, framework.subjects, (*path, "subjects"), "subject", notes)
    if indicator.per != 1.0 and indicator.kind != "rate":
        notes.add((*path, "per"), f"per is for kind rate, not {indicator.kind}", "Remove it.")
    _mid(indicator, path, notes)


def _mid(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
    """A MID fits the scale; in points it needs anchors on one straight line."""
    if indicator.mid is None:
        return
    value, (low, high) = indicator.mid.value, indicator.bounds
    if indicator.mid.on == "unit" and value >= high - low:
        notes.add((*path, "mid"), f"mid {value:g} exceeds the range {low:g}-{high:g}", "Make it smaller.")
    if indicator.mid.on == "points" and indicator.slope is None:
        found = "mid is in points, but the scoring is not one straight line, so a point is not one amount"
        notes.add((*path, "mid"), found, "Give the mid on: unit.")


def _data(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
    """Items, scale and source agree with the kind."""
    if indicator.kind == "rating":
        if not indicator.items:
            notes.add((*path, "items"), "a rating names no items", "Add items: [question columns].")
        if indicator.source != "responses":
            notes.add((*path, "from"), "a rating comes from responses", "Remove from.")
        _scale(indicator, path, notes)
        _expectation(indicator, (*path, "expectation"), notes)
        return
    for key in ("items", "expectation", "reverse", "missing_codes", "subjects"):
        if getattr(indicator, key):
            notes.add((*path, key), f"{key} belongs to kind rating, not {indicator.kind}", "Remove it.")
    if indicator.scale is not None:
        notes.add((*path, "scale"), f"scale belongs to kind rating, not {indicator.kind}", "Remove it.")
    if indicator.source == "responses" and not indicator.items:
        notes.add((*path, "from"), f"{indicator.kind} comes from kpis", "Write from: kpis.")


def _scale(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
    unknown_names(indicator.reverse, indicator.items, (*path, "reverse"), "item", notes)
    for key, columns in (("items", indicator.items), ("expectation", indicator.expectation)):
        twice = sorted({item for item in columns if columns.count(item) > 1})
        if twice:
            notes.add((*path, key), f"{', '.join(twice)} listed twice", "List each item once.")
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


def _expectation(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
    """Expectations pair one to one with the items, and more than expected is good."""
    given = indicator.expectation
    if given and len(given) != len(indicator.items):
        found = f"{len(given)} expectations for {len(indicator.items)} items"
        notes.add(path, found, "Name one column per item, in the same order.")
    if given and indicator.better != "high":
        found = f"better is {indicator.better}, but an expectation is set against a high answer"
        notes.add(path, found, "Remove expectation, or reverse the items and set better: high.")


def _score(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
    if isinstance(indicator.score, Steps):
        _steps(indicator, indicator.score, (*path, "score"), notes)
    else:
        _anchors(indicator, indicator.score, (*path, "score"), notes)


def _anchors(indicator: Indicator, score: Anchors, path: KeyPath, notes: Notes) -> None:
    if len(score.values) < 2:
        notes.add(path, "only one anchor", "Give at least two values with their points.")
    outside = [p for p in score.scores if not 0 <= p <= 100]
    if outside:
        notes.add(path, f"points {outside[0]:g} are outside 0-100", "Write points from 0 to 100.")
    low, high = indicator.bounds
    beyond = [v for v in score.values if not low <= v <= high]
    if beyond:
        found = f"anchor {beyond[0]:g} is outside the possible values {low:g}-{high:g}"
        percent = indicator.kind == "proportion" and indicator.unit != "%"
        notes.add(
            path, found, 'Set unit: "%", or write fractions.' if percent else "Correct it, or the scale."
        )
    if indicator.unit == "%" and indicator.kind == "proportion" and max(score.values) <= 1:
        notes.add(path, 'the anchors are fractions and unit is "%"', "Write per cent: {80: 0, 98: 100}.")
    for before, after in pairwise(zip(score.values, score.scores, strict=True)):
        if indicator.sign * (after[1] - before[1]) < 0:
            found = (
                f"better is {indicator.better}, but points go from {before[1]:g} at {before[0]:g} "
                f"to {after[1]:g} at {after[0]:g}"
            )
            notes.add(path, found, "Correct the points, or set better to low, high or near.")
            return


def _steps(indicator: Indicator, score: Steps, path: KeyPath, notes: Notes) -> None:
    given = [score.floor, score.otherwise, *(p for _, p in score.rules)]
    given += [] if score.start is None else [score.start]
    outside = [p for p in given if not 0 <= p <= score.full]
    if outside:
        notes.add(path, f"points {outside[0]:g} are outside 0-{score.full:g}", "Keep points from 0 to full.")
    if score.start is not None and score.each * indicator.sign < 0:
        found = f"better is {indicator.better}, but each unit gives {score.each:g} points"
        notes.add(path, found, "Change the sign of each, or better.")


def _sides(indicator: Indicator, path: KeyPath, notes: Notes) -> None:
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
        check_side(indicator, indicator.veto, (*path, "veto"), notes)


def _inside(indicator: Indicator, key: str, value: Target, path: KeyPath, notes: Notes) -> None:
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


def check_side(indicator: Indicator, condition: Condition, path: KeyPath, notes: Notes) -> None:
    """A veto or limit on an indicator strikes bad values and spares the target."""
    if indicator.better != "near" and condition.low_is_bad != (indicator.better == "high"):
        found = f"better is {indicator.better}, but {str(condition)!r} strikes good values"
        notes.add(path, found, "Turn the operator round.")
        return
    target = indicator.target
    if target is not None and any(condition.holds(_ends(target))):
        found = f"{str(condition)!r} strikes the target {_show(target)} itself"
        notes.add(path, found, "Put it on the bad side of the target.")
