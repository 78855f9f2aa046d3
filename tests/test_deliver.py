"""结果.xlsx and its companions: live formulas recompute what was published; text stays text."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
from factories import tiny_content
from numpy.testing import assert_allclose

from svclib import actions, framework, grades, scores, targets
from svclib.columns import TABLES, empty
from svclib.deliver import lists, notice, results, sheet
from svclib.deliver.page import Page
from svclib.framework import Framework
from svclib.sources.catalog import SHEETS

SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
# Points of 态度, 环境, 处理率, 事故率, 时长 and the values behind the KPIs.
UNITS = {"=甲": (95, 92, 90, 100, 91), "乙": (88.25, 81, 70, 100, 60), "丙": (95, 95, 98, 0, 99),
         "丁": (80, 80, 80, 80, 79)}  # fmt: skip
VALUES = {"处理率": {"=甲": 95.0, "乙": 92.0, "丙": 97.5, "丁": 93.0},
          "事故率": {"=甲": 0.0, "乙": 0.0, "丙": 2.5, "丁": 0.1}}  # fmt: skip


def label(name: str, lang: str) -> str:
    return name if lang == "zh" else f"{name} (en)"


# Grade of the cycle before, for plans with a buffer; 丁 had none.
LAST = {"=甲": "良好", "乙": "合格", "丙": "优秀"}


def found(plan: Framework, **more: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables of one cycle from indicator points, by the library's own chain."""
    rows = [
        {
            "cycle": "2026Q2", "unit": unit, "indicator": i.name, "subject": "", "dimension": i.dimension,
            "kind": i.kind, "measure": i.unit, "n": 50, "score": float(point), "status": "ok",
            "value": VALUES.get(i.name, {}).get(unit, float(point)),
        }
        for unit, points in UNITS.items()
        for i, point in zip(plan.indicators, points, strict=True)
    ]  # fmt: skip
    indicator = pd.DataFrame(rows).reindex(columns=list(TABLES["indicator_scores"].all_columns))
    nodes = [("dimension", d.name, d.weight) for d in plan.dimensions]
    nodes += [("indicator", i.name, i.weight) for i in plan.indicators]
    weight = pd.DataFrame(nodes, columns=["level", "node", "local"]).assign(group="")
    total = scores.totals(indicator, weight, plan)
    judged = targets.judge_targets(indicator, plan)
    around = grades.Around(judged, LAST if plan.grades.buffer else {})
    return {
        "indicator_scores": indicator,
        "contributions": scores.contributions(indicator, weight, plan),
        "totals": total,
        "targets": judged,
        "grades": grades.grades(total, indicator, plan, around),
        **more,
    }


def written(tmp_path: Path, plan: Framework, **more: pd.DataFrame) -> Path:
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "结果.xlsx"
    return results.write(path, Page(found(plan, **more), plan, "zh", label), facts="2026Q2")


def recalculated(paths: list[Path]) -> list[Any]:
    """The workbooks as LibreOffice sees them after recalculating."""
    folder = paths[0].parent
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [SOFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", f"{folder}/recalculated"]
    subprocess.run([*command, *map(str, paths)], check=True, capture_output=True, timeout=240)  # type: ignore[arg-type]
    return [openpyxl.load_workbook(folder / "recalculated" / path.name, data_only=True) for path in paths]


def plans() -> dict[str, Framework]:
    """Every way from scores to grades."""

    def changed(**said: Any) -> Framework:
        content = tiny_content()
        content["grades"] |= said
        return framework.from_dict(content)

    def means(total: str, **dimensions: str) -> Framework:
        content = tiny_content() | {"aggregate": total, "floor": 1}
        for name, how in dimensions.items():
            content["dimensions"][name]["aggregate"] = how
        return framework.from_dict(content)

    cap = {"type": "限档", "object": "体验", "condition": "< 90", "result": "合格"}
    rule = {"missed_max": 1, "node": "体验", "node_min": 88}
    rules = {
        # Written from the worst, to be read from the best.
        "合格": {"met_share": 0, "missed_max": 9, "node": "总分", "node_min": 60},
        "良好": {"met_share": 0.3} | rule,
        "优秀": {"met_share": 0.6} | rule,
    }
    return {
        "cuts": changed(),
        "gbt8170": changed(rounding="gbt8170", decimals=1),
        "limits": changed(limits=[cap]),
        "targets": changed(method="targets", rules=rules, limits=[]),
        "geometric": means("几何平均"),
        "total_geometric": means("几何平均", 体验="算术平均", 过程="算术平均"),
        "part_geometric": means("算术平均", 过程="几何平均"),
        "buffer": changed(buffer=5),
        "wide_buffer": changed(buffer=10, limits=[cap]),
    }


@pytest.fixture(scope="module")
def recomputed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every plan's workbook after one start of LibreOffice."""
    folder = tmp_path_factory.mktemp("plans")
    paths = [
        results.write(folder / f"{name}.xlsx", Page(found(plan), plan, "zh", label), facts="")
        for name, plan in plans().items()
    ]
    return dict(zip(plans(), recalculated(paths), strict=True))


# Grade of 丁, 丙, 乙, =甲 in order of their code points, and what decides it.
WANTED = {
    "cuts": {"=甲": "优秀", "丁": "合格", "丙": "不合格", "乙": "良好"},
    "targets": {"=甲": "优秀", "丁": "合格", "丙": "不合格", "乙": "合格"},
    # 93.38 is 3.38 above the cut, 81.58 is 1.58 above, 84.52 is 5.48 below the cut of its last grade
    "buffer": {"=甲": "良好", "丁": "合格", "丙": "不合格", "乙": "合格"},
    "wide_buffer": {"=甲": "良好", "丁": "合格", "丙": "不合格", "乙": "合格"},
}


@needs_office
@pytest.mark.slow
@pytest.mark.parametrize("name", list(plans()))
def test_recalculating_gives_the_published_totals_and_grades(recomputed: dict[str, Any], name: str):
    rows = list(recomputed[name]["总分与等级"].iter_rows(values_only=True))
    head, body = rows[0], rows[1:]
    at = {text: head.index(text) for text in ("公布得分（复算）", "等级（复算）", "与公布一致")}
    wanted = found(plans()[name])["grades"]
    assert_allclose([r[at["公布得分（复算）"]] for r in body], wanted["published"], atol=1e-9)
    assert [r[at["等级（复算）"]] for r in body] == list(wanted["grade"])
    assert {r[at["与公布一致"]] for r in body} == {"一致"}
    if name in WANTED:
        assert wanted.set_index("unit")["grade"].to_dict() == WANTED[name]


def test_a_buffer_shows_the_last_grade_and_what_it_keeps(tmp_path: Path):
    plan = plans()["buffer"]
    book = openpyxl.load_workbook(written(tmp_path, plan))
    rows = list(book["总分与等级"].iter_rows(values_only=True))
    at = {str(text): k for k, text in enumerate(rows[0])}
    assert {r[0]: r[at["上期等级"]] for r in rows[1:]} == LAST | {"丁": None}
    assert all(str(r[at["缓冲后序号"]]).startswith("=IF(AND(") for r in rows[1:])
    assert any("缓冲分 5" in str(r[0]) for r in book["说明"].iter_rows(values_only=True))
    assert found(plan)["grades"].set_index("unit")["reason"].to_dict() == {
        "=甲": "buffer", "丁": "by_cut", "丙": "veto", "乙": "buffer",
    }  # fmt: skip
    plain = openpyxl.load_workbook(written(tmp_path / "plain", plans()["cuts"]))
    assert "缓冲后序号" not in [cell.value for cell in plain["总分与等级"][1]]


def test_the_grade_sheet_holds_formulas_beside_published_values(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path, plans()["cuts"]))
    page = book["总分与等级"]
    assert [page.cell(2, c).data_type for c in (3, 5, 6, 7, 8, 9, 12)] == ["f"] * 7
    assert [page.cell(2, c).data_type for c in (10, 11)] == ["n", "s"]
    assert book["指标得分"]["H2"].value == "=F2*G2"
    assert all(page.freeze_panes for page in book.worksheets[1:])


def test_a_unit_without_a_grade_has_no_recomputed_one(tmp_path: Path):
    plan = plans()["cuts"]
    tables = found(plan)
    none = tables["grades"].assign(status="small_sample", reason="small_sample", grade="", published=np.nan)
    path = results.write(tmp_path / "x.xlsx", Page(tables | {"grades": none}, plan, "zh", label), facts="")
    page = openpyxl.load_workbook(path)["总分与等级"]
    assert [page.cell(2, c).value for c in (3, 6, 9, 10, 12)] == [None] * 5
    assert page.cell(2, 13).value == "样本不足"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_text_is_never_a_formula(tmp_path: Path, text: str):
    book = sheet.book()
    page = book.create_sheet("表")
    sheet.put(page["A1"], text)
    sheet.save(book, tmp_path / "a.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["表"]["A1"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)


def test_a_unit_named_like_a_formula_stays_a_name(tmp_path: Path):
    book = openpyxl.load_workbook(written(tmp_path, plans()["cuts"]))
    cells = [c for page in book for row in page.iter_rows() for c in row if c.value == "=甲"]
    assert cells
    assert {c.data_type for c in cells} == {"s"}


def test_empty_tables_have_no_sheet_and_a_file_is_never_overwritten(tmp_path: Path):
    path = written(tmp_path, plans()["cuts"], appeals=empty("appeals"))
    assert "申诉" not in openpyxl.load_workbook(path).sheetnames
    with pytest.raises(FileExistsError):
        written(tmp_path, plans()["cuts"])


def notice_tables() -> dict[str, pd.DataFrame]:
    targets = pd.DataFrame(
        [
            ("甲", "态度", 3.9, 4.2, "missed"),
            ("甲", "处理率", 88.0, 98.0, "missed"),
            ("乙", "态度", 4.5, 4.2, "met"),
        ],
        columns=["unit", "indicator", "value", "target", "status"],
    ).assign(owner="客服部")
    lost = pd.DataFrame([("甲", "态度", 3.0), ("甲", "处理率", 6.5), ("乙", "态度", 1.0)],
                        columns=["unit", "indicator", "lost"])  # fmt: skip
    alerts = pd.DataFrame([("乙", "处理率", 70.0, "warn", ""), ("丙", "时长", 90.0, "veto", "丙")],
                          columns=["unit", "indicator", "value", "rule", "owner"])  # fmt: skip
    return {"targets": targets, "contributions": lost, "alerts": alerts}


def test_who_gets_a_notice_and_about_what():
    tables = notice_tables()
    graded = pd.DataFrame({"unit": ["甲", "乙", "丙"], "limited_by": ["", "", "事故率"]})
    assert notice.wanted(graded, tables["targets"]) == ["甲", "丙"]
    listed = notice.matters("甲", tables, plans()["cuts"])
    assert list(listed["indicator"]) == ["处理率", "态度"]  # the larger loss first
    assert notice.matters("乙", tables, plans()["cuts"]).empty
    held = notice.matters("丙", tables, plans()["cuts"])  # the veto has neither target nor loss
    assert held[["indicator", "value", "owner"]].to_numpy().tolist() == [["时长", 90.0, "丙"]]
    assert held[["target", "lost"]].isna().all(axis=None)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_notice_names_unit_reason_and_each_matter(tmp_path: Path, lang: str):
    listed = notice.matters("甲", notice_tables(), plans()["cuts"])
    row = {"cycle": "2026Q2", "unit": "甲", "head": "陈岚", "title": "示例评价"}
    path = notice.write(tmp_path / "甲.docx", row, listed, ["因为未达标。"], lang=lang, label=label)
    made = docx.Document(str(path))
    text = "\n".join(p.text for p in made.paragraphs)
    assert all(part in text for part in (label("甲", lang), "陈岚", "示例评价", "因为未达标。"))
    cells = [[c.text for c in line.cells] for line in made.tables[0].rows]
    assert [line[0] for line in cells[1:]] == [label("处理率", lang), label("态度", lang)]
    assert cells[1][1:4] == ["88", "98", "6.50"]
    with pytest.raises(FileExistsError):
        notice.write(path, row, listed, [], lang=lang, label=label)


def test_the_sheet_of_measures_has_the_columns_of_the_template(tmp_path: Path):
    blank = dict.fromkeys([*actions.SHEET, "advice"], "") | {"reusable": False, "saving": np.nan}
    rows = pd.DataFrame(
        [
            blank | {"unit": "甲", "indicator": "态度", "status": "not_started", "advice": "对照低分题项"},
            blank | {"unit": "甲", "indicator": "时长", "status": "in_progress", "action": "增开"},
        ]
    )
    made = lists.measures(tmp_path / "整改措施表.xlsx", rows, units=["甲"], indicators=["态度", "时长"])
    page = openpyxl.load_workbook(made)["整改措施"]
    heads = [c.value for c in page[1]]
    assert heads == [field.zh for field in SHEETS["actions"].fields.values()]
    assert page.cell(2, heads.index("状态") + 1).value == "未启动"
    assert page.cell(2, heads.index("进展") + 1).value == "建议：对照低分题项"
    assert page.cell(3, heads.index("措施") + 1).value == "增开"
    assert page.cell(3, heads.index("节约") + 1).value is None


def test_referrals_have_a_sheet_per_owner(tmp_path: Path):
    rows = pd.DataFrame(
        [("客服部", "甲", "态度", "alert", ""), ("a/b:c", "乙", "时长", "overdue_action", "2026-05-31")],
        columns=["owner", "unit", "indicator", "type", "due"],
    )
    book = openpyxl.load_workbook(lists.referrals(tmp_path / "转办清单.xlsx", rows, lang="zh", label=label))
    assert book.sheetnames == ["全部", "a-b-c", "客服部"]
    assert [c.value for c in book["客服部"][2]][:4] == ["客服部", "甲", "态度", "预警"]
