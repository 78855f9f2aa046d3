"""Changes of ratings on their natural scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib import inference
from svclib.estimates import Estimate, contrast
from svclib.framework import Framework, Indicator
from svclib.improvement.rows import COLUMNS, Comparison, Row, incomparable, started


def rating_changes(
    natural: Estimate,
    framework: Framework,
    comparison: Comparison,
    *,
    design: str,
    told: Mapping[str, Row] | None = None,
) -> list[Row]:
    """One unit's ratings: the linearised change of each indicator.

    Parameters
    ----------
    natural : `scores.natural` of both cycles jointly, index columns cycle, subject, indicator
    design : "independent", "panel" or "clusters", why the standard error is what it is
    told : by indicator what `answers.told` found; with "sd" the change gets its Hedges' g

    Notes
    -----
    Subjects keep their weights, and only subjects present in both cycles are compared.
    """
    rated = [i for i in framework.indicators if i.source == "responses"]
    pairs = _both_cycles(natural.index, rated, framework, comparison)
    there = [i for i in rated if i.name in pairs]
    if not there:
        return [incomparable(i, "absent_in_one_cycle") for i in rated]
    weights = np.vstack([[then, now, now - then] for then, now in (pairs[i.name] for i in there)])
    test = contrast(natural, weights)
    values, errors, df = (test[c].to_numpy().reshape(-1, 3) for c in ("estimate", "se", "df"))
    rows = [started(i, v[0], v[1], design=design) for i, v in zip(there, values, strict=True)]
    sizes = [_size(natural.n, pairs[i.name]) for i in there]
    of = dict(told or {})
    found = {}
    parts = _t_tests(rows, np.array(sizes), (errors[:, 2], df[:, 2]), comparison)
    effects = _g(rows, (errors[:, 2], df[:, 2]), [of.get(i.name, {}) for i in there], comparison)
    for row, size, part, effect in zip(rows, sizes, parts, effects, strict=True):
        more = {k: v for k, v in of.get(row["node"], {}).items() if k != "sd"}
        row |= {"n0": size[0], "n1": size[1], "method": "linearised", "reason": f"design_{design}"}
        found[row["node"]] = row | part | effect | more
    return [found.get(i.name) or incomparable(i, "absent_in_one_cycle") for i in rated]


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


def _size(n: np.ndarray, pair: tuple[np.ndarray, np.ndarray]) -> tuple[int, int]:
    then, now = (int(n[weights != 0].sum()) for weights in pair)
    return then, now


def _t_tests(
    rows: Sequence[Row], sizes: np.ndarray, error: tuple[np.ndarray, np.ndarray], comparison: Comparison
) -> list[Row]:
    """Columns of the t test and the sample that would have decided, one of each row."""
    mid, change = (np.array([row[c] for row in rows]) for c in ("mid", "change"))
    test = inference.change_test(change, *error, mid=mid, confidence=comparison.confidence)
    needed = inference.required_n(sizes.min(axis=1), error[0], mid=mid, confidence=comparison.confidence)
    return listed(test.assign(se=error[0], df=error[1], required_n=needed))


def _g(
    rows: Sequence[Row],
    error: tuple[np.ndarray, np.ndarray],
    told: Sequence[Mapping[str, Any]],
    comparison: Comparison,
) -> list[Row]:
    sd = np.array([t.get("sd", np.nan) for t in told])
    if np.isnan(sd).all():
        return [{} for _ in rows]
    found = inference.hedges_g(
        np.array([row["change"] for row in rows]), *error, sd, confidence=comparison.confidence
    )
    known = found["effect_size"].notna()
    return [
        row | {"effect_name": "hedges_g"} if there else {}
        for row, there in zip(listed(found), known, strict=True)
    ]


def listed(test: pd.DataFrame) -> list[Row]:
    """Rows of a test, of the columns that table "changes" has, without the estimate."""
    known = [c for c in test.columns if c in COLUMNS]
    values = [test[c].tolist() for c in known]
    return [dict(zip(known, row, strict=True)) for row in zip(*values, strict=True)]
