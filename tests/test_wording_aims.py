"""Sentences on targets proposed, and on the way to those in force, alike in both languages."""

from itertools import product

import numpy as np
import pytest
import result_frames as rf
from test_wording import pair

from svclib import columns, wording

BASE = {
    "cycle": rf.CYCLE, "unit": "保洁部", "indicator": "处理率", "kind": "proportion", "measure": "%",
    "value": 91.4, "n": 640, "target": 98.0, "status": "missed", "unit_reliability": 0.9, "group_mean": 94.0,
    "shrunk": 91.66, "rebound": 0.26, "mid": 2.0, "mde": 3.7, "required_n": 2564.4, "n_peers": 5,
    "best_quartile": 95.8, "best_tenth": 96.4, "best_value": 99.0, "proposed": 95.36, "set_by": "mde",
    "attainable": "yes", "reason": "peers_reach_it", "detectable": "yes", "gain": 0.82, "owner": "张三",
    "due": "2026-09-30",
}  # fmt: skip
BY = ("current", "mid", "mde", "peers", "anchor", "held", "range")
WHY = ("level_reached", "peers_reach_it", "beyond_peers", "no_peers")


def said(**more):
    return pair(wording.target_proposals, rf.table("target_proposals", BASE | more))


@pytest.mark.parametrize(("by", "status"), [*product(BY, ("met", "missed"))])
def test_every_proposal_renders_alike_in_both_languages(by, status):
    for why, shown in product(WHY, ("", "yes", "no", "unknown")):
        if why == "level_reached" or shown:
            said(set_by=by, status=status, reason=why, detectable=shown)


def test_a_proposal_in_words():
    zh, en = said()
    told = (
        "保洁部“处理率”本期91.40%，离现行目标98%较远，建议分步走，下期目标95.36%：比基线91.66%（已剔除偶然"
        "波动）改善3.70个百分点，即现有样本能证实的最小变化。即使不采取措施，下期预计也会自然变动+0.26个百分点"
        "（均值回归）。同类单位前四分之一的水平是95.80%，前十分之一是96.40%，可行。以现有样本量640，这一步可以"
        "证实。达到后总分可增加0.82分。责任人：张三，期限2026-09-30。"
    )
    assert zh == [told]
    assert "better than the baseline 91.66% (chance taken out) by the least change that a sample" in en[0]
    brief, _ = pair(wording.target_proposals, rf.table("target_proposals", BASE), brief=True)
    assert brief == [zh[0].partition("即使")[0]]


def test_what_cannot_be_shown_says_how_many_cases_could():
    zh, _ = said(detectable="no")
    assert "只能证实3.70个百分点以上的变化" in zh[0]
    assert "要证实最小有意义变化2个百分点，约需样本2564。" in zh[0]
    assert "约需" not in said(detectable="no", n=3000)[0][0]
    zh, _ = said(detectable="no", mde=np.nan, required_n=np.nan)
    assert "这一步达到了也难以证实。" in zh[0]
    assert "约需" not in zh[0]


def test_nothing_is_said_of_a_rebound_or_a_gain_of_zero():
    zh, _ = said(rebound=0.004, gain=0.0, due="", mid=np.nan)
    assert "均值回归" not in zh[0]
    assert "均值回归" not in said(rebound=0.19)[0][0]  # less than a tenth of the MID of 2
    assert "总分" not in zh[0]
    assert zh[0].endswith("责任人：张三。")


def test_the_best_tenth_is_named_once():
    zh, _ = said(set_by="peers", proposed=96.4)
    assert zh[0].count("前十分之一") == 1


def test_no_proposal_is_said():
    zh, _ = pair(wording.target_proposals, columns.empty("target_proposals"))
    assert zh == ["本期没有可提目标建议的指标值。"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"status": "missed", "achieved": 0.4, "elapsed": 0.5},
            "从基期3.9分到目标值，已走完40.0%。期限2026-12-31，时间已过50.0%。",
        ),
        ({"status": "missed", "achieved": -0.2}, "与基期3.9分相比，离目标值更远。"),
        ({"status": "met", "achieved_stretch": 0.8}, "到挑战值4.6分，已走完80.0%。"),
    ],
)
def test_the_way_from_the_base_is_told(row, told):
    frame = rf.TARGETS.iloc[[0]].assign(base=3.9, stretch=4.6, due="2026-12-31", certain=True, **row)
    zh, _ = pair(wording.targets, frame)
    assert zh[0].endswith(told)
