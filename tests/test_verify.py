"""`svclib verify`: files, inputs and tables of a published run against what they should be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import published
import pytest
import tiny_cycle
from click.testing import CliRunner

from svclib import cli, run
from svclib.errors import DataError
from svclib.run import manifest, verify


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an office and a published run of it in reports/office/2026Q2/r1."""
    folder = tmp_path_factory.mktemp("verify")
    published.publish(published.office(folder), folder / "reports" / "office" / "2026Q2" / "r1")
    return folder


@pytest.fixture
def home(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to alter; computing it again gives the original tables, and takes no time."""
    folder = tmp_path / "office"
    shutil.copytree(origin, folder)
    again = origin / "reports" / "office" / "2026Q2" / "r1"
    monkeypatch.setattr(run, "run_cycle", lambda *_, **__: run.Run("again", again, "", 0.0))
    return folder


def checked(home: Path, *more: object, lang: str = "en") -> tuple[int, str]:
    path = home / "reports" / "office" / "2026Q2" / "r1"
    done = CliRunner().invoke(cli.main, ["verify", str(path), *map(str, more), "--lang", lang])
    return done.exit_code, done.output


def altered(home: Path, table: str, column: str, value: object) -> Path:
    """Write another value into the first row of a published table."""
    path = home / "reports" / "office" / "2026Q2" / "r1" / "tables" / f"{table}.parquet"
    frame = pd.read_parquet(path)
    frame.loc[0, column] = value
    frame.to_parquet(path, index=False)
    return path


def test_an_untouched_run_is_verified_in_one_line(home: Path) -> None:
    code, said = checked(home)
    assert code == 0
    assert said.count("\n") == 1
    assert said.startswith("r1: verified; ")
    code, said = checked(home, lang="zh")
    assert code == 0
    assert "张结果表重新计算后与已发布的一致" in said


def test_an_altered_value_is_named_with_its_file_and_its_row(home: Path) -> None:
    altered(home, "grades", "published", 99.5)
    code, said = checked(home)
    assert code == 3
    assert "tables/grades.parquet: changed after the run was published" in said
    assert said.splitlines()[2].split() == ["Table", "Row", "Column", "Published", "Recomputed"]
    (line,) = [line for line in said.splitlines() if "99.5" in line]
    assert line.split()[:5] == ["grades", "2026Q1", "/", "乙", "<b>"]
    code, said = checked(home, lang="zh")
    assert code == 3
    assert "tables/grades.parquet：发布之后被改动" in said
    assert said.startswith("r1：核对未通过")


def test_a_manifest_that_was_altered_along_does_not_help(home: Path) -> None:
    path = altered(home, "grades", "grade", "优")
    run_dir = path.parent.parent
    record = manifest.read(run_dir)
    record["files"]["tables/grades.parquet"] = manifest.file_hash(path)
    (run_dir / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    code, said = checked(home)
    assert (code, "changed after" in said) == (3, False)
    assert " grade " in said
    record["body"]["tables"]["grades"] = "0"
    (run_dir / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    assert "manifest.json: changed after the run was published" in checked(home)[1]


def test_missing_and_added_files_are_named(home: Path) -> None:
    folder = home / "reports" / "office" / "2026Q2" / "r1"
    (folder / "report.zh.html").unlink()
    shutil.copy(folder / "tables" / "grades.parquet", folder / "tables" / "grades2.parquet")
    code, said = checked(home)
    assert code == 3
    assert "report.zh.html: missing from the run" in said
    assert "tables/grades2.parquet: added after the run was published" in said


def test_a_run_handed_on_without_its_private_tables_is_verified_without_them(home: Path) -> None:
    folder = home / "reports" / "office" / "2026Q2" / "r1"
    n_tables = len(list((folder / "tables").glob("*.parquet")))
    (folder / "private" / "exclusions.parquet").unlink()
    code, said = checked(home)
    (line,) = [line for line in said.splitlines() if line.startswith("exclusions")]
    assert (code, line.split()[1:]) == (3, ["no", "such", "table", "this", "table"])
    shutil.rmtree(folder / "private")
    code, said = checked(home)
    assert (code, f"{n_tables} tables come out" in said) == (0, True)


def test_a_changed_input_is_named_and_nothing_is_recomputed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(run, "run_cycle", never)
    data = home / "2026Q1_responses.csv"
    data.write_text(data.read_text(encoding="utf-8").replace(",5", ",4"), encoding="utf-8")
    code, said = checked(home)
    assert code == 3
    assert "2026Q1/responses: not what the run was made from any more" in said
    assert "tables were not recomputed" in said
    (home / "2026Q1_kpis.csv").unlink()
    assert "2026Q1/kpis：已不能读取" in checked(home, lang="zh")[1]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("2026Q2.yaml", "min_responses: 5", "min_responses: 4", "2026Q2: not what the run was made from"),
        ("2026Q1.yaml", "min_responses: 5", "min_responses: 4", "2026Q1: not what the run was made from"),
        ("framework.yaml", "优: 90", "优: 88", "试评: not what the run was made from"),
    ],
)
def test_changed_params_and_framework_are_named(home: Path, file: str, old: str, new: str, said: str) -> None:
    text = (home / file).read_text(encoding="utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new), encoding="utf-8")
    code, told = checked(home)
    assert code == 3
    assert said in told


def test_many_differences_are_counted(home: Path) -> None:
    path = home / "reports" / "office" / "2026Q2" / "r1" / "tables" / "indicator_scores.parquet"
    frame = pd.read_parquet(path)
    frame.assign(score=frame["score"] + 1, value=frame["value"] + 1).to_parquet(path, index=False)
    code, said = checked(home)
    assert code == 3
    assert said.count("indicator_scores  ") == 20
    assert "more differences" in said


def test_params_that_moved_are_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = home / "elsewhere"
    moved.mkdir()
    for path in [*home.glob("*.yaml"), *home.glob("*.csv")]:
        path.rename(moved / path.name)
    monkeypatch.chdir("/")
    code, said = checked(home)
    assert code == 2
    assert "2026Q2.yaml: the params file of the run is not found from here; name it with --params" in said
    assert checked(home, "--params", moved / "2026Q2.yaml")[0] == 0


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no finished run in .*name the folder of a run"):
        manifest.locate(tmp_path)
    with pytest.raises(DataError, match=r"no manifest\.json there"):
        manifest.read(tmp_path)
    (tmp_path / "manifest.json").write_text('{"run_id": "r"}', encoding="utf-8")
    with pytest.raises(DataError, match="is not one of this version"):
        manifest.read(tmp_path)


class TestUnlike:
    """Two tables against each other."""

    KEYED = pd.DataFrame({"group": ["", ""], "node": ["a", "b"], "global": [0.25, np.nan], "note": ["", "x"]})

    def unlike(self, other: pd.DataFrame) -> list[tuple[object, ...]]:
        return [row[1:] for row in verify.unlike("weights", self.KEYED, other)]

    def test_same_within_tolerance(self) -> None:
        assert self.unlike(self.KEYED) == []
        assert self.unlike(self.KEYED.assign(**{"global": [0.25 * (1 + 9e-10), np.nan]})) == []
        assert self.unlike(self.KEYED.iloc[::-1]) == []

    def test_values_by_their_key(self) -> None:
        low = 0.25 * (1 - 2e-9)
        assert self.unlike(self.KEYED.assign(**{"global": [low, np.nan]})) == [("a", "global", 0.25, low)]
        assert self.unlike(self.KEYED.assign(note=["", "y"])) == [("b", "note", "x", "y")]
        ((key, column, old, new),) = self.unlike(self.KEYED.assign(**{"global": [0.25, 0.0]}))
        assert (key, column, new) == ("b", "global", 0.0)
        assert np.isnan(old)

    def test_rows_and_columns_that_one_side_lacks(self) -> None:
        assert self.unlike(self.KEYED.head(1)) == [("b", "", "row", "no row")]
        assert self.unlike(self.KEYED.assign(node=["a", "c"])) == [
            ("b", "", "row", "no row"), ("c", "", "no row", "row"),
        ]  # fmt: skip
        ((_, _, old, new),) = self.unlike(self.KEYED.drop(columns="note"))
        assert (old, new) == ("group、node、global、note", "group、node、global")

    def test_a_table_outside_the_inventory_by_its_rows(self) -> None:
        frame = pd.DataFrame({"a": [1, 2]})
        assert list(verify.unlike("x", frame, frame.assign(a=[1, 3]))) == [("x", "1", "a", 2, 3)]


@pytest.mark.slow
def test_a_run_of_notebooks_is_executed_again_and_compared(tmp_path: Path) -> None:
    params = tiny_cycle.write(tmp_path)
    books = tmp_path / "notebooks"
    done = run.run_cycle(params, out=tmp_path / "reports", notebooks=books, say=lambda _: None)
    argv = ["verify", str(done.path.parent), "--notebooks", str(books), "--lang", "en"]
    result = CliRunner().invoke(cli.main, argv)
    assert (result.exit_code, "1 tables come out as published" in result.output) == (0, True), result.output
    path = done.path / "tables" / "grades.parquet"
    pd.read_parquet(path).assign(published=[82.5, np.nan]).to_parquet(path, index=False)
    result = CliRunner().invoke(cli.main, argv)
    assert result.exit_code == 3
    assert "82.5" in result.output
    assert "81.5" in result.output
