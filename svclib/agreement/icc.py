"""Intraclass correlations of complete ratings, from the mean squares of a two-way layout.

n objects by k raters: MSR between objects, MSC between raters, MSE what is left, MSW within
objects (MSC and MSE together).  Shrout & Fleiss (1979), Psychological Bulletin 86, 420-428;
McGraw & Wong (1996), Psychological Methods 1, 30-46, whose names the variants follow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats

from svclib.agreement.engine import Function

SEED, DRAWS = 1993, 20_000
VARIANTS = ("1", "a1", "c1", "1k", "ak", "ck")


class Squares(NamedTuple):
    """Mean squares, each (B,) or a number."""

    msr: np.ndarray
    msc: np.ndarray
    mse: np.ndarray
    msw: np.ndarray


def sums(x: np.ndarray) -> np.ndarray:
    """[ratings, their sum of squares, their squared sum] of each object, (n, k + 2)."""
    x = x - x.mean()
    return np.column_stack([x, (x**2).sum(axis=1), x.sum(axis=1) ** 2])


def squares(t: np.ndarray, weight: np.ndarray) -> Squares:
    """Mean squares from weighted means `t` (B, k + 2) of `sums`; n is 1 / sum of squared weights."""
    k, n = t.shape[1] - 2, 1 / (weight**2).sum()
    mean, free = t[:, :k], n / (n - 1)
    total = mean.sum(axis=1)
    msr = free * (t[:, k + 1] - total**2) / k
    mse = (free * (t[:, k] - (mean**2).sum(axis=1)) - msr) / (k - 1)
    msc = n * ((mean**2).sum(axis=1) - total**2 / k) / (k - 1)
    return Squares(msr, msc, mse, (msc + (n - 1) * mse) / n)


def build(x: np.ndarray, weight: np.ndarray, variant: str) -> tuple[np.ndarray, Function]:
    """Sums (n, k + 2) and the function of their weighted mean that is ICC `variant`."""
    k, n = x.shape[1], 1 / (weight**2).sum()

    def f(t: np.ndarray) -> np.ndarray:
        msr, msc, mse, msw = squares(t, weight)
        error = msw if variant.startswith("1") else mse
        raters = (msc - mse) / n if variant.startswith("a") else 0.0
        if variant.endswith("k"):
            return (msr - error) / (msr + raters)
        return (msr - error) / (msr + (k - 1) * error + k * raters)

    return sums(x), f


def _of(x: np.ndarray) -> tuple[float, float, float, float]:
    """MSR, MSC, MSE, MSW of ratings x (n, k) of equal weight."""
    n = len(x)
    found = squares(sums(x).mean(axis=0)[None], np.full(n, 1 / n))
    return tuple(float(v[0]) for v in found)  # pyright: ignore[reportReturnType]


def f_limits(x: np.ndarray, variant: str, confidence: float) -> tuple[float, float, float]:
    """Limits by F and the degrees of freedom of the error; equal weights, normal ratings.

    Exact but for the A forms, whose limits cover .84 to .93 instead of .95 where few raters
    differ as much as the ratings of one object do (3 raters, 100 objects: .84).
    """
    n, k = x.shape
    msr, msc, mse, msw = _of(x)
    upper = (1 + confidence) / 2
    if variant.startswith("a"):
        low, high, df = _absolute((msr, msc, mse), (n, k), upper)
    else:
        one_way = variant.startswith("1")
        ratio, df = (msr / msw, n * (k - 1.0)) if one_way else (msr / mse, (n - 1) * (k - 1.0))
        low, high = ratio / stats.f.ppf(upper, n - 1, df), ratio * stats.f.ppf(upper, df, n - 1)
        low, high = (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    if variant.endswith("k"):
        low, high = _stepped_up(low, k), _stepped_up(high, k)
    return low, high, df


def generalised_limits(x: np.ndarray, variant: str, confidence: float) -> tuple[float, float]:
    """Generalised limits of the A forms (Weerahandi 1993, JASA 88, 899-905), covering .94 to .96.

    Quantiles of the coefficient over draws of the true mean squares given the found ones, each
    MS · df / chi-square; always the same draws.
    """
    n, k = x.shape
    rng = np.random.default_rng(SEED)
    freedom = (n - 1, k - 1, (n - 1) * (k - 1))
    msr, msc, mse = (ms * df / rng.chisquare(df, DRAWS) for ms, df in zip(_of(x), freedom, strict=False))
    rho = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    low, high = np.quantile(rho, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (_stepped_up(low, k), _stepped_up(high, k)) if variant.endswith("k") else (float(low), float(high))


def _absolute(
    found: tuple[float, float, float], shape: tuple[int, int], upper: float
) -> tuple[float, float, float]:
    """McGraw & Wong (1996), table 7: ICC(A,1), the raters' variance by Satterthwaite."""
    (msr, msc, mse), (n, k) = found, shape
    rho = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    a, b = k * rho / (n * (1 - rho)), 1 + k * rho * (n - 1) / (n * (1 - rho))
    df = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    rest = k * msc + (k * n - k - n) * mse
    f = float(stats.f.ppf(upper, n - 1, df))
    low = n * (msr - f * mse) / (f * rest + n * msr)
    f = float(stats.f.ppf(upper, df, n - 1))
    return low, n * (f * msr - mse) / (rest + n * f * msr), df


def _stepped_up(r: float, k: int) -> float:
    """Spearman & Brown: the mean of k raters; without a lower bound where one rater's has none."""
    return float(k * r / (1 + (k - 1) * r)) if 1 + (k - 1) * r > 0 else -np.inf
