"""How long events take: median with the open ones censored, geometric mean, mean."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from svclib.errors import ParamError
from svclib.inference import Survival
from svclib.kpis.found import Found

STATISTICS = ("median", "geometric", "mean")
# Times are recorded to the minute; one of 0 lasted less, and log needs a number.
LEAST_HOURS = 0.5 / 60
_LEVEL = 0.95


class Times(NamedTuple):
    """Hours to the end, or to the last moment known; whether each has ended; its event."""

    hours: np.ndarray
    ended: np.ndarray
    ids: np.ndarray


def summary(times: Times, statistic: str, *, unit: float = 1.0) -> Found:
    """One number for how long events take, with its error.

    Parameters
    ----------
    times : hours, not negative
    statistic : "median", "geometric" or "mean"
    unit : hours in one unit of the value

    Notes
    -----
    median : Kaplan & Meier (1958), open events censored.  Its interval is that of Brookmeyer &
        Crowley (1982) under log(−log S); SE of log(median) = width of its log / 2z, so that the
        value carries one normal error.  Where the upper end is not reached, twice the lower half.
        "small_sample" where fewer than half had ended before the last moment known.
    geometric : exp(mean log hours), SE of the log sd/√n, df n − 1; open events are left out.
    mean : SE sd/√n, df n − 1; open events are left out.

    Leaving open events out makes a mean too short: note "open_left_out" says so.
    """
    if statistic not in STATISTICS:
        raise ParamError(f"statistic={statistic!r}; choose one of {list(STATISTICS)}")
    if not len(times.hours):
        return Found("not_applicable")
    found = (
        _median(times, unit) if statistic == "median" else _mean(times, unit, log=statistic == "geometric")
    )
    return replace(found, times=Survival(times.hours, times.ended))


def _mean(times: Times, unit: float, *, log: bool) -> Found:
    opened = int((~times.ended).sum())
    note = ("open_left_out",) if opened else ()
    left = {"still_open": opened} if opened else {}
    hours, ids = times.hours[times.ended], times.ids[times.ended]
    n = len(hours)
    if not n:
        return Found("small_sample", n_open=opened, excluded=left, note=note)
    x = np.log(np.maximum(hours, LEAST_HOURS)) if log else hours
    error = float(x.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    error = error if error > 0 else math.nan
    value = math.exp(float(x.mean())) if log else float(x.mean())
    return Found(
        value=value / unit, se=error * (value if log else 1.0) / unit, df=n - 1.0 if error > 0 else math.nan,
        scale="log" if log else "", numerator=float(hours.sum()) / unit, denominator=float(n), n=n,
        n_open=opened, excluded=left, influence=pd.Series((x - x.mean()) / n, index=ids),
        method=("geometric" if log else "mean") if error > 0 else "fixed", note=note,
    )  # fmt: skip


def _median(times: Times, unit: float) -> Found:
    n, opened = len(times.hours), int((~times.ended).sum())
    hours = np.maximum(times.hours, LEAST_HOURS)
    curve = SurvfuncRight(hours, times.ended.astype(int))
    median = float(curve.quantile(0.5))
    if math.isnan(median):
        return Found("small_sample", n=n, n_open=opened, note=("median_not_reached",))
    error = median_error(curve, median)
    return Found(
        value=median / unit, se=median * error / unit, df=math.inf if error > 0 else math.nan, scale="log",
        denominator=float(n), numerator=float(n - opened), n=n, n_open=opened,
        influence=pd.Series(survival_influence(hours, times.ended, median), index=times.ids),
        method="kaplan_meier" if error > 0 else "fixed",
    )  # fmt: skip


def median_error(curve: SurvfuncRight, median: float) -> float:
    """SE of log(median) from its Brookmeyer-Crowley interval, NaN where that has no width."""
    with np.errstate(divide="ignore", invalid="ignore"):  # log(−log 0) where the last event ended
        low, high = curve.quantile_ci(0.5, alpha=1 - _LEVEL, method="cloglog")
    z = float(stats.norm.ppf((1 + _LEVEL) / 2))
    if np.isnan(low):  # so many ended at one moment that the curve leaps over the whole band
        return math.nan
    half = math.log(median / float(low))
    width = math.log(high / low) if np.isfinite(high) else 2 * half
    return width / (2 * z) if width > 0 else math.nan


def survival_influence(hours: np.ndarray, ended: np.ndarray, at: float) -> np.ndarray:
    """Derivative of the Kaplan-Meier survival at `at` by the weight of each event, (n,); Σ is 0.

    S = Π(1 − d/r) gives −S·[1{ended at tⱼ}/(rⱼ − dⱼ) − Σ dⱼ/(rⱼ(rⱼ − dⱼ))] over tⱼ up to `at` and
    the event's own time; with nothing open that is (1{T > t} − S)/n, and Σz² is Greenwood's variance.
    """
    times, deaths = np.unique(hours[ended & (hours <= at)], return_counts=True)
    risk = len(hours) - np.searchsorted(np.sort(hours), times, side="left")
    if not len(times) or (risk == deaths).any():  # nobody ended, or nobody is left at all
        return np.zeros(len(hours))
    own = np.isin(hours, times) & ended
    place = np.searchsorted(times, hours, side="right")
    paid = np.concatenate([[0.0], np.cumsum(deaths / (risk * (risk - deaths)))])[place]
    died = np.where(own, 1 / (risk - deaths)[place - 1], 0.0)
    return -float(np.prod(1 - deaths / risk)) * (died - paid)
