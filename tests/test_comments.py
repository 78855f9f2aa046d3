from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factories import make_answers
from hypothesis import given
from hypothesis import strategies as st

from svclib import comments
from svclib.columns import checked

KEYWORDS = pd.DataFrame(
    [("延误", "迟到"), ("延误", "晚点"), ("态度", "热情"), ("破损", "ＡＢ箱")],
    columns=["category", "keyword"],
)


def answers(*texts: str, unit: str = "甲") -> pd.DataFrame:
    return make_answers(1, len(texts), units=(unit,)).assign(comment=list(texts))


def test_by_hand_a_comment_may_belong_to_several_categories():
    got = comments.code(answers("迟到且不热情", "又晚点", "很好", "", "  "), KEYWORDS, min_cell=2, cycle="Q")
    for name, frame in got.items():
        checked(name, frame)
    mine = got["concerns"].query("unit == '甲'").set_index("category")
    assert mine["n"].to_dict() == {"延误": 2, "态度": 1, "": 1}
    np.testing.assert_allclose(mine["share"].sum(), 1)
    quotes = got["quotes"].query("unit == '甲'")
    assert quotes[["category", "quote"]].to_numpy().tolist() == [["延误", "迟到且不热情"], ["延误", "又晚点"]]


def test_few_comments_are_not_quoted_and_the_same_one_only_once():
    got = comments.code(answers("迟到", "迟到", "热情"), KEYWORDS, min_cell=2, cycle="Q")
    assert got["quotes"].query("unit == '甲'")["quote"].tolist() == ["迟到"]
    assert len(got["coded_comments"]) == 3


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("电话13812345678没人接", "电话***没人接"),
        ("座机 010-8888 7777", "座机 ***"),
        ("写信到 a.b@example.org 也没回", "写信到 *** 也没回"),
        ("等了45分钟", "等了45分钟"),
        ("长" * 80, "长" * 59 + "…"),
    ],
)
def test_what_names_a_person_is_masked(said: str, shown: str):
    assert comments.masked(said) == shown


def test_width_and_case_do_not_matter():
    assert comments.categories("ab箱 坏了", KEYWORDS) == ["破损"]
    assert comments.categories("无关", KEYWORDS) == [""]
    assert comments.categories("迟到", None) == [""]


@given(
    st.lists(st.sampled_from(["迟到", "热情", "晚点热情", "好"]), min_size=1, max_size=20), st.integers(1, 6)
)
def test_no_quote_of_a_small_cell_whatever_is_said(texts: list[str], least: int):
    got = comments.code(answers(*texts), KEYWORDS, min_cell=least, cycle="Q")
    n = got["concerns"].set_index(["unit", "category"])["n"]
    for row in got["quotes"].to_dict("records"):
        assert n[(row["unit"], row["category"])] >= least
    np.testing.assert_allclose(got["concerns"].groupby("unit")["share"].sum(), 1)


def test_nobody_said_anything():
    assert all(f.empty for f in comments.code(answers("", ""), KEYWORDS, min_cell=1, cycle="Q").values())
