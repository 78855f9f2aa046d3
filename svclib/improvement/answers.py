"""What single answers tell beside the change of their mean: spread, P(superiority), exact tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import inference
from svclib.framework import Indicator
from svclib.improvement.rows import Row
from svclib.improvement.verdicts import EXACT_BELOW

MOST = 200


class Answers(NamedTuple):
    """One unit's valid answers of both cycles, n of them, on I indicators."""

    names: tuple[str, ...]
    rated: np.ndarray  # (n, I) mean of the indicator's items, NaN where none is answered or not asked
    now: np.ndarray  # (n,) of the current cycle
    subject: np.ndarray  # (n,) code
    who: np.ndarray  # (n,) respondent, () where nobody is followed from one cycle to the next
    weight: np.ndarray  # (n,)
    n_clusters: int

    @property
    def n_paired(self) -> int:
        """People known to have answered in both cycles."""
        return len(set(self.who[self.now]) & set(self.who[~self.now])) if len(self.who) else 0

    def on(self, names: Sequence[str]) -> Answers:
        """The answers on some of the indicators."""
        if tuple(names) == self.names:
            return self
        return self._replace(names=tuple(names), rated=self.rated[:, [self.names.index(n) for n in names]])


def answers_of(
    rows: pd.DataFrame, indicators: Sequence[Indicator], *, panel: bool, current: str
) -> dict[str, Answers]:
    """Answers of every unit's rows of a baseline and the `current` cycle."""
    items = list(dict.fromkeys(item for i in indicators for item in i.items))
    within = [[item in i.items for i in indicators] for item in items]
    member = np.array(within, dtype=float).reshape(len(items), len(indicators))
    unit, units = pd.factorize(rows["unit"], sort=True)
    subject, subjects = pd.factorize(rows["subject"], sort=True)
    asked = np.array([[name in i.subjects for i in indicators] for name in subjects], dtype=bool)
    cluster, clusters = pd.factorize(rows["cluster"])
    now, named = (rows["cycle"] == current).to_numpy(dtype=bool), np.asarray(clusters) != ""
    x = np.ascontiguousarray(rows[items], dtype=float)
    weight = rows["weight"].to_numpy(dtype=float)
    who = rows["respondent"].to_numpy() if panel else None
    order = np.argsort(unit, kind="stable")
    names, found = tuple(i.name for i in indicators), {}
    edges = np.searchsorted(unit[order], np.arange(len(units) + 1))
    for k, name in enumerate(units):
        at = order[edges[k] : edges[k + 1]]
        rated = _means(x[at], member, asked[subject[at]])
        own = who[at] if who is not None else np.array([])
        n_clusters = int(named[np.unique(cluster[at])].sum())
        found[str(name)] = Answers(names, rated, now[at], subject[at], own, weight[at], n_clusters)
    return found


def _means(x: np.ndarray, member: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Means of answers (n, items) over the items of each indicator, NaN where not `asked` (n, I)."""
    seen = ~np.isnan(x)
    sums, count = np.where(seen, x, 0.0) @ member, seen.astype(float) @ member
    return np.where((count > 0) & asked, sums / np.maximum(count, 1), np.nan)


def told(answers: Answers, *, confidence: float) -> list[Row]:
    """Per indicator: sd, P(superiority) with limits, exact mid-p at small n; only what the design allows.

    sd : pooled within cycle and subject, what Hedges' g is measured in.
    P(superiority) : where one subject rates, with equal weights and without clusters; its limits
        take the two samples as independent, so a panel has none.
    p_exact : with fewer than 30 answers on a side, the permutation test; in a panel the sign flip
        of the differences, where the same people answered both times.
    """
    sd, panel = _pooled_sd(answers), len(answers.who) > 0
    found: list[Row] = [{"sd": float(v)} if v > 0 else {} for v in sd]
    plain = _plain(answers)
    if not plain.any():
        return found
    counts = _counts(answers)
    shares = inference.superiority(*counts)
    limits = inference.superiority_interval(*counts, confidence=confidence)
    sizes = [c.sum(axis=1) for c in counts]
    for j in np.flatnonzero(plain & (sizes[0] > 0) & (sizes[1] > 0)):
        found[j]["p_superiority"] = float(shares[j])
        if not panel:
            ends = (float(end[j]) for end in limits)
            found[j] |= dict(zip(("superiority_low", "superiority_high"), ends, strict=True))
        if min(sizes[0][j], sizes[1][j]) < EXACT_BELOW and sizes[0][j] + sizes[1][j] <= MOST:
            found[j]["p_exact"] = _exact(answers, int(j))
    return found


def _pooled_sd(answers: Answers) -> np.ndarray:
    """√(Σ squares / Σ(n − 1)) over cells of cycle and subject, weights scaled to mean 1, (I,)."""
    cell = answers.subject * 2 + answers.now
    squares, df = np.zeros(answers.rated.shape[1]), np.zeros(answers.rated.shape[1])
    for c in np.unique(cell):
        x, weight = answers.rated[cell == c], answers.weight[cell == c]
        seen = ~np.isnan(x)
        n, mass = seen.sum(axis=0), np.maximum(weight @ seen, np.finfo(float).tiny)
        x = np.where(seen, x, 0.0)
        off = (x - (weight @ x) / mass) * seen
        squares += n / mass * (weight @ off**2)
        df += np.maximum(n - 1, 0)
    return np.sqrt(squares / np.maximum(df, 1))


def _plain(answers: Answers) -> np.ndarray:
    """Indicators that one subject rates, all answers with one weight, and without clusters, (I,)."""
    known = ~np.isnan(answers.rated)
    if answers.n_clusters:
        return np.zeros(known.shape[1], dtype=bool)
    raters = np.zeros(known.shape[1], dtype=int)
    for subject in range(answers.subject.max() + 1):
        raters += known[answers.subject == subject].any(axis=0)
    if np.ptp(answers.weight) == 0:
        return raters == 1
    return (raters == 1) & [len(set(answers.weight[column])) == 1 for column in known.T]


def _counts(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """Answers per value, in rising order, of the baseline and of now, each (I, values)."""
    width = answers.rated.shape[1]
    value, names = pd.factorize(np.round(answers.rated, 9).ravel(), sort=True)
    known = value >= 0
    place = value + np.tile(np.arange(width), len(answers.now)) * len(names)
    now = np.repeat(answers.now, width)
    both = (np.bincount(place[known & side], minlength=width * len(names)) for side in (~now, now))
    then, current = (counted.reshape(width, -1) for counted in both)
    return then, current


def _exact(answers: Answers, j: int) -> float:
    x, known = answers.rated[:, j], ~np.isnan(answers.rated[:, j])
    sides = [known & ~answers.now, known & answers.now]
    if not len(answers.who):
        return inference.midp_permutation(x[sides[0]], x[sides[1]])
    before, after = (pd.Series(x[side], index=answers.who[side]) for side in sides)
    if set(before.index) != set(after.index) or before.index.has_duplicates or after.index.has_duplicates:
        return np.nan
    return inference.midp_sign_flip((after.reindex(before.index) - before).to_numpy())
