"""Cut points proposed from the scores of one sample of units: to be judged and pasted, never applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from svclib.composites import fitted, probit_cuts
from svclib.errors import ParamError
from svclib.scores import round_half

ROUNDS = 1000


def by_rsr(scores: np.ndarray, k: int) -> np.ndarray:
    """Scores at the probits between k bins, on the line of scores on the probit of their rank, (k - 1,).

    The rank-sum ratio of one indicator, the total itself, with the line fitted to its scores
    instead of to its ranks, so that the cuts are scores.
    """
    value, count = np.unique(scores, return_counts=True)
    place = (np.cumsum(count) - (count - 1) / 2) / len(scores)
    place[-1] = 1 - 1 / (4 * len(scores))
    line = fitted(5 + stats.norm.ppf(place), value)
    return line.intercept + line.slope * probit_cuts(k)


def by_jenks(scores: np.ndarray, k: int) -> np.ndarray:
    """Natural breaks: k classes of least squared deviation within, exact by dynamic programming, (k - 1,).

    A cut lies midway between the classes. Fisher, W. D. (1958). On grouping for maximum
    homogeneity. Journal of the American Statistical Association, 53, 789-798.
    """
    x = np.sort(scores)
    value, start = np.unique(x, return_index=True)
    # Equal scores are never parted: classes are runs of distinct values.
    end = np.append(start[1:], len(x))
    total, square = (np.concatenate([[0.0], np.cumsum(v)]) for v in (x - x.mean(), (x - x.mean()) ** 2))
    n = end[None, :] - start[:, None]
    within = (square[end][None, :] - square[start][:, None]) - (
        total[end][None, :] - total[start][:, None]
    ) ** 2 / np.where(n > 0, n, 1)
    within = np.where(n > 0, within, np.inf)  # (first, last) distinct value of a class
    best, firsts = within[0], []
    for _ in range(k - 1):
        cost = np.vstack([np.full(len(value), np.inf), best[:-1, None] + within[1:]])
        firsts.append(cost.argmin(axis=0))
        best = cost.min(axis=0)
    return _between(value, _trace(firsts, len(value) - 1))


def _trace(firsts: Sequence[np.ndarray], last: int) -> list[int]:
    """First value of every class but the lowest, in rising order."""
    found = []
    for first in reversed(firsts):
        found.append(int(first[last]))
        last = found[-1] - 1
    return found[::-1]


def _between(value: np.ndarray, first: Iterable[int]) -> np.ndarray:
    return np.array([(value[at - 1] + value[at]) / 2 for at in first])


def by_kmeans(scores: np.ndarray, k: int, *, rounds: int = ROUNDS) -> np.ndarray:
    """k-means from the medians of k quantile groups, Lloyd's steps until nothing moves, (k - 1,).

    The way the star ratings of US hospitals are made (CMS, Overall Hospital Quality Star
    Rating); stopping after one step gives other cuts. NaN where a class runs empty.

    Parameters
    ----------
    rounds : most steps; a step never raises the squared deviation, so they end by themselves
    """
    x = np.sort(scores)
    group = np.minimum(np.arange(len(x)) * k // len(x), k - 1)
    centre = np.array([np.median(x[group == j]) for j in range(k)])
    own = _nearest(x, centre)
    for _ in range(rounds):
        if len(np.unique(own)) < k:
            break
        centre = np.array([x[own == j].mean() for j in range(k)])
        before, own = own, _nearest(x, centre)
        if np.array_equal(before, own):
            break
    first = np.flatnonzero(np.diff(own)) + 1
    return _between(x, first) if len(first) == k - 1 else np.full(k - 1, np.nan)


def _nearest(x: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Class of every value: on a line classes are runs, parted midway between their centres."""
    return np.searchsorted((centre[1:] + centre[:-1]) / 2, x, side="right")


METHODS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "rsr_probit": by_rsr,
    "jenks": by_jenks,
    "kmeans": by_kmeans,
}


def propose(scores: pd.Series, k: int, *, method: str) -> np.ndarray:
    """Cuts between k grades in rising order, (k - 1,).

    Raises
    ------
    ParamError
        An unknown method, or fewer distinct scores than grades.
    """
    if method not in METHODS:
        raise ParamError(f"method={method!r}; choose one of {list(METHODS)}")
    x = np.round(scores.to_numpy(dtype=float), 9)
    if len(np.unique(x)) < k:
        raise ParamError(f"{len(np.unique(x))} distinct scores cannot be parted into {k} grades")
    return METHODS[method](x, k)


def proposals(
    scores: pd.Series, scale: dict[str, float], *, decimals: int = 2, draws: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Cuts by every method beside those in force, and how far they would move with other units.

    Parameters
    ----------
    scores : published score of every unit
    scale : grades best first with their cuts in force
    decimals : of published scores; a cut is rounded to them
    draws : samples of units with replacement

    Returns
    -------
    DataFrame
        method, grade, cut_now, cut_proposed (0 for the worst), cut_sd (over the draws),
        n_units, differ_share (share of units with another grade under the proposal), draws,
        seed.  A method that cannot part the scores has empty cuts.
    """
    k, x = len(scale), scores.to_numpy(dtype=float)
    picks = np.random.default_rng(seed).integers(0, len(x), (draws, len(x)))
    parts = []
    for method in METHODS:
        # Half up: midway between neighbouring scores a cut must not fall to the lower one.
        found = round_half(propose(scores, k, method=method), decimals=decimals, rule="half_up")
        drawn = np.array([_or_nan(x[pick], k, method) for pick in picks])
        enough = np.isfinite(drawn).all(axis=1)
        sd = drawn[enough].std(axis=0, ddof=1) if enough.sum() > 1 else np.full(k - 1, np.nan)
        differs = _grade(x, found) != _grade(x, np.array(list(scale.values())[-2::-1]))
        parts.append(
            pd.DataFrame(
                {
                    "method": method, "grade": list(scale), "cut_now": list(scale.values()),
                    "cut_proposed": [*found[::-1], 0.0], "cut_sd": [*sd[::-1], np.nan],
                    "differ_share": differs.mean() if np.isfinite(found).all() else np.nan,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True).assign(n_units=len(x), draws=draws, seed=seed)


def _or_nan(x: np.ndarray, k: int, method: str) -> np.ndarray:
    enough = len(np.unique(np.round(x, 9))) >= k
    return propose(pd.Series(x), k, method=method) if enough else np.full(k - 1, np.nan)


def _grade(x: np.ndarray, rising: np.ndarray) -> np.ndarray:
    return (np.round(x, 9)[:, None] >= np.round(rising, 9)).sum(axis=1)


def snippet(found: pd.DataFrame, method: str) -> str:
    """The proposal of one method as lines of YAML to be pasted under `grades`."""
    rows = found[found["method"] == method]
    cuts = ", ".join(f"{grade}: {cut:g}" for grade, cut in rows[["grade", "cut_proposed"]].to_numpy())
    return f"grades:\n  scale: {{{cuts}}}"
