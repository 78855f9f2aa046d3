"""Early warning by declared thresholds: a veto is red, a breached warning value amber."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

import pandas as pd

from svclib.columns import TABLES
from svclib.framework import Framework, Indicator

RED, AMBER = "red", "amber"
THRESHOLD = "threshold"
Bound = float | tuple[float, float] | None


def alerts(
    indicator_scores: pd.DataFrame,
    framework: Framework,
    warns: Mapping[tuple[str, str], Bound] | None = None,
    *,
    cycles: Sequence[str] = (),
    due: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """Rows of table "alerts" by threshold: a cycle × unit × indicator whose value breaches one.

    A limit on the grade is looked at before the warning value, so an indicator raises its
    worst alert only.  These are policy thresholds, not statistical signals.

    Parameters
    ----------
    warns : warning value by unit and indicator where it differs from the framework's.
    cycles : in time; then only the last one raises alerts, and `since` is the first cycle of the
        unbroken run of breaches, all judged by today's thresholds
    due : deadline by unit and indicator
    """
    headline = indicator_scores[(indicator_scores["subject"] == "") & (indicator_scores["status"] == "ok")]
    rows = []
    for row in headline.to_dict("records"):
        indicator = framework.indicator(str(row["indicator"]))
        key = (row["unit"], row["indicator"])
        own = (warns or {}).get(key, indicator.warn)
        found = _breach(indicator, float(row["value"]), framework, own)
        if found is None:
            continue
        level, rule, threshold = found
        rows.append(
            {key: row[key] for key in ("cycle", "unit", "indicator", "value")}
            | {"raised_by": THRESHOLD, "level": level, "rule": rule, "threshold": threshold}
            | {"measure": indicator.unit, "owner": indicator.owner, "step": indicator.step}
            | {"since": row["cycle"], "due": (due or {}).get(key, "")}
        )
    table = pd.DataFrame(rows, columns=list(TABLES["alerts"].all_columns))
    return _lasting(table, cycles) if cycles else table


def _lasting(table: pd.DataFrame, cycles: Sequence[str]) -> pd.DataFrame:
    """Alerts of the last cycle, each since the first cycle of its unbroken run."""
    breached = set(zip(table["cycle"], table["unit"], table["indicator"], strict=True))
    now = table[table["cycle"] == cycles[-1]].reset_index(drop=True)
    since = []
    for unit, indicator in zip(now["unit"], now["indicator"], strict=True):
        run = takewhile(lambda cycle, u=unit, i=indicator: (cycle, u, i) in breached, reversed(cycles))
        since.append(list(run)[-1])
    return now.assign(since=pd.Series(since, dtype="str"))


def _breach(
    indicator: Indicator, value: float, framework: Framework, warn: Bound
) -> tuple[str, str, float] | None:
    for limit in sorted(framework.grades.limits, key=lambda rule: rule.type != "veto"):
        if limit.object == indicator.name and bool(limit.condition.holds(value)):
            return (RED if limit.type == "veto" else AMBER), limit.type, limit.condition.value
    edge = warning_edge(indicator, value, warn)
    return None if edge is None else (AMBER, "warn", edge)


def warning_edge(indicator: Indicator, value: float, warn: Bound) -> float | None:
    """The warning value that `value` lies beyond, or None; a value on it does not breach."""
    if warn is None:
        return None
    if isinstance(warn, tuple):
        low, high = warn
        return low if value < low else high if value > high else None
    worse = value < warn if indicator.better == "high" else value > warn
    return warn if worse else None
