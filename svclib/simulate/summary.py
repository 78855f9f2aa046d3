"""From single replications to rates, each with its Monte-Carlo error."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.columns import sort_by_key
from svclib.simulate.cases import CASES, MOVES

RUN = ["case", "size"]
ALL_UNITS = "*"
# Points between a true score and the nearest cut.
DISTANCES = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0)
VERDICTS = ("improved", "equivalent", "inconclusive", "declined")
CLAIMS = ("improved", "declined")
# Nothing changes between the cycles of these.
STILL = tuple(name for name, case in CASES.items() if not case.moved)


def tables(grades: pd.DataFrame, verdicts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables "misgrading", "grade_consistency", "verdict_rates" and "false_claims".

    Parameters
    ----------
    grades : cycle, unit, published_true, grade_true, published, grade, status, distance, case,
        size, replication
    verdicts : unit, level, node, verdict, true_change, case, size, replication
    """
    return {
        "misgrading": misgrading(grades),
        "grade_consistency": consistency(grades),
        "verdict_rates": verdict_rates(verdicts),
        "false_claims": false_claims(verdicts),
    }


def rates(frame: pd.DataFrame, by: list[str], of: str) -> pd.DataFrame:
    """Mean of column `of` per group, and its Monte-Carlo error.

    SE = √(R/(R−1) Σ (x_r − p n_r)²)/N over replications r, whose rows are not independent;
    NaN from a single replication.
    """
    own = frame.groupby([*by, "replication"])[of].agg(["sum", "count"])
    whole = own.groupby(level=by).sum()
    mean = whole["sum"] / whole["count"].where(whole["count"] > 0)
    centre = mean.reindex(own.droplevel("replication").index).to_numpy()
    away = ((own["sum"] - centre * own["count"]) ** 2).groupby(level=by)
    runs = away.count()
    factor = (runs / (runs - 1).where(runs > 1)).to_numpy()
    se = np.sqrt(factor * away.sum().to_numpy()) / whole["count"].to_numpy()
    return pd.DataFrame({"n_simulated": whole["count"], "share": mean, "share_se": se}).reset_index()


def misgrading(grades: pd.DataFrame) -> pd.DataFrame:
    """Share of graded units whose grade is not the true one, by the distance of the true score to a cut."""
    graded = grades[(grades["status"] == "graded") & (grades["grade_true"] != "")].dropna(subset="distance")
    place = np.searchsorted(DISTANCES, graded["distance"], side="right") - 1
    ends = (*DISTANCES[1:], np.inf)
    rows = graded.assign(
        distance_low=np.array(DISTANCES)[place],
        distance_high=np.array(ends)[place],
        wrong=(graded["grade"] != graded["grade_true"]).astype(float),
    )
    found = rates(rows, [*RUN, "distance_low", "distance_high"], "wrong")
    return sort_by_key("misgrading", found)


def consistency(grades: pd.DataFrame) -> pd.DataFrame:
    """Per unit and for all: how often the grade is right, and the same in two samples of one truth.

    `bias` and `rmse` are of the published against the true score.
    """
    own = grades.assign(own=grades["unit"])
    every = pd.concat([own, own.assign(unit=ALL_UNITS)], ignore_index=True)
    graded = every[(every["status"] == "graded") & (every["grade_true"] != "")]
    away = graded["published"] - graded["published_true"]
    right = (graded["grade"] == graded["grade_true"]).astype(float)
    rows = graded.assign(right=right, away=away, square=away**2)
    by = [*RUN, "unit"]
    found = rates(rows, by, "right").rename(columns={"share": "right", "share_se": "right_se"})
    found = found.merge(_same(rows[rows["case"].isin(STILL)], by), on=by, how="left")
    means = rows.groupby(by)[["published_true", "away", "square"]].mean().reset_index()
    found = found.merge(means.rename(columns={"published_true": "true_score", "away": "bias"}), on=by)
    ungraded = (every["status"] != "graded").astype(float).groupby([every[c] for c in by]).mean()
    whole = ungraded.rename("ungraded").reset_index().merge(found, on=by, how="left")
    whole = whole.assign(rmse=np.sqrt(whole["square"])).fillna({"n_simulated": 0})
    return sort_by_key("grade_consistency", whole)


def _same(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """How often both samples of one truth give the same grade."""
    keys = [*by, "replication", "own"]
    both = rows.groupby(keys)["grade"].agg(["nunique", "size"]).query("size == 2")
    same = (both["nunique"] == 1).astype(float).rename("same").reset_index()
    found = rates(same, by, "same").drop(columns="n_simulated")
    return found.rename(columns={"share": "same", "share_se": "same_se"})


def verdict_rates(verdicts: pd.DataFrame) -> pd.DataFrame:
    """How often each verdict is given, by level and by the true change in MIDs, to the nearest of a few.

    Power is the share of improved where the true change is above 0, and of declined below it.
    """
    known = verdicts[verdicts["verdict"].isin(VERDICTS)]
    still = known["case"].isin(STILL)
    change = known["true_change"].where(~still, 0.0)
    known = known.assign(true_change=nearest_move(change.to_numpy())).dropna(subset="true_change")
    by = [*RUN, "level", "true_change"]
    parts = [
        rates(known.assign(hit=(known["verdict"] == v).astype(float)), by, "hit").assign(verdict=v)
        for v in VERDICTS
    ]
    return sort_by_key("verdict_rates", pd.concat(parts, ignore_index=True))


def nearest_move(change: np.ndarray) -> np.ndarray:
    """The nearest of 0 and ±`MOVES`, NaN for NaN; beyond the last, the last."""
    grid = np.array(sorted({0.0, *MOVES, *(-m for m in MOVES)}))
    at = np.abs(np.nan_to_num(change)[:, None] - grid).argmin(axis=1)
    return np.where(np.isnan(change), np.nan, grid[at])


def false_claims(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Where nothing changed: how often a comparison is called a change, and how often any of a family is."""
    known = verdicts[verdicts["case"].isin(STILL) & verdicts["verdict"].isin(VERDICTS)]
    by, parts = [*RUN, "level"], []
    for verdict in CLAIMS:
        hit = known.assign(hit=(known["verdict"] == verdict).astype(float))
        single = rates(hit, by, "hit")
        whole = hit.groupby([*by, "replication"])["hit"].max().reset_index()
        family = rates(whole, by, "hit").drop(columns="n_simulated")
        family = family.rename(columns={"share": "share_family", "share_se": "se_family"})
        parts.append(single.merge(family, on=by).assign(verdict=verdict))
    return sort_by_key("false_claims", pd.concat(parts, ignore_index=True))
