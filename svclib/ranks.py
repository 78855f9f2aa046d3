"""Exact rank tests with Hodges–Lehmann estimates; ties are exact too."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import comb
from scipy.stats import rankdata

from svclib.errors import DataError, ParamError

MAX_TOTAL = 200


def signed_rank(x: np.ndarray, y: np.ndarray, *, confidence: float = 0.95) -> pd.DataFrame:
    """Wilcoxon's signed-rank test of x − y: exact p, Hodges–Lehmann shift and interval.

    Parameters
    ----------
    x, y : (n,), paired; pairs without a difference are left out, as Wilcoxon did
    confidence : nominal level; the interval reaches at least it where n allows

    Returns
    -------
    One row: statistic (sum of positive ranks), n, p (two-sided), p_greater, estimate (median
    of the Walsh averages), ci_low, ci_high.
    """
    d = np.asarray(x, dtype=float) - np.asarray(y, dtype=float)
    d = d[d != 0]
    if len(d) == 0:
        raise DataError("signed_rank: no pair differs, so there is nothing to rank")
    ranks = np.rint(2 * rankdata(np.abs(d))).astype(int)  # twice the mid-ranks are whole numbers
    pmf = _signed_pmf(ranks)
    pairs = np.add.outer(d, d)[np.tril_indices(len(d))] / 2
    limits = _limits(pairs, _signed_pmf(np.arange(1, len(d) + 1)), confidence)
    return _row(int(ranks[d > 0].sum()), pmf, len(d), pairs, limits)


def rank_sum(x: np.ndarray, y: np.ndarray, *, confidence: float = 0.95) -> pd.DataFrame:
    """Wilcoxon–Mann–Whitney test of x against y: exact p, Hodges–Lehmann shift and interval.

    Parameters
    ----------
    x, y : (n,), (m,), independent samples, n + m at most 200
    confidence : nominal level; the interval reaches at least it where n and m allow

    Returns
    -------
    One row as `signed_rank`; statistic = pairs with x > y, ties counted ½; estimate = median
    of all differences x − y.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if min(len(x), len(y)) == 0:
        raise DataError(f"rank_sum: {len(x)} and {len(y)} values; both samples need at least one")
    if len(x) + len(y) > MAX_TOTAL:
        raise ParamError(f"rank_sum: {len(x) + len(y)} values; the exact test takes at most {MAX_TOTAL}")
    ranks = np.rint(2 * rankdata(np.concatenate([x, y]))).astype(int)
    least = len(x) * (len(x) + 1)
    pmf = _sum_pmf(ranks, len(x))[least:]
    differences = np.subtract.outer(x, y).ravel()
    untied = _sum_pmf(2 * np.arange(1, len(ranks) + 1), len(x))[least::2]
    limits = _limits(differences, untied, confidence)
    return _row(int(ranks[: len(x)].sum()) - least, pmf, len(ranks), differences, limits)


def _signed_pmf(ranks: np.ndarray) -> np.ndarray:
    """P(sum of positive ranks = s), s = 0 … Σ ranks, each sign a fair coin."""
    pmf = np.ones(1)
    for rank in ranks:
        shifted = np.zeros(len(pmf) + rank)
        shifted[: len(pmf)] += pmf / 2
        shifted[rank:] += pmf / 2
        pmf = shifted
    return pmf


def _sum_pmf(ranks: np.ndarray, n: int) -> np.ndarray:
    """P(sum of n ranks drawn without replacement = s), s = 0 … largest possible."""
    values, counts = np.unique(ranks, return_counts=True)
    ways = np.zeros((n + 1, int(np.sort(ranks)[::-1][:n].sum()) + 1))
    ways[0, 0] = 1.0
    for value, m in zip(values, counts, strict=True):
        new = np.zeros_like(ways)
        for c in range(min(int(m), n) + 1):
            shift = c * int(value)
            if shift < ways.shape[1]:
                new[c:, shift:] += comb(int(m), c) * ways[: n + 1 - c, : ways.shape[1] - shift]
        ways = new
    return ways[n] / ways[n].sum()


def _limits(values: np.ndarray, pmf: np.ndarray, confidence: float) -> tuple[float, float]:
    """Order statistics of `values` cut at the α/2 quantile of the untied null distribution."""
    ordered = np.sort(values)
    cut = max(int(np.searchsorted(np.cumsum(pmf), (1 - confidence) / 2)), 1)
    return float(ordered[cut - 1]), float(ordered[len(ordered) - cut])


def _row(
    doubled: int, pmf: np.ndarray, n: int, values: np.ndarray, limits: tuple[float, float]
) -> pd.DataFrame:
    less, greater = float(pmf[: doubled + 1].sum()), float(pmf[doubled:].sum())
    return pd.DataFrame(
        {
            "statistic": [doubled / 2],
            "n": [n],
            "p": [min(1.0, 2 * min(less, greater))],
            "p_greater": [greater],
            "estimate": [float(np.median(values))],
            "ci_low": [limits[0]],
            "ci_high": [limits[1]],
        }
    )
