"""The audit log of a ServiceNow desk as event records: one row per ticket, as it last stood."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from svclib.errors import Problem
from svclib.params import Period
from svclib.sources.cells import Cells, UnreadableError

# Fields of the log and the columns of sheet "events" they fill.
FIELDS = {
    "number": "id",
    "assignment_group": "unit",
    "category": "category",
    "opened_at": "opened",
    "closed": "closed",
    "made_sla": "in_time",
    "reopen_count": "reopened",
    "reassignment_count": "transferred",
}
_NEEDED = ("number", "assignment_group", "opened_at", "resolved_at", "closed_at")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}:\d{2})(?::\d{2})?)?")


def plain(cells: Cells, period: Period | None) -> Cells:
    """Rows of the log as rows of sheet "events".

    Of a ticket the last row counts: each holds the ticket as it stood then.  "?" is empty; days
    come first in dates.  A ticket ended when it was resolved, else when it was closed.  Tickets
    that ended before the period or were opened after it are no matter of the cycle.

    Raises
    ------
    UnreadableError
        A field of the log is not there.
    """
    at = {name: k for k, name in enumerate(cells.headers)}
    lacking = [name for name in _NEEDED if name not in at]
    if lacking:
        found = f"no column {', '.join(lacking)}"
        remedy = "Export the log with its field names, or remove preset."
        raise UnreadableError(Problem(cells.file, "row 1", "", found, remedy))
    number = cells.body.iloc[:, at["number"]]
    last = np.flatnonzero(~number.duplicated(keep="last").to_numpy())
    known = pd.DataFrame({name: cells.body.iloc[last, k].replace("?", "") for name, k in at.items()})
    for column in ("opened_at", "resolved_at", "closed_at"):
        known[column] = known[column].map(_moment)
    known["closed"] = known["resolved_at"].where(known["resolved_at"] != "", known["closed_at"])
    kept = _touching(known, period)
    used = {name: column for name, column in FIELDS.items() if name in known}
    body = pd.DataFrame({k: known.loc[kept, name] for k, name in enumerate(used)}).reset_index(drop=True)
    origin = tuple(at.get(name, at["resolved_at"]) for name in used)
    return replace(
        cells, headers=tuple(used.values()), body=body, rows=cells.rows[last[kept.to_numpy()]], origin=origin
    )


def _moment(text: str) -> str:
    """A date written day first as year-month-day; any other text as it is."""
    match = _DAY_FIRST.fullmatch(text.strip())
    if match is None:
        return text
    day, month, year, time = match.groups()
    return f"{year}-{int(month):02d}-{int(day):02d}" + (f" {time.zfill(5)}" if time else "")


def _touching(known: pd.DataFrame, period: Period | None) -> pd.Series:
    if period is None:
        return pd.Series(data=True, index=known.index)
    opened, closed = (pd.to_datetime(known[c], errors="coerce") for c in ("opened_at", "closed"))
    later = opened >= pd.Timestamp(period.end) + pd.Timedelta(days=1)
    # A text that is no moment compares with none: its row stays, and is told of.
    return ~later & ~(closed < pd.Timestamp(period.start))
