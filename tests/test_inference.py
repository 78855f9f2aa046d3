from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportions_ztest

from svclib import inference
from svclib.errors import DataError, ParamError
from svclib.inference.counts import score_z

LIMITS = ["ci_low", "ci_high"]
P_VALUES = ["p_diff", "p_beyond", "p_equiv"]


def numbers(frame, columns):
    return frame[columns].to_numpy(float)


# --- changes with a standard error


def test_welch_from_summaries_reproduces_sleep():
    """R t.test(extra ~ group, sleep): statistic, df, p, interval; TOSTER ±3."""
    s1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0])
    s2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    baseline, current = (inference.Sample(10, s.mean(), s.std(ddof=1)) for s in (s1, s2))
    found = inference.mean_change(baseline, current, mid=3).iloc[0]
    assert_allclose(found["estimate"] / found["se"], 1.8608134675, atol=1e-9)
    assert_allclose(found["df"], 17.7764735162, atol=1e-9)
    assert_allclose(found["p_diff"], 0.0793941401874, atol=1e-9)
    assert_allclose(found["p_equiv"], 0.0559789145, atol=1e-9)
    assert_allclose([found["ci_low"], found["ci_high"]], [-0.2054832307, 3.3654832307], atol=1e-9)


@given(
    st.floats(-2, 2),
    st.floats(0.01, 1),
    st.floats(1, 200),
    st.floats(0, 1),
    st.sampled_from([0.8, 0.9, 0.95]),
)
def test_each_p_value_agrees_with_its_interval(estimate, se, df, mid, confidence):
    alpha = 1 - confidence
    row = inference.change_test(estimate, se, df, mid=mid, confidence=confidence).iloc[0]
    margin = min(abs(row["p_diff"] - alpha), abs(row["p_beyond"] - alpha), abs(row["p_equiv"] - alpha))
    if margin < 1e-9:
        return
    assert (row["p_diff"] < alpha) == (not row["ci_low"] <= 0 <= row["ci_high"])
    assert (row["p_beyond"] < alpha) == (row["ci_low"] > mid or row["ci_high"] < -mid)
    assert (row["p_equiv"] < alpha) == (-mid < row["ci90_low"] and row["ci90_high"] < mid)


def test_what_has_no_error_or_no_mid_is_not_tested():
    found = inference.change_test([1, 1, 1], [0, np.nan, 1], [5, 5, 5], mid=[0.1, 0.1, np.nan])
    assert found.iloc[:2].isna().all(axis=None)
    assert found.iloc[2][["p_beyond", "p_equiv"]].isna().all()
    assert 0 < found["p_diff"][2] < 1
    one = inference.mean_change(inference.Sample(1, 3, 0), inference.Sample(9, 4, 1), mid=0.2)
    assert one["p_diff"].isna().all()


def test_infinite_degrees_of_freedom_are_normal():
    found = inference.change_test(1.96, 1, np.inf, mid=0.5).iloc[0]
    assert_allclose(found["p_diff"], 2 * stats.norm.sf(1.96), rtol=1e-12)


@given(st.floats(-2, 2), st.floats(0.01, 1), st.floats(1, 200), st.floats(0, 1))
def test_swapping_the_periods_turns_signs_and_keeps_p_values(estimate, se, df, mid):
    there, back = (inference.change_test(e, se, df, mid=mid).iloc[0] for e in (estimate, -estimate))
    assert_allclose(back[["ci_low", "ci90_low"]], -there[["ci_high", "ci90_high"]].to_numpy(float))
    assert_allclose(back[P_VALUES].to_numpy(float), there[P_VALUES].to_numpy(float))


# --- proportions


def test_score_test_and_newcombe_reproduce_prop_test():
    """R prop.test(c(83, 70), c(86, 82), correct = FALSE): χ², p; Newcombe's interval by statsmodels."""
    found = inference.proportion_change(70, 82, 83, 86, mid=0.05).iloc[0]
    assert_allclose(score_z(70, 82, 83, 86, 0) ** 2, 6.4129725401, atol=1e-9)
    assert_allclose(found["p_diff"], 0.0113289604, atol=1e-9)
    newcombe = inference.newcombe_change(70, 82, 83, 86, mid=0.05)
    assert_allclose(numbers(newcombe, LIMITS)[0], [0.0242409715, 0.2065222657], atol=1e-9)


def test_score_interval_of_a_published_example():
    """Fagerland, Lydersen & Laake (2015): 7/34 against 1/34, score interval (0.028, 0.34) as printed."""
    found = inference.proportion_change(1, 34, 7, 34, mid=0.1).iloc[0]
    assert_allclose(found["ci_low"], 0.028, atol=5e-4)
    assert_allclose(found["ci_high"], 0.34, atol=5e-3)


@given(st.integers(0, 30), st.integers(0, 20), st.floats(-0.8, 0.8))
def test_score_statistic_uses_the_restricted_maximum_likelihood(x0, x1, null):
    n0, n1 = 30, 20
    low, high = max(0.0, null), min(1.0, 1 + null)

    def loss(p):
        q = p - null
        terms = ((x1, p), (n1 - x1, 1 - p), (x0, q), (n0 - x0, 1 - q))
        return -sum(k * np.log(max(v, 1e-300)) for k, v in terms if k)

    p = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    variance = p * (1 - p) / n1 + (p - null) * (1 - p + null) / n0
    if variance > 1e-6:
        assert_allclose(
            score_z(x0, n0, x1, n1, null), (x1 / n1 - x0 / n0 - null) / np.sqrt(variance), atol=2e-3
        )


@pytest.mark.parametrize("counts", [(3, 10, 9, 12), (0, 10, 5, 12), (70, 82, 83, 86), (12, 12, 3, 40)])
@pytest.mark.parametrize("method", [inference.proportion_change, inference.newcombe_change])
def test_proportion_p_values_agree_with_their_interval(counts, method):
    for mid in (0.02, 0.1, 0.3):
        row = method(*counts, mid=mid).iloc[0]
        assert (row["p_diff"] < 0.05) == (not row["ci_low"] <= 0 <= row["ci_high"])
        assert (row["p_beyond"] < 0.05) == (row["ci_low"] > mid or row["ci_high"] < -mid)
        assert (row["p_equiv"] < 0.05) == (-mid < row["ci90_low"] and row["ci90_high"] < mid)
        edge = method(*counts, mid=abs(row["ci_low"] if row["estimate"] > 0 else row["ci_high"])).iloc[0]
        assert_allclose(edge["p_beyond"] if row["p_diff"] < 0.05 else 0.05, 0.05, atol=1e-6)


def test_proportions_at_the_ends_stay_finite():
    found = inference.proportion_change([0, 10, 0], [10, 10, 10], [0, 12, 12], [12, 12, 12], mid=0.05)
    assert np.isfinite(numbers(found, LIMITS + P_VALUES)).all()
    assert_allclose(found["p_diff"][:2], 1)
    assert found["p_diff"][2] < 1e-4
    none = inference.proportion_change([3], [10], [0], [0], mid=0.05)
    assert none.isna().all(axis=None)


@given(st.integers(0, 20), st.integers(0, 25))
def test_score_test_of_no_difference_is_the_pooled_z_test(x0, x1):
    if 0 < x0 + x1 < 45:
        expected = proportions_ztest([x1, x0], [25, 20])[1]
        assert_allclose(
            inference.proportion_change(x0, 20, x1, 25, mid=0.1)["p_diff"][0], expected, atol=1e-12
        )


@given(st.integers(0, 40), st.integers(0, 25), st.floats(0.01, 0.5))
def test_score_p_values_agree_with_their_interval(x0, x1, mid):
    row = inference.proportion_change(x0, 40, x1, 25, mid=mid).iloc[0]
    if min(abs(row[P_VALUES].to_numpy(float) - 0.05)) < 1e-9:
        return
    assert (row["p_diff"] < 0.05) == (not row["ci_low"] <= 0 <= row["ci_high"])
    assert (row["p_beyond"] < 0.05) == (row["ci_low"] > mid or row["ci_high"] < -mid)
    assert (row["p_equiv"] < 0.05) == (-mid < row["ci90_low"] and row["ci90_high"] < mid)


@given(st.integers(0, 40), st.integers(0, 50))
def test_swapping_the_periods_turns_the_interval(x0, x1):
    there = inference.proportion_change(x0, 40, x1, 50, mid=0.1).iloc[0]
    back = inference.proportion_change(x1, 50, x0, 40, mid=0.1).iloc[0]
    assert_allclose([back["ci_low"], back["ci_high"]], [-there["ci_high"], -there["ci_low"]], atol=1e-9)
    assert_allclose(numbers(back.to_frame().T, P_VALUES), numbers(there.to_frame().T, P_VALUES), atol=1e-9)


def test_mcnemar_reproduces_the_approval_ratings():
    """R mcnemar.test help (Agresti 1990, p. 350), (794, 86; 150, 570): without correction, and exact."""
    found = inference.mcnemar(86, 150, exact=False).iloc[0]
    assert_allclose([found["statistic"], found["p"]], [17.3559322034, 3.09929344105e-5], rtol=1e-9)
    assert_allclose(inference.mcnemar(86, 150, exact=True)["p"], 3.71593613957e-5, rtol=1e-9)


# --- rates


@pytest.mark.parametrize(
    ("events", "ratio", "p", "limits"),
    [
        ((21, 3011, 11, 800), 1.97148809524, 0.0796686330333, (0.8584264034, 4.2772659437)),
        ((5, 1000, 4, 1500), 0.5333333333, 0.498354688, (0.1058284849, 2.4778612431)),
    ],
)
def test_rate_ratio_reproduces_poisson_test(events, ratio, p, limits):
    """R poisson.test(c(11, 21), c(800, 3011)) and MTBF 4/1500 h against 5/1000 h."""
    found = inference.rate_change(*events, mid_ratio=0.2).iloc[0]
    assert_allclose(found["estimate"], ratio, atol=1e-9)
    assert_allclose(found["p_minlike"], p, atol=1e-8)
    assert_allclose([found["ci_low"], found["ci_high"]], limits, atol=1e-9)


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.05, 0.9))
def test_rate_p_values_agree_with_their_interval(e0, e1, mid):
    if e0 + e1 == 0:
        return
    row = inference.rate_change(e0, 100, e1, 80, mid_ratio=mid).iloc[0]
    assert (row["p_diff"] < 0.05) == (not row["ci_low"] <= 1 <= row["ci_high"])
    assert (row["p_beyond"] < 0.05) == (row["ci_low"] > 1 + mid or row["ci_high"] < 1 - mid)
    assert (row["p_equiv"] < 0.05) == (1 - mid < row["ci90_low"] and row["ci90_high"] < 1 + mid)


@given(st.integers(1, 40), st.integers(1, 40))
def test_swapping_the_periods_inverts_the_rate_ratio(e0, e1):
    there = inference.rate_change(e0, 100, e1, 80, mid_ratio=0.2).iloc[0]
    back = inference.rate_change(e1, 80, e0, 100, mid_ratio=0.2).iloc[0]
    turned = 1 / there[["estimate", "ci_high", "ci_low"]].to_numpy(float)
    assert_allclose(back[["estimate", *LIMITS]].to_numpy(float), turned, rtol=1e-9)
    assert_allclose(
        back[["p_diff", "p_minlike"]].to_numpy(float), there[["p_diff", "p_minlike"]].to_numpy(float)
    )


def test_no_event_is_no_test_and_no_baseline_event_has_no_upper_limit():
    found = inference.rate_change([0, 0], 100, [0, 4], 100, mid_ratio=0.2)
    assert found.iloc[0].isna().all()
    assert found["ci_high"][1] == np.inf
    assert 0 < found["ci_low"][1] < np.inf


# --- families and verdicts


def test_families_reproduce_benjamini_and_hochberg():
    """Benjamini & Hochberg (1995), section 3.2, 15 tests; R p.adjust."""
    p = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324])
    p = np.append(p, [0.4262, 0.5719, 0.6528, 0.759, 1.0])
    bh, holm = inference.adjust(p, "fdr_bh"), inference.adjust(p, "holm")
    assert (bh < 0.05).sum() == 4
    assert (holm < 0.05).sum() == 3
    assert_allclose([bh[3], holm[2]], [0.035625, 0.0247], atol=1e-12)
    assert_allclose(inference.adjust(p, "none"), p)
    for method, found in (("fdr_bh", bh), ("holm", holm)):
        assert_allclose(found, multipletests(p, method=method)[1], atol=1e-15)


P_LIST = st.lists(
    st.sampled_from([0, 1e-9, 0.001, 0.01, 0.02, 0.049, 0.05, 0.3, 0.7, 1, np.nan]), min_size=1, max_size=12
)


@given(P_LIST, st.sampled_from(inference.ADJUSTMENTS))
def test_adjusting_keeps_the_order_and_what_was_not_tested(p, method):
    p = np.array(p)
    found = inference.adjust(p, method)
    assert_array_equal(np.isnan(found), np.isnan(p))
    tested = ~np.isnan(p)
    assert (found[tested] >= p[tested] - 1e-15).all()
    assert (found[tested] <= 1).all()
    assert (np.diff(found[tested][np.argsort(p[tested], kind="stable")]) >= 0).all()


def test_a_test_that_was_not_made_is_no_member_of_the_family():
    assert_allclose(inference.adjust([0.01, np.nan, 0.04], "holm"), [0.02, np.nan, 0.04])
    assert np.isnan(inference.adjust([np.nan], "fdr_bh")).all()
    with pytest.raises(ParamError, match=r"adjust='bonf'; choose one of \['holm', 'fdr_bh', 'none'\]"):
        inference.adjust([0.1], "bonf")


@pytest.mark.parametrize(
    ("beyond", "equiv", "diff", "gain", "verdict", "strength"),
    [
        (0.049, 0.9, 0.01, 1, "improved", "meaningful"),
        (0.049, 0.9, 0.01, -1, "declined", "meaningful"),
        (0.05, 0.9, 0.01, 1, "improved", "detected"),
        (0.9, 0.049, 0.01, 1, "equivalent", ""),
        (0.9, 0.05, 0.049, -1, "declined", "detected"),
        (0.9, 0.05, 0.05, 1, "inconclusive", ""),
        (0.05, 0.05, 0.05, 1, "inconclusive", ""),
        (np.nan, np.nan, 0.01, 1, "improved", "detected"),
        (np.nan, np.nan, 0.2, 1, "inconclusive", ""),
        (np.nan, np.nan, np.nan, 1, "not_judged", ""),
        (0.01, 0.9, 0.01, np.nan, "not_judged", ""),
        (1, 0.01, 1, 0, "equivalent", ""),
    ],
)
def test_verdicts_in_their_order(beyond, equiv, diff, gain, verdict, strength):
    found = inference.decide(beyond, equiv, diff, gain).iloc[0]
    assert (found["verdict"], found["strength"]) == (verdict, strength)


def test_required_n_detects_the_mid_with_its_power():
    """Two samples, SD 1, difference 0.5: the normal formula 2(z + z)²/d² = 62.79 per period."""
    n = 33.0
    found = inference.required_n(n, np.sqrt(2 / n), mid=0.5)
    assert_allclose(found, 2 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2 / 0.25, rtol=1e-12)
    power = NormalIndPower().solve_power(effect_size=0.5, alpha=0.05, power=0.8)
    assert_allclose(found, power, rtol=1e-5)
    assert np.isnan(inference.required_n(n, [0, np.nan, 1], mid=[0.2, 0.2, 0])).all()


# --- exact tests

LATTICE = st.lists(st.sampled_from([1, 4 / 3, 5 / 3, 2, 2.5, 3, 4, 5]), min_size=1, max_size=5)


@given(LATTICE, LATTICE)
def test_permutation_midp_counts_every_way_to_deal(x0, x1):
    pooled = np.array([*x0, *x1])
    sums = np.array([pooled[list(c)].sum() for c in itertools.combinations(range(len(pooled)), len(x1))])
    distance = np.abs(sums - pooled.mean() * len(x1))
    observed = abs(np.sum(x1) - pooled.mean() * len(x1))
    expected = (distance > observed + 1e-9).mean() + (np.abs(distance - observed) < 1e-9).mean() / 2
    assert_allclose(inference.midp_permutation(x0, x1), expected, atol=1e-12)
    assert_allclose(inference.midp_permutation(x1, x0), expected, atol=1e-12)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 20))
def test_sign_flip_of_yes_and_no_is_the_midp_form_of_mcnemars_exact_test(up, down, same):
    """Differences of 1, −1 and 0: exact McNemar less half the probability of what was seen."""
    assume(up != down)
    found = inference.midp_sign_flip(np.repeat([1.0, -1.0, 0.0], [up, down, same]))
    exact = inference.mcnemar(up, down, exact=True)["p"].iloc[0]
    seen = stats.binom.pmf(min(up, down), up + down, 0.5)
    assert_allclose(found, exact - seen, atol=1e-12)


@given(st.lists(st.sampled_from([-2, -1, -2 / 3, 0, 1 / 3, 1, 1.5]), min_size=1, max_size=8).filter(any))
def test_sign_flip_midp_counts_every_sign(d):
    d = np.array(d)
    sums = np.array([abs((d * s).sum()) for s in itertools.product((1, -1), repeat=len(d))])
    expected = (sums > abs(d.sum()) + 1e-9).mean() + (np.abs(sums - abs(d.sum())) < 1e-9).mean() / 2
    assert_allclose(inference.midp_sign_flip(d), expected, atol=1e-12)


def test_exact_tests_say_when_they_cannot_be_made():
    assert np.isnan(inference.midp_permutation([], [1, 2]))
    assert np.isnan(inference.midp_sign_flip([0, 0]))
    with pytest.raises(DataError, match=r"not fractions with a denominator up to 60. Use the t test"):
        inference.midp_permutation([np.pi], [1.0, 2.0])
    with pytest.raises(ParamError, match="500 values; at most 400"):
        inference.midp_permutation(np.ones(250), np.ones(250))


@given(
    st.lists(st.integers(0, 9), min_size=5, max_size=5), st.lists(st.integers(0, 9), min_size=5, max_size=5)
)
def test_superiority_is_mann_whitney(c0, c1):
    found = inference.superiority(c0, c1)
    if sum(c0) == 0 or sum(c1) == 0:
        assert np.isnan(found)
        return
    x0, x1 = (np.repeat(np.arange(5), c) for c in (c0, c1))
    u = stats.mannwhitneyu(x1, x0).statistic if len(set(x0) | set(x1)) > 1 else len(x0) * len(x1) / 2
    assert_allclose(found, u / (len(x0) * len(x1)), atol=1e-12)


def test_refusals():
    with pytest.raises(ParamError, match="confidence=95"):
        inference.change_test(1, 1, 1, mid=0.1, confidence=95)
    with pytest.raises(ParamError, match="not negative"):
        inference.change_test(1, 1, 1, mid=-0.1)
    with pytest.raises(ParamError, match="not negative"):
        inference.proportion_change(1, 2, 1, 2, mid=-0.1)
    with pytest.raises(DataError, match="current: 3 cases of 2"):
        inference.proportion_change(1, 2, 3, 2, mid=0.1)
    with pytest.raises(DataError, match="baseline: 3 events in 0; exposure must be positive"):
        inference.rate_change(3, 0, 1, 10, mid_ratio=0.2)
