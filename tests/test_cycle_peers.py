"""Means, least numbers of measures and peers through the whole chain, from files to sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cycle_rules import ROW, said, total
from tiny_office import Office, content, evaluated, flat, graded

from svclib.errors import ParamError

NO_OUTPUT = ROW | {"产量": "不适用", "节约": "不适用"}
HALF = ROW | {"节约": "不适用"}


def test_peers_are_ranked_and_cut_among_themselves(tmp_path: Path):
    plan = content() | {
        "peers": "维度数",
        "groups": {"1个维度": {"scale": {"优": 88, "良": 84, "中": 60, "差": 0}}},
    }
    rows = graded(
        tables := evaluated(
            Office(tmp_path, plan).cycle(
                "2026Q2",
                {"甲": ROW, "乙": NO_OUTPUT, "丙": ROW | {"节约": 50}, "丁": NO_OUTPUT | {"准时": 60}},
            )
        )
    )
    assert total(tables) == pytest.approx({"甲": 79, "乙": 85, "丙": 85, "丁": 75})
    assert rows["group"].to_dict() == {"甲": "2个维度", "乙": "1个维度", "丙": "2个维度", "丁": "1个维度"}
    assert rows["group_rank"].to_dict() == {"甲": 2, "乙": 1, "丙": 1, "丁": 2}
    assert rows["grade"].to_dict() == {"甲": "中", "乙": "良", "丙": "良", "丁": "中"}
    assert rows["distance"][["乙", "丙"]].tolist() == [3.0, 5.0]


def test_bare_values_have_a_change_and_no_interval_no_odds_no_verdict(tmp_path: Path):
    office = Office(tmp_path, content())
    before = office.cycle("2026Q1", {"甲": flat(85), "乙": flat(75)})
    tables = evaluated(office.cycle("2026Q2", {"甲": flat(82), "乙": flat(74)}, baseline=before.name))
    assert tables["totals"][["score_low", "score_high"]].isna().all(axis=None)
    assert graded(tables)[["rank_low", "rank_high"]].isna().all(axis=None)
    assert graded(tables)["rank"].to_dict() == {"甲": 1, "乙": 2}
    assert tables["grade_probability"].empty
    board = tables["board"].set_index("unit")
    assert board["change"].to_dict() == pytest.approx({"甲": -3.0, "乙": -1.0})
    assert set(board["verdict"]) == {"not_judged"}
    claims = tables["claims"]
    first = claims[claims["template"].str.startswith("headline.")].set_index("lang")["text"]
    assert "较上期-2.00分（误差不明，不作判断）" in first["zh"]
    assert "-2.00 against the last cycle, not tested" in first["en"]
    assert "概率" not in said(tables, "甲")


def test_peers_and_groups_of_the_units_exclude_each_other(tmp_path: Path):
    office = Office(tmp_path, content() | {"peers": "dimensions"})
    path = office.cycle("2026Q2", {"甲": ROW}, groups={"甲": "支持"})
    with pytest.raises(ParamError, match="2026Q2: peers: dimensions forms the groups, and the units have"):
        evaluated(path)


def test_too_few_measures_and_dimensions_are_said_plainly(tmp_path: Path):
    plan = content() | {"missing": {"min_measures": {"效率": 2}, "min_dimensions": 2}}
    tables = evaluated(Office(tmp_path, plan).cycle("2026Q2", {"甲": ROW, "乙": HALF}))
    rows = graded(tables)
    assert rows.loc["乙", ["status", "reason", "grade"]].tolist() == ["too_few", "too_few", ""]
    assert said(tables, "乙") == "乙适用的指标或维度少于规定的最少数，暂不评级。"
    assert "fewer indicators or dimensions apply than required" in said(tables, "乙", "en")
    nodes = tables["totals"].set_index(["unit", "node"])["status"]
    assert (nodes[("乙", "效率")], nodes[("乙", "服务")]) == ("too_few", "ok")


def test_not_reported_keeps_its_own_rule_beside_the_minimum(tmp_path: Path):
    plan = content() | {"missing": {"min_measures": {"效率": 2}, "not_reported": "zero"}}
    hidden = {"甲": ROW, "乙": ROW | {"节约": None}}
    tables = evaluated(Office(tmp_path, plan).cycle("2026Q2", hidden))
    assert total(tables)["乙"] == pytest.approx(0.6 * 85 + 0.4 * 70)


def test_geometric_means_count_a_zero_as_the_floor(tmp_path: Path):
    plan = content() | {"aggregate": "几何平均", "floor": 1}
    tables = evaluated(Office(tmp_path, plan).cycle("2026Q2", {"甲": ROW}))
    service, output = (80 * 90) ** 0.5, 100**0.7 * 1**0.3
    assert total(tables)["甲"] == pytest.approx(service**0.6 * output**0.4)
    lost = tables["contributions"].set_index("indicator")
    assert lost["contribution"].sum() == pytest.approx(total(tables)["甲"])
    assert lost.loc["节约", "contribution"] < 0
