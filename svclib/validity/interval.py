"""Confidence limits on the scale where an estimate is closest to normal."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from svclib.errors import ParamError
from svclib.factor import Moments, Sample, scores

WIDE = 700.0  # on the log scale: any wider is no number
SCALES = ("wald", "log", "fisher", "logit")
METHODS = {
    "wald": "adf_wald",
    "log": "adf",
    "fisher": "adf_fisher",
    "logit": "adf_logit",
}  # as rows name them


def interval(
    estimate: ArrayLike, se: ArrayLike, df: ArrayLike, *, scale: str, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of estimates: t on the estimate itself, its log, atanh or logit, and back.

    Parameters
    ----------
    estimate, se, df : array_like, (q,)
    scale : {"wald", "log", "fisher", "logit"}
        For any number, for positive ones, for correlations, for shares.

    Returns
    -------
    low, high : ndarray, (q,); NaN where the estimate is outside its scale, such as a correlation
        above 1, or has no standard error.
    """
    if scale not in SCALES:
        raise ParamError(f"scale={scale!r}; choose one of {list(SCALES)}")
    x, error = np.atleast_1d(np.asarray(estimate, float)), np.atleast_1d(np.asarray(se, float))
    inside = {"wald": x == x, "log": x > 0, "fisher": abs(x) < 1, "logit": (x > 0) & (x < 1)}[scale]
    x = np.where(inside, x, np.nan)
    reach = stats.t.ppf((1 + confidence) / 2, df) * error
    if scale == "wald":
        return x - reach, x + reach
    if scale == "log":
        wide = np.minimum(reach / x, WIDE)
        return x * np.exp(-wide), x * np.exp(wide)
    if scale == "fisher":
        z, wide = np.arctanh(x), reach / (1 - x**2)
        return np.tanh(z - wide), np.tanh(z + wide)
    place, wide = special.logit(x), reach / (x * (1 - x))
    return special.expit(place - wide), special.expit(place + wide)


def error(rows: Sample, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors and df (q,) of statistics with casewise influences `moves` (n, q).

    1/df = 1/(units - strata) + max(excess kurtosis of the units' influences, 0)/(2 units), which
    matches the variance of the variance (Satterthwaite 1946).
    """
    z, df = scores(rows, moves)
    square = (z**2).sum(axis=0)
    fourth = np.divide(
        (z**4).sum(axis=0) * len(z), square**2, out=np.full(len(square), 3.0), where=square > 0
    )
    return np.sqrt(square), 1 / (1 / df + np.maximum(fourth - 3, 0.0) / (2 * len(z)))


def moved(found: Moments, gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors and df of functions of the matrix with these gradients, (q, k, k)."""
    return error(found.rows, found.moves(gradients))
