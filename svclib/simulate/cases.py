"""What is simulated: nothing changed, something changed, careless answers, answers left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import ParamError, nearest
from svclib.simulate.population import Population

# Changes a unit may make, in MIDs of its indicators, for better or worse.
MOVES = (0.5, 1.0, 1.5, 2.0, 3.0)
SIZES = (0.5, 1.0, 2.0)
CARELESS, BLANK = 0.1, 0.2


class Case(NamedTuple):
    """One setting of a simulation.

    size : questionnaires as a multiple of those of the population
    moved : whether units change between the cycles
    careless : share of respondents who do not read
    blank : share of answers left out, None as in the population
    screened : whether the screening of the params file excludes anybody
    """

    name: str
    size: float = 1.0
    moved: bool = False
    careless: float = 0.0
    blank: float | None = None
    screened: bool = True


CASES = {
    case.name: case
    for case in (
        Case("unchanged"),
        Case("changed", moved=True),
        Case("careless", careless=CARELESS),
        Case("unscreened", careless=CARELESS, screened=False),
        Case("blank", blank=BLANK),
    )
}


def cases(names: Sequence[str] = (), sizes: Sequence[float] = SIZES) -> list[Case]:
    """The cases called `names`, all by default; what is or is not changed also at other `sizes`.

    Raises
    ------
    ParamError
        An unknown case.
    """
    for name in names:
        if name not in CASES:
            close = nearest(name, CASES)
            hint = f" Did you mean {close!r}?" if close else ""
            raise ParamError(f"case {name!r} does not exist; choose from {list(CASES)}.{hint}")
    found = []
    for case in (CASES[name] for name in dict.fromkeys(names or CASES)):
        plain = not case.careless and case.blank is None
        found += [case._replace(size=size) for size in sizes] if plain else [case]
    return found


def moves(population: Population, case: Case, rng: np.random.Generator) -> dict[str, float]:
    """By how many MIDs each unit changes."""
    names = [str(unit) for unit in population.units["unit"]]
    drawn = rng.choice([sign * step for step in MOVES for sign in (-1, 1)], size=len(names))
    return dict(zip(names, drawn.tolist(), strict=True)) if case.moved else {}


def resized(population: Population, n: int) -> Population:
    """The population with `n` questionnaires per unit, evaluators in the shares they have.

    Raises
    ------
    ParamError
        Fewer than one, or nobody answers questionnaires.
    """
    if n < 1:
        raise ParamError(f"n={n}; give the questionnaires per unit, a whole number from 1")
    if population.people.empty:
        raise ParamError(
            "n is the number of questionnaires per unit, and nothing is rated here. Leave it out"
        )
    parts = []
    for _, rows in population.people.groupby("unit", sort=True):
        share = rows.groupby("subject")["unit"].count() / len(rows)
        for subject, part in share.items():
            mine = rows[rows["subject"] == subject]
            parts.append(mine.iloc[np.arange(max(1, round(n * part))) % len(mine)])
    return replace(population, people=pd.concat(parts, ignore_index=True))
