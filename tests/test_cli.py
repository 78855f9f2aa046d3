from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tiny_cycle
from click.testing import CliRunner

from svclib import cli, run

ROOT = Path(__file__).resolve().parent.parent


def svclib(*argv: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, [str(arg) for arg in argv])
    return result.exit_code, result.output


def test_check_accepts_a_sound_cycle(tmp_path: Path) -> None:
    code, said = svclib("check", tiny_cycle.write(tmp_path))
    assert code == 0
    assert "no problem found" in said


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
        raise run.StepFailed("40_scores_grades.ipynb, cell 4: ValueError")

    monkeypatch.setattr(run, "run_cycle", fail)
    code, said = svclib("run", tiny_cycle.write(tmp_path))
    assert code == 1
    assert "cell 4" in said


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
    assert seen == {"out": Path("o"), "jobs": 3, "only": ("10", "20", "40"), "units": False}


def test_module_starts_and_help_names_only_what_exists() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "svclib", "-h"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = done.stdout.split("Commands:")[1].split()
    assert {"check", "run"} <= set(listed)
    assert "status" not in listed


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
    assert f"{out}  (6)" in said
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
