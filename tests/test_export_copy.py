from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import tiny_cycle
from click.testing import CliRunner

from svclib import cli, columns
from svclib.errors import DataError, ParamError, StepFailed
from svclib.run import execute, export, export_copy, pdf

execute.quicken_jupyter()
LOCK = "name: tiny\ncycle: 2026Q1\ntitle: {zh: 试评, en: null}\nlanguages: [zh, en]\n"


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Folder of a finished run: report, one unit, a public and a private table."""
    run = tmp_path / "tiny" / "2026Q1" / "20260401T000000Z-0"
    tiny_cycle.notebook(run / "notebooks" / "90_report.ipynb", tiny_cycle.prose("# 评价报告"))
    names = export.safe_names(tiny_cycle.UNITS)
    tiny_cycle.notebook(run / "notebooks" / "units" / f"{names['食堂']}.ipynb", tiny_cycle.prose("# 食堂"))
    for folder in ("tables", "private"):
        (run / folder).mkdir()
    grades = pd.DataFrame({"cycle": ["2026Q1", "2026Q1", "2025Q4"], "unit": [*tiny_cycle.UNITS, "旧"]})
    grades.to_parquet(run / "tables" / "grades.parquet")
    columns.empty("exclusions").to_parquet(run / "private" / "exclusions.parquet")
    (run / "params.lock.yaml").write_text(LOCK, encoding="utf-8")
    (run / "manifest.json").write_text(json.dumps({"run_id": run.name}), encoding="utf-8")
    (run / "结果.xlsx").write_bytes(b"x")
    (run / ".secret").write_text("x", encoding="utf-8")
    (run / "report.zh.html").write_text("old", encoding="utf-8")
    return run


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class TestCopy:
    def test_everything_but_private_and_hidden_is_copied_and_pages_are_made(self, finished: Path, tmp_path):
        before = {name: (finished / name).read_bytes() for name in listed(finished)}
        assert export_copy.export_copy(finished, tmp_path / "out") == []
        made = listed(tmp_path / "out")
        assert {"report.zh.html", "report.en.html", "units/食堂.zh.html", "结果.xlsx"} <= made
        assert {"tables/grades.parquet", "review/index.zh.html", "manifest.json"} <= made
        assert not [name for name in made if "private" in name or "exclusions" in name or ".secret" in name]
        report = (tmp_path / "out" / "report.zh.html").read_text(encoding="utf-8")
        assert "评价报告" in report
        assert 'href="结果.xlsx"' in report
        assert {name: (finished / name).read_bytes() for name in listed(finished)} == before

    def test_one_language(self, finished: Path, tmp_path: Path) -> None:
        export_copy.export_copy(finished, tmp_path / "out", ["en"])
        assert not [name for name in listed(tmp_path / "out") if name.endswith(".zh.html")]

    def test_unknown_language_is_refused(self, finished: Path, tmp_path: Path) -> None:
        with pytest.raises(ParamError, match=r"language=\['fr'\]: the run has \['en', 'zh'\]"):
            export_copy.export_copy(finished, tmp_path / "out", ["fr"])

    def test_earlier_copy_is_replaced(self, finished: Path, tmp_path: Path) -> None:
        export_copy.export_copy(finished, tmp_path / "out", ["en"])
        export_copy.export_copy(finished, tmp_path / "out", ["zh"])
        assert not (tmp_path / "out" / "report.en.html").exists()

    def test_folder_with_something_else_is_left_alone(self, finished: Path) -> None:
        with pytest.raises(ParamError, match=r"holds something else\. Choose another folder by --out\."):
            export_copy.export_copy(finished, finished)
        assert (finished / "private" / "exclusions.parquet").is_file()

    def test_folder_without_a_run_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"no params\.lock\.yaml there"):
            export_copy.export_copy(tmp_path, tmp_path / "out")


class TestBrowser:
    def test_variable_comes_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program = tmp_path / "mine"
        program.touch(mode=0o755)
        monkeypatch.setenv(pdf.VARIABLE, str(program))
        assert pdf.browser() == program

    def test_variable_that_names_nothing_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(pdf.VARIABLE, "/nowhere/chrome")
        with pytest.raises(ParamError, match=r"\$SVCLIB_CHROMIUM is /nowhere/chrome: no program there"):
            pdf.browser()

    def test_browser_that_prints_nothing_is_a_failure(self, tmp_path: Path) -> None:
        with pytest.raises(StepFailed, match=r"a\.html: false made no PDF of it"):
            pdf.printed([tmp_path / "a.html"], Path("/bin/false"))


class TestCommand:
    @pytest.fixture(autouse=True)
    def no_browser(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "browser", lambda: None)

    def told(self, *argv: object, lang: str = "en") -> tuple[int, str]:
        result = CliRunner().invoke(cli.main, ["export", *map(str, argv), "--lang", lang])
        return result.exit_code, result.output

    def test_without_a_browser_pages_are_made_and_pdf_is_said_to_be_skipped(self, finished: Path, tmp_path):
        code, said = self.told(finished, "--out", tmp_path / "out")
        assert code == 0
        assert "PDF skipped: no Chromium, Chrome or Edge found" in said
        assert "report.zh.html" in said
        assert "未生成 PDF" in self.told(finished, "--out", tmp_path / "out", lang="zh")[1]

    def test_pages_alone_say_nothing_of_pdf(self, finished: Path, tmp_path: Path) -> None:
        code, said = self.told(finished, "--html", "--out", tmp_path / "out")
        assert code == 0
        assert "PDF" not in said

    def test_pdf_asked_for_without_a_browser_fails_before_anything_is_written(self, finished: Path, tmp_path):
        code, said = self.told(finished, "--pdf", "--out", tmp_path / "out")
        assert code == 1
        assert "no PDF: no Chromium" in said
        assert not (tmp_path / "out").exists()
