"""按上级部门汇总: live means over the sheet of grades."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from numpy.testing import assert_allclose
from test_deliver import found, label, needs_office, plans, recalculated

from svclib import parents
from svclib.deliver import results
from svclib.deliver.page import Page

ABOVE = {"=甲": "东区", "乙": "东区", "丁": "东", "东区": "中心", "东": "中心"}


def written(path: Path, above: dict[str, str]) -> Path:
    plan = plans()["cuts"]
    tables = found(plan)
    ungraded = tables["grades"]["unit"] == "丁"
    blank = {"published": np.nan, "grade": "", "status": "small_sample", "reason": "small_sample"}
    for name, value in blank.items():
        tables["grades"][name] = tables["grades"][name].mask(ungraded, value)
    tables |= parents.roll_up(tables["grades"], above, cycle="2026Q2")
    return results.write(path, Page(tables, plan, "zh", label, above), facts="")


def rows(book: Any) -> dict[str, dict[str, Any]]:
    head, *body = book["按上级部门汇总"].iter_rows(values_only=True)
    return {row[0]: dict(zip(head, row, strict=True)) for row in body}


def test_the_sheet_holds_formulas_and_the_sheet_of_grades_the_bodies_above(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path / "a.xlsx", ABOVE))
    found_rows = rows(book)
    assert set(found_rows) == {"东区", "东", "中心"}
    assert str(found_rows["东区"]["平均得分（复算）"]).startswith("=IF(")
    grades = book["总分与等级"]
    last = [cell.value for cell in grades[1]].index("上级") + 1
    assert {row[0].value: row[last - 1].value for row in grades.iter_rows(min_row=2)} == {
        "=甲": "东区\n中心", "乙": "东区\n中心", "丙": None, "丁": "东\n中心",
    }  # fmt: skip


def test_without_parents_there_is_neither_sheet_nor_column(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path / "a.xlsx", {}))
    assert "按上级部门汇总" not in book.sheetnames
    assert "上级" not in [cell.value for cell in book["总分与等级"][1]]


@needs_office
@pytest.mark.slow
def test_recalculating_gives_the_published_means(tmp_path: Path):
    path = written(tmp_path / "a.xlsx", ABOVE)
    (book,) = recalculated([path])
    recomputed = rows(book)
    for name in ("东区", "中心"):
        row = recomputed[name]
        assert row["已评级下属单位数（复算）"] == 2
        assert_allclose(row["平均得分（复算）"], row["已评级单位简单平均分"], atol=1e-9)
    assert recomputed["东"]["已评级下属单位数（复算）"] == 0
    assert recomputed["东"]["平均得分（复算）"] in (None, "")
    assert {row["与公布一致"] for row in recomputed.values()} == {"一致"}
