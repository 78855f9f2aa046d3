"""What differs between the indicator systems of two cycles, and what that leaves comparable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.framework import Framework, Indicator

OK, NOTE, NOT_COMPARABLE, NOT_TESTABLE = "comparable", "note", "not_comparable", "not_testable"
COLUMNS = ("check", "level", "node", "found0", "found1", "judgement")
# Changes that re-reading the old answers and records under the new rules takes care of.
RESCORED = {
    "better": "better", "per": "per", "missing_codes": "missing_codes", "score": "score", "weight": "weight",
    "subjects": "subjects", "measure": "measure", "where": "where", "within": "within",
    "exposure": "exposure", "statistic": "statistic", "source": "source", "of": "of", "every": "every",
}  # fmt: skip


def unlike(then: Framework, now: Framework) -> frozenset[str]:
    """Indicators of `now` whose old values mean something else and cannot be re-read.

    A rating that was asked with other items (one of today's is new), on another scale, or with
    an item turned round; a value handed in with another unit or kind.  An indicator that the
    old system lacks altogether is among them when people rate it: nobody was asked.
    """
    before = {i.name: i for i in then.indicators}
    return frozenset(i.name for i in now.indicators if _unlike(before.get(i.name), i))


def _unlike(then: Indicator | None, now: Indicator) -> str:
    """The check that fails, "" for none."""
    if now.source == "responses":
        if then is None or set(now.items) - set(then.items):
            return "items"
        if then.scale != now.scale:
            return "scale"
        return "reverse" if set(then.reverse) & set(now.items) != set(now.reverse) else ""
    if then is None or now.source != "kpis" or then.source != "kpis":
        return ""
    return "kind" if then.kind != now.kind else "unit" if then.unit != now.unit else ""


def framework_changes(then: Framework, now: Framework) -> pd.DataFrame:
    """A row per difference of the two systems, and one row that says whether numbers differ at all.

    Returns
    -------
    DataFrame
        check, level, node, found0, found1, judgement: "note" where the baseline is re-read and
        re-scored under the new rules (or only words changed), "not_comparable" where it cannot be.
    """
    same = then.number_hash() == now.number_hash()
    rows = [("framework", "total", "", then.version, now.version, OK if same else NOTE)]
    before, after = ({i.name: i for i in f.indicators} for f in (then, now))
    for name in [*after, *(n for n in before if n not in after)]:
        rows += _indicator(name, before.get(name), after.get(name))
    for check, held in (("dimension_weight", "weight"), ("subject_weight", "")):
        rows += _weights(check, *(_shares(f, held) for f in (then, now)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _indicator(name: str, then: Indicator | None, now: Indicator | None) -> list[tuple[str, ...]]:
    if then is None or now is None:
        state = ("", name) if then is None else (name, "")
        asked = now is not None and now.source == "responses"
        judged = NOT_COMPARABLE if asked else NOTE
        return [("added" if then is None else "removed", "indicator", name, *state, judged)]
    failed = _unlike(then, now)
    rows = []
    for check in ("items", "scale", "reverse", "kind", "unit"):
        rows += _differing(check, name, then, now, NOT_COMPARABLE if failed == check else NOTE)
    for check in (*RESCORED, "dimension", "definition"):
        rows += _differing(check, name, then, now, NOTE)
    return rows


def _differing(check: str, name: str, then: Indicator, now: Indicator, judged: str) -> list[tuple[str, ...]]:
    pair = [getattr(indicator, check) for indicator in (then, now)]
    if pair[0] == pair[1]:
        return []
    return [(check, "indicator", name, *(_text(value) for value in pair), judged)]


def _text(value: Any) -> str:
    """A setting as it reads in a table cell."""
    if value is None or value in ((), ""):
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ";".join(_text(part) for part in value)
    if hasattr(value, "values") and hasattr(value, "scores"):
        return "、".join(f"{v:g}={s:g}" for v, s in zip(value.values, value.scores, strict=True))
    if hasattr(value, "given"):
        return "；".join(f"{k}={'、'.join(v)}" for k, v in value.given.items())
    return str(value)


def _shares(framework: Framework, held: str) -> Mapping[str, float | None]:
    if held:
        return {d.name: d.weight for d in framework.dimensions}
    return framework.subjects


def _weights(
    check: str, then: Mapping[str, float | None], now: Mapping[str, float | None]
) -> list[tuple[str, ...]]:
    """Nodes whose declared weight changed, or that came or went."""
    level = "dimension" if check == "dimension_weight" else "subject"
    found = []
    for name in dict.fromkeys([*now, *then]):
        pair = tuple(_text(of.get(name)) for of in (then, now))
        if pair[0] != pair[1]:
            found.append((check, level, name, *pair, NOTE))
    return found
