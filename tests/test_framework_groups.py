"""The framework of one group: what is left out, who takes its weight, which cuts and limits hold."""

from __future__ import annotations

from typing import Any

import pytest
from factories import tiny_content
from hypothesis import given
from hypothesis import strategies as st

from svclib import framework
from svclib.errors import InputErrors
from svclib.framework.groups import without

CUTS = {"优秀": 88, "良好": 78, "合格": 60, "不合格": 0}


def plan(**groups: dict[str, Any]) -> framework.Framework:
    return framework.from_dict(tiny_content() | {"groups": groups})


def weights(found: framework.Framework) -> dict[str, float | None]:
    return {i.name: i.weight for i in found.indicators}


def test_an_indicator_left_out_gives_its_weight_to_its_siblings_in_proportion():
    mine = plan(支持={"exclude": ["时长"]}).for_group("支持")
    assert weights(mine) == pytest.approx({"态度": 0.5, "环境": 0.5, "处理率": 0.625, "事故率": 0.375})
    assert [d.weight for d in mine.dimensions] == pytest.approx([0.6, 0.4])


def test_a_dimension_with_nothing_left_is_left_out_with_its_limits():
    mine = plan(支持={"exclude": ["处理率", "事故率", "时长"]}).for_group("支持")
    assert [(d.name, d.weight) for d in mine.dimensions] == [("体验", pytest.approx(1.0))]
    assert mine.grades.limits == ()


def test_own_weights_and_cuts():
    own = {"weights": {"体验": 30, "过程": 70, "态度": 80, "环境": 20}, "scale": CUTS}
    mine = plan(支持=own).for_group("支持")
    assert [d.weight for d in mine.dimensions] == pytest.approx([0.3, 0.7])
    assert weights(mine)["态度"] == pytest.approx(0.8)
    assert mine.grades.cuts == (88, 78, 60, 0)


def test_other_groups_and_numbers():
    rules = plan(支持={"exclude": ["时长"]}, 窗口={"en": "Counter"})
    assert rules.for_group("没有") is rules
    assert weights(rules.for_group("窗口")) == pytest.approx(weights(rules))
    assert rules.label("窗口", "en") == "Counter"
    english = plan(支持={"exclude": ["时长"]}, 窗口={"en": "Desk"})
    assert rules.number_hash() == english.number_hash()
    assert rules.number_hash() != plan(支持={"exclude": ["事故率"]}, 窗口={}).number_hash()


@given(st.sets(st.sampled_from(["态度", "环境", "处理率", "事故率", "时长"]), max_size=4))
def test_weights_of_what_is_left_sum_to_one(gone: set[str]):
    left = without(plan(), gone)
    assert sum(d.weight or 0 for d in left.dimensions) == pytest.approx(1)
    for dimension in left.dimensions:
        assert sum(i.weight or 0 for i in dimension.indicators) == pytest.approx(1)
    assert {i.name for i in left.indicators} == {"态度", "环境", "处理率", "事故率", "时长"} - gone


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ({"exclude": ["时常"]}, "unknown indicator '时常'"),
        ({"weights": {"体念": 1}}, "unknown dimension or indicator '体念'"),
        (
            {"exclude": ["时长"], "weights": {"处理率": 50, "事故率": 30, "时长": 20}},
            "支持.weights.时长: 时长 is left out here, so its weight counts for nothing. Remove it and let",
        ),
        (
            {"exclude": ["态度", "环境"], "weights": {"体验": 60, "过程": 40}},
            "支持.weights.体验: 体验 is left out here",
        ),
        (
            {"exclude": ["态度", "环境", "处理率", "事故率", "时长"]},
            "no indicator is left. Leave at least one",
        ),
        ({"weights": {"体验": 60}}, "weights of 体验 without 过程. Give every sibling its weight, or none"),
        ({"weights": {"体验": 60, "过程": 50}}, "weights sum to 110"),
        ({"scale": {"优": 90, "良": 0}}, "Give the same grades: 优秀, 良好, 合格, 不合格"),
        ({"scale": CUTS | {"良好": 95}}, "优秀 88 is not above 良好 95"),
    ],
)
def test_refusals(group: dict[str, Any], told: str):
    with pytest.raises(InputErrors, match=told):
        plan(支持=group)


def test_a_rest_without_weight_is_refused_and_named():
    content = tiny_content() | {"groups": {"支持": {"exclude": ["态度"]}}}
    content["dimensions"]["体验"]["indicators"]["态度"]["weight"] = 100
    content["dimensions"]["体验"]["indicators"]["环境"]["weight"] = 0
    with pytest.raises(InputErrors) as told:
        framework.from_dict(content)
    assert [p.field for p in told.value.problems] == ["groups.支持.exclude"]
    assert "what is left of 体验, 环境, has weight 0 in all. Give one of them a weight" in str(told.value)
    content["groups"]["支持"]["weights"] = {"环境": 100}
    assert weights(framework.from_dict(content).for_group("支持"))["环境"] == 1
    content["dimensions"]["体验"]["weight"], content["dimensions"]["过程"]["weight"] = 0, 1
    content["groups"]["支持"] = {"exclude": ["处理率", "事故率", "时长"]}
    with pytest.raises(InputErrors, match="what is left of total, 体验, has weight 0 in all"):
        framework.from_dict(content)


def by_targets(node: str = "total") -> dict[str, Any]:
    """The content graded by targets; the best grade looks at `node`."""
    content = tiny_content()
    rule = {"met_share": 0.5, "missed_max": 2, "node": "总分", "node_min": 60}
    best = {"met_share": 1, "missed_max": 0, "node": node, "node_min": 90}
    content["grades"] |= {"method": "targets", "rules": {"优秀": best, "良好": rule, "合格": rule}}
    return content


def test_a_target_rule_on_what_a_group_drops_is_refused_by_group_rule_and_dimension():
    drop = {"支持": {"exclude": ["态度", "环境"]}}
    with pytest.raises(InputErrors) as told:
        framework.from_dict(by_targets("体验") | {"groups": drop})
    said = "groups.支持.exclude: the rule of 优秀 looks at 体验, of which nothing is left."
    assert f"{said} Keep an indicator of 体验, or let the rule look at total." in str(told.value)
    kept = framework.from_dict(by_targets() | {"groups": drop})
    assert {rule.node for rule in kept.for_group("支持").grades.rules.values()} == {"total"}


def test_a_rule_for_the_last_grade_is_told_to_go():
    content = by_targets()
    content["grades"]["rules"]["不合格"] = content["grades"]["rules"]["合格"]
    with pytest.raises(InputErrors) as told:
        framework.from_dict(content)
    assert len(told.value.problems) == 1
    assert "不合格 is the last grade: it is given where no rule holds. Remove its rule." in str(told.value)


def test_leaving_indicators_out_of_all_keeps_the_groups():
    rules = plan(支持={"exclude": ["时长"], "weights": {"体验": 30, "过程": 70}})
    left = without(rules, ["处理率"]).for_group("支持")
    assert weights(left) == pytest.approx({"态度": 0.5, "环境": 0.5, "事故率": 1})
    assert [d.weight for d in left.dimensions] == pytest.approx([0.3, 0.7])
