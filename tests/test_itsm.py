"""The real ticket log: every number recounted from the file with pandas alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from svclib import cycle, framework, params, sources

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "params" / "itsm"
DATA = Path(os.environ.get("SVCLIB_DATA") or ROOT.parent / "shared" / "data")
LOG = DATA / "itsm_incident_log" / "incident_event_log.csv.gz"
GROUP = "Group 70"

here = pytest.mark.skipif(
    not LOG.is_file(), reason="the ticket log is not redistributed: see data/itsm/README.md"
)


def test_every_indicator_is_counted_from_the_log():
    system = framework.load(FOLDER / "framework.yaml")
    assert {i.source for i in system.indicators} == {"events"}
    assert [i.measure for i in system.indicators] == ["in_time", "resolution_time", "reopened", "transferred"]
    assert all(i.en and i.definition for i in system.indicators)


def test_march_is_nobodys_baseline(monkeypatch):
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    known = {name: params.load(FOLDER / f"{name}.yaml") for name in ("2016-03", "2016-04", "2016-05")}
    baselines = {name: p.baseline and p.baseline.stem for name, p in known.items()}
    assert baselines == {"2016-03": None, "2016-04": None, "2016-05": "2016-04"}


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """Each ticket as it last stood, read apart from the library."""
    log = pd.read_csv(LOG, dtype=str).groupby("number").tail(1).replace("?", None)
    for column in ("opened_at", "resolved_at", "closed_at"):
        log[column] = pd.to_datetime(log[column], format="%d/%m/%Y %H:%M")
    return log.assign(ended=log["resolved_at"].fillna(log["closed_at"]))


@pytest.fixture(scope="module")
def april() -> tuple[cycle.State, dict[str, pd.DataFrame]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SVCLIB_DATA", str(DATA))
        chosen = params.load(FOLDER / "2016-04.yaml").model_copy(update={"draws": 500, "history": ()})
        state = cycle.load(chosen)
        return state, cycle.evaluate_state(state)


@here
@pytest.mark.slow
def test_the_files_are_in_order(monkeypatch):
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    assert sources.check(FOLDER / "2016-05.yaml") == []


@here
@pytest.mark.slow
def test_a_month_recounted_from_the_file(april, raw):
    told = april[1]["kpi_sources"].set_index(["unit", "indicator"]).loc[GROUP]
    first, after = pd.Timestamp("2016-04-01"), pd.Timestamp("2016-05-01")
    mine = raw[raw["assignment_group"] == GROUP]
    solved = mine[mine["ended"].between(first, after, inclusive="left")]
    for name, hit in {
        "按时解决率": solved["made_sla"].str.lower() == "true",
        "重开率": solved["reopen_count"].astype(int) > 0,
        "转派率": solved["reassignment_count"].astype(int) > 0,
    }.items():
        assert told.loc[name, ["numerator", "denominator"]].tolist() == [hit.sum(), len(solved)]
    opened = mine[mine["opened_at"].between(first, after, inclusive="left")]
    ended = opened["ended"] < after
    hours = (opened["ended"].where(ended, after) - opened["opened_at"]).dt.total_seconds() / 3600
    curve = SurvfuncRight(np.maximum(hours, 0.5 / 60), ended.astype(int))
    assert told.loc["解决时长", "value"] == pytest.approx(curve.quantile(0.5))
    assert told.loc["解决时长", ["n", "n_open"]].tolist() == [len(opened), (~ended).sum()]


@here
@pytest.mark.slow
def test_groups_with_few_tickets_are_not_graded(april):
    grades = april[1]["grades"].set_index("unit")["status"]
    told = april[1]["kpi_sources"].pivot_table(index="unit", columns="indicator", values="n", aggfunc="min")
    few = told.index[(told < 30).any(axis=1)]
    assert len(few) > 20
    assert not (grades[few] == "graded").any()
    assert (grades[told.index.difference(few)] == "graded").all()
    out = april[1]["exclusions"]
    assert set(out["rule"]) == {"no_unit"}


@here
@pytest.mark.slow
def test_whoever_compares_with_march_is_told_of_the_backlog(monkeypatch):
    """March: over a fifth of the tickets of the largest group were open at its end."""
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    april = params.load(FOLDER / "2016-04.yaml").model_copy(
        update={"draws": 200, "history": (), "baseline": (FOLDER / "2016-03.yaml").resolve()}
    )
    changes = cycle.evaluate(april)["changes"].set_index(["unit", "node"])
    row = changes.loc[(GROUP, "解决时长")]
    assert row["estimate0"] > 100 * row["estimate1"]
    assert "many_open" in row["flags"].split(";")
