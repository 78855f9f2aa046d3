"""What is asked for before a cycle: targets, and the collection of data."""

from __future__ import annotations

from svclib.sources.catalog.fields import INDICATOR, OWNER, UNIT, Field, Sheet

SHEETS: dict[str, Sheet] = {
    "targets": Sheet(
        "目标值",
        "各部门的目标；同一指标再次下达时另起一行，全部保留",
        "Targets by unit; a revision is a new row",
        ("unit", "indicator", "step", "valid_from"),
        {
            "unit": Field("部门", "unit?", False, "空白表示所有部门", "Empty for every unit", "配送二部"),
            "indicator": INDICATOR,
            "step": Field("环节", "text", False, "只对某一环节时填写", "Only where it concerns one step", ""),
            "base": Field(
                "基期值", "number", False, "制定目标时的水平", "Level when the target was set", "92.5"
            ),
            "target": Field("目标值", "number", True, "本期目标", "The target", "94"),
            "stretch": Field("挑战值", "number", False, "力争达到的水平", "Stretch target", "96"),
            "warn": Field("预警值", "number", False, "低于（或高于）此值预警", "Warning value", "90"),
            "owner": OWNER,
            "due": Field("期限", "day", False, "最迟完成日期", "Latest day", "2026-09-15"),
            "valid_from": Field("生效日期", "day", False, "从哪天起执行", "In force from", "2026-04-01"),
            "reason": Field(
                "调整理由", "text", False, "为何这样定或调整", "Why it was set or revised", "增加两条线路"
            ),
        },
    ),
    "collection": Sheet(
        "数据回收",
        "发放了多少、应报什么、何时截止",
        "What was issued or is owed, and until when",
        ("source", "unit", "subject", "channel"),
        {
            "source": Field(
                "数据",
                "choice",
                False,
                "问卷（默认）或指标数据",
                "Questionnaires (default) or records",
                "问卷",
                {"问卷": "responses", "指标数据": "kpis"},
            ),
            "unit": UNIT,
            "subject": Field(
                "评价主体", "text", False, "如客户；空白为不分主体", "Evaluator; empty for all", "客户"
            ),
            "channel": Field(
                "渠道", "text", False, "如电话；空白为不分渠道", "Channel; empty for all", "电话"
            ),
            "population": Field("总体数", "count", False, "服务对象总数", "People served", "640"),
            "issued": Field("发放数", "count", False, "发出的问卷数", "Questionnaires issued", "60"),
            "due": Field("截止日期", "day", False, "应交回的最后一天", "Last day of return", "2026-06-25"),
            "owner": OWNER,
        },
    ),
}
