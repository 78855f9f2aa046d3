"""The same grades without one indicator, and under every other choice that could be defended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from svclib.columns import TABLES, sort_by_key
from svclib.scores import TOTAL, WeightDraws, round_half
from svclib.sensitivity.ranks import EXACT
from svclib.sensitivity.standing import Standing, regraded, rescored

Side = tuple[Standing, WeightDraws]


def drop_one(sides: Sequence[Standing], *, cycle: str) -> pd.DataFrame:
    """Table "drop_one": score, grade and rank of every unit with the weight of one indicator gone.

    The other indicators of its dimension take its weight in proportion; a dimension left
    without any gives its own to the others.  Limits and targets stay: they do not weigh.
    Ranks are over all sides; rank_shift is positive where the unit falls behind.  An indicator
    that does not count for a unit changes nothing there and has no row.
    """
    names = list(dict.fromkeys(i.name for of in sides for i in of.framework.indicators))
    now = [rescored(of, of.weights)[TOTAL][0] for of in sides]
    place = _ranks(now)
    every = [_each_dropped(of) for of in sides]
    rows: list[dict[str, Any]] = []
    for name in names:
        totals = [found[name][0] if name in found else old for found, old in zip(every, now, strict=True)]
        after = iter(zip(place, _ranks(totals), strict=True))
        for of, found, old in zip(sides, every, now, strict=True):
            ranks = [next(after) for _ in of.units]
            rows += _dropped(of, name, old, found[name], ranks) if name in found else []
    frame = pd.DataFrame(rows).assign(cycle=cycle).reindex(columns=list(TABLES["drop_one"].all_columns))
    return sort_by_key("drop_one", frame)


def _each_dropped(of: Standing) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Totals and grades of all units without each indicator."""
    names = [i.name for i in of.framework.indicators]
    local = np.repeat(of.weights.local, len(names), axis=0)
    np.fill_diagonal(local, 0.0)
    nodes = rescored(of, WeightDraws(local, np.repeat(of.weights.top, len(names), axis=0)))
    return dict(zip(names, zip(nodes[TOTAL], regraded(of, nodes), strict=True), strict=True))


def _dropped(
    of: Standing,
    name: str,
    old: np.ndarray,
    found: tuple[np.ndarray, np.ndarray],
    ranks: Sequence[tuple[float, float]],
) -> Iterator[dict[str, Any]]:
    position = [i.name for i in of.framework.indicators].index(name)
    counts = of.applies[:, position] & (of.weights.local[0, position] > 0) & np.isfinite(found[0])
    for k in np.flatnonzero(counts).tolist():
        yield {
            "unit": of.units[k],
            "dropped": name,
            "score": found[0][k],
            "change": found[0][k] - old[k],
            "grade": _label(of, found[1][k]),
            "differs": bool(found[1][k] != of.grade[k]),
            "rank": ranks[k][1],
            "rank_shift": ranks[k][1] - ranks[k][0],
        }


def _ranks(totals: Sequence[np.ndarray]) -> np.ndarray:
    return stats.rankdata(-np.round(np.concatenate(totals), EXACT), method="min", nan_policy="omit")


def _label(of: Standing, code: int) -> str:
    return "" if code < 0 else of.framework.grades.labels[code]


def equal_weights(of: Standing) -> WeightDraws:
    """Equal weights within every dimension and over the dimensions."""
    names = [i.dimension for i in of.framework.indicators]
    k = len(of.framework.dimensions)
    return WeightDraws(np.array([[1 / names.count(d) for d in names]]), np.full((1, k), 1 / k))


def expert_weights(of: Standing, panel: pd.DataFrame) -> WeightDraws:
    """The weights of one expert at the levels he judged, those in force at the others.

    Parameters
    ----------
    panel : parent, item, weight: his rows of table "expert_weights".
    """
    known = {(r["parent"], r["item"]): r["weight"] for r in panel.to_dict("records")}
    rules, held = of.framework, of.weights
    inner = [
        known.get((i.dimension, i.name), w) for i, w in zip(rules.indicators, held.local[0], strict=True)
    ]
    top = [known.get((TOTAL, d.name), w) for d, w in zip(rules.dimensions, held.top[0], strict=True)]
    return WeightDraws(np.array([inner]), np.array([top]))


def method_weights(of: Standing, methods: pd.DataFrame) -> dict[str, WeightDraws]:
    """Weights by each method that the data allow and that is not in force, by "method_<name>".

    The levels a method has no complete weights for keep those in force; of the variants of a
    method the first counts.  Weights from the data move with the sample.

    Parameters
    ----------
    methods : table "weight_methods".
    """
    others = methods[~methods["applied"].astype(bool)]
    whole = others.groupby(["method", "variant", "parent"])["local"].transform(lambda w: w.notna().all())
    first = others[whole.astype(bool)].drop_duplicates(["method", "parent", "node"])
    first = first[~first["method"].isin(["equal"])].rename(columns={"node": "item", "local": "weight"})
    return {f"method_{name}": expert_weights(of, rows) for name, rows in first.groupby("method", sort=True)}


def scenarios(choices: Mapping[str, Sequence[Side]], *, cycle: str) -> pd.DataFrame:
    """Table "scenarios": published score and grade of every unit had one choice been another.

    Parameters
    ----------
    choices : by scenario, the units under the same rules, and one row of weights.
    """
    rows = [
        row for name, sides in choices.items() for of, weights in sides for row in _chosen(name, of, weights)
    ]
    frame = pd.DataFrame(rows).assign(cycle=cycle).reindex(columns=list(TABLES["scenarios"].all_columns))
    return sort_by_key("scenarios", frame)


def _chosen(name: str, of: Standing, weights: WeightDraws) -> Iterator[dict[str, Any]]:
    nodes, rule = rescored(of, weights), of.framework.grades
    shown = round_half(nodes[TOTAL][0], decimals=rule.decimals, rule=rule.rounding)
    codes = regraded(of, nodes)[0]
    for k, unit in enumerate(of.units):
        told = {"scenario": name, "unit": unit, "published": shown[k], "grade": _label(of, codes[k])}
        yield told | {"differs": bool(codes[k] != of.grade[k])}


def screened(headline: pd.DataFrame, grades: pd.DataFrame) -> pd.DataFrame:
    """Rows of table "scenarios" from another screening: no answer excluded, or every marked one.

    Parameters
    ----------
    headline : table "screening_headline" of one cycle.
    grades : table "grades" of the cycle; its graded units are told.
    """
    known = grades.loc[grades["status"] == "graded", ["cycle", "unit"]]
    total = headline[(headline["stat"] == "score") & (headline["level"] == TOTAL)].merge(known)
    parts = [
        total[["cycle", "unit"]].assign(
            scenario=f"screening_{way}",
            published=total[f"estimate_{way}"],
            grade=total[f"grade_{way}"],
            differs=total[f"grade_{way}"] != total["grade_kept"],
        )
        for way in ("all", "strict")
    ]
    return pd.concat(parts, ignore_index=True)


def robustness(grades: pd.DataFrame, found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Table "robustness": on one row per graded unit, whether its grade would flip.

    Parameters
    ----------
    grades : table "grades" of one cycle.
    found : tables "grade_stability", "breakpoints" and "scenarios" of the cycle.
    """
    rows = grades.loc[grades["status"] == "graded", ["cycle", "unit", "grade"]]
    odds = found["grade_stability"].pivot_table(
        index=["cycle", "unit", "grade"], columns="source", values="probability"
    )
    odds = odds.reindex(columns=["sampling", "weights", "both"]).rename(
        columns={"sampling": "probability", "weights": "p_weights", "both": "p_both"}
    )
    rows = rows.merge(odds.reset_index(), on=["cycle", "unit", "grade"], how="left")
    tried = found["scenarios"].groupby(["cycle", "unit"])["differs"].agg(["size", "sum"])
    kept = pd.DataFrame({"n_scenarios": tried["size"], "n_same": tried["size"] - tried["sum"]})
    rows = rows.merge(kept.reset_index(), on=["cycle", "unit"], how="left")
    points = found["breakpoints"]
    nearest = points[points["feasible"] & (points["node"] != TOTAL)]
    nearest = nearest.loc[nearest["move"].abs().groupby(nearest["unit"]).idxmin()]
    columns = {"grade": "flip_grade", "node": "node", "weight": "weight", "weight_at_flip": "weight_at_flip"}
    nearest = nearest[["cycle", "unit", *columns, "move"]].rename(columns=columns)
    # Without any breakpoint the empty columns have no type of their own.
    nearest = nearest.astype({"flip_grade": "str", "node": "str"})
    rows = rows.merge(nearest, on=["cycle", "unit"], how="left")
    rows = rows.fillna({"flip_grade": "", "node": "", "n_scenarios": 0, "n_same": 0})
    return sort_by_key("robustness", rows[list(TABLES["robustness"].all_columns)])
