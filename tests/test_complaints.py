from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from svclib import complaints
from svclib.columns import checked

TODAY = dt.date(2026, 6, 30)
BLANK = {"step": "", "cause": "", "due": "", "responded": "", "closed": "", "fed_back": "", "resolved": "",
         "repeat_of": "", "category": "投诉"}  # fmt: skip


def events(*rows: dict[str, str]) -> pd.DataFrame:
    full = [BLANK | {"row": k + 2, "id": f"T{k}", "unit": "甲", "opened": "2026-05-01 08:00:00"} | r
            for k, r in enumerate(rows)]  # fmt: skip
    return pd.DataFrame(full)


def test_complaints_by_hand():
    table = complaints.summary(
        events(
            {"due": "2026-05-04 08:00:00", "closed": "2026-05-03 08:00:00", "fed_back": "yes"},
            {
                "due": "2026-05-04 08:00:00",
                "closed": "2026-05-04 08:00:01",
                "fed_back": "no",
                "repeat_of": "T0",
            },
            {"due": "2026-06-10 08:00:00"},  # open and past due
            {"due": "2026-07-10 08:00:00"},  # open, not yet due
            {"unit": "乙", "closed": "2026-05-02 08:00:00"},  # no due time: closed in time
        ),
        cycle="Q",
        today=TODAY,
    )
    checked("complaints", table)
    mine = table.set_index("unit").loc["甲"]
    assert mine[["n", "n_closed", "n_late", "n_open", "n_overdue", "n_fed_back", "n_repeats"]].tolist() == [
        4, 2, 1, 2, 1, 1, 1,
    ]  # fmt: skip
    np.testing.assert_allclose(
        mine[["in_time_share", "fed_back_share", "repeat_share"]].astype(float), [1 / 3, 0.5, 0.25]
    )
    whole = table.set_index("unit").loc["*"]
    np.testing.assert_allclose(whole["in_time_share"], 2 / 4)
    assert (
        complaints.summary(events({"due": "2026-06-10 08:00:00"}), cycle="Q", today=None)["n_overdue"].max()
        == 0
    )


def test_causes_are_a_pareto():
    table = complaints.causes(
        events(
            {"cause": "延误"},
            {"cause": "破损"},
            {"cause": "延误"},
            {"cause": ""},
            {"cause": "延误", "unit": "乙"},
        ),
        cycle="Q",
    )
    checked("causes", table)
    mine = table[table["unit"] == "甲"].sort_values("n", ascending=False)
    assert mine["cause"].tolist() == ["延误", "破损"]
    np.testing.assert_allclose(mine["cumulative"], [2 / 3, 1])
    assert table.loc[table["unit"] == "*", "n"].tolist() == [3, 1] or set(table["cause"]) == {"延误", "破损"}


@given(st.lists(st.sampled_from("甲乙丙丁"), min_size=1, max_size=30))
def test_shares_of_a_pareto_sum_to_one_and_do_not_depend_on_order(causes: list[str]):
    rows = events(*({"cause": c} for c in causes))
    table = complaints.causes(rows, cycle="Q")
    np.testing.assert_allclose(table.groupby("unit")["share"].sum(), 1)
    np.testing.assert_allclose(table.groupby("unit")["cumulative"].max(), 1)
    again = complaints.causes(rows.sample(frac=1, random_state=0), cycle="Q")
    pd.testing.assert_frame_equal(table, again)


def test_the_slowest_step_by_hand():
    def step(name: str, closed: str, due: str = "") -> dict[str, str]:
        return {"id": "D1", "category": "订单", "step": name, "closed": closed, "due": due}

    table = complaints.steps(
        events(
            step("受理", "2026-05-01 10:00:00"),  # 2 h
            step("运输", "2026-05-01 14:00:00", "2026-05-01 12:00:00"),  # 6 h, late
            step("运输", "2026-05-01 18:00:00", "2026-05-01 20:00:00"),  # 10 h
            step("运输", "", "2026-05-02 08:00:00"),  # overdue
        ),
        cycle="Q",
        today=TODAY,
    )
    checked("steps", table)
    mine = table[table["unit"] == "甲"].set_index("step")
    np.testing.assert_allclose(mine.loc[["受理", "运输"], "hours"], [2, 8])
    np.testing.assert_allclose(mine.loc[["受理", "运输"], "time_share"], [0.2, 0.8])
    assert mine["slowest"].to_dict() == {"受理": False, "运输": True}
    assert mine.loc["运输", "n_overdue"] == 1
    np.testing.assert_allclose(float(mine.loc["运输", "compliance"]), 1 / 3)


def test_a_process_of_one_step_has_no_slowest():
    table = complaints.steps(
        events(*[{"id": "D1", "step": "受理", "closed": "2026-05-01 10:00:00"}] * 2), cycle="Q", today=TODAY
    )
    assert not table["slowest"].any()


def test_the_timeline_counts_hours():
    table = complaints.timeline(
        events({"responded": "2026-05-01 08:30:00", "closed": "2026-05-02 08:00:00"}, {}), cycle="Q"
    )
    checked("timeline", table)
    np.testing.assert_allclose(table["hours_to_response"], [0.5, np.nan])
    np.testing.assert_allclose(table["hours_to_close"], [24, np.nan])


def test_no_events_no_rows():
    for table in (
        complaints.summary(None, cycle="Q", today=TODAY),
        complaints.causes(None, cycle="Q"),
        complaints.steps(None, cycle="Q", today=TODAY),
        complaints.timeline(None, cycle="Q"),
    ):
        assert table.empty
