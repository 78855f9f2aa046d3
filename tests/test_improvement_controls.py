"""Pilot units against the others: the difference of linearised changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from svclib import estimates, improvement
from svclib.columns import checked
from svclib.estimates import Estimate, Part
from svclib.improvement import Comparison, Trial
from svclib.scores import natural

FRAMEWORK = tiny_framework()
COMPARISON = Comparison("old", "new")


def changes(*rows, **more):
    """Rows (unit, change, se, df) of indicator 态度."""
    frame = pd.DataFrame(rows, columns=["unit", "change", "se", "df"])
    plain = {"indicator": "态度", "kind": "rating", "measure": "分", "mid": 0.2, "mid_on": "unit",
             "sign": 1.0, "n0": 60, "n1": 60, "reason": "", "flags": ""}  # fmt: skip
    return frame.assign(**plain | more)


def trial(pilots, others, **more):
    plain = {"source": "actions", "unit": "甲", "indicator": "态度", "action": "培训"}
    return Trial(**plain | more, pilots=tuple(pilots), others=tuple(others))


def row(frame, pilots, others):
    table = checked(
        "controlled_changes", improvement.controlled_changes(frame, [trial(pilots, others)], COMPARISON)
    )
    return table.iloc[0]


def test_two_pilots_and_two_others_by_hand():
    found = row(
        changes(("甲", 0.5, 0.1, 50), ("乙", 0.3, 0.1, 50), ("丙", 0.0, 0.2, 40), ("丁", 0.2, 0.2, 40)),
        ["甲", "乙"], ["丙", "丁"],
    )  # fmt: skip
    assert_allclose([found["pilot_change"], found["others_change"], found["net_change"]], [0.4, 0.1, 0.3])
    parts = np.array([0.1, 0.1, 0.2, 0.2]) ** 2 / 4
    assert_allclose(found["se"], np.sqrt(parts.sum()))
    assert_allclose(found["df"], parts.sum() ** 2 / (parts**2 / [50, 50, 40, 40]).sum())
    assert_allclose(found["p_diff"], 2 * stats.t.sf(0.3 / found["se"], found["df"]))
    wide = stats.t.ppf(0.975, 2 * 50) * np.sqrt(parts[:2].sum())  # two equal variances add their df
    assert_allclose([found["pilot_low"], found["pilot_high"]], [0.4 - wide, 0.4 + wide])
    assert (found["n_pilots"], found["n_others"], found["comparison_units"]) == (2, 2, "丙;丁")


def test_new_jersey_and_pennsylvania():
    """Card & Krueger (1994), table 3: 0.59 (0.54) against −2.16 (1.25), a difference of 2.76 (1.36)."""
    found = row(changes(("NJ", 0.59, 0.54, np.inf), ("PA", -2.16, 1.25, np.inf)), ["NJ"], ["PA"])
    assert_allclose([found["net_change"], found["se"]], [2.76, 1.36], atol=0.011)
    assert found["flags"] == "single_comparison"


def test_spread_of_the_others_is_that_of_metafor():
    """BCG trials (Colditz et al. 1994) in R metafor, rma(method="DL"): tau2 0.3088, Q 152.2330 on 12 df."""
    y = [-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394,
         0.4459, -0.0173]  # fmt: skip
    v = [
        0.3256,
        0.1946,
        0.4154,
        0.0200,
        0.0512,
        0.0069,
        0.2230,
        0.0040,
        0.0564,
        0.0730,
        0.0124,
        0.5325,
        0.0714,
    ]
    rest = [(f"u{k}", a, b**0.5, 50.0) for k, (a, b) in enumerate(zip(y, v, strict=True))]
    found = row(changes(("甲", 0.0, 0.1, 50.0), *rest), ["甲"], [unit for unit, *_ in rest])
    assert_allclose(found["tau"] ** 2, 0.3088, rtol=0.01)
    assert found["p_uneven"] < 1e-20
    assert "uneven_comparison" in found["flags"]


def test_units_that_moved_alike_are_not_uneven():
    found = row(changes(*[(u, 0.1, 0.1, 50.0) for u in "甲乙丙丁"]), ["甲"], list("乙丙丁"))
    assert (found["tau"], found["p_uneven"], found["flags"]) == (0.0, 1.0, "")
    assert np.isnan(row(changes(("甲", 0.1, 0.1, 50), ("乙", 0.1, 0.1, 50)), ["甲"], ["乙"])["p_uneven"])


@pytest.mark.parametrize(
    ("net", "verdict", "strength"),
    [(0.5, "improved", "meaningful"), (0.25, "improved", "detected"), (0.0, "equivalent", ""),
     (-0.5, "declined", "meaningful"), (0.12, "inconclusive", "")],
)  # fmt: skip
def test_the_verdicts(net, verdict, strength):
    found = row(changes(("甲", net, 0.05, 90), ("乙", 0.0, 0.05, 90)), ["甲"], ["乙"])
    assert (found["verdict"], found["strength"]) == (verdict, strength)


def test_lower_is_better_is_oriented():
    found = row(changes(("甲", -0.5, 0.05, 90), ("乙", 0.0, 0.05, 90), sign=-1.0), ["甲"], ["乙"])
    assert (found["verdict"], found["gain"]) == ("improved", 0.5)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (changes(("乙", 0.1, 0.1, 50)), "no_pilots"),
        (changes(("甲", 0.1, 0.1, 50)), "no_comparison"),
        (changes(("甲", 0.1, 0.0, 50), ("乙", 0.1, 0.1, 50)), "bare_value"),
        (changes(("甲", 0.1, 0.1, 50), ("乙", 0.1, 0.1, 50), sign=np.nan), "near_target"),
        (changes(("甲", 0.1, 0.1, 50), ("乙", 0.1, 0.1, 50), reason="small_sample"), "small_sample"),
    ],
)
def test_what_cannot_be_compared_is_not_judged(frame, reason):
    found = row(frame, ["甲"], ["乙"])
    assert (found["verdict"], found["reason"]) == ("not_judged", reason)
    assert np.isnan(found["net_change"])
    assert np.isnan(found["p_diff"])


def test_a_unit_that_may_not_be_compared_is_left_out():
    frame = changes(("甲", 0.5, 0.05, 90), ("乙", 0.0, 0.05, 90), ("丙", 9.0, 0.05, 90))
    frame.loc[2, "reason"] = "small_sample"
    found = row(frame, ["甲"], ["乙", "丙"])
    assert (found["net_change"], found["comparison_units"]) == (0.5, "乙")


def test_doubts_of_the_units_travel_and_those_of_their_tests_do_not():
    frame = changes(("甲", 0.5, 0.05, 90), ("乙", 0.0, 0.05, 90), ("丙", 0.0, 0.05, 90))
    frame["flags"] = ["lowest_at_baseline;exact_withheld", "authenticity", ""]
    assert row(frame, ["甲"], ["乙", "丙"])["flags"] == "lowest_at_baseline;authenticity"


def test_all_trials_are_one_family():
    frame = changes(("甲", 0.25, 0.1, 90), ("乙", 0.0, 0.02, 90))
    asked = [trial(["甲"], ["乙"], action=name) for name in ("一", "二")]
    alone, two = (improvement.controlled_changes(frame, t, COMPARISON) for t in (asked[:1], asked))
    assert_allclose(two["p_diff_adj"], 2 * alone["p_diff"].iloc[0])
    assert set(two["n_tests"]) == {2}


UNIT = st.tuples(st.floats(-2, 2), st.floats(0.05, 1), st.floats(5, 200))


@given(st.lists(UNIT, min_size=2, max_size=4), st.lists(UNIT, min_size=2, max_size=4), st.floats(-1, 1))
@settings(max_examples=30, deadline=None)
def test_swapping_turns_the_sign_and_a_common_shift_changes_nothing(tried, rest, shift):
    rows = [(f"p{k}", *u) for k, u in enumerate(tried)] + [(f"o{k}", *u) for k, u in enumerate(rest)]
    names = [[r[0] for r in rows if r[0][0] == side] for side in "po"]
    there, back = row(changes(*rows), *names), row(changes(*rows), *reversed(names))
    moved = row(changes(*[(u, c + shift, se, df) for u, c, se, df in rows]), *names)
    assert_allclose(there["net_change"], -back["net_change"], atol=1e-12)
    assert_allclose([there["se"], there["df"]], [back["se"], back["df"]])
    assert_allclose([moved["net_change"], moved["se"]], [there["net_change"], there["se"]], atol=1e-9)


def test_changes_of_a_unit_keep_subjects_and_records():
    cells = [("old", "客户", "态度", 3.0), ("old", "内部监督", "态度", 4.0), ("new", "客户", "态度", 4.0),
             ("new", "内部监督", "态度", 4.0), ("old", "", "处理率", 90.0), ("new", "", "处理率", 93.0),
             ("new", "", "时长", 20.0)]  # fmt: skip
    index = pd.DataFrame([c[:3] for c in cells], columns=["cycle", "subject", "indicator"])
    part = Part(np.diag(np.full(7, 0.01)), 50.0, "all")
    both = Estimate(index, np.array([c[3] for c in cells]), (part,), np.full(7, 30), ("",) * 7)
    found = pd.DataFrame(improvement.unit_changes(both, FRAMEWORK.indicators, FRAMEWORK, COMPARISON))
    assert found["indicator"].tolist() == ["态度", "处理率"]  # 时长 has no value in the baseline
    assert_allclose(found["change"], [0.6, 3.0])
    assert_allclose(found["se"] ** 2, [2 * 0.01 * (0.36 + 0.16), 0.02])
    assert_allclose(found["mid"], [0.2, 2.0])


def test_an_empty_list_of_trials_is_an_empty_table():
    assert improvement.controlled_changes(changes(), [], COMPARISON).empty


@pytest.mark.slow
def test_where_nothing_differs_five_in_a_hundred_are_claimed():
    """One pilot, two others, all moving by the same truth; ratings of 1-5 with a ceiling."""
    replications, n, units, rng = 1200, 100, 3, np.random.default_rng(20260630)
    names = [f"{r}-{u}" for r in range(replications) for u in range(units)]
    latent = rng.normal(size=(len(names), 2, n)) + np.array([0.0, 0.3])[:, None]
    answers = np.clip(np.rint(3.6 + 1.1 * latent), 1, 5).ravel()
    frame = pd.DataFrame(
        {"unit": np.repeat(names, 2 * n), "cycle": np.tile(np.repeat(["old", "new"], n), len(names)),
         "subject": "客户", "respondent": np.arange(len(answers)).astype(str), "weight": 1.0, "stratum": "",
         "cluster": "", "q04": answers}
    )  # fmt: skip
    indicator = FRAMEWORK.indicator("环境").model_copy(update={"items": ("q04",)})
    found = []
    for name, means in estimates.by_unit(frame, ("q04",), bounds={"q04": (1.0, 5.0)}).items():
        rows = improvement.unit_changes(natural(means, FRAMEWORK), [indicator], FRAMEWORK, COMPARISON)
        found += [{"unit": name, "reason": "", "flags": ""} | r for r in rows]
    asked = [
        trial([f"{r}-0"], [f"{r}-1", f"{r}-2"], indicator="环境", action=str(r)) for r in range(replications)
    ]
    made = improvement.controlled_changes(pd.DataFrame(found), asked, Comparison("old", "new", adjust="none"))
    assert 0.04 <= (made["p_diff"] < 0.05).mean() <= 0.06
