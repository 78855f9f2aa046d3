"""Monthly inspections by a part of the checklist: one inspector a round, one check in ten seen by two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from . import model
from .model import Case

COLUMNS = ["部门", "日期", "地点", "检查项", "结果", "检查员"]
CHECKS = {  # two of each group of the checklist: where they are looked at
    "着装整齐，佩戴标识": "服务窗口",
    "使用规范用语": "服务窗口",
    "地面、台面清洁": "作业现场",
    "通道畅通": "作业现场",
    "消防器材在有效期内": "作业现场",
    "防护用品佩戴到位": "作业现场",
    "受理登记完整": "办公室",
    "单证签字齐全": "办公室",
    "人员知道应急分工": "办公室",
    "投诉渠道公示": "服务窗口",
}
OFFICES = ("客服部", "调度中心", "采购部")  # nothing to protect against
PROTECTION = "防护用品佩戴到位"
INSPECTORS = ("J-01", "J-02", "J-03", "J-04")
LAX, OVERLOOKED = "J-04", 0.8  # of the faults, by the lax inspector
SLIP = 0.02  # of what the others see, taken for its opposite


def inspections(rngs: list[np.random.Generator], case: Case) -> pd.DataFrame:
    """One row per finding; the second inspector comes on the day of the first."""
    start = pd.Period(case.cycle, freq="Q").start_time
    rows: list[tuple[str, ...]] = []
    for unit, rng in zip(model.UNITS, rngs, strict=True):
        for month in range(3):
            day = start + pd.DateOffset(months=month, days=int(rng.integers(5, 24)))
            rows += _round(rng, unit, month, day.strftime("%Y-%m-%d"))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["日期", "部门"], kind="stable", ignore_index=True)


def _round(rng: np.random.Generator, unit: Any, month: int, day: str) -> list[tuple[str, ...]]:
    """Findings of one round; every inspector meets every other."""
    first = (unit.Index + month) % len(INSPECTORS)
    second = (first + 1 + (unit.Index // len(INSPECTORS) + month) % 3) % len(INSPECTORS)
    idle = {PROTECTION} if unit.unit in OFFICES else set()
    again = rng.choice([check for check in CHECKS if check not in idle])
    rows = []
    for check, place in CHECKS.items():
        fault = rng.random() < 0.35 * (4.9 - unit.rating)
        for who in (first, second) if check == again else (first,):
            found = "不适用" if check in idle else _finding(rng, INSPECTORS[who], fault=fault)
            rows.append((unit.unit, day, place, check, found, INSPECTORS[who]))
    return rows


def _finding(rng: np.random.Generator, inspector: str, *, fault: bool) -> str:
    lax = inspector == LAX
    wrong = SLIP if not lax else OVERLOOKED if fault else 0.0
    return "不符合" if fault != (rng.random() < wrong) else "符合"
