"""What stands where in 评价方案.xlsx: sheets, columns, and the key each of them is in YAML."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

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
PLAN = (
    Column("名称", ("name",), "text", "评价方案的名称"),
    Column("英文名称", ("en",), "text"),
    Column("版本", ("version",), "text"),
    Column("被评价对象", ("unit_label",), "text", "如 部门"),
    Column("被评价对象英文", ("unit_label_en",), "text"),
    Column("评价主体", ("subjects",), "pairs", "如 客户=60；内部监督=40，合计 1 或 100"),
    Column("评价主体英文", ("subjects_en",), "pairs"),
    Column("渠道英文", ("channels_en",), "pairs"),
    Column("其他名称英文", ("names_en",), "pairs", "事件与意见的类别、环节、原因，如 投诉=Complaint"),
    Column("缺报处理", ("missing", "not_reported"), "value", "", ("不评级", "零分", "最低分")),
    Column("合成方式", ("aggregate",), "value", "指标合成维度、维度合成总分", MEANS),
    Column("得分最小有意义变化", ("mid",), "value", "维度得分与总分，单位为分"),
    Column("评级方法", ("grades", "method"), "value", "", ("分数线", "达标")),
    Column("公布小数位数", ("grades", "decimals"), "value"),
    Column("修约", ("grades", "rounding"), "value", "", ("四舍五入", "四舍六入")),
    Column("最低数据覆盖率", ("grades", "min_coverage"), "value", "低于它暂不评级"),
    Column("缓冲分", ("grades", "buffer"), "value", "0 为不用"),
    Column("加分上限", ("adjustments", "max_bonus"), "value"),
    Column("扣分上限", ("adjustments", "max_deduction"), "value"),
    Column(
        "维度最少指标数",
        ("missing", "min_measures"),
        "pairs",
        "适用指标少于此数的维度不计分，权重分给其余维度；如 默认=3；流程效率=2",
    ),
    Column("最少维度数", ("missing", "min_dimensions"), "value", "计分维度少于此数暂不评级"),
    Column("几何平均下限", ("floor",), "value", "几何平均须填，如 1；低于它按它计"),
    Column(
        "同类分组",
        ("peers",),
        "value",
        "按计分维度数分组排名；分数线可在《分组》按“4个维度”另定",
        ("维度数",),
    ),
)
DATA = {
    "units": "部门", "responses": "问卷", "kpis": "指标数据", "judgments": "专家判断", "targets": "目标值",
    "collection": "数据回收", "events": "事件记录", "inspections": "检查记录",
    "exposure": "业务量", "interviews": "访谈记录", "adjustments": "加减分", "actions": "整改措施",
    "training": "培训", "audit": "回访核查", "appeals": "申诉", "corrections": "更正",
    "benchmarks": "外部参照", "keywords": "意见关键词", "delphi": "德尔菲",
}  # fmt: skip
CYCLE = (
    Column("评价名称", ("name",), "text", "作为文件夹名，用汉字、字母、数字"),
    Column("评价方案文件", ("framework",), "text", "空白为本工作簿"),
    Column("评价周期", ("cycle",), "text", "如 2026Q1"),
    Column("周期类型", ("kind",), "value", "", ("常规", "年度", "专项")),
    Column("发布状态", ("status",), "value", "", ("征求意见稿", "正式")),
    Column("报告标题", ("title", "zh"), "text"),
    Column("报告标题英文", ("title", "en"), "text"),
    Column("起始日期", ("period", "start"), "text"),
    Column("截止日期", ("period", "end"), "text", "逾期与目标按这一天判断"),
    Column("截至", ("as_of",), "text"),
    Column("上期设置文件", ("baseline",), "text", "与哪一期比较；首次评价空白"),
    Column("更早各期", ("history",), "list"),
    Column("上年同期设置文件", ("same_period_last_year",), "text", "同比用；须为上期或更早各期之一"),
    Column("控制图分段", ("phases",), "flow", "流程有变的日子，如 [{from: 2026-04-15, reason: 启用新系统}]"),
    Column(
        "数据工作簿", ("data", "workbook"), "text", "按《数据模板》填写；另有文件的，写在本表末尾“数据·…”各行"
    ),
    Column("报告语言", ("languages",), "list"),
    Column("随机种子", ("seed",), "value", "任一整数；不变则结果不变"),
    Column("置信水平", ("confidence",), "value"),
    Column("多重比较校正", ("adjust",), "value", "", ("holm", "fdr_bh", "不校正")),
    Column("检验族", ("families",), "list"),
    Column("固定样本组", ("panel",), "value", "两期是否为同一批受访者", YES),
    Column("最少有效样本", ("min_responses",), "value"),
    Column("持平判断最少样本", ("min_equivalent",), "value"),
    Column("最小公布人数", ("min_cell",), "value"),
    Column("待核实部门", ("pending",), "pairs", "如 某部门=正在核查数据"),
    Column("最低信度", ("reliability", "min_alpha"), "value"),
    Column("效标", ("reliability", "criterion"), "text", "各维度应与之相关的总体满意指标或题项；可空白"),
    Column("信度缺失处理", ("reliability", "missing"), "value", "", ("listwise", "pairwise", "fiml")),
    Column("筛查·缺失比例", ("screening", "missing_share"), "value"),
    Column("筛查·直线作答题数", ("screening", "straight_line_items"), "value"),
    Column("筛查·每题秒数", ("screening", "seconds_per_item"), "value"),
    Column("筛查·剔除规则", ("screening", "exclude"), "list"),
    Column("筛查·界值", ("screening", "cuts"), "pairs", "移动方针中的界值，如 近似重复=0.9"),
    Column("筛查·超出量程", ("screening", "out_of_range"), "value", "", ("报错", "剔除")),
    Column("最低回收率", ("collection", "min_return_rate"), "value"),
    Column("按总体加权", ("collection", "population_weights"), "value", "", YES),
    Column("回访比例", ("audit", "share"), "value"),
    Column("每部门最少回访", ("audit", "min_per_unit"), "value"),
    Column("最低真实率", ("audit", "min_rate"), "value"),
    Column("真实率不足时", ("audit", "below"), "value", "", ("标记", "待核实")),
    Column("共性问题比例", ("problems", "common_share"), "value"),
    Column("突出问题倍数", ("problems", "outlier"), "value"),
    Column("同口径变量", ("standardise", "by"), "list", "同口径比较时固定哪些构成：渠道、客群；空白为渠道"),
    Column(
        "总体构成",
        ("standardise", "margins"),
        "flow",
        "已知总体时填写，两期都加权到它，如 {渠道: {电话: 60, 网络: 40}}，或文件名",
    ),
    Column("重点关注", ("focus",), "list", "因上期得分低而被关注：比例如 0.1（最低的一成）、部门名单或 无"),
    Column(
        "对照部门", ("comparison",), "list", "没有采取措施、用来对照的部门；空白时试点部门与同组其余部门对照"
    ),
    Column("培训·最小有意义变化", ("training", "mid"), "value", "按百分制计，如 5"),
    Column("培训·应改善指标", ("training", "moves"), "flow", "各课程应改善的指标，如 {服务用语: [服务态度]}"),
    Column("培训·参训比例", ("training", "trained_from"), "value", "参训达到此比例的部门算已培训，如 0.5"),
    Column("德尔菲同意线", ("delphi", "agree_from"), "value", "重要性评分达到几分算同意；空白为接近中位数"),
    Column("年度·各期文件", ("annual", "from"), "list"),
    Column("年度·权重", ("annual", "weights"), "pairs"),
    Column("年度·最少期数", ("annual", "min_cycles"), "value"),
    Column("年度·规则", ("annual", "rules"), "flow"),
    Column("专项·范围", ("scope",), "flow", "如 {event: 暴雨, day: 2026-05-20, window: {…}}"),
    Column("抽样次数", ("draws",), "value"),
    Column(
        "权重浮动",
        ("sensitivity", "spread"),
        "value",
        "如 0.2：权重约上下浮动两成；有三位专家判断的层按专家分歧",
    ),
    # Last, for they are many and seldom needed.
    *(
        column
        for key, zh in DATA.items()
        for column in (
            Column(f"数据·{zh}", ("data", key), "text", "单独成文件时填写文件名"),
            Column(f"数据·{zh}·工作表", ("data", key, "sheet"), "text"),
            Column(
                f"数据·{zh}·查询",
                ("data", key, "sql"),
                "text",
                "不用文件、从数据库读取时填写一条 SELECT 查询；列名可用 AS 改成表头",
            ),
            Column(
                f"数据·{zh}·数据库",
                ("data", key, "url", "env"),
                "text",
                "存放数据库地址的环境变量名，如 SERVICE_DB；地址和密码不要写在这里",
            ),
            Column(
                f"数据·{zh}·预设", ("data", key, "preset"), "value", "", ("问卷星", "两两比较", "servicenow")
            ),
            Column(f"数据·{zh}·行", ("data", key, "rows"), "flow", "只用部分行时填写，如 {年份: 2026}"),
            Column(
                f"数据·{zh}·列名", ("data", key, "columns"), "pairs", "如 unit=所在部门；q01=2、态度—礼貌"
            ),
            Column(
                f"数据·{zh}·取值",
                ("data", key, "values"),
                "flow",
                "问卷星的五级说法已认得；其余如 {q01: {很好: 5}}",
            ),
        )
    ),
)
SETTINGS = {"方案设置": PLAN, "本期设置": CYCLE}
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
# Checked by the reader: every sheet a workbook may have.
KNOWN: tuple[Any, ...] = (GUIDE, *TABLES, *SETTINGS, UNITS)
