"""Covariances of the columns of one matrix."""

from __future__ import annotations

import numpy as np

from svclib.errors import ParamError

MISSING = ("listwise", "pairwise")


def covariance(x: np.ndarray, *, weights: np.ndarray | None = None, missing: str = "listwise") -> np.ndarray:
    """Covariance matrix of columns, (k, k), divisor Σw − Σw²/Σw (n − 1 without weights).

    Parameters
    ----------
    x : (n, k), NaN = missing
    weights : (n,), default 1
    missing : "listwise" uses complete rows, "pairwise" every row that has both columns
    """
    if missing not in MISSING:
        raise ParamError(f"missing={missing!r}; choose one of {list(MISSING)}")
    x = np.asarray(x, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    seen = ~np.isnan(x)
    if missing == "listwise":
        seen &= seen.all(axis=1, keepdims=True)
    r = seen.astype(float)
    filled = np.where(seen, x, 0.0)
    # Centring first keeps the one-pass formula from cancelling when the mean is large.
    filled = np.where(seen, filled - _ratio(w @ filled, w @ r), 0.0)
    wr = w[:, None] * r
    total, squares = r.T @ wr, r.T @ (w[:, None] * wr)
    first = filled.T @ wr  # first[i, j] = Σ w x_i over rows that also have j
    second = filled.T @ (w[:, None] * filled)
    return _ratio(second - _ratio(first * first.T, total), total - _ratio(squares, total))


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=np.asarray(b) > 0)
