"""Every check and judgement of table "comparability" as a sentence, the same numbers in both languages."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from svclib import tables, wording
from svclib.columns import TABLES

ROW = {"baseline": "2026Q1", "cycle": "2026Q2", "unit": "甲", "node": "态度", "level": "indicator",
       "found0": "q01", "found1": "q02", "value0": 0.125, "value1": 0.5, "n0": 21, "n1": 84, "p": 0.001,
       "judgement": "note"}  # fmt: skip
BLOCKED = {"invariance", "added", "items", "scale", "reverse", "kind", "unit"}
CASES = [(check, "note") for check in tables.words("zh")["codes"]["check"] if check != "invariance"]
CASES += [(check, "not_comparable") for check in sorted(BLOCKED)] + [("invariance", "not_testable")]


def label(name: str, lang: str) -> str:
    return name if lang == "zh" else {"甲": "Alpha", "态度": "Attitude", "效率": "Efficiency"}.get(name, name)


def said(lang: str, *rows: dict) -> list[str]:
    frame = pd.DataFrame([ROW | row for row in rows], columns=list(TABLES["comparability"].all_columns))
    return wording.comparability(frame, lang, label)["text"].tolist()


@pytest.mark.parametrize(("check", "judgement"), CASES)
def test_every_check_has_its_sentence(check, judgement):
    zh, en = (said(lang, {"check": check, "judgement": judgement}) for lang in ("zh", "en"))
    assert len(zh) == len(en) == 1
    assert not re.search("[{}]|nan", zh[0] + en[0])
    assert not re.search("[\u4e00-\u9fff]", en[0])
    assert sorted(re.findall(r"\d+", zh[0])) == sorted(re.findall(r"\d+", en[0]))


def test_what_is_comparable_is_not_listed_and_nothing_else_says_so():
    assert said("zh", {"check": "volume", "judgement": "comparable"}) == [
        "已核对记录量：两期之间未发现影响比较的变化。"
    ]
    assert said("zh") == ["没有可核对的内容：没有上期，或没有两期共有的数据。"]
    assert said("en") == ["There is nothing to check: no baseline, or no data that both cycles have."]


def test_indicators_that_count_the_same_records_share_a_sentence():
    shared = {"check": "backlog", "value0": 12.5, "value1": 50.0}
    rows = [shared | {"node": node, "p": p} for node, p in (("态度", 0.01), ("效率", 0.02))]
    assert said("zh", *rows) == [
        "甲“态度、效率”的期末积压由21件变为84件，折合日均记录量由12.5天变为50.0天：指标的变化可能来自积压，请先核实。"
    ]
    assert said("en", *rows)[0].startswith("Alpha, “Attitude, Efficiency”: the backlog went from 21 to 84")
