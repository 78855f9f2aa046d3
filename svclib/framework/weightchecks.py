"""What is wrong with the weights of a level, and with the cycles that weights are taken from."""

from __future__ import annotations

from collections.abc import Sequence

from svclib.framework.indicators import Notes, unknown_names
from svclib.framework.models import Dimension, Framework, Indicator
from svclib.framework.rulechecks import shares
from svclib.framework.weighting import HOWS, Method, Weighting
from svclib.framework.yamlfile import KeyPath

_ORDERED = ("stated", "rank_order")


def check_weighting(
    weights: Weighting, children: Sequence[Dimension | Indicator], path: KeyPath, notes: Notes
) -> None:
    """Weights of the children of one node; `path` is () for the dimensions."""
    at = (*path, "weights")
    if weights.method == "combine" or weights.combine or weights.of or weights.share:
        _combination(weights, at, notes)
    if any(part.method == "direct" for part in weights.parts):
        inside = ("dimensions",) if not path else (*path, "indicators")
        lacking = [c.name for c in children if c.weight is None]
        for name in lacking:
            notes.add((*inside, name, "weight"), "no weight", "Add weight, or another weights: method.")
        if not lacking:
            shares({c.name: c.weight or 0.0 for c in children}, inside, notes)
    names = [c.name for c in children]
    for k, part in enumerate(weights.parts):
        _method(part, names, (*at, "of", k) if weights.of else at, notes)


def check_pins(framework: Framework, notes: Notes) -> None:
    """All weights that move with the data come from one cycle, current or earlier."""
    cycles = dict.fromkeys(part.from_ or "the current one" for part in framework.methods if part.relative)
    if len(cycles) > 1:
        found = f"relative weights are taken from several cycles: {', '.join(cycles)}"
        notes.add(("weights",), found, "Pin all of them to one cycle with from:, or none.")


def check_outcomes(framework: Framework, notes: Notes) -> None:
    """What the drivers explain is rated, and so is whatever is to explain it."""
    known = [*(i.name for i in framework.indicators if i.items), *framework.items]
    levels: list[tuple[KeyPath, Weighting]] = [((), framework.weights)]
    levels += [(("dimensions", d.name), d.weights) for d in framework.dimensions]
    for path, rule in levels:
        named = [part.outcome for part in rule.parts if part.outcome]
        unknown_names(named, known, (*path, "weights", "outcome"), "rated indicator or item", notes)
        for outcome in dict.fromkeys(named):
            _explaining(framework, path, outcome, notes)


def _explaining(framework: Framework, path: KeyPath, outcome: str, notes: Notes) -> None:
    """Every child of a level weighted by drivers has an item besides those of the outcome."""
    own = next((set(i.items) for i in framework.indicators if i.name == outcome), {outcome})
    below = {d.name: d.indicators for d in framework.dimensions}
    if path:
        below = {i.name: (i,) for i in below[path[-1]]}
    for name in (n for n, within in below.items() if not any(set(i.items) - own for i in within)):
        found = f"{name} cannot be a driver of {outcome}: nobody rates it, or it is the outcome itself"
        notes.add((*path, "weights"), found, "Choose another method for this level.")


def _combination(weights: Weighting, at: KeyPath, notes: Notes) -> None:
    if weights.method != "combine":
        found = f"method {weights.method} beside a combination"
        notes.add(at, found, "Remove method, or combine, of and share.")
    if weights.combine is None:
        notes.add(at, "methods are listed, but not how to combine them", "Add combine: linear or product.")
    if len(weights.of) < 2:
        found = f"a combination of {len(weights.of)} method(s)"
        notes.add((*at, "of"), found, "List two or more methods under of:.")
    if len({part.method for part in weights.of}) < len(weights.of):
        notes.add((*at, "of"), "the same method twice", "Name each method once.")
    if weights.combine == "linear":
        _shares(weights, (*at, "share"), notes)
    elif weights.share:
        notes.add((*at, "share"), "share belongs to a linear combination", "Remove it.")
    if weights.from_ is not None:
        notes.add((*at, "from"), "from stands beside a combination", "Write from in the method it pins.")


def _shares(weights: Weighting, path: KeyPath, notes: Notes) -> None:
    if len(weights.share) != len(weights.of):
        found = f"{len(weights.share)} share(s) for {len(weights.of)} method(s)"
        notes.add(path, found, "Give each method its share, such as share: [0.6, 0.4].")
    else:
        shares(
            {part.method: share for part, share in zip(weights.of, weights.share, strict=True)}, path, notes
        )


def _method(rule: Method, names: list[str], path: KeyPath, notes: Notes) -> None:
    if rule.method == "combine":
        if path[-1] != "weights":
            notes.add(path, "a combination inside a combination", "Name a method.")
        return
    known = HOWS.get(rule.method, ())
    if rule.how is not None and rule.how not in known:
        remedy = f"Choose one of {', '.join(known)}." if known else "Remove it."
        notes.add((*path, "how"), f"{rule.how} is no variant of {rule.method}", remedy)
    if rule.group is not None and rule.method != "ahp":
        notes.add((*path, "group"), f"group belongs to method ahp, not {rule.method}", "Remove it.")
    _outcome(rule, path, notes)
    if rule.method == "stated" and not rule.columns:
        notes.add(path, "stated weights name no columns", "Add columns: [the columns with the chosen codes].")
    if rule.method in _ORDERED:
        _order(rule, names, path, notes)
    elif rule.columns or rule.order:
        found = f"columns and order belong to method stated, not {rule.method}"
        notes.add(path, found, "Remove them, or set method: stated.")
    if rule.from_ is not None and not rule.relative:
        found = f"from pins a relative method; {rule.method} is not relative"
        notes.add((*path, "from"), found, "Remove from.")


def _outcome(rule: Method, path: KeyPath, notes: Notes) -> None:
    if rule.method == "drivers" and not rule.outcome:
        remedy = "Add outcome: the rated indicator, or the item, that they explain."
        notes.add(path, "drivers explain no outcome", remedy)
    if rule.outcome and rule.method != "drivers":
        found = f"outcome belongs to method drivers, not {rule.method}"
        notes.add((*path, "outcome"), found, "Remove it, or set method: drivers.")


def _order(rule: Method, names: list[str], path: KeyPath, notes: Notes) -> None:
    if rule.method == "rank_order" and rule.columns:
        notes.add((*path, "columns"), "columns belong to method stated", "Remove them.")
    if not rule.order:
        what = "names by code 1, 2, …" if rule.method == "stated" else "names from most to least important"
        notes.add(path, f"{rule.method} weights have no order", f"Add order: [{what}].")
        return
    unknown_names(rule.order, names, (*path, "order"), "name", notes)
    lacking = [n for n in names if n not in rule.order]
    if lacking:
        notes.add((*path, "order"), f"order leaves out {', '.join(lacking)}", "List every name once.")
    if len(set(rule.order)) < len(rule.order):
        notes.add((*path, "order"), "order repeats a name", "List every name once.")
