"""The sheets an office fills in besides units, responses, KPIs and judgements, each as a literal.

The reader, the template workbook and its data dictionary all follow these entries.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

# text; number; count (whole, not below 0); day; moment (day with or without a time); yes (是/否);
# choice (an optional one left empty is its first); choice? (may stay empty); unit (of the cycle);
# unit? (of the cycle, or empty for all); indicator; node (indicator, dimension or 总分);
# adjustment (a matter the framework lists).
Kind = Literal[
    "text",
    "number",
    "count",
    "day",
    "moment",
    "yes",
    "choice",
    "choice?",
    "unit",
    "unit?",
    "indicator",
    "node",
    "adjustment",
]
YES = {"是": "yes", "否": "no", "y": "yes", "n": "no", "true": "yes", "false": "no", "1": "yes", "0": "no"}


class Field(NamedTuple):
    """One column: header in Chinese, what its cells hold, whether every row needs it."""

    zh: str
    kind: Kind
    required: bool
    about: str
    about_en: str
    example: str = ""
    choices: dict[str, str] = {}  # noqa: RUF012 - a literal that nothing changes


class Sheet(NamedTuple):
    """One sheet: its name in Chinese, its unique key, its columns."""

    zh: str
    about: str
    about_en: str
    key: tuple[str, ...]
    fields: dict[str, Field]


_UNIT = Field("部门", "unit", True, "被评价单位，须在单位名册中", "A unit of the units list", "配送一部")
_INDICATOR = Field(
    "指标", "indicator", True, "评价方案中的指标", "An indicator of the framework", "准时送达率"
)
_OWNER = Field("责任人", "text", False, "负责的人或部门", "Person or department in charge", "周远")
_DUE = Field("期限", "day", False, "最迟完成日期", "Latest day", "2026-09-15")
_CLAUSE = Field("依据", "text", False, "条款或文件号", "Clause or document", "办法第八条")

SHEETS: dict[str, Sheet] = {
    "targets": Sheet(
        "目标值",
        "各部门的目标；同一指标再次下达时另起一行，全部保留",
        "Targets by unit; a revision is a new row",
        ("unit", "indicator", "step", "valid_from"),
        {
            "unit": Field("部门", "unit?", False, "空白表示所有部门", "Empty for every unit", "配送二部"),
            "indicator": _INDICATOR,
            "step": Field("环节", "text", False, "只对某一环节时填写", "Only where it concerns one step", ""),
            "base": Field(
                "基期值", "number", False, "制定目标时的水平", "Level when the target was set", "92.5"
            ),
            "target": Field("目标值", "number", True, "本期目标", "The target", "94"),
            "stretch": Field("挑战值", "number", False, "力争达到的水平", "Stretch target", "96"),
            "warn": Field("预警值", "number", False, "低于（或高于）此值预警", "Warning value", "90"),
            "owner": _OWNER,
            "due": _DUE,
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
            "unit": _UNIT,
            "subject": Field(
                "评价主体", "text", False, "如客户；空白为不分主体", "Evaluator; empty for all", "客户"
            ),
            "channel": Field(
                "渠道", "text", False, "如电话；空白为不分渠道", "Channel; empty for all", "电话"
            ),
            "population": Field("总体数", "count", False, "服务对象总数", "People served", "640"),
            "issued": Field("发放数", "count", False, "发出的问卷数", "Questionnaires issued", "60"),
            "due": Field("截止日期", "day", False, "应交回的最后一天", "Last day of return", "2026-06-25"),
            "owner": _OWNER,
        },
    ),
    "events": Sheet(
        "事件记录",
        "投诉、报修、订单各环节等逐件记录",
        "Complaints, repairs, orders by step: one row each",
        ("id", "step"),
        {
            "id": Field(
                "编号",
                "text",
                True,
                "事件编号；同一事件的各环节用同一编号",
                "Id; the same for all its steps",
                "TS-0001",
            ),
            "unit": _UNIT,
            "category": Field(
                "类别", "text", False, "如投诉、报修、订单", "Such as complaint, repair, order", "投诉"
            ),
            "step": Field("环节", "text", False, "所处环节", "Step of the process", "受理"),
            "cause": Field("原因", "text", False, "查明的原因", "Cause found", "送达延误"),
            "opened": Field(
                "开始时间", "moment", True, "受理或开始的时间", "When it began", "2026-05-06 09:20"
            ),
            "due": Field(
                "应办结时间", "moment", False, "规定的最迟办结时间", "Time limit", "2026-05-09 09:20"
            ),
            "responded": Field(
                "响应时间", "moment", False, "首次答复的时间", "First response", "2026-05-06 10:05"
            ),
            "closed": Field(
                "办结时间", "moment", False, "空白表示尚未办结", "Empty while open", "2026-05-08 16:00"
            ),
            "fed_back": Field(
                "已反馈", "yes", False, "是否向客户反馈", "Whether the customer was told", "是"
            ),
            "resolved": Field("已解决", "yes", False, "问题是否解决", "Whether it was solved", "是"),
            "repeat_of": Field("重复于", "text", False, "同一问题上一次的编号", "Id of the earlier one", ""),
        },
    ),
    "inspections": Sheet(
        "检查记录",
        "现场检查逐项登记，一名检查员对一项的结论一行；写结果，或写得分和满分",
        "Findings of inspections, one a row: a result, or a score of full marks",
        ("unit", "date", "place", "check", "inspector"),
        {
            "unit": _UNIT,
            "date": Field(
                "日期", "day", True, "检查日期，在本期之内", "Day, within the period", "2026-05-12"
            ),
            "place": Field(
                "地点", "text", False, "检查的地点；空白为整个部门", "Place; empty for the unit", "服务窗口"
            ),
            "check": Field("检查项", "text", True, "检查细则中的一项", "What is checked", "通道畅通"),
            "result": Field(
                "结果",
                "choice?",
                False,
                "符合/不符合/不适用；打分的检查项留空",
                "Conforms, does not, not applicable; empty where scored",
                "符合",
                {"符合": "pass", "不符合": "fail", "不适用": "not_applicable"},
            ),
            "score": Field("得分", "number", False, "打分的检查项填写", "Points given, where scored"),
            "full_marks": Field("满分", "number", False, "打分的检查项填写", "Points possible, where scored"),
            "inspector": Field(
                "检查员",
                "text",
                False,
                "编号，不写姓名；同一项由几人检查时据此比较是否一致",
                "Id, never a name; tells whether several agree",
                "J-01",
            ),
        },
    ),
    "interviews": Sheet(
        "访谈记录",
        "访谈发现，不计分，用于分析问题",
        "Findings of interviews; unscored",
        ("row",),
        {
            "unit": Field("部门", "unit?", False, "空白表示各部门共有", "Empty for all", "冷链部"),
            "date": Field("日期", "day", False, "访谈日期", "Day", "2026-06-12"),
            "role": Field("访谈对象", "text", False, "身份，不写姓名", "Role, never a name", "批发客户"),
            "indicator": Field(
                "涉及指标", "node", False, "对应的指标或维度", "Indicator or dimension", "沟通反馈"
            ),
            "finding": Field("发现", "text", True, "一句话概括", "In one sentence", "延误时不再需要客户追问"),
        },
    ),
    "adjustments": Sheet(
        "加减分",
        "加分与扣分逐条登记，事项见评价方案",
        "Bonus and penalty points, one row each",
        ("row",),
        {
            "unit": _UNIT,
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
            "unit": _UNIT,
            "indicator": _INDICATOR,
            "cause": Field("原因", "text", False, "问题的原因", "Cause", "高峰运力不足"),
            "measure": Field("措施", "text", True, "做什么", "What is done", "高峰增开两班"),
            "owner": _OWNER,
            "started": Field("开始日期", "day", False, "开始日期", "Started", "2026-04-10"),
            "due": Field("完成期限", "day", False, "最迟完成日期", "Due", "2026-06-10"),
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
            "unit": _UNIT,
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
            "unit": _UNIT,
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
    "benchmarks": Sheet(
        "外部参照",
        "行业或标杆水平，只作参考线，不计分",
        "External reference lines, never scored",
        ("indicator", "name"),
        {
            "indicator": Field(
                "指标", "node", True, "指标、维度或总分", "Indicator, dimension or total", "准时送达率"
            ),
            "name": Field("参照对象", "text", True, "谁的水平", "Whose level", "行业平均"),
            "name_en": Field(
                "参照对象英文", "text", False, "英文报告中的名称", "Name in English reports", "Industry mean"
            ),
            "value": Field(
                "参照值",
                "number",
                True,
                "以指标的计量单位（维度与总分用分）",
                "In the indicator's unit",
                "93.8",
            ),
            "origin": Field("来源", "text", True, "出处与年份", "Publication and year", "行业年报2025"),
        },
    ),
    "keywords": Sheet(
        "意见关键词",
        "给开放题归类：出现关键词即归入该类",
        "Codes for comments: a keyword puts it in the category",
        ("category", "keyword"),
        {
            "category": Field("类别", "text", True, "意见类别", "Category", "配送延误"),
            "keyword": Field("关键词", "text", True, "出现在意见中的词", "Word in the comment", "迟到"),
        },
    ),
}
