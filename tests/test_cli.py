from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import tiny_cycle
from click.testing import CliRunner

from svclib import cli, errors, run
from svclib.run import locking

ROOT = Path(__file__).resolve().parent.parent


def svclib(*argv: object, locale: str = "C.UTF-8") -> tuple[int, str]:
    result = CliRunner(env={"LC_ALL": locale}).invoke(cli.main, [str(arg) for arg in argv])
    return result.exit_code, result.output


def test_check_accepts_a_sound_cycle(tmp_path: Path) -> None:
    code, said = svclib("check", tiny_cycle.write(tmp_path))
    assert code == 0
    assert "no problem found" in said
    assert "read: " in said


def test_check_lists_every_problem(tmp_path: Path) -> None:
    params = tiny_cycle.write(tmp_path)
    params.write_text(params.read_text(encoding="utf-8") + "sead: 1\npanell: true\n", encoding="utf-8")
    code, said = svclib("check", params)
    assert code == 2
    assert "sead" in said
    assert "'seed'" in said
    assert "panell" in said


def test_run_refuses_bad_input_and_writes_nothing(tmp_path: Path) -> None:
    params = tiny_cycle.write(tmp_path / "in")
    (params.parent / "responses.csv").write_text("部门,渠道,q1\n食堂,电话,77\n", encoding="utf-8")
    code, said = svclib("run", params, "--out", tmp_path / "out")
    assert code == 2
    assert "responses.csv" in said
    assert not (tmp_path / "out").exists()


def test_run_of_a_missing_file(tmp_path: Path) -> None:
    code, said = svclib("run", tmp_path / "nowhere.yaml", "--out", tmp_path / "out")
    assert code == 2
    assert "nowhere.yaml" in said


def test_failed_step_exits_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise errors.StepFailed("40_scores_grades.ipynb, cell 4: ValueError")

    monkeypatch.setattr(run, "run_cycle", fail)
    code, said = svclib("run", tiny_cycle.write(tmp_path))
    assert code == 1
    assert "cell 4" in said


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "has been running this cycle since"), ("zh", "正在运行本期评价")]
)
def test_another_run_under_way_has_an_exit_code_of_its_own(tmp_path: Path, lang: str, told: str) -> None:
    params = tiny_cycle.write(tmp_path / "in")
    with locking.held(tmp_path / "out" / "tiny" / "2026Q1", print):
        code, said = svclib("run", params, "--out", tmp_path / "out", "--lang", lang)
    assert (code, told in said) == (5, True), said


def test_options_reach_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def note(_params: Path, **options: object) -> run.Run:
        seen.update(options)
        return run.Run("r", tmp_path, "0" * 64, 1.0)

    monkeypatch.setattr(run, "run_cycle", note)
    code, said = svclib(
        "run", "p.yaml", "--out", "o", "--only", "10,20", "--only", "40", "--jobs", "3", "--no-units"
    )
    assert code == 0
    assert str(tmp_path) in said
    assert callable(seen.pop("say"))
    asked = {"out": Path("o"), "jobs": 3, "engine": "auto", "only": ("10", "20", "40"), "units": False}
    assert seen == asked | {"force": False, "scheduler": ""}


def test_module_starts_and_help_names_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "svclib", "-h"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = done.stdout.split("Commands:")[1].split()
    assert {"check", "run", "status", "verify", "diff", "freeze", "export", "doctor"} <= set(listed)


def test_command_line_starts_without_the_science_stack() -> None:
    script = "import sys, svclib.cli; assert not {'pandas', 'papermill', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_audit_writes_a_list_to_fill_in_and_never_over_another(tmp_path: Path) -> None:
    params, out = tiny_cycle.write(tmp_path), tmp_path / "calls.csv"
    code, said = svclib("audit", params, "--out", out)
    assert code == 0
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "受访者编号,部门,渠道,核查结果,日期,说明"
    assert len(lines) == 1 + 2 * 3
    assert all(line.endswith(",电话,,,") for line in lines[1:])
    assert f"{out}  (6 to call back)" in said
    before = out.read_bytes()
    code, said = svclib("audit", params, "--out", out)
    assert code == 2
    assert "calls.csv exists" in said
    assert out.read_bytes() == before


def test_audit_of_nobody(tmp_path: Path) -> None:
    params = tiny_cycle.write(tmp_path)
    told = params.read_text(encoding="utf-8") + "audit: {share: 0, min_per_unit: 0}\n"
    params.write_text(told, encoding="utf-8")
    code, said = svclib("audit", params, "--out", tmp_path / "calls.csv")
    assert code == 2
    assert "nobody to call back" in said
    assert not (tmp_path / "calls.csv").exists()


def test_messages_are_in_the_language_of_the_system_unless_asked(tmp_path: Path) -> None:
    params = tiny_cycle.write(tmp_path)
    assert "没有发现问题" in svclib("check", params, locale="zh_CN.UTF-8")[1]
    assert "no problem found" in svclib("check", params, "--lang", "en", locale="zh_CN.UTF-8")[1]
    code, said = svclib("check", tmp_path / "没有.yaml", "--lang", "zh")
    assert code == 2
    assert said.startswith("输入有1处问题：\n  1. 没有.yaml：无法读取 ")
    assert said.endswith("：文件不存在。请检查路径和文件名。\n")


def test_a_chinese_workbook_is_answered_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    book = openpyxl.Workbook()
    book.save(tmp_path / "plain.xlsx")
    book.worksheets[0].title = "指标体系"
    book.save(tmp_path / "plan.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"PK no")
    found = {name: cli.preferred(tmp_path / f"{name}.xlsx") for name in ("plain", "plan", "broken", "gone")}
    assert found == {"plain": "en", "plan": "zh", "broken": "en", "gone": "en"}


@pytest.mark.parametrize(
    ("own", "lang"), [("Chinese (Simplified)_China", "zh"), ("de_DE", "en"), (None, "en")]
)
def test_windows_is_asked_for_its_language(
    own: str | None, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: (own, "cp936"))
    assert cli.preferred() == lang


def test_a_failed_step_is_told_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, say: Callable[[str], None], **_options: object) -> None:
        say("[1/7] 10_data_quality  ok  3.1 s")
        cell = "30_weights (30_weights.ipynb), cell 4: DataError: the weights of 甲, 乙 are all 0"
        raise errors.StepFailed(f"{cell}\nnothing published; the failed notebook is in out/failed-1")

    monkeypatch.setattr(run, "run_cycle", fail)
    code, said = svclib("run", tiny_cycle.write(tmp_path), "--lang", "zh")
    assert code == 1
    assert said.splitlines() == [
        "[1/7] 10_data_quality  完成  3.1秒",
        "30_weights（30_weights.ipynb）第4个单元格出错（DataError）：甲、乙的权重都是0，请改正",
        "没有发布任何结果；出错的笔记本保存在 out/failed-1",
    ]
