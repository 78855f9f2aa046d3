"""The chain: the demo's planted truths, determinism, comparability, the notebook's context."""

import dataclasses
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_office
from factories import make_answers, tiny_content, tiny_framework
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from svclib import columns, cycle, framework, params
from svclib.cycle import design, steps
from svclib.cycle.state import ALL_UNITS, State
from svclib.errors import DataError, InputErrors, ParamError, StatWarning
from svclib.sources import Inputs, records

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "params" / "demo" / "2026Q2.yaml"
CLAIMS = ["improved", "declined"]


@pytest.fixture(scope="module")
def demo():
    return params.load(DEMO).model_copy(update={"history": ()})


@pytest.fixture(scope="module")
def state(demo):
    return cycle.load(demo)


@pytest.fixture(scope="module")
def tables(state):
    return cycle.evaluate_state(state)


class TestDemo:
    def test_planted_changes_are_found_and_nothing_else_is_claimed(self, tables):
        truth = pd.read_csv(ROOT / "data" / "demo" / "truth.csv")
        planted = truth[truth["quantity"].isin(["planted_change", "planted_direction"])]
        wanted = {
            (r.unit, r.indicator): r.text
            for r in planted.itertuples()
            if r.cycle == "2026Q2" and r.text in CLAIMS
        }
        otherwise = truth[truth["quantity"].isin(["rebound", "induced"])]
        aside = set(zip(otherwise["unit"], otherwise["indicator"], strict=True))
        changes = tables["changes"][tables["changes"]["unit"] != ALL_UNITS]
        claimed = changes[changes["verdict"].isin(CLAIMS)]
        found = {(r.unit, r.node): r.verdict for r in claimed.itertuples()}
        assert {key: verdict for key, verdict in found.items() if key not in aside} == wanted
        assert len(found) >= 10

    def test_what_only_seems_to_change_is_flagged(self, tables):
        changes = tables["changes"].set_index(["unit", "node"])
        back = changes.loc["装卸部"].query("change > 0 and level == 'total'")
        assert back["flags"].str.split(";").map(lambda of: "rtm" in of).all()
        assert (back["rtm_expected"] > 0).all()
        mixed = tables["like_for_like"].query("reversed")
        assert list(zip(mixed["unit"], mixed["indicator"], strict=True)) == [("配送二部", "沟通反馈")]
        assert mixed["change_crude"].iloc[0] < -0.5 < 0 < mixed["change_adjusted"].iloc[0]
        shifted = changes.loc[("配送二部", "沟通反馈")]
        assert shifted["verdict"] == "inconclusive"
        judged_alike = changes[changes["flags"].str.contains("mix_shift")]
        assert set(judged_alike.index.get_level_values("unit")) == {"配送二部"}
        assert not changes["flags"].str.contains("mix_unmatched").any()
        assert "authenticity" in changes.loc[("采购部", "total"), "flags"]

    def test_a_correction_and_induced_answers_decide_grades(self, demo, state, tables):
        grades = tables["grades"].query("cycle == '2026Q2'").set_index("unit")["grade"]
        assert (grades["包装部"], grades["采购部"]) == ("优秀", "良好")
        now = state.inputs["2026Q2"]
        honest = now.responses[now.responses["interviewer"] != "D-05"].reset_index(drop=True)
        sheets = {name: frame for name, frame in now.sheets.items() if name != "audit"}
        uncorrected = now.handed_in["kpis"]
        other = dataclasses.replace(now, responses=honest, sheets=sheets, kpis=uncorrected, handed_in={})
        fewer = demo.model_copy(update={"draws": 500, "baseline": None})
        found = cycle.evaluate_state(State(fewer, {"2026Q2": other}, "", ()))
        told = found["grades"].set_index("unit")["grade"]
        assert (told["包装部"], told["采购部"]) == ("良好", "合格")

    def test_the_lax_inspector_agrees_least_with_those_who_saw_the_same(self, tables):
        truth = pd.read_csv(ROOT / "data" / "demo" / "truth.csv").set_index("quantity")
        rows = tables["agreement"].query("object == 'inspector'")
        for _, found in rows.groupby("stat"):
            assert found.set_index("node")["estimate"].idxmin() == truth.loc["lax_inspector", "text"]
        weak = tables["agreement"].query("object == 'inspections' and stat == 'fleiss'")
        assert weak["judgement"].tolist() == ["weak"]

    def test_spoiled_and_induced_answers_are_marked(self, tables):
        truth = pd.read_csv(ROOT / "data" / "demo" / "truth.csv", encoding="utf-8-sig").query(
            "cycle == '2026Q2'"
        )
        spoiled = truth[truth["quantity"] == "spoiled_rows"].set_index(["unit", "text"])["value"]
        marks = tables["screening"].query("cycle == '2026Q2'").set_index(["unit", "rule"])["n_flagged"]
        assert (marks.loc[spoiled.index] >= spoiled).all()
        in_burst = tables["exclusions"].query("cycle == '2026Q2' and rule == 'burst'")
        assert (set(in_burst["unit"]), len(in_burst)) == ({"采购部"}, 9)
        assert marks.xs("", level="unit")[["longstring", "irv", "even_odd", "near_duplicate"]].sum() <= 5
        far, fast = (
            set(tables["exclusions"].query("cycle == '2026Q2' and rule == @rule")["row"])
            for rule in ("mahalanobis", "speed")
        )
        assert len(far & fast) >= 5  # the speeders of the demo answered at random
        assert len(far - fast) <= 2
        odd = tables["interviewers"].query("unusual")
        assert odd[["cycle", "interviewer"]].to_numpy().tolist() == [["2026Q2", "D-05"]]

    def test_veto_small_unit_constant_kpi_and_inconsistent_expert(self, tables):
        grades = tables["grades"].query("cycle == '2026Q2'").set_index("unit")
        fleet = grades.loc["车队管理部"]
        assert (fleet["by_cut"], fleet["grade"], fleet["reason"]) == ("良好", "不合格", "veto")
        small = grades.loc["应急保障部"]
        assert (small["n"], small["status"], small["grade"]) == (6, "small_sample", "")
        weights = tables["weights"].set_index("node")
        assert abs(weights.loc["安全培训覆盖率", "effective"]) < 1e-12
        failed = tables["consistency"].query("not passed")
        assert list(failed["expert"]) == ["专家E"]
        review = tables["judgement_review"].query("expert == '专家E'").iloc[0]
        assert (review["a"], review["b"]) == ("客户体验", "流程效率")
        assert review["cr_if_fixed"] < 0.1 < review["cr"]

    def test_every_table_is_in_the_inventory(self, tables):
        of_a_run = {name for name, entry in columns.TABLES.items() if entry.step in steps.STEPS}
        assert set(tables) == of_a_run
        for name, frame in tables.items():
            assert_frame_equal(columns.checked(name, frame), frame)

    def test_the_mean_of_all_units_is_the_mean_of_graded_units(self, tables):
        total = tables["totals"].query("node == 'total' and cycle == '2026Q2'").set_index("unit")
        graded = tables["grades"].query("cycle == '2026Q2' and status == 'graded'")["unit"]
        assert_allclose(total.loc[ALL_UNITS, "score"], total.loc[graded, "score"].mean())

    def test_the_same_inputs_give_the_same_tables_in_any_row_order(self, state, tables):
        again = cycle.evaluate_state(state)
        assert set(tables) == set(again)
        for name, frame in tables.items():
            assert_frame_equal(frame, again[name], check_exact=True)
        shuffled = {
            c: dataclasses.replace(i, responses=i.responses.sample(frac=1, random_state=1), kpis=i.kpis[::-1])
            for c, i in state.inputs.items()
        }
        other = cycle.evaluate_state(dataclasses.replace(state, inputs=shuffled))
        for name, frame in tables.items():
            assert_frame_equal(frame, other[name], rtol=1e-9)

    def test_the_review_of_the_indicators_finds_the_constant_kpi(self, state, tables):
        needed = {table: tables[table] for table in design.NEEDS_OF_DESIGN["01"]}
        found = design.STEPS_OF_DESIGN["01"](state, needed)
        assert {columns.TABLES[table].step for table in found} == {"01"}
        truth = pd.read_csv(ROOT / "data" / "demo" / "truth.csv")
        planted = set(truth.loc[truth["quantity"] == "constant_kpi", "indicator"])
        spread = found["indicator_map"].set_index("indicator")
        assert planted == {"安全培训覆盖率"}
        assert planted <= set(spread.index[spread["separation"] == 0])
        dropped = found["proposals"].query("proposal == 'drop'")["indicator"]
        assert planted <= set(dropped)
        weight = tables["weights"].set_index("node")["effective"]
        assert_allclose(spread["effective"], weight[spread.index], atol=1e-12)
        rest = tables["item_analysis"].query("cycle == '2026Q2'").set_index(["subject", "item"])["r_drop"]
        mine = found["item_map"].set_index(["subject", "item"])["r_drop"]
        assert_allclose(mine, rest[mine.index])

    def test_steps_declare_what_they_read(self, state, tables):
        for name, step in steps.STEPS.items():
            found = step(state, {table: tables[table] for table in steps.NEEDS[name]})
            assert {columns.TABLES[table].step for table in found} == {name}


def small_state(content=None, *, answers=None, kpis=None, baseline="2026Q1", **settings):
    """A state of two small cycles without any file."""
    system = framework.from_dict(content or tiny_content())
    wanted = {"draws": 500, "min_responses": 5} | settings
    chosen = params.load(DEMO).model_copy(
        update={"framework": system, "cycle": "2026Q2", "history": (), "baseline": None, **wanted}
    )
    cycles = [c for c in (baseline, "2026Q2") if c]
    inputs = {}
    for k, name in enumerate(cycles):
        rows = make_answers(k, 60, cycle=name) if answers is None else answers(name)
        inputs[name] = Inputs(
            units=pd.DataFrame(
                {c: ["甲", "乙"] if c in ("unit", "name") else ["", ""] for c in records.UNITS}
            ),
            responses=rows,
            kpis=tiny_kpis(name, k) if kpis is None else kpis(name),
            judgments=pd.DataFrame(columns=list(records.JUDGMENTS)),
            sheets={},
            exclusions=columns.empty("exclusions"),
            hashes={},
        )
    return State(chosen, inputs, baseline, ())


def tiny_kpis(name, seed):
    rng = np.random.default_rng(seed)
    rows = []
    for unit in ("甲", "乙"):
        rows += [
            {"indicator": "处理率", "numerator": rng.binomial(400, 0.95), "denominator": 400},
            {"indicator": "事故率", "numerator": rng.poisson(2), "denominator": 8000},
            {"indicator": "时长", "n": 200, "mean": 25 + rng.normal(), "sd": 8.0},
        ]
        for row in rows[-3:]:
            row["unit"] = unit
    frame = pd.DataFrame(rows, columns=list(records.KPIS)).assign(cycle=name, status="ok")
    numbers = list(records.NUMBERS)
    return frame.assign(row=range(2, len(frame) + 2)).astype(dict.fromkeys(numbers, float))


class TestSmall:
    def test_two_cycles_end_to_end(self):
        found = cycle.evaluate_state(small_state())
        assert set(found["changes"]["node"]) == {
            "态度",
            "环境",
            "处理率",
            "事故率",
            "时长",
            "体验",
            "过程",
            "total",
        }
        assert set(found["board"]["unit"]) == {"甲", "乙"}

    def test_a_question_that_got_easier_is_not_an_improvement(self):
        """Item q02 reads a point higher in the second cycle: its dimension is not compared, the rest is."""

        def answers(name):
            rows = make_answers(k := int(name[-1]), 150, cycle=name)
            return rows.assign(subject="客户", q02=np.clip(rows["q02"] + (k == 2), 1, 5))

        found = cycle.evaluate_state(small_state(answers=answers))
        ladder = found["invariance"].query("by == 'cycle' and level == 'scalar'")
        assert list(ladder[["judgement", "worst_item"]].itertuples(index=False, name=None)) == [
            ("fail", "q02")
        ]
        rows = found["changes"].set_index(["unit", "node"]).loc["甲"]
        assert tuple(rows.loc["体验", ["verdict", "reason"]]) == ("not_comparable", "invariance")
        assert "invariance" in rows.loc["态度", "flags"].split(";")
        assert "invariance_part" in rows.loc["total", "flags"].split(";")
        assert "invariance" not in rows.loc["处理率", "flags"]

    def test_a_first_cycle_has_no_changes_and_still_reports(self):
        found = cycle.evaluate_state(small_state(baseline=""))
        assert found["changes"].empty
        assert set(found["board"]["verdict"]) == {"no_last"}
        assert set(found["claims"]["lang"]) == {"zh", "en"}

    def test_only_records(self):
        content = tiny_content()
        del content["dimensions"]["体验"]
        content["dimensions"]["过程"]["weight"] = 1
        blank = make_answers(0, 1).iloc[:0].drop(columns=["q01", "q02", "q03", "q04", "q05"])
        found = cycle.evaluate_state(small_state(content, answers=lambda _: blank))
        assert set(found["grades"]["status"]) == {"graded"}
        assert found["reliability"].empty

    def test_only_ratings(self):
        content = tiny_content()
        del content["dimensions"]["过程"], content["grades"]["limits"]
        content["dimensions"]["体验"]["weight"] = 1
        none = tiny_kpis("x", 0).iloc[:0]
        found = cycle.evaluate_state(small_state(content, kpis=lambda _: none))
        assert set(found["grades"]["status"]) == {"graded"}

    def test_a_unit_of_one_cycle_only_is_not_compared(self):
        def answers(name):
            rows = make_answers(3, 60, cycle=name)
            return rows if name == "2026Q2" else rows[rows["unit"] == "甲"]

        def kpis(name):
            rows = tiny_kpis(name, 1)
            return rows if name == "2026Q2" else rows[rows["unit"] == "甲"]

        found = cycle.evaluate_state(small_state(answers=answers, kpis=kpis))["changes"]
        other = found[found["unit"] == "乙"]
        assert set(other["verdict"]) <= {"not_comparable", "not_judged"}

    def test_a_panel_uses_the_people_in_both_cycles(self):
        def answers(name):
            # the same people and the same tendency, so their answers go together
            rows = make_answers(7, 60, cycle=name)
            noise = np.random.default_rng(len(name) + int(name[-1])).integers(0, 2, size=len(rows))
            return rows.assign(q01=(rows["q01"] - noise).clip(1, 5))

        alone = cycle.evaluate_state(small_state(answers=answers))["changes"]
        paired = cycle.evaluate_state(small_state(answers=answers, panel=True))["changes"]
        pick = ["unit", "node"]
        both = alone.merge(paired, on=pick, suffixes=("", "_panel")).query("node == '环境'")
        assert (both["n_paired_panel"] > 40).all()
        assert (both["n_paired"] == 0).all()
        assert (both["se_panel"] < both["se"]).all()

    def test_ids_of_both_cycles_are_counted_and_not_paired_unless_declared(self):
        with pytest.warns(
            StatWarning, match=r"120 respondent ids occur in both 2026Q1 and 2026Q2 and are not paired"
        ):
            cycle.evaluate_state(small_state())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cycle.evaluate_state(small_state(panel=True))

    def test_declared_clusters_are_the_sampling_units(self):
        def answers(name):
            rows = make_answers(5, 60, cycle=name)
            return rows.assign(cluster=[f"站{k % 12}" for k in range(len(rows))])

        found = cycle.evaluate_state(small_state(answers=answers))["changes"].query("node == '环境'")
        assert set(found["design"]) == {"clusters"}
        assert (found["n_clusters"] == 12).all()
        assert (found["df"] <= 11).all()

    def test_clusters_in_one_cycle_only_are_refused(self):
        def answers(name):
            rows = make_answers(5, 60, cycle=name)
            return rows.assign(cluster="a") if name == "2026Q2" else rows

        with pytest.raises(ParamError, match="filled in one cycle and empty in another"):
            cycle.evaluate_state(small_state(answers=answers))

    def test_weights_that_move_with_the_sample_are_not_compared_unless_pinned(self):
        content = tiny_content()
        content["weights"] = {"method": "entropy"}
        found = cycle.evaluate_state(small_state(content))["changes"]
        assert set(found.query("level != 'indicator'")["verdict"]) == {"not_comparable"}
        content["weights"]["from"] = "2026Q1"
        pinned = cycle.evaluate_state(small_state(content))["changes"]
        assert "not_comparable" not in set(pinned.query("level == 'total'")["verdict"])

    def test_a_pin_to_an_unknown_cycle_is_refused(self):
        content = tiny_content()
        content["weights"] = {"method": "entropy", "from": "2024Q1"}
        with pytest.raises(ParamError, match=r"pinned to cycle '2024Q1'.*add it to history"):
            cycle.evaluate_state(small_state(content))

    @pytest.mark.parametrize("seed", range(20))
    def test_all_indicators_at_exactly_90_are_the_best_grade_for_any_weights(self, seed):
        rng = np.random.default_rng(seed)
        names = [f"指标{k}" for k in range(6)]
        share = rng.dirichlet(np.ones(6))
        shared = {"kind": "amount", "unit": "", "score": {0: 0, 100: 100}}
        content = tiny_content()
        content["dimensions"] = {
            "甲项": {
                "weight": 1,
                "indicators": {n: shared | {"weight": float(w)} for n, w in zip(names, share, strict=True)},
            }
        }
        content["dimensions"]["甲项"]["indicators"][names[-1]]["weight"] = float(1 - sum(share[:-1]))
        del content["grades"]["limits"]

        def kpis(name):
            frame = pd.DataFrame(
                {"unit": "甲", "indicator": names, "value": 90.0}, columns=list(records.KPIS)
            )
            return frame.assign(cycle=name, status="ok", row=2).astype(dict.fromkeys(records.NUMBERS, float))

        blank = make_answers(0, 1).iloc[:0].drop(columns=["q01", "q02", "q03", "q04", "q05"])
        state = small_state(content, answers=lambda _: blank, kpis=kpis, baseline="")
        grades = cycle.evaluate_state(state)["grades"].set_index("unit")
        assert (grades.loc["甲", "published"], grades.loc["甲", "grade"]) == (90.0, "优秀")


class TestBaseline:
    def test_an_older_framework_is_rescored_under_the_current_one_and_said(self, tmp_path):
        for folder in ("params/demo", "data/demo"):
            shutil.copytree(ROOT / folder, tmp_path / folder)
        home = tmp_path / "params" / "demo"
        old = (home / "framework.yaml").read_text(encoding="utf-8")
        (home / "old.yaml").write_text(old.replace("{1: 20, 2: 40,", "{1: 10, 2: 40,"), encoding="utf-8")
        before = (home / "2026Q1.yaml").read_text(encoding="utf-8")
        (home / "2026Q1.yaml").write_text(
            before.replace("framework: framework.yaml", "framework: old.yaml"), encoding="utf-8"
        )
        chosen = params.load(home / "2026Q2.yaml").model_copy(update={"draws": 500, "history": ()})
        state = cycle.load(chosen)
        assert state.rescored == ("2026Q1",)
        found = cycle.evaluate_state(state)
        assert (
            found["changes"]
            .query("node == '服务态度' and verdict != 'not_judged'")["flags"]
            .str.contains("rescored")
            .all()
        )
        same = cycle.evaluate_state(
            cycle.load(params.load(DEMO).model_copy(update={"draws": 500, "history": ()}))
        )
        assert_frame_equal(found["totals"], same["totals"])


class TestContext:
    def test_without_a_run_folder_nothing_is_written(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        shutil.copytree(ROOT / "params", tmp_path / "params")
        shutil.copytree(ROOT / "data", tmp_path / "data")
        before = sorted(p for p in tmp_path.rglob("*"))
        ctx = cycle.open("params/demo/2026Q2.yaml")
        assert ctx.save(ctx.step("10")) == []
        assert sorted(p for p in tmp_path.rglob("*")) == before

    def test_a_run_folder_hands_tables_on(self, tmp_path):
        ctx = cycle.open(str(DEMO), str(tmp_path))
        with pytest.raises(
            DataError, match="table 'exclusions' is not in this run; execute notebook 10 first"
        ):
            ctx.step("20")
        ctx.save(ctx.step("10"))
        assert (tmp_path / "private" / "exclusions.parquet").is_file()
        assert not (tmp_path / "tables" / "exclusions.parquet").exists()
        later = cycle.open(str(DEMO), str(tmp_path))
        assert_frame_equal(later.table("screening"), ctx.table("screening"))

    def test_units_are_parted_by_the_cuts_that_hold_for_them(self, tmp_path):
        own = {"窗口": {"scale": {"优": 95, "良": 85, "中": 70, "差": 0}}}
        office = tiny_office.Office(tmp_path, tiny_office.content() | {"groups": own})
        values = {unit: tiny_office.flat(90) for unit in ("甲", "乙")}
        ctx = cycle.open(str(office.cycle("2026", values, groups={"乙": "窗口"})))
        parts = ctx.by_scale(ctx.table("grades"))
        assert [(name, list(rows["unit"]), cuts["优"]) for name, rows, cuts in parts] == [
            ("", ["甲"], 90),
            ("窗口", ["乙"], 95),
        ]

    def test_wrong_names_are_refused(self):
        ctx = cycle.open(str(DEMO))
        with pytest.raises(ParamError, match="step '15'; choose one of"):
            ctx.step("15")
        with pytest.raises(DataError, match="no table is called 'grade'"):
            ctx.table("grade")
        with pytest.raises(ParamError, match="no unit is called '冷链'"):
            ctx.of_unit("grades", "冷链")
        with pytest.raises(ParamError, match="language='fr'"):
            cycle.open(str(DEMO), language="fr")
        with pytest.raises(InputErrors):
            cycle.open("params/demo/2099Q1.yaml")

    def test_labels_follow_the_language(self):
        ctx = cycle.open(str(DEMO))
        assert (ctx.label("冷链部", "en"), ctx.label("冷链部", "zh")) == ("Cold chain", "冷链部")
        assert (ctx.label(ALL_UNITS, "en"), ctx.label("第十二条", "en")) == ("All units", "Article 12")

    def test_outputs_carry_their_language(self, monkeypatch):
        shown = []
        monkeypatch.setattr("IPython.display.display", lambda made, metadata: shown.append((made, metadata)))
        cycle.open(str(DEMO), language="zh,en").show(lambda lang: lang.upper())
        assert shown == [("ZH", {"lang": "zh"}), ("EN", {"lang": "en"})]


def test_the_tiny_framework_is_the_one_of_the_factory():
    assert small_state().framework.number_hash() == tiny_framework().number_hash()
