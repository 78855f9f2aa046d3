"""The real two-wave survey: every item has an indicator, every row is read, weights follow the answers."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from svclib import cycle, framework, params, sources, weights
from svclib.cycle.design import STEPS_OF_DESIGN

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "params" / "kansas_city"
DATA = Path(os.environ.get("SVCLIB_DATA") or ROOT.parent / "shared" / "data")
SURVEY = DATA / "kcmo_resident_survey"
NUMBERS = (1, 2, 3, 5, 7, 9, 11, 12, 14, 15, 17)
BLOCKS = {f"q{q}": n for q, n in zip(NUMBERS, (3, 8, 16, 7, 4, 10, 2, 10, 4, 5, 4), strict=True)}

here = pytest.mark.skipif(
    not SURVEY.is_dir(), reason="the Kansas City survey is not redistributed: see data/kansas_city/README.md"
)


@pytest.fixture
def wave(monkeypatch):
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    return lambda cycle: params.load(FOLDER / f"{cycle}.yaml")


def test_framework_has_every_item_of_eleven_blocks():
    system = framework.load(FOLDER / "framework.yaml")
    items = [[i.items for i in d.indicators] for d in system.dimensions]
    assert items == [[(f"{q}_{k + 1:02d}",) for k in range(n)] for q, n in BLOCKS.items()]
    assert len(system.indicators) == 73
    assert all(i.missing_codes == (9,) and i.scale == (1, 5) and i.en for i in system.indicators)


def test_stated_importance_lists_indicators_in_code_order():
    system = framework.load(FOLDER / "framework.yaml")
    stated = {d.indicators[0].items[0][:-3]: d for d in system.dimensions if d.weights.method == "stated"}
    assert {q: d.weights.columns for q, d in stated.items()} == {
        "q3": ("q4_01", "q4_02", "q4_03"),
        **{f"q{q}": (f"q{q + 1}_01", f"q{q + 1}_02") for q in (5, 7, 9, 12, 15, 17)},
    }
    assert all(d.weights.order == tuple(i.name for i in d.indicators) for d in stated.values())
    assert {d.weights.from_ for d in stated.values()} == {"2021-09"}


def test_without_the_variable_the_problem_names_it(monkeypatch):
    monkeypatch.delenv("SVCLIB_DATA", raising=False)
    problems = sources.check(FOLDER / "2022-03.yaml")
    assert any("SVCLIB_DATA" in str(problem) for problem in problems)


@here
@pytest.mark.parametrize(("cycle", "rows", "phone"), [("2021-09", 1033, 17), ("2022-03", 984, 12)])
def test_reads_a_whole_wave(wave, cycle, rows, phone):
    assert sources.check(FOLDER / f"{cycle}.yaml") == []
    inputs = sources.read(wave(cycle))
    answers = inputs.responses
    assert len(answers) == rows
    assert inputs.exclusions.empty
    assert sorted(answers["unit"].unique()) == list("123456")
    assert answers["unit"].value_counts().between(150, 214).all()
    assert (answers["channel"] == "电话").sum() == phone
    assert set(answers["channel"]) == {"网络", "邮寄", "电话"}
    assert set(answers["subject"]) == {"居民"}


@here
def test_dont_know_is_missing(wave):
    answers = sources.read(wave("2022-03")).responses
    raw = pd.read_csv(SURVEY / "kcmo_2022_mar.csv", low_memory=False)
    for item in ("q1_01", "q3_11", "q15_02"):
        assert answers[item].isna().sum() == (raw[item].astype(float) == 9).sum()
        assert answers[item].dropna().between(1, 5).all()


@here
def test_importance_codes_fit_the_number_of_items(wave):
    system = framework.load(FOLDER / "framework.yaml")
    for name in ("2021-09", "2022-03"):
        answers = sources.read(wave(name)).responses
        for dimension in (d for d in system.dimensions if d.weights.columns):
            codes = answers[list(dimension.weights.columns)].melt()["value"].dropna()
            known = codes[codes != 99]
            assert (known.min(), known.max()) == (1, len(dimension.indicators))


@here
def test_stated_weights_are_shares_of_mentions(wave):
    loaded = wave("2022-03")
    answers = sources.read(loaded).responses
    found = weights.resolve(loaded.framework, responses=answers).set_index("node")["local"]
    raw = pd.read_csv(SURVEY / "kcmo_2022_mar.csv", low_memory=False)
    picks = raw[["q8_01", "q8_02"]].apply(pd.to_numeric).melt()["value"]
    expected = picks[picks.isin([1, 2, 3, 4])].value_counts(normalize=True)
    names = [i.name for i in loaded.framework.dimension("消防与急救细项").indicators]
    assert list(found[names]) == pytest.approx(list(expected.sort_index()))


@here
def test_ids_of_the_two_waves_are_not_declared_a_panel(wave):
    assert [wave(cycle).panel for cycle in ("2021-09", "2022-03")] == [False, False]
    assert wave("2022-03").baseline == (FOLDER / "2021-09.yaml").resolve()


@here
def test_the_whole_chain_runs_on_both_waves(wave):
    chosen = wave("2022-03").model_copy(update={"draws": 4000})
    state = cycle.load(chosen)
    tables = cycle.evaluate_state(state)
    grades = tables["grades"]
    assert (grades["status"] == "graded").all()
    assert len(grades) == 2 * 6
    assert set(tables["reliability"]["dimension"]) == {"*", *(d.name for d in chosen.framework.dimensions)}
    # An independent figure: the mean of one item in one district, from the file with pandas alone.
    raw = pd.read_csv(SURVEY / "kcmo_2022_mar.csv")
    answers = raw.loc[raw["counci"] == 4, "q1_01"]
    scores = tables["indicator_scores"].query("cycle == '2022-03' and unit == '4' and subject == ''")
    row = scores[scores["indicator"] == chosen.framework.indicators[0].name]
    assert row["value"].iloc[0] == pytest.approx(answers[answers != 9].mean(), rel=1e-12)
    changes = tables["changes"]
    assert (changes["n_paired"] == 0).all()  # the ids are not a panel
    assert set(changes["verdict"]) <= {"improved", "declined", "equivalent", "inconclusive"}
    assert len(changes) == 6 * (73 + 11 + 1) + 1
    design_says_plainly(STEPS_OF_DESIGN["01"](state, tables))


def design_says_plainly(found):
    """Two-item and unanswerable blocks, no ceilings, and six districts too few for effective weights."""
    lines = found["principles"].set_index("criterion")
    assert lines.loc["few_items", "evidence"] == "found:公共交通细项"
    block = lines.loc["unanswered_block"]
    assert (block["judgement"], block["evidence"]) == ("mostly_unanswered", "found:市法院细项")
    assert lines.loc["many_indicators", "n_found"] == 3
    assert lines.loc["ceiling", "judgement"] == "adequate"
    assert set(lines.loc[["effective_ratio", "redundant_indicator"], "judgement"]) == {"chance"}
    proposals = found["proposals"]
    assert set(proposals.query("proposal == 'filter'")["item"]) == {f"q15_0{k}" for k in range(1, 6)}
    assert set(proposals.query("proposal == 'split'")["dimension"]) == {
        "市政服务",
        "道路与设施细项",
        "社区环境细项",
    }
    assert not proposals["proposal"].isin(["reweight"]).any()
