"""Real releases: 51 states × 10 measures × 9 years in one file, read by declaration, never tested."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from svclib import cycle, framework, params, sources

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "params" / "hcahps"
DATA = Path(os.environ.get("SVCLIB_DATA") or ROOT.parent / "shared" / "data")
FILE = DATA / "hcahps_state_hospital" / "state_results.csv"
YEARS = tuple(range(2015, 2024))

here = pytest.mark.skipif(
    not FILE.is_file(), reason="the HCAHPS releases are not redistributed: see data/hcahps/README.md"
)


@pytest.fixture
def release(monkeypatch):
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    return lambda year: params.load(FOLDER / f"{year}.yaml")


def test_ten_measures_in_three_dimensions():
    system = framework.load(FOLDER / "framework.yaml")
    assert [len(d.indicators) for d in system.dimensions] == [6, 2, 2]
    assert all(i.kind == "proportion" and i.en and i.definition.startswith("H_") for i in system.indicators)


@here
@pytest.mark.parametrize("year", YEARS)
def test_reads_its_own_release_of_the_one_file(release, year):
    found = sources.read(release(year)).kpis
    raw = pd.read_csv(FILE)
    raw = raw[raw["Release Period"] == f"07_{year}"]
    assert len(found) == len(raw) == (500 if year == 2016 else 510)
    by_code = {i.definition: i.name for i in release(year).framework.indicators}
    wanted = raw.assign(indicator=raw["Measure ID"].map(by_code)).set_index(["State", "indicator"])
    read = found.set_index(["unit", "indicator"])["value"]
    assert (read == wanted["Top-box Percentage"].reindex(read.index)).all()


@here
def test_check_finds_nothing_wrong(monkeypatch):
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    assert sources.check(FOLDER / "2023.yaml") == []


@here
@pytest.mark.slow
def test_a_fall_of_fixed_values_is_told_but_never_judged(release):
    chosen = release(2023).model_copy(update={"history": (), "draws": 100})
    tables = cycle.evaluate_state(cycle.load(chosen))
    grades = tables["grades"].query("cycle == '2023'")
    assert (grades["status"] == "graded").all()
    assert len(grades) == 51
    changes = tables["changes"]
    assert set(changes["verdict"]) == {"not_judged"}
    assert changes["p_diff"].isna().all()
    everyone = changes.query("unit == '*' and node == 'total'")["change"]
    assert everyone.iloc[0] < -1
    raw = pd.read_csv(FILE).pivot_table(
        index="Release Period", columns="Measure ID", values="Top-box Percentage"
    )
    fall = raw.loc["07_2023"] - raw.loc["07_2022"]
    assert (fall.drop("H_COMP_6") < 0).all()
    assert tables["parents"].query("cycle == '2023'")["n_units"].sum() == 51
