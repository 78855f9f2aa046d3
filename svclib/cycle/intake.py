"""What came back, from whom, and whether it is genuine: the collection side of step 10."""

from __future__ import annotations

import pandas as pd

from svclib import audit, collection
from svclib.columns import checked
from svclib.cycle.answers import counted, mix
from svclib.cycle.state import State

# Members of these aspects are compared; who holds a post, only where the answers name it.
PEOPLE = ("service_item", "staff", "segment", "interviewer", "channel")


def collected(
    state: State, answers: pd.DataFrame, kept: pd.DataFrame, marks: pd.DataFrame, screening: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Tables collection, mix, callback_sample, authenticity, distribution and unusual.

    Parameters
    ----------
    answers : every returned questionnaire of the compared cycles, codes as answered
    kept : those that count, reverse items recoded
    marks : table "exclusions"; screening : table "screening"
    """
    rules, now = state.params, kept[kept["cycle"] == state.cycle].reset_index(drop=True)
    back = answers[answers["cycle"] == state.cycle].reset_index(drop=True)
    returned = [_returned(state, cycle, answers, marks) for cycle in state.compared]
    return {
        "collection": checked("collection", pd.concat(returned, ignore_index=True)),
        "mix": mix(state, counted(state, marks, state.compared), state.compared),
        "callback_sample": audit.callback_sample(now, rules.audit, seed=rules.seed),
        "authenticity": audit.authenticity(
            state.sheet("audit"), back, rules.audit, confidence=rules.confidence
        ),
        "distribution": collection.distribution(
            now, state.framework, aspects=PEOPLE, min_cell=rules.min_cell
        ),
        "unusual": audit.unusual_units(screening, alpha=1 - rules.confidence),
    }


def _returned(state: State, cycle: str, answers: pd.DataFrame, marks: pd.DataFrame) -> pd.DataFrame:
    sheet, today = state.sheet("collection", cycle), state.params.today if cycle == state.cycle else None
    least = state.params.collection.min_return_rate
    asked = collection.questionnaires(sheet, answers, marks, cycle=cycle, today=today, min_rate=least)
    names = [i.name for i in state.framework.indicators if i.source == "kpis"]
    owed = dict.fromkeys(state.units(cycle), names)
    kept = collection.records(sheet, state.inputs[cycle].kpis, owed, cycle=cycle, today=today)
    parts = [part for part in (asked, kept) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else asked
