"""What the screening does to the headline numbers: three ways, one set of weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tiny_cycle

from svclib import cycle, params
from svclib.cycle import screened
from svclib.cycle.steps import STEPS


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A cycle with one row that is left out and one that is only marked, and its tables up to step 40."""
    folder = tmp_path_factory.mktemp("tiny")
    file = tiny_cycle.write(folder)
    text = (folder / "framework.yaml").read_text("utf-8")
    (folder / "framework.yaml").write_text(text.replace("items: [q1]", "items: [q1, q2, q3]"), "utf-8")
    rng = np.random.default_rng(3)
    rows = [
        f"{i},{tiny_cycle.UNITS[i % 2]},网络,{60 + i}," + ",".join(map(str, rng.integers(2, 6, 3)))
        for i in range(60)
    ]
    rows[0] = f"0,{tiny_cycle.UNITS[0]},网络,1,1,1,1"  # too fast, and one answer throughout
    rows[1] = f"1,{tiny_cycle.UNITS[1]},网络,90,1,1,1"  # one answer throughout: marked only
    (folder / "responses.csv").write_text(
        "\n".join(["受访者编号,部门,渠道,seconds,q1,q2,q3", *rows]) + "\n", "utf-8"
    )
    (folder / "params.yaml").write_text(tiny_cycle.PARAMS + "screening: {straight_line_items: 3}\n", "utf-8")
    state = cycle.load(params.load(file))
    tables: dict[str, pd.DataFrame] = {}
    for name in ("10", "20", "30", "40"):
        tables |= STEPS[name](state, tables)
    return state, tables


def totals(table):
    return table[(table["stat"] == "score") & (table["level"] == "total")].set_index("unit")


def test_each_way_counts_its_rows(made):
    marks, table = made[1]["exclusions"], totals(made[1]["screening_headline"])
    first, second = tiny_cycle.UNITS
    assert table.loc[first, ["n_all", "n_kept"]].tolist() == [30, 29]
    assert table.loc[second, ["n_all", "n_kept"]].tolist() == [30, 30]
    for unit in tiny_cycle.UNITS:
        assert table.loc[unit, "n_strict"] == 30 - marks.loc[marks["unit"] == unit, "row"].nunique()


def test_kept_is_what_is_published_and_the_others_by_hand(made):
    state, tables = made
    table = totals(tables["screening_headline"])
    published = tables["totals"].query("level == 'total'").set_index("unit")["score"]
    answers = state.inputs[state.cycle].responses
    for unit in tiny_cycle.UNITS:
        assert table.loc[unit, "estimate_kept"] == pytest.approx(published[unit])
        everyone = answers.loc[answers["unit"] == unit, ["q1", "q2", "q3"]].to_numpy()
        assert table.loc[unit, "estimate_all"] == pytest.approx(20 * everyone.mean())
    assert table.loc[tiny_cycle.UNITS[1], "estimate_strict"] > table.loc[tiny_cycle.UNITS[1], "estimate_kept"]
    assert set(table["grade_all"]) <= {"好", "差"}


def test_alpha_three_times(made):
    rows = made[1]["screening_headline"].query("stat == 'alpha'")
    assert rows[["unit", "node", "subject"]].to_numpy().tolist() == [["", "体验", "客户"]]
    assert rows["n_all"].iloc[0] == 60
    assert rows["estimate_all"].iloc[0] > rows["estimate_kept"].iloc[0] > rows["estimate_strict"].iloc[0]


def test_without_ratings_nothing_can_be_screened(made):
    state = made[0]
    bare = state.framework.model_copy(update={"dimensions": ()})
    quiet = type(state)(state.params.model_copy(update={"framework": bare}), state.inputs, "", ())
    assert screened.headline(quiet, {}, {}, score=lambda *_: {}).empty
