"""From published scores to grades: cut the published number, then limits, then the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    -1 where none does; `buffered` says where the buffer keeps the last grade.
    """

    by_cut: np.ndarray
    grade: np.ndarray
    limit: np.ndarray
    buffered: np.ndarray


class Met(NamedTuple):
    """How many targets D draws, or D units, meet and miss."""

    met: np.ndarray
    missed: np.ndarray


def grade(
    framework: Framework,
    published: np.ndarray,
    *,
    nodes: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
    met: Met | None = None,
    last: np.ndarray | None = None,
) -> Graded:
    """Grade D published scores; the point grade and the draws take the same road.

    Parameters
    ----------
    published : ndarray, (D,)
        Totals, already rounded once by the framework's rule; NaN is not graded.
    nodes : mapping of ndarray, (D,)
        Published scores of dimensions, for limits and target rules on them.
    values : mapping of ndarray, (D,)
        Natural values of indicators, for limits on them; a limit whose object is in
        neither does not hold.
    met : Met, optional
        Needed where grades follow from targets.
    last : ndarray, (D,), optional
        Positions of the last grades, -1 for none; a buffer needs them to act.

    Notes
    -----
    A limit can only lower.  The one that gives the lowest grade is reported; a veto that
    holds is reported even where the score alone gives the same grade.
    """
    rules = framework.grades
    published = np.asarray(published, dtype=float)
    nodes = {**nodes, TOTAL: published}
    if rules.method == "cuts":
        above = len(rules.cuts) - np.searchsorted(rules.cuts[::-1], published, side="right")
        by_rule = np.minimum(above, len(rules.labels) - 1)
    else:
        by_rule = _by_targets(framework, nodes, met)
    by_rule = np.where(np.isnan(published), -1, by_rule)
    final = _buffered(framework, published, by_rule, last)
    buffered = final != by_rule
    limit, final = np.full(len(published), NO_LIMIT), final.copy()
    for k, rule in enumerate(rules.limits):
        found = nodes.get(rule.object, values.get(rule.object))
        if found is None:
            continue
        result = rules.labels.index(rule.result)
        held = np.flatnonzero(rule.condition.holds(np.round(found, EXACT)) & (by_rule >= 0))
        named = (result == final[held]) & (limit[held] == NO_LIMIT) & (rule.type == "veto")
        limit[held[named | (result > final[held])]] = k
        final[held] = np.maximum(final[held], result)
    return Graded(by_rule, final, limit, buffered)


def _by_targets(framework: Framework, nodes: Mapping[str, np.ndarray], met: Met | None) -> np.ndarray:
    """Best grade whose rule holds in all its parts; the last label where none does."""
    if met is None:
        raise ParamError("grades.method targets: the targets met and missed are not given")
    rules = framework.grades
    counted = met.met + met.missed
    share = np.divide(met.met, counted, out=np.zeros(len(counted)), where=counted > 0)
    place = np.full(len(counted), len(rules.labels) - 1)
    for k, label in reversed(list(enumerate(rules.labels[:-1]))):
        rule = rules.rules[label]
        enough = (np.round(share, EXACT) >= rule.met_share) & (met.missed <= rule.missed_max)
        place = np.where(enough & (nodes[rule.node] >= rule.node_min), k, place)
    return place


def _buffered(
    framework: Framework, published: np.ndarray, by_rule: np.ndarray, last: np.ndarray | None
) -> np.ndarray:
    """Keep the last grade where the score lies less than the buffer beyond the cut next to it."""
    buffer = framework.grades.buffer
    if not buffer or last is None:
        return by_rule
    cuts = np.array(framework.grades.cuts)
    above = published - cuts[np.maximum(last - 1, 0)]
    below = cuts[np.maximum(last, 0)] - published
    beyond = np.round(np.where(by_rule < last, above, below), EXACT)
    keep = (last >= 0) & (by_rule >= 0) & (by_rule != last) & (beyond < buffer)
    return np.where(keep, last, by_rule)


class Around(NamedTuple):
    """What a unit's grade needs beside its scores.

    targets : table "targets" of the cycles, for grades by targets and the counts shown
    last : grade of each unit in the cycle before, "" for none; a buffer goes by it
    pending : units under verification and why: not graded for now
    groups : group of each unit, for ranks within it
    """

    targets: pd.DataFrame | None = None
    last: Mapping[str, str] = {}
    pending: Mapping[str, str] = {}
    groups: Mapping[str, str] = {}


ALONE = Around()


def grades(
    totals: pd.DataFrame, indicator_scores: pd.DataFrame, framework: Framework, around: Around = ALONE
) -> pd.DataFrame:
    """Table "grades": one row per unit with its grade, or why there is none.

    Order: the total, adjustments included, is rounded once → cut, or target rules → buffer
    → limits (only lower) → reason.  `reason` is one of by_cut, by_targets, buffer, veto,
    cap, pending, small_sample, not_reported, too_few, low_coverage.  A unit that is not graded has
    grade "" (the reason of a pending one stands in `clause`).  `distance` is what the
    published score lacks to the next cut, whatever limits say; NaN under target rules.
    Ranks are those of the unrounded scores of graded units, ties share the better rank;
    `sensitivity.rank_intervals` fills rank_low and rank_high.
    """
    frames = [
        _one_cycle(part, indicator_scores[indicator_scores["cycle"] == cycle], framework, around)
        for cycle, part in totals.groupby("cycle", sort=True)
    ]
    return ranked(sort_by_key("grades", pd.concat(frames, ignore_index=True)), totals)


def ranked(grades: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Table "grades" with the ranks of graded units in their cycle, and in their group."""
    keys = ["cycle", "unit"]
    score = totals[totals["node"] == TOTAL].set_index(keys)["score"]
    place = pd.Series(score.reindex(pd.MultiIndex.from_frame(grades[keys])).to_numpy(), index=grades.index)
    place = place.where(grades["status"] == "graded").round(EXACT)

    def within(by: list[str]) -> pd.Series:
        return place.groupby([grades[c] for c in by]).rank(ascending=False, method="min")

    return grades.assign(rank=within(["cycle"]), group_rank=within(["cycle", "group"]))


def _one_cycle(
    totals: pd.DataFrame, indicator_scores: pd.DataFrame, framework: Framework, around: Around
) -> pd.DataFrame:
    total = totals[totals["node"] == TOTAL].set_index("unit").sort_index()
    nodes = _by_unit(totals, "node", "published")
    head = indicator_scores[indicator_scores["subject"] == ""]
    values = _by_unit(head, "indicator", "value")
    status = _status(total, framework, around.pending)
    published = total["published"].where(status == "graded").to_numpy(dtype=float)
    counts = _counts(head, around.targets, total.index, framework)
    found = grade(
        framework,
        published,
        nodes=_columns(nodes),
        values=_columns(values),
        met=Met(counts["n_met"].to_numpy(), (counts["n_targets"] - counts["n_met"]).to_numpy()),
        last=positions(framework, [around.last.get(str(u), "") for u in total.index]),
    )
    group = pd.Series([around.groups.get(str(u), "") for u in total.index], index=total.index, dtype="str")
    table = pd.DataFrame(
        {
            "cycle": total["cycle"],
            "unit": total.index,
            "group": group,
            "n": _respondents(head, framework, total.index),
            "adjustment": total["adjustment"],
            "published": total["published"],
            "by_cut": _labels(found.by_cut, framework),
            "last_grade": [around.last.get(str(u), "") for u in total.index],
            "grade": _labels(found.grade, framework),
            "status": status,
            "coverage": total["coverage"].fillna(0.0),
            **counts,
            **dict.fromkeys(("rank", "rank_low", "rank_high", "group_rank"), np.nan),
        }
    ).reset_index(drop=True)
    limits = [
        _limit_columns(framework.grades.limits[k] if k != NO_LIMIT else None, nodes.join(values), row)
        for row, k in enumerate(found.limit)
    ]
    table = pd.concat([table, pd.DataFrame(limits)], axis=1)
    plain = "by_cut" if framework.grades.method == "cuts" else "by_targets"
    table["reason"] = table["reason"].where(table["reason"] != "", np.where(found.buffered, "buffer", plain))
    table["reason"] = table["reason"].where(table["status"] == "graded", table["status"])
    table["clause"] = [around.pending.get(u, c) for u, c in zip(table["unit"], table["clause"], strict=True)]
    return pd.concat([table, _next(found.by_cut, published, framework)], axis=1)


def positions(framework: Framework, labels: Sequence[str]) -> np.ndarray:
    """Positions of grade labels, -1 for none."""
    return np.array([framework.grades.labels.index(x) if x else -1 for x in labels], dtype=int)


def _counts(
    head: pd.DataFrame, targets: pd.DataFrame | None, units: pd.Index, framework: Framework
) -> pd.DataFrame:
    """Targets met and set (one not reported, yet scored, is missed), and what has no score by reason."""
    judged = pd.DataFrame(columns=["unit", "status"]) if targets is None else targets
    scored = [] if framework.missing.not_reported == "no_grade" else ["not_reported"]
    judged = judged[judged["status"].isin(["met", "missed", *scored])]

    def per_unit(rows: pd.DataFrame) -> pd.Series:
        return rows.groupby("unit").size().reindex(units, fill_value=0)

    reasons = ("not_applicable", "not_reported", "small_sample")
    return pd.DataFrame(
        {"n_met": per_unit(judged[judged["status"] == "met"]), "n_targets": per_unit(judged)}
        | {f"n_{why}": per_unit(head[head["status"] == why]) for why in reasons}
    )


def _by_unit(frame: pd.DataFrame, name: str, column: str) -> pd.DataFrame:
    """`column` with a row per unit in sorted order and a column per `name`."""
    parts = frame.set_index("unit")[column].groupby(frame[name].to_numpy())
    return pd.DataFrame({key: part.sort_index() for key, part in parts})


def _status(total: pd.DataFrame, framework: Framework, pending: Mapping[str, str]) -> pd.Series:
    status = total["status"].replace({"ok": "graded", "not_applicable": "not_reported"})
    low = (status == "graded") & (total["coverage"].round(EXACT) < framework.grades.min_coverage)
    return status.mask(low, "low_coverage").mask(total.index.isin(list(pending)), "pending")


def _columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): frame[name].to_numpy(dtype=float) for name in frame.columns}


def _respondents(head: pd.DataFrame, framework: Framework, units: pd.Index) -> pd.Series:
    """Respondents per unit: the most behind any of its ratings; without ratings the fewest records."""
    ratings = [i.name for i in framework.indicators if i.source == "responses"]
    counted = [i.name for i in framework.indicators if i.sampled]
    rows = head[head["indicator"].isin(ratings or counted) & (head["status"] != "not_applicable")]
    by_unit = rows.groupby("unit")["n"]
    return (by_unit.max() if ratings else by_unit.min()).reindex(units, fill_value=0)


def _labels(codes: np.ndarray, framework: Framework) -> np.ndarray:
    return np.array([*framework.grades.labels, ""], dtype=object)[codes]


def _limit_columns(limit: Limit | None, found: pd.DataFrame, row: int) -> dict[str, object]:
    if limit is None:
        return {"reason": "", "limited_by": "", "clause": "", "limit_value": np.nan, "found_value": np.nan}
    return {
        "reason": limit.type,
        "limited_by": limit.object,
        "clause": limit.clause,
        "limit_value": limit.condition.value,
        "found_value": found[limit.object].iloc[row],
    }


def _next(by_cut: np.ndarray, published: np.ndarray, framework: Framework) -> pd.DataFrame:
    labels, cuts = framework.grades.labels, np.array(framework.grades.cuts)
    if framework.grades.method != "cuts":
        cuts = np.full(len(labels), np.nan)
    above = by_cut - 1
    return pd.DataFrame(
        {
            "next_grade": [labels[k] if k >= 0 else "" for k in above],
            "distance": np.where(above >= 0, np.round(cuts[above] - published, EXACT), np.nan),
        }
    )
