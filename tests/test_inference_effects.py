"""Effect sizes with their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.nonparametric import rank_compare_2ordinal

from svclib import inference
from svclib.errors import ParamError

# R `mtcars`: mpg of automatic and of manual cars.
AUTOMATIC = [
    21.4,
    18.7,
    18.1,
    14.3,
    24.4,
    22.8,
    19.2,
    17.8,
    16.4,
    17.3,
    15.2,
    10.4,
    10.4,
    14.7,
    21.5,
    15.5,
    15.2,
]
AUTOMATIC += [13.3, 19.2]
MANUAL = [21, 21, 22.8, 32.4, 30.4, 33.9, 27.3, 26, 30.4, 15.8, 19.7, 15, 21.4]


def pooled(before, after):
    """Change, SE and SD of two independent samples with one variance."""
    n0, n1 = len(before), len(after)
    sd = np.sqrt(((n0 - 1) * np.var(before, ddof=1) + (n1 - 1) * np.var(after, ddof=1)) / (n0 + n1 - 2))
    return np.mean(after) - np.mean(before), sd * np.sqrt(1 / n0 + 1 / n1), n0 + n1 - 2, sd


def test_hedges_g_reproduces_effectsize():
    """R effectsize::hedges_g(mpg ~ am, data = mtcars); its limits stop at 1e-6 by optim()."""
    found = inference.hedges_g(*pooled(MANUAL, AUTOMATIC)).iloc[0]
    assert_allclose(found, [-1.4406354024, -2.2087671989, -0.6536396833], atol=5e-7)
    assert_allclose(found["effect_size"], -1.4406354024, atol=1e-9)


def test_hedges_g_by_hand():
    """Change 1, SD 2, four degrees of freedom: J = Γ(2)/(√2 Γ(1.5)) = 2/√(2π)."""
    found = inference.hedges_g(1.0, 1.0, 4.0, 2.0).iloc[0]
    assert_allclose(found["effect_size"], 0.5 * 2 / np.sqrt(2 * np.pi))
    assert_allclose(stats.nct.cdf(1.0, 4.0, found["effect_low"] / found["effect_size"]), 0.975, atol=1e-9)


@given(st.floats(-3, 3), st.floats(0.05, 1), st.floats(3, 300), st.floats(0.2, 3))
def test_the_interval_of_g_leaves_out_zero_exactly_when_p_does(change, se, df, sd):
    row = inference.hedges_g(change, se, df, sd).iloc[0]
    p = 2 * stats.t.sf(abs(change) / se, df)
    if abs(p - 0.05) > 1e-6 and abs(change / se) < 30:
        assert (p < 0.05) == (not row["effect_low"] <= 0 <= row["effect_high"])


def test_what_has_no_error_or_no_spread_has_no_g():
    found = inference.hedges_g([1, 1, 1], [0, np.nan, 1], [5, 5, 5], [1, 1, 0])
    assert found.isna().all(axis=None)
    with pytest.raises(ParamError, match="confidence=2"):
        inference.hedges_g(1, 1, 5, 1, confidence=2)


COUNTS = st.lists(st.integers(0, 12), min_size=4, max_size=4)


def test_superiority_interval_reproduces_statsmodels():
    """Brunner & Munzel (2000), pain scores: .789; statsmodels gives Wald limits of the same SE."""
    women = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
    men = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
    c0, c1 = (np.bincount(x, minlength=6)[1:] for x in (women, men))
    p, (low, high) = float(inference.superiority(c0, c1)), inference.superiority_interval(c0, c1)
    wald = rank_compare_2ordinal(c1, c0).conf_int()
    half = (wald[1] - wald[0]) / 2 / (p * (1 - p))
    assert round(p, 3) == 0.789
    logit = np.log(p / (1 - p))
    assert_allclose([low, high], 1 / (1 + np.exp([half - logit, -half - logit])), rtol=1e-9)


@given(COUNTS, COUNTS)
def test_superiority_interval_mirrors(c0, c1):
    there, back = inference.superiority_interval(c0, c1), inference.superiority_interval(c1, c0)
    assert_allclose(np.array(there), 1 - np.array(back)[::-1], atol=1e-12)
    if np.isfinite(there).all():
        p = inference.superiority(c0, c1)
        assert 0 <= there[0] <= p + 1e-12
        assert p - 1e-12 <= there[1] <= 1


def test_superiority_interval_covers():
    rng = np.random.default_rng(5)
    shares = np.array([[0.05, 0.1, 0.2, 0.35, 0.3], [0.02, 0.08, 0.15, 0.35, 0.4]])
    truth = inference.superiority(shares[0], shares[1])
    c0, c1 = rng.multinomial(40, shares[0], 4000), rng.multinomial(60, shares[1], 4000)
    low, high = inference.superiority_interval(c0, c1)
    assert 0.94 <= ((low <= truth) & (truth <= high)).mean() <= 0.965


def test_one_answer_or_no_overlap_has_no_interval():
    assert np.isnan(inference.superiority_interval([1, 0], [3, 4])).all()
    assert np.isnan(inference.superiority_interval([5, 0], [0, 4])).all()
    assert np.isnan(inference.superiority_interval([0, 0], [3, 4])).all()
