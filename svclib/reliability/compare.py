"""Did reliability change: two periods, or two groups, with the people in both counted once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from svclib import factor
from svclib.factor import Sample
from svclib.reliability.interval import limits, root_and_df, units
from svclib.reliability.scale import Coefficient, Evaluated, Scale, chosen, evaluate, usual


def compare(
    before: Sample,
    after: Sample,
    which: Sequence[str] | None = None,
    *,
    missing: str = "listwise",
    paired: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Difference of reliability coefficients between two samples of the same items.

    Parameters
    ----------
    before, after : factor.Sample
        Two periods, or two groups such as channels or evaluators.
    which, missing, confidence
        As for `coefficients`.
    paired : bool
        Sampling units of the same name are the same people: what their answers have in common
        is taken off the variance.

    Returns
    -------
    DataFrame, one row per coefficient
        stat, variant, estimate0, estimate1, change, se, df (Welch-Satterthwaite), ci_low, ci_high,
        confidence, p_diff, n0, n1, n_shared (sampling units in both; 0 unless `paired`), missing,
        definition, note of either side (see `coefficients`).
    """
    asked = chosen(usual(len(after.items)) if which is None else which)
    scales = Scale(before, missing), Scale(after, missing)
    parts = []
    for kind in dict.fromkeys(one.kind for one in asked):
        some = [one for one in asked if one.kind == kind]
        sides = [evaluate(scale.of(kind), some) for scale in scales]
        parts.append(_rows(sides, some, paired=paired, confidence=confidence))
    return pd.concat(parts, ignore_index=True)


def _rows(
    sides: Sequence[Evaluated], asked: Sequence[Coefficient], *, paired: bool, confidence: float
) -> pd.DataFrame:
    one, two = sides
    change = two.estimates - one.estimates
    se, df, shared = _error(one, two, paired=paired)
    low, high = limits(change, se, df, confidence, top=np.inf)
    known = np.isfinite(df) & (se > 0)
    t = np.divide(change, se, where=known, out=np.full(len(change), np.nan))
    return pd.DataFrame({
        "stat": [c.stat for c in asked], "variant": [c.variant for c in asked],
        "estimate0": one.estimates, "estimate1": two.estimates, "change": change, "se": se, "df": df,
        "ci_low": low, "ci_high": high, "confidence": confidence,
        "p_diff": 2 * stats.t.sf(abs(t), np.where(known, df, 1.0)),
        "n0": one.moments.n, "n1": two.moments.n, "n_shared": shared, "missing": two.moments.missing,
        "definition": [c.definition for c in asked],
        "note": [";".join(dict.fromkeys(filter(None, n))) for n in zip(one.notes, two.notes, strict=True)],
    })  # fmt: skip


def _error(one: Evaluated, two: Evaluated, *, paired: bool) -> tuple[np.ndarray, np.ndarray, int]:
    """Standard errors and df of the change, (q,) each, and the sampling units in both."""
    z = [units(side.moments, side.moves, each=paired) for side in (one, two)]
    roots = [root_and_df(found) for found in z]
    own = [root**2 for root, _ in roots]
    joint, both = np.zeros(len(own[0])), 0
    if paired:
        rows = one.moments.rows, two.moments.rows
        joint = np.diag(factor.shared((rows[0], z[0].z), (rows[1], z[1].z)))
        both = len(set(rows[0].ids) & set(rows[1].ids))
    variance = np.maximum(own[0] + own[1] - 2 * joint, 0.0)
    spent = own[0] ** 2 / roots[0][1] + own[1] ** 2 / roots[1][1]
    df = np.divide((own[0] + own[1]) ** 2, spent, where=spent > 0, out=np.full(len(spent), np.nan))
    return np.sqrt(variance), df, both
