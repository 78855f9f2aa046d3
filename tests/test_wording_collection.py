"""Sentences on the return, the mix and the authenticity, alike in both languages."""

from __future__ import annotations

import numpy as np
import result_frames as rf
from test_wording import pair

from svclib import wording


def test_returns_add_up_and_name_what_to_look_into():
    zh, _ = pair(wording.returns, rf.COLLECTION)
    assert zh[0] == (
        "发放问卷120份，回收66份（回收率55.0%），有效61份（有效率92.4%）。"
        "另收回8份，有效8份，未登记发放数，不计入回收率。"
    )
    assert zh[1:] == [
        "餐饮部：报送期限2026-06-28已过，应报指标5项，已报3项。",
        "保洁部（客户、网络）：截止日期2026-06-25已过，一份问卷也没有收回。责任人：张三。",
        "餐饮部：回收数21大于发放数20，请核对。",
    ]


def test_returns_below_the_required_rate():
    late = rf.COLLECTION[rf.COLLECTION["returned"] == 45]
    zh, en = pair(wording.returns, late, min_rate=0.8)
    assert zh[1] == "保洁部（客户、电话）：发放60份，回收45份，回收率75.0%，低于要求的80.0%。责任人：张三。"
    assert en[1].startswith("Cleaning (Customers, Phone): 60 issued, 45 returned, return rate 75.0%, below")
    zh, _ = pair(wording.returns, late.assign(overdue=True), min_rate=0.8)
    assert zh[1].startswith("保洁部（客户、电话）：截止日期2026-06-25已过，发放60份，回收45份")


def test_returns_without_a_sheet_have_no_rate():
    zh, _ = pair(wording.returns, rf.COLLECTION[rf.COLLECTION["unit"] == "动力部"])
    assert zh == ["回收问卷8份，有效8份（有效率100.0%）；未登记发放数，不计算回收率。"]
    assert pair(wording.returns, rf.COLLECTION.iloc[:0])[0] == []


def test_mix_names_the_largest_gap_and_what_cannot_be_compared():
    zh, en = pair(wording.mix, rf.MIX, weighted=False)
    assert zh[0] == (
        "渠道构成差距最大的是保洁部（客户）的“网络”：占有效问卷的0.0%，占服务对象的60.0%，"
        "相差60.0个百分点。结果未按服务对象的构成加权。"
    )
    assert zh[1:] == [
        "有服务对象而没有有效问卷：保洁部（客户、网络）。",
        "有问卷而没有登记总体数：保洁部（客户）。",
    ]
    assert "Results are not weighted" in en[0]
    assert "结果已按服务对象的构成加权。" in pair(wording.mix, rf.MIX, weighted=True)[0][0]
    assert pair(wording.mix, rf.MIX.iloc[:0], weighted=False)[0] == []


def test_authenticity_sums_up_and_names_the_doubtful():
    zh, _ = pair(wording.authenticity, rf.AUTHENTICITY)
    assert zh[0] == "回访26人，接通19人，10人属实。"
    assert zh[1].startswith(
        "保洁部接通16人，8人属实，真实率50.0%（95%置信区间[24.7%, 75.3%]），低于要求的90.0%；"
    )
    assert zh[2] == "动力部没有接通任何受访者，问卷的真实性未经核实。"
    assert "尚不能断定；宜扩大回访" in zh[3]


def test_authenticity_in_order_and_not_looked_into():
    sound = rf.AUTHENTICITY.assign(judgement="ok", rate=np.nan)
    assert pair(wording.authenticity, sound)[0] == [
        "回访26人，接通19人，10人属实。各单位的真实率都达到要求（90.0%）。"
    ]
    assert pair(wording.authenticity, sound.iloc[:0])[0] == ["没有回访核查记录，问卷的真实性未经核实。"]


def test_a_unit_that_stands_out_is_named_without_accusing_it():
    zh, _ = pair(wording.unusual, rf.UNUSUAL)
    assert zh == [
        "保洁部“直线作答”标记15份，占15.0%，多于其余单位的3.0%（校正后p<0.001）；宜核查是否有诱导或代填。"
    ]
    assert pair(wording.unusual, rf.UNUSUAL[~rf.UNUSUAL["unusual"]])[0] == [
        "没有哪个单位被标记的答卷明显多于其余单位。"
    ]
