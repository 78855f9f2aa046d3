"""Approved corrections applied to the typed data; the files themselves are never touched."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import nearest
from svclib.sources import headers
from svclib.sources.records import NUMBERS
from svclib.sources.table import Table

RULE = "correction"


class Corrected(NamedTuple):
    """KPI records with the new values, and the answers that are left out."""

    kpis: pd.DataFrame
    left_out: pd.DataFrame


def apply(table: Table, sheet: pd.DataFrame, kpis: pd.DataFrame, responses: pd.DataFrame) -> Corrected:
    """Correct KPI records cell by cell and leave answers out; what does not fit is noted in the table.

    A cell must hold `old` now: a correction of something else is a mistake, not a correction.
    `left_out` has the shape of table "exclusions".
    """
    cells = (sheet["source"] == "kpis").to_numpy()
    columns = sheet["column"].map(_column)
    unknown = cells & columns.isna().to_numpy()
    choices = [headers.CHINESE[c] for c in NUMBERS if c in headers.CHINESE]
    for name in sorted(set(sheet["column"][unknown])):
        here = unknown & (sheet["column"] == name).to_numpy()
        table.flag(
            here, "column", "unknown column", f"Use one of {', '.join(choices)}.", nearest(name, choices)
        )
    new = pd.to_numeric(sheet["new"], errors="coerce").to_numpy(float)
    bad = cells & ~np.isfinite(new)
    table.flag(bad, "new", "not a number", "Write the corrected number.")
    kpis = _cells(table, sheet.assign(column=columns, value=new)[cells & ~unknown & ~bad], kpis)
    return Corrected(kpis, _left_out(table, sheet, ~cells, responses))


def _column(name: str) -> str | None:
    plain = headers.plain(name)
    return next((c for c in NUMBERS if plain in {headers.plain(h) for h in headers.names_of(c)}), None)


def _cells(table: Table, rows: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    made = kpis.copy()
    place = {key: i for i, key in enumerate(zip(kpis["unit"], kpis["indicator"], strict=True))}
    absent, differs = np.zeros(len(table.frame), bool), np.zeros(len(table.frame), bool)
    places: list[int] = [int(at) for at in rows.index]
    for at, row in zip(places, rows.to_dict("records"), strict=True):
        found = place.get((row["unit"], row["indicator"]))
        if found is None:
            absent[at] = True
            continue
        if not _same(kpis[row["column"]].iloc[found], row["old"]):
            differs[at] = True
        made.loc[kpis.index[found], row["column"]] = row["value"]
    remedy = "Correct unit or indicator, or report the record in the data."
    table.flag(absent, "indicator", "no record of this unit and indicator", remedy)
    table.flag(differs, "old", "not what the data hold now", "Write the value as it stands in the data.")
    return made


def _same(now: float, old: str) -> bool:
    if old == "":
        return bool(np.isnan(now))
    wanted = pd.to_numeric(old, errors="coerce")
    return bool(np.isclose(now, wanted, rtol=1e-9, atol=0))


def _left_out(table: Table, sheet: pd.DataFrame, rows: np.ndarray, responses: pd.DataFrame) -> pd.DataFrame:
    known = set(responses["respondent"]) - {""}
    for name in sorted(set(sheet["respondent"][rows]) - known):
        here = rows & (sheet["respondent"] == name).to_numpy()
        table.flag(
            here,
            "respondent",
            "no answer of this respondent",
            "Write the id as returned.",
            nearest(name, known),
        )
    wanted = sheet[rows].drop_duplicates("respondent").set_index("respondent")["basis"]
    gone = responses[responses["respondent"].isin(wanted.index)]
    columns = ["cycle", "source", "row", "respondent", "unit"]
    return gone[columns].assign(
        rule=RULE, excluded=True, value=np.nan, cut=np.nan, detail=gone["respondent"].map(wanted)
    )
