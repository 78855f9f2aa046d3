"""Changes of ratings on their natural scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib import inference
from svclib.estimates import Estimate, contrast
from svclib.framework import Framework, Indicator
from svclib.improvement.rows import COLUMNS, Comparison, Row, incomparable, started


def rating_changes(
    natural: Estimate, framework: Framework, comparison: Comparison, *, design: str
) -> list[Row]:
    """One unit's ratings: the linearised change of each indicator.

    Parameters
    ----------
    natural : `scores.natural` of both cycles jointly, index columns cycle, subject, indicator
    design : "independent", "panel" or "clusters", why the standard error is what it is

    Notes
    -----
    Subjects keep their weights, and only subjects present in both cycles are compared.
    """
    return tested(rating_estimates(natural, framework, comparison, design=design), comparison)


def rating_estimates(
    natural: Estimate, framework: Framework, comparison: Comparison, *, design: str
) -> list[Row]:
    """Rows of `rating_changes` with change, SE and df, not yet tested: `tested` takes those of all units."""
    rated = [i for i in framework.indicators if i.source == "responses"]
    pairs = _both_cycles(natural.index, rated, framework, comparison)
    there = [i for i in rated if i.name in pairs]
    if not there:
        return [incomparable(i, "absent_in_one_cycle") for i in rated]
    weights = np.vstack([[then, now, now - then] for then, now in (pairs[i.name] for i in there)])
    test = contrast(natural, weights)
    values, errors, df = (test[c].to_numpy().reshape(-1, 3) for c in ("estimate", "se", "df"))
    told = {"method": "linearised", "reason": f"design_{design}"}
    found = {}
    for k, indicator in enumerate(there):
        n0, n1 = (int(natural.n[weights != 0].sum()) for weights in pairs[indicator.name])
        row = started(indicator, values[k, 0], values[k, 1], design=design)
        found[indicator.name] = row | {"se": errors[k, 2], "df": df[k, 2], "n0": n0, "n1": n1} | told
    return [found.get(i.name) or incomparable(i, "absent_in_one_cycle") for i in rated]


def tested(rows: Sequence[Row], comparison: Comparison) -> list[Row]:
    """Rows with t test, the sample that would have decided, and Hedges' g where "sd" is told.

    Rows that are gated, or tested by another method, stay as they are.
    """
    at = [k for k, row in enumerate(rows) if row.get("method") == "linearised" and "p_diff" not in row]
    if not at:
        return list(rows)
    mid, change, se, df, n0, n1, sd = (
        np.array([rows[k].get(c, np.nan) for k in at], dtype=float)
        for c in ("mid", "change", "se", "df", "n0", "n1", "sd")
    )
    test = inference.change_test(change, se, df, mid=mid, confidence=comparison.confidence)
    needed = inference.required_n(np.minimum(n0, n1), se, mid=mid, confidence=comparison.confidence)
    effect = inference.hedges_g(change, se, df, sd, confidence=comparison.confidence)
    named = np.where(effect["effect_size"].notna(), "hedges_g", "")
    columns = pd.concat([test, effect], axis=1).assign(required_n=needed, effect_name=named)
    found = [{k: v for k, v in row.items() if k != "sd"} for row in rows]
    for k, more in zip(at, listed(columns), strict=True):
        found[k] |= more
    return found


def _both_cycles(
    index: pd.DataFrame, rated: Sequence[Indicator], framework: Framework, comparison: Comparison
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per indicator, weights over `index` of the blended value then and now, of subjects in both."""
    columns = (index[c].tolist() for c in ("cycle", "indicator", "subject"))
    place = {key: k for k, key in enumerate(zip(*columns, strict=True))}
    found = {}
    for indicator in rated:
        both = [
            s for s in framework.subjects if all((c, indicator.name, s) in place for c in comparison.cycles)
        ]
        if not both:
            continue
        share = np.array([framework.subjects[s] for s in both])
        sides = np.zeros((2, len(index)))
        for side, cycle in zip(sides, comparison.cycles, strict=True):
            side[[place[cycle, indicator.name, s] for s in both]] = share / share.sum()
        found[indicator.name] = (sides[0], sides[1])
    return found


def listed(test: pd.DataFrame) -> list[Row]:
    """Rows of a test, of the columns that table "changes" has, without the estimate."""
    known = [c for c in test.columns if c in COLUMNS]
    values = [test[c].tolist() for c in known]
    return [dict(zip(known, row, strict=True)) for row in zip(*values, strict=True)]
