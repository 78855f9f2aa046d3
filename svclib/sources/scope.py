"""What a params file names must be in the data: units of a scope, units compared with, courses."""

from __future__ import annotations

import pandas as pd

from svclib.errors import Problem, nearest
from svclib.framework import Group
from svclib.framework.groups import troubles
from svclib.params import Params


def problems(params: Params, units: pd.DataFrame) -> list[Problem]:
    """Unknown units of the scope, and groups of which its indicators leave nothing to evaluate."""
    scope = params.scope
    if scope is None or units.empty:
        return []
    known = [str(u) for u in units["unit"]]
    file = params.file.name
    found = [
        Problem(file, "", "scope.units", f"unknown unit {u!r}", "Name one of units.", nearest(u, known))
        for u in scope.units
        if u not in known
    ]
    here = units[units["unit"].isin(scope.units or known)]
    every = [i.name for i in params.framework.indicators]
    gone = tuple(set(every) - set(scope.indicators or every))
    for name in sorted(set(here["group"])):
        rules = params.framework.groups.get(name, Group())
        left = rules.model_copy(update={"exclude": (*rules.exclude, *gone)})
        said = f"units of group {name}: " if name in params.framework.groups else ""
        found += [
            Problem(file, "", "scope.indicators", said + told, remedy)
            for told, remedy in troubles(params.framework, left)
        ]
    return list(dict.fromkeys(found))


def named(params: Params, units: pd.DataFrame, training: pd.DataFrame | None) -> list[Problem]:
    """Unknown units of `comparison`, `focus` and `phases`, and courses of `training.moves` nobody took."""
    known, file = [str(u) for u in units["unit"]], params.file.name
    wanted = [("comparison", unit) for unit in params.comparison]
    wanted += [("focus", unit) for unit in (params.focus if isinstance(params.focus, tuple) else ())]
    wanted += [("phases.units", unit) for rule in params.phases for unit in rule.units]
    found = [
        Problem(file, "", key, f"unknown unit {unit!r}", "Name one of units.", nearest(unit, known))
        for key, unit in wanted
        if known and unit not in known
    ]
    if training is None:
        return found
    courses, remedy = sorted(set(training["course"])), "Name a course of the training sheet."
    return found + [
        Problem(file, "", "training.moves", f"unknown course {c!r}", remedy, nearest(c, courses))
        for c in params.training.moves
        if c not in courses
    ]
