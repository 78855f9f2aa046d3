"""Weights that need no judgement matrix: equal, direct, entropy of the scores, stated importance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import DataError


def equal(n: int) -> np.ndarray:
    """The same weight for n elements, shape (n,)."""
    return np.full(n, 1.0 / n)


def direct(weights: Sequence[float | None], *, names: Sequence[str]) -> np.ndarray:
    """Written weights divided by their sum, shape (n,); they may sum to 1 or to 100."""
    missing = [
        name for name, w in zip(names, weights, strict=True) if w is None or not np.isfinite(w) or w < 0
    ]
    if missing:
        raise DataError(f"no usable weight for {', '.join(missing)}. Write a weight of 0 or more for each.")
    values = np.array(weights, dtype=float)
    if values.sum() <= 0:
        raise DataError(f"the weights of {', '.join(names)} are all 0")
    return values / values.sum()


def entropy(scores: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Entropy weights of the columns from raw shares.

    With p = x / sum(x) down each column and e = -sum(p ln p) / ln(n), the weight is
    (1 - e) / sum(1 - e).  The normalisation decides more than the data does: here it is
    the raw share of scores that are already on fixed 0-100 anchors, never min-max.

    Parameters
    ----------
    scores : DataFrame, (n_units, n_elements)
        Anchored scores, no empty cells, nothing below 0.

    Returns
    -------
    tuple
        weights (n_elements,) and one note per element: "constant" where every unit has
        the same score (weight 0), else "".

    Raises
    ------
    DataError
        An empty or negative cell, fewer than two units, or no column that varies.

    References
    ----------
    Elsayed, E. A. et al. (2017), the case of tests; Zou et al. (2006) for the formula.
    """
    values = scores.to_numpy(dtype=float)
    _refuse(scores, ~np.isfinite(values), "has no score", "Give the score, or leave the unit out.")
    _refuse(scores, values < 0, "is below 0", "Entropy needs scores of 0 or more.")
    if len(values) < 2:
        raise DataError(f"entropy weights need at least two units, found {len(values)}")
    constant = np.ptp(values, axis=0) <= 1e-12 * np.maximum(np.abs(values).max(axis=0), 1.0)
    if constant.all():
        raise DataError(
            "entropy weights: every unit has the same scores, so nothing separates the "
            f"{values.shape[1]} elements. Choose equal or direct weights."
        )
    share = np.where(constant, 1.0, values) / np.where(constant, 1.0, values).sum(axis=0)
    logs = np.log(np.where(share > 0, share, 1.0))
    divergence = np.where(constant, 0.0, 1 + (share * logs).sum(axis=0) / np.log(len(values)))
    return divergence / divergence.sum(), ["constant" if c else "" for c in constant]


def _refuse(scores: pd.DataFrame, wrong: np.ndarray, what: str, remedy: str) -> None:
    if wrong.any():
        cells = [f"{scores.index[i]} / {scores.columns[j]}" for i, j in np.argwhere(wrong)]
        more = f" and {len(cells) - 5} more" if len(cells) > 5 else ""
        raise DataError(f"entropy weights: {', '.join(cells[:5])}{more} {what}. {remedy}")


def stated(
    picks: pd.DataFrame, order: Sequence[str], *, weight: pd.Series | None = None
) -> tuple[np.ndarray, int]:
    """Stated importance: each element's share of all mentions.

    Parameters
    ----------
    picks : DataFrame, (n_respondents, n_picks)
        Codes 1..k in `order`; an empty cell or any other code is not a mention.
    order : sequence of str
        Names by code, k of them.
    weight : Series, optional
        Design weight of each respondent.

    Returns
    -------
    tuple
        shares (k,) and the number of entered codes outside 1..k.

    Raises
    ------
    DataError
        Nobody mentioned anything.
    """
    codes = picks.to_numpy(dtype=float)
    rows = np.ones(len(picks)) if weight is None else weight.to_numpy(dtype=float)
    mentions = np.array([(rows[:, None] * (codes == k)).sum() for k in range(1, len(order) + 1)])
    if mentions.sum() <= 0:
        raise DataError(
            f"columns {', '.join(map(str, picks.columns))}: no code between 1 and {len(order)}, "
            "so there is no stated importance to use as weights"
        )
    known = np.isin(codes, np.arange(1, len(order) + 1))
    return mentions / mentions.sum(), int((np.isfinite(codes) & ~known).sum())
