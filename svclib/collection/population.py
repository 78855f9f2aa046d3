"""Who answered against who is served, by channel, and the weights that make up for it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.collection.cells import CELL, cells, covering
from svclib.columns import checked, empty
from svclib.errors import DataError

GROUP = ["unit", "subject"]


def mix(sheet: pd.DataFrame | None, responses: pd.DataFrame, *, cycle: str) -> pd.DataFrame:
    """Table "mix": share of each channel among the respondents and in the population.

    Within unit × evaluator: share = Σw of the channel / Σw (w = 1 without design weights),
    population_share = population / Σ population, gap = share − population_share, and the
    cell weight of post-stratification, weight = population_share / share (Holt & Smith 1979),
    whose mean over the respondents is 1.  A channel without population, or without
    respondents, has no weight.

    Parameters
    ----------
    sheet : DataFrame or None
        Typed collection sheet; its rows with a population are the cells.
    responses : DataFrame
        Responses that count; other cycles are left aside.  Units and evaluators without a
        population in the sheet are left out.

    Raises
    ------
    DataError
        Two rows with a population overlap.
    """
    found = cells(sheet, "population")
    if found.empty:
        return empty("mix")
    rows = _placed(found, responses[responses["cycle"] == cycle].reset_index(drop=True))
    counted = rows.groupby(list(CELL)).agg(n=("weight", "size"), held=("weight", "sum"))
    known = found.set_index(list(CELL))[["population"]]
    table = known.join(counted, how="outer").fillna({"n": 0, "held": 0.0}).reset_index()
    groups = table.groupby(GROUP)
    share = table["held"] / groups["held"].transform("sum")
    population = table["population"] / groups["population"].transform("sum")
    table = table.assign(cycle=cycle, share=share, population_share=population, gap=share - population)
    weight = (population / share).where((share > 0) & (population > 0))
    return checked("mix", table.drop(columns="held").assign(weight=weight))


def _placed(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows under the names of their cell; those of no cell keep their channel, in the group of the cells."""
    place = covering(found, rows)
    named = rows[[*CELL, "weight"]].astype(dict.fromkeys(CELL, object))
    inside = place >= 0
    named.loc[inside, list(CELL)] = found[list(CELL)].to_numpy()[place[inside]]
    groups = set(found[GROUP].itertuples(index=False, name=None))
    own = np.array([key in groups for key in named[GROUP].itertuples(index=False, name=None)], dtype=bool)
    pooled = np.array([(unit, "") in groups for unit in named["unit"]], dtype=bool)
    named.loc[~own & pooled, "subject"] = ""
    return named[own | pooled]


def population_weights(responses: pd.DataFrame, mix: pd.DataFrame) -> pd.DataFrame:
    """Responses with `weight` multiplied by the weight of their cell in table "mix".

    Afterwards the channels of every unit and evaluator weigh as in the population, and the
    unit and evaluator as much as before.

    Raises
    ------
    DataError
        Responses outside every cell with a population, or a cell whose population nobody
        represents; all of them are named.
    """
    usable = mix[mix["weight"].notna()].reset_index(drop=True)
    place = np.full(len(responses), -1)
    for cycle, part in usable.groupby("cycle"):
        here = np.flatnonzero(responses["cycle"] == cycle)
        found = covering(part, responses.iloc[here])
        place[here] = np.where(found >= 0, part.index.to_numpy()[found], -1)
    _refuse_unweighted(responses[place < 0], mix)
    factor = usable["weight"].to_numpy()[place]
    return responses.assign(weight=responses["weight"].to_numpy(dtype=float) * factor)


def _refuse_unweighted(outside: pd.DataFrame, mix: pd.DataFrame) -> None:
    lost = outside.groupby(["cycle", *CELL]).size()
    empty_cells = mix[(mix["n"] == 0) & (mix["population"] > 0)]
    told = [f"{_named(key)}: {n} answers, no population" for key, n in lost.items()]
    told += [
        f"{_named(key)}: population, no answers"
        for key in empty_cells[["cycle", *CELL]].itertuples(index=False, name=None)
    ]
    if told:
        raise DataError(
            f"population weights cannot be made. {'; '.join(told)}. Complete the population in the "
            "collection sheet, join the channel with another, or set collection.population_weights to false."
        )


def _named(key: object) -> str:
    return " ".join(part for part in key if part) if isinstance(key, tuple) else str(key)
