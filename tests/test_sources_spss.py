"""SPSS files as sources: labels of variables are headers too, labels of codes are read, except of numbers."""

from __future__ import annotations

import builtins
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sources import Home
from tiny_office import Office

from svclib import params, sources
from svclib.sources import files
from svclib.sources.cells import UnreadableError
from svclib.sources.preview import previews

# The answers of `Home`, as a survey program exports them: codes with labels.
FRAME = pd.DataFrame({
    "id": ["R1", "R2", "R3"],
    "v1": [1.0, 1, 2],
    "v2": [1.0, 2, 1],
    "v3": [1.0, 2, 1],
    "begun": [dt.datetime(2026, 6, 5, 12, 46, 42), None, None],
    "ended": [dt.datetime(2026, 6, 5, 12, 50, 29), None, None],
    "q01": [5.0, 4, 3],
    "q02": [4.0, 4, np.nan],
    "q03": [9.0, 4, 4],
    "q04": [4.0, np.nan, 5],
    "q05": [2.0, 8, 1],
})  # fmt: skip
TITLES = {
    "id": "问卷编号", "v1": "所在部门", "v2": "评价主体", "v3": "渠道",
    "begun": "开始时间", "ended": "结束时间", "q01": "您对服务态度满意吗？",
}  # fmt: skip
STEPS = {1: "非常不满意", 5: "非常满意"}
LABELS = {
    "v1": {1: "A", 2: "B"}, "v2": {1: "客户", 2: "内部监督"}, "v3": {1: "电话", 2: "网络"}, "q01": STEPS,
}  # fmt: skip
MAPPED = {"unit": "所在部门"}


def save(path: Path, frame: pd.DataFrame = FRAME, **more: Any) -> Path:
    said = {"column_labels": TITLES, "variable_value_labels": LABELS, "missing_ranges": {"q05": [8]}} | more
    known = {k: {n: v for n, v in names.items() if n in frame} for k, names in said.items()}
    pyreadstat.write_sav(frame, path, **known)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    save(tmp_path / "答卷.sav")
    made.entries["responses"] = {"path": "答卷.sav", "columns": MAPPED}
    return made


def test_an_spss_file_gives_what_the_csv_gives(home: Home):
    got = home.read().responses
    home.entries["responses"] = "responses.csv"
    filed = home.read().responses
    assert list(got["row"]) == [1, 2, 3]  # cases, as SPSS numbers them
    columns = ["respondent", "unit", "subject", "seconds", "q01", "q02", "q03", "q04", "q05"]
    pd.testing.assert_frame_equal(got[columns], filed[columns])
    assert list(got["channel"]) == ["电话", "网络", "电话"]


def test_codes_of_items_stay_numbers_and_labels_name_the_rest(home: Home):
    cells = files.read(params.DataSource(path=home.folder / "答卷.sav"))
    assert cells.headers[1] == "v1"
    assert cells.titles["v1"] == "所在部门"
    assert cells.meanings["v1"] == {"1": "A", "2": "B"}
    assert list(cells.body[6]) == ["5", "4", "3"]
    assert list(home.read().responses["q01"]) == [5, 4, 3]


def test_user_missing_values_are_empty(home: Home):
    np.testing.assert_array_equal(home.read().responses["q05"], [2, np.nan, 1])
    save(home.folder / "答卷.sav", missing_ranges={"q05": [{"lo": 6, "hi": 9}], "q03": [9]})
    np.testing.assert_array_equal(home.read().responses["q03"], [np.nan, 4, 4])


def test_a_code_may_be_recoded_by_its_number_or_its_label(home: Home):
    home.entries["responses"]["values"] = {"channel": {1: "电话访问", "网络": "线上"}}
    assert list(home.read().responses["channel"]) == ["电话访问", "线上", "电话访问"]


@pytest.mark.parametrize("rows", [{"v1": 1}, {"v1": "A"}, {"所在部门": "A"}])
def test_rows_are_chosen_by_code_or_label(home: Home, rows: dict[str, Any]):
    home.entries["responses"]["rows"] = rows
    assert list(home.read().responses["respondent"]) == ["R1", "R2"]


def test_a_header_comes_before_a_title(home: Home):
    home.entries["responses"] = {"path": "答卷.sav"}
    renamed, labels = FRAME.rename(columns={"v1": "部门"}), LABELS | {"部门": LABELS["v1"]}
    save(home.folder / "答卷.sav", renamed, column_labels={"v2": "单位"}, variable_value_labels=labels)
    assert any("no column subject (评价主体)" in p for p in home.problems())
    assert not any("unit" in p for p in home.problems())


def test_dates_and_sheets_of_the_catalogue(tmp_path: Path):
    office = Office(tmp_path)
    frame = pd.DataFrame({
        "who": [1.0], "what": [2.0], "day": [dt.date(2026, 6, 5)], "goal": [95.0], "why": ["与上年持平"],
    })  # fmt: skip
    titles = {"who": "部门", "what": "指标", "day": "期限", "goal": "目标值", "why": "调整理由"}
    labels = {"who": {1: "甲"}, "what": {2: "准时"}, "goal": {95: "很高"}}
    save(tmp_path / "目标.sav", frame, column_labels=titles, variable_value_labels=labels, missing_ranges={})
    path = office.cycle("2026Q2", {"甲": {"准时": 90}})
    text = path.read_text("utf-8").replace("data:\n", "data:\n  targets: 目标.sav\n")
    path.write_text(text, "utf-8")
    (row,) = sources.read(params.load(path)).sheets["targets"].to_dict("records")
    assert (row["unit"], row["indicator"], row["target"]) == ("甲", "准时", 95)
    assert (row["due"], row["reason"]) == ("2026-06-05", "与上年持平")


def test_an_export_of_wjx_is_known_by_its_titles(home: Home):
    frame = FRAME.assign(ip="10.0.0.1", used="128秒").drop(columns=["begun", "ended"])
    titles = TITLES | {"id": "序号", "ip": "来自IP", "used": "所用时间"}
    save(home.folder / "答卷.sav", frame, column_labels=titles)
    home.entries["responses"]["preset"] = "wjx"
    got = home.read().responses
    assert list(got["respondent"]) == ["R1", "R2", "R3"]
    assert list(got["unit"]) == ["A", "A", "B"]
    assert set(got["seconds"]) == {128}


def test_problems_name_the_case_and_the_variable(home: Home):
    frame = FRAME.assign(v1=[1.0, 3, 2], q02=[4.0, 7, 2])
    save(home.folder / "答卷.sav", frame)
    found = home.problems()
    name = f"{home.folder.name}/答卷.sav"
    assert f"{name}, row 2, v1: unknown unit: 3. Add it to the units, or correct it." in found
    assert any(p.startswith(f"{name}, row 2, q02: outside 1-5") for p in found)
    path = home.file()
    (made,) = previews(params.load(path), sources.check(path))
    assert made.rows.iloc[0, :3].tolist() == ["2", "R2", "3"]
    assert made.bad[0].sum() == 2


def test_a_lacking_column_is_told_with_labels(home: Home):
    home.entries["responses"] = {"path": "答卷.sav"}
    (told,) = [p for p in home.problems() if "no column unit" in p]
    assert "The file has id (问卷编号), v1 (所在部门), v2 (评价主体)" in told
    home.entries["responses"]["columns"] = {"unit": "所在部们"}
    assert any("no column '所在部们'" in p and "Did you mean '所在部门'?" in p for p in home.problems())
    save(home.folder / "答卷.sav", column_labels=TITLES | {"v3": "调查渠到"})
    assert any("调查渠到: column is not used" in p for p in home.problems())


def test_the_draft_of_a_mapping_knows_labels(home: Home):
    entry = params.DataSource(path=home.folder / "答卷.sav")
    cells = files.read(entry)
    drafted = sources.draft_mapping(cells.headers, params.load(home.file()).framework, titles=cells.titles)
    told = drafted.set_index("header")["suggestion"]
    assert (told["v2"], told["v3"], told["id"]) == ("subject", "channel", "respondent")
    assert drafted.set_index("header").loc["v3", "title"] == "渠道"


def test_a_file_of_an_older_installation_in_chinese(tmp_path: Path):
    """Texts in GB18030 below a header that says UTF-8 are read as what they are."""
    path = save(
        tmp_path / "旧.sav", pd.DataFrame({"unit": ["XXXX"], "q": [1.0]}), column_labels={"q": "YYYY"}
    )
    written = path.read_bytes().replace(b"XXXX", "甲部".encode("gb18030"))
    path.write_bytes(written.replace(b"YYYY", "态度".encode("gb18030")))
    cells = files.read(params.DataSource(path=path))
    assert cells.body.to_numpy().tolist() == [["甲部", "1"]]
    assert cells.titles == {"q": "态度"}


@pytest.mark.parametrize("content", [b"", b"no", b"$FL2" + bytes(200)])
def test_what_is_no_spss_file(tmp_path: Path, content: bytes):
    (tmp_path / "x.sav").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"x.sav: not a readable SPSS file"):
        files.read(params.DataSource(path=tmp_path / "x.sav"))


def test_a_file_without_cases(home: Home):
    save(home.folder / "答卷.sav", FRAME.iloc[:0])
    assert "there are variables but no cases. Save the file with its cases." in "\n".join(home.problems())


def test_a_missing_package_is_told(home: Home, monkeypatch: pytest.MonkeyPatch):
    kept = builtins.__import__

    def lacking(name: str, *args: Any, **more: Any) -> Any:
        if name == "pyreadstat":
            raise ImportError(name)
        return kept(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(UnreadableError, match="pyreadstat, which reads SPSS files, is not installed"):
        files.read(params.DataSource(path=home.folder / "答卷.sav"))


@given(codes=st.lists(st.integers(0, 9), min_size=1, max_size=8), labelled=st.sets(st.integers(0, 9)))
def test_every_code_is_its_label_or_itself(tmp_path_factory: Any, codes: list[int], labelled: set[int]):
    from svclib.sources.cells import labelled as applied

    path = tmp_path_factory.mktemp("sav") / "x.sav"
    labels = {"v": {c: f"第{c}类" for c in labelled}} if labelled else {}
    frame = pd.DataFrame({"v": np.array(codes, float)})
    pyreadstat.write_sav(frame, path, variable_value_labels=labels)
    cells = files.read(params.DataSource(path=path))
    wanted = [f"第{c}类" if c in labelled else str(c) for c in codes]
    assert applied(cells.body[0], cells.meanings.get("v", {})).tolist() == wanted
