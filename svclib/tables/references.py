"""External references beside the values they belong to."""

from __future__ import annotations

import pandas as pd

from svclib.tables.numbers import short
from svclib.tables.words import words


def with_references(frame: pd.DataFrame, references: pd.DataFrame, lang: str) -> pd.DataFrame:
    """`frame` with column `reference`: names and values that belong to the row's indicator, "" for none.

    Parameters
    ----------
    frame : rows with a column indicator.
    references : table "references".
    """
    told: dict[str, list[str]] = {}
    for row in references.to_dict("records"):
        name = row["name_en"] or row["name"] if lang == "en" else row["name"]
        told.setdefault(row["indicator"], []).append(f"{name} {short(row['value'])}")
    between = words(lang)["terms"]["id_separator"]
    return frame.assign(reference=[between.join(told.get(i, [])) for i in frame["indicator"]])
