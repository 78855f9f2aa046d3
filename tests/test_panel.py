"""Figures and sentences of an expert panel, in both languages, for every outcome."""

from __future__ import annotations

import pytest
import result_frames as rf
from test_wording import pair

from svclib import plots
from svclib.wording import panel

EXPERTS = rf.table(
    "expert_weights",
    *(
        {"parent": "total", "expert": expert, "item": item, "weight": weight}
        for expert, own in (("专家1", 0.7), ("专家3", 0.6), ("group", 0.65))
        for item, weight in (("客户体验", own), ("运行安全", 1 - own))
    ),
)
MANY = rf.table(
    "expert_weights",
    *({"parent": "total", "expert": f"E{k:03d}", "item": "客户体验", "weight": k / 400} for k in range(200)),
)
KEY = {"cycle": rf.CYCLE, "kind": "cut", "parent": "total"}
ITEMS = rf.table(
    "delphi_items",
    *(
        KEY | {"node": node, "round": number, "n": 8, "median": median, "q1": median - 1, "q3": high,
               "agree_share": share, "judgement": judgement, "note": note}
        for number in (1, 2)
        for node, median, high, share, judgement, note in (
            ("优秀", 90.0, 91.0, 1.0, "agreed", ""),
            ("合格", 60.0, 70.0, 0.625, "not_agreed", "low_share;wide_iqr"),
        )
    ),
)  # fmt: skip
ROUNDS = rf.table(
    "delphi_rounds",
    KEY | {"round": 2, "n_experts": 8, "n_items": 2, "n_agreed": 1, "n_stable": 2, "stop": "stop_split"},
    KEY | {"round": 1, "n_experts": 9, "n_items": 2, "n_agreed": 1, "stop": "another_round"},
    {"cycle": rf.CYCLE, "kind": "weight", "parent": "total", "round": 2, "n_experts": 8, "n_items": 5,
     "estimate": 0.912, "p": 0.0002, "judgement": "good", "change": 0.2, "n_agreed": 5, "n_stable": 5,
     "stop": "stop_agreed"},
)  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("function", "frame", "told"),
    [
        (plots.expert_cloud, EXPERTS, ("0.650 (0.625–0.675)", "0.350")),
        (plots.expert_cloud, MANY, ("0.249",)),
        (plots.convergence, ITEMS, ("90 (89–91)", "60 (59–70)")),
    ],
)
def test_figures_draw_and_tell_their_numbers(function, frame, told, lang):
    chart = function(
        frame, lang, rf.label, order=["优秀", "客户体验"], title="标题" if lang == "zh" else "Title"
    )
    assert chart._repr_png_()[1] == {"alt": chart.alt}
    assert all(text in chart.alt for text in told)
    if lang == "en":
        assert not [ch for ch in chart.alt if "\u4e00" <= ch <= "\u9fff"]


@pytest.mark.parametrize("function", [plots.expert_cloud, plots.convergence])
def test_nothing_to_show(function):
    name = {plots.expert_cloud: "expert_weights", plots.convergence: "delphi_items"}[function]
    assert "No data" in function(rf.table(name), "en", rf.label).alt


def test_what_is_not_agreed_is_said_in_words_too():
    assert "未一致" in plots.convergence(ITEMS, "zh", rf.label).alt


def test_only_the_last_round_is_told_and_what_it_leaves_open():
    zh, en = pair(panel.delphi, ROUNDS, ITEMS)
    assert zh == [
        "总分的分数线，第2轮（8位专家）：2项中1项一致、2项稳定；意见稳定但不一致，再做无益。",
        "“合格”的分数线尚未一致：中位数60，四分位数59～70，62.5%的专家同意（同意比例不足；四分位距过大）。",
        "总分的权重，第2轮（8位专家）：5项中5项一致、5项稳定；意见一致，可以停止。肯德尔和谐系数为0.91（良好，p<0.001）。比上一轮+0.20。",
    ]
    assert en[1] == (
        "Cut of Pass is not agreed: median 60, quartiles 59 to 70, 62.5% of the experts agree "
        "(Too few agree; Interquartile range too wide)."
    )
