"""Values a person may write in Chinese or English for each closed choice."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BeforeValidator

from svclib.errors import nearest
from svclib.framework.scoring import refuse

ALIASES: dict[str, str] = {
    "越高越好": "high",
    "正向": "high",
    "越低越好": "low",
    "逆向": "low",
    "适中": "near",
    "适度": "near",
    "评分": "rating",
    "比例": "proportion",
    "发生率": "rate",
    "时长": "duration",
    "数量": "amount",
    "检查表": "checklist",
    "稳定性": "stability",
    "一票否决": "veto",
    "限档": "cap",
    "征求意见稿": "draft",
    "正式": "official",
    "直接": "direct",
    "等权": "equal",
    "层次分析": "ahp",
    "层次分析法": "ahp",
    "排序": "rank_order",
    "排序法": "rank_order",
    "熵权": "entropy",
    "熵权法": "entropy",
    "CRITIC": "critic",
    "CRITIC法": "critic",
    "变异系数": "cv",
    "变异系数法": "cv",
    "主成分": "pca",
    "主成分法": "pca",
    "组合": "combine",
    "特征向量": "eigenvector",
    "排序重心": "centroid",
    "秩和": "sum",
    "倒数": "reciprocal",
    "判断集结": "aij",
    "权重集结": "aip",
    "线性": "linear",
    "乘积": "product",
    "自述": "stated",
    "陈述": "stated",
    "驱动因素": "drivers",
    "LMG": "lmg",
    "相对权重": "johnson",
    "问卷": "responses",
    "指标数据": "kpis",
    "事件记录": "events",
    "检查记录": "inspections",
    "办结率": "handled",
    "按时办结率": "in_time",
    "及时响应率": "response_in_time",
    "反馈率": "fed_back",
    "解决率": "resolved",
    "重复率": "repeat",
    "重开率": "reopened",
    "转派率": "transferred",
    "响应时间": "response_time",
    "办结时间": "resolution_time",
    "平均修复时间": "mttr",
    "平均无故障时间": "mtbf",
    "可用率": "availability",
    "事件发生率": "event_rate",
    "检查合格率": "pass_rate",
    "检查得分率": "score_rate",
    "中位数": "median",
    "均值": "mean",
    "每周": "week",
    "每月": "month",
    "抽样": "sample",
    "过程": "process",
    "普查": "census",
    "单位": "unit",
    "分值": "points",
    "百分比": "percent",
    "关键": "key",
    "结果": "result",
    "不评级": "no_grade",
    "零分": "zero",
    "最低分": "lowest",
    "算术平均": "arithmetic",
    "几何平均": "geometric",
    "维度数": "dimensions",
    "分数线": "cuts",
    "达标": "targets",
    "加分": "bonus",
    "扣分": "deduction",
    "减分": "deduction",
    "问卷星": "wjx",
    "两两比较": "pairs",
    "标记": "flag",
    "待核实": "pending",
    "四舍五入": "half_up",
    "四舍六入": "gbt8170",
    "常规": "regular",
    "年度": "annual",
    "专项": "ad_hoc",
    "总分": "total",
    "维度": "dimension",
    "指标": "indicator",
    "不校正": "none",
    "渠道": "channel",
    "客群": "segment",
    "报错": "error",
    "剔除": "exclude",
    "重复": "duplicate",
    "缺失": "missing",
    "速度": "speed",
    "直线": "straight_line",
    "连续同答": "longstring",
    "作答离散": "irv",
    "马氏距离": "mahalanobis",
    "奇偶一致": "even_odd",
    "近似重复": "near_duplicate",
    "集中雷同": "burst",
}


def chinese(literal: Any) -> BeforeValidator:
    """Validator of a Literal that also takes its Chinese names and lists the choices."""
    choices = get_args(literal)
    local = [zh for zh, en in ALIASES.items() if en in choices]

    def check(value: Any) -> Any:
        found = ALIASES.get(value, value) if isinstance(value, str) else value
        if found in choices:
            return found
        close = nearest(value, [*choices, *local])
        shown = [next((f"{c} ({zh})" for zh in local if ALIASES[zh] == c), c) for c in choices]
        raise refuse(f"{value!r} is not known", f"Choose one of {', '.join(shown)}.", close)

    return BeforeValidator(check)


Kind = Literal["rating", "proportion", "rate", "duration", "amount", "checklist", "stability"]
Better = Literal["high", "low", "near"]
