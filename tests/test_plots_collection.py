"""What the figures on the collection of answers draw; that they draw at all is held by test_plots."""

from __future__ import annotations

import pandas as pd
import pytest
import result_frames as rf
from matplotlib.colors import to_hex

from svclib import plots
from svclib.plots import style


def bars(chart) -> list[tuple[float, float, str]]:
    """Left end, width and colour of every bar."""
    patches = chart.axes[0].patches
    return [(p.get_x(), p.get_width(), to_hex(p.get_facecolor()).upper()) for p in patches]


def margin(chart) -> list[str]:
    return [text.get_text() for text in chart.axes[0].texts]


def test_returns_say_both_counts_and_mark_what_is_overdue():
    chart = plots.return_rates(rf.COLLECTION, "zh", rf.label, order=["保洁部", "餐饮部"])
    assert margin(chart) == ["45/60  75.0%", "0/40  0.0%  逾期", "21/20  105.0%"]
    assert [width for _, width, colour in bars(chart) if colour == style.LIGHT] == [60, 40, 20]
    assert [width for _, width, colour in bars(chart) if colour == style.WORSE] == [0]
    names = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert names == ["保洁部·客户·电话", "保洁部·客户·网络", "餐饮部"]


def test_mix_draws_population_hollow_and_respondents_filled():
    chart = plots.channel_mix(rf.MIX, "zh", rf.label)
    assert margin(chart) == ["+30.0", "-60.0", "0.0"]
    dots = [line for line in chart.axes[0].lines if len(line.get_xdata()) == 1]
    hollow = [line.get_xdata()[0] for line in dots if line.get_markerfacecolor() == "white"]
    assert hollow == [30, 60, 100]
    assert [line.get_xdata()[0] for line in dots if line.get_markerfacecolor() != "white"] == [60, 0, 100]


def test_authenticity_marks_units_below_and_those_nobody_reached():
    chart = plots.authenticity(rf.AUTHENTICITY, "zh", rf.label, order=["保洁部", "餐饮部"])
    assert margin(chart) == ["8/16  50.0%", "2/3  66.7%", "未接通"]
    assert "虚线为要求的90%；线段为95%置信区间" in chart.alt
    low, high = chart.axes[0].get_xlim()
    assert low < 9.4
    assert high == 100
    marks = [line.get_marker() for line in chart.axes[0].lines if len(line.get_xdata()) == 1]
    assert marks == ["v", "v"]


def test_answers_diverge_from_the_middle_category():
    chart = plots.distribution(rf.DISTRIBUTION, "zh", rf.label)
    first, last = bars(chart)[:5], bars(chart)[5:]
    assert [left for left, *_ in first] == pytest.approx([-30, -20, -10, 10, 40])
    assert last[3][0] == pytest.approx(0), "no answer in the middle: the bar starts at the line"
    assert (first[0][2], first[-1][2]) == (style.GRADES[-1], style.GRADES[0])
    assert margin(chart) == ["3.60  n=30", "4.50  n=30"]
    assert all(label.get_text()[:1] != "-" for label in chart.axes[0].get_xticklabels())


def test_an_even_scale_diverges_between_its_halves_and_ten_follows_nine():
    rows = rf.DISTRIBUTION[rf.DISTRIBUTION["member"] == "电话"]
    even = rows.iloc[[0, 1, 2, 3]].assign(category=["10", "7", "8", "9"], share=[0.4, 0.1, 0.2, 0.3])
    chart = plots.distribution(even, "zh", rf.label)
    assert [left for left, *_ in bars(chart)] == pytest.approx([-30, -20, 0, 30])
    assert [width for _, width, _ in bars(chart)] == pytest.approx([10, 20, 30, 40])


def test_different_scales_name_their_ends_only():
    longer = rf.DISTRIBUTION.assign(indicator="处理率", category=[f"{k}0–{k + 1}0" for k in range(5)] * 2)
    chart = plots.distribution(pd.concat([rf.DISTRIBUTION, longer]), "en", rf.label)
    assert [text.get_text() for text in chart.axes[0].get_legend().get_texts()] == ["Lowest", "Highest"]
