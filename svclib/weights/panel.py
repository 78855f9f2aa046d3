"""Analytic hierarchy process for a panel: every expert's weights, the group's, what to revisit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES
from svclib.errors import DataError, InputErrors, Problem
from svclib.weights.ahp import aggregate, ahp_eigen, implied, random_index
from svclib.weights.judgements import GROUP, Judged, read


class _Rule(NamedTuple):
    parent: str
    names: tuple[str, ...]
    max_cr: float
    ri: str


def ahp(
    judgments: pd.DataFrame,
    children: Mapping[str, Sequence[str]],
    *,
    max_cr: float = 0.1,
    ri: str = "saaty",
) -> dict[str, pd.DataFrame]:
    """Weights of every expert and of the group for each parent.

    Parameters
    ----------
    judgments : DataFrame
        expert, credibility, parent ("" is the level under the total), a, b, value:
        a is `value` times as important as b.  One row per expert, parent and pair.
    children : mapping
        Children in order by parent ("total" for the dimensions); other parents are not
        computed.
    max_cr : float
        An expert whose CR exceeds it stays in the tables but not in the group.
    ri : str
        Name of the random-index table.

    Returns
    -------
    dict of DataFrame
        expert_weights, consistency, judgement_review in the shape of the inventory; the
        group is expert "group", last.  judgement_review holds, per expert and parent with
        three or more children, the judgement furthest (on the log scale) from what the
        expert's others imply, and the CR after replacing it.

    Raises
    ------
    InputErrors
        Unknown names, values that are not positive, missing or repeated pairs: all at once.
    DataError
        No expert passes `max_cr` for a parent.
    """
    panels: dict[str, dict[str, Judged]] = {}
    problems: list[Problem] = []
    for parent, names in children.items():
        panels[parent], found = read(judgments, parent, names)
        problems += found
    if problems:
        raise InputErrors(problems)
    rules = [_Rule(parent, tuple(names), max_cr, ri) for parent, names in children.items()]
    groups = {rule.parent: _group(rule, panels[rule.parent]) for rule in rules}
    with_group = {rule: panels[rule.parent] | {GROUP: groups[rule.parent]} for rule in rules}
    rows: dict[str, list[dict[str, object]]] = {
        "expert_weights": [
            row for r, p in with_group.items() for e, j in p.items() for row in _weights(r, e, j)
        ],
        "consistency": [_consistency(r, e, j) for r, p in with_group.items() for e, j in p.items()],
        "judgement_review": [
            row for r in rules for e, j in panels[r.parent].items() for row in _review(r, e, j)
        ],
    }
    return {name: pd.DataFrame(found, columns=list(TABLES[name].all_columns)) for name, found in rows.items()}


def _group(rule: _Rule, panel: Mapping[str, Judged]) -> Judged:
    """Aggregated judgements of the experts who pass."""
    if not panel:
        return Judged(np.ones((1, 1)), 0.0, [])
    crs = {expert: ahp_eigen(judged.matrix, ri=rule.ri)[3] for expert, judged in panel.items()}
    passing = [panel[expert] for expert, cr in crs.items() if cr <= rule.max_cr]
    if not passing:
        found = ", ".join(f"{expert} {cr:.3f}" for expert, cr in crs.items())
        raise DataError(
            f"judgments, parent {rule.parent}: no expert has CR <= {rule.max_cr:g} ({found}). "
            "Send the judgements furthest from the others back to the experts, or raise max_cr."
        )
    credibility = [judged.credibility for judged in passing]
    return Judged(aggregate([judged.matrix for judged in passing], credibility), sum(credibility), [])


def _weights(rule: _Rule, expert: str, judged: Judged) -> list[dict[str, object]]:
    weights = ahp_eigen(judged.matrix, ri=rule.ri)[0]
    return [
        {
            "parent": rule.parent,
            "expert": expert,
            "item": name,
            "weight": w,
            "credibility": judged.credibility,
        }
        for name, w in zip(rule.names, weights, strict=True)
    ]


def _consistency(rule: _Rule, expert: str, judged: Judged) -> dict[str, object]:
    _, lambda_max, ci, cr = ahp_eigen(judged.matrix, ri=rule.ri)
    return {
        "parent": rule.parent,
        "expert": expert,
        "n_items": len(rule.names),
        "lambda_max": lambda_max,
        "consistency_index": ci,
        "ri": random_index(len(rule.names), ri=rule.ri),
        "ri_table": rule.ri,
        "cr": cr,
        "max_cr": rule.max_cr,
        "passed": cr <= rule.max_cr,
        "credibility": judged.credibility,
    }


def _review(rule: _Rule, expert: str, judged: Judged) -> list[dict[str, object]]:
    """The judgement to revisit: none for two children or where all agree."""
    if len(rule.names) < 3:
        return []
    others = implied(judged.matrix)
    # Rounded so that ties go to the row entered first on every machine.
    gap = [round(float(abs(np.log(value / others[i, j]))), 9) for i, j, value in judged.entered]
    if max(gap) == 0:
        return []
    i, j, value = judged.entered[int(np.argmax(gap))]
    repaired = judged.matrix.copy()
    repaired[i, j], repaired[j, i] = others[i, j], 1 / others[i, j]
    return [
        {
            "parent": rule.parent,
            "expert": expert,
            "a": rule.names[i],
            "b": rule.names[j],
            "value": value,
            "implied": float(others[i, j]),
            "cr": ahp_eigen(judged.matrix, ri=rule.ri)[3],
            "cr_if_fixed": ahp_eigen(repaired, ri=rule.ri)[3],
        }
    ]
