from __future__ import annotations

import contextlib
import copy
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml
from factories import make_answers, tiny_content, tiny_framework
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from svclib import params, sources
from svclib.columns import checked
from svclib.errors import InputErrors
from svclib.sources import files

ROOT = Path(__file__).resolve().parent.parent

UNITS = "部门,名称,分组\nA,甲部,一组\nB,乙部,一组\n"
RESPONSES = """\
受访者编号,部门,评价主体,渠道,开始时间,结束时间,q01,q02,q03,q04,q05
R1,A,客户,电话,2026-06-05 12:46:42,2026-06-05 12:50:29,5,4,9,4,2
R2,A,内部监督,网络,,,4,4,4,,
R3,B,Customers,Phone,,,3,,4,5,1
"""
KPIS = """\
部门,指标,数值,分子,分母,样本量,均值,标准差
A,处理率,,48,50,,,
A,Accidents,,1,4200,,,
A,时长,,,,30,12.5,4
B,处理率,不适用,,,,,
B,时长,14,,,,,
"""
JUDGMENTS = "专家,专家权重,上级,甲,乙,判断值\n张,1,,体验,过程,3\n张,1,过程,处理率,事故率,1/5\n"
DEFAULT = {"units": UNITS, "responses": RESPONSES, "kpis": KPIS, "judgments": JUDGMENTS}


class Home:
    """A folder with a framework, a params file and data files to spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = copy.deepcopy(tiny_content())
        self.entries: dict[str, Any] = {name: f"{name}.csv" for name in DEFAULT}
        self.settings: dict[str, Any] = {}
        for name, text in DEFAULT.items():
            self.put(name, text)

    def put(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.folder / f"{name}.csv").write_bytes(text.encode(encoding))

    def swap(self, name: str, *pairs: tuple[str, str]) -> None:
        text = DEFAULT[name]
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        self.put(name, text)

    def file(self, name: str = "2026Q2.yaml", **more: Any) -> Path:
        text = yaml.safe_dump(self.content, allow_unicode=True, sort_keys=False)
        (self.folder / "framework.yaml").write_text(text, encoding="utf-8")
        body = {"name": "t", "framework": "framework.yaml", "cycle": name[:-5], "data": self.entries}
        path = self.folder / name
        path.write_text(
            yaml.safe_dump({**body, **self.settings, **more}, allow_unicode=True), encoding="utf-8"
        )
        return path

    def read(self) -> sources.Inputs:
        return sources.read(params.load(self.file()))

    def problems(self) -> list[str]:
        return [str(p) for p in sources.check(self.file())]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


# ---- what good files give


def test_responses_by_hand(home: Home):
    got = home.read().responses
    assert list(got.columns[:13]) == [
        "cycle", "source", "row", "respondent", "unit", "subject", "channel", "weight", "stratum", "cluster",
        "seconds", "started", "finished",
    ]  # fmt: skip
    assert list(got["row"]) == [2, 3, 4]
    assert list(got["subject"]) == ["客户", "内部监督", "客户"]
    assert list(got["channel"]) == ["电话", "网络", "电话"]
    assert list(got["weight"]) == [1, 1, 1]
    np.testing.assert_array_equal(got["seconds"], [227, np.nan, np.nan])
    np.testing.assert_array_equal(got["q03"], [np.nan, 4, 4])
    np.testing.assert_array_equal(got["q05"], [2, np.nan, 1])
    texts = got.select_dtypes("str")
    assert not texts.isna().any().any()
    assert set(got.dtypes.astype(str)) == {"str", "int64", "float64"}
    assert dict(make_answers(1, 2).dtypes) == dict(got.drop(columns=["started", "finished"]).dtypes)


def test_reverse_items_are_recoded_only_on_request(home: Home):
    inputs = home.read()
    recoded = sources.coded(inputs.responses, tiny_framework())
    np.testing.assert_array_equal(recoded["q05"], [4, np.nan, 5])
    assert_frame_equal(recoded.drop(columns="q05"), inputs.responses.drop(columns="q05"))


def test_kpis_by_hand(home: Home):
    got = home.read().kpis
    assert list(got["indicator"]) == ["处理率", "事故率", "时长", "处理率", "时长"]
    assert list(got["status"]) == ["ok", "ok", "ok", "not_applicable", "ok"]
    np.testing.assert_array_equal(got["numerator"], [48, 1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(got["mean"], [np.nan, np.nan, 12.5, np.nan, np.nan])
    np.testing.assert_array_equal(got["value"], [np.nan, np.nan, np.nan, np.nan, 14])


def test_judgments_and_units_by_hand(home: Home):
    inputs = home.read()
    np.testing.assert_allclose(inputs.judgments["value"], [3, 0.2])
    assert list(inputs.judgments["parent"]) == ["", "过程"]
    first = {"unit": "A", "name": "甲部", "name_en": "", "parent": "", "group": "一组", "head": ""}
    assert inputs.units.iloc[0].to_dict() == first | {"replaces": "", "valid_from": ""}
    assert inputs.hashes["units"] == hashlib.sha256(UNITS.encode()).hexdigest()
    assert sorted(inputs.hashes) == ["judgments", "kpis", "responses", "units"]
    assert len(inputs.exclusions) == 0


def test_parents_are_listed_and_not_evaluated(home: Home):
    home.put("units", "部门,英文名称,上级,参评\nA,,东区,\nB,,东区,是\n东区,East,中心,否\n中心,,,否\n")
    inputs = home.read()
    assert list(inputs.units["unit"]) == ["A", "B"]
    assert inputs.parents.to_numpy().tolist() == [["东区", "东区", "East", "中心"], ["中心", "中心", "", ""]]


def test_without_a_units_file_the_answers_name_them(home: Home):
    del home.entries["units"]
    inputs = home.read()
    assert list(inputs.units["unit"]) == ["A", "B"]
    assert list(inputs.units.dtypes.astype(str).unique()) == ["str"]


def test_absent_sources_are_empty_frames_with_their_columns(home: Home):
    del home.entries["judgments"]
    inputs = home.read()
    assert list(inputs.judgments.columns) == ["expert", "credibility", "parent", "a", "b", "value"]
    assert len(inputs.judgments) == 0


def test_a_single_subject_needs_no_column(home: Home):
    home.content["subjects"] = {"客户": 1}
    home.content["subjects_en"] = {}
    home.swap("responses", ("评价主体", "备注栏"))
    assert set(home.read().responses["subject"]) == {"客户"}


def test_column_names_and_codes_can_be_mapped(home: Home):
    home.swap(
        "responses",
        ("q01", "您对态度满意吗"),
        ("R1,A,客户,电话", "R1,甲,客户,电话"),
        (",5,4,9", ",非常满意,4,9"),
    )
    home.entries["responses"] = {
        "path": "responses.csv",
        "columns": {"q01": "您对态度满意吗"},
        "values": {"unit": {"甲": "A"}, "q01": {"非常满意": 5}},
    }
    got = home.read().responses
    assert list(got["unit"]) == ["A", "A", "B"]
    assert got["q01"].iloc[0] == 5


def test_stated_choices_are_read_beside_the_items(home: Home):
    order = ["态度", "环境"]
    home.content["dimensions"]["体验"]["weights"] = {
        "method": "stated",
        "columns": ["最重要"],
        "order": order,
    }
    home.put("responses", RESPONSES.replace("q05\n", "q05,最重要\n").replace(",2\nR2", ",2,1.0\nR2"))
    got = home.read().responses
    assert got.columns[-1] == "最重要"
    np.testing.assert_array_equal(got["最重要"], [1, np.nan, np.nan])


# ---- what is left out, with its reason


def test_blank_rows_empty_records_and_repeated_judgements_are_listed(home: Home):
    home.swap("responses", ("R2,A", ",,,,,,,,,,\nR2,A"))
    home.put("kpis", KPIS + "B,事故率,,,,,,\n")
    home.put("judgments", JUDGMENTS + "张,1,,过程,体验,1/3\n")
    inputs = home.read()
    got = checked("exclusions", inputs.exclusions)
    assert list(got["source"]) == ["judgments", "kpis", "responses"]
    assert list(got["rule"]) == ["repeated_judgement", "not_reported", "blank_row"]
    assert list(got["row"]) == [4, 7, 3]
    assert list(got["detail"]) == ["过程 : 体验", "事故率", ""]
    assert got["excluded"].all()
    assert list(inputs.responses["row"]) == [2, 4, 5]
    assert (len(inputs.kpis), len(inputs.judgments)) == (5, 2)


def test_out_of_range_answers_become_missing_when_declared(home: Home):
    home.settings["screening"] = {"out_of_range": "exclude"}
    home.swap("responses", (",5,4,9,4,2", ",6,0,9,4,2"))
    inputs = home.read()
    row = inputs.exclusions.iloc[0]
    assert (row["rule"], row["row"], row["respondent"], row["unit"]) == ("out_of_range", 2, "R1", "A")
    assert (row["excluded"], row["value"], row["cut"], row["detail"]) == (False, 6, 5, "q01=6; q02=0")
    assert len(inputs.exclusions) == 1
    assert inputs.responses[["q01", "q02"]].iloc[0].isna().all()


# ---- refusals


def replaced(name: str, *pairs: tuple[str, str]) -> Callable[[Home], None]:
    return lambda home: home.swap(name, *pairs)


def text(name: str, content: str) -> Callable[[Home], None]:
    return lambda home: home.put(name, content)


def entry(name: str, value: Any) -> Callable[[Home], None]:
    return lambda home: home.entries.update({name: value})


REFUSED: list[tuple[str, Callable[[Home], None], str]] = [
    (
        "out of range",
        replaced(
            "responses",
            ("R1,A,客户,电话,2026-06-05 12:46:42,2026-06-05 12:50:29,5", "R1,A,客户,电话,,,6"),
            (",,,3,,4", ",,,0,,4"),
        ),
        "responses.csv, rows 2, 4, q01: 2 cells outside 1-5, missing codes 9: 6, 0. Correct them",
    ),
    (
        "text in item",
        replaced("responses", (",4,4,4,,", ",四,4,4,,")),
        "row 3, q01: not a number: 四. Write the code, or map labels under values: {q01: {label: code}}.",
    ),
    (
        "missing item",
        replaced("responses", ("q02", "q_2")),
        "row 1, q02: no column for item q02 of 态度. Add it",
    ),
    (
        "missing unit column",
        replaced("responses", ("部门", "科室名")),
        "row 1, unit: no column unit (部门). Add it, or map it under columns:",
    ),
    (
        "missing subject column",
        replaced("responses", ("评价主体", "x")),
        "row 1, subject: no column subject (评价主体).",
    ),
    (
        "nearest header",
        replaced("kpis", ("指标,", "指标名,")),
        "The file has 部门, 指标名, 数值, 分子, 分母, 样本量, 均值, 标准差. Did you mean '指标名'?",
    ),
    (
        "two headers",
        replaced("responses", ("渠道", "部门")),
        "unit: 2 columns for unit: 部门, 部门. Keep one",
    ),
    (
        "near optional header",
        replaced("responses", ("结束时间", "结束时问")),
        "column is not used. Correct its name, or give it a clearly different one. Did you mean '结束时间'?",
    ),
    (
        "unknown unit",
        replaced("responses", ("R2,A", "R2,AA")),
        "row 3, 部门: unknown unit: AA. Add it to the units, or correct it.",
    ),
    ("empty unit", replaced("responses", ("R2,A", "R2,")), "row 3, 部门: empty: (empty). Fill it in."),
    (
        "unknown subject",
        replaced("responses", ("内部监督", "内部监察")),
        "row 3, 评价主体: unknown subject: 内部监察. Use 客户, 内部监督. Did you mean '内部监督'?",
    ),
    (
        "bad time",
        replaced("responses", ("2026-06-05 12:50:29", "昨天")),
        "row 2, 结束时间: not a time: 昨天.",
    ),
    (
        "time backwards",
        replaced("responses", ("2026-06-05 12:50:29", "2026-06-05 12:40:29")),
        "row 2, 结束时间: time below 0",
    ),
    (
        "other cycle",
        replaced("responses", ("渠道", "周期")),
        "rows 2, 3, 4, 周期: 3 cells rows of another cycle than 2026Q2",
    ),
    (
        "weight",
        replaced("responses", ("渠道", "权重"), ("电话", "0"), ("网络", ""), ("Phone", "1")),
        "row 2, 权重: weight not above 0: 0. Give every row a weight above 0.",
    ),
    (
        "no weight",
        replaced("responses", ("渠道", "权重"), ("电话", "0"), ("网络", ""), ("Phone", "1")),
        "row 3, 权重: no weight",
    ),
    ("unit twice", text("units", UNITS + "A,丙部,二组\n"), "units.csv, row 4, 部门: unit listed twice: A."),
    (
        "parent without a row",
        text("units", "部门,上级\nA,东区\nB,东区\n"),
        "units.csv, rows 2, 3, 上级: 2 cells unknown parent: 东区, 东区. Give it a row of its own (参评 否",
    ),
    (
        "parents in a circle",
        text("units", "部门,上级\nA,B\nB,A\n"),
        "units.csv, rows 2, 3, 上级: 2 cells stands above itself: B, A. Correct one parent",
    ),
    (
        "its own parent",
        text("units", "部门,上级\nA,\nB,B\n"),
        "units.csv, row 3, 上级: stands above itself: B.",
    ),
    (
        "evaluated in other words",
        text("units", "部门,参评\nA,是\nB,不\n"),
        "units.csv, row 3, 参评: not a choice: 不. Write 是 or 否.",
    ),
    ("nobody evaluated", text("units", "部门,参评\nA,否\nB,否\n"), "units.csv, row 1, evaluated: no unit is"),
    ("unit empty", text("units", UNITS + ",丙部,二组\n"), "units.csv, row 4, 部门: empty"),
    (
        "unknown indicator",
        replaced("kpis", ("A,处理率", "A,处理律")),
        "row 2, 指标: unknown indicator: 处理律. Name an indicator of the framework. Did you mean '处理率'?",
    ),
    (
        "rating in kpis",
        replaced("kpis", ("A,处理率", "A,态度")),
        "row 2, 指标: a rating comes from the responses: 态度. Remove it here.",
    ),
    ("kpi unit", replaced("kpis", ("A,时长", "C,时长")), "row 4, 部门: unknown unit: C."),
    (
        "kpi twice",
        text("kpis", KPIS + "A,处理率,,1,2,,,\n"),
        "row 7, 指标: unit and indicator repeated: 处理率. Keep one row of each.",
    ),
    ("denominator", replaced("kpis", ("48,50", "0,0")), "row 2, 分母: denominator of 处理率 not above 0: 0."),
    (
        "numerator above",
        replaced("kpis", ("48,50", "51,50")),
        "row 2, 分子: numerator of 处理率 above the denominator: 51.",
    ),
    (
        "numerator below",
        replaced("kpis", ("1,4200", "-1,4200")),
        "row 3, 分子: numerator of 事故率 below 0: -1.",
    ),
    (
        "lone numerator",
        replaced("kpis", ("48,50", "48,")),
        "row 2, 分母: numerator or denominator of 处理率 alone",
    ),
    (
        "value range",
        replaced("kpis", ("B,处理率,不适用", "B,处理率,980")),
        "row 5, 数值: value of 处理率 outside 0-100: 980.",
    ),
    (
        "fractions",
        replaced("kpis", ("A,处理率,,48,50", "A,处理率,0.96,,"), ("B,处理率,不适用", "B,处理率,0.98")),
        "rows 2, 5, 数值: 2 cells values of 处理率 look like fractions, its unit is %: 0.96, 0.98. Write 95",
    ),
    (
        "percent sign",
        replaced("kpis", ("B,处理率,不适用", "B,处理率,98%")),
        "row 5, 数值: not a number: 98%. Write a plain number without %; 不适用 where",
    ),
    ("ambiguous NA", replaced("kpis", ("B,处理率,不适用", "B,处理率,NA")), "row 5, 数值: not a number: NA."),
    ("sd", replaced("kpis", ("30,12.5,4", "30,12.5,-4")), "row 4, 标准差: sd of 时长 below 0: -4."),
    ("n", replaced("kpis", ("30,12.5,4", "0,12.5,4")), "row 4, 样本量: n of 时长 not above 0: 0."),
    ("no value", replaced("kpis", ("30,12.5,4", "30,,4")), "row 4, 数值: no value of 时长"),
    (
        "no number column",
        text("kpis", "部门,指标\nA,处理率\n"),
        "row 1, value: no column with a number. Add one of value",
    ),
    (
        "judgement range",
        replaced("judgments", (",3\n", ",10\n")),
        "row 2, 判断值: not between 1/9 and 9: 10. Write 1 to 9",
    ),
    ("judgement text", replaced("judgments", (",3\n", ",很\n")), "row 2, 判断值: not between 1/9 and 9: 很."),
    (
        "judgement name",
        replaced("judgments", ("体验,过程", "体检,过程")),
        "row 2, 甲: unknown name: 体检. Use one of 体验, 过程.",
    ),
    (
        "judgement level",
        replaced("judgments", ("张,1,过程", "张,1,工程")),
        "row 3, 上级: unknown parent: 工程. Name a dimension; leave it empty",
    ),
    (
        "judgement self",
        replaced("judgments", ("体验,过程,3", "体验,体验,3")),
        "row 2, 乙: compared with itself: 体验.",
    ),
    (
        "judgement contradiction",
        text("judgments", JUDGMENTS + "张,1,,过程,体验,3\n"),
        "row 4, 判断值: contradicts an earlier row of the same pair: 3. Keep one.",
    ),
    (
        "credibility",
        replaced("judgments", ("张,1,过程", "张,2,过程")),
        "rows 2, 3, 专家权重: 2 cells one expert with several credibilities",
    ),
    ("credibility zero", replaced("judgments", ("张,1", "张,0")), "credibility not above 0"),
    ("empty", text("units", ""), "units.csv: the file is empty. Put headers"),
    ("headers only", text("units", "部门\n"), "units.csv: there are headers but no rows."),
    (
        "ragged",
        text("units", UNITS + "C,丙,一组,多余\n"),
        "units.csv, row 4: 4 cells where the header has 3. Quote",
    ),
    (
        "absent file",
        entry("units", "unit.csv"),
        "No such file or directory. Check the path. Did you mean 'units.csv'?",
    ),
    (
        "file type",
        entry("units", "units.xls"),
        "files of type .xls cannot be read. Use .csv, .txt, .xlsx, .parquet, .sav.",
    ),
    (
        "sheet of csv",
        entry("units", {"path": "units.csv", "sheet": "部门"}),
        "sheet '部门' is given for a .csv file",
    ),
    (
        "mapped header",
        entry("units", {"path": "units.csv", "columns": {"name": "名字"}}),
        "name: no column '名字'. Correct columns: in the params.",
    ),
    (
        "mapped column",
        entry("units", {"path": "units.csv", "columns": {"nmae": "名称"}}),
        "columns: names 'nmae', which units does not use. Remove it. Did you mean 'name'?",
    ),
    (
        "mapped values",
        entry("units", {"path": "units.csv", "values": {"head": {"1": "张"}}}),
        "values: names 'head', which is not a column here",
    ),
]


def test_a_header_that_is_not_there_is_told_once(home: Home):
    given = {"path": "responses.csv", "columns": {"q02": "第二题"}, "values": {"q02": {"好": 5}}}
    entry("responses", given)(home)
    (problem,) = home.problems()
    assert "q02: no column '第二题'" in str(problem)


@pytest.mark.parametrize(
    ("spoil", "expected"), [(s, t) for _, s, t in REFUSED], ids=[name for name, *_ in REFUSED]
)
def test_refusals(home: Home, spoil: Callable[[Home], None], expected: str):
    spoil(home)
    found = home.problems()
    assert any(expected in line for line in found), "\n".join(found)


def test_good_files_have_no_problem(home: Home):
    assert home.problems() == []


def test_many_bad_cells_are_one_problem_with_the_count(home: Home):
    rows = "".join(f"R{i},A,客户,电话,,,7,1,1,1,1\n" for i in range(10, 22))
    home.put("responses", RESPONSES + rows)
    (found,) = home.problems()
    assert (
        "responses.csv, rows 5, 6, 7, 8, 9, …, q01: 12 cells outside 1-5, missing codes 9: 7, 7, 7, 7, 7, …."
        in found
    )


def test_everything_wrong_comes_at_once_and_read_refuses(home: Home):
    home.swap("responses", (",4,4,4,,", ",四,4,4,,"), ("内部监督", "x"))
    home.swap("kpis", ("48,50", "51,50"))
    home.put("units", UNITS + "A,丙部,二组\n")
    assert len(home.problems()) == 4
    with pytest.raises(InputErrors, match=r"4 problem\(s\) in the input"):
        home.read()


def test_data_are_checked_although_a_setting_is_wrong(home: Home):
    home.settings["sead"] = 1
    home.swap("kpis", ("48,50", "51,50"))
    found = home.problems()
    assert any("unknown key 'sead'" in line for line in found)
    assert any("above the denominator" in line for line in found)


def test_the_cycles_named_are_checked_too(home: Home):
    home.put("old", KPIS.replace("48,50", "51,50"))
    before = home.file("2026Q1.yaml", data={**home.entries, "kpis": "old.csv"}, sead=1)
    home.settings = {"baseline": before.name, "history": [before.name]}
    found = home.problems()
    assert len(found) == 2
    assert "2026Q1.yaml, line 9, sead: unknown key" in found[0]
    assert found[1].startswith(
        f"2026Q1.yaml: {home.folder.name}/old.csv, row 2, 分子: numerator of 处理率 above"
    )


def test_a_cycle_used_twice_is_refused(home: Home):
    home.file("2026Q1.yaml", cycle="2026Q2")
    home.settings = {"baseline": "2026Q1.yaml"}
    assert home.problems() == [
        "2026Q1.yaml, cycle: cycle '2026Q2' is used twice. Give each params file its own cycle."
    ]


def test_only_the_first_unknown_names_get_their_own_problem(home: Home):
    rows = "".join(f"R{i},X{i},客户,电话,,,1,1,1,1,1\n" for i in range(10, 40))
    home.put("responses", RESPONSES + rows)
    found = home.problems()
    assert len(found) == 11
    assert "20 cells more unknown unit: X20, X21, X22, X23, X24, …" in found[-1]


def test_repeated_respondents_are_left_to_screening(home: Home):
    home.swap("responses", ("R2,A", "R1,A"))
    assert home.problems() == []


# ---- encodings and workbooks


def workbook(path: Path, sheets: dict[str, str]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for line in content.splitlines():
            sheet.append([cell_of(c) for c in line.split(",")])
    book.save(path)


def cell_of(value: str) -> Any:
    try:
        return float(value) if value else None
    except ValueError:
        return value


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "xlsx", "parquet", "tab", "crlf"])
def test_every_encoding_gives_the_same_frames(home: Home, encoding: str):
    plain = home.read()
    for name, content in DEFAULT.items():
        if encoding == "xlsx":
            workbook(home.folder / "数据.xlsx", DEFAULT)
            home.entries[name] = {"path": "数据.xlsx", "sheet": name}
        elif encoding == "parquet":
            lines = [line.split(",") for line in content.splitlines()]
            pd.DataFrame(lines[1:], columns=lines[0]).to_parquet(home.folder / f"{name}.parquet")
            home.entries[name] = f"{name}.parquet"
        elif encoding in ("tab", "crlf"):
            home.put(name, content.replace(",", "\t") if encoding == "tab" else content.replace("\n", "\r\n"))
        else:
            home.put(name, content, encoding)
    other = home.read()
    for name in (*DEFAULT, "exclusions"):
        assert_frame_equal(getattr(plain, name), getattr(other, name))


def test_workbook_problems_name_sheet_and_cell(home: Home):
    workbook(home.folder / "数据.xlsx", {"单位": UNITS, "指标 数据": KPIS.replace("48,50", "51,50")})
    home.entries["units"] = {"path": "数据.xlsx", "sheet": "单元"}
    home.entries["kpis"] = {"path": "数据.xlsx", "sheet": "指标 数据"}
    found = home.problems()
    assert "no sheet '单元'. The workbook has: 单位, 指标 数据." in found[0]
    assert "数据.xlsx, 指标 数据!D2, 分子: numerator of 处理率 above the denominator: 51" in found[1]


def test_workbooks_of_careless_exporters(home: Home):
    book = openpyxl.Workbook()
    sheet = book.active
    for line in UNITS.splitlines():
        sheet.append(line.split(","))
    sheet["H9"] = "  "
    book.save(home.folder / "units.xlsx")
    home.entries["units"] = "units.xlsx"
    assert list(home.read().units["unit"]) == ["A", "B"]


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_readers(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    folder = tmp_path_factory.mktemp("bytes")
    for suffix in files.SUFFIXES:
        path = folder / f"x{suffix}"
        path.write_bytes(content)
        with contextlib.suppress(files.UnreadableError):
            files.read(params.DataSource(path=path))


def test_broken_binary_files_are_problems(home: Home):
    for name, suffix in (("units", "xlsx"), ("kpis", "parquet")):
        (home.folder / f"{name}.{suffix}").write_bytes(b"no")
        home.entries[name] = f"{name}.{suffix}"
    (home.folder / "responses.csv").write_bytes(b"\xff\x81\xff")
    found = "\n".join(home.problems())
    assert "units.xlsx: not an xlsx workbook. Save it as .xlsx." in found
    assert "kpis.parquet: not a Parquet file" in found
    assert "responses.csv: the text is neither UTF-8 nor GB18030. Save it as CSV UTF-8." in found


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(12)))
def test_shuffling_rows_changes_only_their_order(home: Home, order: list[int]):
    frame = make_answers(3, 6, units=("A", "B")).drop(columns=["cycle", "source", "row"])
    frame.to_csv(home.folder / "responses.csv", index=False)
    straight = home.read()
    frame.iloc[order].to_csv(home.folder / "responses.csv", index=False)
    shuffled = home.read()
    assert_frame_equal(straight.units, shuffled.units)
    back = shuffled.responses.sort_values("respondent", ignore_index=True)
    assert_frame_equal(back.drop(columns="row"), straight.responses.drop(columns="row"))


# ---- the project's own files


@pytest.mark.parametrize("path", ["templates/params.yaml", "params/demo/2026Q2.yaml"])
def test_the_files_of_the_project_have_no_problem(path: str):
    assert [str(p) for p in sources.check(ROOT / path)] == []


def test_kansas_city_reads_without_a_problem(shared_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SVCLIB_DATA", str(shared_data))
    path = ROOT / "params" / "kansas_city" / "2022-03.yaml"
    assert [str(p) for p in sources.check(path)] == []
    got = sources.read(params.load(path)).responses
    assert len(got) == 984
    assert sorted(got["unit"].unique()) == list("123456")
    assert got[list(params.load(path).framework.items)].max().max() == 5
