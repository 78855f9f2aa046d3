"""Weights drawn around those in force, breakpoints, one indicator dropped, other choices."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scipy.optimize import linprog

from svclib import framework, grades, scores, sensitivity, weights
from svclib.columns import checked
from svclib.scores import TOTAL, NodeDraws, WeightDraws
from svclib.sensitivity import Standing
from svclib.sensitivity.ranks import rank_counts, rank_ends

CYCLE = "2026Q2"
POINTS = {0: 0, 100: 100}


def system(
    dimensions: dict[str, dict[str, float]], top: dict[str, float] | None = None, **rules: Any
) -> framework.Framework:
    """Amounts scored as they are, with the given weights; two grades or those in `rules`."""
    top = top or dict.fromkeys(dimensions, 1 / len(dimensions))
    content = {
        d: {
            "weight": top[d],
            "indicators": {i: {"kind": "amount", "score": POINTS, "weight": w} for i, w in inside.items()},
        }
        for d, inside in dimensions.items()
    }
    grading = {"scale": rules.pop("scale", {"好": 70, "差": 0}), **rules.pop("grades", {})}
    given_ = {"name": "x", "version": "1", "subjects": {"客户": 1}, "grades": grading, "dimensions": content}
    return framework.from_dict(given_ | rules)


def published(
    rules: framework.Framework, points: dict[str, list[float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables "indicator_scores" and "grades" of units with these points, NaN does not apply."""
    names = [i.name for i in rules.indicators]
    natural = pd.DataFrame(
        [(u, i, x) for u, row in points.items() for i, x in zip(names, row, strict=True)],
        columns=["unit", "indicator", "value"],
    )
    status = np.where(natural["value"].isna(), "not_applicable", "ok")
    natural = natural.assign(cycle=CYCLE, subject="", se=0.0, df=np.nan, n=50, status=status, method="census")
    found = scores.indicator_scores(natural.assign(note=""), rules, units=list(points), min_responses=1)
    total = scores.totals(found, weights.resolve(rules), rules)
    return found, grades.grades(total, found, rules)


def standing(rules: framework.Framework, points: dict[str, list[float]]) -> Standing:
    found, graded = published(rules, points)
    return sensitivity.standing(graded, found, weights.resolve(rules), rules)


def drawn(rules: framework.Framework, c: float, *, size: int, seed: int = 1) -> WeightDraws:
    table = weights.resolve(rules)
    spread = pd.DataFrame({"parent": table["parent"].unique(), "concentration": c})
    return sensitivity.weight_draws(table, spread, rules, size=size, seed=seed)


def odds(of: Standing, weight: WeightDraws) -> dict[str, pd.DataFrame]:
    """Both tables with weights alone drawn; the sample does not vary."""
    nodes = sensitivity.rescored(of, of.weights)
    still = {
        u: NodeDraws(
            {n: np.full(len(weight.top), x[0, k]) for n, x in nodes.items()},
            {n: np.full(len(weight.top), x[k]) for n, x in of.natural.items()},
        )
        for k, u in enumerate(of.units)
    }
    run = sensitivity.Run(CYCLE, 1, 0.95)
    return sensitivity.stability([(of, weight)], {"sampling": still, "both": still}, {}, run=run)


def probability(tables: dict[str, pd.DataFrame], unit: str, grade: str, source: str = "weights") -> float:
    table = tables["grade_stability"].set_index(["unit", "source", "grade"])["probability"]
    return float(table.loc[(unit, source, grade)])


def test_uniform_simplex_against_the_closed_form():
    """Scores 100, 60, 40 and any weights: P(S >= 70) = 30²/(40·60) = .375; rounding moves it by 5e-5."""
    rules = system({"甲": {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}})
    of = standing(rules, {"u": [100, 60, 40]})
    found = odds(of, drawn(rules, 3, size=200_000))
    assert probability(found, "u", "好") == pytest.approx(0.375, abs=0.004)
    assert probability(found, "u", "好", "sampling") == 0


def test_first_place_against_the_closed_form():
    """A = (1, 0) against B = (.25, .5) with any weights: A is first where w > .4, P = .6."""
    rules = system({"甲": {"a": 0.5, "b": 0.5}})
    of = standing(rules, {"A": [100, 0], "B": [25, 50]})
    table = odds(of, drawn(rules, 2, size=200_000))["rank_stability"].set_index(["unit", "source"])
    assert table.loc[("A", "weights"), "p_first"] == pytest.approx(0.6, abs=0.004)
    assert table.loc[("B", "weights"), "p_first"] == pytest.approx(0.4, abs=0.004)
    assert table.loc[("A", "weights"), ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert table.loc[("B", "sampling"), "p_first"] == 0


def test_uniform_numbers_made_to_sum_to_one_would_be_wrong():
    """P(some weight > .8) of three is 3·.2² = .12; normalised uniform numbers give about .03."""
    rules = system({"甲": {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}})
    local = drawn(rules, 3, size=100_000).local
    assert (local.max(axis=1) > 0.8).mean() == pytest.approx(0.12, abs=0.004)


@pytest.mark.parametrize("c", [4.0, 40.0])
def test_draws_have_the_moments_of_the_dirichlet_and_seed_decides_them(c: float):
    rules = system({"甲": {"a": 0.5, "b": 0.3, "c": 0.2}, "乙": {"d": 1.0}}, {"甲": 0.7, "乙": 0.3})
    found = drawn(rules, c, size=100_000)
    w = np.array([0.5, 0.3, 0.2])
    assert_allclose(found.local[:, :3].sum(axis=1), 1)
    assert_allclose(found.local[:, :3].mean(axis=0), w, atol=0.003)
    assert_allclose(found.local[:, :3].var(axis=0), w * (1 - w) / (c + 1), rtol=0.03)
    assert (found.local[:, 3] == 1).all()
    assert np.array_equal(drawn(rules, c, size=100_000).top, found.top)
    assert not np.array_equal(drawn(rules, c, size=100_000, seed=2).top, found.top)


def test_concentration_by_hand():
    """Three experts (.6, .4), (.5, .5), (.4, .6): summed variance .02, c = .5/.02 - 1 = 24."""
    experts = np.array([[0.6, 0.4], [0.5, 0.5], [0.4, 0.6]])
    variance = sensitivity.expert_variance(experts, np.ones(3))
    assert variance == pytest.approx(0.02)
    assert sensitivity.concentration(np.array([0.5, 0.5]), variance) == pytest.approx(24)
    twice = sensitivity.expert_variance(np.repeat(experts, 1, axis=0), np.array([2.0, 2.0, 2.0]))
    assert twice == pytest.approx(variance)
    assert sensitivity.concentration(np.array([0.5, 0.5]), 0.0) == 1000
    assert sensitivity.concentration(np.array([0.5, 0.5]), 10.0) == 2


def test_concentration_is_found_again_from_draws():
    rng = np.random.default_rng(3)
    w = np.array([0.5, 0.3, 0.2])
    experts = rng.dirichlet(30 * w, size=4000)
    variance = sensitivity.expert_variance(experts, np.ones(4000))
    assert sensitivity.concentration(experts.mean(axis=0), variance) == pytest.approx(30, rel=0.05)


def test_spread_comes_from_consistent_experts_else_from_the_declaration():
    rules = system({"甲": {"a": 0.5, "b": 0.5}, "乙": {"c": 0.5, "d": 0.5}})
    table = weights.resolve(rules)
    rows = [
        ("甲", e, i, w)
        for e, a in zip("XYZ", (0.6, 0.5, 0.4), strict=True)
        for i, w in (("a", a), ("b", 1 - a))
    ]
    rows += [
        ("甲", "W", "a", 0.99),
        ("甲", "W", "b", 0.01),
        ("甲", "group", "a", 0.5),
        ("甲", "group", "b", 0.5),
    ]
    experts = pd.DataFrame(rows, columns=["parent", "expert", "item", "weight"]).assign(credibility=1.0)
    judged = pd.DataFrame({"parent": "甲", "expert": list("XYZW"), "passed": [True, True, True, False]})
    found = sensitivity.weight_spread(table, experts, judged, spread=0.2)
    found = checked("weight_spread", found).set_index("parent")
    assert found.loc["甲", ["n_experts", "method"]].tolist() == [3, "experts"]
    assert found.loc["甲", "concentration"] == pytest.approx(24)
    # spread² = Σvar/Σw²: .02/.5
    assert found.loc["甲", "spread"] == pytest.approx(0.2)
    assert found.loc["乙", ["n_experts", "method"]].tolist() == [0, "declared"]
    assert found.loc["乙", "concentration"] == pytest.approx(24)


def test_rescored_and_regraded_are_the_published_tables():
    limit = {"type": "cap", "object": "乙", "condition": "< 50", "result": "中", "clause": "第一条"}
    rules = system(
        {"甲": {"a": 0.6, "b": 0.4}, "乙": {"c": 1.0}},
        scale={"好": 70, "中": 60, "差": 0},
        grades={"limits": [limit]},
    )
    given_ = {"u": [90, 80, 70], "v": [100, 100, 49], "w": [60, np.nan, 61], "x": [10, 20, 30]}
    found, graded = published(rules, given_)
    of = sensitivity.standing(graded, found, weights.resolve(rules), rules)
    nodes = sensitivity.rescored(of, of.weights)
    total = scores.totals(found, weights.resolve(rules), rules).set_index(["unit", "node"])["score"]
    for name, values in nodes.items():
        assert_allclose(values[0], total.xs(name, level="node").loc[of.units])
    codes = sensitivity.regraded(of, nodes)[0]
    assert [rules.grades.labels[c] for c in codes] == graded.set_index("unit")["grade"].loc[of.units].tolist()
    assert graded.set_index("unit").loc["v", "reason"] == "cap"


@pytest.mark.parametrize("how", ["arithmetic", "geometric"])
def test_drawn_weights_go_through_the_same_sums_as_single_units(how: str):
    extra = {"aggregate": how} | ({"floor": 1} if how == "geometric" else {})
    rules = system({"甲": {"a": 0.6, "b": 0.4}, "乙": {"c": 0.5, "d": 0.5}}, **extra)
    given_ = {"u": [90, 80, 70, 20], "v": [60, np.nan, 61, 0]}
    weight, of = drawn(rules, 20, size=5), standing(rules, given_)
    nodes = sensitivity.rescored(of, weight)
    member = scores.membership(rules)
    for k, unit in enumerate(of.units):
        share = scores.shares(weight, rules, ~np.isnan(np.array([given_[unit]])))
        points = np.repeat([given_[unit]], 5, axis=0)
        dims, total = scores.aggregate.node_scores(points, share, rules, member)
        assert_allclose(nodes[TOTAL][:, k], total)
        assert_allclose(nodes["甲"][:, k], dims[:, 0])


units = st.lists(st.lists(st.floats(0, 100, allow_nan=False), min_size=4, max_size=4), min_size=2, max_size=5)


@settings(deadline=None, max_examples=25)
@given(units, st.floats(0, 20), st.randoms(use_true_random=False))
def test_probabilities_sum_to_one_better_points_never_hurt_and_order_does_not_matter(rows, gain, random):
    rules = system(
        {"甲": {"a": 0.6, "b": 0.4}, "乙": {"c": 0.5, "d": 0.5}}, scale={"好": 70, "中": 40, "差": 0}
    )
    weight = drawn(rules, 10, size=200)
    names = [f"u{k}" for k in range(len(rows))]
    of = standing(rules, dict(zip(names, rows, strict=True)))
    found = odds(of, weight)["grade_stability"].query("source == 'weights'")
    assert_allclose(found.groupby("unit")["probability"].sum(), 1)
    better = of._replace(points=np.minimum(of.points + gain, 100))
    before, after = (sensitivity.regraded(o, sensitivity.rescored(o, weight)) for o in (of, better))
    assert (after <= before).all()
    mixed = names.copy()
    random.shuffle(mixed)
    other = standing(rules, {u: rows[names.index(u)] for u in mixed})
    again = odds(other, weight)["grade_stability"].query("source == 'weights'")
    pd.testing.assert_frame_equal(found.reset_index(drop=True), again.reset_index(drop=True))


@settings(deadline=None, max_examples=25)
@given(units)
def test_limits_only_lower_in_every_draw(rows):
    inner = {"甲": {"a": 0.6, "b": 0.4}, "乙": {"c": 0.5, "d": 0.5}}
    limits = [
        {"type": "cap", "object": "乙", "condition": "< 50", "result": "中"},
        {"type": "veto", "object": "a", "condition": "< 20", "result": "差"},
    ]
    scale = {"好": 70, "中": 40, "差": 0}
    free, held = system(inner, scale=scale), system(inner, scale=scale, grades={"limits": limits})
    given_ = {f"u{k}": row for k, row in enumerate(rows)}
    weight = drawn(free, 10, size=100)
    codes = [
        sensitivity.regraded(of, sensitivity.rescored(of, weight))
        for of in (standing(free, given_), standing(held, given_))
    ]
    assert (codes[1] >= codes[0]).all()


def test_a_cap_on_a_dimension_follows_the_drawn_weights():
    """乙 = w·80 + (1 - w)·20 is under 50 where w < .5: half of the draws of a uniform w."""
    limit = {"type": "cap", "object": "乙", "condition": "< 50", "result": "差"}
    rules = system(
        {"甲": {"a": 1.0}, "乙": {"b": 0.5, "c": 0.5}}, {"甲": 0.9, "乙": 0.1}, grades={"limits": [limit]}
    )
    of = standing(rules, {"u": [100, 80, 20]})
    held = WeightDraws(drawn(rules, 2, size=50_000).local, np.repeat([[0.9, 0.1]], 50_000, axis=0))
    assert probability(odds(of, held), "u", "差") == pytest.approx(0.5, abs=0.01)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    rules = system({"甲": {"a": 0.5, "b": 0.5}})
    of = standing(rules, {"A": [100, 0], "B": [25, 90], "C": [60, 70]})
    weight = drawn(rules, 2, size=1000)
    whole = odds(of, weight)
    monkeypatch.setattr(sys.modules["svclib.sensitivity.stability"], "CHUNK", 700)
    for name, frame in odds(of, weight).items():
        pd.testing.assert_frame_equal(frame, whole[name])


def test_rank_counts_and_their_ends_by_hand():
    totals = np.array([[90.0, 80, 70], [90, 90, 70], [60, 90, 70], [90, 80, 70]])
    counts = rank_counts(totals)
    assert counts.tolist() == [[3, 0, 1], [2, 2, 0], [0, 1, 3]]
    low, high = rank_ends(counts, confidence=0.5)
    assert low.tolist() == [1, 1, 2]
    assert high.tolist() == [3, 2, 3]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.integers(1, 6), st.sampled_from([0.5, 0.8, 0.95]), st.integers(0, 99))
def test_rank_ends_are_numpy_percentiles(size: int, n: int, confidence: float, seed: int):
    totals = np.random.default_rng(seed).integers(0, 5, size=(size, n)).astype(float)
    ranks = stats.rankdata(-totals, method="min", axis=1)
    low, high = rank_ends(rank_counts(totals), confidence=confidence)
    assert_allclose(low, np.quantile(ranks, (1 - confidence) / 2, axis=0, method="lower"))
    assert_allclose(high, np.quantile(ranks, (1 + confidence) / 2, axis=0, method="higher"))


FIVE, SHARES = [92.0, 78, 85, 60, 88], [0.30, 0.25, 0.20, 0.15, 0.10]


def test_least_mass_and_flip_weight_by_hand():
    """S = 81.9; to 80 the least mass is 1.9/(92 - 60) = .059375 (a linear programme agrees)."""
    w, x = np.array(SHARES), np.array(FIVE)
    assert sensitivity.least_mass(w, x, 80) == (pytest.approx(0.059375), 1)
    assert sensitivity.least_mass(w, x, 65)[1] > 1
    assert sensitivity.least_mass(w, x, 93) == (pytest.approx(np.nan, nan_ok=True), 0)
    at = sensitivity.flip_weight(w, x, 3, 80)
    others = np.where(np.arange(5) == 3, at, w * (1 - at) / (1 - w[3]))
    assert others.sum() == pytest.approx(1)
    assert others @ x == pytest.approx(80)
    assert np.isnan(sensitivity.flip_weight(np.ones(1), np.ones(1), 0, 80))


def test_least_mass_is_the_linear_programme():
    rng = np.random.default_rng(5)
    for _ in range(20):
        w, x = rng.dirichlet(np.ones(6)), rng.uniform(0, 100, 6)
        wanted = rng.uniform(x.min(), x.max())
        eye = np.eye(6)
        equal = np.vstack([np.r_[np.ones(6), np.zeros(12)], np.r_[x, np.zeros(12)], np.c_[eye, -eye, eye]])
        best = linprog(
            np.r_[np.zeros(6), np.ones(12) / 2], A_eq=equal, b_eq=np.r_[1, wanted, w], bounds=(0, None)
        )
        assert sensitivity.least_mass(w, x, wanted)[0] == pytest.approx(best.fun, abs=1e-9)


def test_edge_is_where_the_published_number_reaches_the_cut():
    assert sensitivity.edge(80, decimals=2) == pytest.approx(79.995)
    assert sensitivity.edge(80, decimals=0) == pytest.approx(79.5)
    assert sensitivity.edge(79.991, decimals=2) == pytest.approx(79.995)


def test_breakpoints_flip_the_grade_of_the_published_number():
    rules = system({"甲": dict(zip("abcde", SHARES, strict=True))}, scale={"好": 80, "差": 0})
    of = standing(rules, {"u": FIVE, "v": [99.0, 99, 99, 50, 99], "w": [10.0] * 5})
    found = checked("breakpoints", sensitivity.breakpoints(of, cycle=CYCLE)).set_index(["unit", "node"])
    mine = found.loc["u"]
    assert mine.loc["total", "move"] == pytest.approx((81.9 - 79.995) / 32)
    single = mine.drop(index="total")
    assert len(single) == 3
    assert (single["grade"] == "差").all()
    assert single["feasible"].all()
    assert single.loc["d", "weight_at_flip"] == pytest.approx(
        sensitivity.flip_weight(np.array(SHARES), np.array(FIVE), 3, 79.995)
    )
    assert (single["flips"] == "").all()
    # Where every score is the same no weight does anything.
    assert "w" not in found.index.get_level_values("unit")


def test_breakpoints_name_who_else_flips_and_who_is_held():
    veto = {"type": "veto", "object": "c", "condition": "< 5", "result": "差"}
    rules = system(
        {"甲": {"a": 0.5, "b": 0.4, "c": 0.1}}, scale={"好": 60, "差": 0}, grades={"limits": [veto]}
    )
    of = standing(rules, {"u": [90, 30, 40], "v": [92, 30, 30], "w": [100, 90, 0]})
    found = sensitivity.breakpoints(of, cycle=CYCLE).set_index(["unit", "grade", "node"])
    near = found.loc[("u", "差", "a")]
    assert near["feasible"]
    assert near["flips"] == "v"
    held = found.loc["w"]
    assert not held["feasible"].any()
    assert set(held["note"]) == {"held"}


def test_breakpoints_of_a_unit_to_which_something_does_not_apply_are_written_weights():
    rules = system({"甲": {"a": 0.5, "b": 0.3, "c": 0.2}}, scale={"好": 70, "差": 0})
    of = standing(rules, {"u": [90, 60, np.nan]})
    found = sensitivity.breakpoints(of, cycle=CYCLE).set_index("node")
    at = found.loc["a", "weight_at_flip"]
    # The used weights are a : b = at : .3/.5·(1 - at).
    used = at / (at + 0.6 * (1 - at))
    assert 90 * used + 60 * (1 - used) == pytest.approx(69.995)
    assert found.loc["a", "weight"] == 0.5


def test_breakpoints_of_geometric_means_and_of_points_on_top():
    rules = system({"甲": {"a": 0.5, "b": 0.5}, "乙": {"c": 1.0}}, aggregate="geometric", floor=1)
    of = standing(rules, {"u": [90, 60, 80]})
    for net in (0.0, -1.0):
        moved = of._replace(net=np.array([net]))
        found = sensitivity.breakpoints(moved, cycle=CYCLE).set_index("node")
        at = found.loc["a", "weight_at_flip"]
        assert np.sqrt(90**at * 60 ** (1 - at) * 80) + net == pytest.approx(69.995)
        assert TOTAL not in found.index


def test_no_breakpoints_under_target_rules():
    content = {"好": {"met_share": 1, "missed_max": 0, "node": "total", "node_min": 0}}
    rules = system({"甲": {"a": 1.0}}, grades={"method": "targets", "rules": content})
    of = standing(system({"甲": {"a": 1.0}}), {"u": [90]})._replace(framework=rules)
    assert sensitivity.breakpoints(of, cycle=CYCLE).empty


def test_drop_one_by_hand():
    rules = system({"甲": {"a": 0.5, "b": 0.5}, "乙": {"c": 1.0}})
    of = standing(rules, {"u": [100, 60, 70], "v": [80, 80, np.nan], "w": [70, 72, 74]})
    found = checked("drop_one", sensitivity.drop_one([of], cycle=CYCLE)).set_index(["unit", "dropped"])
    assert found.loc[("u", "a"), "score"] == pytest.approx(65)
    assert found.loc[("u", "a"), "change"] == pytest.approx(-10)
    assert found.loc[("u", "a"), ["grade", "differs"]].tolist() == ["差", True]
    assert found.loc[("u", "a"), ["rank", "rank_shift"]].tolist() == [3, 1]
    assert found.loc[("u", "c"), "score"] == pytest.approx(80)  # a dimension left without any
    assert ("v", "c") not in found.index


def test_scenarios_by_hand():
    rules = system({"甲": {"a": 0.8, "b": 0.2}, "乙": {"c": 1.0}}, {"甲": 0.9, "乙": 0.1})
    of = standing(rules, {"u": [80, 20, 90], "v": [90, 90, 90]})
    equal = sensitivity.equal_weights(of)
    assert_allclose(equal.local, [[0.5, 0.5, 1]])
    own = pd.DataFrame({"parent": ["total"] * 2, "item": ["甲", "乙"], "weight": [0.2, 0.8]})
    expert = sensitivity.expert_weights(of, own)
    assert_allclose(expert.top, [[0.2, 0.8]])
    assert_allclose(expert.local, of.weights.local)
    choices = {"equal_weights": [(of, equal)], "expert:甲": [(of, expert)]}
    found = checked("scenarios", sensitivity.scenarios(choices, cycle=CYCLE)).set_index(["scenario", "unit"])
    assert found.loc[("equal_weights", "u"), ["published", "grade", "differs"]].tolist() == [
        70.0,
        "好",
        False,
    ]
    assert found.loc[("expert:甲", "u"), "published"] == pytest.approx(0.2 * 68 + 0.8 * 90)
    assert not found.loc[("expert:甲", "v"), "differs"]


def test_weights_by_another_method_are_a_scenario():
    rules = system({"甲": {"a": 0.8, "b": 0.2}, "乙": {"c": 1.0}}, {"甲": 0.9, "乙": 0.1})
    of = standing(rules, {"u": [80, 20, 90]})
    rows = [
        ("甲", "a", "entropy", "", 0.3, False), ("甲", "b", "entropy", "", 0.7, False),
        ("total", "甲", "entropy", "", 0.4, False), ("total", "乙", "entropy", "", np.nan, False),
        ("total", "甲", "ahp", "aip", 0.5, False), ("total", "乙", "ahp", "aip", 0.5, False),
        ("total", "甲", "ahp", "geometric", 0.6, False), ("total", "乙", "ahp", "geometric", 0.4, False),
        ("total", "甲", "direct", "", 0.9, True), ("total", "乙", "direct", "", 0.1, True),
        ("甲", "a", "equal", "", 0.5, False), ("甲", "b", "equal", "", 0.5, False),
    ]  # fmt: skip
    methods = pd.DataFrame(rows, columns=["parent", "node", "method", "variant", "local", "applied"])
    found = sensitivity.method_weights(of, methods)
    assert list(found) == ["method_ahp", "method_entropy"]  # equal weights are a scenario of their own
    assert_allclose(found["method_entropy"].local, [[0.3, 0.7, 1.0]])
    assert_allclose(found["method_entropy"].top, [[0.9, 0.1]])  # not computed there: as in force
    assert_allclose(found["method_ahp"].top, [[0.5, 0.5]])  # the first variant


def test_another_screening_is_a_scenario_and_robustness_counts_them():
    rules = system({"甲": {"a": 0.5, "b": 0.5}})
    of = standing(rules, {"u": [90, 52], "v": [90, 90]})
    _, graded = published(rules, {"u": [90, 52], "v": [90, 90]})
    head = pd.DataFrame({"unit": ["u", "v"], "estimate_all": [69.0, 90], "estimate_strict": [72.0, 90]})
    head = head.assign(cycle=CYCLE, stat="score", level="total", grade_kept="好", grade_strict="好")
    screened = sensitivity.screened(head.assign(grade_all=["差", "好"]), graded)
    assert screened.set_index(["scenario", "unit"]).loc[("screening_all", "u"), "differs"]
    tables = odds(of, drawn(rules, 50, size=500)) | {
        "breakpoints": sensitivity.breakpoints(of, cycle=CYCLE),
        "scenarios": pd.concat(
            [
                sensitivity.scenarios({"equal_weights": [(of, sensitivity.equal_weights(of))]}, cycle=CYCLE),
                screened,
            ]
        ),
    }
    found = checked("robustness", sensitivity.robustness(graded, tables)).set_index("unit")
    assert found.loc["u", ["n_scenarios", "n_same"]].tolist() == [3, 2]
    assert found.loc["u", "flip_grade"] == "差"
    assert found.loc["v", "node"] == ""
    assert found.loc["v", "p_weights"] == 1
