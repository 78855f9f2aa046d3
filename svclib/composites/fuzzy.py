"""Fuzzy comprehensive evaluation (模糊综合评价): memberships in the grades, by four operators side by side.

B = W ∘ R: weights W of the indicators, R their memberships in the grades (Zadeh 1965; Wang
Peizhuang 汪培庄 1983, 模糊集合论及其应用).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError
from svclib.framework import Framework

# How a weight meets a membership, and how the indicators are put together.
OPERATORS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "min_max": (np.minimum, np.max),  # M(∧,∨)
    "product_max": (np.multiply, np.max),  # M(·,∨)
    "min_sum": (np.minimum, np.sum),  # M(∧,⊕)
    "product_sum": (np.multiply, np.sum),  # M(·,⊕): the only one that uses every indicator in proportion
}
TOTAL = "total"
KEY = ["unit", "node", "levels", "operator"]


def compose(weights: np.ndarray, relation: np.ndarray, *, operator: str) -> np.ndarray:
    """Memberships of the whole, (k,), from weights (m,) and memberships of the parts (m, k).

    ⊕ is the bounded sum min(1, a + b).  The result is not made to sum to 1.
    """
    if operator not in OPERATORS:
        raise ParamError(f"operator={operator!r}; choose one of {list(OPERATORS)}")
    meet, join = OPERATORS[operator]
    return np.minimum(join(meet(np.asarray(weights)[:, None], np.asarray(relation)), axis=0), 1.0)


def memberships(points: np.ndarray, cuts: Sequence[float]) -> np.ndarray:
    """Memberships of points 0-100 in the grades, (n, k), best first; every row sums to 1.

    Straight lines that cross at ½ on each cut and reach 0 and 1 half the narrower
    neighbouring grade away from it, so that the largest membership is the grade by the cut.

    Parameters
    ----------
    points : (n,)
    cuts : lowest points of each grade, best first, the last 0
    """
    at = np.asarray(cuts, dtype=float)[:-1]
    edges = np.array([100.0, *cuts])
    width = np.minimum(edges[:-2] - edges[1:-1], edges[1:-1] - edges[2:]) / 2
    if (width <= 0).any():
        raise ParamError(f"cuts {list(cuts)}; they fall from below 100 to 0")
    reached = np.clip((np.asarray(points, dtype=float)[:, None] - at) / width / 2 + 0.5, 0, 1)
    ends = np.ones((len(reached), 1))
    return np.diff(np.hstack([0 * ends, reached, ends]), axis=1)


def answer_memberships(responses: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Share of the answers to a rating that fall in each grade, by the points of the answer.

    Parameters
    ----------
    responses : answers that count, reverse items recoded: unit, subject, weight, items

    Returns
    -------
    DataFrame
        unit, indicator and a column per grade, best first: weighted shares of each item,
        their mean over items, blended over evaluators as the framework says.
    """
    labels, cuts = framework.grades.labels, np.array(framework.grades.cuts)
    parts = []
    for indicator in framework.indicators:
        rows = responses[responses["subject"].isin(indicator.subjects)] if indicator.items else responses[:0]
        long = rows.melt(["unit", "subject", "weight"], list(indicator.items), "item").dropna(subset="value")
        if long.empty:
            continue
        points = np.round(indicator.points(long["value"].to_numpy()), 9)
        long["grade"] = np.minimum((points[:, None] < cuts).sum(axis=1), len(labels) - 1)
        who = ["unit", "subject", "item"]
        mass = long.pivot_table("weight", who, "grade", aggfunc="sum", fill_value=0.0)
        mass = mass.reindex(columns=range(len(labels)), fill_value=0.0)
        share = mass.div(mass.sum(axis=1), axis=0).groupby(level=["unit", "subject"]).mean()
        weight = share.index.get_level_values("subject").map(framework.subjects).to_numpy(dtype=float)
        of_unit = pd.Series(weight, share.index).groupby(level="unit").transform("sum")
        blended = share.mul(weight / of_unit.to_numpy(), axis=0).groupby(level="unit").sum()
        parts.append(blended.set_axis(list(labels), axis=1).assign(indicator=indicator.name).reset_index())
    columns = ["unit", "indicator", *labels]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def fuzzy(relation: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Memberships of every dimension and total by each operator, made to sum to 1.

    Parameters
    ----------
    relation : unit, dimension, indicator, weight (share of the indicator in the total, above
        0) and a column of memberships per grade
    labels : grades, best first

    Returns
    -------
    DataFrame
        unit, node, levels, operator, grade, membership.  A dimension is put together from its
        indicators; the total from the dimensions (levels 2) and from all indicators at
        once (levels 1).  With "product_sum" both totals are the same.
    """
    if relation[["weight", *labels]].isna().to_numpy().any() or (relation["weight"] <= 0).any():
        raise DataError("fuzzy: an indicator has no membership, or no weight above 0")
    rows = []
    for unit, of_unit in relation.groupby("unit", sort=False):
        for operator in OPERATORS:
            for (node, levels), found in _of_unit(of_unit, labels, operator).items():
                rows += [(unit, node, levels, operator, g, m) for g, m in zip(labels, found, strict=True)]
    return pd.DataFrame(rows, columns=[*KEY, "grade", "membership"])


def _of_unit(
    relation: pd.DataFrame, labels: Sequence[str], operator: str
) -> dict[tuple[str, int], np.ndarray]:
    found, tops = {}, []
    for dimension, part in relation.groupby("dimension", sort=False):
        tops.append(part["weight"].sum())
        found[str(dimension), 1] = _whole(part["weight"], part[list(labels)], operator)
    found[TOTAL, 2] = _whole(pd.Series(tops), pd.DataFrame(found.values()), operator)
    found[TOTAL, 1] = _whole(relation["weight"], relation[list(labels)], operator)
    return found


def _whole(weights: pd.Series, relation: pd.DataFrame, operator: str) -> np.ndarray:
    share = weights.to_numpy(dtype=float) / weights.sum()
    found = compose(share, relation.to_numpy(dtype=float), operator=operator)
    return found / found.sum()


def verdicts(found: pd.DataFrame, labels: Sequence[str], middles: Sequence[float]) -> pd.DataFrame:
    """The grade of largest membership of every total of two levels, and whether it is sure.

    Parameters
    ----------
    found : what `fuzzy` gives
    labels, middles : grades best first, and the points in the middle of each

    Returns
    -------
    DataFrame
        unit, score (mean of the middles weighted with the memberships), grade and lead (over
        the second membership) by "product_sum", disagree: no grade is the largest under all
        four operators.
    """
    total = found[(found["node"] == TOTAL) & (found["levels"] == 2)]
    units = list(dict.fromkeys(total["unit"]))
    wide = total.set_index(["unit", "operator", "grade"])["membership"]
    wanted = pd.MultiIndex.from_product([units, list(OPERATORS), labels])
    table = wide.reindex(wanted).to_numpy().reshape(len(units), len(OPERATORS), len(labels))
    largest = table > table.max(axis=2, keepdims=True) - 1e-9
    own = table[:, list(OPERATORS).index("product_sum")]
    ordered = np.sort(own, axis=1)
    return pd.DataFrame(
        {
            "unit": units,
            "score": own @ np.asarray(middles, dtype=float),
            "grade": np.array(labels, dtype=object)[own.argmax(axis=1)],
            "lead": ordered[:, -1] - ordered[:, -2],
            "disagree": ~largest.all(axis=1).any(axis=1),
        }
    )
