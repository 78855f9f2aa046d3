"""Inspections in the chain: inspectors who saw the same are compared, and no score moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal
from tiny_office import Office, flat

from svclib import columns, cycle, params
from svclib.errors import InputErrors

PERIOD = {"start": "2026-04-01", "end": "2026-06-30"}
ROUND = {"部门": "甲", "日期": "2026-05-06", "检查项": "通道畅通"}
# By place: what J-01 and J-02 found; the third place was seen by one.
FOUND = {
    "东区": ("符合", "符合"),
    "西区": ("不符合", "符合"),
    "南区": ("不符合",),
    "北区": ("不符合", "不符合"),
    "库区": ("不适用", "符合"),
    "门厅": ("符合", "符合"),
}


def rows(**said: str) -> list[dict[str, object]]:
    judged: list[dict[str, object]] = [
        ROUND | {"地点": place, "结果": result, "得分": "", "满分": "", "检查员": f"J-0{k}"} | said
        for place, results in FOUND.items()
        for k, result in enumerate(results, 1)
    ]
    scored = [(9, 10, "J-01"), (17, 20, "J-02")]
    return judged + [
        ROUND | {"地点": "", "检查项": "台账", "结果": "", "得分": s, "满分": m, "检查员": who} | said
        for s, m, who in scored
    ]


def state(folder: Path, inspected: list[dict[str, object]]) -> cycle.State:
    sheets = {"inspections": inspected} if inspected else {}
    values = {"甲": flat(85), "乙": flat(70)}
    return cycle.load(params.load(Office(folder).cycle("c", values, period=PERIOD, sheets=sheets)))


def test_inspectors_of_the_same_are_compared_by_hand(tmp_path: Path):
    """Three of four agree; what does not apply and what one alone saw do not count."""
    found = cycle.evaluate_state(state(tmp_path, rows()))["agreement"]
    shares = found[found["stat"] == "percent"].set_index(["object", "node"])
    assert shares.loc[("check", "通道畅通"), ["estimate", "n_objects"]].tolist() == [0.75, 4]
    assert set(shares.loc["inspector"].index) == {"J-01", "J-02"}
    assert set(shares.loc["place"].index) == {"东区", "西区", "北区", "门厅"}
    scored = found[(found["node"] == "台账") & (found["stat"] == "krippendorff")]
    assert scored["n_ratings"].tolist() == [2]
    assert columns.checked("agreement", found).equals(found)


def test_inspections_move_nothing_else(tmp_path: Path):
    told, untold = (cycle.evaluate_state(state(tmp_path, sheet)) for sheet in (rows(), []))
    assert untold["agreement"].empty
    for name in set(told) - {"agreement"}:
        assert_frame_equal(told[name], untold[name])


def test_nothing_is_said_where_nobody_checked_twice(tmp_path: Path):
    assert cycle.evaluate_state(state(tmp_path, rows(检查员="J-01")[:1]))["agreement"].empty


def test_later_inspections_are_not_yet_known(tmp_path: Path):
    sheets = {"inspections": rows()}
    path = Office(tmp_path).cycle("c", {"甲": flat(85)}, period=PERIOD, sheets=sheets, as_of="2026-04-30")
    assert cycle.load(params.load(path)).sheet("inspections").empty


def test_one_inspector_finds_one_thing_once(tmp_path: Path):
    with pytest.raises(InputErrors, match="repeats unit and date and place and check and inspector"):
        state(tmp_path, [*rows(), rows()[0] | {"结果": "不符合"}])
