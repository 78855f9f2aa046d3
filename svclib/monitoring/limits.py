"""Centre line and limits: individuals with moving range, proportions and rates after Laney."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from svclib.errors import DataError, ParamError

# Mean moving range of two normal values in standard deviations, as tabled: 2/√π = 1.12838.
D2 = 1.128
# Limits at so many mean moving ranges: rounded as in Wheeler (2000), or 3/d2 as in R's qcc.
CONSTANTS = {"wheeler": 2.66, "qcc": 3 / D2}
# A moving range beyond so many mean ones is left out of the mean (upper range limit D4, Wheeler 2000).
RANGE_LIMIT = 3.27


class Limits(NamedTuple):
    """Centre line, and half the width of the band at each point, (n,)."""

    centre: float
    reach: np.ndarray


def xmr_limits(values: np.ndarray, *, constants: str = "wheeler", screen: bool = True) -> Limits:
    """Mean ± 2.66 mean moving range.

    Parameters
    ----------
    values : (n,), in time, at least two
    constants : "wheeler" (2.66) or "qcc" (3/1.128)
    screen : leave moving ranges beyond 3.27 times their mean out of the mean, once, as
        NHSRplotthedots does: one wild point must not widen the limits that should find it

    Raises
    ------
    ParamError
        Unknown constants.
    DataError
        Fewer than two values.
    """
    if constants not in CONSTANTS:
        raise ParamError(f"constants={constants!r}; choose one of {list(CONSTANTS)}")
    x = np.asarray(values, dtype=float)
    if len(x) < 2:
        raise DataError(f"control limits need at least two points, found {len(x)}")
    reach = CONSTANTS[constants] * mean_range(x, screen=screen)
    return Limits(float(x.mean()), np.full(len(x), reach))


def mean_range(values: np.ndarray, *, screen: bool) -> float:
    """Mean moving range, without those beyond the upper range limit where `screen`."""
    ranges = np.abs(np.diff(values))
    kept = ranges[ranges <= RANGE_LIMIT * ranges.mean()] if screen else ranges
    return float(kept.mean())


def attribute_limits(numerator: np.ndarray, denominator: np.ndarray, *, kind: str) -> Limits:
    """p′ and u′ limits: those of the binomial or Poisson law times the scatter found between points.

    z = (x/n − centre)/σ, σ = √(p(1−p)/n) or √(u/n); reach = 3 σ σ_z with σ_z = mean moving range of
    z / d2.  Laney, D. B. (2002). Improved control charts for attributes. Quality Engineering, 14.

    Parameters
    ----------
    numerator, denominator : (n,), events and cases, or events and exposure; denominator > 0
    kind : "p" or "u"
    """
    if kind not in ("p", "u"):
        raise ParamError(f"kind={kind!r}; choose one of ['p', 'u']")
    x, n = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if len(x) < 2:
        raise DataError(f"control limits need at least two points, found {len(x)}")
    if not ((n > 0).all() and (x >= 0).all() and (kind == "u" or (x <= n).all())):
        raise DataError("a p or u chart needs a denominator above 0, and a numerator from 0 to it")
    centre = float(x.sum() / n.sum())
    noise = np.sqrt((centre * (1 - centre) if kind == "p" else centre) / n)
    if not noise.any():
        return Limits(centre, np.zeros(len(x)))
    spread = mean_range((x / n - centre) / noise, screen=True) / D2
    return Limits(centre, 3 * noise * spread)


def expected_events(numerator: np.ndarray, denominator: np.ndarray, *, kind: str) -> float:
    """Events expected per point, of the rarer outcome where it is a proportion."""
    events = float(np.mean(numerator))
    return min(events, float(np.mean(denominator)) - events) if kind == "p" else events
