"""Common and prominent problems, ranked by points lost × units; advice comes from the framework alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from svclib.columns import TABLES, sort_by_key
from svclib.framework import Framework

if TYPE_CHECKING:
    from svclib.params.rules import ProblemRules

COMMON, PROMINENT = "common", "prominent"
LEAST_UNITS = 2  # what one unit misses alone is not common
LEAST_FENCE = 5  # quartiles of fewer scores say nothing


def find(
    losses: pd.DataFrame, targets: pd.DataFrame, framework: Framework, rules: ProblemRules
) -> pd.DataFrame:
    """Table "problems" of one cycle.

    common : an indicator whose target at least `common_share` of the units with a judged
        target miss, and two units at least; unit "".
    prominent : a unit whose score of an indicator lies below the lower fence
        Q1 − outlier × (Q3 − Q1) of all units (Tukey 1977), five units at least.

    lost is the mean loss of the units concerned, lost_total = lost × units; `priority` ranks
    each kind by it, ties in the order of the framework.  target and value are given for
    prominent problems, peers is the median score of the unit's peers.

    Parameters
    ----------
    losses, targets : tables of the cycle.
    """
    rows = [*_common(losses, targets, rules), *_prominent(losses, rules)]
    told = {i.name: i for i in framework.indicators}
    place = {name: k for k, name in enumerate(told)}
    for row in rows:
        indicator = told[row["indicator"]]
        row |= {
            "dimension": indicator.dimension,
            "owner": indicator.owner,
            "step": indicator.step,
            "advice": indicator.advice,
        }
        row |= {"lost_total": row["lost"] * row["n_units"]}
    frame = pd.DataFrame(rows, columns=[c for c in TABLES["problems"].all_columns if c != "priority"])
    order = frame.assign(
        place=frame["indicator"].map(place), rank=-frame["lost_total"].astype(float).round(9)
    )
    order = order.sort_values(["problem", "rank", "place", "unit"], kind="stable")
    frame = frame.loc[order.index]
    frame["priority"] = frame.groupby("problem").cumcount() + 1
    return sort_by_key("problems", frame)


def _common(losses: pd.DataFrame, targets: pd.DataFrame, rules: ProblemRules) -> list[dict[str, Any]]:
    judged = targets[targets["status"].isin(["met", "missed"])]
    found = []
    for indicator, part in judged.groupby("indicator", sort=True):
        missed = part.loc[part["status"] == "missed", "unit"]
        share = len(missed) / len(part)
        if len(missed) < LEAST_UNITS or round(share - rules.common_share, 9) < 0:
            continue
        of = losses[(losses["indicator"] == indicator) & losses["unit"].isin(missed)]
        found.append(
            {
                "cycle": part["cycle"].iloc[0], "problem": COMMON, "indicator": indicator, "unit": "",
                "n_units": len(missed), "n_missed": len(missed), "share": share,
                "lost": float(of["lost"].mean()), "value": np.nan, "target": np.nan,
                "peers": np.nan,
            }
        )  # fmt: skip
    return found


def _prominent(losses: pd.DataFrame, rules: ProblemRules) -> list[dict[str, Any]]:
    found = []
    for _, part in losses.groupby("indicator", sort=True):
        if len(part) < LEAST_FENCE:
            continue
        low, high = np.quantile(part["score"], [0.25, 0.75])
        fence = low - rules.outlier * (high - low)
        outside = part[np.round(part["score"] - fence, 9) < 0]
        kept = ["cycle", "indicator", "unit", "lost", "value", "target", "peers"]
        found += [
            row | {"problem": PROMINENT, "n_units": 1, "n_missed": 0, "share": np.nan}
            for row in outside[kept].to_dict("records")
        ]
    return found
