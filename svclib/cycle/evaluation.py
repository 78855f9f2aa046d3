"""A cycle computed in memory, from its parameters or from data already there."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from svclib import columns
from svclib.cycle import state as regular
from svclib.cycle import year
from svclib.cycle.annual_report import STEPS_OF_YEAR
from svclib.cycle.state import State
from svclib.cycle.steps import STEPS
from svclib.params import Params

Tables = dict[str, pd.DataFrame]


def load(params: Params) -> State:
    """The typed data of a cycle and of the cycles it names; see `state.load` and `year.load`."""
    return year.load(params) if params.kind == "annual" else regular.load(params)


def evaluate(params: Params) -> Tables:
    """Every result table of a cycle, computed in memory.

    Raises
    ------
    InputErrors
        Anything wrong with the data files.
    """
    return evaluate_state(load(params))


def evaluate_state(state: State) -> Tables:
    """`evaluate` for data already in memory, as simulations have it."""
    tables: Tables = {}
    for step in steps_of(state.params).values():
        tables |= {name: columns.checked(name, frame) for name, frame in step(state, tables).items()}
    return tables


def steps_of(params: Params) -> dict[str, Callable[..., Tables]]:
    """The chain of a cycle, by its kind."""
    return STEPS_OF_YEAR if params.kind == "annual" else STEPS
