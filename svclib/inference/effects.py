"""How large a change is: standardised mean difference and P(superiority), each with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from svclib.inference.linear import check_confidence

_STEP = 1e-4


def hedges_g(
    change: np.ndarray, se: np.ndarray, df: np.ndarray, sd: np.ndarray, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Hedges' g of changes with an interval that leaves out 0 exactly when p < α.

    Parameters
    ----------
    change, se, df : (m,), change of a mean, its standard error and degrees of freedom
    sd : (m,), pooled standard deviation of the single answers
    confidence : 1 − α

    Returns
    -------
    DataFrame of m rows: effect_size = J·change/sd with J = Γ(df/2)/(√(df/2)·Γ((df − 1)/2)) (Hedges
    1981), effect_low, effect_high from inverting the noncentral t at change/se (Cumming & Finch
    2001), times J·se/sd.  With se = sd·√(1/n₀ + 1/n₁) and df = n₀ + n₁ − 2 that is the g of two
    independent samples; other designs keep their own se.  NaN where se or sd is 0 or not known.
    """
    alpha = check_confidence(confidence)
    change, se, df, sd = (
        np.asarray(a, dtype=float) for a in np.broadcast_arrays(*np.atleast_1d(change, se, df, sd))
    )
    known = (se > 0) & (sd > 0) & (df > 1)
    change, se, df, sd = (np.where(known, a, np.nan) for a in (change, se, df, sd))
    small = np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    t, scale = change / se, small * se / sd
    return pd.DataFrame(
        {
            "effect_size": small * change / sd,
            "effect_low": scale * _noncentrality(1 - alpha / 2, df, t),
            "effect_high": scale * _noncentrality(alpha / 2, df, t),
        }
    )


def _noncentrality(level: float, df: np.ndarray, t: np.ndarray) -> np.ndarray:
    """δ at which P(T′ ≤ t) = level; scipy's inverse is good to 1e-6, a Newton step does the rest."""
    found = np.full(t.shape, np.nan)
    at = np.isfinite(t)
    df, t = df[at], t[at]
    delta = special.nctdtrinc(df, level, t)
    here, next_to = special.nctdtr(df, delta, t), special.nctdtr(df, delta + _STEP, t)
    found[at] = delta - (here - level) * _STEP / (next_to - here)
    return found


def superiority(counts0: np.ndarray, counts1: np.ndarray) -> np.ndarray:
    """P(X1 > X0) + ½ P(X1 = X0) from counts per ordered category, (..., categories) → (...).

    Equals the Mann–Whitney U of the current period over n0·n1; NaN when a period is empty.
    """
    c0, c1 = np.asarray(counts0, dtype=float), np.asarray(counts1, dtype=float)
    below = np.cumsum(c0, axis=-1) - c0 / 2
    pairs = c0.sum(axis=-1) * c1.sum(axis=-1)
    wins = (c1 * below).sum(axis=-1)
    return np.divide(wins, pairs, out=np.full(np.shape(pairs), np.nan), where=pairs > 0)


def superiority_interval(
    counts0: np.ndarray, counts1: np.ndarray, *, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of P(superiority) of independent samples, (..., categories) → two of (...).

    Variance of the placements and df as Brunner & Munzel (2000), on the logit scale so that the
    limits stay in [0, 1].  NaN with fewer than two answers in a period, and where the two do not
    overlap at all.
    """
    alpha = check_confidence(confidence)
    c0, c1 = np.asarray(counts0, dtype=float), np.asarray(counts1, dtype=float)
    p = superiority(c0, c1)
    spread = [_placement_variance(own, other) for own, other in ((c0, c1), (c1, c0))]
    n = [c.sum(axis=-1) for c in (c0, c1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [v / m for v, m in zip(spread, n, strict=True)]
        total = parts[0] + parts[1]
        df = total**2 / (parts[0] ** 2 / (n[0] - 1) + parts[1] ** 2 / (n[1] - 1))
        half = special.stdtrit(df, 1 - alpha / 2) * np.sqrt(total) / (p * (1 - p))
        return special.expit(special.logit(p) - half), special.expit(special.logit(p) + half)


def _placement_variance(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Variance (divisor n − 1) over the answers of `own` of the share of `other` below them."""
    n, size = own.sum(axis=-1), other.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        place = (np.cumsum(other, axis=-1) - other / 2) / size
        mean = (own * place).sum(axis=-1) / n
        return (own * (place - mean[..., None]) ** 2).sum(axis=-1) / (n - 1)
