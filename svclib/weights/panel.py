"""Analytic hierarchy process for a panel: every expert's weights, the group's, what to revisit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import TABLES
from svclib.errors import DataError, InputErrors, ParamError, Problem
from svclib.weights.ahp import (
    Consistency,
    aggregate,
    aggregate_priorities,
    consistency,
    implied,
    priorities,
)
from svclib.weights.judgements import GROUP, Judged, read

GROUPS = ("aij", "aip")
_Row = dict[str, object]


class _Rule(NamedTuple):
    parent: str
    names: tuple[str, ...]
    max_cr: float
    ri: str
    how: str
    group: str


def ahp(
    judgments: pd.DataFrame,
    children: Mapping[str, Sequence[str]],
    *,
    max_cr: float = 0.1,
    ri: str = "saaty",
    how: str = "eigenvector",
    group: str = "aij",
) -> dict[str, pd.DataFrame]:
    """Weights of every expert and of the group for each parent.

    Parameters
    ----------
    judgments : DataFrame
        expert, credibility, parent ("" is the level under the total), a, b, value:
        a is `value` times as important as b.  One row per expert, parent and pair; pairs may
        be missing as long as the others connect all children.
    children : mapping
        Children in order by parent ("total" for the dimensions); other parents are not
        computed.
    max_cr : float
        An expert whose CR exceeds it stays in the tables but not in the group.
    ri : str
        Name of the random-index table.
    how : str
        "eigenvector" or "geometric": see `priorities`.
    group : str
        "aij" aggregates judgements, "aip" the experts' weights, both by the geometric mean
        with credibility as exponents.  Under "aip" there is no group matrix and so no CR of
        the group.

    Returns
    -------
    dict of DataFrame
        expert_weights, expert_spread, consistency, judgement_review in the shape of the
        inventory; the group is expert "group", last.  judgement_review holds, per expert and
        parent with three or more children, the judgement furthest (on the log scale) from
        what the expert's others imply, and the CR after replacing it.

    Raises
    ------
    InputErrors
        Unknown names, values that are not positive, repeated pairs, parts that no judgement
        connects: all at once.
    DataError
        No expert passes `max_cr` for a parent.
    ParamError
        Unknown `ri`, `how` or `group`.
    """
    if group not in GROUPS:
        raise ParamError(f"group={group!r}; choose one of {list(GROUPS)}")
    panels: dict[str, dict[str, Judged]] = {}
    problems: list[Problem] = []
    for parent, names in children.items():
        panels[parent], found = read(judgments, parent, names)
        problems += found
    if problems:
        raise InputErrors(problems)
    rows: dict[str, list[_Row]] = {name: [] for name in _TABLES}
    for parent, names in children.items():
        rule = _Rule(parent, tuple(names), max_cr, ri, how, group)
        for name, found in _level(rule, panels[parent]).items():
            rows[name] += found
    return {name: pd.DataFrame(found, columns=list(TABLES[name].all_columns)) for name, found in rows.items()}


_TABLES = ("expert_weights", "expert_spread", "consistency", "judgement_review")


def _level(rule: _Rule, panel: Mapping[str, Judged]) -> dict[str, list[_Row]]:
    """Rows of the tables for one parent."""
    agreed = {expert: consistency(judged.matrix, ri=rule.ri) for expert, judged in panel.items()}
    own = {expert: priorities(judged.matrix, how=rule.how) for expert, judged in panel.items()}
    passing = [expert for expert, found in agreed.items() if found.cr <= rule.max_cr]
    if panel and not passing:
        found = ", ".join(f"{expert} {found.cr:.3f}" for expert, found in agreed.items())
        raise DataError(
            f"judgments, parent {rule.parent}: no expert has CR <= {rule.max_cr:g} ({found}). "
            "Send the judgements furthest from the others back to the experts, or raise max_cr."
        )
    among = np.array([own[expert] for expert in passing])
    trusted = [panel[expert].credibility for expert in passing]
    credibility = {expert: judged.credibility for expert, judged in panel.items()} | {GROUP: sum(trusted)}
    if rule.group == "aip" and panel:
        own[GROUP] = aggregate_priorities(among, trusted)
    else:
        judged = [panel[expert].matrix for expert in passing] or [np.ones((1, 1))]
        together = aggregate(judged, trusted or [1.0])
        agreed[GROUP], own[GROUP] = consistency(together, ri=rule.ri), priorities(together, how=rule.how)
    return {
        "expert_weights": [
            row for e, w in own.items() for row in _weights(rule, e, w, own[GROUP], credibility[e])
        ],
        "expert_spread": _spread(rule, among, own[GROUP]) if panel else [],
        "consistency": [_consistency(rule, e, found, credibility[e]) for e, found in agreed.items()],
        "judgement_review": [row for e, j in panel.items() for row in _review(rule, e, j, agreed[e].cr)],
    }


def _weights(rule: _Rule, expert: str, own: np.ndarray, group: np.ndarray, credibility: float) -> list[_Row]:
    key = {"parent": rule.parent, "expert": expert, "credibility": credibility}
    return [
        {**key, "item": name, "weight": weight, "off_group": weight - together}
        for name, weight, together in zip(rule.names, own, group, strict=True)
    ]


def _spread(rule: _Rule, among: np.ndarray, group: np.ndarray) -> list[_Row]:
    """How far the experts in the group lie apart on each child."""
    deviation = among.std(axis=0, ddof=1) if len(among) > 1 else np.full(len(group), np.nan)
    return [
        {
            "parent": rule.parent,
            "item": name,
            "n_experts": len(among),
            "weight": group[k],
            "weight_low": among[:, k].min(),
            "weight_median": float(np.median(among[:, k])),
            "weight_high": among[:, k].max(),
            "sd": deviation[k],
        }
        for k, name in enumerate(rule.names)
    ]


def _consistency(rule: _Rule, expert: str, found: Consistency, credibility: float) -> _Row:
    return {
        "parent": rule.parent,
        "expert": expert,
        "n_items": len(rule.names),
        "n_missing": found.n_missing,
        "lambda_max": found.lambda_max,
        "consistency_index": found.ci,
        "ri": found.ri,
        "ri_table": rule.ri,
        "cr": found.cr,
        "max_cr": rule.max_cr,
        "passed": found.cr <= rule.max_cr,
        "credibility": credibility,
    }


def _review(rule: _Rule, expert: str, judged: Judged, cr: float) -> list[_Row]:
    """The judgement to revisit: none where all agree or none can be checked by the others."""
    others = implied(judged.matrix)
    # Rounded so that ties go to the row entered first on every machine.
    gap = [round(float(abs(np.log(value / others[i, j]))), 9) for i, j, value in judged.entered]
    if not np.nan_to_num(gap).any():
        return []
    i, j, value = judged.entered[int(np.nanargmax(gap))]
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
            "cr": cr,
            "cr_if_fixed": consistency(repaired, ri=rule.ri).cr,
        }
    ]
