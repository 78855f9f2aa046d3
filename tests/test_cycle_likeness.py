"""Like for like: whose change is judged under the channels of the baseline, numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_office import Office, answers, rated

from svclib import cycle, params
from svclib.cycle.steps import STEPS
from svclib.errors import ParamError

PHONE, ONLINE = [1, 2, 3], [3, 4, 5]
MOSTLY_PHONE = {"电话": PHONE * 20, "网络": ONLINE * 7}
# The same marks by channel but one: mostly online now, and a phone mark more of each of 2, 3, 4.
MOSTLY_ONLINE = {"电话": [*PHONE * 6, 2, 3, 4], "网络": ONLINE * 20}


def compared(path: Path) -> dict[str, pd.DataFrame]:
    """Tables of the steps up to the comparison."""
    state, tables = cycle.load(params.load(path)), {}
    for number in ("10", "20", "30", "40", "50"):
        tables |= STEPS[number](state, tables)
    return tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """甲 moves from the phone to the net, 乙 stays as it was, 丙 loses a channel."""
    office = Office(tmp_path_factory.mktemp("office"), rated())
    last = {"甲": MOSTLY_PHONE, "乙": MOSTLY_PHONE, "丙": MOSTLY_PHONE}
    now = {"甲": MOSTLY_ONLINE, "乙": MOSTLY_PHONE, "丙": {"网络": ONLINE * 20}}

    def written(name: str, marks: dict, **said: object) -> Path:
        rows = [row for unit, given in marks.items() for row in answers(unit, given)]
        return office.cycle(name, {unit: {} for unit in marks}, sheets={"responses": rows}, **said)

    written("2026Q1", last)
    return compared(written("2026Q2", now, baseline="2026Q1.yaml"))


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


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The same answers weighted to a population of which half is reached by phone."""
    office = Office(tmp_path_factory.mktemp("raked"), rated())
    last = {"甲": MOSTLY_PHONE, "丙": MOSTLY_PHONE}
    now = {"甲": MOSTLY_ONLINE, "丙": {"网络": ONLINE * 20}}
    for name, marks, said in (("2026Q1", last, {}), ("2026Q2", now, {"baseline": "2026Q1.yaml"})):
        rows = [row for unit, given in marks.items() for row in answers(unit, given)]
        path = office.cycle(name, {u: {} for u in marks}, sheets={"responses": rows},
                            standardise={"margins": {"渠道": {"电话": 50, "网络": 50}}}, **said)  # fmt: skip
    return compared(path)


def test_known_margins_take_the_place_of_the_baselines_mix(weighted: dict[str, pd.DataFrame]):
    row = weighted["like_for_like"].set_index("unit").loc["甲"]
    # Phone 2 then and 45/21 now, net 4 both times, half of each.
    assert row["change_adjusted"] == pytest.approx((45 / 21 - 2) / 2)
    assert row["standard"] == "population"
    assert row["design_effect"] == pytest.approx(81 * (21 * (40.5 / 21) ** 2 + 60 * (40.5 / 60) ** 2) / 81**2)
    flags = weighted["changes"].set_index(["unit", "node"])["flags"]
    assert "raked" in flags[("甲", "态度")]
    assert "mix_unmatched" in flags[("丙", "态度")]


def test_the_error_under_known_margins_is_that_within_the_categories(weighted: dict[str, pd.DataFrame]):
    """Half of each channel: √Σ ¼ s²/n over channels and cycles, a little more for the rule of small n."""
    row = weighted["like_for_like"].set_index("unit").loc["甲"]
    cells = [PHONE * 20, ONLINE * 7, MOSTLY_ONLINE["电话"], MOSTLY_ONLINE["网络"]]
    within = sum(0.25 * np.var(x, ddof=1) / len(x) for x in cells) ** 0.5
    assert within < row["se"] < 1.15 * within


def test_the_crude_change_is_the_sum_of_its_parts(weighted: dict[str, pd.DataFrame]):
    row = weighted["like_for_like"].set_index("unit").loc["甲"]
    assert row["rate_part"] + row["mix_part"] == pytest.approx(row["change_crude"])
    # Kitagawa at the mean of both mixes: phone 60/81 then, 21/81 now.
    assert row["rate_part"] == pytest.approx((60 + 21) / 2 / 81 * 3 / 21)
    assert row["ci_low"] < row["change_adjusted"] < row["ci_high"]


def test_a_category_without_people_is_refused(tmp_path: Path):
    office = Office(tmp_path, rated())
    for name, said in (("2026Q1", {}), ("2026Q2", {"baseline": "2026Q1.yaml"})):
        margins = {"channel": {"电话": 50, "窗口": 50}}
        path = office.cycle(name, {"甲": {}}, sheets={"responses": answers("甲", MOSTLY_PHONE)},
                            standardise={"margins": margins}, **said)  # fmt: skip
    with pytest.raises(ParamError, match="lack categories that answers come from: channel: 网络"):
        compared(path)
