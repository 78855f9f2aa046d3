"""Delphi rounds: agreement, concordance, stability, the stop rule, and proposals that are only text."""

from __future__ import annotations

import warnings
from math import factorial

import numpy as np
import pandas as pd
import pytest
import yaml
from factories import tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from svclib import delphi
from svclib.delphi import Rules, p_of_concordance, review, snippet

# Hollander & Wolfe (1973), Nonparametric statistical methods, p. 140: 22 players round first base in
# three ways; R prints chi-squared = 11.143, p = 0.003805 (?friedman.test), so W = 11.143 / 44.
ROUNDING = (
    "5.40 5.50 5.55; 5.85 5.70 5.75; 5.20 5.60 5.50; 5.55 5.50 5.40; 5.90 5.85 5.70; 5.45 5.55 5.60; "
    "5.40 5.40 5.35; 5.45 5.50 5.35; 5.25 5.15 5.00; 5.85 5.80 5.70; 5.25 5.20 5.10; 5.65 5.55 5.45; "
    "5.60 5.35 5.45; 5.05 5.00 4.95; 5.50 5.50 5.40; 5.45 5.55 5.50; 5.55 5.55 5.35; 5.45 5.50 5.55; "
    "5.50 5.45 5.25; 5.65 5.60 5.40; 5.70 5.65 5.55; 6.30 6.30 6.25"
)


@pytest.fixture
def system():
    return tiny_framework()


def said(rounds: dict[int, dict[str, list[float]]], kind: str) -> pd.DataFrame:
    """Rows of round -> item -> value by expert; NaN is left out."""
    rows = [
        (number, f"E{k}", kind, item, value)
        for number, items in rounds.items()
        for item, values in items.items()
        for k, value in enumerate(values)
        if not np.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["round", "expert", "kind", "item", "value"])


def test_concordance_of_a_published_case(system):
    grid = np.array([row.split() for row in ROUNDING.split(";")], dtype=float)
    names = [i.name for i in system.dimension("过程").indicators]
    opinions = said({1: dict(zip(names, grid.T, strict=True))}, "importance")
    found = review(opinions, system, cycle="c")["delphi_rounds"].iloc[0]
    assert found["estimate"] == pytest.approx(11.143 / 44, abs=2e-5)
    chi2, p = stats.friedmanchisquare(*grid.T)
    assert found["estimate"] == pytest.approx(chi2 / (22 * 2))
    assert found["p"] == pytest.approx(p, abs=0.002)  # F is close to chi-square with 22 raters


def test_p_of_concordance_against_pingouin_and_by_counting():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pingouin import friedman
    x = np.random.default_rng(3).normal(size=(6, 5)) + np.arange(5) / 2
    long = pd.DataFrame(x).rename_axis("rater").reset_index().melt("rater", var_name="item")
    theirs = friedman(long, dv="value", within="item", subject="rater", method="f").iloc[0]
    w = float(theirs["W"])
    assert p_of_concordance(w, 6, 5) == pytest.approx(
        float(theirs[next(c for c in theirs.index if c.startswith("p"))])
    )
    # Three experts of four items agree fully with probability 1/4!^2.
    assert p_of_concordance(1.0, 3, 4) == 1 / factorial(4) ** 2
    assert np.isnan(p_of_concordance(0.5, 2, 2))


def test_agreement_by_hand(system):
    """Ratings 3 4 4 4 5: quartiles 4, 4, 4; all within one of the median; four of five at 4 or above."""
    opinions = said({1: {"态度": [3, 4, 4, 4, 5], "环境": [1, 2, 5, 5, 1]}}, "importance")
    items = review(opinions, system, cycle="c")["delphi_items"].set_index("node")
    row = items.loc["态度"]
    assert row[["n", "median", "iqr", "mean", "agree_share"]].tolist() == [5, 4, 0, 4, 1]
    assert row["cv"] == pytest.approx(np.sqrt(0.5) / 4)
    assert row[["judgement", "stability", "note"]].tolist() == ["agreed", "first_round", ""]
    assert items.loc["环境", "note"] == "low_share;wide_iqr;wide_cv"
    strict = review(opinions, system, cycle="c", rules=Rules(agree_from=4))["delphi_items"].set_index("node")
    assert strict.loc["态度", "agree_share"] == 0.8
    assert strict.loc["环境", "agree_share"] == 0.4


def test_stability_and_the_stop_rule(system):
    agreed, split = [60, 60, 61, 60, 62, 60, 59, 60], [30, 30, 90, 90, 30, 30, 90, 90]
    opinions = said(
        {
            r: {"体验": values, "过程": [100 - v for v in values]}
            for r, values in ((1, split), (2, split), (3, agreed), (4, agreed))
        },
        "weight",
    )
    found = review(opinions, system, cycle="c")
    rounds = found["delphi_rounds"].set_index("round")
    assert rounds["stop"].tolist() == ["another_round", "stop_split", "another_round", "stop_agreed"]
    assert rounds.loc[3, "n_agreed"] == 2
    items = found["delphi_items"].set_index(["node", "round"])
    assert items.loc[("体验", 2), ["stability", "p_diff", "median_change"]].tolist() == ["stable", 1.0, 0.0]
    # The median stays at 60, but everybody moved to it.
    assert items.loc[("体验", 3), ["stability", "median_change"]].tolist() == ["moving", 0.0]
    assert np.isnan(items.loc[("体验", 1), "p_diff"])


def test_a_shift_of_everybody_is_no_stability(system):
    """Eight experts move one point each: the median hardly moves, but Wilcoxon's exact p is 2/2^8."""
    first = [50, 52, 54, 56, 58, 60, 62, 64]
    opinions = said({1: {"优秀": first}, 2: {"优秀": [v + 1 for v in first]}}, "cut")
    items = review(opinions, system, cycle="c")["delphi_items"].set_index("round")
    assert items.loc[2, "p_diff"] == pytest.approx(2 / 2**8)
    assert items.loc[2, ["stability", "n_paired"]].tolist() == ["moving", 8]


def test_experts_who_leave_are_not_paired(system):
    opinions = said({1: {"优秀": [90, 90, 80]}, 2: {"优秀": [90, np.nan, 80]}}, "cut")
    found = review(opinions, system, cycle="c")
    row = found["delphi_items"].set_index("round").loc[2]
    assert row[["n", "n_paired"]].tolist() == [2, 2]
    assert found["delphi_rounds"]["note"].eq("order_given").all()


def test_weights_count_as_percent_of_what_was_given(system):
    whole = said({1: {"体验": [70, 60, 65], "过程": [30, 40, 35]}}, "weight")
    share = whole.assign(value=whole["value"] / 100)
    one, other = (review(rows, system, cycle="c")["delphi_items"] for rows in (whole, share))
    pd.testing.assert_frame_equal(one, other)


@given(st.lists(st.integers(1, 9), min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_proposed_weights_sum_to_a_hundred(values):
    system = tiny_framework()
    names = [i.name for i in system.dimension("过程").indicators]
    opinions = said({1: {n: [v, v] for n, v in zip(names, values, strict=True)}}, "importance")
    proposed = review(opinions, system, cycle="c")["delphi_proposals"]
    assert proposed["proposed"].sum() == pytest.approx(100)
    pasted = yaml.safe_load(snippet(proposed, system))["dimensions"]["过程"]["indicators"]
    weights = [pasted[n]["weight"] for n in names]
    assert sum(weights) == pytest.approx(100, abs=1e-9)
    assert np.abs(np.array(weights) - 100 * np.array(values) / sum(values)).max() < 0.1


def test_the_snippet_marks_what_is_not_agreed_and_keeps_other_cuts(system):
    opinions = pd.concat(
        [
            said({1: {"优秀": [88, 88, 89], "合格": [50, 60, 70]}}, "cut"),
            said({1: {"体验": [55, 55, 55], "过程": [45, 45, 45]}}, "weight"),
        ]
    )
    found = review(opinions, system, cycle="c")["delphi_proposals"]
    assert snippet(found, system, pending="未一致") == "\n".join(
        [
            "grades:",
            "  scale:",
            "    优秀: 88",
            "    良好: 80",
            "    合格: 60  # 未一致",
            "    不合格: 0",
            "weights: {method: direct}",
            "dimensions:",
            "  体验:",
            "    weight: 55",
            "  过程:",
            "    weight: 45",
        ]
    )
    assert found.set_index("node").loc["优秀", "in_force"] == 90
    assert np.isnan(found.set_index("node").loc["体验", "in_force"])
    weights = pd.DataFrame({"group": ["", "甲组"], "node": "体验", "local": [0.6, 0.5]})
    told = review(opinions, system, cycle="c", weights=weights)["delphi_proposals"].set_index("node")
    assert told.loc["体验", "in_force"] == pytest.approx(60)


def test_no_opinions_no_rows(system):
    found = review(said({}, "cut"), system, cycle="c")
    assert set(found) == set(delphi.TABLES)
    assert all(frame.empty for frame in found.values())
