"""Step 20: is each dimension measured consistently, the same everywhere, and what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib import agreement, invariance, reliability, validity, weights
from svclib.columns import checked, empty
from svclib.cycle.answers import design, valid
from svclib.cycle.state import State
from svclib.framework import Framework

Tables = dict[str, pd.DataFrame]
SCALE = ["cycle", "subject", "dimension"]


def consistency(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """20: whether each dimension is measured consistently, the same everywhere, and what it should be."""
    kept = valid(state, tables["exclusions"], state.compared)
    settings = state.params.reliability
    found = reliability.by_dimension(
        kept,
        state.framework,
        missing=settings.missing,
        min_alpha=settings.min_alpha,
        confidence=state.params.confidence,
        psu="cluster" if design(kept, panel=False) == "clusters" else "respondent",
    )
    found |= validity.by_subject(
        kept,
        state.framework,
        missing=settings.missing,
        confidence=state.params.confidence,
        criterion=settings.criterion,
        seed=state.params.seed,
    )
    found["invariance"] = _invariance(state, kept)
    return {
        **found,
        "reliability_change": _reliability_change(state, kept),
        "reliability_groups": _reliability_groups(state, kept),
        "agreement": _agreement(state),
        "measurement": measurement(found),
    }


def measurement(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Table "measurement": one row per scale, what the other tables of the step say of it.

    Parameters
    ----------
    found : tables "reliability", "validity", "discriminant" and "invariance".
    """
    alpha = found["reliability"].query("stat == 'alpha' and variant == 'raw'")
    rows = alpha[[*SCALE, "n_items", "n", "estimate", "ci_low", "ci_high", "confidence", "judgement", "note"]]
    rows = rows.rename(columns={"estimate": "alpha"})
    omega = found["reliability"].query("stat == 'omega' and variant == 'raw'")
    ave = found["validity"].query("stat == 'ave' and variant == 'raw'")
    for name, part in (("omega", omega), ("ave", ave), ("htmt", _closest(found["discriminant"]))):
        rows = rows.merge(part[[*SCALE, "estimate"]].rename(columns={"estimate": name}), how="left", on=SCALE)
    held = invariance.verdicts(found["invariance"])
    return checked("measurement", rows.merge(held, how="left", on=SCALE).fillna({"invariance": ""}))


def _closest(pairs: pd.DataFrame) -> pd.DataFrame:
    """Largest HTMT of every scale with any other of the same evaluator."""
    ratio = pairs[pairs["stat"] == "htmt"]
    both = pd.concat([ratio, ratio.assign(dimension=ratio["other"])])
    return both.groupby(SCALE)["estimate"].max().reset_index()


def _reliability_change(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    """Table "reliability_change": the reliability of the cycle less that of the baseline."""
    if not state.baseline:
        return empty("reliability_change")
    return reliability.changes(
        kept,
        state.framework,
        cycles=(state.baseline, state.cycle),
        panel=state.params.panel,
        missing=state.params.reliability.missing,
        confidence=state.params.confidence,
    )


def _reliability_groups(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    """Table "reliability_groups": the current cycle's reliability between channels and between evaluators."""
    now = kept[kept["cycle"] == state.cycle]
    settings: dict[str, Any] = {
        "missing": state.params.reliability.missing,
        "confidence": state.params.confidence,
    }
    parts = [reliability.groups(now, state.framework, by=by, **settings) for by in reliability.GROUPINGS]
    return pd.concat(parts, ignore_index=True)


def _agreement(state: State) -> pd.DataFrame:
    """Table "agreement": of the experts whose judgements the weights come from, and of inspectors."""
    confidence, sheet = state.params.confidence, state.sheet("inspections")
    panel = judged(state.inputs[state.cycle].judgments, state.framework)
    experts = weights.expert_panel(state.framework, panel)["expert_weights"]
    found = agreement.by_experts(experts, cycle=state.cycle, confidence=confidence)
    if sheet is None:
        return found
    inspected = agreement.by_inspection(sheet.assign(cycle=state.cycle), confidence=confidence)
    return pd.concat([found, inspected], ignore_index=True)


def _invariance(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    """Table "invariance": between the cycles, where there is a baseline, and between channels."""
    asked = ["cycle", "channel"] if state.baseline else ["channel"]
    settings: dict[str, Any] = {"missing": state.params.reliability.missing, "panel": state.params.panel}
    parts = [
        invariance.by_framework(kept, state.framework, cycles=state.compared, by=by, **settings)
        for by in asked
    ]
    return pd.concat(parts, ignore_index=True)


def judged(judgments: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Judgements between what `framework` has."""
    names = {d.name for d in framework.dimensions} | {i.name for i in framework.indicators}
    return judgments[judgments["a"].isin(names) & judgments["b"].isin(names)]
