"""The audit log of a service desk read as events: the last row of each ticket, in the terms of the sheet."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from counted_records import SHARE, TIME, content
from tiny_office import Office

from svclib import params, sources
from svclib.errors import InputErrors

HEAD = "number,incident_state,reassignment_count,reopen_count,made_sla,opened_at,category,"
HEAD += "assignment_group,resolved_at,closed_at"
ROWS = """\
T1,New,0,0,true,29/2/2016 01:16,Category 5,甲,?,?
T1,Closed,2,1,false,29/2/2016 01:16,Category 5,甲,3/3/2016 11:29,8/3/2016 12:00
T2,Closed,0,0,true,1/4/2016 00:00,?,甲,?,2/4/2016 9:05
T3,New,0,0,true,30/4/2016 23:59,Category 5,甲,?,?
T4,Closed,0,0,true,1/4/2016 00:00,Category 5,?,2/4/2016 00:00,2/4/2016 00:00
T5,New,0,0,true,1/5/2016 00:00,Category 5,甲,?,?
"""
APRIL = {"start": "2016-04-01", "end": "2016-04-30"}
SYSTEM = {"按时": SHARE | {"measure": "in_time"}, "时长": TIME | {"measure": "resolution_time"}}


def written(folder: Path, text: str, *, packed: bool = True, **said: object) -> Path:
    office = Office(folder, content(**SYSTEM))
    name = "log.csv.gz" if packed else "log.csv"
    (folder / name).write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    data = {"units": "2016-04_units.csv", "events": {"path": name, "preset": "servicenow"}}
    settings: dict[str, Any] = {"period": APRIL, "data": data} | said
    return office.cycle("2016-04", {"甲": {}}, **settings)


def read(folder: Path, text: str = f"{HEAD}\n{ROWS}", **said: object) -> sources.Inputs:
    return sources.read(params.load(written(folder, text, **said)))


def test_each_ticket_once_as_it_last_stood(tmp_path: Path):
    events = read(tmp_path).sheets["events"].set_index("id")
    assert events.index.tolist() == ["T2", "T3"]  # T1 ended before the month, T5 began after it
    assert events.loc["T2", ["opened", "closed", "category"]].tolist() == [
        *("2016-04-01 00:00:00", "2016-04-02 09:05:00", "")
    ]
    assert events.loc["T3", "closed"] == ""
    assert events["row"].tolist() == [4, 5]


def test_the_last_row_of_a_ticket_tells_what_became_of_it(tmp_path: Path):
    early = (
        read(tmp_path, period={"start": "2016-02-01", "end": "2016-03-31"}).sheets["events"].set_index("id")
    )
    row = early.loc["T1"]
    assert row[["closed", "in_time", "reopened", "transferred"]].tolist() == [
        "2016-03-03 11:29:00",
        "no",
        1,
        2,
    ]


def test_a_ticket_of_nobody_is_left_out_and_noted(tmp_path: Path):
    out = read(tmp_path, packed=False).exclusions
    assert out[["source", "row", "rule", "detail"]].to_numpy().tolist() == [["events", 6, "no_unit", "T4"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{HEAD}\n{ROWS}".replace("assignment_group", "team"), "no column assignment_group"),
        (
            f"{HEAD}\n{ROWS}".replace("T2,Closed,0,0,true,1/4", "T2,Closed,0,0,true,41/4"),
            "not a time: 2016-04-41",
        ),
        (f"{HEAD}\n{ROWS}".replace("甲", "丙"), "unknown unit"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, found: str):
    with pytest.raises(InputErrors, match=found):
        read(tmp_path, text)


def test_a_packed_file_must_be_one_and_a_preset_fit_its_source(tmp_path: Path):
    path = written(tmp_path, "x")
    (tmp_path / "log.csv.gz").write_bytes(b"not packed")
    with pytest.raises(InputErrors, match="not a gz file"):
        sources.read(params.load(path))
    office = Office(tmp_path, content(**SYSTEM))
    office.cycle(
        "e",
        {"甲": {}},
        period=APRIL,
        sheets={"events": [{"编号": "1", "部门": "甲", "开始时间": "2016-04-01"}]},
    )
    entry = {"path": "e_events.csv", "preset": "wjx"}
    wrong = office.cycle("w", {"甲": {}}, period=APRIL, data={"units": "e_units.csv", "events": entry})
    with pytest.raises(InputErrors, match="preset wjx is not for events"):
        sources.read(params.load(wrong))
