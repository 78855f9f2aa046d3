from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from svclib import ranks
from svclib.errors import DataError, ParamError

LIKERT = st.integers(1, 5)


def test_signed_rank_reproduces_the_depression_data_of_wilcox_test():
    """R wilcox.test help (Hollander & Wolfe 1973, p. 29): V, exact p, pseudo-median, interval."""
    x = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
    y = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
    found = ranks.signed_rank(x, y).iloc[0]
    assert found["statistic"] == 40
    assert_allclose(found[["p", "p_greater"]].to_numpy(float), [0.0390625, 0.01953125], atol=1e-12)
    assert_allclose(
        found[["estimate", "ci_low", "ci_high"]].to_numpy(float), [0.46, 0.010, 0.786], atol=1e-12
    )


def test_rank_sum_reproduces_the_permeability_data_of_wilcox_test():
    """R wilcox.test help (Hollander & Wolfe 1973, p. 69): W, exact p, shift, interval."""
    x = (0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)
    y = (1.15, 0.88, 0.90, 0.74, 1.21)
    found = ranks.rank_sum(x, y).iloc[0]
    assert found["statistic"] == 35
    assert_allclose(found["p"], 0.254412254412, atol=1e-12)
    assert_allclose(
        found[["estimate", "ci_low", "ci_high"]].to_numpy(float), [0.305, -0.15, 0.76], atol=1e-12
    )


@given(st.lists(LIKERT, min_size=1, max_size=5), st.lists(LIKERT, min_size=1, max_size=5))
def test_rank_sum_with_ties_counts_every_way_to_deal(x, y):
    pooled = stats.rankdata(x + y)
    sums = np.array([pooled[list(c)].sum() for c in itertools.combinations(range(len(pooled)), len(x))])
    expected = (sums >= pooled[: len(x)].sum() - 1e-9).mean()
    assert_allclose(ranks.rank_sum(x, y)["p_greater"][0], expected, atol=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8).filter(any))
def test_signed_rank_with_ties_counts_every_sign(d):
    nonzero = np.array([v for v in d if v != 0])
    r = stats.rankdata(np.abs(nonzero))
    sums = np.array([r[list(map(bool, s))].sum() for s in itertools.product((0, 1), repeat=len(r))])
    expected = (sums >= r[nonzero > 0].sum() - 1e-9).mean()
    assert_allclose(ranks.signed_rank(d, np.zeros(len(d)))["p_greater"][0], expected, atol=1e-12)


def test_refusals():
    with pytest.raises(DataError, match="no pair differs"):
        ranks.signed_rank([1, 2], [1, 2])
    with pytest.raises(DataError, match="0 and 2 values"):
        ranks.rank_sum([], [1, 2])
    with pytest.raises(ParamError, match="at most 200"):
        ranks.rank_sum(np.ones(150), np.ones(100))
