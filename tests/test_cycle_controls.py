"""Pilot units, declared comparison and courses through the whole chain of a small office."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_office import POINTS, Office, answers, evaluated, rated

from svclib import params, sources
from svclib.columns import empty

UNITS = ("甲", "乙", "丙", "丁")
LOW, HIGH = [2, 3, 3, 4] * 10, [4, 5, 5, 4] * 10
GROUPS = {"甲": "前台", "乙": "前台", "丙": "前台", "丁": "后台"}


def measure(unit: str, **more: str) -> dict[str, str]:
    row = {"部门": unit, "指标": "态度", "措施": f"{unit}的措施", "状态": "已完成", "开始日期": "2026-04-05"}
    return row | {"试点部门": ""} | more


def written(folder: Path, *rows: dict[str, str], **said: object) -> Path:
    """A cycle in which 甲 and 乙 rose and the others did not."""
    office, one = Office(folder, rated()), {u: {} for u in UNITS}
    sheets = said.pop("sheets", {})
    assert isinstance(sheets, dict)
    spans = {"2026Q1": ("2026-01-01", "2026-03-31"), "2026Q2": ("2026-04-01", "2026-06-30")}
    for name, risen in (("2026Q1", ()), ("2026Q2", ("甲", "乙"))):
        start, end = spans[name]
        given = [
            a for u in UNITS for a in answers(u, {"电话": HIGH if u in risen else LOW}, start=hash_of(name))
        ]
        extra = {"responses": given} | ({"actions": rows, **sheets} if name == "2026Q2" else {})
        more = {"period": {"start": start, "end": end}} | (
            said | {"baseline": "2026Q1.yaml"} if risen else {}
        )
        path = office.cycle(name, one, groups=GROUPS, sheets=extra, **more)
    return path


def hash_of(name: str) -> int:
    """Respondents of two cycles are not the same people."""
    return 0 if name == "2026Q1" else 1000


def compared(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["controlled_changes"].set_index("action")


def test_the_rest_of_the_group_is_compared_with(tmp_path: Path):
    tables = evaluated(written(tmp_path, measure("甲", 试点部门="甲；乙"), measure("丙", 状态="未启动")))
    row = compared(tables).loc["甲的措施"]
    assert (row["pilot_units"], row["comparison_units"]) == ("甲;乙", "丙")  # 丁 is of another group
    assert row["verdict"] == "improved"
    np.testing.assert_allclose([row["pilot_change"], row["others_change"], row["net_change"]], [1.5, 0, 1.5])
    measures = tables["actions"].set_index("action")
    assert measures.loc["甲的措施", ["controlled", "timing"]].tolist() == ["improved", "in_period"]
    assert measures.loc["丙的措施", ["controlled", "timing"]].tolist() == ["", ""]


def test_the_unit_of_the_measure_is_always_a_pilot_and_a_busy_unit_is_no_comparison(tmp_path: Path):
    tables = evaluated(written(tmp_path, measure("甲", 试点部门="甲"), measure("乙")))
    row = compared(tables).loc["甲的措施"]
    assert (row["pilot_units"], row["comparison_units"]) == ("甲", "丙")
    assert "single_comparison" in row["flags"]
    assert list(compared(tables).index) == ["甲的措施"]  # 乙 names no pilot


def test_units_declared_for_comparison_serve_every_measure_begun(tmp_path: Path):
    path = written(tmp_path, measure("甲"), measure("乙", 状态="未启动"), comparison=["丁"])
    rows = compared(evaluated(path))
    assert rows["comparison_units"].to_dict() == {"甲的措施": "丁"}


def test_without_others_nothing_is_said(tmp_path: Path):
    row = compared(evaluated(written(tmp_path, measure("丁", 试点部门="丁")))).iloc[0]
    assert (row["verdict"], row["reason"]) == ("not_judged", "no_comparison")


def test_an_indicator_without_a_past_is_not_compared(tmp_path: Path):
    plan = rated()
    both = {"态度": {"weight": 0.5}, "时长": POINTS | {"weight": 0.5}}
    known = plan["dimensions"]["体验"]["indicators"]
    plan["dimensions"]["体验"]["indicators"] = {
        name: known.get(name, {}) | more for name, more in both.items()
    }
    office, sheets = Office(tmp_path, plan), {"actions": [measure("甲", 试点部门="甲", 指标="时长")]}
    given = [a for u in UNITS for a in answers(u, {"电话": LOW})]
    office.cycle(
        "2026Q1", {u: {} for u in UNITS} | {"丁": {"时长": 60}}, groups=GROUPS, sheets={"responses": given}
    )
    now = {u: {"时长": 60} for u in UNITS}
    sheets |= {"responses": given}
    path = office.cycle("2026Q2", now, groups=GROUPS, sheets=sheets, baseline="2026Q1.yaml")
    row = compared(evaluated(path)).iloc[0]
    assert (row["verdict"], row["reason"], row["pilot_units"]) == ("not_judged", "no_pilots", "甲")


def person(unit: str, k: int, came: str = "是") -> dict[str, object]:
    marks = (
        {"训前理论": 50 + k, "训后理论": 60 + k + k % 2} if came == "是" else {"训前理论": "", "训后理论": ""}
    )
    return {"人员编号": f"{unit}{k}", "部门": unit, "课程": "礼仪", "参训": came, **marks}


def test_units_trained_are_held_against_the_untrained(tmp_path: Path):
    people = [person("甲", k) for k in range(6)] + [person("乙", k, "否" if k else "是") for k in range(4)]
    rules = {"mid": 5, "moves": {"礼仪": ["态度"]}}
    tables = evaluated(written(tmp_path, measure("丙"), training=rules, sheets={"training": people}))
    row = compared(tables).loc["礼仪"]
    assert (row["source"], row["unit"], row["pilot_units"], row["comparison_units"]) == (
        "training",
        "",
        "甲",
        "乙;丙",
    )
    paired = tables["training_effects"].set_index("unit")
    assert paired.loc["甲", ["n", "change", "verdict"]].tolist() == [6, 10.5, "improved"]
    assert paired.loc["乙", "verdict"] == "not_judged"
    assert tables["training"].set_index("unit").loc["乙", "trained_share"] == 0.25


def test_neither_measures_nor_training(tmp_path: Path):
    tables = evaluated(written(tmp_path))
    names = ("controlled_changes", "training", "training_effects", "actions", "spending")
    assert all(tables[name].equals(empty(name)) for name in names)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"comparison": ["戊"]}, ("comparison", "unknown unit '戊'", "Name one of units.")),
        ({"focus": ["戊"]}, ("focus", "unknown unit '戊'", "Name one of units.")),
        (
            {"phases": [{"from": "2026-05-15", "reason": "新系统", "units": ["戊"]}]},
            ("phases.units", "unknown unit '戊'", "Name one of units."),
        ),
        ({"training": {"moves": {"礼义": ["态度"]}}}, ("training.moves", "unknown course '礼义'", "礼仪")),
        ({"training": {"moves": {"礼仪": ["态渡"]}}}, ("training.moves", "unknown indicator '态渡'", "态度")),
    ],
)
def test_names_that_do_not_exist_are_refused(tmp_path: Path, said: dict, told: tuple[str, ...]):
    path = written(tmp_path, sheets={"training": [person("甲", 1)]}, **said)
    problems = " ".join(str(p) for p in sources.check(path))
    for part in told:
        assert part in problems
    assert params.examine(path)[0] is not None
