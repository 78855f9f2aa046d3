"""Standard errors, degrees of freedom and confidence limits of a reliability.

The default holds for ceiling effects and small samples, where the usual ones do not
(tests/test_reliability_slow.py): the influence of a sampling unit counts 1/(1 - h) times, h
its share in the variance of the sum (for alpha: leaving the unit out, the jackknife), and the
degrees of freedom follow the kurtosis of the influences.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from svclib import factor
from svclib.errors import ParamError
from svclib.factor import Moments, Sample

INTERVALS = ("adf", "adf_wald", "feldt", "bonett", "bootstrap")
NORMAL = ("feldt", "bonett")  # for alpha of independent rows alone
TOLERANCE = 1e-12  # of the largest variance: anything below is rounding noise


class Units(NamedTuple):
    """What sampling units add, (G, q): squares times `times` add up to the variance; their df."""

    z: np.ndarray
    times: np.ndarray
    df: float


def units(found: Moments, moves: np.ndarray, *, plain: bool = False, each: bool = False) -> Units:
    """What every sampling unit adds to statistics.

    Parameters
    ----------
    moves : ndarray, (rows, q), influences of the rows of `found.basis`
    plain : leave the factor 1/(1 - h) out
    each : one row per unit, in the order of `found.rows.ids`, also where units give the same answers
    """
    rows, basis = found.rows, found.basis
    square = np.zeros(len(basis.w)) if plain else _sum_squares(basis)
    if found.merged is not None and rows.independent and not each:
        n = len(rows.w)
        held, times = square / n, basis.w * n
        z, df = moves / np.sqrt(n * (n - 1.0)), n - 1.0
    else:
        z, df = factor.scores(rows, found.spread_out(moves))
        held = np.bincount(rows.psu, weights=rows.w * found.spread_out(square), minlength=len(z))
        times = np.ones(len(z))
    return Units(z / (1 - held / max(times @ held, TOLERANCE))[:, None], times, df)


def _sum_squares(rows: Sample) -> np.ndarray:
    """Squared distance of every row's sum from the mean sum, (n,); what is unanswered adds nothing."""
    x = rows.x
    seen = ~np.isnan(x)
    if seen.all():
        total = x.sum(axis=1)
        return (total - rows.w @ total) ** 2
    weight = rows.w @ seen
    mean = (rows.w @ np.where(seen, x, 0.0)) / np.where(weight > 0, weight, 1.0)
    return np.where(seen, x - mean, 0.0).sum(axis=1) ** 2


def error(found: Moments, moves: np.ndarray, *, plain: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors (q,) and df (q,) of statistics with influences `moves` of the rows of `found.basis`.

    1/df = 1/(units - strata) + max(excess kurtosis of the units' influences, 0)/(2 units), which
    matches the variance of the variance (Satterthwaite 1946); `plain`: units - strata. NaN with
    a single sampling unit.
    """
    return root_and_df(units(found, moves, plain=plain), plain=plain)


def root_and_df(of: Units, *, plain: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Root of the sum of squares of every column, and its df; see `error`."""
    z, times, df = of
    n = times.sum()
    if not n >= 2:
        return np.full(z.shape[1], np.nan), np.full(z.shape[1], np.nan)
    square = z**2
    variance = times @ square
    if plain or not df > 0:
        return np.sqrt(variance), np.full(z.shape[1], df)
    moved = np.where(variance > 0, variance, 1.0) ** 2
    excess = np.maximum(n * (times @ square**2) / moved - 3, 0.0)
    return np.sqrt(variance), 1 / (1 / df + excess / (2 * n))


def limits(
    estimate: np.ndarray, se: np.ndarray, df: np.ndarray, confidence: float, *, top: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Limits estimate ± t(df) se, not above `top`."""
    reach = stats.t.ppf((1 + confidence) / 2, np.where(df > 0, df, np.nan)) * se
    return estimate - reach, np.minimum(estimate + reach, top)


def feldt(alpha: float, n: float, k: int, confidence: float) -> tuple[float, float]:
    """Exact limits for normal items, F(n-1, (n-1)(k-1)) (Feldt 1965, Psychometrika 30, 357-370)."""
    tails = np.array([(1 + confidence) / 2, (1 - confidence) / 2])
    low, high = 1 - (1 - alpha) * stats.f.ppf(tails, n - 1, (n - 1) * (k - 1))
    return float(low), float(high)


def bonett(alpha: float, n: float, k: int, confidence: float) -> tuple[float, float]:
    """Limits of log(1 - alpha) with variance 2k/((k-1)(n-2)), less log(n/(n-1)).

    Bonett (2002), Journal of Educational and Behavioral Statistics 27, 335-340.
    """
    if n <= 2:
        return np.nan, np.nan
    centre = math.log(1 - alpha) - math.log(n / (n - 1))
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt(2 * k / ((k - 1) * (n - 2)))
    return 1 - math.exp(centre + reach), 1 - math.exp(centre - reach)


def normal_error(matrix: np.ndarray, gradient: np.ndarray, n: float) -> float:
    """Standard error under normality, sqrt(2 tr(GSGS)/(n - 1)) (van Zyl, Neudecker & Nel 2000)."""
    moved = gradient @ matrix
    return float(np.sqrt(2 * (moved * moved.T).sum() / (n - 1)))


def plan_n(k: int, alpha: float, width: float, *, confidence: float = 0.95) -> float:
    """Respondents for an interval of alpha with the full `width`, unrounded.

    8k/(k-1) (z / log((1 - L)/(1 - U)))² + 2 with L, U = alpha ∓ width/2 (Bonett 2002, Eq. 5).
    """
    low, high = alpha - width / 2, alpha + width / 2
    if k < 2 or width <= 0 or high >= 1:
        raise ParamError(
            f"k={k}, alpha={alpha:g}, width={width:g}: at least 2 items, a width above 0, "
            "and an interval that ends below 1 are needed."
        )
    z = float(stats.norm.ppf((1 + confidence) / 2))
    return 8 * k / (k - 1) * (z / math.log((1 - low) / (1 - high))) ** 2 + 2
