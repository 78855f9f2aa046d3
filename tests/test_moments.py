from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from svclib import moments
from svclib.errors import DataError, ParamError

ITEMS = ("q1", "q2")


def make_rows(n: int, seed: int = 0, *, weighted: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    answers = rng.integers(1, 6, (n, 2)).astype(float)
    answers[rng.random((n, 2)) < 0.2] = np.nan
    return pd.DataFrame(
        {
            "cycle": rng.choice(["2026Q1", "2026Q2"], n),
            "unit": rng.choice(["甲", "乙"], n),
            "subject": "客户",
            "flagged": rng.random(n) < 0.3,
            "respondent": [f"r{i}" for i in rng.integers(0, max(n, 1), n)],
            "weight": rng.integers(1, 4, n).astype(float) if weighted else 1.0,
            "stratum": "",
            "cluster": rng.choice(list("abc"), n),
            "q1": answers[:, 0],
            "q2": answers[:, 1],
        }
    )


def assert_same(a: moments.Tables, b: moments.Tables) -> None:
    for name in ("cells", "totals", "cross", "counts", "psu_totals"):
        left, right = getattr(a, name), getattr(b, name)
        pd.testing.assert_frame_equal(left.keys, right.keys, check_dtype=False)
        assert_array_equal(left.sums, right.sums)


def test_tables_of_three_rows_by_hand():
    rows = make_rows(3).assign(
        cycle="c", unit="u", q1=[5.0, 4.0, np.nan], q2=[1.0, 1.0, 2.0], weight=[1.0, 2.0, 1.0]
    )
    tables = moments.reduce(rows.assign(respondent=["a", "a", "b"]), ITEMS)
    assert_array_equal(tables.cells.sums, [3])
    assert_array_equal(tables.totals.sums, [[13, 5, 3, 4]])
    assert_array_equal(tables.cross.sums[0, 0], [25 + 64, 5 + 16, 5 + 16, 5 + 16])
    assert_array_equal(tables.psu_totals.keys["psu"], ["a", "b"])
    assert_array_equal(tables.psu_totals.sums, [[2, 13, 3, 3, 3], [1, 0, 2, 0, 1]])
    counts = tables.counts.where(item="q2").frame()
    assert counts[["category", "n"]].to_numpy().tolist() == [[1.0, 2], [2.0, 1]]


@given(st.integers(0, 40), st.integers(1, 40), st.booleans(), st.sampled_from(moments.PSUS))
def test_tables_of_two_batches_merge_into_the_tables_of_all_rows(cut, extra, weighted, psu):
    rows = make_rows(cut + extra, seed=cut, weighted=weighted)
    parts = [moments.reduce(part, ITEMS, psu=psu) for part in (rows.iloc[:cut], rows.iloc[cut:])]
    assert_same(moments.merge(*parts), moments.reduce(rows, ITEMS, psu=psu))


@given(st.integers(2, 60))
def test_without_the_flagged_rows_is_a_subtraction(n):
    rows = make_rows(n, seed=n)
    everything, flagged = (moments.reduce(r, ITEMS) for r in (rows, rows[rows["flagged"]]))
    assert_same(moments.subtract(everything, flagged), moments.reduce(rows[~rows["flagged"]], ITEMS))


def test_a_cell_key_more_collapses_to_the_same_tables():
    rows = make_rows(50)
    fine = moments.reduce(rows, ITEMS, by=(*moments.BY, "flagged"))
    assert_same(moments.collapse(fine, by=moments.BY), moments.reduce(rows, ITEMS))
    kept = fine.cells.where(flagged=False).sums.sum()
    assert kept == (~rows["flagged"]).sum()


def test_alpha_tables_hold_the_complete_cases():
    rows = make_rows(40).assign(unit="u", cycle="c")
    x = rows[list(ITEMS)].dropna().to_numpy()
    found = moments.alpha_tables(rows, ITEMS).sums[0]
    v = np.column_stack([np.ones(len(x)), x, (x**2).sum(1), x.sum(1) ** 2])
    assert_array_equal(found, v.T @ v)
    halves = [moments.alpha_tables(part, ITEMS) for part in (rows[:15], rows[15:])]
    assert_array_equal(moments.merge_sums(*halves).sums[0], found)


def test_covariance_matches_numpy():
    rng = np.random.default_rng(3)
    x = rng.normal(50, 1, (30, 3))
    assert_allclose(moments.covariance(x), np.cov(x.T), rtol=1e-12)
    weights = rng.integers(1, 5, 30)
    assert_allclose(moments.covariance(x, weights=weights), np.cov(x.T, aweights=weights), rtol=1e-12)
    x[rng.random(x.shape) < 0.2] = np.nan
    complete = x[~np.isnan(x).any(axis=1)]
    assert_allclose(moments.covariance(x), np.cov(complete.T), rtol=1e-12)
    assert_allclose(moments.covariance(x, missing="pairwise"), pd.DataFrame(x).cov(), rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"weight": 0.0}, {}, r"'weight' has 5 values that are not positive"),
        ({"cluster": ""}, {"psu": "cluster"}, r"'cluster' is empty in 5 rows"),
        ({}, {"psu": "channel"}, r"psu='channel'; choose one of \['respondent', 'cluster', 'row'\]"),
        ({}, {"by": ("unit", "channel")}, r"columns \['channel'\] are needed and absent"),
    ],
)
def test_reduce_says_what_is_wrong(change, options, message):
    with pytest.raises((DataError, ParamError), match=message):
        moments.reduce(make_rows(5).assign(**change), ITEMS, **options)


def test_tables_of_different_items_do_not_merge():
    rows = make_rows(5)
    with pytest.raises(DataError, match="different layout"):
        moments.merge(moments.reduce(rows, ITEMS), moments.reduce(rows, ["q1"]))
    with pytest.raises(ParamError, match=r"choose from \['unit', 'cycle', 'subject'\]"):
        moments.collapse(moments.reduce(rows, ITEMS), by=["channel"])
    with pytest.raises(ParamError, match="listwise"):
        moments.covariance(np.eye(3), missing="mean")


def test_rows_that_are_nobodys_keep_nothing_per_respondent():
    rows = make_rows(30)
    known, bare = (moments.reduce(rows, ITEMS, psu=psu) for psu in ("respondent", "row"))
    assert_array_equal(bare.cross.sums, known.cross.sums)
    assert len(bare.psu_totals.keys) == 0
    with pytest.raises(ParamError, match="psu='row' keeps nothing per stratum"):
        moments.reduce(rows, ITEMS, psu="row", stratum=True)


def test_sums_of_whole_numbers_are_whole_and_others_stay():
    keys = pd.DataFrame({"unit": ["u", "v"]})
    assert moments.exact(moments.Sums(keys, np.array([3.0, -4.0]))).sums.dtype == np.int64
    for kept in ([0.5, 1.0], [2.0**51, 1.0]):
        assert moments.exact(moments.Sums(keys, np.array(kept))).sums.dtype == float


def test_answers_far_apart_are_counted_as_well():
    rows = make_rows(6).assign(unit="u", cycle="c", q1=[0, 5000, 0.5, 5000, np.nan, 0])
    counts = moments.reduce(rows, ["q1"]).counts.frame()
    assert counts[["category", "n"]].to_numpy().tolist() == [[0.0, 2], [0.5, 1], [5000.0, 2]]
