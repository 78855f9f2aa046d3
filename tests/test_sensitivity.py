from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from numpy.testing import assert_allclose
from scipy import stats

from svclib import estimates, framework, grades, kpis, moments, scores, sensitivity, weights
from svclib.columns import checked
from svclib.errors import DataError
from svclib.estimates import Estimate
from svclib.scores import TOTAL, NodeDraws

CYCLE = "2026Q2"
ITEMS = ["q1", "q2", "q3", "q4"]
LABELS = ["优秀", "良好", "合格", "不合格"]


def system(*, best: float = 90.0, better: float = 80.0, **rules: Any) -> framework.Framework:
    """Two ratings with kinked anchors, two KPIs, the first flat above 95 %."""
    return framework.from_dict(
        {
            "name": "x",
            "version": "1",
            "subjects": {"客户": 1},
            "grades": {"scale": {"优秀": best, "良好": better, "合格": 60, "不合格": 0}, **rules},
            "dimensions": {
                "体验": {
                    "weight": 0.6,
                    "indicators": {
                        "态度": {
                            "kind": "rating",
                            "items": ["q1", "q2"],
                            "scale": [1, 5],
                            "score": {1: 0, 3: 50, 4: 80, 5: 100},
                            "weight": 0.5,
                        },
                        "环境": {
                            "kind": "rating",
                            "items": ["q3", "q4"],
                            "scale": [1, 5],
                            "score": {1: 0, 4: 75, 4.5: 100},
                            "weight": 0.5,
                        },
                    },
                },
                "过程": {
                    "weight": 0.4,
                    "indicators": {
                        "处理率": {
                            "kind": "proportion",
                            "unit": "%",
                            "score": {80: 0, 90: 60, 95: 100},
                            "weight": 0.6,
                        },
                        "达标率": {
                            "kind": "proportion",
                            "unit": "%",
                            "score": {70: 0, 90: 80, 100: 100},
                            "weight": 0.4,
                        },
                    },
                },
            },
        }
    )


def correlated(seed: int, *, n: int = 150, mean: float = 4.0) -> np.ndarray:
    """Answers of n people to four items, correlation about .6."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=(n, 1))
    return np.clip(np.rint(mean + 0.75 * trait + 0.5 * rng.normal(size=(n, 4))), 1, 5)


def records(*, handled: tuple[int, int] = (97, 100), met: tuple[int, int] = (360, 400)) -> pd.DataFrame:
    given = pd.DataFrame(
        {
            "indicator": ["处理率", "达标率"],
            "numerator": [handled[0], met[0]],
            "denominator": [handled[1], met[1]],
        },
        dtype=object,
    )
    return given.astype({"numerator": float, "denominator": float}).assign(
        cycle=CYCLE, unit="甲", value=np.nan, n=np.nan, mean=np.nan, sd=np.nan, status="ok"
    )


def evaluate(
    answers: np.ndarray, kpi: pd.DataFrame, rules: framework.Framework, *, size: int, seed: int
) -> dict[str, Any]:
    """The chain of one unit, from answers to grade probabilities."""
    rows = pd.DataFrame(answers, columns=ITEMS).assign(
        cycle=CYCLE, unit="甲", subject="客户", weight=1.0, respondent=[f"r{k}" for k in range(len(answers))]
    )
    rated = estimates.item_means(moments.reduce(rows, ITEMS), unit="甲", bounds=dict.fromkeys(ITEMS, (1, 5)))
    joint = estimates.join(rated, kpis.estimate(kpi, rules))
    natural = pd.concat(
        [kpis.values(kpi, rules), scores.natural_values(joint, rules, unit="甲")], ignore_index=True
    )
    weight = weights.resolve(rules)
    indicator = scores.indicator_scores(natural, rules, units=["甲"], min_responses=10)
    drawn = sensitivity.unit_draws({"甲": joint}, indicator, weight, rules, size=size, seed=seed)
    total = sensitivity.score_intervals(scores.totals(indicator, weight, rules), drawn)
    grade = sensitivity.rank_intervals(grades.grades(total, indicator, rules), drawn)
    probability = sensitivity.grade_probability(grade, drawn, rules, seed=seed)
    return {
        "totals": total,
        "grades": grade,
        "draws": drawn,
        "estimate": joint,
        "indicator_scores": indicator,
        "weights": weight,
        "probability": checked("grade_probability", probability),
    }


def brute_force(
    answers: np.ndarray, kpi: pd.DataFrame, cuts: list[float], *, size: int, seed: int
) -> np.ndarray:
    """Grade shares when respondents are resampled and counts are drawn again; calls nothing of svclib."""
    rng = np.random.default_rng(seed)
    means = (
        rng.multinomial(len(answers), np.full(len(answers), 1 / len(answers)), size=size)
        @ answers
        / len(answers)
    )
    hits = rng.binomial(kpi["denominator"].astype(int), kpi["numerator"] / kpi["denominator"], size=(size, 2))
    rate = 100 * hits / kpi["denominator"].to_numpy()
    experience = 0.5 * np.interp(means[:, :2].mean(axis=1), [1, 3, 4, 5], [0, 50, 80, 100])
    experience += 0.5 * np.interp(means[:, 2:].mean(axis=1), [1, 4, 4.5], [0, 75, 100])
    process = 0.6 * np.interp(rate[:, 0], [80, 90, 95], [0, 60, 100])
    process += 0.4 * np.interp(rate[:, 1], [70, 90, 100], [0, 80, 100])
    published = np.floor(np.round(100 * (0.6 * experience + 0.4 * process), 7) + 0.5) / 100
    position = (published[:, None] < np.array(cuts)).sum(axis=1)
    return np.bincount(position, minlength=4) / size


def difference(seed: int, mean: float, handled: tuple[int, int], *, size: int) -> float:
    """Largest difference of a grade's probability, the cut being put at the unit's own score."""
    answers, kpi = correlated(seed, mean=mean), records(handled=handled)
    score = evaluate(answers, kpi, system(), size=10, seed=0)["totals"].set_index("node").loc[TOTAL, "score"]
    best, better = np.round(score + 0.6, 1), np.round(score - 1.5, 1)
    found = evaluate(answers, kpi, system(best=best, better=better), size=size, seed=seed)["probability"]
    ours = found.set_index("grade")["probability"].loc[LABELS].to_numpy()
    assert 0.05 < ours[0] < 0.95
    return float(np.abs(ours - brute_force(answers, kpi, [best, better, 60, 0], size=size, seed=seed)).max())


@pytest.mark.parametrize(("seed", "mean", "handled"), [(1, 4.0, (97, 100)), (2, 4.3, (196, 200))])
def test_grade_probability_agrees_with_a_respondent_bootstrap(
    seed: int, mean: float, handled: tuple[int, int]
):
    assert difference(seed, mean, handled, size=20_000) <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("handled", [(59, 60), (98, 100), (286, 300), (392, 400)])
@pytest.mark.parametrize("mean", [3.6, 4.0, 4.4])
def test_grade_probability_agrees_over_a_grid(mean: float, handled: tuple[int, int]):
    found = [difference(seed, mean, handled, size=40_000) for seed in range(10, 13)]
    assert np.mean(found) <= 0.015
    assert max(found) <= 0.025


def test_independent_draws_would_be_wrong():
    """Why the draws are joint: without the covariance of items the interval is far too narrow."""
    found = evaluate(correlated(1), records(), system(), size=4000, seed=1)
    joint = found["estimate"]
    apart = Estimate(
        joint.index,
        joint.value,
        tuple(estimates.Part(np.diag(np.diag(p.cov)), p.df, p.name) for p in joint.parts),
        joint.n,
        joint.note,
    )
    drawn = sensitivity.unit_draws(
        {"甲": apart}, found["indicator_scores"], found["weights"], system(), size=4000, seed=1
    )
    wrong = drawn["甲"].scores["体验"]
    assert wrong.std() < 0.7 * found["draws"]["甲"].scores["体验"].std()


def test_a_kpi_deep_on_a_flat_anchor_adds_no_doubt():
    found = evaluate(correlated(1), records(handled=(10_000, 10_000)), system(), size=2000, seed=1)
    parts = found["draws"]["甲"].natural["处理率"]
    assert parts.std() > 0
    expected = 0.6 * 100 + 0.4 * np.interp(
        found["draws"]["甲"].natural["达标率"], [70, 90, 100], [0, 80, 100]
    )
    assert_allclose(found["draws"]["甲"].scores["过程"], expected)


def test_same_seed_same_numbers_and_other_units_change_nothing():
    rules = system()
    first, again, other = (evaluate(correlated(1), records(), rules, size=500, seed=s) for s in (7, 7, 8))
    pd.testing.assert_frame_equal(first["totals"], again["totals"], check_exact=True)
    assert not np.array_equal(first["draws"]["甲"].scores[TOTAL], other["draws"]["甲"].scores[TOTAL])
    head = pd.concat([first["indicator_scores"], first["indicator_scores"].assign(unit="乙")])
    two = {"甲": first["estimate"], "乙": first["estimate"]}
    drawn = sensitivity.unit_draws(two, head, first["weights"], rules, size=500, seed=7)
    assert list(drawn) == ["乙", "甲"]
    assert np.array_equal(drawn["甲"].scores[TOTAL], first["draws"]["甲"].scores[TOTAL])
    assert not np.array_equal(drawn["甲"].scores[TOTAL], drawn["乙"].scores[TOTAL])


def test_limits_are_part_of_the_probability():
    """P(veto) is P(the count drawn again is beyond it): 处理率 < 97 where 97 of 100 were handled."""
    cap = {"type": "cap", "object": "处理率", "condition": "< 97", "result": "不合格"}
    found = evaluate(correlated(1), records(), system(limits=[cap]), size=20_000, seed=1)
    p = found["probability"].set_index("grade")["probability"]
    assert p["不合格"] == pytest.approx(stats.binom(100, 0.97).cdf(96), abs=0.01)
    assert p.sum() == pytest.approx(1)


def test_not_reported_units_have_no_draws_and_imputed_ones_do():
    rules = tiny_framework()
    index = pd.DataFrame({"cycle": CYCLE, "subject": "客户", "item": ["q01", "q04"]})
    unit = Estimate(index, np.array([4.0, 4.0]), (), np.array([50, 50]), ("", ""))
    head = pd.DataFrame(
        {"unit": "甲", "indicator": ["时长"], "subject": "", "status": "not_reported", "score": [np.nan]}
    ).assign(method="")
    weight = weights.resolve(rules)
    assert sensitivity.unit_draws({"甲": unit}, head, weight, rules, size=5, seed=1) == {}
    drawn = sensitivity.unit_draws({"甲": unit}, head.assign(score=50.0), weight, rules, size=5, seed=1)
    assert_allclose(drawn["甲"].scores["过程"], 50)


def test_draws_of_two_cycles_are_refused():
    rules = tiny_framework()
    index = pd.DataFrame({"cycle": ["2026Q1", CYCLE], "subject": "客户", "item": "q01"})
    both = Estimate(index, np.array([3.0, 4.0]), (), np.array([9, 9]), ("", ""))
    head = pd.DataFrame(columns=["unit", "indicator", "subject", "status", "score", "method"])
    with pytest.raises(DataError, match="one cycle, found 2: 2026Q1, 2026Q2"):
        sensitivity.unit_draws({"甲": both}, head, weights.resolve(rules), rules, size=2, seed=1)


def drawn_totals(**units: list[float]) -> dict[str, NodeDraws]:
    return {u: NodeDraws({TOTAL: np.array(x, dtype=float)}, {}) for u, x in units.items()}


def test_intervals_by_hand():
    drawn = drawn_totals(a=list(range(101)))
    table = pd.DataFrame({"unit": ["a", "b"], "node": TOTAL, "score": [50.0, 40.0]})
    found = sensitivity.score_intervals(table, drawn, confidence=0.9)
    assert_allclose(found.loc[0, ["score_low", "score_high"]].astype(float), [5, 95])
    assert found.loc[1, ["score_low", "score_high"]].isna().all()
    assert sensitivity.score_intervals(table.assign(score=100.0), drawn).loc[0, "score_high"] == 100


def test_rank_intervals_by_hand():
    drawn = drawn_totals(a=[90] * 10, b=[80] * 9 + [95], c=[70] * 10, d=[99] * 10)
    table = pd.DataFrame(
        {"unit": list("abcd"), "status": ["graded"] * 3 + ["small_sample"], "rank": [1.0, 2, 3, np.nan]}
    )
    found = sensitivity.rank_intervals(table, drawn, confidence=0.8)
    assert found["rank_low"].tolist()[:3] == [1, 1, 3]
    assert found["rank_high"].tolist()[:3] == [2, 2, 3]
    assert found.loc[3, ["rank_low", "rank_high"]].isna().all()
    nobody = sensitivity.rank_intervals(table.assign(status="small_sample"), drawn)
    assert nobody["rank_low"].isna().all()


def test_probability_is_the_share_of_draws_by_hand():
    drawn = drawn_totals(a=[89.994, 89.995, 95, 70])
    table = pd.DataFrame({"cycle": CYCLE, "unit": ["a", "b"], "status": ["graded", "low_coverage"]})
    found = sensitivity.grade_probability(table, drawn, system(), seed=3)
    assert found.set_index("grade")["probability"].loc[LABELS].tolist() == [0.5, 0.25, 0.25, 0]
    assert (found["draws"] == 4).all()
    assert sensitivity.grade_probability(table.assign(status="low_coverage"), drawn, system(), seed=3).empty


def test_unknown_error_gives_no_probability():
    drawn = drawn_totals(a=[90, np.nan])
    table = pd.DataFrame({"cycle": CYCLE, "unit": ["a"], "status": "graded"})
    assert sensitivity.grade_probability(table, drawn, system(), seed=3)["probability"].isna().all()


def test_interval_without_kinks_is_the_linear_one():
    """Where no anchor bends, the percentile interval is the normal one of the linear combination."""
    kpi = records(handled=(850, 1000), met=(800, 1000))
    found = evaluate(correlated(3), kpi, system(), size=20_000, seed=1)
    process = found["totals"].set_index("node").loc["过程"]
    slope = np.array([0.6 * 6, 0.4 * 4])
    se = kpis.values(kpi, system())["se"].to_numpy()
    half = stats.norm.ppf(0.975) * np.sqrt(((slope * se) ** 2).sum())
    found_half = [process["score"] - process["score_low"], process["score_high"] - process["score"]]
    assert_allclose(found_half, half, rtol=0.03)
