"""What was seen and heard: events and what they are counted against, inspections, interviews."""

from __future__ import annotations

from svclib.sources.catalog.fields import UNIT, Field, Sheet

SHEETS: dict[str, Sheet] = {
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
            "unit": UNIT,
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
            "in_time": Field(
                "是否按时", "yes", False, "没有应办结时间而系统已判定时填写", "As the system judged it", ""
            ),
            "reopened": Field("重开次数", "count", False, "办结后又重新打开的次数", "Times reopened", ""),
            "transferred": Field("转派次数", "count", False, "换过几次承办人", "Times passed on", ""),
        },
    ),
    "exposure": Sheet(
        "业务量",
        "发生率、平均无故障时间、可用率的分母：本期的业务量或运行小时",
        "What events are counted against: volume of business or hours of operation in the period",
        ("unit", "exposure"),
        {
            "unit": UNIT,
            "exposure": Field(
                "业务量名称",
                "text",
                True,
                "评价方案“业务量”一栏的名称",
                "As the framework names it",
                "运行小时",
            ),
            "amount": Field(
                "数量", "number", True, "本期合计，大于 0", "Total of the period, above 0", "2160"
            ),
        },
    ),
    "inspections": Sheet(
        "检查记录",
        "现场检查逐项登记，一名检查员对一项的结论一行；写结果，或写得分和满分",
        "Findings of inspections, one a row: a result, or a score of full marks",
        ("unit", "date", "place", "check", "inspector"),
        {
            "unit": UNIT,
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
}
