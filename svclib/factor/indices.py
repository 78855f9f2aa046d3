"""How well a factor model reproduces the moments: chi-square, CFI, TLI, RMSEA, SRMR, information criteria."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from svclib.factor import em
from svclib.factor.fit import Fit, Group, fit, moves
from svclib.factor.model import independence
from svclib.factor.sample import scores

PART = 256  # entries whose influences are held at once


class Test(NamedTuple):
    """A likelihood-ratio test: chi-square, df, p, and the scaling factor for answers that are not normal.

    `scaled` = chi-square / scaling (Yuan & Bentler 2000; Asparouhov & Muthen 2005), which also
    holds under design weights and clusters. Without rows (a published matrix) the scaling is NaN.
    """

    chi2: float
    df: int
    scaling: float

    @property
    def p(self) -> float:
        """Tail of the plain chi-square."""
        return float(stats.chi2.sf(self.chi2, self.df)) if self.df > 0 else np.nan

    @property
    def scaled(self) -> float:
        """Scaled chi-square."""
        return self.chi2 / self.scaling

    @property
    def p_scaled(self) -> float:
        """Tail of the scaled chi-square."""
        return float(stats.chi2.sf(self.scaled, self.df)) if self.df > 0 else np.nan


def test(found: Fit) -> Test:
    """Against the saturated model."""
    return _against(found, _saturated_trace(found.groups))


def _against(found: Fit, trace: float) -> Test:
    k = len(found.model.items)
    df = len(found.groups) * k * (k + 3) // 2 - len(found.model.parameters)
    chi2 = found.n * (found.discrepancy - saturated(found.groups))
    return Test(chi2, df, (trace - model_trace(found)) / df if df and not np.isnan(trace) else np.nan)


def difference(inner: Fit, outer: Fit) -> Test:
    """Of a model against a freer one that contains it.

    The scaling factor comes from both traces (Satorra & Bentler 2001, Psychometrika 66, 507-514); it is NaN
    where it comes out negative, as it may in small samples.
    """
    df = len(outer.model.parameters) - len(inner.model.parameters)
    chi2 = inner.n * (inner.discrepancy - outer.discrepancy)
    if any(one.moments is None for one in inner.groups):
        return Test(chi2, df, np.nan)
    scaling = (model_trace(outer) - model_trace(inner)) / df
    return Test(chi2, df, scaling if scaling > 0 else np.nan)


def saturated(groups: tuple[Group, ...]) -> float:
    """F of the moments themselves."""
    total, value = sum(one.n for one in groups), 0.0
    for one in groups:
        sigma, mu = _moments(one)
        for block in one.blocks:
            inner, d = sigma[np.ix_(block.at, block.at)], block.mean - mu[block.at]
            square = block.cov + np.outer(d, d)
            part = np.linalg.slogdet(inner)[1] + np.linalg.solve(inner, square).trace()
            value += block.share * one.n / total * part
    return float(value)


def _moments(one: Group) -> tuple[np.ndarray, np.ndarray]:
    """Covariances (divisor n) and means that the saturated model gives a group."""
    if len(one.blocks) == 1:
        return one.blocks[0].cov, one.blocks[0].mean
    return one.moments.matrix, one.moments.mean  # type: ignore[union-attr]


def _saturated_trace(groups: tuple[Group, ...]) -> float:
    """tr(B A^-1) of the saturated model; NaN without rows."""
    if any(one.moments is None for one in groups):
        return np.nan
    return sum(_trace(one) for one in groups)


def _trace(one: Group) -> float:
    sigma, mu = _moments(one)
    means, entries = _influences(one, sigma)
    if len(one.blocks) > 1:
        z = np.hstack([means, entries])
        patterns = [em.Pattern(np.empty(0), b.at, b.share, b.mean, b.cov) for b in one.blocks]
        return one.n * float(((z @ em.information(patterns, mu, sigma)) * z).sum())
    # the information about one covariance matrix: m' Sigma^-1 m + tr((Sigma^-1 Z)^2)/2
    half = np.linalg.inv(np.linalg.cholesky(sigma))
    out, (i, j) = ((means @ half.T) ** 2).sum(), np.triu_indices(len(mu))
    for row in entries:
        square = np.empty_like(sigma)
        square[i, j] = square[j, i] = row
        out += ((half @ square @ half.T) ** 2).sum() / 2
    return one.n * float(out)


def _influences(one: Group, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores per sampling unit of the means (G, k) and of the upper triangle of `sigma`, part by part."""
    found, k = one.moments, len(sigma)
    assert found is not None  # noqa: S101 - a group without rows has no trace
    i, j = np.triu_indices(k)
    unit = np.trace(sigma) / np.trace(found.matrix)  # to the divisor n

    def score(gradients: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        return scores(found.rows, found.moves(gradients, slopes), corrected=False)[0]

    parts = []
    for start in range(0, len(i), PART):
        of, to = i[start : start + PART], j[start : start + PART]
        gradients = np.zeros((len(of), k, k))
        entry = np.arange(len(of))
        gradients[entry, of, to] += unit / 2
        gradients[entry, to, of] += unit / 2
        parts.append(score(gradients, np.zeros((len(of), k))))
    return score(np.zeros((k, k, k)), np.eye(k)), np.hstack(parts)


def model_trace(found: Fit) -> float:
    """tr(B A^-1): as large as the number of parameters where the answers are normal and independent."""
    out, total = 0.0, found.n
    for g in range(len(found.groups)):
        z, _ = scores(
            found.groups[g].moments.rows,  # type: ignore[union-attr]
            moves(found, g, np.eye(len(found.theta))),
            corrected=False,
        )
        out += total * float(((z @ found.hessian / 2) * z).sum())
    return out


def baseline(found: Fit) -> Fit:
    """The same data with items that have nothing in common."""
    return fit(independence(found.model.items, groups=len(found.groups)), found.groups)


def measures(found: Fit, *, confidence: float = 0.9) -> dict[str, float]:
    """Fit measures by name.

    chi2, df, p, scaling, chi2_scaled, p_scaled; cfi, tli, rmsea with its interval (noncentral
    chi-square; several groups: Steiger 1998), srmr; cfi_robust and rmsea_robust from the scaled
    tests (Brosseau-Liard & Savalei 2014); loglik, aic, bic.
    """
    trace = _saturated_trace(found.groups)
    own, null = _against(found, trace), _against(baseline(found), trace)
    n, groups = found.n, len(found.groups)
    out = {"chi2": own.chi2, "df": float(own.df), "p": own.p, "scaling": own.scaling,
           "chi2_scaled": own.scaled, "p_scaled": own.p_scaled}  # fmt: skip
    out["cfi"], out["tli"] = comparative(own.chi2 - own.df, own.df, null.chi2 - null.df, null.df)
    out["rmsea"] = rmsea(own.chi2 - own.df, own.df, n, groups)
    out["rmsea_low"], out["rmsea_high"] = _rmsea_interval(own, n, groups, confidence)
    out["srmr"] = srmr(found)
    beyond, null_beyond = own.chi2 - own.scaling * own.df, null.chi2 - null.scaling * null.df
    out["cfi_robust"], out["tli_robust"] = comparative(beyond, own.df, null_beyond, null.df)
    out["rmsea_robust"] = rmsea(beyond, own.df, n, groups)
    p, k = len(found.theta), len(found.model.items)
    seen = sum(one.n * block.share * len(block.at) for one in found.groups for block in one.blocks)
    out["loglik"] = -(n * found.discrepancy + seen * np.log(2 * np.pi)) / 2
    out["aic"], out["bic"] = 2 * p - 2 * out["loglik"], p * np.log(n) - 2 * out["loglik"]
    out["n"], out["n_items"], out["n_parameters"] = n, float(k), float(p)
    return out


def comparative(beyond: float, df: int, null_beyond: float, null_df: int) -> tuple[float, float]:
    """CFI and TLI from the noncentralities of the model and of the baseline."""
    if np.isnan(beyond) or np.isnan(null_beyond) or null_beyond <= 0:
        return np.nan, np.nan
    cfi = 1 - max(beyond, 0.0) / max(null_beyond, beyond, 1e-300)
    return cfi, 1 - (beyond / df) / (null_beyond / null_df) if df else np.nan


def rmsea(beyond: float, df: int, n: float, groups: int = 1) -> float:
    """sqrt(noncentrality / (df n)) times sqrt(groups)."""
    return float(np.sqrt(max(beyond, 0.0) / (df * n) * groups)) if df and not np.isnan(beyond) else np.nan


def _rmsea_interval(own: Test, n: float, groups: int, confidence: float) -> tuple[float, float]:
    if not own.df:
        return np.nan, np.nan

    def bound(tail: float) -> float:
        def miss(shift: float) -> float:
            return float(stats.ncx2.cdf(own.chi2, own.df, shift)) - tail

        top = max(own.chi2, own.df) * 4 + 100
        return 0.0 if miss(1e-12) < 0 else float(optimize.brentq(miss, 1e-12, top))  # type: ignore[arg-type]

    low, high = (bound(tail) for tail in ((1 + confidence) / 2, (1 - confidence) / 2))
    return tuple(float(np.sqrt(shift / (own.df * n) * groups)) for shift in (low, high))  # type: ignore[return-value]


def srmr(found: Fit) -> float:
    """Root mean square of residual covariances over observed standard deviations (Bentler 1995).

    Means count where the model restricts them; groups weigh by their size.
    """
    total, out = found.n, 0.0
    restricted = any(parameter.kind == "mean" for parameter in found.model.parameters)
    for g, one in enumerate(found.groups):
        sigma, mu = _moments(one)
        implied = found.model.implied(found.theta, g)
        own = np.sqrt(np.diag(sigma))
        gap = ((sigma - implied.sigma) / np.outer(own, own))[np.tril_indices(len(mu))]
        level = (mu - implied.mu) / own if restricted else np.zeros(0)
        square = (gap**2).sum() + (level**2).sum()
        out += one.n / total * float(np.sqrt(square / (len(gap) + len(level))))
    return out
