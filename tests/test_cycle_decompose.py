"""Where the change of a published score comes from, through the whole chain; numbers by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_cycle_likeness import MOSTLY_ONLINE, MOSTLY_PHONE, ONLINE
from tiny_office import Office, answers, content, evaluated, flat, graded, rated

from svclib.columns import checked

ROW = {"准时": 80, "整洁": 90, "产量": 100, "节约": 0}


def of(tables: dict[str, pd.DataFrame], unit: str = "甲") -> dict[str, float]:
    """Points of each part of one unit's change, after the check that they leave no remainder."""
    rows = checked("decomposition", tables["decomposition"])
    mine = rows[rows["unit"] == unit]
    assert mine["contribution"].sum() == pytest.approx(mine["change"].iloc[0], abs=1e-9)
    assert mine["estimate1"].iloc[0] == graded(tables)["published"][unit]
    return mine.groupby("change_part")["contribution"].sum().to_dict()


def two(tmp_path: Path, then: dict, now: dict, plan: dict[str, Any] | None = None, **more: Any):
    office = Office(tmp_path, plan)
    office.cycle("2026Q1", then, **more.get("first", {}))
    return evaluated(office.cycle("2026Q2", now, baseline="2026Q1.yaml", **more.get("second", {})))


def test_indicators_by_hand(tmp_path: Path):
    """.6 x .5 x 10 - .4 x .7 x 20 = 3 - 5.6."""
    tables = two(tmp_path, {"甲": ROW}, {"甲": ROW | {"准时": 90, "产量": 80}})
    rows = tables["decomposition"].set_index(["change_part", "node"])["contribution"]
    assert rows["performance"].to_dict() == pytest.approx(
        {"准时": 3.0, "整洁": 0.0, "产量": -5.6, "节约": 0.0}
    )
    assert of(tables) == pytest.approx({"performance": -2.6})


def test_the_mix_of_channels_is_split_off(tmp_path: Path):
    """Phone 60/81 to 21/81; phone means 2 and 45/21, online 4 both times; a mark is 25 points."""
    rows = {
        "first": {"sheets": {"responses": answers("甲", MOSTLY_PHONE) + answers("丙", MOSTLY_PHONE)}},
        "second": {
            "sheets": {"responses": answers("甲", MOSTLY_ONLINE) + answers("丙", {"网络": ONLINE * 20})}
        },
    }
    tables = two(tmp_path, {"甲": {}, "丙": {}}, {"甲": {}, "丙": {}}, rated(), **rows)
    mix = 25 * 39 / 81 * (4 - (2 + 45 / 21) / 2)
    parts = of(tables)
    assert parts["mix"] == pytest.approx(mix)
    assert parts["performance"] == pytest.approx(25 - mix)
    told = tables["like_for_like"].set_index("unit").loc["甲"]
    assert parts["mix"] == pytest.approx(25 * told["mix_part"])
    lost = tables["decomposition"].query("unit == '丙' and change_part == 'performance'")
    assert lost["note"].tolist() == ["mix_inseparable"]


def test_what_applies_in_one_cycle_only_is_coverage(tmp_path: Path):
    """节约 at 0 no longer applies: its .3 of 效率 goes to 产量 at 100, .4 x .3 x 100."""
    none = [{"部门": "甲", "指标": i, "数值": v} for i, v in ROW.items() if i != "节约"]
    none.append({"部门": "甲", "指标": "节约", "数值": "不适用"})
    tables = two(tmp_path, {"甲": ROW}, {"甲": {}}, second={"sheets": {"kpis": none}})
    assert of(tables) == pytest.approx({"performance": 0.0, "coverage": 12.0})


def test_a_unit_that_moved_to_another_group_has_other_weights(tmp_path: Path):
    """服务 85 from .6 to .3, 效率 70 from .4 to .7."""
    plan = content() | {"groups": {"支持": {"weights": {"服务": 30, "效率": 70}}}}
    tables = two(tmp_path, {"甲": ROW}, {"甲": ROW}, plan, second={"groups": {"甲": "支持"}})
    assert of(tables) == pytest.approx({"performance": 0.0, "weights": -0.3 * 85 + 0.3 * 70})


def test_bonus_points_and_rounding_stand_alone(tmp_path: Path):
    rules = {"items": {"表扬": {"type": "加分", "points": 2}}, "max_bonus": 5, "max_deduction": 5}
    plan = content() | {"adjustments": rules}
    plan["grades"] = plan["grades"] | {"decimals": 0}
    sheet = [
        {"部门": "甲", "事项": "表扬", "次数": 1, "事实依据": "信", "审批人": "张三", "日期": "2026-05-01"}
    ]
    more = {"second": {"sheets": {"adjustments": sheet}}}
    tables = two(tmp_path, {"甲": flat(80)}, {"甲": flat(80.4)}, plan, **more)
    assert of(tables) == pytest.approx({"performance": 0.4, "adjustments": 2.0, "rounding": -0.4})


def older(tmp_path: Path, then: dict, now: dict, plan: dict[str, Any], **more: Any):
    """The baseline was published under `plan`, the current cycle is under the usual framework."""
    office = Office(tmp_path)
    office._yaml("old.yaml", plan)
    office.cycle("2026Q1", then, framework="old.yaml")
    return evaluated(office.cycle("2026Q2", now, baseline="2026Q1.yaml", **more))


def test_a_baseline_under_other_weights_starts_from_what_was_published(tmp_path: Path):
    """Then .5 x 85 + .5 x 70 = 77.5; under today's weights 79; 产量 falls by 10: .4 x .7 x 10."""
    plan = content()
    for d in plan["dimensions"].values():
        d["weight"] = 50
    tables = older(tmp_path, {"甲": ROW}, {"甲": ROW | {"产量": 90}}, plan)
    assert of(tables) == pytest.approx({"weights": 1.5, "performance": -2.8})
    assert set(tables["decomposition"]["estimate0"]) == {77.5}


def test_other_anchors_and_other_indicators_are_the_framework(tmp_path: Path):
    """准时 was scored by half: .6 x .5 x 40; everything else is as it was."""
    plan = content()
    plan["dimensions"]["服务"]["indicators"]["准时"] = {
        "kind": "amount", "score": {0: 0, 200: 100}, "weight": 50,
    }  # fmt: skip
    tables = older(tmp_path, {"甲": ROW}, {"甲": ROW}, plan)
    assert of(tables) == pytest.approx({"framework": 12.0, "performance": 0.0})


def test_merged_units_had_no_score_of_their_own_and_say_so(tmp_path: Path):
    plan = content()
    plan["dimensions"]["服务"]["weight"], plan["dimensions"]["效率"]["weight"] = 50, 50
    then = {"甲": flat(80), "乙一": {}, "乙二": flat(70)}
    units = [{"部门": "甲", "替代": ""}, {"部门": "乙", "替代": "乙一；乙二"}]
    tables = older(tmp_path, then, {"甲": flat(80), "乙": flat(75)}, plan, sheets={"units": units})
    rows = tables["decomposition"].set_index(["unit", "change_part"])
    assert rows.loc[("乙", "framework"), "note"] == "not_published"
    assert pd.isna(rows.loc[("乙", "framework"), "contribution"])
    assert of(tables, "甲")["performance"] == pytest.approx(0.0)
    assert of(tables, "乙")["performance"] == pytest.approx(5.0)


def test_weights_from_the_data_are_those_of_each_cycle(tmp_path: Path):
    plan = content()
    plan["dimensions"]["效率"]["weights"] = {"method": "entropy"}
    then = {"甲": ROW | {"节约": 40}, "乙": ROW | {"节约": 80}, "丙": ROW | {"产量": 60, "节约": 60}}
    now = {"甲": ROW | {"节约": 70}, "乙": ROW | {"节约": 80}, "丙": ROW | {"产量": 30, "节约": 60}}
    tables = two(tmp_path, then, now, plan)
    own = evaluated(tmp_path / "2026Q1.yaml")
    assert (
        tables["decomposition"].set_index("unit")["estimate0"]["甲"].iloc[0]
        == graded(own, "2026Q1")["published"]["甲"]
    )
    assert abs(of(tables)["weights"]) > 0.1


def test_nothing_to_compare_with(tmp_path: Path):
    assert evaluated(Office(tmp_path).cycle("2026Q2", {"甲": ROW}))["decomposition"].empty
    office = Office(tmp_path)
    office.cycle("2026Q1", {"甲": ROW | {"节约": None}})
    assert evaluated(office.cycle("2026Q2", {"甲": ROW}, baseline="2026Q1.yaml"))["decomposition"].empty
