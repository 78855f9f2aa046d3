"""Sheets of the office, corrections, one workbook for all data, platform exports, the data template."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from factories import tiny_content, tiny_framework
from test_broken_inputs import Grid, tables, write

from svclib import params, sources
from svclib.errors import InputErrors, ParamError
from svclib.params.settings import DATA_NAMES
from svclib.sources import presets, template
from svclib.sources.catalog import SHEETS
from svclib.sources.cells import Cells
from svclib.workbook.settings import DATA

ROOT = Path(__file__).resolve().parent.parent


def test_sheets_by_hand(tmp_path: Path):
    grids = tables()
    grids["events"].append(["T2", "乙", "投诉", "2026年5月2日", "", "", "", "否"])
    got = sources.read(params.load(write(tmp_path, grids, {}))).sheets
    first, second = got["events"].to_dict("records")
    assert (first["row"], first["opened"], first["closed"]) == (
        2,
        "2026-05-01 08:00:00",
        "2026-05-03 08:00:00",
    )
    assert (first["fed_back"], second["fed_back"], second["opened"]) == ("yes", "no", "2026-05-02 00:00:00")
    assert got["actions"].loc[0, "status"] == "in_progress"
    assert got["targets"].loc[0, ["target", "warn", "valid_from"]].tolist() == [96.0, 90.0, "2026-04-01"]
    assert np.isnan(got["adjustments"].loc[0, "points"])
    assert got["collection"].loc[0, "source"] == "responses"
    for name, frame in got.items():
        assert list(frame.columns) == ["row", *SHEETS[name].fields]


def test_names_may_be_english_and_the_total_has_one(tmp_path: Path):
    grids = tables()
    grids["benchmarks"] += [["Handled", "X", 90, "a"], ["总分", "X", 85, "a"]]
    got = sources.read(params.load(write(tmp_path, grids, {}))).sheets["benchmarks"]
    assert got["indicator"].tolist() == ["处理率", "处理率", "total"]


def test_a_correction_changes_the_number_and_not_the_file(tmp_path: Path):
    grids = tables()
    grids["corrections"].append(["问卷", "甲", "", "", "R1", "", "", "代填", "委员会", "2026-07-02"])
    path = write(tmp_path, grids, {})
    before = (tmp_path / "kpis.csv").read_bytes()
    now = sources.read(params.load(path))
    then = now.handed_in
    value = [
        kpis.query("unit == '甲' and indicator == '处理率'")["numerator"].item()
        for kpis in (now.kpis, then["kpis"])
    ]
    assert value == [92.0, 90.0]
    assert set(then["responses"]["respondent"]) - set(now.responses["respondent"]) == {"R1"}
    assert now.exclusions[["rule", "respondent", "detail"]].to_numpy().tolist() == [
        ["correction", "R1", "代填"]
    ]
    assert (tmp_path / "kpis.csv").read_bytes() == before


def workbook(home: Path, grids: dict[str, Grid], **titles: str) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "填写说明"
    for name, grid in grids.items():
        page = book.create_sheet(titles.get(name, DATA[name]))
        for row in grid:
            page.append(row)
    book.save(home / "数据.xlsx")
    (home / "framework.yaml").write_text(
        yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False), "utf-8"
    )
    cycle = {
        "name": "tiny",
        "framework": "framework.yaml",
        "cycle": "2026Q2",
        "data": {"workbook": "数据.xlsx"},
    }
    (home / "c.yaml").write_text(yaml.safe_dump(cycle, allow_unicode=True), "utf-8")
    return home / "c.yaml"


def test_one_workbook_holds_all_the_data(tmp_path: Path):
    grids = tables()
    grids["actions"] = grids["actions"][:1]  # headers only: not given
    del grids["adjustments"]
    got = sources.read(params.load(workbook(tmp_path, grids)))
    assert len(got.responses) == 6
    assert "actions" not in got.sheets
    assert got.sheets["events"].loc[0, "id"] == "T1"


@pytest.mark.parametrize(("title", "wanted"), [("目标直", "目标值"), ("Sheet1", "")])
def test_an_unknown_sheet_is_named(tmp_path: Path, title: str, wanted: str):
    path = workbook(tmp_path, {k: v for k, v in tables().items() if k != "adjustments"}, targets=title)
    with pytest.raises(InputErrors, match=f"unknown sheet '{title}'.*{wanted}"):
        params.load(path)


def test_sheet_names_are_those_of_the_catalog():
    assert tuple(DATA) == DATA_NAMES
    assert {name: sheet.zh for name, sheet in SHEETS.items()} == {n: DATA[n] for n in SHEETS}


class TestExportOfTheSurveyPlatform:
    HEADERS = (
        "序号",
        "提交答卷时间",
        "所用时间",
        "来源",
        "来源详情",
        "来自IP",
        "1、您评价的部门",
        "2、态度—礼貌",
        "3、其他",
        "总分",
    )

    def cells(self, *row: str) -> Cells:
        body = pd.DataFrame([list(row)], dtype=str)
        return Cells("答卷.xlsx", "Sheet1", self.HEADERS, body, np.array([2]), "")

    def test_columns_times_and_worded_answers(self):
        row = ("1", "2026/6/3 10:00:00", "2分8秒", "微信", "x", "1.2.3.4", "甲", "非常满意", "(跳过)", "9")
        got = presets.plain(self.cells(*row), "wjx", frozenset())
        assert got.headers == (
            "受访者编号",
            "结束时间",
            "用时",
            "渠道",
            "1、您评价的部门",
            "2、态度—礼貌",
            "3、其他",
        )
        assert got.body.iloc[0].tolist() == ["1", "2026/6/3 10:00:00", "128", "微信", "甲", "5", ""]

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("128秒", "128"),
            ("1小时2分3秒", "3723"),
            ("A.满意", "4"),
            ("5分", "5"),
            ("-3", ""),
            ("很少", "2"),
            ("还行", "还行"),
        ],
    )
    def test_one_cell(self, written: str, read: str):
        row = ["1", "", "", "", "", "", "甲", written, "", ""]
        assert presets.plain(self.cells(*row), "wjx", frozenset()).body.iloc[0, 5] == read

    def test_a_mapped_column_keeps_its_name_and_no_address_is_stored(self):
        got = presets.plain(self.cells(*"1234567890"), "wjx", frozenset({"来源详情"}))
        assert "来源详情" in got.headers
        assert "来自IP" not in got.headers

    def test_cells_bear_the_letter_they_have_in_the_file(self):
        got = presets.plain(self.cells(*"1234567890"), "wjx", frozenset())
        assert [got.letter(at) for at in range(len(got.headers))] == list("ABCDGHI")

    def test_an_unknown_platform_is_refused(self):
        with pytest.raises(ParamError, match="preset='x'; choose one of"):
            presets.plain(self.cells(*"1234567890"), "x", frozenset())


def test_pairs_side_by_side_become_rows_of_judgements():
    """Negative: the left matters more; an empty cell is a pair not judged; a slip stays for the check."""
    body = pd.DataFrame([["-3", "1", "2.0"], ["", "x", "0"]])
    cells = Cells("f.csv", "", ("甲_乙", "甲_丙", "乙_丙"), body, np.array([2, 3]), "")
    got = presets.plain(cells, "pairs", frozenset())
    assert got.headers == ("expert", "a", "b", "value")
    assert got.body.to_numpy().tolist() == [
        ["1", "甲", "乙", "3"],
        ["1", "甲", "丙", "1"],
        ["1", "乙", "丙", "1/2"],
        ["2", "甲", "丙", "x"],
        ["2", "乙", "丙", "1/0"],
    ]
    assert got.rows.tolist() == [2, 2, 2, 3, 3]
    signed = replace(cells, headers=("专家", "甲_丙", "乙_丙"))
    assert presets.plain(signed, "pairs", frozenset()).body[0].tolist() == ["-3", "-3", "", ""]
    plain = replace(cells, headers=("a", "b", "value"))
    assert presets.plain(plain, "pairs", frozenset()) is plain


def test_a_mapping_is_drafted_by_names():
    got = sources.draft_mapping(["所属部门", "3、q02", "开始作答时间", "完全无关的列名称"], tiny_framework())
    assert got.set_index("header")["suggestion"].to_dict() == {
        "所属部门": "unit", "3、q02": "q02", "开始作答时间": "started", "完全无关的列名称": "",
    }  # fmt: skip


def test_the_committed_template_is_current(tmp_path: Path):
    fresh = openpyxl.load_workbook(template.write_template(tmp_path / "t.xlsx"))
    kept = openpyxl.load_workbook(ROOT / "templates" / "数据模板.xlsx")
    assert fresh.sheetnames == kept.sheetnames == ["填写说明", *DATA.values(), "数据字典"]
    for name in fresh.sheetnames:
        rows = [[c.value for c in row] for row in fresh[name].iter_rows()]
        assert rows == [[c.value for c in row] for row in kept[name].iter_rows()], name
    assert all(c.comment for c in fresh["事件记录"][1])
    assert any("未启动" in str(v.formula1) for v in fresh["整改措施"].data_validations.dataValidation)


def test_the_template_is_read_as_it_is_filled(tmp_path: Path):
    book = openpyxl.load_workbook(template.write_template(tmp_path / "数据.xlsx"))
    for name in ("units", "responses", "kpis"):
        grid, page = tables()[name], book[DATA[name]]
        at = {cell.value: cell.column for cell in page[1]}
        for header in grid[0]:
            at.setdefault(header, len(at) + 1)
            page.cell(1, at[header]).value = header
        for line, row in enumerate(grid[1:], 2):
            for header, value in zip(grid[0], row, strict=True):
                page.cell(line, at[header]).value = value if value != "" else None
    book.save(tmp_path / "数据.xlsx")
    made = tmp_path / "c.yaml"
    (tmp_path / "framework.yaml").write_text(
        yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False), "utf-8"
    )
    cycle = {
        "name": "tiny",
        "framework": "framework.yaml",
        "cycle": "2026Q2",
        "data": {"workbook": "数据.xlsx"},
    }
    made.write_text(yaml.safe_dump(cycle, allow_unicode=True), "utf-8")
    got = sources.read(params.load(made))
    assert (len(got.responses), len(got.kpis), got.sheets) == (6, 6, {})
