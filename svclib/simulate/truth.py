"""The known truth of simulated cycles: true values, and how far a unit is moved by a change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from svclib.framework import Framework
from svclib.improvement.rows import started
from svclib.simulate.population import Population

# A rating at the very end of its scale would need an infinite latent answer.
INSIDE = 0.02
# A sample of this size has no error: what is computed from it is the truth.
EVERYBODY = 10**9


def draw(population: Population, rng: np.random.Generator) -> pd.DataFrame:
    """True values of one simulated world: what is known of each, and what is not known of it.

    Returns
    -------
    DataFrame with unit, indicator, subject, value
    """
    known = population.known
    value = known["value"].to_numpy() + known["se"].to_numpy() * rng.standard_normal(len(known))
    return _inside(known[["unit", "indicator", "subject"]].assign(value=value), population.framework)


def moved(truth: pd.DataFrame, framework: Framework, by: Mapping[str, float]) -> pd.DataFrame:
    """The truth after every indicator of a unit got better by `by`[unit] of its MID.

    Indicators without a MID, and those best near a range, stay; nothing leaves its scale.
    """
    of = {i.name: i for i in framework.indicators}
    add = [
        of[name].sign * of[name].mid_at(value) * by.get(unit, 0.0)
        for unit, name, value in zip(truth["unit"], truth["indicator"], truth["value"], strict=True)
    ]
    return _inside(truth.assign(value=truth["value"] + np.nan_to_num(add)), framework)


def _inside(truth: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    rated = {i.name: i.source == "responses" for i in framework.indicators}
    ends = np.array([framework.indicator(n).bounds for n in truth["indicator"]]).reshape(-1, 2)
    with np.errstate(invalid="ignore"):
        edge = np.where(truth["indicator"].map(rated), INSIDE * (ends[:, 1] - ends[:, 0]), 0.0)
    value = np.clip(truth["value"].to_numpy(), ends[:, 0] + edge, ends[:, 1] - edge)
    return truth.assign(value=value)


def natural(truth: pd.DataFrame, population: Population, cycle: str) -> pd.DataFrame:
    """True natural values in the shape `scores.indicator_scores` takes, evaluators blended.

    What does not apply to a unit stays so; an evaluator who did not answer is not there.
    """
    framework = population.framework
    rated = truth[truth["subject"] != ""]
    share = rated["subject"].map(framework.subjects).astype(float)
    keys = [rated["unit"], rated["indicator"]]
    blended = (share * rated["value"]).groupby(keys).sum() / share.groupby(keys).sum()
    whole = blended.rename("value").reset_index().assign(subject="")
    found = pd.concat([truth, whole], ignore_index=True).assign(status="ok")
    idle = population.records.loc[population.records["status"] != "ok", ["unit", "indicator", "status"]]
    rows = pd.concat([found, idle.assign(subject="", value=np.nan)], ignore_index=True)
    return rows.assign(cycle=cycle, se=0.0, df=np.nan, n=EVERYBODY, method="mean", note="")


def changes(before: pd.DataFrame, after: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """True change of every indicator in its MIDs, good direction positive: unit, node, true_change.

    Parameters
    ----------
    before, after : as `natural` gives them; NaN where no MID is declared
    """
    both = before[before["subject"] == ""].merge(after[after["subject"] == ""], on=["unit", "indicator"])
    rows = []
    for unit, name, v0, v1 in both[["unit", "indicator", "value_x", "value_y"]].itertuples(index=False):
        told = started(framework.indicator(name), v0, v1, design="")
        rows.append((unit, name, told["gain"] / told["mid"] if told["mid"] else np.nan))
    return pd.DataFrame(rows, columns=["unit", "node", "true_change"])


def cuts(framework: Framework) -> tuple[float, ...]:
    """Scores that part two grades, best first; none where grades follow from targets."""
    rules = framework.grades
    return rules.cuts[: len(rules.labels) - 1] if rules.method == "cuts" else ()
