from __future__ import annotations

import numpy as np
import pandas as pd
from factories import tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import levers
from svclib.columns import checked

FRAMEWORK = tiny_framework()
NAMES = [i.name for i in FRAMEWORK.indicators]


def frames(distance: float, *rows: tuple[str, float, float, float, str]) -> tuple[pd.DataFrame, ...]:
    """Contributions, targets and grades of one unit; a row is indicator, weight, score, target, status."""
    table = pd.DataFrame(rows, columns=["indicator", "weight", "score", "target", "status"])
    table = table.assign(cycle="2026Q2", unit="甲", dimension="")
    grade = pd.DataFrame({"unit": ["甲"], "distance": [distance]})
    return (
        table[["cycle", "unit", "indicator", "weight", "score"]],
        table.drop(columns=["weight", "score"]),
        grade,
    )


def test_by_hand_points_won_and_which_lift_the_grade():
    # 态度: 4.2 of 1-5 is 80 points; 处理率: 98 is 100 points; 事故率: 0.2 is 84 points.
    got = levers.levers(
        *frames(
            6.0,
            ("态度", 0.3, 70.0, 4.2, "missed"),  # 0.3 × 10 = 3
            ("处理率", 0.2, 75.0, 98.0, "missed"),  # 0.2 × 25 = 5
            ("事故率", 0.1, 60.0, 0.2, "missed"),  # 0.1 × 24 = 2.4
            ("时长", 0.1, 50.0, 10.0, "met"),
        ),
        FRAMEWORK,
    ).set_index("indicator")
    checked("levers", got.reset_index())
    np.testing.assert_allclose(got.loc[["处理率", "态度", "事故率"], "gain"], [5.0, 3.0, 2.4])
    assert got["priority"].to_dict() == {"处理率": 1, "态度": 2, "事故率": 3}
    assert got["lifts"].to_dict() == {"处理率": True, "态度": True, "事故率": False}


def test_nothing_lifts_where_all_together_do_not_suffice_or_nothing_is_above():
    row = ("态度", 0.3, 70.0, 4.2, "missed")
    for distance in (3.1, float("nan")):
        assert not levers.levers(*frames(distance, row), FRAMEWORK)["lifts"].any()


def test_a_missed_target_whose_points_are_already_full_wins_nothing():
    assert levers.levers(*frames(1.0, ("态度", 0.3, 95.0, 4.2, "missed")), FRAMEWORK).empty


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.floats(0, 80)), min_size=1, max_size=5, unique_by=lambda r: r[0]
    ),
    st.floats(0, 40),
)
def test_the_levers_that_lift_are_the_largest_and_just_enough(rows, distance):
    aim = {"态度": 5.0, "环境": 5.0, "处理率": 98.0, "事故率": 0.0, "时长": 10.0}
    got = levers.levers(*frames(distance, *((n, 0.2, s, aim[n], "missed") for n, s in rows)), FRAMEWORK)
    used = got[got["lifts"]].sort_values("priority")
    if used.empty:
        assert got["gain"].sum() < distance + 1e-6
        return
    assert used["gain"].sum() >= distance - 1e-6
    assert used["gain"].iloc[:-1].sum() < distance + 1e-6
    assert list(used["priority"]) == list(range(1, len(used) + 1))


def test_losses_by_hand_with_peers_of_the_group_and_the_last_score():
    rows = [  # cycle, unit, weight, score
        ("Q2", "甲", 0.5, 70.0), ("Q2", "乙", 0.5, 80.0), ("Q2", "丙", 0.5, 90.0), ("Q2", "丁", 0.5, 40.0),
        ("Q1", "甲", 0.5, 60.0),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["cycle", "unit", "weight", "score"]).assign(
        indicator="态度", dimension="体验"
    )
    other = table[table["unit"] == "甲"].assign(indicator="时长", score=[50.0, 55.0])
    idle = other.assign(indicator="事故率", weight=0.0, score=np.nan)
    table = pd.concat([table, other, idle], ignore_index=True)
    table["lost"] = table["weight"] * (100 - table["score"])
    targets = pd.DataFrame([("甲", "态度", 3.8, 4.2)], columns=["unit", "indicator", "value", "target"])
    units = pd.DataFrame({"unit": ["甲", "乙", "丙", "丁"], "group": ["一", "一", "一", "二"]})
    got = checked("losses", levers.losses(table, targets, units, cycle="Q2", baseline="Q1"))
    mine = got.set_index(["unit", "indicator"])
    first = mine.loc[("甲", "态度")]
    assert first[["lost", "target", "peers", "last", "priority"]].tolist() == [15.0, 4.2, 85.0, 60.0, 2]
    assert mine.loc[("甲", "时长"), "priority"] == 1
    assert np.isnan(mine.loc[("甲", "时长"), "peers"])  # nobody else has it
    assert mine.loc[("丁", "态度"), "peers"] == 80.0  # alone in its group: all others
    assert ("甲", "事故率") not in mine.index
