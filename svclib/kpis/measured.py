"""Every indicator that counts events or inspections, for every unit of one cycle, with its sources."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from svclib import policy
from svclib.inference import Survival
from svclib.kpis import checklists, events, stability
from svclib.kpis.found import Found, Span

if TYPE_CHECKING:
    from svclib.framework import Framework, Indicator

# A record of the "kpis" sheet, and what a measured value brings along.
RECORD = [
    *("cycle", "unit", "indicator", "value", "numerator", "denominator", "n", "mean", "sd", "status"),
    *("se", "df", "scale", "method", "note", "scatter", "scatter_df"),
]
SOURCES = [
    *("cycle", "unit", "indicator", "source", "stat", "definition", "value", "numerator", "denominator"),
    *("n", "n_excluded", "excluded_why", "n_open", "status", "method", "note"),
]


class Joint(NamedTuple):
    """Measures of one unit that count the same events or visits: their correlation, (q, q), and df."""

    names: tuple[str, ...]
    correlation: np.ndarray
    df: float


@dataclass(frozen=True)
class Measured:
    """What the records of one cycle say.

    records : one row per unit and indicator, as `natural.values` takes them
    sources : the same with what each value is made of, for table "kpi_sources"
    joint : per unit, which of its values are correlated and how
    times : by (unit, indicator), the single times behind it
    """

    records: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=RECORD))
    sources: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SOURCES))
    joint: Mapping[str, tuple[Joint, ...]] = field(default_factory=dict)
    times: Mapping[tuple[str, str], Survival] = field(default_factory=dict)


class Sheets(NamedTuple):
    """The sheets of one cycle that are counted; None where not given, and then nothing is reported."""

    events: pd.DataFrame | None
    inspections: pd.DataFrame | None
    exposure: pd.DataFrame | None


def measure(
    sheets: Sheets, framework: Framework, *, cycle: str, units: Sequence[str], span: Span
) -> Measured:
    """Values of every indicator with `from: events` or `from: inspections`, and of their stability.

    Parameters
    ----------
    sheets : typed sheets of one cycle
    units : every unit to be evaluated; one without any record is "not_applicable"
    span : the period, and the last moment anything is known of

    Notes
    -----
    Two values of a unit are correlated as the influences of the events they share:
    ρ = Σ z₁z₂ / √(Σz₁² Σz₂²); those of different events or visits are independent.
    The stability of an indicator enters as independent of it.
    """
    known = _by_unit(sheets, units, span)
    rows: list[tuple[str, Indicator, Found]] = []
    joint: dict[str, tuple[Joint, ...]] = {}
    for unit in units:
        found, joint[unit] = _unit(known[unit], framework, span)
        rows += [(unit, i, found[i.name]) for i in framework.indicators if i.name in found]
    times = {(unit, i.name): f.times for unit, i, f in rows if f.times is not None}
    return Measured(*listed(rows, cycle), joint, times)


def over_time(
    sheets: Sheets, framework: Framework, *, units: Sequence[str], span: Span, every: str
) -> pd.DataFrame:
    """Every indicator that counts events or inspections, by calendar week or month of the period.

    Weeks or months of which the period holds less than half are left out.  Exposure is that of the
    period, shared out by days.

    Parameters
    ----------
    every : "week" or "month"

    Returns
    -------
    DataFrame
        unit, indicator, at (first day of the week or month), value in the indicator's unit,
        numerator, denominator (NaN where the value is no quotient); without sub-periods in which
        nothing happened that could be counted.
    """
    known, parts = _by_unit(sheets, units, span), stability.whole_periods(span, every)
    rows = []
    for unit in units:
        for part in parts:
            at = str(part.start.to_period("W" if every == "week" else "M").start_time.date())
            for indicator, found in _within(known[unit], framework, part, span):
                if found.status != "ok":
                    continue
                counts = (found.numerator, found.denominator) if _quotient(indicator, found) else _NONE
                rows.append((unit, indicator.name, at, stability.point(found, indicator), *counts))
    return pd.DataFrame(rows, columns=["unit", "indicator", "at", "value", "numerator", "denominator"])


_NONE = (math.nan, math.nan)


def _within(rows: _Rows, framework: Framework, part: Span, span: Span) -> Iterator[tuple[Indicator, Found]]:
    """What one unit's records give in one sub-period; MTBF is left out, which few days cannot show."""
    share = (part.end - part.start) / (span.end - span.start)
    here = rows._replace(exposure={name: amount * share for name, amount in rows.exposure.items()})
    checked = [i for i in framework.indicators if i.source == "inspections"]
    found = here.rates(checked, part).found if checked else {}
    for indicator in framework.indicators:
        if indicator.source == "events" and indicator.measure != "mtbf":
            yield indicator, here.one(indicator, part)
        elif indicator.name in found:
            yield indicator, found[indicator.name]


def _quotient(indicator: Indicator, found: Found) -> bool:
    return found.counts or indicator.source == "inspections"


class _Rows(NamedTuple):
    """Records of one unit."""

    events: pd.DataFrame | None
    inspections: pd.DataFrame | None
    exposure: Mapping[str, float]

    def one(self, indicator: Indicator, span: Span) -> Found:
        """One indicator over these records."""
        if indicator.source == "inspections":
            return self.rates([indicator], span).found[indicator.name]
        if self.events is None:
            return Found("not_reported")
        counted = events.chosen(self.events, indicator)
        exposure = self.exposure.get(indicator.exposure, math.nan)
        found = events.measured(counted, events.Ask(indicator, span, exposure))
        return _noted(found, _absent(indicator, self.events), _many_open(found))

    def rates(self, indicators: Sequence[Indicator], span: Span) -> checklists.Rates:
        """Rates of the inspections, all together."""
        if self.inspections is None:
            return checklists.nothing(indicators, "not_reported")
        rates = checklists.measured(self.inspections, indicators, span)
        found = {i.name: _noted(rates.found[i.name], _absent(i, self.inspections)) for i in indicators}
        return rates._replace(found=found)


def _by_unit(sheets: Sheets, units: Sequence[str], span: Span) -> dict[str, _Rows]:
    def mine(sheet: pd.DataFrame | None, unit: str) -> pd.DataFrame | None:
        return None if sheet is None else sheet[sheet["unit"] == unit].reset_index(drop=True)

    happened = None if sheets.events is None else events.prepared(sheets.events, span)
    known = {}
    for unit in units:
        against = mine(sheets.exposure, unit)
        amounts = {} if against is None else dict(zip(against["exposure"], against["amount"], strict=True))
        known[unit] = _Rows(mine(happened, unit), mine(sheets.inspections, unit), amounts)
    return known


def _unit(rows: _Rows, framework: Framework, span: Span) -> tuple[dict[str, Found], tuple[Joint, ...]]:
    of = {i.name: i for i in framework.indicators}
    counted = {n: rows.one(i, span) for n, i in of.items() if i.source == "events"}
    checked = [i for i in of.values() if i.source == "inspections"]
    rates = rows.rates(checked, span) if checked else checklists.nothing(())
    steady = {
        n: stability.of_counted(i, of[i.of], span, rows.one)
        for n, i in of.items()
        if i.source == "indicator" and i.of in of and of[i.of].source != "responses"
    }
    together = (_of_events(counted), Joint(rates.names, _correlation(rates.cov), rates.df))
    return counted | rates.found | steady, tuple(j for j in together if len(j.names) > 1)


def _of_events(found: Mapping[str, Found]) -> Joint:
    """Correlation of the values through the events they share."""
    used = {n: f for n, f in found.items() if f.status == "ok" and (f.influence != 0).any()}
    wide = pd.DataFrame({n: f.influence.groupby(level=0).sum() for n, f in used.items()}).fillna(0.0)
    z = wide.to_numpy(dtype=float)
    df = [f.df for f in used.values() if math.isfinite(f.df)]
    return Joint(tuple(used), _correlation(z.T @ z), min(df, default=math.inf))


def _correlation(cov: np.ndarray) -> np.ndarray:
    error = np.sqrt(np.diag(cov))
    scale = np.divide(1.0, error, out=np.zeros_like(error), where=error > 0)
    return np.where(np.eye(len(error), dtype=bool), 1.0, np.nan_to_num(cov * scale[:, None] * scale))


def _absent(indicator: Indicator, rows: pd.DataFrame) -> str:
    """Names asked for that no record of the unit has, where it has records at all."""
    asked = indicator.where.given.items()
    absent = [n for column, names in asked for n in names if n not in set(rows[column])]
    return f"never_found:{','.join(absent)}" if absent and len(rows) else ""


def _many_open(found: Found) -> str:
    """Mark where so many had not ended that the value is likely to move once they do."""
    of = found.n + found.excluded.get("still_open", 0)
    label = str(policy.judge(found.n_open / of, "open_share")[0]) if of else ""
    return label if label == "many_open" else ""


def _noted(found: Found, *notes: str) -> Found:
    return replace(found, note=(*found.note, *(n for n in notes if n)))


def listed(rows: Sequence[tuple[str, Indicator, Found]], cycle: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and sources of (unit, indicator, what was found)."""
    return (
        pd.DataFrame([_record(u, i, f) | {"cycle": cycle} for u, i, f in rows], columns=RECORD),
        pd.DataFrame([_source(u, i, f) | {"cycle": cycle} for u, i, f in rows], columns=SOURCES),
    )


def _record(unit: str, indicator: Indicator, found: Found) -> dict[str, Any]:
    key = {"unit": unit, "indicator": indicator.name, "status": found.status, "note": ";".join(found.note)}
    row: dict[str, Any] = dict.fromkeys(
        ("value", "numerator", "denominator", "mean", "sd", "se", "df"), math.nan
    )
    row |= key | {"scale": found.scale, "method": found.method, "n": float(found.n)}
    row |= dict(zip(("scatter", "scatter_df"), found.scatter, strict=True))
    if found.counts:
        return row | {"numerator": found.numerator, "denominator": found.denominator}
    return row | {"value": found.value, "se": found.se, "df": found.df}


def _source(unit: str, indicator: Indicator, found: Found) -> dict[str, Any]:
    rules = events.RULES | {"pass_rate": checklists.RULE, "score_rate": checklists.RULE}
    stat = indicator.measure or "stability"
    timed = stat in ("response_time", "resolution_time")
    return {
        "unit": unit, "indicator": indicator.name, "source": indicator.source, "stat": stat,
        "definition": rules.get(stat, stability.RULE), "value": stability.point(found, indicator),
        "numerator": found.numerator, "denominator": found.denominator, "n": found.n,
        "n_excluded": sum(found.excluded.values()),
        "excluded_why": ";".join(f"{why}:{n}" for why, n in found.excluded.items()),
        "n_open": found.n_open, "status": found.status, "note": ";".join(found.note),
        "method": found.method or (indicator.statistic or "median" if timed else ""),
    }  # fmt: skip
