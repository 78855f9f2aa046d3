"""Statistical signals as rows of table "alerts", beside those raised by thresholds."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib.columns import TABLES
from svclib.framework import Framework
from svclib.monitoring.rules import CONCERNING, RULES
from svclib.monitoring.thresholds import AMBER

SIGNAL = "signal"
FAR = "worse_998"
OF_FUNNEL = "funnel_998"


def signals(
    charts: pd.DataFrame,
    funnel: pd.DataFrame,
    framework: Framework,
    due: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """One row per unit and indicator whose last point is a special cause for the worse, or far behind.

    A chart speaks where its limits are no trial; of several charts of one indicator the one with the
    shortest sub-periods does.  `threshold` is the limit crossed, or the centre line where a run says so.

    Parameters
    ----------
    charts : table "control_charts"; funnel : table "funnel"; both of the current cycle
    due : deadline by unit and indicator
    """
    firm = charts[(charts["level"] == "indicator") & (charts["status"] == "adequate")]
    firm = firm.sort_values("every", key=lambda every: every.map(_LENGTH)).drop_duplicates(["unit", "node"])
    worse = firm[firm["variation"] == CONCERNING].rename(columns={"node": "indicator"})
    worse = worse.assign(
        rule=[_first(rule) for rule in worse["rule"]],
        threshold=[_crossed(row) for row in worse.to_dict("records")],
    )
    far = funnel[funnel["status"] == FAR].assign(rule=OF_FUNNEL)
    edge = far["low_998"].where(far["value"] < far["centre"], far["high_998"])
    both = [worse, far.assign(threshold=edge, since=far["cycle"])]
    wanted = ["cycle", "unit", "indicator", "rule", "value", "threshold", "since"]
    rows = pd.concat([f[wanted] for f in both if len(f)] or [worse[wanted]], ignore_index=True)
    told = {i.name: i for i in framework.indicators}
    keys = list(zip(rows["unit"], rows["indicator"], strict=True))
    return rows.assign(
        raised_by=SIGNAL,
        level=AMBER,
        measure=[told[i].unit for i in rows["indicator"]],
        owner=[told[i].owner for i in rows["indicator"]],
        step=[told[i].step for i in rows["indicator"]],
        due=[(due or {}).get(key, "") for key in keys],
    )[list(TABLES["alerts"].all_columns)]


_LENGTH = {"week": 0, "month": 1, "cycle": 2}


def _first(rules: str) -> str:
    return next(name for name in RULES if name in rules.split(";"))


def _crossed(row: Mapping) -> float:
    if _first(row["rule"]) != "outside":
        return float(row["centre"])
    return float(row["limit_low"] if row["value"] < row["centre"] else row["limit_high"])
