"""The weight table of a framework: local, global and effective weight of every node."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError
from svclib.weights import objective
from svclib.weights.explained import by_drivers
from svclib.weights.judgements import GROUP, TOTAL
from svclib.weights.level import Level, Sources, Tier, tiers
from svclib.weights.objective import Weighed
from svclib.weights.panel import ahp
from svclib.weights.shares import combine, direct, equal, rank_order, stated

if TYPE_CHECKING:
    from svclib.framework import Framework

_NAMED = 5  # experts left out that a note lists by name


def resolve(
    framework: Framework,
    *,
    judgments: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
    responses: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table "weights": one row per dimension (parent "total") and per indicator.

    Parameters
    ----------
    framework : Framework
    judgments : DataFrame, optional
        Needed where a level is weighted by ahp.
    scores : DataFrame, (n_units, n_indicators), optional
        Anchored headline scores, columns named by indicator, NaN where there is none; needed by
        entropy, critic, cv and pca.
    responses : DataFrame, optional
        Needed by stated weights: their code columns and `weight`.

    Returns
    -------
    DataFrame
        node, parent, level, local, global, effective (NaN; see `effective`), method (those of
        a combination joined by ";"), relative, note.  Local weights sum to 1 within a parent,
        global ones over all indicators and over all dimensions.

    Raises
    ------
    ParamError
        Unknown method, or the data a method needs is absent.
    DataError, InputErrors
        As raised by the method.
    """
    top, *inner = tiers(framework)
    sources = Sources(judgments, scores, responses, framework)
    local = {tier.parent: _combined(tier, sources) for tier in inner}
    above = sources.of_dimensions(inner, {parent: found.weights for parent, found in local.items()})
    local[TOTAL] = _combined(top, above)
    share = dict(zip(top.names, local[TOTAL].weights, strict=True)) | {TOTAL: 1.0}
    rows = [row for tier in (top, *inner) for row in _rows(tier, local[tier.parent], share[tier.parent])]
    table = pd.DataFrame(rows).assign(group="")
    _check_sums(table)
    return table


def expert_panel(framework: Framework, judgments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables expert_weights, expert_spread, consistency, judgement_review of every level by ahp."""
    found = [
        by_panel(tier.by(rule), judgments)
        for tier in tiers(framework)
        for rule in tier.weighting.parts
        if rule.method == "ahp"
    ]
    if not found:
        return ahp(judgments, {})
    return {name: _stack([tables[name] for tables in found]) for name in found[0]}


def _stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def by_panel(level: Level, judgments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of `ahp` for one level under the settings of its rule."""
    rule = level.rule
    return ahp(
        judgments,
        {level.parent: level.names},
        max_cr=rule.max_cr,
        ri=rule.ri,
        how=rule.variant,
        group=rule.group or "aij",
    )


def effective(weights: pd.DataFrame, indicator_scores: pd.DataFrame) -> pd.DataFrame:
    """Fill `effective`: the share of the total's variance across units that a node carries.

    cov(w_j x_j, total) / var(total) over the units with every score; the indicators' shares
    sum to 1, and so do the dimensions'.  NaN with fewer than three such units or a constant
    total.  Nominal weight says what was intended, effective weight what decides the ranks.
    """
    rows = weights[weights["level"] == "indicator"]
    headline = indicator_scores[indicator_scores["subject"] == ""]
    wide = headline.pivot_table(index="unit", columns="indicator", values="score", dropna=False)
    wide = wide.reindex(columns=rows["node"])
    parts = (wide.dropna().sort_index() * rows["global"].to_numpy()).to_numpy()
    total = parts.sum(axis=1)
    share = np.full(len(rows), np.nan)
    if len(parts) >= 3 and np.var(total) > 1e-12:
        share = ((parts - parts.mean(axis=0)) * (total - total.mean())[:, None]).mean(axis=0) / np.var(total)
    of_node = dict(zip(rows["node"], share, strict=True))
    of_node |= pd.Series(share, index=rows["parent"]).groupby(level=0).sum(min_count=1).to_dict()
    return weights.assign(effective=weights["node"].map(of_node).astype(float))


def weigh(level: Level, sources: Sources) -> Weighed:
    """Local weights of a level by one method; a single child has the whole weight by any."""
    if level.rule.method not in BY_METHOD:
        known = list(BY_METHOD)
        raise ParamError(f"weights of {level.parent!r}: method={level.rule.method!r}; choose one of {known}")
    if len(level.names) == 1 and level.rule.method != "direct":
        return Weighed(np.ones(1), [""])
    return BY_METHOD[level.rule.method](level, sources)


def _direct(level: Level, _: Sources) -> Weighed:
    return Weighed(direct(level.written, names=level.names), [""] * len(level.names))


def _equal(level: Level, _: Sources) -> Weighed:
    return Weighed(equal(len(level.names)), [""] * len(level.names))


def _rank_order(level: Level, _: Sources) -> Weighed:
    # What a group leaves out is no longer in the order.
    order = [name for name in level.rule.order if name in level.names]
    if len(order) != len(level.names):
        raise ParamError(_order_told(level))
    of_name = dict(zip(order, rank_order(len(order), how=level.rule.variant), strict=True))
    return Weighed(np.array([of_name[n] for n in level.names]), [level.rule.variant] * len(level.names))


def _ahp(level: Level, sources: Sources) -> Weighed:
    tables = by_panel(level, sources.needed(level, "judgments"))
    group = tables["expert_weights"].set_index(["expert", "item"])["weight"].loc[GROUP]
    experts = tables["consistency"][tables["consistency"]["expert"] != GROUP]
    notes = [_who("excluded", experts.loc[~experts["passed"].astype(bool), "expert"])]
    notes.append(_who("incomplete", experts.loc[experts["n_missing"].astype(int) > 0, "expert"]))
    note = ";".join(filter(None, notes))
    return Weighed(group.loc[list(level.names)].to_numpy(dtype=float), [note] * len(level.names))


def _who(code: str, experts: pd.Series) -> str:
    """A note such as excluded:甲,乙, or how many where they are too many to list."""
    if len(experts) > _NAMED:
        return f"n_{code}:{len(experts)}"
    return f"{code}:{','.join(experts)}" if len(experts) else ""


def _objective(method: Callable[[pd.DataFrame], Weighed], level: Level, sources: Sources) -> Weighed:
    return method(sources.needed(level, "scores")[list(level.names)])


def _order_told(level: Level) -> str:
    order, names = list(level.rule.order), list(level.names)
    return f"weights of {level.parent!r}: order lists {order}, the children are {names}"


def _stated(level: Level, sources: Sources) -> Weighed:
    responses = sources.needed(level, "responses")
    columns, order = list(level.rule.columns), list(level.rule.order)
    absent = [c for c in columns if c not in responses.columns]
    if absent:
        raise DataError(
            f"responses: no column {', '.join(absent)} for the stated weights of {level.parent!r}"
        )
    # A code of something that a group leaves out is still an answer, but not one for what is left.
    if not set(level.names) <= set(order):
        raise ParamError(_order_told(level))
    shares, ignored = stated(responses[columns], order, weight=responses.get("weight"))
    of_name = dict(zip(order, shares, strict=True))
    left = np.array([of_name[name] for name in level.names])
    if left.sum() <= 0:
        raise DataError(
            f"columns {', '.join(columns)}: nobody chose {', '.join(level.names)}, what is left of "
            f"{level.parent!r}, so there is no stated importance to use as weights"
        )
    note = f"ignored_codes:{ignored}" if ignored else ""
    return Weighed(left / left.sum(), [note] * len(level.names))


def _drivers(level: Level, sources: Sources) -> Weighed:
    responses, rule = sources.needed(level, "responses"), level.rule
    found, notes = by_drivers(responses, sources.framework, level.parent, rule.outcome, how=rule.variant)
    return Weighed(np.array([found[name] for name in level.names]), notes)


# A method takes a level and the sources, and returns the weights of the level's children.
BY_METHOD: dict[str, Callable[[Level, Sources], Weighed]] = {
    "direct": _direct,
    "equal": _equal,
    "rank_order": _rank_order,
    "ahp": _ahp,
    "entropy": partial(_objective, objective.entropy),
    "critic": partial(_objective, objective.critic),
    "cv": partial(_objective, objective.cv),
    "pca": partial(_objective, objective.pca),
    "stated": _stated,
    "drivers": _drivers,
}


def _combined(tier: Tier, sources: Sources) -> Weighed:
    """Weights of a tier: by its method, or its methods put together."""
    rule = tier.weighting
    found = [weigh(tier.by(part), sources) for part in rule.parts]
    if rule.combine is None:
        return found[0]
    weights = combine([part.weights for part in found], how=rule.combine, share=rule.share, names=tier.names)
    shares = f":{','.join(f'{s:g}' for s in rule.share)}" if rule.share else ""
    notes = zip(*(part.notes for part in found), strict=True)
    return Weighed(weights, [";".join(filter(None, (rule.combine + shares, *note))) for note in notes])


def _rows(tier: Tier, found: Weighed, share: float) -> list[dict[str, object]]:
    return [
        {
            "node": name,
            "parent": tier.parent,
            "level": "dimension" if tier.parent == TOTAL else "indicator",
            "local": weight,
            "global": weight * share,
            "effective": np.nan,
            "method": ";".join(part.method for part in tier.weighting.parts),
            "relative": tier.weighting.moves and len(tier.names) > 1,
            "note": note,
        }
        for name, weight, note in zip(tier.names, *found, strict=True)
    ]


def _check_sums(table: pd.DataFrame) -> None:
    sums = {("local", str(p)): math.fsum(g) for p, g in table.groupby("parent")["local"]}
    sums |= {("global", str(lv)): math.fsum(g) for lv, g in table.groupby("level")["global"]}
    wrong = {k: v for k, v in sums.items() if abs(v - 1) > 1e-12}
    if wrong:
        raise DataError(f"weights do not sum to 1: {wrong}")
