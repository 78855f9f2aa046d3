"""Power and sample size of a comparison of two periods, by what is measured.

Every kind is planned on the scale on which its error does not depend on its value: means as
they are, shares by the arcsine (Cohen 1988, ch. 6), rates by the square root.  There
Var(period 1 − period 0) = 2·deff·(1 − overlap·rho)·v/n, so that one closed form serves all
kinds.  `power_of` is the power of the test itself and comes from statsmodels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.proportion import power_proportions_2indep
from statsmodels.stats.rates import power_poisson_diff_2indep

from svclib.errors import ParamError
from svclib.inference.linear import check_confidence


class Design(NamedTuple):
    """How two periods are compared.

    Attributes
    ----------
    deff : design effect: variance of the estimate over that of a simple random sample of as many
    overlap : share of the respondents of a period who answer in both
    rho : correlation of what the same respondent says in the two periods
    comparisons : tests of one family, each held to α/comparisons (Bonferroni)
    confidence : 1 − α, two-sided
    power : probability of detecting a change that is there
    """

    deff: float = 1.0
    overlap: float = 0.0
    rho: float = 0.0
    comparisons: int = 1
    confidence: float = 0.95
    power: float = 0.8

    @property
    def alpha(self) -> float:
        """Two-sided level of one comparison."""
        return check_confidence(self.confidence) / self.comparisons

    @property
    def factor(self) -> float:
        """Variance of the change over that of two simple random samples."""
        return self.deff * (1 - self.overlap * self.rho)

    @property
    def z(self) -> float:
        """z(1 − α/2) + z(power): how many standard errors a change must be to be detected."""
        return float(stats.norm.ppf(1 - self.alpha / 2) + stats.norm.ppf(self.power))


SIMPLE = Design()


def mde(
    n: ArrayLike,
    *,
    sd: ArrayLike | None = None,
    p: ArrayLike | None = None,
    rate: ArrayLike | None = None,
    sign: int = 1,
    design: Design = SIMPLE,
) -> np.ndarray:
    """Smallest true change that `n` per period detects with the power of `design`.

    Parameters
    ----------
    n : respondents or cases per period; for a rate the exposure per period
    sd : standard deviation of one answer, of a mean
    p : share in the first period, 0–1
    rate : events per unit of exposure in the first period
    sign : +1 for a rise, -1 for a fall; a share and a rate differ in the two
    design : simple random samples, one comparison, unless told otherwise

    Returns
    -------
    ndarray
        The change, positive.  NaN where not even the end of the scale is that far.

    Raises
    ------
    ParamError
        Not exactly one of sd, p and rate; a value outside its range; an impossible design.

    Notes
    -----
    On the stabilised scale g the change is z·√(2·factor·v/n), with g = x, v = sd² for a mean;
    g = 2·arcsin√p, v = 1; g = 2√rate, v = 1.
    """
    name, base = _base(sd, p, rate)
    n = _checked(n, design)
    reach = design.z * np.sqrt(2 * design.factor / n)
    if name == "sd":
        return reach * base
    at = _stable(name, base) + np.sign(sign) * reach
    last = np.pi if name == "p" else np.inf
    change = np.abs(_natural(name, np.clip(at, 0.0, last)) - base)
    return np.where((at >= 0) & (at <= last), change, np.nan)


def required_n(
    change: ArrayLike,
    *,
    sd: ArrayLike | None = None,
    p: ArrayLike | None = None,
    rate: ArrayLike | None = None,
    design: Design = SIMPLE,
) -> np.ndarray:
    """Respondents, cases or exposure per period that detect `change` (the inverse of `mde`).

    Parameters
    ----------
    change : true change, not 0; its sign matters for a share and a rate
    sd, p, rate, design : as in `mde`

    Returns
    -------
    ndarray
        n per period, not rounded.  NaN where no share or rate lies that far.

    Raises
    ------
    ParamError
        As `mde`; and a change of 0.
    """
    name, base = _base(sd, p, rate)
    _checked(1, design)
    change = np.asarray(change, dtype=float)
    if (change == 0).any():
        raise ParamError("change=0; no sample shows that nothing changed. Give the change to be seen")
    if name == "sd":
        far = np.abs(change) / base
    else:
        after = base + change
        inside = (after >= 0) & (after <= (1.0 if name == "p" else np.inf))
        far = np.abs(_stable(name, np.where(inside, after, np.nan)) - _stable(name, base))
    return 2 * design.factor * (design.z / far) ** 2


def power_of(
    change: float,
    n: float,
    *,
    sd: float | None = None,
    p: float | None = None,
    rate: float | None = None,
    design: Design = SIMPLE,
) -> float:
    """Probability that the test of two periods of `n` detects a true `change`.

    Means by the t test (paired where everyone answers twice), shares by the test with pooled
    variance under no change, rates by the score test of their ratio.  Parameters and errors
    as `required_n`.

    Notes
    -----
    `n` enters as n/factor; the powers themselves are those of statsmodels.
    """
    name, base = _base(sd, p, rate)
    size = float(_checked(n, design)) / design.factor
    at, alpha = float(base), design.alpha
    if name == "sd":
        if design.overlap == 1:
            d = change / (at * np.sqrt(2 * (1 - design.rho)))
            return float(TTestPower().power(d, n / design.deff, alpha))
        return float(TTestIndPower().power(change / at, size, alpha))
    if name == "p":
        share: Any = power_proportions_2indep(change, at, size, alpha=alpha, return_results=False)
        return float(share)
    found: Any = power_poisson_diff_2indep(
        at + change, at, size, alpha=alpha, alternative="two-sided", method_var="score", return_results=False
    )
    return float(found)


def _base(sd: ArrayLike | None, p: ArrayLike | None, rate: ArrayLike | None) -> tuple[str, np.ndarray]:
    """Which of the three is given, and its values in their range."""
    given = {name: v for name, v in (("sd", sd), ("p", p), ("rate", rate)) if v is not None}
    if len(given) != 1:
        raise ParamError(f"{', '.join(given) or 'none'} of sd, p and rate given; give exactly one")
    name, values = next(iter(given.items()))
    base = np.asarray(values, dtype=float)
    low, high = _RANGES[name]
    bad = base[(base < low) | (base > high) | ((base == 0) & (name == "sd"))]
    if bad.size:
        raise ParamError(f"{name}={bad.flat[0]:g}; sd is above 0, p between 0 and 1, rate not below 0")
    return name, base


_RANGES = {"sd": (0.0, np.inf), "p": (0.0, 1.0), "rate": (0.0, np.inf)}


def _checked(n: ArrayLike, design: Design) -> np.ndarray:
    """Sample sizes of a possible design."""
    sizes = np.asarray(n, dtype=float)
    told = []
    if (sizes <= 0).any():
        told.append(f"n={sizes.min():g}; a sample size is above 0")
    if design.deff <= 0:
        told.append(f"deff={design.deff:g}; a design effect is above 0")
    if not 0 <= design.overlap <= 1:
        told.append(f"overlap={design.overlap:g}; a share lies between 0 and 1")
    if not -1 <= design.rho < 1:
        told.append(f"rho={design.rho:g}; a correlation lies between -1 and 1, and below 1 here")
    if design.comparisons < 1:
        told.append(f"comparisons={design.comparisons:g}; there is at least one")
    if not 0.5 <= design.power < 1:
        told.append(f"power={design.power:g}; give a number between 0.5 and 1, e.g. 0.8")
    if told:
        raise ParamError("; ".join(told))
    check_confidence(design.confidence)
    return sizes


def _stable(name: str, values: np.ndarray) -> np.ndarray:
    """Shares and rates on the scale where their error is the same everywhere."""
    return 2 * np.arcsin(np.sqrt(values)) if name == "p" else 2 * np.sqrt(values)


def _natural(name: str, values: np.ndarray) -> np.ndarray:
    return np.sin(values / 2) ** 2 if name == "p" else (values / 2) ** 2
