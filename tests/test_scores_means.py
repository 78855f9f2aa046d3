"""Arithmetic and geometric means, least numbers of measures, and peers by dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from test_scores import full, inapplicable, values

from svclib import framework, grades, levers, scores, weights
from svclib.columns import checked
from svclib.errors import InputErrors, ParamError
from svclib.framework.groups import dimensions_scored
from svclib.scores.aggregate import shortfall

COINR = np.array([63.41, 32.87, 74.78, 85.94, 56.93])
NAMES = [i.name for i in tiny_framework().indicators]


def system(**change: Any) -> framework.Framework:
    return framework.from_dict(tiny_content() | change)


GEOMETRIC = {"aggregate": "几何平均", "floor": 1}
MIXED = [
    {},
    GEOMETRIC,
    {"aggregate": "geometric", "floor": 5, "dimensions": {"体验": "arithmetic", "过程": "arithmetic"}},
    {"aggregate": "arithmetic", "floor": 1, "dimensions": {"过程": "geometric"}},
]


def mixed(change: dict[str, Any]) -> framework.Framework:
    content = tiny_content() | {k: v for k, v in change.items() if k != "dimensions"}
    for name, how in change.get("dimensions", {}).items():
        content["dimensions"][name]["aggregate"] = how
    return framework.from_dict(content)


def scored(rows: list[Any], rules: framework.Framework, units: tuple[str, ...] = ("甲",)) -> pd.DataFrame:
    return scores.indicator_scores(values(rows), rules, units=units, min_responses=10)


def test_means_of_coinr():
    """COINr 1.1.14, a_amean and a_gmean of its documentation's example, and weights 1 to 5."""
    one, rising = np.ones(5), np.arange(1.0, 6)
    assert scores.composite(COINR, one) == pytest.approx(62.786)
    assert scores.composite(COINR, one, how="geometric", floor=1) == pytest.approx(59.76623, abs=5e-6)
    assert scores.composite(COINR, rising, how="geometric", floor=1) == pytest.approx(62.81163, abs=5e-6)


def test_floor_and_refusals():
    low = scores.composite(np.array([0.0, 100.0]), np.ones(2), how="geometric", floor=1)
    assert low == pytest.approx(10)
    with pytest.raises(ParamError, match="a geometric mean needs the least points that count, above 0"):
        scores.composite(COINR, np.ones(5), how="geometric")
    with pytest.raises(
        ParamError, match=r"aggregate='harmonic'; choose one of \['arithmetic', 'geometric'\]"
    ):
        scores.composite(COINR, np.ones(5), how="harmonic")


@given(
    st.lists(st.floats(0, 100), min_size=5, max_size=5), st.lists(st.integers(0, 9), min_size=5, max_size=5)
)
def test_geometric_is_below_arithmetic_and_shortfalls_are_exact(points: list[float], whole: list[int]):
    x, w = np.array(points), np.array(whole, dtype=float)
    if not w.sum():
        return
    above = scores.composite(np.maximum(x, 1), w)
    found = scores.composite(x, w, how="geometric", floor=1)
    assert found <= above + 1e-9
    lost = shortfall(x, w, how="geometric", floor=1)
    assert_allclose(lost.sum(), 100 - found, atol=1e-9)
    assert (lost >= -1e-9).all()
    assert_allclose(shortfall(x, w).sum(), 100 - scores.composite(x, w), atol=1e-9)


@pytest.mark.parametrize("change", MIXED)
def test_contributions_and_losses_sum_to_the_total_by_any_mean(change: dict[str, Any]):
    rules = mixed(change)
    found = scored([*full(), *full("乙", 2.0, 处理率=70.0, 时长=60.0)], rules, ("甲", "乙"))
    table = weights.resolve(rules)
    total = scores.totals(found, table, rules).query("node == 'total'").set_index("unit")["score"]
    parts = checked("contributions", scores.contributions(found, table, rules)).groupby("unit")
    assert_allclose(parts["contribution"].sum(), total)
    assert_allclose(parts["lost"].sum(), 100 - total)


def test_geometric_total_by_hand():
    rules = system(**GEOMETRIC)
    found = scores.totals(scored(full(), rules), weights.resolve(rules), rules).set_index("node")["score"]
    experience = np.sqrt((0.6 * 75 + 0.4 * 87.5) * 80)
    process = 85**0.5 * 80**0.3 * 80**0.2
    assert_allclose(found.loc[["体验", "过程"]], [experience, process])
    assert found["total"] == pytest.approx(experience**0.6 * process**0.4)


@pytest.mark.parametrize("change", MIXED)
def test_draws_take_the_road_of_the_table(change: dict[str, Any]):
    rules = mixed(change)
    rows = [r for r in full() if r[2] or r[1] in ("处理率", "事故率", "时长")]
    index = pd.DataFrame(
        [("2026Q2", s, i) for _, i, s, _, _ in rows], columns=["cycle", "subject", "indicator"]
    )
    drawn = scores.score_draws(np.tile([r[3] for r in rows], (2, 1)), index, rules, weights.resolve(rules))
    told = scores.totals(scored(full(), rules), weights.resolve(rules), rules).set_index("node")["score"]
    for node in told.index:
        assert_allclose(drawn.scores[node], told[node])


def test_levers_of_a_geometric_total_are_recomputed():
    rules = system(**GEOMETRIC)
    found = scored(full(处理率=86.0, 事故率=0.9), rules)
    table = weights.resolve(rules)
    parts = scores.contributions(found, table, rules)
    missed = pd.DataFrame({"indicator": ["处理率", "事故率"], "target": [98.0, 0.2]})
    missed = missed.assign(cycle="2026Q2", unit="甲", status="missed")

    def after(**changed: float) -> float:
        again = scores.totals(scored(full(**{"处理率": 86.0, "事故率": 0.9} | changed), rules), table, rules)
        return float(again.set_index("node").loc["total", "score"])

    both = after(处理率=98.0, 事故率=0.2) - after()
    grade = pd.DataFrame({"unit": ["甲"], "distance": [both - 1e-6]})
    got = levers.levers(parts, missed, grade, rules).set_index("indicator")
    assert got.loc["处理率", "gain"] == pytest.approx(after(处理率=98.0) - after())
    assert got.loc["事故率", "gain"] == pytest.approx(after(事故率=0.2) - after())
    assert got["lifts"].all()
    assert both != pytest.approx(got["gain"].sum())


# --- least numbers of measures

FEW = {"missing": {"min_measures": {"过程": 2}}}


def few(rows: list[Any], *names: str, rules: framework.Framework) -> pd.DataFrame:
    table = scores.totals(inapplicable(rows, *names), weights.resolve(rules), rules)
    return checked("totals", table).set_index("node")


def test_a_dimension_with_too_few_measures_gives_its_weight_away():
    rules = system(**FEW)
    kept = few(full(), "时长", rules=rules)
    assert kept.loc["过程", "status"] == "ok"
    found = few(full(), "时长", "处理率", rules=rules)
    assert found.loc["过程", "status"] == "too_few"
    assert np.isnan(found.loc["过程", "score"])
    assert found.loc["total", "status"] == "ok"
    assert found.loc["total", "score"] == pytest.approx(found.loc["体验", "score"])
    parts = scores.contributions(inapplicable(full(), "时长", "处理率"), weights.resolve(rules), rules)
    assert parts.set_index("indicator").loc["事故率", "weight"] == 0


def test_a_unit_with_too_few_dimensions_is_not_graded():
    rules = system(missing={"min_measures": {"默认": 2}, "min_dimensions": 2})
    cells = inapplicable(full(), "时长", "处理率")
    total = scores.totals(cells, weights.resolve(rules), rules)
    whole = total.set_index("node").loc["total"]
    assert whole["status"] == "too_few"
    assert np.isnan(whole["published"])
    grade = grades.grades(total, cells, rules)
    assert grade[["status", "reason", "grade"]].iloc[0].tolist() == ["too_few", "too_few", ""]


CMS_WEIGHTS = [0.22, 0.22, 0.22, 0.22, 0.12]
NAMED = ["死亡率", "再入院", "安全", "体验", "流程"]
CMS = {
    "390006": ([0.54565332, 0.70953106, -0.092705305, 0.048559273, 0.34151031], 0.307409674),
    "010008": ([-1.61251894, 0.26122064, -0.002780045, None, -0.86772507], -0.51541570),
    "010059": ([1.01473745, -0.57599209, 0.154734264, None, 1.11936848], 0.33960222),
}


@pytest.mark.parametrize("hospital", CMS)
def test_summary_scores_of_cms(hospital: str):
    """SAS output of CMS star ratings, five group scores; the weight of a missing group is shared out."""
    groups, expected = CMS[hospital]
    body = {"kind": "amount", "score": {-5: 0, 5: 100}, "weight": 1}
    plan = {
        "name": "CMS", "version": "2021", "subjects": {"x": 1}, "missing": {"min_dimensions": 3},
        "grades": {"scale": {"高": 50, "低": 0}},
        "dimensions": {
            n: {"weight": w, "indicators": {f"{n}分": body}} for n, w in zip(NAMED, CMS_WEIGHTS, strict=True)
        },
    }  # fmt: skip
    rules = framework.from_dict(plan)
    frame = values(
        [("医院", f"{n}分", "", 0.0 if g is None else g, 0.0) for n, g in zip(NAMED, groups, strict=True)]
    )
    idle = [f"{n}分" for n, g in zip(NAMED, groups, strict=True) if g is None]
    frame.loc[frame["indicator"].isin(idle), ["status", "value", "se"]] = ["not_applicable", np.nan, np.nan]
    found = scores.indicator_scores(frame, rules, units=["医院"], min_responses=1)
    total = scores.totals(found, weights.resolve(rules), rules).set_index("node")
    assert (total.loc["total", "score"] - 50) / 10 == pytest.approx(expected, abs=1e-8)
    assert dimensions_scored(rules, idle) == 5 - len(idle)


@given(
    st.sets(st.sampled_from(NAMES[2:])),
    st.sampled_from(NAMES[2:]),
    st.sampled_from(["no_grade", "zero"]),
    st.integers(1, 3),
    st.sampled_from([{}, GEOMETRIC]),
)
@settings(max_examples=40, deadline=None)
def test_hiding_a_number_never_pays(idle: set[str], hidden: str, rule: str, least: int, mean: dict[str, Any]):
    if hidden in idle:
        return
    rules = system(missing={"not_reported": rule, "min_measures": {"过程": least}}, **mean)
    table = weights.resolve(rules)

    def published(rows: list[Any]) -> pd.Series:
        frame = values(rows)
        frame.loc[frame["indicator"].isin(idle), ["status", "value", "se"]] = [
            "not_applicable",
            np.nan,
            np.nan,
        ]
        found = scores.indicator_scores(frame, rules, units=["甲"], min_responses=10)
        return scores.totals(found, table, rules).set_index("node").loc["total"]

    told = published(full())
    hiding = published([r for r in full() if r[1] != hidden])
    assert np.isnan(hiding["published"]) or hiding["published"] <= told["published"] + 1e-9
    assert (told["status"] == "too_few") == (hiding["status"] == "too_few")


def test_what_cannot_be_is_refused_with_its_remedy():
    def problems(**change: Any) -> str:
        with pytest.raises(InputErrors) as caught:
            system(**change)
        return str(caught.value)

    assert "Add floor: the least points that count" in problems(aggregate="geometric")
    assert "floor belongs to a geometric mean, and there is none" in problems(floor=1)
    assert "'几合平均' is not known" in problems(aggregate="几合平均")
    assert "3 indicators are asked for, 体验 has 2" in problems(missing={"min_measures": {"default": 3}})
    assert "unknown dimension '过成'" in problems(missing={"min_measures": {"过成": 1}})
    assert "3 dimensions are asked for, there are 2" in problems(missing={"min_dimensions": 3})
    cuts = {"优秀": 95, "良好": 85, "合格": 60, "不合格": 0}
    assert "unknown peer group '3个维度'" in problems(peers="维度数", groups={"3个维度": {"scale": cuts}})


def test_peer_groups_have_their_english_and_their_own_cuts():
    cuts = {"优秀": 95, "良好": 85, "合格": 60, "不合格": 0}
    rules = system(peers="维度数", groups={"1个维度": {"scale": cuts}})
    assert rules.label("1个维度", "en") == "1 dimension"
    assert rules.label("2个维度", "en") == "2 dimensions"
    assert rules.for_group("1个维度").grades.cuts[0] == 95
    assert dimensions_scored(rules, {"处理率", "事故率", "时长"}) == 1
