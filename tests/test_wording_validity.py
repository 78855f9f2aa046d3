"""Sentences on validity, in both languages, for every outcome."""

from __future__ import annotations

import pytest
import result_frames as rf
from test_wording import pair

from svclib.wording import validity

KEY = {"cycle": rf.CYCLE, "subject": "客户"}
RANGE = {"n": 412, "confidence": 0.95}


def test_adequacy_says_whether_the_items_are_suited():
    rows = [
        KEY | {"n": 412, "stat": "kmo", "estimate": value, "judgement": judgement, "subject": who}
        for value, judgement, who in ((0.91, "marvelous", "客户"), (0.55, "miserable", "内部监督"))
    ]
    zh, en = pair(validity.adequacy, rf.table("adequacy", *rows))
    assert zh == [
        "内部监督的题项共同点太少，因子分析的结果不可靠（取样适切性量数为0.55，n=412）。",
        "客户的题项适合做因子分析（取样适切性量数为0.91，n=412）。",
    ]
    assert en[1] == "Customers: the items are suited to factor analysis (KMO 0.91, n=412)."


@pytest.mark.parametrize(
    ("values", "labels", "text"),
    [
        ((0.97, 0.04, 0.03), ("good", "good", "good"), "客户的答卷符合方案的维度结构"),
        ((0.92, 0.09, 0.05), ("acceptable", "mediocre", "good"), "客户的答卷大体符合方案的维度结构"),
        ((0.71, 0.12, 0.09), ("poor", "poor", "poor"), "客户的答卷不符合方案的维度结构"),
    ],
)
def test_fit_is_as_good_as_its_worst_index(values, labels, text):
    stats = ("cfi_robust", "rmsea_robust", "srmr")
    rows = [KEY | RANGE | {"model": "framework", "stat": stat, "estimate": value, "judgement": judgement}
            for stat, value, judgement in zip(stats, values, labels, strict=True)]  # fmt: skip
    plain = {"model": "framework", "judgement": "poor", "estimate": 0.5}
    rows += [KEY | RANGE | plain | {"stat": stat} for stat in ("cfi", "rmsea")]
    zh, _ = pair(validity.fit, rf.table("fit", *rows))
    assert zh[0].startswith(text)
    assert f"{values[0]:.3f}" in zh[0]


def test_fit_that_was_not_tested():
    base = {"model": "framework", "estimate": float("nan"), "judgement": "not_computed"}
    rows = [KEY | RANGE | base | {"stat": stat} for stat in ("cfi", "rmsea", "srmr")]
    assert pair(validity.fit, rf.table("fit", *rows))[1] == [
        "Customers: the dimensions of the framework cannot be tested (n=412)."
    ]


LIMITS = RANGE | {"ci_low": 0.35, "ci_high": 0.45, "estimate": 0.4}


def test_only_weak_items_are_named():
    rows = [KEY | LIMITS | {"dimension": "客户体验", "item": item, "judgement": judgement}
            for item, judgement in (("服务态度", "weak"), ("处理率", "good"))]  # fmt: skip
    zh, en = pair(validity.loadings, rf.table("loadings", *rows))
    assert zh == [
        "客户的“客户体验”，题项服务态度与本维度联系偏弱（标准化载荷0.40，95%置信区间[0.35, 0.45]）。"
    ]
    assert en[0].startswith("Customers, Customer experience: item Staff attitude is weakly tied to it")


def test_what_a_dimension_explains_and_goes_with():
    base = KEY | LIMITS | {"dimension": "客户体验", "variant": "raw"}
    other = {"stat": "ave", "judgement": "adequate", "dimension": "运行安全", "estimate": 0.6}
    rows = [base | {"stat": "ave", "judgement": "below"}, base | {"stat": "criterion"}, base | other]
    zh, _ = pair(validity.validity, rf.table("validity", *rows), cut=0.5)
    assert zh == [
        (
            "客户的“客户体验”，题项的差异有一半以上不由该维度解释"
            "（平均方差抽取量为0.40，95%置信区间[0.35, 0.45]，低于0.50）。"
        ),
        "客户的“运行安全”，题项能代表该维度（平均方差抽取量为0.60，95%置信区间[0.35, 0.45]）。",
        "客户的“客户体验”与效标的相关系数为0.40，95%置信区间[0.35, 0.45]（n=412）。",
    ]


def test_pairs_that_are_not_told_apart():
    base = KEY | LIMITS | {"dimension": "客户体验", "other": "运行安全", "stat": "htmt"}
    for judgement, text in (
        ("not_distinct", "客户难以区分“客户体验”与“运行安全”"),
        ("close", "客户眼中“客户体验”与“运行安全”比较接近"),
        ("distinct", "客户能够区分各个维度。"),
    ):
        table = rf.table("discriminant", base | {"judgement": judgement})
        assert pair(validity.discriminant, table, cuts=(0.85, 0.9))[0][0].startswith(text)
