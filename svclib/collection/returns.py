"""Issued, returned, valid; what is overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.collection.cells import CELL, cells, inside
from svclib.columns import checked, empty
from svclib.errors import DataError
from svclib.screening import mark

UNKNOWN = {"population": np.nan, "issued": np.nan, "due": "", "owner": ""}
GIVEN = tuple(UNKNOWN)


def questionnaires(
    sheet: pd.DataFrame | None,
    responses: pd.DataFrame,
    exclusions: pd.DataFrame,
    *,
    cycle: str,
    today: dt.date | None = None,
    min_rate: float = 0.0,
) -> pd.DataFrame:
    """Rows of table "collection" on questionnaires: one per row of the sheet, and what it does not cover.

    returned counts every row that came back, n_valid those the screening does not exclude;
    return_rate = returned / issued, valid_rate = n_valid / returned.  Answers outside the
    sheet are counted by unit, evaluator and channel with issued empty.

    A row is overdue when `today` is past its due day and nothing has come back, or the
    return rate is below `min_rate`.

    Parameters
    ----------
    sheet : DataFrame or None
        Typed collection sheet; "" as subject or channel stands for all of them.
    responses : DataFrame
        Every returned questionnaire; other cycles are left aside.
    exclusions : table "exclusions".
    today : the last day that counts; None judges nothing as overdue.
    min_rate : least return rate asked for (`params.collection.min_return_rate`).

    Raises
    ------
    DataError
        Two rows with issued questionnaires overlap.
    """
    cells(sheet, "issued")
    answers = mark(responses[responses["cycle"] == cycle].reset_index(drop=True), exclusions)
    seen = np.zeros(len(answers), dtype=bool)
    rows: list[dict[str, Any]] = []
    asked = [] if sheet is None else sheet[sheet["source"] != "kpis"].itertuples(index=False)
    for cell in asked:
        here = inside(cell, answers)
        seen |= here
        rows.append({c: getattr(cell, c) for c in (*CELL, *GIVEN)} | _counts(answers[here]))
    for key, group in answers[~seen].groupby(list(CELL)):
        rows.append(dict(zip(CELL, key, strict=True)) | UNKNOWN | _counts(group))
    table = _finished(rows, cycle=cycle, source="responses")
    nothing = (table["returned"] == 0) | (table["return_rate"] < min_rate)
    return checked("collection", table.assign(overdue=_past(table["due"], today) & nothing))


def records(
    sheet: pd.DataFrame | None,
    kpis: pd.DataFrame,
    owed: Mapping[str, Sequence[str]],
    *,
    cycle: str,
    today: dt.date | None = None,
) -> pd.DataFrame:
    """Rows of table "collection" on operational records: one per row of the sheet with source kpis.

    issued is what the sheet says, otherwise the number of indicators the unit owes; returned
    and n_valid are the owed indicators with a record (不适用 is an answer too).  Overdue:
    `today` is past the due day and fewer are there than owed.

    Parameters
    ----------
    kpis : typed KPI records; other cycles are left aside.
    owed : indicators with source kpis of each unit.

    Raises
    ------
    DataError
        A row on records names an evaluator, a channel or a population.
    """
    if sheet is None:
        return empty("collection")
    asked = sheet[sheet["source"] == "kpis"]
    wrong = asked[(asked["subject"] != "") | (asked["channel"] != "") | asked["population"].notna()]
    if len(wrong):
        raise DataError(
            f"collection sheet: rows {', '.join(map(str, wrong['row']))} on records give subject, channel "
            "or population, which belong to questionnaires. Leave them empty."
        )
    here = kpis[kpis["cycle"] == cycle]
    rows: list[dict[str, Any]] = []
    for cell in asked.itertuples(index=False):
        names = owed[str(cell.unit)]
        got = int(here.loc[here["unit"] == cell.unit, "indicator"].isin(list(names)).sum())
        given: dict[str, Any] = {c: getattr(cell, c) for c in (*CELL, *GIVEN)}
        count = len(names) if np.isnan(given["issued"]) else given["issued"]
        rows.append(given | {"issued": count, "returned": got, "n_valid": got})
    table = _finished(rows, cycle=cycle, source="kpis")
    short = table["returned"] < table["issued"]
    return checked("collection", table.assign(overdue=_past(table["due"], today) & short))


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {"returned": len(rows), "n_valid": int((~rows["flagged"]).sum())}


def _finished(rows: list[dict[str, Any]], *, cycle: str, source: str) -> pd.DataFrame:
    """Rows as a frame with both rates."""
    wanted = [c for c in empty("collection").columns if c not in ("return_rate", "valid_rate", "overdue")]
    table = pd.DataFrame(rows, columns=wanted).assign(cycle=cycle, source=source)
    numbers = table[["issued", "returned", "n_valid"]].astype(float)
    positive = numbers.where(numbers > 0)
    return table.assign(
        return_rate=numbers["returned"] / positive["issued"],
        valid_rate=numbers["n_valid"] / positive["returned"],
    )


def _past(due: pd.Series, today: dt.date | None) -> pd.Series:
    """Days are written year-month-day, so they compare as text."""
    if today is None:
        return pd.Series(data=False, index=due.index)
    return (due != "") & (due < today.isoformat())
