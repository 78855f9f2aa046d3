"""Steps of the design notebooks: what the data of a cycle say about its indicator system.

They are no part of a run; a notebook asks for them by name.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib import params as params_module
from svclib import principles, reliability, targets
from svclib.cycle.answers import valid
from svclib.cycle.grading import aims_of, sides
from svclib.cycle.panel import expert_panel
from svclib.cycle.sample_plan import sample_plan
from svclib.cycle.state import State
from svclib.cycle.values import indicator_scores

Tables = dict[str, pd.DataFrame]


def indicator_system(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """01: the indicator system against five principles, and what to drop, merge or split."""
    kept = valid(state, tables["exclusions"], state.compared)
    scores = pd.concat([indicator_scores(state, kept, cycle) for cycle in state.compared], ignore_index=True)
    current = scores[scores["cycle"] == state.cycle]
    aims: dict[tuple[str, str], targets.Aim] = {}
    for side in sides(state, tables["weights"], state.cycle):
        aims |= aims_of(state, side, state.cycle)
    before = params_module.load(state.params.baseline).framework if state.params.baseline else None
    return principles.review(
        principles.Material(
            framework=state.framework,
            cycle=state.cycle,
            answers=kept[kept["cycle"] == state.cycle].reset_index(drop=True),
            scores=scores,
            items=tables["item_profile"],
            analysis=_item_rest(state, kept),
            weights=tables["weights"],
            targets=targets.judge_targets(current, state.framework, aims),
            owners=_owners(tables["collection"], state.cycle),
            baseline=state.baseline,
            before=before,
            alpha=1 - state.params.confidence,
        )
    )


def _item_rest(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    """Columns cycle, subject, item, r_drop of table "item_analysis", without the rest of step 20."""
    told = [pd.DataFrame(columns=["cycle", "subject", "item", "r_drop"])]
    for subject, rows in kept[kept["cycle"] == state.cycle].groupby("subject"):
        for dimension in state.framework.dimensions:
            asked = dict.fromkeys(q for i in dimension.indicators if subject in i.subjects for q in i.items)
            items = [item for item in asked if rows[item].notna().any()]
            if items:
                found = reliability.item_analysis(
                    rows[items], weights=rows["weight"], missing=state.params.reliability.missing
                )
                told.append(found[["item", "r_drop"]].assign(cycle=state.cycle, subject=subject))
    return pd.concat(told[1:] or told, ignore_index=True)


def _owners(collection: pd.DataFrame, cycle: str) -> dict[str, str]:
    """Who collects each source, where the collection sheet names anybody."""
    rows = collection[(collection["cycle"] == cycle) & (collection["owner"] != "")]
    return {str(s): str(o) for s, o in zip(rows["source"], rows["owner"], strict=True)}


STEPS_OF_DESIGN = {"01": indicator_system, "02": expert_panel, "03": sample_plan}
NEEDS_OF_DESIGN = {
    "01": ("exclusions", "item_profile", "weights", "collection"),
    "02": ("weights",),
    "03": ("exclusions", "weights"),
}
