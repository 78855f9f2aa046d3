"""Columns of measures: what was tried where, what it came to, and of training."""

from __future__ import annotations

from svclib.columns.kinds import Column, count, text

MEASURES: dict[str, Column] = {
    "pilot_units": text("试点单位", "Pilot units"),
    "comparison_units": text("对照单位", "Units compared with"),
    "n_pilots": count("试点单位数", "Pilot units, n"),
    "n_others": count("对照单位数", "Units compared with, n"),
    "pilot_change": Column("试点单位变化", "Change of the pilots"),
    "pilot_low": Column("试点变化下限", "Change of the pilots, lower limit"),
    "pilot_high": Column("试点变化上限", "Change of the pilots, upper limit"),
    "others_change": Column("对照单位变化", "Change of the others"),
    "others_low": Column("对照变化下限", "Change of the others, lower limit"),
    "others_high": Column("对照变化上限", "Change of the others, upper limit"),
    "net_change": Column("变化之差", "Difference of the changes"),
    "tau": Column("对照单位间离散", "Spread among the others"),
    "p_uneven": Column("p(对照单位变化不一)", "p (others moved apart)"),
    "milestone": text("里程碑", "Milestone"),
    "timing": text("实施时间", "Timing"),
    "in_force": Column("本期实施时间占比", "Share of the period in force"),
    "overdue_days": Column("逾期天数", "Days overdue"),
    "controlled": text("与对照单位相比", "Against the others"),
    "n_actions": count("措施数", "Measures"),
    "n_done": count("已完成数", "Done"),
    "n_effective": count("有效数", "Effective"),
    "spent_share": Column("投入占计划", "Spent of plan"),
    "course": text("课程", "Course"),
    "mark": text("考核内容", "Tested"),
    "n_due": count("应参训人数", "Due"),
    "n_trained": count("参训人数", "Trained"),
    "trained_share": Column("参训率", "Trained, share"),
    "n_assessed": count("考核人数", "Assessed"),
    "n_passed": Column("合格人数", "Passed"),
    "pass_share": Column("考核合格率", "Passed, share"),
    "n_rated": count("评价人数", "Rated by"),
    "satisfaction": Column("培训满意度", "Rating of the course"),
    "satisfaction_low": Column("满意度下限", "Rating, lower limit"),
    "satisfaction_high": Column("满意度上限", "Rating, upper limit"),
}
