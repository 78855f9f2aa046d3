"""Training: participation, passes, rating, and paired change of the marks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from svclib import training
from svclib.columns import checked
from svclib.improvement import Comparison

COMPARISON = Comparison("2026Q1", "2026Q2")
# R datasets: sleep
BEFORE = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]) + 50
AFTER = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]) + 50


def sheet(before, after, **more) -> pd.DataFrame:
    """People of one unit who took one course, with marks in theory."""
    blank = {"unit": "甲", "course": "礼仪", "trained": "", "full_marks": np.nan, "pre_skill": np.nan,
             "post_skill": np.nan, "passed": "", "satisfaction": np.nan}  # fmt: skip
    frame = pd.DataFrame({"pre_theory": before, "post_theory": after}, dtype=float)
    return frame.assign(**blank | more, person=[f"P{k}" for k in range(len(frame))])


def effects(frame, *, mid=None, min_cell=5, comparison=COMPARISON) -> pd.DataFrame:
    return checked("training_effects", training.effects(frame, comparison, mid=mid, min_cell=min_cell))


def summary(frame) -> pd.DataFrame:
    made = training.summary(frame, cycle="2026Q2", min_cell=5, confidence=0.95)
    return checked("training", made).set_index("unit")


def test_the_paired_test_is_that_of_r():
    """R, paired t.test of sleep: t −4.0621276834, df 9, p .00283289019738, CI [.7001142, 2.4598858]."""
    row = effects(sheet(BEFORE, AFTER)).iloc[0]
    assert_allclose([row["change"], row["df"], row["p_diff"]], [1.58, 9, 0.00283289019738], rtol=1e-8)
    assert_allclose([row["ci_low"], row["ci_high"]], [0.7001142367, 2.4598857633], rtol=1e-8)
    assert_allclose(row["change"] / row["se"], 4.0621276834, rtol=1e-8)
    assert (row["verdict"], row["strength"], row["method"]) == ("improved", "detected", "paired_t")


def test_marks_are_points_of_a_hundred_and_the_least_change_counts():
    row = effects(sheet(BEFORE / 2, AFTER / 2, full_marks=50.0), mid=0.5).iloc[0]
    assert_allclose([row["estimate0"], row["estimate1"], row["change"]], [50.75, 52.33, 1.58])
    assert row["verdict"] == "improved"
    assert row["strength"] == "meaningful"
    assert np.isfinite(row["required_n"])


def test_the_exact_test_may_only_withhold():
    """The sign-flip mid-p of six pairs is at least 1/64: at .01 it withholds what t would claim."""
    row = effects(sheet([50, 50, 50, 50, 50], [52, 53, 52, 53, 60])).iloc[0]
    assert_allclose(row["p_exact"], 1 / 32)
    strict = Comparison("a", "b", confidence=0.99)
    few = effects(sheet([50] * 6, [52, 52.5, 52, 52.2, 52.1, 52.3]), comparison=strict).iloc[0]
    assert few["p_diff"] < 0.001 < 0.01 < few["p_exact"]
    assert (few["verdict"], "exact_withheld" in few["flags"]) == ("inconclusive", True)
    many = effects(sheet(np.full(30, 50.0), 50 + np.arange(30) % 3)).iloc[0]
    assert np.isnan(many["p_exact"])


def test_who_was_not_trained_or_tested_once_is_left_out():
    frame = sheet([50.0] * 8, [55, 56, 57, 58, 59, np.nan, 90, 90])
    frame["trained"] = ["yes"] * 6 + ["no"] * 2
    row = effects(frame).iloc[0]
    assert (row["n"], row["change"]) == (5, 7.0)


def test_a_few_people_are_not_shown_nor_what_gives_them_away():
    few = sheet([50, 60, 70], [60, 66, 81], unit="乙", satisfaction=4.0)
    many = sheet(np.arange(50, 60), np.arange(55, 65) + np.arange(10) % 2, satisfaction=3.0)
    both = pd.concat([many, few], ignore_index=True)
    table = effects(both).set_index("unit")
    assert table["verdict"].to_dict() == {"*": "not_judged", "甲": "improved", "乙": "not_judged"}
    assert table.loc[["*", "乙"], "change"].isna().all()
    assert table["n"].to_dict() == {"*": 13, "甲": 10, "乙": 3}
    found = summary(both.assign(passed="yes"))
    assert found[["n_passed", "pass_share"]].isna().all(axis=1).to_dict() == {
        "*": True,
        "甲": False,
        "乙": True,
    }
    rated = found["satisfaction"]
    assert rated.isna().to_dict() == {"*": True, "甲": False, "乙": True}


def test_participation_passes_and_rating_by_hand():
    frame = sheet([50.0] * 10, [60.0] * 10)
    frame["trained"] = ["yes"] * 8 + ["no"] * 2
    frame["passed"] = ["yes"] * 6 + ["no"] + [""] * 3
    frame["satisfaction"] = [5, 4, 4, 3, 4, 5, 4, *[np.nan] * 3]
    row = summary(frame).loc["甲"]
    assert row[["n_due", "n_trained", "n_assessed", "n_passed", "n_rated"]].tolist() == [10, 8, 7, 6, 7]
    assert_allclose([row["trained_share"], row["pass_share"], row["satisfaction"]], [0.8, 6 / 7, 29 / 7])
    assert row["satisfaction_low"] < 29 / 7 < row["satisfaction_high"]
    assert training.trained_share(frame, "礼仪") == {"甲": 0.8}
    assert training.trained_share(frame, "别的") == {}


def test_units_and_all_together_are_families_of_their_own():
    parts = [sheet(BEFORE, AFTER, unit=u) for u in "甲乙"]
    table = effects(pd.concat(parts, ignore_index=True)).set_index("unit")
    assert table["n_tests"].to_dict() == {"*": 1, "甲": 2, "乙": 2}
    assert_allclose(table.loc["甲", "p_diff_adj"], 2 * table.loc["甲", "p_diff"])


def test_nothing_given_nothing_returned():
    assert training.summary(None, cycle="Q", min_cell=5, confidence=0.95).empty
    assert training.effects(None, COMPARISON, mid=None, min_cell=5).empty
    assert effects(sheet([50, 60], [np.nan, np.nan])).empty


MARKS = st.lists(st.tuples(st.integers(0, 90), st.integers(-20, 10)), min_size=5, max_size=40)


@given(MARKS, st.sampled_from([20, 50, 120, 150]))
@settings(max_examples=15, deadline=None)
def test_full_marks_do_not_matter_and_going_back_turns_the_sign(pairs, full):
    before = np.array([b for b, _ in pairs], dtype=float)
    after = np.clip(before + np.array([c for _, c in pairs]), 0, 100)
    plain = effects(sheet(before, after)).iloc[0]
    scaled = effects(sheet(before * full / 100, after * full / 100, full_marks=float(full))).iloc[0]
    back = effects(sheet(after, before)).iloc[0]
    assert_allclose([scaled["change"], scaled["se"]], [plain["change"], plain["se"]], atol=1e-9)
    assert_allclose([back["change"], back["p_exact"]], [-plain["change"], plain["p_exact"]], atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "low"), [(30, 0.04), (12, 0.03)])
def test_where_nothing_changed_five_in_a_hundred_are_claimed(n, low):
    """Whole marks with a ceiling, taken twice; below 30 pairs the sign-flip test withholds some."""
    rng, courses = np.random.default_rng(3), 1500
    skill = rng.normal(75, 12, (courses * n, 1))
    marks = np.clip(np.rint(skill + rng.normal(0, 6, (courses * n, 2))), 0, 100)
    frame = sheet(marks[:, 0], marks[:, 1]).assign(course=np.repeat([f"c{k}" for k in range(courses)], n))
    found = effects(frame, comparison=Comparison("a", "b", adjust="none"))
    assert low <= found["verdict"].isin(["improved", "declined"]).mean() <= 0.06
