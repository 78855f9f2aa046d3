"""Key drivers: how much of what explains an outcome falls to each of several correlated items.

LMG is the mean gain in R² over all orders of entry (Lindeman, Merenda & Gold 1980; Grömping 2006,
*Journal of Statistical Software* 17(1)), the Shapley value of R².  Johnson's relative weights
(2000, *Multivariate Behavioral Research* 35, 1-19) come close to it at the cost of one
eigendecomposition.  Both are smooth functions of the correlations, so their errors are linearised
and follow the design: weights, strata, clusters.

No share is ever 0, so an interval that leaves 0 out proves nothing (Tonidandel, LeBreton & Johnson
2009, *Psychological Methods* 14, 387-399).  Each contribution is compared with what a variable
with nothing to do with any other would get in the same sample: to first order a quadratic form in
its correlations, whose distribution has the two moments of a scaled F.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib.errors import DataError, ParamError
from svclib.factor import Moments, Sample, moments, spread
from svclib.inference import adjust
from svclib.validity.interval import interval, moved

MOST = 14  # items whose orders of entry are counted out: 2^14 regressions
ROWS_PER_ITEM = 3
FLAT = 1e-9  # of the largest value: a smaller spread is rounding
COLLINEAR = 1e-8  # least eigenvalue of the correlations of the items


NUMBERS = ("r", "r2_part", "share", "se", "df", "share_low", "share_high", "p_noise", "p_noise_adj", "r2")


class Parts(NamedTuple):
    """Contributions of p items to R² and what their errors need.

    value : (p,)
    gradient : (p, p + 1, p + 1) by the correlations, the outcome last
    noise : (p, p, p) for each item q, c'q c is the contribution of a variable in its place whose
        correlations with the other items and the outcome are c, small
    """

    value: np.ndarray
    gradient: np.ndarray
    noise: np.ndarray


def drivers(
    rows: Sample, outcome: str, *, how: str = "lmg", confidence: float = 0.95, refuse: bool = True
) -> pd.DataFrame:
    """Share of each item in the R² of `outcome` on all of them.

    Parameters
    ----------
    rows : Sample
        Columns are `outcome` and the items.  Rows with an empty cell are left out and counted.
    how : {"lmg", "johnson"}
    refuse : bool
        False gives rows without numbers, their note saying why, where DataError would be raised.

    Returns
    -------
    DataFrame, one row per item
        node, r (correlation with the outcome), r2_part (sums to r2), share (sums to 1) with se,
        df, share_low, share_high (t on the logit) and confidence, p_noise (of contributing more than an
        unrelated variable would) and p_noise_adj (Holm), judgement ("above_noise" |
        "within_noise"), r2, n, method, note: "incomplete_left_out:n", "negative_driver" (goes
        against the outcome; a share has no sign).

    Raises
    ------
    ParamError
        Unknown `how`.
    DataError
        Fewer than two items, more than LMG counts out, too few rows, a constant or collinear column.
    """
    names = [item for item in rows.items if item != outcome]
    if how not in METHODS:
        raise ParamError(f"how={how!r}; choose one of {list(METHODS)}")
    found = moments(rows.of([*names, outcome]))
    told = obstacle(found, how)
    if told is None:
        return _shared(found, how, confidence)
    if refuse:
        raise DataError(f"drivers of {outcome}: {told.text}")
    blank = dict.fromkeys(NUMBERS, np.nan) | {"confidence": confidence, "n": found.n, "method": how}
    return pd.DataFrame({"node": names}).assign(**blank, judgement="not_computed", note=told.code)


class Obstacle(NamedTuple):
    """Why there are no shares: the code of a note, and a sentence with its remedy."""

    code: str
    text: str


def obstacle(found: Moments, how: str) -> Obstacle | None:
    """What stands against sharing out the R² of the last column of `found` among the others."""
    names = found.rows.items[:-1]
    if len(names) < 2:
        return Obstacle("single_item", f"{len(names)} item(s), so there is nothing to share out.")
    if how == "lmg" and len(names) > MOST:
        return Obstacle("many_nodes", f"{len(names)} items, lmg counts out at most {MOST}. Choose johnson.")
    least = ROWS_PER_ITEM * len(found.rows.items)
    if found.n < least:
        need = f"{found.n} complete rows for {len(names)} items, at least {least} are needed."
        return Obstacle("too_few", f"{need} Use fewer items, or collect more answers.")
    variance, top = np.diag(found.matrix), np.abs(found.rows.x).max(axis=0)
    flat = [n for n, v, t in zip(found.rows.items, variance, top, strict=True) if v <= (FLAT * t) ** 2]
    if flat:
        return Obstacle(
            "constant_item", f"every complete row has the same value of {', '.join(flat)}. Leave it out."
        )
    values, vectors = np.linalg.eigh(_correlations(found)[:-1, :-1])
    if values[0] < COLLINEAR:
        tied = [name for name, v in zip(names, vectors[:, 0], strict=True) if abs(v) > 1e-3]
        return Obstacle(
            "collinear", f"the values of {', '.join(tied)} determine one another. Leave one of them out."
        )
    return None


def _correlations(found: Moments) -> np.ndarray:
    sd = np.sqrt(np.diag(found.matrix))
    return found.matrix / np.outer(sd, sd)


def _shared(found: Moments, how: str, confidence: float) -> pd.DataFrame:
    """Rows of `drivers`; the outcome is the last column."""
    r = _correlations(found)
    parts = METHODS[how](r)
    total = parts.value.sum()
    share = parts.value / total
    slope = (parts.gradient - share[:, None, None] * parts.gradient.sum(axis=0)) / total
    se, df = moved(found, _by_covariance(slope, r, np.sqrt(np.diag(found.matrix))))
    low, high = interval(share, se, df, scale="logit", confidence=confidence)
    p = np.array([_p_noise(found, j, parts) for j in range(len(share))])
    adjusted = adjust(p, "holm")
    lost = [f"incomplete_left_out:{found.answered - found.n}"] if found.answered > found.n else []
    against = [["negative_driver"] if one < 0 else [] for one in r[:-1, -1]]
    return pd.DataFrame(
        {
            "node": found.rows.items[:-1],
            "r": r[:-1, -1],
            "r2_part": parts.value,
            "share": share,
            "se": se,
            "df": df,
            "share_low": low,
            "share_high": high,
            "confidence": confidence,
            "p_noise": p,
            "p_noise_adj": adjusted,
            "judgement": np.where(adjusted < 1 - confidence, "above_noise", "within_noise"),
            "r2": total,
            "n": found.n,
            "method": how,
            "note": [";".join([*lost, *told]) for told in against],
        }
    )


def lmg(r: np.ndarray) -> Parts:
    """Mean gain in R² of every item over all orders of entry, from the correlations (outcome last)."""
    p = len(r) - 1
    inside, slope = _subsets(r)
    r2 = slope @ r[:-1, -1]
    # A set of t items precedes item j in t!(p-1-t)!/p! of the orders.
    size = inside.sum(axis=1)
    before = np.array([1 / (p * comb(p - 1, t)) if t < p else 0.0 for t in range(p + 1)])
    sign = np.where(inside, before[size - 1][:, None], -before[size][:, None])
    gradient, noise = np.zeros((p, p + 1, p + 1)), np.zeros((p, p, p))
    for j in range(p):
        gradient[j, :p, :p] = -(slope * sign[:, [j]]).T @ slope
        gradient[j, :p, p] = gradient[j, p, :p] = sign[:, j] @ slope
        left = ~inside[:, j]
        rest = np.column_stack([-np.delete(slope[left], j, axis=1), np.ones(left.sum())])
        noise[j] = (rest * before[size[left], None]).T @ rest
    return Parts(r2 @ sign, gradient, noise)


def _subsets(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every set of items as a mask, and the standardised slopes of the outcome on it, (2^p, p) each."""
    p = len(r) - 1
    inside, slope = np.zeros((2**p, p), dtype=bool), np.zeros((2**p, p))
    start = 1
    for size in range(1, p + 1):
        at = np.array(list(combinations(range(p), size)))
        rows = np.arange(start, start + len(at))[:, None]
        inner = r[at[:, :, None], at[:, None, :]]
        inside[rows, at] = True
        slope[rows, at] = np.linalg.solve(inner, r[at, p][:, :, None])[:, :, 0]
        start += len(at)
    return inside, slope


def johnson(r: np.ndarray) -> Parts:
    """Relative weights: the outcome on the closest orthogonal items, carried back to the items."""
    p, y = len(r) - 1, r[:-1, -1]
    d, v, root, inverse = _root(r[:-1, :-1])
    beta = inverse @ y
    gradient, noise = np.zeros((p, p + 1, p + 1)), np.zeros((p, p, p))
    between = np.sqrt(d)[:, None] + np.sqrt(d)
    for j in range(p):
        # Derivative by the root, carried to the correlations: X -> V (V'XV / (√a + √b)) V'.
        by_y = inverse @ (2 * root[j] ** 2 * beta)
        by_root = -np.outer(by_y, beta)
        by_root[j] += 2 * root[j] * beta**2
        gradient[j, :p, :p] = v @ (v.T @ (by_root + by_root.T) / 2 @ v / between) @ v.T
        gradient[j, :p, p] = gradient[j, p, :p] = by_y / 2
        noise[j] = _johnson_noise(np.delete(np.delete(r, j, axis=0), j, axis=1))
    return Parts(root**2 @ beta**2, gradient, noise)


def _johnson_noise(rest: np.ndarray) -> np.ndarray:
    """Quadratic form of an unrelated item beside the items and the outcome of `rest`."""
    d, v, _, inverse = _root(rest[:-1, :-1])
    beta = inverse @ rest[:-1, -1]
    reach = (v / (1 + np.sqrt(d))) @ v.T
    own = np.append(-reach @ beta, 1.0)
    out = np.outer(own, own)
    out[:-1, :-1] += (reach * beta**2) @ reach
    return out


def _root(inner: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues, eigenvectors, symmetric root and its inverse."""
    d, v = np.linalg.eigh(inner)
    return d, v, (v * np.sqrt(d)) @ v.T, (v / np.sqrt(d)) @ v.T


def _by_covariance(gradient: np.ndarray, r: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Derivatives by the covariances: a correlation also moves with both variances."""
    own = (gradient * r).sum(axis=2)
    return (gradient - own[:, :, None] * np.eye(len(r))) / np.outer(sd, sd)


def _p_noise(found: Moments, j: int, parts: Parts) -> float:
    """Probability that an unrelated item in place of item j contributes as much."""
    z = (found.rows.x - found.mean) / np.sqrt(np.diag(found.matrix))
    moves = z[:, [j]] * np.delete(z, j, axis=1)
    cov, df = spread(found.rows, moves - found.rows.w @ moves)
    product = parts.noise[j] @ cov
    mean, square = np.trace(product), np.trace(product @ product)
    return float(stats.f.sf(parts.value[j] / mean, mean**2 / square, df))


METHODS: dict[str, Callable[[np.ndarray], Parts]] = {"lmg": lmg, "johnson": johnson}
