"""Changes of single indicators on their natural scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib import inference
from svclib.estimates import Estimate, Part, contrast
from svclib.framework import Framework, Indicator
from svclib.improvement.rows import COLUMNS, Comparison, Row, incomparable, started

Record = Mapping[str, Any]
# Kinds whose numerator and denominator are two amounts, no counts.
AMOUNTS = ("amount", "duration")
# Notes of a value that travel with what is said of its change.
FLAGS = ("many_open",)
_LIMITS = ["ci_low", "ci_high", "ci90_low", "ci90_high"]


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
    found = []
    for indicator in framework.indicators:
        if indicator.source != "responses":
            continue
        weights = _both_cycles(natural.index, indicator, framework, comparison)
        if weights is None:
            found.append(incomparable(indicator, "absent_in_one_cycle"))
            continue
        then, now = weights
        test = contrast(natural, np.vstack([then, now, now - then]))
        value0, value1, _ = test["estimate"]
        row = started(indicator, value0, value1, design=design)
        row |= {"n0": int(natural.n[then != 0].sum()), "n1": int(natural.n[now != 0].sum())}
        row |= {"method": "linearised", "reason": f"design_{design}"}
        found.append(row | _t_test(row, test["se"].iloc[2], test["df"].iloc[2], comparison))
    return found


def _both_cycles(
    index: pd.DataFrame, indicator: Indicator, framework: Framework, comparison: Comparison
) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights over `index` of the blended value then and now; None when no subject is in both."""
    here = (index["indicator"] == indicator.name).to_numpy()
    then, now = (here & (index["cycle"] == c).to_numpy() for c in (comparison.baseline, comparison.cycle))
    both = set(index["subject"][then]) & set(index["subject"][now])
    if not both:
        return None
    share = np.array([framework.subjects[s] if s in both else 0.0 for s in index["subject"]])
    return then * share / (then * share).sum(), now * share / (now * share).sum()


def _t_test(row: Row, se: float, df: float, comparison: Comparison) -> Row:
    test = inference.change_test(
        np.array([row["change"]]),
        np.array([se]),
        np.array([df]),
        mid=row["mid"],
        confidence=comparison.confidence,
    )
    needed = inference.required_n(
        np.array([min(row["n0"], row["n1"])]),
        np.array([se]),
        mid=row["mid"],
        confidence=comparison.confidence,
    )
    return {"se": se, "df": df, "required_n": float(needed[0])} | _known(test)


def _known(test: pd.DataFrame) -> Row:
    known = [c for c in test.columns if c in COLUMNS and c not in ("estimate", "change")]
    return {c: test[c].iloc[0] for c in known}


def record_changes(kpis: pd.DataFrame, framework: Framework, comparison: Comparison) -> list[Row]:
    """One unit's KPIs by what was recorded: counts by kind, means by Welch.

    Parameters
    ----------
    kpis : the unit's rows of both cycles, typed as `sources` does

    Notes
    -----
    A bare value, a quotient of amounts and `uncertainty: census` have no standard error: the
    change is shown, never tested.  What was measured with its own SE (times, rates of
    inspections) is tested by the difference of the values on their natural scale; values of
    two periods count different events and are independent.
    """
    listed = [{str(k): v for k, v in r.items()} for r in kpis.to_dict("records")]
    keyed = {(r["cycle"], r["indicator"]): r for r in listed if r["status"] == "ok"}
    found = []
    for indicator in framework.indicators:
        if indicator.source == "responses":
            continue
        then, now = (keyed.get((c, indicator.name)) for c in (comparison.baseline, comparison.cycle))
        if then is None or now is None:
            found.append(incomparable(indicator, "absent_in_one_cycle"))
            continue
        row = started(indicator, _value(indicator, then), _value(indicator, now), design="records")
        marks = {f for r in (then, now) for f in str(r.get("note", "")).split(";") if f in FLAGS}
        tested = _record_test(indicator, row, then, now, comparison)
        flags = [f for f in (tested.get("flags", ""), *sorted(marks)) if f]
        found.append(row | tested | {"flags": ";".join(flags)})
    return found


def _value(indicator: Indicator, record: Record) -> float:
    if np.isfinite(record["denominator"]):
        whole = indicator.bounds[1] if np.isfinite(indicator.bounds[1]) else 100.0 ** (indicator.unit == "%")
        scale = indicator.per if indicator.kind == "rate" else whole
        return scale * record["numerator"] / record["denominator"]
    return record["mean"] if np.isfinite(record["mean"]) else record["value"]


def _record_test(indicator: Indicator, row: Row, then: Record, now: Record, comparison: Comparison) -> Row:
    if indicator.uncertainty == "census":
        return {"method": "fixed", "reason": "census", "flags": "fixed"}
    if all(np.isfinite(r.get("se", np.nan)) for r in (then, now)):
        return _measured(row, then, now, comparison)
    if all(np.isfinite(r["denominator"]) for r in (then, now)) and indicator.kind not in AMOUNTS:
        if indicator.kind == "rate":
            return _rate(row, then, now, comparison)
        return _proportion(indicator, row, then, now, comparison)
    if all(np.isfinite(r["sd"]) and r["n"] > 1 for r in (then, now)):
        return _means(row, then, now, comparison)
    return {"method": "fixed", "reason": "bare_value", "flags": "fixed"}


def _measured(row: Row, then: Record, now: Record, comparison: Comparison) -> Row:
    """Difference of two independent values, each with SE and df; Satterthwaite."""
    se, df = (np.array([float(r[c]) for r in (then, now)]) for c in ("se", "df"))
    both = Estimate(
        pd.DataFrame({"cycle": [comparison.baseline, comparison.cycle]}),
        np.array([row["estimate0"], row["estimate1"]]),
        tuple(Part(np.diag(se**2 * (np.arange(2) == k)), df[k], str(k)) for k in range(2)),
        np.array([then["n"], now["n"]]),
        ("", ""),
    )
    test = contrast(both, np.array([[-1.0, 1.0]]))
    row |= {"n0": int(then["n"]), "n1": int(now["n"]), "method": "linearised", "reason": "kind_measured"}
    return row | _t_test(row, test["se"].iloc[0], test["df"].iloc[0], comparison)


def _means(row: Row, then: Record, now: Record, comparison: Comparison) -> Row:
    samples = [
        inference.Sample(np.array([r["n"]]), np.array([r["mean"]]), np.array([r["sd"]])) for r in (then, now)
    ]
    test = inference.mean_change(*samples, mid=row["mid"], confidence=comparison.confidence)
    smaller = np.array([min(then["n"], now["n"])])
    needed = inference.required_n(
        smaller, test["se"].to_numpy(), mid=row["mid"], confidence=comparison.confidence
    )
    return _known(test) | {
        "n0": int(then["n"]), "n1": int(now["n"]), "method": "welch", "reason": "kind_mean",
        "required_n": float(needed[0]),
    }  # fmt: skip


def _proportion(indicator: Indicator, row: Row, then: Record, now: Record, comparison: Comparison) -> Row:
    scale = indicator.bounds[1]
    counts = [np.array([r[c]], dtype=float) for r in (then, now) for c in ("numerator", "denominator")]
    test = inference.proportion_change(*counts, mid=row["mid"] / scale, confidence=comparison.confidence)
    test = test.assign(**{c: test[c] * scale for c in _LIMITS})
    p0, p1 = row["estimate0"] / scale, row["estimate1"] / scale
    se = scale * np.sqrt(p0 * (1 - p0) / counts[1] + p1 * (1 - p1) / counts[3])
    smaller = np.minimum(counts[1], counts[3])
    needed = inference.required_n(smaller, se, mid=row["mid"], confidence=comparison.confidence)
    return _known(test) | {
        "n0": int(counts[1][0]), "n1": int(counts[3][0]), "method": "score_test", "reason": "kind_proportion",
        "required_n": float(needed[0]),
    }  # fmt: skip


def _rate(row: Row, then: Record, now: Record, comparison: Comparison) -> Row:
    """The exact test speaks of the ratio, so change, interval and MID are percent of the baseline."""
    counts = [np.array([r[c]], dtype=float) for r in (then, now) for c in ("numerator", "denominator")]
    share = 100 * row["mid"] / row["estimate0"] if row["estimate0"] > 0 else np.nan
    test = inference.rate_change(*counts, mid_ratio=share / 100, confidence=comparison.confidence)
    test = test.assign(**{c: 100 * (test[c] - 1) for c in _LIMITS})
    change = 100 * (row["estimate1"] / row["estimate0"] - 1) if row["estimate0"] > 0 else np.nan
    return _known(test) | {
        "n0": int(counts[1][0]), "n1": int(counts[3][0]), "change": change, "mid": share, "mid_on": "percent",
        "method": "rate_exact", "reason": "kind_rate",
    }  # fmt: skip
