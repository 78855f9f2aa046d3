"""Trends over cycles: Mann-Kendall, Cochran-Armitage, Poisson slopes, and what may be claimed of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib import columns
from svclib.cycle.monitor import changes_between
from svclib.errors import DataError
from svclib.trends import cochran_armitage, hamed_rao, mann_kendall, poisson_slope, trends

# R datasets::LakeHuron, feet, 1875-1972.
LAKE_HURON = [
    580.38, 581.86, 580.97, 580.8, 579.79, 580.39, 580.42, 580.82, 581.4, 581.32, 581.44, 581.68,
    581.17, 580.53, 580.01, 579.91, 579.14, 579.16, 579.55, 579.67, 578.44, 578.24, 579.1, 579.09,
    579.35, 578.82, 579.32, 579.01, 579, 579.8, 579.83, 579.72, 579.89, 580.01, 579.37, 578.69, 578.19,
    578.67, 579.55, 578.92, 578.09, 579.37, 580.13, 580.14, 579.51, 579.24, 578.66, 578.86, 578.05,
    577.79, 576.75, 576.75, 577.82, 578.64, 580.58, 579.48, 577.38, 576.9, 576.94, 576.24, 576.84,
    576.85, 576.9, 577.79, 578.18, 577.51, 577.23, 578.42, 579.61, 579.05, 579.26, 579.22, 579.38,
    579.1, 577.95, 578.12, 579.75, 580.85, 580.41, 579.96, 579.61, 578.76, 578.18, 577.21, 577.13,
    579.1, 578.25, 577.91, 576.89, 575.96, 576.8, 577.68, 578.38, 578.52, 579.74, 579.31, 579.89,
    579.96,
]  # fmt: skip
# Fleiss (1981): smokers among patients of four studies.
SMOKERS, PATIENTS = (83, 90, 129, 70), (86, 93, 136, 82)


def test_four_rising_points_by_hand():
    found = mann_kendall([1, 2, 3, 5])
    # S = 6 of 6 pairs, var = 4·3·13/18 = 26/3; slopes 1 1 4/3 1 3/2 2.
    assert found.z == pytest.approx(5 / np.sqrt(26 / 3))
    assert found.slope == pytest.approx(7 / 6)


def test_lake_huron_as_in_r_and_pymannkendall():
    found = mann_kendall(LAKE_HURON)
    assert found.z == pytest.approx(-5.159825226, rel=1e-9)
    assert found.p_plain == pytest.approx(2.471804838e-7, rel=1e-8)
    assert found.slope == pytest.approx(-0.025125, rel=1e-8)
    # pymannkendall 1.4.3, hamed_rao_modification_test
    assert found.p == pytest.approx(0.00442459, rel=1e-5)
    assert found.note == "autocorrelated"


def test_autocorrelation_never_makes_a_trend_surer():
    alternating = [1.0, 2.0] * 8
    assert mann_kendall(alternating).p == mann_kendall(alternating).p_plain


def test_white_ranks_leave_the_variance_alone():
    assert hamed_rao(np.array([2.0, 5, 1, 4, 3, 6, 2.5, 5.5])) == pytest.approx(1.0)


@given(st.lists(st.integers(-50, 50), min_size=4, max_size=15), st.floats(-5, 5), st.floats(0.1, 10))
def test_a_trend_turns_with_its_values_and_scales_with_them(values, shift, factor):
    x = np.array(values, dtype=float)
    one, two = mann_kendall(x), mann_kendall(shift - factor * x)
    assert two.z == pytest.approx(-one.z)
    assert two.slope == pytest.approx(-factor * one.slope, abs=1e-9)
    assert one.slope_low <= one.slope <= one.slope_high


def test_proportions_as_in_r_with_a_sign():
    found = cochran_armitage(SMOKERS, PATIENTS)
    assert found.z**2 == pytest.approx(8.22492228520, rel=1e-10)
    assert found.p_plain == pytest.approx(0.00413189748, rel=1e-8)
    assert found.z < 0
    assert found.slope < 0
    # The shares scatter: φ = (12.6004112971 − 8.2249222852)/2 > 1, and the test allows for it.
    assert found.note == "overdispersed"
    assert found.p == pytest.approx(0.192070360, rel=1e-6)


def test_two_halves_of_proportions_by_hand():
    found = cochran_armitage([10, 20, 30], [100, 100, 100])
    assert found.slope == pytest.approx(0.1)
    assert found.z == pytest.approx(0.1 / np.sqrt(0.2 * 0.8 / 200))
    assert found.note == ""


def test_a_doubling_rate_doubles():
    found = poisson_slope([10, 20, 40], [1, 1, 1])
    # log rate rises by log 2 a step; λ = 70/3
    assert found.slope == pytest.approx(70 / 3)


def test_poisson_slope_as_in_r():
    """R 4.2.2: glm(c(10,12,9,15,20,18) ~ I(0:5 - 2.5), poisson, offset = log(c(100,110,90,100,105,100)))."""
    found = poisson_slope([10, 12, 9, 15, 20, 18], [100, 110, 90, 100, 105, 100])
    assert found.z == pytest.approx(2.23281679905, rel=1e-8)
    assert found.p_plain == pytest.approx(0.0255610280077, rel=1e-7)


def test_exposure_matters():
    assert poisson_slope([10, 20, 40, 80], [10, 20, 40, 80]).slope == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: mann_kendall([1, 2]), "a trend needs at least 3 points, found 2"),
        (lambda: mann_kendall([1, 2, np.nan]), "a finite value at every point"),
        (lambda: mann_kendall([1, 2, 3], [0, 2, 2]), "points that rise in time"),
        (lambda: cochran_armitage([5, 6, 7], [9, 6, 6]), "hits must lie between 0 and cases"),
        (lambda: poisson_slope([1, 2, 3], [1, 0, 1]), "exposure must be above 0"),
    ],
)
def test_what_is_no_series_is_refused(call, text):
    with pytest.raises(DataError, match=text):
        call()


def points(values, *, unit="甲", node="态度", sign=1, method="", counts=None):
    rows = len(values)
    top, base = counts or ([np.nan] * rows, [np.nan] * rows)
    return pd.DataFrame(
        {
            "cycle": [f"c{k:02d}" for k in range(rows)], "position": range(rows), "unit": unit, "node": node,
            "level": "indicator", "kind": "rating", "measure": "分", "sign": sign, "method": method,
            "value": values, "numerator": top, "denominator": base,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("n", "status", "trend"),
    [
        (2, "few_points", "few_points"),
        (3, "few_points", "few_points"),
        (4, "trial", "trial"),
        (7, "trial", "trial"),
        (8, "adequate", "improving"),
    ],
)  # fmt: skip
def test_no_trend_is_claimed_below_the_declared_number_of_cycles(n, status, trend):
    found = trends(points(np.arange(n, dtype=float)))
    columns.checked("trends", found)
    assert found[["status", "trend"]].to_numpy().tolist() == [[status, trend]]
    assert found["n_cycles"].tolist() == [n]


@pytest.mark.parametrize(("sign", "wanted"), [(1, "improving"), (-1, "worsening"), (0, "rising")])
def test_direction_is_by_what_is_better(sign, wanted):
    assert trends(points(np.arange(9.0), sign=sign))["trend"].tolist() == [wanted]


def test_up_and_down_is_no_trend():
    assert trends(points([1, 2, 3, 4, 5, 4, 3, 2, 1.0]))["trend"].tolist() == ["no_trend"]


def test_counts_are_tested_as_counts_in_the_unit_of_the_value():
    top, base = np.array([50, 55, 60, 66, 70, 75, 80, 86]), np.full(8, 100)
    found = trends(points(100 * top / base, method="binomial", counts=(top, base))).iloc[0]
    assert found["method"] == "cochran_armitage"
    assert found["per_cycle"] == pytest.approx(100 * cochran_armitage(top, base).slope)


def test_a_cycle_without_its_counts_falls_back_on_the_values():
    top, base = np.array([50.0, 55, np.nan, 66, 70, 75, 80, 86]), np.full(8, 100.0)
    values = [50, 55, 60, 66, 70, 75, 80, 86.0]
    found = trends(points(values, method="binomial", counts=(top, base))).iloc[0]
    assert found["method"] == "mann_kendall"


def test_units_of_one_indicator_are_one_family():
    many = pd.concat([points(np.arange(9.0), unit=f"u{k}") for k in range(5)], ignore_index=True)
    found = trends(many, correction="holm")
    assert found["p_diff_adj"].to_numpy() == pytest.approx(5 * found["p_diff"].to_numpy())


def test_missing_cycles_keep_their_place_in_time():
    gap = points([1.0, 2, 3, 4]).assign(position=[0, 1, 2, 5])
    # Slopes between all pairs: 1 1 3/5 1 2/4 1/3.
    assert trends(gap)["per_cycle"].iloc[0] == pytest.approx((0.6 + 1) / 2)


def test_changes_against_the_cycle_before_and_a_year_ago():
    found = changes_between(
        points([10.0, 12, 11, 9], sign=-1), "c03", {"previous": "c02", "last_year": "c00"}
    )
    columns.checked("period_changes", found)
    told = found.set_index("comparison")
    assert told.loc["previous", ["baseline", "change", "gain"]].tolist() == ["c02", -2.0, 2.0]
    assert told.loc["last_year", "rel_change"] == pytest.approx(-0.1)


def test_a_change_from_zero_has_no_share():
    found = changes_between(points([0.0, 2]), "c01", {"previous": "c00"})
    assert found["rel_change"].isna().all()
    assert found["change"].tolist() == [2.0]


def test_without_another_cycle_there_is_no_change():
    assert changes_between(points([1.0]), "c00", {}).empty
