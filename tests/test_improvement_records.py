"""Changes of times, scattering rates and failures, with their effect sizes; what single answers add."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from test_improvement import COMPARISON, FRAMEWORK, kpi, natural
from test_inference_ratios import MAINTAINED, PLAIN, WOOL_A, WOOL_B

from svclib import improvement, inference, weights
from svclib.cycle import change
from svclib.cycle.grading import Side
from svclib.improvement.records import NOTHING

COUNTED = {"se": np.nan, "df": np.nan, "scale": "", "method": "", "note": ""}


def records(*rows, system=FRAMEWORK, evidence=NOTHING):
    frame = pd.DataFrame([COUNTED | row for row in rows])
    found = improvement.record_changes(frame, system, COMPARISON, evidence)
    return {row["node"]: row for row in found}


def time(cycle, hours, method="geometric", note=""):
    logs = np.log(hours)
    value, n = float(np.exp(logs.mean())), len(hours)
    error = value * logs.std(ddof=1) / np.sqrt(n)
    row = kpi(cycle, "时长", value=value, n=float(n))
    return row | {"se": error, "df": n - 1.0, "scale": "log", "method": method, "note": note}


def measuring(measure):
    """The tiny framework, its duration counting events."""
    own = [
        i.model_copy(update={"source": "events", "measure": measure}) if i.name == "时长" else i
        for i in FRAMEWORK.indicators
    ]
    return SimpleNamespace(indicators=own)


class TestTimes:
    def test_geometric_means_are_compared_as_a_ratio(self):
        """R t.test(log(breaks) ~ wool, warpbreaks): ratio [.91807, 1.47666], p .2041025168."""
        found = records(time("old", WOOL_B), time("new", WOOL_A))["时长"]
        assert_allclose([found["ci_low"], found["ci_high"]], [-8.19258222, 47.66621277], rtol=1e-7)
        assert_allclose([found["p_diff"], found["df"]], [0.2041025168485, 47.76658310739], rtol=1e-9)
        assert (found["method"], found["reason"], found["mid_on"]) == (
            "ratio_geometric", "kind_duration", "percent",
        )  # fmt: skip
        assert found["gain"] < 0  # longer
        assert (found["effect_name"], found["n0"], found["n1"]) == ("time_ratio", 27, 27)
        assert_allclose(found["effect_size"], 1 + found["change"] / 100)

    def test_medians_are_named_as_such(self):
        rows = (time(c, t, "kaplan_meier") for c, t in (("old", WOOL_B), ("new", WOOL_A)))
        assert records(*rows)["时长"]["method"] == "ratio_median"

    def test_the_logrank_test_counts_what_is_open_in_the_direction_of_the_change(self):
        """R survdiff of aml: two-sided p .0653; the other way round it says nothing for the change."""
        evidence = improvement.Evidence({("old", "时长"): PLAIN, ("new", "时长"): MAINTAINED}, {})
        longer = records(time("old", [9, 10, 11]), time("new", [19, 20, 21]), evidence=evidence)["时长"]
        assert_allclose(longer["p_logrank"], 0.065339322, rtol=1e-6)
        shorter = records(time("old", [19, 20, 21]), time("new", [9, 10, 11]), evidence=evidence)["时长"]
        assert shorter["p_logrank"] == 1

    def test_nothing_open_needs_no_logrank_test(self):
        done = inference.Survival(np.array([1.0, 2.0]), np.array([True, True]))
        evidence = improvement.Evidence({("old", "时长"): done, ("new", "时长"): done}, {})
        assert "p_logrank" not in records(time("old", WOOL_B), time("new", WOOL_A), evidence=evidence)["时长"]

    @pytest.mark.parametrize(("flag", "p", "verdict"), [
        ("many_open", 0.2, "inconclusive"), ("many_open", 0.01, "declined"), ("", 0.2, "declined"),
    ])  # fmt: skip
    def test_the_whole_curve_may_withhold_where_many_are_open(self, flag, p, verdict):
        row = {
            "unit": "u",
            "level": "indicator",
            "node": "时长",
            "gain": -1.0,
            "n0": 90,
            "n1": 90,
            "mid": 5.0,
        }
        row |= {"p_diff": 1e-4, "p_beyond": 1e-3, "p_equiv": 1.0, "p_logrank": p, "flags": flag}
        found = improvement.judge([row], COMPARISON).iloc[0]
        assert found["verdict"] == verdict
        assert ("logrank_withheld" in found["flags"]) == (verdict == "inconclusive")

    @given(st.floats(0.2, 5))
    @settings(max_examples=20)
    def test_the_unit_of_time_does_not_matter(self, unit):
        """Without a MID in units, minutes and hours give the same percent and the same p."""
        plain = FRAMEWORK.indicator("时长").model_copy(update={"mid": None})
        system = SimpleNamespace(indicators=[plain])
        one, other = (
            records(time("old", np.array(WOOL_B) * u), time("new", np.array(WOOL_A) * u), system=system)[
                "时长"
            ]
            for u in (1.0, unit)
        )
        for column in ("change", "ci_low", "ci_high", "p_diff"):
            assert_allclose(one[column], other[column], rtol=1e-9)


class TestRates:
    COUNTS = (
        kpi("old", "事故率", numerator=21, denominator=3011),
        kpi("new", "事故率", numerator=6, denominator=3000),
    )

    def test_scatter_over_the_threshold_only_takes_certainty_away(self):
        exact = records(*self.COUNTS)["事故率"]
        below = records(*self.COUNTS, evidence=improvement.Evidence({}, {"事故率": (15.0, 10.0)}))["事故率"]
        above = records(*self.COUNTS, evidence=improvement.Evidence({}, {"事故率": (30.0, 10.0)}))["事故率"]
        assert (exact["method"], below["method"], above["method"]) == (
            "rate_exact", "rate_exact", "rate_scattered",
        )  # fmt: skip
        assert exact["p_diff"] == below["p_diff"] < 0.05 < above["p_diff"]
        assert np.isnan(exact["dispersion"])
        assert (below["dispersion"], above["dispersion"]) == (1.5, 3.0)
        assert above["ci_low"] < exact["ci_low"] < exact["ci_high"] < above["ci_high"]

    def test_effect_is_the_rate_ratio(self):
        found = records(*self.COUNTS)["事故率"]
        assert found["effect_name"] == "rate_ratio"
        assert_allclose(found["effect_size"], (6 / 3000) / (21 / 3011))
        assert found["effect_low"] < found["effect_size"] < found["effect_high"]

    def test_time_between_failures_is_the_exact_test_turned_over(self):
        """R poisson.test: 4 in 1500 h against 5 in 1000 h, ratio of rates .53333 [.10583, 2.47786]."""
        rows = [kpi("old", "时长", value=200.0, n=5.0), kpi("new", "时长", value=375.0, n=4.0)]
        logs = {"se": 1.0, "df": np.inf, "scale": "log", "method": "poisson"}
        found = records(*(r | logs for r in rows), system=measuring("mtbf"))["时长"]
        assert_allclose(1 + found["change"] / 100, 1 / 0.5333333333)
        limits = [1 + found[c] / 100 for c in ("ci_low", "ci_high")]
        assert_allclose(limits, [1 / 2.4778612431, 1 / 0.1058284849], rtol=1e-8)
        assert (found["method"], found["reason"], found["n0"], found["n1"]) == (
            "rate_exact",
            "kind_mtbf",
            5,
            4,
        )

    def test_no_failure_at_all_in_one_period_is_still_tested(self):
        rows = kpi("old", "时长", value=100.0, n=12.0), kpi("new", "时长", value=1200.0, n=0.0)
        found = records(*rows, system=measuring("mtbf"))["时长"]
        assert found["p_diff"] < 0.01


def test_effects_of_shares_and_means():
    rows = [
        kpi("old", "处理率", numerator=70, denominator=82),
        kpi("new", "处理率", numerator=83, denominator=86),
    ]
    rows += [kpi("old", "时长", n=10, mean=2.33, sd=2.0), kpi("new", "时长", n=10, mean=0.75, sd=1.8)]
    found = records(*rows)
    share, mean = found["处理率"], found["时长"]
    assert share["effect_name"] == "share_difference"
    assert_allclose(share["effect_size"], 83 / 86 - 70 / 82)
    assert mean["effect_name"] == "hedges_g"
    assert mean["effect_low"] < mean["effect_size"] < 0
    assert_allclose(mean["effect_size"], -1.58 / np.sqrt((4 + 3.24) / 2), rtol=0.05)


# --- single answers


def answers(*, old, new, ids=None, weight=1.0, cluster="", subject="客户"):
    """Questionnaires on 环境 (q04, q05), both items answered alike."""
    x = np.array([*old, *new], dtype=float)
    n = len(x)
    rows = pd.DataFrame({"q04": x, "q05": x, "cycle": ["old"] * len(old) + ["new"] * len(new)})
    names = ids or [f"r{k}" for k in range(n)]
    return rows.assign(subject=subject, respondent=names, weight=weight, cluster=cluster)


def told(rows, *, panel=False):
    rated = [FRAMEWORK.indicator("环境")]
    found = improvement.answers_of(rows.assign(unit="u"), rated, panel=panel, current=COMPARISON.cycle)
    return improvement.told(found["u"], confidence=0.95)[0]


def test_spread_and_superiority_by_hand():
    """Of 3 × 2 pairs the later answer is higher in three and equal in two; SD √((2 + ½)/3)."""
    found = told(answers(old=[3, 4, 5], new=[4, 5]))
    assert_allclose(found["p_superiority"], (3 + 2 / 2) / 6)
    assert_allclose(found["sd"], np.sqrt((2 + 0.5) / 3))
    assert_allclose(found["p_exact"], inference.midp_permutation(np.array([3.0, 4, 5]), np.array([4.0, 5])))


def test_a_full_panel_flips_the_signs_of_its_differences():
    before, after = [3, 2, 4, 3, 2], [4, 4, 5, 4, 2]
    found = told(answers(old=before, new=after[::-1], ids=[*"abcde", *"edcba"]), panel=True)
    assert_allclose(found["p_exact"], inference.midp_sign_flip(np.array(after) - np.array(before)))
    assert "superiority_low" not in found


def test_ids_that_start_anew_are_not_paired_unless_a_panel_is_declared():
    rows = answers(old=[3, 2, 4], new=[4, 4, 5], ids=[*"abc", *"abc"])
    assert_allclose(
        told(rows)["p_exact"], inference.midp_permutation(np.array([3.0, 2, 4]), np.array([4.0, 4, 5]))
    )


def test_a_panel_that_lost_people_has_no_exact_test():
    rows = answers(old=[3, 2, 4], new=[4, 4], ids=[*"abc", *"ab"])
    assert np.isnan(told(rows, panel=True)["p_exact"])


@pytest.mark.parametrize("how", [{"weight": [1, 1, 1, 1, 2.0]}, {"cluster": [*"ppqqq"]}])
def test_weights_and_clusters_leave_only_the_spread(how):
    assert set(told(answers(old=[3, 4, 5], new=[4, 5], **how))) == {"sd"}


def test_nobody_in_one_cycle_tells_nothing_of_a_change():
    assert set(told(answers(old=[], new=[4, 5]))) == {"sd"}


# --- families and composites


def test_each_of_the_three_p_values_is_adjusted_in_its_family():
    p = np.array([[0.01, 0.04, 0.5], [0.03, 0.2, 0.011], [0.6, 0.013, 0.9]])
    blank = {"unit": "u", "level": "indicator", "gain": 1.0, "n0": 99, "n1": 99, "mid": 1.0}
    names = ("p_diff", "p_beyond", "p_equiv")
    rows = [blank | {"node": str(k)} | dict(zip(names, row, strict=True)) for k, row in enumerate(p)]
    found = improvement.judge(rows, COMPARISON)
    for name, column in zip(names, p.T, strict=True):
        assert_allclose(found[f"{name}_adj"], inference.adjust(column, "holm"))
    assert set(found["family"]) == {"indicator"}


def test_a_composite_change_uses_what_both_cycles_have_under_one_weight_vector():
    """环境 answered in the baseline alone, 态度 by inspectors only now: neither enters either score."""
    cells = [("old", "客户", "态度", 3.0), ("new", "客户", "态度", 4.0), ("new", "内部监督", "态度", 1.0)]
    cells += [("old", "客户", "环境", 5.0), ("old", "", "处理率", 90.0), ("new", "", "处理率", 90.0)]
    both = natural(*cells)
    state = SimpleNamespace(compared=("old", "new"), params=SimpleNamespace(draws=200, seed=1))
    side = Side("", ["u"], tiny_framework(), weights.resolve(FRAMEWORK))
    points, drawn = change._nodes(state, "u", both, side, COMPARISON)
    # 态度 50 then and 75 now, 处理率 60: total .6·态度 + .4·处理率 in both cycles
    assert_allclose([points[k].scores["体验"][0] for k in (0, 1)], [50, 75])
    assert_allclose(
        [points[k].scores["total"][0] for k in (0, 1)], [0.6 * 50 + 0.4 * 60, 0.6 * 75 + 0.4 * 60]
    )
    assert drawn[0].scores["total"].shape == (200,)
    more = replace(both, value=np.where(both.value == 5.0, 1.0, both.value))
    again, _ = change._nodes(state, "u", more, side, COMPARISON)
    assert_allclose(again[0].scores["total"], points[0].scores["total"])
