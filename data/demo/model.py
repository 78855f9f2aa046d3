"""What is true of the invented service: parameters, planted effects, expected answers."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

SEED = 20260630
CYCLES = ("2025Q3", "2025Q4", "2026Q1", "2026Q2")
BEFORE, NOW = "2026Q1", "2026Q2"  # compared; only here is anything planted
UNITS: tuple[Any, ...] = tuple(pd.read_csv(Path(__file__).with_name("parameters.csv")).itertuples())

SUBJECTS = {"客户": 0.60, "内部监督": 0.25, "第三方": 0.15}  # the blend in params/demo/framework.yaml
STRICTER = {"客户": 0.0, "内部监督": -0.10, "第三方": -0.05}  # raters differ in severity
SPREAD = {"客户": 1.0, "内部监督": 0.75, "第三方": 0.75}  # trained raters vary less
TRAIT, FACET, NOISE = 0.60, 0.35, 0.55  # respondent, respondent within indicator, item
ITEM_OFFSETS = np.array([0.18, 0.0, -0.18])
RATINGS: dict[str, tuple[tuple[str, ...], float]] = {  # three items each: who rates, offset
    "服务态度": (("客户", "第三方"), 0.05),
    "沟通反馈": (("客户",), -0.03),
    "服务规范": (("客户", "内部监督", "第三方"), 0.02),
    "手续便捷": (("客户", "内部监督"), -0.06),
    "现场安全": (("内部监督", "第三方"), 0.06),
}
ITEMS = [f"q{i + 1:02d}" for i in range(3 * len(RATINGS))]
ASKED = ITEMS[:12]  # of customers
PERCENT = {  # column of parameters.csv, range of the denominator
    "投诉处理率": ("complaints", 500, 700),
    "任务完成率": ("tasks", 800, 1200),
    "准时送达率": ("on_time", 800, 1200),
    "设备完好率": ("equipment", 400, 600),
}
BARE = ("预算执行率", "报表报送延迟")  # reported as a value only
DIMENSIONS = {
    "客户体验": ("服务态度", "沟通反馈", "投诉处理率"),
    "服务质量": ("服务规范", "任务完成率"),
    "安全管理": ("现场安全", "安全事故率", "安全培训覆盖率"),
    "流程效率": ("手续便捷", "准时送达率", "响应时间"),
    "资源配置": ("设备完好率", *BARE),
}
ORDERS = 4200  # accident exposure per unit and quarter

CHANNELS = ("电话", "邮寄", "网络")
SHARES, EFFECTS = (0.35, 0.20, 0.45), (0.12, 0.0, -0.15)  # of customers; on the latent answer

SMALL, VETO, LATE, LOW_RETURN = "应急保障部", "车队管理部", "装卸部", "调度中心"
VETO_ACCIDENTS = 10  # in 2026Q1 and in 2026Q2 alike, so the veto is no change between them
START = {("冷链部", "服务态度"): -0.70, ("冷链部", "沟通反馈"): -0.70}  # low before the improvement
PLANTED = {  # 2026Q2 against 2026Q1, natural units
    ("冷链部", "服务态度"): 1.0,
    ("冷链部", "沟通反馈"): 1.0,
    ("冷链部", "投诉处理率"): 12.0,
    ("配送三部", "服务规范"): -1.0,
    ("配送三部", "任务完成率"): -12.0,
    ("配送三部", "准时送达率"): -10.0,
}
# A bad quarter of the weakest unit: every rating is lower in 2026Q1 alone and comes back by itself.
REBOUND, SHOCK = "装卸部", -0.60
# Customers move from phone to online, where they hear less; every channel itself gains a little.
SHIFTED = ("配送二部", "沟通反馈")
SHIFTED_EFFECTS, SHIFTED_SHARES = (0.75, 0.0, -0.75), {BEFORE: (0.66, 0.17, 0.17), NOW: (0.17, 0.17, 0.66)}
WITHIN = 0.12  # latent gain of every channel
INDUCED, N_INDUCED = "采购部", 9  # online answers of 5 throughout, one interviewer, one evening of 2026Q2
WRONGED, WRONG_ACCIDENTS = "包装部", 1  # an accident of a contractor counted against it in the file of 2026Q2
OWING, OWED = "装卸部", 10  # reports due in 2026Q2; one of them, beside the nine records, never came
MERGED, HALVES, SPLIT = "仓储部", ("仓储一部", "仓储二部"), 0.6  # one unit since 2026Q2
DRIFT = {"2025Q3": (-0.10, 0.08, -0.06), "2025Q4": (-0.05, 0.04, -0.03)}  # rating means, unit number mod 3
TEXTURE = np.random.default_rng(0).normal(0.0, 0.04, (len(UNITS), len(RATINGS))).round(3)


class Case(NamedTuple):
    """A cycle, and whether anything is planted in it."""

    cycle: str
    planted: bool

    @property
    def now(self) -> bool:
        """The planted changes have happened."""
        return self.cycle == NOW and self.planted


def true_value(unit: Any, indicator: str, case: Case) -> float:
    """True value of a tested indicator: blended mean (ratings), percent, minutes, or accidents per 1000."""
    if indicator in RATINGS:
        raters = {s: SUBJECTS[s] for s in RATINGS[indicator][0]}
        return sum(w * _observed(unit, indicator, s, case) for s, w in raters.items()) / sum(raters.values())
    base = {name: getattr(unit, column) for name, (column, _, _) in PERCENT.items()}
    base |= {"响应时间": unit.response, "安全培训覆盖率": 100.0}
    base["安全事故率"] = 1000 * accidents(unit, case) / ORDERS
    return base[indicator] + planted(unit, indicator, case)


def planted(unit: Any, indicator: str, case: Case) -> float:
    """Planted change of the indicator since the baseline, in its natural unit."""
    return PLANTED.get((unit.unit, indicator), 0.0) if case.now else 0.0


def accidents(unit: Any, case: Case) -> int:
    """Accidents the unit is answerable for in the quarter."""
    vetoed = case in ((BEFORE, True), (NOW, True)) and unit.unit == VETO
    return VETO_ACCIDENTS if vetoed else unit.accidents


def rebounds(unit: Any, case: Case) -> bool:
    """Whether this is the bad quarter of the weakest unit."""
    return unit.unit == REBOUND and case == (BEFORE, True)


def mean(unit: Any, indicator: str, subject: str, case: Case) -> float:
    """Expected answer of `subject` to the middle item, 1..5, at the channel mix of the baseline."""
    drift = DRIFT.get(case.cycle, (0.0, 0.0, 0.0))[unit.Index % 3]
    shift = START.get((unit.unit, indicator), 0.0) + planted(unit, indicator, case)
    shift += SHOCK if rebounds(unit, case) else 0.0
    texture = float(TEXTURE[unit.Index, list(RATINGS).index(indicator)])
    return unit.rating + RATINGS[indicator][1] + STRICTER[subject] + texture + drift + shift


def shares(unit: Any, case: Case) -> tuple[float, ...]:
    """Share of each channel among the customers of the unit who answer."""
    return SHIFTED_SHARES[NOW if case.now else BEFORE] if unit.unit == SHIFTED[0] else SHARES


def effects(unit: Any, indicator: str) -> tuple[float, ...]:
    """Latent effect of each channel; where the mix shifts, only one indicator depends on the channel."""
    if unit.unit != SHIFTED[0]:
        return EFFECTS
    return SHIFTED_EFFECTS if indicator == SHIFTED[1] else (0.0, 0.0, 0.0)


def locations(unit: Any, indicator: str, subject: str, case: Case) -> np.ndarray:
    """Latent location of each item, such that the answers average to `mean` plus its offset."""
    wanted = mean(unit, indicator, subject, case) + ITEM_OFFSETS
    x, y = _grid(subject, *_mix(unit, indicator, subject, case._replace(planted=False)))
    gain = WITHIN if case.now and (unit.unit, indicator) == SHIFTED else 0.0
    return np.interp(wanted, y, x) + gain


def shifted_means(unit: Any, case: Case) -> tuple[float, float]:
    """Mean of the indicator whose channel mix shifts: at the mix of the baseline, and at its own."""
    indicator = SHIFTED[1]
    at = locations(unit, indicator, "客户", case)
    alike, own = (
        float(np.interp(at, *_grid("客户", *_mix(unit, indicator, "客户", mix))).mean())
        for mix in (case._replace(planted=False), case)
    )
    return alike, own


def _observed(unit: Any, indicator: str, subject: str, case: Case) -> float:
    if case.now and (unit.unit, indicator) == SHIFTED:
        return shifted_means(unit, case)[1]
    return mean(unit, indicator, subject, case)


Mix = tuple[tuple[float, ...], tuple[float, ...]]


def _mix(unit: Any, indicator: str, subject: str, case: Case) -> Mix:
    if subject != "客户":
        return (1.0,), (0.0,)
    return shares(unit, case), effects(unit, indicator)


@lru_cache
def _grid(subject: str, share: tuple[float, ...], shift: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Latent locations and the mean of their rounded, clipped answers, over the channel mix."""
    location = np.linspace(-2.0, 9.0, 2201)
    sd = SPREAD[subject] * math.sqrt(TRAIT**2 + FACET**2 + NOISE**2)
    phi = np.vectorize(lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2))))
    average = np.ones_like(location)
    for part, moved in zip(share, shift, strict=True):
        average += part * sum(phi((location + moved - k - 0.5) / sd) for k in range(1, 5))
    return location, average
