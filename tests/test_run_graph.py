"""What each notebook reads and needs, and which notebooks `--only` runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from svclib.cycle.steps import NEEDS
from svclib.errors import ParamError
from svclib.run import graph, reach

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


@pytest.fixture(scope="module")
def steps() -> list[graph.Step]:
    return graph.build(NOTEBOOKS, annual=False, sources=reach.Sources(reach.package()))


def numbers(steps: list[graph.Step], *only: str, units: bool = True) -> list[str]:
    return [step.number for step in graph.chosen(steps, only, units=units)]


def test_a_step_reads_what_the_chain_needs(steps: list[graph.Step]) -> None:
    for step in steps:
        assert step.reads >= set(NEEDS.get(step.number, ())), step.name


def test_only_runs_what_is_needed(steps: list[graph.Step]) -> None:
    assert numbers(steps, "10") == ["10"]
    assert numbers(steps, "30") == ["10", "30"]
    assert numbers(steps, "40") == ["10", "30", "40"]
    assert numbers(steps, "60") == ["10", "20", "30", "40", "50", "60"]
    assert numbers(steps, units=False)[-1] == "90"


def test_pages_of_units_follow_the_report_whose_tables_they_read(steps: list[graph.Step]) -> None:
    (page,) = [step for step in steps if step.per_unit]
    assert "90_report" in page.needs
    assert {"board", "grades"} <= page.reads


def test_parameters_count_where_the_code_mentions_them(steps: list[graph.Step]) -> None:
    mentioned = {step.number: step.used.attributes for step in steps}
    assert [n for n, names in mentioned.items() if "title" in names] == ["90", "91"]
    assert "draws" in mentioned["40"]
    assert "draws" not in mentioned["10"]


def test_data_count_where_the_code_mentions_them(steps: list[graph.Step]) -> None:
    mentioned = {step.number: step.used.strings for step in steps}
    assert {n for n, names in mentioned.items() if "training" in names} >= {"70"}
    assert not {n for n, names in mentioned.items() if "training" in names} & {"10", "20", "30", "91"}


def test_unknown_step(steps: list[graph.Step]) -> None:
    with pytest.raises(ParamError, match=r"only=\['55'\]: no such step; choose from \['10', '20'"):
        graph.chosen(steps, ["55"], units=True)


def test_a_folder_without_notebooks(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="no notebook named like"):
        graph.build(tmp_path, annual=False, sources=reach.Sources(reach.package()))
