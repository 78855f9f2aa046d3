"""The manifest: what is hashed, what stands apart, and what it never names."""

from __future__ import annotations

import getpass
import json
import os
import platform
from pathlib import Path

import pandas as pd
import pytest
import tiny_cycle

from svclib import params, run
from svclib.params import content
from svclib.run import manifest


def a_run(folder: Path, value: float = 1.0) -> Path:
    """A folder as a run leaves it, with a table, a page and what is not published."""
    for name in ("tables", "private/whole", "private"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({"unit": ["甲"], "published": [value]})
    for name in ("tables/grades", "private/exclusions", "private/whole/grades"):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "report.zh.html").write_text("报告", encoding="utf-8")
    (folder / ".owner").write_text("{}", encoding="utf-8")
    return folder


def written(folder: Path, run_dir: Path, **volatile: object) -> dict:
    found = params.load(tiny_cycle.write(folder))
    body = manifest.body(manifest.chain(found), run_dir=run_dir, notebooks=[])
    manifest.write(run_dir, run_dir.name, body, volatile)
    return manifest.read(run_dir)


def test_the_body_holds_what_makes_the_numbers_and_nothing_that_changes(tmp_path: Path) -> None:
    first = written(tmp_path / "in", a_run(tmp_path / "r1"), seconds={"10": 1.5}, engine="fork", jobs=2)
    again = written(tmp_path / "in", a_run(tmp_path / "r2"), seconds={"10": 9.0}, engine="plain", jobs=1)
    assert first["body"] == again["body"]
    assert first["body_hash"] == again["body_hash"] == manifest.digest(first["body"])
    assert first["volatile"] != again["volatile"]
    other = written(tmp_path / "in", a_run(tmp_path / "r3", 1.0 + 2**-52))
    assert other["body_hash"] != first["body_hash"]


def test_what_is_published_is_hashed_byte_by_byte(tmp_path: Path) -> None:
    record = written(tmp_path / "in", a_run(tmp_path / "r"))
    assert set(record["files"]) == {"tables/grades.parquet", "report.zh.html"}
    assert set(record["body"]["tables"]) == {"grades"}
    assert list(record["files"]) == sorted(record["files"])


def test_no_user_no_machine_and_no_absolute_path(tmp_path: Path) -> None:
    written(tmp_path / "in", a_run(tmp_path / "r"))
    text = (tmp_path / "r" / "manifest.json").read_text(encoding="utf-8")
    names = {str(tmp_path), str(manifest.HOME), platform.node(), str(Path.home())}
    names |= {f'"{getpass.getuser()}"', f"/{getpass.getuser()}/"}
    assert not [name for name in names - {"", "/"} if name in text]
    assert not [v for v in _texts(json.loads(text)) if v.startswith(("/", "\\")) or v[1:3] == ":\\"]


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for k, v in value.items() for text in (str(k), *_texts(v))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def test_inputs_and_params_of_every_cycle_are_in_the_body(tmp_path: Path) -> None:
    file = tiny_cycle.write(tmp_path)
    before = file.read_text(encoding="utf-8")
    (tmp_path / "last.yaml").write_text(before.replace("2026Q1", "2025Q4"), encoding="utf-8")
    file.write_text(before + "baseline: last.yaml\nhistory: [last.yaml]\n", encoding="utf-8")
    chain = manifest.chain(params.load(file))
    assert [each.cycle for each in chain] == ["2026Q1", "2025Q4"]
    body = manifest.body(chain, run_dir=a_run(tmp_path / "r"), notebooks=[])
    assert set(body["params"]) == {"2026Q1", "2025Q4"}
    assert set(body["inputs"]) == {"2026Q1/responses", "2025Q4/responses"}
    data = tmp_path / "responses.csv"
    assert body["inputs"]["2026Q1/responses"] == content.file_hash(data)
    data.write_text(data.read_text(encoding="utf-8").replace(",5\n", ",4\n"), encoding="utf-8")
    assert manifest.input_hashes(chain) != body["inputs"]


@pytest.mark.parametrize(
    ("path", "base", "told"),
    [
        ("/srv/work/data/a.csv", "/srv/work/params", "../data/a.csv"),
        ("/srv/work/data/a.csv", "/srv/work/data", "a.csv"),
        ("/home/li/data/a.csv", "/home/li/params", "../data/a.csv"),
        ("/home/zhang/a.csv", "/home/li/params", "a.csv"),  # would name a colleague
        ("/mnt/disk/a.csv", "/home/li/params", "a.csv"),
        ("/home/li/a.csv", "/srv/work", "a.csv"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="paths of POSIX")
def test_a_path_never_leads_through_somebodys_home(
    monkeypatch: pytest.MonkeyPatch, path: str, base: str, told: str
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/li"))
    assert content.relative(Path(path), Path(base)) == told


def test_git_is_asked_only_in_a_repository_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "HOME", tmp_path)
    assert manifest.git() == {}
    (tmp_path / ".git").mkdir()  # no repository that git knows
    assert manifest.git() == {}


def test_the_current_run_of_a_cycle_is_found(tmp_path: Path) -> None:
    done = a_run(tmp_path / "2026Q1" / "r1")
    (done / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "2026Q1" / "current").write_text("r1\n", encoding="utf-8")
    assert manifest.locate(tmp_path / "2026Q1") == manifest.locate(done) == done


@pytest.mark.slow
def test_engine_and_jobs_do_not_change_the_body(tmp_path: Path) -> None:
    file = tiny_cycle.write(tmp_path)
    ways = [{"engine": "plain", "jobs": 1}, {"engine": "auto", "jobs": 2}]
    books = tmp_path / "notebooks"
    hashes = {
        run.run_cycle(file, out=tmp_path / str(k), notebooks=books, say=lambda _: None, **way).body_hash
        for k, way in enumerate(ways)
    }
    assert len(hashes) == 1
