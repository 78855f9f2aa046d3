"""Key drivers of a framework: what explains an outcome among the dimensions, and within each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib.columns import checked, empty
from svclib.errors import ParamError
from svclib.factor import respondents
from svclib.validity.tables import outcome as items_of
from svclib.weights.drivers import MOST, drivers
from svclib.weights.judgements import TOTAL

if TYPE_CHECKING:
    from svclib.framework import Framework, Indicator

DESIGN = ["weight", "respondent", "cluster", "stratum"]


def by_level(
    responses: pd.DataFrame,
    framework: Framework,
    outcome: str,
    *,
    cycle: str,
    how: str = "lmg",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Table "drivers": the dimensions as drivers of `outcome`, and the indicators of each dimension.

    Parameters
    ----------
    responses : DataFrame
        Valid responses of one cycle, reverse items recoded.
    outcome : str
        A rating indicator or an item of the framework.

    Returns
    -------
    DataFrame
        As `drivers`, with cycle, explained (the outcome) and parent, for every level with two or
        more rated nodes.  The rows of a level that cannot be computed say why: too_few,
        constant_item, collinear.  A level with more nodes than LMG counts out has
        Johnson's weights, as its method and its note (many_nodes) say.

    Raises
    ------
    ParamError
        Unknown `how`, or the outcome is no rating indicator and no item.

    Notes
    -----
    A respondent's value of an indicator is the mean of the answered items as a share of their
    scale; of a dimension, the mean of its indicators.  Items of the outcome are left out of both
    (without_criterion).  With several evaluators each answer counts as its distance from the mean
    of its evaluator (centred_by_subject): that customers judge milder than inspectors drives nothing.
    """
    parts = [empty("drivers")]
    for parent in (TOTAL, *(d.name for d in framework.dimensions)):
        values, notes = respondent_values(responses, framework, parent, outcome)
        if len(notes) > 1:
            many = how == "lmg" and len(notes) > MOST
            if many:
                notes = {name: [*told, "many_nodes"] for name, told in notes.items()}
            rows, used = respondents(values, [*notes, outcome]), "johnson" if many else how
            found = drivers(rows, outcome, how=used, confidence=confidence, refuse=False)
            parts.append(_noted(found, notes).assign(parent=parent))
    return checked("drivers", pd.concat(parts, ignore_index=True).assign(cycle=cycle, explained=outcome))


def by_drivers(
    responses: pd.DataFrame, framework: Framework, parent: str, outcome: str, *, how: str = "lmg"
) -> tuple[dict[str, float], list[str]]:
    """Weights of the children of `parent`: their shares in what explains `outcome`; and a note each.

    Raises
    ------
    ParamError
        A child that nobody rates, or that is the outcome itself.
    DataError
        As `drivers`.
    """
    values, notes = respondent_values(responses, framework, parent, outcome)
    lacking = [name for name in _children(framework, parent) if name not in notes]
    if lacking:
        raise ParamError(
            f"weights of {parent!r}: {', '.join(lacking)} cannot be a driver of {outcome!r}: nobody rates "
            "it, or it is the outcome itself. Choose another method for this level"
        )
    found = _noted(drivers(respondents(values, [*notes, outcome]), outcome, how=how), notes)
    return dict(zip(found["node"], found["share"], strict=True)), list(found["note"])


def respondent_values(
    responses: pd.DataFrame, framework: Framework, parent: str, outcome: str
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Value of the outcome and of every rated child of `parent` for each respondent; notes by child."""
    left_out = items_of(framework, outcome)
    columns: dict[str, pd.Series] = {}
    notes: dict[str, list[str]] = {}
    for name, indicators in _children(framework, parent).items():
        own = [(i, [item for item in i.items if item not in left_out]) for i in indicators]
        parts = [_share_of_scale(responses, i, items) for i, items in own if items]
        if parts:
            columns[name] = pd.concat(parts, axis=1).mean(axis=1)
            less = any(len(items) < len(i.items) for i, items in own)
            notes[name] = ["without_criterion"] if less else []
    columns[outcome] = responses[list(left_out)].mean(axis=1)
    values = pd.DataFrame(columns)
    if len(set(responses["subject"])) > 1:
        values = _centred(values, responses)
        notes = {name: [*told, "centred_by_subject"] for name, told in notes.items()}
    return pd.concat([values, responses[DESIGN]], axis=1), notes


def _children(framework: Framework, parent: str) -> dict[str, Sequence[Indicator]]:
    """Indicators that make up each child of a dimension or of the total."""
    if parent == TOTAL:
        return {d.name: d.indicators for d in framework.dimensions}
    return {i.name: (i,) for d in framework.dimensions if d.name == parent for i in d.indicators}


def _share_of_scale(responses: pd.DataFrame, indicator: Indicator, items: list[str]) -> pd.Series:
    low, high = indicator.scale or (0.0, 1.0)
    return (responses[items].mean(axis=1) - low) / (high - low)


def _centred(values: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Distances from the weighted mean of the evaluator."""
    weight, subject = responses["weight"], responses["subject"]
    mass = values.notna().mul(weight, axis=0).groupby(subject).transform("sum")
    sums = values.mul(weight, axis=0).groupby(subject).transform("sum")
    return values - sums / mass.where(mass > 0, np.nan)


def _noted(found: pd.DataFrame, notes: dict[str, list[str]]) -> pd.DataFrame:
    """The notes of the values beside those of the drivers."""
    told = [";".join(filter(None, [note, *notes[n]])) for n, note in found[["node", "note"]].to_numpy()]
    return found.assign(note=told)
