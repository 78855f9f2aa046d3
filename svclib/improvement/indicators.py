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
    there, then, now = _both_cycles(natural.index, rated, framework, comparison)
    if not there:
        return [incomparable(i, "absent_in_one_cycle") for i in rated]
    weights = np.stack([then, now, now - then], axis=1).reshape(-1, len(natural.value))
    test = contrast(natural, weights)
    values, errors, df = (test[c].to_numpy().reshape(-1, 3) for c in ("estimate", "se", "df"))
    told = {"method": "linearised", "reason": f"design_{design}"}
    sizes = ((weights != 0) @ np.nan_to_num(natural.n)).astype(int).reshape(-1, 3).tolist()
    found = {}
    for k, indicator in enumerate(there):
        n0, n1, _ = sizes[k]
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
) -> tuple[list[Indicator], np.ndarray, np.ndarray]:
    """Indicators some subject rated in both cycles, and weights (I, q) of their values then and now."""
    cycle, name, subject = (index[c].tolist() for c in ("cycle", "indicator", "subject"))
    asked = list(zip(name, subject, strict=True))
    sides = [{a for a, c in zip(asked, cycle, strict=True) if c == one} for one in comparison.cycles]
    both = sides[0] & sides[1]
    shares = [framework.subjects[a[1]] if a in both and a[1] else 0.0 for a in asked]
    own = np.array([i.name for i in rated])[:, None] == np.array(name)
    weights = [own * np.array(shares) * (np.array(cycle) == one) for one in comparison.cycles]
    there = weights[0].any(axis=1)
    then, now = (w[there] / w[there].sum(axis=1, keepdims=True) for w in weights)
    return [i for i, known in zip(rated, there, strict=True) if known], then, now


def listed(test: pd.DataFrame) -> list[Row]:
    """Rows of a test, of the columns that table "changes" has, without the estimate."""
    known = [c for c in test.columns if c in COLUMNS]
    values = [test[c].tolist() for c in known]
    return [dict(zip(known, row, strict=True)) for row in zip(*values, strict=True)]
