"""更正说明: what the approved corrections changed, by scoring the cycle without them as well."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from svclib.columns import TABLES, checked, empty
from svclib.cycle.answers import flags, valid
from svclib.cycle.state import State, handed_in

Tables = dict[str, pd.DataFrame]
# What a correction says beside its place; joined where several concern one unit.
SAID = ("basis", "approver", "date", "appeal")


def revised(
    state: State,
    weights: pd.DataFrame,
    grades: pd.DataFrame,
    *,
    score: Callable[[State, pd.DataFrame, pd.DataFrame, str], Tables],
) -> Tables:
    """Tables corrections and revision; empty where nothing was corrected.

    Parameters
    ----------
    grades : table "grades" with the corrections
    score : makes the scores of a cycle from a state, its valid answers and weights
    """
    sheet = state.sheet("corrections")
    if sheet is None or sheet.empty:
        return {"corrections": empty("corrections"), "revision": empty("revision")}
    before = handed_in(state)
    kept = valid(before, flags(before, [state.cycle]), [state.cycle])
    old = score(before, kept, weights, state.cycle)["grades"]
    made = sheet.assign(cycle=state.cycle)[list(TABLES["corrections"].all_columns)]
    now = grades[grades["cycle"] == state.cycle]
    return {"corrections": checked("corrections", made), "revision": differences(old, now, made)}


def differences(before: pd.DataFrame, after: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """Table "revision": every unit that was corrected or whose score or grade moved, and on what grounds.

    A unit that moved without a correction of its own has empty grounds: it moved because
    another unit did, for instance by weights that follow the data.
    """
    keys = ["cycle", "unit"]
    both = before[[*keys, "published", "grade"]].merge(
        after[[*keys, "published", "grade"]], on=keys, how="outer", suffixes=("_before", "_after")
    )
    said = corrections.groupby("unit")[list(SAID)].agg(_joined)
    rows = both.join(said, on="unit").fillna(dict.fromkeys(("grade_before", "grade_after", *SAID), ""))
    rows = rows.rename(columns={"published_before": "before", "published_after": "after"})
    same = np.isclose(rows["before"], rows["after"], atol=1e-12, rtol=0, equal_nan=True)
    moved = ~same | (rows["grade_before"] != rows["grade_after"]) | rows["unit"].isin(said.index)
    return checked("revision", rows[moved][list(TABLES["revision"].all_columns)])


def _joined(texts: pd.Series) -> str:
    return "；".join(dict.fromkeys(t for t in texts if t))
