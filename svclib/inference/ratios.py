"""Changes as ratios: times on the log scale, rates with more scatter than Poisson, survival."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib.errors import DataError, ParamError
from svclib.inference.linear import check_confidence


class Survival(NamedTuple):
    """Times (n,), and whether each had ended; one that had not lasted at least that long."""

    times: np.ndarray
    ended: np.ndarray


def ratio_change(
    log_ratio: np.ndarray,
    se: np.ndarray,
    df: np.ndarray,
    *,
    mid_ratio: np.ndarray | float,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Student's t test of ratios whose logarithm has an estimate, a standard error and degrees of freedom.

    Parameters
    ----------
    log_ratio, se, df : (m,), log of current over baseline, its SE and df
    mid_ratio : relative change that matters; 0.2 means a ratio beyond 0.8 … 1.2; NaN = none fixed
    confidence : 1 − α

    Returns
    -------
    DataFrame, m rows: estimate and the limits as ratios, and the three p-values of
    `change_test` with log(1 − mid) and log(1 + mid) as the limits of what does not matter.
    A fall of 100 % or more cannot be: from mid 1 on only a rise can be beyond it.  se 0 or NaN
    is never tested.
    """
    alpha = check_confidence(confidence)
    log_ratio, se, df, mid = (
        np.asarray(a, dtype=float) for a in np.broadcast_arrays(*np.atleast_1d(log_ratio, se, df, mid_ratio))
    )
    if (mid < 0).any():
        raise ParamError(f"mid={mid.min()!r}; a minimal important difference is not negative")
    testable = (se > 0) & (df > 0)
    se, df = np.where(testable, se, np.nan), np.where(testable, df, np.nan)
    with np.errstate(divide="ignore"):
        low, high = np.log(np.maximum(1 - mid, 0.0)), np.log1p(mid)
    wide, narrow = stats.t.ppf(1 - alpha / 2, df) * se, stats.t.ppf(1 - alpha, df) * se
    beyond = np.where(log_ratio > 0, (log_ratio - high) / se, (low - log_ratio) / se)
    inside = np.minimum((log_ratio - low) / se, (high - log_ratio) / se)
    return pd.DataFrame(
        {
            "estimate": np.exp(log_ratio),
            "ci_low": np.exp(log_ratio - wide),
            "ci_high": np.exp(log_ratio + wide),
            "ci90_low": np.exp(log_ratio - narrow),
            "ci90_high": np.exp(log_ratio + narrow),
            "p_diff": 2 * stats.t.sf(np.abs(log_ratio) / se, df),
            "p_beyond": np.minimum(2 * stats.t.sf(beyond, df), 1.0),
            "p_equiv": stats.t.sf(inside, df),
        }
    )


def scatter(events: np.ndarray, exposure: np.ndarray) -> tuple[float, int]:
    """Pearson's χ² of the counts of sub-periods against one rate, and its degrees of freedom.

    events, exposure : (k,), exposure positive.  Given their total, Poisson counts make the mean
    of χ² exactly k − 1 however few they are; 0 with 0 df where there is no event or one sub-period.
    """
    events, exposure = np.asarray(events, dtype=float), np.asarray(exposure, dtype=float)
    if (exposure <= 0).any():
        raise DataError(f"exposure {exposure.min():g} of a sub-period; exposure must be positive")
    total = float(events.sum())
    if total == 0 or len(events) < 2:
        return 0.0, 0
    expected = total * exposure / exposure.sum()
    return float(((events - expected) ** 2 / expected).sum()), len(events) - 1


def inflation(chi2: float, df: float, *, confidence: float = 0.95) -> float:
    """By how much to divide counts that scatter more than Poisson, never below 1.

    φ·(t/z)² with φ = χ²/df (McCullagh & Nelder 1989, 6.2.3) and the two-sided quantiles of t on
    `df` and of z: an effective number of events, as Korn & Graubard (1998) do for proportions of a
    complex survey.  With many events the exact interval of the counts so divided is that of
    quasi-Poisson with its t quantile; it stays defined where a period has no event.
    """
    alpha = check_confidence(confidence)
    if not df > 0:
        return 1.0
    wider = stats.t.ppf(1 - alpha / 2, df) / stats.norm.ppf(1 - alpha / 2)
    return max(1.0, chi2 / df * float(wider) ** 2)


def logrank(baseline: Survival, current: Survival) -> tuple[float, float]:
    """Log-rank z and two-sided p (Mantel 1966; Peto & Peto 1972): z > 0 when times became longer.

    NaN where nothing ended or one period is empty.
    """
    if not len(baseline.times) or not len(current.times):
        return np.nan, np.nan
    samples = [
        stats.CensoredData.right_censored(np.asarray(s.times, dtype=float), ~np.asarray(s.ended, dtype=bool))
        for s in (baseline, current)
    ]
    if not (np.any(baseline.ended) or np.any(current.ended)):
        return np.nan, np.nan
    found = stats.logrank(x=samples[0], y=samples[1])
    return float(found.statistic), float(found.pvalue)
