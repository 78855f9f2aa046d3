"""Means and covariances of normal data with missing answers: full information maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from svclib.factor.sample import TOLERANCE, Sample

STEPS, CLOSE, SINGULAR = 2000, 1e-10, 1e-8
Moves = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Pattern(NamedTuple):
    """Rows with the same items answered: their places, the items, and their moments (divisor Σw)."""

    rows: np.ndarray
    at: np.ndarray
    weight: float
    mean: np.ndarray
    cov: np.ndarray


def patterns(rows: Sample) -> list[Pattern]:
    """The patterns of missing answers in `rows`, in a fixed order."""
    seen = ~np.isnan(rows.x)
    bits, code = np.unique(np.packbits(seen, axis=1), axis=0, return_inverse=True)
    kinds = np.unpackbits(bits, axis=1, count=seen.shape[1]).astype(bool)
    order = np.argsort(code.ravel(), kind="stable")
    bounds = np.searchsorted(code.ravel()[order], np.arange(len(kinds) + 1))
    found = []
    for kind, start, stop in zip(kinds, bounds[:-1], bounds[1:], strict=True):
        at, here = np.flatnonzero(kind), order[start:stop]
        x, w = rows.x[np.ix_(here, at)], rows.w[here]
        mean = w @ x / w.sum()
        centred = x - mean
        found.append(Pattern(here, at, float(w.sum()), mean, (w[:, None] * centred).T @ centred / w.sum()))
    return found


def fit(rows: Sample) -> tuple[np.ndarray, np.ndarray, str, Moves]:
    """EM estimates (Dempster, Laird & Rubin 1977), and casewise influences from the observed information."""
    groups = patterns(rows)
    k = rows.x.shape[1]
    sigma, mu, note = climb(groups, *_start(rows.x, rows.w, k))
    if note:
        nowhere = np.full((len(rows.w), 1), np.nan)
        return np.full((k, k), np.nan), mu, note, lambda gradients, _: np.repeat(nowhere, len(gradients), 1)
    curvature = information(groups, mu, sigma)
    i, j = np.triu_indices(k)

    def moves(gradients: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        entries = gradients[:, i, j] + np.where(i == j, 0.0, gradients[:, j, i])
        turned = np.linalg.solve(curvature, np.hstack([slopes, entries]).T).T
        inner = np.zeros((len(gradients), k, k))
        inner[:, i, j] = inner[:, j, i] = turned[:, k:]
        out = np.empty((len(rows.w), len(gradients)))
        for group, inverse, scaled in _scaled(rows, groups, mu, sigma):
            block = inner[:, group.at[:, None], group.at]
            squares = np.einsum("ni,qij,nj->nq", scaled, block, scaled, optimize=True)
            level = (inverse * block).sum(axis=(1, 2))
            out[group.rows] = scaled @ turned[:, group.at].T + (squares - level) / 2
        return out

    return sigma, mu, "", moves


def _start(x: np.ndarray, w: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    seen = ~np.isnan(x)
    total = (w[:, None] * seen).sum(axis=0)
    mu = (w[:, None] * np.where(seen, x, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
    square = (w[:, None] * np.where(seen, x - mu, 0.0) ** 2).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.diag(np.where(square > 0, square, 0.0)).reshape(k, k), mu


def climb(groups: list[Pattern], sigma: np.ndarray, mu: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """EM from independent items; an item without variance has no likelihood."""
    scale = np.diag(sigma)
    if constant(scale, mu).any():
        return sigma, mu, "constant_item"
    for _ in range(STEPS):
        first, second = np.zeros_like(mu), np.zeros_like(sigma)
        for group in groups:
            slope = _regression(sigma, group.at)
            filled = mu + slope @ (group.mean - mu[group.at])
            first += group.weight * filled
            spare = sigma - slope @ sigma[group.at]
            second += group.weight * (slope @ group.cov @ slope.T + np.outer(filled, filled) + spare)
        following = second - np.outer(first, first)
        step = max((abs(following - sigma) / np.sqrt(np.outer(scale, scale))).max(),
                   (abs(first - mu) / np.sqrt(scale)).max())  # fmt: skip
        mu, sigma = first, (following + following.T) / 2
        if np.linalg.eigvalsh(sigma / np.sqrt(np.outer(scale, scale))).min() <= SINGULAR:
            return sigma, mu, "not_positive_definite"
        if step < CLOSE:
            return sigma, mu, ""
    return sigma, mu, "not_converged"


def constant(variance: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Which items do not vary beyond the rounding of their own size."""
    return variance <= TOLERANCE * np.maximum(mean**2, 1e-12)


def _regression(sigma: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Regression of all items on the answered ones, (k, o)."""
    return np.linalg.solve(sigma[np.ix_(at, at)], sigma[at]).T


def _scaled(
    rows: Sample, groups: list[Pattern], mu: np.ndarray, sigma: np.ndarray
) -> Iterator[tuple[Pattern, np.ndarray, np.ndarray]]:
    for group in groups:
        inverse = np.linalg.inv(sigma[np.ix_(group.at, group.at)])
        yield group, inverse, (rows.x[np.ix_(group.rows, group.at)] - mu[group.at]) @ inverse


def information(groups: list[Pattern], mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Observed information about (mu, upper triangle of sigma) of one row, (k + k(k+1)/2, same)."""
    k = len(mu)
    i, j = np.triu_indices(k)
    out = np.zeros((k + len(i), k + len(i)))
    half = np.where(i == j, 0.5, 1.0)
    for group in groups:
        inverse = np.zeros((k, k))
        inverse[np.ix_(group.at, group.at)] = np.linalg.inv(sigma[np.ix_(group.at, group.at)])
        off = np.zeros(k)
        off[group.at] = group.mean - mu[group.at]
        square = np.outer(off, off)
        square[np.ix_(group.at, group.at)] += group.cov
        outer, pull = inverse @ square @ inverse - inverse / 2, inverse @ off
        out[:k, :k] += group.weight * inverse
        mixed = (inverse[:, i] * pull[j] + inverse[:, j] * pull[i]) * half
        out[:k, k:] += group.weight * mixed
        pairs = _both(inverse, outer, i, j) + _both(outer, inverse, i, j)
        out[k:, k:] += group.weight * pairs / 2 * np.outer(half, half)
    out[k:, :k] = out[:k, k:].T
    return out


def _both(a: np.ndarray, b: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """tr(a E b E') over the symmetric unit matrices E of the entries ij."""
    return (a[np.ix_(i, i)] * b[np.ix_(j, j)] + a[np.ix_(j, j)] * b[np.ix_(i, i)]
            + a[np.ix_(i, j)] * b[np.ix_(j, i)] + a[np.ix_(j, i)] * b[np.ix_(i, j)])  # fmt: skip
