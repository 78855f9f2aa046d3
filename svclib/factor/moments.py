"""First and second moments of a set of items, and how far each row moves any function of them.

A coefficient is a function f(S, m) of the covariance matrix S and the means m.  With gradient
(G, g) row i moves it by x'Gx - tr(GS) + g'x (x centred); these casewise influences, summed by
sampling unit, give the asymptotically distribution-free standard error (Yuan, Guarnaccia &
Hayslip 2003, Educational and Psychological Measurement 63, 5-23) of every coefficient alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from svclib.errors import ParamError
from svclib.factor import em, polychoric
from svclib.factor.sample import Sample, spread

KINDS = ("pearson", "polychoric")
MISSING = ("listwise", "pairwise", "fiml")
CHUNK = 1 << 20  # numbers held at once
Moves = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Moments:
    """Moments of k items.

    Attributes
    ----------
    rows : the rows they come from
    matrix : (k, k) covariances, or polychoric correlations
    mean : (k,) means; 0 for polychoric correlations
    answered : rows with any answer, before listwise deletion
    note : "" or why there is no matrix ("no_overlap", "not_converged", "too_few")
    merged : `Sample.distinct` of the rows
    """

    rows: Sample
    matrix: np.ndarray
    mean: np.ndarray
    kind: str
    missing: str
    answered: int
    note: str
    _moves: Moves
    merged: tuple[Sample, np.ndarray] | None = None

    @property
    def basis(self) -> Sample:
        """The rows the work is done on: one for all with the same answers where many repeat."""
        return self.rows if self.merged is None else self.merged[0]

    def spread_out(self, of_basis: np.ndarray) -> np.ndarray:
        """Values of the rows of `basis` for every row."""
        return of_basis if self.merged is None else of_basis[self.merged[1]]

    @property
    def n(self) -> int:
        """Rows that count."""
        return len(self.rows.w)

    @property
    def complete_share(self) -> float:
        """Share of the rows with an answer that are complete."""
        complete = self.n if self.rows.complete else (~np.isnan(self.rows.x)).all(axis=1).sum()
        return float(complete / max(self.answered, 1))

    def moves(self, gradients: np.ndarray, slopes: np.ndarray | None = None) -> np.ndarray:
        """How far each row moves q functions, (n, q), weighted means 0; see `basis_moves`."""
        return self.spread_out(self.basis_moves(gradients, slopes))

    def basis_moves(self, gradients: np.ndarray, slopes: np.ndarray | None = None) -> np.ndarray:
        """How far each row of `basis` moves q functions, (rows, q), weighted means 0.

        Parameters
        ----------
        gradients : ndarray, (q, k, k)
            Derivatives by the matrix, symmetric.
        slopes : ndarray, (q, k), optional
            Derivatives by the means.
        """
        gradients = np.asarray(gradients, dtype=float)
        slopes = np.zeros(gradients.shape[:2]) if slopes is None else np.asarray(slopes, dtype=float)
        out = self._moves(gradients, slopes)
        return out - self.basis.w @ out

    def error(self, gradients: np.ndarray, slopes: np.ndarray | None = None) -> tuple[np.ndarray, float]:
        """Covariance (q, q) of the functions with these gradients, and its df."""
        return spread(self.rows, self.moves(gradients, slopes))


def moments(rows: Sample, *, kind: str = "pearson", missing: str = "listwise") -> Moments:
    """Moments of the items of `rows`.

    Parameters
    ----------
    kind : {"pearson", "polychoric"}
        Covariances (divisor Σw - Σw²/Σw: n - 1 without weights), or correlations of the normal
        variables behind ordered categories.
    missing : {"listwise", "pairwise", "fiml"}
        Complete rows only; every entry from the rows that have both items; or maximum
        likelihood of normal data under missingness at random (EM), divisor n. Polychoric
        correlations are pairwise or listwise.

    Raises
    ------
    ParamError
        Unknown `kind` or `missing`, or polychoric with "fiml".
    """
    for name, value, known in (("kind", kind, KINDS), ("missing", missing, MISSING)):
        if value not in known:
            raise ParamError(f"{name}={value!r}; choose one of {list(known)}")
    if (kind, missing) == ("polychoric", "fiml"):
        raise ParamError("kind='polychoric' has no missing='fiml'; choose 'pairwise' or 'listwise'.")
    answered = len(rows.w)
    if missing == "listwise" and not rows.complete:
        rows = rows.keep(np.asarray(~np.isnan(rows.x).any(axis=1)))
    fit = polychoric.fit if kind == "polychoric" else em.fit if missing == "fiml" else _pearson
    if len(rows.w) < 3:
        k = len(rows.items)
        return Moments(rows, np.full((k, k), np.nan), np.full(k, np.nan), kind, missing, answered, "too_few",
                       _nowhere)  # fmt: skip
    merged = rows.distinct
    matrix, mean, note, moved = fit(rows if merged is None else merged[0])
    return Moments(rows, matrix, mean, kind, missing, answered, note, moved, merged)


def _nowhere(gradients: np.ndarray, _: np.ndarray) -> np.ndarray:
    return np.full((0, len(gradients)), np.nan)


def _pearson(rows: Sample) -> tuple[np.ndarray, np.ndarray, str, Moves]:
    """Covariances from the rows that have both items, and their influences.

    Row i moves entry jk by r_j r_k / p_jk ((x_j - m_jk)(x_k - m_kj) - s_jk), p_jk the weight
    share of the rows with both items and m_jk the mean of item j in them.
    """
    if rows.complete:
        return _complete(rows)
    seen = ~np.isnan(rows.x)
    r, w = seen.astype(float), rows.w[:, None]
    squares = rows.w**2 if rows.squares is None else rows.squares
    mean = _ratio((w * np.where(seen, rows.x, 0.0)).sum(axis=0), (w * r).sum(axis=0))
    x = np.where(seen, rows.x - mean, 0.0)
    both = (w * r).T @ r
    first = _ratio((w * x).T @ r, both)  # first[j, k] = mean of centred item j where k is there
    shrink = 1 - _ratio((squares[:, None] * r).T @ r, both**2)
    cov = _ratio(_ratio((w * x).T @ x, both) - first * first.T, shrink)
    share = np.diag(both)

    def moves(gradients: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        scaled = gradients / (both * shrink)
        out = quadratic(x, scaled) + x @ (slopes / share).T
        out -= 2 * quadratic(x, scaled * first.T, r)
        return out + quadratic(r, scaled * (first * first.T - shrink * cov))

    return cov, mean, "no_overlap" if np.isnan(cov).any() else "", moves


def _complete(rows: Sample) -> tuple[np.ndarray, np.ndarray, str, Moves]:
    """The same where every item is answered: all shares are 1."""
    mean = rows.w @ rows.x
    x = rows.x - mean
    shrink = 1 - (rows.w**2 if rows.squares is None else rows.squares).sum()
    equal = np.ptp(rows.w) == 0  # spares a copy of the rows
    cov = (x.T @ x * rows.w[0] if equal else (rows.w[:, None] * x).T @ x) / shrink

    def moves(gradients: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        out = quadratic(x, gradients / shrink)
        return out + x @ slopes.T if slopes.any() else out

    return cov, mean, "", moves


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=np.asarray(b) > 0)


def quadratic(x: np.ndarray, gradients: np.ndarray, y: np.ndarray | None = None) -> np.ndarray:
    """The form x'Gy of every row (y = x by default), (n, q), a chunk of rows at a time."""
    k = x.shape[1]
    if y is None and 2 * len(gradients) <= k:
        return _few(x, gradients)
    if y is None:
        i, j = np.triu_indices(k)
        weights = gradients[:, i, j] + np.where(i == j, 0.0, gradients[:, j, i])
        y = x
    else:
        i, j = np.indices((k, k)).reshape(2, -1)
        weights = gradients[:, i, j]
    used = weights.any(axis=0)
    i, j, weights = i[used], j[used], weights[:, used]
    out = np.empty((len(x), len(gradients)))
    step = max(1, CHUNK // max(len(i), 1))
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        out[part] = (x[part][:, i] * y[part][:, j]) @ weights.T
    return out


def _few(x: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The form x'Gx for fewer functions than products of items are worth."""
    out = np.empty((len(x), len(gradients)))
    step = max(1, CHUNK // x.shape[1])
    for start in range(0, len(x), step):
        part = x[start : start + step]
        for q, gradient in enumerate(gradients):
            out[start : start + step, q] = np.einsum("ni,ni->n", part @ gradient, part)
    return out
