"""Notebooks of a run take the data from its folder, and read none themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_office import Office, flat

from svclib import cycle, params
from svclib.cycle import snapshot
from svclib.errors import DataError

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def office(tmp_path: Path) -> Path:
    return Office(tmp_path).cycle("2026", {"甲": flat(91), "乙": flat(60)})


def test_a_notebook_reads_no_source_while_there_is_a_snapshot(office: Path, tmp_path: Path):
    given = params.load(office)
    with snapshot.kept(given, cycle.load(given), tmp_path):
        for file in [*tmp_path.rglob("*.csv"), office]:
            file.unlink()
        ctx = cycle.open(str(given.file), str(tmp_path), "zh,en")
        assert ctx.units == ["甲", "乙"]
        assert ctx.params == given
        assert set(ctx.step("10")) >= {"screening"}
    assert not (tmp_path / snapshot.NAME).exists()


def test_of_an_ad_hoc_cycle_the_whole_framework_is_kept_beside_its_scope(tmp_path: Path):
    given = params.load(ROOT / "params" / "demo" / "2026-storm.yaml")
    with snapshot.kept(given, cycle.load(given), tmp_path):
        ctx = cycle.open(str(given.file), str(tmp_path))
        assert ctx.framework == given.framework
        assert len(ctx.state.framework.indicators) == 4 < len(ctx.framework.indicators)


def test_without_one_the_sources_are_read(office: Path, tmp_path: Path):
    assert snapshot.read(tmp_path, str(office)) is None
    assert cycle.open(str(office), str(tmp_path)).units == ["甲", "乙"]


def test_a_run_of_another_cycle_is_refused(office: Path, tmp_path: Path):
    given = params.load(office)
    with snapshot.kept(given, cycle.load(given), tmp_path):
        with pytest.raises(DataError, match=r"is a run of .*2026\.yaml; give its own run_dir"):
            cycle.open(str(office.with_name("2027.yaml")), str(tmp_path))
        with pytest.raises(DataError, match="give its own run_dir"):
            cycle.open(str(office), str(tmp_path), as_of="2026-05-31")


def test_it_goes_also_where_the_run_fails(office: Path, tmp_path: Path):
    given = params.load(office)
    with pytest.raises(KeyError), snapshot.kept(given, cycle.load(given), tmp_path):
        raise KeyError
    assert not (tmp_path / snapshot.NAME).exists()
