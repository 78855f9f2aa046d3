"""Where the change of a score comes from: every part adds up, and each is what it says."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from svclib import decomposition, framework, scores
from svclib.decomposition import Ends, Published, Side
from svclib.framework import Framework
from svclib.scores import WeightDraws

KINDS = ("arithmetic", "geometric")


def system(total: str = "arithmetic", dimension: str = "arithmetic") -> Framework:
    content = (
        tiny_content() | {"aggregate": total} | ({"floor": 1} if "geometric" in (total, dimension) else {})
    )
    for d in content["dimensions"].values():
        d["aggregate"] = dimension
    return framework.from_dict(content)


def side(points: list[list[float]], local: list[float] | None = None, top: list[float] | None = None) -> Side:
    """One unit; points by indicator and evaluator ("", customers, inspectors, imputed)."""
    found = np.array([points], dtype=float)
    written = [local or [0.5, 0.5, 0.2, 0.3, 0.5], top or [0.6, 0.4]]
    return Side(found, ~np.isnan(found).all(axis=-1), WeightDraws(*(np.array([w]) for w in written)))


def plain(values: list[float]) -> list[list[float]]:
    """Points of records, or of customers alone."""
    none = float("nan")
    rated = [[none, v, none, none] for v in values[:2]]
    return [*rated, *([v, none, none, none] for v in values[2:])]


def total(rules: Framework, one: Side) -> float:
    """The total as `scores` finds it."""
    rank = np.array([1.0, *rules.subjects.values(), 1.0])
    share = rank * ~np.isnan(one.points)
    value = np.nansum(share * one.points, axis=-1) / np.maximum(share.sum(axis=-1), 1e-300)
    used = scores.shares(one.weights, rules, one.applies)
    dims = [
        scores.composite(
            value[:, at], used.local[:, at], how=d.aggregate or rules.aggregate, floor=rules.floor
        )
        for at, d in ((scores.membership(rules) == k, d) for k, d in enumerate(rules.dimensions))
    ]
    found = scores.composite(np.stack(dims, axis=-1), used.dimension, how=rules.aggregate, floor=rules.floor)
    return float(found[0])


def decomposed(rules: Framework, then: Side, now: Side, **more: np.ndarray) -> pd.DataFrame:
    bare = np.array([[total(rules, then)], [total(rules, now)]])
    return decomposition.decompose(then, now, Ends(bare, bare), rules, ["甲"], **more)


def part(frame: pd.DataFrame, name: str) -> dict[str, float]:
    mine = frame[frame["change_part"] == name]
    return dict(zip(mine["node"], mine["contribution"], strict=True))


def test_by_hand():
    """.6 x (.5 x 10 - .5 x 4) + .4 x .2 x 20 = 3.4, each indicator its own."""
    rules = system()
    then, now = (side(plain(v)) for v in ([60, 80, 50, 70, 90], [70, 76, 70, 70, 90]))
    found = decomposed(rules, then, now)
    assert_allclose(list(part(found, "performance").values()), [3.0, -1.2, 1.6, 0.0, 0.0], atol=1e-12)
    assert set(found["change_part"]) == {"performance"}


def test_das_gupta():
    """Das Gupta (1993, table 2.1; DasGuptR's vignette): earnings per earner 4369.913, earners 1487.262."""
    rules = system()
    then, now = (
        side(plain([x, 0, 1, 1, 1]), local=[w, 1 - w, 0.2, 0.3, 0.5], top=[1.0, 0.0])
        for x, w in ((10930, 0.717892), (16591, 0.825974))
    )
    found = decomposed(rules, then, now).groupby("change_part")["contribution"].sum()
    assert found["performance"] == pytest.approx(4369.913, abs=5e-4)
    assert found["weights"] == pytest.approx(1487.262, abs=5e-4)


def shapley(value, factors: int) -> np.ndarray:
    """Mean over all orders of what each factor does; `value` takes the set of those already as now."""
    found = np.zeros(factors)
    orders = list(permutations(range(factors)))
    for order in orders:
        on: frozenset[int] = frozenset()
        for k in order:
            found[k] += value(on | {k}) - value(on)
            on |= {k}
    return found / len(orders)


def test_coverage_and_written_weights_are_the_shapley_values_over_every_order():
    rules = system()
    none = float("nan")
    then = side(plain([60, 80, none, 70, 90]), local=[0.5, 0.5, 0.2, 0.3, 0.5], top=[0.6, 0.4])
    now = side(plain([60, 80, 40, 70, 90]), local=[0.5, 0.5, 0.1, 0.6, 0.3], top=[0.6, 0.4])
    found = decomposed(rules, then, now)

    def value(on: frozenset[int]) -> float:
        applies = (now if 0 in on else then).applies
        weights = (now if 1 in on else then).weights
        return total(rules, Side(np.where(applies[..., None], now.points, none), applies, weights))

    expected = shapley(value, 2)
    assert sum(part(found, "coverage").values()) == pytest.approx(expected[0])
    assert sum(part(found, "weights").values()) == pytest.approx(expected[1])
    assert not any(part(found, "performance").values())


points = st.floats(0, 100) | st.just(float("nan"))
weights = st.floats(0.05, 1)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    table = draw(st.lists(st.lists(points, min_size=4, max_size=4), min_size=5, max_size=5))
    local = draw(st.lists(weights, min_size=5, max_size=5))
    top = draw(st.lists(weights, min_size=2, max_size=2))
    one = side(table, local, top)
    if np.isnan(one.points).all():
        one.points[0, 0, 0], one.applies[0, 0] = 50.0, True
    return one


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_parts_sum_to_the_change_and_turn_around_with_time(data, above, below):
    rules = system(above, below)
    then, now = data.draw(sides()), data.draw(sides())
    mix = np.full(then.points.shape, data.draw(st.floats(-5, 5)))
    there, back = decomposed(rules, then, now, mix=mix), decomposed(rules, now, then, mix=-mix)
    assert there["contribution"].sum() == pytest.approx(total(rules, now) - total(rules, then), abs=1e-9)
    keys = ["change_part", "node"]
    both = there.set_index(keys)["contribution"].add(back.set_index(keys)["contribution"], fill_value=0)
    assert_allclose(both, 0, atol=1e-8)


def test_adjustments_and_rounding_are_parts_of_their_own():
    rules = system()
    then, now = (side(plain(v)) for v in ([60, 80, 50, 70, 90], [70, 76, 70, 70, 90]))
    bare = np.array([[total(rules, then)], [total(rules, now)]])
    score = bare + np.array([[2.0], [-1.0]])
    found = decomposition.decompose(then, now, Ends(np.round(score, 0), score), rules, ["甲"])
    assert part(found, "adjustments")[""] == pytest.approx(-3)
    assert part(found, "rounding")[""] == pytest.approx(np.diff(np.round(score) - score, axis=0)[0, 0])
    assert found["contribution"].sum() == pytest.approx(np.diff(np.round(score), axis=0)[0, 0])


def test_another_evaluator_is_coverage():
    """Inspectors (weight .4) give 40 where customers give 60 both times: -.4 x 20 x .6 x .5."""
    rules = system()
    then, now = side(plain([60, 80, 50, 70, 90])), side(plain([60, 80, 50, 70, 90]))
    now.points[0, 0, 2] = 40.0
    found = decomposed(rules, then, now)
    assert part(found, "coverage") == pytest.approx({"态度": -2.4})


def test_what_was_not_reported_is_coverage_and_never_performance():
    rows = pd.DataFrame(
        [("甲", "处理率", "", "ok", 90.0), ("乙", "处理率", "", "not_reported", 0.0),
         ("甲", "态度", "", "ok", 70.0), ("甲", "态度", "客户", "ok", 70.0), ("丁", "处理率", "", "ok", 1.0)],
        columns=["unit", "indicator", "subject", "status", "score"],
    )  # fmt: skip
    found = decomposition.points_of(rows, ["甲", "乙"], system())
    assert found.shape == (2, 5, 4)
    assert found[0, 2, 0] == 90
    assert found[1, 2, 3] == 0
    assert found[0, 0, 1] == 70
    assert np.isfinite(found).sum() == 3  # the headline of a rating and a unit nobody asked for stay out


def test_mix_is_taken_out_of_performance_and_said_where_it_cannot_be():
    rules = system()
    then, now = (side(plain(v)) for v in ([60, 80, 50, 70, 90], [70, 76, 70, 70, 90]))
    mix = np.zeros(then.points.shape)
    mix[0, 0, 1], mix[0, 1, 1] = 4.0, np.nan
    found = decomposed(rules, then, now, mix=mix)
    assert part(found, "mix") == pytest.approx({"态度": 1.2})
    assert part(found, "performance")["态度"] == pytest.approx(1.8)
    assert found.set_index(["change_part", "node"]).loc[("performance", "环境"), "note"] == "mix_inseparable"


def published(rows: list[tuple[str, float, float]], score: float, *, additive: bool = True) -> Published:
    table = pd.DataFrame(rows, columns=["indicator", "weight", "score"]).assign(unit="甲")
    return Published(table, pd.Series({"甲": score}), additive)


def test_new_rules_are_split_into_weights_and_the_rest():
    """60/80 by .5/.5 = 70, +1; now 60/90 by .75/.25 = 67.5, and the second is scored by new anchors."""
    own = published([("态度", 0.5, 60.0), ("环境", 0.5, 80.0)], 71.0)
    new = published([("态度", 0.75, 60.0), ("环境", 0.25, 90.0)], 67.5)
    found = decomposition.rescored(own, new, ["甲"])
    assert part(found, "framework") == pytest.approx({"环境": 0.375 * 10, "": -1.0})
    assert sum(part(found, "weights").values()) == pytest.approx(-0.25 * 25)
    assert found["contribution"].sum() == pytest.approx(-3.5)


def test_an_indicator_that_is_new_belongs_to_the_framework():
    own = published([("态度", 1.0, 60.0)], 60.0)
    new = published([("态度", 0.5, 60.0), ("环境", 0.5, 80.0)], 70.0)
    found = decomposition.rescored(own, new, ["甲"])
    assert part(found, "framework") == pytest.approx({"环境": 0.5 * 15})
    assert part(found, "weights") == pytest.approx({"态度": 0.5 * 5})


def test_other_means_are_not_split():
    own, new = published([("态度", 1.0, 60.0)], 60.0), published([("态度", 1.0, 60.0)], 66.0, additive=False)
    assert part(decomposition.rescored(own, new, ["甲"]), "framework") == pytest.approx({"": 6.0})


def test_a_unit_without_a_score_of_its_own_has_that_part_empty():
    new = published([("态度", 1.0, 60.0)], 66.0)
    own = Published(new.contributions.iloc[:0], pd.Series(dtype=float), additive=True)
    (row,) = decomposition.rescored(own, new, ["甲"]).to_dict("records")
    assert (row["change_part"], row["note"]) == ("framework", "not_published")
    assert np.isnan(row["contribution"])


def rows(unit: str, *parts: tuple[str, str, float], note: str = "") -> pd.DataFrame:
    frame = pd.DataFrame(parts, columns=["change_part", "node", "contribution"])
    ends = {"estimate0": 80.0, "estimate1": 80 + frame["contribution"].sum()}
    ends["change"] = ends["estimate1"] - 80.0
    return frame.assign(baseline="2026Q1", cycle="2026Q2", unit=unit, note=note, **ends)


def test_the_largest_parts_stand_alone_and_the_rest_together():
    one = rows(
        "乙", ("performance", "a", 1.0), ("performance", "b", -3.0), ("mix", "a", 2.0), ("mix", "b", 0.5),
        ("performance", "c", 0.2), ("performance", "d", 0.0), note="mix_inseparable",
    )  # fmt: skip
    two = rows("甲", ("performance", "a", 4.0), ("performance", "b", 1.0), ("performance", "c", -1.0))
    found = decomposition.largest(pd.concat([one, two]), 2)
    told = list(zip(found["unit"], found["change_part"], found["node"], found["n"], strict=True))
    assert told == [
        ("乙", "performance", "b", 1), ("乙", "mix", "", 1), ("乙", "other", "", 2),
        ("甲", "performance", "a", 1), ("甲", "performance", "b", 1), ("甲", "performance", "c", 1),
    ]  # fmt: skip
    assert_allclose(found["contribution"], [-3.0, 2.5, 1.2, 4.0, 1.0, -1.0])
    assert set(found[found["unit"] == "乙"]["note"]) == {"mix_inseparable"}


def test_a_unit_where_nothing_moved_keeps_one_row():
    found = decomposition.largest(rows("甲", ("performance", "a", 0.0), ("performance", "b", 0.0)), 2)
    assert found["contribution"].tolist() == [0.0]
    assert decomposition.largest(rows("甲").iloc[:0], 2).empty
