"""Whether the method of a cycle is the one that was frozen, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from svclib.columns import TABLES
from svclib.params import Params
from svclib.params import frozen as freezing
from svclib.params.frozen import Method

NOT_FROZEN, BEFORE, AFTER = "not_frozen", "before_data", "after_data"
KEPT, CHANGED = "kept", "changed"
AREAS = ("framework", "settings", "inputs", "program", "notebooks")
WHOLE = "whole_framework"


def frozen(params: Params) -> pd.DataFrame:
    """Table "freeze": when the method was frozen, whether each area of it stands, and what does not.

    Returns
    -------
    DataFrame
        check "method": day and revision in found0 and found1, judgement "before_data", "after_data"
        or "not_frozen"; each of `AREAS`: "kept" or "changed"; and a row of the same check for every
        node of it that changed, with values where the freeze keeps them.
    """
    rows: list[tuple[str, ...]]
    if params.freeze is None:
        rows = [("method", "", "", "", NOT_FROZEN)]
    else:
        held = params.freeze.standing
        judged = AFTER if held.data_present else BEFORE
        rows = [("method", "", held.day.isoformat(), str(held.revision), judged)]
        rows += [row for area in AREAS for row in _area(area, held.method, freezing.method(params))]
    columns = list(TABLES["freeze"].all_columns)
    return pd.DataFrame([(params.cycle, *row) for row in rows], columns=columns, dtype="str")


def _area(area: str, then: Method, now: Method) -> Iterator[tuple[str, ...]]:
    """One row of an area as a whole, and one of each node that differs."""
    pair = [_content(area, method) for method in (then, now)]
    differing = [
        name for name in dict.fromkeys([*pair[1], *pair[0]]) if pair[0].get(name) != pair[1].get(name)
    ]
    if area == "framework" and then.framework != now.framework and not differing:
        differing = [WHOLE]
    yield area, "", "", "", CHANGED if differing else KEPT
    for name in differing:
        yield area, name, *(_shown(area, name, side.get(name)) for side in pair), CHANGED


def _content(area: str, method: Method) -> Mapping[str, Any]:
    return method.parts if area == "framework" else getattr(method, area)


def _shown(area: str, name: str, value: Any) -> str:
    """A setting or a version as text; nothing for hashes and for rules of several values."""
    plain = area == "settings" or name == "svclib"
    return "" if not plain or value is None or isinstance(value, list | Mapping) else str(value)
