"""Rank-sum ratio (秩和比, RSR): mean weighted rank of a unit among the units compared.

After Tian Fengtiao 田凤调 (1988), who proposed the ratio, its probit table and the table of bins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib.composites import matrix
from svclib.errors import DataError, ParamError


def ranks(
    values: pd.DataFrame, *, better: Mapping[str, str] | None = None, integer: bool = True
) -> pd.DataFrame:
    """Ranks from 1 (worst) to n (best) of every indicator, the shape of `values`.

    Parameters
    ----------
    values : units by indicators, NaN where one does not apply; n counts the units that have it
    better : "high" (default) or "low" by indicator
    integer : whole ranks, ties sharing their mean; False places a value on the line between
        the worst (1) and the best (n): 1 + (n - 1) * distance from the worst / range.  A
        constant indicator gives every unit the mean rank.
    """
    x, _, sign = matrix.checked(values, None, better)
    x = matrix.rounded(x * sign)
    n = (~np.isnan(x)).sum(axis=0)
    if integer:
        found = stats.rankdata(x, axis=0, nan_policy="omit")
    else:
        low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
        span = np.where(high > low, high - low, np.nan)
        found = np.where(np.isnan(span), (n + 1) / 2, 1 + (n - 1) * (x - low) / span)
    return pd.DataFrame(np.where(np.isnan(x), np.nan, found), values.index, values.columns)


def rsr(
    values: pd.DataFrame,
    weights: pd.DataFrame | pd.Series | None = None,
    *,
    better: Mapping[str, str] | None = None,
    integer: bool = True,
) -> pd.Series:
    """Rank-sum ratio of every unit: sum over indicators of weight * rank / n, in (0, 1].

    With equal weights this is the classic sum of ranks / (indicators * n).

    Raises
    ------
    ParamError
        `better` is neither high nor low.
    DataError
        A weight is missing or negative, or nothing applies to a unit.
    """
    _, w, _ = matrix.checked(values, weights, better)
    share = ranks(values, better=better, integer=integer).to_numpy() / values.notna().sum().to_numpy()
    found = np.where(w > 0, w * np.nan_to_num(share), 0.0).sum(axis=1)
    return pd.Series(np.round(found, matrix.DIGITS), values.index, name="rsr")


class Line(NamedTuple):
    """Least-squares line through (probit, value), its correlation, F and p (NaN below 3 points)."""

    intercept: float
    slope: float
    r: float
    f_value: float
    p: float


def distribution(ratio: pd.Series) -> pd.DataFrame:
    """Distinct values in rising order with their probit.

    Returns
    -------
    DataFrame
        rsr, frequency, cumulative_n, mean_rank (of the tied units), percentile = mean rank / n
        and 1 - 1/(4n) for the last, probit = 5 + the normal quantile, fitted, and the line
        through (probit, rsr): intercept, slope, r, f_value, p.
    """
    value, count = np.unique(np.round(ratio.to_numpy(dtype=float), matrix.DIGITS), return_counts=True)
    n, reached = int(count.sum()), np.cumsum(count)
    place = reached - (count - 1) / 2
    share = np.append(place[:-1] / n, 1 - 1 / (4 * n))
    probit = 5 + stats.norm.ppf(share)
    line = fitted(probit, value)
    return pd.DataFrame(
        {
            "rsr": value, "frequency": count, "cumulative_n": reached, "mean_rank": place,
            "percentile": share, "probit": probit, "fitted": line.intercept + line.slope * probit,
        }
    ).assign(**line._asdict())  # fmt: skip


def fitted(probit: np.ndarray, value: np.ndarray) -> Line:
    """The line of `value` on `probit`, both (n,); NaN throughout where all values are one."""
    if len(value) < 2:
        return Line(*[np.nan] * 5)
    slope, intercept = np.polyfit(probit, value, 1)
    if len(value) == 2:
        return Line(float(intercept), float(slope), np.nan, np.nan, np.nan)
    r = float(np.corrcoef(probit, value)[0, 1])
    with np.errstate(divide="ignore"):
        f_value = float(np.divide(r**2 * (len(value) - 2), max(1 - r**2, 0.0)))
    p = float(stats.f.sf(f_value, 1, len(value) - 2))
    return Line(float(intercept), float(slope), r, f_value, p)


def probit_cuts(k: int) -> np.ndarray:
    """Probits between k bins in rising order, (k - 1,): six standard deviations in k equal parts.

    These are the values of Tian's table for 3 (4, 6) to 10 bins, where they are rounded.
    """
    if k < 2:
        raise ParamError(f"k={k}; choose at least 2 bins")
    return np.linspace(2, 8, k + 1)[1:-1]


def bins(ratio: pd.Series, k: int) -> pd.Series:
    """Bin of every unit, 0 the best: where its probit lies between the cuts of k bins."""
    if ratio.isna().any():
        raise DataError("a unit has no rank-sum ratio")
    table = distribution(ratio)
    probit = table.set_index("rsr")["probit"].loc[np.round(ratio.to_numpy(dtype=float), matrix.DIGITS)]
    # A probit exactly on a cut belongs to the better bin.
    above = np.searchsorted(probit_cuts(k), np.round(probit.to_numpy(), matrix.DIGITS), side="right")
    return pd.Series(k - 1 - above, ratio.index, name="bin")
