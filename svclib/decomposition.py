"""Where the change of a unit's published score comes from, without a remainder.

The total is a tree of weighted means: evaluators in an indicator, indicators in a dimension,
dimensions in the total.  At every node the change is split by the midpoint weights of both
cycles, Δ Σwx = Σ w̄Δx + Σ (x̄ − m̄)Δw with m̄ the mean of both ends (Kitagawa 1955, JASA 50; for
two factors the Shapley value, Shorrocks 2013, J. Econ. Inequal. 11); a geometric mean by
logarithmic means (LMDI-I; Ang 2004, Energy Policy 32).  Nothing depends on an order, and
exchanging the cycles changes every sign and no size.  Weights that changed because something
applies in one cycle only are *coverage*; where the written weights changed as well, each takes
the mean of what it does first and what it does last.

Limits (一票否决, 限档) act on the grade and not on the score: they have no part here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.framework import Framework
from svclib.scores import WeightDraws, composite, membership, shares

COLUMNS = ["unit", "change_part", "node", "contribution", "note"]
PARTS = ("framework", "weights", "coverage", "mix", "performance", "adjustments", "rounding")
IMPUTED = "imputed"
NEAR = 1e-9  # two scores as near as this have the slope of a point, not of a chord


class Side(NamedTuple):
    """One cycle of U units as it was scored; I indicators, K dimensions in the framework's order.

    points : (U, I, S) points by `evaluators`, NaN where there are none
    applies : (U, I) whether the indicator applies
    weights : written weights the units follow, (U, I) and (U, K), 0 where a group leaves a node out
    """

    points: np.ndarray
    applies: np.ndarray
    weights: WeightDraws


class Ends(NamedTuple):
    """Then and now, each (2, U): the published scores, and the totals they were rounded from."""

    published: np.ndarray
    score: np.ndarray


def evaluators(framework: Framework) -> list[str]:
    """Who may give an indicator points: nobody (records), a subject, the rule for what is missing."""
    return ["", *framework.subjects, IMPUTED]


def points_of(scores: pd.DataFrame, units: Sequence[str], framework: Framework) -> np.ndarray:
    """Points (U, I, S) by `evaluators` from the rows of one cycle of table "indicator_scores".

    The headline of a rating is the mean of its subjects and stays out; points counted for
    what was not reported stand apart, so that they are coverage and never performance.
    """
    rated = {i.name for i in framework.indicators if i.subjects}
    given = scores["status"].isin(["ok", "small_sample"])
    counted = (scores["status"] == "not_reported") & (scores["subject"] == "")
    mean = (scores["subject"] == "") & scores["indicator"].isin(rated) & given
    used = scores.assign(who=scores["subject"].mask(counted, IMPUTED))
    used = used[(given | counted) & ~mean & scores["score"].notna()]
    axes = {"unit": list(units), "indicator": [i.name for i in framework.indicators]}
    axes["who"] = evaluators(framework)
    at = [pd.Index(axis).get_indexer(pd.Index(used[column])) for column, axis in axes.items()]
    known = np.all([k >= 0 for k in at], axis=0)
    found = np.full([len(axis) for axis in axes.values()], np.nan)
    found[tuple(k[known] for k in at)] = used["score"].to_numpy(dtype=float)[known]
    return found


def decompose(
    then: Side,
    now: Side,
    ends: Ends,
    framework: Framework,
    units: Sequence[str],
    *,
    mix: np.ndarray | None = None,
) -> pd.DataFrame:
    """Parts of the change of the published scores of U units under one framework.

    Parameters
    ----------
    mix : ndarray (U, I, S), optional
        Points of each evaluator's change that come from who answered: another mix of channels;
        NaN where that cannot be told apart from performance, which the note then says.

    Returns
    -------
    DataFrame
        Columns unit, change_part, node, contribution in points, unrounded, and note: a row of
        part "performance" per indicator, rows of the other parts where they are not 0.  The
        contributions of a unit sum to its published score now minus the one then.
    """
    known = np.zeros_like(then.points) if mix is None else mix
    moved, unclear = np.nan_to_num(known), np.isnan(known) & ~np.isnan(then.points + now.points)
    tree = _Tree.of(then, now, framework)
    names, dims = [i.name for i in framework.indicators], [d.name for d in framework.dimensions]
    of_net = np.diff(ends.score - tree.total, axis=0)[0]
    of_rounding = np.diff(ends.published - ends.score, axis=0)[0]
    found = [
        ("performance", names, (tree.rate * (tree.given - moved)).sum(axis=-1)),
        ("mix", names, (tree.rate * moved).sum(axis=-1)),
        ("coverage", names, tree.blended + tree.inner.weight * tree.local.coverage),
        ("weights", names, tree.inner.weight * tree.local.written),
        ("coverage", dims, tree.whole.weight * tree.top.coverage),
        ("weights", dims, tree.whole.weight * tree.top.written),
        ("adjustments", [""], of_net[:, None]),
        ("rounding", [""], of_rounding[:, None]),
    ]
    rows = [_long(units, *one) for one in found]
    rows[0]["note"] = np.where(unclear.any(axis=-1), "mix_inseparable", "").ravel()
    return pd.concat(rows, ignore_index=True)[COLUMNS]


def _long(units: Sequence[str], part: str, nodes: Sequence[str], points: np.ndarray) -> pd.DataFrame:
    """Rows of one part; what has no effect is left out, except of performance."""
    keys = {"unit": np.repeat(list(units), len(nodes)), "node": np.tile(list(nodes), len(units))}
    rows = pd.DataFrame(keys | {"contribution": points.ravel(), "change_part": part, "note": ""})
    return rows if part == "performance" else rows[rows["contribution"].abs() > NEAR / 1000]


class Published(NamedTuple):
    """One cycle as published under some rules.

    contributions : rows of table "contributions"
    score : published score by unit
    additive : whether every mean of these rules is arithmetic
    """

    contributions: pd.DataFrame
    score: pd.Series
    additive: bool


def rescored(own: Published, current: Published, units: Sequence[str]) -> pd.DataFrame:
    """What the current rules make of scores published under rules of their own; as `decompose`.

    By arithmetic means, an indicator in both with other weights is part "weights" and with
    other points part "framework", as is an indicator in one only; the rest (adjustments,
    rounding) is "framework" without a node.  By other means everything is.  A unit without
    a score of its own has that part empty.
    """
    before, after = (p.score.reindex(list(units)).to_numpy(dtype=float) for p in (own, current))
    rest = after - before
    found = []
    if own.additive and current.additive:
        (w0, x0), (w1, x1) = (_table(p.contributions, units, own, current) for p in (own, current))
        mean = ((w0 * x0).sum(axis=1) + (w1 * x1).sum(axis=1))[:, None] / 2
        both = (w0 > 0) & (w1 > 0)
        x0, x1 = np.where(w0 > 0, x0, x1), np.where(w1 > 0, x1, x0)
        move = (w1 - w0) * ((x0 + x1) / 2 - mean)
        names = _names(own, current)
        rules = (w0 + w1) / 2 * (x1 - x0) + np.where(both, 0.0, move)
        found = [("framework", names, rules), ("weights", names, np.where(both, move, 0.0))]
        rest = rest - rules.sum(axis=1) - found[1][2].sum(axis=1)
    rows = pd.concat([_long(units, *one) for one in [*found, ("framework", [""], rest[:, None])]])
    rows = rows[rows["unit"].map(own.score).notna()]
    lacking = [u for u, value in zip(units, before, strict=True) if np.isnan(value)]
    none = _long(lacking, "performance", [""], np.full((len(lacking), 1), np.nan))
    none = none.assign(change_part="framework", note="not_published")
    return pd.concat([rows, none], ignore_index=True)[COLUMNS]


def _names(*rules: Published) -> list[str]:
    return list(dict.fromkeys(name for p in rules for name in p.contributions["indicator"]))


def _table(rows: pd.DataFrame, units: Sequence[str], *rules: Published) -> tuple[np.ndarray, np.ndarray]:
    """Weights and points (U, I) over all indicators of `rules`; 0 where an indicator does not count."""
    found = [
        rows.pivot_table(index="unit", columns="indicator", values=c).reindex(
            list(units), columns=_names(*rules)
        )
        for c in ("weight", "score")
    ]
    return np.nan_to_num(found[0].to_numpy()), np.nan_to_num(found[1].to_numpy())


class _Node(NamedTuple):
    """A weighted mean then and now, and what moves it.

    value : (2, U) the mean
    rate : (U, n) points of the mean per point of an entry
    weight : (U, n) points of the mean per unit of an entry's weight
    """

    value: np.ndarray
    rate: np.ndarray
    weight: np.ndarray

    @staticmethod
    def of(x: np.ndarray, w: np.ndarray, how: str, floor: float | None) -> _Node:
        """Mean of entries `x` (2, U, n), all known, by weights `w` (2, U, n) that sum to 1 or are 0."""
        value = np.nan_to_num(composite(x, w, how=how, floor=floor))
        if how == "arithmetic":
            return _Node(value, w.mean(axis=0), (x - value[..., None]).mean(axis=0))
        log = np.log(np.maximum(x, floor or NEAR))
        mean = (w * log).sum(axis=-1)
        slope = _chord(log, x, np.where(x > (floor or NEAR), 1 / np.maximum(x, floor or NEAR), 0.0))
        outer = _chord(value, mean, value)[:, None]
        return _Node(value, outer * slope * w.mean(axis=0), outer * (log - mean[..., None]).mean(axis=0))


def _chord(f: np.ndarray, x: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    """Δf/Δx between then and now, the mean `tangent` where the ends meet."""
    step = x[1] - x[0]
    return np.divide(f[1] - f[0], step, out=tangent.mean(axis=0), where=np.abs(step) > NEAR)


class _Weights(NamedTuple):
    """Weights then and now (2, U, n), and how coverage and the written weights changed them (U, n)."""

    ends: np.ndarray
    coverage: np.ndarray
    written: np.ndarray

    @staticmethod
    def of(states: np.ndarray) -> _Weights:
        """From weights (2, 2, U, n) by what is written and by what applies, then and now."""
        coverage = (states[:, 1] - states[:, 0]).mean(axis=0)
        written = (states[1] - states[0]).mean(axis=0)
        return _Weights(np.stack([states[0, 0], states[1, 1]]), coverage, written)


def _states(sides: tuple[Side, Side], framework: Framework) -> tuple[_Weights, _Weights]:
    """Weights of indicators in their dimensions, and of dimensions."""
    used = [[shares(wrote.weights, framework, found.applies) for found in sides] for wrote in sides]
    local = np.array([[s.local for s in row] for row in used])
    top = np.array([[s.dimension for s in row] for row in used])
    member = membership(framework)
    for k in range(top.shape[-1]):
        local[..., member == k] = _complete(local[..., member == k])
    return _Weights.of(local), _Weights.of(_complete(top))


def _complete(states: np.ndarray) -> np.ndarray:
    """Where nothing applies the weights of now, or of then: an absent mean has no weights to change."""
    some = states.sum(axis=-1, keepdims=True) > 0
    other = np.where(some[1, 1], states[1, 1], states[0, 0])
    return np.where(some, states, other)


class _Tree(NamedTuple):
    """Everything that moves the totals of U units.

    total : (2, U) before adjustments
    rate : (U, I, S) points of the total per point given by an evaluator
    given : (U, I, S) change of the points given
    blended : (U, I) points of the total from other evaluators than before
    inner, local : indicators within their dimension, in points of the total, and their weights
    whole, top : dimensions within the total, and their weights
    """

    total: np.ndarray
    rate: np.ndarray
    given: np.ndarray
    blended: np.ndarray
    inner: _Node
    local: _Weights
    whole: _Node
    top: _Weights

    @staticmethod
    def of(then: Side, now: Side, framework: Framework) -> _Tree:
        points, share = _evaluated(then, now, framework)
        low = _Node.of(points, share, "arithmetic", None)
        local, top = _states((then, now), framework)
        middle = _middle(low.value, local.ends, framework)
        whole = _Node.of(middle.value, top.ends, framework.aggregate, framework.floor)
        up = whole.rate[:, membership(framework)]
        inner = _Node(low.value, up * middle.rate, up * middle.weight)
        blended = inner.rate * (low.weight * (share[1] - share[0])).sum(axis=-1)
        rate = inner.rate[..., None] * low.rate
        return _Tree(whole.value, rate, points[1] - points[0], blended, inner, local, whole, top)


def _evaluated(then: Side, now: Side, framework: Framework) -> tuple[np.ndarray, np.ndarray]:
    """Points and shares of the evaluators, (2, U, I, S); who is absent once has the points of the other."""
    points = np.stack([then.points, now.points])
    rank = np.array([framework.subjects.get(name, 1.0) for name in evaluators(framework)])
    share = rank * ~np.isnan(points)
    whole = share.sum(axis=-1, keepdims=True)
    share = np.divide(share, whole, out=np.zeros_like(share), where=whole > 0)
    share = np.where(whole > 0, share, share[::-1])
    return np.nan_to_num(np.where(np.isnan(points), points[::-1], points)), share


def _middle(value: np.ndarray, weight: np.ndarray, framework: Framework) -> _Node:
    """Dimensions: their values (2, U, K), and what moves them per indicator (U, I)."""
    member = membership(framework)
    found = [
        _Node.of(value[..., member == k], weight[..., member == k], d.aggregate or framework.aggregate,
                 framework.floor)
        for k, d in enumerate(framework.dimensions)
    ]  # fmt: skip
    rate, weights = (np.concatenate([getattr(n, f) for n in found], axis=-1) for f in ("rate", "weight"))
    return _Node(np.stack([n.value for n in found], axis=-1), rate, weights)
