"""Annual results: weighted means of published scores, the year's rules, independent draws."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib.cycle import annual
from svclib.params.settings import Annual

FRAMEWORK = tiny_framework()
LABELS = FRAMEWORK.grades.labels


def rules(*written: tuple[str, int, str]) -> Annual:
    said = [{"grade": g, "at_least": k, "result": r, "clause": "第二十条"} for g, k, r in written]
    return Annual.model_validate({"from": ["a.yaml", "b.yaml"], "rules": said})


def part(cycle: str, weight: float, published: dict[str, float], codes: dict[str, int]) -> annual.Part:
    """A cycle whose every draw equals its published score; units without a grade are left out."""
    total = pd.DataFrame({"unit": list(published), "node": "total", "published": list(published.values())})
    grade = pd.DataFrame(
        [
            (u, LABELS[codes[u]] if u in codes else "", "graded" if u in codes else "small_sample")
            for u in published
        ],
        columns=["unit", "grade", "status"],
    ).assign(n=30, published=list(published.values()))
    scores = {u: {"total": np.full(100, published[u])} for u in codes}
    return annual.Part(cycle, weight, total, grade, scores, {u: np.full(100, c) for u, c in codes.items()})


STATE: Any = SimpleNamespace(framework=FRAMEWORK)


def test_by_hand_weighted_mean_of_published_scores():
    members = (part("Q1", 0.25, {"甲": 80.0}, {"甲": 1}), part("Q2", 0.75, {"甲": 92.0}, {"甲": 0}))
    year = annual._year("甲", members, STATE)
    assert year.scores == {"total": 0.25 * 80 + 0.75 * 92}
    assert (year.n_cycles, year.n, year.coverage) == (2, 60, 1.0)
    np.testing.assert_allclose(year.draws["total"], 89.0)


def test_a_cycle_without_a_grade_gives_its_weight_to_the_others():
    members = (part("Q1", 0.5, {"甲": 80.0}, {}), part("Q2", 0.5, {"甲": 92.0}, {"甲": 0}))
    year = annual._year("甲", members, STATE)
    assert (year.scores, year.coverage, year.n_cycles) == ({"total": 92.0}, 0.5, 1)
    assert annual._year("乙", members, STATE).scores == {}


@pytest.mark.parametrize(
    ("published", "codes", "grade", "rule"),
    [
        (92.0, [0, 0, 0, 0], "优秀", -1),
        (92.0, [0, 0, 0, 3], "合格", 0),  # one failed cycle holds the year down
        (92.0, [0, 2, 2, 0], "良好", 1),
        (92.0, [3, 2, 2, 0], "合格", 0),  # the lower of two rules decides
        (55.0, [3, 3, 3, 3], "不合格", -1),  # a rule only lowers
    ],
)
def test_rules_of_the_year_by_hand(published, codes, grade, rule):
    said = rules(("不合格", 1, "合格"), ("合格", 2, "良好"))
    found = annual.graded_year(np.array([published]), np.array(codes)[:, None], FRAMEWORK, said)
    assert (LABELS[found.grade[0]], found.limit[0]) == (grade, rule)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=6), st.floats(0, 100), st.integers(1, 4))
def test_worse_cycles_never_better_the_year(codes, published, at_least):
    said = rules(("不合格", at_least, "合格"))
    score, now = np.array([published]), np.array(codes)[:, None]
    before = annual.graded_year(score, now, FRAMEWORK, said)
    after = annual.graded_year(score, np.minimum(now + 1, 3), FRAMEWORK, said)
    assert after.grade[0] >= before.grade[0] >= before.by_cut[0]
    assert (before.grade == annual.graded_year(score, now[::-1], FRAMEWORK, said).grade).all()


def test_every_draw_takes_the_road_of_the_published_grade():
    members = (part("Q1", 0.5, {"甲": 95.0}, {"甲": 3}), part("Q2", 0.5, {"甲": 93.0}, {"甲": 0}))
    state: Any = SimpleNamespace(
        framework=FRAMEWORK,
        cycle="2026",
        params=SimpleNamespace(annual=rules(("不合格", 1, "合格")), seed=1, file=SimpleNamespace(name="x")),
    )
    odds = annual._odds("甲", annual._year("甲", members, STATE), state)
    assert {row["grade"]: row["probability"] for row in odds} == {
        "优秀": 0,
        "良好": 0,
        "合格": 1,
        "不合格": 0,
    }
