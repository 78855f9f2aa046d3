"""The rules of an office through the whole chain, from its files to its tables; numbers by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tiny_office import Office, answers, content, evaluated, flat, graded, rated

from svclib import cycle, params, sources
from svclib.errors import DataError, InputErrors, ParamError

PERIOD = {"start": "2026-04-01", "end": "2026-06-30"}


def total(tables: dict[str, pd.DataFrame], name: str = "2026Q2") -> dict[str, float]:
    """Total of every unit in one cycle."""
    rows = tables["totals"]
    mine = rows[(rows["cycle"] == name) & (rows["node"] == "total") & (rows["unit"] != "*")]
    return dict(zip(mine["unit"], mine["score"], strict=True))


def census(plan: dict[str, Any]) -> dict[str, Any]:
    """A framework whose values carry no sampling error, so that every draw is the value itself."""
    dimensions = {
        name: body | {"indicators": {k: i | {"uncertainty": "普查"} for k, i in body["indicators"].items()}}
        for name, body in plan["dimensions"].items()
    }
    return plan | {"dimensions": dimensions}


def said(tables: dict[str, pd.DataFrame], unit: str, lang: str = "zh") -> str:
    """The sentences on the grade of one unit."""
    claims = tables["claims"]
    mine = claims[claims["template"].str.startswith("grade.") & (claims["lang"] == lang)]
    return "\n".join(text for text in mine["text"] if text.startswith(unit))


# ---- groups

ROW = {"准时": 80, "整洁": 90, "产量": 100, "节约": 0}


def test_groups_weigh_leave_out_and_cut_for_themselves(tmp_path: Path):
    own = {
        "exclude": ["节约"],
        "weights": {"服务": 30, "效率": 70},
        "scale": {"优": 88, "良": 78, "中": 60, "差": 0},
    }
    office = Office(tmp_path, content() | {"groups": {"支持": own}})
    values = {"甲": ROW, "乙": ROW, "丙": ROW | {"产量": 90}, "丁": ROW | {"产量": 93.75, "节约": 93.75}}
    tables = evaluated(office.cycle("2026Q2", values, groups={"乙": "支持", "丙": "支持"}))
    # 甲 0.6·85 + 0.4·(0.7·100 + 0.3·0); 乙 0.3·85 + 0.7·100; 丙 0.3·85 + 0.7·90; 丁 0.6·85 + 0.4·93.75
    assert total(tables) == pytest.approx({"甲": 79.0, "乙": 95.5, "丙": 88.5, "丁": 88.5})
    rows = graded(tables)
    assert rows["grade"].to_dict() == {"甲": "中", "乙": "优", "丙": "优", "丁": "良"}  # one score, two cuts
    assert rows["rank"].to_dict() == {"甲": 4, "乙": 1, "丙": 2, "丁": 2}
    assert rows["group_rank"].to_dict() == {"甲": 2, "乙": 1, "丙": 2, "丁": 1}
    assert rows.loc["丁", ["next_grade", "distance"]].tolist() == ["优", 1.5]
    used = tables["contributions"].set_index(["unit", "indicator"])["weight"]
    assert_allclose(used["甲"][["准时", "产量", "节约"]], [0.3, 0.28, 0.12])
    assert_allclose(used["乙"][["准时", "产量"]], [0.15, 0.7])
    assert "节约" not in used["乙"].index
    weights = tables["weights"].set_index(["group", "node"])["local"]
    assert_allclose(weights.loc[[("", "服务"), ("支持", "服务"), ("支持", "产量")]], [0.6, 0.3, 1.0])


def test_what_a_group_leaves_out_is_no_zero_in_the_weights_of_the_others(tmp_path: Path):
    """Entropy of 产量 and 节约 over 甲, 丙 and 丁: 乙 has no 节约, which is not 缺报."""
    plan = content() | {"groups": {"支持": {"exclude": ["节约"]}}, "missing": {"not_reported": "zero"}}
    plan["dimensions"]["效率"]["weights"] = {"method": "entropy"}
    values = {"甲": ROW | {"节约": 40}, "乙": {"准时": 80, "整洁": 90, "产量": 30}, "丙": ROW | {"节约": 80},
              "丁": ROW | {"产量": 60, "节约": 60}}  # fmt: skip
    found = evaluated(Office(tmp_path, plan).cycle("2026Q2", values, groups={"乙": "支持"}))["weights"]
    shares = np.array([[100, 100, 60], [40, 80, 60]]) / np.array([[260], [180]])
    spread = 1 + (shares * np.log(shares)).sum(axis=1) / np.log(3)
    weights = found[found["group"] == ""].set_index("node")["local"]
    assert_allclose(weights[["产量", "节约"]].to_numpy(), spread / spread.sum())
    assert found[found["group"] == ""]["effective"].notna().all()


def test_an_ad_hoc_cycle_keeps_the_rules_of_its_groups(tmp_path: Path):
    office = Office(tmp_path, content() | {"groups": {"支持": {"weights": {"服务": 30, "效率": 70}}}})
    scope = {"event": "检查", "day": "2026-05-02", "indicators": ["准时", "产量"],
             "window": {"start": "2026-05-01", "end": "2026-05-31"}}  # fmt: skip
    path = office.cycle(
        "check", {"甲": {"准时": 80, "产量": 100}, "乙": {"准时": 80, "产量": 100}},
        groups={"乙": "支持"}, kind="ad_hoc", scope=scope,
    )  # fmt: skip
    assert total(evaluated(path), "check") == pytest.approx({"甲": 88.0, "乙": 94.0})


# ---- population weights


def test_population_weights_make_the_score_the_weighted_mean_of_the_channels(tmp_path: Path):
    office = Office(tmp_path, rated())
    marks = {"电话": [5] * 10, "网络": [3] * 30}
    issued = [{"部门": "甲", "渠道": c, "总体数": p} for c, p in (("电话", 300), ("网络", 100))]
    sheets = {"responses": answers("甲", marks), "collection": issued}
    plain = evaluated(office.cycle("2026Q1", {"甲": {}}, sheets=sheets))
    weighted = evaluated(
        office.cycle("2026Q2", {"甲": {}}, sheets=sheets, collection={"population_weights": True})
    )
    assert total(plain, "2026Q1") == pytest.approx({"甲": 62.5})  # (10·5 + 30·3) / 40 = 3.5
    assert total(weighted) == pytest.approx({"甲": 87.5})  # 0.75·5 + 0.25·3 = 4.5
    assert graded(weighted).loc["甲", "grade"] == "良"
    assert_allclose(weighted["mix"].set_index("channel").loc[["电话", "网络"], "weight"], [3.0, 1 / 3])


# ---- buffer


def buffered(points: float = 1) -> dict[str, Any]:
    found = content()
    found["grades"]["buffer"] = points
    return found


def test_the_buffer_keeps_the_last_grade_and_names_it(tmp_path: Path):
    office = Office(tmp_path, census(buffered()))
    before = {"甲": 90.2, "乙": 85, "丙": 85, "丁": 90.2, "戊": 50}
    after = {"甲": 89.4, "乙": 90.5, "丙": 91, "丁": 89, "戊": 90.5}
    office.cycle("2026Q1", {u: flat(x) for u, x in before.items()})
    tables = evaluated(office.cycle("2026Q2", {u: flat(x) for u, x in after.items()}, baseline="2026Q1.yaml"))
    rows = graded(tables)
    assert rows["by_cut"].to_dict() == {"甲": "良", "乙": "优", "丙": "优", "丁": "良", "戊": "优"}
    # 丙 and 丁 are a whole point beyond the cut of 90; 戊 comes from far below it
    assert rows["grade"].to_dict() == {"甲": "优", "乙": "良", "丙": "优", "丁": "良", "戊": "优"}
    assert rows["reason"].to_dict() == {
        "甲": "buffer", "乙": "buffer", "丙": "by_cut", "丁": "by_cut", "戊": "by_cut"
    }  # fmt: skip
    assert rows["last_grade"].to_dict() == {"甲": "优", "乙": "良", "丙": "良", "丁": "优", "戊": "差"}
    assert "保持上期的优" in said(tables, "甲")
    assert "保持上期的良" in said(tables, "乙")
    assert "保持" not in said(tables, "丙")
    odds = tables["grade_probability"].query("unit == '甲' and cycle == '2026Q2'").set_index("grade")
    assert odds.loc["优", "probability"] == 1  # values without spread: every draw is kept too


def test_the_last_grade_may_itself_have_been_kept(tmp_path: Path):
    office = Office(tmp_path, buffered())
    for name, points in (("2025Q4", 90.5), ("2026Q1", 89.6)):
        office.cycle(name, {"甲": flat(points)})
    chain = {"baseline": "2026Q1.yaml", "history": ["2025Q4.yaml"]}
    tables = evaluated(office.cycle("2026Q2", {"甲": flat(89.7)}, **chain))
    assert graded(tables, "2026Q1").loc["甲", ["by_cut", "grade", "reason"]].tolist() == [
        "良",
        "优",
        "buffer",
    ]
    assert graded(tables).loc["甲", ["by_cut", "grade", "reason"]].tolist() == ["良", "优", "buffer"]
    past = tables["history"].query("node == 'total' and unit == '甲'").set_index("cycle")["grade"]
    assert past.to_dict() == {"2025Q4": "优", "2026Q1": "优", "2026Q2": "优"}


def test_a_limit_goes_before_the_buffer(tmp_path: Path):
    limited = buffered()
    limited["grades"]["limits"] = [{"type": "限档", "object": "节约", "condition": "< 60", "result": "中"}]
    office = Office(tmp_path, limited)
    office.cycle("2026Q1", {"甲": flat(90)})
    now = {"准时": 95, "整洁": 95, "产量": 95, "节约": 52}  # 57 + 0.4·(66.5 + 15.6) = 89.84
    rows = graded(evaluated(office.cycle("2026Q2", {"甲": now}, baseline="2026Q1.yaml")))
    assert rows.loc["甲", ["published", "by_cut", "grade", "reason"]].tolist() == [89.84, "良", "中", "cap"]


def test_a_correction_is_not_held_against_the_buffer(tmp_path: Path):
    office = Office(tmp_path, buffered())
    office.cycle("2026Q1", {"甲": flat(90.2)})
    fix = {"数据": "指标数据", "部门": "甲", "指标": "准时", "列": "数值", "原值": "89.4", "新值": "89.5",
           "依据": "笔误", "批准人": "委员会", "批准日期": "2026-07-01"}  # fmt: skip
    path = office.cycle("2026Q2", {"甲": flat(89.4)}, baseline="2026Q1.yaml", sheets={"corrections": [fix]})
    row = evaluated(path)["revision"].set_index("unit").loc["甲"]
    assert row[["before", "after", "grade_before", "grade_after"]].tolist() == [89.4, 89.43, "优", "优"]


# ---- grades by targets


def by_targets(**best: object) -> dict[str, Any]:
    found = content()
    for dimension in found["dimensions"].values():
        for name, body in dimension["indicators"].items():
            dimension["indicators"][name] = body | {"target": 90}
    found["grades"] |= {
        "method": "targets",
        "rules": {
            "优": {"met_share": 0.75, "missed_max": 1, "node": "总分", "node_min": 90} | best,
            "良": {"met_share": 0.5, "missed_max": 2, "node": "服务", "node_min": 80},
            "中": {"met_share": 0.25, "missed_max": 3, "node": "total", "node_min": 60},
        },
    }
    return found


REACHED = {
    "甲": {"准时": 95, "整洁": 95, "产量": 95, "节约": 89},  # 3 of 4; 57 + 0.4·(66.5 + 26.7) = 94.28
    "乙": {"准时": 95, "整洁": 95, "产量": 95, "节约": 50},  # 3 of 4; 57 + 0.4·(66.5 + 15) = 89.6 < 90
    "丙": {"准时": 80, "整洁": 78, "产量": 100, "节约": 100},  # 2 of 4; 服务 79 < 80
    "丁": {"准时": 80, "整洁": 80, "产量": 95, "节约": 80},  # 1 of 4
    "戊": {"准时": 89.99, "整洁": 89, "产量": 89, "节约": 89},  # none
}


def test_grades_by_targets_ask_for_share_misses_and_a_score(tmp_path: Path):
    tables = evaluated(Office(tmp_path, by_targets()).cycle("2026Q2", REACHED))
    rows = graded(tables)
    assert total(tables)["甲"] == pytest.approx(94.28)
    assert rows["grade"].to_dict() == {"甲": "优", "乙": "良", "丙": "中", "丁": "中", "戊": "差"}
    assert rows["n_met"].to_dict() == {"甲": 3, "乙": 3, "丙": 2, "丁": 1, "戊": 0}
    assert (set(rows["n_targets"]), set(rows["reason"])) == ({4}, {"by_targets"})
    assert rows["distance"].isna().all()


def test_one_miss_more_than_allowed_is_the_next_grade(tmp_path: Path):
    rows = graded(evaluated(Office(tmp_path, by_targets(missed_max=0)).cycle("2026Q2", REACHED)))
    assert rows.loc["甲", "grade"] == "良"


@pytest.mark.parametrize(
    ("rule", "wanted"), [("zero", ["良", 3, 4]), ("lowest", ["良", 3, 4]), ("no_grade", ["", 3, 3])]
)
def test_what_is_not_reported_yet_scored_misses_its_target(tmp_path: Path, rule: str, wanted: list[object]):
    plan = census(by_targets(missed_max=0)) | {"missing": {"not_reported": rule}}
    office = Office(tmp_path, plan)
    tables = evaluated(office.cycle("2026Q2", {"甲": flat(98) | {"节约": None}, "乙": flat(98)}))
    assert graded(tables).loc["甲", ["grade", "n_met", "n_targets"]].tolist() == wanted
    odds = tables["grade_probability"].query("unit == '甲'").set_index("grade")["probability"]
    assert odds.get("良", 0) == (rule != "no_grade")


def test_a_target_rule_needs_a_dimension_that_applies(tmp_path: Path):
    idle = {"准时": "不适用", "整洁": "不适用", "产量": 95, "节约": 95}
    path = Office(tmp_path, by_targets()).cycle("2026Q2", {"甲": idle, "乙": flat(95)})
    with pytest.raises(
        DataError, match=r"of which nothing applies: 甲 \(服务\). Let the rules look at total"
    ):
        evaluated(path)


def test_a_target_revised_in_the_period_counts_from_its_day(tmp_path: Path):
    revised = [
        {"部门": "甲", "指标": "准时", "目标值": 90, "生效日期": "2026-04-01", "调整理由": ""},
        {"部门": "甲", "指标": "准时", "目标值": 96, "生效日期": "2026-05-15", "调整理由": "旺季"},
    ]
    path = Office(tmp_path, by_targets()).cycle(
        "2026Q2", {"甲": REACHED["甲"]}, period=PERIOD, sheets={"targets": revised}
    )
    whole, earlier = evaluated(path), evaluated(path, as_of="2026-05-14")
    assert graded(whole).loc["甲", ["grade", "n_met"]].tolist() == ["良", 2]  # 95 < 96: 2 of 4
    assert graded(earlier).loc["甲", ["grade", "n_met"]].tolist() == ["优", 3]
    now = whole["targets"].query("indicator == '准时'").iloc[0]
    assert now[["target", "status", "revisions", "basis"]].tolist() == [96, "missed", 1, "旺季"]


# ---- under verification


def test_a_pending_unit_is_not_graded_and_says_why(tmp_path: Path):
    office = Office(tmp_path)
    path = office.cycle("2026Q2", {"甲": flat(95), "乙": flat(85)}, pending={"甲": "数据来源待核实"})
    tables = evaluated(path)
    row = graded(tables).loc["甲"]
    assert row[["status", "grade", "by_cut", "reason", "clause"]].tolist() == [
        "pending", "", "", "pending", "数据来源待核实"
    ]  # fmt: skip
    assert np.isnan(row["rank"])
    assert graded(tables).loc["乙", ["grade", "rank"]].tolist() == ["良", 1]
    whole = tables["totals"].query("unit == '*' and node == 'total'")
    assert whole["score"].tolist() == pytest.approx([85.0])
    assert "暂不评级" in said(tables, "甲")
    assert "数据来源待核实" in said(tables, "甲")
    assert tables["grade_probability"].query("unit == '甲'").empty


# ---- ad hoc

STORM = {
    "event": "暴雨",
    "day": "2026-05-20",
    "units": ["甲"],
    "indicators": ["态度"],
    "window": {"start": "2026-05-01", "end": "2026-05-31"},
}


def storm(office: Office, **change: object) -> Path:
    rows = [
        *answers("甲", {"电话": [5] * 8}, when="2026-05-19 20:00"),
        *answers("甲", {"电话": [3] * 6}, when="2026-05-20 00:00", start=10),
        *answers("甲", {"电话": [1] * 5}, when="2026-06-01 08:00", start=20),
        *answers("乙", {"电话": [1] * 9}, when="2026-05-21 08:00"),
    ]
    return office.cycle(
        "storm", {"甲": {"准时": 40}, "乙": {"准时": 40}}, kind="ad_hoc",
        scope=STORM | change, sheets={"responses": rows},
    )  # fmt: skip


def with_rating() -> dict[str, Any]:
    found = rated()
    found["dimensions"]["体验"]["weight"] = 0.5
    found["dimensions"]["服务"] = {
        "weight": 0.5,
        "indicators": {"准时": content()["dimensions"]["服务"]["indicators"]["准时"] | {"weight": 1}},
    }
    return found


def test_an_ad_hoc_cycle_looks_at_its_units_indicators_and_window_before_and_since(tmp_path: Path):
    office = Office(tmp_path, with_rating())
    tables = evaluated(storm(office))
    assert total(tables, "暴雨前") == pytest.approx({"甲": 100.0})  # 8 answers of 5
    assert total(tables, "storm") == pytest.approx({"甲": 50.0})  # 6 of 3; those of June do not count
    assert set(tables["indicator_scores"]["indicator"]) == {"态度"}
    assert tables["exclusions"]["rule"].tolist() == ["outside_window"] * 5
    change = tables["changes"].query("unit == '甲' and node == '态度'").iloc[0]
    assert change[["baseline", "estimate0", "estimate1", "n0", "n1"]].tolist() == ["暴雨前", 5.0, 3.0, 8, 6]
    assert set(tables["history"]["cycle"]) == {"暴雨前", "storm"}


def test_an_ad_hoc_cycle_stays_out_of_the_chain(tmp_path: Path):
    office = Office(tmp_path, with_rating())
    storm(office)
    rows = answers("甲", {"电话": [4] * 8}, when="2026-06-05")
    for field, value in (("baseline", "storm.yaml"), ("history", ["storm.yaml"])):
        path = office.cycle("2026Q2", {"甲": {"准时": 80}}, sheets={"responses": rows}, **{field: value})
        (problem,) = sources.check(path)
        assert problem.found == "2026Q2.yaml names a cycle of kind ad_hoc as baseline or history"
        with pytest.raises(ParamError, match=r"storm\.yaml is of kind ad_hoc; only regular cycles"):
            cycle.load(params.load(path))
    alone = evaluated(office.cycle("2026Q2", {"甲": {"准时": 80}}, sheets={"responses": rows}))
    assert set(alone["history"]["cycle"]) == {"2026Q2"}
    assert total(alone) == pytest.approx({"甲": 77.5})  # 0.5·75 + 0.5·80


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"units": ["丙"]}, "scope.units: unknown unit '丙'. Name one of units"),
        ({"indicators": ["态"]}, "unknown indicator '态'. Name one of the framework"),
        ({"units": ["乙"], "indicators": ["准时"]}, "units of group 支持: no indicator is left"),
        ({"day": "2026-06-20"}, "2026-06-20 is not within the window"),
    ],
)
def test_a_scope_that_cannot_be_evaluated_is_refused(tmp_path: Path, change: dict[str, Any], told: str):
    office = Office(tmp_path, with_rating() | {"groups": {"支持": {"exclude": ["准时"]}}})
    scope = STORM | change
    rows = answers("甲", {"电话": [5] * 8}, when="2026-05-19 20:00")
    path = office.cycle(
        "storm", {"甲": {"准时": 40}, "乙": {"准时": 40}}, kind="ad_hoc", scope=scope,
        groups={"乙": "支持"}, sheets={"responses": rows},
    )  # fmt: skip
    with pytest.raises(InputErrors) as caught:
        cycle.load(params.load(path))
    assert told in str(caught.value)


# ---- the year


def test_a_year_weighs_its_cycles_and_one_bad_cycle_holds_it_down(tmp_path: Path):
    office = Office(tmp_path)
    office.cycle("2026Q1", {"甲": flat(95), "乙": flat(50)})
    office.cycle("2026Q2", {"甲": flat(91), "乙": flat(100)})
    rule = {"grade": "差", "at_least": 1, "result": "中", "clause": "第二十条"}
    annual = {
        "from": ["2026Q1.yaml", "2026Q2.yaml"],
        "weights": {"2026Q1": 0.4, "2026Q2": 0.6},
        "rules": [rule],
    }
    tables = evaluated(office.cycle("2026", {}, kind="annual", annual=annual, data={}))
    rows = graded(tables, "2026")
    assert rows["published"].to_dict() == {"乙": 80.0, "甲": 92.6}  # 0.4·50 + 0.6·100; 0.4·95 + 0.6·91
    assert rows.loc["甲", ["grade", "reason"]].tolist() == ["优", "by_cut"]
    assert rows.loc["乙", ["by_cut", "grade", "reason", "clause"]].tolist() == [
        "良", "中", "annual_rule", "第二十条"
    ]  # fmt: skip


def test_a_year_is_rolled_up_by_parent(tmp_path: Path):
    office = Office(tmp_path)
    above = (("甲", "东区", "是"), ("乙", "东区", "是"), ("丙", "", "是"), ("东区", "", "否"))
    units = [{"部门": unit, "上级部门": up, "参评": scored} for unit, up, scored in above]
    for name, (first, second) in {"2026Q1": (95, 50), "2026Q2": (91, 100)}.items():
        values = {"甲": flat(first), "乙": flat(second), "丙": flat(70)}
        office.cycle(name, values, sheets={"units": units})
    annual = {"from": ["2026Q1.yaml", "2026Q2.yaml"]}
    tables = evaluated(office.cycle("2026", {}, kind="annual", annual=annual, data={}))
    below = tables["parents"].set_index("parent")
    assert below.loc["东区", ["n_units", "n_graded", "plain_mean", "lowest"]].tolist() == [2, 2, 84.0, 75.0]
    counts = tables["parent_grades"].set_index("grade")["n_units"]
    assert counts.to_dict() == {"优": 1, "中": 1}


# ---- bonus and penalty points


def test_bonus_and_penalty_points_count_up_to_their_caps(tmp_path: Path):
    matters = {
        "表扬": {"type": "加分", "points": 2, "max_points": 4, "clause": "第六条"},
        "创新": {"type": "加分", "points": 1},
        "投诉": {"type": "扣分", "points": [1, 3]},
    }
    office = Office(
        tmp_path, content() | {"adjustments": {"max_bonus": 4.5, "max_deduction": 5, "items": matters}}
    )

    def line(unit: str, matter: str, **more: object) -> dict[str, object]:
        return {
            "部门": unit,
            "事项": matter,
            "次数": "",
            "分值": "",
            "事实依据": "文件",
            "审批人": "会",
        } | more

    sheet = [
        line("甲", "表扬", 次数=3),  # 6, of which its own cap leaves 4
        line("甲", "创新"),  # 1, of which the side's cap leaves 0.5
        line("乙", "投诉", 分值=3), line("乙", "投诉", 分值=3),  # 3 and 2
        line("丙", "投诉", 分值=2.5), line("丁", "表扬"),
    ]  # fmt: skip
    values = {"甲": flat(85.5), "乙": flat(85), "丙": flat(2), "丁": flat(88), "戊": flat(88)}
    tables = evaluated(office.cycle("2026Q2", values, sheets={"adjustments": sheet}))
    rows = graded(tables)
    assert rows["published"].to_dict() == {"甲": 90.0, "乙": 80.0, "丙": 0.0, "丁": 90.0, "戊": 88.0}
    assert rows["adjustment"].to_dict() == {"甲": 4.5, "乙": -5.0, "丙": -2.5, "丁": 2.0, "戊": 0.0}
    assert rows["grade"].to_dict() == {"甲": "优", "乙": "良", "丙": "差", "丁": "优", "戊": "良"}
    lines = tables["adjustments"].set_index(["unit", "row"]).sort_index()[["points", "counted"]]
    assert lines.loc[["甲", "乙"]].to_numpy().tolist() == [[6, 4], [1, 0.5], [-3, -3], [-3, -2]]


# ---- what is missing, by its reason


def missing(rule: str = "no_grade", *, coverage: float = 0.8) -> dict[str, Any]:
    found = content() | {"missing": {"not_reported": rule}}
    found["grades"]["min_coverage"] = coverage
    return found


GAPS = {"甲": ROW | {"节约": "不适用"}, "乙": ROW | {"节约": None}, "丙": ROW | {"节约": 40}}
# 甲 51 + 0.4·100; 丙 51 + 0.4·(70 + 12); 乙 as its rule says
KNOWN = {"甲": 91.0, "丙": 83.8}


@pytest.mark.parametrize(
    ("rule", "coverage", "score", "status"),
    [
        ("no_grade", 0.8, None, "not_reported"),
        ("zero", 0.8, 79.0, "graded"),  # 51 + 0.4·70
        ("lowest", 0.8, 83.8, "graded"),  # as 丙, the lowest of those reported
        ("zero", 0.9, 79.0, "low_coverage"),  # 0.88 of the weight has data
    ],
)
def test_not_applicable_is_reweighted_not_reported_goes_by_the_rule(
    tmp_path: Path, rule: str, coverage: float, score: float | None, status: str
):
    tables = evaluated(Office(tmp_path, missing(rule, coverage=coverage)).cycle("2026Q2", GAPS))
    rows = graded(tables)
    found = {u: x for u, x in total(tables).items() if x == x}
    assert found == pytest.approx(KNOWN if score is None else KNOWN | {"乙": score})
    assert rows["status"].to_dict() == {"甲": "graded", "乙": status, "丙": "graded"}
    assert (rows.loc["乙", "grade"] == "") == (status != "graded")
    counts = rows[["n_not_applicable", "n_not_reported", "n_small_sample"]]
    assert counts.loc[["甲", "乙", "丙"]].to_numpy().tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert_allclose(rows.loc[["甲", "乙", "丙"], "coverage"], [1.0, 0.88, 1.0])


def test_a_small_sample_is_counted_apart_and_not_graded(tmp_path: Path):
    office = Office(tmp_path, with_rating())
    rows = [*answers("甲", {"电话": [5] * 4}), *answers("乙", {"电话": [5] * 5})]
    values = {"甲": {"准时": 80}, "乙": {"准时": 80}, "丙": {"准时": 80}}
    found = graded(evaluated(office.cycle("2026Q2", values, sheets={"responses": rows})))
    assert found["status"].to_dict() == {"甲": "small_sample", "乙": "graded", "丙": "not_reported"}
    assert found.loc["乙", ["published", "grade"]].tolist() == [90.0, "优"]
    counts = found[["n_not_applicable", "n_not_reported", "n_small_sample"]]
    assert counts.loc[["甲", "乙", "丙"]].to_numpy().tolist() == [[0, 0, 1], [0, 0, 0], [0, 1, 0]]
