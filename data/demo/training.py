"""A course on how to speak to customers: who was due, who came, and what they could do before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .model import UNITS

COLUMNS = [
    *("人员编号", "部门", "课程", "参训", "训前理论", "训后理论", "训前实操", "训后实操"),
    *("考核合格", "培训满意度"),
]
COURSE, PASS = "服务用语", 60
# Due and came, by unit; two of those who came were ill when the second test was taken.
DUE = {"冷链部": (32, 32), "配送一部": (12, 5)}
ILL = 2
BEFORE = {"theory": (62.0, 9.0), "skill": (58.0, 10.0)}  # mean and standard deviation of people
GAIN = {"theory": (13.0, 7.0), "skill": (9.0, 8.0)}  # true gain of those who came


def training(rngs: list[np.random.Generator]) -> pd.DataFrame:
    """One row per person due; those who did not come took no test."""
    rows: list[tuple[Any, ...]] = []
    for unit, rng in zip(UNITS, rngs, strict=True):
        due, came = DUE.get(unit.unit, (0, 0))
        for k in range(due):
            name = f"SYN-P{unit.Index + 1:02d}{k + 1:02d}"
            if k >= came:
                rows.append((name, unit.unit, COURSE, "否", *[""] * 6))
                continue
            marks = [m for part in BEFORE for m in _marks(rng, part)]
            if came - k <= ILL and due == came:
                rows.append((name, unit.unit, COURSE, "是", marks[0], "", marks[2], "", "", ""))
                continue
            passed = "是" if min(marks[1], marks[3]) >= PASS else "否"
            liked = int(np.clip(np.rint(rng.normal(4.2, 0.7)), 1, 5))
            rows.append((name, unit.unit, COURSE, "是", *marks, passed, liked))
    return pd.DataFrame(rows, columns=COLUMNS)


def _marks(rng: np.random.Generator, part: str) -> tuple[int, int]:
    """Marks of one person before and after, whole points of a hundred."""
    (mean, sd), (gain, spread) = BEFORE[part], GAIN[part]
    before = rng.normal(mean, sd)
    after = before + rng.normal(gain, spread)
    return tuple(int(m) for m in np.clip(np.rint([before, after]), 0, 100))  # type: ignore[return-value]
