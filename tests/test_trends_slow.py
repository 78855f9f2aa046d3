"""How often trends are seen where there are none, by seeded simulation."""

from __future__ import annotations

import numpy as np
import pytest

from svclib.trends import cochran_armitage, mann_kendall

pytestmark = pytest.mark.slow
DRAWS = 3000


@pytest.mark.parametrize("n", [8, 12, 20])
def test_mann_kendall_keeps_its_level_without_a_trend(n):
    """Discrete and conservative with few cycles, never beyond .06."""
    rng = np.random.default_rng(n)
    p = np.array([mann_kendall(rng.normal(size=n)).p for _ in range(DRAWS)])
    assert 0.025 <= (p < 0.05).mean() <= 0.06


def test_ties_as_of_rounded_shares_keep_it_conservative():
    rng = np.random.default_rng(9)
    p = np.array([mann_kendall(rng.integers(70, 75, 9)).p for _ in range(DRAWS)])
    assert 0.01 <= (p < 0.05).mean() <= 0.06


def test_few_dependent_cycles_hide_their_dependence():
    """What notebook 60 says in its limits: at a correlation of .5 one series in five is taken for a trend."""
    rng = np.random.default_rng(20)
    noise = rng.normal(size=(1000, 70))
    series = np.zeros_like(noise)
    for t in range(1, noise.shape[1]):
        series[:, t] = 0.5 * series[:, t - 1] + noise[:, t]
    found = [mann_kendall(row) for row in series[:, -20:]]
    plain, used = (np.mean([getattr(f, name) < 0.05 for f in found]) for name in ("p_plain", "p"))
    assert 0.14 <= used <= plain <= 0.26


@pytest.mark.parametrize(("between", "plain_range"), [(0.0, (0.035, 0.065)), (0.03, (0.09, 0.16))])
def test_shares_that_scatter_between_cycles_do_not_make_trends(between, plain_range):
    """The binomial test alone is wrong in one of eight where cycles differ by 3 points; ours is not."""
    rng = np.random.default_rng(30)
    found = []
    for _ in range(DRAWS):
        cases = rng.integers(60, 140, 8)
        hits = rng.binomial(cases, np.clip(rng.normal(0.8, between, 8), 0, 1))
        found.append(cochran_armitage(hits, cases))
    plain, used = (np.mean([getattr(f, name) < 0.05 for f in found]) for name in ("p_plain", "p"))
    assert plain_range[0] <= plain <= plain_range[1]
    assert 0.02 <= used <= 0.06
