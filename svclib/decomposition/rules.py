"""What new rules of scoring make of a score that was published under others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.decomposition.parts import COLUMNS, listed


class Published(NamedTuple):
    """One cycle as published under some rules.

    contributions : rows of table "contributions"
    score : published score by unit
    additive : whether every mean of these rules is arithmetic
    """

    contributions: pd.DataFrame
    score: pd.Series
    additive: bool


def rescored(own: Published, current: Published, units: Sequence[str]) -> pd.DataFrame:
    """What the current rules make of scores published under rules of their own; as `decompose`.

    By arithmetic means, an indicator in both with other weights is part "weights" and with
    other points part "framework", as is an indicator in one only; the rest (adjustments,
    rounding) is "framework" without a node.  By other means everything is.  A unit without
    a score of its own has that part empty.
    """
    before, after = (p.score.reindex(list(units)).to_numpy(dtype=float) for p in (own, current))
    rest = after - before
    found = []
    if own.additive and current.additive:
        (w0, x0), (w1, x1) = (_table(p.contributions, units, own, current) for p in (own, current))
        mean = ((w0 * x0).sum(axis=1) + (w1 * x1).sum(axis=1))[:, None] / 2
        both = (w0 > 0) & (w1 > 0)
        x0, x1 = np.where(w0 > 0, x0, x1), np.where(w1 > 0, x1, x0)
        move = (w1 - w0) * ((x0 + x1) / 2 - mean)
        names = _names(own, current)
        rules = (w0 + w1) / 2 * (x1 - x0) + np.where(both, 0.0, move)
        found = [("framework", names, rules), ("weights", names, np.where(both, move, 0.0))]
        rest = rest - rules.sum(axis=1) - found[1][2].sum(axis=1)
    rows = pd.concat([listed(units, *one) for one in [*found, ("framework", [""], rest[:, None])]])
    rows = rows[rows["unit"].map(own.score).notna()]
    lacking = [u for u, value in zip(units, before, strict=True) if np.isnan(value)]
    none = listed(lacking, "performance", [""], np.full((len(lacking), 1), np.nan))
    none = none.assign(change_part="framework", note="not_published")
    return pd.concat([rows, none], ignore_index=True)[COLUMNS]


def _names(*rules: Published) -> list[str]:
    return list(dict.fromkeys(name for p in rules for name in p.contributions["indicator"]))


def _table(rows: pd.DataFrame, units: Sequence[str], *rules: Published) -> tuple[np.ndarray, np.ndarray]:
    """Weights and points (U, I) over all indicators of `rules`; 0 where an indicator does not count."""
    found = [
        rows.pivot_table(index="unit", columns="indicator", values=c).reindex(
            list(units), columns=_names(*rules)
        )
        for c in ("weight", "score")
    ]
    return np.nan_to_num(found[0].to_numpy()), np.nan_to_num(found[1].to_numpy())
