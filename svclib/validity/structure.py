"""Do the items measure the dimensions they are said to measure: the confirmatory factor model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import factor
from svclib.factor import Fit, Model, Moments
from svclib.validity.interval import METHODS, error, interval

Scales = Mapping[str, Sequence[str]]
STEP = 1e-30  # of a complex step: no rounding, so it may be as small as it likes
SINGULAR = 1e-10


class Structure(NamedTuple):
    """A fitted model of dimensions, the positions of its parameters, and why it has none ("" = it has)."""

    scales: Scales
    fit: Fit
    note: str

    @property
    def n(self) -> int:
        """Rows that count."""
        return int(self.fit.n)


def confirm(found: Moments | factor.Group, scales: Scales) -> Structure:
    """Maximum likelihood of a model where every item loads on its dimension and dimensions correlate.

    Parameters
    ----------
    found : Moments or factor.Group
        Moments of the items in the order of `scales`, or published covariances
        (`factor.from_matrix`), whose standard errors are those of normal answers.
    scales : {dimension: items}
        Dimensions of at least two items.
    """
    model = factor.simple_structure(scales)
    group = factor.group(found) if isinstance(found, Moments) else found
    if found_out := _unidentified(model, scales):
        p = len(model.parameters)
        return Structure(scales, Fit(model, (group,), np.full(p, np.nan), np.nan, found_out), found_out)
    fitted = factor.fit(model, (group,))
    note = fitted.note or ("" if _curved(fitted) else "not_identified")
    return Structure(scales, fitted, note)


def _unidentified(model: Model, scales: Scales) -> str:
    if not scales:
        return "no_dimension"
    k = len(model.items)
    short = len(scales) == 1 and k < 3
    return "not_identified" if short or min(map(len, scales.values())) < 2 else ""


def _curved(fitted: Fit) -> bool:
    """Whether F rises in every direction: the data tell all parameters."""
    scale = 1 / np.sqrt(np.maximum(np.diag(fitted.hessian), 1e-300))
    return bool(np.linalg.eigvalsh(fitted.hessian * np.outer(scale, scale)).min() > SINGULAR)


class Parts(NamedTuple):
    """Parameters of a model by what they are: of each item (k,), and of each pair of dimensions."""

    loading: np.ndarray
    residual: np.ndarray
    phi: np.ndarray

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation of each item under the model."""
        return np.sqrt(self.loading**2 + self.residual)


def places(model: Model, scales: Scales) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions in theta of the loadings, residual variances, and correlations of dimensions."""
    names = list(scales)
    loads = [model.place("loading", f, item) for f in names for item in scales[f]]
    rest = [model.place("residual", item) for f in names for item in scales[f]]
    pairs = [model.place("covariance", names[i], names[j]) for i, j in pairs_of(names)]
    return np.array(loads), np.array(rest), np.array(pairs, dtype=int)


def pairs_of(names: Sequence) -> list[tuple[int, int]]:
    """Every pair of dimensions once, the later one first as the model names it."""
    return [(i, j) for i in range(len(names)) for j in range(i)]


def point(found: Structure) -> Parts:
    """The estimates."""
    return Parts(*(found.fit.theta[place] for place in places(found.fit.model, found.scales)))


def derived(
    found: Structure, quantities: Callable[[Parts], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, standard errors and df (q,) of analytic functions of the parameters.

    Gradients by complex steps. With rows the errors are those of the rows (sandwich, by sampling
    unit); of published covariances those of normal answers, the inverse of the expected information.
    """
    theta, at = found.fit.theta, places(found.fit.model, found.scales)

    def values(theta: np.ndarray) -> np.ndarray:
        return quantities(Parts(*(theta[place] for place in at)))

    used = np.concatenate(at)
    slopes = np.zeros((len(values(theta)), len(theta)))
    for place in used:
        moved = theta.astype(complex)
        moved[place] += STEP * 1j
        slopes[:, place] = np.imag(values(moved)) / STEP
    group = found.fit.groups[0]
    if group.moments is not None:
        return values(theta), *error(group.moments.rows, factor.moves(found.fit, 0, slopes))
    cov = slopes @ np.linalg.solve(found.fit.expected / 2, slopes.T) / found.n
    return values(theta), np.sqrt(np.diag(cov)), np.full(len(slopes), np.inf)


def loadings(found: Structure, *, confidence: float = 0.95) -> pd.DataFrame:
    """Standardised loading of every item, with its interval on the scale of Fisher's z.

    Returns
    -------
    DataFrame, k rows
        dimension, item, estimate, se, df, ci_low, ci_high, confidence, residual (share of the
        variance the dimension does not explain), n, method, note: why there is no model, or "heywood"
        (negative residual variance; no interval), "negative_item".
    """
    names = [(f, item) for f, items in found.scales.items() for item in items]
    out = pd.DataFrame(names, columns=["dimension", "item"])
    nothing = np.full(len(out), np.nan)
    value, se, df = (nothing,) * 3 if found.note else derived(found, lambda p: p.loading / p.sd)
    low, high = interval(value, se, df, scale="fisher", confidence=confidence)
    out = out.assign(estimate=value, se=se, df=df, ci_low=low, ci_high=high, confidence=confidence)
    notes = np.where(abs(value) >= 1, "heywood", np.where(value < 0, "negative_item", ""))
    return out.assign(
        residual=1 - value**2, n=found.n, method=method(found, "fisher"), note=found.note or notes
    )


def method(found: Structure, scale: str) -> str:
    """How the interval is made: from the rows, on a scale, or from normal theory where there are none."""
    return METHODS[scale] if found.fit.groups[0].moments is not None else "normal_theory"


FIT = ("chi2", "chi2_scaled", "cfi", "cfi_robust", "tli", "tli_robust", "rmsea", "rmsea_robust", "srmr",
       "loglik", "aic", "bic")  # fmt: skip
CONFIDENCE = 0.9  # of the RMSEA, by convention


def fit_measures(found: Structure) -> pd.DataFrame:
    """Fit of the model, a measure a row.

    Returns
    -------
    DataFrame, 12 rows
        stat (chi2, chi2_scaled: Yuan & Bentler 2000; cfi, tli, rmsea and their robust forms,
        srmr, loglik, aic, bic), estimate, df and p of the tests, 90 % limits of the rmsea, n,
        note ("saturated": as many parameters as moments, which always fits).  The intercepts,
        free in every model, do not count among the parameters of aic and bic.
    """
    out = pd.DataFrame({"stat": FIT})
    empty = dict.fromkeys(("estimate", "df", "p", "ci_low", "ci_high"), np.nan)
    if found.note:
        return out.assign(**empty, confidence=CONFIDENCE, n=found.n, note=found.note)
    got = factor.measures(found.fit, confidence=CONFIDENCE)
    got["aic"] -= 2 * got["n_items"]
    got["bic"] -= np.log(got["n"]) * got["n_items"]
    out = out.assign(**empty).assign(estimate=[float(got[stat]) for stat in FIT])
    tests = out["stat"].str.startswith("chi2")
    out.loc[tests, "df"] = got["df"]
    out.loc[tests, "p"] = [got["p"], got["p_scaled"]]
    out.loc[out["stat"] == "rmsea", ["ci_low", "ci_high"]] = got["rmsea_low"], got["rmsea_high"]
    return out.assign(confidence=CONFIDENCE, n=found.n, note="" if got["df"] else "saturated")
