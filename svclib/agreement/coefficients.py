"""Every coefficient by name, and one tidy row for each that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import policy
from svclib.agreement import chance, engine, icc
from svclib.agreement.chance import Build
from svclib.agreement.concordance import kendall
from svclib.agreement.engine import NAN, Found
from svclib.agreement.ratings import Ratings, read
from svclib.errors import ParamError, nearest

INTERVALS = ("default", "published")
ORDERED = ("linear", "quadratic", "ordinal")
MAX_CELLS = 20_000_000  # of the sums a coefficient keeps per object: 160 MB


class Coefficient(NamedTuple):
    """A coefficient on categories: its formula and source, its variants, how it is built."""

    definition: str
    variants: tuple[str, ...]
    build: Build


_WEIGHTS = ("nominal", *ORDERED)
CHANCE = {
    "percent": Coefficient("pa: share of rater pairs that agree (Gwet 2014)", _WEIGHTS, chance.percent),
    "brennan_prediger": Coefficient(
        "(pa-pe)/(1-pe), pe = sum of weights / q^2 (Brennan & Prediger 1981)",
        _WEIGHTS,
        chance.brennan_prediger,
    ),
    "gwet": Coefficient(
        "(pa-pe)/(1-pe), pe = sum of weights / (q(q-1)) sum p(1-p) (Gwet 2008)", _WEIGHTS, chance.gwet
    ),
    "cohen": Coefficient(
        "(pa-pe)/(1-pe), pe = sum of w p1 p2 of two raters (Cohen 1960, 1968)", _WEIGHTS, chance.conger
    ),
    "conger": Coefficient(
        "(pa-pe)/(1-pe), pe = mean of w pi pj over rater pairs (Conger 1980)", _WEIGHTS, chance.conger
    ),
    "fleiss": Coefficient(
        "(pa-pe)/(1-pe), pe = sum of w p p, p of all raters (Fleiss 1971)", _WEIGHTS, chance.fleiss
    ),
    "krippendorff": Coefficient(
        "1 - observed/expected disagreement (Krippendorff 2004)",
        ("nominal", "ordinal", "interval", "ratio"),
        chance.krippendorff,
    ),
}
ICC = {
    "1": "ICC(1): (MSR-MSW)/(MSR+(k-1)MSW) (Shrout & Fleiss 1979)",
    "a1": "ICC(A,1): (MSR-MSE)/(MSR+(k-1)MSE+k(MSC-MSE)/n) (McGraw & Wong 1996)",
    "c1": "ICC(C,1): (MSR-MSE)/(MSR+(k-1)MSE) (McGraw & Wong 1996)",
    "1k": "ICC(k): (MSR-MSW)/MSR (Shrout & Fleiss 1979)",
    "ak": "ICC(A,k): (MSR-MSE)/(MSR+(MSC-MSE)/n) (McGraw & Wong 1996)",
    "ck": "ICC(C,k): (MSR-MSE)/MSR, Cronbach's alpha of the raters (McGraw & Wong 1996)",
}
KENDALL = "W: 12S/(m^2(n^3-n)-mT) (Kendall & Babington Smith 1939)"
VARIANTS: dict[str, tuple[str, ...]] = {
    **{name: entry.variants for name, entry in CHANCE.items()},
    "icc": icc.VARIANTS,
    "kendall": ("objects", "raters"),
}
LEVELS: dict[str, tuple[str, ...]] = {
    "nominal": tuple(f"{s}:nominal" for s in ("percent", "gwet", "fleiss", "krippendorff")),
    "ordinal": (
        "percent:nominal",
        "gwet:quadratic",
        "fleiss:quadratic",
        "krippendorff:ordinal",
        "kendall:objects",
    ),
    "interval": ("icc", "krippendorff:interval"),
}


# An interval that goes below these says nothing more.
LEAST = {"percent": 0.0, "kendall": 0.0}


def agreement(
    ratings: pd.DataFrame,
    *,
    stats: str | Sequence[str] = "nominal",
    columns: Mapping[str, str] | None = None,
    categories: Sequence[object] | None = None,
    ci: str = "default",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """How far raters of the same objects agree, one coefficient a row, each with an interval.

    Parameters
    ----------
    ratings : DataFrame
        One rating a row; an object that a rater did not rate has no row, or an empty value.
    stats : str or sequence of str
        Coefficients "stat" (every variant) or "stat:variant", see `VARIANTS`; or a level of
        measurement, "nominal", "ordinal" or "interval", for its usual ones (`LEVELS`).
    columns : mapping, optional
        Columns holding "target" (the object), "rater", "value", and "weight" of the object
        (none by default).
    categories : sequence, optional
        All possible ratings, in order; those seen, sorted, by default.  Words have an order
        only when it is given here.  Brennan & Prediger and Gwet count also categories unused.
    ci : {"default", "published"}
        default: what covers best in simulation: jackknife over objects, t on log(1 - coefficient);
        generalised limits of ICC(A), F of the other ICCs.  published: what other software
        computes: Gwet's linearised variance (on the same scale), F of every ICC.
    confidence : float
        Nominal level.

    Returns
    -------
    DataFrame
        stat, variant, definition, n_objects, n_raters, n_ratings (that enter), estimate, se,
        df, ci_low, ci_high, confidence, method, note; NaN with a note where it cannot be
        computed.  ICC rows by F have the df of the error and no se; where objects have weights
        they are linearised.  W is by jackknife.  Notes: too_few_objects, one_rater, not_two_raters,
        not_numbers, negative_values, constant_ratings, objects_alike (no interval: nothing
        varies between them), perfect_agreement (the same), unstable (not computable without one
        of the objects), too_many_values, dropped_incomplete:n (ICC and W use objects rated by all),
        weights_ignored (W), small_n (`policy.toml`, agreement_n).

    Raises
    ------
    ParamError
        An unknown coefficient, column or interval; words without an order where one is needed.
    InputErrors
        An object rated twice by one rater, unknown ratings, impossible weights.
    """
    if ci not in INTERVALS:
        raise ParamError(f"ci={ci!r}; choose one of {list(INTERVALS)}")
    if not 0 < confidence < 1:
        raise ParamError(f"confidence={confidence!r}; give a number between 0 and 1")
    wanted = _wanted(stats)
    found = read(ratings, columns, categories)
    _check_order(found, wanted)
    return pd.DataFrame([_row(found, *name, ci=ci, confidence=confidence) for name in wanted])


def _wanted(stats: str | Sequence[str]) -> list[tuple[str, str]]:
    names = LEVELS.get(stats, (stats,)) if isinstance(stats, str) else stats
    known = [*VARIANTS, *(f"{s}:{v}" for s, variants in VARIANTS.items() for v in variants)]
    unknown = [name for name in names if name not in known]
    if unknown:
        close = nearest(unknown[0], known)
        hint = f" Did you mean {close!r}?" if close else ""
        raise ParamError(f"stats: unknown {unknown}; choose from {known}, or one of {list(LEVELS)}.{hint}")
    pairs = [(name.partition(":")[0], name.partition(":")[2]) for name in names]
    return [(s, v) for s, only in pairs for v in ([only] if only else VARIANTS[s])]


def _check_order(ratings: Ratings, wanted: list[tuple[str, str]]) -> None:
    ordered = [f"{s}:{v}" for s, v in wanted if v in ORDERED or s == "kendall"]
    if ordered and not ratings.ordered and len(ratings.categories) > 1:
        seen = ", ".join(map(str, ratings.categories))
        raise ParamError(f"{ordered} need ratings in order; give categories=[...] for {seen}")


def _row(ratings: Ratings, stat: str, variant: str, *, ci: str, confidence: float) -> dict[str, object]:
    complete = stat in ("icc", "kendall")
    used, dropped = ratings.complete() if complete else (_pairable(ratings, stat), 0)
    blocked = _blocker(ratings, used, stat, variant)
    if blocked:
        found = Found(note=blocked)
    elif complete:
        found = _of_complete(used, stat, variant, ci=ci, confidence=confidence)
    else:
        found = _of_categories(used, CHANCE[stat].build, variant, ci=ci, confidence=confidence)
    notes = [found.note] if found.note else []
    notes += [f"dropped_incomplete:{dropped}"] if dropped else []
    notes += ["weights_ignored"] if stat == "kendall" and ratings.weighted else []
    small = policy.judge(len(used.codes), "agreement_n")[0] == "small_n"
    notes += ["small_n"] if small and not blocked and variant != "raters" else []
    definition = ICC[variant] if stat == "icc" else KENDALL if complete else CHANCE[stat].definition
    return {
        "stat": stat,
        "variant": variant,
        "definition": definition,
        "n_objects": len(used.codes),
        "n_raters": int((used.codes >= 0).any(axis=0).sum()),
        "n_ratings": int((used.codes >= 0).sum()),
        "estimate": found.estimate,
        "se": found.se,
        "df": found.df,
        "ci_low": np.maximum(found.low, min(LEAST.get(stat, -1.0), found.estimate)),
        "ci_high": found.high,
        "confidence": confidence,
        "method": found.method,
        "note": ";".join(notes),
    }


def _pairable(ratings: Ratings, stat: str) -> Ratings:
    """Objects that count: with two or more ratings; a single one still tells shares of categories."""
    if stat not in ("percent", "krippendorff"):
        return ratings
    return ratings.kept((ratings.codes >= 0).sum(axis=1) >= 2)


def _blocker(ratings: Ratings, used: Ratings, stat: str, variant: str) -> str:
    """Why a coefficient cannot be computed from the objects `used`, "" if it can."""
    pairs, left = (int(((r.codes >= 0).sum(axis=1) >= 2).sum()) for r in (ratings, used))
    raters = int((used.codes >= 0).any(axis=0).sum())
    q, negative = len(used.categories), used.numeric and bool((used.numbers < 0).any())
    alike = len(np.unique(used.codes[used.codes >= 0])) < 2
    defined = stat == "percent" or (stat in ("brennan_prediger", "gwet") and q > 1)
    checks = {
        "one_rater": len(ratings.codes) > 0 and pairs == 0,
        "not_two_raters": stat == "cohen" and raters != 2,
        "too_few_objects": left < (3 if (stat, variant) == ("kendall", "objects") else 2),
        "too_few_raters": variant == "raters" and raters < 3,
        "not_numbers": not used.numeric and (stat == "icc" or variant in ("interval", "ratio")),
        "negative_values": variant == "ratio" and negative,
        "constant_ratings": alike and not defined,
        "too_many_values": stat in CHANCE and len(used.codes) * q ** (1 + (variant == "ordinal")) > MAX_CELLS,
    }
    return next((name for name, on in checks.items() if on), "")


def _of_categories(used: Ratings, build: Build, variant: str, *, ci: str, confidence: float) -> Found:
    sums, f = build(used, variant)
    method, error = ("jackknife", engine.jackknife) if ci == "default" else ("linearised", engine.linearised)
    return _limited(Found(*error(f, sums, used.weight), method=method), confidence)


def _of_complete(used: Ratings, stat: str, variant: str, *, ci: str, confidence: float) -> Found:
    x = used.numbers
    if stat == "kendall":
        if (np.ptp(x, axis=0) == 0).all():
            return Found(note="objects_alike")
        with np.errstate(invalid="ignore", divide="ignore"):
            found = Found(*kendall(x, variant), method=f"jackknife_{variant}")
        return _limited(found, confidence)
    if np.ptp(x.mean(axis=1)) <= engine.TOLERANCE * np.ptp(x):
        return Found(note="objects_alike")
    sums, f = icc.build(x, used.weight, variant)
    estimate, se, df = engine.linearised(f, sums, used.weight)
    if used.weighted or estimate > 1 - engine.TOLERANCE:
        return _limited(Found(estimate, se, df, method="linearised"), confidence)
    if variant.startswith("a") and ci == "default":
        low, high = icc.generalised_limits(x, variant, confidence)
        return Found(estimate, NAN, NAN, low, high, "generalised")
    low, high, df = icc.f_limits(x, variant, confidence)
    return Found(estimate, NAN, df, low, high, "f_ratio")


def _limited(found: Found, confidence: float) -> Found:
    """With limits on the log scale, or without and why."""
    if not np.isfinite(found.estimate):
        return Found(note="constant_ratings")
    if found.estimate > 1 - engine.TOLERANCE:
        return Found(found.estimate, note="perfect_agreement")
    if not np.isfinite(found.se):
        return Found(found.estimate, note="unstable")
    if found.se < 1e-9:  # every object says the same, which no interval of width 0 should hide
        return Found(found.estimate, note="objects_alike")
    low, high = engine.limits(found.estimate, found.se, found.df, confidence)
    return found._replace(low=low, high=high)
