"""Columns of targets judged and of targets proposed."""

from __future__ import annotations

from svclib.columns.kinds import Column, count, text

AIMS: dict[str, Column] = {
    "achieved": Column("已走完的差距", "Way to the target done"),
    "achieved_stretch": Column("距挑战值已走完", "Way to the stretch target done"),
    "elapsed": Column("时间进度", "Time elapsed"),
    "unit_reliability": Column("单位值信度", "Reliability of the value"),
    "group_mean": Column("参照均值", "Mean of the units"),
    "shrunk": Column("稳健基线", "Shrunk baseline"),
    "rebound": Column("预计自然回归", "Expected rebound"),
    "mde": Column("可识别的最小变化", "Smallest detectable change"),
    "n_peers": count("参照单位数", "Peers"),
    "best_quartile": Column("同类前四分之一", "Best quarter of peers"),
    "best_tenth": Column("同类前十分之一", "Best tenth of peers"),
    "best_value": Column("满分值", "Value of full marks"),
    "proposed": Column("建议目标", "Proposed target"),
    "set_by": text("定值依据", "Set by"),
    "attainable": text("可行", "Attainable"),
    "detectable": text("变化可证实", "Detectable"),
}
