"""Tables "reliability_change" and "reliability_groups": differences between periods, channels, evaluators."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.columns import checked, empty
from svclib.errors import ParamError
from svclib.inference import adjust
from svclib.reliability.compare import compare
from svclib.reliability.tables import noted, of_rows, wanted, with_units

if TYPE_CHECKING:
    from svclib.framework import Framework

GROUPINGS = ("channel", "subject")


class Sides(NamedTuple):
    """The rows of two groups, the items answered in both, and those that are not."""

    rows: tuple[pd.DataFrame, pd.DataFrame]
    items: list[str]
    lost: list[str]


def changes(
    responses: pd.DataFrame,
    framework: Framework,
    *,
    cycles: tuple[str, str],
    panel: bool = False,
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Table "reliability_change": every coefficient of the later of two `cycles` less the earlier.

    Parameters
    ----------
    responses, framework, missing, confidence
        As for `by_dimension`; sampling units are clusters where the column is filled.
    cycles : the baseline and the current cycle
    panel : respondents of the same id are the same people

    Notes
    -----
    The scale is the items answered in both cycles; the others are noted (unanswered_item).
    """
    here = _with_units(responses[responses["cycle"].isin(cycles)])
    told = [empty("reliability_change")]
    for subject, rows in here.groupby("subject"):
        sides = rows[rows["cycle"] == cycles[0]], rows[rows["cycle"] == cycles[1]]
        for dimension in framework.dimensions:
            asked = list(wanted(dimension, str(subject)))
            if not asked or any(side.empty for side in sides):
                continue
            found = _difference(
                _both(sides, asked), None, missing=missing, panel=panel, confidence=confidence
            )
            told.append(
                found.assign(baseline=cycles[0], cycle=cycles[1], subject=subject, dimension=dimension.name)
            )
    return checked("reliability_change", pd.concat(told, ignore_index=True))


def groups(
    responses: pd.DataFrame,
    framework: Framework,
    *,
    by: str,
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Table "reliability_groups": alpha and omega of group `b` less group `a`, every pair of groups.

    Parameters
    ----------
    responses, framework, missing, confidence
        As for `by_dimension`, of any number of cycles.
    by : {"channel", "subject"}
        Channels are compared within each evaluator, evaluators on the items all of a pair are asked.

    Notes
    -----
    The p-values of a cycle and `by` are one family (Holm).  Someone who answers in both groups
    counts as two people.
    """
    if by not in GROUPINGS:
        raise ParamError(f"by={by!r}; choose one of {list(GROUPINGS)}")
    told = []
    for keys, sides in _pairs(_with_units(responses), framework, by):
        which = ["alpha.raw", "omega.raw"] if len(sides.items) > 2 else ["alpha.raw"]
        found = _difference(sides, which, missing=missing, panel=False, confidence=confidence)
        told.append(found.assign(**keys, by=by))
    if not told:
        return empty("reliability_groups")
    table = pd.concat(told, ignore_index=True)
    family = table.groupby(["cycle", "stat"])["p_diff"]
    adjusted = family.transform(lambda p: adjust(p.to_numpy(), "holm"))
    return checked("reliability_groups", table.drop(columns="n_shared").assign(p_diff_adj=adjusted))


def _pairs(responses: pd.DataFrame, framework: Framework, by: str) -> Iterator[tuple[dict[str, str], Sides]]:
    """Keys and rows of every pair of groups that are asked two items of a dimension."""
    within = ["cycle", "subject"] if by == "channel" else ["cycle"]
    for key, rows in responses.groupby(within):
        parts = [(str(name), part) for name, part in rows.groupby(by) if name != ""]
        for (a, one), (b, two) in combinations(parts, 2):
            subjects = {str(key[1])} if by == "channel" else {a, b}
            for dimension in framework.dimensions:
                asked = [set(wanted(dimension, subject)) for subject in subjects]
                items = [i for i in wanted(dimension, min(subjects)) if i in set.intersection(*asked)]
                if len(items) > 1:
                    keys = {"cycle": str(key[0]), "subject": str(key[1]) if by == "channel" else ""}
                    yield keys | {"dimension": dimension.name, "a": a, "b": b}, _both((one, two), items)


def _both(rows: tuple[pd.DataFrame, pd.DataFrame], asked: list[str]) -> Sides:
    items = [i for i in asked if all(side[i].notna().any() for side in rows)]
    return Sides(rows, items, [i for i in asked if i not in items])


def _difference(
    sides: Sides, which: list[str] | None, *, missing: str, panel: bool, confidence: float
) -> pd.DataFrame:
    """Rows of `compare`, the second group less the first."""
    before, after = (of_rows(rows, sides.items) for rows in sides.rows)
    found = compare(before, after, which, missing=missing, paired=panel, confidence=confidence)
    return noted(found, sides.lost)


def _with_units(responses: pd.DataFrame) -> pd.DataFrame:
    clusters = bool(np.any(responses["cluster"] != ""))
    return with_units(responses, "cluster" if clusters else "respondent")
