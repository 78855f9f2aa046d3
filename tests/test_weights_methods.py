"""Weights from scores and orders, combinations, methods side by side, and a published panel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from pymcdm import weights as oracle
from test_weights import from_matrix, gapped, noisy, upside_down, with_method

from svclib import cycle, framework, plots, sources, weights, wording
from svclib.columns import checked
from svclib.errors import DataError, InputErrors, ParamError

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SVCLIB_DATA") or ROOT.parent / "shared" / "data")
PANEL = DATA / "ahp_city200_simulated" / "city200.csv"
OBJECTIVE = {"entropy": weights.entropy, "critic": weights.critic, "cv": weights.cv, "pca": weights.pca}
DIAKOULAKI = [
    [61, 1.08, 4.33],
    [20.7, 0.26, 4.34],
    [16.3, 1.98, 2.53],
    [9, 3.29, 1.65],
    [5.4, 2.77, 2.33],
    [4, 4.12, 1.21],
    [-6.1, 3.52, 2.10],
    [-34.6, 3.31, 0.98],
]
TUS = [
    [5000, 3, 3, 4, 3, 2],
    [680, 5, 3, 2, 2, 1],
    [2000, 3, 2, 3, 4, 3],
    [600, 4, 3, 1, 2, 2],
    [800, 2, 4, 3, 3, 4],
]


# --- from scores


def test_critic_diakoulaki():
    """Diakoulaki, Mavrotas & Papayannakis (1995); min-max does not mind a shift, so the case is shifted."""
    table = pd.DataFrame(DIAKOULAKI)
    found, notes = weights.critic(table - table.min())
    assert_allclose(found, [0.20222554, 0.48090173, 0.31687273], atol=5e-9)
    assert_allclose(found, oracle.critic_weights(np.array(DIAKOULAKI)), atol=1e-12)
    assert notes == ["min_max"] * 3


def test_critic_tus_adali():
    """Tus & Adali (2019), no direction."""
    found, _ = weights.critic(pd.DataFrame(TUS))
    assert_allclose(found, [0.157003, 0.249489, 0.167675, 0.121100, 0.154099, 0.150633], atol=5e-7)


def test_cv_by_hand():
    scores = pd.DataFrame({"a": [40.0, 60.0], "b": [80.0, 100.0]})
    assert_allclose(weights.cv(scores).weights, np.array([20 / 50, 20 / 90]) / (20 / 50 + 20 / 90))


def test_pca_by_hand():
    """a and b are one another, c has nothing to do with them: eigenvalues 2, 1, 0, both kept."""
    scores = pd.DataFrame({"a": [1.0, 1, 2, 2], "b": [3.0, 3, 5, 5], "c": [1.0, 2, 1, 2]})
    found, notes = weights.pca(scores)
    assert_allclose(found, [1 / 3, 1 / 3, 1 / 3], atol=1e-12)  # communality 1 each
    assert notes == ["z_scores"] * 3
    rng = np.random.default_rng(0)
    values = rng.uniform(30, 100, (40, 1)) + rng.normal(0, 8, (40, 4))
    roots, vectors = np.linalg.eigh(np.corrcoef(values, rowvar=False))
    assert (roots >= 1).sum() == 1  # one component: squared loadings as they stand
    assert_allclose(weights.pca(pd.DataFrame(values)).weights, vectors[:, -1] ** 2, atol=1e-12)


@given(
    hnp.arrays(float, st.tuples(st.integers(6, 9), st.integers(2, 4)), elements=st.integers(0, 100)),
    st.randoms(use_true_random=False),
    st.sampled_from(sorted(OBJECTIVE)),
)
@settings(max_examples=60)
def test_objective_weights_are_a_distribution_whatever_the_order(values: np.ndarray, random: Any, name: str):
    values[:3, 0], values[3:, 0] = 10, 90
    values[::2, 1], values[1::2, 1] = 20, 70
    scores = pd.DataFrame(values)
    found, notes = OBJECTIVE[name](scores)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= -1e-12).all()
    same = np.ptp(values, axis=0) == 0
    assert (found[same] == 0).all()
    assert ["constant" in note for note in notes] == same.tolist()
    rows, columns = (random.sample(range(n), n) for n in values.shape)
    assert_allclose(OBJECTIVE[name](scores.iloc[rows, columns])[0], found[columns], atol=1e-9)


@pytest.mark.parametrize("name", sorted(OBJECTIVE))
def test_what_scores_cannot_say(name: str):
    """One KPI that is the same everywhere has no weight; one empty cell costs one unit, and is counted."""
    scores = pd.DataFrame(np.random.default_rng(2).uniform(40, 100, (9, 3)), columns=list("abc"))
    scores["事故"] = 100.0
    whole = OBJECTIVE[name](scores)
    assert whole.weights[3] == 0
    assert whole.notes[3].endswith("constant")
    scores.loc[4, "b"] = np.nan
    left = OBJECTIVE[name](scores)
    assert_allclose(left.weights, OBJECTIVE[name](scores.drop(4)).weights)
    assert all("dropped_units:1" in note for note in left.notes)
    one = OBJECTIVE[name](scores.assign(a=50.0, b=50.0))
    assert_allclose(one.weights, [0, 0, 1, 0])


@pytest.mark.parametrize("name", sorted(OBJECTIVE))
@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: s.assign(x=[1.0, -1.0, 2.0, 4.0]), "乙 / x below 0. Anchored scores are 0 or more"),
        (
            lambda s: s.assign(x=[1.0, np.nan, np.nan, np.nan]),
            "with every score, found 1; 3 have",
        ),
        (lambda s: s[["y"]].assign(z=1.0), "the same score on each of y, z, so nothing separates them"),
    ],
)
def test_scores_are_refused_by_name(name: str, change: Any, text: str):
    scores = pd.DataFrame({"x": [1.0, 2, 3, 5], "y": [5.0] * 4}, index=["甲", "乙", "丙", "丁"])
    with pytest.raises(DataError, match=f"^{name} weights.*{text}"):
        OBJECTIVE[name](change(scores))


def test_refusals_of_single_methods():
    scores = pd.DataFrame(np.random.default_rng(3).uniform(0, 100, (4, 4)), columns=list("abcd"))
    with pytest.raises(DataError, match=r"pca weights of a, b, c, d need at least 5 units .* found 4"):
        weights.pca(scores)
    with pytest.raises(DataError, match="critic weights: all elements rise and fall together"):
        weights.critic(pd.DataFrame({"a": [1.0, 2, 3], "b": [10.0, 20, 30]}))


# --- orders and combinations


def test_rank_order_weights():
    """ROC of five (Barron & Barrett 1996); rank sum and reciprocal by hand."""
    assert_allclose(weights.rank_order(5), [0.4567, 0.2567, 0.1567, 0.09, 0.04], atol=5e-5)
    assert_allclose(weights.rank_order(3, how="sum"), [3 / 6, 2 / 6, 1 / 6])
    assert_allclose(weights.rank_order(3, how="reciprocal"), np.array([6, 3, 2]) / 11)
    with pytest.raises(ParamError, match=r"how='roc'; choose one of \['centroid', 'sum', 'reciprocal'\]"):
        weights.rank_order(3, how="roc")


@given(st.integers(1, 12), st.sampled_from(["centroid", "sum", "reciprocal"]))
def test_rank_order_weights_fall(n: int, how: str):
    found = weights.rank_order(n, how=how)
    assert found.sum() == pytest.approx(1)
    assert (np.diff(found) < 0).all()


def test_combinations_by_hand():
    a, b = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.8, 0.0])
    linear = weights.combine([a, b], how="linear", share=[60, 40], names="xyz")
    assert_allclose(linear, [0.38, 0.5, 0.12])
    assert_allclose(weights.combine([a, b], how="product", names="xyz"), np.array([0.1, 0.24, 0]) / 0.34)
    with pytest.raises(DataError, match="product of the weights is 0 for each of x, y"):
        weights.combine([np.array([1.0, 0]), np.array([0, 1.0])], how="product", names="xy")
    with pytest.raises(ParamError, match="how='game'"):
        weights.combine([a, b], how="game", names="xyz")


PROCESS = ["处理率", "事故率", "时长"]


def scored(seed: int = 5) -> pd.DataFrame:
    values = np.random.default_rng(seed).uniform(40, 100, (9, 5))
    return pd.DataFrame(values, columns=[i.name for i in tiny_framework().indicators])


def test_a_combined_level_says_what_it_is_made_of():
    parts = [{"method": "rank_order", "order": PROCESS}, {"method": "critic"}]
    rule: dict[str, Any] = {"combine": "线性", "of": parts, "share": [75, 25]}
    table = checked("weights", weights.resolve(with_method(过程=rule), scores=scored()))
    found = table[table["parent"] == "过程"].set_index("node").loc[PROCESS]
    critic = weights.critic(scored()[PROCESS]).weights
    assert_allclose(found["local"], 0.75 * weights.rank_order(3) + 0.25 * critic)
    assert set(found["method"]) == {"rank_order;critic"}
    assert found["relative"].all()
    assert found["note"].iloc[0] == "linear:75,25;centroid;min_max"
    rule["of"][1]["from"] = "2026Q1"
    assert not weights.resolve(with_method(过程=rule), scores=scored())["relative"].any()


@pytest.mark.parametrize("method", ["entropy", "critic", "cv", "pca"])
def test_relative_methods_stand_still_when_pinned(method: str):
    moving = weights.resolve(with_method(过程={"method": method}), scores=scored())
    pinned = weights.resolve(with_method(过程={"method": method, "from": "2026Q1"}), scores=scored())
    assert moving.loc[moving["parent"] == "过程", "relative"].all()
    assert not pinned["relative"].any()
    assert_allclose(moving["local"], pinned["local"])


def test_order_of_what_a_group_leaves():
    content = tiny_content()
    content["dimensions"]["过程"]["weights"] = {"method": "排序", "how": "秩和", "order": PROCESS}
    content["groups"] = {"支持": {"exclude": ["事故率"]}}
    table = weights.resolve(framework.from_dict(content).for_group("支持")).set_index("node")
    assert_allclose(table.loc[["处理率", "时长"], "local"], [2 / 3, 1 / 3])


TWO = [{"method": "equal"}, {"method": "cv"}]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"combine": "linear", "of": [{"method": "equal"}]}, "a combination of 1 method"),
        ({"combine": "linear", "of": TWO}, r"0 share\(s\) for 2 method"),
        ({"combine": "linear", "of": TWO, "share": [0.6, 0.6]}, "sum to 1.2"),
        ({"combine": "product", "of": TWO, "share": [1, 1]}, "share belongs to a linear combination"),
        ({"combine": "product", "of": TWO[:1] * 2}, "the same method twice"),
        ({"of": TWO}, "not how to combine them"),
        ({"combine": "product", "method": "cv", "of": TWO}, "method cv beside a combination"),
        ({"combine": "product", "of": [TWO[0], {"method": "combine"}]}, "a combination inside a combination"),
        ({"combine": "product", "of": TWO, "from": "2026Q1"}, "from stands beside a combination"),
        ({"method": "ahp", "how": "centroid"}, "centroid is no variant of ahp. Choose one of eigenvector"),
        ({"method": "cv", "how": "geometric"}, "geometric is no variant of cv. Remove it"),
        ({"method": "entropy", "group": "aip"}, "group belongs to method ahp, not entropy"),
        ({"method": "rank_order"}, "rank_order weights have no order"),
        ({"method": "rank_order", "order": ["处理率", "时长"]}, "order leaves out 事故率"),
        ({"method": "rank_order", "order": [*PROCESS], "columns": ["p"]}, "columns belong to method stated"),
        ({"method": "merec"}, "'merec' is not known"),
    ],
)
def test_a_wrong_rule_is_named(rule: dict[str, Any], text: str):
    with pytest.raises(InputErrors, match=text):
        with_method(过程=rule)


def test_relative_weights_come_from_one_cycle():
    with pytest.raises(InputErrors, match="taken from several cycles: the current one, 2026Q1"):
        with_method(体验={"method": "cv"}, 过程={"method": "entropy", "from": "2026Q1"})


# --- panels


@given(st.integers(0, 50), st.floats(0.1, 10))
def test_both_groups_agree_for_geometric_means(seed: int, credibility: float):
    """Judgements or weights first: the same where weights are geometric means of rows."""
    first, second = noisy(seed), noisy(seed + 1, noise=0.4)
    share = [1.0, credibility]
    together = weights.priorities(weights.aggregate([first, second], share), how="geometric")
    own = np.array([weights.priorities(m, how="geometric") for m in (first, second)])
    assert_allclose(together, weights.aggregate_priorities(own, share), atol=1e-12)


def test_a_panel_by_weights_has_no_group_matrix():
    names = ["A", "B", "C", "D"]
    rows = pd.concat([from_matrix(noisy(seed), names, expert=f"E{seed}") for seed in (1, 2, 3)])
    tables = weights.ahp(rows, {"total": names}, group="aip")
    assert "group" not in set(tables["consistency"]["expert"])
    own = tables["expert_weights"].pivot_table(index="expert", columns="item", values="weight")
    assert_allclose(own.loc["group"], weights.aggregate_priorities(own.drop("group").to_numpy(), [1, 1, 1]))
    off = tables["expert_weights"].pivot_table(index="expert", columns="item", values="off_group")
    assert_allclose(off, own - own.loc["group"])
    spread = checked("expert_spread", tables["expert_spread"]).set_index("item")
    assert_allclose(spread["weight_high"], own.drop("group").max())
    assert (spread["n_experts"] == 3).all()
    with pytest.raises(ParamError, match=r"group='mean'; choose one of \['aij', 'aip'\]"):
        weights.ahp(rows, {"total": names}, group="mean")


def test_missing_pairs_are_counted_and_named():
    names = ["A", "B", "C", "D"]
    part = from_matrix(noisy(2), names, expert="E2").iloc[[0, 1, 3, 5]]  # A-B, A-C, B-C, C-D
    tables = weights.ahp(pd.concat([from_matrix(noisy(1), names, expert="E1"), part]), {"total": names})
    found = checked("consistency", tables["consistency"]).set_index("expert")
    assert found.loc[["E1", "E2", "group"], "n_missing"].tolist() == [0, 2, 0]
    assert found.loc["E2", "ri"] == pytest.approx(0.90 / 3)
    own = weights.priorities(gapped(noisy(2), (0, 3), (1, 3)))
    table = tables["expert_weights"].set_index(["expert", "item"])["weight"]
    assert_allclose(table.loc["E2"].loc[names], own)
    claims = wording.consistency(
        tables["consistency"], tables["judgement_review"], "zh", tiny_framework().label
    )
    assert "总分之下，1位专家共有2对未作判断，已由其余判断补全，RI相应缩小。" in claims["text"].to_list()


def panel_of(n: int) -> tuple[framework.Framework, pd.DataFrame]:
    matrix = np.array([[1, 5, 3], [1 / 5, 1, 1 / 2], [1 / 3, 2, 1]])
    rows = [from_matrix(matrix, PROCESS, expert=f"E{k:02}", parent="过程") for k in range(n)]
    wrong = upside_down(matrix, 0, 1)
    rows += [from_matrix(wrong, PROCESS, expert=f"F{k:02}", parent="过程") for k in range(n)]
    return with_method(过程={"method": "ahp", "group": "aip"}), pd.concat(rows)


def test_methods_side_by_side():
    system, judgments = panel_of(1)
    table = weights.resolve(system, judgments=judgments, scores=scored())
    found = checked("weight_methods", weights.methods(system, table, judgments=judgments, scores=scored()))
    assert_allclose(found.groupby(["parent", "method", "variant"])["local"].sum(), 1)
    rows = found[found["parent"] == "过程"]
    used = rows[rows["applied"]]
    assert set(used["variant"]) == {"eigenvector;aip"}
    assert_allclose(used.set_index("node")["local"], table.set_index("node").loc[used["node"], "local"])
    assert set(rows["variant"]) >= {"eigenvector;aij", "geometric;aij", "eigenvector;aip;everyone"}
    assert set(rows["method"]) == {"ahp", "equal", "direct", "entropy", "critic", "cv", "pca"}
    assert rows.loc[rows["method"] == "cv", "relative"].all()
    few = weights.methods(system, table, judgments=judgments, scores=scored()[:2])
    lost = few[few["note"] == "not_computed"]
    assert set(lost["method"]) == {"critic", "pca"}
    assert lost["local"].isna().all()
    bare = weights.methods(tiny_framework(), weights.resolve(tiny_framework()))
    assert set(bare["method"]) == {"direct", "equal"}


@pytest.mark.parametrize("n", [1, 9])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_few_experts_are_drawn_one_by_one_and_many_together(n: int, lang: str):
    system, judgments = panel_of(n)
    table = weights.resolve(system, judgments=judgments, scores=scored())
    tables = weights.expert_panel(system, judgments)
    label = system.label
    chart = plots.consistency(tables["consistency"], lang, label, review=tables["judgement_review"])
    many = {"zh": "18人中9人未超过上限", "en": "9 of 18 within the limit"}[lang]
    assert (many in chart.alt) == (n == 9)
    assert ("1/5" in chart.alt) == (n == 1)  # the judgement to revisit stands beside its expert
    drawn = plots.weights(table, tables["expert_weights"], lang, label)
    assert ("90" in drawn.alt) == (n == 9)
    methods = weights.methods(system, table, judgments=judgments, scores=scored())
    assert system.label("处理率", lang) in plots.weight_methods(methods, lang, label).alt


def test_the_four_sentences():
    system, judgments = panel_of(9)
    table = weights.resolve(system, judgments=judgments, scores=scored())
    tables = weights.expert_panel(system, judgments)
    methods = weights.methods(system, table, judgments=judgments, scores=scored())
    told = [
        wording.weights(table, "zh", system.label, spread=tables["expert_spread"]),
        wording.consistency(tables["consistency"], tables["judgement_review"], "zh", system.label),
        wording.experts(tables["expert_weights"], "zh", system.label),
        wording.methods(methods, "zh", system.label),
    ]
    text = "\n".join(checked("claims", pd.concat(told))["text"])
    assert "计入9位专家，分歧最大的是" in text
    assert "过程之下，18位专家中有9位CR超过上限0.1，未计入群体权重；以下只列CR最大的一位。" in text
    assert "过程之下，与群体相差最大的是F0" in text
    assert "过程之下，9种未采用的算法中，" in text


# --- a published panel

here = pytest.mark.skipif(
    not PANEL.exists(), reason="city200 is not redistributed: see data/city200/README.md"
)


@here
def test_city200_goes_through_the_chain(monkeypatch: pytest.MonkeyPatch):
    """ahpsurvey 0.4.1: eigenvectors of all 200, before normalising; 130 have CR <= .1."""
    monkeypatch.setenv("SVCLIB_DATA", str(DATA))
    file = ROOT / "params" / "city200" / "panel.yaml"
    assert sources.check(file) == []
    found = cycle.open(str(file)).step("30")
    assert int(found["consistency"]["passed"].sum()) == 130
    rows = found["weight_methods"].query("variant == 'eigenvector;aip;everyone'").set_index("node")["local"]
    published = np.array([0.15261, 0.44827, 0.07053, 0.27579, 0.03965])
    assert_allclose(
        rows.loc[["文化", "家庭", "住房", "就业", "交通"]], published / published.sum(), atol=1e-5
    )
    kept = found["weights"].set_index("node")
    assert kept.loc["家庭", "note"] == "n_excluded:70"
    assert kept.loc[["文化", "家庭", "住房", "就业", "交通"], "local"].sum() == pytest.approx(1)
