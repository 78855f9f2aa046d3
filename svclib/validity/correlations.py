"""Correlations of moments, and gradients by them turned into gradients by the covariances."""

from __future__ import annotations

import numpy as np


def correlation(cov: np.ndarray) -> np.ndarray:
    """Correlations of a covariance matrix, (k, k)."""
    scale = 1 / np.sqrt(np.diag(cov))
    out = cov * np.outer(scale, scale)
    np.fill_diagonal(out, 1.0)
    return out


def by_covariance(gradients: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Gradients by the covariances of functions with symmetric gradients by the correlations.

    dr_jk = ds_jk/(s_j s_k) - r_jk/2 (ds_jj/s_jj + ds_kk/s_kk).

    Parameters
    ----------
    gradients : ndarray, (q, k, k)
        Off-diagonal; what they say on the diagonal, where a correlation is 1, does not count.
    """
    scale, cor = 1 / np.sqrt(np.diag(cov)), correlation(cov)
    k = len(cov)
    off = gradients * (1 - np.eye(k))
    out = off * np.outer(scale, scale)
    out[:, np.arange(k), np.arange(k)] = -(off * cor).sum(axis=2) * scale**2
    return out
