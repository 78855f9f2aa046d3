"""What indicators count must be in the records: the columns they need, the names they ask for."""

from __future__ import annotations

import pandas as pd

from svclib.errors import nearest
from svclib.framework import Framework
from svclib.sources.table import Table

# The column without which a measure would be nought for everybody.
_NEEDED = {
    "fed_back": "fed_back",
    "resolved": "resolved",
    "reopened": "reopened",
    "transferred": "transferred",
    "response_in_time": "responded",
    "response_time": "responded",
}


def events(table: Table, frame: pd.DataFrame, framework: Framework) -> None:
    """Note measures whose column nobody filled in, and names that no event has."""
    occurring(table, frame, framework)
    if frame.empty:
        return
    for indicator in framework.indicators:
        column = _NEEDED.get(indicator.measure or "")
        if column is not None and column not in table:
            found = f"{indicator.name} needs this column, and nobody filled it in"
            table.header_problem(column, found, "Fill it in, or count something else.")
        limited = indicator.measure != "in_time" or indicator.within or "due" in table or "in_time" in table
        if not limited:
            found = f"{indicator.name} needs a time limit, and no event has one"
            table.header_problem("due", found, "Fill it in, or write within: in the framework.")


def occurring(table: Table, frame: pd.DataFrame, framework: Framework) -> None:
    """Note names an indicator asks for when no row has any of them but some row has one much alike."""
    for indicator in framework.indicators:
        if indicator.source != table.source:
            continue
        for column, names in indicator.where.given.items():
            there = sorted(set(frame[column]) - {""})
            near = next((close for name in names if (close := nearest(name, there))), "")
            if near and not set(names) & set(there):
                found = f"no row has {', '.join(names)}, which {indicator.name} counts"
                table.header_problem(column, found, "Write it alike here and in the framework.", near)


def exposure(table: Table, frame: pd.DataFrame, framework: Framework) -> None:
    """Amounts are above 0, and every exposure of the framework is there."""
    table.flag(frame["amount"] <= 0, "amount", "amount not above 0", "Correct it.")
    there = sorted(set(frame["exposure"]) - {""})
    for name in sorted({i.exposure for i in framework.indicators if i.exposure} - set(there)):
        found = f"no row has {name}, which the framework counts against"
        table.header_problem("exposure", found, "Add a row for each unit.", nearest(name, there))
