"""Exact conditional tests on values that sit on a lattice."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from scipy.special import comb

from svclib.errors import DataError, ParamError

MAX_DENOMINATOR = 60
MAX_TOTAL = 400


def midp_permutation(x0: np.ndarray, x1: np.ndarray) -> float:
    """Exact two-sided permutation mid-p of the difference of means.

    P(|D| > |d|) + ½ P(|D| = |d|) over all ways to deal the pooled values into two groups of
    the given sizes, by dynamic programming over the distinct values.  NaN when a group is empty.

    Raises
    ------
    DataError
        The values are not fractions with a common denominator (weighted means are not).
    ParamError
        More than 400 values in all.
    """
    n0, n1 = len(x0), len(x1)
    if min(n0, n1) == 0:
        return math.nan
    steps = _steps(np.concatenate([x0, x1]))
    values, counts = np.unique(steps, return_counts=True)
    total, observed = int(steps.sum()), int(steps[n0:].sum())
    ways = np.zeros((n1 + 1, total + 1))
    ways[0, 0] = 1.0
    for value, m in zip(values, counts, strict=True):
        new = np.zeros_like(ways)
        for c in range(min(m, n1) + 1):
            shift = c * value
            new[c:, shift:] += comb(m, c) * ways[: n1 + 1 - c, : total + 1 - shift]
        ways = new
    # |sum·n − n1·total| is the distance from the mean in whole numbers: ties are exact.
    distance = np.abs(np.arange(total + 1) * (n0 + n1) - n1 * total)
    return _midp(ways[n1], distance, abs(observed * (n0 + n1) - n1 * total))


def midp_sign_flip(differences: np.ndarray) -> float:
    """Exact two-sided sign-flip mid-p of the mean of paired differences; NaN when all are 0."""
    d = np.asarray(differences, dtype=float)
    signed = np.rint(d * _denominator(d)).astype(int)
    steps = np.abs(signed[signed != 0])
    if len(steps) == 0:
        return math.nan
    weight = np.ones(1)
    for value, m in zip(*np.unique(steps, return_counts=True), strict=True):
        flips = np.zeros(m * value + 1)
        flips[::value] = comb(m, np.arange(m + 1)) / 2.0**m
        weight = np.convolve(weight, flips)
    distance = np.abs(2 * np.arange(len(weight)) - steps.sum())
    return _midp(weight, distance, abs(int(signed.sum())))


def _midp(weight: np.ndarray, distance: np.ndarray, observed: int) -> float:
    tail = weight[distance > observed].sum() + weight[distance == observed].sum() / 2
    return float(tail / weight.sum())


def _denominator(values: np.ndarray) -> int:
    fractions = [Fraction(float(v)).limit_denominator(MAX_DENOMINATOR) for v in np.unique(values)]
    off = [float(v) for v, f in zip(np.unique(values), fractions, strict=True) if abs(float(f) - v) > 1e-9]
    if off:
        raise DataError(
            f"exact test: {off[:3]} are not fractions with a denominator up to {MAX_DENOMINATOR}. "
            "Use the t test."
        )
    return math.lcm(*(f.denominator for f in fractions))


def _steps(values: np.ndarray) -> np.ndarray:
    """The values as whole numbers from 0 on their lattice."""
    if len(values) > MAX_TOTAL:
        raise ParamError(f"exact test: {len(values)} values; at most {MAX_TOTAL}. Use the t test for more.")
    values = np.asarray(values, dtype=float)
    return np.rint((values - values.min()) * _denominator(values)).astype(int)
