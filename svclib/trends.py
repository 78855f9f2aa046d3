"""Does a series of cycles rise or fall: Mann-Kendall, Cochran-Armitage, a Poisson slope.

Fewer cycles than the policy asks for are shown as a trial and claim nothing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib import policy
from svclib.columns import TABLES
from svclib.errors import DataError
from svclib.inference import adjust

LEAST = 3  # points below which no slope has an error
COUNTED = ("binomial", "poisson")


class Trend(NamedTuple):
    """One series.

    slope, slope_low, slope_high : change of the value per cycle, with its interval
    z : test statistic as published for the method, p_plain its two-sided p-value
    p : after autocorrelation or overdispersion, where `note` names one; else `p_plain`
    autocorrelation : of first order, of what the slope leaves; NaN for counts
    """

    method: str
    slope: float
    slope_low: float
    slope_high: float
    z: float
    p_plain: float
    p: float
    autocorrelation: float = math.nan
    note: str = ""


def mann_kendall(
    values: Sequence[float], at: Sequence[float] | None = None, *, confidence: float = 0.95
) -> Trend:
    """Mann-Kendall test with ties and continuity correction, slope of Sen (1968).

    S = Σ sign(xⱼ − xᵢ); var S = [n(n−1)(2n+5) − Σ t(t−1)(2t+5)]/18; z = (S ∓ 1)/√var; the slope is
    the median of the slopes between all pairs, its interval that of Gilbert (1987).  Where the
    first autocorrelation of the ranks of what the slope leaves is beyond z/√n, var is multiplied
    as in Hamed & Rao (1998), never reduced, and the row says "autocorrelated".

    Parameters
    ----------
    values : (n,), in time; at : (n,), when, rising (default 0, 1, …), in cycles
    """
    x, t = _series(values, at)
    first, second = np.triu_indices(len(x), 1)
    score = float(np.sign(x[second] - x[first]).sum())
    variance = _score_variance(x)
    slopes = np.sort((x[second] - x[first]) / (t[second] - t[first]))
    slope = float(np.median(slopes))
    left = stats.rankdata(x - slope * t)
    z = _continued(score, variance)
    lag_one = _autocorrelations(left)[1]
    flagged = lag_one > stats.norm.ppf((1 + confidence) / 2) / math.sqrt(len(x))
    factor = max(1.0, hamed_rao(left)) if flagged else 1.0
    low, high = _slope_limits(slopes, variance * factor, confidence)
    robust = _continued(score, variance * factor)
    note = "autocorrelated" if flagged else ""
    return Trend("mann_kendall", slope, low, high, z, _two_sided(z), _two_sided(robust), lag_one, note)


def hamed_rao(ranks: np.ndarray, *, alpha: float = 0.05) -> float:
    """Factor by which autocorrelation raises var S: 1 + 2/(n(n−1)(n−2)) Σ (n−i)(n−i−1)(n−i−2) ρᵢ.

    Only the ρᵢ beyond the limits of white noise count (Hamed & Rao 1998, Journal of Hydrology, 204).
    """
    n, lags = len(ranks), np.arange(1, len(ranks))
    rho = _autocorrelations(ranks)[1:]
    used = np.abs(rho) > stats.norm.ppf(1 - alpha / 2) / math.sqrt(n)
    weight = (n - lags) * (n - lags - 1) * (n - lags - 2)
    return float(1 + 2 / (n * (n - 1) * (n - 2)) * (weight * rho)[used].sum())


def cochran_armitage(
    hits: Sequence[float],
    cases: Sequence[float],
    at: Sequence[float] | None = None,
    *,
    confidence: float = 0.95,
) -> Trend:
    """Cochran-Armitage test of a trend in proportions, signed: z² is that of R's prop.trend.test.

    z = Σ (tᵢ − t̄)hᵢ / √(p(1−p) Σ nᵢ(tᵢ − t̄)²); slope by least squares weighted with n.  Where the
    proportions scatter about the line by more than the binomial law, φ = χ²(rest)/(k−2) > 1, the
    error is multiplied by √φ and t with k−2 df is used; the row says "overdispersed".
    """
    (h, t), n = _series(hits, at), np.asarray(cases, dtype=float)
    if not ((n > 0).all() and (h >= 0).all() and (h <= n).all()):
        raise DataError("cochran_armitage: hits must lie between 0 and cases, and cases above 0")
    share, centred = h.sum() / n.sum(), t - (n * t).sum() / n.sum()
    spread = float((n * centred**2).sum())
    noise = share * (1 - share)
    if noise == 0:
        return _no_variation("cochran_armitage")
    slope = float((centred * h).sum()) / spread
    z = slope * math.sqrt(spread / noise)
    rest = float((n * (h / n - share) ** 2).sum()) / noise - z**2
    error = math.sqrt(noise / spread)
    return _counted("cochran_armitage", (slope, error, z), rest / (len(h) - 2), len(h) - 2, confidence)


def poisson_slope(
    events: Sequence[float], exposure: Sequence[float], at: Sequence[float] | None = None, *,
    confidence: float = 0.95,
) -> Trend:  # fmt: skip
    """Log-linear Poisson regression of events on time with the exposure as offset (statsmodels GLM).

    The slope is λ(e^b − 1), the change per cycle at the overall rate λ = Σ events / Σ exposure.
    With Pearson's φ > 1 as in `cochran_armitage`.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    (y, t), e = _series(events, at), np.asarray(exposure, dtype=float)
    if not ((e > 0).all() and (y >= 0).all()):
        raise DataError("poisson_slope: exposure must be above 0 and events not below 0")
    if y.sum() == 0:
        return _no_variation("poisson_slope")
    design = np.column_stack([np.ones(len(t)), t - t.mean()])
    with warnings.catch_warnings():
        # Rates that lie on the curve exactly are no fault of a Poisson regression.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fit = sm.GLM(y, design, family=sm.families.Poisson(), offset=np.log(e)).fit()
    b, error = float(fit.params[1]), float(fit.bse[1])
    found = _counted(
        "poisson_slope", (b, error, b / error), float(fit.pearson_chi2) / (len(y) - 2), len(y) - 2, confidence
    )
    rate = float(y.sum() / e.sum())
    ends = (rate * math.expm1(v) for v in (found.slope, found.slope_low, found.slope_high))
    slope, low, high = ends
    return found._replace(slope=slope, slope_low=low, slope_high=high)


def trends(points: pd.DataFrame, *, confidence: float = 0.95, correction: str = "holm") -> pd.DataFrame:
    """Table "trends": one row per unit and node, the p-values of each node one family over units.

    Parameters
    ----------
    points : cycle, position (of the cycle in time), unit, level, node, kind, measure, sign (1 where
        more is better, −1 where less is, 0 where neither), method ("binomial" and "poisson" are
        tested as counts), value, numerator, denominator; rows without a value are left out
    correction : "holm", "fdr_bh" or "none"

    Returns
    -------
    trend is improving, worsening (rising, falling where neither is better), no_trend, "trial" with
    fewer cycles than the policy `trend_cycles` asks for, or "few_points" for any slope.
    """
    known = points.dropna(subset="value").sort_values(["unit", "level", "node", "position"])
    rows = [
        _row(part, confidence)
        for _, part in known.groupby(["unit", "level", "node"], sort=True)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=[*TABLES["trends"].all_columns, "sign"])
    table["p_diff_adj"] = np.nan
    tested = table["status"] == "adequate"
    for node in sorted(set(table.loc[tested, "node"])):
        at = tested & (table["node"] == node)
        table.loc[at, "p_diff_adj"] = adjust(table.loc[at, "p_diff"].to_numpy(dtype=float), correction)
    table["trend"] = [_trend(row, 1 - confidence) for row in table.to_dict("records")]
    return table[list(TABLES["trends"].all_columns)]


def _row(part: pd.DataFrame, confidence: float) -> dict[str, Any]:
    last = part.iloc[-1]
    n = len(part)
    status = str(policy.judge(n, "trend_cycles")[0])
    found = _found(part, confidence) if n >= LEAST and status != "few_points" else _no_variation("")
    return {
        **{c: last[c] for c in ("cycle", "unit", "level", "node", "kind", "measure", "sign")},
        "n_cycles": n, "first_cycle": part["cycle"].iloc[0], "value_first": float(part["value"].iloc[0]),
        "value": float(last["value"]), "per_cycle": found.slope, "per_cycle_low": found.slope_low,
        "per_cycle_high": found.slope_high, "confidence": confidence, "statistic": found.z,
        "p_plain": found.p_plain, "p_diff": found.p, "autocorrelation": found.autocorrelation,
        "method": found.method, "note": found.note, "status": status,
    }  # fmt: skip


def _found(part: pd.DataFrame, confidence: float) -> Trend:
    """The test that the kind of the values asks for; counts only where every cycle has them."""
    at, how = part["position"].to_numpy(dtype=float), set(part["method"])
    if how <= set(COUNTED) and len(how) == 1 and part[["numerator", "denominator"]].notna().all(axis=None):
        test = cochran_armitage if how == {"binomial"} else poisson_slope
        top, base = part["numerator"].to_numpy(dtype=float), part["denominator"].to_numpy(dtype=float)
        found = test(top, base, at, confidence=confidence)
        scale = _scale(part)
        ends = {c: getattr(found, c) * scale for c in ("slope", "slope_low", "slope_high")}
        return found._replace(**ends)
    return mann_kendall(part["value"].to_numpy(dtype=float), at, confidence=confidence)


def _scale(part: pd.DataFrame) -> float:
    """Units of the value in one quotient of its counts: 100 for percent, 1000 for "per 1000"."""
    share = (part["numerator"] / part["denominator"]).to_numpy(dtype=float)
    value = part["value"].to_numpy(dtype=float)
    return float(value[share > 0][0] / share[share > 0][0]) if (share > 0).any() else 1.0


def _trend(row: Mapping[Hashable, Any], alpha: float) -> str:
    if row["status"] != "adequate":
        return str(row["status"])
    if not row["p_diff_adj"] < alpha:
        return "no_trend"
    way = math.copysign(1, row["per_cycle"]) * row["sign"]
    if way:
        return "improving" if way > 0 else "worsening"
    return "rising" if row["per_cycle"] > 0 else "falling"


def _series(values: Sequence[float], at: Sequence[float] | None) -> tuple[np.ndarray, np.ndarray]:
    x = np.asarray(values, dtype=float)
    t = np.arange(len(x), dtype=float) if at is None else np.asarray(at, dtype=float)
    if len(x) < LEAST:
        raise DataError(f"a trend needs at least {LEAST} points, found {len(x)}")
    if len(t) != len(x) or (np.diff(t) <= 0).any() or not np.isfinite(x).all():
        raise DataError("a trend needs a finite value at every point, and points that rise in time")
    return x, t


def _score_variance(x: np.ndarray) -> float:
    n, ties = len(x), np.unique(x, return_counts=True)[1]
    return float(n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18


def _continued(score: float, variance: float) -> float:
    return (score - np.sign(score)) / math.sqrt(variance) if variance > 0 else 0.0


def _two_sided(z: float) -> float:
    return float(2 * stats.norm.sf(abs(z)))


def _autocorrelations(x: np.ndarray) -> np.ndarray:
    """Of lag 0 to n−1, each divided by n; 0 beyond lag 0 where nothing varies."""
    y = x - x.mean()
    found = np.correlate(y, y, "full")[len(y) - 1 :]
    return found / found[0] if found[0] > 0 else np.eye(1, len(y))[0]


def _slope_limits(slopes: np.ndarray, variance: float, confidence: float) -> tuple[float, float]:
    reach = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt(variance)
    low, high = round((len(slopes) - reach) / 2), round((len(slopes) + reach) / 2)
    last = len(slopes) - 1
    return float(slopes[min(max(low - 1, 0), last)]), float(slopes[min(max(high, 0), last)])


def _counted(
    method: str, plain: tuple[float, float, float], dispersion: float, df: int, confidence: float
) -> Trend:
    """Interval and p of a slope from counts, widened where they scatter more than their law allows."""
    slope, error, z = plain
    wide = dispersion > 1
    half = (1 + confidence) / 2
    reach = float(stats.t.ppf(half, df) * math.sqrt(dispersion) if wide else stats.norm.ppf(half))
    p = float(2 * stats.t.sf(abs(z) / math.sqrt(dispersion), df)) if wide else _two_sided(z)
    note = "overdispersed" if wide else ""
    low, high = slope - reach * error, slope + reach * error
    return Trend(method, slope, low, high, z, _two_sided(z), p, note=note)


def _no_variation(method: str) -> Trend:
    zero = 0.0 if method else math.nan
    return Trend(method, zero, math.nan, math.nan, math.nan, math.nan, math.nan)
