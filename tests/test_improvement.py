"""Changes of indicators and scores, families, gates, verdicts."""

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from svclib import columns, framework, improvement
from svclib.errors import InputErrors
from svclib.estimates import Estimate, Part
from svclib.improvement import Comparison
from svclib.scores import NodeDraws

FRAMEWORK = tiny_framework()
COMPARISON = Comparison("old", "new", families=("total", "dimension", "indicator"), composite_mid=2.0)


def natural(*cells, variance=0.01, df=50.0):
    """Estimate of (cycle, subject, indicator, value) cells with independent errors."""
    index = pd.DataFrame([c[:3] for c in cells], columns=["cycle", "subject", "indicator"])
    values = np.array([c[3] for c in cells], dtype=float)
    parts = tuple(Part(np.diag(np.eye(len(cells))[k] * variance), df, str(k)) for k in range(len(cells)))
    return Estimate(index, values, parts, np.full(len(cells), 60), ("",) * len(cells))


def ratings(*cells, design="independent", **options):
    found = improvement.rating_changes(natural(*cells, **options), FRAMEWORK, COMPARISON, design=design)
    return {row["node"]: row for row in found}


def kpi(cycle, indicator, **numbers):
    blank = dict.fromkeys(("value", "numerator", "denominator", "n", "mean", "sd"), np.nan)
    return {"cycle": cycle, "unit": "u", "indicator": indicator, "status": "ok"} | blank | numbers


def records(*rows, system=FRAMEWORK):
    frame = pd.DataFrame(list(rows), columns=list(kpi("", "")))
    return {row["node"]: row for row in improvement.record_changes(frame, system, COMPARISON)}


class TestRatings:
    def test_one_subject_by_hand(self):
        row = ratings(("old", "客户", "环境", 3.0), ("new", "客户", "环境", 3.5))["环境"]
        assert_allclose([row["estimate0"], row["estimate1"], row["change"], row["gain"]], [3, 3.5, 0.5, 0.5])
        # two independent variances of .01, each on 50 df: Satterthwaite gives 100
        assert_allclose([row["se"], row["df"]], [np.sqrt(0.02), 100])
        assert_allclose(row["p_diff"], 2 * stats.t.sf(0.5 / np.sqrt(0.02), 100))
        assert (row["n0"], row["n1"], row["method"], row["reason"]) == (
            60,
            60,
            "linearised",
            "design_independent",
        )

    def test_subjects_keep_their_weights(self):
        row = ratings(
            ("old", "客户", "态度", 3.0), ("old", "内部监督", "态度", 4.0),
            ("new", "客户", "态度", 4.0), ("new", "内部监督", "态度", 4.0),
        )["态度"]  # fmt: skip
        assert_allclose([row["estimate0"], row["estimate1"]], [0.6 * 3 + 0.4 * 4, 4.0])
        assert_allclose(row["se"] ** 2, 2 * 0.01 * (0.36 + 0.16))

    def test_a_subject_of_one_cycle_is_left_out_of_both(self):
        row = ratings(
            ("old", "客户", "态度", 3.0), ("old", "内部监督", "态度", 5.0), ("new", "客户", "态度", 4.0)
        )["态度"]
        assert_allclose([row["estimate0"], row["estimate1"]], [3.0, 4.0])

    def test_no_common_subject_is_not_comparable(self):
        row = ratings(("old", "客户", "态度", 3.0), ("new", "内部监督", "态度", 4.0))["态度"]
        assert (row["verdict"], row["reason"]) == ("not_comparable", "absent_in_one_cycle")


class TestRecords:
    def test_proportion_is_the_score_test_in_percent(self):
        """R4: prop.test 83/86 against 70/82 without correction, p .0113289604."""
        row = records(
            kpi("old", "处理率", numerator=70, denominator=82),
            kpi("new", "处理率", numerator=83, denominator=86),
        )
        found = row["处理率"]
        assert_allclose(found["p_diff"], 0.0113289604, rtol=1e-8)
        assert_allclose([found["estimate0"], found["estimate1"]], [100 * 70 / 82, 100 * 83 / 86])
        assert 0 < found["ci_low"] < found["change"] < found["ci_high"] < 100
        assert (found["method"], found["n0"], found["n1"]) == ("score_test", 82, 86)

    def test_rate_is_exact_and_speaks_in_percent_of_the_baseline(self):
        """R5: poisson.test 11/800 against 21/3011, ratio 1.97148809524 [.8584264034, 4.2772659437]."""
        found = records(
            kpi("old", "事故率", numerator=21, denominator=3011),
            kpi("new", "事故率", numerator=11, denominator=800),
        )["事故率"]
        assert_allclose(found["change"], 97.148809524, rtol=1e-9)
        assert_allclose([found["ci_low"], found["ci_high"]], [-14.15735966, 327.72659437], rtol=1e-7)
        assert found["mid_on"] == "percent"
        assert found["gain"] < 0  # more accidents

    def test_rate_without_baseline_events_has_no_ratio(self):
        found = records(
            kpi("old", "事故率", numerator=0, denominator=1000),
            kpi("new", "事故率", numerator=3, denominator=1000),
        )["事故率"]
        assert np.isnan(found["change"])
        assert np.isnan(found["p_beyond"])
        assert found["p_diff"] <= 1

    def test_means_are_welch(self):
        """R1: R sleep, Welch t −1.8608134675 on 17.7764735162 df, p .0793941401874."""
        found = records(
            kpi("old", "时长", n=10, mean=2.33, sd=2.002248736),
            kpi("new", "时长", n=10, mean=0.75, sd=1.789009657),
        )["时长"]
        assert_allclose([found["df"], found["p_diff"]], [17.7764735, 0.0793941402], rtol=1e-7)
        assert_allclose([found["change"], found["gain"]], [-1.58, 1.58])

    def test_a_bare_value_is_never_tested(self):
        found = records(kpi("old", "时长", value=20), kpi("new", "时长", value=30))["时长"]
        assert (found["method"], found["reason"], found["flags"]) == ("fixed", "bare_value", "fixed")
        assert "p_diff" not in found

    def test_a_census_is_never_tested(self):
        content = tiny_content()
        content["dimensions"]["过程"]["indicators"]["事故率"]["uncertainty"] = "census"
        rows = [kpi(c, "事故率", numerator=3, denominator=1000) for c in ("old", "new")]
        assert records(*rows, system=framework.from_dict(content))["事故率"]["reason"] == "census"

    def test_absent_in_one_cycle_is_not_comparable(self):
        found = records(kpi("new", "时长", value=30))
        assert {row["verdict"] for row in found.values()} == {"not_comparable"}


class TestMid:
    @pytest.mark.parametrize(("mid", "wanted"), [
        ({"value": 0.2}, 0.2), ({"value": 10, "on": "percent"}, 0.3), ({"value": 5, "on": "points"}, 0.2),
    ])  # fmt: skip
    def test_every_measure_becomes_natural_units(self, mid, wanted):
        content = tiny_content()
        content["dimensions"]["体验"]["indicators"]["态度"]["mid"] = mid
        system = framework.from_dict(content)
        cells = natural(("old", "客户", "态度", 3.0), ("new", "客户", "态度", 3.5))
        row = improvement.rating_changes(cells, system, COMPARISON, design="independent")[0]
        assert_allclose(row["mid"], wanted)

    def test_points_on_kinked_anchors_are_refused(self):
        content = tiny_content()
        content["dimensions"]["过程"]["indicators"]["处理率"]["mid"] = {"value": 5, "on": "points"}
        with pytest.raises(
            InputErrors, match=r"处理率.*mid is in points, but the scoring is not one straight line"
        ):
            framework.from_dict(content)


def nodes(**scores):
    return NodeDraws({k: np.atleast_1d(np.asarray(v, dtype=float)) for k, v in scores.items()}, {})


def composite(before, after, *, comparable=True, draws=None):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, 4000)) if draws is None else draws
    drawn = nodes(total=before + noise[0]), nodes(total=after + noise[1])
    points = nodes(total=before), nodes(total=after)
    return improvement.composite_changes(points, drawn, COMPARISON, n=(60, 60), comparable=comparable)[0]


class TestComposites:
    def test_interval_and_p_agree(self):
        for after in (80.0, 82.0, 83.0, 84.0, 86.0):
            row = composite(80.0, after)
            assert (row["p_diff"] < 0.05) == (row["ci_low"] > 0 or row["ci_high"] < 0)
            assert (row["p_beyond"] < 0.05) == (row["ci_low"] > 2 or row["ci_high"] < -2)
            assert (row["p_equiv"] < 0.05) == (row["ci90_low"] > -2 and row["ci90_high"] < 2)

    def test_every_draw_on_a_flat_anchor_leaves_nothing_to_test(self):
        row = composite(100.0, 100.0, draws=np.zeros((2, 500)))
        assert (row["method"], row["reason"]) == ("fixed", "bare_value")

    def test_weights_that_move_with_the_sample_are_not_compared(self):
        assert composite(80.0, 90.0, comparable=False)["verdict"] == "not_comparable"

    def test_no_p_value_is_zero(self):
        assert composite(20.0, 90.0)["p_diff"] > 0


def row(node, *, gain=1.0, level="indicator", **numbers):
    plain = {"unit": "u", "level": level, "node": node, "gain": gain, "n0": 100, "n1": 100, "mid": 0.2}
    return plain | dict.fromkeys(("p_diff", "p_beyond", "p_equiv"), 1.0) | numbers


class TestJudge:
    def verdicts(self, *rows, comparison=COMPARISON):
        table = improvement.judge(list(rows), comparison)
        return columns.checked("changes", table).set_index("node")

    def test_the_order_of_the_verdicts(self):
        found = self.verdicts(
            row("a", p_diff=1e-6, p_beyond=1e-5, level="total"),
            row("b", p_diff=1e-6, p_equiv=1e-4),
            row("c", p_diff=1e-6, level="dimension", gain=-1.0),
            row("d"),
        )
        assert found["verdict"].to_dict() == {
            "a": "improved",
            "b": "equivalent",
            "c": "declined",
            "d": "inconclusive",
        }
        assert found["strength"].to_dict() == {"a": "meaningful", "b": "", "c": "detected", "d": ""}

    def test_families_are_adjusted_apart(self):
        found = self.verdicts(
            row("a", p_diff=0.02), row("b", p_diff=0.5), row("c", p_diff=0.02, level="total")
        )
        assert_allclose(found.loc[["a", "c"], "p_diff_adj"], [0.04, 0.02])
        assert found["n_tests"].to_dict() == {"a": 2, "b": 2, "c": 1}

    def test_a_level_outside_the_families_is_not_adjusted(self):
        found = self.verdicts(
            row("a", p_diff=0.03), row("b", p_diff=0.03), comparison=Comparison("o", "n", families=())
        )
        assert_allclose(found["p_diff_adj"], 0.03)
        assert set(found["family"]) == {"none"}

    def test_a_gate_stands_whatever_the_p_values(self):
        found = self.verdicts(row("a", p_diff=1e-9, verdict="not_comparable", reason="relative_weights"))
        assert found["verdict"].to_list() == ["not_comparable"]
        assert found["p_diff_adj"].isna().all()

    def test_too_few_answers_are_never_equivalent(self):
        found = self.verdicts(row("a", p_equiv=1e-6, n0=29))
        assert found["verdict"].to_list() == ["inconclusive"]
        assert found["flags"].to_list() == ["too_few_for_equivalence"]
        assert self.verdicts(row("a", p_equiv=1e-6, n0=30))["verdict"].to_list() == ["equivalent"]

    def test_the_exact_test_can_only_withhold(self):
        assert self.verdicts(row("a", p_diff=1e-4, p_exact=0.06))["flags"].to_list() == ["exact_withheld"]
        assert self.verdicts(row("a", p_diff=1e-4, p_exact=0.06))["verdict"].to_list() == ["inconclusive"]
        assert self.verdicts(row("a", p_exact=1e-6))["verdict"].to_list() == ["inconclusive"]

    def test_no_declared_mid_is_said(self):
        found = self.verdicts(row("a", p_diff=1e-4, mid=np.nan, p_beyond=np.nan, p_equiv=np.nan))
        assert (found["verdict"].iloc[0], found["flags"].iloc[0]) == ("improved", "mid_not_declared")

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
    @settings(max_examples=30)
    def test_an_untested_row_changes_no_adjusted_p(self, p):
        rows = [row(str(k), p_diff=v) for k, v in enumerate(p)]
        alone = self.verdicts(*rows)["p_diff_adj"]
        more = self.verdicts(*rows, row("z", p_diff=np.nan, p_beyond=np.nan, p_equiv=np.nan))["p_diff_adj"]
        assert_allclose(more.drop("z"), alone)


@given(st.floats(1, 5), st.floats(1, 5))
@settings(max_examples=30)
def test_swapping_the_cycles_turns_the_verdict_round(before, after):
    there = improvement.judge(
        [
            {"unit": "u"} | r
            for r in ratings(("old", "客户", "环境", before), ("new", "客户", "环境", after)).values()
        ],
        COMPARISON,
    )
    back = improvement.judge(
        [
            {"unit": "u"} | r
            for r in ratings(("old", "客户", "环境", after), ("new", "客户", "环境", before)).values()
        ],
        COMPARISON,
    )
    mirror = {"improved": "declined", "declined": "improved"}
    assert [mirror.get(v, v) for v in there["verdict"]] == list(back["verdict"])
    assert_allclose(there["p_diff"], back["p_diff"])


@pytest.mark.parametrize(("better", "target", "values", "gain"), [
    ("high", None, (3.0, 4.0), 1.0), ("low", None, (3.0, 4.0), -1.0),
    ("near", (3.0, 3.5), (4.0, 3.2), 0.5), ("near", (3.0, 3.5), (3.2, 2.5), -0.5),
])  # fmt: skip
def test_gain_points_in_the_good_direction(better, target, values, gain):
    from svclib.improvement.rows import started

    indicator = FRAMEWORK.indicator("环境").model_copy(update={"better": better, "target": target})
    assert_allclose(started(indicator, *values, design="independent")["gain"], gain)
