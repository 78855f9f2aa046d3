"""Simulated cycles: the truth is known, its grade is that of the scoring code, any number of jobs agrees."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from svclib import columns, cycle, params, plots, simulate
from svclib.cli import main
from svclib.cycle import populations, simulation
from svclib.errors import ParamError
from svclib.kpis import values
from svclib.simulate import advice, generate, summary, truth
from svclib.wording import simulate as say
from tests.factories import tiny_content, tiny_framework

PARAMS = "{name: t, cycle: 2026Q1, framework: framework.yaml, seed: 1, draws: 200}"


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """The tiny framework, of which nothing has been measured."""
    folder = tmp_path_factory.mktemp("t")
    (folder / "framework.yaml").write_text(
        yaml.safe_dump(tiny_content(), allow_unicode=True, sort_keys=False), "utf-8"
    )
    (folder / "params.yaml").write_text(PARAMS, "utf-8")
    return cycle.load(params.load(folder / "params.yaml"))


@pytest.fixture(scope="module")
def of(state):
    """A declared population of it."""
    return populations.declare(state, units=4, n=30)


def test_the_grade_of_a_truth_is_that_of_its_values_by_hand(of):
    """态度 3.8 → 70, 环境 4 → 80; 处理率 94 → 80, 事故率 .25 → 80, 时长 20 → 80: total .6·75 + .4·80 = 77."""
    values = {"态度": 3.8, "环境": 4.0, "处理率": 94.0, "事故率": 0.25, "时长": 20.0}
    known = of.population.known
    told = known[["unit", "indicator", "subject"]].assign(value=known["indicator"].map(values))
    found = simulation.true_grades(of, told, "1")
    total = found["totals"].query("node == 'total'")
    np.testing.assert_allclose(total["score"], 77.0)
    assert set(found["grades"]["grade"]) == {"合格"}


def test_a_moved_truth_is_better_by_its_mids_and_stays_on_its_scale(of):
    rules = of.population.framework
    told = of.population.known[["unit", "indicator", "subject", "value"]]
    unit = told["unit"].iloc[0]
    after = truth.moved(told, rules, {unit: 2.0})
    step = (after["value"] - told["value"])[told["unit"] == unit].groupby(told["indicator"]).first()
    np.testing.assert_allclose(step[["态度", "处理率", "时长"]], [0.4, 4.0, -4.0])
    assert (after["value"] == told["value"])[told["unit"] != unit].all()
    far = truth.moved(told, rules, {unit: 100.0})
    assert far.loc[far["indicator"] == "处理率", "value"].max() == 100.0
    assert far.loc[far["indicator"] == "时长", "value"].min() == 0.0


def test_answers_average_to_the_truth_and_records_are_counts(state):
    of = populations.declare(state, units=4, n=4000)
    rng = np.random.default_rng(1)
    told = truth.draw(of.population, rng)
    drawn = generate.draw(of.population, told, generate.people(of.population, 1.0, rng), "1", rng)
    unit = told["unit"].iloc[0]
    mine = drawn.responses[(drawn.responses["unit"] == unit) & (drawn.responses["subject"] == "客户")]
    wanted = told.query("unit == @unit and subject == '客户'").set_index("indicator")["value"]
    assert abs(mine[["q01", "q02", "q03"]].mean().mean() - wanted["态度"]) < 0.05
    # q05 is worded in reverse, so its raw codes are turned round.
    assert abs((mine["q04"] + 6 - mine["q05"]).mean() / 2 - wanted["环境"]) < 0.05
    shares = drawn.records.query("indicator == '处理率'")
    assert (shares["numerator"] == shares["numerator"].round()).all()
    assert values(drawn.records.assign(cycle="1"), of.population.framework)["status"].eq("ok").all()


def test_careless_answers_and_gaps_come_as_asked(state):
    of = populations.declare(state, units=4, n=2000)
    rng = np.random.default_rng(2)
    told = truth.draw(of.population, rng)
    who = generate.people(of.population, 1.0, rng)
    drawn = generate.draw(
        of.population, told, who, "1", rng, generate.Rules(careless=0.2, blank=0.3)
    ).responses
    hasty = drawn["seconds"] < drawn["seconds"].max()
    assert abs(hasty.mean() - 0.1) < 0.02
    asked = drawn[drawn["subject"] == "客户"]
    assert abs(asked[["q01", "q04"]].isna().mean().mean() - 0.3) < 0.02


@pytest.mark.slow
def test_any_number_of_jobs_gives_the_same_rows(of):
    wanted = simulate.cases(["unchanged"], sizes=(1.0,))
    alone = simulation.run(of, wanted, replications=2, seed=7)
    shared = simulation.run(of, wanted, replications=2, seed=7, jobs=2)
    pd.testing.assert_frame_equal(alone.grades, shared.grades)
    pd.testing.assert_frame_equal(alone.verdicts, shared.verdicts)
    other = simulation.run(of, wanted, replications=2, seed=8)
    assert not other.grades["published"].equals(alone.grades["published"])
    found = simulate.tables(*alone)
    assert all(len(columns.checked(name, frame)) for name, frame in found.items())
    both = found["grade_consistency"].query("unit == '*'").iloc[0]
    assert both["n_simulated"] == 16
    assert 0 <= both["same"] <= 1


def test_only_changed_cycles_have_no_false_claims(of):
    found = simulate.tables(
        *simulation.run(of, simulate.cases(["changed"], sizes=(1.0,)), replications=1, seed=1)
    )
    assert found["false_claims"].empty
    assert found["grade_consistency"]["same"].isna().all()
    assert len(found["verdict_rates"])


def test_rates_by_hand():
    """Shares 1/2 and 0/2 of two replications: .25, error √(2·((1−.5)² + (0−.5)²))/4 = .25."""
    frame = pd.DataFrame({"replication": [0, 0, 1, 1], "case": "x", "hit": [1.0, 0.0, 0.0, 0.0]})
    found = summary.rates(frame, ["case"], "hit").iloc[0]
    assert (found["n_simulated"], found["share"]) == (4, 0.25)
    assert found["share_se"] == pytest.approx(0.25)


def test_a_family_errs_when_any_of_its_tests_does():
    rows = pd.DataFrame(
        {"replication": [0, 0, 1, 1], "case": "unchanged", "size": 1.0, "level": "total", "true_change": 0.0,
         "verdict": ["improved", "inconclusive", "inconclusive", "equivalent"]}
    )  # fmt: skip
    found = summary.false_claims(rows).set_index("verdict")
    assert found.loc["improved", "share"] == 0.25
    assert found.loc["improved", "share_family"] == 0.5
    assert found.loc["declined", "share_family"] == 0.0


def test_changes_count_at_the_nearest_of_the_moves():
    np.testing.assert_array_equal(summary.nearest_move(np.array([0.2, -0.9, 7.0])), [0.0, -1.0, 3.0])
    assert np.isnan(summary.nearest_move(np.array([np.nan]))[0])


def rules(**given) -> advice.Rules:
    """Rules of a plan for one unit "a" with cuts 90 and 80, one comparison."""
    told = {"cuts": {"a": (90.0, 80.0)}, "mid": 2.0, "mids": {}, "confidence": 0.95, "adjust": "none"}
    told |= {"tests": {"total": 1, "indicator": 1}, "least": 1, "population": {"a": 500.0}}
    return advice.Rules(**(told | given))


def errors(**given) -> pd.DataFrame:
    """One unit of 100 questionnaires with a total of 88."""
    row = {"level": "total", "unit": "a", "node": "total", "n": 100, "score": 88.0}
    return pd.DataFrame([row | {"se_answers": 1.0, "se_records": 0.0} | given])


def test_the_plan_by_hand():
    """2 points to the cut need SE 2/1.2816: n = 100/(2/1.2816)² = 41.1; a change of 2 needs
    √2·SE·(1.96 + .8416) = 2: n = 100·2·2.8016²/4 = 392.4, of 500 people 220.2."""
    plan = advice.sample_plan(errors(), rules()).set_index("purpose")
    assert plan.loc["grade", "required_n"] == pytest.approx(41.06, abs=0.01)
    assert plan.loc["change", "required_n"] == pytest.approx(392.44, abs=0.01)
    assert plan.loc["change", "n_finite"] == pytest.approx(392.44 / (1 + 391.44 / 500), abs=0.01)
    assert plan.loc["change", "resolved"] == pytest.approx(2.8016 * np.sqrt(2), abs=1e-3)


def test_records_that_err_too_much_leave_no_number_of_answers():
    plan = advice.sample_plan(errors(se_records=1.0, score=89.5), rules())
    assert set(plan["note"]) == {"records_limit"}
    assert plan["required_n"].isna().all()


def test_a_family_asks_for_more_than_a_single_comparison():
    one, many = (rules(adjust="holm", tests={"total": k, "indicator": 1}) for k in (1, 20))
    ask = [
        advice.sample_plan(errors(), r).set_index("purpose").loc["change", "required_n"] for r in (one, many)
    ]
    assert ask[1] > 1.5 * ask[0]


def test_a_cut_among_the_scores_is_moved_out_of_them():
    scores = pd.concat(
        [errors(unit=u, score=s) for u, s in zip("abcd", (79.8, 80.1, 80.2, 86.0), strict=True)]
    )
    found = advice.cut_risk(
        scores, rules(cuts=dict.fromkeys("abcd", (80.0,))), dict.fromkeys("abcd", ""), ["A", "B"]
    )
    row = found.iloc[0]
    assert row["n_near"] == 3
    assert row["cut_proposed"] in (83.0, 77.0)
    assert row["share_proposed"] < row["share"]
    assert row["buffer"] == pytest.approx(1.645, abs=1e-3)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda of: simulation.run(of, simulate.cases(), replications=0, seed=1), "replications=0"),
        (lambda of: simulation.run(of, simulate.cases(), replications=1, seed=1, jobs=0), "jobs=0"),
        (lambda _: simulate.cases(["unchangd"]), "Did you mean 'unchanged'"),
        (lambda _: simulate.declared(tiny_framework(), units=1, n=5), "at least 2 units"),
        (lambda of: simulate.resized(of.population, 0), "n=0"),
    ],
)
def test_what_cannot_be_simulated_is_refused(of, wrong, text):
    with pytest.raises(ParamError, match=text):
        wrong(of)


def test_a_framework_with_nothing_to_draw_is_refused():
    nothing = SimpleNamespace(indicators=())
    with pytest.raises(ParamError, match="rated or recorded"):
        simulate.declared(nothing, units=3, n=10)


def test_the_command_refuses_in_the_language_asked_for():
    told = CliRunner().invoke(
        main, ["simulate", "params/demo/2026Q2.yaml", "--case", "nothing", "--lang", "zh"]
    )
    assert told.exit_code == 2
    assert "没有" in told.output


@pytest.fixture(scope="module")
def simulated(state, tmp_path_factory):
    """Folder of the tables that the command wrote, and what it printed."""
    out = tmp_path_factory.mktemp("out")
    options = ["--units", "3", "--n", "15", "--replications", "1", "--case", "unchanged", "--out", str(out)]
    told = CliRunner().invoke(main, ["simulate", str(state.params.file), *options, "--lang", "zh"])
    assert told.exit_code == 0, told.output
    return out, told.output


def test_the_command_writes_tables_and_a_summary(simulated):
    out, told = simulated
    found = {path.stem: pd.read_parquet(path) for path in out.glob("*.parquet")}
    assert set(found) == {"misgrading", "grade_consistency", "verdict_rates", "false_claims"}
    assert len(list(out.glob("*.csv"))) == 4
    whole = found["grade_consistency"].query("unit == '*'").set_index("size")
    # Nine customers and six inspectors are too few for a grade, twice as many are enough.
    assert whole["ungraded"].to_dict() == {0.5: 1.0, 1.0: 1.0, 2.0: 0.0}
    assert whole["n_simulated"].to_dict() == {0.5: 0, 1.0: 0, 2.0: 6}
    assert "评对的占" in told


def test_the_summary_has_the_same_numbers_in_both_languages(simulated):
    found = {path.stem: pd.read_parquet(path) for path in simulated[0].glob("*.parquet")}
    zh, en = (
        [re.findall(r"\d+(?:\.\d+)?", t) for t in say.summary(found, lang)["text"]] for lang in ("zh", "en")
    )
    assert [sorted(line) for line in zh] == [sorted(line) for line in en]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_plan_is_told_and_drawn(lang):
    both = pd.concat([errors(), errors(score=89.9, se_records=0.5)]).assign(unit=["a", "b"])
    plan = advice.sample_plan(both, rules(cuts=dict.fromkeys("ab", (90.0, 80.0))))
    told = say.plan(plan, lang, lambda name, _: name)
    assert len(told) == 2
    curves = advice.power_curves(errors(), rules())
    chart = plots.power(curves, lang, lambda name, _: name, wanted=0.8)
    assert "%" in chart.alt
    places = {"distance_low": [0.0, 5.0], "distance_high": [5.0, np.inf]}
    wrong = pd.DataFrame(places | {"share": [0.5, 0.0], "share_se": [0.1, np.nan]})
    wrong = wrong.assign(case="unchanged", size=1.0, n_simulated=4)
    assert "50.0%" in plots.misgrading(wrong, lang, lambda name, _: name).alt
    assert plots.misgrading(wrong.iloc[:0], lang, lambda name, _: name).alt


def test_a_framework_without_data_asks_for_units_and_n(state):
    told = CliRunner().invoke(main, ["simulate", str(state.params.file), "--lang", "en"])
    assert told.exit_code == 2
    assert "--units and --n" in told.output
