"""McDonald's omega: the share of the sum's variance that common factors explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.multivariate.factor import Factor
from statsmodels.multivariate.factor_rotation import rotate_factors

from svclib import factor
from svclib.errors import ParamError
from svclib.factor import GENERAL, Fit, Moments

FEWEST_ITEMS, FEWEST_SCALES = 3, 3  # a factor of two items, or a general factor of two, is not identified
ONE = "common"

Found = tuple[list[float], np.ndarray, str]  # values (q,), influences on `found.basis`, note


def total(found: Moments) -> Found:
    """Omega total of one factor, (sum l)² / 1'Sigma 1 (McDonald 1999, Test theory, ch. 6).

    Maximum likelihood on the covariances, or on the polychoric correlations.
    """
    if len(found.matrix) < FEWEST_ITEMS:
        return _nothing(found, 1, "not_identified")
    model = factor.simple_structure({ONE: found.rows.items})
    fitted = factor.fit(model, (factor.group(found),))
    if fitted.note:
        return _nothing(found, 1, fitted.note)
    loads = np.array([p.kind == "loading" for p in model.parameters])
    return _ratios(fitted, [(fitted.theta[loads].sum(), loads.astype(float))])


def of_matrix(matrix: np.ndarray, n: float) -> float:
    """Omega total of one factor from a matrix alone; NaN where it cannot be fitted."""
    items = tuple(f"item {j}" for j in range(len(matrix)))
    if len(items) < FEWEST_ITEMS:
        return np.nan
    model = factor.simple_structure({ONE: items})
    fitted = factor.fit(model, (factor.from_matrix(matrix, n),))
    loads = np.array([p.kind == "loading" for p in model.parameters])
    return float(fitted.theta[loads].sum() ** 2 / model.implied(fitted.theta, 0).sigma.sum())


def hierarchical(found: Moments, scales: Mapping[str, Sequence[str]]) -> Found:
    """Omega hierarchical and omega total of all items under a second-order factor.

    omega_h = (sum g_f l_i)² / 1'Sigma 1 over the items i of the factors f, each loading g_f on the
    general factor (Zinbarg et al. 2005, Psychometrika 70, 123-133); omega total = 1 - sum of the
    residual variances / 1'Sigma 1.

    Parameters
    ----------
    scales : {factor: items}, every item of `found` once
    """
    if len(scales) < FEWEST_SCALES:
        return _nothing(found, 2, "not_identified")
    model = factor.simple_structure(scales, second_order=True)
    fitted = factor.fit(model, (factor.group(found),))
    if fitted.note:
        return _nothing(found, 2, fitted.note)
    return _ratios(fitted, [_general(fitted, scales)])


def _general(fitted: Fit, scales: Mapping[str, Sequence[str]]) -> tuple[float, np.ndarray]:
    """Sum of the items' loadings on the general factor, and its derivatives by theta."""
    model, theta = fitted.model, fitted.theta
    value, slope = 0.0, np.zeros(len(theta))
    for name, items in scales.items():
        top = model.place("loading", GENERAL, name)
        own = [model.place("loading", name, item) for item in items]
        value += theta[top] * theta[own].sum()
        slope[top] += theta[own].sum()
        slope[own] += theta[top]
    return value, slope


def _ratios(fitted: Fit, commons: list[tuple[float, np.ndarray]]) -> Found:
    """Common² / model variance of every common part, then omega total, with influences and note."""
    implied = fitted.model.implied(fitted.theta, 0)
    variance, by = implied.sigma.sum(), implied.d_sigma.sum(axis=(1, 2))
    residual = np.array([p.kind == "residual" for p in fitted.model.parameters])
    values = [common**2 / variance for common, _ in commons]
    slopes = [
        (2 * common * slope - value * by) / variance
        for value, (common, slope) in zip(values, commons, strict=True)
    ]
    if any(p.of[0] == GENERAL for p in fitted.model.parameters):
        values.append(1 - fitted.theta[residual].sum() / variance)
        slopes.append(((1 - values[-1]) * by - residual) / variance)
    moves = factor.basis_moves(fitted, 0, np.array(slopes))
    return values, moves, "heywood" if (fitted.theta[residual] <= 0).any() else ""


def _nothing(found: Moments, q: int, note: str) -> Found:
    return [np.nan] * q, np.full((len(found.basis.w), q), np.nan), note


def schmid_leiman(cor: ArrayLike, *, n_factors: int = 3) -> dict[str, float]:
    """Omega hierarchical of an exploratory solution, as psych::omega: minres, oblimin, Schmid-Leiman.

    Parameters
    ----------
    cor : array_like, (k, k)
        Correlations of the items.
    n_factors : int
        Group factors, at least 3 so that the general factor is identified.

    Returns
    -------
    dict
        omega_h = (sum of general loadings)² / 1'R1, omega_total = 1 - sum of uniquenesses / 1'R1,
        alpha (standardised), and omega_limit = omega_h / omega_total (Revelle & Zinbarg 2009,
        Psychometrika 74, 145-154).
    """
    if n_factors < FEWEST_SCALES:
        raise ParamError(f"n_factors={n_factors}; a general factor needs at least {FEWEST_SCALES}")
    matrix = np.asarray(cor, dtype=float)
    loads = _minres(matrix, n_factors)
    pattern, turn = rotate_factors(loads, "oblimin", 0, "oblique", max_tries=2000, tol=1e-9)
    phi = turn.T @ turn
    top = _minres(phi, 1)[:, 0]
    general = pattern @ (top * np.sign(top.sum()))
    whole, unique = matrix.sum(), (1 - (loads**2).sum(axis=1)).sum()
    omega_h, omega_total = general.sum() ** 2 / whole, 1 - unique / whole
    k = len(matrix)
    return {
        "omega_h": float(omega_h), "omega_total": float(omega_total),
        "omega_limit": float(omega_h / omega_total), "alpha": float(k / (k - 1) * (1 - k / whole)),
    }  # fmt: skip


def _minres(cor: np.ndarray, n_factors: int) -> np.ndarray:
    """Loadings that leave the smallest residuals: principal axes iterated to the end."""
    found = Factor(corr=cor, n_factor=n_factors, method="pa", smc=True)
    return np.asarray(found.fit(maxiter=5000, tol=1e-12).loadings)
