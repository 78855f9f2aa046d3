"""Raking to known margins: by hand, against R's survey package, properties, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib.comparability import kish, misfit, rake, residuals
from svclib.errors import DataError

# apiclus1 of R survey 4.1.1 (183 schools): stype, sch.wide, schools, sum of api00.
SCHOOLS = (("E", "No", 12, 7156), ("H", "No", 3, 1978), ("M", "No", 8, 4851),
           ("E", "Yes", 132, 86281), ("H", "Yes", 11, 6682), ("M", "Yes", 17, 10935))  # fmt: skip
STYPE = {"E": 4421.0, "H": 755.0, "M": 1018.0}


def schools() -> pd.DataFrame:
    rows = [(a, b, total / n) for a, b, n, total in SCHOOLS for _ in range(n)]
    return pd.DataFrame(rows, columns=["stype", "wide", "api00"]).assign(weight=33.8469963074)


def test_one_margin_by_hand():
    sample = pd.DataFrame({"channel": list("ppo"), "weight": [1.0, 3.0, 2.0]})
    got = rake(sample, {"channel": {"p": 40, "o": 60}})
    assert got.weight == pytest.approx([10, 30, 60])
    assert got.design_effect == pytest.approx(3 * (100 + 900 + 3600) / 10000)
    assert got.rounds == 1


def test_survey_package():
    # survey::rake(apiclus1, list(~stype, ~sch.wide), margins), R 4.2.2.
    sample = schools()
    got = rake(sample, {"stype": STYPE, "wide": {"No": 1072, "Yes": 5122}})
    found = (39.8392362471, 67.1255292412, 49.0690721639, 29.8706754927, 50.3294011160, 36.7910248641)
    wanted = {(a, b): weight for (a, b, *_), weight in zip(SCHOOLS, found, strict=True)}
    of = sample.assign(made=got.weight).groupby(["stype", "wide"])["made"].first()
    assert of.to_dict() == pytest.approx(wanted, abs=1e-6)
    assert np.average(sample["api00"], weights=got.weight) == pytest.approx(641.2303209268, abs=1e-6)
    assert got.design_effect == pytest.approx(1.0516566956, abs=1e-8)
    # survey::postStratify by stype alone.
    alone = rake(sample, {"stype": STYPE})
    assert np.average(sample["api00"], weights=alone.weight) == pytest.approx(642.3107882116, abs=1e-8)


def test_error_of_a_raked_mean(shared_data):
    """survey::svymean(~api00, rake(dclus1, ...)): SE 23.7036168879, 15 of 757 districts drawn."""
    frame = pd.read_csv(shared_data / "r_survey_api" / "apiclus1.csv").rename(columns={"sch.wide": "wide"})
    sample = frame[["stype", "wide", "dnum", "api00"]].assign(weight=frame["pw"])
    margins = {"stype": STYPE, "wide": {"No": 1072.0, "Yes": 5122.0}}
    made = rake(sample, margins).weight
    left = residuals(sample, sample[["api00"]].to_numpy(dtype=float), margins)[:, 0]
    score = pd.Series(made * left / made.sum()).groupby(sample["dnum"].to_numpy()).sum()
    se = np.sqrt((1 - 15 / 757) * 15 / 14 * ((score - score.mean()) ** 2).sum())
    assert se == pytest.approx(23.7036168879, abs=1e-8)


def test_residuals_of_one_margin_by_hand():
    """Distances from the weighted mean of the own category; what nobody answered stays empty."""
    sample = pd.DataFrame({"channel": list("ppoo"), "weight": [1.0, 3.0, 2.0, 2.0]})
    values = np.array([[2.0, np.nan], [4.0, 1.0], [5.0, 3.0], [1.0, 5.0]])
    left = residuals(sample, values, {"channel": {"p": 1, "o": 1}})
    assert left[:, 0] == pytest.approx([-1.5, 0.5, 2.0, -2.0])
    assert left[:, 1] == pytest.approx([np.nan, 0.0, -1.0, 1.0], nan_ok=True)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0.2, 5)), max_size=30),
    st.floats(0.1, 0.9),
    st.lists(st.floats(0.2, 1), min_size=3, max_size=3),
)
def test_margins_are_met_and_design_effect_is_at_least_one(rows, share, thirds):
    full = [(a, b, 1.0) for a in "ab" for b in "xyz"]
    sample = pd.DataFrame([*rows, *full], columns=["channel", "segment", "weight"])
    margins = {
        "channel": {"a": share, "b": 1 - share},
        "segment": dict(zip("xyz", np.array(thirds) / sum(thirds), strict=True)),
    }
    got = rake(sample, margins)
    for name, of in margins.items():
        sums = pd.Series(got.weight).groupby(sample[name].to_numpy()).sum()
        assert sums.to_dict() == pytest.approx(of, abs=1e-8)
    assert got.design_effect >= 1 - 1e-12
    # Weights that meet the margins are left alone.
    again = rake(sample.assign(weight=got.weight), margins)
    assert again.weight == pytest.approx(got.weight, abs=1e-8)


def test_kish_of_equal_weights_is_one():
    assert kish(np.full(7, 3.0)) == pytest.approx(1)
    assert np.isnan(kish(np.array([])))


def test_refusals():
    sample = pd.DataFrame({"channel": list("pq"), "weight": 1.0})
    assert misfit(sample, {"channel": {"p": 1, "q": 1}}) == []
    with pytest.raises(
        DataError, match="channel 'q': answers, but no margin; channel 'o': a margin, but no answers"
    ):
        rake(sample, {"channel": {"p": 1, "o": 1}})
    with pytest.raises(
        DataError, match="no column segment; margins do not sum to the same: channel 2, segment 3"
    ):
        rake(sample, {"channel": {"p": 1, "q": 1}, "segment": {"a": 3}})
    with pytest.raises(DataError, match="weight must be above 0 in every row"):
        rake(sample.assign(weight=[0.0, 1.0]), {"channel": {"p": 1, "q": 1}})
    with pytest.raises(DataError, match="no margin is given"):
        rake(sample, {})
    apart = pd.DataFrame({"channel": list("pq"), "segment": list("xy"), "weight": 1.0})
    with pytest.raises(DataError, match="after 1000 rounds a margin is still off by"):
        rake(apart, {"channel": {"p": 1, "q": 3}, "segment": {"x": 3, "y": 1}})
