"""t tests of a change that has an estimate, a standard error and degrees of freedom."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib.errors import ParamError


class Sample(NamedTuple):
    """Size, mean and standard deviation (divisor n − 1) of one period; arrays allowed."""

    n: np.ndarray | float
    mean: np.ndarray | float
    sd: np.ndarray | float


def check_confidence(confidence: float) -> float:
    """Return α = 1 − confidence.

    Raises
    ------
    ParamError
        `confidence` is not between 0.5 and 1.
    """
    if not 0.5 < confidence < 1:
        raise ParamError(f"confidence={confidence!r}; give a number between 0.5 and 1, e.g. 0.95")
    return 1 - confidence


def change_test(
    estimate: np.ndarray, se: np.ndarray, df: np.ndarray, *, mid: np.ndarray | float, confidence: float = 0.95
) -> pd.DataFrame:
    """Interval and three p-values of changes, one row per change.

    Parameters
    ----------
    estimate, se, df : (m,), change, its standard error and degrees of freedom
    mid : minimal important difference, ≥ 0, same unit; NaN where none was fixed
    confidence : 1 − α

    Returns
    -------
    DataFrame with ci_low, ci_high (level 1 − α), ci90_low, ci90_high (level 1 − 2α) and

    - p_diff: two-sided t test of no change; < α when the interval leaves out 0
    - p_beyond: 2·P(T > (|change| − mid)/se), at most 1; < α when the interval lies beyond ±mid
    - p_equiv: the larger of the two one-sided tests (Schuirmann 1987); < α when the 1 − 2α
      interval lies inside ±mid

    A change with se 0 or NaN is never tested: all NaN.
    """
    alpha = check_confidence(confidence)
    estimate, se, df, mid = (
        np.asarray(a, dtype=float) for a in np.broadcast_arrays(*np.atleast_1d(estimate, se, df, mid))
    )
    if (mid < 0).any():
        raise ParamError(f"mid={mid.min()!r}; a minimal important difference is not negative")
    testable = (se > 0) & (df > 0)
    se = np.where(testable, se, np.nan)
    df = np.where(testable, df, np.nan)
    wide, narrow = stats.t.ppf(1 - alpha / 2, df) * se, stats.t.ppf(1 - alpha, df) * se
    return pd.DataFrame(
        {
            "ci_low": estimate - wide,
            "ci_high": estimate + wide,
            "ci90_low": estimate - narrow,
            "ci90_high": estimate + narrow,
            "p_diff": 2 * stats.t.sf(np.abs(estimate) / se, df),
            "p_beyond": np.minimum(2 * stats.t.sf((np.abs(estimate) - mid) / se, df), 1.0),
            "p_equiv": stats.t.sf((mid - np.abs(estimate)) / se, df),
        }
    )


def mean_change(
    baseline: Sample, current: Sample, *, mid: np.ndarray | float, confidence: float = 0.95
) -> pd.DataFrame:
    """Welch's test of current − baseline from summaries: estimate, se, df and `change_test`.

    Fewer than two values in a period leave no SE: the row is not tested.
    """
    n0, m0, s0 = (np.atleast_1d(np.asarray(a, dtype=float)) for a in baseline)
    n1, m1, s1 = (np.atleast_1d(np.asarray(a, dtype=float)) for a in current)
    enough = (n0 > 1) & (n1 > 1)
    v0, v1 = (np.where(enough, s**2 / np.maximum(n, 1), np.nan) for s, n in ((s0, n0), (s1, n1)))
    spread = v0**2 / np.maximum(n0 - 1, 1) + v1**2 / np.maximum(n1 - 1, 1)
    total = v0 + v1
    df = np.divide(total**2, spread, out=np.full(total.shape, np.nan), where=spread > 0)
    change = pd.DataFrame({"estimate": m1 - m0, "se": np.sqrt(total), "df": df})
    return pd.concat(
        [change, change_test(m1 - m0, np.sqrt(total), df, mid=mid, confidence=confidence)], axis=1
    )
