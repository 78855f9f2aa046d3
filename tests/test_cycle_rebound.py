"""Units in focus: who they are, and what the demo's bad quarter is credited with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from svclib import cycle, params
from svclib.cycle.rebound import focused
from svclib.cycle.state import State
from svclib.cycle.steps import STEPS

DEMO = Path(__file__).resolve().parent.parent / "params" / "demo" / "2026Q2.yaml"
SCORES = {f"部门{k}": float(k) for k in range(20)}


@pytest.fixture(scope="module")
def state() -> State:
    return cycle.load(params.load(DEMO).model_copy(update={"draws": 2000}))


def grades(state: State) -> pd.DataFrame:
    rows = [(state.baseline, unit, "graded", score) for unit, score in SCORES.items()]
    rows += [(state.baseline, "未评", "small_sample", -1.0), (state.cycle, "部门19", "graded", -5.0)]
    return pd.DataFrame(rows, columns=["cycle", "unit", "status", "published"])


def focus(state: State, said: float | tuple[str, ...]) -> list[str]:
    changed = replace(state, params=state.params.model_copy(update={"focus": said}))
    return focused(changed, grades(state))


def test_who_is_in_focus(state: State):
    assert focus(state, 0.1) == ["部门0", "部门1"]
    assert focus(state, 0.01) == ["部门0"]
    assert focus(state, ()) == []
    assert focus(state, ("装卸部",)) == ["装卸部"]


@pytest.mark.slow
def test_the_demos_bad_quarter_is_no_improvement_and_real_ones_are_found(state: State):
    made: dict[str, pd.DataFrame] = {}
    for number in ("10", "20", "30", "40", "50"):
        made |= STEPS[number](state, made)
    changes = made["changes"].set_index(["unit", "node"])
    back = changes.loc["装卸部"]
    assert not back["verdict"].isin(["improved", "declined"]).any()
    total = back.loc["total"]
    assert total["ci_low"] > 0
    assert 0 < total["rtm_expected"] < total["change"]
    assert total["change_beyond_rtm"] == pytest.approx(total["change"] - total["rtm_expected"])
    assert total["beyond_low"] < 0 < total["beyond_high"]
    assert total["unit_reliability"] > 0.7
    assert changes.loc[("冷链部", "total"), "verdict"] == "improved"
    assert (
        changes.loc[("冷链部", "total"), "rtm_expected"] != changes.loc[("冷链部", "total"), "rtm_expected"]
    )
    # The mix that turned does not decline, and six answers are not judged.
    assert changes.loc[("配送二部", "沟通反馈"), "verdict"] == "inconclusive"
    tiny = changes.loc["应急保障部"]
    assert set(tiny.loc[["服务态度", "total"], "verdict"]) == {"not_judged"}
    assert set(tiny.loc[["服务态度", "total"], "reason"]) == {"small_sample"}
