"""Units, operational records and the experts' comparisons."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from . import model
from .model import DIMENSIONS, MERGED, ORDERS, PERCENT, UNITS, Case

SERVICE, MERGER = ("后勤服务中心", "Logistics service"), "2026-04-01"
PARENTS = {  # English name, and what belongs to it
    "东部片区": ("Eastern area", ("配送一部", "冷链部", "仓储部", "装卸部")),
    "西部片区": ("Western area", ("配送二部", "配送三部", "车队管理部", "包装部")),
    "综合服务中心": ("Shared services", ("客服部", "调度中心", "采购部", "应急保障部")),
}
SECOND = ("Warehousing 1", "林静"), ("Warehousing 2", "蒋涛")  # name and head of each half
KPIS = ["部门", "指标", "数值", "分子", "分母", "样本量", "均值", "标准差"]
# One column per expert, one row per dimension; the last dimension has what is left to 100.
WEIGHTS = np.array([(36, 40, 33, 38, 36), (26, 24, 30, 22, 25), (20, 18, 19, 22, 20), (11, 11, 10, 11, 12)])
INCONSISTENT = ("专家E", "客户体验", "流程效率")  # this expert gave the reciprocal here


def units() -> dict[str, pd.DataFrame]:
    """The list of units of 2026Q2, and the one before two of them became one."""
    columns = ["部门", "英文名称", "上级", "参评", "分组", "负责人"]
    above = {unit: parent for parent, (_, units) in PARENTS.items() for unit in units}
    top = [(*SERVICE, "", "否", "", "")]
    top += [(parent, en, SERVICE[0], "否", "", "") for parent, (en, _) in PARENTS.items()]
    rows = [(u.unit, u.name_en, above[u.unit], "是", u.group, u.head) for u in UNITS]
    split = [
        old
        for row in rows
        for old in (
            [(h, en, *row[2:5], head) for h, (en, head) in zip(model.HALVES, SECOND, strict=True)]
            if row[0] == MERGED
            else [row]
        )
    ]
    now = pd.DataFrame([*rows, *top], columns=columns)
    merged = now["部门"] == MERGED
    now["替代"] = np.where(merged, "；".join(model.HALVES), "")
    now["生效日期"] = np.where(merged, MERGER, "")
    return {"units": now, "units_until_2026Q1": pd.DataFrame([*split, *top], columns=columns)}


def kpis(rngs: list[np.random.Generator], extra: list[np.random.Generator], case: Case) -> pd.DataFrame:
    """One row per unit and indicator; in 2026Q2 with one wrong number."""
    rows: list[dict[str, Any]] = []
    for unit, rng, also in zip(UNITS, rngs, extra, strict=True):
        found = _unit_kpis(rng, unit, case)
        if unit.unit == MERGED and case.cycle != model.NOW:
            found = [half for row in found for half in _halves(also, row)]
        rows += found
    frame = pd.DataFrame(rows, columns=KPIS)
    if case.cycle == model.NOW:
        wrong = (frame["部门"] == model.WRONGED) & (frame["指标"] == "安全事故率")
        frame.loc[wrong, "分子"] += model.WRONG_ACCIDENTS
    return frame.astype(dict.fromkeys(["分子", "分母", "样本量"], "Int64"))


def _unit_kpis(rng: np.random.Generator, unit: Any, case: Case) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for indicator, (_, low, high) in PERCENT.items():
        size, share = int(rng.integers(low, high)), model.true_value(unit, indicator, case) / 100
        told = {"数值": "不适用"} if math.isnan(share) else {"分子": rng.binomial(size, share), "分母": size}
        rows.append({"指标": indicator, **told})
    minutes = rng.normal(unit.response, 0.3 * unit.response, int(rng.integers(180, 260)))
    accidents, staff = model.accidents(unit, case), 30 + unit.customers
    orders = ORDERS if accidents else ORDERS + int(rng.integers(-200, 200))
    # Bare values carry no sampling error: they stay where the score is flat and cannot fake a change.
    rows += [
        {"指标": "响应时间", **_moments(minutes)},
        {"指标": "安全事故率", "分子": accidents, "分母": orders},
        {"指标": "安全培训覆盖率", "分子": staff, "分母": staff},
        {"指标": "预算执行率", "数值": f"{rng.uniform(96, 102):.1f}"},
        {"指标": "报表报送延迟", "数值": f"{unit.days_late + rng.uniform(0, 0.7):.1f}"},
    ]
    return [{"部门": unit.unit, **row} for row in rows]


def _moments(minutes: np.ndarray) -> dict[str, Any]:
    return {
        "样本量": len(minutes),
        "均值": minutes.mean().round(2),
        "标准差": minutes.std(ddof=1).round(2),
    }


def _halves(rng: np.random.Generator, row: dict[str, Any]) -> list[dict[str, Any]]:
    """A record of the merged unit as its two predecessors reported it: counts and moments add up to it."""
    halves = [{**row, "部门": name} for name in model.HALVES]
    if "分母" in row:
        size = round(model.SPLIT * row["分母"])
        hits = int(rng.hypergeometric(row["分子"], row["分母"] - row["分子"], size))
        for half, (n, k) in zip(
            halves, ((size, hits), (row["分母"] - size, row["分子"] - hits)), strict=True
        ):
            half |= {"分子": k, "分母": n}
    if "样本量" in row:
        first = round(model.SPLIT * row["样本量"])
        halves[0]["样本量"], halves[1]["样本量"] = first, row["样本量"] - first
    return halves


def judgments() -> pd.DataFrame:
    """Ratios of each expert's weights on the 1..9 scale, one of them turned round."""
    rows, names = [], list(DIMENSIONS)
    for number, expert in enumerate(f"专家{letter}" for letter in "ABCDE"):
        weights = [*WEIGHTS[:, number], 100 - WEIGHTS[:, number].sum()]
        for i, a in enumerate(names):
            for j, b in enumerate(names[i + 1 :], start=i + 1):
                value = min(9, round(max(weights[i] / weights[j], weights[j] / weights[i])))
                turned = (weights[i] < weights[j]) != ((expert, a, b) == INCONSISTENT)
                text = f"1/{value}" if turned and value > 1 else str(value)
                rows.append({"专家": expert, "甲": a, "乙": b, "判断值": text})
    return pd.DataFrame(rows)
