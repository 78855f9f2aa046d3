"""Columns of simulated cycles and of the sample plan."""

from __future__ import annotations

from svclib.columns.kinds import Column, count, text

SIMULATION: dict[str, Column] = {
    "case": text("情形", "Case"),
    "size": Column("样本量倍数", "Sample, times", nullable=False),
    "distance_low": Column("距分数线（自）", "Points from the cut, from", nullable=False),
    "distance_high": Column("距分数线（至）", "Points from the cut, to"),
    "n_simulated": count("模拟次数", "Simulated"),
    "share_se": Column("占比的标准误", "SE of the share"),
    "right": Column("评级正确率", "Right grade"),
    "right_se": Column("评级正确率的标准误", "SE, right grade"),
    "same": Column("两次抽样同级率", "Same grade twice"),
    "same_se": Column("两次抽样同级率的标准误", "SE, same grade twice"),
    "true_score": Column("真实得分均值", "Mean true score"),
    "bias": Column("得分平均偏差", "Mean error of the score"),
    "rmse": Column("得分均方根误差", "RMS error of the score"),
    "ungraded": Column("未评级占比", "Not graded"),
    "true_change": Column("真实变化（MID的倍数）", "True change, in MIDs", nullable=False),
    "share_family": Column("全族至少一次的占比", "Any of the family"),
    "se_family": Column("全族占比的标准误", "SE, any of the family"),
    "purpose": text("用途", "Purpose"),
    "margin": Column("要分辨的分差", "Points to tell apart"),
    "resolved": Column("现有样本能分辨的分差", "Points told apart now"),
    "attained": Column("现有把握", "Certainty now"),
    "wanted": Column("要求的把握", "Certainty wanted"),
    "n_finite": Column("有限总体下所需样本量", "Required n, finite population"),
    "se_records": Column("记录类指标的标准误", "SE from records"),
    "n_near": count("界线附近的单位数", "Units near the cut"),
    "share_proposed": Column("建议线下的误评率", "Misgraded at the proposal"),
    "buffer": Column("建议缓冲带", "Buffer proposed"),
    "power": Column("检出把握", "Power"),
}
