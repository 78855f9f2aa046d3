"""Like for like: the change of a unit had the same people been asked in both cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib import comparability, improvement, inference
from svclib.columns import TABLES, sort_by_key
from svclib.cycle.answers import design, estimates
from svclib.cycle.state import State
from svclib.errors import ParamError
from svclib.estimates import Estimate
from svclib.improvement import Comparison
from svclib.scores import natural

GROUP = ["unit", "subject"]
MIX = "mix"
# A shift of the mix is looked into where it is more than sampling explains at this level.
ALPHA = 0.05
BASELINE, POPULATION = "baseline_mix", "population"


class Likeness(NamedTuple):
    """Answers re-weighted, and whose change they give.

    responses : answers with the weights of the mix held; units without a counterpart as they were
    linearised : the same with each answer at the mean plus what the margins leave of it
    usable : units every category of which has a counterpart
    shifted : units to be judged like for like
    unmatched : units whose mix shifted but has a category without a counterpart
    standard : what the mix is held at, "baseline_mix" or "population"
    """

    responses: pd.DataFrame
    linearised: pd.DataFrame
    usable: frozenset[str]
    shifted: frozenset[str]
    unmatched: frozenset[str]
    standard: str

    def estimates(self, state: State) -> dict[str, Estimate]:
        """Joint estimates of both cycles by unit, as `answers.estimates` gives them."""
        return estimates(state, self.linearised, state.compared)


def likeness(state: State, kept: pd.DataFrame, comparison: Comparison) -> Likeness:
    """Hold the mix of `standardise.by`, channels by default, and find the units that need it.

    Current weights are multiplied by share in the baseline / share now of their category
    within unit and evaluator (post-stratification; Little 1993), unless a category has
    answers in one of the cycles only.  A unit is judged like for like when its mix shifted
    more than sampling explains (χ² over the categories of each evaluator, Holm over all),
    whatever that does to its change: a rule on the direction of a change would follow noise.
    Where the params give `margins` of the population, both cycles are raked to them instead, and
    every unit is judged so.
    """
    mixed = kept.assign(**{MIX: category(kept, state.params.standardise.by)})
    if state.params.standardise.margins:
        factor, standard = _raked(state, kept), POPULATION
        moved = {str(unit) for unit in kept["unit"].unique()}
    else:
        factor, standard, moved = _factors(mixed, comparison), BASELINE, _shifted(mixed)
    weight = kept["weight"].to_numpy(dtype=float) * np.nan_to_num(factor, nan=1.0)
    lost = set(kept["unit"].to_numpy()[np.isnan(factor)])
    usable = frozenset(str(unit) for unit in kept["unit"].unique() if unit not in lost)
    made = kept.assign(weight=weight)
    linearised = _linearised(state, kept, made, usable) if standard == POPULATION else made
    return Likeness(made, linearised, usable, frozenset(moved & usable), frozenset(moved - usable), standard)


def like_for_like(
    state: State, kept: pd.DataFrame, crude: Mapping[str, Estimate], like: Likeness, comparison: Comparison
) -> pd.DataFrame:
    """Table "like_for_like": every crude change and the same under one mix.

    The error of a raked mean is that of its residuals; held at the mix of the baseline, the weights
    are taken as fixed.  `rate_part` and `mix_part` split the crude change exactly;
    `reversed` tells where a rating of a unit judged like for like changes direction.
    """
    found = like.estimates(state)
    rows = [
        _compared(state, kept, unit, (plain, found[unit]), comparison).assign(
            moved=unit in like.shifted | like.unmatched
        )
        for unit, plain in crude.items()
        if unit in like.usable
    ]
    now = like.responses[(like.responses["cycle"] == comparison.cycle).to_numpy()]
    cost = {str(u): comparability.kish(w.to_numpy()) for u, w in now.groupby("unit")["weight"]}
    mixed = kept.assign(**{MIX: category(kept, state.params.standardise.by)})
    table = _table(rows, _parts(state, mixed), cost)
    told = {"baseline": comparison.baseline, "cycle": comparison.cycle, "standard": like.standard}
    wanted = table.assign(**told, confidence=comparison.confidence)
    return sort_by_key("like_for_like", wanted[list(TABLES["like_for_like"].all_columns)])


def category(kept: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """The category of each row over the columns of `by` together; one for all without any."""
    if not by:
        return pd.Series("", index=kept.index)
    return kept[list(by)].agg(" / ".join, axis=1) if len(by) > 1 else kept[by[0]]


def _factors(mixed: pd.DataFrame, comparison: Comparison) -> np.ndarray:
    """Factor of each row's weight: 1 in the baseline, NaN where a category has no counterpart."""
    cell = [*GROUP, MIX]
    share = {}
    for cycle in (comparison.baseline, comparison.cycle):
        sums = mixed[mixed["cycle"] == cycle].groupby(cell)["weight"].sum()
        share[cycle] = sums / sums.groupby(level=GROUP).transform("sum")
    both = pd.concat(share, axis=1)
    ratio = both[comparison.baseline] / both[comparison.cycle]
    # One category without a counterpart spoils the whole evaluator of that unit.
    ratio = ratio.mask(ratio.isna().groupby(level=GROUP).transform("any"))
    now = (mixed["cycle"] == comparison.cycle).to_numpy()
    return np.where(now, ratio.reindex(pd.MultiIndex.from_frame(mixed[cell])).to_numpy(), 1.0)


def _raked(state: State, kept: pd.DataFrame) -> np.ndarray:
    """Factor that rakes each evaluator's answers of a unit and cycle to the population.

    NaN where a category of the population has no answers there.  An evaluator that never comes
    through any of the categories, such as an inspector, is left alone.
    """
    margins: Any = state.params.standardise.margins
    factor = np.ones(len(kept))
    strange: dict[str, set[str]] = {}
    for _, rows in kept.reset_index(drop=True).groupby(["cycle", *GROUP], sort=True):
        outside = {name: set(rows[name]) - set(of) for name, of in margins.items()}
        if any(lost == set(rows[name]) for name, lost in outside.items()):
            continue
        strange |= {n: strange.get(n, set()) | lost for n, lost in outside.items() if lost}
        if any(outside.values()):
            continue
        lacking = comparability.misfit(rows, margins)
        made = np.nan if lacking else comparability.rake(rows, margins).weight
        weight = rows["weight"].to_numpy(dtype=float)
        factor[rows.index] = made / weight * weight.sum() / np.sum(made)
    if strange:
        told = "; ".join(f"{name}: {', '.join(sorted(lost))}" for name, lost in sorted(strange.items()))
        raise ParamError(
            f"standardise.margins lack categories that answers come from: {told}. Add their people"
        )
    return factor


def _linearised(state: State, kept: pd.DataFrame, made: pd.DataFrame, usable: frozenset[str]) -> pd.DataFrame:
    """Answers whose weighted means are those of `made`, and whose errors are those of raked means."""
    margins: Any = state.params.standardise.margins
    items = list(state.framework.items)
    values = made[items].to_numpy(dtype=float, copy=True)
    known = kept.reset_index(drop=True)
    for (_, unit, _), rows in known.groupby(["cycle", *GROUP], sort=True):
        if unit not in usable or any(set(rows[name]) != set(of) for name, of in margins.items()):
            continue
        own, weight = values[rows.index], made["weight"].to_numpy(dtype=float)[rows.index, None]
        left = comparability.residuals(rows, own, margins)
        mass = np.where(np.isnan(own), 0.0, weight)
        total = np.maximum(mass.sum(axis=0), np.finfo(float).tiny)
        shift = (mass * np.nan_to_num(own - left)).sum(axis=0) / total
        values[rows.index] = left + shift
    return made.assign(**dict(zip(items, values.T, strict=True)))


def _shifted(mixed: pd.DataFrame) -> set[str]:
    """Units whose mix differs between the cycles by more than sampling explains."""
    units, p = [], []
    counts = pd.crosstab([mixed[c] for c in (*GROUP, MIX)], mixed["cycle"])
    for (unit, _), rows in counts.groupby(level=GROUP, sort=True):
        table = rows.to_numpy()
        if len(table) > 1 and table.any(axis=0).sum() == 2:
            units.append(str(unit))
            tested: Any = stats.chi2_contingency(table)
            p.append(float(tested.pvalue))
    adjusted = inference.adjust(np.array(p), "holm") if p else np.array([])
    return {unit for unit, value in zip(units, adjusted, strict=True) if value < ALPHA}


def _compared(
    state: State, kept: pd.DataFrame, unit: str, pair: tuple[Estimate, Estimate], comparison: Comparison
) -> pd.DataFrame:
    """Change and gain of every rating of one unit, crude and like for like, the latter with its interval."""
    how = design(kept, panel=state.params.panel)
    shown = []
    for estimate in pair:
        both = natural(estimate, state.framework)
        rows = improvement.rating_changes(both, state.framework, comparison, design=how)
        columns = ["node", "change", "gain", "se", "ci_low", "ci_high"]
        shown.append(pd.DataFrame(rows, columns=columns).set_index("node"))
    plain = shown[0][["change", "gain"]].add_suffix("_crude")
    alike = shown[1].rename(columns={"change": "change_adjusted", "gain": "gain_adjusted"})
    return plain.join(alike).rename_axis("indicator").reset_index().assign(unit=unit)


def _table(rows: Sequence[pd.DataFrame], parts: pd.DataFrame, cost: Mapping[str, float]) -> pd.DataFrame:
    columns = ["unit", "indicator", "change_crude", "gain_crude", "change_adjusted", "gain_adjusted"]
    empty = pd.DataFrame(columns=[*columns, "se", "ci_low", "ci_high", "moved"]).astype({"moved": bool})
    table = pd.concat(rows, ignore_index=True) if rows else empty
    table = table.merge(parts, on=["unit", "indicator"], how="left")
    turned = (table["gain_crude"] * table["gain_adjusted"]).to_numpy(dtype=float) < 0
    off = ~np.isclose(table["rate_part"] + table["mix_part"], table["change_crude"].astype(float))
    # Evaluators or items of one cycle alone are in the change and in no part of it.
    table.loc[off, ["rate_part", "mix_part"]] = np.nan
    return table.assign(
        reversed=turned & table["moved"].to_numpy(dtype=bool), design_effect=table["unit"].map(cost)
    )


def _parts(state: State, mixed: pd.DataFrame) -> pd.DataFrame:
    """Rate and mix part of every rating: of each item and evaluator, blended as the rating is."""
    known = cells(mixed, state.framework.items, state.compared)
    if known.empty:
        return pd.DataFrame(columns=["unit", "indicator", "rate_part", "mix_part"])
    split = comparability.rate_mix(known, ["unit", "subject", "item"])
    found = []
    for indicator in state.framework.indicators:
        mine = split[split["item"].isin(indicator.items) & split["subject"].isin(indicator.subjects)]
        shown = mine.groupby(["unit", "subject"])[["rate_part", "mix_part"]].agg(
            lambda x: x.mean(skipna=False)
        )
        share = shown.index.get_level_values("subject").map(state.framework.subjects).to_numpy(dtype=float)
        sums = shown.mul(share, axis=0).groupby(level="unit").agg(lambda x: x.sum(skipna=False))
        whole = pd.Series(share, index=shown.index).groupby(level="unit").sum()
        found.append(sums.div(whole, axis=0).reset_index().assign(indicator=indicator.name))
    return pd.concat(found, ignore_index=True)


def cells(mixed: pd.DataFrame, items: Sequence[str], compared: Sequence[str]) -> pd.DataFrame:
    """Weight and mean of every item by unit, evaluator and category, then and now; both must have answers."""
    key = [*GROUP, MIX]
    parts = []
    for item in items:
        rows = mixed[mixed[item].notna()]
        weight = rows["weight"].to_numpy(dtype=float)
        sums = rows[["cycle", *key]].assign(weight=weight, total=weight * rows[item].to_numpy(dtype=float))
        table = sums.groupby(["cycle", *key])[["weight", "total"]].sum()
        sides = [
            table.xs(cycle, level="cycle")
            if cycle in table.index.get_level_values("cycle")
            else table.iloc[:0]
            for cycle in compared
        ]
        both = sides[0].add_suffix("0").join(sides[1].add_suffix("1"), how="outer").fillna(0.0).reset_index()
        parts.append(both.assign(item=item))
    if not parts:
        return pd.DataFrame()
    found = pd.concat(parts, ignore_index=True).rename(columns={MIX: "category"})
    for t in "01":
        found[f"value{t}"] = found[f"total{t}"] / found[f"weight{t}"].where(found[f"weight{t}"] > 0)
    known = found.groupby([*GROUP, "item"])[["weight0", "weight1"]].transform("sum").min(axis=1) > 0
    return found[known].reset_index(drop=True)
