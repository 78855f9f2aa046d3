"""Small hand-made inputs shared by the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib import framework

ITEMS = ("q01", "q02", "q03", "q04", "q05")


def tiny_content() -> dict[str, Any]:
    """Content of a framework file: two dimensions, two ratings, three KPIs, one veto."""
    return {
        "name": "示例考核",
        "en": "Example",
        "version": "1",
        "unit_label": "部门",
        "unit_label_en": "Department",
        "subjects": {"客户": 0.6, "内部监督": 0.4},
        "subjects_en": {"客户": "Customers", "内部监督": "Inspectors"},
        "channels_en": {"电话": "Phone", "网络": "Online"},
        "grades": {
            "scale": {"优秀": 90, "良好": 80, "合格": 60, "不合格": 0},
            "scale_en": {"优秀": "Excellent", "良好": "Good", "合格": "Pass", "不合格": "Fail"},
            "limits": [
                {"type": "cap", "object": "过程", "condition": "< 60", "result": "合格", "clause": "第一条"}
            ],
        },
        "dimensions": {
            "体验": {
                "en": "Experience",
                "weight": 0.6,
                "indicators": {
                    "态度": {
                        "en": "Attitude",
                        "kind": "rating",
                        "items": ["q01", "q02", "q03"],
                        "scale": [1, 5],
                        "missing_codes": [9],
                        "score": {1: 0, 5: 100},
                        "target": 4.2,
                        "warn": 3.8,
                        "mid": {"value": 0.2},
                        "weight": 50,
                    },
                    "环境": {
                        "en": "Premises",
                        "kind": "rating",
                        "items": ["q04", "q05"],
                        "scale": [1, 5],
                        "reverse": ["q05"],
                        "subjects": ["客户"],
                        "score": {1: 20, 2: 40, 3: 60, 4: 80, 5: 100},
                        "mid": {"value": 0.2},
                        "weight": 50,
                    },
                },
            },
            "过程": {
                "en": "Process",
                "weight": 0.4,
                "indicators": {
                    "处理率": {
                        "en": "Handled",
                        "kind": "proportion",
                        "unit": "%",
                        "score": {80: 0, 90: 60, 98: 100},
                        "target": 98,
                        "warn": 95,
                        "mid": {"value": 2},
                        "weight": 0.5,
                    },
                    "事故率": {
                        "en": "Accidents",
                        "kind": "rate",
                        "per": 1000,
                        "better": "low",
                        "score": {0: 100, 0.5: 60, 2: 0},
                        "target": 0.2,
                        "warn": 0.4,
                        "veto": "> 2",
                        "mid": {"value": 0.1},
                        "weight": 0.3,
                    },
                    "时长": {
                        "en": "Waiting time",
                        "kind": "duration",
                        "unit": "分钟",
                        "better": "low",
                        "score": {10: 100, 30: 60, 60: 0},
                        "mid": {"value": 2},
                        "weight": 0.2,
                    },
                },
            },
        },
    }


def tiny_framework() -> framework.Framework:
    """The framework of `tiny_content`."""
    return framework.from_dict(tiny_content())


def make_answers(
    seed: int, n: int, *, units: tuple[str, ...] = ("甲", "乙"), cycle: str = "2026Q2"
) -> pd.DataFrame:
    """`n` answers per unit in the shape of `Inputs.responses`: correlated 1-5 answers, few blanks.

    Item q05 is worded in reverse, as `tiny_framework` declares; the codes are raw.
    """
    rng = np.random.default_rng(seed)
    size = n * len(units)
    trait = rng.normal(size=(size, 1))
    answers = np.clip(np.rint(3.8 + 0.7 * trait + 0.8 * rng.normal(size=(size, len(ITEMS)))), 1, 5)
    answers[:, ITEMS.index("q05")] = 6 - answers[:, ITEMS.index("q05")]
    answers[rng.random(answers.shape) < 0.02] = np.nan
    frame = pd.DataFrame(
        {
            "cycle": cycle,
            "source": "responses",
            "row": np.arange(2, size + 2),
            "respondent": [f"R{i:05d}" for i in range(size)],
            "unit": np.repeat(units, n),
            "subject": rng.choice(["客户", "内部监督"], size=size, p=[0.8, 0.2]),
            "channel": rng.choice(["电话", "网络"], size=size),
            "weight": 1.0,
            "stratum": "",
            "cluster": "",
            "seconds": rng.uniform(40, 300, size=size),
            **dict.fromkeys(("interviewer", "segment", "service_item", "staff", "comment"), ""),
        }
    )
    return pd.concat([frame, pd.DataFrame(answers, columns=list(ITEMS))], axis=1)
