"""Step of design notebook 02: what the experts of a cycle said, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib import delphi
from svclib.columns import empty
from svclib.cycle.state import State

Tables = dict[str, pd.DataFrame]


def expert_panel(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """02: Delphi rounds on weights, importance and cuts; proposed, never applied."""
    opinions = state.sheet("delphi")
    if opinions is None:
        return {name: empty(name) for name in delphi.TABLES}
    rules = delphi.Rules(state.params.delphi.agree_from, state.params.confidence)
    return delphi.review(opinions, state.framework, cycle=state.cycle, rules=rules, weights=tables["weights"])
