"""Analytic hierarchy process, one matrix at a time: weights, consistency, what others imply.

Saaty, T. L. (2008). Decision making with the analytic hierarchy process. *International
Journal of Services Sciences*, 1(1), 83-98.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svclib.errors import DataError, ParamError

# Random index by matrix order from 1.  Published tables differ (1.32 or 1.3322 at order 7),
# so the table used is named beside every CR.
RANDOM_INDEX: dict[str, tuple[float, ...]] = {
    "saaty": (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
}


def random_index(n: int, *, ri: str = "saaty") -> float:
    """Random index of an n x n judgement matrix from the table named `ri`."""
    if ri not in RANDOM_INDEX:
        raise ParamError(f"ri={ri!r}; choose one of {sorted(RANDOM_INDEX)}")
    table = RANDOM_INDEX[ri]
    if n > len(table):
        raise ParamError(
            f"{n} elements are compared, but the random-index table {ri!r} ends at {len(table)}; "
            "split the level into smaller dimensions"
        )
    return table[n - 1]


def ahp_eigen(matrix: np.ndarray, *, ri: str = "saaty") -> tuple[np.ndarray, float, float, float]:
    """Weights of one judgement matrix: its principal right eigenvector, summing to 1.

    Parameters
    ----------
    matrix : ndarray, (n, n)
        Positive and reciprocal; ``matrix[i, j]`` is how many times i outweighs j.
    ri : str
        Name of the random-index table.

    Returns
    -------
    tuple
        weights (n,), lambda_max, CI = (lambda_max - n) / (n - 1), CR = CI / RI.
        CR is 0 for n <= 2, where a reciprocal matrix cannot contradict itself.

    Raises
    ------
    DataError
        The matrix is not square, positive and reciprocal.
    """
    values = np.asarray(matrix, dtype=float)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise DataError(f"a judgement matrix must be square, found shape {values.shape}")
    if not np.all(values > 0) or not np.allclose(values * values.T, 1.0, rtol=0, atol=1e-9):
        raise DataError("a judgement matrix must be positive with a[i, j] = 1 / a[j, i]")
    n = len(values)
    index = random_index(n, ri=ri)
    eigenvalues, vectors = np.linalg.eig(values)
    top = int(np.argmax(np.real(eigenvalues)))
    weights = np.abs(np.real(vectors[:, top]))
    lambda_max = float(np.real(eigenvalues[top]))
    if n <= 2:
        return weights / weights.sum(), float(n), 0.0, 0.0
    ci = max((lambda_max - n) / (n - 1), 0.0)
    return weights / weights.sum(), lambda_max, ci, ci / index


def aggregate(matrices: Sequence[np.ndarray], credibility: Sequence[float]) -> np.ndarray:
    """Group matrix: element-wise geometric mean of judgements, credibility as exponents (AIJ).

    The geometric mean is the only one that keeps the group matrix reciprocal (Aczel &
    Saaty 1983).
    """
    share = np.asarray(credibility, dtype=float)
    logs = np.log(np.stack([np.asarray(m, dtype=float) for m in matrices]))
    return np.exp(np.tensordot(share / share.sum(), logs, axes=1))


def implied(matrix: np.ndarray) -> np.ndarray:
    """Every judgement as the others imply it: geometric mean of a[i, k] * a[k, j] over k not i, j.

    Shape (n, n), n >= 3.  It is the least-squares value of a[i, j] on the log scale when
    that one judgement is left out.
    """
    logs = np.log(np.asarray(matrix, dtype=float))
    n = len(logs)
    if n < 3:
        raise DataError(f"{n} elements: a judgement needs a third element to be checked against")
    rows = logs.sum(axis=1)
    return np.exp((rows[:, None] - rows[None, :] - 2 * logs) / (n - 2))
