"""Review of an indicator system: by hand, published case, property, refusal, every word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from svclib import framework, plots, policy, principles, tables, wording
from svclib.columns import TABLES, checked, empty
from svclib.errors import ParamError
from svclib.principles.criteria import named
from svclib.principles.redundancy import centred, correlations

# Shrout & Fleiss (1979), Psychological Bulletin 86, table 2: six targets, four ratings each.
SHROUT = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
UNITS = [f"u{k:02d}" for k in range(12)]


def table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a result table; what a row lacks is blank."""
    blank = {"str": "", "float": np.nan, "int": 0, "bool": False}
    kinds = empty(name).dtypes.astype(str)
    base = {c: blank[next(k for k in blank if kinds[c].startswith(k))] for c in TABLES[name].all_columns}
    return checked(name, pd.DataFrame([base | row for row in rows], columns=list(base)))


def material(content: dict | None = None, **changes: Any) -> principles.Material:
    """Twelve units on the tiny framework: 态度 and 环境 agree, 事故率 is 0 everywhere, 时长 varies alone."""
    system = framework.from_dict(content or tiny_content())
    rng = np.random.default_rng(1)
    level = np.linspace(2.5, 4.5, 12)
    values = {
        "态度": level,
        "环境": level + 0.01 * rng.standard_normal(12),
        "处理率": np.linspace(99, 85, 12)[rng.permutation(12)],
        "事故率": np.zeros(12),
        "时长": 20 + 5 * rng.standard_normal(12),
    }
    rows = [
        {
            "cycle": cycle, "unit": unit, "indicator": i.name, "dimension": i.dimension, "kind": i.kind,
            "measure": i.unit, "n": 50, "value": v, "se": 0.1, "status": "ok", "score": float(i.points(v)),
        }
        for cycle in ("2026Q1", "2026Q2")
        for i in system.indicators
        for unit, v in zip(UNITS, values[i.name], strict=True)
    ]  # fmt: skip
    local = {i.name: 1 / len(system.indicators) for i in system.indicators}
    weights = [
        {
            "node": n,
            "parent": "x",
            "level": "indicator",
            "global": w,
            "effective": 0.0 if n == "事故率" else w,
        }
        for n, w in local.items()
    ]
    given_: dict[str, Any] = {
        "framework": system,
        "cycle": "2026Q2",
        "answers": answers(),
        "scores": table("indicator_scores", rows),
        "items": table("item_profile", profile(system)),
        "analysis": pd.DataFrame(columns=["cycle", "subject", "item", "r_drop"]),
        "weights": table("weights", weights),
        "targets": table("targets", [t for u in UNITS for t in aims(u)]),
    }
    return principles.Material(**(given_ | changes))


def aims(unit: str) -> list[dict[str, Any]]:
    who = {"cycle": "2026Q2", "unit": unit}
    missed = "met" if unit == UNITS[-1] else "missed"
    return [
        who | {"indicator": "态度", "target": 4.2, "status": missed},
        who | {"indicator": "时长", "target": 60.0, "status": "met"},
    ]


def profile(system: framework.Framework, **changes: dict[str, float]) -> list[dict[str, Any]]:
    """Items as customers answered them; `changes` by column, then item."""
    rows = []
    for i in system.indicators:
        for item in i.items:
            row = {
                "cycle": "2026Q2", "subject": "客户", "item": item, "dimension": i.dimension,
                "indicator": i.name, "n": 90, "missing_share": 0.1, "mean": 3.5, "sd": 1.0,
                "floor_share": 0.05, "ceiling_share": 0.2,
            }  # fmt: skip
            rows.append(row | {c: of[item] for c, of in changes.items() if item in of})
    return rows


def answers(n: int = 120) -> pd.DataFrame:
    """Customers of twelve units; q01 and q02 agree but for a few, q03 to q05 are noise."""
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, (n, 5)).astype(float)
    x[:, 1] = np.where(rng.random(n) < 0.05, x[:, 1], x[:, 0])
    frame = pd.DataFrame(x, columns=["q01", "q02", "q03", "q04", "q05"])
    return frame.assign(cycle="2026Q2", subject="客户", unit=[UNITS[k % 12] for k in range(n)], weight=1.0)


@pytest.fixture(scope="module")
def made():
    """The review of the material as it is."""
    return principles.review(material())


def line(found: pd.DataFrame, criterion: str) -> pd.Series:
    (row,) = found[found["criterion"] == criterion].to_dict("records")
    return pd.Series(row)


class TestSeparation:
    def test_by_hand(self):
        told, note = principles.separation(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2, 0.3]))
        assert_allclose(told, 1 - (0.01 + 0.04 + 0.09) / 3)
        assert note == ""

    @given(st.integers(0, 10_000))
    def test_is_icc_k_of_a_balanced_layout(self, seed):
        x = np.random.default_rng(seed).normal(size=(6, 5)) + np.arange(6)[:, None]
        se = x.std(axis=1, ddof=1) / np.sqrt(5)
        told, _ = principles.separation(x.mean(axis=1), se)
        assert_allclose(told, 1 - 1 / stats.f_oneway(*x).statistic)

    def test_equal_values_separate_nobody(self):
        assert principles.separation(np.array([5.0, 5.0, 5.0]), np.full(3, np.nan)) == (0.0, "")

    def test_pure_noise_is_not_negative(self):
        assert principles.separation(np.array([1.0, 1.1, 1.2]), np.full(3, 9.0))[0] == 0

    @pytest.mark.parametrize(
        ("values", "se", "note"),
        [([1, 2], [0.1, 0.1], "few_units"), ([1, 2, 3], [0.1, np.nan, 0.1], "fixed")],
    )
    def test_says_why_there_is_none(self, values, se, note):
        told, why = principles.separation(np.array(values, float), np.array(se, float))
        assert np.isnan(told)
        assert why == note


class TestIcc:
    def test_shrout_fleiss_1979(self):
        unit = np.repeat(np.arange(6), 4)
        assert_allclose(principles.icc1(SHROUT.ravel(), unit), 0.1657417684, atol=1e-10)

    def test_units_of_unequal_size_by_hand(self):
        # means 1.5, 5; grand 8/3: SSB = 2(7/6)^2 + (7/3)^2 = 49/6, SSW = 0.5, n0 = 3 - 5/3 = 4/3
        found = principles.icc1(np.array([1.0, 2.0, 5.0, np.nan]), np.array(["a", "a", "b", "b"]))
        assert_allclose(found, (49 / 6 - 0.5) / (49 / 6 + 0.5 / 3))

    @pytest.mark.parametrize("x", [[1.0, 2.0, 3.0], [2.0, 2.0, 2.0, 2.0]])
    def test_no_repeats_or_no_variance_gives_none(self, x):
        assert np.isnan(principles.icc1(np.array(x), np.array(["a", "b", "c", "a"][: len(x)])))


class TestRedundancy:
    @given(st.integers(0, 10_000))
    def test_pairwise_correlations_are_those_of_pandas(self, seed):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(30, 4)) + rng.normal(size=(30, 1))
        x[rng.random(x.shape) < 0.2] = np.nan
        r, n = correlations(x, np.ones(30))
        assert_allclose(r, pd.DataFrame(x).corr(), atol=1e-12)
        assert n[0, 1] == (~np.isnan(x[:, :2]).any(axis=1)).sum()

    def test_whole_weights_are_repeated_rows(self):
        x, w = np.random.default_rng(3).normal(size=(20, 3)), np.arange(20) % 3 + 1
        assert_allclose(
            correlations(x, w.astype(float))[0], correlations(np.repeat(x, w, axis=0), np.ones(w.sum()))[0]
        )

    def test_unit_means_are_taken_out(self):
        x = np.array([[1.0, np.nan], [3.0, 4.0], [10.0, 5.0], [np.nan, 7.0]])
        found = centred(x, np.array([3.0, 1.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))
        assert_allclose(found, [[-0.5, np.nan], [1.5, 0.0], [0.0, -1.0], [np.nan, 1.0]])

    def test_good_and_bad_units_do_not_make_items_alike(self):
        rng = np.random.default_rng(4)
        unit = np.repeat(np.arange(12), 10)
        x = 10 * unit[:, None] + rng.normal(size=(120, 2))
        assert correlations(x, np.ones(120))[0][0, 1] > 0.99
        assert abs(correlations(centred(x, np.ones(120), unit), np.ones(120))[0][0, 1]) < 0.3

    def test_the_planted_pairs_are_named(self):
        found = principles.redundancy(material()).set_index(["a", "b"])
        assert found.loc[("态度", "环境"), "judgement"] == "review"
        assert found.loc[("q01", "q02"), "judgement"] == "review"
        assert set(found["judgement"]) == {"review", "adequate", "not_computed"}
        high = found.loc[("态度", "环境")]
        assert_allclose(high["ci_low"], np.tanh(np.arctanh(high["r"]) - stats.norm.ppf(0.975) / 3))

    def test_few_units_agree_by_chance(self):
        base = material()
        few = base.scores[base.scores["unit"].isin(UNITS[:3])]
        found = principles.redundancy(material(scores=few)).set_index(["a", "b"])
        high = found[(found["level"] == "indicator") & (found["r"].abs() >= 0.9)]
        assert (high.loc[high["p_adj"] >= 0.05, "judgement"] == "chance").all()
        assert "chance" in set(high["judgement"])


class TestPrinciples:
    def test_every_line_is_judged_by_its_own_rule(self, made):
        lines = made["principles"]
        assert set(lines["principle"]) == set(principles.PRINCIPLES)
        rules = policy.load().rules
        judged = lines[lines["judgement"] != "told"]
        assert {f"design_{c}" for c in judged["criterion"]} <= set(rules)
        assert set(lines.loc[lines["judgement"] == "told", "criterion"]) == {"data_cost", "revised"}

    def test_the_constant_indicator_is_found(self, made):
        lines = made["principles"]
        constant = line(lines, "constant")
        assert (constant["n_found"], constant["evidence"]) == (1, "found:事故率")
        assert line(lines, "effective_ratio")["evidence"] == "found:事故率"
        drop = made["proposals"].query("proposal == 'drop'")
        assert list(drop["indicator"]) == ["事故率"]

    def test_pairs_are_merged_within_their_dimension(self, made):
        merge = made["proposals"].query("proposal == 'merge'")
        assert set(zip(merge["indicator"], merge["item"], merge["partner"], strict=True)) == {
            ("态度", "", "环境"),
            ("态度", "q01", "q02"),
        }

    def test_what_is_declared(self, made):
        smart = made["smart"].set_index(["indicator", "field"])["present"]
        assert smart["态度", "target"]
        assert smart["态度", "attained"]
        assert not smart["环境", "target"]
        assert not smart["处理率", "attained"]
        assert not smart.xs("frequency", level="field").any()
        frequency = line(made["principles"], "has_frequency")
        assert (frequency["value"], frequency["n_found"], frequency["judgement"]) == (0.0, 5, "review")

    def test_cost_is_said_to_be_unknown(self, made):
        cost = line(made["principles"], "data_cost")
        assert (cost["value"], cost["n_found"], cost["judgement"]) == (5, 3, "told")
        assert cost["evidence"] == "cost_not_declared"

    def test_without_a_baseline_change_is_not_judged(self, made):
        assert line(made["principles"], "continuous")["judgement"] == "not_computed"
        assert line(made["principles"], "unmoved")["evidence"] == "no_baseline"

    def test_against_the_indicators_of_before(self):
        old = tiny_content()
        old["dimensions"]["体验"]["indicators"]["态度"] |= {"scale": [1, 7], "target": 4.0}
        found = principles.review(material(before=framework.from_dict(old), baseline="2026Q1"))["principles"]
        assert line(found, "continuous")["evidence"] == "found:态度"
        assert_allclose(line(found, "continuous")["value"], 0.8)
        assert line(found, "revised")["evidence"] == "found:态度"
        assert line(found, "unmoved")["n_found"] == 5  # the fixture repeats its values

    def test_most_could_not_answer(self):
        system = framework.from_dict(tiny_content())
        gone = {"missing_share": {f"q0{k}": 0.6 for k in range(1, 6)}, "ceiling_share": {"q03": 0.9}}
        made = principles.review(material(items=table("item_profile", profile(system, **gone))))
        block = line(made["principles"], "unanswered_block")
        assert (block["judgement"], block["evidence"]) == ("mostly_unanswered", "found:体验")
        told = made["proposals"].set_index("item")
        assert set(told.loc[["q04"], "proposal"]) == {"filter"}
        assert "rescale" in set(told.loc[["q03"], "proposal"])

    def test_a_weak_item_is_proposed_to_be_dropped(self):
        weak = pd.DataFrame(
            {"cycle": "2026Q2", "subject": "客户", "item": ["q01", "q04"], "r_drop": [0.5, 0.29]}
        )
        told = principles.review(material(analysis=weak))["proposals"].query("reason == 'weak_item'")
        assert list(told[["item", "value", "cut"]].iloc[0]) == ["q04", 0.29, 0.3]
        assert len(told) == 1

    def test_six_units_leave_the_effective_weight_open(self):
        base = material()
        few = base.scores[base.scores["unit"].isin(UNITS[:6])]
        found = principles.review(material(scores=few))["principles"]
        assert line(found, "effective_ratio")["judgement"] == "chance"

    def test_records_alone(self):
        content = tiny_content()
        content["dimensions"].pop("体验")
        content["dimensions"]["过程"]["weight"] = 1
        none = {"answers": answers(0), "items": empty("item_profile"), "targets": empty("targets")}
        made = principles.review(material(content, **none))
        assert made["item_map"].empty
        assert line(made["principles"], "ceiling")["evidence"] == "nothing_to_check"
        assert line(made["principles"], "raters")["evidence"] == "found:过程"

    def test_an_unknown_cycle_is_refused(self):
        with pytest.raises(ParamError, match=r"cycle '2030' is not in the indicator scores; choose .*2026Q1"):
            material(cycle="2030")

    def test_names_cannot_break_the_evidence(self):
        assert named(["a,b;c", "d"]) == "found:a，b；c,d"
        assert named("abcdefg") == "first:a,b,c,d,e"
        assert named([]) == ""


class TestShown:
    @staticmethod
    def label(name: str, lang: str) -> str:
        return framework.from_dict(tiny_content()).label(name, lang)

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_table_and_sentence_has_words(self, made, lang):
        for frame in made.values():
            tables.show(frame, lang, self.label)
        claims = pd.concat(
            [wording.principles(made["principles"], lang, self.label),
             wording.proposals(made["proposals"], lang, self.label)]
        )  # fmt: skip
        assert not claims["text"].str.contains("[{}]|nan|_").any()
        assert claims["claim"].is_unique
        if lang == "zh":
            assert claims["text"].str.contains("有1项指标各单位得分完全相同").any()

    def test_every_criterion_has_its_words(self):
        rules = {name.removeprefix("design_") for name in policy.load().rules if name.startswith("design_")}
        for lang in ("zh", "en"):
            words = tables.words(lang)
            wanted = (rules - {"units"}) | {"data_cost", "revised"}
            assert wanted == set(words["codes"]["criterion"])
            assert wanted <= set(words["templates"]["principles"])

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_figures(self, made, lang):
        pairs = made["redundancy"].query("level == 'indicator'")
        matrix = plots.redundancy_matrix(pairs, lang, self.label, order=["环境", "态度"])
        assert len([p for p in matrix.axes[0].patches if not p.get_fill()]) == 1
        assert ("态度" if lang == "zh" else "Attitude") in matrix.alt
        chart = plots.item_map(made["item_map"], lang, self.label, cut=0.05)
        assert "q01" in chart.alt
        for figure in (matrix, chart):
            assert figure._repr_png_()[1] == {"alt": figure.alt}

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_no_data_is_said(self, lang):
        said = tables.words(lang)["plots"]["no_data"]
        assert said in plots.item_map(empty("item_map"), lang, self.label, cut=0.05).alt
        assert said in plots.redundancy_matrix(empty("redundancy"), lang, self.label).alt
