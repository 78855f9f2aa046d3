"""TOPSIS: how near a unit comes to the best values found, and how far it keeps from the worst.

Hwang, C.-L., & Yoon, K. (1981). Multiple attribute decision making. Springer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svclib.composites import matrix


def topsis(
    values: pd.DataFrame,
    weights: pd.DataFrame | pd.Series | None = None,
    *,
    better: Mapping[str, str] | None = None,
) -> pd.Series:
    """Closeness of every unit to the ideal, in [0, 1]; NaN where all units are alike.

    Values are divided by the root of their sum of squares (vector norm); closeness is
    d⁻ / (d⁺ + d⁻) with the weighted distances to the best and to the worst value of each
    indicator.

    Parameters
    ----------
    values : units by indicators; NaN where one does not apply, and its weight goes to the others
    weights : by indicator, or units by indicators; equal by default
    better : "high" (default) or "low" by indicator
    """
    x, w, sign = matrix.checked(values, weights, better)
    norm = np.sqrt(np.nansum(x**2, axis=0))
    scaled = sign * np.divide(x, norm, out=np.zeros_like(x), where=norm > 0)
    to_best = _distance(w, scaled, np.nanmax(scaled, axis=0))
    to_worst = _distance(w, scaled, np.nanmin(scaled, axis=0))
    total = to_best + to_worst
    return pd.Series(
        np.divide(to_worst, total, out=np.full(len(total), np.nan), where=total > 0),
        values.index,
        name="topsis",
    )


def _distance(w: np.ndarray, x: np.ndarray, point: np.ndarray) -> np.ndarray:
    return np.sqrt(np.where(w > 0, (w * (np.nan_to_num(x) - point)) ** 2, 0.0).sum(axis=1))
