"""Changes of proportions and of rates, each p-value from the method that gives the interval."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import mcnemar as _sm_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

from svclib.errors import DataError, ParamError
from svclib.inference.linear import check_confidence

_COLUMNS = ("estimate", "ci_low", "ci_high", "ci90_low", "ci90_high", "p_diff", "p_beyond", "p_equiv")

# Null value -> (P of these data or larger ones, P of these data or smaller ones); level -> limits.
Tails = Callable[[float], tuple[float, float]]
Interval = Callable[[float], tuple[float, float]]


def proportion_change(
    x0: np.ndarray,
    n0: np.ndarray,
    x1: np.ndarray,
    n1: np.ndarray,
    *,
    mid: np.ndarray | float,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Score test and interval (Farrington & Manning 1990) of x1/n1 − x0/n0.

    At a null difference of 0 the test is Pearson's χ² without continuity correction.

    Parameters
    ----------
    x0, n0, x1, n1 : cases and trials of baseline and current, scalars or (m,)
    mid : minimal important difference as a fraction, NaN where none was fixed
    confidence : 1 − α

    Returns
    -------
    DataFrame, m rows: estimate and the columns of `change_test`; NaN where n0 or n1 is 0.
    """
    return _per_row(_score_row, (x0, n0, x1, n1, mid), confidence, _check_proportions)


def newcombe_change(
    x0: np.ndarray,
    n0: np.ndarray,
    x1: np.ndarray,
    n1: np.ndarray,
    *,
    mid: np.ndarray | float,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Newcombe's (1998, method 10) interval of x1/n1 − x0/n0 and the p-values it implies.

    A p-value is the level at which the interval reaches the null value.  Parameters and
    result as `proportion_change`.
    """
    return _per_row(_newcombe_row, (x0, n0, x1, n1, mid), confidence, _check_proportions)


def rate_change(
    events0: np.ndarray,
    exposure0: np.ndarray,
    events1: np.ndarray,
    exposure1: np.ndarray,
    *,
    mid_ratio: np.ndarray | float,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Exact conditional test and interval of the ratio of rates, current over baseline.

    Given the total, current events are binomial with share ρ·T1/(ρ·T1 + T0); the interval is
    Clopper–Pearson's, p-values are twice the smaller tail, so that both always agree.

    Parameters
    ----------
    events0, exposure0, events1, exposure1 : counts and exposures, scalars or (m,); counts that
        scatter more than Poisson are given divided by `inflation`
    mid_ratio : relative change that matters; 0.2 means a ratio beyond 0.8 … 1.2
    confidence : 1 − α

    Returns
    -------
    DataFrame, m rows: estimate (a ratio) and the columns of `change_test` with limits as
    ratios, and p_minlike, the two-sided p of R's poisson.test (whole counts only).  NaN where
    there is no event.
    """
    return _per_row(_rate_row, (events0, exposure0, events1, exposure1, mid_ratio), confidence, _check_rates)


def mcnemar(n10: int, n01: int, *, exact: bool) -> pd.DataFrame:
    """McNemar's test of a paired proportion: statistic and p, one row.

    n10, n01 : pairs that changed from yes to no and from no to yes.
    `exact` uses the binomial, otherwise χ² without continuity correction.
    """
    found: Any = _sm_mcnemar([[0, n10], [n01, 0]], exact=exact, correction=False)
    return pd.DataFrame({"statistic": [float(found.statistic)], "p": [float(found.pvalue)]})


def _per_row(row: Callable, arrays: tuple, confidence: float, check: Callable) -> pd.DataFrame:
    alpha = check_confidence(confidence)
    data = [np.asarray(a, dtype=float) for a in np.broadcast_arrays(*np.atleast_1d(*arrays))]
    check(*data[:4])
    if (data[4] < 0).any():
        raise ParamError(f"mid={data[4].min()!r}; a minimal important difference is not negative")
    return pd.DataFrame([row(*values, alpha) for values in zip(*data, strict=True)])


def _check_proportions(x0: np.ndarray, n0: np.ndarray, x1: np.ndarray, n1: np.ndarray) -> None:
    for name, x, n in (("baseline", x0, n0), ("current", x1, n1)):
        bad = (x < 0) | (x > n)
        if bad.any():
            raise DataError(
                f"{name}: {x[bad][0]:g} cases of {n[bad][0]:g}; cases lie between 0 and the trials"
            )


def _check_rates(e0: np.ndarray, t0: np.ndarray, e1: np.ndarray, t1: np.ndarray) -> None:
    for name, e, t in (("baseline", e0, t0), ("current", e1, t1)):
        bad = (e < 0) | (t <= 0)
        if bad.any():
            raise DataError(f"{name}: {e[bad][0]:g} events in {t[bad][0]:g}; exposure must be positive")


def _row(
    estimate: float, interval: Interval, tails: Tails, nulls: tuple[float, float, float], alpha: float
) -> dict:
    """One result; `nulls` are no change and the two limits of what does not matter."""
    none, low, high = nulls
    larger, smaller = tails(none)
    beyond = tails(high)[0] if estimate > none else tails(low)[1]
    equiv = max(tails(low)[0], tails(high)[1]) if np.isfinite(high) else np.nan
    values = (estimate, *interval(alpha), *interval(2 * alpha), min(1.0, 2 * min(larger, smaller)))
    return dict(zip(_COLUMNS, (*values, np.minimum(1.0, 2 * beyond), equiv), strict=True))


_UNTESTED = dict.fromkeys(_COLUMNS, np.nan)


def _score_row(x0: float, n0: float, x1: float, n1: float, mid: float, alpha: float) -> dict:
    if min(n0, n1) == 0:
        return _UNTESTED

    def tails(null: float) -> tuple[float, float]:
        z = score_z(x0, n0, x1, n1, null)
        return float(stats.norm.sf(z)), float(stats.norm.cdf(z))

    estimate = x1 / n1 - x0 / n0
    reach = partial(_reach, estimate=estimate)

    def interval(level: float) -> tuple[float, float]:
        z = float(stats.norm.ppf(1 - level / 2))
        low = reach(lambda null: score_z(x0, n0, x1, n1, null) - z, end=-1.0)
        return low, reach(lambda null: score_z(x0, n0, x1, n1, null) + z, end=1.0)

    return _row(estimate, interval, tails, (0.0, -mid, mid), alpha)


def _reach(gap: Callable[[float], float], *, estimate: float, end: float) -> float:
    """The null value between the estimate and `end` where `gap` is 0; `end` when there is none."""
    inner = end - np.sign(end) * 1e-12
    if abs(estimate) >= abs(inner) and estimate * end > 0:
        return end
    if gap(estimate) * gap(inner) > 0:
        return end
    return _root(gap, estimate, inner)


def score_z(x0: float, n0: float, x1: float, n1: float, null: float) -> float:
    """Score statistic of H0: p1 − p0 = `null`, with the restricted maximum-likelihood variance.

    Closed form of Farrington & Manning (1990), appendix.  Own code because statsmodels 0.15
    misses the maximum where the null is not 0 (statsmodels#10269) and cannot invert the test
    where a period has 0 % or 100 %.
    """
    if not -1 <= null <= 1:
        return float(np.copysign(np.inf, -null)) if np.isfinite(null) else np.nan
    p0, p1, ratio = x0 / n0, x1 / n1, n0 / n1
    a = 1 + ratio
    b = -(1 + ratio + p1 + ratio * p0 + null * (ratio + 2))
    c = null**2 + null * (2 * p1 + ratio + 1) + p1 + ratio * p0
    d = -p1 * null * (1 + null)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.copysign(np.sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    turn = np.arccos(np.clip(v / u**3, -1, 1)) if u != 0 else np.pi / 2
    current = np.clip(2 * u * np.cos((np.pi + turn) / 3) - b / (3 * a), max(0.0, null), min(1.0, 1 + null))
    before = np.clip(current - null, 0.0, 1.0)
    variance = current * (1 - current) / n1 + before * (1 - before) / n0
    gap = p1 - p0 - null
    if variance <= 0:
        return 0.0 if abs(gap) < 1e-15 else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def _newcombe_row(x0: float, n0: float, x1: float, n1: float, mid: float, alpha: float) -> dict:
    if min(n0, n1) == 0:
        return _UNTESTED
    estimate = x1 / n1 - x0 / n0

    def interval(level: float) -> tuple[float, float]:
        return confint_proportions_2indep(x1, n1, x0, n0, method="newcomb", compare="diff", alpha=level)

    def tails(null: float) -> tuple[float, float]:
        if np.isnan(null):
            return np.nan, np.nan
        side = 0 if null < estimate else 1
        level = _level_reaching(lambda a: interval(a)[side] - null)
        return (level / 2, 1 - level / 2) if null < estimate else (1 - level / 2, level / 2)

    return _row(estimate, interval, tails, (0.0, -mid, mid), alpha)


def _level_reaching(gap: Callable[[float], float]) -> float:
    """The α at which a limit of the interval touches the null value; 0 beyond every interval."""
    low, high = 1e-12, 1 - 1e-12
    if gap(low) * gap(high) > 0:
        return 0.0 if abs(gap(high)) > abs(gap(low)) or abs(gap(high)) > 1e-9 else 1.0
    return _root(gap, low, high)


def _root(gap: Callable[[float], float], low: float, high: float) -> float:
    root: Any = optimize.brentq(gap, low, high, xtol=1e-14)
    return float(root)


def _rate_row(
    events0: float, exposure0: float, events1: float, exposure1: float, mid: float, alpha: float
) -> dict:
    total = events0 + events1
    if total == 0:
        return {**_UNTESTED, "p_minlike": np.nan}

    def share(ratio: float) -> float:
        return ratio * exposure1 / (ratio * exposure1 + exposure0)

    def tails(ratio: float) -> tuple[float, float]:
        p = share(max(ratio, 0.0))
        larger = special.betainc(events1, events0 + 1, p) if events1 > 0 else 1.0
        smaller = special.betaincc(events1 + 1, events0, p) if events0 > 0 else 1.0
        return float(larger), float(smaller)

    def interval(level: float) -> tuple[float, float]:
        low = float(stats.beta.ppf(level / 2, events1, events0 + 1)) if events1 > 0 else 0.0
        high = float(stats.beta.ppf(1 - level / 2, events1 + 1, events0)) if events0 > 0 else 1.0
        odds = exposure0 / exposure1
        return low / (1 - low) * odds, high / (1 - high) * odds if high < 1 else np.inf

    ratio = np.inf if events0 == 0 else events1 / exposure1 / (events0 / exposure0)
    row = _row(ratio, interval, tails, (1.0, 1 - mid, 1 + mid), alpha)
    if not (events0.is_integer() and events1.is_integer()):
        return {**row, "p_minlike": np.nan}
    minlike = stats.binomtest(int(events1), int(total), share(1.0)).pvalue
    return {**row, "p_minlike": float(minlike)}
