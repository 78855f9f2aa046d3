"""The chain as pure steps: a state and the tables of earlier steps in, new tables out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import pandas as pd

from svclib import screening, targets, weights
from svclib.columns import empty
from svclib.consequences import follow
from svclib.cycle import change
from svclib.cycle.aims import in_force, proposals
from svclib.cycle.answers import flags, raw, screened, valid
from svclib.cycle.decompose import decomposed
from svclib.cycle.follow_up import follow_up
from svclib.cycle.grading import scoring
from svclib.cycle.intake import collected
from svclib.cycle.measured import consistency, judged
from svclib.cycle.monitor import monitored, past
from svclib.cycle.report import report
from svclib.cycle.state import State
from svclib.cycle.values import indicator_scores, ratings
from svclib.errors import ParamError, StatWarning
from svclib.levers import levers, losses
from svclib.sources import coded

Tables = dict[str, pd.DataFrame]


def quality(state: State, _: Mapping[str, pd.DataFrame]) -> Tables:
    """10: who answered, which answers are doubtful by which rule, and what excluding them changes."""
    cycles, rules = state.compared, state.params.screening
    _warn_of_repeated_ids(state)
    answers = raw(state, cycles)
    indices, marks = screened(state, cycles)
    of_rows = marks[marks["source"] == "responses"]
    level, least = state.params.confidence, state.params.min_cell
    form = screening.Form.of(state.framework, answers.columns)
    every, kept = coded(answers, state.framework), valid(state, marks, cycles)
    summary = screening.summary(answers, of_rows, rules)
    return {
        **collected(state, answers, kept, marks, summary),
        "exclusions": marks,
        "response_indices": indices,
        "screening": summary,
        "interviewers": screening.interviewers(answers, of_rows, form, min_cell=least, confidence=level),
        "channels": screening.channels(answers, of_rows, form, min_cell=least, confidence=level),
        "response_profile": screening.profile(answers, of_rows),
        "item_profile": screening.item_profile(kept, state.framework),
        "screening_effect": screening.effect(ratings(state, every), ratings(state, kept)),
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


def weighting(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """30: the weight of every node, where it comes from, and who contradicted himself."""
    cycle = _pinned(state)
    marks = tables["exclusions"] if cycle in state.compared else flags(state, [cycle])
    kept = valid(state, marks, [cycle])
    found = _applying(indicator_scores(state, kept, cycle), state, cycle)
    headline = found[found["subject"] == ""].pivot_table(
        index="unit", columns="indicator", values="score", dropna=False
    )
    headline = headline.reindex(columns=[i.name for i in state.framework.indicators])
    judgments = judged(state.inputs[state.cycle].judgments, state.framework)
    present = set(state.groups(state.cycle).values())
    parts = []
    for group in ("", *(g for g in state.framework.own_groups if g in present)):
        rules = state.framework.for_group(group)
        known = [i.name for i in rules.indicators]
        table = weights.resolve(
            rules, judgments=judged(judgments, rules), scores=headline[known], responses=kept
        )
        parts.append(weights.effective(table, found[found["indicator"].isin(known)]).assign(group=group))
    everyone = {"judgments": judgments, "scores": headline, "responses": kept}
    return {
        "weights": pd.concat(parts, ignore_index=True),
        "weight_methods": weights.methods(state.framework, parts[0], **everyone),
        **weights.expert_panel(state.framework, judgments),
        "drivers": _drivers(state, kept, cycle),
    }


def _drivers(state: State, kept: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Table "drivers" of the criterion, and of what a weighting explains; a weighting names its variant."""
    asked = {state.params.reliability.criterion: "lmg"}
    asked |= {rule.outcome: rule.variant for rule in state.framework.methods}
    level = state.params.confidence
    parts = [
        weights.by_level(kept, state.framework, name, cycle=cycle, how=how, confidence=level)
        for name, how in asked.items()
        if name
    ]
    return pd.concat([empty("drivers"), *parts], ignore_index=True)


def _applying(found: pd.DataFrame, state: State, cycle: str) -> pd.DataFrame:
    """Scores; none where the unit's group leaves the indicator out, which is not 缺报."""
    of = state.groups(cycle)
    known = {g: {i.name for i in state.framework.for_group(g).indicators} for g in set(of.values())}
    applies = [name in known[of[unit]] for unit, name in found[["unit", "indicator"]].to_numpy()]
    return found.assign(score=found["score"].where(pd.Series(applies, index=found.index)))


def _pinned(state: State) -> str:
    """The cycle whose data the weights come from: the current one unless pinned."""
    cycle = next((rule.from_ for rule in state.framework.methods if rule.from_), state.cycle)
    if cycle not in state.inputs:
        known = ", ".join(state.inputs)
        raise ParamError(
            f"weights are pinned to cycle {cycle!r}, which is not among {known}; add it to history"
        )
    return cycle


def improvement(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """50: what changed since the baseline, and what the data allow to say of it."""
    if not state.baseline:
        left = ("changes", "comparability", "like_for_like", "controlled_changes", "decomposition")
        return {name: empty(name) for name in left}
    kept = valid(state, tables["exclusions"], state.compared)
    found = change.changes(state, kept, tables)
    return found | {"decomposition": decomposed(state, kept, tables, weighting)}


def watch(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """60: targets, warnings by threshold and by signal, and the course over every cycle read."""
    current = tables["indicator_scores"].query("cycle == @state.cycle")
    aims = in_force(state, tables["weights"])
    judged = targets.judge_targets(current, state.framework, aims, day=state.params.today)

    def now(name: str) -> pd.DataFrame:
        return tables[name][tables[name]["cycle"] == state.cycle]

    known = past(state, tables)
    history = known.history()
    units = state.inputs[state.cycle].units
    return {
        **follow(history, state.framework, units, cycles=state.in_time),
        "targets": judged,
        "target_proposals": proposals(state, tables, judged),
        "losses": losses(
            tables["contributions"],
            judged,
            units,
            cycle=state.cycle,
            baseline=state.baseline,
        ),
        "levers": levers(now("contributions"), judged, now("grades"), state.framework),
        **monitored(state, known, aims),
        "history": history,
    }


STEPS = {
    "10": quality,
    "20": consistency,
    "30": weighting,
    "40": scoring,
    "50": improvement,
    "60": watch,
    "70": follow_up,
    "90": report,
}
NEEDS = {
    "10": (),
    "20": ("exclusions",),
    "30": ("exclusions",),
    "40": (
        "exclusions",
        "response_profile",  # which groups of answers are too small to be shown
        "weights",
        "weight_methods",
        "expert_weights",
        "consistency",
        "authenticity",
        "drivers",
    ),
    "50": (
        "exclusions",
        "weights",
        "indicator_scores",
        "totals",
        "contributions",
        "grades",
        "reliability",
        "authenticity",
        "invariance",
    ),
    "60": ("weights", "indicator_scores", "kpi_sources", "totals", "grades", "contributions", "changes"),
    "70": ("exclusions", "losses", "targets", "changes", "controlled_changes", "alerts"),
    "90": (
        "invariance",
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
        "decomposition",
        "targets",
        "alerts",
    ),
}
