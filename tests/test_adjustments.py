from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import framework
from svclib.adjustments import adjust
from svclib.columns import checked
from svclib.errors import ParamError

ITEMS = {
    "表彰": {"type": "加分", "points": 2, "clause": "第十五条"},
    "推广": {"type": "加分", "points": 1, "max_points": 2},
    "迟报": {"type": "扣分", "points": [0.5, 2]},
}


def plan(max_bonus: float = 3, max_deduction: float = 5) -> framework.Framework:
    rules = {"max_bonus": max_bonus, "max_deduction": max_deduction, "items": ITEMS}
    return framework.from_dict(tiny_content() | {"adjustments": rules})


def sheet(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit", "adjustment", "count", "points"])
    return frame.assign(row=range(2, 2 + len(rows)), basis="文件", approver="委员会", date="2026-05-20")


NONE = float("nan")


def test_by_hand_item_cap_then_side_cap_in_row_order():
    rows = sheet(
        ("甲", "表彰", 1, NONE), ("甲", "推广", 3, NONE), ("甲", "迟报", 2, 1.5), ("乙", "推广", NONE, NONE)
    )
    table, net = adjust(rows, plan(), units=["甲", "乙", "丙"], cycle="2026Q2")
    checked("adjustments", table)
    assert table["points"].tolist() == [1.0, 2.0, 3.0, -3.0]  # 乙 sorts before 甲
    assert table["counted"].tolist() == [1.0, 2.0, 1.0, -3.0]  # 推广: 2 by its own cap, 1 by the side's
    assert net == {"甲": 0.0, "乙": 1.0, "丙": 0.0}
    assert table["clause"].tolist() == ["", "第十五条", "", ""]


def test_nothing_registered_is_no_points():
    table, net = adjust(None, tiny_framework(), units=["甲"], cycle="2026Q2")
    assert table.empty
    assert net == {"甲": 0.0}


lines = st.lists(
    st.tuples(st.sampled_from(["甲", "乙"]), st.sampled_from(["表彰", "推广", "迟报"]), st.integers(0, 4)),
    min_size=1,
    max_size=8,
)


@given(lines, st.floats(2, 6), st.floats(0.5, 6))
def test_net_stays_within_both_caps_and_sums_the_lines(rows, bonus, deduction):
    rows = sheet(*((u, m, k, 1.0 if m == "迟报" else NONE) for u, m, k in rows))
    table, net = adjust(rows, plan(bonus, deduction), units=["甲", "乙"], cycle="Q")
    for unit, points in net.items():
        assert -deduction - 1e-9 <= points <= bonus + 1e-9
        np.testing.assert_allclose(table.loc[table["unit"] == unit, "counted"].sum(), points, atol=1e-9)
    assert (table["counted"].abs() <= table["points"].abs() + 1e-9).all()
    again, _ = adjust(
        rows.sample(frac=1, random_state=1), plan(bonus, deduction), units=["乙", "甲"], cycle="Q"
    )
    pd.testing.assert_frame_equal(table, again)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("甲", "奖励", 1, NONE), r"'奖励' is not declared; choose one of \['表彰', '推广', '迟报'\]"),
        (("甲", "表彰", 1, 3.0), "row 2, 表彰: points are fixed at 2. Leave the cell empty"),
        (("甲", "迟报", 1, NONE), "row 2, 迟报: points are empty. Give 0.5 to 2"),
        (("甲", "迟报", 1, 5.0), "row 2, 迟报: points are 5. Give 0.5 to 2"),
    ],
)
def test_refusals(row: Any, told: str):
    with pytest.raises(ParamError, match=told):
        adjust(sheet(row), plan(), units=["甲"], cycle="Q")


def test_points_without_rules_are_refused():
    with pytest.raises(ParamError, match=r"the framework declares none\. Add adjustments:"):
        adjust(sheet(("甲", "表彰", 1, NONE)), tiny_framework(), units=["甲"], cycle="Q")
