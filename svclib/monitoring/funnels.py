"""Units of one indicator in a funnel: how far from the common value, given how much each has to show."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from svclib import policy
from svclib.errors import DataError, ParamError

FORMS = ("proportion", "rate", "mean", "log_mean")
TAIL = 0.1
LEVELS = (0.95, 0.998)
LEAST = 3


def funnel(units: pd.DataFrame, *, form: str, better: str = "high", scale: float = 1.0) -> pd.DataFrame:
    """Distance of each unit from the common value, with 95 % and 99.8 % limits that allow for overdispersion.

    Parameters
    ----------
    units : unit, and numerator and denominator ("proportion", "rate") or value and se ("mean";
        "log_mean" where log(value) is normal with SE se/value)
    form : decides the scale on which z is normal: arcsine of the root for proportions, root for
        rates, as it is for means, log for "log_mean"
    better : "high", "low" or "near"
    scale : of the value in numerator / denominator, 100 for percent

    Returns
    -------
    unit, value, centre, z, z_adj, low_95 … high_998, dispersion, tau2, n_units, method, status
    (within, better_95, better_998, worse_95, worse_998; apart_95, apart_998 where near is better)

    Notes
    -----
    z = (y − θ)/s, θ of all counts together, or the mean weighted by 1/s².  Winsorised at its 10 %
    and 90 % quantiles, z has the mean square φ ("dispersion").  Winsorising takes from the squares
    also what is no outlier, for normal z all but κ ≈ 0.68 of them, so that φ/κ estimates the
    dispersion.  Where it exceeds (I − 1)/I, τ² = (Iφ/κ − (I − 1))/(Σw − Σw²/Σw), w = 1/s², and
    z_adj = (y − θ)/√(s² + τ²).
    Spiegelhalter, D. J. (2005). Statistics in Medicine, 24, 1185-1202; φ without κ as there.

    Raises
    ------
    ParamError
        An unknown form, or fewer than three units.
    DataError
        A unit without an error or a denominator above 0.
    """
    if form not in FORMS:
        raise ParamError(f"form={form!r}; choose one of {list(FORMS)}")
    if len(units) < LEAST:
        raise ParamError(f"a funnel needs at least {LEAST} units, found {len(units)}")
    y, s = _normal(units, form)
    w = 1 / s**2
    centre = _common(units, y, w, form)
    z = (y - centre) / s
    dispersion = float((np.clip(z, *np.quantile(z, [TAIL, 1 - TAIL])) ** 2).mean())
    tau2 = _between(dispersion / winsorised_square(TAIL), w)
    wide = np.sqrt(s**2 + tau2)
    found: dict[str, Any] = {
        "unit": units["unit"].to_numpy(), "value": _natural(y, form) * scale,
        "centre": float(_natural(np.array([centre]), form)[0]) * scale, "z": z, "z_adj": (y - centre) / wide,
    }  # fmt: skip
    for level, name in zip(LEVELS, ("95", "998"), strict=True):
        reach = stats.norm.ppf((1 + level) / 2) * wide
        found |= {f"low_{name}": _natural(centre - reach, form) * scale}
        found |= {f"high_{name}": _natural(centre + reach, form) * scale}
    table = pd.DataFrame(found).assign(dispersion=dispersion, tau2=tau2, n_units=len(units), method=form)
    return table.assign(status=_status(table["z_adj"].to_numpy(), better))


def winsorised_square(tail: float) -> float:
    """E z² of a standard normal winsorised at its `tail` and 1 − `tail` quantiles."""
    q = stats.norm.ppf(1 - tail)
    return float(1 - 2 * tail - 2 * q * stats.norm.pdf(q) + 2 * tail * q**2)


def _normal(units: pd.DataFrame, form: str) -> tuple[np.ndarray, np.ndarray]:
    """Values on the scale where they are normal, and their standard errors."""
    if form in ("proportion", "rate"):
        x, n = (units[c].to_numpy(dtype=float) for c in ("numerator", "denominator"))
        if not ((n > 0).all() and (x >= 0).all() and (form == "rate" or (x <= n).all())):
            raise DataError("a funnel of counts needs a denominator above 0, and a numerator from 0 to it")
        y = np.arcsin(np.sqrt(x / n)) if form == "proportion" else np.sqrt(x / n)
        return y, 1 / (2 * np.sqrt(n))
    value, se = units["value"].to_numpy(dtype=float), units["se"].to_numpy(dtype=float)
    if not (np.isfinite(value).all() and (se > 0).all() and (form == "mean" or (value > 0).all())):
        raise DataError("a funnel of means needs a value and a standard error above 0 of every unit")
    return (np.log(value), se / value) if form == "log_mean" else (value, se)


def _common(units: pd.DataFrame, y: np.ndarray, w: np.ndarray, form: str) -> float:
    """The value of all units together: of their counts, or their mean weighted by 1/s²."""
    if form in ("proportion", "rate"):
        share = float(units["numerator"].sum() / units["denominator"].sum())
        return math.asin(math.sqrt(share)) if form == "proportion" else math.sqrt(share)
    return float((w * y).sum() / w.sum())


def _natural(y: np.ndarray, form: str) -> np.ndarray:
    if form == "proportion":
        return np.sin(np.clip(y, 0, np.pi / 2)) ** 2
    if form == "rate":
        return np.maximum(y, 0) ** 2
    return np.exp(y) if form == "log_mean" else y


def _between(dispersion: float, w: np.ndarray) -> float:
    count = len(w)
    excess = count * dispersion - (count - 1)
    return max(0.0, excess / float(w.sum() - (w**2).sum() / w.sum()))


def _status(z: np.ndarray, better: str) -> np.ndarray:
    level = np.abs(z)[:, None] > stats.norm.ppf((1 + np.array(LEVELS)) / 2)
    name = np.select([level[:, 1], level[:, 0]], ["998", "95"], default="")
    good = np.sign(z) * {"high": 1, "low": -1, "near": 0}[better]
    side = np.select([good > 0, good < 0], ["better_", "worse_"], default="apart_")
    return np.where(name == "", "within", np.char.add(side.astype(str), name.astype(str)))


def standing(n_units: int) -> str:
    """Whether so many units make a funnel, by the policy."""
    return str(policy.judge(n_units, "funnel_units")[0])
