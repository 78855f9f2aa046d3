"""Are the dimensions different things: correlations of factors, HTMT, Fornell-Larcker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.factor import Moments
from svclib.validity.adequacy import usable
from svclib.validity.convergent import extracted, spans
from svclib.validity.correlations import by_covariance, correlation
from svclib.validity.interval import METHODS, interval, moved
from svclib.validity.structure import Parts, Scales, Structure, derived, method, pairs_of

WEAK = 2.0  # standard errors of a correlation of nothing, 1/sqrt(n)


def factor_correlations(found: Structure, *, confidence: float = 0.95) -> pd.DataFrame:
    """Correlation of every pair of dimensions, and the Fornell-Larcker criterion.

    Returns
    -------
    DataFrame, 2 rows per pair
        dimension, other; stat "phi" (interval on Fisher's z), or "fornell_larcker": the smaller
        of both square roots of the AVE less |phi|, above 0 where each dimension shares more
        with its own items than with the other (interval on the difference itself).
        estimate, se, df, ci_low, ci_high, confidence, n, method, note.
    """
    names = list(found.scales)
    pairs, where = pairs_of(names), spans(found.scales)
    keys = [(stat, names[j], names[i]) for stat in ("phi", "fornell_larcker") for i, j in pairs]
    out = pd.DataFrame(keys, columns=["stat", "dimension", "other"])

    def values(parts: Parts) -> np.ndarray:
        ave = [extracted(parts.loading[at], parts.residual[at]) for at in where]
        root = [min(ave[i], ave[j], key=np.real) ** 0.5 for i, j in pairs]
        side = np.where(np.real(parts.phi) < 0, -1.0, 1.0)
        return np.concatenate([parts.phi, np.array(root) - side * parts.phi]) if pairs else np.zeros(0)

    nothing = np.full(len(out), np.nan)
    value, se, df = (nothing,) * 3 if found.note or not pairs else derived(found, values)
    limits = [interval(value, se, df, scale=scale, confidence=confidence) for scale in ("fisher", "wald")]
    is_phi = (out["stat"] == "phi").to_numpy()
    low, high = (np.where(is_phi, a, b) for a, b in zip(*limits, strict=True))
    out = out.assign(estimate=value, se=se, df=df, ci_low=low, ci_high=high, confidence=confidence)
    beyond = np.where(is_phi & (abs(value) >= 1), "heywood", "")
    how = np.where(is_phi, method(found, "fisher"), method(found, "wald"))
    return out.assign(n=found.n, method=how, note=found.note or beyond)


def htmt(
    cor: np.ndarray, scales: Sequence[Sequence[int]], *, geometric: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Heterotrait-monotrait ratios of every pair of dimensions, (q,), and gradients by `cor`, (q, k, k).

    Mean absolute correlation between the items of two dimensions over the geometric mean of both
    mean correlations within (Henseler, Ringle & Sarstedt 2015, Journal of the Academy of Marketing
    Science 43, 115-135); with geometric means throughout HTMT2, which does not ask for equal
    loadings (Roemer, Schuberth & Henseler 2021). NaN where the correlations within do not
    have a positive mean.
    """
    mean = _geometric if geometric else _arithmetic
    own = [mean(cor, at, at) for at in scales]
    pairs = pairs_of(scales)
    values, gradients = np.full(len(pairs), np.nan), np.full((len(pairs), *cor.shape), np.nan)
    for q, (i, j) in enumerate(pairs):
        between, a, b = mean(cor, scales[i], scales[j]), own[i], own[j]
        if a[0] > 0 and b[0] > 0:
            values[q] = between[0] / np.sqrt(a[0] * b[0])
            slope = between[1] - between[0] / 2 * (a[1] / a[0] + b[1] / b[0])
            gradients[q] = slope / np.sqrt(a[0] * b[0])
    return values, gradients


def _arithmetic(cor: np.ndarray, a: Sequence[int], b: Sequence[int]) -> tuple[float, np.ndarray]:
    """Mean absolute correlation of the pairs between (within: all pairs), and its gradient."""
    rows, columns = _pairs(a, b)
    slope = np.zeros_like(cor)
    slope[rows, columns] = np.sign(cor[rows, columns]) / len(rows)
    return float(abs(cor[rows, columns]).mean()), (slope + slope.T) / 2


def _geometric(cor: np.ndarray, a: Sequence[int], b: Sequence[int]) -> tuple[float, np.ndarray]:
    rows, columns = _pairs(a, b)
    r = cor[rows, columns]
    slope = np.zeros_like(cor)
    if (r == 0).any():
        return 0.0, slope
    value = float(np.exp(np.log(abs(r)).mean()))
    slope[rows, columns] = value / (len(rows) * r)
    return value, (slope + slope.T) / 2


def _pairs(a: Sequence[int], b: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    if list(a) == list(b):
        i, j = np.triu_indices(len(a), 1)
        return np.asarray(a)[i], np.asarray(a)[j]
    return np.repeat(a, len(b)), np.tile(b, len(a))


def ratios(found: Moments, scales: Scales, *, confidence: float = 0.95) -> pd.DataFrame:
    """HTMT and HTMT2 of every pair of dimensions with intervals that no distribution is asked for.

    Parameters
    ----------
    found : Moments
        Of the items in the order of `scales`, dimensions of at least two items.

    Returns
    -------
    DataFrame, 2 rows per pair
        stat ("htmt", "htmt2"), dimension, other, estimate, se, df, ci_low, ci_high (t on the
        log), confidence, n, method, note: why there is no matrix; "negative_item" (no positive mean
        within); "weak_pair" (a correlation between lies within 2/sqrt(n) of 0, where the
        absolute value bends: the interval is a rough one).
    """
    names, where = list(scales), [range(at.start, at.stop) for at in spans(scales)]
    pairs = pairs_of(names)
    keys = [(stat, names[j], names[i]) for stat in ("htmt", "htmt2") for i, j in pairs]
    out = pd.DataFrame(keys, columns=["stat", "dimension", "other"])
    value = se = df = low = high = np.full(len(out), np.nan)
    why = usable(found)
    note: str | np.ndarray = why
    if not why and pairs:
        cor = correlation(found.matrix)
        both = [htmt(cor, where, geometric=geometric) for geometric in (False, True)]
        value, gradients = (np.concatenate(part) for part in zip(*both, strict=True))
        se, df = moved(found, by_covariance(gradients, found.matrix))
        low, high = interval(value, se, df, scale="log", confidence=confidence)
        weak = [(abs(cor[np.ix_(where[i], where[j])]) < WEAK / np.sqrt(found.n)).any() for i, j in pairs] * 2
        note = np.where(np.isnan(value), "negative_item", np.where(weak, "weak_pair", ""))
    return out.assign(estimate=value, se=se, df=df, ci_low=low, ci_high=high, confidence=confidence,
                      n=found.n, method=METHODS["log"], note=note)  # fmt: skip
