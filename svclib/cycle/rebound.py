"""Units picked for a low score: judged on what exceeds the rebound expected without any action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from svclib import comparability, inference
from svclib.comparability import Spread
from svclib.cycle.answers import estimates, flags, valid
from svclib.cycle.grading import Side, side_of
from svclib.cycle.state import State
from svclib.estimates import Estimate, draws
from svclib.improvement.rows import Row
from svclib.scores import blend_map, natural, score_draws

# Enough for a standard error within 3 %: the rebound does not turn on it.
DRAWS = 1000
FLAG, UNTESTED = "rtm", "lowest_at_baseline"
ORIENTED = {"high": 1.0, "low": -1.0}


def focused(state: State, grades: pd.DataFrame) -> list[str]:
    """Units in focus: those named, or the worst share of the baseline's graded units, one at least."""
    focus = state.params.focus
    if isinstance(focus, tuple):
        return list(focus)
    before = grades[(grades["cycle"] == state.baseline) & (grades["status"] == "graded")]
    return list(before.nsmallest(max(1, int(round(len(before) * focus, 9))), "published", keep="all")["unit"])


def beyond_rebound(
    state: State,
    rows: Sequence[Row],
    used: Mapping[str, Estimate],
    tables: Mapping[str, pd.DataFrame],
) -> list[Row]:
    """Rows of the units in focus with the rebound expected of them, tested on what exceeds it.

    Parameters
    ----------
    rows : of `improvement`, with their unit, gates passed
    used : joint estimate of both cycles by unit, as behind the rows

    Notes
    -----
    A rise is credited beyond the rebound alone; a fall is judged as it is.  Values near a target
    have no one direction to come back to, and are left as they are.
    """
    units = focused(state, tables["grades"])
    if not any(row["unit"] in units and not row.get("verdict") for row in rows):
        return list(rows)
    before = _past(state, used, tables)
    now = {
        unit: _scores(used[unit], side_of(state, tables["weights"], unit), state, state.compared)
        for unit in units
        if unit in used
    }
    spreads = {str(node): part for node, part in before.groupby("node", sort=False)}
    own = dict(iter(before[before["unit"].isin(units)].groupby(["unit", "node"])))
    at_baseline = {key for key, part in own.items() if state.baseline in set(part["cycle"])}
    found = []
    for row in rows:
        key = (row["unit"], row["node"])
        tested = row["unit"] in now and not row.get("verdict") and np.isfinite(row.get("p_diff", np.nan))
        spread = comparability.spread(spreads[row["node"]]) if tested and key in at_baseline else None
        if spread:
            row |= _tested(state, row, own[key], spread, _next(now[row["unit"]], row["node"], state))  # noqa: PLW2901
        found.append(row)
    return found


def _past(state: State, used: Mapping[str, Estimate], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Values of every unit and node up to the baseline: cycle, unit, node, value, se."""
    earlier = state.in_time[: state.in_time.index(state.baseline)]
    found = {state.baseline: dict(used)}
    for cycle in earlier:
        found[cycle] = estimates(state, valid(state, flags(state, [cycle]), [cycle]), [cycle])
    known = set(state.units(state.cycle))
    parts = [
        _scores(estimate, side_of(state, tables["weights"], unit), state, (cycle,))[0].assign(unit=unit)
        for cycle, of in found.items()
        for unit, estimate in of.items()
        if unit in known and (estimate.index["cycle"] == cycle).any()
    ]
    return _like_baseline(pd.concat(parts, ignore_index=True), state.baseline)


def _like_baseline(every: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Scores made of the same indicators and evaluators as in the baseline."""
    key = ["unit", "node"]
    wanted = every[every["cycle"] == baseline].set_index(key)["made_of"]
    same = every["made_of"].to_numpy() == wanted.reindex(pd.MultiIndex.from_frame(every[key])).to_numpy()
    return every[same].drop(columns="made_of").reset_index(drop=True)


def _scores(
    estimate: Estimate, side: Side, state: State, cycles: Iterable[str]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Indicators, dimensions and total of one unit in `cycles` (value, se) and their joint draws."""
    both = natural(estimate, side.framework)
    drawn = draws(both, size=DRAWS, seed=state.params.seed)
    rows, columns = [], []
    for cycle in cycles:
        at = (both.index["cycle"] == cycle).to_numpy()
        index = both.index[at].reset_index(drop=True)
        keys, blend = blend_map(index, side.framework)
        # The estimate itself stands before its draws.
        every = np.vstack([both.value[None, at], drawn[:, at]])
        values = dict(zip(keys["indicator"], (every @ blend.T).T, strict=True))
        values |= score_draws(every, index, side.framework, side.weights).scores
        subjects = index.groupby("indicator")["subject"].agg(";".join).to_dict()
        for node, value in values.items():
            made_of = subjects.get(node, str(sorted(subjects.items())))
            rows.append((cycle, node, value[0], value[1:].std(ddof=1), made_of))
            columns.append(value[1:])
    frame = pd.DataFrame(rows, columns=["cycle", "node", "value", "se", "made_of"])
    return frame, np.column_stack(columns)


def _next(now: tuple[pd.DataFrame, np.ndarray], node: str, state: State) -> tuple[float, float]:
    """Sampling variance of the current score, and its covariance with the baseline's."""
    frame, drawn = now
    then, current = (
        np.flatnonzero((frame["node"] == node) & (frame["cycle"] == cycle)) for cycle in state.compared
    )
    if not len(then) or not len(current):
        return np.nan, np.nan
    cov = np.cov(drawn[:, then[0]], drawn[:, current[0]])
    clustered = (state.inputs[state.cycle].responses["cluster"] != "").any()
    # Independent samples share no error; what the draws show of it is chance.
    return float(cov[1, 1]), float(cov[0, 1]) if state.params.panel or clustered else 0.0


def _tested(
    state: State, row: Row, known: pd.DataFrame, spread: Spread, following: tuple[float, float]
) -> Row:
    """Columns of the rebound, and p-values of what exceeds it where the unit rose."""
    sign = _sign(state, row)
    own = known.assign(value=known["value"].where(known["cycle"] != state.baseline, row["estimate0"]))
    at = own[own["cycle"] == state.baseline]
    if not sign or not np.isfinite(following[0]) or not (at["se"] > 0).all():
        return {}
    got = comparability.rebound(own, spread, unit=row["unit"], baseline=state.baseline, shared=following[1])
    if sign * got.expected <= 0:
        return {}
    moved = row["estimate1"] - row["estimate0"]
    scale = row["change"] / moved if moved else 1.0
    excess, se = scale * (moved - got.expected), abs(scale) * np.sqrt(got.variance + following[0])
    df = row["df"] if np.isfinite(row.get("df", np.nan)) else np.inf
    test = inference.change_test(
        np.array([excess]), np.array([se]), np.array([df]), mid=row["mid"], confidence=state.params.confidence
    ).iloc[0]
    found: Row = {
        "unit_reliability": got.reliability, "rtm_expected": scale * got.expected,
        "change_beyond_rtm": excess, "se_beyond_rtm": se,
        "beyond_low": test["ci_low"], "beyond_high": test["ci_high"],
    }  # fmt: skip
    if sign * moved <= 0:
        return found
    flags = [f for f in str(row.get("flags", "")).split(";") if f and f != UNTESTED]
    # More answers would not settle what passes from cycle to cycle.
    found |= {"flags": ";".join([*flags, FLAG]), "required_n": np.nan}
    rose = sign * (moved - got.expected) > 0
    return found | {
        "p_diff": test["p_diff"] if rose else 1.0, "p_beyond": test["p_beyond"] if rose else 1.0,
        "p_equiv": test["p_equiv"],
    }  # fmt: skip


def _sign(state: State, row: Row) -> float:
    if row["level"] != "indicator":
        return 1.0
    return ORIENTED.get(state.framework.indicator(row["node"]).better, 0.0)
