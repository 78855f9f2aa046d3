"""Indices of single answers: by hand, against scipy, and what must never be called a copy."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.spatial import distance

from svclib.screening.alike import _candidates, bursts, near_duplicates
from svclib.screening.compare import channels, interviewers
from svclib.screening.form import Form
from svclib.screening.indices import even_odd, irv, longest_run, mahalanobis
from svclib.screening.rarity import arrangement, surprise

NAN = np.nan


@pytest.fixture
def rng():
    """A seeded generator."""
    return np.random.default_rng(20260630)


def likert(rng, n, k, *, mean=3.0, trait=0.6, noise=0.8):
    """Honest answers 1..5 with a common trait."""
    latent = mean + trait * rng.standard_normal((n, 1)) + noise * rng.standard_normal((n, k))
    return np.clip(np.rint(latent), 1, 5)


# runs


def test_longest_run_steps_over_gaps_and_ends_where_the_scale_changes():
    codes = np.array([[1, 1, 2, 2, 2, 1], [3, NAN, 3, 3, 4, 3], [NAN] * 6, [4, 4, 4, 4, 4, 4]])
    one = np.zeros(6)
    assert longest_run(codes, one).length.tolist() == [3, 3, 0, 6]
    assert longest_run(codes, np.array([0, 0, 0, 1, 1, 1])).length.tolist() == [2, 2, 0, 3]


def test_of_runs_of_equal_length_the_more_surprising_counts():
    codes, bits = np.array([[1.0, 1, 2, 2]]), np.array([[0.5, 0.5, 2.0, 2.0]])
    assert longest_run(codes, np.zeros(4), bits).bits.tolist() == [4.0]


# spread within a person


def test_irv_is_the_sd_with_divisor_n_minus_one():
    found = irv(np.array([[1, 2, 3, 4, 5.0], [3, 3, 3, NAN, NAN], [4, *[NAN] * 4], [NAN] * 5]))
    assert found[:2].tolist() == [pytest.approx(np.sqrt(2.5)), 0.0]
    assert np.isnan(found[2:]).all()


# halves


def test_even_odd_by_hand_high_is_careful():
    """Three blocks of two: odd 1 2 3, even 2 4 6 agree entirely; 6 4 2 contradict; 1 3 2 has r = .5."""
    blocks = ["a", "a", "b", "b", "c", "c"]
    x = np.array([[1, 2, 2, 4, 3, 6], [1, 6, 2, 4, 3, 2], [1, 1, 2, 3, 3, 2.0]])
    found = even_odd(x, blocks)
    assert found.consistency.tolist() == [pytest.approx(1), -1, pytest.approx(2 * 0.5 / 1.5)]
    assert found.blocks.tolist() == [3, 3, 3]
    assert found.spread[2] == pytest.approx(np.std([1, 2.5, 2.5], ddof=1))


def test_even_odd_needs_three_blocks_and_halves_that_vary():
    blocks = ["a", "a", "b", "b", "c", "c"]
    x = np.array([[1, 2, NAN, 4, 3, 5], [4, 4, 4, 4, 4, 4.0]])
    assert np.isnan(even_odd(x, blocks).consistency).all()
    assert np.isnan(even_odd(x, list("abcdef")).consistency).all()


def test_odd_and_even_follow_the_order_within_the_block():
    """Blocks asked in turns: a b c a b c; odd items come first in each."""
    found = even_odd(np.array([[1, 2, 3, 2, 4, 6.0]]), ["a", "b", "c"] * 2)
    assert found.consistency[0] == pytest.approx(1)


# distance


def test_distance_equals_scipy_on_complete_rows(rng):
    x = likert(rng, 80, 5)
    inverse = np.linalg.inv(np.cov(x.T))
    wanted = [distance.mahalanobis(row, x.mean(axis=0), inverse) ** 2 for row in x]
    found = mahalanobis(x)
    np.testing.assert_allclose(found.d2, wanted, rtol=1e-10)
    assert found.d2.sum() == pytest.approx(5 * 79)  # tr S^-1 times the sum of squares: k (n - 1)


def test_a_row_with_gaps_uses_the_items_it_has(rng):
    x = likert(rng, 100, 5)
    x[0, 2] = NAN
    x[1, :3] = NAN
    found = mahalanobis(x)
    assert found.items[:3].tolist() == [4, 0, 5]
    assert np.isnan(found.d2[1])
    frame = pd.DataFrame(np.delete(x, 1, axis=0))
    mean, cov = frame.mean().to_numpy(), frame.cov().to_numpy()
    keep = [0, 1, 3, 4]
    gap = x[0, keep] - mean[keep]
    assert found.d2[0] == pytest.approx(gap @ np.linalg.inv(cov[np.ix_(keep, keep)]) @ gap, rel=0.02)


def test_normal_answers_keep_the_chi_square_cut_and_heavy_tails_move_it(rng):
    normal = rng.standard_normal((4000, 6))
    heavy = normal / np.sqrt(rng.chisquare(8, (4000, 1)) / 8)  # multivariate t, 8 df
    chi = stats.chi2.ppf(0.999, 6)
    assert mahalanobis(normal).cut[0] == pytest.approx(chi, rel=0.06)
    found = mahalanobis(heavy)
    assert np.mean(found.d2 > chi) > 0.01
    assert np.mean(found.d2 > found.cut) < 0.003
    np.testing.assert_array_equal(found.p < 0.001, found.d2 > found.cut)


@pytest.mark.parametrize(
    "x", [np.ones((50, 4)), np.tile(np.arange(40.0)[:, None], 3), np.eye(6), np.full((30, 3), NAN)]
)
def test_no_distance_without_variation_or_with_too_few_rows(x):
    found = mahalanobis(x)
    assert np.isnan(found.d2).all()
    assert np.isnan(found.p).all()


# surprise


def test_a_usual_answer_is_no_surprise_and_a_lone_pessimist_neither():
    codes = np.full((200, 12), 5.0)
    codes[0] = 1.0
    bits = surprise(codes, (codes - 1) / 4)
    assert bits[1:].max() == 0.0
    assert bits[0].max() == pytest.approx(0.0)


def test_arrangement_by_hand():
    found = arrangement(np.array([[1, 1, 2, 2], [5, 5, 5, 5], [1, 2, 3, NAN]]))
    np.testing.assert_allclose(found, np.log2([6, 1, 6]), atol=1e-12)


# near-duplicates


def whole(codes):
    return np.minimum(surprise(codes, (codes - 1) / 4).sum(axis=1), arrangement(codes))


def alike(codes, who=None, cut=0.85):
    names = np.array([f"r{i}" for i in range(len(codes))] if who is None else who, dtype=object)
    return near_duplicates(codes, whole(codes), names, cut=cut)


def test_a_copy_with_two_answers_changed_is_found_and_nothing_else(rng):
    codes = likert(rng, 120, 30, noise=1.0)
    codes[70] = codes[7]
    codes[70, [3, 20]] = codes[7, [3, 20]] % 5 + 1
    found = alike(codes)
    assert np.flatnonzero(found.share >= 0.85).tolist() == [7, 70]
    assert found.share[7] == pytest.approx(28 / 30)
    assert (found.other[7], found.other[70]) == (70, 7)


def test_satisfied_customers_are_no_copies_of_each_other(rng):
    codes = np.full((300, 30), 5.0)
    codes[rng.random(codes.shape) < 0.03] = 4
    assert np.isnan(alike(codes).share).all()


def test_the_second_form_of_a_respondent_is_left_to_its_own_rule(rng):
    codes = likert(rng, 60, 30, noise=1.0)
    codes[1] = codes[0]
    who = ["x", "x", *(f"r{i}" for i in range(58))]
    assert np.isnan(alike(codes, who).share).all()
    assert alike(codes, ["", "", *who[2:]]).share[0] == 1.0


def test_common_gaps_are_no_common_answers(rng):
    codes = likert(rng, 60, 40, noise=1.0)
    codes[:2, 9:] = NAN
    codes[1] = codes[0]
    assert np.isnan(alike(codes).share).all()  # nine common answers only


small = hnp.arrays(np.int16, st.tuples(st.integers(2, 25), st.just(6)), elements=st.integers(0, 2))


@settings(max_examples=60)
@given(small, st.integers(0, 3))
def test_every_pair_within_reach_is_compared(codes, spare):
    i, j = np.triu_indices(len(codes), 1)
    near = (codes[i] != codes[j]).sum(axis=1) <= spare
    wanted = {frozenset(pair) for pair in zip(i[near], j[near], strict=True)}
    made = {frozenset(p) for a, b in _candidates(codes, spare) for p in zip(a, b, strict=True)}
    assert wanted <= made


# bursts


def in_burst(codes, when, everyone, least=5):
    return bursts(codes, np.asarray(when, dtype=float), everyone, least=least, minutes=60)


def test_a_burst_is_many_like_forms_in_an_hour_that_nobody_else_gives(rng):
    usual = likert(rng, 400, 12)
    codes = usual[:40].copy()
    codes[:7] = 5.0
    codes[6, 0] = 4.0  # one answer of ten may differ
    when = np.r_[np.arange(7) * 5.0, 1000.0 + 400 * np.arange(33)]
    found = in_burst(codes, when, np.vstack([codes, usual]))
    assert np.flatnonzero(found.size).tolist() == list(range(7))
    assert set(found.size[:7]) == {7.0}
    spread_out = in_burst(codes, when * 100, np.vstack([codes, usual]))
    assert not spread_out.size.any()


def test_where_all_are_satisfied_a_batch_of_fives_is_no_burst(rng):
    usual = np.full((400, 12), 5.0)
    usual[::3] = likert(rng, 134, 12)
    found = in_burst(np.full((8, 12), 5.0), np.arange(8.0), np.vstack([np.full((8, 12), 5.0), usual]))
    assert not found.size.any()


def test_forms_that_only_came_in_together_are_no_burst(rng):
    codes = likert(rng, 50, 12)
    assert not in_burst(codes, np.zeros(50), np.vstack([codes, likert(rng, 300, 12)])).size.any()


def test_no_time_no_burst(rng):
    codes = np.full((9, 12), 2.0)
    assert not in_burst(codes, np.full(9, NAN), np.vstack([codes, likert(rng, 300, 12)])).size.any()


# forms


def test_the_form_follows_the_file_and_turns_reverse_items():
    items = SimpleNamespace(name="态度", items=("q2", "q1"), bounds=(1.0, 5.0), reverse=("q2",))
    system = SimpleNamespace(indicators=(items,), items=("q2", "q1"))
    form = Form.of(system, ["unit", "q1", "q2"])
    assert form.items == ("q1", "q2")
    assert form.positions(np.array([[5.0, 5.0]])).tolist() == [[1.0, 0.0]]
    assert form.means(pd.DataFrame({"q1": [5.0, NAN], "q2": [2.0, NAN]}))[0] == 87.5


# who asked, by which channel


def answers(n, rng, **columns):
    base = {"cycle": "c", "source": "responses", "row": np.arange(n), "unit": "A", "subject": "s",
            "channel": "x", "interviewer": ""}  # fmt: skip
    return pd.DataFrame(base | columns, index=range(n)).assign(q1=rng.integers(1, 6, n).astype(float))


ONE = Form(("q1",), np.ones(1), np.full(1, 5.0), ("a",), np.zeros(1, dtype=bool))


def marked(rows, which):
    return rows.loc[which, ["cycle", "source", "row"]].assign(excluded=False)


def test_interviewer_of_one_place_is_a_t_test_and_fishers_test(rng):
    who = np.repeat(["I", "J", ""], [12, 20, 8])
    rows = answers(40, rng, interviewer=who)
    flags = marked(rows, [*range(5), 20, 35])
    table = interviewers(rows, flags, ONE, min_cell=5).set_index("interviewer")
    own, rest = 25 * (rows["q1"][:12] - 1), 25 * (rows["q1"][12:] - 1)
    wanted = stats.ttest_ind(own, rest)
    row = table.loc["I"]
    assert row["difference"] == pytest.approx(own.mean() - rest.mean())
    assert row["p_diff"] == pytest.approx(wanted.pvalue)
    low, high = wanted.confidence_interval()
    assert row[["ci_low", "ci_high"]].tolist() == pytest.approx([low, high])
    assert row["p_more"] == pytest.approx(stats.fisher_exact([[5, 7], [2, 26]], alternative="greater").pvalue)
    assert row["p_more_adj"] == pytest.approx(min(2 * row["p_more"], 1))
    assert row[["n", "n_units", "n_flagged"]].tolist() == [12, 1, 5]


def test_places_are_compared_within_themselves(rng):
    """An interviewer who serves only the better unit is not better for it."""
    unit = np.repeat(["A", "B"], 60)
    rows = answers(120, rng, unit=unit, interviewer=np.where(np.arange(120) < 40, "I", "J"))
    rows["q1"] = np.where(unit == "A", 5.0, 2.0) - rng.integers(0, 2, 120)
    row = interviewers(rows, marked(rows, []), ONE, min_cell=5).set_index("interviewer").loc["I"]
    assert abs(row["difference"]) < 15
    assert not row["unusual"]
    assert row["n_units"] == 1


def test_few_answers_or_nobody_named_is_no_row(rng):
    rows = answers(10, rng, interviewer=["I"] * 3 + [""] * 7)
    assert interviewers(rows, marked(rows, []), ONE, min_cell=5).empty
    assert interviewers(rows.assign(interviewer=""), marked(rows, []), ONE, min_cell=5).empty


def test_channels_within_units_ignore_the_mix(rng):
    """Phone serves mostly the good unit: over all units the difference stays that within units."""
    unit, channel = (
        np.repeat(["A", "A", "B", "B"], [50, 10, 10, 50]),
        np.repeat(["p", "w"] * 2, [50, 10, 10, 50]),
    )
    rows = answers(120, rng, unit=unit, channel=channel)
    rows["q1"] = np.where(unit == "A", 5.0, 2.0) - (channel == "w") * 0.5 - rng.integers(0, 2, 120) / 2
    table = channels(rows, marked(rows, []), ONE, min_cell=5).set_index("unit")
    assert set(table.index) == {"", "A", "B"}
    mine = rows[rows["unit"] == "A"]
    points = [25 * (mine.loc[mine["channel"] == c, "q1"] - 1) for c in "pw"]
    assert table.loc["A", "p_diff"] == pytest.approx(stats.ttest_ind(*points).pvalue)
    assert 8 < table.loc["", "difference"] < 18
    assert table.loc["", "n"] == 120


def test_one_channel_or_constant_answers_are_not_tested(rng):
    rows = answers(20, rng)
    assert channels(rows, marked(rows, []), ONE, min_cell=5).empty
    flat = answers(20, rng, channel=["p", "w"] * 10).assign(q1=4.0)
    row = channels(flat, marked(flat, []), ONE, min_cell=5).iloc[0]
    assert row["difference"] == 0
    assert np.isnan(row["p_diff"])
