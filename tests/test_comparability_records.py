"""Record-keeping then and now: by hand, the test behind it, a property, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib.comparability import record_keeping
from svclib.errors import DataError

COLUMNS = ["cycle", "unit", "indicator", "days", "volume", "open", "unknown_cause", "excluded", "backlog"]


def found(*rows: tuple) -> pd.DataFrame:
    tallies = pd.DataFrame(rows, columns=COLUMNS)
    return record_keeping(tallies, baseline="1", cycle="2").set_index("check")


def test_every_check_by_hand():
    got = found(("1", "甲", "及时", 90, 200, 10, 20, 0, 12), ("2", "甲", "及时", 45, 100, 30, 22, 25, 45))
    assert got.loc["open", ["value0", "value1"]].tolist() == pytest.approx([0.05, 0.30])
    assert got.loc["excluded", ["value0", "value1"]].tolist() == pytest.approx([0, 0.2])
    assert got.loc["volume", ["value0", "value1"]].tolist() == pytest.approx([200 / 90, 100 / 45])
    assert got.loc["backlog", ["value0", "value1", "n0", "n1"]].tolist() == pytest.approx(
        [12 / (200 / 90), 45 / (100 / 45), 12, 45]
    )
    assert got["judgement"].to_dict() == {
        **dict.fromkeys(("open", "unknown_cause", "excluded", "backlog"), "note"), "volume": "comparable",
    }  # fmt: skip


def test_shares_are_compared_by_the_score_test():
    # Fleiss (1981) as in R's prop.test(c(83, 70), c(86, 82), correct = FALSE): χ² 6.41297, p .0113289604.
    got = found(
        ("1", "甲", "x", 1, 86, 83, np.nan, np.nan, np.nan),
        ("2", "甲", "x", 1, 82, 70, np.nan, np.nan, np.nan),
    )
    # Two checks, Holm: the smaller p is doubled.
    assert got.loc["open", "p"] == pytest.approx(2 * 0.0113289604, abs=1e-6)
    assert list(got.index) == ["open", "volume"]


def test_a_jump_that_chance_explains_or_a_small_one_is_none():
    small = found(
        ("1", "甲", "x", 1, 10, 1, np.nan, np.nan, np.nan), ("2", "甲", "x", 1, 10, 3, np.nan, np.nan, np.nan)
    )
    assert (small["judgement"] == "comparable").all()
    large = found(
        ("1", "甲", "x", 1, 9000, 900, np.nan, np.nan, np.nan),
        ("2", "甲", "x", 1, 9000, 1500, np.nan, np.nan, np.nan),
    )
    assert large.loc["open", "p"] < 1e-6
    assert large.loc["open", "judgement"] == "comparable"


def test_volume_that_halves_is_noted():
    got = found(("1", "甲", "x", 90, 300, *[np.nan] * 4), ("2", "甲", "x", 90, 150, *[np.nan] * 4))
    assert got.loc["volume", "judgement"] == "note"


@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), st.floats(0, 1))
def test_swapping_the_cycles_swaps_the_values_alone(n0, n1, a, b):
    rows = [("甲", "x", 30, n, round(n * s), *[np.nan] * 3) for n, s in ((n0, a), (n1, b))]
    one, two = found(("1", *rows[0]), ("2", *rows[1])), found(("1", *rows[1]), ("2", *rows[0]))
    assert one["p"].to_numpy() == pytest.approx(two["p"].to_numpy(), abs=1e-9)
    assert one["judgement"].equals(two["judgement"])
    assert one["value0"].to_numpy() == pytest.approx(two["value1"].to_numpy())


def test_one_cycle_alone_and_refusals():
    assert found(("1", "甲", "x", 90, 300, *[np.nan] * 4)).empty
    with pytest.raises(DataError, match=r"tallies lack \['backlog'\]"):
        record_keeping(pd.DataFrame(columns=COLUMNS[:-1]), baseline="1", cycle="2")
