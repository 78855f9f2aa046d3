"""`svclib diff`: what differs between two published runs, printed and as a page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import published
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tiny_office import content

from svclib import cli, params
from svclib.run import diff


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of 2026Q2: as it was, and with an answer, a cut, a weight and a setting changed."""
    folders = [tmp_path_factory.mktemp(name) for name in ("before", "after")]
    plan = content()
    plan["grades"]["scale"]["良"] = 84
    plan["dimensions"]["服务"]["indicators"]["准时"]["weight"] = 25
    plan["dimensions"]["服务"]["indicators"]["整洁"]["weight"] = 75
    files = [
        published.office(folders[0]), published.office(folders[1], plan, marks=1, min_responses=4, seed=7)
    ]  # fmt: skip
    made = [published.publish(f, f.parent / "reports" / "r") for f in files]
    return made[0], made[1]


def rows(found: pd.DataFrame, what: str) -> dict[tuple[str, str], tuple[object, object]]:
    mine = found[found["what"] == what]
    keys = zip(mine["unit"], mine["node"], strict=True)
    return dict(zip(keys, zip(mine["before"], mine["after"], strict=True), strict=True))


def compared(runs: tuple[Path, Path]) -> pd.DataFrame:
    return diff.differences(*map(diff.Side, runs))


def test_every_kind_of_difference_is_a_row(runs: tuple[Path, Path]) -> None:
    found = compared(runs)
    assert list(found.columns) == list(diff.COLUMNS)
    assert rows(found, "setting") == {("", "seed"): (1, 7), ("", "min_responses"): (5, 4)}
    framework = rows(found, "framework")
    assert framework[("", "grades / scale / 良")] == (80, 84)
    assert framework[("", "dimensions / 服务 / indicators / 准时 / weight")] == (0.5, 0.25)
    assert set(rows(found, "input")) == {("", "2026Q1/responses"), ("", "2026Q2/responses")}
    # 服务 weighs 0.3
    assert rows(found, "weight")[("", "准时")] == (pytest.approx(0.15), pytest.approx(0.075))
    # 态度: (4+5+4+3+5+4)/6 = 25/6, then 22/6; 25 points a step, and 0.4 of the total
    score = rows(found, "score")
    assert score[("甲", "态度")] == (pytest.approx(25 * 19 / 6), pytest.approx(25 * 16 / 6))
    assert score[("甲", "total")][0] == pytest.approx(0.6 * 87 + 10 * 19 / 6)
    # 0.6·87 + 0.4·79.17 = 83.87, then 0.6·87 + 0.4·66.67 = 78.87; 0.6·72 + 31.67 = 74.87
    assert rows(found, "published")[("甲", "")] == (83.87, 78.87)
    assert rows(found, "grade") == {("甲", ""): ("良", "中")}
    change = found.set_index(["what", "unit", "node"])["change"]
    assert change[("published", "甲", "")] == pytest.approx(-5.0)
    assert np.isnan(change[("grade", "甲", "")])


def test_a_run_does_not_differ_from_itself(runs: tuple[Path, Path]) -> None:
    assert compared((runs[0], runs[0])).empty
    done = CliRunner().invoke(cli.main, ["diff", str(runs[0]), str(runs[0]), "--lang", "zh"])
    assert (done.exit_code, done.output.splitlines()[1]) == (0, "两次结果没有差异。")


def test_swapping_the_runs_turns_every_difference_round(runs: tuple[Path, Path]) -> None:
    forth, back = compared(runs), compared(runs[::-1])
    key = ["what", "unit", "node"]
    pair = [frame.set_index(key).sort_index() for frame in (forth, back)]
    assert list(pair[0]["before"]) == list(pair[1]["after"])
    pd.testing.assert_series_equal(pair[0]["change"], -pair[1]["change"])


def test_it_is_printed_in_both_languages(runs: tuple[Path, Path]) -> None:
    zh, en = (
        CliRunner().invoke(cli.main, ["diff", *map(str, runs), "--lang", lang]).output
        for lang in ("zh", "en")
    )
    for text in (
        "本期设置\n",
        "评价方案\n",
        "总权重\n",
        "公布得分\n",
        "最少有效样本",
        "维度 / 服务 / 指标 / 准时 / 权重",
    ):
        assert text in zh, text
    for text in ("Settings\n", "Published score\n", "random seed", "Total  "):
        assert text in en, text
    assert not re.search("[{}]|nan|None", zh + en)
    assert "-5.00" in zh


def test_the_page_is_offline_and_escapes_what_it_shows(runs: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    done = CliRunner().invoke(cli.main, ["diff", *map(str, runs), "--html", str(page), "--lang", "zh"])
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert "乙 &lt;b&gt;" in text
    assert "<b>" not in text
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|url\((?!data:)", text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    assert "最少有效样本" in text
    assert str(runs[0].parent) not in text


@pytest.mark.slow
def test_two_cycles_are_compared_unit_by_unit(runs: tuple[Path, Path], tmp_path: Path) -> None:
    file = runs[0].parent.parent / "2026Q1.yaml"
    first = published.publish(file, tmp_path / "first")
    found = compared((first, runs[0]))
    assert rows(found, "published")[("甲", "")] == (82.67, 83.87)
    assert rows(found, "input") == {}
    assert ("", "cycle") in rows(found, "setting")
    assert rows(found, "setting")[("", "baseline")] == (None, "2026Q1.yaml")
    assert {before for before, _ in rows(found, "verdict").values()} == {None}
    assert params.load(file).cycle == "2026Q1"


def test_a_table_that_one_run_lacks_is_no_error(runs: tuple[Path, Path], tmp_path: Path) -> None:
    part = tmp_path / "part"
    shutil.copytree(runs[0], part)
    (part / "tables" / "grades.parquet").unlink()
    (part / "tables" / "weights.parquet").unlink()
    found = compared((part, runs[0]))
    assert {before for before, _ in rows(found, "weight").values()} == {None}
    assert rows(found, "grade") == {}


def test_both_folders_must_hold_a_run(runs: tuple[Path, Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.main, ["diff", str(runs[0]), str(tmp_path), "--lang", "zh"])
    assert done.exit_code == 2
    assert "没有已完成的运行" in done.output


SETTINGS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.booleans(),
    lambda leaf: (
        st.dictionaries(st.text(min_size=1, max_size=3), leaf, max_size=3) | st.lists(leaf, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


@given(SETTINGS)
def test_flattening_loses_no_leaf_and_finds_no_difference_to_itself(value: object) -> None:
    leaves = diff.flat({"x": value})
    assert all(path[0] == "x" for path in leaves)
    assert not list(diff.unlike(leaves, dict(leaves)))
    assert all(not isinstance(leaf, dict | list) for leaf in leaves.values())


def test_rows_of_settings_are_told_by_their_names() -> None:
    said = {
        "phases": [{"name": "a", "from": 1}, {"name": "b", "from": 2}],
        "rules": [{"cut": 3}],
        "of": ["p", "q"],
    }
    assert diff.flat(said) == {
        ("phases", "a", "name"): "a", ("phases", "a", "from"): 1, ("phases", "b", "name"): "b",
        ("phases", "b", "from"): 2, ("rules", "1", "cut"): 3, ("of",): "p、q",
    }  # fmt: skip
