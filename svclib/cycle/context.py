"""What a notebook works with: `open` a cycle, alone or in the folder of a run."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from svclib import columns, suppression, tables, wording
from svclib import params as params_module
from svclib.cycle import snapshot
from svclib.cycle.annual_report import NEEDS_OF_YEAR
from svclib.cycle.answers import valid
from svclib.cycle.design import NEEDS_OF_DESIGN, STEPS_OF_DESIGN
from svclib.cycle.evaluation import Tables, load, steps_of
from svclib.cycle.report import label as label_of
from svclib.cycle.state import ALL_UNITS, State
from svclib.cycle.steps import NEEDS
from svclib.errors import DataError, ParamError
from svclib.framework import Framework
from svclib.params import Params

LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Context:
    """What a notebook works with: parameters, framework, and the tables of earlier steps."""

    params: Params
    run_dir: Path | None
    languages: tuple[str, ...]
    made: Tables = field(default_factory=dict)
    whole: Tables = field(default_factory=dict)
    given: State | None = None

    @property
    def framework(self) -> Framework:
        """The current indicator system."""
        return self.params.framework

    @cached_property
    def state(self) -> State:
        """The typed data of this cycle and the cycles it names."""
        return self.given or load(self.params)

    def step(self, name: str, **options: Any) -> Tables:
        """Tables of step `name` ("10" … "70", or "01" to "03" of the design), computed now.

        Steps work with whole tables; what is returned, and so shown, is fit to be published:
        groups of fewer than `min_cell` people are hidden.

        Parameters
        ----------
        options : passed on to the step, such as the replications of "03"
        """
        annual = self.params.kind == "annual"
        steps = steps_of(self.params) | ({} if annual else STEPS_OF_DESIGN)
        if name not in steps:
            raise ParamError(f"step {name!r}; choose one of {sorted(steps)}")
        needs = NEEDS_OF_YEAR if annual else NEEDS | NEEDS_OF_DESIGN
        needed = {table: self._whole(table) for table in needs[name]}
        found = {
            n: columns.checked(n, frame) for n, frame in steps[name](self.state, needed, **options).items()
        }
        self.whole.update(found)
        shown = {n: self._published(n, frame) for n, frame in found.items()}
        self.made.update(shown)
        return shown

    def _published(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        least = self.params.min_cell
        return suppression.published(name, frame, lambda: self._hidden, least=least)

    @cached_property
    def _hidden(self) -> suppression.Plan:
        """Which answers are too few to be shown."""
        return suppression.plan(self._whole("response_profile"), least=self.params.min_cell)

    def _whole(self, name: str) -> pd.DataFrame:
        """A table before anything is hidden: what steps compute with, never shown."""
        if name not in self.whole and self.run_dir is None:
            self.step(columns.TABLES[name].step)
        if name not in self.whole:
            path = self._kept(name)
            found = columns.checked(name, pd.read_parquet(path)) if path.is_file() else self.table(name)
            self.whole[name] = found
        return self.whole[name]

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

    def _kept(self, name: str) -> Path:
        """File of a table before small groups were hidden; there is none where nothing was."""
        return Path(self.run_dir or "", "private", "whole", f"{name}.parquet")

    def save(self, tables: Tables) -> list[str]:
        """Write tables into the run, checked against the inventory; without a run, write nothing."""
        if self.run_dir is None:
            return []
        for name, frame in tables.items():
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            columns.checked(name, frame).to_parquet(path, index=False)
            whole = self.whole.get(name)
            if whole is not None and not whole.equals(frame):
                self._kept(name).parent.mkdir(parents=True, exist_ok=True)
                whole.to_parquet(self._kept(name), index=False)
        snapshot.mark_saved(self.run_dir, {columns.TABLES[name].step for name in tables})
        return sorted(tables)

    @property
    def units(self) -> list[str]:
        """Units of the current cycle, in the order of the units file."""
        return self.state.units(self.params.cycle)

    @property
    def dimensions(self) -> list[str]:
        """Dimensions in the order of the framework."""
        return [d.name for d in self.framework.dimensions]

    @property
    def indicators(self) -> list[str]:
        """Indicators in the order of the framework."""
        return [i.name for i in self.framework.indicators]

    @property
    def cycles(self) -> list[str]:
        """Cycles read, or those a year is made of, in time."""
        return self.state.in_time

    def current(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the current cycle."""
        return frame[frame["cycle"] == self.params.cycle].reset_index(drop=True)

    def by_scale(self, grades: pd.DataFrame) -> list[tuple[str, pd.DataFrame, dict[str, float]]]:
        """Rows of "grades" that share cuts: those of the framework first, then each group with its own.

        Returns
        -------
        Name of the group ("" for the framework's cuts), its rows, label of each grade to its cut.
        """
        own = self.framework.own_scales
        common = grades[~grades["group"].isin(list(own))]
        found = [("", common, self.framework.grades.scale)]
        found += [(name, grades[grades["group"] == name], scale) for name, scale in own.items()]
        return [part for part in found if len(part[1])]

    def in_order(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows as units stand in the units file, all units together first; cycles of a year in time."""
        place = {unit: k for k, unit in enumerate([ALL_UNITS, *self.units])}
        if "part" in frame:
            time = {cycle: k for k, cycle in enumerate(self.cycles)}
            frame = frame.sort_values("part", key=lambda parts: parts.map(time), kind="stable")
        return frame.sort_values("unit", key=lambda units: units.map(place), kind="stable")

    def of_unit(self, name: str, unit: str) -> pd.DataFrame:
        """Rows of one unit in table `name`: of the current cycle, of every cycle for "history".

        Raises
        ------
        ParamError
            The cycle has no such unit.
        """
        if unit not in self.units:
            raise ParamError(f"no unit is called {unit!r}; choose one of {self.units}")
        frame = self.table(name)
        mine = frame[frame["unit"] == unit].reset_index(drop=True)
        return mine if name == "history" else self.current(mine)

    def group_size(self, unit: str) -> int:
        """How many units are ranked together with `unit`: graded units of its group in this cycle."""
        board = self.table("board")
        own = board.loc[board["unit"] == unit, "group"]
        return int(((board["status"] == "graded") & board["group"].isin(own)).sum())

    def sentences(self, kind: str, lang: str) -> pd.DataFrame:
        """Claims whose template belongs to group `kind`, e.g. "screening", in one language."""
        claims = self.table("claims")
        return claims[(claims["lang"] == lang) & claims["template"].str.startswith(f"{kind}.")]

    def masthead(self, lang: str, unit: str = "") -> tuple[str, str, str]:
        """Title of the report or of one unit's page, the facts of the cycle, and what the unit belongs to."""
        title = getattr(self.params.title, lang) or self.label(self.framework.name, lang)
        facts = {"cycle": self.params.cycle, "status": self.params.status, "baseline": self.state.baseline}
        facts |= {"units": len(self.units), "unit_label": self.label(self.framework.unit_label, lang)}
        line = wording.masthead(facts, lang, self.label)
        if not unit:
            return title, line, ""
        above = self.state.above.get(unit, "")
        parent = wording.unit_line(above, lang, self.label) if above else ""
        return self.label(unit, lang), f"{title} · {line}", parent

    def valid(self, *cycles: str) -> pd.DataFrame:
        """Responses that count, reverse items recoded: the data behind the statistics."""
        return valid(self.state, self.table("exclusions"), cycles)

    def provenance(self) -> tables.Text:
        """What a rerun needs to give the same numbers, named in both languages."""
        packages = ("svclib", "numpy", "pandas", "scipy", "statsmodels", "pingouin")
        facts = {"周期 cycle": self.params.cycle, "参数 params": self.params.file.name}
        facts |= {"种子 seed": str(self.params.seed), "方案 framework": self.framework.number_hash()[:12]}
        facts |= {"python": platform.python_version()} | {name: metadata.version(name) for name in packages}
        return tables.Text("\n".join(f"{name} {value}" for name, value in facts.items()))

    def show(self, make: Callable[[str], object]) -> None:
        """Display ``make(lang)`` for every language, unless None; an export keeps its own language."""
        from IPython.display import display

        for lang in self.languages:
            made = make(lang)
            if made is not None:
                display(made, metadata={"lang": lang})

    def small_groups(self, lang: str) -> tables.Shown | None:
        """What stands for groups too small to be published; None where every group is."""
        told = wording.small_groups(self.params.min_cell, lang)
        return tables.paragraph(told, "note") if told else None

    def label(self, name: str, lang: str) -> str:
        """`name` as shown in `lang`."""
        return label_of(self.state, name, lang)


def open(  # noqa: A001 - cycle.open reads as it should
    params_file: str, run_dir: str = "", language: str = "zh", as_of: str = ""
) -> Context:
    """Open a cycle from a notebook.

    Parameters
    ----------
    params_file : params file; a relative path is looked up from the working directory upwards
    run_dir : folder of the run, "" to compute in memory and write nothing
    language : "zh", "en", or both as "zh,en"
    as_of : "" or a day such as "2026-05-31": count only what was known by then

    Raises
    ------
    InputErrors
        Anything wrong with the params file or its framework.
    ParamError
        An unknown language.
    """
    languages = tuple(part.strip() for part in language.split(","))
    if not languages or set(languages) - set(LANGUAGES):
        raise ParamError(f"language={language!r}; choose from {list(LANGUAGES)}, both as 'zh,en'")
    folder = Path(run_dir) if run_dir else None
    given = snapshot.read(folder, params_file, as_of) if folder else None
    params, state = given or (params_module.load(params_file, as_of=as_of or None), None)
    return Context(params, folder, languages, given=state)
