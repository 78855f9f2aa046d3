"""The rows that count: answers, weights, sampling units, strata, and the error of anything linear in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from svclib.errors import DataError

TOLERANCE = 1e-12  # of the largest variance: anything below is rounding noise
LARGEST, REPEATED = 1 << 22, 4  # most possible sets of answers; rows per set from which merging pays
PATTERNS = 100  # of missing answers: beyond, maximum likelihood pattern by pattern takes minutes
LONELY = 2  # a stratum with fewer sampling units cannot be centred at itself


@dataclass(frozen=True)
class Sample:
    """Rows with at least one answer.

    Attributes
    ----------
    x : (n, k) answers, NaN = unanswered
    w : (n,) design weights of sum 1
    psu : (n,) sampling units 0..G-1
    stratum : (n,) strata 0..H-1
    items : names of the columns
    ids : (G,) what the sampling units are called, for those present in two samples
    squares : (n,) sums of the squared weights, where a row stands for several; w² otherwise
    """

    x: np.ndarray
    w: np.ndarray
    psu: np.ndarray
    stratum: np.ndarray
    items: tuple[str, ...]
    ids: np.ndarray
    squares: np.ndarray | None = None

    @property
    def share(self) -> np.ndarray:
        """Weight share of every sampling unit, (G,)."""
        return np.bincount(self.psu, weights=self.w)

    @property
    def independent(self) -> bool:
        """Equal weights, one stratum, one row per sampling unit."""
        n = len(self.w)
        one_each = n > 0 and self.psu.max() + 1 == n and self.stratum.max() == 0
        return bool(one_each and np.ptp(self.w) * n < TOLERANCE)

    def keep(self, rows: np.ndarray) -> Sample:
        """The rows of a mask, weights of sum 1 again."""
        if rows.all():
            return self
        w = self.w[rows]
        kept, psu = np.unique(self.psu[rows], return_inverse=True)
        layer = np.unique(self.stratum[rows], return_inverse=True)[1]
        return Sample(self.x[rows], w / (w.sum() or 1.0), psu, layer, self.items, self.ids[kept])

    def of(self, items: Sequence[str]) -> Sample:
        """The same rows, of them those with an answer to one of `items` (column names, in order)."""
        if tuple(items) == self.items:
            return self
        x = self.x[:, [self.items.index(str(item)) for item in items]]
        whole = Sample(x, self.w, self.psu, self.stratum, tuple(str(i) for i in items), self.ids)
        return whole.keep(np.asarray(~np.isnan(x).all(axis=1)))

    @cached_property
    def complete(self) -> bool:
        """Every row has an answer to every item."""
        return not np.isnan(self.x).any()

    @property
    def many_patterns(self) -> bool:
        """More patterns of missing answers than maximum likelihood can take one by one."""
        return len(np.unique(np.isnan(self.x), axis=0)) > PATTERNS

    @cached_property
    def distinct(self) -> tuple[Sample, np.ndarray] | None:
        """One row for all rows with the same answers, and which one stands for every row, (n,).

        Moments are the same and need far fewer rows where few answers are possible. None where
        answers are no small whole numbers, or hardly any repeat. The design is left out.
        """
        most = min(LARGEST, len(self.w) * REPEATED)
        if not self.x.size or 2 ** self.x.shape[1] > most:
            return None
        low, high = (
            np.fmin.reduce(self.x, axis=0, initial=np.inf),
            np.fmax.reduce(self.x, axis=0, initial=-np.inf),
        )
        sizes = np.where(np.isfinite(low), high - low, 0.0) + 2
        if sizes.prod() > most:
            return None
        step = np.where(np.isnan(self.x), 0.0, self.x - low + 1)
        if (step != np.rint(step)).any():
            return None
        code = (step @ np.concatenate([[1.0], np.cumprod(sizes)[:-1]])).astype(np.int64)
        place = np.zeros(int(sizes.prod()), dtype=np.int64)
        place[code] = 1
        kinds = np.flatnonzero(place)
        if len(kinds) * REPEATED > len(self.w):
            return None
        place[kinds] = np.arange(len(kinds))
        code = place[code]
        example = np.empty(len(kinds), dtype=np.int64)
        example[code] = np.arange(len(code))
        w, squares = (np.bincount(code, weights=v, minlength=len(kinds)) for v in (self.w, self.w**2))
        alone = np.arange(len(kinds))
        return Sample(self.x[example], w, alone, alone * 0, self.items, alone, squares), code


def sample(
    x: pd.DataFrame,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Sample:
    """The rows of `x` with an answer and a positive weight.

    Parameters
    ----------
    x : DataFrame, (n, k)
        Answers, reverse items recoded, NaN = unanswered.
    weights : array_like, (n,), optional
        Design weights of at least 0.
    cluster, strata : array_like, (n,), optional
        Sampling unit and stratum of each row; by default every row is drawn alone.

    Raises
    ------
    DataError
        Another length than `x`, a weight that is negative or no number, an empty cluster or stratum.
    """
    values = x.to_numpy(dtype=float)
    n = len(values)
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    unit = np.arange(n) if cluster is None else np.asarray(cluster)
    layer = np.zeros(n, dtype=int) if strata is None else np.asarray(strata)
    _check(w, unit, layer, n)
    rows = ~np.isnan(values).all(axis=1) & (w > 0)
    if rows.all():
        rows = slice(None)  # spares a copy
    psu = pd.factorize(unit[rows] if strata is None else _pairs(unit[rows], layer[rows]))[0]
    ids = np.empty(psu.max(initial=-1) + 1, dtype=object)
    ids[psu] = unit[rows]
    total = w[rows].sum() or 1.0
    names = tuple(str(c) for c in x.columns)
    strata_of = np.zeros(len(psu), dtype=int) if strata is None else pd.factorize(layer[rows])[0]
    return Sample(values[rows], w[rows] / total, psu, strata_of, names, ids)


def respondents(rows: pd.DataFrame, items: Sequence[str]) -> Sample:
    """The sample of valid responses with the design they declare.

    Sampling units are the clusters where that column is filled, else the respondents (who rates
    several units has several rows); a row without an id is a unit of its own.

    Parameters
    ----------
    rows : DataFrame
        weight, respondent, cluster, stratum, and the `items`.
    """
    psu = "cluster" if (rows["cluster"] != "").any() else "respondent"
    own = [f"row {i}" for i in range(len(rows))]
    unit = np.where(rows[psu].str.strip() == "", own, "id " + rows[psu])
    strata = rows["stratum"] if (rows["stratum"] != "").any() else None
    return sample(rows[list(items)], weights=rows["weight"], cluster=unit, strata=strata)


def _pairs(unit: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Sampling units are drawn within strata: the same name in two strata is two units."""
    frame = pd.DataFrame({"layer": layer, "unit": unit})
    return frame.groupby(["layer", "unit"], sort=False).ngroup().to_numpy()


def _check(w: np.ndarray, unit: np.ndarray, layer: np.ndarray, n: int) -> None:
    sizes = {"weights": len(w), "cluster": len(unit), "strata": len(layer)}
    wrong = [f"{name} ({size})" for name, size in sizes.items() if size != n]
    if wrong:
        raise DataError(f"{', '.join(wrong)} must have one entry per row ({n}).")
    if not (np.isfinite(w) & (w >= 0)).all():
        raise DataError("weights must be numbers of at least 0. Leave rows without a weight out.")
    for name, codes in (("cluster", unit), ("strata", layer)):
        if pd.isna(codes).any():
            raise DataError(f"{name} has empty entries. Fill it in for every row.")


def spread(rows: Sample, moves: np.ndarray) -> tuple[np.ndarray, float]:
    """Covariance of statistics whose rows have the influences `moves`, and its degrees of freedom.

    V = sum over strata and their sampling units of z z'/(1 - share of the unit in its stratum),
    z the weighted sum of the influences over the unit less the mean of its stratum: n/(n - 1)
    where all weigh the same.  df = sampling units - strata.

    Parameters
    ----------
    moves : ndarray, (n, q)

    Returns
    -------
    (q, q) covariance, NaN with a single sampling unit, and the df.
    """
    z, df = scores(rows, moves)
    return z.T @ z, df


def scores(rows: Sample, moves: np.ndarray, *, corrected: bool = True) -> tuple[np.ndarray, float]:
    """Sums of the influences per sampling unit, (G, q), whose squares add up to their variance; df.

    A stratum with one sampling unit cannot be centred at itself and keeps its distance from the
    mean of all (what R's survey calls lonely.psu="adjust").  `corrected` = False leaves the
    divisor 1 - share out, as likelihood theory does.
    """
    z, share, layer = _totals(rows, moves)
    units = np.bincount(layer)
    df = float(len(share) - len(units))
    if len(share) < 2:
        return np.full(z.shape, np.nan), np.nan
    mass = np.bincount(layer, weights=share)
    centred = units >= LONELY
    if len(units) > 1:
        centre = np.column_stack([np.bincount(layer, weights=column) for column in z.T]) / units[:, None]
        z = z - np.where(centred[layer, None], centre[layer], 0.0)
        df += float((~centred).sum())
    own = np.where(centred, mass, 1.0)[layer]
    return (z / np.sqrt(1 - share / own)[:, None] if corrected else z), df


def shared(a: tuple[Sample, np.ndarray], b: tuple[Sample, np.ndarray]) -> np.ndarray:
    """Covariance between statistics of two samples through the sampling units in both, (q, r).

    a, b : a sample and its `scores`.
    """
    place = {name: i for i, name in enumerate(a[0].ids)}
    both = [(place[name], j) for j, name in enumerate(b[0].ids) if name in place]
    i, j = np.array(both, dtype=int).reshape(-1, 2).T
    return a[1][i].T @ b[1][j]


def _totals(rows: Sample, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted sums of `moves` per sampling unit (G, q), their weight shares, their strata."""
    z = rows.w[:, None] * moves
    units = len(rows.ids)
    layer = np.zeros(units, dtype=int)
    layer[rows.psu] = rows.stratum
    if units == len(z):
        out = np.empty_like(z)
        out[rows.psu] = z
        return out, rows.share, layer
    summed = [np.bincount(rows.psu, weights=column, minlength=units) for column in z.T]
    return np.column_stack(summed), rows.share, layer
