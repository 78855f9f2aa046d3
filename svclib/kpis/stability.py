"""How steady an indicator is: the share of weeks or months in which it was on target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.kpis.found import Found, Span

if TYPE_CHECKING:
    from svclib.framework import Indicator

RULE = "share_on_target"
_STARTS = {"week": "W-MON", "month": "MS"}


def periods(span: Span, every: str) -> list[Span]:
    """The period cut into calendar weeks (from Monday) or months; the first and last may be short."""
    cuts = [d for d in pd.date_range(span.start, span.end, freq=_STARTS[every]) if span.start < d < span.end]
    edges = [span.start, *cuts, span.end]
    return [Span(a, b, span.last) for a, b in pairwise(edges)]


def of_counted(
    indicator: Indicator, other: Indicator, span: Span, again: Callable[[Indicator, Span], Found]
) -> Found:
    """Stability of an indicator that counts events or inspections; `again` measures a sub-period."""
    each = [again(other, part) for part in periods(span, indicator.every or "month")]
    return _share([point(f, other) for f in each if f.status == "ok"], other, len(each))


def of_ratings(
    indicator: Indicator, other: Indicator, answers: pd.DataFrame, span: Span, subjects: Mapping[str, float]
) -> Found:
    """Stability of a rating over sub-periods × channels.

    Parameters
    ----------
    answers : one unit's valid answers, reverse items recoded; one without a time is left out
    subjects : weight of each subject, re-normalised over those who answered in the sub-period
    """
    moment = pd.to_datetime(
        answers["finished"].where(answers["finished"] != "", answers["started"]).replace("", None),
        format="mixed",
    )
    values, cells = [], 0
    for part in periods(span, indicator.every or "month"):
        inside = answers[part.holds(moment).to_numpy()]
        for channel in sorted(set(answers["channel"])):
            cells += 1
            mean = _mean(inside[inside["channel"] == channel], other, subjects)
            values += [] if np.isnan(mean) else [mean]
    undated = int(moment.isna().sum())
    return _share(values, other, cells).without({"undated": undated})


def _mean(rows: pd.DataFrame, other: Indicator, subjects: Mapping[str, float]) -> float:
    """Mean of the items' weighted means by subject, blended; NaN where nobody answered."""
    value = mass = 0.0
    for subject in other.subjects:
        mine = rows[rows["subject"] == subject]
        answered = mine[list(other.items)].notna().mul(mine["weight"], axis=0).sum()
        total = mine[list(other.items)].mul(mine["weight"], axis=0).sum()
        if (answered > 0).any():
            value += subjects[subject] * float((total[answered > 0] / answered[answered > 0]).mean())
            mass += subjects[subject]
    return value / mass if mass else float("nan")


def point(found: Found, indicator: Indicator) -> float:
    """The value in the indicator's unit, also where only its counts were kept."""
    if not found.counts:
        return found.value
    scale = indicator.per if indicator.kind == "rate" else indicator.bounds[1]
    return scale * found.numerator / found.denominator


def _share(values: Iterable[float], other: Indicator, cells: int) -> Found:
    met = [_on_target(value, other) for value in values]
    left = {"no_data": cells - len(met)} if len(met) < cells else {}
    if not met:
        return Found("not_applicable", excluded=left)
    return Found(
        numerator=float(sum(met)), denominator=float(len(met)), n=len(met), counts=True, excluded=left
    )


def _on_target(value: float, other: Indicator) -> bool:
    target = other.target if other.target is not None else np.nan  # the framework refuses to have none
    low, high = target if isinstance(target, tuple) else (target, target)
    near = np.isclose([value, value], [low, high], rtol=1e-9, atol=0.0).any()
    return bool(
        {"high": value >= low, "low": value <= high, "near": low <= value <= high}[other.better] or near
    )


def whole_periods(span: Span, every: str) -> list[Span]:
    """The sub-periods of which the period holds at least half the days.

    Of a week that two cycles share, one of them at most charts its part.
    """
    whole = {"week": pd.DateOffset(weeks=1), "month": pd.DateOffset(months=1)}[every]
    kept = []
    for part in periods(span, every):
        first = pd.Timestamp(part.start).to_period("W" if every == "week" else "M").start_time
        kept += [part] if 2 * (part.end - part.start) >= (first + whole) - first else []
    return kept
