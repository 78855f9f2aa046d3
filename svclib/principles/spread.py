"""Whether indicators and items tell units apart: tables "indicator_map" and "item_map"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.columns import checked, empty
from svclib.principles.material import Material

FULL = 100.0  # points of the best score
TIE = 1e-9  # points; scores that differ by less are the same
FEWEST = 3  # units; two always differ or do not


def indicator_map(m: Material) -> pd.DataFrame:
    """Table "indicator_map": how every indicator's scores spread over the units.

    best_share and floor_share are shares of units at 100 and at 0 points, sd the standard
    deviation of the scores.  separation = 1 - mean(SE²)/variance of the units' values, at
    least 0: the share of the differences between units that is not sampling error, which in
    a balanced one-way layout is ICC(k) = (MSB - MSW)/MSB (Shrout & Fleiss 1979,
    Psychological Bulletin 86, 420-428).  It is 0 where all values are equal, and unknown
    where values have no standard error (note "fixed") or fewer than three units have one
    (note "few_units").  effective_ratio is effective over nominal weight.
    """
    head, weights = m.headline(), m.global_weights[["global", "effective"]].astype(float)
    rows = []
    for indicator in m.framework.indicators:
        mine = head[head["indicator"] == indicator.name]
        share = {c: weights[c].get(indicator.name, np.nan) for c in weights}
        rows.append(
            {
                "cycle": m.cycle,
                "indicator": indicator.name,
                "dimension": indicator.dimension,
                "kind": indicator.kind,
                **_spread(mine),
                **share,
                "effective_ratio": share["effective"] / share["global"] if share["global"] else np.nan,
            }
        )
    return checked("indicator_map", pd.DataFrame(rows))


def _spread(rows: pd.DataFrame) -> dict[str, Any]:
    """Number of units, mean and sd of their scores, shares at the ends, separation."""
    scores, n = rows["score"].to_numpy(dtype=float), len(rows)
    at = {"best_share": np.abs(scores - FULL) < TIE, "floor_share": np.abs(scores) < TIE}
    told, note = separation(rows["value"].to_numpy(dtype=float), rows["se"].to_numpy(dtype=float))
    return {
        "n_units": n,
        "mean": scores.mean() if n else np.nan,
        "sd": float(scores.std(ddof=1)) if n > 1 else np.nan,
        **{name: hit.mean() if n else np.nan for name, hit in at.items()},
        "separation": told,
        "note": note,
    }


def separation(values: np.ndarray, se: np.ndarray) -> tuple[float, str]:
    """Share of the variance of unit values (n,) that is not sampling error; NaN with the reason."""
    if len(values) < FEWEST:
        return np.nan, "few_units"
    if np.ptp(values) == 0:
        return 0.0, ""
    if np.isnan(se).any():
        return np.nan, "fixed"
    return max(0.0, 1 - float((se**2).mean() / values.var(ddof=1))), ""


def item_map(m: Material) -> pd.DataFrame:
    """Table "item_map": mean, spread, missing and end shares of every item, its r_drop and ICC(1).

    icc is the share of the variance of single answers that lies between units, from a
    one-way analysis of variance without weights (`icc1`); r_drop comes from "item_analysis".
    """
    items = m.now(m.items)
    if items.empty:
        return empty("item_map")
    rest = m.now(m.analysis).groupby(["subject", "item"], as_index=False)["r_drop"].first()
    table = items.merge(rest, on=["subject", "item"], how="left")
    found = [
        icc1(rows[str(item)].to_numpy(dtype=float), rows["unit"].to_numpy())
        for subject, item in zip(table["subject"], table["item"], strict=True)
        for rows in [m.answers[m.answers["subject"] == subject]]
    ]
    return checked("item_map", table.drop(columns="n_missing").assign(icc=found))


def icc1(x: np.ndarray, unit: np.ndarray) -> float:
    """ICC(1) = (MSB - MSW)/(MSB + (n0 - 1) MSW) of answers (n,) in units; NaN where not defined.

    n0 = (N - sum of n_u²/N)/(U - 1) for units of unequal size (Bliese 2000, in Klein &
    Kozlowski, Multilevel theory, research, and methods in organizations, 349-381).
    """
    known = ~np.isnan(x)
    x, place = x[known], pd.factorize(unit[known])[0]
    sizes = np.bincount(place)
    total, units = len(x), len(sizes)
    if units < 2 or total <= units:
        return np.nan
    means = np.bincount(place, weights=x) / sizes
    between = (sizes * (means - x.mean()) ** 2).sum() / (units - 1)
    within = ((x - means[place]) ** 2).sum() / (total - units)
    if between + within == 0:
        return np.nan
    n0 = (total - (sizes**2).sum() / total) / (units - 1)
    return float((between - within) / (between + (n0 - 1) * within))
