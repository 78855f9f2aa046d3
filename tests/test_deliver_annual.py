"""结果.xlsx of a year: live formulas recompute its totals and grades."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from factories import tiny_content
from test_deliver import label, needs_office, recalculated

from svclib import framework
from svclib.columns import GLOSSARY, TABLES
from svclib.cycle import annual as chain
from svclib.deliver import annual
from svclib.deliver.page import Page
from svclib.framework import Framework
from svclib.grades import NO_LIMIT
from svclib.params.rules import Annual
from svclib.scores import round_half

WEIGHTS = {"2026Q1": 0.2, "2026Q2": 0.3, "2026Q3": 0.5}
GROUP = {"=甲": "", "乙": "窗口", "丙": "", "丁": "", ">3": ""}
# Published score and grade of every cycle, "" where none was given.
CYCLES = {
    "=甲": ((95.25, "优秀"), (90.0, "优秀"), (88.5, "良好")),
    "乙": ((95.25, "优秀"), (90.0, "良好"), (88.5, "良好")),
    "丙": ((95.0, "不合格"), (91.0, "优秀"), (99.0, "优秀")),
    "丁": ((np.nan, ""), (79.05, "合格"), (80.11, "良好")),
    ">3": ((np.nan, ""), (np.nan, ""), (80.0, "良好")),
}
SAID = Annual.model_validate(
    {
        "from": ["a.yaml", "b.yaml", "c.yaml"],
        "min_cycles": 2,
        "rules": [
            {"grade": "不合格", "at_least": 1, "result": "良好", "clause": "第二十条"},
            {"grade": "良好", "at_least": 2, "result": "合格"},
        ],
    }
)


def plan(**grades: Any) -> Framework:
    content = tiny_content()
    content["groups"] = {"窗口": {"scale": {"优秀": 95, "良好": 85, "合格": 70, "不合格": 0}}}
    content["grades"] |= grades
    return framework.from_dict(content)


def found(rules: Framework) -> dict[str, pd.DataFrame]:
    """Tables of the year, its grades by the library's own rules."""
    rows, graded, total = [], [], []
    labels = rules.grades.labels
    blank = {c: {"float": np.nan, "str": "", "int": 0}[GLOSSARY[c].dtype] for c in TABLES["grades"].columns}
    for unit, cycles in CYCLES.items():
        for (part, weight), (score, grade) in zip(WEIGHTS.items(), cycles, strict=True):
            row = {"cycle": "2026", "unit": unit, "part": part, "weight": weight, "published": score}
            rows.append(row | {"grade": grade, "status": "graded" if grade else "small_sample"})
        used = [(w, s, g) for w, (s, g) in zip(WEIGHTS.values(), cycles, strict=True) if g]
        row = blank | {"cycle": "2026", "unit": unit, "group": GROUP[unit], "status": "few_cycles"}
        if len(used) >= SAID.min_cycles:
            mean = sum(w * s for w, s, _ in used) / sum(w for w, *_ in used)
            shown = round_half(np.array([mean]), decimals=rules.grades.decimals, rule=rules.grades.rounding)
            codes = np.array([[labels.index(g)] for *_, g in used])
            made = chain.graded_year(shown, codes, rules.for_group(GROUP[unit]), SAID)
            held = made.limit[0] != NO_LIMIT
            row |= {"published": shown[0], "grade": labels[made.grade[0]], "status": "graded"}
            row |= {"reason": "annual_rule" if held else "by_cut", "rank": 1.0}
        graded.append(row)
        total.append({"unit": unit, "node": "total", "score_low": 80.0, "score_high": 90.0})
    return {"annual": pd.DataFrame(rows), "grades": pd.DataFrame(graded), "totals": pd.DataFrame(total)}


def written(tmp_path: Path, rules: Framework, said: Annual = SAID) -> Path:
    page = Page(found(rules), rules, "zh", label)
    return annual.write(tmp_path / "结果.xlsx", page, said, facts="2026")


@needs_office
@pytest.mark.slow
@pytest.mark.parametrize("grades", [{}, {"rounding": "gbt8170", "decimals": 1}], ids=["half_up", "gbt8170"])
def test_recalculating_gives_the_published_totals_and_grades(tmp_path: Path, grades: dict[str, Any]):
    rules = plan(**grades)
    page = recalculated([written(tmp_path, rules)])[0]["总分与等级"]
    names = [cell.value for cell in page[1]]
    rows = [dict(zip(names, r, strict=True)) for r in page.iter_rows(min_row=2, values_only=True)]
    wanted = found(rules)["grades"]
    graded = wanted["status"] == "graded"
    assert [r["有等级的期数"] for r in rows] == [3, 3, 3, 2, 1]
    got = [r["公布得分（复算）"] for r, on in zip(rows, graded, strict=True) if on]
    np.testing.assert_allclose(got, wanted.loc[graded, "published"], atol=1e-9)
    assert [r["等级（复算）"] or "" for r in rows] == list(wanted["grade"])
    assert [r["与公布一致"] for r in rows] == ["一致"] * 4 + [None]


def test_the_rules_bite_in_the_case_above():
    assert list(found(plan())["grades"]["grade"]) == ["优秀", "合格", "良好", "合格", ""]


def test_formulas_stand_beside_published_values(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path, plan()))
    page = book["总分与等级"]
    kinds = {str(cell.value): page.cell(2, cell.column).data_type for cell in page[1]}
    formulas = {name for name, kind in kinds.items() if kind == "f"}
    steps = "有等级的期数 加权平均得分 公布得分（复算） 等级序号 受限序号 等级（复算） 与公布一致"
    assert formulas == set(steps.split())
    assert book["各期公布得分"]["H2"].value == "=C2*D2"
    assert all(each.freeze_panes for each in book.worksheets[1:])


def test_a_unit_without_a_grade_of_the_year_has_no_recomputed_one(tmp_path: Path):
    page = openpyxl.load_workbook(written(tmp_path, plan()))["总分与等级"]
    row = {str(head.value): page.cell(6, head.column).value for head in page[1]}
    assert row["状态"] == "有结果的周期不够"
    assert {row[n] for n in ("加权平均得分", "公布得分（复算）", "等级（复算）", "与公布一致")} == {None}


def test_a_unit_named_like_a_formula_stays_a_name_and_no_file_is_overwritten(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path, plan()))
    cells = [c for page in book for row in page.iter_rows() for c in row if c.value == "=甲"]
    assert {c.data_type for c in cells} == {"s"}
    with pytest.raises(FileExistsError):
        written(tmp_path, plan())


def test_a_year_without_rules_has_no_limits(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path, plan(), SAID.model_copy(update={"rules": ()})))
    page = book["总分与等级"]
    at = next(cell.column for cell in page[1] if cell.value == "受限序号")
    assert page.cell(2, at).value == "=0"
