"""Forms that are nearly the same as another one of their unit, and bursts of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import gammaln

from svclib.screening.rarity import CHANCE

MIN_ITEMS = 10
PAIRS_AT_ONCE = 2_000_000
GAP = -1


class Alike(NamedTuple):
    """Of each row: the largest share of answers it has in common with another row, and which row."""

    share: np.ndarray
    other: np.ndarray


def near_duplicates(codes: np.ndarray, bits: np.ndarray, who: np.ndarray, *, cut: float) -> Alike:
    """The most similar other form of the same unit, where similarity means something.

    share = equal answers / items that either form answers.  A pair counts from `cut` on, over
    at least ten answered items, and only if two independent forms would not agree by chance: its
    `bits`, less log2 of the ways to place and fill the differences, less log2 of
    the pairs compared, exceed log2 1000.  Forms of one repeated answer never do: of
    themselves, ten satisfied customers look alike.

    Percent match of .85 is from Kuriakose & Robbins (2016); that it marks honest answers where
    opinions agree was shown by Simmons, Mercer, Schwarzer & Kennedy (2016), hence the second condition.

    Parameters
    ----------
    codes : (n, k), answers of one unit and subject as given, NaN = unanswered
    bits : (n,), surprise of the whole form, see `rarity`
    who : (n,), respondent; "" is nobody in particular.  Two forms of one respondent are a
        duplicate, which has its own rule
    """
    n, k = codes.shape
    share, other = np.full(n, np.nan), np.full(n, GAP)
    pairs = np.log2(max(n * (n - 1) / 2, 1))
    able = np.flatnonzero((bits - pairs > CHANCE) & ((~np.isnan(codes)).sum(axis=1) >= MIN_ITEMS))
    values = np.unique(codes[~np.isnan(codes)])
    small = np.where(np.isnan(codes), GAP, np.searchsorted(values, np.nan_to_num(codes)))[able]
    small = small.astype(np.int16)
    spare = int(np.floor((1 - cut) * k + 1e-9))
    for a, b in _candidates(small, spare):
        common = ((small[a] == small[b]) & (small[a] != GAP)).sum(axis=1)
        either = ((small[a] != GAP) | (small[b] != GAP)).sum(axis=1)
        i, j = able[a], able[b]
        apart = either - common
        ways = _ways(either, apart, len(values))
        known = np.minimum(bits[i], bits[j]) - ways - pairs > CHANCE
        same = (who[i] == who[j]) & (who[i] != "")
        kept = known & ~same & (common >= cut * either - 1e-9) & (either >= MIN_ITEMS)
        for row, mate in ((i[kept], j[kept]), (j[kept], i[kept])):
            _keep_best(share, other, row, mate, (common / either)[kept])
    return Alike(share, other)


def _ways(either: np.ndarray, apart: np.ndarray, codes: int) -> np.ndarray:
    """log2 of the forms that differ from a given one in `apart` of `either` items."""
    placed = gammaln(either + 1) - gammaln(apart + 1) - gammaln(either - apart + 1)
    return placed / np.log(2) + apart * np.log2(max(codes, 2))


def _keep_best(
    share: np.ndarray, other: np.ndarray, row: np.ndarray, mate: np.ndarray, found: np.ndarray
) -> None:
    """Keep for each row its best partner; of equal ones the first."""
    order = np.lexsort((mate, -found, row))
    row, mate, found = row[order], mate[order], found[order]
    first = np.r_[True, row[1:] != row[:-1]] if len(row) else np.zeros(0, dtype=bool)
    row, mate, found = row[first], mate[first], found[first]
    better = ~(share[row] >= found)
    share[row[better]], other[row[better]] = found[better], mate[better]


def _candidates(codes: np.ndarray, spare: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of rows that may differ in at most `spare` items, each pair at least once.

    Of spare + 1 blocks of items, such a pair has one without any difference: only rows
    equal in a block are compared, not all with all.
    """
    if len(codes) < 2:
        return
    for block in np.array_split(np.arange(codes.shape[1]), spare + 1):
        _, key = np.unique(codes[:, block], axis=0, return_inverse=True)
        key = key.ravel()
        order = np.argsort(key, kind="stable")
        size = np.bincount(key)
        ends = np.repeat(np.cumsum(size), size)  # end of the block of each sorted row
        after = ends - np.arange(len(order)) - 1
        yield from _paired(order, after)


def _paired(order: np.ndarray, after: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each sorted row with the `after` rows behind it, a bounded number of pairs at a time."""
    start = 0
    done = np.cumsum(after)
    while start < len(order):
        before = done[start - 1] if start else 0
        stop = max(int(np.searchsorted(done, before + PAIRS_AT_ONCE, side="right")), start + 1)
        counts = after[start:stop]
        left = np.repeat(np.arange(start, stop), counts)
        offset = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        if len(left):
            yield order[left], order[left + offset]
        start = stop


class Burst(NamedTuple):
    """Of each row: near-identical forms in its burst, and forms of the unit in that time."""

    size: np.ndarray
    of: np.ndarray


def bursts(
    codes: np.ndarray, when: np.ndarray, everyone: np.ndarray, *, least: float, minutes: float
) -> Burst:
    """Bursts: many near-identical forms of one unit within a short time.

    A form and those begun within `minutes` after it are a burst if at least `least` of them,
    the form included, differ from it in at most one answer of ten, and if that is not how
    people answer here anyway: with π the share of near-identical forms among all the others
    (half a form added to either side), the binomial probability of so many in so few, times
    the forms of the unit, is below 1/1000.  Forms that only came in together are no burst.

    Parameters
    ----------
    codes : (n, k), answers of one unit and subject, NaN = unanswered
    when : (n,), minutes since any start, NaN = unknown
    everyone : (m, k), the answers of the same subject in all units, these included
    """
    n, k = codes.shape
    size, of = np.zeros(n), np.zeros(n)
    timed = np.flatnonzero(~np.isnan(when) & ((~np.isnan(codes)).sum(axis=1) >= min(MIN_ITEMS, k)))
    timed = timed[np.argsort(when[timed], kind="stable")]
    small = np.nan_to_num(codes[timed], nan=np.inf)
    until = np.searchsorted(when[timed], when[timed] + minutes, side="right")
    after = until - np.arange(len(timed)) - 1
    count = np.ones(len(timed))
    links: list[tuple[np.ndarray, np.ndarray]] = []
    for a, b in _paired(np.arange(len(timed)), after):
        near = (small[a] != small[b]).sum(axis=1) <= k // 10
        count += np.bincount(a[near], minlength=len(timed))
        links.append((a[near], b[near]))
    held = np.flatnonzero(count >= least)
    held = held[_unlikely(small[held], count[held], after[held] + 1, everyone, n)]
    size[timed[held]], of[timed[held]] = count[held], after[held] + 1
    for a, b in links:
        mine = np.isin(a, held)
        np.maximum.at(size, timed[b[mine]], count[a[mine]])
        np.maximum.at(of, timed[b[mine]], (after + 1)[a[mine]])
    return Burst(size, of)


def _unlikely(
    forms: np.ndarray, count: np.ndarray, of: np.ndarray, everyone: np.ndarray, tests: int
) -> np.ndarray:
    """Whether so many forms equal to each of `forms` are more than chance brings together."""
    if not len(forms):
        return np.zeros(0, dtype=bool)
    kinds, kind = np.unique(forms, axis=0, return_inverse=True)
    whole = np.nan_to_num(everyone, nan=np.inf)
    usual = np.array([((whole != one).sum(axis=1) <= one.size // 10).sum() for one in kinds])
    share = (usual[kind.ravel()] - count + 0.5) / (len(whole) - of + 1)
    return stats.binom.sf(count - 1, of, share) * tests < 1 / 2**CHANCE
