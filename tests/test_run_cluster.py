"""The cluster: what is sent and who is refused; see test_run_cluster_slow for real workers."""

from __future__ import annotations

import io
import pickle
import re
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import tiny_cycle

from svclib import convert, cycle, params
from svclib.cycle import populations, snapshot
from svclib.cycle.evaluation import steps_of
from svclib.errors import ParamError, SvcError
from svclib.run import bundle, cluster

ROOT = Path(__file__).resolve().parent.parent


def run_of(folder: Path) -> tuple[Path, Path]:
    """Params file of a small cycle, and a run folder with a public and a private table."""
    given, run = tiny_cycle.write(folder), folder / "run"
    for name in ("tables", "private"):
        (run / name).mkdir(parents=True)
        pd.DataFrame({"unit": list(tiny_cycle.UNITS)}).to_parquet(run / name / f"{name}.parquet")
    return given, run


def packed(given: Path, run: Path, to: Path) -> Path:
    """What a worker is sent, unpacked."""
    with zipfile.ZipFile(io.BytesIO(bundle.pack(str(given), str(run), ""))) as archive:
        archive.extractall(to)
    return to


def test_a_bundle_holds_names_of_units_and_public_tables_alone(tmp_path):
    given, run = run_of(tmp_path / "here")
    there = packed(given, run, tmp_path / "there")
    found = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert found == {snapshot.NAME, "tables/tables.parquet"}
    shutil.rmtree(tmp_path / "here")
    ctx = cycle.open(str(given), str(there))
    assert ctx.units == sorted(tiny_cycle.UNITS)
    assert ctx.label("*", "en") == "All units"
    held = ctx.state.inputs["2026Q1"]
    for ask in (lambda: held.responses["q1"], lambda: held.sheets.get("actions"), lambda: list(held.kpis)):
        with pytest.raises(SvcError, match="rows of people are not sent to a cluster"):
            ask()


def test_no_row_of_a_person_goes_to_a_cluster():
    state = cycle.load(params.load(ROOT / "params" / "demo" / "2026Q2.yaml"))
    steps = steps_of(state.params)
    found: dict[str, pd.DataFrame] = {}
    for number in ("10", "20", "30"):
        found |= steps[number](state, found)
    rows = [of.responses for of in state.inputs.values()] + [state.inputs["2026Q2"].handed_in["responses"]]
    people = {name for frame in rows for name in frame["respondent"]}
    for sent in (bundle.bare(state), populations.prepare(state, found["exclusions"], found["weights"])):
        content = pickle.dumps(sent)
        assert len(people) > 1000
        assert not [name for name in people if name and name.encode("utf-8") in content]


def test_a_workbook_with_absolute_paths_is_sent_as_any_other(tmp_path):
    given, run = run_of(tmp_path / "here")
    text = given.read_text("utf-8").replace("responses.csv", str(given.parent / "responses.csv"))
    given.write_text(text, encoding="utf-8")
    book = tmp_path / "here" / "评价方案.xlsx"
    convert.convert(given, book)
    there = packed(book, run, tmp_path / "there")
    shutil.rmtree(tmp_path / "here")
    assert cycle.open(str(book), str(there)).units == sorted(tiny_cycle.UNITS)


def test_a_worker_that_differs_is_named():
    own = cluster.fingerprint()
    assert cluster.unlike("tcp://a", own, dict(own)) == []
    assert cluster.unlike("tcp://a", own, own | {"lock": "other"}) == [
        f"tcp://a (lock other / {own['lock']})"
    ]
    told = cluster.unlike("tcp://a", own, ModuleNotFoundError("No module named 'svclib'"))
    assert told == ["tcp://a (ModuleNotFoundError: No module named 'svclib')"]


def test_a_scheduler_nobody_answers_at_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "TIMEOUT", 0.5)
    with (
        pytest.raises(ParamError, match="no scheduler answers"),
        cluster.connected("tcp://127.0.0.1:9"),
    ):
        pass


def test_dask_is_imported_by_this_module_alone_and_only_when_connected():
    home = Path(cluster.__file__).parents[1]
    found = {
        (path.relative_to(home).as_posix(), bool(indent))
        for path in home.rglob("*.py")
        for indent in re.findall(
            r"^( *)(?:from|import) (?:dask|distributed)\b", path.read_text("utf-8"), re.M
        )
    }
    assert found == {("run/cluster.py", True)}
