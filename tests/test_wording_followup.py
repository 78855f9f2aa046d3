# ruff: noqa: E501 - one case a line reads best
"""Sentences on problems, complaints, measures and corrections: same numbers in both languages."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
import result_frames as rf

from svclib import columns, wording

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def pair(make: Any, *frames: Any, **options: Any) -> tuple[list[str], list[str]]:
    zh, en = (list(make(*frames, lang, rf.label, **options)["text"]) for lang in ("zh", "en"))
    for a, b in zip(zh, en, strict=True):
        assert sorted(NUMBER.findall(a)) == sorted(NUMBER.findall(b)), (a, b)
    return zh, en


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    return rf.table(name, *rows)


PROBLEM = {"cycle": "2026Q2", "dimension": "体验", "n_units": 3, "n_missed": 3, "share": 0.6, "lost": 2.5,
           "lost_total": 7.5, "value": 3.1, "target": 4.2, "peers": 80.0, "owner": "", "step": "", "priority": 1}  # fmt: skip


def test_problems_common_first_then_prominent_with_the_frameworks_advice():
    frame = table(
        "problems",
        PROBLEM | {"problem": "prominent", "indicator": "服务态度", "unit": "保洁部", "advice": ""},
        PROBLEM | {"problem": "common", "indicator": "处理率", "unit": "", "advice": "公示投诉。"},
        PROBLEM | {"problem": "common", "indicator": "环境", "unit": "", "advice": "", "priority": 4},
    )
    zh, _ = pair(wording.problems, frame)
    assert zh == [
        "处理率：3个单位未达标（占60.0%），平均失分2.50。建议：公示投诉。",
        "保洁部的服务态度明显落后：3.10，目标值4.2，失分2.50。",
    ]
    assert pair(wording.problems, columns.empty("problems"))[0] == [
        "没有达到共性标准的问题。",
        "没有明显落后的单位。",
    ]


def test_complaints_name_repeats_the_main_cause_and_the_latest_units():
    base = {"cycle": "2026Q2", "category": "投诉", "n_fed_back": 6, "fed_back_share": 0.75}
    frame = table(
        "complaints",
        base | {"unit": "*", "n": 10, "n_closed": 8, "n_late": 2, "n_open": 2, "n_overdue": 1, "n_repeats": 1,
                "in_time_share": 0.6667, "repeat_share": 0.1},
        base | {"unit": "保洁部", "n": 4, "n_closed": 3, "n_late": 2, "n_open": 1, "n_overdue": 1, "n_repeats": 0,
                "in_time_share": 0.25, "repeat_share": 0.0},
    )  # fmt: skip
    causes = table("causes", {"cycle": "2026Q2", "unit": "*", "category": "投诉", "cause": "延误", "n": 6, "share": 0.6,
                              "cumulative": 0.6})  # fmt: skip
    zh, _ = pair(wording.complaints, frame, causes)
    assert (
        zh[0] == "投诉共10件，按时办结率66.7%，反馈率75.0%。其中重复1件（10.0%）。主要原因是延误（60.0%）。"
    )
    assert zh[1].startswith("保洁部投诉：逾期办结2件，逾期未办结1件")
    assert pair(wording.complaints, frame.iloc[:0], causes)[0] == ["没有事件记录。"]


ACTION = {"cycle": "2026Q2", "unit": "保洁部", "indicator": "服务态度", "action": "每周抽听录音", "due": "2026-05-31",
          "status": "in_progress", "overdue": False, "reusable": False, "verdict": "improved",
          "outcome": "effective", "lesson": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("effective", "视为有效"), ("not_effective", "未见成效"), ("unproven", "尚不能证实")],
)
def test_what_a_measure_came_to(outcome: str, said: str):
    zh, _ = pair(wording.measures, table("actions", ACTION | {"outcome": outcome}))
    assert said in zh[0]
    assert "逾期" not in zh[0]


def test_overdue_measures_come_first_and_say_so():
    frame = table("actions", ACTION, ACTION | {"unit": "动力部", "overdue": True})
    zh, _ = pair(wording.measures, frame)
    assert zh[0].endswith("已逾期（期限2026-05-31，进行中）。")
    assert pair(wording.measures, frame.iloc[:0])[0] == ["没有登记的整改措施。"]
    assert pair(wording.lessons, frame.iloc[:0])[0] == ["本期没有已证实有效、可供推广的做法。"]
    assert "经验：先听再说" in pair(wording.lessons, table("actions", ACTION | {"lesson": "先听再说"}))[0][0]


def test_corrections_tell_before_after_and_grounds():
    row = {"cycle": "2026Q2", "unit": "保洁部", "before": 89.456, "after": 90.21, "grade_before": "良好",
           "grade_after": "优秀", "basis": "漏计34单", "approver": "质量委员会", "date": "2026-07-06", "appeal": "S1"}  # fmt: skip
    zh, _ = pair(wording.revision, table("revision", row))
    assert zh == [
        "保洁部：得分由89.46更正为90.21，等级由良好更正为优秀。依据：漏计34单；质量委员会2026-07-06批准。"
    ]
    zh, _ = pair(wording.revision, table("revision", row | {"grade_after": "良好", "basis": ""}))
    assert zh == ["保洁部：得分由89.46更正为90.21，等级不变。"]
    assert pair(wording.revision, columns.empty("revision"))[0] == ["本期没有更正。"]


@pytest.mark.parametrize("decision", ["upheld", "partly_upheld", "rejected", "open"])
def test_every_decision_on_an_appeal(decision: str):
    row = {"cycle": "2026Q2", "appeal": "S1", "unit": "保洁部", "indicator": "处理率", "matter": "漏计", "filed": "2026-07-02",
           "due": "2026-07-09", "overdue": decision == "open", "decision": decision, "decided": "2026-07-06",
           "basis": "已核实"}  # fmt: skip
    zh, _ = pair(wording.appeals, table("appeals", row))
    assert ("已超过答复期限" in zh[0]) == (decision == "open")


def test_points_name_basis_approver_and_what_exceeds_the_cap():
    row = {"cycle": "2026Q2", "unit": "保洁部", "row": 2, "matter": "表彰", "type": "bonus", "count": 2, "points": 4.0,
           "counted": 3.0, "basis": "通报", "approver": "委员会", "date": ""}  # fmt: skip
    zh, _ = pair(wording.adjustments, table("adjustments", row))
    assert zh == ["保洁部加分：表彰 +3.00（通报，委员会批准）。登记+4.00，超出上限部分不计。"]
    zh, _ = pair(
        wording.adjustments,
        table("adjustments", row | {"type": "deduction", "points": -1.0, "counted": -1.0}),
    )
    assert zh == ["保洁部扣分：表彰 -1.00（通报，委员会批准）。"]


def test_levers_consequences_concerns_steps_findings_referrals_and_mix():
    lever = {
        "cycle": "2026Q2",
        "unit": "保洁部",
        "score": 70.0,
        "target": 4.2,
        "gain": 3.0,
        "priority": 1,
        "lifts": True,
    }
    zh, _ = pair(
        wording.levers,
        table(
            "levers",
            lever | {"indicator": "服务态度"},
            lever | {"indicator": "处理率", "lifts": False, "priority": 2},
        ),
    )
    assert zh == ["只要服务态度达标，可再得3.00分，足以升到上一等级。"]
    rule = {
        "cycle": "2026Q2",
        "unit": "保洁部",
        "grade": "不合格",
        "n": 2,
        "action": "述职",
        "clause": "第十八条",
    }
    frame = table("consequences", rule | {"rule": "consecutive:1"})
    zh, en = pair(wording.consequences, frame, worst="不合格")
    assert zh == ["保洁部连续2期不合格，建议：述职。（第十八条）"]
    assert "worse" not in en[0]
    zh, _ = pair(wording.consequences, frame.assign(grade="合格", rule="in_year:1"), worst="不合格")
    assert zh == ["保洁部年内2次合格或更低，建议：述职。（第十八条）"]
    said = {"cycle": "2026Q2", "unit": "*", "share": 0.5, "cumulative": 0.5}
    zh, _ = pair(
        wording.concerns,
        table(
            "concerns",
            said | {"category": "延误", "n": 3},
            said | {"category": "", "n": 9},
            said | {"category": "破损", "n": 5},
        ),
    )
    assert zh == ["意见集中在：破损5、延误3。"]
    step = {"cycle": "2026Q2", "unit": "*", "category": "订单", "step": "运输", "n": 9, "hours": 2.5, "time_share": 0.4,
            "compliance": 0.9, "slowest": True}  # fmt: skip
    assert "订单用时最长的环节是运输" in pair(wording.steps, table("steps", step))[0][0]
    assert pair(wording.steps, table("steps", step))[1][0].startswith("Orders: the slowest step is Transport")
    told = pair(wording.concerns, table("concerns", said | {"category": "订单", "n": 3}))
    assert told == (["意见集中在：订单3。"], ["Comments are about: Orders 3."])
    aim = {"cycle": "2026Q2", "unit": "保洁部", "category": "订单", "step": "受理", "indicator": "响应时间"}
    zh, _ = pair(
        wording.step_targets,
        table(
            "step_targets",
            aim | {"kind": "duration", "value": 28.0, "measure": "分钟", "target": 30, "status": "met"},
            aim | {"kind": "proportion", "value": 26.67, "measure": "%", "target": 90, "status": "missed",
                   "indicator": "处理率"},
            aim | {"kind": "duration", "measure": "分钟", "target": 20, "status": "not_reported", "step": "装车"},
        ),
    )  # fmt: skip
    assert zh == [
        "保洁部订单的受理环节时限合规率26.67%，目标值90%，未达标。",
        "保洁部的装车环节定有目标值20分钟，本期没有这一环节的事件记录，未作判定。",
        "保洁部订单的受理环节平均用时28.00分钟，目标值30分钟，达标。",
    ]
    heard = {"cycle": "2026Q2", "unit": "保洁部", "row": 2, "role": "客户", "finding": "没人接电话"}
    assert pair(wording.findings, table("findings", heard))[0] == ["保洁部（客户）：没人接电话。"]
    passed = {
        "cycle": "2026Q2",
        "owner": "客服部",
        "unit": "保洁部",
        "type": "overdue_action",
        "indicator": "处理率",
        "due": "2026-05-31",
    }
    assert pair(wording.referrals, table("referrals", passed))[0] == [
        "客服部：保洁部“处理率”的整改措施已逾期，请督办。（原定期限2026-05-31）"
    ]
    mixed = {"baseline": "2026Q1", "cycle": "2026Q2", "unit": "保洁部", "indicator": "服务态度", "change_crude": -0.61,
             "change_adjusted": 0.1, "mix_part": -0.71, "reversed": True}  # fmt: skip
    assert (
        "直接比较为-0.61，按上期渠道构成比较为+0.10"
        in pair(wording.like_for_like, table("like_for_like", mixed))[0][0]
    )
