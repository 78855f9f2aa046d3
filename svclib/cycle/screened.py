"""What the screening does to every headline number: alpha, dimension and total scores, grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd

from svclib import reliability
from svclib.columns import checked, empty
from svclib.cycle.answers import valid
from svclib.cycle.state import State

Tables = dict[str, pd.DataFrame]
# Every row returned; those that count; those that no rule marks, whether it excludes or not.
WAYS = ("all", "kept", "strict")
KEY = ["cycle", "unit", "stat", "node", "subject"]
DRAWS = 100  # the fewest allowed: the intervals of these scores are not used


def headline(
    state: State, tables: Mapping[str, pd.DataFrame], published: Tables, *, score: Callable[..., Tables]
) -> pd.DataFrame:
    """Table "screening_headline": each headline number with all rows, the valid ones, the unmarked ones.

    stat "alpha": Cronbach's alpha of a dimension, by evaluator, all units together (unit "").
    stat "score": dimensions and total of every unit of the current cycle, the grade beside the
    total.  The weights are those of the published result in all three, so that only the
    rows differ.

    Parameters
    ----------
    tables : at least exclusions and weights
    published : totals and grades of the current cycle, from the rows that count
    score : makes the scores of a cycle from a state, its answers and weights
    """
    if not state.framework.items:
        return empty("screening_headline")
    marks, cycle = tables["exclusions"], state.cycle
    flags = {"all": marks.assign(excluded=False), "kept": marks, "strict": marks.assign(excluded=True)}
    quick = replace(state, params=state.params.model_copy(update={"draws": DRAWS}))
    found = []
    for way in WAYS:
        rows = valid(state, flags[way], (cycle,))
        made = published if way == "kept" else score(quick, rows, tables["weights"], cycle)
        told = pd.concat([_scores(made, rows), _alphas(state, rows)], ignore_index=True)
        found.append(told.rename(columns={c: f"{c}_{way}" for c in ("n", "estimate", "grade")}))
    both = found[0]
    for other in found[1:]:
        both = both.merge(other, on=[*KEY, "level"], how="outer", validate="1:1")
    filled = both.fillna({f"n_{w}": 0 for w in WAYS} | {f"grade_{w}": "" for w in WAYS})
    return checked("screening_headline", filled)


def _scores(made: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Dimension and total scores with the grade of the total, and the rows behind each unit."""
    total = made["totals"].rename(columns={"score": "estimate"})
    total = total[total["unit"].isin(made["grades"]["unit"])]
    grade = made["grades"][["cycle", "unit", "grade"]].assign(level="total")
    told = total.merge(grade, on=["cycle", "unit", "level"], how="left").fillna({"grade": ""})
    n = told["unit"].map(rows["unit"].value_counts()).fillna(0)
    return told.assign(stat="score", subject="", n=n)[[*KEY, "level", "n", "estimate", "grade"]]


def _alphas(state: State, rows: pd.DataFrame) -> pd.DataFrame:
    """Alpha of every dimension of at least two items, per evaluator."""
    found = []
    for subject, mine in rows.groupby("subject"):
        for dimension in state.framework.dimensions:
            asked = [i for i in dimension.indicators if subject in i.subjects]
            wanted = dict.fromkeys(item for i in asked for item in i.items)
            items = [item for item in wanted if mine[item].notna().any()]
            if len(items) > 1:
                told = reliability.alpha(
                    mine[items], weights=mine["weight"], missing=state.params.reliability.missing
                ).iloc[0]
                found.append((subject, dimension.name, told["n"], told["estimate"]))
    frame = pd.DataFrame(found, columns=["subject", "node", "n", "estimate"])
    return frame.assign(cycle=state.cycle, unit="", stat="alpha", level="dimension", grade="")
