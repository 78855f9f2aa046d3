"""Generate the synthetic demo year: `python data/demo/generate.py` rewrites the CSV files beside it.

Nothing here describes a real organisation, person or answer.  Every number follows from
`parameters.csv` (percentages, minutes, counts per quarter; no `on_time`: delivers
nothing), the tables below and the seed; `truth.csv` states what was planted.  The true
parameters of 2026Q1 and 2026Q2 are identical except for `PLANTED`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

SEED = 20260630
CYCLES = ("2025Q3", "2025Q4", "2026Q1", "2026Q2")
UNITS: tuple[Any, ...] = tuple(pd.read_csv(Path(__file__).with_name("parameters.csv")).itertuples())

SUBJECTS = {"客户": 0.60, "内部监督": 0.25, "第三方": 0.15}  # the blend in params/demo/framework.yaml
STRICTER = {"客户": 0.0, "内部监督": -0.10, "第三方": -0.05}  # raters differ in severity
SPREAD = {"客户": 1.0, "内部监督": 0.75, "第三方": 0.75}  # trained raters vary less
CHANNELS = {"电话": (0.35, 0.12), "邮寄": (0.20, 0.0), "网络": (0.45, -0.15)}  # share, shift
TRAIT, FACET, NOISE = 0.60, 0.35, 0.55  # respondent, respondent within indicator, item
ITEM_OFFSETS = np.array([0.18, 0.0, -0.18])
BLANK, UNKNOWN, CODE_UNKNOWN = 0.025, 0.015, 9
N_RATERS = 12  # inspectors, and third-party raters, per unit
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
SMALL, VETO = "应急保障部", "车队管理部"
VETO_ACCIDENTS = 10  # in 2026Q1 and in 2026Q2 alike, so the veto is no change between them
ORDERS = 4200  # accident exposure per unit and quarter
START = {("冷链部", "服务态度"): -0.70, ("冷链部", "沟通反馈"): -0.70}  # low before the improvement
PLANTED = {  # 2026Q2 against 2026Q1, natural units
    ("冷链部", "服务态度"): 1.0,
    ("冷链部", "沟通反馈"): 1.0,
    ("冷链部", "投诉处理率"): 12.0,
    ("配送三部", "服务规范"): -1.0,
    ("配送三部", "任务完成率"): -12.0,
    ("配送三部", "准时送达率"): -10.0,
}
DRIFT = {"2025Q3": (-0.10, 0.08, -0.06), "2025Q4": (-0.05, 0.04, -0.03)}  # rating means, unit number mod 3
TEXTURE = np.random.default_rng(0).normal(0.0, 0.04, (len(UNITS), len(RATINGS))).round(3)
# One column per expert, one row per dimension; the last dimension has what is left to 100.
WEIGHTS = np.array([(36, 40, 33, 38, 36), (26, 24, 30, 22, 25), (20, 18, 19, 22, 20), (11, 11, 10, 11, 12)])
INCONSISTENT = ("专家E", "客户体验", "流程效率")  # this expert gave the reciprocal here


class Case(NamedTuple):
    """A cycle, and whether anything is planted in it."""

    cycle: str
    planted: bool


def generate(seed: int = SEED, *, planted: bool = True, cycles: Sequence[str] = CYCLES) -> dict[str, Any]:
    """Make the demo data of `cycles` as frames keyed by file name without `.csv`.

    Keys: units, judgments, truth, and per cycle `<cycle>/responses`, `<cycle>/kpis`.
    With `planted=False` nothing changes between 2026Q1 and 2026Q2 and no unit meets the
    veto.  A cycle's data do not depend on which other cycles are asked for.
    """
    cases = [Case(cycle, planted) for cycle in cycles]
    units = pd.DataFrame([(u.unit, u.name_en, "后勤服务中心", u.group, u.head) for u in UNITS])
    units.columns = ["部门", "英文名称", "上级", "分组", "负责人"]
    frames = {"units": units, "judgments": _judgments(), "truth": _truth(cases)}
    for case in cases:
        rngs = [np.random.default_rng([seed, CYCLES.index(case.cycle), unit.Index]) for unit in UNITS]
        frames[f"{case.cycle}/responses"] = _responses(rngs, case)
        frames[f"{case.cycle}/kpis"] = _kpis(rngs, case)
    return frames


def write(folder: Path, seed: int = SEED, **options: Any) -> list[Path]:
    """Write `generate(seed, **options)` below `folder`, as UTF-8 with BOM for Excel; return the files."""
    paths = []
    for name, frame in generate(seed, **options).items():
        path = Path(folder) / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))
        paths.append(path)
    return paths


def true_value(unit: Any, indicator: str, case: Case) -> float:
    """True value of a tested indicator: blended mean (ratings), percent, minutes, or accidents per 1000."""
    if indicator in RATINGS:
        raters = {s: SUBJECTS[s] for s in RATINGS[indicator][0]}
        return sum(w * _mean(unit, indicator, s, case) for s, w in raters.items()) / sum(raters.values())
    base = {name: getattr(unit, column) for name, (column, _, _) in PERCENT.items()}
    base |= {"响应时间": unit.response, "安全培训覆盖率": 100.0}
    base["安全事故率"] = 1000 * _accidents(unit, case) / ORDERS
    return base[indicator] + _planted(unit, indicator, case)


def _planted(unit: Any, indicator: str, case: Case) -> float:
    return PLANTED.get((unit.unit, indicator), 0.0) if case == ("2026Q2", True) else 0.0


def _accidents(unit: Any, case: Case) -> int:
    vetoed = case in (("2026Q1", True), ("2026Q2", True)) and unit.unit == VETO
    return VETO_ACCIDENTS if vetoed else unit.accidents


def _mean(unit: Any, indicator: str, subject: str, case: Case) -> float:
    """Expected answer of `subject` to the indicator's middle item, on the scale 1..5."""
    drift = DRIFT.get(case.cycle, (0.0, 0.0, 0.0))[unit.Index % 3]
    shift = START.get((unit.unit, indicator), 0.0) + _planted(unit, indicator, case)
    texture = float(TEXTURE[unit.Index, list(RATINGS).index(indicator)])
    return unit.rating + RATINGS[indicator][1] + STRICTER[subject] + texture + drift + shift


def _latent_grid(subject: str) -> tuple[np.ndarray, np.ndarray]:
    """Latent locations and the mean of their rounded, clipped answers, over the channel mix."""
    location = np.linspace(-2.0, 9.0, 2201)
    sd = SPREAD[subject] * math.sqrt(TRAIT**2 + FACET**2 + NOISE**2)
    phi = np.vectorize(lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2))))
    mean = np.ones_like(location)
    for share, shift in CHANNELS.values() if subject == "客户" else [(1.0, 0.0)]:
        mean += share * sum(phi((location + shift - k - 0.5) / sd) for k in range(1, 5))
    return location, mean


GRIDS = {subject: _latent_grid(subject) for subject in SUBJECTS}


def _answers(rng: np.random.Generator, unit: Any, subject: str, shift: np.ndarray, case: Case) -> np.ndarray:
    """Answers (n, items), NaN where the subject is not asked."""
    n, scale = len(shift), SPREAD[subject]
    trait = scale * TRAIT * rng.standard_normal(n)
    out = np.full((n, len(ITEMS)), np.nan)
    location, mean = GRIDS[subject]
    for column, (indicator, (raters, _)) in enumerate(RATINGS.items()):
        facet = scale * FACET * rng.standard_normal(n)
        noise = scale * NOISE * rng.standard_normal((n, 3))
        if subject in raters:
            wanted = _mean(unit, indicator, subject, case) + ITEM_OFFSETS
            latent = np.interp(wanted, mean, location) + (shift + trait + facet)[:, None] + noise
            out[:, 3 * column : 3 * column + 3] = np.clip(np.rint(latent), 1, 5)
    return out


def _subject_rows(rng: np.random.Generator, unit: Any, subject: str, case: Case) -> pd.DataFrame:
    customer, small = subject == "客户", unit.unit == SMALL
    n = unit.customers if customer or small else N_RATERS
    share, shift = np.array(list(CHANNELS.values())).T
    channel = rng.choice(len(CHANNELS), n, p=share)
    names = np.array([*CHANNELS])[channel] if customer else np.full(n, "网络")
    answers = _answers(rng, unit, subject, shift[channel] if customer else np.zeros(n), case)
    if customer and not small:
        answers[(rng.random(answers.shape) < UNKNOWN) & ~np.isnan(answers)] = CODE_UNKNOWN
        answers[rng.random(answers.shape) < BLANK] = np.nan
    rows = pd.DataFrame({"部门": unit.unit, "评价主体": subject, "渠道": names})
    rows["秒"] = np.where(names == "邮寄", np.nan, rng.lognormal(5.1, 0.35, n).clip(60, 900).round())
    return rows.join(pd.DataFrame(answers, columns=ITEMS))


def _spoil(rng: np.random.Generator, rows: pd.DataFrame, number: int) -> pd.DataFrame:
    """Plant a speeder and a straight-liner, and a duplicate or an almost empty form, by unit number."""
    online = rows.index[(rows["渠道"] == "网络") & (rows["评价主体"] == "客户")]
    speeder, straight, last = rng.choice(online, 3, replace=False)
    rows.loc[speeder, ASKED] = rng.integers(1, 6, len(ASKED)).astype(float)
    rows.loc[speeder, "秒"] = float(rng.integers(6, 17))
    rows.loc[straight, ASKED] = 4.0
    if number % 2:
        rows.loc[last, ASKED[3:]] = np.nan
        return rows
    rows.loc[last, ASKED] = rows.loc[last, ASKED].fillna(4.0)
    return pd.concat([rows.loc[:last], rows.loc[[last]], rows.loc[last + 1 :]])


def _responses(rngs: list[np.random.Generator], case: Case) -> pd.DataFrame:
    parts, count = [], 0
    for unit, rng in zip(UNITS, rngs, strict=True):
        rows = pd.concat([_subject_rows(rng, unit, s, case) for s in SUBJECTS], ignore_index=True)
        rows.insert(0, "受访者编号", [f"SYN-{case.cycle}-{count + k + 1:04d}" for k in range(len(rows))])
        count += len(rows)
        rows = rows if unit.unit == SMALL else _spoil(rng, rows, unit.Index)
        parts.append(_timed(rng, rows.reset_index(drop=True), case.cycle))
    return pd.concat(parts, ignore_index=True).astype(dict.fromkeys(ITEMS, "Int64"))


def _timed(rng: np.random.Generator, rows: pd.DataFrame, cycle: str) -> pd.DataFrame:
    """Replace the seconds by a start and an end; mail has neither."""
    moment = rng.integers(0, 85, len(rows)) * 86400 + rng.integers(9 * 3600, 18 * 3600, len(rows))
    started = pd.Series(pd.Period(cycle, freq="Q").start_time + pd.to_timedelta(moment, unit="s"))
    ended = started + pd.to_timedelta(rows["秒"], unit="s")
    for place, (name, when) in enumerate((("开始时间", started), ("结束时间", ended)), start=4):
        rows.insert(place, name, when.where(rows["秒"].notna()).dt.strftime("%Y-%m-%d %H:%M:%S"))
    return rows.drop(columns="秒")


def _kpis(rngs: list[np.random.Generator], case: Case) -> pd.DataFrame:
    columns = ["部门", "指标", "数值", "分子", "分母", "样本量", "均值", "标准差"]
    rows = [row for unit, rng in zip(UNITS, rngs, strict=True) for row in _unit_kpis(rng, unit, case)]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(["分子", "分母", "样本量"], "Int64"))


def _unit_kpis(rng: np.random.Generator, unit: Any, case: Case) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for indicator, (_, low, high) in PERCENT.items():
        size, share = int(rng.integers(low, high)), true_value(unit, indicator, case) / 100
        told = {"数值": "不适用"} if math.isnan(share) else {"分子": rng.binomial(size, share), "分母": size}
        rows.append({"指标": indicator, **told})
    minutes = rng.normal(unit.response, 0.3 * unit.response, int(rng.integers(180, 260)))
    spread = {"均值": minutes.mean().round(2), "标准差": minutes.std(ddof=1).round(2)}
    accidents, staff = _accidents(unit, case), 30 + unit.customers
    orders = ORDERS if accidents else ORDERS + int(rng.integers(-200, 200))
    # Bare values carry no sampling error: they stay where the score is flat and cannot fake a change.
    rows += [
        {"指标": "响应时间", "样本量": len(minutes), **spread},
        {"指标": "安全事故率", "分子": accidents, "分母": orders},
        {"指标": "安全培训覆盖率", "分子": staff, "分母": staff},
        {"指标": "预算执行率", "数值": f"{rng.uniform(96, 102):.1f}"},
        {"指标": "报表报送延迟", "数值": f"{unit.days_late + rng.uniform(0, 0.7):.1f}"},
    ]
    return [{"部门": unit.unit, **row} for row in rows]


def _judgments() -> pd.DataFrame:
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


def _truth(cases: list[Case]) -> pd.DataFrame:
    """What is true and what was planted; `indicator` may be a dimension, "total" or empty."""
    rows: list[tuple] = []
    for case in cases:
        for unit in UNITS:
            rows += [(case.cycle, unit.unit, *fact) for fact in _facts(unit, case)]
        expert, a, b = INCONSISTENT
        rows += [(case.cycle, "", "安全培训覆盖率", "constant_kpi", 100.0, "")]
        rows += [(case.cycle, "", f"{a} : {b}", "inconsistent_expert", math.nan, expert)]
    return pd.DataFrame(rows, columns=["cycle", "unit", "indicator", "quantity", "value", "text"])


def _facts(unit: Any, case: Case) -> list[tuple]:
    indicators = [i for names in DIMENSIONS.values() for i in names]
    values = {i: true_value(unit, i, case) for i in indicators if i not in BARE}
    rows: list[tuple] = [(i, "true_value", round(v, 6), "") for i, v in values.items() if not math.isnan(v)]
    if case.cycle == "2026Q2":
        change = {i: _planted(unit, i, case) for i in indicators}
        rows += [(i, "planted_change", c, _word(c)) for i, c in change.items()]
        change |= {d: sum(change[i] for i in names) for d, names in DIMENSIONS.items()}
        change["total"] = sum(change[d] for d in DIMENSIONS)
        rows += [
            (node, "planted_direction", math.nan, _word(change[node])) for node in (*DIMENSIONS, "total")
        ]
    if case.cycle in DRIFT:
        rows.append(("", "drift_of_rating_means", DRIFT[case.cycle][unit.Index % 3], "against 2026Q1"))
    if _accidents(unit, case) == VETO_ACCIDENTS:
        rows.append(("安全事故率", "veto", round(1000 * VETO_ACCIDENTS / ORDERS, 6), "不合格"))
    if unit.unit == SMALL:
        return [*rows, ("", "respondents", 3.0 * unit.customers, "small_sample")]
    spoiled = ("speed", "straight_line", "missing" if unit.Index % 2 else "duplicate")
    return rows + [("", "spoiled_rows", 1.0, rule) for rule in spoiled]


def _word(change: float) -> str:
    """Every planted change is in an indicator where higher is better."""
    return {1: "improved", -1: "declined"}.get(int(np.sign(change)), "none")


if __name__ == "__main__":
    for written in write(Path(__file__).parent):
        sys.stdout.write(f"{written}\n")
