"""Weights that are written, counted or follow from an order alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError

COMBINATIONS = ("linear", "product")
RANK_ORDERS = ("centroid", "sum", "reciprocal")


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


def rank_order(n: int, *, how: str = "centroid") -> np.ndarray:
    """Weights of n elements of which only the order is known, most important first, shape (n,).

    "centroid" (ROC, Barron & Barrett 1996): sum_(k>=i) (1/k) / n, the centre of all weights in
    that order.  "sum" (Stillwell, Seaver & Edwards 1981): proportional to n + 1 - i.
    "reciprocal": proportional to 1 / i.

    Raises
    ------
    ParamError
        Unknown `how`.
    """
    place = np.arange(1, n + 1)
    if how not in RANK_ORDERS:
        raise ParamError(f"how={how!r}; choose one of {list(RANK_ORDERS)}")
    if how == "centroid":
        return np.cumsum(1 / place[::-1])[::-1] / n
    raw = n + 1.0 - place if how == "sum" else 1 / place
    return raw / raw.sum()


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


def combine(
    parts: Sequence[np.ndarray], *, how: str, share: Sequence[float] = (), names: Sequence[str]
) -> np.ndarray:
    """Weights by several methods put together, shape (n,), summing to 1.

    "linear": sum_k share_k * w_k, the shares divided by their sum.  "product": proportional to
    prod_k w_k, so that an element without weight by one method has none.

    Raises
    ------
    ParamError
        Unknown `how`.
    DataError
        The product is 0 for every element.
    """
    if how not in COMBINATIONS:
        raise ParamError(f"how={how!r}; choose one of {list(COMBINATIONS)}")
    stack = np.stack(parts)
    if how == "linear":
        part = np.asarray(share, dtype=float)
        return part / part.sum() @ stack
    raw = stack.prod(axis=0)
    if raw.sum() <= 0:
        raise DataError(
            f"the product of the weights is 0 for each of {', '.join(names)}: every one of them has "
            "weight 0 by some method. Combine linearly, or leave a method out."
        )
    return raw / raw.sum()
