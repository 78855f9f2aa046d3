"""Pass and score rates of inspections by hand; what one visit found hangs together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from counted_records import CHECK, findings, measure, one, system

from svclib.estimates import item_means
from svclib.moments import reduce

PASS = CHECK | {"measure": "pass_rate"}
SCORE = CHECK | {"measure": "score_rate"}


def rounds(*results: tuple[str, str]) -> list[dict[str, object]]:
    """One row per mark: `("东区", "110")` passes twice and fails once at that place."""
    return [
        {
            "place": place,
            "check": f"第{k}项",
            "result": {"1": "pass", "0": "fail"}.get(mark, "not_applicable"),
        }
        for place, marks in results
        for k, mark in enumerate(marks)
    ]


def test_pass_rate_by_hand():
    rows = findings(
        *rounds(("东区", "111-"), ("西区", "100")),
        {"date": "2026-07-02", "place": "库区", "result": "fail"},
        {"place": "库区", "score": 3.0, "full_marks": 10.0},
    )
    found = one(PASS, inspections=rows)
    assert (found["numerator"], found["denominator"], found["n"]) == (4, 6, 6)
    assert found["value"] == pytest.approx(100 * 4 / 6)
    assert found["excluded_why"] == "outside_period:1;does_not_apply:1;scored:1"
    assert (found["method"], found["definition"]) == ("visits", "inspected_in_period")


def test_score_rate_weighs_by_full_marks():
    rows = findings(
        {"score": 9.0, "full_marks": 10.0},
        {"score": 15.0, "full_marks": 30.0, "check": "台账"},
        {"score": 5.0, "full_marks": 5.0, "check": "卫生", "place": "东区"},
    )
    found = one(SCORE, inspections=rows)
    assert found["value"] == pytest.approx(100 * 29 / 45)
    some = one(SCORE | {"where": {"check": ["台账", "卫生"]}}, inspections=rows)
    assert some["value"] == pytest.approx(100 * 20 / 35)


def test_the_error_is_that_of_clusters():
    rows = findings(*rounds(("东区", "1101"), ("西区", "0010"), ("南区", "1111"), ("北区", "10")))
    found = one(PASS, inspections=rows)
    plain = rows.assign(
        cycle="",
        subject="",
        weight=1.0,
        share=(rows["result"] == "pass").astype(float),
        cluster=rows["place"],
    )
    same = item_means(reduce(plain, ["share"], psu="cluster"), unit="甲", bounds={"share": (0, 1)})
    assert found["se"] == pytest.approx(100 * math.sqrt(same.cov[0, 0]))
    assert found["df"] == same.parts[0].df
    # Visits that agree within themselves say less than as many findings of their own.
    assert found["se"] > 100 * math.sqrt(found["value"] / 100 * (1 - found["value"] / 100) / 14)


def test_rates_of_the_same_visits_are_correlated():
    rows = findings(*[
        {"place": place, "check": check, "result": result}
        for place, result in (("东区", "pass"), ("西区", "fail"), ("南区", "pass"), ("北区", "fail"))
        for check in ("通道", "卫生")
    ])  # fmt: skip
    framed = system(通道=PASS | {"where": {"check": "通道"}}, 卫生=PASS | {"where": {"check": "卫生"}})
    (joint,) = measure(framed, inspections=rows).joint["甲"]
    assert joint.names == ("通道", "卫生")
    assert joint.correlation[0, 1] > 0.5
    assert np.allclose(np.diag(joint.correlation), 1)


def test_one_visit_has_a_value_and_no_error():
    found = one(PASS, inspections=findings(*rounds(("东区", "110"))))
    assert found["value"] == pytest.approx(200 / 3)
    assert math.isnan(found["se"])
    assert found["note"].endswith("single_visit;fixed")


def test_nobody_inspected():
    assert one(PASS, inspections=findings({"unit": "乙", "result": "pass"}))["status"] == "not_applicable"
    assert one(PASS)["status"] == "not_reported"
    idle = one(PASS, inspections=findings({"result": "not_applicable"}))
    assert (idle["status"], idle["excluded_why"]) == ("not_applicable", "does_not_apply:1")
