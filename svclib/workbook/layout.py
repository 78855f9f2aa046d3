"""What stands where in 评价方案.xlsx: its tables, their columns, and the key each of them is in YAML."""

from __future__ import annotations

from typing import Literal, NamedTuple

# text: as it stands; number or text; list: a、b; pairs: a=1；b=2; range: 1-5; flow: any YAML in a cell.
Shape = Literal["value", "text", "list", "pairs", "range", "flow"]


class Column(NamedTuple):
    """A column or a setting: Chinese header, key path in YAML, shape of its cells, explanation, choices."""

    zh: str
    path: tuple[str, ...]
    shape: Shape = "value"
    about: str = ""
    choices: tuple[str, ...] = ()


KINDS = ("评分", "比例", "发生率", "时长", "数量", "检查表", "稳定性")
BETTER = ("越高越好", "越低越好", "适中")
METHODS = ("直接", "等权", "排序", "层次分析", "熵权", "CRITIC", "变异系数", "主成分", "自述", "驱动因素")
MEANS = ("算术平均", "几何平均")
HOWS = ("特征向量", "几何平均", "排序重心", "秩和", "倒数", "LMG", "相对权重")
MEASURED = (
    *("办结率", "按时办结率", "及时响应率", "反馈率", "解决率", "重复率", "重开率", "转派率", "响应时间"),
    *("办结时间", "平均修复时间", "平均无故障时间", "可用率", "事件发生率", "检查合格率", "检查得分率"),
)
YES = ("是", "否")

# Columns of the dimension, which may be merged over its rows; the last, seldom needed, stands at the end.
DIMENSION = (
    Column("维度", ("name",), "text", "同一维度的行可合并单元格"),
    Column("维度英文", ("en",), "text"),
    Column("维度权重", ("weight",), "value", "维度直接赋权时填写，合计 1 或 100"),
    Column("维度合成方式", ("aggregate",), "value", "空白同方案设置", MEANS),
)
INDICATOR = (
    Column("指标", ("name",), "text", "每个指标一行，名称不重复"),
    Column("指标英文", ("en",), "text"),
    Column("类型", ("kind",), "value", "决定用什么检验", KINDS),
    Column("方向", ("better",), "value", "空白为越高越好", BETTER),
    Column("计量单位", ("unit",), "text", "如 分、%、分钟"),
    Column("单位英文", ("unit_en",), "text"),
    Column(
        "数据来源",
        ("from",),
        "value",
        "有题项的空白即可",
        ("问卷", "指标数据", "事件记录", "检查记录", "指标"),
    ),
    Column("题项", ("items",), "list", "问卷的列名，用、隔开"),
    Column("量程", ("scale",), "range", "如 1-5"),
    Column("反向题", ("reverse",), "list", "分数越高越差的题项"),
    Column("缺失码", ("missing_codes",), "list", "如 9 表示不清楚"),
    Column("每", ("per",), "value", "发生率的基数，如 1000"),
    Column("评价主体", ("subjects",), "list", "由谁评价；空白为全部主体"),
    Column("权重", ("weight",), "value", "维度内权重，合计 1 或 100"),
    Column("目标值", ("target",), "range", "适中型写区间，如 95-103"),
    Column("预警值", ("warn",), "range"),
    Column("一票否决", ("veto",), "text", "如 > 2"),
    Column("最小有意义变化", ("mid", "value"), "value", "评价前定好"),
    Column("变化口径", ("mid", "on"), "value", "空白为单位", ("单位", "分值", "百分比")),
    Column("误差来源", ("uncertainty",), "value", "空白为抽样", ("抽样", "过程", "普查")),
    Column("阶段", ("stage",), "value", "空白为结果", ("关键", "过程", "结果")),
    Column("环节", ("step",), "text"),
    Column("环节英文", ("step_en",), "text"),
    Column("责任人", ("owner",), "text"),
    Column("责任人英文", ("owner_en",), "text"),
    Column("频率", ("frequency",), "text"),
    Column("定义", ("definition",), "text"),
    Column("改进建议", ("advice",), "text"),
    Column("改进建议英文", ("advice_en",), "text"),
    Column("期望题", ("expectation",), "list", "期望值的列名，与题项一一对应；不问期望的空白"),
    Column("统计项", ("measure",), "value", "来自事件记录或检查记录时选择", MEASURED),
    Column("统计范围", ("where",), "pairs", "哪些记录计入，如 类别=投诉、报修；环节=受理"),
    Column("时限", ("within",), "text", "如 4小时；空白按“应办结时间”判断"),
    Column("业务量", ("exposure",), "text", "《业务量》中的名称，作发生率等的分母"),
    Column("统计量", ("statistic",), "value", "时长类，空白为中位数", ("中位数", "几何平均", "均值")),
    Column("所看指标", ("of",), "text", "稳定性看哪个指标"),
    Column("子周期", ("every",), "value", "稳定性按周还是按月", ("每周", "每月")),
)
SCORES = (
    Column("指标", ("indicator",), "text"),
    Column("数值或条件", ("value",), "value", "锚点写数值；分档写条件如 >= 95，最后一行写 其他"),
    Column("得分", ("points",), "value"),
    Column("满分", ("full",), "value", "只用于分档与逐次扣分"),
)
# Words in the column 数值或条件 and their keys.
STEP_WORDS = {"其他": "else", "起始": "start", "每次": "each", "最低": "floor"}
GRADES = (
    Column("等级", ("grade",), "text", "由好到差，最后一档分数线为 0"),
    Column("等级英文", ("scale_en",), "text"),
    Column("分数线", ("scale",), "value"),
    Column("达标率", ("rules", "met_share"), "value", "按达标评级时填写"),
    Column("最多未达标数", ("rules", "missed_max"), "value"),
    Column("考核对象", ("rules", "node"), "text", "总分或维度"),
    Column("对象最低分", ("rules", "node_min"), "value"),
    Column("系数", ("factors",), "value", "结果运用建议"),
    Column("处理建议", ("actions",), "text"),
    Column("处理建议英文", ("actions_en",), "text"),
)
LIMITS = (
    Column("类型", ("type",), "value", "", ("一票否决", "限档")),
    Column(
        "对象", ("object",), "text", "指标（看指标值，事故等也先列为指标，权重可为 0）、维度或总分（看得分）"
    ),
    Column("条件", ("condition",), "text", "如 > 或 > 2"),
    Column("界值", ("value",), "value"),
    Column("结果", ("result",), "text", "最高只能评到的等级；一票否决空白为最差一档"),
    Column("条款", ("clause",), "text"),
    Column("条款英文", ("clause_en",), "text"),
)
ADJUSTMENTS = (
    Column("事项", ("name",), "text"),
    Column("事项英文", ("en",), "text"),
    Column("类型", ("type",), "value", "", ("加分", "扣分")),
    Column("分值", ("points",), "range", "每次多少分；可写区间如 1-3"),
    Column("单项上限", ("max_points",), "value"),
    Column("条款", ("clause",), "text"),
    Column("条款英文", ("clause_en",), "text"),
)
REPEATED = (
    Column("等级", ("grade",), "text", "该等级或更差"),
    Column("连续期数", ("consecutive",), "value"),
    Column("年内次数", ("in_year",), "value"),
    Column("处理建议", ("action",), "text"),
    Column("处理建议英文", ("action_en",), "text"),
    Column("条款", ("clause",), "text"),
    Column("条款英文", ("clause_en",), "text"),
    Column("涉及个人", ("personnel",), "value", "", YES),
)
WEIGHTS = (
    Column(
        "对象",
        ("parent",),
        "text",
        "总分（各维度的权重）或某一维度（其各指标的权重）；同一对象写几行即为组合赋权",
    ),
    Column("方法", ("method",), "value", "", METHODS),
    Column(
        "算法",
        ("how",),
        "value",
        "层次分析：特征向量、几何平均；排序：排序重心、秩和、倒数；驱动因素：LMG、相对权重；空白取第一种",
        HOWS,
    ),
    Column("群体集结", ("group",), "value", "层次分析用；空白为判断集结", ("判断集结", "权重集结")),
    Column("一致性上限", ("max_cr",), "value"),
    Column("RI表", ("ri",), "value", "", ("saaty", "saaty2005")),
    Column("陈述列", ("columns",), "list"),
    Column("选项顺序", ("order",), "list", "自述：按代码；排序：由最重要到最不重要"),
    Column("被解释项", ("outcome",), "text", "驱动因素用：评分指标或题项，如总体满意度"),
    Column("取自周期", ("from",), "text"),
    Column("组合方式", ("combine",), "value", "几行组合时写在第一行", ("线性", "乘积")),
    Column("份额", ("share",), "value", "线性组合时每行填写，合计 1 或 100"),
)
GROUPS = (
    Column("分组", ("group",), "text"),
    Column("分组英文", ("en",), "text"),
    Column("项目", ("what",), "value", "", ("权重", "不考核", "分数线")),
    Column("对象", ("object",), "text", "维度、指标或等级"),
    Column("数值", ("value",), "value"),
)
# Settings of the framework, then those of the cycle: one row each.
TABLES: dict[str, tuple[Column, ...]] = {
    "指标体系": (*DIMENSION[:-1], *INDICATOR, DIMENSION[-1]), "评分标准": SCORES,
    "等级规则": GRADES, "否决限档": LIMITS, "加减分": ADJUSTMENTS,
    "处理规则": REPEATED, "赋权": WEIGHTS, "分组": GROUPS,
}  # fmt: skip
UNITS, GUIDE = "部门", "填写说明"
UNIT_NOTES = (
    "被评价单位，每个一行", "", "", "上级须在本表另有一行", "只作为上级、自身不评价的写“否”", "", "",
    "由哪些单位更名或合并而来", "",
)  # fmt: skip
REQUIRED = ("指标体系", "评分标准", "等级规则", "方案设置")
