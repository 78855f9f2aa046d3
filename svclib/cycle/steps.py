"""The chain as pure steps: a state and the tables of earlier steps in, new tables out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import pandas as pd

from svclib import grades as grading
from svclib import kpis, monitoring, reliability, scores, screening, sensitivity, targets, weights
from svclib.columns import empty
from svclib.cycle import change
from svclib.cycle.intake import collected
from svclib.cycle.report import report
from svclib.cycle.state import ALL_UNITS, State, design, estimates, flags, raw, valid
from svclib.errors import ParamError, StatWarning
from svclib.levers import levers, losses
from svclib.scores import TOTAL
from svclib.sources import coded

Tables = dict[str, pd.DataFrame]


def quality(state: State, _: Mapping[str, pd.DataFrame]) -> Tables:
    """10: who answered, which answers are doubtful by which rule, and what excluding them changes."""
    cycles, rules = state.compared, state.params.screening
    _warn_of_repeated_ids(state)
    answers, marks = raw(state, cycles), flags(state, cycles)
    of_rows = marks[marks["source"] == "responses"]
    every, kept = coded(answers, state.framework), valid(state, marks, cycles)
    summary = screening.summary(answers, of_rows, rules)
    return {
        **collected(state, answers, kept, marks, summary),
        "exclusions": marks,
        "screening": summary,
        "response_profile": screening.profile(answers, of_rows),
        "item_profile": screening.item_profile(kept, state.framework),
        "screening_effect": screening.effect(_ratings(state, every), _ratings(state, kept)),
    }


def _warn_of_repeated_ids(state: State) -> None:
    """Say how many ids occur in both cycles when no panel is declared: they are not paired."""
    if state.params.panel or not state.baseline:
        return
    ids = [set(state.inputs[c].responses["respondent"]) - {""} for c in state.compared]
    shared = len(ids[0] & ids[1])
    if shared:
        told = f"{shared} respondent ids occur in both {state.baseline} and {state.cycle} and are not paired"
        warnings.warn(f"{told}; if they are the same people, write panel: true", StatWarning, stacklevel=2)


def _ratings(state: State, responses: pd.DataFrame) -> pd.DataFrame:
    """Natural values of the ratings of every compared cycle."""
    values = _natural(state, responses, state.compared)
    rated = [i.name for i in state.framework.indicators if i.source == "responses"]
    return values[values["indicator"].isin(rated)]


def _natural(state: State, responses: pd.DataFrame, cycles: tuple[str, ...]) -> pd.DataFrame:
    """Natural values of ratings and KPIs, a row per cycle, unit, indicator and subject."""
    here = responses[responses["cycle"].isin(cycles)]
    parts = [
        scores.natural_values(found, state.framework, unit=unit)
        for unit, found in estimates(state, here, cycles).items()
        if state.framework.items and (here["unit"] == unit).any()
    ]
    parts.append(kpis.values(pd.concat([state.inputs[c].kpis for c in cycles]), state.framework))
    return pd.concat([p for p in parts if len(p)], ignore_index=True)


def consistency(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """20: whether each dimension is measured consistently."""
    kept = valid(state, tables["exclusions"], state.compared)
    settings = state.params.reliability
    return reliability.by_dimension(
        kept,
        state.framework,
        missing=settings.missing,
        min_alpha=settings.min_alpha,
        confidence=state.params.confidence,
        psu="cluster" if design(kept, panel=False) == "clusters" else "respondent",
    )


def weighting(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """30: the weight of every node, where it comes from, and who contradicted himself."""
    cycle = _pinned(state)
    marks = tables["exclusions"] if cycle in state.compared else flags(state, [cycle])
    kept = valid(state, marks, [cycle])
    found = _indicator_scores(state, kept, cycle)
    headline = found[found["subject"] == ""].pivot_table(
        index="unit", columns="indicator", values="score", dropna=False
    )
    judgments = state.inputs[state.cycle].judgments
    table = weights.resolve(state.framework, judgments=judgments, scores=headline.dropna(), responses=kept)
    return {
        "weights": weights.effective(table, found),
        **weights.expert_panel(state.framework, judgments),
    }


def _pinned(state: State) -> str:
    """The cycle whose data the weights come from: the current one unless pinned."""
    framework = state.framework
    pins = {
        rule.from_ for rule in (framework.weights, *(d.weights for d in framework.dimensions)) if rule.from_
    }
    if len(pins) > 1:
        raise ParamError(f"weights are pinned to several cycles {sorted(pins)}; pin all to one")
    cycle = pins.pop() if pins else state.cycle
    if cycle not in state.inputs:
        known = ", ".join(state.inputs)
        raise ParamError(
            f"weights are pinned to cycle {cycle!r}, which is not among {known}; add it to history"
        )
    return cycle


def _indicator_scores(state: State, kept: pd.DataFrame, cycle: str) -> pd.DataFrame:
    return scores.indicator_scores(
        _natural(state, kept, (cycle,)),
        state.framework,
        units=state.units(cycle),
        min_responses=state.params.min_responses,
        confidence=state.params.confidence,
    )


def scoring(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """40: scores of indicators, dimensions and totals, grades with their reason and probability."""
    kept = valid(state, tables["exclusions"], state.compared)
    parts = [_scored(state, kept, tables["weights"], cycle) for cycle in state.compared]
    return {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in parts[0]}


def _scored(state: State, kept: pd.DataFrame, weight: pd.DataFrame, cycle: str) -> Tables:
    framework, params = state.framework, state.params
    indicator = _indicator_scores(state, kept, cycle)
    total = scores.totals(indicator, weight, framework)
    found = estimates(state, kept, (cycle,))
    drawn = sensitivity.unit_draws(found, indicator, weight, framework, size=params.draws, seed=params.seed)
    total = sensitivity.score_intervals(total, drawn, confidence=params.confidence)
    grade = grading.grades(total, indicator, framework)
    grade = sensitivity.rank_intervals(grade, drawn, confidence=params.confidence)
    return {
        "indicator_scores": indicator,
        "totals": pd.concat([total, _all_units(total, grade, drawn, params.confidence)], ignore_index=True),
        "contributions": scores.contributions(indicator, weight, framework),
        "grades": grade,
        "grade_probability": sensitivity.grade_probability(grade, drawn, framework, seed=params.seed),
    }


def drawn_nodes(state: State, tables: Mapping[str, pd.DataFrame], cycle: str) -> dict[str, scores.NodeDraws]:
    """Joint draws of every unit's scores in `cycle`, the same as behind its intervals."""
    kept = valid(state, tables["exclusions"], (cycle,))
    indicator = tables["indicator_scores"]
    return sensitivity.unit_draws(
        estimates(state, kept, (cycle,)),
        indicator[indicator["cycle"] == cycle],
        tables["weights"],
        state.framework,
        size=state.params.draws,
        seed=state.params.seed,
    )


def _all_units(
    total: pd.DataFrame, grade: pd.DataFrame, drawn: Mapping[str, scores.NodeDraws], confidence: float
) -> pd.DataFrame:
    """Rows of unit "*": the plain mean of the graded units, so that no unit counts for its size."""
    graded = grade.loc[grade["status"] == "graded", "unit"]
    mine = total[total["unit"].isin(graded)]
    if mine.empty:
        return empty("totals")
    rows = mine.groupby(["cycle", "node", "level"], sort=False)[["score", "coverage"]].mean().reset_index()
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    every = [drawn[u] for u in graded]
    ends = [
        pd.Series(sum(d.scores[node] for d in every) / len(every)).quantile(tails) for node in rows["node"]
    ]
    rows = rows.assign(unit=ALL_UNITS, published=float("nan"), status="ok")
    return rows.assign(score_low=[e.iloc[0] for e in ends], score_high=[e.iloc[1] for e in ends])


def improvement(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """50: what changed since the baseline, and what the data allow to say of it."""
    if not state.baseline:
        return {"changes": empty("changes")}
    kept = valid(state, tables["exclusions"], state.compared)
    return {"changes": change.changes(state, kept, tables)}


def watch(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """60: targets, thresholds breached, and the scores of every earlier cycle."""
    current = tables["indicator_scores"].query("cycle == @state.cycle")
    judged = targets.judge_targets(current, state.framework)

    def now(name: str) -> pd.DataFrame:
        return tables[name][tables[name]["cycle"] == state.cycle]

    return {
        "targets": judged,
        "losses": losses(
            tables["contributions"],
            judged,
            state.inputs[state.cycle].units,
            cycle=state.cycle,
            baseline=state.baseline,
        ),
        "levers": levers(now("contributions"), judged, now("grades"), state.framework),
        "alerts": monitoring.alerts(current, state.framework),
        "history": _history(state, tables),
    }


def _history(state: State, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Totals and grades of every cycle read, under the current framework and weights."""
    found = [(tables["totals"], tables["grades"])]
    for cycle in state.inputs:
        if cycle not in state.compared:
            kept = valid(state, flags(state, [cycle]), [cycle])
            earlier = _scored(state, kept, tables["weights"], cycle)
            found.append((earlier["totals"], earlier["grades"]))
    total = pd.concat([t for t, _ in found], ignore_index=True)
    graded = pd.concat([g for _, g in found], ignore_index=True)[["cycle", "unit", "grade"]]
    rows = total.merge(graded.assign(node=TOTAL), on=["cycle", "unit", "node"], how="left")
    rows["grade"] = rows["grade"].fillna("")
    return rows[["cycle", "unit", "node", "level", "score", "published", "grade"]]


STEPS = {
    "10": quality,
    "20": consistency,
    "30": weighting,
    "40": scoring,
    "50": improvement,
    "60": watch,
    "90": report,
}
NEEDS = {
    "10": (),
    "20": ("exclusions",),
    "30": ("exclusions",),
    "40": ("exclusions", "weights"),
    "50": ("exclusions", "weights", "indicator_scores", "grades", "reliability"),
    "60": ("weights", "indicator_scores", "totals", "grades", "contributions"),
    "90": (
        "response_profile",
        "screening",
        "reliability",
        "weights",
        "consistency",
        "judgement_review",
        "totals",
        "grades",
        "grade_probability",
        "changes",
        "targets",
        "alerts",
    ),
}
