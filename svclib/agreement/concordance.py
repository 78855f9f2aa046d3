"""Kendall's coefficient of concordance W of complete ratings, corrected for ties.

W = 1'S1 / (m tr S), S the covariance of the m raters' mid-ranks over the objects; this is
12 S / (m²(n³ - n) - m T) of Kendall & Babington Smith (1939), Annals of Mathematical Statistics
10, 275-287.  The error depends on what was sampled: objects rated by given raters, or raters of
given objects, such as experts who order every criterion there is.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

CHUNK = 2_000_000  # cells held at once


def kendall(x: np.ndarray, variant: str) -> tuple[float, float, float]:
    """W of ratings `x` (n, m) with its jackknife error; `variant` "objects" or "raters" is what is left out.

    Returns estimate, se, df = units left out - 1.
    """
    ranks = rankdata(x, axis=0)
    estimate = float(_w(ranks[None])[0])
    without = _without_objects(x, ranks) if variant == "objects" else _without_raters(ranks)
    units = len(without)
    if variant == "raters":
        # W of m raters falls towards the mean rank correlation as m grows; compare on that scale.
        m = x.shape[1]
        part = ((m - 1) * without - 1) / (m - 2)
        whole = (m * estimate - 1) / (m - 1)
        moves = (part - whole) * (m - 1) / m
    else:
        moves = without - estimate
    return estimate, float(((units - 1) / units * (moves**2).sum()) ** 0.5), units - 1.0


def _w(ranks: np.ndarray) -> np.ndarray:
    """W of every (n, m) matrix of ranks in (B, n, m)."""
    m = ranks.shape[2]
    return ranks.sum(axis=2).var(axis=1) / (m * ranks.var(axis=1).sum(axis=1))


def _without_objects(x: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """W without each object, the others ranked anew, (n,)."""
    n, m = x.shape
    found = np.empty(n)
    step = max(1, CHUNK // (n * m))
    for start in range(0, n, step):
        out = np.arange(start, min(start + step, n))
        left = ranks - (x[out, None] < x) - (x[out, None] == x) / 2
        keep = np.arange(n) != out[:, None]
        found[out] = _w(left[keep].reshape(len(out), n - 1, m))
    return found


def _without_raters(ranks: np.ndarray) -> np.ndarray:
    """W without each rater, (m,)."""
    cov = np.cov(ranks, rowvar=False)
    whole, own, m = cov.sum(), np.diag(cov), len(cov)
    return (whole - 2 * cov.sum(axis=1) + own) / ((m - 1) * (own.sum() - own))
