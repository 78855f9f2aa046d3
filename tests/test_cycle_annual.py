"""Annual results: weighted means of published scores, the year's rules, draws, the year before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from factories import tiny_content, tiny_framework
from hypothesis import given
from hypothesis import strategies as st

from svclib import cli, columns, cycle, framework, run, sources
from svclib import params as params_module
from svclib.cycle import annual
from svclib.cycle.parts import Part
from svclib.errors import ParamError
from svclib.params.rules import Annual

FRAMEWORK = tiny_framework()
LABELS = FRAMEWORK.grades.labels


def rules(*written: tuple[str, int, str]) -> Annual:
    said = [{"grade": g, "at_least": k, "result": r, "clause": "第二十条"} for g, k, r in written]
    return Annual.model_validate({"from": ["a.yaml", "b.yaml"], "rules": said})


def part(name: str, weight: float, published: dict[str, float], codes: dict[str, int]) -> Part:
    """A cycle whose every draw equals its published score; units without a grade are left out."""
    total = pd.DataFrame({"unit": list(published), "node": "total", "published": list(published.values())})
    rows = [
        (u, LABELS[codes[u]] if u in codes else "", "graded" if u in codes else "small_sample")
        for u in published
    ]
    grade = pd.DataFrame(rows, columns=["unit", "grade", "status"])
    grade = grade.assign(n=30, published=list(published.values()))
    lost = pd.DataFrame({"unit": list(published), "weight": 1.0, "indicator": "态度", "dimension": "体验"})
    lost = lost.assign(contribution=list(published.values()), lost=[100 - p for p in published.values()])
    tables = {"totals": total.assign(adjustment=0.5), "grades": grade, "contributions": lost}
    scores = {u: {"total": np.full(100, published[u])} for u in codes}
    return Part(name, weight, tables, scores, {u: np.full(100, c) for u, c in codes.items()})


def test_by_hand_weighted_mean_of_published_scores():
    members = (part("Q1", 0.25, {"甲": 80.0}, {"甲": 1}), part("Q2", 0.75, {"甲": 92.0}, {"甲": 0}))
    year = annual.year_of("甲", members, FRAMEWORK)
    assert year.scores == {"total": 0.25 * 80 + 0.75 * 92}
    assert (year.n_cycles, year.n, year.coverage, year.adjustment) == (2, 60, 1.0, 0.5)
    np.testing.assert_allclose(year.draws["total"], 89.0)


def test_a_cycle_without_a_grade_gives_its_weight_to_the_others():
    members = (part("Q1", 0.5, {"甲": 80.0}, {}), part("Q2", 0.5, {"甲": 92.0}, {"甲": 0}))
    year = annual.year_of("甲", members, FRAMEWORK)
    assert (year.scores, year.coverage, year.n_cycles) == ({"total": 92.0}, 0.5, 1)
    assert annual.year_of("乙", members, FRAMEWORK).scores == {}


@pytest.mark.parametrize(
    ("published", "codes", "grade", "rule"),
    [
        (92.0, [0, 0, 0, 0], "优秀", -1),
        (92.0, [0, 0, 0, 3], "合格", 0),  # one failed cycle holds the year down
        (92.0, [0, 2, 2, 0], "良好", 1),
        (92.0, [3, 2, 2, 0], "合格", 0),  # the lower of two rules decides
        (55.0, [3, 3, 3, 3], "不合格", -1),  # a rule only lowers
    ],
)
def test_rules_of_the_year_by_hand(published, codes, grade, rule):
    said = rules(("不合格", 1, "合格"), ("合格", 2, "良好"))
    found = annual.graded_year(np.array([published]), np.array(codes)[:, None], FRAMEWORK, said)
    assert (LABELS[found.grade[0]], found.limit[0]) == (grade, rule)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=6), st.floats(0, 100), st.integers(1, 4))
def test_worse_cycles_never_better_the_year(codes, published, at_least):
    said = rules(("不合格", at_least, "合格"))
    score, now = np.array([published]), np.array(codes)[:, None]
    before = annual.graded_year(score, now, FRAMEWORK, said)
    after = annual.graded_year(score, np.minimum(now + 1, 3), FRAMEWORK, said)
    assert after.grade[0] >= before.grade[0] >= before.by_cut[0]
    assert (before.grade == annual.graded_year(score, now[::-1], FRAMEWORK, said).grade).all()


def year_state(plan: Any = FRAMEWORK, group: str = "") -> Any:
    params = SimpleNamespace(annual=rules(("不合格", 1, "合格")), seed=1, file=SimpleNamespace(name="x"))
    return SimpleNamespace(
        framework=plan, cycle="2026", params=params, groups=lambda _: {"甲": group}, units=lambda _: ["甲"]
    )


def test_every_draw_takes_the_road_of_the_published_grade():
    members = (part("Q1", 0.5, {"甲": 95.0}, {"甲": 3}), part("Q2", 0.5, {"甲": 93.0}, {"甲": 0}))
    state = year_state()
    found = annual.odds("甲", annual.year_of("甲", members, FRAMEWORK), state)
    assert {row["grade"]: row["probability"] for row in found} == {
        "优秀": 0, "良好": 0, "合格": 1, "不合格": 0,
    }  # fmt: skip


def test_the_cuts_of_a_group_grade_its_year():
    content = tiny_content() | {
        "groups": {"窗口": {"scale": {"优秀": 95, "良好": 85, "合格": 70, "不合格": 0}}}
    }
    plan = framework.from_dict(content)
    members = (part("Q1", 0.5, {"甲": 91.0}, {"甲": 1}), part("Q2", 0.5, {"甲": 93.0}, {"甲": 1}))
    year = annual.year_of("甲", members, plan)
    found = annual._graded(92.0, year, "甲", year_state(plan, "窗口"))
    assert (found["grade"], found["next_grade"], found["distance"]) == ("良好", "优秀", 3.0)
    assert annual._graded(92.0, year, "甲", year_state(plan))["grade"] == "优秀"


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 5)), min_size=1, max_size=5))
def test_contributions_and_losses_of_the_year_add_up(cycles):
    whole = sum(w for _, w in cycles)
    members = tuple(part(f"Q{k}", w / whole, {"甲": p}, {"甲": 0}) for k, (p, w) in enumerate(cycles))
    row = annual._contributions(members, year_state()).iloc[0]
    mean = sum(p * w / whole for p, w in cycles)
    np.testing.assert_allclose([row["contribution"], row["lost"]], [mean, 100 - mean], atol=1e-9)
    np.testing.assert_allclose(row["score"], mean, atol=1e-9)


# Two years of two cycles each, with data.

PLAN = """\
name: 试评
version: "1"
subjects: {客户: 1}
grades: {method: cuts, decimals: 2, rounding: half_up, min_coverage: 0.8, scale: {好: 80, 差: 0}}
mid: 2
dimensions:
  体验:
    weight: 1
    indicators:
      态度: {kind: rating, items: [q1], scale: [1, 5], score: {1: 20, 3: 40, 5: 100}, weight: 0.5}
      环境: {kind: rating, items: [q2], scale: [1, 5], score: {1: 0, 5: 100}, weight: 0.5}
"""
CYCLES = {"2025": ("2025H1", "2025H2"), "2026": ("2026H1", "2026H2")}
USUAL = [0.05, 0.1, 0.2, 0.35, 0.3]  # of answers 1 to 5
BETTER = [0.0, 0.05, 0.1, 0.25, 0.6]


def write_years(
    folder: Path, units: tuple[str, ...], n: int, share: Callable[[str, str], list[float]], seed: int = 5
) -> Path:
    """Two years of data; `share(cycle, unit)` gives the shares of the answers."""
    rng = np.random.default_rng(seed)
    head = "name: t\nframework: framework.yaml\nseed: 3\n"
    (folder / "framework.yaml").write_text(PLAN, encoding="utf-8")
    for year, names in CYCLES.items():
        for name in names:
            rows = ["受访者编号,部门,渠道,q1,q2"]
            for unit in units:
                answers = rng.choice(range(1, 6), (n, 2), p=share(name, unit))
                rows += [f"{name}{unit}{i},{unit},电话,{a},{b}" for i, (a, b) in enumerate(answers)]
            (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
            told = f"{head}cycle: {name}\ndata: {{responses: {name}.csv}}\n"
            (folder / f"{name}.yaml").write_text(told, encoding="utf-8")
        listed = ", ".join(f"{name}.yaml" for name in names)
        told = f"{head}cycle: '{year}'\nkind: annual\nannual: {{from: [{listed}]}}\ndraws: 1000\n"
        told += "baseline: 2025.yaml\n" if year == "2026" else ""
        (folder / f"{year}.yaml").write_text(told, encoding="utf-8")
    return folder / "2026.yaml"


def better_in_2026(name: str, unit: str) -> list[float]:
    return BETTER if unit == "甲" and name.startswith("2026") else USUAL


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """甲 gets better, 乙 stays."""
    path = write_years(tmp_path_factory.mktemp("years"), ("甲", "乙"), 120, better_in_2026)
    return cycle.evaluate(params_module.load(path))


def test_every_table_of_the_year_is_of_the_inventory(years: dict[str, pd.DataFrame]):
    for name, frame in years.items():
        columns.checked(name, frame)


def test_the_change_is_that_of_the_weighted_means(years: dict[str, pd.DataFrame]):
    total = years["changes"].query("node == 'total'").set_index("unit")
    now = years["totals"].query("node == 'total'").set_index(["cycle", "unit"])["score"]
    for unit in ("甲", "乙"):  # published scores are rounded to 2 decimals, compared ones are not
        np.testing.assert_allclose(total.loc[unit, "estimate0"], now["2025", unit], atol=0.006)
        np.testing.assert_allclose(total.loc[unit, "estimate1"], now["2026", unit], atol=0.006)
    whole = total.loc["*", "change"]
    np.testing.assert_allclose(whole, total.loc[["甲", "乙"], "change"].mean())


def test_verdicts_of_the_year_come_from_the_common_engine(years: dict[str, pd.DataFrame]):
    total = years["changes"].query("node == 'total'").set_index("unit")
    assert total.loc["甲", "verdict"] == "improved"
    assert total.loc["乙", "verdict"] in ("inconclusive", "equivalent")
    assert (total.loc[["甲", "乙"], ["n0", "n1"]] == 240).all(axis=None)
    assert total["p_diff_adj"].notna().all()
    assert set(years["board"]["last_grade"]) <= {"好", "差"}
    assert years["board"].set_index("unit").loc["甲", "verdict"] == "improved"


def test_the_error_of_a_change_is_that_of_independent_years(years: dict[str, pd.DataFrame]):
    """Draws of both years come from streams of their own: the variances add."""
    total = years["totals"].query("node == 'total'").set_index(["cycle", "unit"])
    width = total["score_high"] - total["score_low"]
    change = years["changes"].query("node == 'total'").set_index("unit")
    for unit in ("甲", "乙"):
        wanted = np.hypot(width["2025", unit], width["2026", unit])
        got = change.loc[unit, "ci_high"] - change.loc[unit, "ci_low"]
        np.testing.assert_allclose(got, wanted, rtol=0.12)


def refused(path: Path, change: str, to: str, of: str = "2026.yaml") -> str:
    target = path.parent / of
    text = target.read_text(encoding="utf-8")
    assert change in text
    target.write_text(text.replace(change, to), encoding="utf-8")
    with pytest.raises(ParamError) as caught:
        cycle.load(params_module.load(path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ("baseline: 2025.yaml", "baseline: 2025H1.yaml", "2025H1.yaml is of kind regular"),
        ("[2026H1.yaml, 2026H2.yaml]", "[2026H1.yaml, 2026H2.yaml, 2025H2.yaml]", "as many cycles"),
        ("[2026H1.yaml, 2026H2.yaml]", "[2025H2.yaml, 2026H2.yaml]", "2025H2 is in both"),
    ],
)
def test_a_year_that_cannot_be_compared_is_refused_by_name(tmp_path: Path, change: str, to: str, said: str):
    assert said in refused(write_years(tmp_path, ("甲",), 12, lambda *_: USUAL), change, to)


def test_other_grades_are_refused_by_name(tmp_path: Path):
    path = write_years(tmp_path, ("甲",), 12, lambda *_: USUAL)
    (tmp_path / "other.yaml").write_text(PLAN.replace("好: 80", "优: 80"), encoding="utf-8")
    said = refused(path, "framework: framework.yaml", "framework: other.yaml", "2026H1.yaml")
    assert "2026H1.yaml grades 优, 差, the year 好, 差" in said


def test_checking_a_year_reads_the_data_of_every_cycle_of_both_years(tmp_path: Path):
    path = write_years(tmp_path, ("甲",), 12, lambda *_: USUAL)
    assert sources.check(path) == []
    for name in ("2025H2", "2026H1"):
        file = tmp_path / f"{name}.csv"
        file.write_text(file.read_text("utf-8").replace(",电话,", ",电话,七", 1), encoding="utf-8")
    said = [str(problem) for problem in sources.check(path)]
    assert len(said) == 2
    assert {text.split(":")[0] for text in said} == {"2025H2.yaml", "2026H1.yaml"}


def test_a_year_that_cannot_be_put_together_is_refused_before_anything_runs(tmp_path: Path):
    path = write_years(tmp_path, ("甲",), 12, lambda *_: USUAL)
    path.write_text(path.read_text("utf-8").replace("baseline: 2025.yaml", "baseline: 2025H1.yaml"), "utf-8")
    with pytest.raises(ParamError, match="is of kind regular"):
        run.run_cycle(path, out=tmp_path / "out")
    done = CliRunner().invoke(cli.main, ["check", str(path)])
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_year_under_another_framework_is_rescored_and_says_so(
    tmp_path: Path, years: dict[str, pd.DataFrame]
):
    path = write_years(tmp_path, ("甲", "乙"), 120, better_in_2026)
    (tmp_path / "old.yaml").write_text(PLAN.replace("5: 100", "5: 90"), encoding="utf-8")
    for name in CYCLES["2025"]:
        file = tmp_path / f"{name}.yaml"
        file.write_text(file.read_text("utf-8").replace("framework.yaml", "old.yaml"), encoding="utf-8")
    found = cycle.evaluate(params_module.load(path))["changes"]
    assert found["flags"][found["unit"] != "*"].str.contains("rescored").all()
    np.testing.assert_allclose(found["estimate0"], years["changes"]["estimate0"])
    assert not years["changes"]["flags"].str.contains("rescored").any()


def test_a_panel_is_not_passed_off_as_independent(tmp_path: Path):
    path = write_years(tmp_path, ("甲", "乙"), 30, lambda *_: USUAL)
    file = tmp_path / "2026H1.yaml"
    file.write_text(file.read_text("utf-8") + "panel: true\n", encoding="utf-8")
    found = cycle.evaluate(params_module.load(path))
    assert found["changes"]["flags"][found["changes"]["unit"] != "*"].str.contains("panel_not_paired").all()
    told = found["claims"]["template"]
    assert "year.panel" in set(told)
    assert "year.independent" not in set(told)


@pytest.mark.slow
def test_intervals_of_the_year_cover_and_equal_years_seldom_differ(tmp_path: Path):
    """100 units of the same quality: the kinked total is inside 95 %, equal years differ in 5 %."""
    units = tuple(f"u{k}" for k in range(100))
    found = cycle.evaluate(params_module.load(write_years(tmp_path, units, 60, lambda *_: USUAL)))
    mean = float(np.dot(range(1, 6), USUAL))
    truth = 0.5 * np.interp(mean, [1, 3, 5], [20, 40, 100]) + 0.5 * np.interp(mean, [1, 5], [0, 100])
    total = found["totals"].query("node == 'total' and unit != '*'")
    inside = (total["score_low"] <= truth) & (total["score_high"] >= truth)
    assert 0.905 <= inside.mean() <= 0.995  # 200 intervals
    changed = found["changes"].query("node == 'total' and unit != '*'")
    assert (changed["p_diff"] < 0.05).mean() <= 0.115  # 100 tests
    covered = (changed["ci_low"] <= 0) & (changed["ci_high"] >= 0)
    assert covered.mean() >= 0.885
    ranks = found["grades"].query("cycle == '2026'")
    assert ((ranks["rank_low"] <= ranks["rank"]) & (ranks["rank"] <= ranks["rank_high"])).all()
