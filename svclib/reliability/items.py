"""What each item does to the alpha of its dimension."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from svclib import factor, policy
from svclib.reliability import omega
from svclib.reliability.functions import raw
from svclib.reliability.interval import error, limits
from svclib.reliability.scale import Scale, chosen, constant, evaluate, item_rest
from svclib.screening import describe

Range = tuple[float, float]
EFFECT = ["if_dropped", "change", "ci_low", "ci_high"]


def item_analysis(
    x: pd.DataFrame,
    *,
    scale: Mapping[str, Range] | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Distribution of every item, its correlation with the others, and alpha without it.

    Parameters
    ----------
    x, weights, cluster, missing, confidence
        As for `alpha`.
    scale : {item: (low, high)}, optional
        Lowest and highest possible answer, for the floor and ceiling shares.

    Returns
    -------
    DataFrame, k rows
        item, n, mean, sd, floor_share, ceiling_share (all answers of the item); r_drop
        (correlation with the sum of the other items), if_dropped (alpha of the others), change
        = if_dropped - alpha, ci_low and ci_high of the change, omega_if_dropped (ML one-factor
        omega of the others, from three others on), all from the same rows as alpha.
        The interval of the change is that of `coefficients` with ci="adf". note:
        constant_item, negative_item, weak_item (below the policy's item-rest correlation),
        two_items (nothing to drop), or what makes alpha itself impossible.
    """
    rows = factor.sample(x, weights=weights, cluster=cluster)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    told = profile(x, w, scale or {})
    return pd.concat([told, effects(Scale(rows, missing), confidence)], axis=1)


def profile(x: pd.DataFrame, weights: np.ndarray, scale: Mapping[str, Range]) -> pd.DataFrame:
    """item, n, mean, sd, floor_share, ceiling_share of all answers, k rows."""
    ends = [scale.get(str(item), (np.nan, np.nan)) for item in x.columns]
    told = describe(x.to_numpy(dtype=float), weights, np.array(ends, dtype=float).reshape(-1, 2))
    return told.drop(columns=["n_missing", "missing_share"]).assign(item=[str(c) for c in x.columns])


def effects(scale: Scale, confidence: float) -> pd.DataFrame:
    """r_drop, if_dropped, change with its limits, omega_if_dropped, and note, k rows."""
    found, k = scale.pearson, len(scale.rows.items)
    (whole,), _, (blocked,) = evaluate(found, chosen(["alpha.raw"]))[1:]
    effect = pd.DataFrame(np.full((k, 4), np.nan), columns=EFFECT)
    r_drop = np.full(k, np.nan) if blocked else item_rest(found.matrix)
    if not blocked and k > 2:
        gradient = raw(found.matrix)[1]
        parts = [_without(found.matrix, j) for j in range(k)]
        dropped = np.array([value for value, _ in parts])
        slopes = np.array([inner - gradient for _, inner in parts])
        se, df = error(found, found.basis_moves(slopes))
        change = dropped - whole
        effect[EFFECT] = np.column_stack([dropped, change, *limits(change, se, df, confidence, top=np.inf)])
    omegas = [np.nan if blocked else _omega_without(found.matrix, j, found.n) for j in range(k)]
    return effect.assign(
        r_drop=r_drop, omega_if_dropped=omegas, note=_notes(constant(found.matrix), r_drop, blocked)
    )


def _without(cov: np.ndarray, j: int) -> tuple[float, np.ndarray]:
    """Alpha without item j and its gradient by the whole matrix; NaN where the others cancel out."""
    rest = np.delete(np.arange(len(cov)), j)
    block = np.ix_(rest, rest)
    if cov[block].sum() <= 0:
        return np.nan, np.full_like(cov, np.nan)
    value, inner = raw(cov[block])
    gradient = np.zeros_like(cov)
    gradient[block] = inner
    return value, gradient


def _omega_without(cov: np.ndarray, j: int, n: int) -> float:
    """Omega without item j; NaN where the others are too few, or one of them does not vary."""
    rest = np.delete(np.arange(len(cov)), j)
    return omega.of_matrix(cov[np.ix_(rest, rest)], n)


def _notes(flat: np.ndarray, r_drop: np.ndarray, blocked: str) -> list[str]:
    if blocked:
        return [blocked] * len(r_drop)
    common = ["two_items"] if len(r_drop) == 2 else []
    weak = policy.judge(r_drop, "item_rest") == "weak"
    notes = []
    for still, r, low in zip(flat, r_drop, weak, strict=True):
        own = "constant_item" if still else "negative_item" if r < 0 else "weak_item" if low else ""
        notes.append(";".join([*common, own] if own else common))
    return notes
