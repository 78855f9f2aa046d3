"""Ranks of units over draws, counted so that any number of draws fits in memory."""

from __future__ import annotations

import numpy as np

EXACT = 9  # decimals; scores closer than that are tied


def rank_counts(scores: np.ndarray) -> np.ndarray:
    """How often each unit takes each rank, (U, U), from totals (D, U); ties share the better rank."""
    size, n = scores.shape
    rounded = -np.round(scores, EXACT)
    order = np.argsort(rounded, axis=1)
    ordered = np.take_along_axis(rounded, order, axis=1)
    place = np.broadcast_to(np.arange(n), (size, n)).copy()
    place[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = 0
    np.maximum.accumulate(place, axis=1, out=place)
    return np.bincount((order * n + place).ravel(), minlength=n * n).reshape(n, n)


def rank_ends(counts: np.ndarray, *, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles of the ranks of `rank_counts`, (U,) each; the lower rounds down, the upper up."""
    up_to = counts.cumsum(axis=1)
    last = up_to[:, -1:] - 1
    low = np.floor(last * (1 - confidence) / 2 + 1e-9)
    high = np.ceil(last * (1 + confidence) / 2 - 1e-9)
    return (up_to <= low).sum(axis=1) + 1, (up_to <= high).sum(axis=1) + 1
