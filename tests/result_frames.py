"""Small result tables made by hand, in the exact shape of the inventory."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib import columns

CYCLE = "2026Q2"
UNITS = ("保洁部", "餐饮部", "动力部")
SCALE = {"优秀": 90.0, "良好": 80.0, "合格": 60.0, "不合格": 0.0}
ENGLISH = {
    "优秀": "Excellent",
    "良好": "Good",
    "合格": "Pass",
    "不合格": "Fail",
    "总分": "Total score",
    "保洁部": "Cleaning",
    "餐饮部": "Catering",
    "动力部": "Power",
    "部门": "departments",
    "客户": "Customers",
    "内部监督": "Inspectors",
    "电话": "Phone",
    "订单": "Orders",
    "运输": "Transport",
    "网络": "Online",
    "客户体验": "Customer experience",
    "运行安全": "Operating safety",
    "第十二条": "Article Twelve",
    "服务态度": "Staff attitude",
    "处理率": "Handled",
    "修复时长": "Repair time",
    "事故率": "Accident rate",
    "分": "points",
    "分钟": "min",
    "起/千单": "per thousand orders",
    "专家1": "Expert 1",
    "专家3": "Expert 3",
    "张三": "Zhang San",
    "*": "All units",
}


def label(name: str, lang: str) -> str:
    """As `Framework.label`, over the names used here."""
    if name == "total":
        return "总分" if lang == "zh" else "Total score"
    return name if lang == "zh" else ENGLISH.get(name, name)


def table(name: str, *rows: dict) -> pd.DataFrame:
    """Rows of an inventory table; what a row does not say is empty."""
    blank = {"float": np.nan, "str": "", "int": 0, "bool": False}
    base = {c: blank[columns.GLOSSARY[c].dtype] for c in columns.TABLES[name].all_columns}
    if not rows:
        return columns.empty(name)
    return columns.checked(name, pd.DataFrame([base | row for row in rows]))


def change(**row) -> dict:
    """A row of table "changes", improved and meaningful unless told otherwise."""
    base = {
        "baseline": "2026Q1",
        "cycle": CYCLE,
        "unit": "保洁部",
        "level": "indicator",
        "node": "服务态度",
        "kind": "rating",
        "measure": "分",
        "design": "independent",
        "n0": 120,
        "n1": 131,
        "estimate0": 4.1,
        "estimate1": 4.4,
        "change": 0.3,
        "gain": 0.3,
        "ci_low": 0.12,
        "ci_high": 0.48,
        "ci90_low": 0.15,
        "ci90_high": 0.45,
        "confidence": 0.95,
        "mid": 0.2,
        "mid_on": "unit",
        "p_diff_adj": 0.0004,
        "p_beyond_adj": 0.031,
        "p_equiv_adj": 0.87,
        "family": "indicator",
        "n_tests": 12,
        "adjust": "holm",
        "verdict": "improved",
        "strength": "meaningful",
        "method": "linearised",
        "reason": "design_independent",
        "required_n": 312.4,
    }
    return base | row


CHANGES = table(
    "changes",
    change(),
    change(
        node="处理率",
        kind="proportion",
        measure="%",
        estimate0=92.1,
        estimate1=95.3,
        change=3.2,
        gain=3.2,
        ci_low=0.9,
        ci_high=5.5,
        mid=2.0,
        strength="detected",
    ),
    change(
        node="修复时长",
        kind="duration",
        measure="分钟",
        estimate0=15.1,
        estimate1=18.4,
        change=3.3,
        gain=-3.3,
        ci_low=2.1,
        ci_high=4.5,
        mid=2.0,
        verdict="declined",
    ),
    change(
        node="total",
        level="total",
        measure="",
        kind="composite",
        estimate0=84.2,
        estimate1=84.4,
        change=0.2,
        gain=0.2,
        ci_low=-0.8,
        ci_high=1.2,
        mid=2.0,
        mid_on="points",
        verdict="equivalent",
        strength="",
    ),
    change(
        unit="餐饮部",
        node="total",
        level="total",
        kind="composite",
        estimate0=70.0,
        estimate1=72.0,
        change=2.0,
        gain=2.0,
        ci_low=-2.0,
        ci_high=6.0,
        mid=2.0,
        mid_on="points",
        verdict="inconclusive",
        strength="",
    ),
    change(
        unit="*",
        node="total",
        level="total",
        kind="composite",
        estimate0=80.0,
        estimate1=82.0,
        change=2.0,
        gain=2.0,
        ci_low=0.5,
        ci_high=3.5,
        mid=2.0,
        mid_on="points",
        strength="detected",
    ),
)

GRADES = table(
    "grades",
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "n": 131,
        "published": 86.2,
        "by_cut": "良好",
        "grade": "良好",
        "status": "graded",
        "reason": "by_cut",
        "next_grade": "优秀",
        "distance": 3.8,
        "coverage": 1.0,
    },
    {
        "cycle": CYCLE,
        "unit": "动力部",
        "n": 90,
        "published": 79.7,
        "by_cut": "合格",
        "grade": "不合格",
        "status": "graded",
        "reason": "veto",
        "limited_by": "事故率",
        "clause": "第十二条",
        "limit_value": 2.0,
        "found_value": 3.1,
        "next_grade": "良好",
        "distance": 0.3,
        "coverage": 1.0,
    },
    {
        "cycle": CYCLE,
        "unit": "餐饮部",
        "n": 6,
        "published": 84.0,
        "status": "small_sample",
        "reason": "small_sample",
        "coverage": 1.0,
    },
)

TOTALS = table(
    "totals",
    *(
        {
            "cycle": CYCLE,
            "unit": unit,
            "node": node,
            "level": "total" if node == "total" else "dimension",
            "score": score,
            "score_low": score - 2,
            "score_high": score + 2,
            "published": score,
            "status": "ok",
            "coverage": 1.0,
        }
        for unit, score in (("保洁部", 86.2), ("餐饮部", 84.0), ("动力部", 79.7))
        for node in ("客户体验", "运行安全", "total")
    ),
)

PROBABILITY = table(
    "grade_probability",
    *(
        {"cycle": CYCLE, "unit": unit, "grade": grade, "probability": p, "draws": 10000, "seed": 1}
        for unit, shares in (("保洁部", (0.04, 0.93, 0.03, 0.0)), ("动力部", (0.0, 0.0, 0.1, 0.9)))
        for grade, p in zip(SCALE, shares, strict=True)
    ),
)

_SOURCES = (("sampling", 0.93), ("weights", 0.88), ("both", 0.81))
STABILITY = table(
    "grade_stability",
    *(
        {"cycle": CYCLE, "unit": "保洁部", "source": source, "grade": grade, "probability": p}
        | {"draws": 10000, "seed": 1}
        for source, own in _SOURCES
        for grade, p in zip(SCALE, (1 - own, own, 0.0, 0.0), strict=True)
    ),
)
RANKS = table(
    "rank_stability",
    *(
        {
            "cycle": CYCLE,
            "unit": unit,
            "source": source,
            "rank": rank,
            "rank_low": rank,
            "rank_high": rank + 1,
        }
        | {"p_first": 0.1, "confidence": 0.95, "draws": 10000, "seed": 1}
        for unit, rank in (("保洁部", 1), ("动力部", 2))
        for source, _ in _SOURCES
    ),
)
_DROPPED = {"cycle": CYCLE, "unit": "保洁部", "rank": 1, "rank_shift": 0}
DROP_ONE = table(
    "drop_one",
    _DROPPED | {"dropped": "处理率", "score": 90.6, "change": 4.1, "grade": "优秀", "differs": True},
    _DROPPED | {"dropped": "事故率", "score": 85.9, "change": -0.6, "grade": "良好", "differs": False},
)
_FIRM = {"cycle": CYCLE, "n_scenarios": 9}
ROBUST = table(
    "robustness",
    _FIRM
    | {"unit": "保洁部", "grade": "良好", "probability": 0.93, "p_weights": 0.88, "p_both": 0.81, "n_same": 7}
    | {"node": "过程", "weight": 0.4, "weight_at_flip": 0.3125, "move": -0.0875, "flip_grade": "优秀"},
    _FIRM
    | {"unit": "动力部", "grade": "不合格", "probability": 1.0, "p_weights": 1.0, "p_both": 1.0, "n_same": 9},
)
SCENARIOS = table(
    "scenarios",
    {"cycle": CYCLE, "scenario": "equal_weights", "unit": "保洁部", "published": 90.1, "grade": "优秀"}
    | {"differs": True},
    {"cycle": CYCLE, "scenario": "expert:专家1", "unit": "保洁部", "published": 86.4, "grade": "良好"}
    | {"differs": False},
)

_LEVELS = (("configural", None, "pass"), ("metric", -0.002, "pass"), ("scalar", -0.043, "fail"),
           ("strict", None, "not_testable"))  # fmt: skip
INVARIANCE = table(
    "invariance",
    *(
        {
            "cycle": CYCLE, "subject": "客户", "dimension": "客户体验", "by": by, "level": level,
            "baseline": "2026Q1", "n_groups": 2, "n": 824, "n_items": 5, "delta_cfi": delta,
            "delta_chi2": 41.2, "p_delta": 0.0002, "delta_rmsea": 0.031, "judgement": judgement,
            "worst_item": "q03", "released": "q03", "shift": 0.12, "se": 0.05, "note": "",
        }
        for by in ("cycle", "channel")
        for level, delta, judgement in _LEVELS
    ),
)  # fmt: skip
RELIABILITY = table(
    "reliability",
    {
        "cycle": CYCLE,
        "subject": "客户",
        "dimension": "客户体验",
        "stat": "alpha",
        "variant": "raw",
        "n_items": 5,
        "n": 412,
        "estimate": 0.84,
        "ci_low": 0.81,
        "ci_high": 0.87,
        "confidence": 0.95,
        "judgement": "adequate",
    },
    {
        "cycle": CYCLE,
        "subject": "内部监督",
        "dimension": "客户体验",
        "stat": "alpha",
        "variant": "raw",
        "n_items": 5,
        "n": 64,
        "estimate": 0.62,
        "ci_low": 0.5,
        "ci_high": 0.71,
        "confidence": 0.95,
        "judgement": "below",
        "note": "small_n;negative_item:q03",
    },
)

WEIGHTS = table(
    "weights",
    {"node": "客户体验", "parent": "", "level": "dimension", "local": 0.6, "global": 0.6, "method": "ahp"},
    {"node": "运行安全", "parent": "", "level": "dimension", "local": 0.4, "global": 0.4, "method": "ahp"},
    {
        "node": "服务态度",
        "parent": "客户体验",
        "level": "indicator",
        "local": 1.0,
        "global": 0.6,
        "method": "direct",
    },
    {
        "node": "事故率",
        "parent": "运行安全",
        "level": "indicator",
        "local": 1.0,
        "global": 0.4,
        "method": "direct",
    },
)

DRIVERS = table(
    "drivers",
    *(
        {
            "cycle": CYCLE,
            "explained": "客户体验",
            "parent": "total",
            "node": node,
            "share": share,
            "share_low": share / 2,
            "share_high": 1.1 * share,
            "confidence": 0.95,
            "judgement": judgement,
            "r2": 0.41,
            "n": 120,
        }
        for node, share, judgement in (
            ("运行安全", 0.85, "above_noise"),
            ("事故率", 0.15, "within_noise"),
        )
    ),
)
EXPERTS = table(
    "expert_weights",
    *(
        {"parent": "", "expert": expert, "item": item, "weight": w, "credibility": 1.0}
        for expert, w0 in (("专家1", 0.55), ("专家3", 0.7), ("group", 0.6))
        for item, w in (("客户体验", w0), ("运行安全", 1 - w0))
    ),
)

CONSISTENCY = table(
    "consistency",
    *(
        {
            "parent": "",
            "expert": expert,
            "n_items": 3,
            "cr": cr,
            "max_cr": 0.1,
            "ri": 0.58,
            "ri_table": "saaty",
            "passed": cr <= 0.1,
            "credibility": 1.0,
        }
        for expert, cr in (("专家1", 0.02), ("专家3", 0.243), ("group", 0.013))
    ),
)

REVIEW = table(
    "judgement_review",
    {
        "parent": "",
        "expert": "专家3",
        "a": "客户体验",
        "b": "运行安全",
        "value": 0.2,
        "implied": 4.9,
        "cr": 0.243,
        "cr_if_fixed": 0.021,
    },
)

PROFILE = table(
    "response_profile",
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "subject": "客户",
        "channel": "电话",
        "n_rows": 60,
        "n_excluded": 4,
        "n": 56,
    },
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "subject": "客户",
        "channel": "网络",
        "n_rows": 80,
        "n_excluded": 5,
        "n": 75,
    },
    {
        "cycle": CYCLE,
        "unit": "餐饮部",
        "subject": "内部监督",
        "channel": "",
        "n_rows": 6,
        "n_excluded": 0,
        "n": 6,
    },
)

ITEMS = table(
    "item_profile",
    {"cycle": CYCLE, "subject": "客户", "item": "q01", "n": 131, "n_missing": 4, "missing_share": 0.03},
    {"cycle": CYCLE, "subject": "客户", "item": "q02", "n": 131, "n_missing": 0, "missing_share": 0.0},
)

CONTRIBUTIONS = table(
    "contributions",
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "indicator": "服务态度",
        "weight": 0.6,
        "score": 90.0,
        "contribution": 54.0,
        "lost": 6.0,
    },
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "indicator": "处理率",
        "weight": 0.4,
        "score": 80.5,
        "contribution": 32.2,
        "lost": 7.8,
    },
)

LEVERS = table(
    "levers",
    *(
        {"cycle": CYCLE, "unit": "保洁部", "indicator": name, "score": score, "target": target, "gain": gain,
         "gain_together": together, "priority": k, "lifts": True}
        for k, (name, score, target, gain, together) in enumerate(
            (("处理率", 80.5, 95.0, 3.0, 3.0), ("服务态度", 90.0, 4.8, 1.2, 4.2)), 1
        )
    ),
)  # fmt: skip

SUBJECT_GAPS = table(
    "subject_gaps",
    *(
        {"cycle": CYCLE, "unit": unit, "indicator": "服务态度",
         "subject": "客户", "other_subject": "内部监督", "n": 90, "n_other": 20,
         "score": 80.0, "score_other": 80.0 - gap, "score_gap": gap, "ci_low": gap - 5, "ci_high": gap + 5,
         "confidence": 0.95, "judgement": judgement, "method": "mover"}
        for unit, gap, judgement in (("保洁部", -8.0, "rates_lower"), ("动力部", 2.0, "inconclusive"))
    ),
)  # fmt: skip

HISTORY = table(
    "history",
    *(
        {
            "cycle": cycle,
            "unit": unit,
            "node": "total",
            "level": "total",
            "score": score,
            "published": score,
            "grade": "良好",
        }
        for unit in UNITS[:2]
        for cycle, score in (("2026Q1", 82.0), (CYCLE, 84.0))
    ),
)

BOARD = table(
    "board",
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "published": 86.2,
        "score_low": 84.2,
        "score_high": 88.2,
        "grade": "良好",
        "last_grade": "合格",
        "change": 2.31,
        "verdict": "improved",
        "status": "graded",
        "reason": "by_cut",
        "rank": 1.0,
        "rank_low": 1.0,
        "rank_high": 2.0,
        "n": 131,
    },
    {
        "cycle": CYCLE,
        "unit": "动力部",
        "published": 79.7,
        "grade": "不合格",
        "last_grade": "良好",
        "change": -3.0,
        "verdict": "declined",
        "status": "graded",
        "reason": "veto",
        "clause": "第十二条",
        "limited_by": "事故率",
        "rank": 2.0,
        "n": 90,
    },
    {
        "cycle": CYCLE,
        "unit": "餐饮部",
        "published": 84.0,
        "verdict": "not_judged",
        "status": "small_sample",
        "reason": "small_sample",
        "n": 6,
    },
)

TARGETS = table(
    "targets",
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "indicator": "服务态度",
        "measure": "分",
        "value": 4.4,
        "ci_low": 4.2,
        "ci_high": 4.6,
        "target": 4.3,
        "status": "met",
        "certain": False,
    },
    {
        "cycle": CYCLE,
        "unit": "餐饮部",
        "indicator": "服务态度",
        "measure": "分",
        "value": 4.0,
        "ci_low": 3.8,
        "ci_high": 4.2,
        "target": 4.3,
        "status": "missed",
        "certain": True,
    },
)

ALERTS = table(
    "alerts",
    {
        "cycle": CYCLE,
        "unit": "动力部",
        "indicator": "事故率",
        "measure": "起/千单",
        "level": "red",
        "raised_by": "threshold",
        "since": CYCLE,
        "rule": "veto",
        "value": 3.1,
        "threshold": 2.0,
        "owner": "张三",
    },
    {
        "cycle": CYCLE,
        "unit": "保洁部",
        "indicator": "处理率",
        "measure": "%",
        "level": "amber",
        "raised_by": "threshold",
        "since": CYCLE,
        "rule": "warn",
        "value": 94.1,
        "threshold": 95.0,
    },
)

SCREENING = table(
    "screening",
    {
        "cycle": CYCLE,
        "unit": "",
        "rule": "speed",
        "n_rows": 146,
        "n_flagged": 5,
        "n_excluded": 5,
        "share": 0.034,
    },
    {"cycle": CYCLE, "unit": "保洁部", "rule": "missing", "n_rows": 140, "n_flagged": 0},
)

_RETURNED = {"cycle": CYCLE, "n_rows": 100}
FLAGGED = table(
    "screening",
    _RETURNED | {"unit": "", "rule": "straight_line", "n_flagged": 18, "share": 0.09},
    _RETURNED | {"unit": "保洁部", "rule": "straight_line", "n_flagged": 15, "share": 0.15},
    _RETURNED | {"unit": "保洁部", "rule": "burst", "n_flagged": 9, "share": 0.09},
    _RETURNED | {"unit": "保洁部", "rule": "irv", "share": 0.0},
    _RETURNED | {"unit": "餐饮部", "rule": "straight_line", "n_flagged": 3, "share": 0.03},
    _RETURNED | {"unit": "餐饮部", "rule": "burst", "share": 0.0},
    _RETURNED | {"unit": "餐饮部", "rule": "irv", "share": 0.0},
)

INTERVIEWERS = table(
    "interviewers",
    {"cycle": CYCLE, "interviewer": "01", "n": 60, "n_units": 5, "difference": 1.0, "p_diff_adj": 1.0},
    {"cycle": CYCLE, "interviewer": "05", "n": 9, "n_units": 1, "difference": 35.05, "ci_low": 23.7}
    | {"ci_high": 46.4, "confidence": 0.95, "p_diff_adj": 0.00001, "n_flagged": 9, "share": 1.0}
    | {"share_others": 0.188, "p_more_adj": 0.0005, "unusual": True},
)

_HEADLINE = {"cycle": CYCLE, "stat": "score", "node": "total", "level": "total"}
HEADLINE = table(
    "screening_headline",
    _HEADLINE
    | {"unit": "保洁部", "estimate_all": 81.2, "estimate_kept": 80.93, "estimate_strict": 79.73}
    | {"grade_all": "良好", "grade_kept": "良好", "grade_strict": "合格"},
    _HEADLINE
    | {"unit": "餐饮部", "estimate_all": 90.0, "estimate_kept": 90.1, "estimate_strict": 90.1}
    | {"grade_all": "优秀", "grade_kept": "优秀", "grade_strict": ""},
    {"cycle": CYCLE, "stat": "alpha", "node": "服务态度", "subject": "客户", "level": "dimension"}
    | {"estimate_all": 0.84, "estimate_kept": 0.85, "estimate_strict": 0.83},
)

_ASKED = {"cycle": CYCLE, "source": "responses", "unit": "保洁部", "subject": "客户"}
COLLECTION = table(
    "collection",
    _ASKED
    | {"channel": "电话", "issued": 60, "returned": 45, "n_valid": 40, "return_rate": 0.75}
    | {"valid_rate": 40 / 45, "due": "2026-06-25", "owner": "张三"},
    _ASKED
    | {
        "channel": "网络",
        "issued": 40,
        "due": "2026-06-25",
        "overdue": True,
        "return_rate": 0,
        "owner": "张三",
    },
    {"cycle": CYCLE, "source": "responses", "unit": "餐饮部", "issued": 20, "returned": 21, "n_valid": 21}
    | {"return_rate": 1.05, "valid_rate": 1.0},
    {"cycle": CYCLE, "source": "responses", "unit": "动力部", "returned": 8, "n_valid": 8, "valid_rate": 1.0},
    {"cycle": CYCLE, "source": "kpis", "unit": "餐饮部", "issued": 5, "returned": 3, "n_valid": 3}
    | {"return_rate": 0.6, "valid_rate": 1.0, "due": "2026-06-28", "overdue": True},
)

_SERVED = {"cycle": CYCLE, "unit": "保洁部", "subject": "客户"}
MIX = table(
    "mix",
    _SERVED
    | {"channel": "电话", "population": 300, "population_share": 0.3, "n": 60, "share": 0.6, "gap": 0.3}
    | {"weight": 0.5},
    _SERVED
    | {"channel": "网络", "population": 600, "population_share": 0.6, "n": 0, "share": 0.0, "gap": -0.6},
    _SERVED | {"channel": "", "n": 40, "share": 0.4},
    {"cycle": CYCLE, "unit": "餐饮部", "channel": "网络", "population": 9, "population_share": 1.0}
    | {"n": 10, "share": 1.0, "gap": 0.0, "weight": 1.0},
)

_CALLED = {"cycle": CYCLE, "confidence": 0.95, "min_rate": 0.9}
AUTHENTICITY = table(
    "authenticity",
    _CALLED
    | {"unit": "保洁部", "n_sampled": 20, "n_reached": 16, "n_confirmed": 8, "rate": 0.5}
    | {"rate_low": 0.247, "rate_high": 0.753, "judgement": "below"},
    _CALLED
    | {"unit": "餐饮部", "n_sampled": 4, "n_reached": 3, "n_confirmed": 2, "rate": 2 / 3}
    | {"rate_low": 0.094, "rate_high": 0.992, "judgement": "doubtful"},
    _CALLED | {"unit": "动力部", "n_sampled": 2, "judgement": "not_reached"},
)

UNUSUAL = table(
    "unusual",
    {"cycle": CYCLE, "unit": "保洁部", "rule": "straight_line", "n_rows": 100, "n_flagged": 15}
    | {"share": 0.15, "share_others": 0.03, "p_more": 0.0001, "p_more_adj": 0.0004, "unusual": True},
    {"cycle": CYCLE, "unit": "餐饮部", "rule": "straight_line", "n_rows": 100, "n_flagged": 3}
    | {"share": 0.03, "share_others": 0.09, "p_more": 0.98, "p_more_adj": 0.98},
)


def _answered(member: str, shares: list[float], mean: float, indicator: str = "服务态度") -> list[dict]:
    who = {"cycle": CYCLE, "unit": "保洁部", "aspect": "channel", "member": member, "indicator": indicator}
    told = enumerate(shares, start=1)
    return [who | {"category": str(k), "share": share, "mean": mean, "n": 30} for k, share in told]


DISTRIBUTION = table(
    "distribution",
    *_answered("电话", [0.1, 0.1, 0.2, 0.3, 0.3], 3.6),
    *_answered("网络", [0.0, 0.0, 0.0, 0.5, 0.5], 4.5),
)

AGAINST = pd.DataFrame(
    [
        ("保洁部", "服务态度", 4.4, 4.2, 4.6, "分"),
        ("餐饮部", "服务态度", 3.9, 3.7, 4.1, "分"),
        ("保洁部", "total", 88.0, 86.0, 90.0, ""),
    ],
    columns=["unit", "node", "value", "ci_low", "ci_high", "measure"],
)
REFERENCES = table(
    "references",
    {"indicator": "服务态度", "name": "行业平均", "name_en": "Industry mean", "value": 4.1, "basis": "年报"},
    {"indicator": "total", "name": "同行", "name_en": "Peers", "value": 85.0, "basis": "年报"},
)
