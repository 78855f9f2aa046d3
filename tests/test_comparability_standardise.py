"""Rate and mix: by hand, a published table, exactness, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib.comparability import rate_mix
from svclib.errors import DataError


def cells(*rows: tuple[str, str, float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "category", "weight0", "value0", "weight1", "value1"])


def test_by_hand():
    # Phone 3 → 3.2, net 4 → 4.4; phone 75 % → 25 %.
    got = rate_mix(cells(("甲", "电话", 30, 3, 10, 3.2), ("甲", "网络", 10, 4, 30, 4.4)), ["unit"]).iloc[0]
    assert (got["value0"], got["value1"]) == pytest.approx((3.25, 4.1))
    assert got["rate_part"] == pytest.approx(0.5 * 0.2 + 0.5 * 0.4)
    assert got["mix_part"] == pytest.approx(3.1 * -0.5 + 4.2 * 0.5)
    assert got["change"] == pytest.approx(got["rate_part"] + got["mix_part"])


def test_simpsons_paradox():
    # Charig et al. (1986), BMJ 292, 879-882: kidney stones by size. Open surgery 81/87 and 192/263, the new
    # method 234/270 and 55/80. Overall the new one succeeds more often, within each size less often.
    got = rate_mix(
        cells(("all", "small", 87, 81 / 87, 270, 234 / 270), ("all", "large", 263, 192 / 263, 80, 55 / 80)),
        ["unit"],
    ).iloc[0]
    assert got["change"] == pytest.approx(289 / 350 - 273 / 350)
    assert got["rate_part"] < 0 < got["mix_part"]
    small, large = (87 / 350 + 270 / 350) / 2, (263 / 350 + 80 / 350) / 2
    assert got["rate_part"] == pytest.approx(small * (234 / 270 - 81 / 87) + large * (55 / 80 - 192 / 263))


@given(st.lists(st.tuples(*[st.floats(0.1, 9)] * 4), min_size=1, max_size=6))
def test_the_parts_sum_to_the_change(rows):
    frame = cells(*(("甲", str(k), *row) for k, row in enumerate(rows)))
    got = rate_mix(frame, ["unit"]).iloc[0]
    plain = np.average(frame["value1"], weights=frame["weight1"]) - np.average(
        frame["value0"], weights=frame["weight0"]
    )
    assert got["rate_part"] + got["mix_part"] == pytest.approx(plain, abs=1e-9)
    assert got["change"] == pytest.approx(plain, abs=1e-9)
    same = rate_mix(frame.assign(weight1=frame["weight0"]), ["unit"]).iloc[0]
    assert same["mix_part"] == pytest.approx(0, abs=1e-12)


def test_a_category_on_one_side_only_leaves_the_parts_open():
    got = rate_mix(
        cells(
            ("甲", "电话", 5, 3, 0, np.nan), ("甲", "网络", 5, 4, 5, 4),
            ("乙", "电话", 0, np.nan, 0, np.nan), ("乙", "网络", 5, 4, 5, 4.5),
        ),
        ["unit"],
    ).set_index("unit")  # fmt: skip
    assert got.loc["甲", ["rate_part", "mix_part"]].isna().all()
    assert got.loc["甲", "change"] == pytest.approx(0.5)
    assert got.loc["乙", "rate_part"] == pytest.approx(0.5)


def test_refusals():
    with pytest.raises(DataError, match=r"cells lack \['value1'\]"):
        rate_mix(cells().drop(columns="value1"), ["unit"])
    with pytest.raises(DataError, match="must not be negative"):
        rate_mix(cells(("甲", "电话", -1, 3, 1, 3), ("甲", "网络", 3, 3, 1, 3)), ["unit"])
    with pytest.raises(DataError, match="nor all 0 in one period"):
        rate_mix(cells(("甲", "电话", 0, 3, 1, 3)), ["unit"])
