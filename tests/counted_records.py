"""Events, inspections and indicators that count them, small enough to count by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from svclib import framework, kpis
from svclib.kpis import Span

QUARTER = Span.of(dt.date(2026, 4, 1), dt.date(2026, 6, 30))
SHARE = {"kind": "proportion", "unit": "%", "from": "events", "score": {0: 0, 100: 100}}
TIME = {"kind": "duration", "unit": "小时", "from": "events", "better": "low", "score": {1: 100, 100: 0}}
RATE = {"kind": "rate", "from": "events", "better": "low", "score": {0: 100, 10: 0}}
CHECK = {"kind": "checklist", "unit": "%", "from": "inspections", "score": {0: 0, 100: 100}}
EVENT = dict.fromkeys(
    (
        "category",
        "step",
        "cause",
        "due",
        "responded",
        "closed",
        "fed_back",
        "resolved",
        "repeat_of",
        "in_time",
    ),
    "",
) | {"reopened": float("nan"), "transferred": float("nan"), "unit": "甲"}
FINDING = {"unit": "甲", "date": "2026-05-06", "place": "", "check": "通道", "inspector": "J-01"}
FINDING |= {"result": "", "score": float("nan"), "full_marks": float("nan")}


def system(**indicators: Mapping[str, Any]) -> framework.Framework:
    """A framework of these indicators, equally weighted."""
    return framework.from_dict(content(**indicators))


def content(**indicators: Mapping[str, Any]) -> dict[str, Any]:
    """Content of the file of `system`."""
    return {
        "name": "试评",
        "version": "1",
        "subjects": {"客户": 1},
        "weights": {"method": "equal"},
        "grades": {"scale": {"优": 90, "良": 80, "中": 60, "差": 0}},
        "dimensions": {"服务": {"weights": {"method": "equal"}, "indicators": indicators}},
    }


def events(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Typed sheet "events"; ids in order, opened on 1 May unless said."""
    base = [EVENT | {"id": f"E{k}", "opened": "2026-05-01 00:00:00"} | dict(r) for k, r in enumerate(rows)]
    return pd.DataFrame(base)


def findings(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Typed sheet "inspections"."""
    return pd.DataFrame([FINDING | dict(r) for r in rows])


def measure(
    system: framework.Framework,
    *,
    events: pd.DataFrame | None = None,
    inspections: pd.DataFrame | None = None,
    exposure: Mapping[str, float] | None = None,
    units: Sequence[str] = ("甲",),
    span: Span = QUARTER,
) -> kpis.Measured:
    """What these records say; `exposure` is that of every unit."""
    amounts = [{"unit": u, "exposure": n, "amount": a} for u in units for n, a in (exposure or {}).items()]
    against = None if exposure is None else pd.DataFrame(amounts, columns=["unit", "exposure", "amount"])
    sheets = kpis.Sheets(events, inspections, against)
    return kpis.measure(sheets, system, cycle="2026Q2", units=units, span=span)


def one(indicator: Mapping[str, Any], **records: Any) -> pd.Series:
    """Value and sources of one indicator of unit 甲, in one row."""
    framed = system(指标甲=indicator)
    found = measure(framed, **records)
    row = kpis.values(found.records, framed).iloc[0]
    told = found.sources.iloc[0].drop(["value", "n", "status", "method", "note"])
    return pd.concat([row.drop(["cycle", "unit", "indicator"]), told.drop(["cycle", "unit", "indicator"])])
