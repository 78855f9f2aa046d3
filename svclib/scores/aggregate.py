"""Weights as a unit uses them, and the means they make: arithmetic, or geometric with a floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError
from svclib.framework import Framework

MEANS = ("arithmetic", "geometric")


def composite(
    points: np.ndarray, weights: np.ndarray, *, how: str = "arithmetic", floor: float | None = None
) -> np.ndarray:
    """Weighted mean of `points` (…, q) with `weights` (q,) or (…, q), shape (…,).

    Arithmetic Σwx/Σw, or geometric exp(Σw ln max(x, floor)/Σw), which needs a floor above 0:
    one score of 0 would make the mean 0 whatever the others are.  What has weight 0 is left
    out even where it is NaN; NaN where all weights are 0.
    """
    if how not in MEANS:
        raise ParamError(f"aggregate={how!r}; choose one of {list(MEANS)}")
    if how == "geometric":
        points = np.log(np.maximum(points, _above_zero(floor)))
    weights = np.broadcast_to(weights, np.shape(points))
    mass = weights.sum(axis=-1)
    total = np.where(weights > 0, weights * points, 0.0).sum(axis=-1)
    mean = np.divide(total, mass, out=np.full(np.shape(total), np.nan), where=mass > 0)
    return np.exp(mean) if how == "geometric" else mean


def _above_zero(floor: float | None) -> float:
    if floor is None or floor <= 0:
        raise ParamError(f"floor={floor!r}: a geometric mean needs the least points that count, above 0")
    return floor


def shortfall(
    points: np.ndarray, weights: np.ndarray, *, how: str = "arithmetic", floor: float | None = None
) -> np.ndarray:
    """What each part takes from 100, (…, q); the sum is 100 minus `composite`, exactly.

    Arithmetic w(100 − x).  Geometric w ln(100/x) times the logarithmic mean of 100 and the
    composite G, (100 − G)/ln(100/G): the decomposition LMDI-I (Ang 2004, Energy Policy 32),
    which leaves no remainder and takes nothing where x = 100.  A part can take more than 100 w.
    """
    weights = np.broadcast_to(weights, np.shape(points))
    mass = weights.sum(axis=-1, keepdims=True)
    share = np.divide(weights, mass, out=np.zeros(np.shape(points)), where=mass > 0)
    if how == "arithmetic":
        return np.where(share > 0, share * (100 - points), 0.0)
    gap = np.where(share > 0, share * np.log(100 / np.maximum(points, _above_zero(floor))), 0.0)
    whole = gap.sum(axis=-1, keepdims=True)
    lost = 100 * -np.expm1(-whole)  # 100 − G
    return gap * np.divide(lost, whole, out=np.full(np.shape(whole), 100.0), where=whole > 0)


class Shares(NamedTuple):
    """Weights as a unit uses them: what does not apply is out, the others re-normalised."""

    local: np.ndarray  # (U, I) within the dimension, 0 in all of a dimension without a score
    dimension: np.ndarray  # (U, K) of the dimensions
    few: np.ndarray  # (U, K) something applies, but too few indicators for a score

    def overall(self, member: np.ndarray) -> np.ndarray:
        """Global share of each indicator, (U, I); `member` (I,) is its dimension's position."""
        return self.local * self.dimension[:, member]


class WeightDraws(NamedTuple):
    """Written weights of D draws, for one unit."""

    local: np.ndarray  # (D, I) within the dimension
    top: np.ndarray  # (D, K) of the dimensions


def shares(weights: pd.DataFrame | WeightDraws, framework: Framework, applicable: np.ndarray) -> Shares:
    """Weights per unit; `applicable` is (U, I) in the framework's order of indicators.

    `weights` is table "weights", or draws of one unit's: then rows are draws, `applicable` (1, I).

    An indicator that does not apply gives its weight to the others of its dimension; a
    dimension of which fewer apply than `missing.min_measures` asks gives its own to the
    other dimensions.  What applies and was not reported counts as applying: hiding a number
    never moves its weight.
    """
    local, top = written(weights, framework) if isinstance(weights, pd.DataFrame) else weights
    member = membership(framework)
    inside = member[:, None] == np.arange(top.shape[-1])
    used = np.where(applicable, local, 0.0)
    count = (used > 0).astype(int) @ inside
    few = (count > 0) & (count < [framework.missing.least(d.name) for d in framework.dimensions])
    used = np.where(few[:, member], 0.0, used)
    mass = used @ inside
    dims = np.where(mass > 0, top, 0.0)
    total = dims.sum(axis=1, keepdims=True)
    return Shares(
        np.divide(used, mass[:, member], out=np.zeros_like(used), where=mass[:, member] > 0),
        np.divide(dims, total, out=np.zeros_like(dims), where=total > 0),
        few,
    )


def membership(framework: Framework) -> np.ndarray:
    """Position of each indicator's dimension, (I,)."""
    return np.array([k for k, d in enumerate(framework.dimensions) for _ in d.indicators], dtype=int)


def written(weights: pd.DataFrame, framework: Framework) -> tuple[np.ndarray, np.ndarray]:
    """Weights as table "weights" has them: of indicators within their dimension (I,), of dimensions (K,)."""
    local = dict(zip(zip(weights["level"], weights["node"], strict=True), weights["local"], strict=True))
    wanted = [("indicator", i.name) for i in framework.indicators] + [
        ("dimension", d.name) for d in framework.dimensions
    ]
    absent = [node for level, node in wanted if (level, node) not in local]
    if absent:
        raise DataError(f"table weights has no row for {', '.join(absent)}")
    values = np.array([local[key] for key in wanted], dtype=float)
    return values[: len(framework.indicators)], values[len(framework.indicators) :]


def node_scores(
    points: np.ndarray, share: Shares, framework: Framework, member: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of the dimensions, (U, K), and of the total, (U,), from indicator points (U, I)."""
    dims = np.column_stack(
        [
            composite(
                points[:, member == k],
                share.local[:, member == k],
                how=d.aggregate or framework.aggregate,
                floor=framework.floor,
            )
            for k, d in enumerate(framework.dimensions)
        ]
    )
    return dims, composite(dims, share.dimension, how=framework.aggregate, floor=framework.floor)


def total_of(
    points: np.ndarray, weights: np.ndarray, dimensions: Sequence[str], framework: Framework
) -> np.ndarray:
    """Total of indicator points (…, q) with the global weights (q,) of table "contributions".

    Parameters
    ----------
    dimensions : dimension of each of the q indicators.
    """
    rule = {d.name: d.aggregate or framework.aggregate for d in framework.dimensions}
    names, of = list(dict.fromkeys(dimensions)), np.array(dimensions)
    parts = [
        composite(points[..., of == name], weights[of == name], how=rule[name], floor=framework.floor)
        for name in names
    ]
    mass = np.array([weights[of == name].sum() for name in names])
    return composite(np.stack(parts, axis=-1), mass, how=framework.aggregate, floor=framework.floor)


def losses(points: np.ndarray, share: Shares, framework: Framework, member: np.ndarray) -> np.ndarray:
    """Points of the total lost at each indicator, (U, I); a row sums to 100 minus the total.

    What the total loses at a dimension is shared among its indicators as their own shortfalls.
    """
    dims, _ = node_scores(points, share, framework, member)
    above = shortfall(dims, share.dimension, how=framework.aggregate, floor=framework.floor)
    lost = np.zeros_like(points)
    for k, d in enumerate(framework.dimensions):
        inside = member == k
        how = d.aggregate or framework.aggregate
        own = shortfall(points[:, inside], share.local[:, inside], how=how, floor=framework.floor)
        rate = share.dimension[:, k]
        if framework.aggregate != "arithmetic":
            whole = own.sum(axis=1)
            rate = np.divide(above[:, k], whole, out=np.where(np.isnan(whole), np.nan, 0.0), where=whole > 0)
        lost[:, inside] = own * rate[:, None]
    return lost
