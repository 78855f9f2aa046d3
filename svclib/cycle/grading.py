"""Step 40: scores, totals and grades of every unit under the rules of its group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pandas as pd

from svclib import adjustments, audit, scores, sensitivity
from svclib import grades as grades_of
from svclib.columns import empty
from svclib.cycle.answers import estimates, flags, valid
from svclib.cycle.records import sources
from svclib.cycle.relative import relative
from svclib.cycle.revision import revised
from svclib.cycle.robust import robust
from svclib.cycle.screened import headline
from svclib.cycle.state import ALL_UNITS, State
from svclib.cycle.values import indicator_scores
from svclib.errors import DataError
from svclib.framework import Framework
from svclib.grades import Around
from svclib.scores import NodeDraws
from svclib.targets import Aims, aims_in_force, judge_targets

Tables = dict[str, pd.DataFrame]


class Side(NamedTuple):
    """Units evaluated under the same rules, and these rules."""

    group: str
    units: list[str]
    framework: Framework
    weights: pd.DataFrame


def sides(state: State, weights: pd.DataFrame, cycle: str) -> list[Side]:
    """The units of `cycle` by the group whose rules they follow; "" is the framework as it stands."""
    of, own = state.groups(cycle), state.framework.own_groups
    found = []
    for group in ("", *own):
        units = [u for u in state.units(cycle) if (of[u] if of[u] in own else "") == group]
        if units:
            mine = weights[weights["group"] == group]
            found.append(Side(group, units, state.framework.for_group(group), mine))
    return found


def side_of(state: State, weights: pd.DataFrame, unit: str) -> Side:
    """The rules that one unit of the current cycle follows."""
    return next(side for side in sides(state, weights, state.cycle) if unit in side.units)


def scoring(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """40: scores of indicators, dimensions and totals, grades with their reason and probability."""
    pending = _pending(state, tables["authenticity"])
    parts: list[Tables] = []
    last: dict[str, str] = {}
    rules: Callable[..., Tables] = scored
    for cycle in _chain(state):
        marks = tables["exclusions"] if cycle in state.compared else flags(state, [cycle])
        rules = partial(scored, last=last, pending=pending if cycle == state.cycle else {})
        here = state if cycle in state.compared else without_draws(state)
        made = rules(here, valid(state, marks, (cycle,)), tables["weights"], cycle)
        parts += [made] if cycle in state.compared else []
        last = last_grades(state, made["grades"])
    found = {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in parts[0]}
    found |= relative(state, found, tables, sides(state, tables["weights"], state.cycle))
    revision = revised(state, tables["weights"], found["grades"], score=rules)
    shown = headline(state, tables, parts[-1], score=rules)
    now = parts[-1] | {"screening_headline": shown}
    ruled = [
        (side, aims_of(state, side, state.cycle)) for side in sides(state, tables["weights"], state.cycle)
    ]
    found |= {"annual": empty("annual"), "screening_headline": shown} | revision
    found["subject_gaps"] = scores.subject_gaps(
        found["indicator_scores"],
        state.framework,
        confidence=state.params.confidence,
        correction=state.params.adjust,
    )
    return found | robust(state, tables, now, ruled)


def without_draws(state: State) -> State:
    """The state for scores and grades alone: no intervals, no probabilities."""
    return replace(state, params=state.params.model_copy(update={"draws": 0}))


def _chain(state: State) -> list[str]:
    """Cycles to grade, the current one last: those compared, and all before them where a buffer acts."""
    wanted = state.in_time if state.framework.grades.buffer else state.compared
    return [*(cycle for cycle in wanted if cycle != state.cycle), state.cycle]


def last_grades(state: State, grades: pd.DataFrame) -> dict[str, str]:
    """Grade of each unit in table "grades" of one cycle, for the next; an ad-hoc cycle has no last grade."""
    return {} if state.params.kind == "ad_hoc" else dict(grades[["unit", "grade"]].to_numpy())


def _pending(state: State, authenticity: pd.DataFrame) -> dict[str, str]:
    """Units under verification: declared ones with their reason, and by the audit where it holds back."""
    now = authenticity[authenticity["cycle"] == state.cycle]
    doubted = audit.doubtful_units(now) if state.params.audit.below == "pending" else {}
    failed = {unit: "" for unit, judgement in doubted.items() if judgement == "below"}
    return failed | dict(state.params.pending)


def scored(
    state: State,
    kept: pd.DataFrame,
    weights: pd.DataFrame,
    cycle: str,
    *,
    last: Mapping[str, str] | None = None,
    pending: Mapping[str, str] | None = None,
) -> Tables:
    """Tables of step 40 of one cycle.

    Parameters
    ----------
    kept : answers that count, of at least this cycle
    last : grade of each unit in the cycle before, for a buffer
    pending : units under verification and why
    """
    every = indicator_scores(state, kept, cycle)
    units = state.units(cycle)
    sheet, net = adjustments.adjust(
        state.sheet("adjustments", cycle), state.framework, units=units, cycle=cycle
    )
    drawn: dict[str, NodeDraws] = {}
    parts = []
    for side in sides(state, weights, cycle):
        found, of_side = _side(state, kept, side, cycle, _inside(every, side), net)
        drawn |= of_side
        aims = aims_of(state, side, cycle)
        judged = judge_targets(found["indicator_scores"], side.framework, aims)
        _answerable(found["totals"], side.framework)
        around = Around(judged, last or {}, pending or {}, state.groups(cycle))
        grade = grades_of.grades(found["totals"], found["indicator_scores"], side.framework, around)
        bare = sensitivity.without_error(found["indicator_scores"])
        sampled = {u: d for u, d in of_side.items() if (u, scores.TOTAL) not in bare}
        odds = sensitivity.grade_probability(
            grade, sampled, side.framework, seed=state.params.seed, aims=aims, last=last
        )
        parts.append(found | {"grades": grade, "grade_probability": odds})
    whole = {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in parts[0]}
    whole["grades"] = _ranked(whole["grades"], whole["totals"], drawn, state)
    shown = all_units(whole["totals"], whole["grades"], drawn, state.params.confidence)
    whole["totals"] = pd.concat([whole["totals"], shown], ignore_index=True)
    whole |= _as_known(whole)
    return whole | {"adjustments": sheet, "kpi_sources": sources(state, kept, cycle)}


def _as_known(whole: Tables) -> Tables:
    """Totals and grades without the intervals of scores made of bare values alone: no error is known."""
    bare = sensitivity.without_error(whole["indicator_scores"])
    bare |= {(ALL_UNITS, node) for node in {n for _, n in bare} if _every(whole["totals"], node, bare)}
    totals, grades = whole["totals"].copy(), whole["grades"].copy()
    of_total = pd.MultiIndex.from_frame(totals[["unit", "node"]]).isin(list(bare))
    totals.loc[of_total, ["score_low", "score_high"]] = float("nan")
    of_grade = grades["unit"].isin([u for u, node in bare if node == scores.TOTAL])
    grades.loc[of_grade, ["rank_low", "rank_high"]] = float("nan")
    return {"totals": totals, "grades": grades}


def _every(totals: pd.DataFrame, node: str, bare: frozenset[tuple[str, str]]) -> bool:
    """Whether a node is made of bare values in every unit that has a score there."""
    scored = totals[(totals["node"] == node) & totals["score"].notna() & (totals["unit"] != ALL_UNITS)]
    return all((unit, node) in bare for unit in scored["unit"])


def _answerable(total: pd.DataFrame, framework: Framework) -> None:
    """Refuse target rules on a dimension of which nothing applies to a unit that is to be graded."""
    asked = {rule.node for rule in framework.grades.rules.values()}
    whole = total.loc[(total["node"] == scores.TOTAL) & (total["status"] == "ok"), "unit"]
    idle = total[total["node"].isin(asked) & total["status"].isin(["not_applicable", "too_few"])]
    told = [f"{unit} ({node})" for unit, node in idle[["unit", "node"]].to_numpy() if unit in set(whole)]
    if told:
        where = f"grades.rules look at a dimension of which nothing applies: {', '.join(told)}"
        raise DataError(f"{where}. Let the rules look at total, or report what applies")


def _inside(every: pd.DataFrame, side: Side) -> pd.DataFrame:
    names = [i.name for i in side.framework.indicators]
    return every[every["unit"].isin(side.units) & every["indicator"].isin(names)].reset_index(drop=True)


def _side(
    state: State, kept: pd.DataFrame, side: Side, cycle: str, found: pd.DataFrame, net: Mapping[str, float]
) -> tuple[Tables, dict[str, NodeDraws]]:
    """Scores of one side with their intervals, and the draws behind them."""
    drawn = sensitivity.with_points(_draws(state, kept, side, cycle, found), net)
    total = scores.totals(found, side.weights, side.framework, adjustments=net)
    tables = {
        "indicator_scores": found,
        "totals": sensitivity.score_intervals(total, drawn, confidence=state.params.confidence),
        "contributions": scores.contributions(found, side.weights, side.framework),
    }
    return tables, drawn


def _draws(
    state: State, kept: pd.DataFrame, side: Side, cycle: str, found: pd.DataFrame
) -> dict[str, NodeDraws]:
    rules = state.params
    if not rules.draws:
        return {}
    mine = {u: e for u, e in estimates(state, kept, (cycle,)).items() if u in side.units}
    return sensitivity.unit_draws(
        mine, found, side.weights, side.framework, size=rules.draws, seed=rules.seed
    )


def aims_of(state: State, side: Side, cycle: str) -> Aims:
    """Targets in force at the end of `cycle` for the units of one side."""
    sheet, day = state.sheet("targets", cycle), state.days.get(cycle)
    known = (
        None if sheet is None else sheet[sheet["indicator"].isin([i.name for i in side.framework.indicators])]
    )
    return aims_in_force(known, side.framework, units=side.units, day=day)


def drawn_nodes(state: State, tables: Mapping[str, pd.DataFrame], cycle: str) -> dict[str, NodeDraws]:
    """Joint draws of every unit's published scores in `cycle`, the same as behind its intervals."""
    kept = valid(state, tables["exclusions"], (cycle,))
    every = tables["indicator_scores"]
    every = every[every["cycle"] == cycle]
    drawn: dict[str, NodeDraws] = {}
    for side in sides(state, tables["weights"], cycle):
        drawn |= _draws(state, kept, side, cycle, _inside(every, side))
    return sensitivity.with_points(drawn, points(state, cycle)[1])


def points(state: State, cycle: str) -> tuple[pd.DataFrame, dict[str, float]]:
    """Table "adjustments" of `cycle` and the net points of each unit."""
    sheet = state.sheet("adjustments", cycle)
    return adjustments.adjust(sheet, state.framework, units=state.units(cycle), cycle=cycle)


def _ranked(
    grade: pd.DataFrame, total: pd.DataFrame, drawn: Mapping[str, NodeDraws], state: State
) -> pd.DataFrame:
    """Ranks over all groups, with their intervals."""
    ranked = grades_of.ranked(grade, total)
    return sensitivity.rank_intervals(ranked, drawn, confidence=state.params.confidence)


def all_units(
    total: pd.DataFrame, grade: pd.DataFrame, drawn: Mapping[str, NodeDraws], confidence: float
) -> pd.DataFrame:
    """Rows of unit "*": the plain mean of the graded units, so that no unit counts for its size."""
    graded = grade.loc[grade["status"] == "graded", "unit"]
    mine = total[total["unit"].isin(graded)]
    if mine.empty:
        return empty("totals")
    shown = ["score", "coverage", "adjustment"]
    rows = mine.groupby(["cycle", "node", "level"], sort=False)[shown].mean().reset_index()
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    ends = []
    for node in rows["node"]:
        having = [drawn[u].scores[node] for u in graded if u in drawn and node in drawn[u].scores]
        nothing = pd.Series([float("nan")])
        ends.append((pd.Series(sum(having) / len(having)) if having else nothing).quantile(tails))
    rows = rows.assign(unit=ALL_UNITS, published=float("nan"), status="ok")
    return rows.assign(score_low=[e.iloc[0] for e in ends], score_high=[e.iloc[1] for e in ends])
