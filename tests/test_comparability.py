"""What two indicator systems leave comparable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from factories import tiny_content
from hypothesis import given
from hypothesis import strategies as st

from svclib import framework
from svclib.comparability import framework_changes, unlike

NOW = framework.from_dict(tiny_content())


def before(change: Callable[[dict[str, Any]], object]) -> framework.Framework:
    """The tiny framework as it was before `change`."""
    content = tiny_content()
    change(content["dimensions"])
    return framework.from_dict(content)


def attitude(**said: Any) -> framework.Framework:
    return before(lambda d: d["体验"]["indicators"]["态度"].update(said))


def test_the_same_framework_has_one_row_that_says_so():
    got = framework_changes(NOW, NOW)
    assert got[["check", "judgement"]].to_numpy().tolist() == [["framework", "comparable"]]
    assert unlike(NOW, NOW) == frozenset()


@pytest.mark.parametrize(
    ("said", "check", "found", "judgement"),
    [
        ({"items": ["q01", "q02"]}, "items", ("q01;q02", "q01;q02;q03"), "not_comparable"),
        (
            {"scale": [1, 10], "score": {1: 0, 10: 100}, "missing_codes": [99]},
            "scale",
            ("1;10", "1;5"),
            "not_comparable",
        ),
        ({"reverse": ["q02"]}, "reverse", ("q02", ""), "not_comparable"),
        ({"missing_codes": [8]}, "missing_codes", ("8", "9"), "note"),
        ({"score": {1: 20, 5: 100}}, "score", ("1=20、5=100", "1=0、5=100"), "note"),
        ({"definition": "旧"}, "definition", ("旧", ""), "note"),
    ],
)
def test_changes_of_a_rating(said, check, found, judgement):
    then = attitude(**said)
    row = framework_changes(then, NOW).set_index("check").loc[check]
    assert (row["node"], row["found0"], row["found1"], row["judgement"]) == ("态度", *found, judgement)
    assert unlike(then, NOW) == ({"态度"} if judgement == "not_comparable" else set())


def test_a_dropped_item_is_computed_from_those_that_remain():
    then = attitude(items=["q01", "q02", "q03", "q06"])
    row = framework_changes(then, NOW).set_index("check").loc["items"]
    assert row["judgement"] == "note"
    assert unlike(then, NOW) == frozenset()


def test_records_handed_in_in_another_unit_cannot_be_converted():
    then = before(lambda d: d["过程"]["indicators"]["时长"].update(unit="小时"))
    row = framework_changes(then, NOW).set_index("check").loc["unit"]
    assert (row["node"], row["judgement"]) == ("时长", "not_comparable")
    assert unlike(then, NOW) == {"时长"}


def test_indicators_that_come_and_go_and_weights():
    def other(dimensions: dict[str, Any]) -> None:
        rated = dimensions["体验"]["indicators"]
        rated["服务"] = rated.pop("环境")
        dimensions["体验"]["weight"], dimensions["过程"]["weight"] = 0.5, 0.5

    got = framework_changes(before(other), NOW).set_index(["check", "node"])["judgement"]
    assert got[("added", "环境")] == "not_comparable"
    assert got[("removed", "服务")] == "note"
    assert got[("dimension_weight", "体验")] == "note"
    assert got[("framework", "")] == "note"


@given(st.sampled_from(["definition", "owner", "step", "advice"]), st.text("甲乙丙", min_size=1))
def test_words_alone_leave_everything_comparable(field, text):
    then = attitude(**{field: text})
    assert unlike(then, NOW) == frozenset()
    assert framework_changes(then, NOW).iloc[0]["judgement"] == "comparable"
