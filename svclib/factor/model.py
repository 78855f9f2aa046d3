"""Factor models: which entries of which matrix are free, fixed, or shared between groups.

Paths A, covariances S and constants m of k items followed by their factors imply (McArdle &
McDonald 1984, British Journal of Mathematical and Statistical Psychology 37, 234-251)
    Sigma = E S E',  mu = E m,  E = the first k rows of (I - A)^-1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from svclib.errors import ParamError

GENERAL = "*"
EQUAL = ("loadings", "intercepts", "residuals")
KIND = {"loadings": "loading", "intercepts": "intercept", "residuals": "residual"}


class Parameter(NamedTuple):
    """One free number: its kind, what it belongs to (two names for a loading or covariance), its group.

    group -1 is shared by all groups.
    """

    kind: str
    of: tuple[str, ...]
    group: int


class Implied(NamedTuple):
    """Moments a group is expected to have, (k, k) and (k,), and their derivatives.

    Every free entry moves Sigma by u v' + v u': `u`, `v` (entries, k), `at` (entries,) their
    parameters, each once; `d_mu` (p, k).
    """

    sigma: np.ndarray
    mu: np.ndarray
    u: np.ndarray
    v: np.ndarray
    at: np.ndarray
    d_mu: np.ndarray

    @property
    def d_sigma(self) -> np.ndarray:
        """Derivatives of Sigma by every parameter, (p, k, k)."""
        return self.turn(np.eye(len(self.d_mu)))

    def turn(self, slopes: np.ndarray) -> np.ndarray:
        """Derivatives of Sigma along `slopes` (q, p), (q, k, k)."""
        half = (slopes[:, self.at][:, None, :] * self.u.T) @ self.v
        return half + half.transpose(0, 2, 1)


class Model(NamedTuple):
    """A model of several groups.

    places : per group, per free entry: (matrix "A" | "S" | "m", row, column, parameter)
    fixed : per group, the same for entries that are fixed, with their value instead
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    places: tuple[tuple[tuple[str, int, int, int], ...], ...]
    fixed: tuple[tuple[tuple[str, int, int, float], ...], ...]

    def place(self, kind: str, *of: str, group: int = 0) -> int:
        """Position of a parameter; shared ones are found from any group."""
        found = {Parameter(kind, of, group), Parameter(kind, of, -1)} & set(self.parameters)
        if not found:
            raise ParamError(f"the model has no free {kind} of {of} in group {group}")
        return self.parameters.index(found.pop())

    def matrices(self, theta: np.ndarray, group: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A, S and m of a group."""
        size = len(self.items) + len(self.factors)
        filled = {"A": np.zeros((size, size)), "S": np.zeros((size, size)), "m": np.zeros((size, 1))}
        for name, i, j, value in self.fixed[group]:
            filled[name][i, j] = value
        for name, i, j, at in self.places[group]:
            filled[name][i, j] = theta[at]
            if name == "S":
                filled[name][j, i] = theta[at]
        return filled["A"], filled["S"], filled["m"][:, 0]

    def implied(self, theta: np.ndarray, group: int) -> Implied:
        """Moments of a group and their derivatives by every parameter."""
        a, s, m = self.matrices(theta, group)
        k, inverse = len(self.items), np.linalg.inv(np.eye(len(a)) - a)
        e = inverse[:k]
        sigma, mu = e @ s @ e.T, e @ m
        after, level = inverse @ s @ e.T, inverse @ m
        d_mu = np.zeros((len(theta), k))
        i, j, at = np.array([place[1:] for place in self.places[group]], dtype=int).T
        what = np.array([place[0] for place in self.places[group]])
        mean, path = what == "m", what == "A"
        d_mu[at[mean]] += e[:, i[mean]].T
        d_mu[at[path]] += e[:, i[path]].T * level[j[path], None]
        half = np.where((what == "S") & (i == j), 0.5, 1.0)[:, None]
        u, v = e[:, i].T, np.where(path[:, None], after[j], e[:, j].T) * half
        return Implied(sigma, mu, u[~mean], v[~mean], at[~mean], d_mu)


def simple_structure(
    scales: Mapping[str, Sequence[str]],
    *,
    groups: int = 1,
    equal: Collection[str] = (),
    released: Collection[tuple[str, str]] = (),
    second_order: bool = False,
) -> Model:
    """Each item loads on one factor; factors covary, or load on a general factor.

    Parameters
    ----------
    scales : {factor: items}
    groups : number of groups
    equal : which of "loadings", "intercepts", "residuals" are the same in all groups
    released : (what, item) pairs that stay free all the same
    second_order : the factors load on one general factor instead of covarying

    Notes
    -----
    Factors have variance (or disturbance) 1 and mean 0 in the first group; in the others the
    variance is free once loadings are equal, the mean once intercepts are.
    """
    unknown = [name for name in equal if name not in EQUAL]
    if unknown:
        raise ParamError(f"equal={sorted(unknown)}; choose from {list(EQUAL)}")
    build = _Build(scales, groups, frozenset(equal), frozenset(released), second_order)
    return build.model()


class _Build:
    """Collects the entries of a simple structure."""

    def __init__(self, scales: Mapping[str, Sequence[str]], groups: int, equal: frozenset[str],
                 released: frozenset[tuple[str, str]], second_order: bool) -> None:  # fmt: skip  # noqa: FBT001
        self.scales, self.groups, self.equal, self.released = scales, groups, equal, released
        self.items = tuple(item for items in scales.values() for item in items)
        self.factors = (*scales, GENERAL) if second_order else tuple(scales)
        self.second_order = second_order
        self.parameters: dict[Parameter, int] = {}

    def model(self) -> Model:
        """The finished model."""
        entries = [self._group(g) for g in range(self.groups)]
        places, fixed = zip(*entries, strict=True)
        return Model(self.items, self.factors, tuple(self.parameters), tuple(places), tuple(fixed))

    def _at(self, kind: str, of: tuple[str, ...], group: int, what: str = "") -> int:
        shared = what in self.equal and (what, of[-1]) not in self.released
        key = Parameter(kind, of, -1 if shared else group)
        return self.parameters.setdefault(key, len(self.parameters))

    def _group(self, g: int) -> tuple[tuple, tuple]:
        k, row = len(self.items), {item: i for i, item in enumerate(self.items)}
        places = [
            ("A", row[item], k + f, self._at("loading", (factor, item), g, "loadings"))
            for f, (factor, items) in enumerate(self.scales.items())
            for item in items
        ]
        for item, i in row.items():
            places.append(("S", i, i, self._at("residual", (item,), g, "residuals")))
            places.append(("m", i, 0, self._at("intercept", (item,), g, "intercepts")))
        fixed = []
        for f, factor in enumerate(self.factors):
            if g and "loadings" in self.equal:
                places.append(("S", k + f, k + f, self._at("variance", (factor,), g)))
            else:
                fixed.append(("S", k + f, k + f, 1.0))
            if g and "intercepts" in self.equal and not (self.second_order and factor != GENERAL):
                places.append(("m", k + f, 0, self._at("mean", (factor,), g)))
        return tuple(places + self._between(g, k)), tuple(fixed)

    def _between(self, g: int, k: int) -> list[tuple[str, int, int, int]]:
        names = list(self.scales)
        if self.second_order:
            top = k + len(names)
            return [("A", k + f, top, self._at("loading", (GENERAL, name), g, "loadings"))
                    for f, name in enumerate(names)]  # fmt: skip
        return [
            ("S", k + i, k + j, self._at("covariance", (names[i], names[j]), g))
            for i in range(len(names))
            for j in range(i)
        ]


def independence(items: Sequence[str], *, groups: int = 1) -> Model:
    """Items that have nothing in common: the baseline of comparative fit indices."""
    items, k = tuple(items), len(items)
    kinds = ("residual", "intercept")
    parameters = [Parameter(kind, (item,), g) for g in range(groups) for kind in kinds for item in items]
    places = []
    for start in range(0, 2 * k * groups, 2 * k):
        spreads = [("S", i, i, start + i) for i in range(k)]
        places.append((*spreads, *(("m", i, 0, start + k + i) for i in range(k))))
    return Model(items, (), tuple(parameters), tuple(places), ((),) * groups)
