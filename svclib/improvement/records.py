"""Changes of what is recorded: shares, rates, times, means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib import inference, policy
from svclib.estimates import Estimate, Part, contrast
from svclib.framework import Framework, Indicator
from svclib.improvement.indicators import listed
from svclib.improvement.rows import Comparison, Row, incomparable, started

Record = Mapping[str, Any]
# Kinds whose numerator and denominator are two amounts, no counts.
AMOUNTS = ("amount", "duration")
SHARES = ("proportion", "checklist", "stability")
# Notes of a value that travel with what is said of its change.
FLAGS = ("many_open",)
# How a value that is normal on the log scale was found, and how its change is tested.
RATIOS = {"geometric": "ratio_geometric", "kaplan_meier": "ratio_median"}
_LIMITS = ["ci_low", "ci_high", "ci90_low", "ci90_high"]


class Evidence(NamedTuple):
    """What stands behind one unit's records.

    times : by (cycle, indicator), the single times
    scatter : by indicator, χ² and df of its monthly counts over all units and both cycles
    """

    times: Mapping[tuple[str, str], inference.Survival]
    scatter: Mapping[str, tuple[float, float]]


NOTHING = Evidence({}, {})


def record_changes(
    kpis: pd.DataFrame,
    framework: Framework,
    comparison: Comparison,
    evidence: Evidence = NOTHING,
) -> list[Row]:
    """One unit's KPIs by what was recorded.

    Parameters
    ----------
    kpis : the unit's rows of both cycles, typed as `sources` does

    Notes
    -----
    ============== ====================================================== =====================
    method         of                                                     change, interval, MID
    ============== ====================================================== =====================
    score_test     shares given as counts                                 natural scale
    rate_exact     events per exposure, and the time between failures     percent of baseline
    rate_scattered the same where monthly counts scatter more than        percent of baseline
                   Poisson: exact test of the counts divided by the
                   dispersion
    ratio_median   times from events, medians of survival curves          percent of baseline
    ratio_geometric times from events, geometric means                    percent of baseline
    linearised     other values measured with their own SE                natural scale
    welch          mean, sd, n                                            natural scale
    ============== ====================================================== =====================

    Looking at the scatter is no pretest that chooses the easier test: the dispersion is pooled
    over all units and both cycles, it only ever divides the counts, never multiplies them, and
    so never finds a change that the exact test would not.
    A bare value, a quotient of amounts and `uncertainty: census` have no standard error: the
    change is shown, never tested.  Values of two periods count different events and are
    independent.
    """
    rows = [{str(k): v for k, v in r.items()} for r in kpis.to_dict("records")]
    keyed = {(r["cycle"], r["indicator"]): r for r in rows if r["status"] == "ok"}
    found = []
    for indicator in framework.indicators:
        if indicator.source == "responses":
            continue
        then, now = (keyed.get((c, indicator.name)) for c in comparison.cycles)
        if then is None or now is None:
            found.append(incomparable(indicator, "absent_in_one_cycle"))
            continue
        row = started(indicator, _value(indicator, then), _value(indicator, now), design="records")
        marks = {f for r in (then, now) for f in str(r.get("note", "")).split(";") if f in FLAGS}
        pair = _Pair(indicator, row, then, now, comparison)
        tested = _tested(pair, evidence)
        if "p_diff" in tested:
            tested |= _effect(pair, tested) | _whole_curve(pair, evidence)
        flags = [f for f in (tested.get("flags", ""), *sorted(marks)) if f]
        found.append(row | tested | {"flags": ";".join(flags)})
    return found


class _Pair(NamedTuple):
    """One indicator of one unit in both cycles."""

    indicator: Indicator
    row: Row
    then: Record
    now: Record
    comparison: Comparison

    def both(self, column: str) -> np.ndarray:
        """A number of both records."""
        return np.array([self.then.get(column, np.nan), self.now.get(column, np.nan)], dtype=float)

    @property
    def share(self) -> float:
        """The MID as a share of the baseline; NaN without one, or without a positive baseline."""
        return self.row["mid"] / self.row["estimate0"] if self.row["estimate0"] > 0 else np.nan


def _value(indicator: Indicator, record: Record) -> float:
    if np.isfinite(record["denominator"]):
        whole = indicator.bounds[1] if np.isfinite(indicator.bounds[1]) else 100.0 ** (indicator.unit == "%")
        scale = indicator.per if indicator.kind == "rate" else whole
        return scale * record["numerator"] / record["denominator"]
    return record["mean"] if np.isfinite(record["mean"]) else record["value"]


def _tested(pair: _Pair, evidence: Evidence) -> Row:
    """The test that kind and form of the records ask for."""
    kind, counted = pair.indicator.kind, np.isfinite(pair.both("denominator")).all()
    if pair.indicator.uncertainty == "census":
        return {"method": "fixed", "reason": "census", "flags": "fixed"}
    if pair.indicator.measure == "mtbf" and np.isfinite(pair.both("n")).all():
        return _failures(pair, evidence)
    if np.isfinite(pair.both("se")).all():
        return _ratio(pair) if all(r["scale"] == "log" for r in (pair.then, pair.now)) else _measured(pair)
    if counted and kind == "rate":
        return _rate(pair, (*pair.both("numerator"), *pair.both("denominator")), evidence)
    if counted and kind not in AMOUNTS:
        return _proportion(pair)
    if np.isfinite(pair.both("sd")).all() and (pair.both("n") > 1).all():
        return _means(pair)
    return {"method": "fixed", "reason": "bare_value", "flags": "fixed"}


def _independent(pair: _Pair, value: np.ndarray, se: np.ndarray) -> pd.Series:
    """Change of two independent values (2,), each with SE and df; Satterthwaite."""
    parts = tuple(
        Part(np.diag(se**2 * (np.arange(2) == k)), df, str(k)) for k, df in enumerate(pair.both("df"))
    )
    cycles = pd.DataFrame({"cycle": pair.comparison.cycles})
    both = Estimate(cycles, value, parts, pair.both("n"), ("", ""))
    return contrast(both, np.array([[-1.0, 1.0]])).iloc[0]


def _sizes(pair: _Pair, column: str = "n") -> Row:
    then, now = pair.both(column)
    return {"n0": int(then), "n1": int(now)}


def _needed(pair: _Pair, se: float, mid: float, column: str = "n") -> float:
    n = np.array([pair.both(column).min()])
    found = inference.required_n(n, np.array([se]), mid=mid, confidence=pair.comparison.confidence)
    return float(found[0])


def _measured(pair: _Pair) -> Row:
    change = _independent(pair, pair.both("value"), pair.both("se"))
    test = inference.change_test(
        change["estimate"], change["se"], change["df"], mid=pair.row["mid"],
        confidence=pair.comparison.confidence,
    )  # fmt: skip
    needed = _needed(pair, change["se"], pair.row["mid"])
    told = {"se": change["se"], "df": change["df"], "required_n": needed}
    return listed(test)[0] | told | _sizes(pair) | {"method": "linearised", "reason": "kind_measured"}


def _ratio(pair: _Pair) -> Row:
    """Times: log(value) is the normal one, so change, interval and MID are percent of the baseline."""
    value = pair.both("value")
    change = _independent(pair, np.log(value), pair.both("se") / value)
    test = inference.ratio_change(
        change["estimate"], change["se"], change["df"], mid_ratio=pair.share,
        confidence=pair.comparison.confidence,
    )  # fmt: skip
    told = {"df": change["df"], "required_n": _needed(pair, change["se"], np.log1p(pair.share))}
    methods = {RATIOS.get(str(r["method"]), "ratio_geometric") for r in (pair.then, pair.now)}
    method = methods.pop() if len(methods) == 1 else "ratio_geometric"
    return _percent(pair, test) | told | _sizes(pair) | {"method": method, "reason": "kind_duration"}


def _percent(pair: _Pair, test: pd.DataFrame) -> Row:
    """A test of ratios as percent of the baseline."""
    test = test.assign(**{c: 100 * (test[c] - 1) for c in _LIMITS})
    base = pair.row["estimate0"]
    change = 100 * (pair.row["estimate1"] / base - 1) if base > 0 else np.nan
    return listed(test)[0] | {"change": change, "mid": 100 * pair.share, "mid_on": "percent"}


def _means(pair: _Pair) -> Row:
    columns = ((r["n"], r["mean"], r["sd"]) for r in (pair.then, pair.now))
    samples = [inference.Sample(*(np.array([v], dtype=float) for v in row)) for row in columns]
    test = inference.mean_change(*samples, mid=pair.row["mid"], confidence=pair.comparison.confidence)
    needed = _needed(pair, test["se"].iloc[0], pair.row["mid"])
    return listed(test)[0] | _sizes(pair) | {"method": "welch", "reason": "kind_mean", "required_n": needed}


def _proportion(pair: _Pair) -> Row:
    scale = pair.indicator.bounds[1]
    (x0, x1), (n0, n1) = pair.both("numerator"), pair.both("denominator")
    test = inference.proportion_change(
        x0, n0, x1, n1, mid=pair.row["mid"] / scale, confidence=pair.comparison.confidence
    )
    found = listed(test)[0]
    found |= {c: found[c] * scale for c in _LIMITS}
    p0, p1 = x0 / n0, x1 / n1
    se = scale * float(np.sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1))
    told = {"method": "score_test", "reason": "kind_proportion"}
    needed = _needed(pair, se, pair.row["mid"], "denominator")
    return found | _sizes(pair, "denominator") | told | {"required_n": needed}


def _rate(pair: _Pair, counts: tuple[float, ...], evidence: Evidence) -> Row:
    """The exact test speaks of the ratio, so change, interval and MID are percent of the baseline.

    counts : events then and now, exposures then and now
    """
    chi2, df = evidence.scatter.get(pair.indicator.name, (0.0, 0.0))
    dispersion = chi2 / df if df else np.nan
    scattered = policy.judge(dispersion, "rate_dispersion")[0] == "scattered"
    worth = inference.inflation(chi2, df, confidence=pair.comparison.confidence) if scattered else 1.0
    events, exposure = np.array(counts[:2]) / worth, np.array(counts[2:])
    test = inference.rate_change(
        events[0], exposure[0], events[1], exposure[1], mid_ratio=pair.share,
        confidence=pair.comparison.confidence,
    )  # fmt: skip
    method = "rate_scattered" if scattered else "rate_exact"
    sizes = {"n0": int(exposure[0]), "n1": int(exposure[1]), "dispersion": dispersion}
    return _percent(pair, test) | sizes | {"method": method, "reason": "kind_rate"}


def _failures(pair: _Pair, evidence: Evidence) -> Row:
    """Time between failures: the inverse of a rate, so the exact test with the periods exchanged."""
    failures = pair.both("n")
    hours = pair.both("value") * np.maximum(failures, 1)
    found = _rate(pair, (*failures[::-1], *hours[::-1]), evidence)
    return found | {"n0": int(failures[0]), "n1": int(failures[1]), "reason": "kind_mtbf"}


def _effect(pair: _Pair, tested: Row) -> Row:
    """Effect size of a raw change with its interval: ratio, difference of shares, or Hedges' g."""
    change = tested.get("change", pair.row["change"])
    limits = np.array([change, tested["ci_low"], tested["ci_high"]])
    columns = ("effect_size", "effect_low", "effect_high")
    if tested.get("mid_on") == "percent":
        name = "rate_ratio" if pair.indicator.kind == "rate" else "time_ratio"
        return dict(zip(columns, (1 + limits / 100).tolist(), strict=True)) | {"effect_name": name}
    if pair.indicator.kind in SHARES:
        scaled = (limits / pair.indicator.bounds[1]).tolist()
        return dict(zip(columns, scaled, strict=True)) | {"effect_name": "share_difference"}
    sd = _pooled_sd(pair)
    if not sd > 0 or not tested.get("se", np.nan) > 0:
        return {}
    found = inference.hedges_g(
        change, tested["se"], tested["df"], np.array(sd), confidence=pair.comparison.confidence
    )
    return listed(found)[0] | {"effect_name": "hedges_g"}


def _pooled_sd(pair: _Pair) -> float:
    """Pooled SD of single values, given or from the SE of their mean."""
    n, sd = pair.both("n"), pair.both("sd")
    sd = np.where(np.isfinite(sd), sd, pair.both("se") * np.sqrt(n))
    free = (n - 1).sum()
    return float(np.sqrt(((n - 1) * sd**2).sum() / free)) if free > 0 else np.nan


def _whole_curve(pair: _Pair, evidence: Evidence) -> Row:
    """Log-rank test, which counts what is still open, in the direction of the change (p doubled)."""
    then, now = (evidence.times.get((c, pair.indicator.name)) for c in pair.comparison.cycles)
    if then is None or now is None or (then.ended.all() and now.ended.all()):
        return {}
    z, p = inference.logrank(then, now)
    if np.isnan(p):
        return {}
    return {"p_logrank": p if z * pair.row["change"] > 0 else 1.0}
