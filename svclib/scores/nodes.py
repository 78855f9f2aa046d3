"""From indicator points to dimensions and the total: the same sums for tables and for draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import sort_by_key
from svclib.errors import DataError, ParamError
from svclib.framework import Framework
from svclib.scores.aggregate import WeightDraws, losses, membership, node_scores, shares
from svclib.scores.natural import blend_map

TOTAL = "total"
ROUNDINGS = ("half_up", "gbt8170")


def round_half(values: np.ndarray, *, decimals: int, rule: str) -> np.ndarray:
    """Decimal rounding of published numbers, the same shape.

    "half_up" takes a half away from zero, as Excel does; "gbt8170" (GB/T 8170, 四舍六入五成双)
    takes it to the even digit.  Float noise beyond the ninth decimal is dropped first, so
    that 0.1 + 0.2 rounds as 0.3 and a weighted mean of 90s is 90.
    """
    if rule not in ROUNDINGS:
        raise ParamError(f"rounding={rule!r}; choose one of {list(ROUNDINGS)}")
    scaled = np.round(np.asarray(values, dtype=float) * 10.0**decimals, 9 - decimals)
    whole = np.rint(scaled) if rule == "gbt8170" else np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
    # Adding zero turns -0.0 into 0.0.
    return whole / 10.0**decimals + 0.0


class _Wide(NamedTuple):
    units: list[tuple[str, str]]  # (cycle, unit)
    score: np.ndarray  # (U, I)
    status: np.ndarray  # (U, I)


def _wide(indicator_scores: pd.DataFrame, framework: Framework) -> _Wide:
    head = indicator_scores[indicator_scores["subject"] == ""]
    names, known = [i.name for i in framework.indicators], set(head["indicator"])
    lacking = [name for name in names if name not in known]
    if lacking:
        raise DataError(f"indicator_scores has no headline row of {', '.join(lacking)}")
    place = {name: j for j, name in enumerate(names)}
    units = sorted(set(zip(head["cycle"], head["unit"], strict=True)))
    row = {unit: k for k, unit in enumerate(units)}
    score = np.full((len(units), len(names)), np.nan)
    status = np.full((len(units), len(names)), None, dtype=object)
    columns = (head[c] for c in ("cycle", "unit", "indicator", "score", "status"))
    for cycle, unit, name, points, state in zip(*columns, strict=True):
        if name in place:
            at = row[cycle, unit], place[name]
            score[at], status[at] = points, state
    if (status == None).any():  # noqa: E711 - elementwise
        raise DataError("indicator_scores: a unit lacks the headline row of an indicator")
    return _Wide(units, score, status)


def totals(
    indicator_scores: pd.DataFrame,
    weights: pd.DataFrame,
    framework: Framework,
    *,
    adjustments: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Table "totals": a row per unit and dimension, and the unit's total.

    An inapplicable indicator gives its weight to the others of its dimension; a dimension
    with none left, or with fewer than `missing.min_measures`, gives its own to the other
    dimensions ("too_few").  An indicator that was not reported and has no points by the
    framework's rule leaves its dimension and the total without a score.  Fewer dimensions
    than `missing.min_dimensions` leave the total unpublished ("too_few").  Coverage is the
    share of applicable weight that has data.  `published` is rounded once, here, by the
    framework's rule, and empty unless the status is "ok".  The intervals stay NaN;
    `sensitivity.score_intervals` fills them from joint draws.

    Parameters
    ----------
    adjustments : mapping, optional
        Net bonus and penalty points by unit, added to the total before rounding; the total
        is never below 0.
    """
    wide = _wide(indicator_scores, framework)
    share = shares(weights, framework, wide.status != "not_applicable")
    member = membership(framework)
    scored, total = node_scores(wide.score, share, framework, member)
    parts = [_states(share.local[:, member == k], wide, member == k) for k in range(scored.shape[1])]
    state = np.column_stack([status for status, _ in parts])
    state = np.where(share.few, "too_few", state)
    coverage = np.column_stack([covered for _, covered in parts])
    frames = [
        _frame(
            wide,
            d.name,
            "dimension",
            {"score": scored[:, k], "coverage": coverage[:, k], "status": state[:, k]},
        )
        for k, d in enumerate(framework.dimensions)
    ]
    used = share.dimension > 0
    covered = np.where(used, share.dimension * np.nan_to_num(coverage), 0.0).sum(axis=1)
    whole = {
        "score": total,
        "coverage": np.where(used.any(axis=1), covered, np.nan),
        "status": _whole(state, used, framework.missing.min_dimensions),
    }
    frames.append(_frame(wide, TOTAL, TOTAL, whole))
    table = pd.concat(frames, ignore_index=True)
    net = table["unit"].map(adjustments or {}).fillna(0.0).where(table["node"] == TOTAL, 0.0)
    table["score"] = adjusted(table["score"].to_numpy(), net.to_numpy())
    rule = framework.grades
    published = round_half(table["score"].to_numpy(), decimals=rule.decimals, rule=rule.rounding)
    table["published"] = np.where(table["status"] == "ok", published, np.nan)
    return sort_by_key("totals", table.assign(adjustment=net, score_low=np.nan, score_high=np.nan))


def adjusted(score: np.ndarray, net: np.ndarray | float) -> np.ndarray:
    """Total score with net points, never pulled below 0; without points nothing changes."""
    return np.where(np.asarray(net) != 0, np.maximum(score + net, 0.0), score)


def _states(weight: np.ndarray, wide: _Wide, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Status and coverage of a dimension whose indicators have the weights `weight` (U, q)."""
    score, status, used = wide.score[:, inside], wide.status[:, inside], weight > 0
    few = status == "small_sample"  # of a few records there may be no score at all
    missing = (used & np.isnan(score) & ~few).any(axis=1)
    small = (used & few).any(axis=1)
    none = ~used.any(axis=1)
    data = np.where(np.isin(status, ("ok", "small_sample")), weight, 0.0).sum(axis=1)
    return (
        np.select([none, missing, small], ["not_applicable", "not_reported", "small_sample"], "ok"),
        np.where(none, np.nan, data / np.where(none, 1.0, weight.sum(axis=1))),
    )


def _whole(state: np.ndarray, used: np.ndarray, least: int) -> np.ndarray:
    """Status of the totals from those of their dimensions (U, K), `used` where they count."""

    def some(word: str) -> np.ndarray:
        return (used & (state == word)).any(axis=1)

    count = used.sum(axis=1)
    few = ((count > 0) & (count < least)) | ((count == 0) & (state == "too_few").any(axis=1))
    told = {"too_few": few, "not_applicable": count == 0}
    told |= {word: some(word) for word in ("not_reported", "small_sample")}
    return np.select(list(told.values()), list(told), "ok")


def _frame(wide: _Wide, node: str, level: str, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    keys = pd.DataFrame(wide.units, columns=["cycle", "unit"])
    return keys.assign(node=node, level=level, **{k: pd.Series(v) for k, v in columns.items()})


def contributions(
    indicator_scores: pd.DataFrame, weights: pd.DataFrame, framework: Framework
) -> pd.DataFrame:
    """Table "contributions": where a unit's points come from and where they are lost.

    `weight` is the global weight as used for this unit, contribution + lost = 100 * weight;
    contributions sum to the total score, losses to 100 minus it.  By arithmetic means
    contribution = weight * score and lost = weight * (100 - score); by geometric means
    `aggregate.shortfall` tells lost, and an indicator so low that it loses more than its
    weight is worth contributes less than nothing.  What does not count has weight 0 and no
    contribution.
    """
    wide = _wide(indicator_scores, framework)
    member = membership(framework)
    share = shares(weights, framework, wide.status != "not_applicable")
    weight = share.overall(member)
    score = np.where(wide.status == "not_applicable", np.nan, wide.score)
    lost = np.where(np.isnan(score), np.nan, losses(wide.score, share, framework, member))
    frames = [
        pd.DataFrame(wide.units, columns=["cycle", "unit"]).assign(
            indicator=i.name,
            dimension=i.dimension,
            weight=weight[:, j],
            score=score[:, j],
            contribution=100 * weight[:, j] - lost[:, j],
            lost=lost[:, j],
        )
        for j, i in enumerate(framework.indicators)
    ]
    return sort_by_key("contributions", pd.concat(frames, ignore_index=True))


class NodeDraws(NamedTuple):
    """Draws of one unit: every dimension's and the total's score, every natural value, each (D,)."""

    scores: dict[str, np.ndarray]
    natural: dict[str, np.ndarray]


def score_draws(
    drawn: np.ndarray,
    index: pd.DataFrame,
    framework: Framework,
    weights: pd.DataFrame | WeightDraws,
    *,
    imputed: Mapping[str, float] | None = None,
) -> NodeDraws:
    """Carry joint draws of one unit's natural values through the whole chain.

    Natural scale (clipped to its bounds) → anchors → subjects blended → dimensions → total.

    Parameters
    ----------
    drawn : ndarray, (D, q)
    index : DataFrame, q rows
        cycle (one), subject, indicator, as `natural` gives them.
    imputed : mapping, optional
        Points of indicators that were not reported and are counted all the same; their
        natural values are NaN, so they meet no target and breach no limit.  Any other
        indicator without draws is inapplicable.
    """
    low, high = np.array([framework.indicator(name).bounds for name in index["indicator"]], dtype=float).T
    clipped = np.clip(drawn, low, high)
    points = np.column_stack(
        [framework.indicator(name).points(clipped[:, j]) for j, name in enumerate(index["indicator"])]
    )
    keys, blend = blend_map(index, framework)
    scored = dict(zip(keys["indicator"], (points @ blend.T).T, strict=True))
    scored |= {name: np.full(len(drawn), value) for name, value in (imputed or {}).items()}
    names = [i.name for i in framework.indicators]
    table = np.column_stack([scored.get(name, np.full(len(drawn), np.nan)) for name in names])
    share = shares(weights, framework, np.array([[name in scored for name in names]]))
    dims, total = node_scores(table, share, framework, membership(framework))
    nodes = {d.name: dims[:, k] for k, d in enumerate(framework.dimensions)} | {TOTAL: total}
    unknown = {name: np.full(len(drawn), np.nan) for name in imputed or {}}
    return NodeDraws(nodes, dict(zip(keys["indicator"], (clipped @ blend.T).T, strict=True)) | unknown)
