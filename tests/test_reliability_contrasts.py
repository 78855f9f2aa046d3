"""Differences of reliability between periods, channels and evaluators, over a whole framework."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svclib import factor, reliability
from svclib.columns import TABLES
from svclib.errors import ParamError
from tests.test_reliability_omega import FRAMEWORK, forms

CYCLES = ("2026Q1", "2026Q2")
ITEMS = ["q1", "q2", "q3"]


def by_channel(n=300):
    """One cycle, two channels; on the phone the items of 甲 hold together less."""
    rng = np.random.default_rng(5)
    x = forms(n).query("cycle == '2026Q2'").reset_index(drop=True)
    x["channel"] = np.where(np.arange(len(x)) % 2, "网络", "电话")
    noisy = rng.integers(1, 6, (len(x), 3)).astype(float)
    x.loc[x["channel"] == "电话", ITEMS] = noisy[x["channel"] == "电话"]
    return x


def test_changes_of_a_framework():
    found = reliability.changes(forms(), FRAMEWORK, cycles=CYCLES)
    assert list(found.columns) == list(TABLES["reliability_change"].all_columns)
    assert set(found["dimension"]) == {"甲", "乙", "丙", "丁"}
    known = found[found["stat"] == "alpha"].set_index(["dimension", "variant"])
    assert known.loc[("丁", "raw"), "note"] == "single_item"
    assert known.loc[("甲", "ordinal"), "p_diff"] > 0
    panel = reliability.changes(forms(), FRAMEWORK, cycles=CYCLES, panel=True)
    assert panel.loc[panel["dimension"] == "甲", "n_shared"].eq(300).all()
    gone = forms().assign(q3=lambda d: d["q3"].where(d["cycle"] == "2026Q1"))
    short = reliability.changes(gone, FRAMEWORK, cycles=CYCLES)
    assert short.loc[short["dimension"] == "甲", "note"].str.contains("unanswered_item:q3").all()
    assert reliability.changes(forms().query("cycle == '2026Q2'"), FRAMEWORK, cycles=CYCLES).empty


def test_channels_are_compared_in_pairs():
    x = by_channel()
    found = reliability.groups(x, FRAMEWORK, by="channel")
    assert list(found.columns) == list(TABLES["reliability_groups"].all_columns)
    rows = found.set_index(["dimension", "stat"])
    assert set(rows.index) == {
        ("甲", "alpha"),
        ("甲", "omega"),
        ("乙", "alpha"),
        ("乙", "omega"),
        ("丙", "alpha"),
    }
    row = rows.loc[("甲", "alpha")]
    assert (row["a"], row["b"], row["n0"], row["n1"], row["subject"]) == ("电话", "网络", 150, 150, "客户")
    sides = [reliability.alpha(x.loc[x["channel"] == c, ITEMS])["estimate"].item() for c in ("电话", "网络")]
    assert row["change"] == pytest.approx(sides[1] - sides[0])
    assert row["p_diff_adj"] == pytest.approx(3 * row["p_diff"])  # the smallest of three dimensions
    assert rows.loc[("乙", "alpha"), "p_diff_adj"] > 0.05


def test_evaluators_are_compared_on_what_both_are_asked():
    x = by_channel().assign(subject=lambda d: np.where(d["channel"] == "电话", "专家", "客户"))
    assert reliability.groups(x, FRAMEWORK, by="subject").empty  # 专家 is asked nothing
    both = [i.subjects for d in FRAMEWORK.dimensions for i in d.indicators]
    assert both == [("客户",)] * 4


def test_a_group_with_few_answers_says_so():
    x = by_channel()
    x.loc[5:, "channel"] = "网络"
    found = reliability.groups(x, FRAMEWORK, by="channel")
    assert found["note"].str.contains("small_n|too_few|not_").any()
    assert reliability.groups(x.assign(channel=""), FRAMEWORK, by="channel").empty


def test_an_unknown_grouping_is_refused():
    with pytest.raises(ParamError, match=r"by='渠道'; choose one of \['channel', 'subject'\]"):
        reliability.groups(by_channel(), FRAMEWORK, by="渠道")


def test_many_patterns_of_missing_answers():
    rng = np.random.default_rng(2)
    x = pd.DataFrame(rng.normal(size=(400, 10)))
    assert not factor.sample(x).many_patterns
    assert factor.sample(x.mask(rng.random(x.shape) < 0.4)).many_patterns
