"""What one questionnaire looks like in numbers: runs, spread, distance, halves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

ROWS_PER_ITEM = 5
ANSWERED = 0.8  # of the items, for a distance
SINGULAR = 1e-8
MASS = 0.6  # share of one answer on an item from which quantiles of the distance are bent
NORMAL, HEAVIEST = 1e6, 2.5  # denominator df: as good as χ², and the heaviest tail fitted
BLOCKS = 3  # a correlation of fewer points says nothing


class Run(NamedTuple):
    """Longest run of each row, its length and the bits of surprise in it, (n,) each."""

    length: np.ndarray
    bits: np.ndarray


def longest_run(codes: np.ndarray, scale: np.ndarray, bits: np.ndarray | None = None) -> Run:
    """Longest run of one code over the items in the order asked.

    Unanswered items are stepped over; another scale ends a run, for its codes mean something
    else.  Of runs of equal length, the more surprising counts.

    Parameters
    ----------
    codes : (n, k), as answered, NaN = unanswered
    scale : (k,), which scale each item has
    bits : (n, k), surprise of each answer; 0 without
    """
    n, k = codes.shape
    weight = np.zeros((n, k)) if bits is None else bits
    last, of = np.full(n, np.nan), np.full(n, -1)
    run, sum_, best, most = (np.zeros(n) for _ in range(4))
    for j in range(k):
        answered = ~np.isnan(codes[:, j])
        same = (codes[:, j] == last) & (of == scale[j])
        run = np.where(answered, np.where(same, run + 1, 1), run)
        sum_ = np.where(answered, np.where(same, sum_, 0.0) + weight[:, j], sum_)
        better = (run > best) | ((run == best) & (sum_ > most))
        best, most = np.where(better, run, best), np.where(better, sum_, most)
        last, of = np.where(answered, codes[:, j], last), np.where(answered, scale[j], of)
    return Run(best, most)


def irv(x: np.ndarray) -> np.ndarray:
    """Intra-individual response variability: SD of a row's answers, divisor n − 1, (n,).

    As in R `careless` (Dunn et al. 2018).  NaN with fewer than two answers.
    """
    n = (~np.isnan(x)).sum(axis=1)
    mean = np.divide(np.nansum(x, axis=1), n, out=np.full(len(x), np.nan), where=n > 0)
    square = np.nansum((x - mean[:, None]) ** 2, axis=1)
    return np.sqrt(np.divide(square, n - 1, out=np.full(len(x), np.nan), where=n > 1))


def less_item_means(x: np.ndarray) -> np.ndarray:
    """Answers less the mean of their item, (n, k); NaN stays NaN."""
    answered = ~np.isnan(x)
    n = answered.sum(axis=0)
    return x - np.divide(np.nansum(x, axis=0), n, out=np.full(x.shape[1], np.nan), where=n > 0)


class Halves(NamedTuple):
    """Even-odd consistency of each row: high = careful; blocks used, and the SD between them."""

    consistency: np.ndarray
    blocks: np.ndarray
    spread: np.ndarray


def even_odd(x: np.ndarray, blocks: Sequence[str]) -> Halves:
    """Correlation, over blocks of items, of the means of odd and of even items, stepped up.

    2r/(1 + r), at least −1 (Jackson 1977; Johnson 2005).  HIGH = CAREFUL: R `careless` from 1.2.0
    returns the negative.  A block counts where both halves have an answer; NaN with fewer than
    three, or where a half does not vary.

    Parameters
    ----------
    x : (n, k), answers in one direction and on one range
    blocks : what each item measures, k long
    """
    halves = [_halves(x[:, np.array(places)]) for places in _places(blocks) if len(places) > 1]
    if not halves:
        nothing = np.full(len(x), np.nan)
        return Halves(nothing, np.zeros(len(x), dtype=int), nothing)
    odd, even = (np.column_stack(side) for side in zip(*halves, strict=True))
    both = ~(np.isnan(odd) | np.isnan(even))
    m = both.sum(axis=1)
    a, b = (_centred(side, both, m) for side in (odd, even))
    middle = _centred((odd + even) / 2, both, m)
    spread = np.sqrt(np.divide((middle**2).sum(axis=1), m - 1, out=np.full(len(x), np.nan), where=m > 1))
    product = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    usable = (m >= BLOCKS) & (product > 1e-12)
    r = np.divide((a * b).sum(axis=1), product, out=np.full(len(x), np.nan), where=usable)
    r = np.clip(r, -1, 1)
    stepped = np.divide(2 * r, 1 + r, out=np.full(len(x), -1.0), where=r > -1 + 1e-9)
    return Halves(np.where(usable, np.maximum(stepped, -1.0), np.nan), m, spread)


def _places(blocks: Sequence[str]) -> list[list[int]]:
    where: dict[str, list[int]] = {}
    for place, name in enumerate(blocks):
        where.setdefault(name, []).append(place)
    return list(where.values())


def _halves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the odd and of the even items of one block, over the answered ones."""
    return _mean(x[:, ::2]), _mean(x[:, 1::2])


def _mean(x: np.ndarray) -> np.ndarray:
    n = (~np.isnan(x)).sum(axis=1)
    return np.divide(np.nansum(x, axis=1), n, out=np.full(len(x), np.nan), where=n > 0)


def _centred(x: np.ndarray, used: np.ndarray, m: np.ndarray) -> np.ndarray:
    x = np.where(used, x, 0.0)
    return np.where(used, x - (x.sum(axis=1) / np.maximum(m, 1))[:, None], 0.0)


class Distance(NamedTuple):
    """Squared Mahalanobis distance of each row, the items behind it, its tail probability, its cut."""

    d2: np.ndarray
    items: np.ndarray
    p: np.ndarray
    cut: np.ndarray


def mahalanobis(x: np.ndarray, *, level: float = 0.999) -> Distance:
    """(x − m)′S⁻¹(x − m) over the items a row answers, with a cut that heavy tails do not inflate.

    m and S are the pairwise means and covariances of the rows with at least 80 % of the
    items; complete data give R's `mahad`.  The reference is χ² with one degree of freedom per
    answered item where the answers are normal.  Ceilings make the tails of D² heavy (the χ²
    cut would mark every sixth honest row where 85 % of the answers are at the top), so it is
    that of a multivariate t: D² ~ s k F(k, ν) (Lange, Little & Taylor 1989), with s and ν
    from the kurtosis, s = (ν − 2)/ν and ν = (4b − 2)/(b − 1) for b = mean of D⁴/(k(k + 2))
    (Mardia 1970), or, where no item has over 60 % of its answers in one category, from the
    median and ninth decile of D², if that cuts lower.  Under a ceiling, one careless row in
    twenty is enough to hide them all: then `irv`, speed and bursts must find them.

    Returns NaN for rows with fewer answers, and for all where there are fewer than five rows
    per item or S is singular.  Items nobody varies on are left out.

    Parameters
    ----------
    x : (n, k), NaN = unanswered
    level : of the cut
    """
    n = len(x)
    d2, items = np.full(n, np.nan), np.zeros(n, dtype=int)
    varied = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in x.T], dtype=bool)
    x = x[:, varied]
    used = (~np.isnan(x)).sum(axis=1) >= max(ANSWERED * x.shape[1], 1)
    cov = _pairwise(x[used]) if used.sum() >= ROWS_PER_ITEM * x.shape[1] and x.shape[1] > 1 else None
    if cov is None:
        return Distance(d2, items, d2.copy(), d2.copy())
    d2[used] = _distances(x[used], cov)
    items[used] = (~np.isnan(x[used])).sum(axis=1)
    own, k = d2[used], items[used]
    fit = _tail(own, k, level, bent=_densest(x[used]) > MASS)
    p, cut = np.full(n, np.nan), np.full(n, np.nan)
    p[used] = stats.f.sf(own / (fit.scale * k), k, fit.df)
    cut[used] = fit.scale * k * stats.f.ppf(level, k, fit.df)
    return Distance(d2, items, p, cut)


def _pairwise(x: np.ndarray) -> np.ndarray | None:
    """Pairwise covariance, None where it cannot be inverted."""
    answered = (~np.isnan(x)).astype(float)
    pairs = answered.T @ answered
    if pairs.min() < 2:
        return None
    centred = np.nan_to_num(less_item_means(x))
    cov = centred.T @ centred / (pairs - 1)
    roots = np.linalg.eigvalsh(cov)
    return cov if roots[0] > SINGULAR * roots[-1] else None


def _distances(x: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """D² of every row; rows with the same gaps share one factorisation."""
    answered, centred = ~np.isnan(x), np.nan_to_num(less_item_means(x))
    packed = np.packbits(answered, axis=1)
    _, first, pattern = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    pattern = pattern.ravel()
    order = np.argsort(pattern, kind="stable")
    groups = np.split(order, np.searchsorted(pattern[order], np.arange(1, len(first))))
    out = np.empty(len(x))
    for start, rows in zip(first, groups, strict=True):
        own = answered[start]
        part = centred[np.ix_(rows, own)]
        out[rows] = (part * np.linalg.solve(cov[np.ix_(own, own)], part.T).T).sum(axis=1)
    return out


class Tail(NamedTuple):
    """D² is distributed as `scale` k F(k, df)."""

    scale: float
    df: float


def _densest(x: np.ndarray) -> float:
    """Largest share of one answer on any item."""
    columns = (np.unique(column[~np.isnan(column)], return_counts=True)[1] for column in x.T)
    return max(float(counts.max() / counts.sum()) for counts in columns)


def _tail(d2: np.ndarray, items: np.ndarray, level: float, *, bent: bool) -> Tail:
    """The fit to the kurtosis or, unless `bent`, to the quantiles where that cuts lower.

    Careless rows raise the kurtosis and would hide each other; a mass of equal answers bends
    the quantiles and would make careful rows look far.
    """
    k = float(np.median(items))
    ratio = np.mean(d2**2 / (items * (items + 2)))
    df = float((4 * ratio - 2) / (ratio - 1)) if ratio > 1 else NORMAL
    fits = [Tail((df - 2) / df, df)]
    middle, high = np.quantile(d2 / items, [0.5, 0.9])
    if not bent:
        df = _matching(k, high / middle)
        fits.append(Tail(middle / float(stats.f.ppf(0.5, k, df)), df))
    return min(fits, key=lambda fit: fit.scale * stats.f.ppf(level, k, fit.df))


def _matching(k: float, ratio: float) -> float:
    """Denominator df at which ninth decile and median of F(k, df) have this ratio."""

    def beyond(log_df: float) -> float:
        median, high = stats.f.ppf([0.5, 0.9], k, np.exp(log_df))
        return float(high / median) - ratio

    low, high = np.log(HEAVIEST), np.log(NORMAL)
    if beyond(high) >= 0:
        return NORMAL
    if beyond(low) <= 0:
        return HEAVIEST
    return float(np.exp(optimize.root_scalar(beyond, bracket=(low, high), xtol=1e-6).root))
