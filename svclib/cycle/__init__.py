"""The chain of one evaluation cycle: `open` it in a notebook, or `evaluate` it in memory.

Notebooks and `evaluate` call the same steps, so a report and a simulation cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from svclib import columns
from svclib import params as params_module
from svclib.cycle.state import ALL_UNITS, State, load
from svclib.cycle.steps import NEEDS, STEPS
from svclib.errors import DataError, ParamError
from svclib.framework import Framework
from svclib.params import Params

__all__ = ["ALL_UNITS", "Context", "State", "evaluate", "load", "open"]

Tables = dict[str, pd.DataFrame]


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
    for step in STEPS.values():
        tables |= {name: columns.checked(name, frame) for name, frame in step(state, tables).items()}
    return tables


@dataclass(frozen=True)
class Context:
    """What a notebook works with: parameters, framework, and the tables of earlier steps."""

    params: Params
    run_dir: Path | None
    made: Tables = field(default_factory=dict)

    @property
    def framework(self) -> Framework:
        """The current indicator system."""
        return self.params.framework

    @cached_property
    def state(self) -> State:
        """The typed data of this cycle and the cycles it names."""
        return load(self.params)

    def step(self, name: str) -> Tables:
        """Tables of step `name` ("10" … "60"), computed now."""
        if name not in STEPS:
            raise ParamError(f"step {name!r}; choose one of {sorted(STEPS)}")
        needed = {table: self.table(table) for table in NEEDS[name]}
        found = {n: columns.checked(n, frame) for n, frame in STEPS[name](self.state, needed).items()}
        self.made.update(found)
        return found

    def table(self, name: str) -> pd.DataFrame:
        """A result table: of this run when there is one, otherwise computed in memory.

        Raises
        ------
        DataError
            The run lacks the table because its step has not been executed, or the name is
            not in the inventory.
        """
        if name not in columns.TABLES:
            raise DataError(f"no table is called {name!r}; known: {sorted(columns.TABLES)}")
        if name not in self.made:
            if self.run_dir is None:
                self.step(columns.TABLES[name].step)
            else:
                self.made[name] = self._read(name)
        return self.made[name]

    def _read(self, name: str) -> pd.DataFrame:
        path = self._path(name)
        if not path.is_file():
            step = columns.TABLES[name].step
            raise DataError(f"table {name!r} is not in this run; execute notebook {step} first")
        return columns.checked(name, pd.read_parquet(path))

    def _path(self, name: str) -> Path:
        if self.run_dir is None:
            raise DataError("there is no run folder; give run_dir")
        folder = "private" if columns.TABLES[name].private else "tables"
        return self.run_dir / folder / f"{name}.parquet"

    def save(self, tables: Tables) -> list[str]:
        """Write tables into the run, checked against the inventory; without a run, write nothing."""
        if self.run_dir is None:
            return []
        for name, frame in tables.items():
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            columns.checked(name, frame).to_parquet(path, index=False)
        return sorted(tables)

    def label(self, name: str, lang: str) -> str:
        """`name` as shown in `lang`."""
        if name == ALL_UNITS:
            return "全体" if lang == "zh" else "All units"
        return self.framework.label(name, lang)


def open(params_file: str, run_dir: str = "") -> Context:  # noqa: A001 - cycle.open reads as it should
    """Open a cycle from a notebook.

    Parameters
    ----------
    params_file : params file; a relative path is looked up from the working directory upwards
    run_dir : folder of the run, "" to compute in memory and write nothing

    Raises
    ------
    InputErrors
        Anything wrong with the params file or its framework.
    """
    return Context(params_module.load(params_file), Path(run_dir) if run_dir else None)
