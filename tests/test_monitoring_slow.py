"""How often charts and funnels cry out where nothing happens, by seeded simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svclib.monitoring import attribute_limits, funnel, named_rules, xmr_limits

pytestmark = pytest.mark.slow
DRAWS = 2000


def signalled(values, limits):
    """Whether any point is a special cause, and whether the last one is."""
    found = (named_rules(values, limits.centre, limits.reach) != 0).any(axis=1).to_numpy()
    return found.any(), found[-1]


@pytest.mark.parametrize(("n", "ever"), [(12, (0.04, 0.10)), (24, (0.13, 0.22))])
def test_stable_single_values_seldom_signal(n, ever):
    """About 2 of 100 charts at the last point, as notebook 60 says; somewhere 7 (n = 12) or 17 (n = 24)."""
    rng = np.random.default_rng(n)
    drawn = (rng.normal(size=n) for _ in range(DRAWS))
    found = np.mean([signalled(x, xmr_limits(x)) for x in drawn], axis=0)
    assert ever[0] <= found[0] <= ever[1]
    assert 0.008 <= found[1] <= 0.025


@pytest.mark.parametrize("between", [0.0, 0.06])
def test_stable_shares_seldom_signal_with_and_without_extra_scatter(between):
    rng = np.random.default_rng(24)
    found = []
    for _ in range(DRAWS):
        n = rng.integers(30, 80, 24)
        x = rng.binomial(n, np.clip(rng.normal(0.8, between, 24), 0, 1))
        found.append(signalled(x / n, attribute_limits(x, n, kind="p")))
    ever, last = np.mean(found, axis=0)
    assert 0.14 <= ever <= 0.25
    assert 0.008 <= last <= 0.03


def test_skewed_times_signal_too_often_unless_on_the_log_scale():
    rng = np.random.default_rng(7)
    times = [rng.lognormal(3, 0.5, 24) for _ in range(1000)]
    plain = np.mean([signalled(x, xmr_limits(x))[0] for x in times])
    logged = np.mean([signalled(np.log(x), xmr_limits(np.log(x)))[0] for x in times])
    assert plain > 2 * logged
    assert 0.13 <= logged <= 0.24


@pytest.mark.parametrize("between", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n", [10, 20, 50])
def test_funnels_cover_what_they_say_under_overdispersion(n, between):
    """95 % limits hold 93-98 %, 99.8 % limits at least 99.3 % of the units."""
    rng = np.random.default_rng(int(100 * between) + n)
    z = []
    for _ in range(8000 // n):
        se = rng.uniform(0.3, 1.0, n)
        values = rng.normal(0, np.sqrt(se**2 + between**2))
        frame = pd.DataFrame({"unit": np.arange(n).astype(str), "value": values, "se": se})
        z.append(funnel(frame, form="mean")["z_adj"])
    off = pd.concat(z).abs()
    assert 0.93 <= (off < stats.norm.ppf(0.975)).mean() <= 0.985
    assert (off < stats.norm.ppf(0.999)).mean() >= 0.993
