"""Estimates with the independent sources of their error, contrasts of them, joint draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import block_diag


@dataclass(frozen=True)
class Part:
    """One independent source of error: its covariance (q, q) and degrees of freedom."""

    cov: np.ndarray
    df: float
    name: str


@dataclass(frozen=True)
class Estimate:
    """q estimates with their joint error.

    Attributes
    ----------
    index : what each estimate is, q rows of key columns
    value : (q,)
    parts : independent sources of error; none for fixed values
    n : respondents behind each estimate, (q,)
    note : ids of what a reader must know, joined by ";", "" for nothing, (q,)
    log : whether log(estimate) is the normal one, with SE se/estimate, (q,); None where none is
    """

    index: pd.DataFrame
    value: np.ndarray
    parts: tuple[Part, ...]
    n: np.ndarray
    note: tuple[str, ...]
    log: np.ndarray | None = None

    @property
    def on_log(self) -> np.ndarray:
        """Which estimates are normal on the log scale, (q,) booleans."""
        return np.zeros(len(self.value), dtype=bool) if self.log is None else self.log

    @property
    def cov(self) -> np.ndarray:
        """Covariance of all sources together, (q, q)."""
        return sum((part.cov for part in self.parts), np.zeros((len(self.value), len(self.value))))


def join(*estimates: Estimate) -> Estimate:
    """Stack estimates whose errors are independent of each other."""
    sizes = [len(e.value) for e in estimates]
    parts = []
    for k, estimate in enumerate(estimates):
        before, after = sum(sizes[:k]), sum(sizes[k + 1 :])
        zeros = np.zeros((before, before)), np.zeros((after, after))
        parts += [
            Part(np.asarray(block_diag(zeros[0], p.cov, zeros[1])), p.df, p.name) for p in estimate.parts
        ]
    return Estimate(
        pd.concat([e.index for e in estimates], ignore_index=True),
        np.concatenate([e.value for e in estimates]),
        tuple(parts),
        np.concatenate([e.n for e in estimates]),
        tuple(note for e in estimates for note in e.note),
        np.concatenate([e.on_log for e in estimates]),
    )


def contrast(estimate: Estimate, weights: np.ndarray) -> pd.DataFrame:
    """Linear combinations of the estimates with SE and Satterthwaite degrees of freedom.

    Parameters
    ----------
    estimate : q estimates
    weights : L, (m, q)

    Returns
    -------
    DataFrame of m rows: estimate = Lθ, se = √Σ_k L V_k L′, df = (Σ v_k)² / Σ (v_k²/df_k).
    se and df are NaN where a used estimate has no SE, df is NaN where se is 0.
    """
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    used = weights != 0
    unknown = np.zeros(len(weights), dtype=bool)
    variances = np.zeros((len(estimate.parts), len(weights)))
    for k, part in enumerate(estimate.parts):
        unknown |= (used & np.isnan(np.diag(part.cov))).any(axis=1)
        variances[k] = ((weights @ np.nan_to_num(part.cov)) * weights).sum(axis=1)
    # Rounding can leave a variance of −1e-20 where every answer is the same.
    variances = np.maximum(variances, 0.0)
    total = variances.sum(axis=0)
    total[unknown] = np.nan
    spread = sum((variances[k] ** 2 / part.df for k, part in enumerate(estimate.parts)), np.zeros_like(total))
    with np.errstate(divide="ignore", invalid="ignore"):
        df = np.where(total > 0, total**2 / spread, np.nan)
    value = np.where(used, weights * np.nan_to_num(estimate.value), 0.0).sum(axis=1)
    value[(used & np.isnan(estimate.value)).any(axis=1)] = np.nan
    return pd.DataFrame({"estimate": value, "se": np.sqrt(total), "df": df})


def draws(estimate: Estimate, *, size: int, seed: int) -> np.ndarray:
    """Joint draws, (size, q): value + Σ_k N(0, V_k)·√(df_k/χ²_k), not clipped to the scale.

    A draw v + e of an estimate that is normal on the log scale becomes v·exp(e/v).

    V_k enters by its symmetric root, which is unique: no sign or order of eigenvectors
    can change the draws.  An estimate without SE (NaN) draws NaN.
    """
    rng = np.random.default_rng(seed)
    out = np.tile(np.asarray(estimate.value, dtype=float), (size, 1))
    for part in estimate.parts:
        scale = np.sqrt(part.df / rng.chisquare(part.df, size)) if np.isfinite(part.df) else np.ones(size)
        own = np.flatnonzero(np.diag(part.cov) != 0)
        root = _symmetric_root(part.cov[np.ix_(own, own)])
        out[:, own] += (rng.standard_normal((size, len(own))) @ root) * scale[:, None]
        out[:, np.isnan(np.diag(part.cov))] = np.nan
    value = estimate.value[estimate.on_log]
    out[:, estimate.on_log] = value * np.exp(out[:, estimate.on_log] / value - 1)
    return out


def _symmetric_root(cov: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.nan_to_num(cov))
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
