"""How every service item, member of staff, segment, interviewer and channel was answered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib import suppression
from svclib.columns import checked, empty
from svclib.errors import ParamError

if TYPE_CHECKING:
    from svclib.framework import Framework, Indicator

ASPECTS = ("service_item", "staff", "segment", "interviewer", "channel")
STEPS = 10  # a scale of at most so many whole steps keeps them; a longer one is cut in bands
BANDS = 5
UNIT = ["cycle", "unit"]


def distribution(
    responses: pd.DataFrame,
    framework: Framework,
    *,
    aspects: Sequence[str] = ASPECTS,
    min_cell: int = 5,
) -> pd.DataFrame:
    """Table "distribution": shares of the answers of an indicator by unit and member of an aspect.

    All items of an indicator are pooled.  Categories are the whole steps of its scale, or
    five equal bands of a scale with more than 10 steps or with answers between them.
    share and mean weigh answers by `weight`; n is the number of respondents behind them and
    the same in every category.

    Members with fewer than `min_cell` respondents are left out, per unit and aspect and for
    every indicator alike, and with them the next smallest, because the unit's own result
    would give the one away.

    Parameters
    ----------
    responses : DataFrame
        Responses that count, reverse items recoded, with a text column per aspect; "" is
        not stated and not a member.

    Raises
    ------
    ParamError
        An unknown aspect.
    """
    unknown = [name for name in aspects if name not in ASPECTS]
    if unknown:
        raise ParamError(f"aspects {unknown} are unknown; choose from {list(ASPECTS)}")
    parts = [empty("distribution")]
    small = {aspect: _small(responses, aspect, min_cell) for aspect in aspects}
    for indicator in framework.indicators:
        if not indicator.items:
            continue
        answers = _answers(responses, indicator, aspects)
        steps, labels = _categories(indicator, answers["answer"].to_numpy())
        answers["place"] = np.clip(np.searchsorted(steps, answers["answer"], side="right") - 1, 0, None)
        for aspect in aspects:
            told = _members(answers.assign(member=answers[aspect]), small[aspect], min_cell)
            parts.append(_shares(told, labels).assign(aspect=aspect, indicator=indicator.name))
    return checked("distribution", pd.concat(parts, ignore_index=True))


def _answers(responses: pd.DataFrame, indicator: Indicator, aspects: Sequence[str]) -> pd.DataFrame:
    """One row per answer to an item of the indicator, by those it is asked of."""
    rows = responses[responses["subject"].isin(indicator.subjects)].reset_index(drop=True)
    who = ["cycle", "unit", "weight", *aspects]
    long = rows.melt(id_vars=who, value_vars=list(indicator.items), value_name="answer", ignore_index=False)
    return long.dropna(subset="answer").rename_axis("person").reset_index()


def _categories(indicator: Indicator, answers: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Lower ends of the categories and their names, lowest first."""
    low, high = indicator.bounds
    whole = float(low).is_integer() and float(high).is_integer() and bool(np.all(answers == np.rint(answers)))
    if whole and high - low <= STEPS:
        steps = np.arange(low, high + 1)
        return steps, [f"{step:g}" for step in steps]
    ends = np.linspace(low, high, BANDS + 1)
    return ends[:-1], [f"{a:g}–{b:g}" for a, b in pairwise(ends)]


def _small(rows: pd.DataFrame, aspect: str, min_cell: int) -> pd.Index:
    """Members (cycle, unit, member) too small to be shown for any indicator, and the next smallest."""
    stated = rows[rows[aspect] != ""]
    n = stated.groupby([*UNIT, aspect]).size()
    return n.index[_hidden(n, min_cell)]


def _hidden(n: pd.Series, min_cell: int, forced: np.ndarray | None = None) -> np.ndarray:
    """Members to leave out, given the number of respondents by (cycle, unit, member)."""
    sizes = n.to_frame()
    units = sizes.groupby(level=[0, 1], sort=True).ngroup()
    return suppression.hidden(sizes, [units], least=min_cell, forced=forced)


def _members(answers: pd.DataFrame, small: pd.Index, min_cell: int) -> pd.DataFrame:
    """Answers of the members shown, with n respondents of each."""
    key = [*UNIT, "member"]
    stated = answers[answers["member"] != ""]
    n = stated.groupby(key)["person"].nunique().rename("n")
    shown = n[~_hidden(n, min_cell, n.index.isin(small))]
    return stated.join(shown, on=key, how="inner")


def _shares(answers: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """A row per member and category, also for categories nobody chose."""
    key = ["cycle", "unit", "member", "n"]
    weight = answers["weight"].astype(float)
    total = weight.groupby([answers[c] for c in key]).sum()
    mean = (weight * answers["answer"]).groupby([answers[c] for c in key]).sum() / total
    told = weight.groupby([answers[c] for c in (*key, "place")]).sum()
    grid = total.index.to_frame(index=False).merge(pd.DataFrame({"place": range(len(labels))}), how="cross")
    held = told.reindex(pd.MultiIndex.from_frame(grid[[*key, "place"]]), fill_value=0.0).to_numpy()
    every = pd.MultiIndex.from_frame(grid[key])
    return grid.drop(columns="place").assign(
        category=np.array(labels, dtype=object)[grid["place"]],
        share=held / total.reindex(every).to_numpy(),
        mean=mean.reindex(every).to_numpy(),
    )
