"""Like for like: whose change is judged under the channels of the baseline, numbers by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tiny_office import Office, answers, evaluated, rated

PHONE, ONLINE = [1, 2, 3], [3, 4, 5]
MOSTLY_PHONE = {"电话": PHONE * 20, "网络": ONLINE * 7}
# The same marks by channel but one: mostly online now, and a phone mark more of each of 2, 3, 4.
MOSTLY_ONLINE = {"电话": [*PHONE * 6, 2, 3, 4], "网络": ONLINE * 20}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """甲 moves from the phone to the net, 乙 stays as it was, 丙 loses a channel."""
    office = Office(tmp_path_factory.mktemp("office"), rated())
    last = {"甲": MOSTLY_PHONE, "乙": MOSTLY_PHONE, "丙": MOSTLY_PHONE}
    now = {"甲": MOSTLY_ONLINE, "乙": MOSTLY_PHONE, "丙": {"网络": ONLINE * 20}}

    def cycle(name: str, marks: dict, **said: object) -> Path:
        rows = [row for unit, given in marks.items() for row in answers(unit, given)]
        return office.cycle(name, {unit: {} for unit in marks}, sheets={"responses": rows}, **said)

    cycle("2026Q1", last)
    return evaluated(cycle("2026Q2", now, baseline="2026Q1.yaml"))


def test_a_shifted_mix_is_judged_like_for_like_though_the_direction_is_the_same(
    tables: dict[str, pd.DataFrame],
):
    changes = tables["changes"].set_index(["unit", "node"])
    row = tables["like_for_like"].set_index("unit").loc["甲"]
    # crude (45 + 60·4)/81 − (60·2 + 21·4)/81; under the old shares 60/81·(45/21 − 2)
    assert row["change_crude"] == pytest.approx(1.0)
    assert row["change_adjusted"] == pytest.approx(60 / 81 * 3 / 21)
    assert not row["reversed"]
    told = changes.loc[("甲", "态度")]
    assert told["change"] == pytest.approx(row["change_adjusted"])
    assert told["verdict"] != "improved"
    assert "mix_shift" in told["flags"]
    assert changes.loc[("甲", "total"), "change"] == pytest.approx(25 * row["change_adjusted"])


def test_the_same_mix_is_left_alone(tables: dict[str, pd.DataFrame]):
    flags = tables["changes"].set_index(["unit", "node"])["flags"]
    assert "mix" not in flags[("乙", "态度")]


def test_a_shift_that_cannot_be_matched_is_told(tables: dict[str, pd.DataFrame]):
    told = tables["changes"].set_index(["unit", "node"]).loc[("丙", "态度")]
    assert "mix_unmatched" in told["flags"]
    assert told["change"] == pytest.approx(4 - 204 / 81)
    assert "丙" not in set(tables["like_for_like"]["unit"])
