"""The table of units by indicators that relative methods start from, checked once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError

BETTER = ("high", "low")
DIGITS = 10  # differences beyond this digit are rounding, not order


def checked(
    values: pd.DataFrame, weights: pd.DataFrame | pd.Series | None, better: Mapping[str, str] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (U, I), weights (U, I) that sum to 1 in every row, and sign (I,): +1 where more is better.

    Parameters
    ----------
    values : units by indicators; NaN where an indicator does not apply to a unit
    weights : by indicator, or units by indicators; equal by default.  What does not apply
        gives its weight to the others.
    better : "high" (default) or "low" by indicator
    """
    unknown = sorted({str(v) for v in (better or {}).values()} - set(BETTER))
    if unknown:
        raise ParamError(f"better={unknown}; choose one of {list(BETTER)}")
    if isinstance(weights, pd.Series):
        weights = pd.DataFrame([weights] * len(values), index=values.index)
    given = pd.DataFrame(1.0, values.index, values.columns) if weights is None else weights
    x = values.to_numpy(dtype=float)
    w = np.where(np.isnan(x), 0.0, given.reindex(values.index)[list(values.columns)].to_numpy(dtype=float))
    total = w.sum(axis=1, keepdims=True)
    if np.isnan(w).any() or (w < 0).any() or (total <= 0).any():
        raise DataError("weights must be numbers of at least 0, above 0 for something that each unit has")
    sign = np.array([-1.0 if (better or {}).get(str(c)) == "low" else 1.0 for c in values.columns])
    return x, w / total, sign


def rounded(x: np.ndarray) -> np.ndarray:
    """Values without float noise, column by column, so that equal values tie."""
    size = np.nanmax(np.abs(x), axis=0, initial=0.0)
    size = np.where(size > 0, size, 1.0)
    return np.round(x / size, DIGITS) * size
