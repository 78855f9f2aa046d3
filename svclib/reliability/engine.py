"""Standard error of any coefficient of a covariance matrix, without assuming a distribution.

A coefficient is a function f(S) of the covariance matrix S of the items, with gradient
G = df/dS.  Row i moves it by x'Gx - tr(GS) (x centred); summed by primary sampling unit, these
influences give the asymptotically distribution-free (ADF) standard error (Yuan, Guarnaccia &
Hayslip 2003, Educational and Psychological Measurement 63, 5-23).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from svclib.errors import DataError, ParamError
from svclib.moments import MISSING, covariance

INTERVALS = ("adf", "adf_wald", "feldt")
TOLERANCE = 1e-12  # of the largest variance: anything below is rounding noise


class Sample(NamedTuple):
    """The rows that count.

    x : (n, k), centred, 0 where unanswered; r : (n, k), True where answered; w : (n,), weights
    of sum 1; psu : (n,), sampling units 0..G-1; cov : (k, k); answered : rows with any answer.
    """

    x: np.ndarray
    r: np.ndarray
    w: np.ndarray
    psu: np.ndarray
    cov: np.ndarray
    items: tuple[str, ...]
    answered: int

    @property
    def share(self) -> np.ndarray:
        """Weight share of every sampling unit, (G,)."""
        return np.bincount(self.psu, weights=self.w)

    @property
    def independent(self) -> bool:
        """Equal weights and one row per sampling unit."""
        return len(self.share) == len(self.w) and bool((abs(self.w * len(self.w) - 1) < TOLERANCE).all())


def sample(x: pd.DataFrame, weights: ArrayLike | None, cluster: ArrayLike | None, missing: str) -> Sample:
    """The rows of `x` that `missing` leaves, centred; see `Sample`."""
    if missing not in MISSING:
        raise ParamError(f"missing={missing!r}; choose one of {list(MISSING)}")
    values = x.to_numpy(dtype=float)
    w = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    unit = np.arange(len(values)) if cluster is None else np.asarray(cluster)
    _check_design(w, unit, len(values))
    seen = ~np.isnan(values)
    answered = seen.any(axis=1) & (w > 0)
    rows = answered & seen.all(axis=1) if missing == "listwise" else answered
    values, seen, w = values[rows], seen[rows], w[rows] / (w[rows].sum() or 1.0)
    part = w[:, None] * seen
    total = part.sum(axis=0)
    mean = (part * np.where(seen, values, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
    centred = np.where(seen, values - mean, 0.0)
    cov = covariance(values, weights=w, missing=missing)
    psu = pd.factorize(unit[rows])[0]
    return Sample(centred, seen, w, psu, cov, tuple(str(c) for c in x.columns), int(answered.sum()))


def _check_design(w: np.ndarray, unit: np.ndarray, n: int) -> None:
    if len(w) != n or len(unit) != n:
        raise DataError(f"weights ({len(w)}) and cluster ({len(unit)}) must have one entry per row ({n}).")
    if not (np.isfinite(w) & (w >= 0)).all():
        raise DataError("weights must be numbers of at least 0. Leave rows without a weight out.")
    if pd.isna(unit).any():
        raise DataError("cluster has empty entries. Give every row its sampling unit.")


def influence(rows: Sample, gradient: np.ndarray) -> np.ndarray:
    """How far each row moves the coefficient, (n,), weighted mean 0.

    sum_jk G_jk r_j r_k / p_jk ((x_j - m_jk)(x_k - m_kj) - s_jk), with p_jk the weight share of
    the rows that have both items and m_jk the mean of item j in them.
    """
    x, r, w = rows.x, rows.r.astype(float), rows.w[:, None]
    both = (w * r).T @ r
    shrink = 1 - (w**2 * r).T @ r / both**2  # from the divisor of `covariance` back to a mean
    scaled = gradient / (both * shrink)
    out = ((x @ scaled) * x).sum(axis=1)
    if not rows.r.all():
        mean = (w * x).T @ r / both
        out -= 2 * ((r @ (scaled * mean)) * x).sum(axis=1)
        out += ((r @ (scaled * (mean * mean.T - shrink * rows.cov))) * r).sum(axis=1)
    return out - rows.w @ out


def error(rows: Sample, moves: np.ndarray) -> tuple[float, float]:
    """Standard error and df = G - 1 of a coefficient with influences `moves`, (n,).

    The square of a sampling unit with weight share h counts 1/(1 - h) times, which is
    n/(n - 1) where all weigh the same. NaN with a single sampling unit.
    """
    share = rows.share
    if len(share) < 2:
        return np.nan, np.nan
    moved = np.bincount(rows.psu, weights=rows.w * moves)
    return float(np.sqrt((moved**2 / (1 - share)).sum())), len(share) - 1.0


def normal_error(rows: Sample, gradient: np.ndarray) -> tuple[float, float]:
    """Standard error under normality, sqrt(2 tr(GSGS)/(n - 1)) (van Zyl et al. 2000), df = n - 1."""
    moved = gradient @ rows.cov
    df = len(rows.w) - 1.0
    return float(np.sqrt(2 * (moved * moved.T).sum() / df)), df


def interval(ci: str, found: tuple[float, float, float], k: int, confidence: float) -> tuple[float, float]:
    """Confidence limits of a reliability of `k` items; `found` = (estimate, se, df).

    adf: t on log(1 - estimate); adf_wald: t on the estimate; feldt: F(df, df (k - 1)).
    """
    estimate, se, df = found
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if ci == "feldt":
        low, high = 1 - (1 - estimate) * stats.f.ppf(tails[::-1], df, df * (k - 1))
    elif ci == "adf_wald":
        low, high = estimate + stats.t.ppf(tails, df) * se
    else:
        low, high = 1 - (1 - estimate) * np.exp(stats.t.ppf(tails[::-1], df) * se / (1 - estimate))
    return float(low), float(high)
