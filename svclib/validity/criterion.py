"""Does a dimension go with what it should predict: its correlation with a declared outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.factor import Moments
from svclib.validity.interval import METHODS, interval, moved
from svclib.validity.structure import Scales

DEFINITIONS = {
    "criterion": "r: correlation of the sum of the items with the criterion",
    "criterion_corrected": "r/sqrt(alpha): corrected for the unreliability of the dimension (Spearman 1904)",
}


def correlate(cov: np.ndarray, items: Sequence[int], outcome: Sequence[int]) -> tuple[float, np.ndarray]:
    """Correlation of two sums of items, and its gradient by `cov`, (k, k)."""
    a, b = np.zeros(len(cov)), np.zeros(len(cov))
    a[list(items)], b[list(outcome)] = 1.0, 1.0
    own, other = a @ cov @ a, b @ cov @ b
    r = a @ cov @ b / np.sqrt(own * other)
    mixed = (np.outer(a, b) + np.outer(b, a)) / (2 * np.sqrt(own * other))
    return float(r), mixed - r / 2 * (np.outer(a, a) / own + np.outer(b, b) / other)


def corrected(cov: np.ndarray, items: Sequence[int], outcome: Sequence[int]) -> tuple[float, np.ndarray]:
    """The same over the square root of alpha (Spearman 1904); NaN where alpha is not positive."""
    r, slope = correlate(cov, items, outcome)
    at, k = list(items), len(items)
    block = cov[np.ix_(at, at)]
    total, trace = block.sum(), block.trace()
    alpha = k / (k - 1) * (1 - trace / total) if k > 1 else np.nan
    if not alpha > 0:
        return np.nan, np.full_like(cov, np.nan)
    inner = np.zeros_like(cov)
    inner[np.ix_(at, at)] = k / (k - 1) * (trace / total**2 - np.eye(k) / total)
    return r / np.sqrt(alpha), slope / np.sqrt(alpha) - r / 2 * inner / alpha**1.5


FUNCTIONS = {"criterion": correlate, "criterion_corrected": corrected}
SCALE = {"criterion": "fisher", "criterion_corrected": "wald"}


def criterion(
    found: Moments, scales: Scales, outcome: Sequence[str], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Correlation of every dimension with the outcome, plain and corrected for unreliability.

    Parameters
    ----------
    found : Moments
        Of all items of `scales` and of the outcome, whose items are summed.

    Returns
    -------
    DataFrame, 2 rows per dimension
        dimension, stat ("criterion": interval on Fisher's z; "criterion_corrected": on the value
        itself, which may exceed 1), n_items, estimate, se, df, ci_low, ci_high, confidence, n,
        method, definition, note: "without_criterion" (items of the outcome are left out of the
        dimension), "single_item" (nothing to correct by), or why there are no moments.
    """
    place = {item: i for i, item in enumerate(found.rows.items)}
    target = [place[item] for item in outcome]
    rows = []
    for name, items in scales.items():
        own = [place[item] for item in items if item not in outcome]
        told = "without_criterion" if len(own) < len(items) else ""
        for stat in FUNCTIONS:
            got = _row(found, stat, own, target, confidence)
            got["note"] = ";".join(filter(None, [got["note"], told]))
            rows.append({"dimension": name, "stat": stat, "n_items": len(own)} | got)
    out = pd.DataFrame(rows).assign(confidence=confidence, n=found.n)
    return out.assign(method=out["stat"].map(SCALE).map(METHODS), definition=out["stat"].map(DEFINITIONS))


def _row(found: Moments, stat: str, own: list[int], target: list[int], confidence: float) -> dict[str, Any]:
    flat = not found.note and (np.diag(found.matrix)[[*own, *target]] <= 0).any()
    note = found.note or ("no_items" if not own else "constant_item" if flat else "")
    if not note and stat == "criterion_corrected" and len(own) < 2:
        note = "single_item"
    if note:
        return dict.fromkeys(("estimate", "se", "df", "ci_low", "ci_high"), np.nan) | {"note": note}
    value, slope = FUNCTIONS[stat](found.matrix, own, target)
    se, df = moved(found, slope[None])
    low, high = interval(value, se, df, scale=SCALE[stat], confidence=confidence)
    return {"estimate": value, "se": se[0], "df": df[0], "ci_low": low[0], "ci_high": high[0],
            "note": "negative_item" if np.isnan(value) else ""}  # fmt: skip
