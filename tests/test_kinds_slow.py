"""Cycles of every kind through the notebooks themselves, as the demo has them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from svclib import run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
STORM = {"配送一部", "配送二部", "冷链部"}


@pytest.mark.parametrize("cycle", ["2026-storm", "2025-26"])
def test_a_cycle_of_another_kind_is_published(tmp_path: Path, cycle: str):
    done = run.run_cycle(ROOT / "params" / "demo" / f"{cycle}.yaml", out=tmp_path, units=False)
    assert {path.name for path in done.path.glob("report.*.html")} == {"report.zh.html", "report.en.html"}
    grades = pd.read_parquet(done.path / "tables" / "grades.parquet").query("cycle == @cycle")
    assert set(grades["unit"]) == STORM if cycle == "2026-storm" else len(grades) == 12
