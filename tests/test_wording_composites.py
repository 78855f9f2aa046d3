"""Sentences on other composites, gaps and cuts to consider, in both languages."""

from __future__ import annotations

import pandas as pd
import pytest
import result_frames as rf
from test_plots_composites import COMPOSITES, IPA
from test_wording import pair

from svclib import columns, wording

GAP = {"cycle": rf.CYCLE, "unit": "保洁部", "indicator": "服务态度", "n": 60, "performance": 4.1}
GAPS = rf.table(
    "gaps",
    GAP | {"subject": "", "expectation": 4.5, "service_gap": -0.4, "ci_low": -0.6, "ci_high": -0.2},
    GAP | {"unit": "餐饮部", "expectation": 4.0, "service_gap": 0.1, "ci_low": -0.1, "ci_high": 0.3},
    GAP | {"unit": "动力部", "expectation": 3.8, "service_gap": 0.3, "ci_low": 0.1, "ci_high": 0.5},
    GAP | {"indicator": "处理率", "performance": float("nan"), "service_gap": float("nan"), "n": 0},
)
CUTS = rf.table(
    "cut_proposals",
    *(
        {"cycle": rf.CYCLE, "method": method, "grade": grade, "cut_now": now, "cut_proposed": cut,
         "cut_sd": 1.26, "differ_share": 0.25, "n_units": 12, "note": note}
        for method, note, shift in (("jenks", "", 0.0), ("rsr_probit", "beyond_scale", 20.0))
        for grade, now, cut in zip(rf.SCALE, (90, 80, 60, 0), (91.5 + shift, 84.25, 70.0, 0), strict=True)
    ),
)  # fmt: skip


def test_ranks_are_told_against_the_published_ones():
    zh, en = pair(lambda *a: wording.composites(*a, close=0.05), COMPOSITES)
    assert zh == [
        "秩和比（整秩次）：2个单位中2个的名次与公布的不同，相差最大的是保洁部（公布第1名，此法第3名）。",
        "得分不完整、未参与比较：动力部。",
    ]
    assert en[0].endswith("(published 1, here 3).")


def test_doubts_of_fuzzy_evaluation_name_the_units():
    notes = {"保洁部": "operators_disagree;close", "餐饮部": "close"}
    frame = pd.DataFrame(
        {"cycle": rf.CYCLE, "unit": list(notes), "method": "fuzzy", "note": list(notes.values())}
    )
    frame = frame.assign(rank=[1.0, 2.0], score=80.0, grade="良好", relative=False, group="")
    whole = pd.concat([frame, frame.assign(method="total", note="")])
    zh, _ = pair(lambda *a: wording.composites(*a, close=0.05), whole)
    assert zh == [
        "模糊综合评价：2个单位的名次与公布的完全相同。",
        "模糊综合评价：保洁部在四种算子下隶属度最大的等级不一致，不宜只报其中一种。",
        "模糊综合评价：保洁部、餐饮部前两级隶属度相差不到0.05，按最大隶属度定级不稳。",
    ]


def test_what_to_concentrate_on():
    assert pair(wording.ipa, IPA)[0] == ["以权重为重要性，重要而表现偏低、宜重点改进的是服务态度。"]
    fine = IPA[IPA["quadrant"] != "concentrate"]
    assert pair(wording.ipa, fine)[0] == ["以权重为重要性，没有重要而表现偏低的指标。"]


def test_gaps_are_judged_by_their_interval():
    zh, _ = pair(wording.gaps, GAPS)
    assert zh == [
        "保洁部的“服务态度”低于客户期望0.40分（区间[-0.60, -0.20]，同一批受访者，n=60）。",
        "动力部的“服务态度”高于客户期望0.30分（区间[0.10, 0.50]，同一批受访者，n=60）。",
        "餐饮部的“服务态度”与客户期望的差距尚不能判断（+0.10分，区间[-0.10, 0.30]，n=60）。",
        "没有问过期望：处理率。",
    ]


def test_cuts_are_proposed_with_their_noise():
    zh, _ = pair(wording.cut_proposals, CUTS)
    assert zh == [
        "自然断点法：建议优秀≥91.50、良好≥84.25、合格≥70.00；采用后25.0%的单位等级会变，换一批单位分数线会波动约1.3分。",
        "秩和比分档（总分对概率单位回归）：建议值超出0至100分，不能采用。",
    ]


@pytest.mark.parametrize("name", ["ipa", "gaps", "cut_proposals"])
def test_empty_tables_make_no_sentence(name):
    assert getattr(wording, name)(columns.empty(name), "zh", rf.label).empty
