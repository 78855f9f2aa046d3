"""The tree of weighted means then and now, and what moves its total."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from svclib.framework import Framework
from svclib.scores import WeightDraws, composite, membership, shares

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


def evaluators(framework: Framework) -> list[str]:
    """Who may give an indicator points: nobody (records), a subject, the rule for what is missing."""
    return ["", *framework.subjects, IMPUTED]


class Node(NamedTuple):
    """A weighted mean then and now, and what moves it.

    value : (2, U) the mean
    rate : (U, n) points of the mean per point of an entry
    weight : (U, n) points of the mean per unit of an entry's weight
    """

    value: np.ndarray
    rate: np.ndarray
    weight: np.ndarray

    @staticmethod
    def of(x: np.ndarray, w: np.ndarray, how: str, floor: float | None) -> Node:
        """Mean of entries `x` (2, U, n), all known, by weights `w` (2, U, n) that sum to 1 or are 0."""
        value = np.nan_to_num(composite(x, w, how=how, floor=floor))
        if how == "arithmetic":
            return Node(value, w.mean(axis=0), (x - value[..., None]).mean(axis=0))
        log = np.log(np.maximum(x, floor or NEAR))
        mean = (w * log).sum(axis=-1)
        slope = _chord(log, x, np.where(x > (floor or NEAR), 1 / np.maximum(x, floor or NEAR), 0.0))
        outer = _chord(value, mean, value)[:, None]
        return Node(value, outer * slope * w.mean(axis=0), outer * (log - mean[..., None]).mean(axis=0))


def _chord(f: np.ndarray, x: np.ndarray, tangent: np.ndarray) -> np.ndarray:
    """Δf/Δx between then and now, the mean `tangent` where the ends meet."""
    step = x[1] - x[0]
    return np.divide(f[1] - f[0], step, out=tangent.mean(axis=0), where=np.abs(step) > NEAR)


class Weights(NamedTuple):
    """Weights then and now (2, U, n), and how coverage and the written weights changed them (U, n)."""

    ends: np.ndarray
    coverage: np.ndarray
    written: np.ndarray

    @staticmethod
    def of(states: np.ndarray) -> Weights:
        """From weights (2, 2, U, n) by what is written and by what applies, then and now."""
        coverage = (states[:, 1] - states[:, 0]).mean(axis=0)
        written = (states[1] - states[0]).mean(axis=0)
        return Weights(np.stack([states[0, 0], states[1, 1]]), coverage, written)


def _states(sides: tuple[Side, Side], framework: Framework) -> tuple[Weights, Weights]:
    """Weights of indicators in their dimensions, and of dimensions."""
    used = [[shares(wrote.weights, framework, found.applies) for found in sides] for wrote in sides]
    local = np.array([[s.local for s in row] for row in used])
    top = np.array([[s.dimension for s in row] for row in used])
    member = membership(framework)
    for k in range(top.shape[-1]):
        local[..., member == k] = _complete(local[..., member == k])
    return Weights.of(local), Weights.of(_complete(top))


def _complete(states: np.ndarray) -> np.ndarray:
    """Where nothing applies the weights of now, or of then: an absent mean has no weights to change."""
    some = states.sum(axis=-1, keepdims=True) > 0
    other = np.where(some[1, 1], states[1, 1], states[0, 0])
    return np.where(some, states, other)


class Tree(NamedTuple):
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
    inner: Node
    local: Weights
    whole: Node
    top: Weights

    @staticmethod
    def of(then: Side, now: Side, framework: Framework) -> Tree:
        """Tree of the units of both sides under one framework."""
        points, share = _evaluated(then, now, framework)
        low = Node.of(points, share, "arithmetic", None)
        local, top = _states((then, now), framework)
        middle = _middle(low.value, local.ends, framework)
        whole = Node.of(middle.value, top.ends, framework.aggregate, framework.floor)
        up = whole.rate[:, membership(framework)]
        inner = Node(low.value, up * middle.rate, up * middle.weight)
        blended = inner.rate * (low.weight * (share[1] - share[0])).sum(axis=-1)
        rate = inner.rate[..., None] * low.rate
        return Tree(whole.value, rate, points[1] - points[0], blended, inner, local, whole, top)


def _evaluated(then: Side, now: Side, framework: Framework) -> tuple[np.ndarray, np.ndarray]:
    """Points and shares of the evaluators, (2, U, I, S); who is absent once has the points of the other."""
    points = np.stack([then.points, now.points])
    rank = np.array([framework.subjects.get(name, 1.0) for name in evaluators(framework)])
    share = rank * ~np.isnan(points)
    whole = share.sum(axis=-1, keepdims=True)
    share = np.divide(share, whole, out=np.zeros_like(share), where=whole > 0)
    share = np.where(whole > 0, share, share[::-1])
    return np.nan_to_num(np.where(np.isnan(points), points[::-1], points)), share


def _middle(value: np.ndarray, weight: np.ndarray, framework: Framework) -> Node:
    """Dimensions: their values (2, U, K), and what moves them per indicator (U, I)."""
    member = membership(framework)
    found = [
        Node.of(value[..., member == k], weight[..., member == k], d.aggregate or framework.aggregate,
                 framework.floor)
        for k, d in enumerate(framework.dimensions)
    ]  # fmt: skip
    rate, weights = (np.concatenate([getattr(n, f) for n in found], axis=-1) for f in ("rate", "weight"))
    return Node(np.stack([n.value for n in found], axis=-1), rate, weights)
