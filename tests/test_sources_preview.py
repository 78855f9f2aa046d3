"""Previews of data files: only rows with problems, exactly the bad cells marked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from svclib import tables
from svclib.errors import Problem
from svclib.params import DataSource
from svclib.sources import files
from svclib.sources.preview import previews


def params(path: Path, **entry: Any) -> Any:
    return SimpleNamespace(data={"responses": DataSource(path=path, **entry)})


def problem(path: Path, place: str, field: str) -> Problem:
    return Problem(files.label(DataSource(path=path), ""), place, field, "found", "remedy")


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "答卷.csv"
    path.write_text("部门,q01\n甲,5\n乙,7\n丙,4\n丁,x\n", encoding="utf-8")
    return path


def test_only_bad_rows_with_their_cells_marked(csv: Path):
    (made,) = previews(params(csv), [problem(csv, "rows 3, 5", "q01"), problem(csv, "row 5", "部门")])
    assert made.rows.to_numpy().tolist() == [["3", "乙", "7"], ["5", "丁", "x"]]
    np.testing.assert_array_equal(made.bad, [[False, False, True], [False, True, True]])


def test_a_problem_of_the_whole_row_marks_the_whole_row(csv: Path):
    (made,) = previews(params(csv), [problem(csv, "row 2", "")])
    np.testing.assert_array_equal(made.bad, [[False, True, True]])


def test_cells_of_a_workbook_and_of_the_right_sheet(tmp_path: Path):
    book = openpyxl.Workbook()
    for name in ("问卷", "部门"):
        page = book.create_sheet(name)
        for row in (["部门", "q01"], ["甲", 5], ["乙", 9]):
            page.append(row)
    path = tmp_path / "数据.xlsx"
    book.save(path)
    found = [
        problem(path, "问卷!B3, B4, …", "q01"),
        problem(path, "部门!A2", "部门"),
        problem(path, "问卷!1:1", "q02"),
    ]
    (made,) = previews(params(path, sheet="问卷"), found)
    assert made.file.endswith("数据.xlsx 问卷")
    assert made.rows.to_numpy().tolist() == [["3", "乙", "9"]]


def test_nothing_to_show_for_other_files_and_unreadable_ones(csv: Path, tmp_path: Path):
    gone = tmp_path / "没有.csv"
    assert previews(params(csv), [problem(gone, "row 2", "q01")]) == []
    assert previews(params(gone), [problem(gone, "", "")]) == []
    assert previews(params(csv), [problem(csv, "row 1", "q02")]) == []


def test_as_many_rows_as_asked_for(csv: Path):
    (made,) = previews(params(csv), [problem(csv, "rows 2, 3, 4, 5", "q01")], most=2)
    assert list(made.rows[""]) == ["2", "3"]


def test_marked_cells_are_escaped_and_visible_without_colour():
    shown = tables.marked(pd.DataFrame({"a": ["<b>", "x"]}), np.array([[True], [False]]))
    assert "<b>" not in shown.html
    assert shown.html.count('class="bad"') == 1
    assert shown.text.splitlines() == ["a", "【<b>】", "x"]


@pytest.mark.parametrize(
    ("lang", "none"), [("zh", "没有发现问题，可以运行。"), ("en", "No problem found; ready to run.")]
)
def test_problems_as_a_table(lang: str, none: str):
    assert tables.problems([], lang).text == none
    told = tables.problems([Problem("a.csv", "row 2", "q01", "outside 1-5: 7", "Correct it.", "q02")], lang)
    assert all(text in told.text for text in ("a.csv", "row 2", "outside 1-5: 7", "Correct it.", "q02"))
