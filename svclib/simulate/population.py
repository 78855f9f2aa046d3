"""Who answers and how: a population from which cycles with a known truth are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from svclib.errors import ParamError
from svclib.framework import Framework, Indicator

VALUE = ["unit", "indicator", "subject"]
PEOPLE = ["unit", "subject", "channel", "weight", "stratum", "cluster"]
# Below this many pairs a correlation of two items says too little to be averaged.
LEAST_PAIRS = 20
# From so few units nothing is learnt of how far true values lie apart.
LEAST_UNITS = 3


class Structure(NamedTuple):
    """Correlations of two latent answers within a unit, each including those after it.

    item : of one person to two items of an indicator
    dimension : to items of two indicators of a dimension
    person : to items of two dimensions
    cluster : of two people of a cluster
    """

    item: float
    dimension: float
    person: float
    cluster: float = 0.0


class Scale(NamedTuple):
    """Items as one evaluator answers them; J items in the order of the framework.

    thresholds : (J, K) between categories on the latent scale, +inf beyond the last, NaN where not asked
    blank : (J,) share of those asked who leave the item out
    effects : latent shift of every channel
    """

    thresholds: np.ndarray
    blank: np.ndarray
    effects: Mapping[str, float]


@dataclass(frozen=True)
class Population:
    """What cycles are drawn from.

    Attributes
    ----------
    units : units of the cycle, as `Inputs.units`
    people : one row per questionnaire that counted: unit, subject, channel, weight, stratum, cluster
    scales : `Scale` of each evaluator
    known : unit, indicator, subject ("" for records), value and se: what is known of the true values
    records : records as `kpis.values` takes them: how much is counted, and what does not apply
    """

    framework: Framework
    units: pd.DataFrame
    people: pd.DataFrame
    scales: Mapping[str, Scale]
    structure: Structure
    known: pd.DataFrame
    records: pd.DataFrame


def require(framework: Framework) -> None:
    """Refuse a framework with nothing that could be drawn.

    Raises
    ------
    ParamError
        It has neither a rating nor a record.
    """
    drawn = [
        i.name for i in framework.indicators if i.source in ("responses", "kpis", "events", "inspections")
    ]
    if not drawn:
        raise ParamError("simulate needs an indicator that is rated or recorded; this framework has none")


def calibrate(
    framework: Framework,
    units: pd.DataFrame,
    answers: pd.DataFrame,
    values: pd.DataFrame,
    records: pd.DataFrame,
) -> Population:
    """The population that one cycle looks like.

    Parameters
    ----------
    answers : valid answers of the cycle, reverse items recoded
    values : natural values of the cycle with their standard errors (`cycle.values.natural`)
    records : records of the cycle

    Notes
    -----
    A category is where a standard normal latent answer falls between two thresholds, taken
    from the shares of all units together (half an answer added to each) and spread by
    1/√(1 − b), b = the share of variance between units.  With s = E(latent | category), two
    latent answers correlate by r(s₁, s₂)/(a₁a₂), a² = Var(s): the first term of Mehler's
    series.  Values are drawn toward the mean of all units by τ²/(τ² + SE²), τ² by Paule &
    Mandel (1982): the spread of observed values is that of the true ones and of error.
    """
    require(framework)
    scales, seen = {}, []
    for subject, rows in answers.groupby("subject", sort=True):
        scale, found = _subject(rows.reset_index(drop=True), framework)
        scales[str(subject)] = scale
        seen.append((len(rows), found))
    known = values[(values["status"] == "ok") & values["value"].notna()]
    keep = known["subject"] != ""
    keep |= known["indicator"].map({i.name: i.source != "responses" for i in framework.indicators})
    return Population(
        framework,
        units.reset_index(drop=True),
        answers[PEOPLE].reset_index(drop=True),
        scales,
        _pooled(seen),
        _shrunk(known[keep]),
        records.reset_index(drop=True),
    )


def steps(indicator: Indicator) -> np.ndarray:
    """Answers a rating can take, from the lowest to the highest."""
    low, high = indicator.bounds
    return np.arange(low, high + 0.5)


def _rated(framework: Framework) -> dict[str, Indicator]:
    return {item: i for i in framework.indicators for item in i.items}


def _subject(rows: pd.DataFrame, framework: Framework) -> tuple[Scale, Structure]:
    """Scale of one evaluator, and how his answers go together."""
    of, wide = _rated(framework), max((len(steps(i)) for i in framework.indicators if i.items), default=1)
    thresholds = np.full((len(of), wide - 1), np.nan)
    blank, signal = np.zeros(len(of)), np.full(len(of), np.nan)
    scores = pd.DataFrame(np.nan, index=rows.index, columns=list(of))
    for j, (item, indicator) in enumerate(of.items()):
        given = rows[item].notna()
        if not given.any():
            continue
        blank[j] = 1 - given.mean()
        at = np.clip(np.rint(rows.loc[given, item] - indicator.bounds[0]).astype(int), 0, None)
        share = np.bincount(at, minlength=len(steps(indicator))) + 0.5
        share = share / share.sum()
        ends = stats.norm.ppf(np.cumsum(share)[:-1])
        density = np.concatenate([[0.0], stats.norm.pdf(ends), [0.0]])
        middle = (density[:-1] - density[1:]) / share
        scores.loc[given, item] = middle[at]
        signal[j] = np.sqrt((share * middle**2).sum())
        thresholds[j] = np.inf
        thresholds[j, : len(ends)] = ends
    between = _between(scores, rows["unit"], signal)
    spread = np.sqrt(1 - between)
    scale = Scale(thresholds / spread, blank, _channels(scores, rows, signal, spread))
    return scale, _structure(scores, rows, signal, framework)


def _between(scores: pd.DataFrame, unit: pd.Series, signal: np.ndarray) -> float:
    """Share of the latent variance that lies between units, mean over items, at most .9."""
    by = scores.groupby(unit.to_numpy())
    error = (by.var() / by.count()).mean()
    found = (by.mean().var() - error) / signal**2
    return float(np.clip(np.nan_to_num(found.mean()), 0.0, 0.9))


def _channels(
    scores: pd.DataFrame, rows: pd.DataFrame, signal: np.ndarray, spread: float
) -> dict[str, float]:
    """Latent shift of each channel against the others of the same unit."""
    own = (scores / signal**2).mean(axis=1)
    away = own - own.groupby(rows["unit"]).transform("mean")
    return {str(c): float(v) / spread for c, v in away.groupby(rows["channel"]).mean().fillna(0.0).items()}


def _structure(
    scores: pd.DataFrame, rows: pd.DataFrame, signal: np.ndarray, framework: Framework
) -> Structure:
    """Correlations of the latent answers of one evaluator within unit and channel; NaN where unknown."""
    keys = [rows["unit"], rows["channel"]]
    away = scores - scores.groupby(keys).transform("mean")
    latent = away.corr(min_periods=LEAST_PAIRS).to_numpy() / np.outer(signal, signal)
    of = list(_rated(framework).values())
    upper = np.triu(np.ones(latent.shape, dtype=bool), 1)
    alike = np.array([[a.name == b.name for b in of] for a in of])
    near = np.array([[a.dimension == b.dimension for b in of] for a in of])

    def mean(where: np.ndarray) -> float:
        found = latent[upper & where]
        return float(np.nanmean(found)) if np.isfinite(found).any() else np.nan

    levels = mean(alike), mean(near & ~alike), mean(~near)
    return Structure(*levels, _clusters((away / signal).mean(axis=1), rows))


def _clusters(own: pd.Series, rows: pd.DataFrame) -> float:
    """ICC(1) of the mean answers of people of a cluster, 0 without clusters."""
    known = (rows["cluster"] != "") & own.notna()
    groups = own[known].groupby([rows.loc[known, "unit"], rows.loc[known, "cluster"]])
    n = groups.count()
    if len(n) < 2 or n.sum() <= len(n):
        return 0.0
    size = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    within = groups.var().mul(n - 1).sum() / (n.sum() - len(n))
    among = (n * (groups.mean() - own[known].mean()) ** 2).sum() / (len(n) - 1)
    return float(np.clip((among - within) / (among + (size - 1) * within), 0.0, 0.9))


def _pooled(seen: list[tuple[int, Structure]]) -> Structure:
    """Mean over evaluators by their answers, each level no more than the one before."""
    if not seen:
        return Structure(0.0, 0.0, 0.0)
    table = np.array([found for _, found in seen])
    weight = np.array([n for n, _ in seen])[:, None] * np.isfinite(table)
    mean = (np.nan_to_num(table) * weight).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
    item, dimension, person, cluster = np.clip(mean, 0.0, 0.95)
    # Where an indicator has one item, or a dimension one indicator, the next level speaks for it.
    told = weight.sum(axis=0) > 0
    item = item if told[0] else max(dimension, person)
    dimension = min(dimension if told[1] else item, item)
    person = min(person if told[2] else dimension, dimension)
    return Structure(float(item), float(dimension), float(person), float(min(cluster, person)))


def _shrunk(known: pd.DataFrame) -> pd.DataFrame:
    """Values drawn toward the mean over units, and the error left after it."""
    rows = known[[*VALUE, "value", "se"]].fillna({"se": 0.0}).reset_index(drop=True)
    for at in rows[rows["se"] > 0].groupby(["indicator", "subject"]).groups.values():
        value, variance = rows.loc[at, "value"].to_numpy(), rows.loc[at, "se"].to_numpy() ** 2
        if len(value) < LEAST_UNITS:
            continue
        whole: Any = combine_effects(value, variance, method_re="iterated")
        kept = whole.tau2 / (whole.tau2 + variance)
        rows.loc[at, "value"] = whole.mean_effect_re + kept * (value - whole.mean_effect_re)
        rows.loc[at, "se"] = np.sqrt(kept * variance)
    return rows
