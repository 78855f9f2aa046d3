"""Columns of other ways to put indicators together, and of proposals for cuts."""

from __future__ import annotations

from svclib.columns.kinds import Column, count, text

RELATIVE: dict[str, Column] = {
    "rsr": Column("秩和比 RSR", "RSR", nullable=False),
    "frequency": count("频数", "Frequency"),
    "cumulative_n": count("累计频数", "Cumulative frequency"),
    "mean_rank": Column("平均秩次", "Mean rank"),
    "percentile": Column("向下累计频率", "Percentile"),
    "probit": Column("概率单位", "Probit"),
    "fitted": Column("RSR 回归估计值", "Fitted RSR"),
    "intercept": Column("截距", "Intercept"),
    "slope": Column("斜率", "Slope"),
    "f_value": Column("F", "F"),
    "levels": count("综合级数", "Levels"),
    "operator": text("合成算子", "Operator"),
    "membership": Column("隶属度", "Membership"),
    "importance": Column("重要性", "Importance"),
    "performance": Column("表现", "Performance"),
    "importance_mean": Column("重要性均值", "Mean importance"),
    "performance_mean": Column("表现均值", "Mean performance"),
    "quadrant": text("象限", "Quadrant"),
    "expectation": Column("期望", "Expectation"),
    "service_gap": Column("差距（感知−期望）", "Gap (perceived − expected)"),
    "cut_now": Column("现行分数线", "Cut in force"),
    "cut_proposed": Column("建议分数线", "Proposed cut"),
    "cut_sd": Column("换一批单位的波动", "SD over other units"),
    "differ_share": Column("等级会变的单位占比", "Units graded otherwise"),
}
