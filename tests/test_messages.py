"""Every text for users has its Chinese, and a translated message holds no English."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import message_texts
import openpyxl
import pytest
import test_broken_inputs
import test_workbook
from factories import tiny_content
from message_texts import SLOT, plain

from svclib import framework as frameworks
from svclib import sources, workbook
from svclib.errors import DataError, InputErrors, ParamError, Problem
from svclib.framework import yamlfile
from svclib.params.settings import ParamsFile
from svclib.sources import headers
from svclib.sources.catalog import SHEETS
from svclib.wording import messages
from svclib.workbook.settings import DATA

REMEDY = "Add scale: [lowest, highest]."
ROOT = Path(__file__).resolve().parent.parent
# Errors of functions that a programmer calls with an argument of their own: `check` and the notebooks
# pass them only what has been read and checked before.
FOR_PROGRAMMERS = {
    "columns": "a result table that is not as the inventory declares it",
    "policy": "the policy file of the package itself",
    "moments": "arguments of the additive tables",
    "estimates": "arguments of estimators",
    "inference": "arguments of tests",
    "ranks": "arguments of rank tests",
    "composites": "arguments of composites",
    "cuts": "arguments of proposals",
    "reliability": "arguments of coefficients",
    "scores": "tables handed from step to step",
    "tables": "arguments of the display",
    "plots": "the font of the package itself",
    "agreement": "arguments of coefficients",
    "invariance": "arguments of comparisons of groups",
    "validity": "arguments of factor models",
    "factor": "arguments of factor models",
    "wording": "templates of the package itself",
}

# Put together and taken apart by code: how many cells, what is wrong, the first values.
ASSEMBLED = {f"{SLOT} cells {SLOT}", f"{SLOT} cells {SLOT}: {SLOT}"}


def shown(text: str) -> str:
    return text.replace(SLOT, "{}")


TEXTS = messages.catalogue()["texts"]
KNOWN = {plain(template) for template in TEXTS}
# Sorted: two workers of a test run must collect the same tests in the same order.
SAID = sorted(message_texts.collect(ROOT / "svclib", frozenset(FOR_PROGRAMMERS)))


def sentence(text: str) -> bool:
    """Something is said, not only filled in."""
    return bool(re.search(r"[A-Za-z]{3}", text.replace(SLOT, "")))


@pytest.mark.parametrize(
    "said",
    [t for t in SAID if sentence(t.text) and t.text not in ASSEMBLED],
    ids=lambda t: shown(t.text)[:60],
)
def test_every_text_for_users_has_its_chinese(said):
    text = said.text.replace(f"[{SLOT}, {SLOT}]", SLOT)
    known = text in KNOWN or text in messages.catalogue()["words"] or covered(text)
    assert known, f"{said.file}:{said.line}: add {shown(said.text)!r} to words/messages.zh.toml"


def covered(text: str) -> bool:
    """Whether a text with its slots filled is said in Chinese: some templates serve several texts."""
    filled = text.replace(SLOT, "7")
    return messages.translated(filled, "zh") != filled


def test_every_chinese_template_fills_its_slots():
    for english, zh in TEXTS.items():
        wanted = {name for _, name, _, _ in Formatter().parse(english) if name is not None}
        used = {name for _, name, _, _ in Formatter().parse(zh) if name}
        assert used <= wanted, english


def test_columns_are_called_as_their_headers_are():
    words = messages.catalogue()["words"]
    assert {c: words.get(c) for c in headers.CHINESE} == headers.CHINESE
    assert {name: words.get(name) for name in DATA} == DATA | {"targets": "目标值", "units": "部门"}
    for sheet in SHEETS.values():
        assert set(sheet.fields) <= set(words), sheet.zh


def test_a_problem_reads_as_an_office_writes():
    found = Problem("2026Q2/responses.csv", "rows 14, 52", "部门", "2 cells unknown unit: 甲部门, 乙部门",
                    "Add it to the units, or correct it.", "甲部")  # fmt: skip
    where, told = messages.translated(InputErrors([found]), "zh").split("：有2处")
    assert where == "输入有1处问题：\n  1. 2026Q2/responses.csv，第14、52行，部门"
    assert told == "没有这个部门（甲部门、乙部门）。请在部门名单中添加，或改正写法。是否想写“甲部”？"
    assert messages.translated(InputErrors([found]), "en") == str(InputErrors([found]))
    assert messages.problem(found, "en") is found


def test_a_workbook_is_told_of_its_cells_and_yaml_of_its_keys():
    told = {
        file: messages.problem(Problem(file, "", "scale", "a rating needs its scale", REMEDY), "zh")
        for file in ("方案.xlsx", "plan.yaml")
    }
    assert (told["方案.xlsx"].field, told["plan.yaml"].field) == ("量程", "scale")
    assert told["方案.xlsx"].remedy == "请填写“量程”，如 1-5。"
    assert told["plan.yaml"].remedy == "请补上 scale: [最低, 最高]。"


def test_keys_stay_keys_and_choices_are_chinese():
    told = messages.problem(
        Problem("plan.yaml", "line 2", "b", "unknown key 'b'", "Use one of name, en."), "zh"
    )
    assert told.remedy == "请从中选一个：name、en。"
    choices = "Choose one of high (越高越好), low (越低越好)."
    said = messages.problem(Problem("方案.xlsx", "指标体系!G2", "方向", "'好' is not known", choices), "zh")
    assert (said.found, said.remedy) == ("“好”不在可选项之内", "请从中选一个：越高越好、越低越好。")
    no = Problem(
        "plan.yaml", "line 3", "unit", "found false/no", "A text is wanted: put the value in quotes."
    )
    assert messages.problem(no, "zh").found == "填的是 false"


def test_what_has_no_chinese_stays_english():
    assert messages.translated(ParamError("a text nobody has translated: 3"), "zh").endswith("translated: 3")
    odd = messages.problem(Problem("a/b.csv", "row 2", "q01", "never heard of", "Do it."), "zh")
    assert (odd.place, odd.found, odd.remedy) == ("第2行", "never heard of", "Do it.")


def test_problems_that_became_text_are_told_line_by_line():
    found = Problem("judgments", "parent 体验", "parent", "no judgement", "Remove the row.", "过程")
    error = InputErrors([found])
    assert messages.translated(str(error), "zh") == messages.translated(error, "zh")


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("the weights of 甲, 乙 are all 0", "甲、乙的权重都是0，请改正"),
        ("no unit is called '丙'; choose one of ['甲', '乙']", "没有叫“丙”的部门；请从中选一个：甲、乙"),
        (
            "d/数据.xlsx: no sheet '单元'. The workbook has: 单位, 指标. Did you mean '单位'?",
            "d/数据.xlsx：没有工作表“单元”。请从现有工作表中选：单位、指标。是否想写“单位”？",
        ),
        (
            "d/x.parquet: not a Parquet file: Could not open: size is 0 bytes. Write it again.",
            "d/x.parquet：不是可读的 Parquet 文件。请重新导出。",
        ),
        (("entropy weights: 甲 / 态度 below 0. Anchored scores are 0 or more; shares and variation mean "
          "nothing below 0."), "熵权法：甲 / 态度小于0。得分应在0分以上，请核对评分标准。"),
    ],
)  # fmt: skip
def test_single_errors_are_told_in_chinese(text, zh):
    assert messages.translated(DataError(text), "zh") == zh


# What pydantic may say of a framework or a params file, each by a value that makes it say so.
TYPES = {
    "min_responses": 0, "confidence": 0.2, "draws": 5, "seed": "x", "panel": "maybe", "languages": [],
    "problems": {"outlier": 0}, "reliability": {"missing": "x"}, "collection": {"min_return_rate": 2},
    "audit": {"share": float("inf"), "min_per_unit": 1.5}, "pending": [1], "baseline": 3, "history": "x",
    "screening": [1], "annual": {"from": ["a"]}, "data": {"workbook": 5, "kpis": {"path": "k", "columns": 3}},
}  # fmt: skip


@pytest.mark.parametrize("key", TYPES)
def test_what_pydantic_says_is_told_in_chinese(key):
    doc = yamlfile.Document("方案.xlsx", {"name": "x", "cycle": "c", "framework": "f.yaml", key: TYPES[key]})
    yamlfile.validate(doc, ParamsFile)
    assert doc.problems
    told = [messages.problem(p, "zh") for p in doc.problems]
    no_english("\n".join(p.found + p.remedy for p in told))


# --- what people see when one thing is broken

ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,.;:]+[A-Za-z]{2,})+")
# Names that stay as they are: of files, formats, keys and error values.
NAMES = re.compile(r"CSV UTF-8|[\w./@-]+\.(?:xlsx|xls|csv|yaml|toml)|screening\.out_of_range|#[A-Z/]+[!?]?")


def no_english(text: str) -> None:
    left = ENGLISH.findall(NAMES.sub("", text))
    assert not left, (left, text)


@pytest.mark.parametrize("name", test_broken_inputs.CELLS)
def test_a_broken_cell_is_told_in_chinese(tmp_path, name):
    grids = test_broken_inputs.tables()
    test_broken_inputs.CELLS[name][0](grids)
    problems = sources.check(test_broken_inputs.write(tmp_path, grids, {}))
    told = messages.translated(InputErrors(problems), "zh")
    assert told.startswith(f"输入有{len(problems)}处问题：\n  1. ")
    no_english(told)


@pytest.mark.parametrize("name", test_broken_inputs.FILES)
def test_a_broken_file_is_told_in_chinese(tmp_path, name):
    file, content, _ = test_broken_inputs.FILES[name]
    grids = test_broken_inputs.tables()
    path = test_broken_inputs.write(tmp_path, grids, {"responses": (file, content(grids))})
    no_english(messages.translated(InputErrors(sources.check(path)), "zh"))


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return workbook.write(tmp_path_factory.mktemp("plan") / "评价方案.xlsx", tiny_content(), {})


@pytest.mark.parametrize("name", test_workbook.BROKEN)
def test_a_broken_workbook_is_told_in_chinese(plan, tmp_path, name):
    edit, _ = test_workbook.BROKEN[name]
    book = openpyxl.load_workbook(plan)
    edit(book)
    path = tmp_path / plan.name
    book.save(path)
    _, problems = frameworks.examine(workbook.read(path).framework)
    assert problems
    no_english(messages.translated(InputErrors(problems), "zh"))
