"""How sure is a grade: joint draws carried through anchors, weights, rounding, cuts and limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import sort_by_key
from svclib.errors import DataError
from svclib.estimates import draws
from svclib.grades import Met, grade, positions
from svclib.scores import TOTAL, NodeDraws, WeightDraws, adjusted, natural, round_half, score_draws
from svclib.sensitivity.counts import counted
from svclib.sensitivity.ranks import rank_counts, rank_ends
from svclib.targets import Aim, Aims, met

if TYPE_CHECKING:
    from svclib.estimates import Estimate
    from svclib.framework import Framework


class Sample(NamedTuple):
    """Draws of one unit's natural values, (D, q), before any weight is applied."""

    unit: str
    drawn: np.ndarray
    columns: pd.DataFrame  # q rows: cycle, subject, indicator
    imputed: dict[str, float]  # points of what was not reported and counts all the same

    def scored(self, framework: Framework, weights: pd.DataFrame | WeightDraws) -> NodeDraws:
        """Carried through anchors and weights: table "weights", or weights of every draw."""
        return score_draws(self.drawn, self.columns, framework, weights, imputed=self.imputed)


def samples(
    estimates: Mapping[str, Estimate],
    indicator_scores: pd.DataFrame,
    framework: Framework,
    *,
    size: int,
    seed: int,
) -> Iterator[Sample]:
    """Joint draws of every natural value, unit by unit.

    Parameters
    ----------
    estimates : mapping of Estimate
        Per unit, items and KPIs of one cycle together (index cycle, subject, item).
    indicator_scores : DataFrame
        Table of the same cycle; says which indicators count although not reported, and which
        records are counts and are drawn as such.
    size, seed : int
        Number of draws, and the seed.  Each unit draws from its own stream, made of the
        seed and its name, so that another unit's coming or going changes nothing.

    Yields
    ------
    Sample
        In sorted order of the units; one whose total cannot be scored is left out.
    """
    head = indicator_scores[indicator_scores["subject"] == ""]
    for unit in sorted(estimates):
        mine = head[head["unit"] == unit]
        absent = mine[mine["status"] == "not_reported"]
        if absent["score"].isna().any():
            continue
        parts = natural(estimates[unit], framework)
        cycles = sorted(set(parts.index["cycle"]))
        if len(cycles) != 1:
            raise DataError(f"draws are of one cycle, found {len(cycles)}: {', '.join(cycles)}")
        drawn = counted(draws(parts, size=size, seed=stream(seed, unit)), parts.index, mine)
        yield Sample(unit, drawn, parts.index, dict(zip(absent["indicator"], absent["score"], strict=True)))


def unit_draws(
    estimates: Mapping[str, Estimate],
    indicator_scores: pd.DataFrame,
    weights: pd.DataFrame,
    framework: Framework,
    *,
    size: int,
    seed: int,
) -> dict[str, NodeDraws]:
    """Joint draws of every score and natural value of each unit under the weights in force; see `samples`."""
    drawn = samples(estimates, indicator_scores, framework, size=size, seed=seed)
    return {sample.unit: sample.scored(framework, weights) for sample in drawn}


def with_points(drawn: Mapping[str, NodeDraws], net: Mapping[str, float]) -> dict[str, NodeDraws]:
    """Draws whose totals carry the net bonus and penalty points of their unit, the same in every draw."""
    return {
        unit: d._replace(scores=d.scores | {TOTAL: adjusted(d.scores[TOTAL], net.get(unit, 0.0))})
        for unit, d in drawn.items()
    }


def stream(seed: int, name: str) -> int:
    """A seed of its own for every name, so that what is drawn beside it changes nothing."""
    digest = np.frombuffer(hashlib.sha256(name.encode()).digest()[:16], dtype="<u4")
    return int(np.random.SeedSequence([seed, *digest.tolist()]).generate_state(1)[0])


def without_error(indicator_scores: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """(unit, node) all of whose values are bare: no error is known, so none may be shown as 0."""
    head = indicator_scores[(indicator_scores["subject"] == "") & indicator_scores["value"].notna()]
    rows = pd.concat([head[["unit", "method"]].assign(node=node) for node in (head["dimension"], TOTAL)])
    alone = (rows["method"] == "fixed").groupby([rows["unit"], rows["node"]]).all()
    return frozenset(alone.index[alone.to_numpy()])


def score_intervals(
    totals: pd.DataFrame, drawn: Mapping[str, NodeDraws], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Table "totals" with score_low and score_high from the percentiles of the draws.

    The point score is kept inside its interval: at the end of a scale every draw can lie on
    one side of it.
    """
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    ends = np.full((len(totals), 2), np.nan)
    for k, (unit, node) in enumerate(zip(totals["unit"], totals["node"], strict=True)):
        if unit in drawn:
            ends[k] = np.quantile(drawn[unit].scores[node], tails)
    score = totals["score"].to_numpy()
    return totals.assign(score_low=np.minimum(ends[:, 0], score), score_high=np.maximum(ends[:, 1], score))


def rank_intervals(
    grades: pd.DataFrame, drawn: Mapping[str, NodeDraws], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Table "grades" with rank_low and rank_high: percentiles of a unit's rank among graded units."""
    units = [
        u
        for u in grades.loc[grades["status"] == "graded", "unit"]
        if u in drawn and np.isfinite(drawn[u].scores[TOTAL]).all()
    ]
    if not units:
        return grades.assign(rank_low=np.nan, rank_high=np.nan)
    scores = np.column_stack([drawn[u].scores[TOTAL] for u in units])
    low, high = rank_ends(rank_counts(scores), confidence=confidence)
    of = pd.DataFrame({"low": low, "high": high}, index=units).reindex(grades["unit"]).to_numpy()
    rank = grades["rank"].to_numpy()
    return grades.assign(rank_low=np.minimum(of[:, 0], rank), rank_high=np.maximum(of[:, 1], rank))


def grade_probability(
    grades: pd.DataFrame,
    drawn: Mapping[str, NodeDraws],
    framework: Framework,
    *,
    seed: int,
    aims: Aims | None = None,
    last: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Table "grade_probability": the share of draws that end in each grade, for graded units.

    Every draw is rounded, cut (or judged by its targets) and limited exactly as the
    published score was.

    Parameters
    ----------
    aims : targets in force, for grades that follow from them.
    last : grade of each unit in the cycle before, for a buffer.
    """
    rows = []
    for cycle, unit in grades.loc[grades["status"] == "graded", ["cycle", "unit"]].itertuples(index=False):
        if unit in drawn:
            mine = {indicator: aim for (of, indicator), aim in (aims or {}).items() if of == unit}
            codes = grade_codes(drawn[unit], framework, aims=mine, last=(last or {}).get(unit, ""))
            share = _shares(codes, len(framework.grades.labels))
            rows += [
                {"cycle": cycle, "unit": unit, "grade": label, "probability": p}
                | {"draws": len(codes), "seed": seed}
                for label, p in zip(framework.grades.labels, share, strict=True)
            ]
    columns = ["cycle", "unit", "grade", "probability", "draws", "seed"]
    return sort_by_key("grade_probability", pd.DataFrame(rows, columns=columns))


def grade_codes(
    unit: NodeDraws, framework: Framework, *, aims: Mapping[str, Aim] | None = None, last: str = ""
) -> np.ndarray:
    """Grade of every draw of one unit, (D,): positions in the labels, -1 where a draw has no score."""
    rule = framework.grades
    published = {
        node: round_half(unit.scores[node], decimals=rule.decimals, rule=rule.rounding)
        for node in asked(framework) & set(unit.scores)
    }
    size = len(published[TOTAL])
    return grade(
        framework,
        published[TOTAL],
        nodes=published,
        values=unit.natural,
        met=_met(unit, framework, aims or {}),
        last=np.repeat(positions(framework, [last]), size),
    ).grade


def asked(framework: Framework) -> set[str]:
    """The total, and what limits and target rules look at."""
    rules = framework.grades
    return {TOTAL, *(limit.object for limit in rules.limits), *(rule.node for rule in rules.rules.values())}


def _met(unit: NodeDraws, framework: Framework, aims: Mapping[str, Aim]) -> Met:
    """Targets met and missed by every draw."""
    total = np.zeros(len(unit.scores[TOTAL]), dtype=int)
    judged = [name for name in aims if name in unit.natural]
    reached = sum(
        (met(unit.natural[n], framework.indicator(n), aims[n], framework.grades).astype(int) for n in judged),
        total,
    )
    return Met(reached, len(judged) - reached)


def _shares(codes: np.ndarray, labels: int) -> np.ndarray:
    if (codes < 0).any():
        return np.full(labels, np.nan)
    return np.bincount(codes, minlength=labels) / len(codes)
