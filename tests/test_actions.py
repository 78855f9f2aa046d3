from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from factories import tiny_framework
from test_broken_inputs import tables, write

from svclib import actions, params, sources
from svclib.columns import checked, empty
from svclib.deliver import lists

TODAY = dt.date(2026, 6, 30)
FRAMEWORK = tiny_framework()


def sheet(*rows: dict[str, object]) -> pd.DataFrame:
    blank = {
        "unit": "甲", "indicator": "态度", "cause": "", "measure": "培训", "owner": "陈岚", "started": "",
        "due": "", "status": "in_progress", "progress": "", "accepted_by": "", "lesson": "", "reusable": "no",
        "cost_planned": 0.0, "cost_actual": 0.0, "saving": 0.0, "pilot_units": "", "milestone": "",
    }  # fmt: skip
    return pd.DataFrame([blank | {"row": k + 2, "measure": f"措施{k}"} | r for k, r in enumerate(rows)])


def changes(**verdicts: str) -> pd.DataFrame:
    rows = [("2026Q2", "甲", "indicator", node, verdict) for node, verdict in verdicts.items()]
    numbers = {"change": 0.5, "ci_low": 0.2, "ci_high": 0.8, "confidence": 0.95, "mid": 0.2}
    texts = {"flags": "", "measure": "分", "mid_on": "unit"}
    return pd.DataFrame(rows, columns=["cycle", "unit", "level", "node", "verdict"]).assign(
        **numbers, **texts
    )


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
    late_by = (TODAY - dt.date.fromisoformat(due)).days if late else 0
    assert got["overdue_days"].tolist() == [late_by]
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


def test_what_the_verdict_rests_on_stands_beside_it():
    rows = sheet({"status": "done"}, {"indicator": "时长", "status": "done"})
    got = actions.status(rows, changes(态度="improved"), cycle="2026Q2", today=TODAY).set_index("indicator")
    assert got.loc["态度", ["change", "ci_low", "ci_high", "mid", "measure"]].tolist() == [
        0.5,
        0.2,
        0.8,
        0.2,
        "分",
    ]
    assert got.loc["时长", ["change", "ci_low"]].isna().all()
    assert got.loc["时长", "verdict"] == "not_comparable"


PERIODS = actions.Periods(dt.date(2026, 3, 31), dt.date(2026, 4, 1), TODAY)


@pytest.mark.parametrize(
    ("started", "timing", "in_force", "outcome"),
    [
        ("2026-03-31", "before_baseline_end", 1.0, "effective"),
        ("2026-04-01", "in_period", 1.0, "effective"),
        ("2026-05-16", "in_period", 46 / 91, "effective"),
        ("2026-05-17", "late", 45 / 91, "unproven"),  # less than half of the period
        ("2026-07-01", "after_period", 0.0, "unproven"),
        ("", "", None, "effective"),
    ],
)
def test_a_measure_that_was_not_there_cannot_be_credited(started, timing, in_force, outcome):
    rows = sheet({"status": "done", "started": started})
    got = actions.status(rows, changes(态度="improved"), cycle="2026Q2", today=TODAY, periods=PERIODS)
    assert got[["timing", "outcome"]].to_numpy().tolist() == [[timing, outcome]]
    assert got["in_force"].tolist() == pytest.approx(
        [float("nan") if in_force is None else in_force], nan_ok=True
    )


def test_a_measure_not_begun_has_no_timing():
    rows = sheet({"status": "not_started", "started": "2026-04-10"})
    got = actions.status(rows, changes(), cycle="2026Q2", today=TODAY, periods=PERIODS)
    assert got["timing"].tolist() == [""]


def test_the_verdict_against_the_others_is_that_of_the_measure():
    held = pd.DataFrame(
        {"source": ["actions", "training"], "unit": "甲", "indicator": "态度", "action": "措施0",
         "verdict": ["declined", "improved"]}
    )  # fmt: skip
    rows = sheet({"status": "done"}, {})
    got = actions.status(rows, changes(态度="improved"), cycle="2026Q2", today=TODAY, controlled=held)
    assert got.set_index("action")["controlled"].to_dict() == {"措施0": "declined", "措施1": ""}


def test_spending_by_hand():
    rows = sheet(
        {"status": "done", "cost_planned": 100.0, "cost_actual": 80.0, "saving": 5.0},
        {"unit": "乙", "cost_planned": 50.0, "cost_actual": None, "saving": None, "due": "2026-06-01"},
    )
    made = actions.spending(actions.status(rows, changes(态度="improved"), cycle="2026Q2", today=TODAY))
    got = checked("spending", made).set_index("unit")
    assert got.loc["*", ["n_actions", "n_done", "n_overdue", "n_effective"]].tolist() == [2, 1, 1, 1]
    assert got.loc["*", ["cost_planned", "cost_actual", "spent_share", "saving"]].tolist() == [
        150,
        80,
        0.8,
        5,
    ]
    assert got.loc["乙", ["cost_actual", "spent_share", "saving"]].isna().all()


def test_no_measures_cost_nothing():
    assert actions.spending(empty("actions")).empty


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
            {
                "unit": ["甲", "甲", "乙"],
                "indicator": ["态度", "态度", "环境"],
                "owner": ["客服部", "客服部", ""],
                "due": ["", "2026-09-30", ""],
            }
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
        ["客服部", "alert", "甲", "2026-09-30"],
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


def test_the_next_sheet_is_written_with_choices_and_read_back(tmp_path: Path):
    """What a run proposes, filled in by the unit, is the sheet 整改措施 of the next cycle."""
    rows = sheet(
        {
            "due": "2026-07-31",
            "pilot_units": "甲;乙",
            "milestone": "七月试行",
            "cost_planned": 100.0,
            "started": "2026-06-01",
        },
        {"indicator": "环境", "status": "done"},
    )
    now = actions.status(rows, changes(), cycle="2026Q2", today=TODAY)
    losses = pd.DataFrame({"unit": ["乙"], "indicator": ["处理率"], "priority": [1]})
    missed = losses[["unit", "indicator"]].assign(status="missed")
    proposed = actions.next_sheet(now, losses, missed, FRAMEWORK, alerts=empty("alerts"))
    path = lists.measures(tmp_path / "数据.xlsx", proposed, units=["甲", "乙"], indicators=["态度", "处理率"])
    book = openpyxl.load_workbook(path)
    page = book["整改措施"]
    rules = {str(v.sqref).split("2:")[0]: v.formula1 for v in page.data_validations.dataValidation}
    heads = {cell.value: cell.column_letter for cell in page[1]}
    assert rules[heads["部门"]] == "'备注（可选项）'!$A$1:$A$2"
    assert [c.value for c in book["备注（可选项）"]["B"]] == ["态度", "处理率"]
    assert rules[heads["状态"]] == '"未启动,进行中,已完成,已销号"'
    assert rules[heads["可推广"]] == '"是,否"'
    new = next(r for r in range(2, 4) if page[f"{heads['部门']}{r}"].value == "乙")
    assert page[f"{heads['措施']}{new}"].value is None
    page[f"{heads['措施']}{new}"] = "专人办理"
    book.save(path)
    got = read_back(tmp_path, path.name)
    assert got[["unit", "indicator", "measure", "status", "pilot_units"]].to_numpy().tolist() == [
        ["乙", "处理率", "专人办理", "not_started", ""], ["甲", "态度", "措施0", "in_progress", "甲;乙"],
    ]  # fmt: skip
    carried = got[got["unit"] == "甲"].iloc[0]
    assert carried[["due", "started", "milestone", "cost_planned"]].tolist() == [
        "2026-07-31",
        "2026-06-01",
        "七月试行",
        100.0,
    ]


def read_back(home: Path, file: str) -> pd.DataFrame:
    """Sheet of measures of a cycle whose data workbook is `file`."""
    grids = tables()
    path = write(home, {name: grids[name] for name in ("units", "responses", "kpis")}, {})
    written = yaml.safe_load(path.read_text("utf-8"))
    written["data"] |= {"workbook": file}
    path.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    return sources.read(params.load(path)).sheets["actions"]
