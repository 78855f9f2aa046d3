"""False flags: cycles without a careless answer have hardly a flag; careless ones are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svclib import screening
from svclib.params import Screening

# items per block, blocks, mean; SD of the person, of the block, of the answer, of the item means
HONEST = {
    "symmetric": (3, 4, 3.0, 0.6, 0.35, 0.55, 0.3),
    "satisfied": (3, 4, 4.2, 0.6, 0.35, 0.55, 0.3),
    "ceiling": (3, 4, 6.0, 1.1, 0.35, 0.55, 0.3),
    "ceiling of 20 items": (4, 5, 6.0, 1.1, 0.35, 0.55, 0.3),
    "strong dimensions": (4, 5, 4.0, 0.6, 0.8, 0.3, 0.3),
    "little noise": (4, 5, 4.0, 0.8, 0.3, 0.2, 0.3),
    "items differ": (5, 6, 3.5, 0.5, 0.3, 0.3, 1.3),
    "long": (5, 10, 4.0, 0.6, 0.4, 0.6, 0.3),
    "long ceiling": (5, 10, 6.0, 1.1, 0.4, 0.6, 0.3),
}
UNITS, PER_UNIT = 10, 200
MARKS = ("longstring", "irv", "mahalanobis", "even_odd", "near_duplicate", "burst")


def honest(name, rng):
    """Responses of ten units, 200 each, over one quarter; units and their items differ a little."""
    per, blocks, mean, trait, facet, noise, items = HONEST[name]
    k, n = per * blocks, UNITS * PER_UNIT
    unit = np.repeat(np.arange(UNITS), PER_UNIT)
    at = mean + rng.normal(0, items, k) + rng.normal(0, 0.2, (UNITS, k))[unit]
    own = trait * rng.standard_normal((n, 1)) + np.repeat(
        facet * rng.standard_normal((n, blocks)), per, axis=1
    )
    codes = np.clip(np.rint(at + own + noise * rng.standard_normal((n, k))), 1, 5)
    codes[rng.random(codes.shape) < 0.02] = np.nan
    return codes, unit, [f"b{j // per}" for j in range(k)]


def frame(codes, unit, rng):
    items = [f"q{j}" for j in range(codes.shape[1])]
    n = len(codes)
    hours = rng.integers(0, 85, n) * 24 + rng.integers(9, 18, n) + rng.random(n)
    started = pd.Timestamp("2026-04-01") + pd.to_timedelta((hours * 3600).round(), unit="s")
    base = {
        "cycle": "c", "source": "responses", "row": np.arange(2, n + 2),
        "respondent": [f"r{i}" for i in range(n)], "unit": [f"u{u}" for u in unit], "subject": "s",
        "seconds": np.nan, "started": started.strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    return pd.DataFrame(base).join(pd.DataFrame(codes, columns=items)), items


def flagged(codes, unit, blocks, rng):
    rows, items = frame(codes, unit, rng)
    k = len(items)
    form = screening.Form(tuple(items), np.ones(k), np.full(k, 5.0), tuple(blocks), np.zeros(k, dtype=bool))
    found = screening.screen(rows, form, Screening())
    return {mark: set(found.loc[found["rule"] == mark, "row"] - 2) for mark in MARKS}


@pytest.mark.slow
@pytest.mark.parametrize("name", HONEST)
def test_honest_answers_have_hardly_a_flag(name):
    rng = np.random.default_rng(4)
    n = 0
    marks = dict.fromkeys(MARKS, 0)
    for _ in range(5):
        codes, unit, blocks = honest(name, rng)
        n += len(codes)
        for mark, rows in flagged(codes, unit, blocks, rng).items():
            marks[mark] += len(rows)
    shares = {mark: count / n for mark, count in marks.items()}
    assert max(shares["longstring"], shares["near_duplicate"], shares["burst"]) <= 0.0005, shares
    assert max(shares["irv"], shares["even_odd"]) <= 0.003, shares
    assert shares["mahalanobis"] <= 0.005, shares
    assert sum(shares.values()) <= 0.008, shares


@pytest.mark.slow
@pytest.mark.parametrize("name", ["symmetric", "satisfied", "strong dimensions", "long"])
@pytest.mark.parametrize("every", [100, 20])
def test_random_answers_are_found_by_their_distance(name, every):
    rng = np.random.default_rng(5)
    codes, unit, blocks = honest(name, rng)
    careless = np.arange(0, len(codes), every)
    codes[careless] = rng.integers(1, 6, (len(careless), codes.shape[1]))
    found = flagged(codes, unit, blocks, rng)["mahalanobis"]
    assert len(found & set(careless)) >= 0.4 * len(careless), len(found)
    assert len(found - set(careless)) <= 0.003 * len(codes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["long", "items differ"])
def test_copies_and_straight_lines_are_found_where_the_form_is_long_enough(name):
    rng = np.random.default_rng(6)
    codes, unit, blocks = honest(name, rng)
    lines = np.arange(0, len(codes), 200)
    codes[lines] = 3.0
    models = PER_UNIT * np.repeat(np.arange(UNITS), 2) + np.tile([11, 57], UNITS)
    copies = models + 100
    codes[copies] = codes[models]
    codes[copies, rng.integers(0, codes.shape[1], len(copies))] = 2.0
    found = flagged(codes, unit, blocks, rng)
    assert len(found["longstring"] & set(lines)) >= 0.9 * len(lines)
    # Where items differ much and people little, a copy of 30 answers often looks like a like mind.
    least = 0.9 if name == "long" else 0.1
    assert len(found["near_duplicate"] & set(copies)) >= least * len(copies), found["near_duplicate"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["satisfied", "strong dimensions", "long"])
def test_a_burst_of_fives_is_found_among_satisfied_customers(name):
    rng = np.random.default_rng(7)
    codes, unit, blocks = honest(name, rng)
    codes[:9] = 5.0
    rows, items = frame(codes, unit, rng)
    rows.loc[:8, "started"] = [f"2026-06-24 19:{40 + 2 * i}:00" for i in range(9)]
    k = len(items)
    form = screening.Form(tuple(items), np.ones(k), np.full(k, 5.0), tuple(blocks), np.zeros(k, dtype=bool))
    found = screening.screen(rows, form, Screening())
    assert set(found.loc[found["rule"] == "burst", "row"] - 2) == set(range(9))


@pytest.mark.slow
def test_a_hundred_thousand_questionnaires_take_seconds():
    import time

    rng = np.random.default_rng(8)
    parts = [honest("ceiling of 20 items", rng)[0] for _ in range(50)]
    unit = np.repeat(np.arange(50), 2000)
    blocks = [f"b{j // 4}" for j in range(20)]
    start = time.perf_counter()
    flagged(np.vstack(parts), unit, blocks, rng)
    assert time.perf_counter() - start < 60  # a few seconds on an idle machine
