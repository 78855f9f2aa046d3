"""Records that count something, drawn as whole counts: so often is a limit near them met."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import special, stats

COUNTED = ("binomial", "poisson")
WIDE = 8.0  # standard deviations on either side that hold every draw
SMOOTH = 50.0  # counts that spread more than this lie as densely as a normal draw


def counted(drawn: np.ndarray, index: pd.DataFrame, records: pd.DataFrame) -> np.ndarray:
    """Normal draws of counted records turned into draws of their counts.

    A draw keeps its quantile: u = Phi((x - value) / se), then the count with that quantile of
    Binomial(n, hits/n) or Poisson(events), which is what drawing the records again with
    replacement gives.  Where that could give one value only (no case, or every case), half a
    case is added as in the standard error.  Other columns stay as they are.

    Parameters
    ----------
    drawn : ndarray, (D, q)
    index : DataFrame, q rows
        subject, indicator.
    records : DataFrame
        Rows of table "indicator_scores" of one unit: indicator, method, value, se, n, measure.
    """
    rows = {str(r["indicator"]): r for r in records.to_dict("records") if r["method"] in COUNTED}
    out = drawn.copy()
    for j, (subject, name) in enumerate(zip(index["subject"], index["indicator"], strict=True)):
        row = rows.get(name)
        if subject == "" and row is not None and row["se"] > 0:
            known = {k: float(row[k]) for k in ("value", "se", "n")}
            scale = 100.0 if row["measure"] == "%" else 1.0
            law = _binomial(known, scale) if row["method"] == "binomial" else _poisson(known)
            out[:, j] = _quantiles(drawn[:, j], known, *law)
    return out


def _binomial(known: dict[str, float], scale: float) -> tuple[stats.rv_frozen, float]:
    """The law of the count, and natural units per count."""
    n = known["n"]
    hits = round(known["value"] / scale * n)
    p = hits / n if 0 < hits < n else (hits + 0.5) / (n + 1)
    return stats.binom(n, p), scale / n


def _poisson(known: dict[str, float]) -> tuple[stats.rv_frozen, float]:
    """Events from value = s e and se = s sqrt(e + 1/2), s the natural units per event."""
    ratio = (known["value"] / known["se"]) ** 2
    events = (ratio + math.sqrt(ratio**2 + 2 * ratio)) / 2
    return stats.poisson(events or 0.5), known["se"] / math.sqrt(events + 0.5)


def _quantiles(drawn: np.ndarray, known: dict[str, float], law: stats.rv_frozen, scale: float) -> np.ndarray:
    mean, sd = law.mean(), law.std()
    if sd > SMOOTH:
        return drawn
    low, high = law.support()
    counts = np.arange(
        max(low, math.floor(mean - WIDE * sd)), min(high, math.ceil(mean + WIDE * sd + WIDE)) + 1
    )
    place = np.searchsorted(law.cdf(counts), special.ndtr((drawn - known["value"]) / known["se"]))
    return counts[np.minimum(place, len(counts) - 1)] * scale
