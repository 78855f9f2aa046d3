"""Differences between the evaluators of one indicator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from test_scores import CYCLE, full, table, with_indicator

from svclib import scores
from svclib.columns import checked


def gaps(rows: list[tuple[str, str, str, float, float]], units: tuple[str, ...] = ("甲",)) -> pd.DataFrame:
    return checked("subject_gaps", scores.subject_gaps(table(rows, units=units), tiny_framework()))


def rated(unit: str, customer: tuple[float, float], inspector: tuple[float, float]):
    rest = [r for r in full(unit) if r[1] != "态度"]
    both = (unit, "态度", "", customer[0], 0.1)
    return [*rest, (unit, "态度", "客户", *customer), (unit, "态度", "内部监督", *inspector), both]


def test_gap_by_hand_on_a_straight_scale():
    """Anchors 25 points per unit: the gap is 25 (4.0 − 4.5), its error 25 √(0.1² + 0.2²), df 50."""
    found = gaps(full())
    assert found[["indicator", "subject", "other_subject"]].to_numpy().tolist() == [
        ["态度", "客户", "内部监督"]
    ]
    row, spread = found.iloc[0], 25 * np.hypot(0.1, 0.2)
    assert row["score_gap"] == pytest.approx(-12.5)
    # The upper limit of 4.5 ± 2.01 × 0.2 and the lower of 4.0 are inside the scale: nothing is clipped.
    assert row["ci_low"] == pytest.approx(-12.5 - stats.t.isf(0.025, 50) * spread)
    assert row["p_diff"] == pytest.approx(2 * stats.t.sf(12.5 / spread, 50), rel=1e-6)
    assert row["judgement"] == "rates_lower"


def test_one_family_a_cycle_and_what_is_not_tested():
    rows = [*rated("甲", (4.0, 0.1), (4.5, 0.2)), *rated("乙", (4.0, 0.1), (4.05, 0.1))]
    rows += rated("丙", (4.0, 0.1), (5.0, np.nan))
    found = gaps(rows, ("甲", "乙", "丙")).set_index("unit")
    assert found.loc["甲", "p_diff_adj"] == pytest.approx(2 * found.loc["甲", "p_diff"])
    assert found["judgement"].to_dict() == {"甲": "inconclusive", "乙": "inconclusive", "丙": "not_judged"}
    assert found["method"].to_dict() == {"甲": "mover", "乙": "mover", "丙": "fixed"}
    assert found.loc["丙", ["ci_low", "ci_high", "p_diff", "p_diff_adj"]].isna().all()


def test_nobody_else_rates_nothing_to_compare():
    alone = [r for r in full() if r[2] != "内部监督"]
    assert gaps(alone).empty


@given(st.floats(1, 5), st.floats(1, 5), st.floats(0.02, 1), st.floats(0.02, 1))
@settings(max_examples=40, deadline=None)
def test_p_and_interval_agree(a: float, b: float, se_a: float, se_b: float):
    row = gaps(rated("甲", (a, se_a), (b, se_b))).iloc[0]
    assert row["ci_low"] <= row["score_gap"] + 1e-9
    assert row["score_gap"] <= row["ci_high"] + 1e-9
    apart = row["ci_low"] > 0 or row["ci_high"] < 0
    if abs(row["p_diff"] - 0.05) > 1e-6:
        assert apart == (row["p_diff"] < 0.05)


def test_kinked_anchors_are_not_linearised():
    rules = with_indicator(score={10: 100, 30: 60, 60: 0})
    found = table(full(), system=rules)
    assert scores.subject_gaps(found, rules)["cycle"].tolist() == [CYCLE]
