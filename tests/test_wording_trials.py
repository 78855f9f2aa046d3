# ruff: noqa: E501 - one case a line reads best
"""Pilots against the others, training and spending: sentences in both languages, and the figure."""

from __future__ import annotations

import re
from typing import Any

import pytest
import result_frames as rf
from test_wording_followup import ACTION, pair

from svclib import columns, plots, wording

NAN = float("nan")
HELD = {"baseline": "2026Q1", "cycle": "2026Q2", "source": "actions", "unit": "保洁部", "indicator": "服务态度",
        "action": "处理率", "kind": "rating", "measure": "分", "pilot_units": "保洁部", "comparison_units": "动力部;食堂",
        "n_pilots": 1, "n_others": 2, "pilot_change": 0.5, "pilot_low": 0.3, "pilot_high": 0.7, "others_change": -0.1,
        "others_low": -0.2, "others_high": 0.0, "net_change": 0.6, "ci_low": 0.35, "ci_high": 0.85, "confidence": 0.95,
        "mid": 0.2, "mid_on": "unit", "verdict": "improved", "strength": "meaningful", "flags": ""}  # fmt: skip
CAUSAL = re.compile(r"because of|due to|thanks to|因为|由于|得益于|使得")


def held(**more: Any):
    return rf.table("controlled_changes", HELD | more)


@pytest.mark.parametrize(
    ("verdict", "strength", "said"),
    [
        ("improved", "meaningful", "前者的改善多于其余单位，差别超过最小有意义变化0.2分。"),
        ("improved", "detected", "前者的改善多于其余单位，但不能断定差别超过最小有意义变化0.2分。"),
        ("declined", "meaningful", "前者的变化不如其余单位，差别超过最小有意义变化0.2分。"),
        ("declined", "detected", "前者的变化不如其余单位，但不能断定差别超过最小有意义变化0.2分。"),
        ("equivalent", "", "两者的变化相当，相差在±0.2分之内"),
        ("inconclusive", "", "前者是否比其余单位改善得多，尚不能判断。"),
    ],
)
def test_every_verdict_against_the_others(verdict: str, strength: str, said: str):
    zh, en = pair(wording.controlled, held(verdict=verdict, strength=strength))
    assert zh[0].startswith(
        "“服务态度”（处理率）：试点单位保洁部变化+0.50分，其余2个单位平均变化-0.10分，相差+0.60分（95%置信区间[0.35, 0.85]）。"
    )
    assert said in zh[0]
    assert ("会同样变化" in zh[0]) == (verdict in ("improved", "declined"))
    assert not CAUSAL.search(zh[0] + en[0])


def test_no_declared_mid_judges_no_size():
    for verdict in ("improved", "declined"):
        zh, _ = pair(wording.controlled, held(verdict=verdict, strength="detected", mid=NAN))
        assert "是否有实际意义未作评判" in zh[0]


def test_doubts_are_told_and_others_stay_in_the_table():
    zh, _ = pair(wording.controlled, held(flags="rtm;uneven_comparison;single_comparison;mix_shift"))
    assert "均值回归" in zh[0]
    assert "正常起伏" in zh[0]
    assert "只有一个单位" in zh[0]
    assert "渠道" not in zh[0]


def test_what_was_not_compared_says_why():
    zh, _ = pair(
        wording.controlled, held(verdict="not_judged", strength="", reason="no_comparison", net_change=NAN)
    )
    assert zh == ["“服务态度”（处理率）没有与其余单位比较：没有可供对照的单位。"]
    assert pair(wording.controlled, columns.empty("controlled_changes"))[0] == [
        "没有登记试点部门，也没有约定对照，未作比较。"
    ]


def test_measures_of_other_units_are_in_their_own_words():
    assert "个百分点" in pair(wording.controlled, held(measure="%"))[0][0]
    many = ";".join(["保洁部"] * 4)
    assert "保洁部、保洁部、保洁部等4个单位" in pair(wording.controlled, held(pilot_units=many))[0][0]
    assert "参训单位保洁部" in pair(wording.controlled, held(source="training", unit=""))[0][0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {
                "change": 0.41,
                "ci_low": 0.2,
                "ci_high": 0.62,
                "confidence": 0.95,
                "measure": "分",
                "mid_on": "unit",
            },
            "该指标变化+0.41分（95%置信区间[0.20, 0.62]）。",
        ),
        ({"controlled": "improved"}, "试点单位的改善多于其余单位。"),
        ({"controlled": "not_judged"}, ""),
        (
            {"timing": "late", "started": "2026-06-01", "in_force": 0.33},
            "2026-06-01才开始，本期只有33.0%的时间在实施，变化不能记作它的成效。",
        ),
        ({"timing": "after_period", "started": "2026-07-01"}, "本期结束后才开始（2026-07-01）"),
        ({"timing": "before_baseline_end", "started": "2026-03-01"}, "上期已开始实施（2026-03-01）"),
        ({"milestone": "七月试行"}, "下一节点：七月试行。"),
    ],
)
def test_what_a_measure_rests_on(more: dict[str, Any], said: str):
    zh, en = pair(wording.measures, rf.table("actions", ACTION | {"ci_low": NAN} | more))
    assert said in zh[0]
    assert not CAUSAL.search(zh[0] + en[0])


def test_a_page_without_room_leaves_out_the_change_and_the_milestone():
    row = ACTION | {
        "change": 0.4,
        "ci_low": 0.2,
        "ci_high": 0.6,
        "measure": "分",
        "milestone": "七月",
        "overdue": True,
    }
    zh, _ = pair(wording.measures, rf.table("actions", row), brief=True)
    assert "已逾期" in zh[0]
    assert "0.4" not in zh[0]
    assert "七月" not in zh[0]


PEOPLE = {"cycle": "2026Q2", "course": "服务态度", "unit": "保洁部", "n_due": 12, "n_trained": 10, "trained_share": 0.8333,
          "n_assessed": 10, "n_passed": 9, "pass_share": 0.9, "n_rated": 8, "satisfaction": 4.25}  # fmt: skip
MARK = {"cycle": "2026Q2", "course": "服务态度", "unit": "保洁部", "mark": "theory", "n": 10, "estimate0": 62.5, "estimate1": 71.0,
        "change": 8.5, "ci_low": 3.1, "ci_high": 13.9, "confidence": 0.95, "mid": 5.0}  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "strength", "said"),
    [
        ("improved", "meaningful", "：提高，且超过最小有意义变化5分。"), ("improved", "detected", "：提高，但不能断定"),
        ("declined", "meaningful", "：下降，且超过"), ("declined", "detected", "：下降，但不能断定"),
        ("equivalent", "", "：基本持平。"), ("inconclusive", "", "：是否提高，尚不能判断。"),
    ],
)  # fmt: skip
def test_training_tells_who_came_and_what_changed(verdict: str, strength: str, said: str):
    frames = (
        rf.table("training", PEOPLE),
        rf.table("training_effects", MARK | {"verdict": verdict, "strength": strength}),
    )
    zh, en = pair(wording.training, *frames)
    assert zh[0].startswith(
        "保洁部“服务态度”：应参训12人，参训10人（83.3%）。考核10人，合格9人（90.0%）。8人评价，满意度平均4.25分（满分5分）。理论由62.50分变为71.00分（百分制，10人前后都考），变化+8.50分（95%置信区间[3.10, 13.90]）"
    )
    assert said in zh[0]
    assert not CAUSAL.search(zh[0] + en[0])


def test_too_few_people_are_counted_and_not_judged():
    few = rf.table(
        "training_effects", MARK | {"verdict": "not_judged", "strength": "", "n": 3, "change": NAN}
    )
    bare = rf.table("training", PEOPLE | {"pass_share": NAN, "satisfaction": NAN})
    assert pair(wording.training, bare, few)[0] == [
        "保洁部“服务态度”：应参训12人，参训10人（83.3%）。理论：前后都考的只有3人，不作判断。"
    ]
    assert pair(wording.training, bare.iloc[:0], few)[0] == ["没有登记培训。"]
    for verdict in ("improved", "declined"):
        open_mid = rf.table(
            "training_effects", MARK | {"verdict": verdict, "strength": "detected", "mid": NAN}
        )
        assert "未作评判" in pair(wording.training, bare, open_mid)[0][0]


def test_spending_leaves_out_what_was_not_stated():
    row = {"cycle": "2026Q2", "unit": "*", "n_actions": 3, "n_done": 2, "n_overdue": 1, "n_effective": 1,
           "cost_planned": 20000.0, "cost_actual": 15000.0, "spent_share": 0.75, "saving": 300.0}  # fmt: skip
    assert pair(wording.spending, rf.table("spending", row))[0] == [
        "共3项措施：完成2项，视为有效1项，逾期1项。计划投入20000元，实际投入15000元。两项都填报的措施，实际为计划的75.0%。节约300元。"
    ]
    silent = row | {"cost_actual": NAN, "spent_share": NAN, "saving": NAN}
    assert pair(wording.spending, rf.table("spending", silent))[0] == [
        "共3项措施：完成2项，视为有效1项，逾期1项。"
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_figure_tells_the_three_changes_and_the_verdict(lang: str):
    chart = plots.pilot_dots(held(), lang, rf.label, title="标题" if lang == "zh" else "Title")
    assert chart._repr_png_()[1] == {"alt": chart.alt}
    assert all(
        text in chart.alt for text in ("+0.50 [0.30, 0.70]", "-0.10 [-0.20, 0.00]", "+0.60 [0.35, 0.85]")
    )
    assert ("好于对照" if lang == "zh" else "Better than the others") in chart.alt
    assert (
        len(
            plots.pilot_dots(
                rf.table("controlled_changes", HELD, HELD | {"source": "training", "measure": "%"}),
                lang,
                rf.label,
            ).axes
        )
        == 2
    )


def test_the_figure_without_anything_compared():
    nothing = held(verdict="not_judged", net_change=NAN)
    assert "没有可显示的数据" in plots.pilot_dots(nothing, "zh", rf.label).alt
