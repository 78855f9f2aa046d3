"""Step 50: the change of every unit's published score, split into where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from svclib import decomposition
from svclib import params as params_module
from svclib.columns import TABLES, empty, sort_by_key
from svclib.cycle.answers import flags, valid
from svclib.cycle.grading import scored, sides, without_draws
from svclib.cycle.likeness import GROUP, MIX, category, cells
from svclib.cycle.merge import successors
from svclib.cycle.state import State, load
from svclib.decomposition import Ends, Published, Side
from svclib.framework import Framework
from svclib.scores import TOTAL, WeightDraws

Tables = Mapping[str, pd.DataFrame]


def decomposed(
    state: State,
    kept: pd.DataFrame,
    tables: Tables,
    weigh: Callable[[State, Tables], Mapping[str, pd.DataFrame]],
) -> pd.DataFrame:
    """Table "decomposition" of the units graded in both cycles.

    Where the baseline was published under another framework, or under weights that follow
    its own data, it is scored once more under its own, and what the new rules change is the
    first part; a unit that had no score of its own then starts from the score under the
    current rules, and its part "framework" is empty.

    Parameters
    ----------
    kept : valid answers of both cycles
    weigh : step 30, for the baseline's own weights
    """
    published, score = (_wide(tables, state, name) for name in ("published", "score"))
    units = [u for u in published.index if published.loc[u].notna().all()]
    if not units:
        return empty("decomposition")
    ends = Ends(
        *(frame.loc[units, list(state.compared)].to_numpy(dtype=float).T for frame in (published, score))
    )
    then, now = (_side(state, tables, cycle, units) for cycle in state.compared)
    mixed = _mix(state, kept, units)
    found = [decomposition.decompose(then, now, ends, state.framework, units, mix=mixed)]
    start = pd.Series(ends.published[0], index=units)
    if state.params.baseline and (state.baseline in state.rescored or tables["weights"]["relative"].any()):
        own = _own(state, weigh)
        found.append(decomposition.rescored(own, _published(tables, state.baseline, state.framework), units))
        start = own.score.reindex(units).fillna(start)
    return _table(
        pd.concat(found, ignore_index=True), state, start, pd.Series(ends.published[1], index=units)
    )


def _table(rows: pd.DataFrame, state: State, start: pd.Series, end: pd.Series) -> pd.DataFrame:
    """Parts that stand for the same node of a unit added up, with the scores they lead from and to."""
    keys = ["unit", "change_part", "node", "note"]
    added = rows.groupby(keys, as_index=False)["contribution"].sum(min_count=1)
    added = added.assign(baseline=state.baseline, cycle=state.cycle)
    ends = {"estimate0": added["unit"].map(start), "estimate1": added["unit"].map(end)}
    ends["change"] = ends["estimate1"] - ends["estimate0"]
    return sort_by_key("decomposition", added.assign(**ends)[list(TABLES["decomposition"].all_columns)])


def _wide(tables: Tables, state: State, name: str) -> pd.DataFrame:
    """Column `name` of the totals of graded units, a column per cycle compared."""
    graded = tables["grades"].loc[tables["grades"]["status"] == "graded", ["cycle", "unit"]]
    whole = tables["totals"][tables["totals"]["node"] == TOTAL].merge(graded, on=["cycle", "unit"])
    return whole.pivot_table(index="unit", columns="cycle", values=name).reindex(columns=list(state.compared))


def _side(state: State, tables: Tables, cycle: str, units: Sequence[str]) -> Side:
    """One cycle as it was scored: points, what applies, and the weights of each unit's group."""
    framework = state.framework
    rows = tables["indicator_scores"]
    rows = rows[(rows["cycle"] == cycle) & rows["unit"].isin(units)]
    status = rows[rows["subject"] == ""].set_index(["unit", "indicator"])["status"].unstack()  # noqa: PD010 - text
    names, dims = [i.name for i in framework.indicators], [d.name for d in framework.dimensions]
    status = status.reindex(index=list(units), columns=names)
    applies = (status.notna() & (status != "not_applicable")).to_numpy()
    group = {u: side.group for side in sides(state, tables["weights"], cycle) for u in side.units}
    wrote = tables["weights"].pivot_table(index="group", columns=["level", "node"], values="local")
    mine = wrote.loc[[group[u] for u in units]].fillna(0.0)
    local, top = (
        mine.reindex(columns=[(level, n) for n in nodes], fill_value=0.0).to_numpy()
        for level, nodes in (("indicator", names), ("dimension", dims))
    )
    return Side(decomposition.points_of(rows, units, framework), applies, WeightDraws(local, top))


def _mix(state: State, kept: pd.DataFrame, units: Sequence[str]) -> np.ndarray:
    """Points (U, I, S) of each evaluator's change that come from another mix of `standardise.by`.

    Shares and means of the categories are exchanged between the cycles one at a time and taken
    through the anchors, f(mix, means): the mean of f(now, now) - f(then, now) and
    f(now, then) - f(then, then).  NaN where a category has answers in one cycle only.
    """
    framework, who = state.framework, decomposition.evaluators(state.framework)
    found = np.zeros((len(units), len(framework.indicators), len(who)))
    if not framework.items:
        return found
    here = kept[kept["unit"].isin(units)]
    crossed = _crossed(here.assign(**{MIX: category(here, state.params.standardise.by)}), state)
    for i, indicator in enumerate(framework.indicators):
        for subject in indicator.subjects:
            every = pd.MultiIndex.from_product([list(units), [subject], indicator.items])
            value = crossed.reindex(every).to_numpy().reshape(len(units), -1, 4).mean(axis=1)
            point = indicator.points(value)
            found[:, i, who.index(subject)] = (point[:, 3] - point[:, 1] + point[:, 2] - point[:, 0]) / 2
    return found


def _crossed(mixed: pd.DataFrame, state: State) -> pd.DataFrame:
    """Means of every unit, evaluator and item by mix and means: then then, then now, now then, now now."""
    known = cells(mixed, state.framework.items, state.compared)
    keys = [*GROUP, "item"]
    of = [known[k] for k in keys]
    columns = {}
    for m in "01":
        share = known[f"weight{m}"] / known.groupby(keys)[f"weight{m}"].transform("sum")
        for r in "01":
            part = (share * known[f"value{r}"]).where(share > 0, 0.0)
            columns[m + r] = part.groupby(of).sum().mask(part.isna().groupby(of).any())
    return pd.DataFrame(columns)[["00", "01", "10", "11"]]


def _published(tables: Tables, cycle: str, framework: Framework) -> Published:
    """One cycle as published under `framework`."""
    rows = tables["contributions"]
    graded = tables["grades"][tables["grades"]["cycle"] == cycle].set_index("unit")["published"]
    means = {framework.aggregate, *(d.aggregate or framework.aggregate for d in framework.dimensions)}
    return Published(rows[rows["cycle"] == cycle], graded, means == {"arithmetic"})


def _own(state: State, weigh: Callable[[State, Tables], Mapping[str, pd.DataFrame]]) -> Published:
    """The baseline under its own rules; renamed units under their name of today, merged ones left out."""
    assert state.params.baseline is not None  # noqa: S101 - asked for only where a baseline is named
    params = params_module.load(state.params.baseline)
    own = without_draws(replace(load(params), baseline=""))
    marks = flags(own, [own.cycle])
    weights = weigh(own, {"exclusions": marks})["weights"]
    made = _published(
        scored(own, valid(own, marks, [own.cycle]), weights, own.cycle), own.cycle, own.framework
    )
    follows = successors(state.inputs[state.cycle].units)
    score, rows = made.score.rename(index=follows), made.contributions
    score = score[~score.index.duplicated(keep=False)].dropna()
    rows = rows.assign(unit=rows["unit"].replace(follows))
    return Published(rows[rows["unit"].isin(score.index)], score, made.additive)
