"""What single answers tell beside the change of their mean: spread, P(superiority), exact tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib import inference
from svclib.framework import Indicator
from svclib.improvement.rows import Comparison, Row
from svclib.improvement.verdicts import EXACT_BELOW

MOST = 200


class Answers(NamedTuple):
    """One unit's valid answers of both cycles, n of them, on I indicators."""

    rated: np.ndarray  # (n, I) mean of the indicator's items, NaN where none is answered or not asked
    now: np.ndarray  # (n,) of the current cycle
    subject: np.ndarray  # (n,) code
    who: np.ndarray  # (n,) respondent, () where nobody is followed from one cycle to the next
    weight: np.ndarray  # (n,)
    n_clusters: int


def answers_of(
    rows: pd.DataFrame, indicators: Sequence[Indicator], comparison: Comparison, *, panel: bool
) -> Answers:
    """Answers of one unit's rows; both cycles of `comparison` and no other."""
    items = list(dict.fromkeys(item for i in indicators for item in i.items))
    member = np.array([[item in i.items for i in indicators] for item in items], dtype=float)
    x = rows[items].to_numpy(dtype=float)
    seen = ~np.isnan(x)
    sums, count = np.where(seen, x, 0.0) @ member, seen.astype(float) @ member
    subject, names = pd.factorize(rows["subject"])
    asked = np.array([[name in i.subjects for i in indicators] for name in names])
    known = (count > 0) & asked[subject]
    return Answers(
        np.where(known, sums / np.maximum(count, 1), np.nan),
        (rows["cycle"] == comparison.cycle).to_numpy(dtype=bool),
        subject,
        rows["respondent"].to_numpy() if panel else np.array([]),
        rows["weight"].to_numpy(dtype=float),
        len(set(rows["cluster"].unique()) - {""}),
    )


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
        x, w = answers.rated[cell == c], answers.weight[cell == c][:, None]
        w = np.where(np.isnan(x), 0.0, w)
        n, mass = (w > 0).sum(axis=0), np.maximum(w.sum(axis=0), np.finfo(float).tiny)
        x = np.where(w > 0, x, 0.0)
        x = np.where(w > 0, x - (w * x).sum(axis=0) / mass, 0.0)
        squares += n / mass * (w * x**2).sum(axis=0)
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
