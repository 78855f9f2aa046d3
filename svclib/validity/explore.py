"""How many factors the answers hold, and which items gather: parallel analysis, exploratory factors."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.multivariate.factor import Factor
from statsmodels.multivariate.factor_rotation import rotate_factors

from svclib.errors import ParamError
from svclib.factor import Moments, moments
from svclib.validity.adequacy import effective_n, usable
from svclib.validity.correlations import correlation

EIGENVALUES = ("factors", "components")
METHODS = ("ml", "pa")
TURNS = {"varimax": "varimax", "oblimin": "quartimin"}  # oblimin with gamma 0
ROTATIONS = ("none", *TURNS)
AXES, CLOSE = 50, 1e-4
HEYWOOD = 0.005  # a uniqueness at the edge, as R's factanal bounds it


def reduced(cor: np.ndarray) -> np.ndarray:
    """Correlations (..., k, k) with what one factor explains of every variance on the diagonal.

    Principal axes iterated from the squared multiple correlations, as psych::fa.parallel has it.
    """
    k = cor.shape[-1]
    out, on = cor.reshape(-1, k, k).copy(), np.arange(k)
    out[:, on, on] = 1 - 1 / np.linalg.pinv(out, hermitian=True)[:, on, on]
    going = np.arange(len(out))  # most matrices settle in a few rounds, and one may take all
    for _ in range(AXES):
        values, vectors = np.linalg.eigh(out[going])
        following = np.minimum(np.maximum(values[:, -1:], 0.0) * vectors[..., -1] ** 2, 1.0)
        moved = abs(following - out[going][:, on, on]).max(axis=1)
        out[going[:, None], on, on] = following
        going = going[moved >= CLOSE]
        if not len(going):
            break
    return out.reshape(cor.shape)


def parallel(found: Moments, *, draws: int = 100, quantile: float = 0.95, seed: int = 0) -> pd.DataFrame:
    """Eigenvalues against those of answers that have nothing in common (Horn 1965).

    Every draw permutes the answers of each item among those who answered it: ceilings, weights
    and missing answers stay, what items share goes (Buja & Eyuboglu 1992, Multivariate
    Behavioral Research 27, 509-540). A factor or component counts while its eigenvalue lies
    above the `quantile` of the draws.

    Returns
    -------
    DataFrame, 2 k rows
        stat ("factors": communalities of one factor on the diagonal; "components": ones),
        component 1..k, eigenvalue, by_chance, retained, draws, seed, n, note.
    """
    k, note = len(found.rows.items), usable(found)
    parts = []
    values = _eigenvalues(correlation(found.matrix)) if not note else np.full((2, k), np.nan)
    chance = np.quantile(_by_chance(found, draws, seed), quantile, axis=1) if not note else values
    for stat, own, limit in zip(EIGENVALUES, values, chance, strict=True):
        above = np.cumprod(own > limit).astype(bool)
        parts.append(pd.DataFrame({"stat": stat, "component": np.arange(1, k + 1), "eigenvalue": own,
                                   "by_chance": limit, "retained": above}))  # fmt: skip
    return pd.concat(parts, ignore_index=True).assign(draws=draws, seed=seed, n=found.n, note=note)


def _eigenvalues(cor: np.ndarray) -> np.ndarray:
    """Falling eigenvalues of the factors and of the components, (2, ..., k)."""
    return np.array([np.linalg.eigvalsh(matrix)[..., ::-1] for matrix in (reduced(cor), cor)])


def _by_chance(found: Moments, draws: int, seed: int) -> np.ndarray:
    """Eigenvalues of shuffled answers, (2, draws, k)."""
    rng, rows = np.random.default_rng(seed), found.rows
    places = [np.flatnonzero(~np.isnan(column)) for column in rows.x.T]
    out = []
    for _ in range(draws):
        x = rows.x.copy()
        for j, at in enumerate(places):
            x[at, j] = rng.permutation(x[at, j])
        out.append(correlation(moments(replace(rows, x=x), missing="pairwise").matrix))
    return _eigenvalues(np.array(out))


def retained(table: pd.DataFrame, stat: str = "factors") -> int:
    """How many factors (or components) a table of `parallel` keeps."""
    return int(table.loc[table["stat"] == stat, "retained"].sum())


def explore(found: Moments, n_factors: int, *, method: str = "ml", rotation: str = "oblimin") -> pd.DataFrame:
    """Exploratory factor analysis of the correlations; principal axes and rotations by statsmodels.

    Parameters
    ----------
    n_factors : int
    method : {"ml", "pa"}
        Maximum likelihood, or principal axes.
    rotation : {"none", "varimax", "oblimin"}

    Returns
    -------
    DataFrame, k * n_factors rows
        item, component (by explained variance, loadings of each summing to a positive number),
        estimate (pattern loading), uniqueness, largest (whether it is the largest of its item), method,
        rotation,
        chi2 with Bartlett's correction (Lawley & Maxwell 1971), df, p, n, note.
    """
    for name, value, known in (("method", method, METHODS), ("rotation", rotation, ROTATIONS)):
        if value not in known:
            raise ParamError(f"{name}={value!r}; choose one of {list(known)}")
    items, note = found.rows.items, usable(found)
    k = len(items)
    if not note and not 0 < n_factors <= (2 * k + 1 - np.sqrt(8 * k + 1)) / 2:
        note = "no_factors" if n_factors < 1 else "not_identified"
    if note:
        return _pattern(items, np.full((k, max(n_factors, 1)), np.nan), np.full(k, np.nan)).assign(
            method=method, rotation=rotation, chi2=np.nan, df=np.nan, p=np.nan, n=found.n, note=note
        )
    cor, n = correlation(found.matrix), effective_n(found)
    loadings, unique, note = _extract(cor, n_factors, method)
    chi2, df, p = _misfit(cor, loadings, unique, n) if method == "ml" else (np.nan,) * 3
    return _pattern(items, _oriented(_turned(loadings, rotation)), unique).assign(
        method=method, rotation=rotation, chi2=chi2, df=df, p=p, n=found.n, note=note
    )


def _extract(cor: np.ndarray, m: int, method: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Loadings (k, m), uniquenesses (k,), note."""
    if method == "pa":
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted = Factor(corr=cor, n_factor=m, method="pa").fit(maxiter=500)
        return fitted.loadings, fitted.uniqueness, "not_converged" if caught else ""
    start = (1 - m / (2 * len(cor))) / np.diag(np.linalg.inv(cor))
    bounds = [(HEYWOOD, 1.0)] * len(cor)
    found = optimize.minimize(_discrepancy, start, args=(cor, m), jac=True, method="L-BFGS-B", bounds=bounds,
                              options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8})  # fmt: skip
    note = "" if found.success else "not_converged"
    return _given(found.x, cor, m)[1], found.x, note or ("heywood" if (found.x <= HEYWOOD).any() else "")


def _given(unique: np.ndarray, cor: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the scaled correlations, rising, and the best loadings for these uniquenesses."""
    scale = np.sqrt(unique)
    values, vectors = np.linalg.eigh(cor / np.outer(scale, scale))
    return values, scale[:, None] * vectors[:, ::-1][:, :m] * np.sqrt(np.maximum(values[::-1][:m] - 1, 0.0))


def _discrepancy(unique: np.ndarray, cor: np.ndarray, m: int) -> tuple[float, np.ndarray]:
    """F over the uniquenesses alone, and its gradient (Joreskog 1967, Psychometrika 32, 443-482)."""
    values, loadings = _given(unique, cor, m)
    rest = values[: len(cor) - m]
    gap = (loadings**2).sum(axis=1) + unique - 1
    return float((rest - np.log(rest)).sum() - len(rest)), gap / unique**2


def _misfit(
    cor: np.ndarray, loadings: np.ndarray, unique: np.ndarray, n: float
) -> tuple[float, float, float]:
    """(n - 1 - (2k + 5)/6 - 2m/3) F against the correlations, df, p."""
    k, m = loadings.shape
    implied = loadings @ loadings.T + np.diag(unique)
    gap = np.linalg.slogdet(implied)[1] - np.linalg.slogdet(cor)[1]
    gap += np.linalg.solve(implied, cor).trace() - k
    chi2, df = (n - 1 - (2 * k + 5) / 6 - 2 * m / 3) * gap, ((k - m) ** 2 - k - m) // 2
    return float(chi2), float(df), float(stats.chi2.sf(chi2, df)) if df else np.nan


def _turned(loadings: np.ndarray, rotation: str) -> np.ndarray:
    """Rotated loadings; varimax with Kaiser's normalisation, as R and SPSS do."""
    if rotation == "none" or loadings.shape[1] < 2:
        return loadings
    size = np.sqrt((loadings**2).sum(axis=1, keepdims=True)) if rotation == "varimax" else 1.0
    return rotate_factors(loadings / size, TURNS[rotation])[0] * size


def _oriented(loadings: np.ndarray) -> np.ndarray:
    """Most explained first; every column sums to a positive number."""
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    out = loadings[:, order]
    return out * np.where(out.sum(axis=0) < 0, -1.0, 1.0)


def _pattern(items: tuple[str, ...], loadings: np.ndarray, unique: np.ndarray) -> pd.DataFrame:
    k, m = loadings.shape
    largest = abs(loadings) == abs(loadings).max(axis=1, keepdims=True, initial=0)
    return pd.DataFrame({
        "item": np.repeat(np.array(items, dtype=object), m), "component": np.tile(np.arange(1, m + 1), k),
        "estimate": loadings.ravel(), "uniqueness": np.repeat(unique, m), "largest": largest.ravel(),
    })  # fmt: skip
