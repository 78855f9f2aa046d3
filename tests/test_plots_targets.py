"""The target tracker: what each row says, and that many units can be read."""

import numpy as np
import pandas as pd
import pytest
import result_frames as rf

from svclib import plots

ROW = rf.TARGETS.iloc[[1]].assign(base=3.9, stretch=4.6, achieved=0.25)


def beside(chart) -> list[str]:
    return [text.get_text() for text in chart.axes[0].texts if text.get_text()]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"achieved": 0.25}, "4.00 未达标 已走完25%"),
        ({"achieved": -0.5}, "4.00 未达标 离目标更远"),
        ({"achieved": np.nan}, "4.00 未达标"),
        ({"status": "met", "achieved": 1.7}, "4.00 达标"),
    ],
)
def test_a_row_says_its_value_and_the_way_to_a_missed_target(row, said):
    chart = plots.target_tracker(ROW.assign(**row), "zh", rf.label)
    assert beside(chart) == [said]
    assert said in chart.alt


def test_base_target_and_stretch_are_marked_and_only_named_where_given():
    (ax,) = plots.target_tracker(ROW, "zh", rf.label).axes
    assert {line.get_xdata()[0] for line in ax.lines if len(line.get_xdata())} >= {3.9, 4.0, 4.3, 4.6}
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "达标",
        "未达标",
        "目标值",
        "挑战值",
        "基期值",
    ]
    (bare,) = plots.target_tracker(ROW.assign(base=np.nan, stretch=np.nan), "zh", rf.label).axes
    assert [t.get_text() for t in bare.get_legend().get_texts()] == ["达标", "未达标", "目标值"]


def test_fifty_units_have_a_line_each():
    many = pd.concat([ROW.assign(unit=f"单位{k}") for k in range(50)])
    chart = plots.target_tracker(many, "zh", rf.label)
    assert len(beside(chart)) == 50
    assert 9 < chart.get_figheight() < 15
