"""What was decided: points added or taken, measures, checks of answers, appeals, corrections."""

from __future__ import annotations

from svclib.sources.catalog.fields import INDICATOR, OWNER, UNIT, Field, Sheet

SHEETS: dict[str, Sheet] = {
    "adjustments": Sheet(
        "加减分",
        "加分与扣分逐条登记，事项见评价方案",
        "Bonus and penalty points, one row each",
        ("row",),
        {
            "unit": UNIT,
            "adjustment": Field(
                "事项",
                "adjustment",
                True,
                "评价方案《加减分》中的事项",
                "A matter of the framework",
                "获省级表彰",
            ),
            "count": Field("次数", "count", False, "默认 1 次", "1 unless given", "1"),
            "points": Field(
                "分值", "number", False, "方案给出区间时填写", "Where the framework gives a range", ""
            ),
            "basis": Field(
                "事实依据", "text", True, "文件、通报或记录", "Document or record", "省文〔2026〕15号"
            ),
            "approver": Field("审批人", "text", True, "批准加减分的人", "Who approved it", "质量委员会"),
            "date": Field("日期", "day", False, "发生或批准日期", "Day", "2026-05-20"),
        },
    ),
    "actions": Sheet(
        "整改措施",
        "整改措施与进展，下期用来核验",
        "Measures and their progress, verified next cycle",
        ("unit", "indicator", "measure"),
        {
            "unit": UNIT,
            "indicator": INDICATOR,
            "cause": Field("原因", "text", False, "问题的原因", "Cause", "高峰运力不足"),
            "measure": Field("措施", "text", True, "做什么", "What is done", "高峰增开两班"),
            "owner": OWNER,
            "started": Field("开始日期", "day", False, "开始日期", "Started", "2026-04-10"),
            "due": Field("完成期限", "day", False, "最迟完成日期", "Due", "2026-06-10"),
            "pilot_units": Field(
                "试点部门",
                "units",
                False,
                "先行试点的部门，用；隔开；本部门总算在内，同组其余部门即为对照",
                "Units that try it out first; its own always counts, the rest of the group are compared with",
                "",
            ),
            "milestone": Field(
                "里程碑", "text", False, "下一个关键节点及日期", "Next milestone and its day", "5月底全面铺开"
            ),
            "status": Field(
                "状态",
                "choice",
                True,
                "未启动/进行中/已完成/已销号",
                "State",
                "进行中",
                {"未启动": "not_started", "进行中": "in_progress", "已完成": "done", "已销号": "closed"},
            ),
            "progress": Field("进展", "text", False, "到目前为止的进展", "Progress so far", "已增开一班"),
            "cost_planned": Field("计划投入", "number", False, "元", "Planned cost", "20000"),
            "cost_actual": Field("实际投入", "number", False, "元", "Actual cost", "18500"),
            "saving": Field("节约", "number", False, "元", "Saving", "0"),
            "accepted_by": Field("验收人", "text", False, "谁验收", "Accepted by", ""),
            "lesson": Field("经验", "text", False, "可供他人借鉴之处", "Lesson for others", ""),
            "reusable": Field("可推广", "yes", False, "是否推荐推广", "Worth spreading", "否"),
        },
    ),
    "audit": Sheet(
        "回访核查",
        "对问卷真实性的回访结果",
        "Call-backs on the authenticity of answers",
        ("respondent",),
        {
            "respondent": Field(
                "受访者编号", "text", True, "问卷中的编号", "Id in the responses", "SYN-2026Q2-0001"
            ),
            "result": Field(
                "核查结果",
                "choice",
                True,
                "属实/不属实/未联系上",
                "Confirmed, refuted or not reached",
                "属实",
                {"属实": "confirmed", "不属实": "refuted", "未联系上": "not_reached"},
            ),
            "date": Field("日期", "day", False, "回访日期", "Day", "2026-06-28"),
            "note": Field("说明", "text", False, "如由工作人员代填", "Such as filled in by staff", ""),
        },
    ),
    "appeals": Sheet(
        "申诉",
        "对结果的异议及处理",
        "Objections to the result and what became of them",
        ("appeal",),
        {
            "appeal": Field("申诉编号", "text", True, "编号", "Id", "SS-01"),
            "unit": UNIT,
            "indicator": Field(
                "涉及指标", "node", False, "指标、维度或总分", "Node appealed against", "任务完成率"
            ),
            "matter": Field(
                "申诉事项", "text", True, "认为哪里不对", "What is held to be wrong", "漏计已完成任务"
            ),
            "filed": Field("提出日期", "day", True, "提出日期", "Filed", "2026-07-02"),
            "due": Field("答复期限", "day", False, "最迟答复日期", "To be answered by", "2026-07-09"),
            "decision": Field(
                "处理结果",
                "choice",
                True,
                "采纳/部分采纳/不采纳/待处理",
                "Upheld, partly upheld, rejected or open",
                "采纳",
                {"采纳": "upheld", "部分采纳": "partly_upheld", "不采纳": "rejected", "待处理": "open"},
            ),
            "decided": Field("处理日期", "day", False, "处理日期", "Decided", "2026-07-06"),
            "grounds": Field(
                "理由", "text", False, "为什么这样处理", "Grounds of the decision", "系统补录后核实"
            ),
        },
    ),
    "corrections": Sheet(
        "更正",
        "经批准对数据的更正，原文件不动",
        "Approved corrections; the data files stay as they are",
        ("source", "unit", "indicator", "column", "respondent"),
        {
            "source": Field(
                "数据",
                "choice",
                True,
                "指标数据（改数）或问卷（剔除）",
                "Records (a cell) or responses (left out)",
                "指标数据",
                {"指标数据": "kpis", "问卷": "responses"},
            ),
            "unit": UNIT,
            "indicator": Field("指标", "indicator", False, "更正指标数据时填写", "For records", "任务完成率"),
            "column": Field("列", "text", False, "如分子、分母、数值", "Such as numerator", "分子"),
            "respondent": Field("受访者编号", "text", False, "剔除问卷时填写", "For responses", ""),
            "old": Field("原值", "text", False, "更正前，须与文件一致", "As it stands in the file", "887"),
            "new": Field("新值", "text", False, "更正后", "Corrected", "921"),
            "basis": Field("依据", "text", True, "为何更正", "Why", "系统漏传34单"),
            "approver": Field("批准人", "text", True, "谁批准", "Who approved it", "质量委员会"),
            "date": Field("批准日期", "day", True, "批准日期", "Day", "2026-07-06"),
            "appeal": Field("申诉编号", "text", False, "由申诉引起时填写", "Appeal it follows from", "SS-01"),
        },
    ),
}
