"""Analytic hierarchy process, one matrix at a time: weights, consistency, group, what others imply.

Saaty, T. L. (2008). Decision making with the analytic hierarchy process. *International
Journal of Services Sciences*, 1(1), 83-98.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from svclib.errors import DataError, ParamError
from svclib.weights.incomplete import completed, components, laplacian, log_weights

# Random index by matrix order from 1.  Published tables differ (1.32, 1.35 or 1.3322 at order
# 7), so the table used is named beside every CR.
RANDOM_INDEX: dict[str, tuple[float, ...]] = {
    # Saaty, T. L. (1980). The analytic hierarchy process.
    "saaty": (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    # Saaty, T. L. (2005). Theory and applications of the analytic network process.
    "saaty2005": (*(0.0, 0.0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),),
}
HOWS = ("eigenvector", "geometric")


class Consistency(NamedTuple):
    """How far one expert's judgements agree with each other."""

    lambda_max: float
    ci: float
    ri: float
    cr: float
    n_missing: int


def random_index(n: int, *, ri: str = "saaty", n_missing: int = 0) -> float:
    """Random index of an n x n judgement matrix from the table named `ri`.

    With m of the pairs missing it shrinks by 1 - 2m / ((n - 1)(n - 2)): a matrix with few
    judgements has little to contradict itself with (Agoston & Csato 2022, Omega 108, 102576,
    who find the dependence nearly linear).

    Raises
    ------
    ParamError
        An unknown table, or more elements than it has.
    """
    if ri not in RANDOM_INDEX:
        raise ParamError(f"ri={ri!r}; choose one of {sorted(RANDOM_INDEX)}")
    table = RANDOM_INDEX[ri]
    if n > len(table):
        raise ParamError(
            f"{n} elements are compared, but the random-index table {ri!r} ends at {len(table)}; "
            "split the level into smaller dimensions"
        )
    return table[n - 1] * (1 - 2 * n_missing / ((n - 1) * (n - 2)) if n > 2 else 1.0)


def priorities(matrix: np.ndarray, *, how: str = "eigenvector") -> np.ndarray:
    """Weights of one judgement matrix, summing to 1.

    Parameters
    ----------
    matrix : ndarray, (n, n)
        Positive and reciprocal; ``matrix[i, j]`` is how many times i outweighs j, 0 where
        the pair was not judged.
    how : str
        "eigenvector" (Saaty): the principal right eigenvector; missing judgements take the
        values that make the largest eigenvalue least (Bozoki, Fulop & Ronyai 2010).
        "geometric" (Crawford & Williams 1985): the geometric means of the rows; with missing
        judgements the least squares of log a[i, j] - log(w[i] / w[j]) over those made.

    Raises
    ------
    DataError
        The matrix is not square, positive and reciprocal, or its judgements do not connect
        every element with every other.
    """
    if how not in HOWS:
        raise ParamError(f"how={how!r}; choose one of {list(HOWS)}")
    values = _checked(matrix)
    if how == "geometric":
        weights = np.exp(log_weights(values))
    else:
        eigenvalues, vectors = np.linalg.eig(completed(values))
        weights = np.abs(np.real(vectors[:, int(np.argmax(np.real(eigenvalues)))]))
    return weights / weights.sum()


def consistency(matrix: np.ndarray, *, ri: str = "saaty") -> Consistency:
    """Consistency of one judgement matrix, by its largest eigenvalue whatever gave the weights.

    CI = (lambda_max - n) / (n - 1), CR = CI / RI.  CR is 0 where nothing could contradict
    itself: n <= 2, or no judgement beyond the n - 1 that connect the elements.  Errors as in
    `priorities` and `random_index`.
    """
    values = _checked(matrix)
    n, n_missing = len(values), int((values == 0).sum()) // 2
    index = random_index(n, ri=ri, n_missing=n_missing)
    if n <= 2:
        return Consistency(float(n), 0.0, index, 0.0, n_missing)
    lambda_max = float(np.real(np.linalg.eigvals(completed(values))).max())
    ci = max((lambda_max - n) / (n - 1), 0.0)
    return Consistency(lambda_max, ci, index, ci / index if index > 1e-12 else 0.0, n_missing)


def _checked(matrix: np.ndarray) -> np.ndarray:
    values = np.asarray(matrix, dtype=float)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise DataError(f"a judgement matrix must be square, found shape {values.shape}")
    made = values != 0
    reciprocal = np.allclose((values * values.T)[made & made.T], 1.0, rtol=0, atol=1e-9)
    if not (np.all(values >= 0) and np.array_equal(made, made.T) and reciprocal and np.all(np.diag(made))):
        raise DataError("a judgement matrix must be positive with a[i, j] = 1 / a[j, i]")
    if len(components(values)) > 1:
        raise DataError("a judgement matrix must connect every element with every other")
    return values


def aggregate(matrices: Sequence[np.ndarray], credibility: Sequence[float]) -> np.ndarray:
    """Group matrix: element-wise geometric mean of judgements, credibility as exponents (AIJ).

    The geometric mean is the only one that keeps the group matrix reciprocal (Aczel &
    Saaty 1983).  A pair is averaged over those who judged it, and is 0 where nobody did.
    """
    stack = np.stack([np.asarray(m, dtype=float) for m in matrices])
    share = np.asarray(credibility, dtype=float)[:, None, None] * (stack > 0)
    total = share.sum(axis=0)
    logs = (share * np.log(np.where(stack > 0, stack, 1.0))).sum(axis=0)
    return np.where(total > 0, np.exp(logs / np.where(total > 0, total, 1.0)), 0.0)


def aggregate_priorities(weights: np.ndarray, credibility: Sequence[float]) -> np.ndarray:
    """Group weights: geometric mean of the experts' weights, credibility as exponents (AIP).

    Parameters
    ----------
    weights : ndarray, (n_experts, n)
        One row of priorities per expert; the result is normalised to sum to 1 (Forman &
        Peniwati 1998).
    """
    share = np.asarray(credibility, dtype=float)
    mean = np.exp(share / share.sum() @ np.log(np.asarray(weights, dtype=float)))
    return mean / mean.sum()


def implied(matrix: np.ndarray) -> np.ndarray:
    """Every judgement as the others imply it, (n, n); NaN where they do not say.

    The least-squares value of log a[i, j] when that one judgement is left out: its residual
    divided by 1 - its leverage is taken off.  For a complete matrix it is the geometric mean
    of a[i, k] * a[k, j] over k not i, j.  It is NaN for two elements and where the judgement
    is the only link between two parts.
    """
    values = _checked(matrix)
    inverse = np.linalg.pinv(laplacian(values))
    leverage = np.add.outer(np.diag(inverse), np.diag(inverse)) - 2 * inverse
    y = log_weights(values)
    fitted, made = np.subtract.outer(y, y), (values > 0) & ~np.eye(len(values), dtype=bool)
    logs = np.log(np.where(made, values, 1.0))
    free = 1 - leverage
    left_out = logs - (logs - fitted) / np.where(free > 1e-9, free, np.nan)
    return np.exp(np.where(made, left_out, fitted))
