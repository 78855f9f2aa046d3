"""Like for like: the change of a unit when this cycle's answers had come through the baseline's channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib import improvement, inference
from svclib.columns import TABLES, sort_by_key
from svclib.cycle.state import State, design, estimates
from svclib.estimates import Estimate
from svclib.improvement import Comparison
from svclib.scores import natural

CELL = ["unit", "subject", "channel"]
GROUP = ["unit", "subject"]
# A shift of the mix is looked into where it is more than sampling explains at this level.
ALPHA = 0.05


class Likeness(NamedTuple):
    """Answers of the current cycle re-weighted, the estimates from them, and whose change they give.

    table : table "like_for_like"
    shifted : units to be judged like for like
    unmatched : units whose mix shifted but has a channel without a counterpart
    """

    responses: pd.DataFrame
    estimates: Mapping[str, Estimate]
    table: pd.DataFrame
    shifted: frozenset[str]
    unmatched: frozenset[str]


def like_for_like(
    state: State, kept: pd.DataFrame, crude: Mapping[str, Estimate], comparison: Comparison
) -> Likeness:
    """Compare crude changes with those under the channel shares of the baseline.

    Current weights are multiplied by share in the baseline / share now of their channel
    within unit and evaluator (post-stratification; Little 1993), unless a channel has
    answers in one of the cycles only.  A unit is judged like for like when its mix shifted
    more than sampling explains (χ² over the channels of each evaluator, Holm over all),
    whatever that does to its change: a rule on the direction of a change would follow noise.
    `reversed` tells where a rating of such a unit changes its direction.
    """
    factor = _factors(kept, comparison)
    weight = kept["weight"].to_numpy(dtype=float) * np.nan_to_num(factor, nan=1.0)
    made = kept.assign(weight=weight)
    found = estimates(state, made, state.compared)
    usable = ~pd.Series(np.isnan(factor)).groupby(kept["unit"].to_numpy()).any()
    moved = _shifted(kept)
    rows = []
    for unit, plain in crude.items():
        if not usable.get(unit, False):
            continue
        pair = [_gains(state, each, kept, comparison) for each in (plain, found[unit])]
        both = pair[0].add_suffix("_crude").join(pair[1].add_suffix("_adjusted"))
        rows.append(both.reset_index().assign(unit=unit, reversed=_turned(both).to_numpy() & (unit in moved)))
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["unit", "reversed"])
    table = table.assign(baseline=comparison.baseline, cycle=comparison.cycle)
    if rows:
        table["mix_effect"] = table["change_crude"] - table["change_adjusted"]
    wanted = table.reindex(columns=list(TABLES["like_for_like"].all_columns))
    matched = {unit for unit in moved if usable[unit]}
    ordered = sort_by_key("like_for_like", wanted)
    return Likeness(made, found, ordered, frozenset(matched), frozenset(moved - matched))


def _factors(kept: pd.DataFrame, comparison: Comparison) -> np.ndarray:
    """Factor of each row's weight: 1 in the baseline, NaN where a channel has no counterpart."""
    share = {}
    for cycle in (comparison.baseline, comparison.cycle):
        sums = kept[kept["cycle"] == cycle].groupby(CELL)["weight"].sum()
        share[cycle] = sums / sums.groupby(level=GROUP).transform("sum")
    both = pd.concat(share, axis=1)
    ratio = both[comparison.baseline] / both[comparison.cycle]
    # One channel without a counterpart spoils the whole evaluator of that unit.
    ratio = ratio.mask(ratio.isna().groupby(level=GROUP).transform("any"))
    now = (kept["cycle"] == comparison.cycle).to_numpy()
    return np.where(now, ratio.reindex(pd.MultiIndex.from_frame(kept[CELL])).to_numpy(), 1.0)


def _shifted(kept: pd.DataFrame) -> set[str]:
    """Units whose channels differ between the cycles by more than sampling explains."""
    units, p = [], []
    for (unit, _), rows in kept.groupby(GROUP, sort=True):
        counts = pd.crosstab(rows["cycle"], rows["channel"])
        if counts.shape[0] == 2 and counts.shape[1] > 1:
            units.append(str(unit))
            tested: Any = stats.chi2_contingency(counts.to_numpy())
            p.append(float(tested.pvalue))
    adjusted = inference.adjust(np.array(p), "holm") if p else np.array([])
    return {unit for unit, value in zip(units, adjusted, strict=True) if value < ALPHA}


def _gains(state: State, estimate: Estimate, kept: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Change and gain of every rating of one unit, index indicator."""
    both = natural(estimate, state.framework)
    how = design(kept, panel=state.params.panel)
    rows = improvement.rating_changes(both, state.framework, comparison, design=how)
    frame = pd.DataFrame(rows, columns=["node", "change", "gain"]).rename(columns={"node": "indicator"})
    return frame.set_index("indicator")


def _turned(both: pd.DataFrame) -> pd.Series:
    return both["gain_crude"] * both["gain_adjusted"] < 0
