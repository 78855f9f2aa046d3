"""One set of items: its moments, the coefficients asked of them, and what is to be said of the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from svclib import factor, policy
from svclib.errors import ParamError
from svclib.factor import Moments, Sample
from svclib.reliability import functions, omega
from svclib.reliability.functions import ALL_SPLITS, Value
from svclib.reliability.interval import TOLERANCE

ORDINAL, PEARSON = "polychoric", "pearson"
PICKS = ("mean", "max", "min")


class Coefficient(NamedTuple):
    """What a row holds: its name, the matrix it needs, its formula; `of` is None for a factor model."""

    stat: str
    variant: str
    kind: str
    of: Callable[[np.ndarray], Value] | None
    definition: str

    @property
    def name(self) -> str:
        """Statistic and variant in one word."""
        return f"{self.stat}.{self.variant}"


_ALPHA = "alpha: k/(k-1) (1 - sum of item variances / variance of the sum)"
_OMEGA = "omega: ML one-factor on {}, sum(l)^2/model variance"
_OF_R = "alpha: k/(k-1) (1 - k / sum of {} correlations)"
_HALVES = "Spearman-Brown of two halves (Horst where unequal): {}"
_LAMBDA2 = "lambda2: (sum of covariances + sqrt(k/(k-1) sum of their squares)) / variance of the sum"


def _half(pick: str, words: str) -> Coefficient:
    of = partial(functions.split_half, pick=pick)
    return Coefficient("split_half", pick, PEARSON, of, _HALVES.format(words))


COEFFICIENTS: dict[str, Coefficient] = {
    one.name: one
    for one in (
        Coefficient("alpha", "raw", PEARSON, functions.raw, _ALPHA),
        Coefficient("alpha", "standardised", PEARSON, functions.standardised, _OF_R.format("item")),
        Coefficient("alpha", "ordinal", ORDINAL, functions.raw, _OF_R.format("polychoric")),
        Coefficient("omega", "raw", PEARSON, None, _OMEGA.format("covariance")),
        Coefficient("omega", "ordinal", ORDINAL, None, _OMEGA.format("polychoric correlations")),
        Coefficient("lambda2", "raw", PEARSON, functions.lambda2, _LAMBDA2),
        _half("mean", "mean of all splits"),
        _half("max", "highest of all splits"),
        _half("min", "lowest of all splits"),
        _half("odd_even", "items in odd and in even places"),
    )
}


def chosen(which: Sequence[str]) -> list[Coefficient]:
    """Coefficients by name; an unknown one is a ParamError listing the choices."""
    unknown = [name for name in which if name not in COEFFICIENTS]
    if unknown:
        raise ParamError(f"which={unknown}; choose from {sorted(COEFFICIENTS)}")
    return [COEFFICIENTS[name] for name in which]


def usual(k: int) -> list[str]:
    """Names of the coefficients of a scale of k items.

    All splits up to 12 items, odd and even beyond; of a single item alpha alone, to say so.
    """
    if k < 2:
        return ["alpha.raw", "alpha.standardised"]
    left_out = {"split_half.odd_even"} if k <= ALL_SPLITS else {f"split_half.{p}" for p in PICKS}
    return [name for name in COEFFICIENTS if name not in left_out]


class Evaluated(NamedTuple):
    """Estimates (q,), influences (n, q) of the rows of `moments.basis`, and why one is missing."""

    moments: Moments
    estimates: np.ndarray
    moves: np.ndarray
    notes: list[str]


class Scale:
    """A sample of rows and its moments, made when first needed."""

    def __init__(self, rows: Sample, missing: str) -> None:
        self.rows, self.missing = rows, missing
        self.pearson  # noqa: B018 - refuses an unknown rule for missing answers at once

    @cached_property
    def pearson(self) -> Moments:
        """Covariances."""
        return factor.moments(self.rows, missing=self.missing)

    @cached_property
    def polychoric(self) -> Moments:
        """Polychoric correlations; there is no FIML of them, pairwise stands in."""
        missing = "pairwise" if self.missing == "fiml" else self.missing
        return factor.moments(self.rows, kind=ORDINAL, missing=missing)

    def of(self, kind: str) -> Moments:
        """Moments by kind."""
        return self.polychoric if kind == ORDINAL else self.pearson


def evaluate(found: Moments, which: Sequence[Coefficient]) -> Evaluated:
    """Values, influences and notes of coefficients of one kind of matrix."""
    notes = [blocker(found, one) for one in which]
    values, moves = np.full(len(which), np.nan), np.full((len(found.basis.w), len(which)), np.nan)
    plain = [j for j, one in enumerate(which) if one.of is not None and not notes[j]]
    if plain:
        made = [which[j].of(found.matrix) for j in plain]  # type: ignore[misc]
        values[plain] = [value for value, _ in made]
        moves[:, plain] = found.basis_moves(np.array([gradient for _, gradient in made]))
    for j, one in enumerate(which):
        if one.of is None and not notes[j]:
            (values[j],), own, notes[j] = omega.total(found)
            moves[:, j] = own[:, 0]
    perfect = values > 1 - TOLERANCE
    values[perfect], moves[:, perfect] = np.nan, np.nan
    notes = ["no_error_variance" if p else note for p, note in zip(perfect, notes, strict=True)]
    return Evaluated(found, values, moves, notes)


def constant(cov: np.ndarray) -> np.ndarray:
    """Which items do not vary, (k,)."""
    variances = np.diag(cov)
    return variances <= TOLERANCE * max(np.nan_to_num(variances).max(initial=0), TOLERANCE)


def blocker(found: Moments, one: Coefficient) -> str:
    """Note id of what makes a coefficient impossible, or ""."""
    n, k = found.n, len(found.rows.items)
    if k < 2 or n < 3:
        return "single_item" if k < 2 else "too_few"
    if found.note and found.note != "constant_item":
        return found.note
    seen = constant(found.matrix) if not found.note else _flat(found)
    if seen.all() or (
        not found.note and found.matrix.sum() <= TOLERANCE * max(np.trace(found.matrix), TOLERANCE)
    ):
        return "constant_total"
    needs_all = one.name not in ("alpha.raw", "lambda2.raw")
    return named("constant_item", found, seen) if seen.any() and (needs_all or found.note) else ""


def _flat(found: Moments) -> np.ndarray:
    """Items that do not vary, where there is no matrix to tell."""
    x = found.basis.x
    answered = ~np.isnan(x)
    high = np.where(answered, x, -np.inf).max(axis=0)
    return high <= np.where(answered, x, np.inf).min(axis=0)


def remarks(found: Moments) -> list[str]:
    """Note ids of what makes every estimate from these rows doubtful."""
    share = found.rows.share
    negative = np.nan_to_num(item_rest(found.matrix)) < -TOLERANCE
    flat = constant(found.matrix)
    held = {
        **few(found, share),
        "single_psu": len(share) < 2,
        "psu_share": len(share) > 1 and policy.judge(share.max(), "psu_share")[0] == "psu_share",
        "two_items": len(found.rows.items) == 2,
        named("constant_item", found, flat): flat.any(),
        named("negative_item", found, negative): negative.any(),
    }
    return [note for note, holds in held.items() if holds]


def few(found: Moments, share: np.ndarray) -> dict[str, bool]:
    """Whether the rows are too few for the interval: in all, or off the ends of the answer scale.

    n is the number of sampling units as if all weighed the same, 1/sum of squared shares; the
    answers off the ends are n times (1 - mean share of the fuller end of an item).
    """
    n = round(1 / (share**2).sum(), 6) if len(share) else 0.0  # equal shares make it whole
    off = n * (1 - end_share(found.basis))
    small = bool(policy.judge(n, "alpha_n")[0] == "small_n")
    at_the_end = bool(policy.judge(off, "off_ceiling_n")[0] == "small_n_ceiling")
    return {"small_n": small, "small_n_ceiling": at_the_end and not small}


def end_share(rows: Sample) -> float:
    """Mean over the items of the larger share of answers at the lowest or highest answer given."""
    shares = []
    for x in rows.x.T:
        low, high = np.fmin.reduce(x, initial=np.inf), np.fmax.reduce(x, initial=-np.inf)
        if low <= high:
            answered = rows.w.sum(where=~np.isnan(x))
            shares.append(max(rows.w.sum(where=x == end) for end in (low, high)) / answered)
    return float(np.mean(shares)) if shares else 0.0


def named(note: str, found: Moments, which: np.ndarray) -> str:
    """Note with the items it is about."""
    return f"{note}:{','.join(item for item, w in zip(found.rows.items, which, strict=True) if w)}"


def item_rest(cov: np.ndarray) -> np.ndarray:
    """Correlation of each item with the sum of the others, (k,); NaN where one does not vary."""
    variance, joint = np.diag(cov), cov.sum(axis=0)
    rest = cov.sum() - 2 * joint + variance
    floor = TOLERANCE * max(cov.sum(), TOLERANCE)
    varies = (variance > floor) & (rest > floor)
    return (joint - variance) / np.sqrt(np.where(varies, variance * rest, np.nan))
