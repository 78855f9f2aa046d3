"""Hashes of what a run is made from."""

from __future__ import annotations

from pathlib import Path

from test_monitoring_cycle import office

from svclib import cycle, params
from svclib.run import keys, manifest


def contents(file: Path) -> dict[str, str]:
    given = params.load(file)
    return dict(keys.basis(manifest.chain(given), cycle.load(given), {}).contents)


def test_counted_records_with_their_joint_errors_have_a_key(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    first, again = contents(office(tmp_path / "a")), contents(office(tmp_path / "b"))
    assert first == again
    other = contents(office(tmp_path / "c", last=(10, 9)))
    assert {name for name in first if first[name] != other[name]} == {
        "2026Q2/sheets/events",
        "2026Q2/measured",
    }
