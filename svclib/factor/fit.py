"""Maximum likelihood of a factor model, and how far every row moves its parameters.

    F = sum over patterns of share (log|Sigma| + tr(S Sigma^-1) + d'Sigma^-1 d),  d = m - mu,
twice the negative log-likelihood per row less a constant, over the patterns of missing answers
of every group (one pattern per group where all is answered).  Rows move the parameters by
(F''/2)^-1 times their score, with the observed second derivatives: the standard errors hold
for answers that are not normal and models that do not fit exactly (Huber 1967; White 1982).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg

from svclib.factor import em
from svclib.factor.model import Model
from svclib.factor.moments import Moments, quadratic

STEPS, CLOSE, LOOSE, STEP = 500, 1e-9, 1e-6, 1e-5


class Block(NamedTuple):
    """Moments of rows with the same items answered; `rows` are their places among the rows."""

    at: np.ndarray
    share: float
    mean: np.ndarray
    cov: np.ndarray
    rows: np.ndarray | None


class Group(NamedTuple):
    """The data of one group: its rows per pattern; `moments` where the matrix itself is fitted."""

    blocks: tuple[Block, ...]
    n: float
    moments: Moments | None


@dataclass(frozen=True)
class Fit:
    """Estimates of a model: theta (p,), F, and why there are none ("" = there are)."""

    model: Model
    groups: tuple[Group, ...]
    theta: np.ndarray
    discrepancy: float
    note: str

    @functools.cached_property
    def hessian(self) -> np.ndarray:
        """Second derivatives of F at theta, (p, p)."""
        return _hessian(self.model, self.groups, self.theta)

    @property
    def expected(self) -> np.ndarray:
        """What the second derivatives would be on average were the model true, (p, p)."""
        return _at(self.model, self.groups, self.theta).expected

    @property
    def n(self) -> float:
        """Rows of all groups."""
        return sum(group.n for group in self.groups)


class Point(NamedTuple):
    """F, its gradient (p,) and its expected second derivatives (p, p) at theta."""

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    expected: np.ndarray


def group(found: Moments) -> Group:
    """Data of one group from its moments.

    Covariances of complete rows or by FIML are fitted to the rows, pattern by pattern;
    pairwise and polychoric matrices are fitted as they are.
    """
    whole, cov = np.arange(len(found.matrix)), found.matrix
    if (found.kind, found.missing) == ("pearson", "fiml"):
        blocks = [Block(p.at, p.weight, p.mean, p.cov, p.rows) for p in em.patterns(found.basis)]
        return Group(tuple(blocks), found.n, found)
    if (found.kind, found.missing) == ("pearson", "listwise"):
        cov = cov * (1 - (found.rows.w**2).sum())  # to the divisor n
    return Group((Block(whole, 1.0, found.mean, cov, None),), found.n, found)


def from_matrix(cov: np.ndarray, n: float, mean: np.ndarray | None = None) -> Group:
    """Data of one group from published covariances (divisor n): no influences."""
    cov = np.asarray(cov, dtype=float)
    mean = np.zeros(len(cov)) if mean is None else np.asarray(mean, dtype=float)
    return Group((Block(np.arange(len(cov)), 1.0, mean, cov, None),), n, None)


def fit(model: Model, groups: tuple[Group, ...]) -> Fit:
    """Fisher scoring from the items' own spread; the note says why there is no estimate."""
    p = len(model.parameters)
    nothing = np.full(p, np.nan), np.nan
    note = _impossible(model, groups)
    if note:
        return Fit(model, groups, *nothing, note)
    here = _at(model, groups, _start(model, groups))
    for _ in range(STEPS):
        there = _walk(model, groups, here)
        steeper = abs(there.gradient).max() >= abs(here.gradient).max()
        settled = there.value >= here.value and steeper  # large models end at their rounding noise
        here = there
        if settled or abs(here.gradient).max() < CLOSE:
            break
    if not abs(here.gradient).max() < LOOSE:
        return Fit(model, groups, *nothing, "not_converged")
    return Fit(model, groups, here.theta, here.value, "")


def _impossible(model: Model, groups: tuple[Group, ...]) -> str:
    for one in groups:
        if one.n <= len(model.items):
            return "too_few"
        if one.moments is not None and one.moments.note:
            return one.moments.note
        whole = [block.cov for block in one.blocks if len(block.at) == len(model.items)]
        matrix = one.moments.matrix if one.moments is not None else whole[0]
        scale = np.diag(matrix)
        if em.constant(scale, _whole(one)[1]).any():
            return "constant_item"
        cor = matrix / np.sqrt(np.outer(scale, scale))
        if np.linalg.eigvalsh(cor).min() <= em.SINGULAR:
            return "not_positive_definite"
    return ""


def _start(model: Model, groups: tuple[Group, ...]) -> np.ndarray:
    """Half of every item's variance to its factor, signs from the items' correlations, factors at .5."""
    total = sum(one.n for one in groups)
    share = [one.n / total for one in groups]
    cov = np.average([_whole(one)[0] for one in groups], axis=0, weights=share)
    mean = np.average([_whole(one)[1] for one in groups], axis=0, weights=share)
    place = {item: i for i, item in enumerate(model.items)}
    guess = {"variance": 1.0, "covariance": 0.5, "mean": 0.0}
    theta = np.zeros(len(model.parameters))
    sides = _sides(model, cov)
    for at, (kind, of, _) in enumerate(model.parameters):
        j = place.get(of[-1], -1)
        if kind == "loading":
            theta[at] = sides[of[-1]] * np.sqrt(cov[j, j] / 2) if j >= 0 else 1.0
        elif kind == "residual":
            theta[at] = cov[j, j] / 2
        else:
            theta[at] = mean[j] if kind == "intercept" else guess[kind]
    return theta


def _sides(model: Model, cov: np.ndarray) -> dict[str, float]:
    """Sign of every item on the main axis of its factor, mostly positive."""
    place = {item: i for i, item in enumerate(model.items)}
    loads = [of for kind, of, group in model.parameters if kind == "loading" and group in (0, -1)]
    out = {}
    for factor in dict.fromkeys(of[0] for of in loads):
        items = [of[1] for of in loads if of[0] == factor and of[1] in place]
        if not items:
            continue
        at = [place[item] for item in items]
        scale = np.sqrt(np.diag(cov)[at])
        axis = np.linalg.eigh(cov[np.ix_(at, at)] / np.outer(scale, scale))[1][:, -1]
        axis = axis if axis.sum() >= 0 else -axis
        out |= {item: 1.0 if a >= 0 else -1.0 for item, a in zip(items, axis, strict=True)}
    return out


def _whole(one: Group) -> tuple[np.ndarray, np.ndarray]:
    """Covariances and means of all items of a group."""
    if one.moments is not None:
        return one.moments.matrix, one.moments.mean
    return one.blocks[0].cov, one.blocks[0].mean


def _walk(model: Model, groups: tuple[Group, ...], here: Point) -> Point:
    """Fisher's step, halved until it does not raise F."""
    try:
        step = -linalg.cho_solve(linalg.cho_factor(here.expected), here.gradient)
    except linalg.LinAlgError:  # a model that is not identified has directions that do not matter
        step = -np.linalg.lstsq(here.expected, here.gradient, rcond=1e-12)[0]
    length = 1.0
    while length > 1e-14:
        there = _at(model, groups, here.theta + length * step)
        if there.value <= here.value + 1e-14 * abs(here.value):
            return there
        length /= 2
    return here


def _at(model: Model, groups: tuple[Group, ...], theta: np.ndarray, *, curved: bool = True) -> Point:
    """F and its derivatives at theta; F is infinite where Sigma is no covariance matrix."""
    p = len(theta)
    value, gradient, expected = 0.0, np.zeros(p), np.zeros((p, p))
    total = sum(one.n for one in groups)
    for g, one in enumerate(groups):
        implied = model.implied(theta, g)
        sigma, mu, own = implied.sigma, implied.mu, implied.at
        for block in one.blocks:
            at, share = block.at, block.share * one.n / total
            try:
                root = np.linalg.cholesky(sigma[np.ix_(at, at)])
            except np.linalg.LinAlgError:
                return Point(theta, np.inf, gradient, expected)
            half = np.linalg.inv(root)
            inverse, d = half.T @ half, block.mean - mu[at]
            square = block.cov + np.outer(d, d)
            value += share * (2 * np.log(np.diag(root)).sum() + (inverse * square).sum())
            omega = inverse - inverse @ square @ inverse
            u, v, means = implied.u[:, at], implied.v[:, at], implied.d_mu[:, at]
            gradient[own] += share * 2 * (u @ omega * v).sum(axis=1)
            gradient -= share * 2 * means @ inverse @ d
            if curved:
                expected += share * _expected(u @ half.T, v @ half.T, means @ half.T, own)
    return Point(theta, value, gradient, expected)


def _expected(u: np.ndarray, v: np.ndarray, level: np.ndarray, own: np.ndarray) -> np.ndarray:
    """tr(Sigma^-1 D_p Sigma^-1 D_q) + 2 m_p' Sigma^-1 m_q, with D = u v' + v u' of every entry."""
    out, mixed = 2 * level @ level.T, u @ v.T
    out[own[:, None], own] += 2 * ((u @ u.T) * (v @ v.T) + mixed * mixed.T)
    return out


def _hessian(model: Model, groups: tuple[Group, ...], theta: np.ndarray) -> np.ndarray:
    """Second derivatives of F by central differences of its gradient."""
    steps = STEP * np.maximum(abs(theta), 0.1)
    rows = []
    for at, size in enumerate(steps):
        shift = np.zeros(len(theta))
        shift[at] = size
        up, down = (_at(model, groups, theta + sign * shift, curved=False).gradient for sign in (1, -1))
        rows.append((up - down) / (2 * size))
    return (np.array(rows) + np.array(rows).T) / 2


def moves(found: Fit, g: int, slopes: np.ndarray) -> np.ndarray:
    """How far each row of group `g` moves q functions of theta with derivatives `slopes` (q, p), (n, q)."""
    return found.groups[g].moments.spread_out(basis_moves(found, g, slopes))  # type: ignore[union-attr]


def basis_moves(found: Fit, g: int, slopes: np.ndarray) -> np.ndarray:
    """The same for the rows of the moments' `basis`.

    Row weights sum to 1 within the group; the part of the group in the whole is included.
    """
    one, total = found.groups[g], found.n
    implied = found.model.implied(found.theta, g)
    turned = np.linalg.solve(found.hessian / 2, slopes.T).T * (one.n / total)
    d_sigma = implied.turn(turned)
    d_mu = turned @ implied.d_mu
    rows = one.moments.basis  # type: ignore[union-attr]
    out = np.zeros((len(rows.w), len(slopes)))
    for block in one.blocks:
        at = block.at
        inverse = np.linalg.inv(implied.sigma[np.ix_(at, at)])
        inner = inverse @ d_sigma[:, at[:, None], at] @ inverse / 2
        level = d_mu[:, at] @ inverse
        if block.rows is None:
            level = 2 * inner @ (block.mean - implied.mu) + level
            inner = inner * np.trace(block.cov) / np.trace(one.moments.matrix)  # type: ignore[union-attr]
            return one.moments.basis_moves(inner, level)  # type: ignore[union-attr]
        x = rows.x[np.ix_(block.rows, at)] - implied.mu[at]
        out[block.rows] = quadratic(x, inner) + x @ level.T
        out[block.rows] -= (inverse * d_sigma[:, at[:, None], at]).sum(axis=(1, 2)) / 2
    return out - rows.w @ out
