"""Which indicators move together over units, and which items over respondents: table "redundancy"."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from svclib import inference, policy
from svclib.columns import checked, empty
from svclib.principles.material import Material


def redundancy(m: Material) -> pd.DataFrame:
    """Table "redundancy": the correlation of every pair of indicators and of items.

    Indicators are correlated over units, by their scores; items over the respondents of one
    evaluator within units, each unit's mean taken out, so that good and bad units do not make
    unlike questions look alike.  p tests r = 0 by t with df = units - 2, or
    respondents - units - 1; the interval is Fisher's; p_adj is Holm's over the pairs of one
    evaluator.  A pair is "review" when |r| reaches the cut of the policy and p_adj is below
    alpha, "chance" when p_adj is not: of few units, some pairs always agree.
    """
    parts = [_indicators(m)]
    for subject, rows in m.now(m.answers).groupby("subject"):
        items = _asked(m, str(subject), rows)
        if len(items) > 1:
            parts.append(_items(rows, items, m).assign(subject=subject))
    filled = [part for part in parts if len(part)]
    if not filled:
        return empty("redundancy")
    return checked("redundancy", pd.concat(filled, ignore_index=True).assign(cycle=m.cycle))


def _indicators(m: Material) -> pd.DataFrame:
    wide = m.headline().pivot_table(index="unit", columns="indicator", values="score")
    names = [i.name for i in m.framework.indicators if i.name in wide]
    r, n = correlations(wide[names].to_numpy(dtype=float), np.ones(len(wide)))
    return _pairs(names, r, n, n - 2.0, "indicator", m.alpha).assign(subject="")


def _items(rows: pd.DataFrame, items: list[str], m: Material) -> pd.DataFrame:
    x, weight = rows[items].to_numpy(dtype=float), rows["weight"].to_numpy(dtype=float)
    unit = pd.factorize(rows["unit"])[0]
    r, n = correlations(centred(x, weight, unit), weight)
    return _pairs(items, r, n, n - (unit.max() + 1.0) - 1, "item", m.alpha)


def _asked(m: Material, subject: str, rows: pd.DataFrame) -> list[str]:
    """Items that a subject is asked and somebody answered, each once."""
    wanted = dict.fromkeys(q for i in m.framework.indicators if subject in i.subjects for q in i.items)
    return [item for item in wanted if rows[item].notna().any()]


def centred(x: np.ndarray, weight: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Answers (n, k) less the weighted mean of their item in their unit; NaN stays NaN."""
    known = ~np.isnan(x)
    w = weight[:, None] * known
    place = np.eye(unit.max() + 1)[unit]
    total = place.T @ w
    mean = (place.T @ np.where(known, weight[:, None] * x, 0.0)) / np.where(total == 0, np.nan, total)
    return x - mean[unit]


def correlations(x: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted Pearson correlations of the columns of x (n, k) over complete pairs, and their n.

    Returns
    -------
    r : (k, k), NaN where a column does not vary over the rows of the pair
    n : (k, k) rows with both
    """
    known = (~np.isnan(x)).astype(float)
    filled, w = np.nan_to_num(x), known * weight[:, None]
    mass = w.T @ known
    safe = np.where(mass == 0, np.nan, mass)
    mean = (filled * w).T @ known / safe  # of column i over the rows that also have j
    square = (filled**2 * w).T @ known / safe
    variance = square - mean**2
    variance[variance < 1e-12 * np.maximum(square, 1e-300)] = np.nan
    r = ((filled * w).T @ filled / safe - mean * mean.T) / np.sqrt(variance * variance.T)
    return np.clip(r, -1, 1), known.T @ known


def _pairs(
    names: list[str], r: np.ndarray, n: np.ndarray, df: np.ndarray, level: str, alpha: float
) -> pd.DataFrame:
    """One row per pair of names, judged by the policy rule "design_redundant_<level>"."""
    a, b = np.triu_indices(len(names), 1)
    r, n, df = r[a, b], n[a, b], df[a, b]
    free = np.where((df > 0) & ~np.isnan(r), df, np.nan)
    gap = np.maximum(1 - r**2, 1e-300)
    p = 2 * stats.t.sf(np.abs(r) * np.sqrt(free / gap), free)
    p_adj = inference.adjust(p, "holm")
    # Fisher (1921): atanh r is nearly normal with variance 1/(df - 1).
    half = stats.norm.ppf(1 - alpha / 2) / np.sqrt(np.where(free > 1, free - 1, np.nan))
    z = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    high = policy.judge(np.abs(r), f"design_redundant_{level}")
    by_chance = (high == "review") & ~(p_adj < alpha)
    return pd.DataFrame(
        {
            "level": level, "a": np.array(names, dtype=object)[a], "b": np.array(names, dtype=object)[b],
            "n": n.astype(int), "r": r, "ci_low": np.tanh(z - half), "ci_high": np.tanh(z + half),
            "confidence": 1 - alpha, "p": p, "p_adj": p_adj,
            "judgement": np.where(np.isnan(p), policy.NOT_COMPUTED, np.where(by_chance, "chance", high)),
        }
    )  # fmt: skip
