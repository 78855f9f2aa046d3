"""Columns of comparisons between cycles: change, trends, signals, what follows from them."""

from __future__ import annotations

from svclib.columns.kinds import Column, count, flag, text

CHANGE: dict[str, Column] = {
    "design": text("比较设计", "Design"),
    "n0": count("上期样本量", "n baseline"),
    "n1": count("本期样本量", "n current"),
    "n_paired": count("两期共有", "Present in both"),
    "n_clusters": count("群数", "Clusters"),
    "estimate0": Column("上期", "Baseline value"),
    "estimate1": Column("本期", "Current value"),
    "ci90_low": Column("90%下限", "90% lower limit"),
    "ci90_high": Column("90%上限", "90% upper limit"),
    "mid": Column("最小有意义变化", "Minimal important difference"),
    "mid_on": text("最小有意义变化的口径", "MID on"),
    "p_beyond": Column("p(超过MID)", "p (beyond MID)"),
    "p_equiv": Column("p(等效)", "p (equivalent)"),
    "p_beyond_adj": Column("校正p(超过MID)", "adjusted p (beyond MID)"),
    "p_equiv_adj": Column("校正p(等效)", "adjusted p (equivalent)"),
    "p_exact": Column("精确中p", "exact mid-p"),
    "p_superiority": Column("优势概率", "P(superiority)"),
    "family": text("检验族", "Family"),
    "n_tests": count("族内检验数", "Tests in family"),
    "adjust": text("多重比较校正", "Adjustment"),
    "strength": text("强度", "Strength"),
    "flags": text("标记", "Flags"),
    "required_n": Column("所需样本量", "Required n"),
    "change_crude": Column("原始变化", "Crude change"),
    "change_adjusted": Column("同构成变化", "Like-for-like change"),
    "mix_effect": Column("构成影响", "Effect of the mix"),
    "change_part": text("变化来源", "Part of the change"),
    "reversed": flag("方向相反", "Signs differ"),
}
