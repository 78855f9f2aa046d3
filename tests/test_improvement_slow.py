"""Error rates of verdicts on 1-5 answers: false equivalence, families, composites, times, counts.

False changes of single means under every sampling design: tests/test_engine_slow.py.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_engine_slow import CUSTOMERS, SYMMETRIC, discrete, fit, independent, overlapping, rows_of
from test_improvement import FRAMEWORK

from svclib import estimates, improvement, inference, kpis, weights
from svclib.cycle import change
from svclib.cycle.grading import Side
from svclib.improvement import Comparison
from svclib.kpis.durations import Times, summary
from svclib.scores import natural

pytestmark = pytest.mark.slow


def verdicts_of(rows, mid, **how):
    """Change and three p-values of every item."""
    width = sum(c.startswith("i") for c in rows.columns)
    found = estimates.contrast(fit(rows, **how), np.hstack([-np.eye(width), np.eye(width)]))
    p = inference.change_test(found["estimate"], found["se"], found["df"], mid=mid)
    return found.join(p)


def shifted(latent, shares, gain):
    """Answers whose mean is `gain` above that of `shares`, moved on the latent scale."""
    values, cuts = np.arange(1, 6), stats.norm.ppf(np.cumsum(shares)[:-1])
    low, high = 0.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        made = np.diff(stats.norm.cdf(np.concatenate([[-np.inf], cuts - middle, [np.inf]])))
        low, high = (middle, high) if made @ values - shares @ values < gain else (low, middle)
    return discrete(latent + low, shares)


@pytest.mark.parametrize("shares", [SYMMETRIC, CUSTOMERS], ids=["symmetric", "customers"])
@pytest.mark.parametrize(("n", "most"), [(40, 0.07), (90, 0.07), (150, 0.05), (300, 0.05)])
def test_a_change_of_the_mid_is_seldom_called_equivalent(shares, n, most):
    rng, mid, width = np.random.default_rng(n), 0.25, 500
    wrong = []
    for _ in range(8):
        before = rows_of("0", [f"a{k}" for k in range(n)], discrete(rng.standard_normal((n, width)), shares))
        moved = shifted(rng.standard_normal((n, width)), np.array(shares), mid)
        rows = pd.concat([before, rows_of("1", [f"b{k}" for k in range(n)], moved)], ignore_index=True)
        wrong.append((verdicts_of(rows, mid)["p_equiv"] < 0.05).mean())
    assert np.mean(wrong) <= most + 0.004, f"n = {n}: false equivalence {np.mean(wrong):.4f}"


@pytest.mark.parametrize(("adjust", "most"), [("holm", 0.06), ("none", 1.0)])
def test_families_hold_their_rate(adjust, most):
    """20 unchanged items of the same people a family: any claim at all, in 600 families."""
    rng, size, families = np.random.default_rng(8), 20, 600
    claims = []
    for _ in range(30):
        width = size * families // 30
        rows = independent(rng, width, 220, 220, CUSTOMERS)
        p = verdicts_of(rows, 0.2)["p_diff"].to_numpy().reshape(-1, size)
        claims += [(inference.adjust(family, adjust) < 0.05).any() for family in p]
    rate = np.mean(claims)
    assert rate <= most, f"{adjust}: {rate:.4f}"
    if adjust == "none":
        assert rate > 0.4


def test_ids_that_start_anew_in_every_wave_are_not_paired():
    """The same ids on other people: pairing them would change nothing on average, and is not done."""
    rng = np.random.default_rng(4)
    rates = []
    for _ in range(20):
        rows = independent(rng, 400, 150, 150, SYMMETRIC)
        rows["respondent"] = [f"r{k % 150}" for k in range(300)]
        rates.append((verdicts_of(rows, 0.2)["p_diff"] < 0.05).mean())
    assert 0.04 <= np.mean(rates) <= 0.06


def test_a_panel_not_declared_costs_power_and_claims_nothing_false():
    rng = np.random.default_rng(5)
    rates = [
        (verdicts_of(overlapping(rng, 400, 150, 75, CUSTOMERS), 0.2)["p_diff"] < 0.05).mean()
        for _ in range(10)
    ]
    assert np.mean(rates) <= 0.05


# --- composites


def composite(rng, units, n, shares, *, drop):
    """Units of n people a period, 态度 of three items and 环境 of two; 环境 gone in the baseline."""
    size = units * n
    latent = rng.standard_normal((2, size, 1))
    x = discrete(np.sqrt(0.5) * latent + np.sqrt(0.5) * rng.standard_normal((2, size, 5)), shares)
    items = [f"q{k:02}" for k in range(1, 6)]
    unit, parts = np.repeat([f"u{k}" for k in range(units)], n), []
    for k, cycle in enumerate(("old", "new")):
        part = pd.DataFrame(x[k], columns=items)
        if drop and cycle == "old":
            part[["q04", "q05"]] = np.nan
        ids = [f"{cycle}{j}" for j in range(size)]
        parts.append(part.assign(cycle=cycle, unit=unit, subject="客户", respondent=ids, weight=1.0))
    bounds = dict.fromkeys(items, (1.0, 5.0))
    found = estimates.by_unit(pd.concat(parts, ignore_index=True), items, bounds=bounds)
    return {name: natural(of, FRAMEWORK) for name, of in found.items()}


@pytest.mark.parametrize("drop", [False, True], ids=["complete", "an indicator missing in one period"])
def test_totals_are_falsely_changed_in_five_of_a_hundred(drop):
    table = weights.resolve(FRAMEWORK)
    state = SimpleNamespace(compared=("old", "new"), params=SimpleNamespace(draws=500, seed=1))
    side, comparison = Side("", ["u"], FRAMEWORK, table), Comparison("old", "new", composite_mid=2.0)
    wrong = []
    for unit, both in composite(np.random.default_rng(17), 600, 220, CUSTOMERS, drop=drop).items():
        pair = change._nodes(state, unit, both, side, comparison)
        rows = improvement.composite_changes(*pair, comparison, n=(220, 220), comparable=True)
        wrong += [row["p_diff"] < 0.05 for row in rows if row["node"] == "total"]
    assert len(wrong) == 600
    assert 0.03 <= np.mean(wrong) <= 0.07, f"type-I error {np.mean(wrong):.4f}"


# --- records


@pytest.mark.parametrize("statistic", ["geometric", "median"])
def test_times_are_falsely_changed_in_five_of_a_hundred(statistic):
    """Log-normal times, censored at 30 hours; the geometric mean of uncensored ones."""
    rng, wrong = np.random.default_rng(2), []
    for _ in range(1500):
        found = []
        for n in (60, 90):
            hours = rng.lognormal(2.0, 1.0, n)
            ended = hours < 30 if statistic == "median" else np.ones(n, dtype=bool)
            found.append(
                summary(
                    Times(np.minimum(hours, 30) if statistic == "median" else hours, ended, np.arange(n)),
                    statistic,
                )
            )
        value, se, df = (np.array([getattr(f, c) for f in found]) for c in ("value", "se", "df"))
        rel = (se / value) ** 2
        free = rel.sum() ** 2 / (rel**2 / df).sum() if np.isfinite(df).all() else np.inf
        gap = np.log(value[1] / value[0])
        wrong.append(inference.ratio_change(gap, np.sqrt(rel.sum()), free, mid_ratio=0.2)["p_diff"][0] < 0.05)
    low, high = (0.035, 0.065) if statistic == "geometric" else (0.02, 0.065)
    assert low <= np.mean(wrong) <= high, f"type-I error {np.mean(wrong):.4f}"


@pytest.mark.parametrize(("dispersion", "careless"), [(1.0, 0.05), (3.0, 0.2)])
def test_scattering_counts_claim_little_falsely(dispersion, careless):
    """Monthly gamma-Poisson counts of 12 units, mean 8: 24 df a period of three months."""
    rng, units, mean = np.random.default_rng(9), 12, 8.0
    wrong, exact = [], []
    for _ in range(60):
        shape = mean / (dispersion - 1) if dispersion > 1 else np.inf
        rate = (
            rng.gamma(shape, mean / shape, (2, units, 3))
            if np.isfinite(shape)
            else np.full((2, units, 3), mean)
        )
        counts = rng.poisson(rate)
        parts = [inference.scatter(c, np.ones(3)) for c in counts.reshape(-1, 3)]
        chi2, df = sum(p[0] for p in parts), sum(p[1] for p in parts)
        worth = inference.inflation(chi2, df) if chi2 / df > 1.5 else 1.0
        totals = counts.sum(axis=2).astype(float)
        for found, by in ((wrong, worth), (exact, 1.0)):
            found += list(
                inference.rate_change(totals[0] / by, 1.0, totals[1] / by, 1.0, mid_ratio=0.2)["p_diff"]
                < 0.05
            )
    assert np.mean(wrong) <= 0.06, f"type-I error {np.mean(wrong):.4f}"
    assert np.mean(exact) >= careless - 0.03
    assert kpis.Found().scatter == (0.0, 0)
