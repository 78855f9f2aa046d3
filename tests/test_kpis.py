from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from svclib import framework, kpis, tables
from svclib.errors import DataError, ParamError
from svclib.framework.measures import MEASURES
from svclib.kpis import checklists, events, stability

NUMBERS = ("value", "numerator", "denominator", "n", "mean", "sd")


def record(
    indicator: str, *, unit: str = "甲", cycle: str = "2026Q2", status: str = "ok", **given: float
) -> dict[str, Any]:
    return {
        "cycle": cycle,
        "row": 2,
        "unit": unit,
        "indicator": indicator,
        "status": status,
        **dict.fromkeys(NUMBERS, np.nan),
        **given,
    }


def one(indicator: str, *, system: framework.Framework | None = None, **given: Any) -> pd.Series:
    return kpis.values(pd.DataFrame([record(indicator, **given)]), system or tiny_framework()).iloc[0]


def test_proportion_by_hand():
    found = one("处理率", numerator=380, denominator=400)
    assert found["value"] == pytest.approx(95)
    assert found["se"] == pytest.approx(100 * math.sqrt(0.95 * 0.05 / 400))
    assert (found["n"], found["df"], found["method"], found["status"]) == (400, math.inf, "binomial", "ok")


def test_proportion_small_or_all_alike_gets_half_a_pseudo_answer_at_each_end():
    assert one("处理率", numerator=19, denominator=20)["se"] == pytest.approx(
        100 * math.sqrt((19.5 / 21) * (1.5 / 21) / 20)
    )
    full = one("处理率", numerator=500, denominator=500)
    assert full["value"] == 100
    assert full["se"] > 0


def test_proportion_interval_against_statsmodels():
    """Plain interval at n >= 100 is the Wald one of statsmodels."""
    found = one("处理率", numerator=380, denominator=400)
    low, _ = proportion_confint(380, 400, method="normal")
    assert found["value"] - 1.959963984540054 * found["se"] == pytest.approx(100 * low, abs=1e-9)


def test_rate_by_hand():
    found = one("事故率", numerator=3, denominator=6000)
    assert found["value"] == pytest.approx(0.5)
    assert found["se"] == pytest.approx(math.sqrt(1000**2 * 3.5 / 6000**2))
    assert found["method"] == "poisson"


def test_mean_by_hand():
    found = one("时长", mean=14.0, sd=6.0, n=36)
    assert (found["value"], found["se"], found["df"], found["n"]) == (14.0, 1.0, 35.0, 36)
    assert found["method"] == "mean"


@pytest.mark.parametrize(
    "given", [{"value": 14.0}, {"mean": 14.0}, {"mean": 14.0, "n": 30}, {"mean": 14, "sd": 0, "n": 1}]
)
def test_a_bare_value_is_fixed_and_says_so(given: dict[str, float]):
    found = one("时长", **given)
    assert found["value"] == 14.0
    assert math.isnan(found["se"])
    assert found["method"] == found["note"] == "fixed"


def test_census_has_no_error():
    content = tiny_content()
    content["dimensions"]["过程"]["indicators"]["事故率"]["uncertainty"] = "census"
    found = one("事故率", system=framework.from_dict(content), numerator=3, denominator=6000)
    assert (found["se"], found["method"], found["note"]) == (0.0, "census", "census")


def test_absent_values_keep_their_reason():
    assert one("时长", status="not_applicable")["status"] == "not_applicable"
    empty = one("时长")
    assert empty["status"] == "not_reported"
    assert math.isnan(empty["value"])


def test_estimate_is_one_independent_part_per_df():
    rows = pd.DataFrame(
        [
            record("处理率", numerator=380, denominator=400),
            record("事故率", numerator=3, denominator=6000),
            record("时长", mean=14, sd=6, n=36),
            record("时长", cycle="2026Q1", value=15),
        ]
    )
    found = kpis.estimate(rows, tiny_framework())
    assert found.index["item"].tolist() == ["时长", "事故率", "处理率", "时长"]
    assert set(found.index["subject"]) == {""}
    assert sorted(part.df for part in found.parts) == [35.0, math.inf]
    se = kpis.values(rows, tiny_framework()).set_index(["cycle", "indicator"])["se"]
    expected = [0.0, *(se.loc[("2026Q2", i)] ** 2 for i in ("事故率", "处理率", "时长"))]
    assert np.allclose(np.diag(found.cov), expected)
    assert np.allclose(found.cov, np.diag(expected))
    assert found.note == ("fixed", "", "", "")


def test_estimate_leaves_out_what_has_no_value():
    rows = pd.DataFrame([record("处理率", status="not_applicable"), record("时长", value=3.0)])
    assert kpis.estimate(rows, tiny_framework()).index["item"].tolist() == ["时长"]


@given(st.integers(1, 5000), st.data())
def test_proportion_stays_in_bounds_and_has_an_error(n: int, data: Any):
    hits = data.draw(st.integers(0, n))
    found = one("处理率", numerator=hits, denominator=n)
    assert 0 <= found["value"] <= 100
    assert 0 < found["se"] <= 100


@pytest.mark.parametrize(
    ("indicator", "given", "text"),
    [
        ("处理率", {"numerator": 105, "denominator": 100}, "row 2, 2026Q2, 甲, 处理率: 105 of 100"),
        ("处理率", {"numerator": 0, "denominator": 0}, "0 of 0"),
        ("事故率", {"numerator": -1, "denominator": 100}, "-1 per 100"),
        ("时长", {"mean": 3, "sd": -1, "n": 9}, "sd -1, n 9"),
    ],
)
def test_impossible_counts_are_refused(indicator: str, given: dict[str, float], text: str):
    with pytest.raises(DataError, match=text):
        one(indicator, **given)


def test_repeated_and_unknown_records_are_refused():
    rows = pd.DataFrame([record("时长", value=1.0), record("时长", value=2.0)])
    with pytest.raises(DataError, match="1 records repeat a key"):
        kpis.values(rows, tiny_framework())
    with pytest.raises(ParamError, match="no indicator is called '时常'"):
        one("时常", value=1.0)
    with pytest.raises(DataError, match="one unit are wanted, found 2"):
        kpis.estimate(pd.DataFrame([record("时长"), record("时长", unit="乙")]), tiny_framework())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("source", ("events", "inspections", "indicator", "kpis")),
        ("stat", (*MEASURES, "stability")),
        ("definition", {*events.RULES.values(), checklists.RULE, stability.RULE, "handed_in"}),
        ("excluded_why", ("outside_period:3", "not_recorded", "still_open", "no_limit", "not_yet_due")),
        ("excluded_why", ("does_not_apply", "scored", "not_scored", "no_data", "undated")),
        ("method", ("kaplan_meier", "geometric", "mean", "median", "visits", "downtime", "poisson", "ratio")),
        ("note", ("no_exposure", "at_least", "median_not_reached", "open_left_out", "many_open")),
        ("note", ("never_found:投诉", "single_visit")),
        ("flags", ("many_open",)),
        ("reason", ("kind_measured",)),
        ("rule", ("no_unit",)),
    ],
)
def test_every_id_of_a_counted_value_has_a_word(column: str, names: Any, lang: str):
    for name in names:
        assert tables.code(column, name, lang) not in ("", name)


def test_a_quotient_of_amounts_may_exceed_all_and_has_no_error():
    content = tiny_content()
    content["dimensions"]["过程"]["indicators"]["时长"] |= {
        "kind": "amount", "unit": "%", "better": "near", "score": {80: 0, 100: 100, 120: 0}
    }  # fmt: skip
    budget = framework.from_dict(content)
    found = one("时长", system=budget, numerator=1050, denominator=1000)
    assert (found["value"], found["method"], found["note"]) == (105, "ratio", "fixed")
    assert math.isnan(found["se"])
    with pytest.raises(DataError, match="A ratio needs denominator > 0"):
        one("时长", system=budget, numerator=1050, denominator=0)
