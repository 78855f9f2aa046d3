"""Which weight would have to move, and how far, for a unit to get the grade next to its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES, sort_by_key
from svclib.scores import TOTAL, WeightDraws, membership, round_half, shares
from svclib.sensitivity.standing import Standing, regraded, rescored, scaled, unscaled

NEAREST = 3  # single weights told per unit
PAST = 1e-6  # how far past the point the grade is looked up again


class _Flip(NamedTuple):
    """One weight of one unit at the point where the published score crosses a cut."""

    unit: int
    target: int  # grade on the other side
    level: int | None  # the dimension whose indicators are weighted; None is the level of the dimensions
    child: int  # position among the dimensions, or among all indicators
    weight: float
    at: float

    @property
    def move(self) -> float:
        return self.at - self.weight


class _Level(NamedTuple):
    """Children of one parent for one unit, q of them; points on the scale on which the mean is linear."""

    dimension: int | None
    places: np.ndarray
    written: np.ndarray
    used: np.ndarray  # the same without what does not apply, re-proportioned
    points: np.ndarray
    wanted: float  # mean of the points at which the total crosses


def edge(cut: float, *, decimals: int) -> float:
    """The unrounded score at which the published one, rounded to `decimals`, reaches `cut`."""
    step = 10.0**-decimals
    return float(np.ceil(np.round(cut / step, 6)) * step - step / 2)


def flip_weight(weights: np.ndarray, points: np.ndarray, child: int, wanted: float) -> float:
    """The weight of `child` at which Σwx is `wanted`, the others re-proportioned; NaN where none is.

    w* = (wanted − S₋)/(x − S₋) with S₋ = (S − wx)/(1 − w), the score without it.

    Parameters
    ----------
    weights, points : (q,), weights sum to 1.
    """
    w, x = weights[child], points[child]
    if w >= 1:
        return float("nan")
    without = (weights @ points - w * x) / (1 - w)
    return float((wanted - without) / (x - without)) if abs(x - without) > 1e-12 else float("nan")


def least_mass(weights: np.ndarray, points: np.ndarray, wanted: float) -> tuple[float, int]:
    """Least sum of weight to be moved so that Σwx is `wanted`, and from how many indicators.

    All goes to the best indicator (to rise; the worst to fall), from the worst upwards: from one
    donor |S − wanted|/(max x − min x).  NaN and 0 where no weights reach it.
    """
    sign = 1.0 if wanted >= weights @ points else -1.0
    order = np.argsort(sign * points)
    gain = sign * (points[order[-1]] - points[order])
    need, moved = sign * (wanted - weights @ points), 0.0
    for k, (w, g) in enumerate(zip(weights[order], gain, strict=True)):
        if g <= 0:
            break
        if need <= w * g:
            return moved + need / g, k + 1
        need, moved = need - w * g, moved + w
    return float("nan"), 0


def breakpoints(of: Standing, *, cycle: str) -> pd.DataFrame:
    """Table "breakpoints": the few weights nearest to changing each unit's grade.

    Per unit the single weights that need move least to reach the grade above or below, the
    others of the same level re-proportioned; and, with node "total", the least weight that
    must move between any indicators (arithmetic means only).  The score crosses where the
    *published* number does, bonus and penalty points included.  Just past that point every
    unit is graded anew: `feasible` says whether the unit then has this grade, `flips` names
    the others whose grade changes as well.  Under target rules nothing is crossed: no row.

    note: "held" by a limit or the buffer whatever the weights, "several_donors".
    """
    rules = of.framework.grades
    rows: list[dict[str, Any]] = []
    nodes = rescored(of, of.weights) if of.units and rules.method == "cuts" else {}
    single: list[_Flip] = []
    for u, place in enumerate(_by_cut(of, nodes)):
        told: list[_Flip] = []
        for target, cut in _ways(place, rules.cuts):
            wanted = edge(cut, decimals=rules.decimals) - of.net[u]
            told += [
                _Flip(u, target, level.dimension, int(level.places[j]), float(level.written[j]), at)
                for level in _levels(of, nodes, u, wanted)
                for j, at in _crossings(level)
            ]
            rows += _mass(of, u, (place, target), wanted)
        single += sorted(told, key=lambda f: round(abs(f.move), 9))[:NEAREST]
    found = pd.DataFrame(rows + _judged(of, single))
    found = found.assign(cycle=cycle).reindex(columns=list(TABLES["breakpoints"].all_columns))
    return sort_by_key("breakpoints", found)


def _by_cut(of: Standing, nodes: Mapping[str, np.ndarray]) -> list[int]:
    """Grade of every unit by the cuts alone."""
    if not nodes:
        return []
    rules = of.framework.grades
    published = round_half(nodes[TOTAL][0], decimals=rules.decimals, rule=rules.rounding)
    return np.minimum((published[:, None] < np.array(rules.cuts)).sum(axis=1), len(rules.cuts) - 1).tolist()


def _ways(place: int, cuts: Sequence[float]) -> list[tuple[int, float]]:
    """The grades above and below, with the cut between."""
    up = [(place - 1, cuts[place - 1])] if place else []
    return up + ([(place + 1, cuts[place])] if place + 1 < len(cuts) else [])


def _levels(of: Standing, nodes: Mapping[str, np.ndarray], unit: int, wanted: float) -> Iterator[_Level]:
    """The dimensions under the total, and the indicators under each dimension."""
    rules, member = of.framework, membership(of.framework)
    share = shares(of.weights, rules, of.applies[unit][None, :])
    top, local = share.dimension[0], share.local[0]
    scores = np.array([nodes[d.name][0, unit] for d in rules.dimensions])
    dims = np.nan_to_num(scaled(scores, rules.aggregate, rules))
    goal = float(scaled(np.array(max(wanted, 0.0)), rules.aggregate, rules))
    yield _Level(None, np.arange(len(top)), of.weights.top[0], top, dims, goal)
    for k in np.flatnonzero(top > 0):
        at = np.flatnonzero(member == k)
        how = rules.dimensions[k].aggregate or rules.aggregate
        needed = unscaled(np.array(dims[k] + (goal - top @ dims) / top[k]), rules.aggregate)
        points = np.nan_to_num(scaled(of.points[unit, at], how, rules))
        inner = float(scaled(np.maximum(needed, 0.0), how, rules))
        yield _Level(int(k), at, of.weights.local[0, at], local[at], points, inner)


def _crossings(level: _Level) -> Iterator[tuple[int, float]]:
    """Children whose weight alone can reach the cut, and the written weight at which it does."""
    for j in np.flatnonzero((level.used > 0) & (level.used < 1)):
        used = flip_weight(level.used, level.points, int(j), level.wanted)
        if 0 <= used <= 1:
            # What does not apply to the unit keeps its written share of the others.
            others = (level.used > 0) & (np.arange(len(level.used)) != j)
            left = level.written[others].sum() / (1 - level.written[j])
            yield int(j), float(used * left / (1 - used + used * left))


def _mass(of: Standing, unit: int, way: tuple[int, int], wanted: float) -> list[dict[str, Any]]:
    """The row of the least weight moved between any indicators; `way` is the grade by cut and the other."""
    rules, (place, target), own = of.framework, way, int(of.grade[unit])
    if {rules.aggregate, *(d.aggregate or rules.aggregate for d in rules.dimensions)} != {"arithmetic"}:
        return []
    share = shares(of.weights, rules, of.applies[unit][None, :]).overall(membership(rules))[0]
    moved, donors = least_mass(share[share > 0], of.points[unit, share > 0], wanted)
    if not donors:
        return []
    held = own != place and max(target, own) == own
    return [
        {
            "unit": of.units[unit],
            "grade": rules.grades.labels[target],
            "node": TOTAL,
            "move": moved,
            "feasible": not held,
            "flips": "",
            "note": "held" if held else "several_donors" if donors > 1 else "",
        }
    ]


def _judged(of: Standing, flips: Sequence[_Flip]) -> list[dict[str, Any]]:
    """Rows of single weights, every unit graded anew just past the point."""
    if not flips:
        return []
    codes = regraded(of, rescored(of, _past(of, flips)))
    names = ([d.name for d in of.framework.dimensions], [i.name for i in of.framework.indicators])
    rows = []
    for flip, found in zip(flips, codes, strict=True):
        changed = found != of.grade
        others = [u for k, u in enumerate(of.units) if changed[k] and k != flip.unit]
        rows.append(
            {
                "unit": of.units[flip.unit],
                "grade": of.framework.grades.labels[flip.target],
                "node": names[flip.level is not None][flip.child],
                "weight": flip.weight,
                "weight_at_flip": flip.at,
                "move": flip.move,
                "feasible": bool(changed[flip.unit] and found[flip.unit] == flip.target),
                "flips": ";".join(others),
                "note": "" if changed[flip.unit] else "held",
            }
        )
    return rows


def _past(of: Standing, flips: Sequence[_Flip]) -> WeightDraws:
    """A row of weights per flip, moved a trifle further."""
    member = membership(of.framework)
    local, top = (np.repeat(w, len(flips), axis=0) for w in of.weights)
    for d, flip in enumerate(flips):
        at = float(np.clip(flip.at + PAST * np.sign(flip.move), 0.0, 1.0))
        row, inside = (top[d], slice(None)) if flip.level is None else (local[d], member == flip.level)
        row[inside] *= (1 - at) / (1 - flip.weight)
        row[flip.child] = at
    return WeightDraws(local, top)
