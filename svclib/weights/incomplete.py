"""Judgement matrices with pairs nobody judged: what connects, and what fills the gaps.

Bozoki, S., Fulop, J. & Ronyai, L. (2010). On optimal completion of incomplete pairwise
comparison matrices. *Mathematical and Computer Modelling*, 52(1-2), 318-333.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize
from scipy.sparse import csgraph

from svclib.errors import DataError

_GRADIENT = 1e-6  # of the logarithm of the largest eigenvalue, at its least


def components(matrix: np.ndarray) -> list[list[int]]:
    """Elements that judgements connect, part by part; 0 is a judgement not made."""
    made = np.asarray(matrix) > 0
    if made.all():
        return [list(range(len(made)))]
    n, part = csgraph.connected_components(made, directed=False)
    return [np.flatnonzero(part == k).tolist() for k in range(n)]


def laplacian(matrix: np.ndarray) -> np.ndarray:
    """Graph Laplacian of the judgements made, (n, n)."""
    made = (matrix > 0) & ~np.eye(len(matrix), dtype=bool)
    return np.diag(made.sum(axis=1)) - made


def log_weights(matrix: np.ndarray) -> np.ndarray:
    """Logarithms of the weights that fit the judgements made by least squares, (n,), mean 0.

    Of a complete matrix they are the logarithms of the rows' geometric means, centred.
    """
    logs = np.log(np.where(matrix > 0, matrix, 1.0)).sum(axis=1)
    return np.linalg.lstsq(laplacian(matrix), logs, rcond=None)[0]


def completed(matrix: np.ndarray) -> np.ndarray:
    """The matrix with missing judgements set so that its largest eigenvalue is least.

    That eigenvalue is convex in the logarithms of the missing values, and its least is unique
    where the judgements connect all elements (theorem 2 of the source), so the search from
    the least-squares values ends at it.

    Raises
    ------
    DataError
        The search ends elsewhere: the judgements contradict each other beyond any use.
    """
    gaps = np.argwhere(np.triu(matrix == 0, 1))
    if not len(gaps):
        return matrix
    y = log_weights(matrix)
    start = y[gaps[:, 0]] - y[gaps[:, 1]]
    found = optimize.minimize(_largest, start, args=(matrix, gaps), jac=True, options={"gtol": 1e-10})
    if np.abs(found.jac).max() > _GRADIENT:
        raise DataError("the missing judgements cannot be completed; ask for the missing pairs")
    return _filled(matrix, gaps, found.x)


def _filled(matrix: np.ndarray, gaps: np.ndarray, logs: np.ndarray) -> np.ndarray:
    whole = matrix.copy()
    whole[gaps[:, 0], gaps[:, 1]], whole[gaps[:, 1], gaps[:, 0]] = np.exp(logs), np.exp(-logs)
    return whole


def _largest(logs: np.ndarray, matrix: np.ndarray, gaps: np.ndarray) -> tuple[float, np.ndarray]:
    """Logarithm of the largest eigenvalue and its gradient, from both eigenvectors."""
    whole = _filled(matrix, gaps, logs)
    i, j = gaps.T
    root, right = _principal(whole)
    left = _principal(whole.T)[1]
    slope = left[i] * whole[i, j] * right[j] - left[j] * whole[j, i] * right[i]
    return float(np.log(root)), slope / (root * (left @ right))


def _principal(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    values, vectors = np.linalg.eig(matrix)
    top = int(np.argmax(np.real(values)))
    return float(np.real(values[top])), np.abs(np.real(vectors[:, top]))
