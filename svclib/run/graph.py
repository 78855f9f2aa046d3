"""The notebooks of a run as steps: which tables each reads, and which steps it needs therefore.

What a notebook makes are the tables that the inventory gives to its step; what it reads are the
tables that step needs and those it names itself, as found in its code.  Nothing is listed twice.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svclib.columns import TABLES
from svclib.cycle.annual_report import NEEDS_OF_YEAR, STEPS_OF_YEAR
from svclib.cycle.steps import NEEDS, STEPS
from svclib.errors import ParamError
from svclib.run import stamp
from svclib.run.reach import Reached, Sources

PER_UNIT = ("91", "93")
# Notebooks of a year, which no other kind of cycle runs.
OF_YEAR = ("92", "93")
GRADES = "grades"  # whose rows say for which units there are pages
# `Context.step` runs what the notebook names; the tables of all steps are not followed from there.
_DISPATCH = {
    *("svclib.cycle.evaluation:steps_of", "svclib.cycle.steps:STEPS", "svclib.cycle.steps:NEEDS"),
    *("svclib.cycle.annual_report:STEPS_OF_YEAR", "svclib.cycle.annual_report:NEEDS_OF_YEAR"),
    *("svclib.cycle.design:STEPS_OF_DESIGN", "svclib.cycle.design:NEEDS_OF_DESIGN"),
}
FILES = "svclib.sources.files:read"
# Reading the data mentions all of them, and the inventory every table by name; what a step uses is less.
_READING = {
    *("svclib.cycle.evaluation:load", "svclib.params:load", FILES),
    "svclib.columns",
}
_CONTEXT = "svclib.cycle.context.Context"


@dataclass(frozen=True)
class Step:
    """One notebook of a run.

    reads : tables of earlier steps; needs : names of the steps that make them
    reached : code it reaches; used : the same without the code that reads the data
    """

    name: str
    notebook: Path
    makes: frozenset[str]
    reads: frozenset[str]
    needs: frozenset[str]
    reached: Reached
    used: Reached

    @property
    def number(self) -> str:
        """Number the notebook's name begins with."""
        return self.name[:2]

    @property
    def rereads(self) -> bool:
        """Whether it reads data files itself, as for the baseline under its own framework."""
        return FILES in self.used.met

    @property
    def per_unit(self) -> bool:
        """Whether it is executed once per unit."""
        return self.number in PER_UNIT


def build(notebooks: Path, *, annual: bool, sources: Sources) -> list[Step]:
    """Every step of a cycle, in the order of their numbers.

    Raises
    ------
    ParamError
        The folder has no such notebook.
    """
    every = stamp.notebook_files(notebooks)
    found = [path for path in every if (path.name[:2] in OF_YEAR) == annual]
    if not found:
        raise ParamError(f"{notebooks}: no notebook named like '10_….ipynb' there")
    chain, needs = (STEPS_OF_YEAR, NEEDS_OF_YEAR) if annual else (STEPS, NEEDS)
    steps: list[Step] = []
    for path in found:
        steps.append(_step(path, chain, needs, steps, sources))
    return steps


def chosen(steps: Sequence[Step], only: Iterable[str], *, units: bool) -> list[Step]:
    """The steps with the numbers in `only`, and those that they need; without `only` all.

    Raises
    ------
    ParamError
        A number that no step has.
    """
    steps = [step for step in steps if units or not step.per_unit]
    unknown = sorted(set(only) - {step.number for step in steps})
    if unknown:
        raise ParamError(f"only={unknown}: no such step; choose from {[step.number for step in steps]}")
    wanted = {step.name for step in steps if step.number in only or not only}
    for step in reversed(steps):
        if step.name in wanted:
            wanted |= step.needs
    return [step for step in steps if step.name in wanted]


def _step(
    path: Path,
    chain: Mapping[str, Callable[..., Any]],
    needs: Mapping[str, Sequence[str]],
    earlier: Sequence[Step],
    sources: Sources,
) -> Step:
    code = "\n".join(source for kind, _, source in stamp.cells(path) if kind == "code")
    said = _strings(code)
    run = {path.name[:2], *said} & chain.keys()
    roots = [f"{chain[each].__module__}.{chain[each].__qualname__}" for each in sorted(run)]
    reached = sources.reached(roots, [code], cut=_DISPATCH)
    used = sources.reached(roots, [code], cut=_DISPATCH | _READING, called=True)
    asked = said | _of_context(sources, reached) | {table for each in run for table in needs[each]}
    asked |= {GRADES} if path.name[:2] in PER_UNIT else set()
    made = {path.name[:2], *run}
    reads = {name for name in asked & TABLES.keys() if TABLES[name].step not in made}
    before = {step.name: reads & {t for t in TABLES if TABLES[t].step in step.makes} for step in earlier}
    return Step(
        path.stem,
        path.resolve(),
        frozenset(made),
        frozenset().union(*before.values()),
        frozenset(name for name, tables in before.items() if tables),
        reached,
        used,
    )


def _strings(code: str) -> set[str]:
    """Texts in code; none where it is no Python, as with a line for the shell."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return set()
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


def _of_context(sources: Sources, reached: Reached) -> set[str]:
    """Tables named by the methods of the context that a notebook calls."""
    home, _, name = _CONTEXT.rpartition(".")
    if home not in sources.paths:
        return set()
    pieces = sources.module(home).pieces
    methods = [p.partition(":")[2] for p in reached.pieces if p.startswith(f"{home}:{name}")]
    return {text for method in methods for text in pieces[method].strings}
