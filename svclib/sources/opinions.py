"""What must hold between the rows of the Delphi sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.framework import Framework
from svclib.sources.table import Table

if TYPE_CHECKING:
    from svclib.sources.sheets import Names

WHOLE = (1.0, 100.0)  # what weights may sum to
ROUNDING = 1e-6


def check(table: Table, frame: pd.DataFrame, names: Names) -> None:
    """Kinds fit what they are said of; weights are complete and sum to 100; cuts fall with the grades."""
    labels = names.framework.grades.labels
    of_grade, cut = frame["item"].isin(labels), frame["kind"] == "cut"
    table.flag(frame["round"] < 1, "round", "round below 1", "Number the rounds from 1.")
    table.flag(cut & (frame["item"] != "") & ~of_grade, "item", "a cut of what is no grade", "Name a grade.")
    remedy = "Name a dimension or an indicator, or set the kind to 分数线."
    table.flag(of_grade & ~cut & (frame["kind"] != ""), "item", "no cut, but of a grade", remedy)
    lowest = cut & (frame["item"] == labels[-1])
    table.flag(lowest, "item", "the lowest grade has no cut", "Remove the row.")
    table.flag(frame["value"] < 0, "value", "below 0", "Correct it.")
    table.flag(cut & (frame["value"] > 100), "value", "cut above 100", "Correct it.")
    for (number, expert), own in frame.groupby(["round", "expert"]):
        who = f"{number:g}", str(expert)
        _weights(table, own[own["kind"] == "weight"], who, names.framework)
        _cuts(table, own[(own["kind"] == "cut") & own["item"].isin(labels)], who, labels)


def _weights(table: Table, own: pd.DataFrame, who: tuple[str, str], framework: Framework) -> None:
    number, expert = who
    levels = [tuple(d.name for d in framework.dimensions)]
    levels += [tuple(i.name for i in d.indicators) for d in framework.dimensions]
    for children in levels:
        mine = own[own["item"].isin(children)]
        lacking = [name for name in children if name not in set(mine["item"])]
        if mine.empty or mine["value"].isna().any():
            continue
        if lacking:
            found = f"round {number}, expert {expert}: weights leave out {', '.join(lacking)}"
            table.flag(
                _rows(table, mine.index[:1]), "value", found, "Give each a weight, 0 where it has none."
            )
            continue
        total = float(mine["value"].sum())
        if min(abs(total - whole) for whole in WHOLE) > ROUNDING:
            found = f"round {number}, expert {expert}: weights of {', '.join(children)} sum to {total:g}"
            table.flag(_rows(table, mine.index[:1]), "value", found, "Let them sum to 100.")


def _cuts(table: Table, own: pd.DataFrame, who: tuple[str, str], labels: tuple[str, ...]) -> None:
    ordered = own.assign(place=own["item"].map(labels.index)).sort_values("place")
    wrong = ordered.index[1:][ordered["value"].diff().to_numpy()[1:] >= 0]
    if len(wrong):
        found = f"round {who[0]}, expert {who[1]}: cut not below that of the better grade"
        table.flag(_rows(table, wrong), "value", found, "Let the cuts fall with the grades.")


def _rows(table: Table, at: pd.Index) -> np.ndarray:
    return np.isin(np.arange(len(table.frame)), at)
