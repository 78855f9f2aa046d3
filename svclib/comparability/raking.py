"""Weights that give a sample the margins known of its population, and what they cost in precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError

TOLERANCE = 1e-10
ROUNDS = 1000
ROUNDED = 1e-4

Margins = Mapping[str, Mapping[str, float]]


class Raked(NamedTuple):
    """Weights of the rows, how unequal they are, and the rounds it took."""

    weight: np.ndarray
    design_effect: float
    rounds: int


def kish(weights: np.ndarray) -> float:
    """Design effect of unequal weights, n Σw²/(Σw)² (Kish 1965, Survey Sampling, 11.7); NaN for none."""
    total = float(np.sum(weights))
    return len(weights) * float(np.sum(np.square(weights))) / total**2 if total > 0 else np.nan


def misfit(sample: pd.DataFrame, margins: Margins) -> list[str]:
    """Why a sample cannot be raked to the margins; empty when it can.

    A category the population does not have, a category nobody answered from, margins of
    different totals.
    """
    told = []
    for name, of in margins.items():
        if name not in sample:
            told.append(f"no column {name}")
            continue
        found = set(sample[name])
        told += [f"{name} {c!r}: answers, but no margin" for c in sorted(found - set(of))]
        told += [f"{name} {c!r}: a margin, but no answers" for c in sorted(set(of) - found)]
    sums = {name: float(sum(of.values())) for name, of in margins.items()}
    if sums and max(sums.values()) - min(sums.values()) > ROUNDED * max(sums.values()):
        shown = ", ".join(f"{name} {total:g}" for name, total in sums.items())
        told.append(f"margins do not sum to the same: {shown}")
    return told


def rake(sample: pd.DataFrame, margins: Margins, *, weight: str = "weight") -> Raked:
    """Iterative proportional fitting of row weights to known margins.

    Parameters
    ----------
    sample : DataFrame
        Rows with a column per margin and the design weight, > 0.
    margins : people of the population by column and category

    Returns
    -------
    Raked
        Weights that sum to the total of the margins.  With one margin this is post-stratification.

    Notes
    -----
    Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427-444: every margin in turn,
    w ← w · margin/Σw, until each is met within 1e-10 of the total.

    Raises
    ------
    DataError
        What `misfit` says, a weight that is not positive, or combinations so empty that the
        margins cannot all be met.
    """
    told = misfit(sample, margins)
    raw = sample[weight].to_numpy(dtype=float)
    if not margins or told or not (raw > 0).all():
        told = told or ["no margin is given" if not margins else f"{weight} must be above 0 in every row"]
        raise DataError(f"the answers cannot be raked. {'; '.join(told)}")
    codes = {name: pd.Index(list(of)).get_indexer(pd.Index(sample[name])) for name, of in margins.items()}
    total = float(sum(next(iter(margins.values())).values()))
    wanted = {name: np.array(list(of.values())) * total / sum(of.values()) for name, of in margins.items()}
    made, off = raw * total / raw.sum(), np.inf
    for done in range(1, ROUNDS + 1):
        for name, code in codes.items():
            made = made * (wanted[name] / np.bincount(code, made, len(wanted[name])))[code]
        off = max(np.abs(np.bincount(codes[n], made, len(w)) - w).max() for n, w in wanted.items())
        if off <= TOLERANCE * total:
            return Raked(made, kish(made), done)
    told = [f"after {ROUNDS} rounds a margin is still off by {off:g}; join categories"]
    raise DataError(f"the answers cannot be raked. {'; '.join(told)}")


def residuals(
    sample: pd.DataFrame, values: np.ndarray, margins: Margins, *, weight: str = "weight"
) -> np.ndarray:
    """What the margins leave unexplained of each value: the linearised variable of a raked mean.

    Parameters
    ----------
    sample : as `rake` takes it; `weight` is the design weight
    values : (n, k), NaN where there is no answer

    Returns
    -------
    ndarray
        (n, k), the residuals of the weighted regression on the categories of all margins, over the
        rows with an answer.

    Notes
    -----
    Deville, Särndal & Sautory (1993), Journal of the American Statistical Association 88, 1013-1020:
    the error of a mean under raked weights w is that of Σ w e / Σ w.
    """
    group = np.column_stack([sample[name].to_numpy() == c for name, of in margins.items() for c in of])
    root = np.sqrt(sample[weight].to_numpy(dtype=float))[:, None]
    found = np.full(values.shape, np.nan)
    for j, column in enumerate(values.T):
        seen = ~np.isnan(column)
        x, scale = group[seen].astype(float), root[seen]
        # Margins overlap: the rank is one less for each after the first.
        found[seen, j] = column[seen] - x @ (np.linalg.pinv(x * scale) @ (column[seen] * scale[:, 0]))
    return found
