"""Leak test: a planted id, telephone number, secret and group of three stand in no file of a true run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import tiny_cycle

from svclib import cycle, doctor, run, suppression
from svclib.columns import TABLES
from svclib.doctor.texts import public_files, texts
from svclib.run import manifest

pytestmark = pytest.mark.slow  # a whole cycle
FRAMEWORK = tiny_cycle.FRAMEWORK.replace("subjects: {客户: 1}", "subjects: {客户: 0.6, 内部: 0.2, 三方: 0.2}")
FRAMEWORK = FRAMEWORK.replace("weight: 1}", "weight: 1, target: 4}")  # missed, which a letter tells
UNITS = ("食堂", '=HYPERLINK("http://x.example","领 <b>")', "丙部")
PHONE, PERSON, SEGMENT, SECRET = "13912345678", "RESP-7731-ID", "稀有客群", 'hunter22-"secret&<'
VARIABLE = "SURVEY_SECRET"
SIZES = {"客户": 40, "内部": 9, "三方": 12}


def answers() -> pd.DataFrame:
    """Three units rated by three subjects; in the first, three by 内部 and three of a rare segment."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "部门": unit,
            "评价主体": subject,
            "渠道": "电话" if k % 2 else "网络",
            "客群": "常客",
            "意见": "服务很好",
        }
        for unit in UNITS
        for subject, size in (SIZES | {"内部": 3} if unit == UNITS[0] else SIZES).items()
        for k in range(size)
    ]
    frame = pd.DataFrame(rows).assign(q1=rng.integers(2, 6, len(rows)))
    frame.loc[frame["部门"] == UNITS[1], "q1"] = 1
    frame["受访者编号"] = [f"{PERSON}-{k:03d}" for k in range(len(frame))]
    frame.loc[:2, "客群"] = SEGMENT
    frame.loc[[0, 20, 70], "意见"] = f"服务差，请打{PHONE}找我 <script>alert(1)</script>"
    return frame


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[cycle.Context]:
    """A run of the notebooks themselves; the answers come from a database whose address is a secret."""
    home = tmp_path_factory.mktemp("leaks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, f"sqlite:///{home / SECRET}.db")
        params = tiny_cycle.write(home)
        (home / "framework.yaml").write_text(FRAMEWORK, encoding="utf-8")
        with closing(sqlite3.connect(home / f"{SECRET}.db")) as database:
            answers().to_sql("answers", database, index=False)
        (home / "keywords.csv").write_text("类别,关键词\n态度,服务\n", encoding="utf-8")
        source = f"{{sql: select * from answers, url: {{env: {VARIABLE}}}}}"
        said = params.read_text("utf-8").replace("responses.csv", f"{source}, keywords: keywords.csv")
        params.write_text(said + "draws: 200\n", encoding="utf-8")
        done = run.run_cycle(params, out=home / "reports", say=lambda _: None)
        yield cycle.open(str(params), str(done.path), "zh,en")


def public(made: cycle.Context) -> list[Path]:
    assert made.run_dir is not None
    return public_files(made.run_dir)


@pytest.mark.parametrize("planted", [PHONE, PERSON, SEGMENT, SECRET])
def test_what_was_planted_is_in_no_public_file(made: cycle.Context, planted: str) -> None:
    assert {".html", ".ipynb", ".csv", ".xlsx", ".docx", ".parquet", ".json", ".yaml"} <= {
        path.suffix for path in public(made)
    }
    found = [path.name for path in public(made) if any(planted in text for text in texts(path))]
    assert found == []


def test_the_doctor_finds_nothing_wrong(made: cycle.Context) -> None:
    assert made.run_dir is not None
    assert [one for one in doctor.finished(made.run_dir) if one.level == doctor.ERROR] == []


def test_no_public_file_holds_a_hash_of_what_is_private(made: cycle.Context) -> None:
    assert made.run_dir is not None
    private = sorted((made.run_dir / "private").rglob("*.parquet"))
    assert {path.parent.name for path in private} == {"private", "whole"}
    hashes = [manifest.file_hash(path) for path in private]
    hashes += [manifest.frame_hash(pd.read_parquet(path)) for path in private]
    said = "".join(text for path in public(made) for text in texts(path))
    assert not [found for found in hashes if found[:16] in said]


def test_the_tables_of_the_reviewer_are_those_of_the_run(made: cycle.Context) -> None:
    sheets = {path.stem: path for path in public(made) if path.parts[-3:-1] == ("review", "tables")}
    tables = {path.stem: path for path in public(made) if path.suffix == ".parquet"}
    assert sheets.keys() == tables.keys()
    assert [
        name for name in sheets if len(pd.read_csv(sheets[name])) != len(pd.read_parquet(tables[name]))
    ] == []


def test_a_unit_named_like_a_formula_is_none_in_any_sheet(made: cycle.Context) -> None:
    for path in (p for p in public(made) if p.suffix == ".csv"):
        cells = pd.read_csv(path, dtype=str, keep_default_na=False).map(
            lambda cell: cell.startswith(("=", "@"))
        )
        assert not cells.to_numpy().any(), path.name
    for path in (p for p in public(made) if p.suffix == ".xlsx"):
        book = openpyxl.load_workbook(path)
        lines = [cell for page in book.worksheets for row in page.iter_rows() for cell in row]
        assert not [c for c in lines if c.data_type == "f" and "HYPERLINK" in str(c.value)], path.name


def test_the_group_of_three_is_in_no_public_table_and_follows_from_none(made: cycle.Context) -> None:
    tables = {p.stem: pd.read_parquet(p) for p in public(made) if p.suffix == ".parquet"}
    scores = tables["indicator_scores"]
    scores = scores[scores["unit"] == UNITS[0]]
    assert sorted(scores["subject"]) == ["", "客户"]
    profile = tables["response_profile"]
    profile = profile[profile["unit"] == UNITS[0]].groupby("subject")["n"].sum()
    assert profile["*"] == 3 + SIZES["三方"]
    assert "内部" not in profile.index
    # nor by taking the other units from what everybody of 内部 is
    known = tables["response_profile"].query("subject == '内部'")
    assert known["unit"].nunique() < len(UNITS) - 1
    assert SEGMENT not in set(tables["distribution"]["member"])


def test_steps_compute_with_everybody(made: cycle.Context) -> None:
    board = made.table("board").set_index("unit")
    assert board.loc[UNITS[0], "n"] == 40 + 3 + 12
    whole = pd.read_parquet(Path(made.run_dir or "", "private", "whole", "indicator_scores.parquet"))
    assert set(whole.loc[whole["unit"] == UNITS[0], "subject"]) == {"", "客户", "内部", "三方"}


def test_no_public_table_has_a_small_group(made: cycle.Context) -> None:
    whole = pd.read_parquet(Path(made.run_dir or "", "private", "whole", "response_profile.parquet"))
    known = suppression.plan(whole, least=5)
    for path in (p for p in public(made) if p.suffix == ".parquet"):
        assert suppression.small(path.stem, pd.read_parquet(path), known, least=5) == 0, path.stem


def test_tables_of_single_people_are_private(made: cycle.Context) -> None:
    assert not {p.stem for p in public(made)} & {name for name, table in TABLES.items() if table.private}


def test_a_run_that_reads_its_tables_again_computes_with_everybody(made: cycle.Context) -> None:
    again = cycle.open(str(made.params.file), str(made.run_dir), "zh")
    assert again.step("40")["grades"].equals(made.table("grades"))
    assert again.table("response_profile").equals(made.table("response_profile"))
