"""The sheet of proposed targets is pasted into the data of the next cycle and read back."""

import datetime as dt
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from factories import tiny_framework
from test_sources_office import tables, workbook
from test_targets_proposals import near, proposed, row

from svclib import columns, params, sources, targets, wording
from svclib.deliver import lists
from svclib.sources.catalog import SHEETS

FRAMEWORK = tiny_framework()


def proposals() -> pd.DataFrame:
    return proposed([
        row("甲", "处理率", 90.0, 1.0, method="binomial", n=900),
        row("乙", "处理率", 97.0, 0.5, method="binomial", n=900),
        row("乙", "态度", 3.21, 0.1),
        row("甲", "事故率", 0.0, 0.0, method="census", n=4000),
    ])  # fmt: skip


def written(folder: Path, found: pd.DataFrame) -> list[list[object]]:
    rows = targets.next_sheet(found, FRAMEWORK)
    why = wording.target_proposals(found.loc[rows.index], "zh", FRAMEWORK.label, brief=True)["text"]
    page = openpyxl.load_workbook(lists.targets(folder / "下期目标建议表.xlsx", rows, list(why)))["目标值"]
    return [[cell.value for cell in line] for line in page]


def test_the_sheet_reads_back_as_the_targets_proposed(tmp_path: Path):
    found = proposals()
    grid = written(tmp_path, found)
    assert grid[0] == [field.zh for field in SHEETS["targets"].fields.values()]
    sheets = {name: rows for name, rows in tables().items() if name != "adjustments"}
    read = sources.read(params.load(workbook(tmp_path, sheets | {"targets": grid}))).sheets["targets"]
    assert read[["unit", "indicator"]].to_numpy().tolist() == found[["unit", "indicator"]].to_numpy().tolist()
    for name in ("stretch", "warn"):
        assert np.allclose(read[name], found[name], equal_nan=True)
    assert read["target"].tolist() == found["proposed"].tolist()
    assert read["reason"].str.startswith(tuple("甲乙")).all()
    day = dt.date(2026, 9, 30)
    aims = targets.aims_in_force(read, FRAMEWORK, units=["甲", "乙"], day=day)
    assert (
        aims["甲", "处理率"].target
        == found.query("unit == '甲' and indicator == '处理率'")["proposed"].item()
    )
    assert aims["甲", "处理率"].base == 90.0


def test_a_range_stays_in_the_framework_and_nothing_is_written_for_it():
    assert targets.next_sheet(near(90.0), FRAMEWORK).empty
    assert targets.next_sheet(columns.empty("target_proposals"), FRAMEWORK).empty
