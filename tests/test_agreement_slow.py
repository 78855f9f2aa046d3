"""Coverage of the 95 % intervals of agreement, 3 and 4 raters, 30 and 100 objects.

Ratings come from a normal trait of the object and a normal error of the rater, cut into
categories; the ICC's from a two-way layout with random raters.  Below 50 objects the row says
small_n, and a rare category then covers least: of two categories, one of 16 %, and 30 objects, kappa
and alpha cover about .87, AC1 .97.  Of the ICC, F is exact for normal
ratings (C) and the generalised limits nearly so (A).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svclib import agreement as ag
from svclib.agreement import icc
from svclib.agreement.concordance import kendall

SAMPLES = 1000
STATS = (
    "gwet:nominal",
    "gwet:quadratic",
    "fleiss:nominal",
    "krippendorff:nominal",
    "krippendorff:ordinal",
)
CUTS = {"three": [-0.5, 0.5], "five": [-1.2, -0.4, 0.4, 1.2], "rare": [1.0]}
TRAIT = 0.7  # share of the trait in the variance of a rating


def long(wide):
    return pd.DataFrame(wide).rename_axis("target").reset_index().melt("target", var_name="rater")


def rated(rng, shape, cuts):
    trait = TRAIT**0.5 * rng.standard_normal((shape[0], 1))
    return np.digitize(trait + (1 - TRAIT) ** 0.5 * rng.standard_normal(shape), cuts)


def measured(wide, cuts):
    rows = ag.agreement(long(wide), stats=STATS, categories=list(range(len(cuts) + 1)))
    return rows.set_index(rows["stat"] + ":" + rows["variant"])


def coverage(n, raters, cuts):
    """Share of intervals that hold the truth, by coefficient, and the notes seen."""
    rng = np.random.default_rng(20260630)
    truth = measured(rated(rng, (100_000, raters), cuts), cuts)["estimate"]
    hits, notes = pd.Series(0.0, index=list(STATS)), set()
    for _ in range(SAMPLES):
        rows = measured(rated(rng, (n, raters), cuts), cuts)
        hits += (rows["ci_low"] <= truth) & (truth <= rows["ci_high"])
        notes |= set(rows["note"])
    return hits / SAMPLES, notes


@pytest.mark.slow
@pytest.mark.parametrize(("cuts", "raters"), [("three", 3), ("five", 4)])
@pytest.mark.parametrize("n", [30, 100])
def test_intervals_of_categories_cover(n, cuts, raters):
    found, notes = coverage(n, raters, CUTS[cuts])
    assert found.between(0.915 if n < 50 else 0.93, 0.97).all(), found.to_dict()
    assert notes == ({"small_n"} if n < 50 else {""})


@pytest.mark.slow
def test_a_rare_category_needs_more_objects():
    """What the note small_n is for."""
    few, notes = coverage(30, 3, CUTS["rare"])
    more, _ = coverage(100, 3, CUTS["rare"])
    assert 0.84 <= few["fleiss:nominal"] <= 0.90
    assert all("small_n" in note or "agreement" in note or note == "unstable" for note in notes)
    assert more.between(0.93, 0.98).all(), more.to_dict()


@pytest.mark.slow
@pytest.mark.parametrize("raters", [3, 4])
@pytest.mark.parametrize("n", [30, 100])
def test_limits_of_the_icc_cover(n, raters):
    """McGraw & Wong's limits of ICC(A,1) cover .91 here with 100 objects and 3 raters."""
    rng = np.random.default_rng(20260630)
    truth = {"a1": 1 / (1 + 0.2 + 0.5), "c1": 1 / (1 + 0.5)}
    hits = dict.fromkeys(truth, 0)
    for _ in range(4 * SAMPLES):
        objects, level = rng.standard_normal((n, 1)), 0.2**0.5 * rng.standard_normal((1, raters))
        x = objects + level + 0.5**0.5 * rng.standard_normal((n, raters))
        for variant, rho in truth.items():
            own = icc.generalised_limits if variant == "a1" else icc.f_limits
            low, high, *_ = own(x, variant, 0.95)
            hits[variant] += low <= rho <= high
    assert all(0.93 <= hit / (4 * SAMPLES) <= 0.97 for hit in hits.values()), hits


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "raters", "variant"), [(30, 3, "objects"), (100, 4, "objects"), (5, 9, "raters")]
)
def test_limits_of_w_cover(n, raters, variant):
    """Objects drawn anew; or nine experts drawn anew to order the same five criteria."""
    rng = np.random.default_rng(20260630)
    criteria = np.linspace(-1, 1, n)[:, None]

    def draw(shape):
        trait = criteria if variant == "raters" else rng.standard_normal((shape[0], 1))
        return trait + 0.7 * rng.standard_normal(shape)

    if variant == "raters":
        many = kendall(draw((n, 4000)), variant)[0]
        truth = (1 + (raters - 1) * many) / raters  # W of infinitely many is the mean correlation
    else:
        truth = float(np.mean([kendall(draw((300, raters)), variant)[0] for _ in range(60)]))
    hits = 0
    for _ in range(SAMPLES):
        row = ag.agreement(long(draw((n, raters))), stats=[f"kendall:{variant}"]).iloc[0]
        hits += row["ci_low"] <= truth <= row["ci_high"]
    assert 0.93 <= hits / SAMPLES <= 0.97


@pytest.mark.slow
def test_exact_limits_of_agreement_cover():
    rng = np.random.default_rng(20260630)
    hits = 0
    for _ in range(SAMPLES):
        pair = np.column_stack([np.zeros(10), 1 + 2 * rng.standard_normal(10)]) + rng.standard_normal((10, 1))
        upper = ag.retest(long(pair)).set_index(["stat", "variant"]).loc[("limit", "high")]
        hits += upper["ci_low"] <= 1 + 1.959964 * 2 <= upper["ci_high"]
    assert 0.935 <= hits / SAMPLES <= 0.965
