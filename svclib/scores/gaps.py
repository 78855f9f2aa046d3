"""Where the evaluators of the same indicator disagree: customers, internal supervision, third parties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from svclib.columns import TABLES, empty, sort_by_key
from svclib.framework import Framework, Indicator
from svclib.inference import adjust
from svclib.scores.indicators import points_range

CELL = ["cycle", "unit", "indicator"]
LEAST_P = 1e-12
STEPS = 60


def subject_gaps(
    indicator_scores: pd.DataFrame,
    framework: Framework,
    *,
    confidence: float = 0.95,
    correction: str = "holm",
) -> pd.DataFrame:
    """Table "subject_gaps": difference of the scores that two subjects give one indicator of one unit.

    Parameters
    ----------
    indicator_scores : DataFrame
        Table with the rows of the single subjects; those without an error are told, not tested.
    correction : str
        "holm", "fdr_bh" or "none", over all gaps of a cycle.

    Notes
    -----
    Subjects are different people, so their intervals are independent: the interval of the
    difference is the square-and-add one (MOVER; Zou & Donner 2008) of their score intervals,
    which went through the anchors; p is the level at which that interval just touches 0.
    `judgement` goes by the adjusted p: rates_higher, rates_lower, inconclusive or not_judged.
    """
    told = (indicator_scores["subject"] != "") & (indicator_scores["status"] == "ok")
    rows = indicator_scores[told & indicator_scores["score"].notna()]
    pairs = [_pair(rows, a, b) for a, b in combinations(framework.subjects, 2)]
    pairs = [pair for pair in pairs if len(pair)]
    if not pairs:
        return empty("subject_gaps")
    table = pd.concat(pairs, ignore_index=True)
    parts = [
        part.assign(**_tested(part, framework.indicator(str(name)), confidence))
        for name, part in table.groupby("indicator", sort=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    table["p_diff_adj"] = table.groupby("cycle")["p_diff"].transform(
        lambda p: adjust(p.to_numpy(), correction)
    )
    sure = table["p_diff_adj"] < 1 - confidence
    table["judgement"] = np.select(
        [table["p_diff"].isna(), sure & (table["score_gap"] > 0), sure],
        ["not_judged", "rates_higher", "rates_lower"],
        "inconclusive",
    )
    table = table.assign(confidence=confidence, method=np.where(table["p_diff"].isna(), "fixed", "mover"))
    return sort_by_key("subject_gaps", table[list(TABLES["subject_gaps"].all_columns)])


def _pair(rows: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Cells that both subjects rate, a row each, the columns of the second ending in _other."""
    shown = [*CELL, "subject", "n", "value", "se", "df", "score"]
    a, b = (rows.loc[rows["subject"] == s, shown] for s in (first, second))
    both = a.merge(b.rename(columns={"subject": "other_subject"}), on=CELL, suffixes=("", "_other"))
    return both.assign(score_gap=both["score"] - both["score_other"])


def _tested(pair: pd.DataFrame, indicator: Indicator, confidence: float) -> dict[str, np.ndarray]:
    """Interval of the gaps of one indicator, and the p-value found by halving its level on a log scale."""
    alpha = np.full(len(pair), 1 - confidence)
    low, high = _interval(pair, indicator, alpha)
    gap, (least, most) = (
        pair["score_gap"].to_numpy(),
        (np.full(len(pair), np.log(LEAST_P)), np.zeros(len(pair))),
    )
    for _ in range(STEPS):
        middle = (least + most) / 2
        ends = _interval(pair, indicator, np.exp(middle))
        apart = (ends[0] > 0) | (ends[1] < 0)
        least, most = np.where(apart, least, middle), np.where(apart, middle, most)
    p = np.where(gap == 0, 1.0, np.exp(most))
    return {"ci_low": low, "ci_high": high, "p_diff": np.where(np.isnan(low), np.nan, p)}


def _interval(pair: pd.DataFrame, indicator: Indicator, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits of the gap at level 1 − alpha; NaN where a subject's value has no error."""
    (a_low, a_high), (b_low, b_high) = (_reach(pair, indicator, alpha, end) for end in ("", "_other"))
    gap = pair["score_gap"].to_numpy()
    return gap - np.hypot(a_low, b_high), gap + np.hypot(a_high, b_low)


def _reach(
    pair: pd.DataFrame, indicator: Indicator, alpha: np.ndarray, end: str
) -> tuple[np.ndarray, np.ndarray]:
    """How far one subject's score interval lies below and above its score."""
    value, se, df, score = (
        pair[column + end].to_numpy(dtype=float) for column in ("value", "se", "df", "score")
    )
    spread = np.where(se == 0, 0.0, stats.t.isf(alpha / 2, df) * se)
    least, most = indicator.bounds
    low, high = points_range(
        indicator, np.clip(value - spread, least, most), np.clip(value + spread, least, most)
    )
    return score - low, high - score
