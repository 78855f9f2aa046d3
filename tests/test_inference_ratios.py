"""Changes as ratios: geometric means, counts with more scatter than Poisson, survival curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.duration.survfunc import survdiff

from svclib import inference
from svclib.errors import DataError, ParamError
from svclib.inference import Survival

# R `warpbreaks`, breaks of wool A and B.
WOOL_A = [
    26,
    30,
    54,
    25,
    70,
    52,
    51,
    26,
    67,
    18,
    21,
    29,
    17,
    12,
    18,
    35,
    30,
    36,
    36,
    21,
    24,
    18,
    10,
    43,
    28,
    15,
    26,
]
WOOL_B = [
    27,
    14,
    29,
    19,
    29,
    31,
    41,
    20,
    44,
    42,
    26,
    19,
    16,
    39,
    28,
    21,
    39,
    29,
    20,
    21,
    24,
    17,
    13,
    15,
    15,
    16,
    28,
]
# R survival `aml` (Miller 1981): weeks of remission, without and with maintenance.
PLAIN = Survival(
    np.array([5.0, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]),
    np.array([1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1], dtype=bool),
)
MAINTAINED = Survival(
    np.array([9.0, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]),
    np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0], dtype=bool),
)


def of_logs(before, after, **options):
    """Welch's test of the logarithms, as a ratio of geometric means."""
    logs = [np.log(v) for v in (before, after)]
    se2 = [v.var(ddof=1) / len(v) for v in logs]
    df = sum(se2) ** 2 / sum(s**2 / (len(v) - 1) for s, v in zip(se2, logs, strict=True))
    gap = logs[1].mean() - logs[0].mean()
    return inference.ratio_change(gap, np.sqrt(sum(se2)), df, **options).iloc[0]


def test_ratio_of_geometric_means_reproduces_welch_on_logs():
    """R t.test(log(breaks) ~ wool, warpbreaks), and its one-sided tests at log 1.25 and log .75."""
    found = of_logs(np.array(WOOL_B), np.array(WOOL_A), mid_ratio=0.25)
    assert_allclose(np.log(found["estimate"]), 3.317439152713 - 3.165285585890, atol=1e-11)
    assert_allclose([found["ci_low"], found["ci_high"]], [0.9180741777655, 1.4766621277196], atol=1e-11)
    assert_allclose(found["p_diff"], 0.2041025168485, atol=1e-11)
    assert_allclose(found["p_equiv"], max(0.2754283913337, 0.0002603313519695), atol=1e-11)


@given(st.floats(-2, 2), st.floats(0.01, 1), st.floats(1, 200), st.floats(0.01, 2))
def test_p_values_agree_with_the_interval(log_ratio, se, df, mid):
    row = inference.ratio_change(log_ratio, se, df, mid_ratio=mid).iloc[0]
    if min(abs(row[["p_diff", "p_beyond", "p_equiv"]].to_numpy(float) - 0.05)) < 1e-9:
        return
    assert (row["p_diff"] < 0.05) == (not row["ci_low"] <= 1 <= row["ci_high"])
    assert (row["p_beyond"] < 0.05) == (row["ci_low"] > 1 + mid or row["ci_high"] < 1 - mid)
    assert (row["p_equiv"] < 0.05) == (1 - mid < row["ci90_low"] and row["ci90_high"] < 1 + mid)


@given(st.floats(-2, 2), st.floats(0.01, 1), st.floats(1, 200))
def test_swapping_the_periods_inverts_the_ratio(log_ratio, se, df):
    there, back = (inference.ratio_change(e, se, df, mid_ratio=0.2).iloc[0] for e in (log_ratio, -log_ratio))
    turned = 1 / back[["estimate", "ci_high", "ci_low"]].to_numpy(float)
    assert_allclose(there[["estimate", "ci_low", "ci_high"]].to_numpy(float), turned, rtol=1e-12)
    assert_allclose(there["p_diff"], back["p_diff"], rtol=1e-12)


def test_ratios_without_error_are_not_tested_and_a_negative_mid_is_refused():
    found = inference.ratio_change([0.1, 0.1], [0.0, np.nan], [9, 9], mid_ratio=0.2)
    assert found.drop(columns="estimate").isna().all(axis=None)
    assert np.isnan(inference.ratio_change(0.1, 0.1, 9, mid_ratio=np.nan)["p_beyond"][0])
    with pytest.raises(ParamError, match="not negative"):
        inference.ratio_change(0.1, 0.1, 9, mid_ratio=-0.2)


# --- counts that scatter

BEFORE, AFTER = [120, 300, 180, 250, 410, 220], [150, 140, 220, 90, 130, 170]


def pooled():
    parts = [inference.scatter(np.array(y), np.ones(6)) for y in (BEFORE, AFTER)]
    return sum(p[0] for p in parts), sum(p[1] for p in parts)


def test_scatter_is_the_dispersion_of_quasi_poisson():
    """R glm(y ~ period, quasipoisson): dispersion 26.83429065958 on 10 df (stopped at 1e-6)."""
    chi2, df = pooled()
    assert (df, round(chi2 / df, 3)) == (10, 26.834)


def test_counts_so_divided_approach_the_interval_of_quasi_poisson():
    """R, with the t quantile on 10 df: ratio [.37333, .99053] for these counts.

    The exact interval is wider by its discreteness, and by less the more events there are.
    """
    chi2, df = pooled()
    gaps = []
    for times in (1, 1000):
        worth = inference.inflation(chi2, df) / times
        found = inference.rate_change(sum(BEFORE) / worth, 6, sum(AFTER) / worth, 6, mid_ratio=0.2).iloc[0]
        half = stats.t.ppf(0.975, 10) * np.sqrt(chi2 / df * (1 / 1480 + 1 / 900) / times)
        low, high = 900 / 1480 * np.exp([-half, half])
        assert found["ci_low"] < low < high < found["ci_high"]
        gaps.append(np.log(found["ci_high"] / found["ci_low"]) / np.log(high / low) - 1)
        if times == 1:
            assert_allclose([low, high], [0.3733293375712, 0.9905341850442], rtol=1e-6)
    assert gaps[1] < 1e-2 < gaps[0]


@given(st.integers(1, 60), st.integers(0, 60))
def test_undivided_counts_are_the_exact_test(e0, e1):
    row = inference.rate_change(e0, 100.0, e1, 80.0, mid_ratio=0.2).iloc[0]
    share = 80 / 180
    tails = stats.binom.sf(e1 - 1, e0 + e1, share), stats.binom.cdf(e1, e0 + e1, share)
    assert_allclose(row["p_diff"], min(1, 2 * min(tails)), rtol=1e-9)


@given(st.integers(1, 60), st.integers(0, 60), st.floats(1.5, 9))
def test_dividing_the_counts_only_widens(e0, e1, worth):
    plain, wide = (
        inference.rate_change(e0 / f, 100.0, e1 / f, 80.0, mid_ratio=0.2).iloc[0] for f in (1.0, worth)
    )
    assert wide["ci_low"] <= plain["ci_low"] + 1e-12
    assert wide["ci_high"] >= plain["ci_high"] - 1e-12


def test_inflation_never_deflates_and_needs_sub_periods():
    assert inference.inflation(3.0, 10) == 1.0
    assert inference.inflation(0.0, 0) == 1.0
    assert_allclose(inference.inflation(40.0, 10), 4 * (stats.t.ppf(0.975, 10) / stats.norm.ppf(0.975)) ** 2)
    assert inference.scatter(np.array([0, 0]), np.ones(2)) == (0.0, 0)
    assert inference.scatter(np.array([7]), np.ones(1)) == (0.0, 0)
    with pytest.raises(DataError, match="exposure 0 of a sub-period"):
        inference.scatter(np.array([1, 2]), np.array([1.0, 0.0]))


def test_scatter_of_few_poisson_counts_is_one_on_average():
    rng = np.random.default_rng(3)
    days = np.array([31.0, 28.0, 31.0])
    parts = [inference.scatter(rng.poisson(0.02 * days), days) for _ in range(4000)]
    assert_allclose(sum(p[0] for p in parts) / sum(p[1] for p in parts), 1, atol=0.05)


# --- survival


def test_logrank_reproduces_remission_of_leukemia():
    """R survdiff(Surv(time, status) ~ x, aml): chi-squared 3.4 on 1 df, p .07; statsmodels to 1e-9."""
    z, p = inference.logrank(PLAIN, MAINTAINED)
    both = [np.concatenate(pair) for pair in zip(PLAIN, MAINTAINED, strict=True)]
    chi2, expected = survdiff(both[0], both[1].astype(int), np.repeat([0, 1], [12, 11]))
    assert_allclose([z**2, p], [chi2, expected], rtol=1e-9)
    assert (round(z**2, 1), round(p, 2)) == (3.4, 0.07)
    assert z > 0  # maintained remissions last longer


def test_logrank_turns_with_the_periods_and_needs_something_that_ended():
    there, back = inference.logrank(PLAIN, MAINTAINED), inference.logrank(MAINTAINED, PLAIN)
    assert_allclose(there, (-back[0], back[1]))
    nobody = Survival(PLAIN.times, np.zeros(12, dtype=bool))
    empty = Survival(np.array([]), np.array([], dtype=bool))
    assert np.isnan(inference.logrank(nobody, nobody)).all()
    assert np.isnan(inference.logrank(PLAIN, empty)).all()


def test_logrank_of_equal_curves_is_nothing():
    z, p = inference.logrank(PLAIN, PLAIN)
    assert (z, p) == pytest.approx((0, 1), abs=1e-12)
    assert isinstance(pd.Series([z]).iloc[0], float)
