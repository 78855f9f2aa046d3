"""Fuzzy comprehensive evaluation (模糊综合评价): memberships in the grades, by four operators side by side.

B = W ∘ R: weights W of the indicators, R their memberships in the grades (Zadeh 1965; Wang
Peizhuang 汪培庄 1983, 模糊集合论及其应用).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

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
    """Memberships of the whole, (…, k), from weights (…, m) and memberships of the parts (…, m, k).

    ⊕ is the bounded sum min(1, a + b).  The result is not made to sum to 1.
    """
    if operator not in OPERATORS:
        raise ParamError(f"operator={operator!r}; choose one of {list(OPERATORS)}")
    meet, join = OPERATORS[operator]
    return np.minimum(join(meet(np.asarray(weights)[..., None], np.asarray(relation)), axis=-2), 1.0)


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
    keys = [relation[c].drop_duplicates() for c in ("unit", "indicator")]
    grid = relation.set_index(["unit", "indicator"])[["weight", *labels]]
    # What a unit does not have weighs 0, which no operator lets through.
    filled = grid.reindex(pd.MultiIndex.from_product(keys), fill_value=0.0).to_numpy(dtype=float)
    table = filled.reshape(len(keys[0]), len(keys[1]), -1)
    of = relation.drop_duplicates("indicator").set_index("indicator")["dimension"].loc[keys[1]].to_numpy()
    parts = [
        _long(found, list(keys[0]), labels).assign(node=node, levels=levels, operator=operator)
        for operator in OPERATORS
        for (node, levels), found in _nodes(table[:, :, 0], table[:, :, 1:], of, operator).items()
    ]
    return pd.concat(parts, ignore_index=True)[[*KEY, "grade", "membership"]]


def _nodes(
    weights: np.ndarray, relation: np.ndarray, of: np.ndarray, operator: str
) -> dict[tuple[str, int], np.ndarray]:
    """Memberships (U, k) of every dimension and of both totals; NaN where a unit lacks a dimension."""
    names = list(dict.fromkeys(of))
    found = {(str(d), 1): _whole(weights[:, of == d], relation[:, of == d], operator) for d in names}
    tops = np.column_stack([weights[:, of == d].sum(axis=1) for d in names])
    below = np.nan_to_num(np.stack(list(found.values()), axis=1))
    return found | {
        (TOTAL, 2): _whole(tops, below, operator),
        (TOTAL, 1): _whole(weights, relation, operator),
    }


def _whole(weights: np.ndarray, relation: np.ndarray, operator: str) -> np.ndarray:
    mass = weights.sum(axis=1, keepdims=True)
    share = np.divide(weights, mass, out=np.zeros_like(weights), where=mass > 0)
    found = compose(share, relation, operator=operator)
    total = found.sum(axis=1, keepdims=True)
    return np.divide(found, total, out=np.full_like(found, np.nan), where=total > 0)


def _long(found: np.ndarray, units: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    wide = pd.DataFrame(found, columns=list(labels)).assign(unit=units).dropna()
    return wide.melt("unit", var_name="grade", value_name="membership")


def verdicts(found: pd.DataFrame, labels: Sequence[str], middles: ArrayLike) -> pd.DataFrame:
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
