"""From published scores to grades: cut the published number, then limits, then the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import sort_by_key
from svclib.errors import ParamError
from svclib.framework import Framework, Limit

TOTAL = "total"
NO_LIMIT = -1
# Values are compared with limits after dropping float noise beyond this decimal.
EXACT = 9


class Graded(NamedTuple):
    """Positions in `framework.grades.labels` (0 is best, -1 not graded) of D published scores.

    `limit` is the position of the limit that holds the grade in `framework.grades.limits`,
    -1 where none does.
    """

    by_cut: np.ndarray
    grade: np.ndarray
    limit: np.ndarray


def grade(
    framework: Framework,
    published: np.ndarray,
    *,
    nodes: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
) -> Graded:
    """Grade D published scores; the point grade and the draws take the same road.

    Parameters
    ----------
    published : ndarray, (D,)
        Totals, already rounded once by the framework's rule; NaN is not graded.
    nodes : mapping of ndarray, (D,)
        Published scores of dimensions, for limits on them.
    values : mapping of ndarray, (D,)
        Natural values of indicators, for limits on them; a limit whose object is in
        neither does not hold.

    Notes
    -----
    A limit can only lower.  The one that gives the lowest grade is reported; a veto that
    holds is reported even where the score alone gives the same grade.
    """
    rules = framework.grades
    if rules.buffer:
        raise ParamError(
            f"grades.buffer={rules.buffer:g}: a buffer against the last grade is not available; set 0"
        )
    published = np.asarray(published, dtype=float)
    by_cut = np.minimum((published[:, None] < np.array(rules.cuts)).sum(axis=1), len(rules.labels) - 1)
    by_cut = np.where(np.isnan(published), -1, by_cut)
    final, limit = by_cut.copy(), np.full(len(published), NO_LIMIT)
    for k, rule in enumerate(rules.limits):
        found = nodes.get(rule.object, values.get(rule.object))
        if found is None:
            continue
        result = rules.labels.index(rule.result)
        holds = rule.condition.holds(np.round(found, EXACT)) & (by_cut >= 0)
        lowers = holds & (result > final)
        named = holds & (result == final) & (limit == NO_LIMIT) & (rule.type == "veto")
        final = np.where(lowers, result, final)
        limit = np.where(lowers | named, k, limit)
    return Graded(by_cut, final, limit)


def grades(totals: pd.DataFrame, indicator_scores: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Table "grades": one row per unit with its grade, or why there is none.

    Order: the total is rounded once → cut → limits (only lower) → reason.  `reason` is one
    of by_cut, veto, cap, small_sample, not_reported, low_coverage.  A unit that is not
    graded has grade "".  `distance` is what the published score lacks to the next cut,
    whatever limits say.  Ranks are those of the unrounded scores of graded units, ties
    share the better rank; `sensitivity.rank_intervals` fills rank_low and rank_high.
    """
    frames = [
        _one_cycle(part, indicator_scores[indicator_scores["cycle"] == cycle], framework)
        for cycle, part in totals.groupby("cycle", sort=True)
    ]
    return sort_by_key("grades", pd.concat(frames, ignore_index=True))


def _one_cycle(totals: pd.DataFrame, indicator_scores: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    total = totals[totals["node"] == TOTAL].set_index("unit").sort_index()
    nodes = _by_unit(totals, "node", "published")
    head = indicator_scores[indicator_scores["subject"] == ""]
    values = _by_unit(head, "indicator", "value")
    status = _status(total, framework)
    published = total["published"].where(status == "graded").to_numpy(dtype=float)
    found = grade(framework, published, nodes=_columns(nodes), values=_columns(values))
    table = pd.DataFrame(
        {
            "cycle": total["cycle"],
            "unit": total.index,
            "group": "",
            "n": _respondents(head, framework, total.index),
            "adjustment": total["adjustment"],
            "n_met": 0,
            "n_targets": 0,
            "n_not_applicable": 0,
            "n_not_reported": 0,
            "n_small_sample": 0,
            "group_rank": np.nan,
            "published": total["published"],
            "by_cut": _labels(found.by_cut, framework),
            "grade": _labels(found.grade, framework),
            "status": status,
            "coverage": total["coverage"].fillna(0.0),
            "rank": total["score"].where(status == "graded").round(EXACT).rank(ascending=False, method="min"),
            "rank_low": np.nan,
            "rank_high": np.nan,
        }
    ).reset_index(drop=True)
    limits = [
        _limit_columns(framework.grades.limits[k] if k != NO_LIMIT else None, nodes.join(values), row)
        for row, k in enumerate(found.limit)
    ]
    table = pd.concat([table, pd.DataFrame(limits)], axis=1)
    table["reason"] = np.where(table["status"] == "graded", table["reason"], table["status"])
    return pd.concat([table, _next(found.by_cut, published, framework)], axis=1)


def _by_unit(frame: pd.DataFrame, name: str, column: str) -> pd.DataFrame:
    """`column` with a row per unit in sorted order and a column per `name`."""
    parts = frame.set_index("unit")[column].groupby(frame[name].to_numpy())
    return pd.DataFrame({key: part.sort_index() for key, part in parts})


def _status(total: pd.DataFrame, framework: Framework) -> pd.Series:
    status = total["status"].replace({"ok": "graded", "not_applicable": "not_reported"})
    low = (status == "graded") & (total["coverage"].round(EXACT) < framework.grades.min_coverage)
    return status.mask(low, "low_coverage")


def _columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): frame[name].to_numpy(dtype=float) for name in frame.columns}


def _respondents(head: pd.DataFrame, framework: Framework, units: pd.Index) -> pd.Series:
    """Respondents per unit: the most behind any of its ratings."""
    ratings = [i.name for i in framework.indicators if i.source == "responses"]
    return head[head["indicator"].isin(ratings)].groupby("unit")["n"].max().reindex(units, fill_value=0)


def _labels(codes: np.ndarray, framework: Framework) -> np.ndarray:
    return np.array([*framework.grades.labels, ""], dtype=object)[codes]


def _limit_columns(limit: Limit | None, found: pd.DataFrame, row: int) -> dict[str, object]:
    if limit is None:
        return {
            "reason": "by_cut",
            "limited_by": "",
            "clause": "",
            "limit_value": np.nan,
            "found_value": np.nan,
        }
    return {
        "reason": limit.type,
        "limited_by": limit.object,
        "clause": limit.clause,
        "limit_value": limit.condition.value,
        "found_value": found[limit.object].iloc[row],
    }


def _next(by_cut: np.ndarray, published: np.ndarray, framework: Framework) -> pd.DataFrame:
    labels, cuts = framework.grades.labels, np.array(framework.grades.cuts)
    above = by_cut - 1
    return pd.DataFrame(
        {
            "next_grade": [labels[k] if k >= 0 else "" for k in above],
            "distance": np.where(above >= 0, np.round(cuts[above] - published, EXACT), np.nan),
        }
    )
