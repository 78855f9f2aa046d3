"""The frame: one version, one lock, one conda file that agree, and a bootstrap that starts anywhere."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import bootstrap
import svclib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
EXTRAS = [r for of in PROJECT["project"]["optional-dependencies"].values() for r in of]
DECLARED = {
    r.name: r
    for r in map(
        Requirement, PROJECT["project"]["dependencies"] + EXTRAS + PROJECT["dependency-groups"]["dev"]
    )
}
# Packages with another name on conda-forge; "" = not needed by conda users.
CONDA_NAME = {"matplotlib": "matplotlib-base", "uv": ""}


def test_lock_pins_everything_declared_within_its_bounds():
    pins = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, re.MULTILINE))
    for name, wanted in DECLARED.items():
        assert name in pins, (
            f"{name} is in pyproject.toml but not in requirements.lock: compile the lock again"
        )
        assert wanted.specifier.contains(pins[name]), f"{name}=={pins[name]} is locked, {wanted} is declared"


def test_lock_is_hashed_and_names_no_address():
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links|--trusted)", LOCK, re.MULTILINE)
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert [b.splitlines()[0] for b in blocks if "--hash=sha256:" not in b] == []


def test_lock_holds_what_the_editable_install_needs():
    for package in ("hatchling", "editables", "uv"):
        assert bootstrap.pinned(package).startswith(f"{package}==")


def test_conda_environment_says_what_pyproject_says():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert conda["channels"] == ["conda-forge", "nodefaults"]
    *plain, from_pip = conda["dependencies"]
    listed = {r.name: str(r.specifier) for r in map(Requirement, plain)}
    listed |= {r.name: str(r.specifier) for r in map(Requirement, from_pip["pip"][:-1])}
    assert from_pip["pip"][-1] == "-e ."
    assert listed.pop("python") == PROJECT["project"]["requires-python"]
    assert listed.pop("pip") == ""
    names = {CONDA_NAME.get(name, name): str(r.specifier) for name, r in DECLARED.items()}
    names.pop("")
    assert listed == names


def test_one_version_everywhere():
    version = PROJECT["project"]["version"]
    assert svclib.__version__ == version
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["version"] == version
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## (\S+)", changelog, re.MULTILINE).group(1) == version
    assert "### Numbers changed" in changelog


def test_licence_is_the_gpl_and_the_project_says_so():
    assert PROJECT["project"]["license"] == "GPL-3.0-or-later"
    assert (ROOT / "LICENSE").read_text("utf-8").lstrip().startswith("GNU GENERAL PUBLIC LICENSE")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_ci_runs_the_tests_then_the_simulations():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text("utf-8")
    assert "set -euo pipefail" in text
    assert text.index("bootstrap.py test") < text.index("bootstrap.py slow")


def test_bootstrap_needs_only_the_standard_library():
    tree = ast.parse((ROOT / "bootstrap.py").read_text("utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_bootstrap_starts_in_an_older_python_far_enough_to_say_so(monkeypatch):
    ast.parse((ROOT / "bootstrap.py").read_text("utf-8"), feature_version=(3, 8))
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer.*\n *需要 Python 3\.11"):
        bootstrap.main(["test"])


@pytest.mark.parametrize(("words", "code"), [([], 2), (["reprot"], 2), (["--help"], 0)])
def test_bootstrap_without_a_known_command_lists_the_commands(words, code, capsys):
    assert bootstrap.main(words) == code
    printed = capsys.readouterr().out
    assert [name for name in bootstrap.COMMANDS if name not in printed] == []


@pytest.fixture
def pip_list(monkeypatch):
    """Lets a test say what `pip config list` prints and which variables are set."""

    def use(printed: str, **variables: str) -> dict[str, str]:
        for name in [n for n in os.environ if n.startswith(("PIP_", "UV_", "SSL_"))]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        done = subprocess.CompletedProcess([], 0, stdout=printed)
        monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: done)
        return bootstrap.pip_settings()

    return use


LISTED = """\
global.extra-index-url='a://one/simple\\na://two/simple'
global.index-url='a://main/simple'
global.timeout='10'
install.index-url='a://install/simple'
download.index-url='a://never/simple'
"""


def test_pip_settings_merge_as_pip_merges_them(pip_list):
    found = pip_list(LISTED, PIP_TIMEOUT="60", PIP_FIND_LINKS="/w1 /w2", PIP_CERT="")
    assert found["index-url"] == "a://install/simple"
    assert found["extra-index-url"].split() == ["a://one/simple", "a://two/simple"]
    assert found["timeout"] == "60"
    assert found["find-links"] == "/w1 /w2"
    assert "cert" not in found


def test_uv_receives_the_settings_of_pip(pip_list):
    env = bootstrap.uv_env(pip_list(LISTED, PIP_FIND_LINKS="/w1 /w2", PIP_CERT="/ca.pem"))
    assert env["UV_DEFAULT_INDEX"] == "a://install/simple"
    assert env["UV_INDEX"] == "a://one/simple a://two/simple"
    assert env["UV_FIND_LINKS"] == "/w1,/w2"
    assert env["SSL_CERT_FILE"] == "/ca.pem"
    assert env["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_a_closed_index_stays_closed_for_uv(pip_list, monkeypatch):
    pip_list("", PIP_NO_INDEX="true")
    commands: list[list] = []
    monkeypatch.setattr(bootstrap, "install", lambda command, _env: commands.append(command) or True)
    assert bootstrap.install_with("uv")
    assert "--no-index" in commands[0]


def test_settings_of_uv_stand_over_those_of_pip(pip_list):
    env = bootstrap.uv_env(
        pip_list(LISTED, UV_INDEX_URL="a://mine", UV_INDEX="a://more", UV_INDEX_STRATEGY="first")
    )
    assert "UV_DEFAULT_INDEX" not in env
    assert (env["UV_INDEX_URL"], env["UV_INDEX"], env["UV_INDEX_STRATEGY"]) == (
        "a://mine",
        "a://more",
        "first",
    )


def test_children_run_single_threaded_in_utf8_and_see_no_foreign_packages(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    env = bootstrap.child_env()
    assert "PYTHONPATH" not in env
    assert env["OMP_NUM_THREADS"] == env["OPENBLAS_NUM_THREADS"] == env["MKL_NUM_THREADS"] == "1"
    assert env["PYTHONUTF8"] == "1"


@pytest.fixture
def sandbox(monkeypatch, tmp_path):
    """A repository whose environment is made by a counter instead of an installer."""
    made: list[int] = []

    def build() -> None:
        python = tmp_path / ".venv" / "python"
        python.parent.mkdir(exist_ok=True)
        python.touch()
        made.append(1)

    for name, text in (("requirements.lock", "a==1\n"), ("pyproject.toml", "")):
        (tmp_path / name).write_text(text, "utf-8")
    places = {"ROOT": ".", "VENV": ".venv", "PYTHON": ".venv/python", "LOCK": "requirements.lock"}
    for name, place in (places | {"STAMP": ".venv/svclib.stamp"}).items():
        monkeypatch.setattr(bootstrap, name, tmp_path / place)
    monkeypatch.setattr(bootstrap, "build", build)
    return tmp_path, made


def test_environment_is_made_once(sandbox):
    _, made = sandbox
    bootstrap.ensure()
    bootstrap.ensure()
    assert len(made) == 1


@pytest.mark.parametrize("file", ["requirements.lock", "pyproject.toml"])
def test_environment_is_made_anew_when_an_input_changes(sandbox, file):
    root, made = sandbox
    bootstrap.ensure()
    (root / file).write_text("changed", "utf-8")
    bootstrap.ensure()
    assert len(made) == 2


@pytest.mark.parametrize("lost", ["python", "svclib.stamp"])
def test_half_made_environment_is_made_anew(sandbox, lost):
    root, made = sandbox
    bootstrap.ensure()
    (root / ".venv" / lost).unlink()
    bootstrap.ensure()
    assert len(made) == 2


def test_missing_ensurepip_names_the_package_to_install(monkeypatch):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"no ensurepip; install python3\.\d+-venv"):
        bootstrap.plain_venv()


@pytest.mark.parametrize(
    ("extra", "files"),
    [
        ([], [bootstrap.DEMO]),
        (["--no-units"], [bootstrap.DEMO, "--no-units"]),
        (["my/cycle.yaml"], ["my/cycle.yaml"]),
    ],
)
def test_report_runs_the_demo_or_the_named_file_and_passes_the_exit_code_on(monkeypatch, extra, files):
    calls: list[tuple] = []
    monkeypatch.setattr(bootstrap, "module", lambda *words: calls.append(words) or 3)
    assert bootstrap.report(extra) == 3
    assert calls == [("svclib", "run", *files)]


@pytest.fixture
def installers(monkeypatch):
    """Lets a test say which installers work; returns what was tried, in order."""

    def use(working: set[str]) -> list[str]:
        tried: list[str] = []

        def install(command, _env):
            name = {"/bin/uv": "uv on PATH", "/venv/uv": "locked uv"}.get(command[0], "pip")
            tried.append(name)
            return name in working

        monkeypatch.setattr(bootstrap, "install", install)
        monkeypatch.setattr(bootstrap, "run", lambda *_, **__: 0)
        monkeypatch.setattr(bootstrap, "plain_venv", lambda: None)
        monkeypatch.setattr(bootstrap, "pip_settings", dict)
        monkeypatch.setattr(bootstrap, "locked_uv", lambda: "/venv/uv")
        monkeypatch.setattr(bootstrap.shutil, "which", lambda _: "/bin/uv")
        bootstrap.build()
        return tried

    return use


def test_the_first_installer_that_works_is_used(installers, capsys):
    assert installers({"uv on PATH", "pip"}) == ["uv on PATH"]
    assert capsys.readouterr().err == ""
    assert installers({"locked uv", "pip"}) == ["uv on PATH", "locked uv"]
    assert installers({"pip"}) == ["uv on PATH", "locked uv", "pip"]
    assert "using pip" in capsys.readouterr().err


def test_when_no_installer_works_the_build_ends_with_a_sentence(installers):
    with pytest.raises(SystemExit, match="the locked packages could not be installed"):
        installers(set())


def test_named_test_files_replace_the_default_places(monkeypatch):
    calls: list[tuple] = []
    monkeypatch.setattr(bootstrap, "module", lambda *words: calls.append(words) or 0)
    bootstrap.pytest("not slow", ["tests/test_frame.py::test_environment_is_made_once", "-q"])
    bootstrap.pytest("slow", [])
    first, second = calls
    assert first[-2:] == ("tests/test_frame.py::test_environment_is_made_once", "-q")
    assert "svclib" not in first
    assert second[second.index("-m") + 1] == "slow"
    assert second[-1] == "tests"
