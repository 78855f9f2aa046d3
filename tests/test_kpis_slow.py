"""Coverage of the intervals of counted values, simulated."""

from __future__ import annotations

import numpy as np
import pytest
from counted_records import CHECK, SHARE, events, findings, measure, one, system
from scipy import stats

from svclib.kpis.durations import Times, summary

pytestmark = pytest.mark.slow

RUNS = 2000


def covered(found: list[tuple[float, float, float, bool]], truth: float) -> float:
    """Share of 95 % intervals of (value, se, df, log) that hold the truth."""
    hits = 0
    for value, se, df, log in found:
        t = float(stats.t.ppf(0.975, df))
        half = np.log(truth / value) / (se / value) if log else (truth - value) / se
        hits += abs(half) <= t
    return hits / len(found)


@pytest.mark.parametrize(
    ("n", "shape", "waits"), [(30, 1.0, 2.0), (30, 2.0, 1.0), (60, 0.7, 1.5), (200, 1.0, 1.0)]
)
def test_median_with_open_events(n: int, shape: float, waits: float):
    """Weibull times, opened evenly over a period of `waits` medians and censored at its end or later."""
    rng = np.random.default_rng(20261121)
    truth = np.log(2) ** (1 / shape)
    found = []
    for _ in range(RUNS):
        time = rng.weibull(shape, n)
        known = rng.uniform(0.5, waits + 1, n) * truth
        f = summary(Times(np.minimum(time, known), time <= known, np.arange(n)), "median")
        if f.status == "ok":
            found.append((f.value, f.se, f.df, True))
    assert len(found) > 0.97 * RUNS
    assert 0.93 <= covered(found, truth) <= 0.98


@pytest.mark.parametrize(("n", "sigma"), [(10, 0.5), (30, 1.5)])
def test_geometric_mean(n: int, sigma: float):
    rng = np.random.default_rng(20261121)
    draws = [np.exp(rng.normal(2, sigma, n)) for _ in range(RUNS)]
    found = [summary(Times(x, np.ones(n, dtype=bool), np.arange(n)), "geometric") for x in draws]
    assert 0.935 <= covered([(f.value, f.se, f.df, True) for f in found], float(np.exp(2))) <= 0.965


@pytest.mark.parametrize(("visits", "spread"), [(12, 0.15), (30, 0.1)])
def test_pass_rate_of_visits_that_differ(visits: int, spread: float):
    """Beta-binomial visits of five to fifteen checks, 85 % passed; findings alone would cover far less."""
    rng = np.random.default_rng(20261121)
    mean, size = 0.85, 0.85 * 0.15 / spread**2 - 1
    found, naive = [], []
    for _ in range(RUNS // 5):
        checks = rng.integers(5, 16, visits)
        rate = rng.beta(mean * size, (1 - mean) * size, visits)
        place = np.repeat([f"P{k:02d}" for k in range(visits)], checks)
        passed = rng.random(len(place)) < np.repeat(rate, checks)
        rows = findings({}).loc[np.zeros(len(place), dtype=int)].reset_index(drop=True)
        rows = rows.assign(place=place, check=[str(k) for k in range(len(place))])
        rows["result"] = np.where(passed, "pass", "fail")
        f = one(CHECK | {"measure": "pass_rate"}, inspections=rows)
        found.append((f["value"], f["se"], f["df"], False))
        p = passed.mean()
        naive.append((100 * p, 100 * np.sqrt(p * (1 - p) / len(place)), np.inf, False))
    assert 0.92 <= covered(found, 100 * mean) <= 0.985
    assert covered(naive, 100 * mean) < covered(found, 100 * mean)


def test_mtbf_of_few_failures():
    rng = np.random.default_rng(20261121)
    counts = rng.poisson(12, RUNS)
    found = [(1000 / c, 1000 / c / np.sqrt(c), np.inf, True) for c in counts[counts > 0]]
    assert 0.93 <= covered(found, 1000 / 12) <= 0.97


def test_correlation_of_shares_of_the_same_events():
    """Hard events are closed less (.5, not .9) and repeated more: both shares have correlation −.04/.21."""
    rng = np.random.default_rng(20261121)
    framed = system(办结=SHARE | {"measure": "handled"}, 重复=SHARE | {"measure": "repeat"})
    told = []
    for _ in range(100):
        easy = rng.random(100) < 0.5
        closed, repeat = (
            rng.random(100) < np.where(easy, 0.9, 0.5),
            rng.random(100) < np.where(easy, 0.1, 0.5),
        )
        rows = [
            {"closed": "2026-05-02 00:00:00" if c else "", "repeat_of": "x" if r else ""}
            for c, r in zip(closed, repeat, strict=True)
        ]
        told.append(measure(framed, events=events(*rows)).joint["甲"][0].correlation[0, 1])
    assert np.mean(told) == pytest.approx(-0.04 / 0.21, abs=0.03)
