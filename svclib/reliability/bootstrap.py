"""Percentile intervals: all resamples of the sampling units in a few matrix products.

Every coefficient is a function of sums over units, so B resamples are W Z, W the (B, units)
counts and Z the sums of each unit.  Rows of a questionnaire repeat: independent rows with the
same answers are one unit drawn several times, which changes nothing but the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from svclib.factor import Moments, Sample
from svclib.reliability import omega
from svclib.reliability.scale import Coefficient

RESAMPLES, SEED, BATCH = 2000, 0, 1 << 22


def resampled(
    found: Moments,
    asked: Sequence[Coefficient],
    *,
    confidence: float = 0.95,
    size: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[np.ndarray, ...]:
    """Standard deviation, df (NaN) and percentile limits of coefficients over `size` resamples, (q,) each.

    NaN with a single sampling unit, and where a resample has no value (say nobody differs in it).
    """
    nothing = np.full(len(asked), np.nan)
    if len(found.rows.ids) < 2:
        return nothing, nothing, nothing, nothing
    values = np.concatenate([
        [[_value(one, matrix, found.n) for one in asked] for matrix in part]
        for part in matrices(found.rows, size=size, seed=seed)
    ])  # fmt: skip
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(values, tails, axis=0)
    return values.std(axis=0, ddof=1), nothing, low, high


def _value(one: Coefficient, matrix: np.ndarray, n: float) -> float:
    if not matrix.sum() > 0:
        return np.nan
    return omega.of_matrix(matrix, n) if one.of is None else one.of(matrix)[0]


def matrices(rows: Sample, *, size: int, seed: int) -> Iterator[np.ndarray]:
    """Covariance matrices of the resamples, (batch, k, k), divisor the weights of a pair."""
    k = rows.x.shape[1]
    seen = ~np.isnan(rows.x)
    x = np.where(seen, rows.x - np.nanmean(rows.x, axis=0), 0.0)
    i, j = np.triu_indices(k)
    rng = np.random.default_rng(seed)
    if rows.independent:
        kinds, times = np.unique(np.where(seen, x, np.nan), axis=0, return_counts=True)
        x, seen, w, units, layers = np.nan_to_num(kinds), ~np.isnan(kinds), np.ones(len(kinds)), None, [times]
    else:
        w, units = rows.w, rows.psu
        layers = _layers(rows)
    both = _summed((w[:, None] * seen[:, i]) * seen[:, j], units)
    first = _summed((w[:, None] * x)[:, np.repeat(np.arange(k), k)] * np.tile(seen, k), units)
    second = _summed((w[:, None] * x)[:, i] * x[:, j], units)
    for counts in _counts(layers, size, rng):
        yield _covariances(counts @ both, (counts @ first).reshape(-1, k, k), counts @ second)


def _summed(z: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    if units is None:
        return z
    return np.column_stack([np.bincount(units, weights=column) for column in z.T])


def _layers(rows: Sample) -> list[np.ndarray]:
    """Per stratum: which sampling units may be drawn, as counts over all units."""
    layer = np.zeros(len(rows.ids), dtype=int)
    layer[rows.psu] = rows.stratum
    return [(layer == h).astype(int) for h in range(layer.max() + 1)]


def _counts(layers: list[np.ndarray], size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """How often every unit is drawn, (batch, units), with replacement within its stratum."""
    step = max(1, BATCH // len(layers[0]))
    for start in range(0, size, step):
        batch = min(step, size - start)
        yield np.sum([rng.multinomial(h.sum(), h / h.sum(), size=batch) for h in layers], axis=0, dtype=float)


def _covariances(both: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Matrices from the sums of pair weights, of items over the rows of the other, and of products."""
    k = first.shape[1]
    i, j = np.triu_indices(k)
    with np.errstate(invalid="ignore", divide="ignore"):
        upper = second / both - first[:, i, j] * first[:, j, i] / both**2
    out = np.empty((len(both), k, k))
    out[:, i, j] = out[:, j, i] = upper
    return out
