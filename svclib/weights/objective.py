"""Weights from how the units' scores differ: entropy, CRITIC, coefficient of variation, components.

Scores are anchored points, 0 to 100, more is better.  All four move with the sample, and with
the normalisation more than with the data, so each names its own in the notes.  A unit with an
empty cell is left out and counted; an element with the same score everywhere has weight 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError

_SAME = 1e-12
_ONE = 1e-9


class Weighed(NamedTuple):
    """Weights of the elements, summing to 1, and one note per element."""

    weights: np.ndarray
    notes: list[str]


class _Method(NamedTuple):
    raw: Callable[[np.ndarray], np.ndarray]
    normalisation: str  # the note that names it, "" where there is none
    least: int  # units, beyond one per element where `per_element`
    per_element: bool = False


def entropy(scores: pd.DataFrame) -> Weighed:
    """Entropy weights of the columns from raw shares.

    With p = x / sum(x) down each column and e = -sum(p ln p) / ln(n), the weight is
    (1 - e) / sum(1 - e).  The share is that of scores already on fixed anchors, never min-max.

    Parameters
    ----------
    scores : DataFrame, (n_units, n_elements)
        Points of at least 0.

    Returns
    -------
    Weighed
        Notes "raw_shares", "constant" (weight 0), "dropped_units:<count>", joined by ";".

    Raises
    ------
    DataError
        A negative score, fewer than two complete units, or no column that varies.

    References
    ----------
    Zou, Yun & Sun (2006), J. Environ. Sci. 18(5), 1020-1023.
    """
    return _weigh("entropy", scores)


def critic(scores: pd.DataFrame) -> Weighed:
    """CRITIC weights: what varies, and does so otherwise than the rest, counts most.

    On columns brought to 0-1 by min-max, the weight is proportional to
    sd_j * sum_k(1 - r_jk).  Parameters and result as in `entropy`; note "min_max".  A column
    that alone varies has the whole weight.

    Raises
    ------
    DataError
        As `entropy`, with three units; or all columns move together (r = 1), so none informs.

    References
    ----------
    Diakoulaki, Mavrotas & Papayannakis (1995), Comput. Oper. Res. 22(7), 763-770.
    """
    return _weigh("critic", scores)


def cv(scores: pd.DataFrame) -> Weighed:
    """Weights proportional to the coefficient of variation, sd / mean, of the points.

    Parameters, result and errors as in `entropy`; no normalisation.
    """
    return _weigh("cv", scores)


def pca(scores: pd.DataFrame) -> Weighed:
    """Principal-component weights: squared loadings times the component's share of variance.

    Of the correlation matrix the components with eigenvalue of at least 1 are kept.  The
    weight is sum_c (l_jc^2 / sum_j l_jc^2) * (lambda_c / sum_c lambda_c), which equals the
    communality of j over the sum of communalities.  Parameters and result as in `entropy`;
    note "z_scores".

    Raises
    ------
    DataError
        As `entropy`, with more units than elements: otherwise the correlations are those of
        a matrix without full rank.

    References
    ----------
    Nicoletti, Scarpetta & Boylaud (2000), OECD Economics Working Paper 226, here unrotated;
    OECD/JRC (2008), Handbook on constructing composite indicators, 6.1.
    """
    return _weigh("pca", scores)


def _entropy(values: np.ndarray) -> np.ndarray:
    share = values / values.sum(axis=0)
    logs = np.log(np.where(share > 0, share, 1.0))
    return 1 + (share * logs).sum(axis=0) / np.log(len(values))


def _critic(values: np.ndarray) -> np.ndarray:
    if values.shape[1] == 1:
        return np.ones(1)
    spread = values.std(axis=0, ddof=1) / np.ptp(values, axis=0)
    conflict = (1 - np.corrcoef(values, rowvar=False)).sum(axis=1)
    raw = spread * conflict
    if raw.max() <= _ONE:
        raise DataError(
            "critic weights: all elements rise and fall together, so none adds to another. "
            "Choose equal or direct weights."
        )
    return raw


def _cv(values: np.ndarray) -> np.ndarray:
    return values.std(axis=0, ddof=1) / values.mean(axis=0)


def _pca(values: np.ndarray) -> np.ndarray:
    roots, vectors = np.linalg.eigh(np.corrcoef(values, rowvar=False).reshape(values.shape[1], -1))
    kept = roots >= 1 - _ONE
    return (vectors[:, kept] ** 2 * roots[kept]).sum(axis=1)


_METHODS = {
    "entropy": _Method(_entropy, "raw_shares", 2),
    "critic": _Method(_critic, "min_max", 3),
    "cv": _Method(_cv, "", 2),
    "pca": _Method(_pca, "z_scores", 1, per_element=True),
}
METHODS = tuple(_METHODS)


def _weigh(name: str, scores: pd.DataFrame) -> Weighed:
    method = _METHODS[name]
    values, names = scores.to_numpy(dtype=float), ", ".join(map(str, scores.columns))
    complete = np.isfinite(values).all(axis=1)
    _refuse_negative(name, scores)
    least = method.least + (values.shape[1] if method.per_element else 0)
    dropped = int((~complete).sum())
    if complete.sum() < least:
        raise DataError(
            f"{name} weights of {names} need at least {least} units with every score, "
            f"found {int(complete.sum())}; {dropped} have an empty cell. "
            "Give the missing scores, or choose equal or direct weights."
        )
    values = values[complete]
    varies = np.ptp(values, axis=0) > _SAME * np.maximum(np.abs(values).max(axis=0), 1.0)
    if not varies.any():
        raise DataError(
            f"{name} weights: every unit has the same score on each of {names}, so nothing separates "
            "them. Choose equal or direct weights."
        )
    raw = np.zeros(len(varies))
    raw[varies] = method.raw(values[:, varies])
    own = [method.normalisation, f"dropped_units:{dropped}" if dropped else ""]
    notes = [";".join(part for part in (*own, "" if v else "constant") if part) for v in varies]
    return Weighed(raw / raw.sum(), notes)


def _refuse_negative(name: str, scores: pd.DataFrame) -> None:
    wrong = scores.to_numpy(dtype=float) < 0
    if wrong.any():
        cells = [f"{scores.index[i]} / {scores.columns[j]}" for i, j in np.argwhere(wrong)]
        more = f" and {len(cells) - 5} more" if len(cells) > 5 else ""
        remedy = "Anchored scores are 0 or more; shares and variation mean nothing below 0."
        raise DataError(f"{name} weights: {', '.join(cells[:5])}{more} below 0. {remedy}")
