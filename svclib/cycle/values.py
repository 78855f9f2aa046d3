"""Natural values and indicator scores of the units, from answers and records."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from svclib import comparability, kpis, scores
from svclib.cycle.answers import estimates
from svclib.cycle.records import records
from svclib.cycle.state import State


def ratings(state: State, responses: pd.DataFrame) -> pd.DataFrame:
    """Natural values of the ratings of every compared cycle."""
    values = natural(state, responses, state.compared)
    rated = [i.name for i in state.framework.indicators if i.source == "responses"]
    return values[values["indicator"].isin(rated)]


def natural(state: State, responses: pd.DataFrame, cycles: Sequence[str]) -> pd.DataFrame:
    """Natural values of ratings and KPIs, a row per cycle, unit, indicator and subject."""
    here = responses[responses["cycle"].isin(list(cycles))]
    parts = [
        scores.natural_values(found, state.framework, unit=unit)
        for unit, found in estimates(state, here, cycles).items()
        if state.framework.items and (unit in state.rated or (here["unit"] == unit).any())
    ]
    parts.append(kpis.values(records(state, here, cycles), state.framework))
    return pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)


def indicator_scores(state: State, kept: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Table "indicator_scores" of one cycle, of all units and every indicator of the framework.

    What an earlier cycle did not measure, or measured otherwise, does not apply to it: nobody withheld it.
    """
    found = scores.indicator_scores(
        natural(state, kept, (cycle,)),
        state.framework,
        units=state.units(cycle),
        min_responses=state.params.min_responses,
        confidence=state.params.confidence,
    )
    own = state.own.get(cycle)
    if own is None:
        return found
    before = {i.name for i in own.framework.indicators}
    lost = comparability.unlike(own.framework, state.framework)
    lost |= {i.name for i in state.framework.indicators if i.name not in before}
    idle = found["indicator"].isin(lost) & (found["status"] == "not_reported")
    return found.assign(status=found["status"].where(~idle, "not_applicable"))
