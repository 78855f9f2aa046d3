"""Cut proposals: exact natural breaks, converged k-means, probit bins, and how noisy they are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from svclib import cuts
from svclib.errors import ParamError

SCALE = {"优": 90.0, "良": 80.0, "合": 60.0, "不": 0.0}


def scores(n: int = 40, seed: int = 1) -> pd.Series:
    return pd.Series(np.round(np.random.default_rng(seed).normal(82, 8, n), 2))


def within(x: np.ndarray, rising: np.ndarray) -> float:
    own = (x[:, None] >= rising).sum(axis=1)
    return float(sum(((x[own == j] - x[own == j].mean()) ** 2).sum() for j in set(own)))


@given(
    st.lists(st.integers(0, 30), min_size=5, max_size=9).filter(lambda x: len(set(x)) > 3), st.integers(2, 4)
)
def test_natural_breaks_are_the_best_of_all_partitions(drawn, k):
    x = np.array(drawn, dtype=float)
    value = np.unique(x)
    every = [within(x, np.array(c)) for c in combinations(value[1:], k - 1)]
    found = cuts.by_jenks(x, k)
    assert len(found) == k - 1
    assert within(x, found) == pytest.approx(min(every), abs=1e-9)


def test_natural_breaks_by_hand():
    assert cuts.by_jenks(np.array([1.0, 2, 10, 11, 30]), 3).tolist() == [6, 20.5]


def test_kmeans_needs_its_convergence():
    x = np.random.default_rng(3).gamma(3, 5, 300)
    one, all_steps = cuts.by_kmeans(x, 5, rounds=1), cuts.by_kmeans(x, 5)
    moved = ((x[:, None] >= one).sum(axis=1) != (x[:, None] >= all_steps).sum(axis=1)).mean()
    assert moved > 0.05
    assert within(x, all_steps) < within(x, one)
    np.testing.assert_array_equal(cuts.by_kmeans(x, 5, rounds=5000), all_steps)
    # Converged: every score lies nearest to the mean of its own class.
    own = (x[:, None] >= all_steps).sum(axis=1)
    centres = np.array([x[own == j].mean() for j in range(5)])
    np.testing.assert_array_equal(np.abs(x[:, None] - centres).argmin(axis=1), own)


def test_rsr_cuts_of_normal_scores_part_the_line_in_equal_widths():
    n = 4001
    x = 80 + 5 * stats.norm.ppf((np.arange(n) + 0.5) / n)
    np.testing.assert_allclose(cuts.by_rsr(x, 4), [72.5, 80, 87.5], atol=0.05)


def test_proposals_stand_beside_the_cuts_in_force():
    found = cuts.proposals(scores(), SCALE, draws=50, seed=2)
    assert found.groupby("method", sort=False)["grade"].agg(list).tolist() == [list(SCALE)] * 3
    assert found.loc[found["grade"] == "不", "cut_proposed"].eq(0).all()
    for method, rows in found.groupby("method"):
        assert (np.diff(rows["cut_proposed"]) < 0).all(), method
        assert rows["cut_sd"].iloc[:-1].between(0.1, 10).all(), method
    same = cuts.proposals(scores(), SCALE, draws=50, seed=2)
    pd.testing.assert_frame_equal(found, same)
    jenks = found[found["method"] == "jenks"]
    by_hand = [scores().ge(c).to_numpy() for c in jenks["cut_proposed"].iloc[:-1]]
    now = [scores().ge(c).to_numpy() for c in list(SCALE.values())[:-1]]
    share = (np.sum(by_hand, axis=0) != np.sum(now, axis=0)).mean()
    assert jenks["differ_share"].iloc[0] == pytest.approx(share)


def test_the_snippet_is_read_as_a_scale():
    found = cuts.proposals(scores(), SCALE, draws=10)
    scale = yaml.safe_load(cuts.snippet(found, "kmeans"))["grades"]["scale"]
    assert list(scale) == list(SCALE)
    rows = found.loc[found["method"] == "kmeans", "cut_proposed"]
    assert list(scale.values()) == pytest.approx(rows.tolist())


def test_a_cut_between_neighbouring_scores_does_not_fall_to_the_lower():
    found = cuts.proposals(pd.Series([84.01, 84.02]), {"优": 90, "不": 0}, draws=5)
    assert found.loc[found["method"] == "jenks", "cut_proposed"].iloc[0] == 84.02


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: cuts.propose(scores(), 4, method="pam"),
            r"method='pam'; choose one of \['rsr_probit', 'jenks'",
        ),
        (
            lambda: cuts.propose(pd.Series([1, 1, 2.0]), 3, method="jenks"),
            "2 distinct scores cannot be parted",
        ),
    ],
)
def test_what_cannot_be_parted_is_refused(call, message):
    with pytest.raises(ParamError, match=message):
        call()
