"""What follows from grades by the rules: proposals for units, and those on persons apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from svclib.columns import TABLES, empty, sort_by_key
from svclib.framework import Framework, Repeated
from svclib.scores import TOTAL

_YEAR = re.compile(r"\d{4}")
_OF_YEAR = 4  # cycles looked back on where labels do not begin with a year


def follow(
    history: pd.DataFrame, framework: Framework, units: pd.DataFrame, *, cycles: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Tables "consequences" and "personnel" (private) of the last of `cycles`.

    Every grade's own action and factor, and the repeated rules: the grade or a worse one
    `consecutive` cycles in a row up to now, or `in_year` times among the cycles of the year
    (cycles whose label begins with the same four digits, else the last four).  A cycle
    without a grade breaks a row and is not counted.  grade is the unit's, or for a repeated
    rule the one it names.  Factors and rules marked personnel go
    to the private table.

    Parameters
    ----------
    history : table "history"
    units : units of the cycle with their head
    cycles : in time, the current one last
    """
    rules = framework.consequences
    if rules is None:
        return {"consequences": empty("consequences"), "personnel": empty("personnel")}
    cycle, totals = cycles[-1], history[history["node"] == TOTAL]
    heads = dict(units[["unit", "head"]].to_numpy())
    public: list[dict[str, Any]] = []
    private: list[dict[str, Any]] = []
    for unit in units["unit"]:
        mine = dict(totals.loc[totals["unit"] == unit, ["cycle", "grade"]].to_numpy())
        grades = {name: str(mine[name]) for name in cycles if name in mine}
        now = grades.get(cycle, "")
        if not now:
            continue
        base = {"cycle": cycle, "unit": unit, "grade": now, "n": 1, "clause": ""}
        if now in rules.actions:
            public.append(base | {"rule": "grade", "action": rules.actions[now]})
        if now in rules.factors:
            told = {"rule": "grade", "action": "", "factor": rules.factors[now], "head": heads[unit]}
            private.append(base | told)
        for place, rule in enumerate(rules.repeated, 1):
            n = _times(rule, grades, framework, cycle)
            if n:
                told = base | {"grade": rule.grade, "n": n, "action": rule.action, "clause": rule.clause}
                told |= {"rule": f"{'consecutive' if rule.consecutive else 'in_year'}:{place}"}
                target = private if rule.personnel else public
                target.append(told | {"factor": float("nan"), "head": heads[unit]})
    return {"consequences": _framed("consequences", public), "personnel": _framed("personnel", private)}


def _framed(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return sort_by_key(name, pd.DataFrame(rows, columns=list(TABLES[name].all_columns)))


def _times(rule: Repeated, grades: Mapping[str, str], framework: Framework, cycle: str) -> int:
    """How often the rule's grade, or a worse one, occurred; 0 where the rule does not apply now."""
    labels = framework.grades.labels
    worst = labels.index(rule.grade)
    bad = {c: g != "" and labels.index(g) >= worst for c, g in grades.items()}
    if not bad[cycle]:
        return 0
    if rule.consecutive is not None:
        run = 0
        for name in reversed(list(bad)):
            if not bad[name]:
                break
            run += 1
        return run if run >= rule.consecutive else 0
    count = sum(bad[c] for c in _same_year(list(bad), cycle))
    return count if rule.in_year is not None and count >= rule.in_year else 0


def _same_year(cycles: list[str], cycle: str) -> list[str]:
    year = _YEAR.match(cycle)
    if year is None:
        return cycles[-_OF_YEAR:]
    return [c for c in cycles if c.startswith(year[0])]
