"""The same objects rated twice: how far a second measurement may differ from the first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from svclib.agreement.coefficients import agreement
from svclib.agreement.engine import NAN, Found
from svclib.agreement.ratings import read
from svclib.errors import ParamError

WITHIN = 0.95  # share of differences between the limits of agreement
DEFINITIONS = {
    ("sem", "a1"): "sqrt(MSW), bias between occasions included (de Vet et al. 2006)",
    ("sem", "c1"): "sqrt(MSE), bias between occasions left out (de Vet et al. 2006)",
    ("bias", "mean"): "mean of second - first (Bland & Altman 1986)",
    ("limit", "low"): "mean - 1.96 sd of second - first (Bland & Altman 1986)",
    ("limit", "high"): "mean + 1.96 sd of second - first (Bland & Altman 1986)",
}


def retest(
    ratings: pd.DataFrame, *, columns: Mapping[str, str] | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """ICC(A,1), standard error of measurement and limits of agreement of two occasions.

    Parameters
    ----------
    ratings : DataFrame
        One rating a row: object, occasion (the "rater"; the two in sorted order), number.
    columns, confidence
        As for `agreement`; weights are not taken.

    Returns
    -------
    DataFrame
        Rows as of `agreement`: icc a1; sem a1 and c1, in units of the rating; bias (mean of
        second - first); limit low and high, between which 95 % of differences lie if they are
        normal.  Intervals: generalised; chi-square for sem (exact for c1; for a1 with n degrees of
        freedom, exact without bias); t for bias; noncentral t for the limits, exact (Carkeet
        2015, Optometry and Vision Science 92, e71-e80).  Objects not rated twice are left out,
        with their number in the note.

    Raises
    ------
    ParamError
        More or fewer than two occasions, or weights.
    """
    if (columns or {}).get("weight"):
        raise ParamError("retest takes no weights; leave columns['weight'] out")
    first = agreement(ratings, stats=["icc:a1"], columns=columns, confidence=confidence)
    used, _ = read(ratings, columns).complete()
    if used.codes.shape[1] != 2:
        raise ParamError(f"retest compares two occasions, found {used.codes.shape[1]}; select two")
    base: dict[str, object] = {str(k): v for k, v in first.iloc[0].items()}
    x = used.numbers
    found = {} if first["estimate"].isna().all() else _differences(x[:, 1] - x[:, 0], confidence)
    rows = [base]
    for (stat, variant), definition in DEFINITIONS.items():
        one = found.get((stat, variant), Found())
        notes = filter(None, [str(base["note"]), one.note])
        rows.append(
            base
            | {"stat": stat, "variant": variant, "definition": definition, "estimate": one.estimate}
            | {"se": one.se, "df": one.df, "ci_low": one.low, "ci_high": one.high, "method": one.method}
            | {"note": ";".join(dict.fromkeys(notes))}
        )
    return pd.DataFrame(rows)


def _differences(d: np.ndarray, confidence: float) -> dict[tuple[str, str], Found]:
    """What the differences (n,) between the occasions say, with exact limits where they are normal."""
    n, mean, sd = len(d), float(d.mean()), float(d.std(ddof=1))
    z = float(stats.norm.ppf((1 + WITHIN) / 2))
    squares = {"a1": float((d**2).sum()) / (2 * n), "c1": sd**2 / 2}
    ends = {"low": mean - z * sd, "high": mean + z * sd}
    if sd == 0:
        bare = {("bias", "mean"): mean, **{("limit", v): e for v, e in ends.items()}}
        bare |= {("sem", v): s**0.5 for v, s in squares.items()}
        return {key: Found(value, note="constant_difference") for key, value in bare.items()}
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    error = sd / n**0.5
    low, high = mean + stats.t.ppf(tails, n - 1) * error
    found = {("bias", "mean"): Found(mean, error, n - 1.0, low, high, "t")}
    for variant, df in (("a1", n), ("c1", n - 1)):
        low, high = (squares[variant] * df / stats.chi2.ppf(tails[::-1], df)) ** 0.5
        found["sem", variant] = Found(squares[variant] ** 0.5, NAN, float(df), low, high, "chi_square")
    away = stats.nct.ppf(tails, n - 1, z * n**0.5) * error
    for variant, (low, high) in {"low": mean - away[::-1], "high": mean + away}.items():
        found["limit", variant] = Found(ends[variant], NAN, n - 1.0, low, high, "noncentral_t")
    return found
