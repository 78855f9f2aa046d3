"""Step 70: problems, complaints, comments, measures, appeals: what to do now."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib import actions, comments, complaints, problems, targets, training
from svclib.cycle.answers import valid
from svclib.cycle.state import State
from svclib.improvement import Comparison

Tables = dict[str, pd.DataFrame]


def follow_up(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """70: which problems are common or prominent, what customers say, and whether last measures worked."""
    cycle, today, events = state.cycle, state.params.today, state.sheet("events")
    answers = valid(state, tables["exclusions"], (cycle,))
    sheet, passed_through = state.sheet("targets"), complaints.steps(events, cycle=cycle, today=today)
    made = {
        "problems": problems.find(
            tables["losses"], tables["targets"], state.framework, state.params.problems
        ),
        "complaints": complaints.summary(events, cycle=cycle, today=today),
        "causes": complaints.causes(events, cycle=cycle),
        "steps": passed_through,
        "step_targets": targets.judge_steps(passed_through, sheet, state.framework, cycle=cycle, day=today),
        "timeline": complaints.timeline(events if state.params.kind == "ad_hoc" else None, cycle=cycle),
        "findings": actions.findings(state.sheet("interviews"), cycle=cycle),
        **_measures(state, tables),
        **_training(state),
        "appeals": actions.appeals(state.sheet("appeals"), cycle=cycle, today=today),
        "references": actions.references(state.sheet("benchmarks")),
        **comments.code(answers, state.sheet("keywords"), min_cell=state.params.min_cell, cycle=cycle),
    }
    passed = actions.referrals({"alerts": tables["alerts"], **made}, state.framework, cycle=cycle)
    return made | {"referrals": passed}


def _measures(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """Whether the measures worked, and what they cost."""
    params, now = state.params, state.params.period
    periods = actions.Periods(state.days.get(state.baseline), now.start if now else None, params.today)
    found = actions.status(
        state.sheet("actions"),
        tables["changes"],
        cycle=state.cycle,
        today=params.today,
        periods=periods,
        controlled=tables["controlled_changes"],
    )
    return {"actions": found, "spending": actions.spending(found)}


def _training(state: State) -> Tables:
    """Who was trained, and what they could do before and after."""
    params, sheet = state.params, state.sheet("training")
    comparison = Comparison(
        state.baseline, state.cycle, params.confidence, params.adjust, tuple(params.families),
        params.min_equivalent,
    )  # fmt: skip
    mid, least = params.training.mid, params.min_cell
    return {
        "training": training.summary(sheet, cycle=state.cycle, min_cell=least, confidence=params.confidence),
        "training_effects": training.effects(sheet, comparison, mid=mid, min_cell=least),
    }
