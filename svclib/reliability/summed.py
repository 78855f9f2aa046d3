"""Alpha with its distribution-free error from sums alone, where the answers are too many to hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.reliability.interval import TOLERANCE, limits
from svclib.reliability.scale import COEFFICIENTS

_ALPHA = COEFFICIENTS["alpha.raw"]


def alpha_of_sums(
    first: np.ndarray, second: np.ndarray, *, complete: int, answered: int, confidence: float = 0.95
) -> pd.DataFrame:
    """Cronbach's alpha of complete answers: the row `coefficients` gives with ci "adf_wald".

    With μ and S of the answers, T = 1′S1 and q, s the squared distances of a row's items and of
    its sum from their means, a row moves alpha by k/(k−1) (s tr S/T² − q/T), which is linear in
    v; its square is Σw² vv′ between the same coefficients.  As in `estimates.answers`, one
    leverage Σw²/(Σw)² stands in place of each row's own: with equal weights they are the same.

    Parameters
    ----------
    first, second : (k+3, k+3), Σw vv′ and Σw² vv′ of v = [1, x₁…x_k, Σx², (Σx)²]
    complete, answered : rows with every item, and rows with one at least

    Notes
    -----
    Items may be measured from anywhere; near the middle of the scale the sums stay small and exact.
    """
    k = len(first) - 3
    value, se, note = np.nan, np.nan, "single_item" if k < 2 else "too_few" if complete < 3 else ""
    if not note:
        value, se, note = _alpha(first.astype(float), second.astype(float), k)
    df = complete - 1.0 if np.isfinite(se) else np.nan
    low, high = limits(np.array([value]), np.array([se]), np.array([df]), confidence)
    if value < 0:
        note = "negative_estimate"
    return pd.DataFrame({
        "stat": [_ALPHA.stat], "variant": _ALPHA.variant, "n": complete, "n_items": k,
        "complete_share": complete / max(answered, 1), "estimate": value, "se": se, "df": df,
        "ci_low": low, "ci_high": high, "confidence": confidence, "method": "adf_wald",
        "missing": "listwise", "definition": _ALPHA.definition, "note": note,
    })  # fmt: skip


def _alpha(first: np.ndarray, second: np.ndarray, k: int) -> tuple[float, float, str]:
    """Alpha, its standard error, and why they are missing."""
    weight = first[0, 0]
    mean = first[0, 1 : k + 1] / weight
    cov = first[1 : k + 1, 1 : k + 1] / weight - np.outer(mean, mean)
    own, total = float(np.trace(cov)), float(cov.sum())
    if total <= TOLERANCE * max(float(np.diag(cov).max()), TOLERANCE):
        return np.nan, np.nan, "constant_total"
    ratio = k / (k - 1)
    square = np.concatenate([[mean @ mean], -2 * mean, [1.0, 0.0]])  # q as coefficients of v
    sum_ = np.concatenate([[mean.sum() ** 2], np.full(k, -2 * mean.sum()), [0.0, 1.0]])  # s
    move = ratio * (sum_ * own / total**2 - square / total)
    variance = float(move @ second @ move) / weight**2 / (1 - second[0, 0] / weight**2)
    return ratio * (1 - own / total), float(np.sqrt(max(variance, 0.0))), ""
