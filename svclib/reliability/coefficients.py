"""Cronbach's alpha of one set of items, with an interval that survives ceiling effects.

The usual Feldt interval assumes normal answers: where most answers sit at the top of the
scale its 95 % covers 80-90 %, at any n.  The default here does not assume it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from svclib import policy
from svclib.errors import ParamError
from svclib.reliability.engine import (
    INTERVALS,
    TOLERANCE,
    Sample,
    error,
    influence,
    interval,
    normal_error,
    sample,
)

Coefficient = Callable[[np.ndarray], tuple[float, np.ndarray]]


def alpha(
    x: pd.DataFrame,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ci: str = "adf",
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Cronbach's alpha of the columns of `x`, k/(k-1) (1 - tr S / 1'S1).

    Parameters
    ----------
    x : DataFrame, (n, k)
        Answers, reverse items already recoded, NaN = unanswered.
    weights : array_like, (n,), optional
        Design weights.
    cluster : array_like, (n,), optional
        Primary sampling unit of each row, e.g. the respondent who rated several units.
    ci : {"adf", "adf_wald", "feldt"}
        "adf": ADF standard error, t interval on log(1 - alpha), df = sampling units - 1.
        "adf_wald": the same standard error, t interval on alpha itself. "feldt": exact F
        interval and standard error for normal answers.
    missing : {"listwise", "pairwise"}
        Complete rows only, or every covariance from the rows that have both items.
    confidence : float
        Confidence level.

    Returns
    -------
    DataFrame, one row
        n, n_items, complete_share, estimate, se, df, ci_low, ci_high, confidence, method,
        missing, definition, note. What cannot be computed is NaN and `note` says why:
        too_few (n < 3), single_item, no_overlap (two items never answered together),
        constant_total, no_error_variance (1 - alpha is 0), single_psu. Other notes: psu_share,
        two_items, constant_item:…, negative_item:… (must it be reverse-scored?), small_n
        (n < 100: where most answers sit at the ceiling a 95 % interval covers 90 % or less).

    Raises
    ------
    ParamError
        Unknown `ci` or `missing`, or "feldt" with unequal weights or repeated clusters.
    DataError
        A weight is negative or not a number, or `weights` or `cluster` has another length.
    """
    rows = sample(x, weights, cluster, missing)
    return coefficient(rows, "raw", ci=ci, missing=missing, confidence=confidence)


def standardised(
    x: pd.DataFrame,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ci: str = "adf",
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Alpha of the standardised items, k/(k-1) (1 - k / 1'R1); arguments and row as for `alpha`."""
    rows = sample(x, weights, cluster, missing)
    return coefficient(rows, "standardised", ci=ci, missing=missing, confidence=confidence)


def alpha_from_matrix(
    cov: ArrayLike, n: int, *, variant: str = "raw", confidence: float = 0.95
) -> pd.DataFrame:
    """Alpha of a published covariance matrix: row as for `alpha`, with the Feldt interval.

    Parameters
    ----------
    cov : array_like, (k, k)
        Covariances of the items.
    n : int
        Respondents behind them.
    variant : {"raw", "standardised"}
        Alpha of the items, or of the standardised items.
    confidence : float
        Confidence level.
    """
    if variant not in COEFFICIENTS:
        raise ParamError(f"variant={variant!r}; choose one of {sorted(COEFFICIENTS)}")
    matrix = np.asarray(cov, dtype=float)
    items = tuple(f"item {j}" for j in range(1, len(matrix) + 1))
    nothing = np.zeros((n, len(matrix)))
    rows = Sample(nothing, nothing == 0, np.full(n, 1 / n), np.arange(n), matrix, items, n)
    return coefficient(rows, variant, ci="feldt", missing="listwise", confidence=confidence)


def raw(cov: np.ndarray) -> tuple[float, np.ndarray]:
    """Alpha and its gradient."""
    k, total, trace = len(cov), cov.sum(), np.trace(cov)
    gradient = k / (k - 1) * (trace / total**2 * np.ones_like(cov) - np.eye(k) / total)
    return float(k / (k - 1) * (1 - trace / total)), gradient


def _standardised(cov: np.ndarray) -> tuple[float, np.ndarray]:
    """A correlation moves by z_j z_k - r_jk (z_j² + z_k²)/2, hence the row sums on the diagonal."""
    k, scale = len(cov), 1 / np.sqrt(np.diag(cov))
    cor = cov * np.outer(scale, scale)
    total = cor.sum()
    moves = np.ones_like(cor) - np.diag(cor.sum(axis=0))
    gradient = k**2 / ((k - 1) * total**2) * moves * np.outer(scale, scale)
    return float(k / (k - 1) * (1 - k / total)), gradient


COEFFICIENTS: dict[str, Coefficient] = {"raw": raw, "standardised": _standardised}
DEFINITIONS = {
    "raw": "alpha: k/(k-1) (1 - sum of item variances / variance of the sum)",
    "standardised": "alpha: k/(k-1) (1 - k / sum of item correlations)",
}


def coefficient(rows: Sample, variant: str, *, ci: str, missing: str, confidence: float) -> pd.DataFrame:
    """One row of results for a prepared sample; see `alpha`."""
    if ci not in INTERVALS:
        raise ParamError(f"ci={ci!r}; choose one of {list(INTERVALS)}")
    if ci == "feldt" and not rows.independent:
        raise ParamError("ci='feldt' assumes independent rows of equal weight; choose 'adf' or 'adf_wald'.")
    n, k = rows.x.shape
    blocked = blockers(rows, variant)
    estimate = se = df = low = high = np.nan
    if not blocked:
        estimate, gradient = COEFFICIENTS[variant](rows.cov)
        se, df = normal_error(rows, gradient) if ci == "feldt" else error(rows, influence(rows, gradient))
        low, high = interval(ci, (estimate, se, df), k, confidence)
    return pd.DataFrame([{
        "n": n, "n_items": k, "complete_share": rows.r.all(axis=1).sum() / max(rows.answered, 1),
        "estimate": estimate, "se": se, "df": df, "ci_low": low, "ci_high": high,
        "confidence": confidence, "method": ci, "missing": missing, "definition": DEFINITIONS[variant],
        "note": ";".join(blocked or _remarks(rows)),
    }])  # fmt: skip


def constant(rows: Sample) -> np.ndarray:
    """Which items do not vary, (k,)."""
    variances = np.diag(rows.cov)
    return variances <= TOLERANCE * max(variances.max(initial=0), TOLERANCE)


def blockers(rows: Sample, variant: str) -> list[str]:
    """Note ids of what makes the coefficient impossible; none in general."""
    n, k = rows.x.shape
    if k < 2 or n < 3:
        return ["single_item" if k < 2 else "too_few"]
    if np.isnan(rows.cov).any():
        return ["no_overlap"]
    if rows.cov.sum() <= TOLERANCE * max(np.trace(rows.cov), TOLERANCE):
        return ["constant_total"]
    if variant == "standardised" and constant(rows).any():
        return [_named("constant_item", rows, constant(rows))]
    return ["no_error_variance"] if COEFFICIENTS[variant](rows.cov)[0] > 1 - TOLERANCE else []


def _remarks(rows: Sample) -> list[str]:
    n, k = rows.x.shape
    negative = np.nan_to_num(item_rest(rows.cov)) < -TOLERANCE
    found = {
        "small_n": policy.judge(n, "alpha_n")[0] == "small_n",
        "single_psu": len(rows.share) < 2,
        "psu_share": len(rows.share) > 1 and policy.judge(rows.share.max(), "psu_share")[0] == "psu_share",
        "two_items": k == 2,
        _named("constant_item", rows, constant(rows)): constant(rows).any(),
        _named("negative_item", rows, negative): negative.any(),
    }
    return [note for note, holds in found.items() if holds]


def _named(note: str, rows: Sample, which: np.ndarray) -> str:
    return f"{note}:{','.join(item for item, w in zip(rows.items, which, strict=True) if w)}"


def item_rest(cov: np.ndarray) -> np.ndarray:
    """Correlation of each item with the sum of the others, (k,); NaN where one does not vary."""
    variance, joint = np.diag(cov), cov.sum(axis=0)
    rest = cov.sum() - 2 * joint + variance
    floor = TOLERANCE * max(cov.sum(), TOLERANCE)
    varies = (variance > floor) & (rest > floor)
    return (joint - variance) / np.sqrt(np.where(varies, variance * rest, np.nan))
