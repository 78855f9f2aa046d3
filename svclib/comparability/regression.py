"""Regression to the mean: how far a unit would come back without anybody doing anything.

A score is x = centre of the cycle + stable level + passing deviation + sampling error, with
variances τ² between units, σ² over time, v of the sample.  A unit picked for a low score has been
unlucky on average; its next score is expected at the best linear prediction from its past (Galton
1886; with one past cycle: centre + reliability · (score − centre), reliability τ²/(τ² + v), Barnett,
van der Pols & Dobson 2005, International Journal of Epidemiology 34, 215-220).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize

from svclib import policy
from svclib.errors import DataError

COLUMNS = ("cycle", "unit", "value", "se")
ROUNDS = 50


class Spread(NamedTuple):
    """What units differ by, on the scale of the score.

    between : τ², variance of the stable levels
    over_time : σ², variance of what passes from cycle to cycle; 0 where one cycle is known
    centre : mean of the units, per cycle
    error : variance of a centre
    n : units it was estimated from
    """

    between: float
    over_time: float
    centre: pd.Series
    error: float
    n: int


class Rebound(NamedTuple):
    """Expected change of a unit that nobody did anything about.

    expected : change up to the next cycle
    variance : of the next score about its expectation, its own sampling error left out
    pull : weight of the baseline score in the expectation, for errors that both scores share
    reliability : (τ²)/(τ² + σ² + v) of the baseline score
    """

    expected: float
    variance: float
    pull: float
    reliability: float


def spread(past: pd.DataFrame) -> Spread | None:
    """Variances of one score over units and cycles by the method of moments; None with too few units.

    Parameters
    ----------
    past : DataFrame
        cycle, unit, value, se of the cycles before, the baseline among them; se > 0.

    Notes
    -----
    σ² solves Σ_i Σ_t (d_it − d̄_i)²/(v_it + σ²) = (n − 1)(k − 1), τ² solves
    Σ_i d̄_i²/(τ² + u_i) = n − 1, d the deviation from the centre of the cycle, d̄_i and u_i its mean
    by weights 1/(v + σ²) and the variance of that: Paule & Mandel (1982), Journal of Research of the
    National Bureau of Standards 87, 377-385, on two levels.  Negative solutions are 0.  Only units
    known in every cycle count, five at least.

    Raises
    ------
    DataError
        A column is missing.
    """
    lost = [c for c in COLUMNS if c not in past]
    if lost:
        raise DataError(f"past scores lack {lost}; give {list(COLUMNS)}")
    known = past[np.isfinite(past["value"]) & (past["se"] > 0)]
    if known.empty:
        return None
    # A score given twice must raise; a pivot table would average it.
    both = known.pivot(index="unit", columns="cycle", values=["value", "se"])  # noqa: PD010
    x = both["value"].dropna()
    if len(x) < policy.rule("rebound_units").cuts[0].at:
        return None
    v = both["se"].loc[x.index].to_numpy() ** 2
    values, between, over_time = x.to_numpy(), 0.0, 0.0
    centre = values.mean(axis=0)
    for _ in range(ROUNDS):
        weight = 1 / (v + between + over_time)
        centre = (weight * values).sum(axis=0) / weight.sum(axis=0)
        last = between, over_time
        between, over_time = _moments(values - centre, v)
        if np.allclose(last, (between, over_time), rtol=1e-10, atol=0.0):
            break
    error = float((1 / (1 / (v + between + over_time)).sum(axis=0)).max())
    return Spread(between, over_time, pd.Series(centre, index=x.columns), error, len(x))


def _moments(d: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """τ² and σ² of deviations (units, cycles) with sampling variances v."""
    n, k = d.shape

    def within(value: float) -> float:
        weight = 1 / (v + value)
        mean = (weight * d).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
        return float((weight * (d - mean) ** 2).sum()) - (n - 1) * (k - 1)

    over_time = _root(within, float((d**2).sum())) if k > 1 else 0.0
    weight = 1 / (v + over_time)
    mean, error = (weight * d).sum(axis=1) / weight.sum(axis=1), 1 / weight.sum(axis=1)
    between = _root(lambda t: float((mean**2 / (t + error)).sum()) - (n - 1), float((d**2).sum()))
    return between, over_time


def _root(falling: Callable[[float], float], top: float) -> float:
    """Where a falling function is 0; 0 when it is negative at once."""
    if falling(0.0) <= 0:
        return 0.0
    found: Any = optimize.brentq(falling, 0.0, top)
    return float(found)


def rebound(past: pd.DataFrame, found: Spread, *, unit: str, baseline: str, shared: float = 0.0) -> Rebound:
    """What the past of `unit` lets expect of its next score, against its score in `baseline`.

    Parameters
    ----------
    past : as for `spread`
    shared : covariance of the sampling errors of the baseline and the next score

    Notes
    -----
    Prediction k′Σ⁻¹d, Σ = τ²11′ + diag(σ² + v), k = τ² + shared at the baseline; its variance
    τ² + σ² − k′Σ⁻¹k, plus (1 − k′Σ⁻¹1)² times that of the centre, plus expected²·2/(n − 1) because
    the reliability is an estimate (var of a variance over n units).  The error of the baseline is
    inside Σ: it made the unit low and it is in the change.

    Raises
    ------
    DataError
        The unit has no score with an error in the baseline.
    """
    mine = past[(past["unit"] == unit) & np.isfinite(past["value"]) & (past["se"] > 0)]
    at = (mine["cycle"] == baseline).to_numpy()
    if at.sum() != 1:
        raise DataError(f"unit {unit!r} has no score with a standard error in {baseline!r}")
    d = mine["value"].to_numpy(dtype=float) - found.centre.reindex(mine["cycle"]).to_numpy(dtype=float)
    v = mine["se"].to_numpy(dtype=float) ** 2
    whole = np.full((len(d), len(d)), found.between) + np.diag(found.over_time + v)
    known = found.between + shared * at
    weights = np.linalg.solve(whole, known)
    expected = float(weights @ d - d[at][0])
    variance = found.between + found.over_time - weights @ known
    variance += found.error * (1 - weights.sum()) ** 2 + expected**2 * 2 / (found.n - 1)
    reliability = found.between / (found.between + found.over_time + v[at][0])
    return Rebound(expected, float(variance), float(weights[at][0]), float(reliability))
