"""`svclib verify` of executed runs: a partial period, a corrected cycle read from a database, a year."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
import tiny_cycle
import yaml
from click.testing import CliRunner
from tiny_office import Office, answers, content, rated

from svclib import cli

pytestmark = pytest.mark.slow
DAY, VARIABLE = "2026-05-31", "OFFICE_DATABASE"
STEPS = """\
from IPython.display import HTML
from svclib import cycle
ctx = cycle.open(params_file, run_dir, language, as_of)
for step in ({steps}):
    saved = ctx.save(ctx.step(step))
HTML("<p>" + ctx.masthead("zh")[1] + "</p>")"""
FIX = {
    "数据": "指标数据",
    "部门": "甲",
    "指标": "准时",
    "列": "数值",
    "原值": "80",
    "新值": "85",
    "依据": "笔误",
}


class Made(NamedTuple):
    """An office with three published runs; `database` holds the answers of its second quarter."""

    folder: Path
    database: Path

    def verified(self, home: str, lang: str = "en") -> tuple[int, str]:
        books = ["--notebooks", str(self.folder / "notebooks"), "--lang", lang]
        done = CliRunner().invoke(
            cli.main, ["verify", str(self.folder / "reports" / "office" / home), *books]
        )
        return done.exit_code, done.output


def answers_of(folder: Path) -> Path:
    path = folder / "service.db"
    rows = [
        row
        for unit in ("甲", "乙")
        for when, mark in (("2026-05-31 23:00", 5), ("2026-06-01 08:00", 2))
        for row in answers(unit, {"电话": [mark] * 8}, when=when, start=mark * 10)
    ]
    with closing(sqlite3.connect(path)) as database:
        pd.DataFrame(rows).to_sql("answers", database, index=False)
    return path


def office(folder: Path) -> None:
    """2026Q1; 2026Q2 with answers in a database and a correction; the year of both."""
    plan = rated()
    plan["dimensions"]["体验"]["weight"] = 0.5
    record = content()["dimensions"]["服务"]["indicators"]["准时"] | {"weight": 1}
    plan["dimensions"]["服务"] = {"weight": 0.5, "indicators": {"准时": record}}
    made = Office(folder, plan)
    for name, start in (("2026Q1", "2026-01-01"), ("2026Q2", "2026-04-01")):
        last = {"2026Q1": "2026-03-31", "2026Q2": "2026-06-30"}[name]
        before = [
            row for u in ("甲", "乙") for row in answers(u, {"电话": [4] * 16}, when="2026-02-01 09:00")
        ]
        now = {"corrections": [FIX | {"批准人": "委员会", "批准日期": "2026-05-20"}]}
        sheets = {"responses": before} if name == "2026Q1" else now
        chain = {} if name == "2026Q1" else {"baseline": "2026Q1.yaml"}
        values = {"甲": {"准时": 80}, "乙": {"准时": 90}}
        path = made.cycle(
            name, values, period={"start": start, "end": last}, languages=["zh"], sheets=sheets, **chain
        )
    said = yaml.safe_load(path.read_text("utf-8"))
    said["data"]["responses"] = {"sql": "select * from answers", "url": {"env": VARIABLE}}
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    year = {"name": "office", "framework": "framework.yaml", "cycle": "2026", "kind": "annual"}
    year |= {"annual": {"from": ["2026Q1.yaml", "2026Q2.yaml"]}, "languages": ["zh"], "draws": 200}
    (folder / "2026.yaml").write_text(yaml.safe_dump(year, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("office")
    office(folder)
    for name, steps in (("90_report", "10 20 30 40 50 60 70 90"), ("92_annual_report", "40 50 60 70 90")):
        cell = STEPS.format(steps=", ".join(f'"{step}"' for step in steps.split()))
        book = folder / "notebooks" / f"{name}.ipynb"
        tiny_cycle.notebook(book, tiny_cycle.prose("# 报告"), tiny_cycle.code(cell))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, f"sqlite:///{answers_of(folder)}")
        for words in (["2026Q2.yaml"], ["2026Q2.yaml", "--as-of", DAY], ["2026.yaml"]):
            argv = ["run", str(folder / words[0]), *words[1:], "--out", str(folder / "reports"), "--no-units"]
            done = CliRunner().invoke(cli.main, [*argv, "--notebooks", str(folder / "notebooks")])
            assert done.exit_code == 0, done.output
        yield Made(folder, folder / "service.db")


def test_a_corrected_cycle_from_a_database(made: Made) -> None:
    code, said = made.verified("2026Q2")
    assert (code, "tables come out as published" in said) == (0, True), said


def test_a_partial_period(made: Made) -> None:
    code, said = made.verified(f"2026Q2@{DAY}")
    assert (code, "tables come out as published" in said) == (0, True), said


def test_a_year(made: Made) -> None:
    code, said = made.verified("2026", "zh")
    assert (code, "张结果表重新计算后与已发布的一致" in said) == (0, True), said


def test_rows_changed_in_the_database_are_named_and_nothing_is_recomputed(made: Made) -> None:
    with closing(sqlite3.connect(made.database)) as database:
        before = database.execute("select rowid, q1 from answers where rowid = 1").fetchone()
        database.execute("update answers set q1 = 1 where rowid = 1")
        database.commit()
        told = [made.verified(home) for home in ("2026Q2", f"2026Q2@{DAY}", "2026")]
        database.execute("update answers set q1 = ? where rowid = ?", before[::-1])
        database.commit()
    for code, said in told:
        assert code == 3
        assert "2026Q2/responses: not what the run was made from any more" in said
        assert "tables were not recomputed" in said


def test_a_database_without_its_address_is_asked_for(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    code, said = made.verified("2026Q2")
    assert (code, f"environment variable '{VARIABLE}' is not set" in said) == (3, True), said
    assert "2026Q2/responses: can no longer be read" in said
    assert f"没有设置环境变量 {VARIABLE}" in made.verified("2026Q2", "zh")[1]
    monkeypatch.setenv(VARIABLE, f"sqlite:///{made.folder}/gone.db")
    code, said = made.verified("2026Q2")
    assert "no database file 'gone.db'" in said
    assert (code, "2026Q2/responses: can no longer be read" in said) == (3, True), said
