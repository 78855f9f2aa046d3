"""The sheets 方案设置 and 本期设置 of 评价方案.xlsx: one line a setting, and its key in YAML."""

from __future__ import annotations

from svclib.workbook.layout import MEANS, YES, Column

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
