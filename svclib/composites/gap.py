"""Gaps between what was perceived and what was expected, of the same people.

Parasuraman, A., Zeithaml, V. A., & Berry, L. L. (1988). SERVQUAL. Journal of Retailing, 64(1), 12-40.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from svclib.columns import empty
from svclib.estimates import Estimate, contrast, item_means
from svclib.framework import Framework, Indicator
from svclib.moments import Tables

KINDS = ("performance", "expectation", "service_gap")
NOT_ASKED = "expectation_not_asked"


def paired(responses: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Answers where a perception and its expectation were both given, NaN elsewhere.

    Rows without any such pair are left out: they would count as people in the degrees of freedom.
    """
    both: dict[str, pd.Series] = {}
    for indicator in framework.indicators:
        pairs = [(item, column) for item in indicator.items for column in indicator.expected_of(item)]
        for pair in pairs:
            answered = responses[list(pair)].notna().all(axis=1)
            both |= {column: responses[column].where(answered) for column in pair}
    return responses.assign(**both)[pd.DataFrame(both).notna().any(axis=1)]


def gaps(
    tables: Tables,
    framework: Framework,
    *,
    units: Sequence[str],
    panel: bool = False,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Table "gaps": performance, expectation and their difference, by evaluator and blended ("").

    Parameters
    ----------
    tables : `moments.reduce` of what `paired` gives, of one cycle, over items and expectations
    units : units wanted; an indicator nobody of a unit answered has a row with the note
        "expectation_not_asked"

    Notes
    -----
    gap = mean of the items - mean of their expectations; its variance comes from the joint
    covariance of all item means (`estimates.item_means`: design weights, clusters, panel),
    so answers of one person are paired.  With equal weights and 200 answers or more it is
    the paired t interval; below, half a pseudo-answer at each end enters both means.
    """
    asked = [i for i in framework.indicators if i.expectation]
    bounds = {c: i.bounds for i in asked for c in (*i.items, *i.expectation)}
    known = set(tables.totals.keys["unit"])
    parts = [empty("gaps")]
    for unit in units:
        found = item_means(tables, unit=unit, bounds=bounds, panel=panel) if unit in known else None
        parts += [_rows(indicator, found, framework, confidence).assign(unit=unit) for indicator in asked]
    table = pd.concat(parts, ignore_index=True)
    cycles = tables.cells.keys["cycle"].unique()
    return table.assign(cycle="".join(cycles), confidence=confidence)


def _rows(
    indicator: Indicator, found: Estimate | None, framework: Framework, confidence: float
) -> pd.DataFrame:
    subjects = [s for s in indicator.subjects if found is not None and _asked(found, s, indicator)]
    if found is None or not subjects:
        nothing = dict.fromkeys((*KINDS, "se", "df", "ci_low", "ci_high"), np.nan)
        return pd.DataFrame(
            [{"indicator": indicator.name, "subject": "", "n": 0, "note": NOT_ASKED} | nothing]
        )
    share = np.array([framework.subjects[s] for s in subjects])
    maps = [_weights(indicator, found.index, s) for s in subjects]
    maps = [np.tensordot(share / share.sum(), maps, axes=1), *maps]
    rows = [_row(found, weights, confidence) for weights in maps]
    frame = pd.DataFrame(rows).assign(indicator=indicator.name, subject=["", *subjects])
    frame.loc[0, "n"] = frame["n"][1:].sum()
    return frame


def _asked(found: Estimate, subject: str, indicator: Indicator) -> bool:
    return bool(((found.index["subject"] == subject) & found.index["item"].isin(indicator.expectation)).any())


def _weights(indicator: Indicator, index: pd.DataFrame, subject: str) -> np.ndarray:
    """Performance, expectation and gap as weights over the item means, (3, q); answered items only."""
    of = [
        ((index["subject"] == subject) & index["item"].isin(names)).to_numpy(dtype=float)
        for names in (indicator.items, indicator.expectation)
    ]
    means = [rows / rows.sum() for rows in of]
    return np.array([*means, means[0] - means[1]])


def _row(found: Estimate, weights: np.ndarray, confidence: float) -> dict[str, object]:
    told = contrast(found, weights)
    used = np.flatnonzero(weights[2])
    se, df = float(told["se"].iloc[2]), float(told["df"].iloc[2])
    reach = 0.0 if se == 0 else float(stats.t.ppf((1 + confidence) / 2, df)) * se
    gap = float(told["estimate"].iloc[2])
    notes = dict.fromkeys(note for k in used for note in found.note[k].split(";") if note)
    return {
        **dict(zip(KINDS, told["estimate"], strict=True)),
        "n": int(found.n[used].max()), "se": se, "df": df,
        "ci_low": gap - reach, "ci_high": gap + reach, "note": ";".join(notes),
    }  # fmt: skip
