"""Agreement beyond chance on categories: (observed - expected) / (1 - expected).

Observed agreement is the mean, over objects with two or more ratings, of the share of rater pairs
that agree (weighted: that agree so far).  The coefficients differ in what they expect by chance.
Missing ratings follow Gwet (2014, Handbook of inter-rater reliability, 4th ed., ch. 2-5).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from svclib.agreement.engine import Function, beyond
from svclib.agreement.ratings import Ratings

# Sums (n, p) of the objects, and the function of their weighted mean.
Build = Callable[[Ratings, str], tuple[np.ndarray, Function]]


def counts(ratings: Ratings) -> np.ndarray:
    """Raters per object and category, (n, q)."""
    return (ratings.codes[:, :, None] == np.arange(len(ratings.categories))).sum(axis=1).astype(float)


def weights(ratings: Ratings, variant: str) -> np.ndarray:
    """How far two categories agree, (q, q), 1 on the diagonal."""
    q = len(ratings.categories)
    if variant == "nominal" or q < 2:
        return np.eye(q)
    scale = np.asarray(ratings.categories, dtype=float) if ratings.numeric else np.arange(float(q))
    if variant == "ordinal":  # pairs of categories from one to the other, Gwet (2014), p. 91
        steps = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
        apart = (steps + 1) * steps / 2
    else:
        apart = np.abs(np.subtract.outer(scale, scale)) ** (2 if variant == "quadratic" else 1)
    return 1 - apart / apart.max()


def _observed(c: np.ndarray, w: np.ndarray) -> np.ndarray:
    """[has a pair, share of its pairs that agree], (n, 2)."""
    m = c.sum(axis=1)
    pair = m >= 2
    agree = ((c @ w) * c).sum(axis=1) - m
    return np.column_stack([pair, np.where(pair, agree / np.where(pair, m * (m - 1), 1), 0.0)])


def _from_shares(expected: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Build:
    """Coefficient whose chance agreement needs the category shares of all raters together."""

    def build(ratings: Ratings, variant: str) -> tuple[np.ndarray, Function]:
        c, w = counts(ratings), weights(ratings, variant)

        def f(t: np.ndarray) -> np.ndarray:
            chance = expected(t[:, 2:], w)
            return beyond(1 - t[:, 1] / t[:, 0], 1 - chance, 1.0)

        return np.hstack([_observed(c, w), c / c.sum(axis=1, keepdims=True)]), f

    return build


def _form(p: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Quadratic form p w p' of the last axis."""
    return ((p @ w) * p).sum(axis=-1)


percent = _from_shares(lambda p, _: 0 * p[:, 0])
brennan_prediger = _from_shares(lambda p, w: 0 * p[:, 0] + w.mean())
fleiss = _from_shares(_form)
gwet = _from_shares(lambda p, w: w.sum() / (len(w) * (len(w) - 1)) * (p * (1 - p)).sum(axis=1))


def conger(ratings: Ratings, variant: str) -> tuple[np.ndarray, Function]:
    """Conger's kappa, Cohen's where there are two raters: each rater has shares of his own."""
    c, w = counts(ratings), weights(ratings, variant)
    n, r, q = *ratings.codes.shape, len(ratings.categories)
    own = (ratings.codes[:, :, None] == np.arange(q)).astype(float)

    def f(t: np.ndarray) -> np.ndarray:
        each = t[:, 2:].reshape(len(t), r, q)
        each = each / each.sum(axis=2, keepdims=True)
        chance = (_form(each.sum(axis=1), w) - _form(each, w).sum(axis=1)) / (r * (r - 1))
        return beyond(1 - t[:, 1] / t[:, 0], 1 - chance, 1.0)

    return np.hstack([_observed(c, w), own.reshape(n, r * q)]), f


def krippendorff(ratings: Ratings, variant: str) -> tuple[np.ndarray, Function]:
    """Krippendorff's alpha; every object of `ratings` must have two or more ratings."""
    c = counts(ratings)
    m, q = c.sum(axis=1), c.shape[1]
    small = 1 - 1 / m.sum()  # N - 1 in place of N; stays as it is when an object is left out
    if variant == "ordinal":
        return _ordinal(c, small)
    apart = _distance(ratings, variant)

    def f(t: np.ndarray) -> np.ndarray:
        n = t[:, :q]
        total = n.sum(axis=1)
        return beyond(small * total * t[:, q], _form(n, apart), total**2 * apart.max())

    return np.column_stack([c, _form(c, apart) / (m - 1)]), f


def _ordinal(c: np.ndarray, small: float) -> tuple[np.ndarray, Function]:
    """Alpha whose distances are those of the mid-ranks, which move with every object."""
    q = c.shape[1]
    pairs = c[:, :, None] * c[:, None, :] / (c.sum(axis=1) - 1)[:, None, None]

    def f(t: np.ndarray) -> np.ndarray:
        n, found = t[:, :q], t[:, q:].reshape(len(t), q, q)
        total, rank = n.sum(axis=1), np.cumsum(n, axis=1) - n / 2
        cross = np.einsum("bc,bck,bk->b", rank, found, rank)
        observed = (found.sum(axis=2) * rank**2).sum(axis=1) - cross
        expected = total * (n * rank**2).sum(axis=1) - (n * rank).sum(axis=1) ** 2
        return beyond(small * total * observed, expected, total**4)

    return np.hstack([c, pairs.reshape(len(c), q * q)]), f


def _distance(ratings: Ratings, variant: str) -> np.ndarray:
    """Squared distance of two categories, (q, q)."""
    if variant == "nominal":
        return 1 - np.eye(len(ratings.categories))
    x = np.asarray(ratings.categories, dtype=float)
    apart = np.subtract.outer(x, x)
    if variant == "ratio":
        total = np.add.outer(x, x)
        apart = apart / np.where(total == 0, 1, total)
    return apart**2
