from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from factories import tiny_framework

from svclib import actions
from svclib.columns import checked, empty

TODAY = dt.date(2026, 6, 30)
FRAMEWORK = tiny_framework()


def sheet(*rows: dict[str, object]) -> pd.DataFrame:
    blank = {
        "unit": "甲", "indicator": "态度", "cause": "", "measure": "培训", "owner": "陈岚", "started": "",
        "due": "", "status": "in_progress", "progress": "", "accepted_by": "", "lesson": "", "reusable": "no",
        "cost_planned": 0.0, "cost_actual": 0.0, "saving": 0.0,
    }  # fmt: skip
    return pd.DataFrame([blank | {"row": k + 2, "measure": f"措施{k}"} | r for k, r in enumerate(rows)])


def changes(**verdicts: str) -> pd.DataFrame:
    rows = [("2026Q2", "甲", "indicator", node, verdict) for node, verdict in verdicts.items()]
    return pd.DataFrame(rows, columns=["cycle", "unit", "level", "node", "verdict"]).assign(flags="")


@pytest.mark.parametrize(
    ("due", "state", "late"),
    [
        ("2026-06-29", "in_progress", True),
        ("2026-06-30", "in_progress", False),  # due today is not overdue
        ("2026-06-01", "done", False),
        ("2026-06-01", "closed", False),
        ("2026-06-01", "not_started", True),
        ("", "in_progress", False),
    ],
)
def test_overdue_by_hand(due, state, late):
    rows = sheet({"due": due, "status": state})
    got = checked("actions", actions.status(rows, changes(), cycle="2026Q2", today=TODAY))
    assert got["overdue"].tolist() == [late]
    assert not actions.status(rows, changes(), cycle="2026Q2", today=None)["overdue"].any()


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        ("improved", "effective"), ("declined", "not_effective"), ("equivalent", "not_effective"),
        ("inconclusive", "unproven"), ("not_judged", "unproven"), ("not_comparable", "unproven"),
    ],
)  # fmt: skip
def test_the_outcome_follows_the_verdict(verdict: str, outcome: str):
    got = actions.status(sheet({"status": "done"}), changes(态度=verdict), cycle="2026Q2", today=TODAY)
    assert got[["verdict", "outcome"]].to_numpy().tolist() == [[verdict, outcome]]


def test_what_is_unfinished_or_in_doubt_is_unproven():
    table = changes(态度="improved")
    got = actions.status(sheet({"status": "in_progress"}), table, cycle="2026Q2", today=TODAY)
    assert got["outcome"].tolist() == ["unproven"]
    doubted = table.assign(flags="small_n;lowest_at_baseline")
    got = actions.status(sheet({"status": "done"}), doubted, cycle="2026Q2", today=TODAY)
    assert got["outcome"].tolist() == ["unproven"]


def test_a_measure_on_an_indicator_never_compared_is_unproven():
    got = actions.status(sheet({"indicator": "时长"}), changes(态度="improved"), cycle="2026Q2", today=TODAY)
    assert got["outcome"].tolist() == ["unproven"]


def test_only_finished_effective_measures_are_spread():
    rows = sheet(
        {"reusable": "yes", "status": "done"}, {"reusable": "yes"}, {"reusable": "no", "status": "done"},
        {"reusable": "yes", "status": "done", "indicator": "环境"},
    )  # fmt: skip
    got = actions.status(rows, changes(态度="improved"), cycle="2026Q2", today=TODAY)
    assert actions.worth_spreading(got)["action"].tolist() == ["措施0"]


def test_an_open_appeal_past_its_day_is_overdue():
    rows = pd.DataFrame(
        [("S1", "open", "2026-06-29"), ("S2", "open", "2026-07-09"), ("S3", "rejected", "2026-06-01")],
        columns=["appeal", "decision", "due"],
    ).assign(unit="甲", indicator="total", matter="漏计", filed="2026-06-20", decided="", grounds="", row=2)
    got = checked("appeals", actions.appeals(rows, cycle="2026Q2", today=TODAY))
    assert got.set_index("appeal")["overdue"].to_dict() == {"S1": True, "S2": False, "S3": False}


def test_referrals_go_to_the_owner_or_to_the_unit():
    tables = {
        "alerts": pd.DataFrame(
            {"unit": ["甲", "乙"], "indicator": ["态度", "环境"], "owner": ["客服部", ""]}
        ),
        "actions": actions.status(
            sheet({"due": "2026-06-01", "owner": "陈岚"}), changes(), cycle="2026Q2", today=TODAY
        ),
        "problems": pd.DataFrame(
            {
                "problem": ["prominent", "common"],
                "unit": ["丙", ""],
                "indicator": ["时长", "态度"],
                "owner": ["", ""],
            }
        ),
    }
    got = checked("referrals", actions.referrals(tables, FRAMEWORK, cycle="2026Q2"))
    assert got[["owner", "type", "unit", "due"]].to_numpy().tolist() == [
        ["丙", "prominent", "丙", ""],
        ["乙", "alert", "乙", ""],
        ["客服部", "alert", "甲", ""],
        ["陈岚", "overdue_action", "甲", "2026-06-01"],
    ]


def test_the_next_sheet_carries_open_measures_and_adds_the_largest_losses():
    now = actions.status(
        sheet({"indicator": "态度"}, {"indicator": "环境", "status": "done"}),
        changes(),
        cycle="2026Q2",
        today=TODAY,
    )
    losses = pd.DataFrame(
        {"unit": "甲", "indicator": ["态度", "处理率", "时长", "环境"], "priority": [1, 2, 3, 4]}
    )
    targets = losses[["unit", "indicator"]].assign(status=["missed", "missed", "met", "missed"])
    none = empty("alerts")
    got = actions.next_sheet(now, losses, targets, FRAMEWORK, alerts=none)
    assert got[["indicator", "status", "action"]].to_numpy().tolist() == [
        ["处理率", "not_started", ""],
        ["态度", "in_progress", "措施0"],
        ["环境", "not_started", ""],
    ]
    assert len(actions.next_sheet(now, losses, targets, FRAMEWORK, alerts=none, most=1)) == 2
    held = pd.DataFrame({"unit": ["甲"], "indicator": ["时长"], "rule": ["veto"]})
    got = actions.next_sheet(now, losses, targets, FRAMEWORK, alerts=held, most=1)
    assert got["indicator"].tolist() == ["态度", "时长"]  # what holds the grade comes first


def test_nothing_given_nothing_returned():
    assert actions.status(None, changes(), cycle="Q", today=TODAY).empty
    assert actions.appeals(None, cycle="Q", today=TODAY).empty
    assert actions.findings(None, cycle="Q").empty
    assert actions.references(None).empty


def test_values_are_held_against_what_has_a_reference():
    scores = pd.DataFrame(
        {"unit": "甲", "indicator": ["态度", "态度", "环境"], "subject": ["", "客户", ""],
         "value": [4.4, 4.5, 4.0],
         "ci_low": 4.0, "ci_high": 4.6, "measure": "分"}
    )  # fmt: skip
    totals = pd.DataFrame(
        {
            "unit": ["甲", "*"],
            "node": "total",
            "published": [88.12, 88.0],
            "score_low": 86.0,
            "score_high": 90.0,
        }
    )
    known = pd.DataFrame({"indicator": ["态度", "total"]})
    got = actions.against(known, scores, totals)[["unit", "node", "value", "measure"]]
    assert got.to_numpy().tolist() == [["甲", "态度", 4.4, "分"], ["甲", "total", 88.12, ""]]
