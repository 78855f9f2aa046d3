"""Families of tests, the verdict, and the sample that would have decided."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from svclib.errors import ParamError
from svclib.inference.linear import check_confidence

ADJUSTMENTS = ("holm", "fdr_bh", "none")


def adjust(p: np.ndarray, method: str) -> np.ndarray:
    """p-values of one family adjusted by "holm", "fdr_bh" (Benjamini & Hochberg 1995) or "none".

    NaN (not tested) stays NaN and does not count as a member of the family.

    Raises
    ------
    ParamError
        `method` is not one of the three.
    """
    if method not in ADJUSTMENTS:
        raise ParamError(f"adjust={method!r}; choose one of {list(ADJUSTMENTS)}")
    out = np.array(p, dtype=float)
    tested = ~np.isnan(out)
    if method == "holm":
        out[tested] = _holm(out[tested])
    elif method == "fdr_bh":
        out[tested] = stats.false_discovery_control(out[tested], method="bh")
    return out


def _holm(p: np.ndarray) -> np.ndarray:
    # statsmodels' multipletests runs a garbage collection for Holm: 0.1 s for every family.
    order = np.argsort(p, kind="stable")
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return out


def decide(
    p_beyond: np.ndarray, p_equiv: np.ndarray, p_diff: np.ndarray, gain: np.ndarray, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Verdict and strength of changes from their (adjusted) p-values.

    Parameters
    ----------
    p_beyond, p_equiv, p_diff : (m,), NaN = not tested
    gain : (m,), change in the good direction
    alpha : level; a p-value equal to it is not below it

    Returns
    -------
    DataFrame with verdict and strength.  In this order: p_beyond < α → improved or declined,
    "meaningful"; p_equiv < α → equivalent; p_diff < α → improved or declined, "detected";
    otherwise inconclusive.  No p-value or no gain → not_judged.
    """
    beyond, equiv, diff, gain = (
        np.atleast_1d(np.asarray(a, dtype=float)) for a in (p_beyond, p_equiv, p_diff, gain)
    )
    direction = np.where(gain > 0, "improved", "declined")
    none = (np.isnan(beyond) & np.isnan(equiv) & np.isnan(diff)) | np.isnan(gain)
    verdict = np.select(
        [none, beyond < alpha, equiv < alpha, diff < alpha],
        ["not_judged", direction, "equivalent", direction],
        default="inconclusive",
    )
    moved = np.isin(verdict, ["improved", "declined"])
    strength = np.select([moved & (beyond < alpha), moved], ["meaningful", "detected"], default="")
    return pd.DataFrame({"verdict": verdict.astype(object), "strength": strength.astype(object)}).astype(
        "str"
    )


def required_n(
    n: np.ndarray, se: np.ndarray, *, mid: np.ndarray | float, confidence: float = 0.95, power: float = 0.8
) -> np.ndarray:
    """Respondents per period that would detect a true change of `mid` with `power`.

    n·(SE·(z_{1−α/2} + z_power)/mid)²: the SE of the same design shrinks with √n, so weights,
    clusters and pairing are carried over.  NaN without SE or without a positive mid.
    """
    alpha = check_confidence(confidence)
    n, se, mid = (np.asarray(a, dtype=float) for a in np.broadcast_arrays(n, se, mid))
    usable = (se > 0) & (mid > 0)
    z = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    return np.where(usable, n * (se * z / np.where(usable, mid, 1.0)) ** 2, np.nan)
