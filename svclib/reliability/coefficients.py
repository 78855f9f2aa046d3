"""Reliability of one set of items: rows with intervals that survive ceiling effects.

The usual Feldt interval assumes normal answers: where most answers sit at the top of the
scale its 95 % covers 80-90 %, at any n.  The default here does not assume it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from svclib import factor
from svclib.errors import ParamError
from svclib.factor import Sample
from svclib.reliability import omega
from svclib.reliability.bootstrap import resampled
from svclib.reliability.interval import INTERVALS, NORMAL, bonett, error, feldt, limits, normal_error
from svclib.reliability.scale import PEARSON, Coefficient, Evaluated, Scale, chosen, evaluate, remarks, usual

MATRIX_VARIANTS = ("raw", "standardised")
SECOND_ORDER = {
    "omega_h": "omega_h: ML second-order factor on covariance, sum(general loadings)^2/model variance",
    "omega": "omega: ML second-order factor on covariance, 1 - sum of residual variances/model variance",
}


def alpha(
    x: pd.DataFrame,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ci: str = "adf",
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Cronbach's alpha of the columns of `x`, k/(k-1) (1 - tr S / 1'S1): the row of `coefficients`."""
    rows = factor.sample(x, weights=weights, cluster=cluster)
    return _bare(coefficients(rows, ["alpha.raw"], ci=ci, missing=missing, confidence=confidence))


def standardised(
    x: pd.DataFrame,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ci: str = "adf",
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Alpha of the standardised items, k/(k-1) (1 - k / 1'R1): the row of `coefficients`."""
    rows = factor.sample(x, weights=weights, cluster=cluster)
    return _bare(coefficients(rows, ["alpha.standardised"], ci=ci, missing=missing, confidence=confidence))


def _bare(found: pd.DataFrame) -> pd.DataFrame:
    return found.drop(columns=["stat", "variant"])


def coefficients(
    rows: Sample,
    which: Sequence[str] | None = None,
    *,
    ci: str = "adf",
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Reliability coefficients of the items of `rows`, each with its interval.

    Parameters
    ----------
    rows : factor.Sample
        `factor.sample(x, weights=, cluster=, strata=)`; reverse items already recoded.
    which : sequence of str, optional
        Names "stat.variant": alpha.raw, .standardised, .ordinal; omega.raw, .ordinal;
        lambda2.raw; split_half.mean, .max, .min (all splits, up to 12 items), .odd_even.
        All of them by default.
    ci : {"adf", "adf_wald", "feldt", "bonett", "bootstrap"}
        "adf": t interval with leave-one-unit-out standard errors and df from the kurtosis of the
        influences. "adf_wald": t interval with the plain asymptotically distribution-free
        standard error. "feldt", "bonett": alpha of normal answers in independent rows, with the
        standard error for normal answers. "bootstrap": percentiles of 2000 resamples of the
        sampling units, seed 0; of covariances by listwise or pairwise deletion.
    missing : {"listwise", "pairwise", "fiml"}
        Complete rows only, every covariance from the rows that have both items, or maximum
        likelihood of normal data under missingness at random; polychoric correlations are then
        pairwise, and their rows say so.
    confidence : float
        Confidence level.

    Returns
    -------
    DataFrame, one row per coefficient
        stat, variant, n, n_items, complete_share, estimate, se, df, ci_low, ci_high, confidence,
        method, missing, definition, note. What cannot be computed is NaN and `note` says why:
        too_few (n < 3), single_item, no_overlap (two items never answered together),
        constant_total, constant_item:…, no_error_variance (1 - coefficient is 0), single_psu,
        not_identified (omega of two items), not_positive_definite, not_converged. Other notes:
        small_n and small_n_ceiling (policy `alpha_n` and `off_ceiling_n`: the interval may cover
        less than it says), psu_share, two_items, negative_estimate, negative_item:… (must it be
        reverse-scored?), heywood (a residual variance of 0 or less).

    Raises
    ------
    ParamError
        Unknown `which`, `ci` or `missing`; an interval that the rows or coefficients do not allow.
    """
    asked = chosen(usual(len(rows.items)) if which is None else which)
    _check(rows, asked, ci, missing)
    return of_scale(Scale(rows, missing), asked, ci=ci, confidence=confidence)


def of_scale(
    scale: Scale, asked: Sequence[Coefficient] | None = None, *, ci: str = "adf", confidence: float = 0.95
) -> pd.DataFrame:
    """Rows of `coefficients` for a prepared scale, in the order asked."""
    asked = chosen(usual(len(scale.rows.items))) if asked is None else asked
    parts = []
    for kind in dict.fromkeys(one.kind for one in asked):
        some = [one for one in asked if one.kind == kind]
        parts.append(_rows(evaluate(scale.of(kind), some), some, ci=ci, confidence=confidence))
    order = [one for kind in dict.fromkeys(one.kind for one in asked) for one in asked if one.kind == kind]
    places = np.argsort([asked.index(one) for one in order])
    return pd.concat(parts, ignore_index=True).iloc[places].reset_index(drop=True)


def hierarchical(
    scale: Scale, scales: Mapping[str, Sequence[str]], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Omega hierarchical and total of all `scales` under one general factor: rows of `coefficients`."""
    found = scale.pearson
    blocked = "single_item" if len(found.rows.items) < 2 else found.note
    if blocked:
        values, moves, note = [np.nan] * 2, np.full((len(found.basis.w), 2), np.nan), blocked
    else:
        values, moves, note = omega.hierarchical(found, scales)
    asked = [Coefficient(stat, "second_order", PEARSON, None, words) for stat, words in SECOND_ORDER.items()]
    return _rows(
        Evaluated(found, np.array(values), moves, [note] * 2), asked, ci="adf", confidence=confidence
    )


def _check(rows: Sample, asked: Sequence[Coefficient], ci: str, missing: str) -> None:
    if ci not in INTERVALS:
        raise ParamError(f"ci={ci!r}; choose one of {list(INTERVALS)}")
    if ci in NORMAL and not (rows.independent or len(rows.w) == 0):
        raise ParamError(f"ci={ci!r} assumes independent rows of equal weight; choose 'adf' or 'adf_wald'.")
    other = [one.name for one in asked if one.stat != "alpha" or one.kind != PEARSON]
    if ci in NORMAL and other:
        raise ParamError(f"ci={ci!r} is an interval of alpha, not of {other}; choose 'adf' or 'bootstrap'.")
    if ci == "bootstrap" and (missing == "fiml" or any(one.kind != PEARSON for one in asked)):
        raise ParamError(
            "ci='bootstrap' resamples covariances by listwise or pairwise deletion; choose 'adf' for "
            "missing='fiml' and for ordinal coefficients."
        )


def _rows(found: Evaluated, asked: Sequence[Coefficient], *, ci: str, confidence: float) -> pd.DataFrame:
    """One row per coefficient of one kind of matrix."""
    moments, values = found.moments, found.estimates
    limit = _interval(found, asked, ci, confidence)
    common = [] if np.isnan(values).all() else remarks(moments)
    notes = [
        note if np.isnan(value) else ";".join([*filter(None, [note, *_sign(value)]), *common])
        for note, value in zip(found.notes, values, strict=True)
    ]
    return pd.DataFrame({
        "stat": [one.stat for one in asked], "variant": [one.variant for one in asked],
        "n": moments.n, "n_items": len(moments.rows.items), "complete_share": moments.complete_share,
        "estimate": values, **dict(zip(("se", "df", "ci_low", "ci_high"), limit, strict=True)),
        "confidence": confidence, "method": ci, "missing": moments.missing,
        "definition": [one.definition for one in asked], "note": notes,
    })  # fmt: skip


def _sign(value: float) -> list[str]:
    return ["negative_estimate"] if value < 0 else []


def _interval(
    found: Evaluated, asked: Sequence[Coefficient], ci: str, confidence: float
) -> tuple[np.ndarray, ...]:
    """Standard errors, df and limits, (q,) each."""
    if ci in NORMAL:
        return _normal(found, asked, ci, confidence)
    if ci == "bootstrap":
        return resampled(found.moments, asked, confidence=confidence)
    se, df = error(found.moments, found.moves, plain=ci == "adf_wald")
    df = np.where(np.isnan(se), np.nan, df)
    return se, df, *limits(found.estimates, se, df, confidence)


def _normal(
    found: Evaluated, asked: Sequence[Coefficient], ci: str, confidence: float
) -> tuple[np.ndarray, ...]:
    """Standard errors and limits of alpha for normal answers."""
    matrix, n, k = found.moments.matrix, found.moments.n, len(found.moments.rows.items)
    out = np.full((4, len(asked)), np.nan)
    for j, (value, one) in enumerate(zip(found.estimates, asked, strict=True)):
        if np.isfinite(value) and one.of is not None:
            limit = feldt if ci == "feldt" else bonett
            out[:, j] = normal_error(matrix, one.of(matrix)[1], n), n - 1, *limit(value, n, k, confidence)
    return tuple(out)


def alpha_from_matrix(
    cov: ArrayLike, n: int, *, variant: str = "raw", confidence: float = 0.95
) -> pd.DataFrame:
    """Alpha of a published covariance matrix: the row of `coefficients`, with the Feldt interval.

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
    if variant not in MATRIX_VARIANTS:
        raise ParamError(f"variant={variant!r}; choose one of {list(MATRIX_VARIANTS)}")
    matrix = np.asarray(cov, dtype=float)
    k, place = len(matrix), np.arange(n)
    items = tuple(f"item {j}" for j in range(1, k + 1))
    # Nobody knows the answers behind a matrix: rows that all differ stand in for them.
    rows = Sample(np.repeat(place[:, None] * 1.0, k, 1), np.full(n, 1 / n), place, place * 0, items, place)
    nothing = factor.Moments(
        rows, matrix, np.zeros(k), PEARSON, "listwise", n, "", lambda g, _: np.full((n, len(g)), np.nan)
    )
    asked = chosen([f"alpha.{variant}"])
    return _bare(_rows(evaluate(nothing, asked), asked, ci="feldt", confidence=confidence))
