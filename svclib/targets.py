"""Targets: met or missed by the rule on the published value, and how sure the data are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES
from svclib.framework import Framework, Grades, Indicator
from svclib.scores import round_half


def judge_targets(indicator_scores: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Table "targets": one row per cycle × unit × indicator that declares a target.

    `status` is met | missed by the published value alone, or the status of the score when
    there is none.  `certain` is False when the interval reaches across the target: it may
    add 把握不足 to a verdict, never change it.  For `better: near` the `target` shown is the
    nearer edge of the target range.
    """
    rows = []
    headline = indicator_scores[indicator_scores["subject"] == ""]
    for row in headline.itertuples(index=False):
        indicator = framework.indicator(str(row.indicator))
        if indicator.target is None:
            continue
        rows.append(_row(row, indicator, framework.grades))
    return pd.DataFrame(rows, columns=list(TABLES["targets"].all_columns))


def on_target(indicator: Indicator, value: float) -> bool:
    """Whether `value` meets the target; a value on the target meets it."""
    low, high = target_range(indicator)
    return low <= value <= high


def target_range(indicator: Indicator) -> tuple[float, float]:
    """Closed range of values that meet the target, infinite on the open side."""
    target = indicator.target
    if target is None:
        return -np.inf, np.inf
    if isinstance(target, tuple):
        return target
    return (target, np.inf) if indicator.better == "high" else (-np.inf, target)


def _row(row: Any, indicator: Indicator, grades: Grades) -> dict[str, Any]:
    low, high = target_range(indicator)
    value = row.value
    status, certain = row.status, True
    if row.status == "ok":
        published = float(round_half(np.array([value]), decimals=grades.decimals, rule=grades.rounding)[0])
        status = "met" if low <= published <= high else "missed"
        certain = not _straddles(row.ci_low, row.ci_high, low, high)
    return {
        "cycle": row.cycle,
        "unit": row.unit,
        "indicator": row.indicator,
        "value": value,
        "ci_low": row.ci_low,
        "ci_high": row.ci_high,
        "target": _edge(value, low, high),
        "warn": _edge_of(indicator.warn, value),
        "status": status,
        "certain": certain,
        "owner": indicator.owner,
        "step": indicator.step,
        "base": np.nan,
        "stretch": np.nan,
        "due": "",
        "valid_from": "",
        "revisions": 0,
        "basis": "",
    }


def _straddles(ci_low: float, ci_high: float, low: float, high: float) -> bool:
    """Whether the interval reaches both sides of an edge of the target range."""
    return any(ci_low < edge < ci_high for edge in (low, high) if np.isfinite(edge))


def _edge(value: float, low: float, high: float) -> float:
    edges = [e for e in (low, high) if np.isfinite(e)]
    return min(edges, key=lambda e: abs(e - value)) if np.isfinite(value) else edges[0]


def _edge_of(bound: float | tuple[float, float] | None, value: float) -> float:
    if bound is None:
        return np.nan
    return _edge(value, *bound) if isinstance(bound, tuple) else bound
