"""Is there enough in common for factors: sampling adequacy and sphericity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from svclib.factor import Moments
from svclib.validity.correlations import correlation

SINGULAR = 1e-8


def kmo(cor: np.ndarray) -> tuple[float, np.ndarray]:
    """Kaiser-Meyer-Olkin measure, of all items and of each, (k,).

    Squared correlations over themselves plus squared partial correlations (Kaiser 1974,
    Psychometrika 39, 31-36).
    """
    inverse = np.linalg.inv(cor)
    scale = 1 / np.sqrt(np.diag(inverse))
    apart = 1 - np.eye(len(cor))
    r, q = (cor * apart) ** 2, (inverse * np.outer(scale, scale) * apart) ** 2
    return float(r.sum() / (r.sum() + q.sum())), r.sum(axis=1) / (r.sum(axis=1) + q.sum(axis=1))


def bartlett(cor: np.ndarray, n: float) -> tuple[float, int, float]:
    """Chi-square, df and p that items have nothing in common (Bartlett 1951, Biometrika 38, 337-344)."""
    k = len(cor)
    chi2 = -(n - 1 - (2 * k + 5) / 6) * np.linalg.slogdet(cor)[1]
    df = k * (k - 1) // 2
    return float(chi2), df, float(stats.chi2.sf(chi2, df))


def effective_n(found: Moments) -> float:
    """Rows that all weigh the same, (Σw)²/Σw², times the mean share of them behind a pair of items."""
    rows, k = found.rows, len(found.rows.items)
    if not len(rows.w):
        return 0.0
    seen = ~np.isnan(rows.x)
    both = (rows.w[:, None] * seen).T @ seen
    share = both[np.triu_indices(k, 1)].mean() if k > 1 else 1.0
    return float(share / (rows.w**2).sum())


def adequacy(found: Moments) -> pd.DataFrame:
    """KMO of all items (item "") and of each, and Bartlett's test.

    Returns
    -------
    DataFrame, k + 2 rows
        stat ("kmo", "bartlett"), item, estimate (KMO, or chi-square), df, p, n, missing, note:
        why the moments have none, "two_items" (KMO of two items is always .5), or
        "not_positive_definite".
    """
    items = found.rows.items
    names = [("kmo", ""), *(("kmo", item) for item in items), ("bartlett", "")]
    out = pd.DataFrame(names, columns=["stat", "item"]).assign(
        estimate=np.nan, df=np.nan, p=np.nan, n=found.n, missing=found.missing, note=usable(found)
    )
    if not len(out) or out["note"].iloc[0]:
        return out
    cor = correlation(found.matrix)
    overall, each = kmo(cor)
    chi2, df, p = bartlett(cor, effective_n(found))
    out["estimate"] = [overall, *each, chi2]
    out.loc[out.index[-1], ["df", "p"]] = df, p
    return out.assign(note="two_items" if len(items) == 2 else "")


def usable(found: Moments) -> str:
    """Why there is no correlation matrix to invert ("" = there is)."""
    if found.note:
        return found.note
    if len(found.rows.items) < 2:
        return "single_item"
    variance = np.diag(found.matrix)
    if (variance <= 1e-12 * np.maximum(found.mean**2, 1e-12)).any():
        return "constant_item"
    lowest = np.linalg.eigvalsh(correlation(found.matrix)).min()
    return "not_positive_definite" if lowest <= SINGULAR else ""
