"""The answers of a cycle that count, and the joint estimates they and the records give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pandas as pd

from svclib import collection, kpis, screening, sources
from svclib.cycle import records
from svclib.cycle.state import State
from svclib.errors import ParamError
from svclib.estimates import Estimate, by_unit, join


def raw(state: State, cycles: Sequence[str]) -> pd.DataFrame:
    """Responses of `cycles`, codes as answered, in the order of their files."""
    return pd.concat([state.inputs[c].responses.sort_values("row") for c in cycles], ignore_index=True)


def flags(state: State, cycles: Sequence[str]) -> pd.DataFrame:
    """Table "exclusions" of `cycles`: what reading left out and what screening marks."""
    return screened(state, cycles)[1]


def screened(state: State, cycles: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables "response_indices" and "exclusions" of `cycles`, each in the order of its own file."""
    told, marks = [], []
    for cycle in cycles:
        answers, rules = raw(state, [cycle]), state.params.screening
        form = screening.Form.of(state.framework, answers.columns)
        measured = screening.measures(answers, form, rules)
        found = screening.screen(answers, form, rules, measured=measured)
        told.append(screening.table(answers, measured, found))
        marks.append(found)
    marks += [frame for c in cycles if len(frame := state.inputs[c].exclusions)]
    return pd.concat(told, ignore_index=True), pd.concat(marks, ignore_index=True)


def valid(state: State, marks: pd.DataFrame, cycles: Sequence[str]) -> pd.DataFrame:
    """Responses of `cycles` that count: excluded rows out, reverse items recoded, weights final."""
    kept = counted(state, marks, cycles)
    if not state.params.collection.population_weights:
        return kept
    return collection.population_weights(kept, mix(state, kept, cycles))


def counted(state: State, marks: pd.DataFrame, cycles: Sequence[str]) -> pd.DataFrame:
    """`valid` before the answers are weighted to the population."""
    return sources.coded(screening.keep(raw(state, cycles), marks), state.framework)


def mix(state: State, kept: pd.DataFrame, cycles: Sequence[str]) -> pd.DataFrame:
    """Table "mix" of `cycles`: respondents against the population."""
    parts = [collection.mix(state.sheet("collection", c), kept, cycle=c) for c in cycles]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def estimates(state: State, responses: pd.DataFrame, cycles: Sequence[str]) -> dict[str, Estimate]:
    """Joint estimate of every item and KPI of each unit over `cycles`.

    Index columns cycle, subject, item.  A unit without any data is left out.
    """
    framework = state.framework
    here = responses[responses["cycle"].isin(cycles)]
    bounds = {item: i.scale for i in framework.indicators for item in i.items if i.scale is not None}
    known = kpis.values(records.records(state, responses, cycles), framework)
    recorded, rated = dict(iter(known.groupby("unit"))), dict[str, Estimate]()
    if state.rated:
        rated = state.rated
    elif framework.items:
        rated = by_unit(here, framework.items, bounds=bounds, panel=state.params.panel, **sampling(here))
    found: dict[str, Estimate] = {}
    for unit in dict.fromkeys(u for c in cycles for u in state.units(c)):
        parts = [rated[unit]] if unit in rated else []
        if unit in recorded:
            parts.append(kpis.of_values(recorded[unit], records.joint(state, unit, cycles)))
        # Records that do not apply, alone, leave nothing to estimate.
        parts = [part for part in parts if len(part.value)]
        if parts:
            found[unit] = join(*parts)
    return found


def design(responses: pd.DataFrame, *, panel: bool) -> str:
    """What the sampling unit is: "clusters" when declared in the data, else by `panel`."""
    if (responses["cluster"] != "").any():
        return "clusters"
    return "panel" if panel else "independent"


class Sampling(TypedDict):
    """What `moments.reduce` and `estimates.by_unit` ask of how people were drawn."""

    psu: str
    stratum: bool


def sampling(responses: pd.DataFrame) -> Sampling:
    """Sampling units and strata as the data declare them.

    Raises
    ------
    ParamError
        Clusters are given in one cycle and not in another.
    """
    clustered = [(rows["cluster"] != "").any() for _, rows in responses.groupby("cycle")]
    if any(clustered) and not all(clustered):
        raise ParamError(
            "column cluster is filled in one cycle and empty in another; fill it in both or neither"
        )
    return {
        "psu": "cluster" if any(clustered) else "respondent",
        "stratum": bool((responses["stratum"] != "").any()),
    }
