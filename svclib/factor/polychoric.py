"""Polychoric correlations: of the normal variables behind ordered categories.

Two steps (Olsson 1979, Psychometrika 44, 443-460): thresholds from each item's own shares, then
the correlation of every pair by maximum likelihood given the thresholds.  A row moves a
correlation only through its two categories, so its influence is a lookup in a small table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from svclib.factor.sample import Sample

STEPS, CLOSE, EDGE = 200, 1e-12, 0.9999
STEP = 1e-5  # of numerical derivatives
TINY = 1e-300
Moves = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Item(NamedTuple):
    """One item: category of every row (-1 = unanswered), its inner thresholds, weight share answered."""

    code: np.ndarray
    cuts: np.ndarray
    share: float

    @property
    def padded(self) -> np.ndarray:
        """Thresholds with the ends of the line."""
        return np.concatenate([[-np.inf], self.cuts, [np.inf]])


def fit(rows: Sample) -> tuple[np.ndarray, np.ndarray, str, Moves]:
    """Correlation matrix, means (0), note, and influences; see `moments.moments`."""
    k = rows.x.shape[1]
    items = [_item(rows.x[:, j], rows.w) for j in range(k)]
    empty = np.full((k, k), np.nan)
    if any(len(item.cuts) == 0 for item in items):
        return empty, np.zeros(k), "constant_item", _unknown(rows)
    matrix, tables = np.eye(k), {}
    for i in range(k):
        for j in range(i + 1, k):
            weight = _table(items[i], items[j], rows.w)
            if weight.sum() <= 0:
                return empty, np.zeros(k), "no_overlap", _unknown(rows)
            matrix[i, j] = matrix[j, i] = rho = _correlation(items[i], items[j], weight)
            tables[i, j] = _influence(items[i], items[j], rho, weight)
    broken = [rho for rho in matrix[np.triu_indices(k, 1)] if not abs(rho) < EDGE]
    if broken:
        return empty, np.zeros(k), "not_converged", _unknown(rows)
    return matrix, np.zeros(k), "", _looked_up(items, tables)


def _unknown(rows: Sample) -> Moves:
    return lambda gradients, _: np.full((len(rows.w), len(gradients)), np.nan)


def _looked_up(items: list[Item], tables: dict[tuple[int, int], np.ndarray]) -> Moves:
    def moves(gradients: np.ndarray, _: np.ndarray) -> np.ndarray:
        out = np.zeros((len(items[0].code), len(gradients)))
        for (i, j), table in tables.items():
            slope = gradients[:, i, j] + gradients[:, j, i]
            out += table[items[i].code, items[j].code][:, None] * slope
        return out

    return moves


def _item(x: np.ndarray, w: np.ndarray) -> Item:
    seen = ~np.isnan(x)
    code = np.full(len(x), -1)
    code[seen] = np.unique(x[seen], return_inverse=True)[1]
    mass = np.bincount(code[seen], weights=w[seen])
    return Item(code, special.ndtri(np.cumsum(mass)[:-1] / max(mass.sum(), TINY)), float(mass.sum()))


def _table(a: Item, b: Item, w: np.ndarray) -> np.ndarray:
    """Weight of every pair of categories."""
    both = (a.code >= 0) & (b.code >= 0)
    shape = (len(a.cuts) + 1, len(b.cuts) + 1)
    place = a.code[both] * shape[1] + b.code[both]
    return np.bincount(place, weights=w[both], minlength=shape[0] * shape[1]).reshape(shape)


def normal_cdf(h: np.ndarray, k: np.ndarray, rho: float) -> np.ndarray:
    """P(X <= h, Y <= k) of a standard bivariate normal, by Owen's T (1956); infinite limits allowed."""
    h, k = np.broadcast_arrays(np.clip(h, -40, 40), np.clip(k, -40, 40))
    h, k = np.where(h == 0, TINY, h), np.where(k == 0, TINY, k)
    root = np.sqrt(1 - rho**2)
    first = special.owens_t(h, (k / h - rho) / root)
    second = special.owens_t(k, (h / k - rho) / root)
    apart = np.where(h * k < 0, 0.5, 0.0) + np.where((h * k == 0) & (np.minimum(h, k) < 0), 0.5, 0.0)
    return np.clip((special.ndtr(h) + special.ndtr(k)) / 2 - first - second - apart, 0.0, 1.0)


def _density(h: np.ndarray, k: np.ndarray, rho: float) -> np.ndarray:
    """Bivariate normal density, 0 at infinity."""
    h, k = np.broadcast_arrays(h, k)
    ends = np.isinf(h) | np.isinf(k)
    a, b = np.where(ends, 0.0, h), np.where(ends, 0.0, k)
    rest = 1 - rho**2
    value = np.exp(-(a**2 - 2 * rho * a * b + b**2) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
    return np.where(ends, 0.0, value)


def _boxes(corners: np.ndarray) -> np.ndarray:
    """Differences of a function at the corners: its value over every cell."""
    return np.diff(np.diff(corners, axis=0), axis=1)


def _cells(a: Item, b: Item, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Probability of every cell, and its derivative by rho, which is the density at the corners."""
    h, k = a.padded[:, None], b.padded[None, :]
    return np.maximum(_boxes(normal_cdf(h, k, rho)), TINY), _boxes(_density(h, k, rho))


def _correlation(a: Item, b: Item, weight: np.ndarray) -> float:
    """Fisher scoring on atanh(rho), halved until the likelihood does not fall; NaN if it never settles."""
    z, step, share = 0.0, 1.0, weight / weight.sum()
    probability, slope = _cells(a, b, 0.0)
    likelihood = (share * np.log(probability)).sum()
    for _ in range(STEPS):
        gradient, information = (share * slope / probability).sum(), (slope**2 / probability).sum()
        step = gradient / (information * (1 - np.tanh(z) ** 2))
        for _ in range(30):
            if abs(np.tanh(z + step)) < EDGE:
                probability, slope = _cells(a, b, float(np.tanh(z + step)))
                following = (share * np.log(probability)).sum()
                if following >= likelihood - CLOSE:
                    break
            step /= 2
        z, likelihood = z + step, (share * np.log(probability)).sum()
        if abs(step) < CLOSE:
            return float(np.tanh(z))
    return np.nan if abs(step) > 1e-8 else float(np.tanh(z))


def _influence(a: Item, b: Item, rho: float, weight: np.ndarray) -> np.ndarray:
    """What a row of each pair of categories adds, (c + 1, d + 1); the last row and column are unanswered.

    Linearised at the data, not at the model, so it also holds where the answers are no cut
    normal: -dU/drho (rho - rho0) = score of the row + dU/dcuts (cuts - cuts0), U the mean score;
    a threshold at the share F moves by (1[x <= cut] - F)/phi(cut).
    """
    probability, slope = _cells(a, b, rho)
    out = np.zeros((len(a.cuts) + 2, len(b.cuts) + 2))
    out[:-1, :-1] = slope / probability
    out[:-1] += _threshold_part(a, b, rho, weight)[:, None]
    out[:, :-1] += _threshold_part(b, a, rho, weight.T)[None, :]
    return out / (_score(a, b, rho - STEP, weight) - _score(a, b, rho + STEP, weight)) * 2 * STEP


def _score(a: Item, b: Item, rho: float, weight: np.ndarray) -> float:
    probability, slope = _cells(a, b, rho)
    return float((weight * slope / probability).sum())


def _threshold_part(a: Item, b: Item, rho: float, weight: np.ndarray) -> np.ndarray:
    """Per category of `a`: what its thresholds' influence does to the total score."""
    moved = []
    for sign in (1, -1):
        shifted = [a._replace(cuts=a.cuts + sign * STEP * e) for e in np.eye(len(a.cuts))]
        moved.append([_score(item, b, rho, weight) for item in shifted])
    by_cut = np.subtract(*moved) / (2 * STEP)
    below = np.arange(len(a.cuts) + 1)[:, None] <= np.arange(len(a.cuts))
    return (below - special.ndtr(a.cuts)) / stats.norm.pdf(a.cuts) / a.share @ by_cut
