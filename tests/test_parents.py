"""Roll-up by parent: counts add up, means are plain, every level above a unit takes it in."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from svclib import parents
from svclib.columns import checked

ABOVE = {"甲": "东区", "乙": "东区", "丙": "西区", "东区": "中心", "西区": "中心"}


def grades(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit", "grade", "published"])
    return frame.assign(status=["graded" if g else "small_sample" for g in frame["grade"]])


def rolled(frame: pd.DataFrame, above: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = parents.roll_up(frame, above, cycle="Q")
    both = [checked(name, found[name]) for name in ("parents", "parent_grades")]
    return both[0].set_index("parent"), both[1]


def test_by_hand_with_an_ungraded_unit_and_two_levels():
    table, counts = rolled(grades(("甲", "优", 91.0), ("乙", "良", 80.0), ("丙", "", 70.0)), ABOVE)
    assert table.loc["东区", ["n_units", "n_graded", "plain_mean", "lowest", "highest"]].tolist() == [
        2, 2, 85.5, 80.0, 91.0,
    ]  # fmt: skip
    assert table.loc["中心", ["n_units", "n_graded", "plain_mean"]].tolist() == [3, 2, 85.5]
    assert table.loc["西区", ["n_units", "n_graded"]].tolist() == [1, 0]
    assert table.loc["西区", ["plain_mean", "lowest", "highest"]].isna().all()
    assert counts.query("parent == '中心'")[["grade", "n_units"]].to_numpy().tolist() == [
        ["优", 1],
        ["良", 1],
    ]


def test_nobody_has_a_parent():
    table, counts = rolled(grades(("甲", "优", 91.0)), {})
    assert table.empty
    assert counts.empty


@given(st.dictionaries(st.sampled_from("甲乙丙丁"), st.sampled_from(["东区", "西区"]), min_size=1))
def test_every_unit_counts_once_for_each_body_above_it(above: dict[str, str]):
    frame = grades(*((unit, "优", 90.0) for unit in "甲乙丙丁"))
    table, counts = rolled(frame, above | {"东区": "中心", "西区": "中心"})
    assert table.loc["中心", "n_units"] == len(above)
    assert table.drop("中心")["n_units"].sum() == len(above)
    assert counts.groupby("parent")["n_units"].sum().to_dict() == table["n_graded"].to_dict()
