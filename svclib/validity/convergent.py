"""How much of its items a dimension explains: composite reliability and average variance extracted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from svclib.validity.interval import interval
from svclib.validity.structure import Parts, Scales, Structure, derived, method, point

DEFINITIONS = {
    "cr": "cr: framework CFA, sum(l)^2 / (sum(l)^2 + sum of residual variances)",
    "ave": "ave: framework CFA, sum(l^2) / (sum(l^2) + sum of residual variances)",
}
VARIANTS = ("raw", "standardised")


def composite(loading: np.ndarray, residual: np.ndarray) -> complex:
    """Composite reliability of uncorrelated residuals, also called omega (Joreskog 1971)."""
    return loading.sum() ** 2 / (loading.sum() ** 2 + residual.sum())


def extracted(loading: np.ndarray, residual: np.ndarray) -> complex:
    """Average variance extracted (Fornell & Larcker 1981, Journal of Marketing Research 18, 39-50)."""
    return (loading**2).sum() / ((loading**2).sum() + residual.sum())


FUNCTIONS = {"cr": composite, "ave": extracted}


def spans(scales: Scales) -> list[slice]:
    """Where the items of each dimension lie."""
    ends = np.cumsum([0, *(len(items) for items in scales.values())])
    return [slice(a, b) for a, b in pairwise(ends)]


def standardised(parts: Parts) -> Parts:
    """Parts of items of variance 1."""
    return parts._replace(loading=parts.loading / parts.sd, residual=parts.residual / parts.sd**2)


def convergent(found: Structure, *, confidence: float = 0.95) -> pd.DataFrame:
    """CR and AVE of every dimension, of the answers as given ("raw") and of standardised ones.

    Returns
    -------
    DataFrame, 4 rows per dimension
        dimension, stat ("cr", "ave"), variant, n_items, estimate, se, df, ci_low, ci_high (t on
        the logit), confidence, n, method, definition, note ("two_items", "heywood", "negative_item", or
        why there is no model).
    """
    keys = [(name, stat, variant) for variant in VARIANTS for stat in FUNCTIONS for name in found.scales]
    out = pd.DataFrame(keys, columns=["dimension", "stat", "variant"])
    where = spans(found.scales)

    def values(parts: Parts) -> np.ndarray:
        both = (parts, standardised(parts))
        return np.array(
            [f(of.loading[at], of.residual[at]) for of in both for f in FUNCTIONS.values() for at in where]
        )

    nothing = np.full(len(out), np.nan)
    value, se, df = (nothing,) * 3 if found.note else derived(found, values)
    low, high = interval(value, se, df, scale="logit", confidence=confidence)
    notes = dict(zip(found.scales, remarks(found), strict=True))
    return out.assign(
        n_items=out["dimension"].map({name: len(items) for name, items in found.scales.items()}),
        estimate=value, se=se, df=df, ci_low=low, ci_high=high, confidence=confidence, n=found.n,
        method=method(found, "logit"), definition=out["stat"].map(DEFINITIONS),
        note=out["dimension"].map(notes),
    )  # fmt: skip


def remarks(found: Structure) -> list[str]:
    """Notes on each dimension."""
    if found.note:
        return [found.note] * len(found.scales)
    value = point(found).loading / point(found).sd
    out = []
    for (_, items), at in zip(found.scales.items(), spans(found.scales), strict=True):
        told = ["two_items"] if len(items) == 2 else []
        for name, wrong in (("heywood", abs(value[at]) >= 1), ("negative_item", value[at] < 0)):
            who = [item for item, bad in zip(items, wrong, strict=True) if bad]
            told += [f"{name}:{','.join(who)}"] if who else []
        out.append(";".join(told))
    return out
