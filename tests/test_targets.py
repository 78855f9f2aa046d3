"""Targets: the published value decides, the interval only says how sure."""

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import columns
from svclib.targets import judge_targets, on_target, target_range

FRAMEWORK = tiny_framework()


def scored(indicator, value, low, high, *, status="ok", subject=""):
    return {
        "cycle": "c", "unit": "u", "indicator": indicator, "subject": subject, "value": value,
        "ci_low": low, "ci_high": high, "status": status,
    }  # fmt: skip


def judged(*rows):
    return judge_targets(pd.DataFrame(list(rows)), FRAMEWORK)


def test_a_value_on_the_target_meets_it():
    assert list(judged(scored("态度", 4.2, 4.0, 4.4))["status"]) == ["met"]


def test_the_published_value_decides_not_the_stored_one():
    # 4.196 is published as 4.20
    assert list(judged(scored("态度", 4.196, 4.0, 4.4))["status"]) == ["met"]
    assert list(judged(scored("态度", 4.194, 4.0, 4.4))["status"]) == ["missed"]


def test_an_interval_across_the_target_takes_certainty_not_the_verdict():
    found = judged(scored("态度", 4.3, 4.1, 4.5))
    assert (found["status"].iloc[0], found["certain"].iloc[0]) == ("met", False)
    assert judged(scored("态度", 4.3, 4.25, 4.5))["certain"].iloc[0]


def test_no_value_keeps_the_status_of_the_score():
    found = judged(scored("态度", np.nan, np.nan, np.nan, status="not_reported"))
    assert list(found["status"]) == ["not_reported"]


def test_only_headline_rows_and_indicators_with_a_target_are_judged():
    found = judged(
        scored("态度", 4.3, 4.1, 4.5), scored("态度", 4.3, 4.1, 4.5, subject="客户"), scored("环境", 3, 2, 4)
    )
    assert len(found) == 1
    columns.checked("targets", found)


@pytest.mark.parametrize(("better", "target", "wanted"), [
    ("high", 95.0, (95.0, np.inf)), ("low", 0.2, (-np.inf, 0.2)), ("near", (95.0, 103.0), (95.0, 103.0)),
])  # fmt: skip
def test_target_range_follows_the_direction(better, target, wanted):
    indicator = FRAMEWORK.indicators[0].model_copy(update={"better": better, "target": target})
    assert target_range(indicator) == wanted


@given(st.floats(1, 5), st.floats(0, 1))
def test_a_better_value_never_loses_a_target(value, step):
    indicator = FRAMEWORK.indicator("态度")
    assert on_target(indicator, value + step) or not on_target(indicator, value)
