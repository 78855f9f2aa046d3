"""`svclib convert` and `svclib init`: both directions, nothing overwritten, ready to use."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import yaml
from click.testing import CliRunner
from factories import tiny_content

from svclib import convert, framework, params
from svclib.cli import main
from svclib.errors import InputErrors, ParamError

ROOT = Path(__file__).resolve().parent.parent


def test_there_and_back_gives_the_same_framework_and_cycle(tmp_path: Path):
    demo = ROOT / "params" / "demo"
    (book,) = convert.convert(demo / "2026Q2.yaml", tmp_path / "方案.xlsx")
    written = convert.convert(book, tmp_path / "back")
    assert [p.name for p in written] == ["framework.yaml", "2026Q2.yaml"]
    assert framework.load(written[0]) == framework.load(demo / "framework.yaml")
    back, file = (yaml.safe_load(p.read_text("utf-8")) for p in (written[1], demo / "2026Q2.yaml"))
    assert back["data"] == file["data"]
    assert (back["cycle"], back["seed"], back["screening"]["exclude"]) == (
        "2026Q2", 20260630, ["duplicate", "missing", "speed"],
    )  # fmt: skip


@pytest.mark.parametrize(("lang", "told"), [("en", "copy what the plan names to"), ("zh", "请拷贝到")])
def test_files_to_be_copied_are_named_once(tmp_path: Path, lang: str, told: str):
    book, *_ = convert.init(tmp_path / "a")
    args = ["convert", str(book), str(tmp_path / "b"), "--lang", lang]
    *_, line = CliRunner().invoke(main, args).output.splitlines()
    assert told in line
    assert line.endswith(f"{tmp_path / 'b'}: {convert.FILLED}" if lang == "en" else convert.FILLED)
    (tmp_path / "b" / convert.FILLED).write_bytes((tmp_path / "a" / convert.FILLED).read_bytes())
    assert told not in CliRunner().invoke(main, [*args, "--force"]).output


def test_a_framework_alone_becomes_a_workbook(tmp_path: Path):
    file = tmp_path / "framework.yaml"
    file.write_text(yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False), "utf-8")
    (book,) = convert.convert(file, tmp_path / "方案.xlsx")
    (back,) = convert.convert(book, tmp_path / "back")
    assert framework.load(back) == framework.from_dict(tiny_content())


def test_a_workbook_is_a_params_file_of_its_own(tmp_path: Path):
    book = tmp_path / convert.BOOK
    convert.template(book)
    (tmp_path / convert.FILLED).write_bytes((ROOT / "templates" / convert.DATA).read_bytes())
    got, _ = params.examine(book)
    assert got is not None
    assert (got.name, got.status, got.data["units"].sheet) == ("我的考核", "draft", "部门")
    assert got.framework == framework.load(ROOT / "params" / "demo" / "framework.yaml")


def test_units_stand_in_one_workbook_only(tmp_path: Path):
    (book, *_), data = convert.init(tmp_path / "a"), tmp_path / "a" / convert.FILLED
    assert params.examine(book)[1] == []
    page = openpyxl.load_workbook(data)
    page["部门"]["A2"].value = "甲部"
    page.save(data)
    (problem,) = params.examine(book)[1]
    assert "units stand in sheet 部门 of 数据.xlsx and of 评价方案.xlsx" in str(problem)
    page = openpyxl.load_workbook(book)
    for row in page["部门"].iter_rows(min_row=2):
        for cell in row:
            cell.value = None
    page.save(book)
    got, problems = params.examine(book)
    assert got is not None
    assert (got.data["units"].path, problems) == (data, [])


def test_units_of_the_workbook_become_a_file(tmp_path: Path):
    book = convert.template(tmp_path / "方案.xlsx")
    page = openpyxl.load_workbook(book)
    row = next(c.row for c in page["本期设置"]["A"] if c.value == "数据·部门")
    assert page["本期设置"].cell(row, 2).value is None
    written = convert.convert(book, tmp_path / "out")
    assert [p.name for p in written] == ["framework.yaml", "2026Q2.yaml", "units.csv"]
    assert (tmp_path / "out" / "units.csv").read_text("utf-8-sig").startswith("部门,")


def test_files_are_kept_unless_forced(tmp_path: Path):
    book = convert.template(tmp_path / "方案.xlsx")
    convert.convert(book, tmp_path / "out")
    with pytest.raises(ParamError, match=r"framework.yaml.*already there; move it away, or give --force"):
        convert.convert(book, tmp_path / "out")
    assert convert.convert(book, tmp_path / "out", force=True)
    with pytest.raises(ParamError, match="name a workbook"):
        convert.convert(ROOT / "params" / "demo" / "2026Q2.yaml", tmp_path / "x.csv")


def test_a_broken_workbook_writes_nothing(tmp_path: Path):
    book = convert.template(tmp_path / "方案.xlsx")
    page = openpyxl.load_workbook(book)
    page["指标体系"]["F2"].value = "打分"
    page.save(book)
    with pytest.raises(InputErrors, match="指标体系!F2"):
        convert.convert(book, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_init_makes_a_folder_once(tmp_path: Path):
    done = CliRunner().invoke(main, ["init", str(tmp_path / "我的考核")])
    assert done.exit_code == 0, done.output
    assert "svclib check" in done.output
    assert (tmp_path / "我的考核" / convert.BOOK).is_file()
    again = CliRunner().invoke(main, ["init", str(tmp_path / "我的考核")])
    assert again.exit_code == 2
    assert "is not empty; name a new folder" in again.output
