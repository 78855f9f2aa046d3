from __future__ import annotations

import pandas as pd
from factories import tiny_content, tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import framework
from svclib.columns import checked
from svclib.consequences import follow

RULES = {
    "factors": {"优秀": 1.2, "不合格": 0.5},
    "actions": {"优秀": "表扬", "不合格": "限期整改"},
    "repeated": [
        {"grade": "不合格", "consecutive": 2, "action": "述职", "clause": "第十八条"},
        {"grade": "合格", "in_year": 3, "action": "帮扶"},
        {"grade": "不合格", "consecutive": 2, "action": "停止评优", "personnel": True},
    ],
}
PLAN = framework.from_dict(tiny_content() | {"consequences": RULES})
CYCLES = ["2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
UNITS = pd.DataFrame({"unit": ["甲", "乙"], "head": ["陈岚", "周远"]})


def history(**grades: str) -> pd.DataFrame:
    """`甲="优良合不 "`: one letter a quarter from 2025Q3, blank for none."""
    names = {"优": "优秀", "良": "良好", "合": "合格", "不": "不合格", " ": ""}
    rows = [
        (c, u, "total", names[x]) for u, text in grades.items() for c, x in zip(CYCLES, text, strict=False)
    ]
    return pd.DataFrame(rows, columns=["cycle", "unit", "node", "grade"])


def told(cycle: str, **grades: str) -> tuple[list, list]:
    cycles = [c for c in CYCLES if c <= cycle]
    got = follow(history(**grades), PLAN, UNITS, cycles=cycles)
    for name, frame in got.items():
        checked(name, frame)
    return (
        got["consequences"][["unit", "rule", "n", "action"]].to_numpy().tolist(),
        got["personnel"][["unit", "head", "rule", "action"]].to_numpy().tolist(),
    )


def test_twice_in_a_row_by_hand_with_persons_apart():
    public, private = told("2026Q2", 甲="良良不不", 乙="优优优优")
    assert public == [
        ["乙", "grade", 1, "表扬"],
        ["甲", "consecutive:1", 2, "述职"],
        ["甲", "grade", 1, "限期整改"],
    ]
    assert private == [
        ["乙", "周远", "grade", ""],
        ["甲", "陈岚", "consecutive:3", "停止评优"],
        ["甲", "陈岚", "grade", ""],
    ]


def test_a_cycle_without_a_grade_breaks_the_row():
    public, _ = told("2026Q2", 甲="良不 不")
    assert [row[1] for row in public] == ["grade"]


def test_a_year_counts_its_own_cycles_and_worse_grades_too():
    public, _ = told("2026Q3", 甲="合合合不合")
    assert ["甲", "in_year:2", 3, "帮扶"] in public
    public, _ = told("2026Q2", 甲="合合合不")
    assert [row[1] for row in public] == ["grade"]  # two in 2026


def test_later_cycles_and_ungraded_units_follow_nothing():
    assert told("2026Q1", 甲="良良 不") == ([], [])
    public, _ = told("2026Q2", 甲="良良不不不")
    assert ["甲", "consecutive:1", 2, "述职"] in public  # 2026Q3 is not known yet


def test_without_rules_nothing_follows():
    got = follow(history(甲="不不不不"), tiny_framework(), UNITS, cycles=CYCLES)
    assert all(frame.empty for frame in got.values())


def test_cycles_stand_in_time_whatever_their_labels():
    names = ["2026一季度", "2026二季度", "2026三季度"]  # 三 sorts before 二
    rows = [(c, "甲", "total", g) for c, g in zip(names, ["不合格", "良好", "不合格"], strict=True)]
    past = pd.DataFrame(rows, columns=["cycle", "unit", "node", "grade"])
    got = follow(past, PLAN, UNITS, cycles=names)["consequences"]
    assert list(got["rule"]) == ["grade"]
    got = follow(past, PLAN, UNITS, cycles=[names[1], names[0], names[2]])["consequences"]
    assert list(got["rule"]) == ["consecutive:1", "grade"]


def test_a_repeated_rule_names_its_own_grade():
    public = follow(history(甲="良良合合不"), PLAN, UNITS, cycles=CYCLES)["consequences"]
    assert dict(public[["rule", "grade"]].to_numpy()) == {"grade": "不合格", "in_year:2": "合格"}


@given(st.text("优良合不 ", min_size=4, max_size=4))
def test_a_worse_past_never_takes_a_consequence_away(text: str):
    order = " 优良合不"
    worse = "".join(order[min(order.index(x) + 1, 4)] for x in text[:3]) + text[3]

    def rules(grades: str) -> set[str]:
        return {row[1] for row in told("2026Q2", 甲=grades)[0]}

    assert rules(text) <= rules(worse)
