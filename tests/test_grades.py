from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content
from hypothesis import given
from hypothesis import strategies as st

from svclib import framework, grades
from svclib.columns import checked
from svclib.errors import ParamError

LABELS = ("优秀", "良好", "合格", "不合格")
CYCLE = "2026Q2"


def system(**rules: Any) -> framework.Framework:
    content = tiny_content()
    content["grades"].update(rules)
    return framework.from_dict(content)


def label(codes: np.ndarray) -> list[str]:
    return ["" if c < 0 else LABELS[c] for c in codes]


def graded(
    total: float, *, rules: framework.Framework | None = None, nodes: Any = None, values: Any = None
) -> grades.Graded:
    nodes = {k: np.array([v]) for k, v in (nodes or {}).items()}
    values = {k: np.array([v]) for k, v in (values or {}).items()}
    return grades.grade(rules or system(), np.array([total]), nodes=nodes, values=values)


def test_a_cut_belongs_upward():
    found = grades.grade(
        system(), np.array([100, 90, 89.99, 80, 79.99, 60, 59.99, 0, np.nan]), nodes={}, values={}
    )
    assert label(found.by_cut) == ["优秀", "优秀", "良好", "良好", "合格", "合格", "不合格", "不合格", ""]
    assert (found.grade == found.by_cut).all()
    assert (found.limit == -1).all()


def test_cap_and_veto_by_hand():
    assert label(graded(95, nodes={"过程": 59.99}).grade) == ["合格"]
    assert label(graded(95, nodes={"过程": 60.0}).grade) == ["优秀"]
    both = graded(95, nodes={"过程": 50.0}, values={"事故率": 2.5})
    assert label(both.grade) == ["不合格"]
    limits = system().grades.limits
    assert [limits[k].type for k in both.limit] == ["veto"]
    assert label(graded(95, values={"事故率": 2.0}).grade) == ["优秀"]


def test_cap_never_raises_and_is_not_named_where_it_lowers_nothing():
    found = graded(30, nodes={"过程": 10.0})
    assert label(found.grade) == ["不合格"]
    assert found.limit.tolist() == [-1]


def test_veto_is_named_even_where_the_score_fails_too():
    found = graded(30, values={"事故率": 3.0})
    assert label(found.grade) == ["不合格"]
    assert found.limit.tolist() != [-1]


def test_limits_ignore_float_noise():
    assert label(graded(95, values={"事故率": 2.0 + 4e-16}).grade) == ["优秀"]


def test_not_graded_stays_so_whatever_the_limits():
    assert graded(np.nan, values={"事故率": 9.0}).grade.tolist() == [-1]


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20), st.floats(0, 100), st.floats(0, 5))
def test_grade_is_monotone_and_limits_only_lower(totals: list[float], dimension: float, accidents: float):
    published = np.sort(np.round(totals, 2))
    shape = np.ones(len(published))
    found = grades.grade(
        system(), published, nodes={"过程": dimension * shape}, values={"事故率": accidents * shape}
    )
    assert (np.diff(found.grade) <= 0).all()
    assert (found.grade >= found.by_cut).all()


@pytest.mark.parametrize(
    ("score", "last", "grade"),
    [
        (90.4, "良好", "良好"),  # less than half a point beyond the cut: the last grade stays
        (90.5, "良好", "优秀"),
        (89.6, "优秀", "优秀"),
        (89.5, "优秀", "良好"),
        (79.8, "优秀", "合格"),  # far below the cut it crosses first
        (90.4, "", "优秀"),  # no last grade, nothing to keep
        (85.0, "良好", "良好"),
    ],
)
def test_buffer_keeps_the_last_grade_near_the_cut_by_hand(score: float, last: str, grade: str):
    rules = system(buffer=0.5)
    at = grades.positions(rules, [last])
    found = grades.grade(rules, np.array([score]), nodes={}, values={}, last=at)
    assert label(found.grade) == [grade]
    assert found.buffered.tolist() == [grade != label(found.by_cut)[0]]


def test_limits_come_after_the_buffer():
    rules = system(buffer=5.0)
    found = grades.grade(
        rules,
        np.array([89.0]),
        nodes={},
        values={"事故率": np.array([3.0])},
        last=grades.positions(rules, ["优秀"]),
    )
    assert label(found.grade) == ["不合格"]


def by_targets() -> framework.Framework:
    return system(
        method="targets",
        rules={
            "优秀": {"met_share": 0.95, "missed_max": 1, "node": "total", "node_min": 90},
            "良好": {"met_share": 0.8, "missed_max": 3, "node": "体验", "node_min": 75},
            "合格": {"met_share": 0.6, "missed_max": 8, "node": "total", "node_min": 60},
        },
    )


@pytest.mark.parametrize(
    ("total", "node", "met", "missed", "grade"),
    [
        (92, 80, 20, 1, "优秀"),
        (92, 80, 19, 2, "良好"),  # 19 of 21 is under 95 %
        (92, 74, 19, 2, "合格"),  # 体验 under 75
        (89, 80, 20, 0, "良好"),  # total under 90
        (92, 80, 8, 2, "良好"),  # exactly 80 %
        (92, 80, 12, 8, "合格"),
        (92, 80, 0, 0, "不合格"),  # no target: nothing is met
        (59, 80, 20, 0, "良好"),
    ],
)
def test_grades_by_targets_by_hand(total: float, node: float, met: int, missed: int, grade: str):
    found = grades.grade(
        by_targets(), np.array([total]), nodes={"体验": np.array([node])}, values={},
        met=grades.Met(np.array([met]), np.array([missed])),
    )  # fmt: skip
    assert label(found.grade) == [grade]


def test_grades_by_targets_need_the_targets():
    with pytest.raises(ParamError, match="method targets: the targets met and missed are not given"):
        grades.grade(by_targets(), np.array([90.0]), nodes={"体验": np.array([80.0])}, values={})


@given(st.integers(0, 20), st.integers(0, 20), st.floats(0, 100), st.floats(0, 100))
def test_meeting_one_more_target_never_lowers_the_grade(met: int, missed: int, total: float, node: float):
    def of(met: int, missed: int) -> int:
        counts = grades.Met(np.array([met]), np.array([missed]))
        nodes = {"体验": np.array([node])}
        return int(grades.grade(by_targets(), np.array([total]), nodes=nodes, values={}, met=counts).grade[0])

    assert of(met + 1, missed) <= of(met, missed + 1)


def test_a_limit_may_look_at_the_total():
    rules = system(limits=[{"type": "限档", "object": "total", "condition": "< 95", "result": "良好"}])
    assert label(grades.grade(rules, np.array([94.0, 95.0]), nodes={}, values={}).grade) == ["良好", "优秀"]


# --- the table


def units(rows: dict[str, dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Totals and headline scores of {unit: {total, 过程, 事故率, status, coverage, n}}."""
    totals, scores = [], []
    for unit, what in rows.items():
        for node in ("total", "体验", "过程"):
            score = what.get(node, what["total"])
            totals.append(
                {
                    "cycle": CYCLE,
                    "unit": unit,
                    "node": node,
                    "level": "total" if node == "total" else "dimension",
                    "score": score,
                    "published": np.round(score, 2),
                    "status": what.get("status", "ok"),
                    "coverage": what.get("coverage", 1.0),
                    "adjustment": 0.0,
                }
            )
        for name in ("态度", "环境", "处理率", "事故率", "时长"):
            value = what.get("事故率", 0.1) if name == "事故率" else 1.0
            scores.append(
                {
                    "cycle": CYCLE,
                    "unit": unit,
                    "indicator": name,
                    "subject": "",
                    "value": value,
                    "n": what.get("n", 50),
                    "status": "ok",
                }
            )
    return pd.DataFrame(totals), pd.DataFrame(scores)


def test_table():
    table = grades.grades(
        *units(
            {
                "甲": {"total": 91.234},
                "乙": {"total": 91.234},
                "丙": {"total": 88.0, "事故率": 2.5},
                "丁": {"total": 95.0, "过程": 55.0},
                "戊": {"total": 70.0, "status": "small_sample", "n": 6},
                "己": {"total": 99.0, "coverage": 0.79},
                "庚": {"total": np.nan, "status": "not_reported", "coverage": 0.9},
            }
        ),
        system(),
    )
    found = checked("grades", table).set_index("unit")
    assert found["grade"].to_dict() == {
        "甲": "优秀",
        "乙": "优秀",
        "丙": "不合格",
        "丁": "合格",
        "戊": "",
        "己": "",
        "庚": "",
    }
    assert found["reason"].to_dict() == {
        "甲": "by_cut",
        "乙": "by_cut",
        "丙": "veto",
        "丁": "cap",
        "戊": "small_sample",
        "己": "low_coverage",
        "庚": "not_reported",
    }
    assert found["status"].to_dict() == {
        **dict.fromkeys("甲乙丙丁", "graded"),
        "戊": "small_sample",
        "己": "low_coverage",
        "庚": "not_reported",
    }
    assert found.loc["丙", ["limited_by", "limit_value", "found_value"]].tolist() == ["事故率", 2.0, 2.5]
    assert found.loc["丁", ["limited_by", "clause", "limit_value", "found_value"]].tolist() == [
        "过程",
        "第一条",
        60.0,
        55.0,
    ]
    assert found.loc["丙", ["by_cut", "next_grade", "distance"]].tolist() == ["良好", "优秀", 2.0]
    assert found.loc["甲", "next_grade"] == ""
    assert np.isnan(found.loc["甲", "distance"])
    assert found["rank"].fillna(0).to_dict() == {
        "丁": 1,
        "甲": 2,
        "乙": 2,
        "丙": 4,
        "戊": 0,
        "己": 0,
        "庚": 0,
    }
    assert found["n"].to_dict() == {**dict.fromkeys("甲乙丙丁己庚", 50), "戊": 6}


def test_coverage_at_the_limit_is_enough():
    table = grades.grades(*units({"甲": {"total": 91.0, "coverage": 0.1 + 0.7}}), system(min_coverage=0.8))
    assert table["status"].tolist() == ["graded"]
