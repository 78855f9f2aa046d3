"""Named rules for special causes, and what a special cause means by the direction that is better."""

from __future__ import annotations

import numpy as np
import pandas as pd

RUN = 7
WARNING_SHARE = 2 / 3  # of the reach: two sigma
# In the order in which they name a point that several of them mark.
RULES = ("outside", "run_of_seven", "trend_of_seven", "two_of_three")
COMMON, IMPROVING, CONCERNING, SHIFTED, UNJUDGED = "common", "improving", "concerning", "shifted", "unjudged"


def named_rules(values: np.ndarray, centre: float, reach: np.ndarray) -> pd.DataFrame:
    """Which rule marks each point, and to which side: −1, 0 or 1 per rule.

    outside : beyond a limit
    run_of_seven : each of seven or more successive points strictly on one side of the centre
    trend_of_seven : each of seven or more successive points that only rise, or only fall
    two_of_three : of three successive points two beyond two sigma on one side; these two

    Provost & Murray (2011); NHS England (2019), Making data count.
    """
    x = np.asarray(values, dtype=float)
    side = np.sign(x - centre)
    outside = np.where(np.abs(x - centre) > reach, side, 0)
    far = np.where(np.abs(x - centre) > WARNING_SHARE * reach, side, 0)
    found = {
        "outside": outside,
        "run_of_seven": _runs(side, RUN),
        "trend_of_seven": _trends(np.sign(np.diff(x))),
        "two_of_three": _two_of_three(far),
    }
    return pd.DataFrame({name: found[name].astype(int) for name in RULES})


def _runs(signs: np.ndarray, least: int) -> np.ndarray:
    """The signs of runs of at least `least` equal ones, 0 elsewhere."""
    edges = np.flatnonzero(np.diff(signs)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(signs)]
    out = np.zeros(len(signs))
    for start, end in zip(starts, ends, strict=True):
        if end - start >= least:
            out[start:end] = signs[start]
    return out


def _trends(steps: np.ndarray) -> np.ndarray:
    """A run of six steps one way marks the seven points it joins."""
    runs = _runs(steps, RUN - 1)
    before, after = np.r_[0, runs], np.r_[runs, 0]
    return np.where(after != 0, after, before)


def _two_of_three(far: np.ndarray) -> np.ndarray:
    out = np.zeros(len(far))
    for sign in (-1, 1):
        hit = far == sign
        out[hit & _another_near(hit)] = sign
    return out


def _another_near(hit: np.ndarray) -> np.ndarray:
    """Points with another hit one or two places away."""
    padded = np.r_[np.zeros(2, dtype=bool), hit, np.zeros(2, dtype=bool)]
    around = [padded[2 + k : 2 + k + len(hit)] for k in (-2, -1, 1, 2)]
    return np.logical_or.reduce(around)


def variations(marks: pd.DataFrame, better: str) -> pd.Series:
    """What each point is: common, improving, concerning, or shifted where neither side is better.

    The first rule in `RULES` that marks a point decides its side.
    """
    first = marks[list(RULES)].replace(0, np.nan).bfill(axis=1).iloc[:, 0].fillna(0).to_numpy()
    if better == "near":
        return pd.Series(np.where(first == 0, COMMON, SHIFTED))
    good = first * (1 if better == "high" else -1)
    return pd.Series(np.select([good > 0, good < 0], [IMPROVING, CONCERNING], default=COMMON))


def rule_names(marks: pd.DataFrame) -> list[str]:
    """The rules that mark each point, joined by ";"."""
    return [";".join(name for name in RULES if row[name]) for row in marks.to_dict("records")]
