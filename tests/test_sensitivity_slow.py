"""Grade probabilities against resampling respondents and records by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from svclib import estimates, framework, grades, kpis, moments, scores, sensitivity, weights
from svclib.scores import TOTAL

CYCLE, LABELS = "2026Q2", ["优秀", "良好", "合格", "不合格"]
RATING = {"kind": "rating", "scale": [1, 5]}
HANDLED = {"kind": "proportion", "unit": "%", "score": {80: 0, 90: 60, 95: 100}, "weight": 0.4}
ACCIDENTS = {"kind": "rate", "per": 1000, "better": "low", "score": {0: 100, 1: 60, 3: 0}, "weight": 0.3}
WAITING = {
    "kind": "duration",
    "unit": "分钟",
    "better": "low",
    "score": {10: 100, 30: 60, 60: 0},
    "weight": 0.3,
}
LEVEL = (0.6, 0.4)


def system(best: float, better: float, limit: float) -> framework.Framework:
    """Two ratings, one by two evaluators; a proportion flat above 95 %, accidents, a waiting time."""
    attitude = RATING | {"items": ["q1", "q2"], "score": {1: 0, 3: 50, 4: 80, 5: 100}, "weight": 0.5}
    rooms = RATING | {"items": ["q3", "q4"], "score": {1: 0, 4: 75, 4.5: 100}, "weight": 0.5}
    veto = {"type": "veto", "object": "事故率", "condition": f"> {limit}", "result": "不合格"}
    cap = {"type": "cap", "object": "过程", "condition": f"< {better}", "result": "良好"}
    scale = dict(zip(LABELS, (best, better, 60, 0), strict=True))
    return framework.from_dict(
        {
            "name": "x",
            "version": "1",
            "subjects": {"客户": 0.6, "内部": 0.4},
            "grades": {"scale": scale, "limits": [veto, cap]},
            "dimensions": {
                "体验": {
                    "weight": LEVEL[0],
                    "indicators": {"态度": attitude, "环境": rooms | {"subjects": ["客户"]}},
                },
                "过程": {
                    "weight": LEVEL[1],
                    "indicators": {"处理率": HANDLED, "事故率": ACCIDENTS, "时长": WAITING},
                },
            },
        }
    )


def answers(seed: int, mean: float, sizes: tuple[int, int]) -> list[np.ndarray]:
    """Correlated answers of customers and of inspectors to four items."""
    rng = np.random.default_rng(seed)
    parts = []
    for n in sizes:
        trait = rng.normal(size=(n, 1))
        parts.append(np.clip(np.rint(mean + 0.75 * trait + 0.5 * rng.normal(size=(n, 4))), 1, 5))
    return parts


def records(handled: tuple[int, int], accidents: tuple[int, int]) -> pd.DataFrame:
    rows = {
        "indicator": ["处理率", "事故率", "时长"],
        "numerator": [handled[0], accidents[0], np.nan],
        "denominator": [handled[1], accidents[1], np.nan],
        "n": [np.nan, np.nan, 120],
        "mean": [np.nan, np.nan, 24.0],
        "sd": [np.nan, np.nan, 14.0],
    }
    return pd.DataFrame(rows).assign(cycle=CYCLE, unit="甲", value=np.nan, status="ok")


def ours(given: list[np.ndarray], kpi: pd.DataFrame, rules: framework.Framework, *, size: int) -> Any:
    """Probabilities by grade, and the published total."""
    items = ["q1", "q2", "q3", "q4"]
    rows = pd.concat(
        [
            pd.DataFrame(x, columns=items).assign(subject=s)
            for x, s in zip(given, ["客户", "内部"], strict=True)
        ],
        ignore_index=True,
    )
    rows = rows.assign(cycle=CYCLE, unit="甲", weight=1.0, respondent=rows.index.astype(str))
    rated = estimates.item_means(moments.reduce(rows, items), unit="甲", bounds=dict.fromkeys(items, (1, 5)))
    joint = estimates.join(rated, kpis.estimate(kpi, rules))
    natural = [kpis.values(kpi, rules), scores.natural_values(joint, rules, unit="甲")]
    weight = weights.resolve(rules)
    found = scores.indicator_scores(
        pd.concat(natural, ignore_index=True), rules, units=["甲"], min_responses=10
    )
    drawn = sensitivity.unit_draws({"甲": joint}, found, weight, rules, size=size, seed=1)
    total = scores.totals(found, weight, rules)
    odds = sensitivity.grade_probability(grades.grades(total, found, rules), drawn, rules, seed=1)
    score = total.set_index("node").loc[TOTAL, "score"]
    return odds.set_index("grade")["probability"].loc[LABELS].to_numpy(), score


def by_hand(
    given: list[np.ndarray], kpi: pd.DataFrame, cuts: tuple[float, float], limit: float, *, size: int
) -> np.ndarray:
    """Grade shares when people are resampled within each evaluator and records are drawn again."""
    rng = np.random.default_rng(99)
    means = [rng.multinomial(len(x), np.full(len(x), 1 / len(x)), size=size) @ x / len(x) for x in given]
    attitude = [np.interp(m[:, :2].mean(axis=1), [1, 3, 4, 5], [0, 50, 80, 100]) for m in means]
    rooms = np.interp(means[0][:, 2:].mean(axis=1), [1, 4, 4.5], [0, 75, 100])
    n, events, exposure = (kpi["denominator"][0], kpi["numerator"][1], kpi["denominator"][1])
    handled = 100 * rng.binomial(int(n), kpi["numerator"][0] / n, size=size) / n
    rate = 1000 * rng.poisson(events, size=size) / exposure
    waiting = 24 + 14 / np.sqrt(120) * rng.normal(size=size)
    experience = 0.5 * (0.6 * attitude[0] + 0.4 * attitude[1]) + 0.5 * rooms
    process = 0.4 * np.interp(handled, [80, 90, 95], [0, 60, 100])
    process += 0.3 * np.interp(rate, [0, 1, 3], [100, 60, 0])
    process += 0.3 * np.interp(waiting, [10, 30, 60], [100, 60, 0])
    total = LEVEL[0] * experience + LEVEL[1] * process
    shown, part = (np.floor(np.round(100 * x, 7) + 0.5) / 100 for x in (total, process))
    place = (shown[:, None] < np.array([*cuts, 60, 0])).sum(axis=1)
    place = np.where(part < cuts[1], np.maximum(place, 1), place)
    return np.bincount(np.where(np.round(rate, 9) > limit, 3, place), minlength=4) / size


@pytest.mark.slow
@pytest.mark.parametrize("accidents", [(2, 1000), (3, 2500), (9, 5000)])
@pytest.mark.parametrize("handled", [(97, 100), (60, 62), (285, 300)])
@pytest.mark.parametrize("mean", [3.7, 4.2])
def test_two_evaluators_a_flat_anchor_and_a_veto_near_its_limit(
    mean: float, handled: tuple[int, int], accidents: tuple[int, int]
):
    given, kpi = answers(5, mean, (150, 120)), records(handled, accidents)
    limit = 1000 * (accidents[0] + 1) / accidents[1]  # one accident more is at the limit, two are beyond it
    score = ours(given, kpi, system(99, 98, limit), size=10)[1]
    best, better = np.round(score + 0.7, 1), np.round(score - 1.2, 1)
    found = ours(given, kpi, system(best, better, limit), size=40_000)[0]
    truth = by_hand(given, kpi, (best, better), limit, size=40_000)
    assert 0.02 < truth[0] < 0.9
    assert truth[3] > 0.05
    assert np.abs(found - truth).max() <= 0.02
