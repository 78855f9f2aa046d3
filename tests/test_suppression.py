"""Small groups of people: hidden with the next smallest, in every public table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import tables
from svclib.columns import TABLES, empty
from svclib.columns.people import NOBODY, PEOPLE
from svclib.suppression import Plan, hidden, plan, published

Q = "2026Q2"
LEAST = 5


def grid(*rows):
    """Table "response_profile" of (unit, subject, channel, n); nobody excluded."""
    frame = pd.DataFrame(rows, columns=["unit", "subject", "channel", "n"])
    return frame.assign(cycle=Q, n_rows=frame["n"], n_excluded=0)[
        list(TABLES["response_profile"].all_columns)
    ]


def sizes(*n):
    return pd.DataFrame({"n": n})


def one(*n):
    return hidden(sizes(*n), [pd.Series(np.zeros(len(n), dtype=int))], least=LEAST).tolist()


# every table says what it is


def test_every_public_table_says_whether_it_counts_people():
    silent = [name for texts in NOBODY.values() for name in texts.split()]
    assert len(silent) == len(set(silent))
    assert not set(silent) & set(PEOPLE)
    public = {name for name, table in TABLES.items() if not table.private}
    missing = public - set(silent) - set(PEOPLE)
    assert not missing, f"say in columns/people.py whether {sorted(missing)} show groups of people"
    assert set(silent) | set(PEOPLE) == public


@pytest.mark.parametrize("name", list(PEOPLE))
def test_what_a_table_says_of_people_are_its_columns(name):
    spec, known = PEOPLE[name], set(TABLES[name].all_columns)
    cells = {c for pair in spec.cells for c in pair if c}
    of = {c for margin in spec.margins for c in margin}
    whole = {spec.whole[0]} if spec.whole else set()
    assert {*spec.sizes, *of, *cells, *spec.merged, *spec.merge_by, *spec.masked, *whole} <= known
    assert spec.sizes or spec.cells


# by hand


def test_a_small_group_takes_the_next_smallest_with_it():
    assert one(30, 3, 8, 12) == [False, True, True, False]
    assert one(30, 8, 12) == [False, False, False]


def test_two_small_ones_of_less_than_the_least_together_take_a_third():
    assert one(30, 1, 2, 9) == [False, True, True, True]  # 1 + 2 = 3 would be known
    assert one(30, 2, 3, 9) == [False, True, True, False]


def test_nobody_hides_nothing_and_equal_ones_go_in_order():
    assert one(0, 3, 9, 9) == [False, True, True, False]
    assert one(0, 0) == [False, False]


def test_rows_and_columns_are_protected_at_once():
    # Willenborg & de Waal's case: one small cell of a 2 x 2 table hides all four.
    n = sizes(3, 20, 30, 40)
    rows, columns = pd.Series([0, 0, 1, 1]), pd.Series([0, 1, 0, 1])
    assert hidden(n, [rows, columns], least=LEAST).all()


def test_the_only_subject_of_a_unit_is_the_unit():
    found = plan(grid(("甲", "客户", "电话", 3), ("乙", "客户", "电话", 30)), least=LEAST)
    assert found == Plan()


def test_a_plan_hides_subjects_and_their_channels_and_the_same_in_another_unit():
    found = plan(
        grid(
            ("甲", "客户", "电话", 40), ("甲", "客户", "网络", 30), ("甲", "内部", "网络", 3),
            ("甲", "三方", "网络", 9),
            ("乙", "客户", "电话", 50), ("乙", "内部", "网络", 20), ("乙", "三方", "网络", 30),
            ("丙", "客户", "电话", 50), ("丙", "内部", "网络", 40), ("丙", "三方", "网络", 60),
        ),
        least=LEAST,
    )  # fmt: skip
    # 甲's 内部 is small; its next smallest, and one more unit in each of the two columns
    assert found.subjects == {(Q, "甲", "内部"), (Q, "甲", "三方"), (Q, "乙", "内部"), (Q, "乙", "三方")}
    assert found.hides(Q, "甲", "内部", "网络")
    assert not found.hides(Q, "甲", "客户", "电话")


# tables


def test_small_rows_of_the_profile_become_one_and_the_sums_stay():
    frame = grid(
        ("甲", "客户", "电话", 40), ("甲", "客户", "邮寄", 3), ("甲", "客户", "网络", 8),
        ("乙", "客户", "电话", 60),
        ("乙", "客户", "邮寄", 20), ("乙", "客户", "网络", 30),
        ("丙", "客户", "邮寄", 70), ("丙", "客户", "网络", 90),
    )  # fmt: skip
    known = plan(frame, least=LEAST)
    shown = published("response_profile", frame, lambda: known, least=LEAST)
    assert shown["n"].sum() == frame["n"].sum()
    merged = shown[shown["subject"] == "*"].set_index("unit")
    assert merged.loc["甲", ["channel", "n_rows", "n"]].tolist() == ["*", 11, 11]
    assert 3 not in shown["n"].tolist()
    assert published("response_profile", frame, lambda: known, least=1) is frame


def test_values_of_small_groups_are_left_out_and_the_unit_keeps_its_own():
    frame = pd.DataFrame(
        {
            "cycle": Q, "unit": "甲", "indicator": "态度", "subject": ["", "客户", "内部", "三方"],
            "dimension": "服务", "kind": "rating", "measure": "分", "n": [51, 40, 3, 8], "value": 4.0,
            "se": 0.1, "df": 9.0, "ci_low": 3.0, "ci_high": 5.0, "score": 80.0, "score_low": 70.0,
            "score_high": 90.0, "status": "ok", "method": "linearised", "note": "",
        }
    )  # fmt: skip
    shown = published("indicator_scores", frame, Plan, least=LEAST)
    assert shown["subject"].tolist() == ["", "客户"]


def test_comments_keep_their_categories_and_lose_small_counts():
    frame = pd.DataFrame({"cycle": Q, "unit": "甲", "category": ["乙", "丙", "丁"], "n": [9, 3, 7]})
    frame = frame.assign(share=frame["n"] / 19, cumulative=[9 / 19, 1.0, 16 / 19])
    shown = published("concerns", frame, Plan, least=LEAST).set_index("category")
    assert shown["n"].to_dict() == {"丁": 0, "丙": 0, "乙": 9}
    assert shown.loc[["丙", "丁"], ["share", "cumulative"]].isna().all(axis=None)
    text = tables.show(shown.reset_index(), "zh", lambda name, _: name).text
    assert "*" in text
    assert " 3 " not in text


def test_a_merged_return_rate_is_that_of_the_sums():
    known = Plan(frozenset({(Q, "甲", "内部"), (Q, "甲", "三方")}))
    rows = pd.DataFrame(
        {"subject": ["客户", "内部", "三方"], "issued": [50.0, 10.0, 6.0], "returned": [40, 2, 6]}
    )
    frame = empty("collection").reindex(range(3)).assign(
        cycle=Q, source="responses", unit="甲", channel="", due="", owner="", overdue=False,
        n_valid=rows["returned"],
        population=np.nan, return_rate=rows["returned"] / rows["issued"], valid_rate=1.0, **rows,
    )  # fmt: skip
    shown = published("collection", frame, lambda: known, least=LEAST).set_index("subject")
    assert shown.loc["*", ["issued", "returned", "return_rate"]].tolist() == [16.0, 8, 0.5]
    assert set(shown.index) == {"客户", "*"}


# properties


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 12)),
        max_size=16,
        unique_by=lambda t: t[:2],
    ),
    st.integers(1, 8),
)
def test_nothing_small_is_shown_nor_follows_from_a_total(cells, least):
    frame = pd.DataFrame(cells, columns=["a", "b", "n"])
    margins = [frame["a"], frame["b"]]
    out = hidden(frame[["n"]], margins, least=least)
    small = (frame["n"] > 0) & (frame["n"] < least)
    assert out[small].all()
    for margin in margins:
        for _, rows in frame.groupby(margin.to_numpy()):
            mine = out[rows.index] & (rows["n"] > 0).to_numpy()
            if mine.any() and not mine[(rows["n"] > 0).to_numpy()].all():  # something of this total is shown
                assert mine.sum() >= 2
                assert rows["n"][mine].sum() >= least


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("甲乙丙"), st.sampled_from("客内三"), st.sampled_from("电网"), st.integers(0, 15)
        ),
        max_size=18,
        unique_by=lambda t: t[:3],
    )
)
def test_no_published_profile_has_a_small_cell_but_a_units_own(rows):
    frame = grid(*rows)
    known = plan(frame, least=LEAST)
    shown = published("response_profile", frame, lambda: known, least=LEAST)
    assert shown[["n_rows", "n"]].sum().tolist() == frame[["n_rows", "n"]].sum().tolist()
    small = shown[(shown["n"] > 0) & (shown["n"] < LEAST)]
    alone = frame[frame["n"] > 0].groupby("unit")["subject"].nunique()
    totals = frame.groupby("unit")["n"].sum()
    for row in small.itertuples():  # the only subject of a unit, or everybody of a tiny unit
        assert alone[row.unit] == 1 or row.n == totals[row.unit]
