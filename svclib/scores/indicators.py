"""Table "indicator_scores": natural values through their anchors to points, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from svclib.columns import sort_by_key
from svclib.errors import DataError
from svclib.framework import Anchors, Framework, Indicator

KEY = ["cycle", "unit", "indicator", "subject"]


def points_range(indicator: Indicator, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fewest and most points of `indicator` between `low` and `high`, each (n,).

    Kinks and steps inside the interval are visited too: where near a target is best, the
    most points lie between the ends.
    """
    low, high = np.asarray(low, dtype=float)[:, None], np.asarray(high, dtype=float)[:, None]
    grid = np.hstack([low, high, np.clip(_kinks(indicator)[None, :], low, high)])
    points = indicator.points(grid)
    return points.min(axis=1), points.max(axis=1)


def _kinks(indicator: Indicator) -> np.ndarray:
    rule = indicator.score
    if isinstance(rule, Anchors):
        return np.array(rule.values)
    at = np.array([condition.value for condition, _ in rule.rules])
    return np.concatenate([at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf)])


def indicator_scores(
    natural: pd.DataFrame,
    framework: Framework,
    *,
    units: Sequence[str],
    min_responses: int,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Table "indicator_scores": one row per unit, indicator and subject, and the blended row "".

    Parameters
    ----------
    natural : DataFrame
        cycle, unit, indicator, subject, value, se, df, n, status, method, note, as
        `natural_values` and `kpis.values` give them.
    units : sequence of str
        Every unit to be scored; what has no row is "not_reported".
    min_responses : int
        A rating with fewer respondents, or a share or time of fewer events, is "small_sample".
    confidence : float
        Level of the intervals.

    Notes
    -----
    A subject's score interval is its natural interval through the anchors, never a delta
    method.  The blended score is the weighted mean of the subjects' points, its interval
    the square-and-add one (MOVER; Zou & Donner 2008) over the subjects' intervals.
    An indicator that was not reported gets points only where the framework says so.
    """
    rows = _complete(natural, framework, units)
    _set_intervals(rows, framework, confidence)
    rows["score"] = rows["score_low"] = rows["score_high"] = np.nan
    for name, at in rows.groupby("indicator").groups.items():
        indicator = framework.indicator(str(name))
        rows.loc[at, "score"] = indicator.points(rows.loc[at, "value"].to_numpy())
        low, high = points_range(
            indicator, rows.loc[at, "ci_low"].to_numpy(), rows.loc[at, "ci_high"].to_numpy()
        )
        rows.loc[at, "score_low"], rows.loc[at, "score_high"] = low, high
    _blend(rows, framework)
    sampled = rows["indicator"].map({i.name: i.sampled for i in framework.indicators})
    few = sampled & (rows["subject"] == "") & (rows["status"] == "ok") & (rows["n"] < min_responses)
    rows.loc[few, "status"] = "small_sample"
    _impute(rows, framework)
    return sort_by_key("indicator_scores", rows)


def _complete(natural: pd.DataFrame, framework: Framework, units: Sequence[str]) -> pd.DataFrame:
    """Every unit, indicator and subject, with "not_reported" where there is no row."""
    twice = natural.duplicated(KEY)
    if twice.any():
        first = natural.loc[twice, KEY].iloc[0].to_dict()
        raise DataError(f"natural values: {int(twice.sum())} rows repeat a key, first {first}")
    wanted = _cells(sorted(set(natural["cycle"])), framework, units)
    rows = natural.set_index(KEY)
    unknown = rows.index.difference(wanted)
    if len(unknown):
        raise DataError(
            f"natural values of {len(unknown)} unknown cells, first {unknown[0]}; "
            "check the units, the indicators and their subjects"
        )
    rows = rows.reindex(wanted).reset_index()
    blank = {"n": 0, "status": "not_reported", "method": "", "note": "", "scale": ""}
    rows = rows.assign(scale=rows.get("scale", "")).fillna(blank).astype({"n": int})
    missing = (rows["status"] == "ok") & rows["value"].isna()
    rows.loc[missing, "status"] = "not_reported"
    of = [framework.indicator(name) for name in rows["indicator"]]
    return rows.assign(
        dimension=[i.dimension for i in of], kind=[i.kind for i in of], measure=[i.unit for i in of]
    )


def _cells(cycles: Sequence[str], framework: Framework, units: Sequence[str]) -> pd.MultiIndex:
    cells = [
        (cycle, unit, indicator.name, subject)
        for cycle in cycles
        for unit in units
        for indicator in framework.indicators
        for subject in ("", *indicator.subjects)
    ]
    return pd.MultiIndex.from_tuples(cells, names=KEY)


def _set_intervals(rows: pd.DataFrame, framework: Framework, confidence: float) -> None:
    """Natural interval value ± t(df) SE, on the log scale value·exp(± t SE/value), within the bounds."""
    se, df = rows["se"].to_numpy(dtype=float), rows["df"].to_numpy(dtype=float)
    spread = np.where(se == 0, 0.0, stats.t.ppf((1 + confidence) / 2, df) * se)
    bounds = {i.name: i.bounds for i in framework.indicators}
    low, high = np.array([bounds[name] for name in rows["indicator"]], dtype=float).reshape(-1, 2).T
    value, log = rows["value"].to_numpy(dtype=float), (rows["scale"] == "log").to_numpy()
    factor = np.exp(np.divide(spread, value, out=np.zeros_like(spread), where=log & (value > 0)))
    rows["ci_low"] = np.clip(np.where(log, value / factor, value - spread), low, high)
    rows["ci_high"] = np.clip(np.where(log, value * factor, value + spread), low, high)


def _blend(rows: pd.DataFrame, framework: Framework) -> None:
    """Fill the headline scores of ratings from their subjects' points."""
    parts = rows[(rows["subject"] != "") & (rows["status"] == "ok")]
    share = parts["subject"].map(framework.subjects).astype(float)
    key = ["cycle", "unit", "indicator"]
    share = share / share.groupby([parts[k] for k in key]).transform("sum")
    blended = (
        pd.DataFrame(
            {
                **{k: parts[k] for k in key},
                "score": share * parts["score"],
                "low": (share * (parts["score"] - parts["score_low"])) ** 2,
                "high": (share * (parts["score_high"] - parts["score"])) ** 2,
                "unknown": parts["score_low"].isna(),
            }
        )
        .groupby(key)
        .sum()
    )
    head = rows.index[(rows["subject"] == "") & (rows["status"] == "ok")]
    at = blended.reindex(pd.MultiIndex.from_frame(rows.loc[head, key]))
    has = at["score"].notna().to_numpy()
    head, at = head[has], at[has]
    width = np.sqrt(at[["low", "high"]].to_numpy()) + np.where(at["unknown"] > 0, np.nan, 0.0)[:, None]
    score = at["score"].to_numpy()
    rows.loc[head, "score"] = score
    rows.loc[head, "score_low"] = score - width[:, 0]
    rows.loc[head, "score_high"] = score + width[:, 1]


def _impute(rows: pd.DataFrame, framework: Framework) -> None:
    """Points of headline indicators that were not reported, by the framework's rule."""
    rule = framework.missing.not_reported
    absent = (rows["subject"] == "") & (rows["status"] == "not_reported")
    if rule == "no_grade" or not absent.any():
        return
    seen = rows[(rows["subject"] == "") & (rows["status"] == "ok")]
    lowest = seen.groupby(["cycle", "indicator"])["score"].min()
    at = pd.MultiIndex.from_frame(rows.loc[absent, ["cycle", "indicator"]])
    rows.loc[absent, "score"] = 0.0 if rule == "zero" else lowest.reindex(at).to_numpy()
    rows.loc[absent, "note"] = f"counted_as:{rule}"
