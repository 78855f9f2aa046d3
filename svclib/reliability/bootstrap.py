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
        for part in matrices(found, size=size, seed=seed)
    ])  # fmt: skip
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(values, tails, axis=0)
    return values.std(axis=0, ddof=1), nothing, low, high


def _value(one: Coefficient, matrix: np.ndarray, n: float) -> float:
    if not matrix.sum() > 0:
        return np.nan
    return omega.of_matrix(matrix, n) if one.of is None else one.of(matrix)[0]


def matrices(found: Moments, *, size: int, seed: int) -> Iterator[np.ndarray]:
    """Covariance matrices of the resamples, (batch, k, k), divisor the weights of a pair."""
    merged = found.merged is not None and found.rows.independent
    rows = found.basis if merged else found.rows
    units = None if found.rows.independent else rows.psu
    seen = ~np.isnan(rows.x)
    x = np.where(seen, rows.x - found.mean, 0.0)
    w = rows.w[:, None]
    (both, at), (first, own, other) = _shares(w, seen), _firsts(w * x, seen)
    i, j = np.triu_indices(x.shape[1])
    columns = [both, first, (w * x)[:, i] * x[:, j]]
    sums = np.hstack([_summed(part, units) for part in columns])
    rng, n = np.random.default_rng(seed), len(found.rows.w)
    drawn = _kinds(rows.w, n, size, rng) if merged else _units(found.rows, size, rng)
    cut = np.cumsum([both.shape[1], first.shape[1]])
    for counts in drawn:
        weight, level, product = np.split(
            counts @ (sums / rows.w[:, None] / n if merged else sums), cut, axis=1
        )
        weight = weight[:, at]
        with np.errstate(invalid="ignore", divide="ignore"):
            upper = product / weight - level[:, own] * level[:, other] / weight**2
        out = np.empty((len(counts), x.shape[1], x.shape[1]))
        out[:, i, j] = out[:, j, i] = upper
        yield out


def _shares(w: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the rows with both items of a pair, and the column of every pair."""
    i, j = np.triu_indices(seen.shape[1])
    if seen.all():
        return w, np.zeros(len(i), dtype=int)
    return w * seen[:, i] * seen[:, j], np.arange(len(i))


def _firsts(wx: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of an item over the rows that have the other one, and the columns of both items of a pair."""
    k = seen.shape[1]
    i, j = np.triu_indices(k)
    if seen.all():
        return wx, i, j
    return np.repeat(wx, k, axis=1) * np.tile(seen, k), i * k + j, j * k + i


def _summed(z: np.ndarray, units: np.ndarray | None) -> np.ndarray:
    if units is None:
        return z
    return np.column_stack([np.bincount(units, weights=column) for column in z.T])


def _kinds(w: np.ndarray, n: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """How often every set of answers is drawn, (batch, sets)."""
    step = max(1, BATCH // len(w))
    for start in range(0, size, step):
        yield rng.multinomial(n, w / w.sum(), size=min(step, size - start)).astype(float)


def _units(rows: Sample, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """How often every sampling unit is drawn, (batch, units), with replacement within its stratum."""
    units = len(rows.ids)
    layer = np.zeros(units, dtype=int)
    layer[rows.psu] = rows.stratum
    members = [np.flatnonzero(layer == h) for h in range(layer.max() + 1)]
    step = max(1, BATCH // units)
    for start in range(0, size, step):
        batch = min(step, size - start)
        first = units * np.arange(batch)[:, None]
        drawn = [m[rng.integers(len(m), size=(batch, len(m)))] + first for m in members]
        counts = np.bincount(np.hstack(drawn).ravel(), minlength=batch * units)
        yield counts.reshape(batch, units).astype(float)
