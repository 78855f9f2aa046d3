"""Step 50: what was tried in some units, held against the units where it was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from svclib import improvement
from svclib.columns import empty
from svclib.cycle.state import State
from svclib.estimates import Estimate
from svclib.improvement import Comparison, Trial
from svclib.improvement.controls import NOT_SAID
from svclib.scores import natural
from svclib.training import trained_share

TABLE = "controlled_changes"


def controlled(
    state: State, used: Mapping[str, Estimate], changes: pd.DataFrame, comparison: Comparison
) -> pd.DataFrame:
    """Table "controlled_changes": measures with pilot units, and courses that should move an indicator.

    Parameters
    ----------
    used : estimates of both cycles by unit, as the table "changes" rests on them
    changes : table "changes": what may not be said of a unit alone may not be compared
    """
    asked = trials(state)
    if not asked:
        return empty(TABLE)
    names = {t.indicator for t in asked}
    rows = []
    for unit in sorted({u for t in asked for u in (*t.pilots, *t.others)} & set(used)):
        rules = state.framework.for_group(state.groups(state.cycle)[unit])
        wanted = [i for i in rules.indicators if i.name in names]
        both = natural(used[unit], rules)
        rows += [{"unit": unit} | r for r in improvement.unit_changes(both, wanted, rules, comparison)]
    found = pd.DataFrame(rows, columns=None if rows else ["unit", "indicator", "se"])
    said = changes[changes["level"] == "indicator"].rename(columns={"node": "indicator"})
    said = said[["unit", "indicator", "verdict", "reason", "flags"]]
    found = found.merge(said, on=["unit", "indicator"])
    gated = found["verdict"].isin(NOT_SAID) & (found["se"] > 0)
    found = found.assign(reason=found["reason"].where(gated, ""))
    return improvement.controlled_changes(found, asked, comparison)


def trials(state: State) -> list[Trial]:
    """Measures begun in pilot units, and courses declared to move an indicator, with who is compared."""
    return _of_measures(state) + _of_courses(state)


def _of_measures(state: State) -> list[Trial]:
    """The unit of a measure is always a pilot; units with a measure of their own are not compared with."""
    sheet, declared = state.sheet("actions"), state.params.comparison
    if sheet is None:
        return []
    begun = sheet[sheet["status"] != "not_started"]
    found = []
    for row in begun[(begun["pilot_units"] != "") | bool(declared)].to_dict("records"):
        named = {row["unit"], *str(row["pilot_units"]).split(";")}
        same = begun[begun["indicator"] == row["indicator"]]
        busy = {u for cell in (*same["unit"], *same["pilot_units"]) for u in str(cell).split(";")}
        pilots = [u for u in state.units(state.cycle) if u in named]
        others = _others(state, pilots, leave=busy)
        found.append(Trial("actions", row["unit"], row["indicator"], row["measure"], tuple(pilots), others))
    return found


def _of_courses(state: State) -> list[Trial]:
    """Units with enough people trained against those with fewer, for every indicator of the course."""
    sheet, rules, found = state.sheet("training"), state.params.training, []
    for course, names in rules.moves.items():
        share = trained_share(sheet, course)
        pilots = [u for u in state.units(state.cycle) if share.get(u, 0.0) >= rules.trained_from]
        others = _others(state, pilots, leave=set())
        found += [Trial("training", "", name, course, tuple(pilots), others) for name in names]
    return found


def _others(state: State, pilots: Sequence[str], *, leave: set[str]) -> tuple[str, ...]:
    """The units declared for comparison, else the rest of the groups of the pilots."""
    groups, declared = state.groups(state.cycle), state.params.comparison
    near = {groups[u] for u in pilots}
    units = [u for u in state.units(state.cycle) if u not in {*pilots, *leave}]
    return tuple(u for u in units if (u in declared if declared else groups[u] in near))
