"""What the published grades rest on, and the same again under other weights or points."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.grades import Met, grade, positions
from svclib.scores import TOTAL, WeightDraws, adjusted, membership, round_half, shares, written
from svclib.sensitivity.sampling import asked

if TYPE_CHECKING:
    from svclib.framework import Framework


class Standing(NamedTuple):
    """Graded units of one cycle under the same rules; U units, I indicators in the framework's order."""

    framework: Framework
    weights: WeightDraws  # in force, one row
    units: list[str]
    points: np.ndarray  # (U, I), NaN where an indicator does not apply
    natural: dict[str, np.ndarray]  # published natural value of each indicator, (U,)
    net: np.ndarray  # (U,) bonus and penalty points
    met: Met  # (U,) each
    last: np.ndarray  # (U,) positions of the last grades
    grade: np.ndarray  # (U,) positions of the published grades

    @property
    def applies(self) -> np.ndarray:
        """Which indicators count for each unit, (U, I)."""
        return ~np.isnan(self.points)


def standing(
    grades: pd.DataFrame, indicator_scores: pd.DataFrame, weights: pd.DataFrame, framework: Framework
) -> Standing:
    """The units of `grades` (one cycle, one group's rules) that are graded.

    Parameters
    ----------
    grades, indicator_scores : tables of the cycle.
    weights : table "weights" of the group.
    """
    rows = grades[grades["status"] == "graded"].sort_values("unit")
    units = [str(u) for u in rows["unit"]]
    head = indicator_scores[(indicator_scores["subject"] == "") & indicator_scores["unit"].isin(units)]
    names = [i.name for i in framework.indicators]
    applies = head["status"] != "not_applicable"

    def wide(column: pd.Series) -> np.ndarray:
        of = pd.Series(column.to_numpy(), index=pd.MultiIndex.from_frame(head[["unit", "indicator"]]))
        cells = pd.MultiIndex.from_product([units, names])
        return of.reindex(cells).to_numpy(dtype=float).reshape(len(units), len(names))

    local, top = written(weights, framework)
    natural = wide(head["value"])
    return Standing(
        framework,
        WeightDraws(local[None, :], top[None, :]),
        units,
        wide(head["score"].where(applies)),
        {name: natural[:, j] for j, name in enumerate(names)},
        rows["adjustment"].to_numpy(dtype=float),
        Met(rows["n_met"].to_numpy(), (rows["n_targets"] - rows["n_met"]).to_numpy()),
        positions(framework, rows["last_grade"].tolist()),
        positions(framework, rows["grade"].tolist()),
    )


def rescored(
    of: Standing, weights: WeightDraws, *, wanted: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Scores of the dimensions (only those in `wanted`) and the total, each (D, U), under D sets of weights.

    One product per pattern of what applies and dimension, never D × U × I numbers.
    """
    names = [d.name for d in of.framework.dimensions]
    chosen = names if wanted is None else [n for n in names if n in wanted]
    nodes = {name: np.empty((len(weights.top), len(of.units))) for name in (*chosen, TOTAL)}
    for applies in np.array(sorted(set(map(tuple, of.applies)))):
        at = (of.applies == applies).all(axis=1)
        made = _pattern(of._replace(points=of.points[at]), weights, applies, chosen)
        if at.all():
            nodes = made
        else:
            for name, scores in made.items():
                nodes[name][:, at] = scores
    return nodes | {TOTAL: adjusted(nodes[TOTAL], of.net) if of.net.any() else nodes[TOTAL]}


def _pattern(
    of: Standing, weights: WeightDraws, applies: np.ndarray, chosen: Collection[str]
) -> dict[str, np.ndarray]:
    """Scores of units to which the same indicators apply."""
    rules, member = of.framework, membership(of.framework)
    share = shares(weights, rules, applies[None, :])
    made = {}
    if rules.linear:
        mean = share.overall(member)[:, applies] @ of.points[:, applies].T
    else:
        mean = np.zeros((len(weights.top), len(of.points)))
    for k, d in enumerate(rules.dimensions):
        if rules.linear and d.name not in chosen:
            continue
        own = applies & (member == k)
        how = d.aggregate or rules.aggregate
        found = unscaled(share.local[:, own] @ scaled(of.points[:, own], how, rules).T, how)
        if not rules.linear:
            mean += share.dimension[:, k, None] * scaled(found, rules.aggregate, rules)
        made[d.name] = _where(share.local[:, own], found)
    made[TOTAL] = _where(share.dimension, unscaled(mean, rules.aggregate))
    return {name: made[name] for name in (*chosen, TOTAL)}


def _where(weights: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Scores (D, U), NaN in the draws whose weights (D, q) are all 0."""
    none = ~weights.any(axis=1)
    if none.any():
        scores[none] = np.nan
    return scores


def scaled(points: np.ndarray, how: str, rules: Framework) -> np.ndarray:
    """Points on the scale on which their mean is linear: logarithms for a geometric one."""
    return np.log(np.maximum(points, rules.floor or 0.0)) if how == "geometric" else points


def unscaled(points: np.ndarray, how: str) -> np.ndarray:
    """Back to points."""
    return np.exp(points) if how == "geometric" else points


def regraded(of: Standing, nodes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Grades (D, U) of scores (D, U): rounded, cut and limited exactly as published; -1 without a score."""
    rules = of.framework.grades
    total = nodes[TOTAL]
    wanted, size = asked(of.framework), len(total)
    published = {
        name: round_half(nodes[name].ravel(), decimals=rules.decimals, rule=rules.rounding)
        for name in wanted & set(nodes)
    }
    found = grade(
        of.framework,
        published[TOTAL],
        nodes=published,
        values={name: np.tile(of.natural[name], size) for name in wanted & set(of.natural)},
        met=Met(np.tile(of.met.met, size), np.tile(of.met.missed, size)),
        last=np.tile(of.last, size),
    )
    return found.grade.reshape(total.shape)
