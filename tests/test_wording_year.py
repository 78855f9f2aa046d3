"""Sentences on an annual result: same numbers in both languages."""

from __future__ import annotations

import numpy as np
import pytest
import result_frames as rf
from test_wording_followup import pair

from svclib import columns, tables, wording

MEASURE = {
    "cycle": "2026",
    "unit": "食堂",
    "indicator": "态度",
    "owner": "",
    "started": "",
    "due": "2026-05-31",
}


def test_measures_of_the_year_are_counted_by_status():
    frame = rf.table(
        "actions",
        MEASURE | {"action": "甲", "status": "done", "overdue": False},
        MEASURE | {"action": "乙", "status": "in_progress", "overdue": True},
        MEASURE | {"action": "丙", "status": "done", "overdue": False},
    )
    zh, en = pair(wording.year_measures, frame, unit="食堂")
    assert zh == ["全年登记整改措施3项：已完成2、进行中1。其中逾期1项。"]
    assert en[0].startswith("Measures recorded in the year, 3 in all")
    none = pair(wording.year_measures, columns.empty("actions"), unit="食堂")
    assert none[0] == ["全年没有登记整改措施。"]


def test_the_notes_say_how_the_cycles_were_combined():
    zh, _ = pair(lambda lang, label: wording.year_notes("2026", lang, label, panel=False, compared=True))
    assert len(zh) == 2
    assert "相互独立" in zh[0]
    assert "同样的周期权重" in zh[1]
    zh, _ = pair(lambda lang, label: wording.year_notes("2026", lang, label, panel=True, compared=False))
    assert len(zh) == 1
    assert "没有计入" in zh[0]


def test_a_first_year_says_that_it_has_no_other():
    assert pair(wording.year_changes, columns.empty("changes"), unit="食堂")[0] == ["没有上年结果可比。"]
    told = rf.CHANGES.query("level == 'total'")
    assert len(pair(wording.year_changes, told, unit="食堂")[0]) == len(told)


def test_sentences_of_a_year_speak_of_years():
    """Whatever the verdict and whatever travels with it."""
    change = rf.change(level="total", node="total", required_n=np.nan)
    for flag in tables.words("zh")["codes"]["flags"]:
        for verdict in ("inconclusive", "not_judged", "not_comparable"):
            row = change | {"verdict": verdict, "flags": flag, "strength": "", "reason": ""}
            zh, en = pair(wording.year_changes, rf.table("changes", row), unit="食堂")
            assert "上期" not in zh[0] + en[0]
            assert "两期" not in zh[0]
            assert "本期" not in zh[0]


@pytest.mark.parametrize(
    ("period", "value", "before", "against"),
    [("cycle", "无上期结果", "上期：良好", "与上期相比"), ("year", "无上年结果", "上年：良好", "与上年相比")],
)
def test_the_card_of_change_names_what_it_is_compared_with(period, value, before, against):
    board = rf.BOARD.head(1).assign(verdict="no_last", last_grade="良好", change=np.nan, group_rank=1.0)
    zh = wording.unit_cards(board, "zh", rf.label, group=3, period=period)
    assert (zh[3].title, zh[3].value, zh[3].note) == (against, value, "")
    assert zh[0].note == before
    en = wording.unit_cards(board, "en", rf.label, group=3, period=period)
    assert en[3].value == {"cycle": "no last cycle", "year": "no last year"}[period]
