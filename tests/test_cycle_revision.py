"""更正说明: only what moved or was corrected, with its grounds."""

from __future__ import annotations

import pandas as pd

from svclib.cycle import revision


def grades(**units: tuple[float, str]) -> pd.DataFrame:
    rows = [("2026Q2", unit, score, grade) for unit, (score, grade) in units.items()]
    return pd.DataFrame(rows, columns=["cycle", "unit", "published", "grade"])


def corrections(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit", "basis", "appeal"])
    return frame.assign(approver="质量委员会", date="2026-07-06")


def test_by_hand_what_moved_and_why():
    before = grades(甲=(89.5, "良好"), 乙=(70.0, "合格"), 丙=(60.0, "合格"), 丁=(float("nan"), ""))
    after = grades(甲=(90.2, "优秀"), 乙=(70.0, "合格"), 丙=(60.4, "合格"), 丁=(float("nan"), ""))
    said = corrections(("甲", "漏计34单", "SS-01"), ("甲", "重复问卷", ""), ("乙", "笔误", ""))
    got = revision.differences(before, after, said).set_index("unit")
    assert set(got.index) == {"甲", "乙", "丙"}  # 丁 has no score before or after, and did not move
    assert got.loc["甲", ["before", "after", "grade_before", "grade_after"]].tolist() == [
        89.5,
        90.2,
        "良好",
        "优秀",
    ]
    assert got.loc["甲", "basis"] == "漏计34单；重复问卷"
    assert got.loc["甲", "appeal"] == "SS-01"
    assert got.loc["乙", "before"] == got.loc["乙", "after"]  # corrected without effect: said all the same
    assert got.loc["丙", "basis"] == ""  # moved because of others


def test_a_unit_that_gains_or_loses_its_score_moves():
    got = revision.differences(
        grades(甲=(float("nan"), "")), grades(甲=(80.0, "良好")), corrections(("甲", "补报", ""))
    )
    assert got[["grade_before", "grade_after"]].to_numpy().tolist() == [["", "良好"]]
