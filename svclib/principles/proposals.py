"""What to drop, merge, split, add or revise, each with its number and rule: table "proposals"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import policy
from svclib.columns import checked, empty
from svclib.principles.criteria import Made, cut_of
from svclib.principles.material import Material

Spot = tuple[str, str, str]  # dimension, indicator, item; "" where it is about the whole


class Proposal(NamedTuple):
    """One suggestion; `partner` is the other one of a pair."""

    spot: Spot
    proposal: str
    reason: str
    value: float
    rule: str
    partner: str = ""


def proposals(m: Material, made: Made) -> pd.DataFrame:
    """Table "proposals": nothing here is applied; people decide.

    drop: an indicator with the same score in every unit, an item whose corrected item-rest
    correlation is weak.  merge: a redundant pair of items, or of indicators of one dimension
    (over units, good ones are often good at unlike things).  split and add: a dimension with too many
    indicators, or too few.  filter: a block or an item most people could not answer.
    raise_target: met by every unit.  rescale: an item with most answers at the best end.
    An item asked of several evaluators is told once, by its worst number.
    """
    found = [*_of_dimensions(m), *_of_indicators(m, made), *_of_items(made.items), *_of_pairs(m, made.pairs)]
    if not found:
        return empty("proposals")
    rows = [
        {
            "dimension": p.spot[0], "indicator": p.spot[1], "item": p.spot[2], "proposal": p.proposal,
            "reason": p.reason, "partner": p.partner, "value": p.value, "cut": cut_of(policy.rule(p.rule)),
        }
        for p in found
    ]  # fmt: skip
    return checked("proposals", pd.DataFrame(rows).assign(cycle=m.cycle))


def _of_dimensions(m: Material) -> Iterator[Proposal]:
    for dimension in m.framework.dimensions:
        n, spot = float(len(dimension.indicators)), (dimension.name, "", "")
        if _fails(n, "design_few_indicators"):
            yield Proposal(spot, "add", "few_indicators", n, "design_few_indicators")
        if _fails(n, "design_many_indicators"):
            yield Proposal(spot, "split", "many_indicators", n, "design_many_indicators")


def _of_indicators(m: Material, made: Made) -> Iterator[Proposal]:
    aims = m.now(m.targets)
    aims = aims[aims["status"].isin(["met", "missed"])]
    met = (aims["status"] == "met").groupby(aims["indicator"]).mean()
    for row in made.indicators.to_dict("records"):
        spot = (str(row["dimension"]), str(row["indicator"]), "")
        if row["sd"] < 1e-9:
            yield Proposal(spot, "drop", "constant", float(row["sd"]), "design_constant")
        if met.get(row["indicator"], 0.0) == 1 and _can_rise(m, str(row["indicator"])):
            yield Proposal(spot, "raise_target", "met_by_all", 1.0, "design_met_by_all")
        moves = row["sd"] >= 1e-9 and not _fails(row["n_units"], "design_units")
        if moves and _fails(row["effective_ratio"], "design_effective_ratio"):
            yield Proposal(
                spot, "reweight", "no_say", float(row["effective_ratio"]), "design_effective_ratio"
            )


def _can_rise(m: Material, name: str) -> bool:
    """A target can be raised unless it is a range or already the best possible value."""
    indicator = m.framework.indicator(name)
    return indicator.better != "near" and indicator.target not in indicator.bounds


def _of_items(items: pd.DataFrame) -> Iterator[Proposal]:
    checks = (
        ("r_drop", "min", "item_rest", "drop", "weak_item"),
        ("missing_share", "max", "design_unanswered_block", "filter", "unanswered"),
        ("ceiling_share", "max", "design_ceiling", "rescale", "ceiling"),
    )
    grouped = items.groupby(["dimension", "indicator", "item"], sort=False)
    for column, worst, rule, proposal, reason in checks:
        for spot, value in grouped[column].agg(worst).items():
            if _fails(value, rule):
                yield Proposal(_spot(spot), proposal, reason, float(value), rule)


def _spot(key: object) -> Spot:
    dimension, indicator, item = (str(part) for part in key)  # type: ignore[attr-defined]
    return dimension, indicator, item


def _of_pairs(m: Material, pairs: pd.DataFrame) -> Iterator[Proposal]:
    """Merges; a pair of items asked of several evaluators once, at its highest correlation."""
    home = {i.name: (i.dimension, i.name, "") for i in m.framework.indicators}
    items = {q: (i.dimension, i.name, q) for i in m.framework.indicators for q in i.items}
    high = pairs[pairs["judgement"] == "review"].sort_values("r", key=np.abs, ascending=False, kind="stable")
    for row in high.drop_duplicates(["level", "a", "b"]).to_dict("records"):
        spot = home[row["a"]] if row["level"] == "indicator" else items[row["a"]]
        if row["level"] == "indicator" and home[row["b"]][0] != spot[0]:
            continue
        reason = f"redundant_{row['level']}"
        yield Proposal(spot, "merge", reason, float(row["r"]), f"design_{reason}", str(row["b"]))


def _fails(value: float, rule: str) -> bool:
    """A value that the rule calls anything but adequate; without a value nothing is proposed."""
    found: Iterable[str] = policy.judge(value, rule)
    return next(iter(found)) not in ("adequate", policy.NOT_COMPUTED)
