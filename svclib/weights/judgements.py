"""Judgement rows to matrices, with everything wrong reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import Problem, nearest
from svclib.weights.incomplete import components

TOTAL = "total"
GROUP = "group"


class Judged(NamedTuple):
    """One expert's judgements under one parent."""

    matrix: np.ndarray  # (n, n), 0 where no judgement was made
    credibility: float
    entered: list[tuple[int, int, float]]  # as written: a, b, value


def read(
    judgments: pd.DataFrame, parent: str, names: Sequence[str]
) -> tuple[dict[str, Judged], list[Problem]]:
    """Matrices by expert, in sorted order, and every problem of the rows under `parent`.

    `parent` "total" also takes rows whose parent is "".
    """
    rows = judgments[judgments["parent"].isin(["", TOTAL] if parent == TOTAL else [parent])]
    problems: list[Problem] = []
    if rows.empty and len(names) > 1:
        remedy = f"Compare {', '.join(names)} pair by pair, or choose another weighting method."
        problems.append(Problem("judgments", f"parent {parent}", "parent", "no judgement", remedy))
    panel: dict[str, Judged] = {}
    for expert, own in rows.groupby("expert", sort=True):
        entered, found = _entered(own, list(names))
        matrix = np.eye(len(names))
        for i, j, value in entered:
            matrix[i, j], matrix[j, i] = value, 1 / value
        found += _apart(matrix, names) + _credibility(own)
        if expert == GROUP:
            found.append(
                ("expert", f"an expert is called {GROUP!r}", "That name is the group's; use another.", "")
            )
        place = f"expert {expert}, parent {parent}"
        problems += [Problem("judgments", place, *what) for what in found]
        panel[str(expert)] = Judged(matrix, float(own["credibility"].iloc[0]), entered)
    return panel, problems


# field, found, remedy, nearest
_What = tuple[str, str, str, str]


def _entered(rows: pd.DataFrame, names: list[str]) -> tuple[list[tuple[int, int, float]], list[_What]]:
    position = {name: k for k, name in enumerate(names)}
    entered: list[tuple[int, int, float]] = []
    wrong: list[_What] = []
    for a, b, value in zip(rows["a"], rows["b"], rows["value"].astype(float), strict=True):
        unknown = [name for name in (a, b) if name not in position]
        if unknown:
            near = nearest(unknown[0], names)
            wrong.append(("a, b", f"unknown name {unknown[0]!r}", f"Use one of {', '.join(names)}.", near))
        elif a == b:
            wrong.append(("a, b", f"{a!r} is compared with itself", "Remove the row.", ""))
        elif any({i, j} == {position[a], position[b]} for i, j, _ in entered):
            wrong.append(("a, b", f"the pair {a} and {b} is judged twice", "Keep one row per pair.", ""))
        elif not (np.isfinite(value) and value > 0):
            remedy = "Give a number above 0, usually 1/9 to 9."
            wrong.append(("value", f"{a} against {b} is {value:g}", remedy, ""))
        else:
            entered.append((position[a], position[b], value))
    return entered, wrong


def _apart(matrix: np.ndarray, names: Sequence[str]) -> list[_What]:
    """Missing pairs are filled from the others, unless two parts are nowhere compared."""
    parts = [", ".join(names[i] for i in part) for part in components(matrix)]
    if len(parts) == 1:
        return []
    remedy = "Ask the expert to compare one of each part with one of another."
    return [("a, b", f"no judgement connects {' | '.join(parts)}", remedy, "")]


def _credibility(rows: pd.DataFrame) -> list[_What]:
    found = rows["credibility"].astype(float).unique()
    if len(found) == 1 and np.isfinite(found[0]) and found[0] > 0:
        return []
    values = ", ".join(f"{v:g}" for v in found)
    return [("credibility", f"found {values}", "Give one number above 0 per expert.", "")]
