"""Warnings by declared thresholds."""

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework

from svclib import columns, framework
from svclib.monitoring import alerts, warning_edge

FRAMEWORK = tiny_framework()


def raised(indicator, value, *, status="ok", subject=""):
    row = {
        "cycle": "c",
        "unit": "u",
        "indicator": indicator,
        "subject": subject,
        "value": value,
        "status": status,
    }
    return alerts(pd.DataFrame([row]), FRAMEWORK)


def test_beyond_the_warning_value_is_amber():
    found = raised("态度", 3.7)
    assert found[["level", "rule", "threshold"]].to_numpy().tolist() == [["amber", "warn", 3.8]]
    columns.checked("alerts", found)


def test_on_the_warning_value_is_no_warning():
    assert raised("态度", 3.8).empty


def test_a_veto_is_red_and_stands_alone():
    veto = next(limit for limit in FRAMEWORK.grades.limits if limit.type == "veto")
    found = raised(veto.object, veto.condition.value + 1)
    assert list(found["level"]) == ["red"]
    assert list(found["rule"]) == ["veto"]
    assert list(found["raised_by"]) == ["threshold"]
    assert found["threshold"].iloc[0] == veto.condition.value


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(0.9, ["amber", "cap", 0.8]), (2.1, ["red", "veto", 2.0]), (0.5, ["amber", "warn", 0.4])],
)
def test_a_cap_is_amber_and_a_veto_goes_before_it(value, wanted):
    content = tiny_content()
    cap = {"type": "cap", "object": "事故率", "condition": "> 0.8", "result": "合格"}
    content["grades"]["limits"].append(cap)
    row = {"cycle": "c", "unit": "u", "indicator": "事故率", "subject": "", "value": value, "status": "ok"}
    found = alerts(pd.DataFrame([row]), framework.from_dict(content))
    assert found[["level", "rule", "threshold"]].to_numpy().tolist() == [wanted]


@pytest.mark.parametrize("row", [{"status": "not_reported"}, {"subject": "客户"}])
def test_only_headline_values_that_exist_can_warn(row):
    assert raised("态度", 1.0, **row).empty
    columns.checked("alerts", raised("态度", 1.0, **row))


@pytest.mark.parametrize(("value", "wanted"), [(89.0, 90.0), (90.0, None), (100.0, None), (109.0, 108.0)])
def test_near_a_target_warns_on_both_sides(value, wanted):
    indicator = FRAMEWORK.indicators[0].model_copy(update={"better": "near", "warn": (90.0, 108.0)})
    assert warning_edge(indicator, value, indicator.warn) == wanted


def test_no_warning_value_no_warning():
    indicator = FRAMEWORK.indicators[0].model_copy(update={"warn": None})
    assert warning_edge(indicator, -np.inf, None) is None
