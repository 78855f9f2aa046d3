"""Pass rates and score rates of inspections, with the visit as the sampling unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.estimates import Estimate, item_means
from svclib.kpis.found import Found, Span
from svclib.moments import reduce

if TYPE_CHECKING:
    from svclib.framework import Indicator

# One round of one inspector at one place: what he finds there hangs together.
VISIT = ["unit", "date", "place", "inspector"]
RULE = "inspected_in_period"


class Rates(NamedTuple):
    """What is found for each indicator, by name, and how the findings of the unit hang together."""

    found: dict[str, Found]
    names: tuple[str, ...]
    cov: np.ndarray
    df: float


def nothing(indicators: Sequence[Indicator], status: str = "not_applicable") -> Rates:
    """No rate of any, all with one status."""
    return Rates({i.name: Found(status) for i in indicators}, (), np.zeros((0, 0)), np.nan)


def measured(inspections: pd.DataFrame, indicators: Sequence[Indicator], span: Span) -> Rates:
    """Rates of one unit.

    Parameters
    ----------
    inspections : rows of sheet "inspections" of one unit

    Notes
    -----
    pass_rate = passed / checked where it applies; score_rate = Σ points / Σ full marks.  Both are
    weighted means over findings; their SE is linearised over visits, each score divided by
    √(1 − h), df from the effective number of visits: `estimates.item_means` with clusters, which
    also counts half a pseudo-finding at each end where findings are few.
    """
    inside = span.holds(pd.to_datetime(inspections["date"]))
    used = {i.name: _used(inspections, i, inside) for i in indicators}
    found: dict[str, Found] = {}
    for indicator in indicators:
        mine, left = used[indicator.name]
        found[indicator.name] = Found("not_applicable" if mine.empty else "ok", excluded=left)
    filled = [i for i in indicators if found[i.name].status == "ok"]
    if not filled:
        return nothing(())._replace(found=found)
    rows = pd.concat([used[i.name][0].rename(columns={"share": i.name}) for i in filled], ignore_index=True)
    names = [i.name for i in filled]
    tables = reduce(rows, names, psu="cluster")
    unit = str(rows["unit"].iloc[0])
    estimate = item_means(tables, unit=unit, bounds=dict.fromkeys(names, (0.0, 1.0)))
    df = min(part.df for part in estimate.parts)
    for k, indicator in enumerate(filled):
        found[indicator.name] = _found(indicator, used[indicator.name], estimate, k, df)
    return Rates(found, tuple(names), estimate.cov, df)


def _used(rows: pd.DataFrame, indicator: Indicator, inside: pd.Series) -> tuple[pd.DataFrame, dict[str, int]]:
    """Findings of the indicator as shares with their weight, and what was left out."""
    hit = np.ones(len(rows), dtype=bool)
    for column, names in indicator.where.given.items():
        hit &= rows[column].isin(names).to_numpy()
    passes = indicator.measure == "pass_rate"
    fits = rows["result"].isin(["pass", "fail"]) if passes else rows["score"].notna()
    idle = rows["result"] == "not_applicable"
    left = {
        "outside_period": int((hit & ~inside).sum()),
        "does_not_apply": int((hit & inside & idle).sum()),
        ("scored" if passes else "not_scored"): int((hit & inside & ~fits & ~idle).sum()),
    }
    mine = rows[hit & inside & fits]
    weight = pd.Series(1.0, index=mine.index) if passes else mine["full_marks"]
    share = (mine["result"] == "pass").astype(float) if passes else mine["score"] / mine["full_marks"]
    visit = mine["unit"].str.cat(mine[VISIT[1:]], sep="/")
    kept = pd.DataFrame({"cycle": "", "unit": mine["unit"], "subject": "", "weight": weight, "share": share})
    return kept.assign(cluster=visit), {why: n for why, n in left.items() if n}


def _found(
    indicator: Indicator, used: tuple[pd.DataFrame, dict[str, int]], estimate: Estimate, k: int, df: float
) -> Found:
    mine, left = used
    top, share = indicator.bounds[1], float(estimate.value[k])
    variance = float(estimate.cov[k, k])
    known = np.isfinite(variance) and variance > 0
    return Found(
        value=top * share, se=top * variance**0.5 if known else np.nan, df=df if known else np.nan,
        numerator=float((mine["share"] * mine["weight"]).sum()), denominator=float(mine["weight"].sum()),
        n=len(mine), excluded=left, method="visits" if known else "fixed",
        note=tuple(p for p in str(estimate.note[k]).split(";") if p) + (() if known else ("single_visit",)),
    )  # fmt: skip
