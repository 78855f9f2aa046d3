"""Reliability as a function of the matrix of the items: value and gradient.

Every function takes a covariance (or correlation) matrix, (k, k), and returns the coefficient
and its derivatives by the entries of the matrix, (k, k), symmetric.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np

ALL_SPLITS = 12  # most items whose splits are all tried: 462 at 12

Value = tuple[float, np.ndarray]


def raw(cov: np.ndarray) -> Value:
    """Cronbach's alpha, k/(k-1) (1 - tr S / 1'S1) (Cronbach 1951, Psychometrika 16, 297-334)."""
    k, total, trace = len(cov), cov.sum(), np.trace(cov)
    gradient = k / (k - 1) * (trace / total**2 * np.ones_like(cov) - np.eye(k) / total)
    return float(k / (k - 1) * (1 - trace / total)), gradient


def standardised(cov: np.ndarray) -> Value:
    """Alpha of the correlations, k/(k-1) (1 - k / 1'R1)."""
    value, gradient = raw(correlation(cov))
    return value, through_correlation(cov, gradient)


def lambda2(cov: np.ndarray) -> Value:
    """Guttman's lambda 2, (c + sqrt(k/(k-1) q)) / 1'S1 (Guttman 1945, Psychometrika 10, 255-282).

    c and q are the sums of the covariances between items and of their squares.
    """
    k, total = len(cov), cov.sum()
    off = cov - np.diag(np.diag(cov))
    root = np.sqrt(k / (k - 1) * (off**2).sum())
    value = (off.sum() + root) / total
    slope = k / (k - 1) * off / root if root > 0 else np.zeros_like(off)
    return float(value), (1 - np.eye(k) + slope - value) / total


def correlation(cov: np.ndarray) -> np.ndarray:
    """Correlations of a covariance matrix."""
    scale = 1 / np.sqrt(np.diag(cov))
    return cov * np.outer(scale, scale)


def through_correlation(cov: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Gradient by the covariances from the `gradient` by the correlations.

    A correlation moves by z_j z_k - r_jk (z_j² + z_k²)/2, hence the row sums on the diagonal.
    """
    scale = 1 / np.sqrt(np.diag(cov))
    own = (gradient * correlation(cov)).sum(axis=1)
    return (gradient - np.diag(own)) * np.outer(scale, scale)


@cache
def signs(k: int) -> np.ndarray:
    """Every way to halve k items as rows of +1 and -1, (splits, k); odd k: one half has an item more."""
    halves = [h for h in combinations(range(k), k // 2) if k % 2 or 0 in h]
    out = -np.ones((len(halves), k))
    for row, half in zip(out, halves, strict=True):
        row[list(half)] = 1
    return out


def odd_even(k: int) -> np.ndarray:
    """The one split by odd and even places, (1, k)."""
    return np.where(np.arange(k) % 2, -1.0, 1.0)[None]


def spearman_brown(cov: np.ndarray, split: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of the halves stepped up to the whole length, per split, and its gradients.

    Brown (1910, British Journal of Psychology 3, 296-322); unequal halves by Horst (1951,
    Educational and Psychological Measurement 11, 368-371).  With T = 1'S1, D = s'Ss and C = s'S1
    of a row s of signs, the halves have the variances (T + D ± 2C)/4 and the covariance (T - D)/4.

    Parameters
    ----------
    split : ndarray, (m, k), rows of +1 and -1

    Returns
    -------
    (m,) values, NaN where a half does not vary, and (m, k, k) gradients.
    """
    k = len(cov)
    total, turned = cov.sum(), split @ cov
    across, along = (turned * split).sum(axis=1), turned.sum(axis=1)
    a, b, joint = (total + across + 2 * along) / 4, (total + across - 2 * along) / 4, (total - across) / 4
    known = (a > 1e-12 * total) & (b > 1e-12 * total)
    root = np.sqrt(np.where(known, a * b, 1.0))
    r = np.divide(joint, root, where=known, out=np.full(len(split), np.nan))
    share = (split > 0).mean(axis=1)
    value, slope = _stepped(r, share * (1 - share))
    by = slope[:, None] * np.column_stack(
        [-r / (2 * a), -r / (2 * b), 1 / np.sqrt(np.where(known, a * b, 1.0))]
    )
    one, two = (split > 0).astype(float), (split < 0).astype(float)
    gradients = np.einsum("m,mi,mj->mij", by[:, 0], one, one) + np.einsum("m,mi,mj->mij", by[:, 1], two, two)
    cross = np.einsum("m,mi,mj->mij", by[:, 2], one, two) / 2
    return value, (gradients + cross + cross.transpose(0, 2, 1)).reshape(-1, k, k)


def _stepped(r: np.ndarray, pq: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Horst's formula r (sqrt(r² + 4pq(1 - r²)) - r) / (2pq(1 - r²)) free of 0/0 at r = 1, and its slope.

    p, q are the shares of the items in the halves; p = q gives 2r/(1 + r).
    """
    root = np.sqrt(r**2 + 4 * pq * (1 - r**2))
    lift = (1 - 4 * pq) * r / root
    return 2 * r / (root + r), 2 * (root - r * lift) / (root + r) ** 2


def rulon(cov: np.ndarray, split: np.ndarray) -> np.ndarray:
    """Split half without equal variances, 1 - s'Ss/1'S1 per split, (m,).

    Rulon (1939); over the equal halves its mean is alpha and its maximum Guttman's lambda 4.
    """
    return 1 - ((split @ cov) * split).sum(axis=1) / cov.sum()


def split_half(cov: np.ndarray, pick: str) -> Value:
    """Mean, highest or lowest `spearman_brown` over all splits, or of the split by odd and even places.

    Parameters
    ----------
    pick : {"mean", "max", "min", "odd_even"}
        The first three for up to 12 items.  The gradient of "max" and "min" is that of their split.
    """
    k = len(cov)
    values, gradients = spearman_brown(cov, odd_even(k) if pick == "odd_even" else signs(k))
    if pick == "mean":
        return float(values.mean()), gradients.mean(axis=0)
    at = int(values.argmax() if pick == "max" else values.argmin())
    return float(values[at]), gradients[at]
