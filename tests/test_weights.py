from __future__ import annotations

import re
from typing import Any

import ahpy
import numpy as np
import pandas as pd
import pytest
from factories import tiny_content, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from pymcdm.weights import entropy_weights
from pymcdm.weights.subjective import AHP

from svclib import framework, weights
from svclib.columns import checked
from svclib.errors import DataError, InputErrors, ParamError
from svclib.framework.weighting import HOWS

DRINKS = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"]
DRINK_PAIRS = (
    "coffee:wine9 tea5 beer2 soda1 milk1; water:coffee2 wine9 tea9 beer3 soda2 milk3; tea:wine3; "
    "beer:wine9 tea3 milk1; soda:wine9 tea4 beer2 milk2; milk:wine9 tea3"
)
CITY_PAIRS = {
    "total": "Culture:Housing3 Transp5; Family:Culture5 Housing7 Transp7 Jobs1; Housing:Transp3; "
    "Jobs:Culture2 Housing4 Transp7",
    "Culture": "Be:Pi1; Bo:Be2 Pi2.5 SF1; SF:Be2 Pi2.5",
    "Family": "Be:Bo2 SF4; Bo:SF2; Pi:Be3 Bo8 SF9",
    "Housing": "Be:Bo5 SF2.5; Pi:Be2 Bo9 SF7; SF:Bo4",
    "Jobs": "Be:Pi3 SF4; Bo:Be2 Pi6 SF8; Pi:SF1",
    "Transp": "Be:Bo1.5 SF4; Bo:SF2.5; Pi:Be2 Bo3.5 SF9",
}
CRITERIA = ["Culture", "Family", "Housing", "Jobs", "Transp"]
CITIES = ["Be", "Bo", "Pi", "SF"]


def judged(text: str, *, expert: str = "E1", parent: str = "", credibility: float = 1.0) -> pd.DataFrame:
    """Judgement rows of "a:b3 c5; b:c2"."""
    found = [
        (expert, credibility, parent, group.split(":")[0].strip(), b, float(value))
        for group in text.split(";")
        for b, value in re.findall(r"([A-Za-z]+)([\d.]+)", group.split(":")[1])
    ]
    return pd.DataFrame(found, columns=["expert", "credibility", "parent", "a", "b", "value"])


def from_matrix(matrix: np.ndarray, names: list[str], **key: Any) -> pd.DataFrame:
    rows = [
        {"credibility": 1.0, "parent": "", **key, "a": names[i], "b": names[j], "value": matrix[i, j]}
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]
    return pd.DataFrame(rows)


def as_matrix(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    matrix = np.eye(len(names))
    for a, b, value in zip(rows["a"], rows["b"], rows["value"], strict=True):
        matrix[names.index(a), names.index(b)] = value
        matrix[names.index(b), names.index(a)] = 1 / value
    return matrix


def weights_of(tables: dict[str, pd.DataFrame], expert: str, parent: str = "total") -> pd.Series:
    rows = tables["expert_weights"]
    rows = rows[(rows["expert"] == expert) & (rows["parent"] == parent)]
    return rows.set_index("item")["weight"]


def consistency_of(tables: dict[str, pd.DataFrame], expert: str, parent: str = "total") -> pd.Series:
    rows = tables["consistency"]
    return rows[(rows["expert"] == expert) & (rows["parent"] == parent)].iloc[0]


@st.composite
def reciprocal(draw: st.DrawFn) -> np.ndarray:
    n = draw(st.integers(3, 7))
    scale = st.sampled_from([1 / 9, 1 / 7, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 5, 7, 9])
    matrix = np.eye(n)
    for i in range(n):
        for j in range(i + 1, n):
            matrix[i, j] = draw(scale)
            matrix[j, i] = 1 / matrix[i, j]
    return matrix


# --- one matrix


def test_two_elements_by_hand():
    matrix = np.array([[1, 3], [1 / 3, 1]])
    for how in HOWS["ahp"]:
        assert_allclose(weights.priorities(matrix, how=how), [0.75, 0.25], atol=1e-12)
    found = weights.consistency(matrix)
    assert (found.lambda_max, found.ci, found.cr, found.n_missing) == (2.0, 0.0, 0.0, 0)


def test_consistent_matrix_by_hand():
    w = np.array([0.5, 0.3, 0.2])
    for how in HOWS["ahp"]:
        assert_allclose(weights.priorities(w[:, None] / w, how=how), w, atol=1e-12)
    found = weights.consistency(w[:, None] / w)
    assert found.lambda_max == pytest.approx(3)
    assert found.cr == pytest.approx(0, abs=1e-12)


def test_saaty_drinks():
    """Saaty (2008), Int. J. Services Sci. 1(1): weights and CR .022 printed there."""
    matrix = as_matrix(judged(DRINK_PAIRS), DRINKS)
    found, agreed = weights.priorities(matrix), weights.consistency(matrix)
    expected = [0.17746, 0.01915, 0.04183, 0.11642, 0.18957, 0.12878, 0.32679]
    assert_allclose(found, expected, atol=5e-6)
    assert_allclose([agreed.lambda_max, agreed.ci, agreed.cr], [7.17663, 0.02944, 0.0223], atol=5e-5)
    assert weights.consistency(matrix, ri="saaty2005").cr == pytest.approx(0.0218, abs=5e-5)
    geometric = [0.178723, 0.018461, 0.042234, 0.116498, 0.191136, 0.128625, 0.324323]
    assert_allclose(weights.priorities(matrix, how="geometric"), geometric, atol=5e-7)
    assert_allclose(found, AHP(matrix=matrix)(), atol=1e-9)
    pairs = {(r.a, r.b): r.value for r in judged(DRINK_PAIRS).itertuples()}
    other = ahpy.Compare("drinks", pairs, precision=6, random_index="saaty")
    assert_allclose(found, [other.target_weights[name] for name in DRINKS], atol=2e-6)
    assert weights.consistency(matrix, ri="saaty2005").cr == pytest.approx(other.consistency_ratio, abs=2e-6)


def test_saaty_cities_hierarchy():
    """Saaty (2005), ANP book, family choosing a city: criteria, CR .0503, cities .229 .275 .385 .111."""
    rows = pd.concat([judged(text, parent=parent) for parent, text in CITY_PAIRS.items()])
    tables = weights.ahp(rows, {"total": CRITERIA} | dict.fromkeys(CRITERIA, CITIES), max_cr=0.2)
    criteria = weights_of(tables, "group")[CRITERIA]
    assert_allclose(criteria, [0.1522, 0.4335, 0.0716, 0.3050, 0.0378], atol=5e-5)
    assert consistency_of(tables, "E1")["cr"] == pytest.approx(0.0503, abs=5e-5)
    cities = sum(criteria[c] * weights_of(tables, "group", c)[CITIES] for c in CRITERIA)
    assert_allclose(cities, [0.22910, 0.27477, 0.38516, 0.11097], atol=5e-6)


def test_random_index_is_named_and_ends():
    assert weights.random_index(7) == 1.32
    with pytest.raises(ParamError, match=r"ri='alonso'; choose one of \['saaty', 'saaty2005'\]"):
        weights.random_index(7, ri="alonso")
    with pytest.raises(ParamError, match=r"11 elements.*ends at 10"):
        weights.random_index(11)


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        ([[1, 2], [2, 1]], "must be positive"),
        ([[1, 2], [0, 1]], "must be positive"),
        ([[1, 0], [0, 1]], "must connect every element"),
        ([[1, 2, 3]], "must be square"),
    ],
)
def test_not_a_judgement_matrix(matrix: list[list[float]], text: str):
    with pytest.raises(DataError, match=f"a judgement matrix {text}"):
        weights.priorities(np.array(matrix))
    with pytest.raises(ParamError, match=r"how='mean'; choose one of \['eigenvector', 'geometric'\]"):
        weights.priorities(np.eye(1), how="mean")


@given(reciprocal(), st.randoms(use_true_random=False))
def test_weights_are_a_distribution_and_follow_the_order(matrix: np.ndarray, random: Any):
    agreed = weights.consistency(matrix)
    assert agreed.lambda_max >= len(matrix) - 1e-9
    assert agreed.ci >= 0
    assert agreed.cr >= 0
    order = random.sample(range(len(matrix)), len(matrix))
    for how in HOWS["ahp"]:
        found = weights.priorities(matrix, how=how)
        assert found.sum() == pytest.approx(1, abs=1e-12)
        assert (found > 0).all()
        assert_allclose(weights.priorities(matrix[np.ix_(order, order)], how=how), found[order], atol=1e-10)


@given(reciprocal(), reciprocal(), st.floats(0.1, 10))
def test_group_of_judgements_is_reciprocal(first: np.ndarray, second: np.ndarray, credibility: float):
    n = min(len(first), len(second))
    group = weights.aggregate([first[:n, :n], second[:n, :n]], [1.0, credibility])
    assert_allclose(group * group.T, 1, atol=1e-12)


# --- judgements not made


def gapped(matrix: np.ndarray, *pairs: tuple[int, int]) -> np.ndarray:
    found = matrix.copy()
    for i, j in pairs:
        found[i, j] = found[j, i] = 0
    return found


def test_gaps_by_hand():
    """Three elements, one pair missing: both rules fill in a[0, 1] * a[1, 2]."""
    matrix = gapped(np.array([[1, 2, 9], [1 / 2, 1, 3], [1 / 9, 1 / 3, 1]]), (0, 2))
    for how in HOWS["ahp"]:
        assert_allclose(weights.priorities(matrix, how=how), np.array([6, 3, 1]) / 10, atol=1e-9)
    found = weights.consistency(matrix)
    assert (found.n_missing, found.ri, found.cr) == (1, 0.0, 0.0)


def test_gaps_as_ahpy_fills_them():
    """AHPy completes by cyclic coordinates (Bozoki, Fulop & Ronyai 2010), here by gradient."""
    matrix = gapped(as_matrix(judged(DRINK_PAIRS), DRINKS), (0, 1), (2, 5), (3, 4), (4, 6))
    pairs = {
        (DRINKS[i], DRINKS[j]): matrix[i, j]
        for i in range(len(DRINKS))
        for j in range(i + 1, len(DRINKS))
        if matrix[i, j]
    }
    other = ahpy.Compare("drinks", pairs, precision=8, tolerance=1e-10, iterations=1000)
    found = weights.priorities(matrix)
    assert_allclose(found, [other.target_weights[name] for name in DRINKS], atol=1e-5)
    assert weights.consistency(matrix).n_missing == 4


def test_completion_has_the_least_eigenvalue_and_geometric_the_least_squares():
    matrix = gapped(noisy(4, n=5, noise=0.5), (0, 1), (2, 4))
    least = weights.consistency(matrix).lambda_max
    rng = np.random.default_rng(0)
    full = [weights.consistency(filled(matrix, rng.normal(0, 1, 2))).lambda_max for _ in range(50)]
    assert min(full) >= least - 1e-9
    logs = np.log(weights.priorities(matrix, how="geometric"))
    made = matrix > 0
    squares = ((np.log(np.where(made, matrix, 1)) - np.subtract.outer(logs, logs)) ** 2)[made].sum()
    for _ in range(20):
        other = logs + rng.normal(0, 0.05, len(logs))
        more = ((np.log(np.where(made, matrix, 1)) - np.subtract.outer(other, other)) ** 2)[made].sum()
        assert more >= squares


def filled(matrix: np.ndarray, logs: np.ndarray) -> np.ndarray:
    whole = matrix.copy()
    for (i, j), value in zip(np.argwhere(np.triu(matrix == 0, 1)), np.exp(logs), strict=True):
        whole[i, j], whole[j, i] = value, 1 / value
    return whole


def test_random_index_shrinks_with_what_is_missing():
    """Agoston & Csato (2022): RI(4, 1) = .583 and RI(4, 2) = .306 where RI(4) = .884."""
    ratio = [weights.random_index(4, n_missing=m) / weights.random_index(4) for m in (0, 1, 2, 3)]
    assert_allclose(ratio, [1, 0.583 / 0.884, 0.306 / 0.884, 0], atol=0.02)


# --- a panel


def test_city200_published_answers(shared_data):
    """ahpsurvey 0.4.1 vignette: CR of the first three (RI 1.11), group by geometric mean of judgements."""
    file = shared_data / "ahp_city200_simulated" / "city200.csv"
    if not file.exists():
        pytest.skip(f"no {file}")
    names = ["cult", "fam", "house", "jobs", "trans"]
    table = pd.read_csv(file)
    matrices = []
    for row in table.itertuples(index=False):
        matrix = np.eye(5)
        for pair, code in zip(table.columns, row, strict=True):
            i, j = (names.index(part) for part in pair.split("_"))
            value = abs(code) if code < 0 else 1 / code
            matrix[i, j], matrix[j, i] = value, 1 / value
        matrices.append(matrix)
    cr = [weights.consistency(m, ri="saaty2005").cr for m in matrices]
    assert_allclose(cr[:3], [0.06125, 0.02963, 0.06328], atol=2e-4)
    assert sum(np.array(cr) <= 0.1) == 130
    everyone = np.ones(200)
    group = weights.aggregate(matrices, everyone)
    assert_allclose(group[0], [1, 0.220, 3.093, 0.488, 4.64], rtol=3e-3)
    own = np.array([weights.priorities(m) for m in matrices])
    aip = weights.aggregate_priorities(own, everyone)
    published = np.array([0.15261, 0.44827, 0.07053, 0.27579, 0.03965])  # as printed, before normalising
    assert_allclose(np.exp(np.log(own).mean(axis=0)), published, atol=5e-6)
    assert_allclose(aip, published / published.sum(), atol=1e-5)


NAMES = ["A", "B", "C", "D"]
TRUE = np.array([0.4, 0.3, 0.2, 0.1])


def noisy(seed: int, *, n: int = 4, noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    true = TRUE if n == 4 else rng.dirichlet(np.full(n, 3.0))
    logs = np.triu(np.log(true[:, None] / true) + rng.normal(0, noise, (n, n)), 1)
    return np.exp(logs - logs.T)


def upside_down(matrix: np.ndarray, i: int, j: int) -> np.ndarray:
    wrong = matrix.copy()
    wrong[i, j], wrong[j, i] = matrix[j, i], matrix[i, j]
    return wrong


def test_inconsistent_expert_is_found_shown_and_left_out():
    rows = [from_matrix(noisy(seed), NAMES, expert=f"专家{seed}") for seed in (1, 2, 3, 4)]
    rows.append(from_matrix(upside_down(noisy(5), 0, 3), NAMES, expert="专家5"))
    tables = weights.ahp(pd.concat(rows), {"total": NAMES})
    for name, table in tables.items():
        checked(name, table)
    passed = tables["consistency"].set_index("expert")["passed"]
    assert passed.to_dict() == {
        **dict.fromkeys(["专家1", "专家2", "专家3", "专家4", "group"], True),
        "专家5": False,
    }
    review = tables["judgement_review"].set_index("expert").loc["专家5"]
    assert (review["a"], review["b"]) == ("A", "D")
    assert review["value"] < 1 < review["implied"]
    assert review["cr"] > 0.1 > review["cr_if_fixed"]
    without = weights.ahp(pd.concat(rows[:4]), {"total": NAMES})
    assert_allclose(weights_of(tables, "group"), weights_of(without, "group"), atol=0)


def test_judgement_to_revisit_is_the_inverted_one():
    """100 simulated judges, one judgement of 3 or more entered upside down: found and repaired."""
    before, after = [], []
    for seed in range(100):
        n = 5 + seed % 3
        matrix = noisy(seed, n=n, noise=0.15)
        strong = np.argwhere(np.triu(np.maximum(matrix, 1 / matrix) >= 3, 1))
        if not len(strong):
            continue
        i, j = strong[seed % len(strong)]
        names = [f"x{k}" for k in range(n)]
        rows = from_matrix(upside_down(matrix, i, j), names, expert="E")
        tables = weights.ahp(rows, {"total": names}, max_cr=9.0)
        review = tables["judgement_review"].iloc[0]
        assert (review["a"], review["b"]) == (names[i], names[j])
        assert review["implied"] == pytest.approx(matrix[i, j], rel=0.8)
        before.append(review["cr"])
        after.append(review["cr_if_fixed"])
    assert len(before) > 50
    assert np.mean(before) > 0.1
    assert np.mean(after) < 0.03


def test_credibility_is_the_exponent():
    first, second = np.array([[1, 2], [0.5, 1]]), np.array([[1, 8], [0.125, 1]])
    assert weights.aggregate([first, second], [1, 1])[0, 1] == pytest.approx(4)
    assert weights.aggregate([first, second], [3, 1])[0, 1] == pytest.approx(2**1.5)


def test_one_child_needs_no_judgement():
    tables = weights.ahp(judged("A:B3"), {"total": ["A", "B"], "维度": ["only"]})
    assert weights_of(tables, "group", "维度").to_dict() == {"only": 1.0}


def test_wrong_judgements_are_listed_together():
    rows = pd.concat(
        [
            judged("A:B3; C:D2", expert="E1"),
            judged("A:B3 C5 D7; B:C2 D4; C:D2; B:A3", expert="E2"),
            judged("A:B0 C5 D7; B:C2 D4; C:Dd2", expert="E3"),
        ]
    )
    rows.loc[rows["expert"] == "E2", "credibility"] = -1.0
    with pytest.raises(InputErrors) as caught:
        weights.ahp(rows, {"total": NAMES})
    text = str(caught.value)
    assert "expert E1, parent total, a, b: no judgement connects A, B | C, D" in text
    assert "expert E2, parent total, a, b: the pair B and A is judged twice" in text
    assert "expert E2, parent total, credibility: found -1" in text
    assert "expert E3, parent total, value: A against B is 0" in text
    assert "unknown name 'Dd'" in text


def test_no_expert_passes():
    rows = from_matrix(upside_down(noisy(5), 0, 3), NAMES, expert="E1")
    with pytest.raises(DataError, match=r"parent total: no expert has CR <= 0.1 \(E1 0\.\d+\)"):
        weights.ahp(rows, {"total": NAMES})


def test_parent_without_judgements_and_reserved_name():
    with pytest.raises(InputErrors, match="parent 维度, parent: no judgement"):
        weights.ahp(judged("A:B3"), {"维度": ["A", "B"]})
    with pytest.raises(InputErrors, match="an expert is called 'group'"):
        weights.ahp(judged("A:B3", expert="group"), {"total": ["A", "B"]})


def test_implied_by_hand():
    assert np.isnan(weights.implied(np.ones((2, 2)))[0, 1])  # there is no third element to say
    matrix = noisy(3)
    by_hand = np.sqrt(matrix[0, 2] * matrix[2, 1] * matrix[0, 3] * matrix[3, 1])
    assert weights.implied(matrix)[0, 1] == pytest.approx(by_hand)
    gap = gapped(matrix, (0, 3), (1, 3))  # 3 hangs on 2 alone: nothing checks that judgement
    assert np.isnan(weights.implied(gap)[2, 3])
    assert weights.implied(gap)[0, 1] == pytest.approx(matrix[0, 2] * matrix[2, 1])
    assert weights.implied(gap)[0, 3] == pytest.approx(
        np.exp(np.subtract.outer(*[np.log(weights.priorities(gap, how="geometric"))] * 2))[0, 3]
    )


# --- entropy, stated, direct

ELSAYED = [
    [7, 312, 1891, 6613, 163],
    [72, 88, 728, 941804, 1078],
    [10, 252, 2594, 3466, 117471],
    [10, 145, 980, 2371, 86329],
    [65, 54, 350, 501, 29897],
    [29, 48, 380, 912, 34051],
    [7, 476, 3300, 78470, 2212],
    [70, 87, 650, 733, 819000],
    [4, 86, 591, 3015, 103],
    [12, 79, 579, 3240, 96098],
    [21, 45, 261, 1253, 453],
    [1, 72, 530, 4333, 0.1048],
]


def test_entropy_elsayed():
    """Elsayed et al. (2017), the case of pymcdm's own tests: raw shares."""
    found, notes = weights.entropy(pd.DataFrame(ELSAYED))
    assert_allclose(found, [0.104991, 0.069124, 0.071373, 0.449937, 0.304575], atol=5e-7)
    assert_allclose(found, entropy_weights(np.array(ELSAYED)), atol=1e-12)
    assert notes == ["raw_shares"] * 5


def test_entropy_by_hand():
    scores = pd.DataFrame({"a": [100.0, 0.0], "b": [50.0, 50.0], "c": [75.0, 25.0]})
    h = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(2)
    found, notes = weights.entropy(scores)
    assert_allclose(found, np.array([1, 0, 1 - h]) / (2 - h))
    assert notes == ["raw_shares", "raw_shares;constant", "raw_shares"]


@given(
    hnp.arrays(
        float, hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=6), elements=st.integers(1, 100)
    ),
    st.randoms(use_true_random=False),
)
@settings(max_examples=50)
def test_entropy_is_a_distribution_whatever_the_order(values: np.ndarray, random: Any):
    values[0, 0] = values[1, 0] + 1
    scores = pd.DataFrame(values)
    found, _ = weights.entropy(scores)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= -1e-12).all()
    rows, columns = (random.sample(range(n), n) for n in values.shape)
    assert_allclose(weights.entropy(scores.iloc[rows, columns])[0], found[columns], atol=1e-10)


def test_stated_shares_by_hand():
    picks = pd.DataFrame({"p1": [1, 2, 1, 9, np.nan], "p2": [2, 3, np.nan, 1, 12]})
    shares, ignored = weights.stated(picks, ["x", "y", "z"])
    assert_allclose(shares, np.array([3, 2, 1]) / 6)
    assert ignored == 2
    shares, _ = weights.stated(picks, ["x", "y", "z"], weight=pd.Series([2.0, 1, 1, 1, 1]))
    assert_allclose(shares, np.array([4, 3, 1]) / 8)
    with pytest.raises(DataError, match=r"columns p1, p2: no code between 1 and 3"):
        weights.stated(picks * np.nan, ["x", "y", "z"])


def test_direct_sums_to_one_or_a_hundred():
    assert_allclose(weights.direct([50, 30, 20], names="abc"), [0.5, 0.3, 0.2])
    with pytest.raises(DataError, match="no usable weight for b"):
        weights.direct([1, None], names="ab")
    with pytest.raises(DataError, match="all 0"):
        weights.direct([0, 0], names="ab")


# --- the table


def with_method(**levels: dict[str, Any]) -> framework.Framework:
    """The tiny framework with other weighting methods, by level ("total" or a dimension)."""
    content = tiny_content()
    for level, rule in levels.items():
        target = content if level == "total" else content["dimensions"][level]
        target["weights"] = rule
    return framework.from_dict(content)


def test_direct_table():
    table = weights.resolve(tiny_framework())
    checked("weights", table)
    found = table.set_index("node")
    assert found.loc["体验", "global"] == pytest.approx(0.6)
    assert found.loc["态度", "local"] == pytest.approx(0.5)
    assert found.loc["态度", "global"] == pytest.approx(0.3)
    assert not table["relative"].any()
    assert found.loc["体验", "parent"] == "total"


def test_ahp_level_names_who_was_left_out():
    process = ["处理率", "事故率", "时长"]
    matrix = np.array([[1, 5, 3], [1 / 5, 1, 1 / 2], [1 / 3, 2, 1]])
    rows = [from_matrix(matrix, process, expert="专家1", parent="过程")]
    rows.append(from_matrix(upside_down(matrix, 0, 1), process, expert="专家2", parent="过程"))
    system = with_method(过程={"method": "ahp", "max_cr": 0.1}, total={"method": "equal"})
    judgments = pd.concat(rows)
    table = weights.resolve(system, judgments=judgments).set_index("node")
    assert_allclose(table.loc[process, "local"], weights.priorities(matrix), atol=1e-12)
    assert set(table.loc[process, "note"]) == {"excluded:专家2"}
    assert table.loc["体验", "local"] == 0.5
    panel = weights.expert_panel(system, judgments)
    assert panel["consistency"]["expert"].tolist() == ["专家1", "专家2", "group"]
    assert weights.expert_panel(tiny_framework(), judgments)["consistency"].empty


def test_entropy_at_both_levels():
    system = with_method(total={"method": "entropy"}, 过程={"method": "entropy"})
    rng = np.random.default_rng(1)
    scores = pd.DataFrame(
        rng.uniform(40, 100, (8, 5)), columns=[i.name for i in system.indicators], index=list("abcdefgh")
    ).assign(事故率=100.0)
    table = weights.resolve(system, scores=scores).set_index("node")
    assert table.loc["事故率", "local"] == 0
    assert table.loc["事故率", "note"] == "raw_shares;constant"
    assert table.loc[["体验", "过程", "处理率"], "relative"].all()
    assert not table.loc["态度", "relative"]
    dims = pd.DataFrame(
        {
            d.name: scores[[i.name for i in d.indicators]]
            @ table.loc[[i.name for i in d.indicators], "local"]
            for d in system.dimensions
        }
    )
    assert_allclose(table.loc[["体验", "过程"], "local"], weights.entropy(dims)[0], atol=1e-12)


def test_stated_level_is_relative_unless_pinned():
    rule = {"method": "stated", "columns": ["p1", "p2"], "order": ["过程", "体验"]}
    responses = pd.DataFrame({"p1": [1.0, 1, 2], "p2": [2.0, 7, np.nan], "weight": 1.0})
    table = weights.resolve(with_method(total=rule), responses=responses).set_index("node")
    assert table.loc[["体验", "过程"], "local"].tolist() == [0.5, 0.5]
    assert table.loc["体验", "note"] == "ignored_codes:1"
    assert table.loc["体验", "relative"]
    pinned = weights.resolve(with_method(total={**rule, "from": "2026Q1"}), responses=responses)
    assert not pinned["relative"].any()
    with pytest.raises(DataError, match="no column p2"):
        weights.resolve(with_method(total=rule), responses=responses.drop(columns="p2"))


def test_stated_importance_of_what_a_group_leaves():
    content = tiny_content()
    rule = {"method": "stated", "columns": ["p"], "order": ["事故率", "处理率", "时长"]}
    content["dimensions"]["过程"]["weights"] = rule
    content["groups"] = {"支持": {"exclude": ["时长"]}, "窗口": {"exclude": ["时长", "事故率"]}}
    system = framework.from_dict(content)
    responses = pd.DataFrame({"p": [1.0, 1, 1, 2, 3, 3], "weight": 1.0})

    def local(group: str, answers: pd.DataFrame) -> pd.DataFrame:
        table = weights.resolve(system.for_group(group), responses=answers).set_index("node")
        return table.loc[table["parent"] == "过程", ["local", "relative"]]

    assert_allclose(local("", responses).loc[["事故率", "处理率", "时长"], "local"], [1 / 2, 1 / 6, 1 / 3])
    assert_allclose(local("支持", responses).loc[["事故率", "处理率"], "local"], [3 / 4, 1 / 4])
    alone = local("窗口", responses)  # one indicator has the whole weight, whoever chose what
    assert alone.to_numpy().tolist() == [[1.0, False]]
    with pytest.raises(DataError, match="columns p: nobody chose 处理率, 事故率, what is left of '过程'"):
        local("支持", responses[4:])


@pytest.mark.parametrize("method", ["ahp", "entropy", "equal"])
def test_a_single_element_has_the_whole_weight_by_any_method(method: str):
    content = tiny_content()
    content["dimensions"]["体验"]["weights"] = {"method": method}
    content["groups"] = {"支持": {"exclude": ["态度"]}}
    table = weights.resolve(framework.from_dict(content).for_group("支持")).set_index("node")
    assert table.loc["环境", "local"] == 1


def test_method_without_its_data():
    with pytest.raises(ParamError, match="weights of 'total': method 'ahp' needs judgments"):
        weights.resolve(with_method(total={"method": "ahp"}))


def test_effective_weights_by_hand():
    table = weights.resolve(tiny_framework())
    names = [i.name for i in tiny_framework().indicators]
    scores = pd.DataFrame(
        [[60.0, 80, 100, 100, 50], [70, 80, 90, 100, 60], [90, 80, 80, 100, 70]], columns=names
    )
    rows = [
        {"unit": str(u), "indicator": n, "subject": "", "score": scores.loc[u, n]}
        for u in range(3)
        for n in names
    ]
    found = weights.effective(table, pd.DataFrame(rows)).set_index("node")
    w = table.set_index("node").loc[names, "global"]
    parts = scores * w
    total = parts.sum(axis=1)
    expected = [np.cov(parts[n], total)[0, 1] / total.var() for n in names]
    assert_allclose(found.loc[names, "effective"], expected, atol=1e-12)
    assert found.loc[names, "effective"].sum() == pytest.approx(1)
    assert found.loc["体验", "effective"] == pytest.approx(sum(expected[:2]))
    two = weights.effective(table, pd.DataFrame(rows[:10]))
    assert two["effective"].isna().all()
