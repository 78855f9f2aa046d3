"""The demo is synthetic, reproducible bit for bit, and says truthfully what was planted."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import framework, params

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "demo"
COMPARED = ("2026Q1", "2026Q2")


def _load():
    spec = importlib.util.spec_from_file_location("demo_generate", FOLDER / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


demo = _load()


@pytest.fixture(scope="module")
def year():
    return demo.generate()


@pytest.fixture(scope="module")
def truth(year):
    return year["truth"]


def _changed(truth):
    moved = truth[truth["quantity"].isin(["planted_change", "planted_direction"]) & (truth["text"] != "none")]
    return {(row.unit, row.indicator): row.text for row in moved.itertuples()}


def test_generator_reproduces_the_committed_files(tmp_path):
    for path in demo.write(tmp_path):
        name = path.relative_to(tmp_path)
        # Git may check text out with CRLF; the content is what is promised.
        assert path.read_bytes() == (FOLDER / name).read_bytes().replace(b"\r\n", b"\n"), name


def test_every_committed_csv_comes_from_the_generator(year):
    committed = {p.relative_to(FOLDER).with_suffix("").as_posix() for p in FOLDER.rglob("*.csv")}
    assert committed == {*year, "parameters"}


def test_labelled_synthetic(year):
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert "合成" in readme
    assert "synthetic" in readme
    for cycle in demo.CYCLES:
        assert year[f"{cycle}/responses"]["受访者编号"].str.startswith(f"SYN-{cycle}-").all()
        title = params.load(ROOT / "params" / "demo" / f"{cycle}.yaml").title
        assert "合成" in title.zh
        assert "synthetic" in title.en


def test_framework_and_generator_agree():
    system = framework.load(ROOT / "params" / "demo" / "framework.yaml")
    assert system.subjects == pytest.approx(demo.SUBJECTS)
    assert list(system.items) == sorted(demo.ITEMS, key=system.items.index)
    assert {d.name: {i.name for i in d.indicators} for d in system.dimensions} == {
        name: set(indicators) for name, indicators in demo.DIMENSIONS.items()
    }
    for number, (name, (raters, _)) in enumerate(demo.RATINGS.items()):
        assert system.indicator(name).items == tuple(demo.ITEMS[3 * number : 3 * number + 3])
        assert set(system.indicator(name).subjects or system.subjects) == set(raters)


def test_truth_lists_exactly_the_planted_changes(truth):
    assert _changed(truth) == {
        ("冷链部", "服务态度"): "improved",
        ("冷链部", "沟通反馈"): "improved",
        ("冷链部", "投诉处理率"): "improved",
        ("冷链部", "客户体验"): "improved",
        ("冷链部", "total"): "improved",
        ("配送三部", "服务规范"): "declined",
        ("配送三部", "任务完成率"): "declined",
        ("配送三部", "准时送达率"): "declined",
        ("配送三部", "服务质量"): "declined",
        ("配送三部", "流程效率"): "declined",
        ("配送三部", "total"): "declined",
    }
    values = truth[truth["quantity"] == "true_value"].pivot_table(
        index=["unit", "indicator"], columns="cycle", values="value"
    )
    moved = (values["2026Q2"] - values["2026Q1"]).round(6)
    assert moved[moved != 0].to_dict() == pytest.approx({k: demo.PLANTED[k] for k in moved[moved != 0].index})
    assert set(moved[moved != 0].index) == set(demo.PLANTED)


def test_nothing_planted_changes_nothing():
    truth = demo.generate(3, planted=False, cycles=COMPARED)["truth"]
    values = truth[truth["quantity"] == "true_value"].pivot_table(
        index=["unit", "indicator"], columns="cycle", values="value"
    )
    assert _changed(truth) == {}
    assert values["2026Q1"].equals(values["2026Q2"].rename("2026Q1"))
    assert "veto" not in set(truth["quantity"])


def test_a_cycle_does_not_depend_on_the_others(year):
    alone = demo.generate(cycles=("2026Q2",))
    pd.testing.assert_frame_equal(alone["2026Q2/responses"], year["2026Q2/responses"])
    pd.testing.assert_frame_equal(alone["2026Q2/kpis"], year["2026Q2/kpis"])


def test_other_seeds_give_other_data(year):
    other = demo.generate(1, cycles=("2026Q2",))["2026Q2/responses"]
    assert not other[demo.ITEMS].equals(year["2026Q2/responses"][demo.ITEMS])


@pytest.mark.parametrize("cycle", demo.CYCLES)
def test_planted_facts_are_in_the_data(year, cycle):
    rows, kpis = year[f"{cycle}/responses"], year[f"{cycle}/kpis"]
    assert (rows["部门"] == demo.SMALL).sum() == 6
    sizes = pd.crosstab(rows["部门"], rows["评价主体"]).drop(demo.SMALL)
    assert sizes["客户"].between(52, 81).all()
    assert (sizes[["内部监督", "第三方"]] == demo.N_RATERS).all(axis=None)
    trained = kpis[kpis["指标"] == "安全培训覆盖率"]
    assert trained["分子"].equals(trained["分母"].rename("分子"))
    accidents = kpis[kpis["指标"] == "安全事故率"].set_index("部门")
    over = 1000 * accidents["分子"] / accidents["分母"] > 2
    assert list(over[over].index) == ([demo.VETO] if cycle in COMPARED else [])
    assert rows["受访者编号"].duplicated().sum() == 6


def test_ids_are_no_panel(year):
    ids = [set(year[f"{cycle}/responses"]["受访者编号"]) for cycle in demo.CYCLES]
    assert sum(map(len, ids)) == len(set.union(*ids))


def test_answers_average_to_the_true_values():
    """Pooled over seeds, observed means of the blended ratings sit on the stated truth (no bias > 0.03)."""
    names = {u.unit: u for u in demo.UNITS if u.unit != demo.SMALL}
    case, gaps = demo.Case("2026Q2", planted=True), []
    for seed in range(6):
        rows = demo.generate(seed, cycles=("2026Q2",))["2026Q2/responses"]
        answers = rows[demo.ITEMS].astype(float).replace(9.0, np.nan)
        means = answers.groupby([rows["部门"], rows["评价主体"]]).mean()
        for column, (indicator, (raters, _)) in enumerate(demo.RATINGS.items()):
            items = demo.ITEMS[3 * column : 3 * column + 3]
            for unit in names.values():
                seen = sum(demo.SUBJECTS[s] * means.loc[(unit.unit, s), items].mean() for s in raters)
                value = seen / sum(demo.SUBJECTS[s] for s in raters)
                gaps.append((unit.unit, indicator, value - demo.true_value(unit, indicator, case)))
    bias = pd.DataFrame(gaps, columns=["unit", "indicator", "gap"]).groupby("indicator")["gap"].mean()
    assert bias.abs().max() < 0.03


def test_one_expert_contradicts_himself(year):
    judged = year["judgments"]
    assert judged.groupby("专家").size().eq(10).all()
    ratios = judged["判断值"].map(lambda text: 1 / float(text[2:]) if text.startswith("1/") else float(text))
    consistency = {}
    for expert, rows in judged.assign(ratio=ratios).groupby("专家"):
        matrix = pd.DataFrame(1.0, index=list(demo.DIMENSIONS), columns=list(demo.DIMENSIONS))
        for row in rows.itertuples():
            matrix.loc[row.甲, row.乙], matrix.loc[row.乙, row.甲] = row.ratio, 1 / row.ratio
        largest = np.linalg.eigvals(matrix.to_numpy()).real.max()
        consistency[expert] = (largest - 5) / 4 / 1.12  # Saaty's random index of order 5
    assert [e for e, ratio in consistency.items() if ratio > 0.10] == [demo.INCONSISTENT[0]]
