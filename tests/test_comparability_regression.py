"""Regression to the mean: by hand, against closed forms, properties, refusals, and a simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib.comparability import rebound, spread
from svclib.errors import DataError

LETTERS = "abcdefghij"


def past(values: list[float], se: float, cycle: str = "1") -> pd.DataFrame:
    units = list(LETTERS[: len(values)])
    return pd.DataFrame({"cycle": cycle, "unit": units, "value": values, "se": se})


def test_one_cycle_by_hand():
    # Mean 3, S² = 2.5; τ² = 2.5 − .5, reliability 2/2.5 = .8; the lowest is 2 below.
    before = past([1, 2, 3, 4, 5], np.sqrt(0.5))
    found = spread(before)
    assert found is not None
    assert (found.between, found.over_time, found.centre["1"]) == pytest.approx((2.0, 0.0, 3.0))
    got = rebound(before, found, unit="a", baseline="1")
    assert got.expected == pytest.approx(0.2 * 2)
    assert got.reliability == pytest.approx(0.8)
    assert got.pull == pytest.approx(0.8)
    # τ²(1 − rel) + (1 − rel)²·2.5/5 for the mean + .4²·2/4 for the reliability
    assert got.variance == pytest.approx(2 * 0.2 + 0.04 * 0.5 + 0.16 / 2)


def test_equal_errors_give_the_moment_estimate_of_one_way_variance():
    # Balanced one-way analysis of variance (Searle, Casella & McCulloch 1992, Variance Components, 3.3):
    # σ̂² + v = MS within, τ̂² = (MS between − MS within)/k, after centring every cycle.
    rng = np.random.default_rng(3)
    level = rng.normal(0, 1, 10)
    x = level[:, None] + rng.normal(0, 0.6, (10, 3)) + [0.0, 1.0, -1.0]
    before = pd.concat([past(list(x[:, t]), 0.3, str(t)) for t in range(3)])
    found = spread(before)
    d = x - x.mean(axis=0)
    mean = d.mean(axis=1, keepdims=True)
    within = ((d - mean) ** 2).sum() / (9 * 2)
    between = 3 * (mean**2).sum() / 9
    assert found is not None
    assert found.over_time == pytest.approx(within - 0.09)
    assert found.between == pytest.approx((between - within) / 3)


def test_a_bad_quarter_is_expected_to_pass_and_a_low_level_to_stay():
    rng = np.random.default_rng(5)
    x = np.repeat(rng.normal(0, 0.3, 10)[:, None], 3, axis=1) + rng.normal(0, 0.1, (10, 3))
    x[0] = [0.0, 0.0, -0.8]
    x[1] = [-0.8, -0.8, -0.8]
    before = pd.concat([past(list(x[:, t]), 0.1, str(t)) for t in range(3)])
    found = spread(before)
    assert found is not None
    passing, lasting = (rebound(before, found, unit=u, baseline="2").expected for u in "ab")
    assert passing > 0.4
    assert abs(lasting) < 0.1


def test_shared_errors_pull_the_next_score_along():
    before = past([1, 2, 3, 4, 5], np.sqrt(0.5))
    found = spread(before)
    assert found is not None
    # All of the error stays: nothing comes back.
    assert rebound(before, found, unit="a", baseline="1", shared=0.5).expected == pytest.approx(0.0)


def test_too_few_units_and_missing_scores():
    assert spread(past([1, 2, 3, 4], 0.1)) is None
    assert spread(past([1, 2, 3, 4, np.nan], 0.1)) is None
    assert spread(past([1, 2, 3, 4, 5], 0.0)) is None
    with pytest.raises(DataError, match=r"past scores lack \['se'\]"):
        spread(past([1.0], 0.1).drop(columns="se"))
    before = past([1, 2, 3, 4, 5], 0.1)
    found = spread(before)
    assert found is not None
    with pytest.raises(DataError, match="unit 'z' has no score with a standard error in '1'"):
        rebound(before, found, unit="z", baseline="1")


@given(
    st.lists(st.floats(-5, 5), min_size=6, max_size=10),
    st.floats(0.05, 2),
    st.floats(-10, 10),
    st.floats(0.1, 10),
)
def test_moving_and_stretching_the_scale_moves_and_stretches_the_answer(values, se, shift, scale):
    before = past(values, se)
    after = before.assign(value=shift + scale * before["value"], se=scale * before["se"])
    found, moved = spread(before), spread(after)
    assert found is not None
    assert moved is not None
    one, two = (rebound(b, f, unit="a", baseline="1") for b, f in ((before, found), (after, moved)))
    assert two.expected == pytest.approx(scale * one.expected, abs=1e-6 * scale)
    assert two.variance == pytest.approx(scale**2 * one.variance, rel=1e-5, abs=1e-7)
    # Never beyond the centre.
    gap = found.centre["1"] - values[0]
    assert min(0, gap) - 1e-9 <= one.expected <= max(0, gap) + 1e-9


def _worst_tenth(
    gain: float, *, units: int, n: int, rounds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Raw change, change beyond the rebound and its z of the worst tenth, SD of answers .9."""
    rng = np.random.default_rng(20260630)
    se = np.full(units, 0.9 / np.sqrt(n))
    raw, beyond, z = [], [], []
    for _ in range(rounds):
        level = rng.normal(4, 0.3, units)
        then, now = (level + change + se * rng.standard_normal(units) for change in (0.0, gain))
        before = pd.DataFrame({"cycle": "1", "unit": np.arange(units).astype(str), "value": then, "se": se})
        found = spread(before)
        assert found is not None
        for unit in np.argsort(then)[: units // 10]:
            got = rebound(before, found, unit=str(unit), baseline="1")
            raw.append(now[unit] - then[unit])
            beyond.append(raw[-1] - got.expected)
            z.append(beyond[-1] / np.sqrt(got.variance + se[unit] ** 2))
    return np.array(raw), np.array(beyond), np.array(z)


@pytest.mark.slow
@pytest.mark.parametrize(("units", "n"), [(500, 33), (40, 33), (40, 100)])
def test_worst_tenth_of_which_nothing_changed(units, n):
    raw, beyond, z = _worst_tenth(0.0, units=units, n=n, rounds=6000 // units)
    assert abs(beyond.mean()) <= 0.02
    assert raw.mean() > 0.03
    assert (z > 1.96).mean() <= 0.03


@pytest.mark.slow
def test_a_worst_unit_that_improved_is_found():
    _, beyond, z = _worst_tenth(0.6, units=40, n=100, rounds=100)
    assert beyond.mean() == pytest.approx(0.6, abs=0.03)
    assert (z > 1.96).mean() > 0.9
