"""Step 50: the change of every unit's published score, split into where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from svclib import decomposition
from svclib import params as params_module
from svclib.columns import TABLES, empty, sort_by_key
from svclib.cycle.grading import scored, sides, without_draws
from svclib.cycle.merge import successors
from svclib.cycle.state import State, flags, load, valid
from svclib.decomposition import Ends, Published, Side
from svclib.framework import Framework
from svclib.scores import TOTAL, WeightDraws

Tables = Mapping[str, pd.DataFrame]
CELL = ["unit", "subject", "cycle", "channel"]


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
    mixed = _mix(kept, state.framework, units, state.compared)
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


def _mix(
    kept: pd.DataFrame, framework: Framework, units: Sequence[str], cycles: Sequence[str]
) -> np.ndarray | None:
    """Points (U, I, S) of each evaluator's change that come from another mix of channels.

    Shares and means of the channels are exchanged between the cycles one at a time and taken
    through the anchors, f(mix, means): the mean of f(now, now) - f(then, now) and
    f(now, then) - f(then, then).  NaN where a channel has answers in one cycle only.
    """
    if not framework.items:
        return None
    here = kept[kept["unit"].isin(units)]
    weight, answers = here["weight"], here[list(framework.items)]
    keys = [here[c] for c in CELL]
    axes = [list(units), list(framework.subjects), list(cycles), sorted(set(here["channel"]))]
    every = pd.MultiIndex.from_product(axes, names=CELL)

    def cube(values: pd.DataFrame) -> np.ndarray:
        summed = values.mul(weight, axis=0).groupby(keys).sum().reindex(every, fill_value=0.0)
        return summed.to_numpy().reshape(*map(len, axes), -1)

    mass, total = cube(answers.notna().astype(float)), cube(answers.fillna(0.0))
    whole = mass.sum(axis=3, keepdims=True)
    share = np.divide(mass, whole, out=np.full_like(mass, np.nan), where=whole > 0)
    mean = np.divide(total, mass, out=np.full_like(mass, np.nan), where=mass > 0)
    # (U, S, mix, means, J): a channel without answers counts for nothing where its share is 0.
    crossed = share[:, :, :, None] * mean[:, :, None]
    found = np.where(share[:, :, :, None] > 0, crossed, np.where(np.isnan(share[:, :, :, None]), np.nan, 0.0))
    return _through(found.sum(axis=4), framework)


def _through(value: np.ndarray, framework: Framework) -> np.ndarray:
    """Effect of the mix in points (U, I, S) from item means (U, S, mix, means, J)."""
    place = {item: j for j, item in enumerate(framework.items)}
    who = decomposition.evaluators(framework)
    found = np.zeros((len(value), len(framework.indicators), len(who)))
    for i, indicator in enumerate(framework.indicators):
        if not indicator.items:
            continue
        natural = value[..., [place[item] for item in indicator.items]].mean(axis=-1)
        points = indicator.points(natural)
        effect = (points[:, :, 1, :] - points[:, :, 0, :]).mean(axis=-1)
        for s, subject in enumerate(framework.subjects):
            if subject in indicator.subjects:
                found[:, i, who.index(subject)] = effect[:, s]
    return found


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
    named = made.contributions.assign(unit=made.contributions["unit"].replace(follows))
    score = made.score.rename(index=follows).dropna()
    return Published(
        named.drop_duplicates(["unit", "indicator"], keep=False),
        score[~score.index.duplicated(keep=False)],
        made.additive,
    )
