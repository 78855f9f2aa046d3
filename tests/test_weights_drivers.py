"""Key drivers: published shares, errors, the comparison with noise, and levels of a framework."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from svclib import framework as frameworks
from svclib import weights
from svclib.errors import DataError, InputErrors, ParamError
from svclib.factor import sample
from svclib.weights.drivers import METHODS, Parts, drivers
from svclib.weights.explained import by_drivers, by_level

# Mosteller & Tukey (1977), Data analysis and regression, pp. 549-551: Swiss provinces in 1888.
SWISS = {
    "Fertility": "80.2 83.1 92.5 85.8 76.9 76.1 83.8 92.4 82.4 82.9 87.1 64.1 66.9 68.9 61.7 68.3 71.7 "
    "55.7 54.3 65.1 65.5 65 56.6 57.4 72.5 74.2 72 60.5 58.3 65.4 75.5 69.3 77.3 70.5 "
    "79.4 65 92.2 79.3 70.4 65.7 72.7 64.4 77.6 67.6 35 44.7 42.8",
    "Agriculture": "17 45.1 39.7 36.5 43.5 35.3 70.2 67.8 53.3 45.2 64.5 62 67.5 60.7 69.3 72.6 34 19.4 "
    "15.2 73 59.8 55.1 50.9 54.1 71.2 58.1 63.5 60.8 26.8 49.5 85.9 84.9 89.7 78.2 64.9 "
    "75.9 84.6 63.1 38.4 7.7 16.7 17.6 37.6 18.7 1.2 46.6 27.7",
    "Examination": "15 6 5 12 17 9 16 14 12 16 14 21 14 19 22 18 17 26 31 19 22 14 22 20 12 14 6 16 25 "
    "15 3 7 5 12 7 9 3 13 26 29 22 35 15 25 37 16 22",
    "Education": "12 9 5 7 15 7 7 8 7 13 6 12 7 12 5 2 8 28 20 9 10 3 12 6 1 8 3 10 19 8 2 6 2 6 3 9 3 "
    "13 12 11 13 32 7 7 53 29 29",
    "Catholic": "9.96 84.84 93.4 33.77 5.16 90.57 92.85 97.16 97.67 91.38 98.61 8.52 2.27 4.43 2.82 "
    "24.2 3.3 12.11 2.15 2.84 5.23 4.52 15.14 4.2 2.4 5.23 2.56 7.72 18.46 6.1 99.71 "
    "99.68 100 98.96 98.22 99.06 99.46 96.83 5.62 13.79 11.22 16.92 4.97 8.65 42.34 50.43 "
    "58.33",
    "Infant": "22.2 22.2 20.2 20.3 20.6 26.6 23.6 24.9 21 24.4 24.5 16.5 19.1 22.7 18.7 21.2 20 "
    "20.2 10.8 20 18 22.4 16.7 15.3 21 23.8 18 16.3 20.9 22.5 15.1 19.8 18.3 19.4 20.2 "
    "17.8 16.3 18.1 20.3 20.5 18.9 23 20 19.5 18 18.2 19.3",
}
# Chatterjee & Price (1977), Regression analysis by example, section 3.7: a survey of clerks.
ATTITUDE = {
    "rating": "43 63 71 61 81 43 58 71 72 67 64 67 69 68 77 81 74 65 65 50 50 64 53 40 63 66 78 48 85 82",
    "complaints": "51 64 70 63 78 55 67 75 82 61 53 60 62 83 77 90 85 60 70 58 40 61 66 37 54 77 75 57 85 82",
    "privileges": "30 51 68 45 56 49 42 50 72 45 53 47 57 83 54 50 64 65 46 68 33 52 52 42 42 66 58 44 71 39",
    "learning": "39 54 69 47 66 44 56 55 67 47 58 39 42 45 72 72 69 75 57 54 34 62 50 58 48 63 74 45 71 59",
    "raises": "61 63 76 54 71 54 66 70 71 62 58 59 55 59 79 60 79 55 75 64 43 66 63 50 66 88 80 51 77 64",
    "critical": "92 73 86 84 83 49 68 66 83 80 67 74 63 77 77 54 79 80 85 78 64 80 80 57 75 76 78 83 74 78",
    "advance": "45 47 48 35 47 34 35 41 31 41 34 41 25 35 46 36 63 60 46 52 33 41 37 49 33 72 49 38 55 39",
}
# relaimpo 2.2-7 in R 4.2.2: calc.relimp(type = c("lmg", "genizi")), genizi being Johnson's weights.
PUBLISHED = {
    ("swiss", "lmg"): [0.057091, 0.171173, 0.260135, 0.105570, 0.112766],
    ("swiss", "johnson"): [0.048417, 0.154708, 0.271964, 0.114680, 0.116966],
    ("attitude", "lmg"): [0.370816, 0.050904, 0.155766, 0.120345, 0.006589, 0.028182],
    ("attitude", "johnson"): [0.362760, 0.056002, 0.163611, 0.121780, 0.008255, 0.020193],
}


def frame(columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: np.array(text.split(), dtype=float) for name, text in columns.items()})


DATA = {"swiss": ("Fertility", frame(SWISS)), "attitude": ("rating", frame(ATTITUDE))}


def drawn(n: int, seed: int = 0, *, items: int = 3) -> pd.DataFrame:
    """Correlated items and an outcome that depends on the first two."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, items)) + rng.normal(size=(n, 1))
    y = x[:, 0] + 0.5 * x[:, 1] + rng.normal(size=n)
    return pd.DataFrame(x, columns=[f"x{j}" for j in range(items)]).assign(y=y)


@pytest.mark.parametrize(("name", "how"), PUBLISHED)
def test_published_shares(name, how):
    outcome, data = DATA[name]
    found = drivers(sample(data), outcome, how=how)
    assert_allclose(found["r2_part"], PUBLISHED[name, how], atol=6e-7)
    assert found["share"].sum() == pytest.approx(1)
    assert found["r2_part"].sum() == pytest.approx(found["r2"].iloc[0])


def test_lmg_against_pingouin():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pingouin import linear_regression
    data = drawn(200, items=5)
    items = [c for c in data if c != "y"]
    theirs = linear_regression(data[items], data["y"], relimp=True).iloc[1:]
    assert_allclose(drivers(sample(data), "y")["r2_part"], theirs["relimp"], atol=1e-10)


def test_two_items_by_hand():
    """With r12 = .5, r1y = .6, r2y = .4: R² = .3733; first alone .36, second alone .16."""
    r = np.array([[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]])
    r2 = (0.36 + 0.16 - 2 * 0.5 * 0.6 * 0.4) / 0.75
    expected = [(0.36 + r2 - 0.16) / 2, (0.16 + r2 - 0.36) / 2]
    assert_allclose(METHODS["lmg"](r).value, expected, atol=1e-14)
    # Johnson's weights are those of LMG where there are two items (Johnson 2000).
    assert_allclose(METHODS["johnson"](r).value, expected, atol=1e-14)


@pytest.mark.parametrize("how", METHODS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_shares_do_not_depend_on_units_or_order(how, seed):
    data = drawn(60, seed)
    found = drivers(sample(data), "y", how=how).set_index("node")
    assert (found["share"] > 0).all()
    moved = 3 - 2 * data[["x2", "y", "x0", "x1"]]
    again = drivers(sample(moved), "y", how=how).set_index("node").loc[found.index]
    assert_allclose(again["share"], found["share"], atol=1e-10)
    assert_allclose(again["se"], found["se"], atol=1e-10)


@pytest.mark.parametrize("how", METHODS)
def test_weights_are_repetitions(how):
    data = drawn(80)
    times = np.random.default_rng(1).integers(1, 4, len(data))
    weighted = drivers(sample(data, weights=times), "y", how=how)
    repeated = data.loc[data.index.repeat(times)]
    clustered = drivers(sample(repeated, cluster=repeated.index), "y", how=how)
    assert_allclose(weighted["share"], clustered["share"], atol=1e-12)
    assert_allclose(weighted["se"], clustered["se"], rtol=1e-9)


@pytest.mark.parametrize("how", METHODS)
def test_error_is_that_of_a_jackknife(how):
    data = drawn(300)
    found = drivers(sample(data), "y", how=how)
    left = [drivers(sample(data.drop(index=i)), "y", how=how)["share"].to_numpy() for i in data.index]
    jackknife = np.sqrt((len(data) - 1) * np.var(left, axis=0))
    assert_allclose(found["se"], jackknife, rtol=0.03)


@pytest.mark.parametrize("how", METHODS)
def test_noise_form_is_the_contribution_of_an_unrelated_item(how):
    """For small correlations c of an item with everything else, its contribution is c'Qc."""
    r = drawn(500, items=4).corr().to_numpy().copy()
    c = 1e-4 * np.array([1.0, -2.0, 0.5, 3.0])  # with x1, x2, x3 and the outcome
    r[0, 1:] = r[1:, 0] = c
    parts: Parts = METHODS[how](r)
    assert parts.value[0] == pytest.approx(c @ parts.noise[0] @ c, rel=1e-3)


def test_noise_is_told_from_drivers():
    data = drawn(400).assign(noise=np.random.default_rng(10).normal(size=400))
    found = drivers(sample(data), "y").set_index("node")
    assert found.loc["noise", "judgement"] == "within_noise"
    assert (found.drop(index="noise")["judgement"] == "above_noise").all()
    # Its interval leaves 0 out all the same, as every interval of a share does.
    assert found.loc["noise", "share_low"] > 0


def test_incomplete_rows_are_counted_and_a_reversed_item_is_noted():
    data = drawn(100).assign(x0=lambda d: -d["x0"])
    data.loc[:4, "x2"] = np.nan
    found = drivers(sample(data), "y").set_index("node")
    assert found["n"].eq(95).all()
    assert found.loc["x0", "note"] == "incomplete_left_out:5;negative_driver"
    assert found.loc["x1", "note"] == "incomplete_left_out:5"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d[["x0", "y"]], "1 item(s), so there is nothing to share out"),
        (lambda d: d.head(11), "11 complete rows for 3 items, at least 12 are needed"),
        (lambda d: d.assign(x1=4.0), "every complete row has the same value of x1"),
        (lambda d: d.assign(y=0.1), "every complete row has the same value of y"),
        (lambda d: d.assign(x2=d["x0"] - d["x1"]), "x0, x1, x2 determine one another"),
        (lambda d: d.assign(**{f"z{j}": d["y"] for j in range(12)}), "15 items, lmg counts out at most 14"),
    ],
)
def test_refusals(change, told):
    with pytest.raises(DataError, match="drivers of y: ") as error:
        drivers(sample(change(drawn(80))), "y")
    assert told in str(error.value)


def test_unknown_method():
    with pytest.raises(ParamError, match=r"how='pratt'; choose one of \['lmg', 'johnson'\]"):
        drivers(sample(drawn(50)), "y", how="pratt")


def test_rows_without_numbers_say_why():
    found = drivers(sample(drawn(80).assign(x1=4.0)), "y", refuse=False)
    assert found["share"].isna().all()
    assert found["note"].eq("constant_item").all()
    assert found["judgement"].eq("not_computed").all()


SYSTEM = """\
name: 试评
version: "1"
subjects: {客户: 50, 督查: 50}
grades: {scale: {好: 80, 差: 0}}
weights: {method: equal}
dimensions:
  态度:
    weights: {method: equal}
    indicators:
      礼貌: {kind: rating, items: [q1, q2], scale: [1, 5], score: {1: 0, 5: 100}}
      耐心: {kind: rating, items: [q3], scale: [1, 10], score: {1: 0, 10: 100}}
  效率:
    weights: {method: equal}
    indicators:
      及时: {kind: rating, items: [q4], scale: [1, 5], score: {1: 0, 5: 100}}
      总体: {kind: rating, items: [q5], scale: [1, 5], score: {1: 0, 5: 100}}
      办结率: {kind: proportion, unit: "%", score: {0: 0, 100: 100}}
"""


@pytest.fixture
def system(tmp_path):
    path = tmp_path / "framework.yaml"
    path.write_text(SYSTEM, encoding="utf-8")
    return frameworks.load(path)


def answers(n: int = 120, seed: int = 3) -> pd.DataFrame:
    """Half the answers by inspectors, who judge two points harder on everything."""
    rng = np.random.default_rng(seed)
    subject = np.where(np.arange(n) % 2, "客户", "督查")
    base = rng.normal(size=n)
    q = {f"q{j}": base + rng.normal(size=n) for j in range(1, 5)}
    q["q5"] = q["q1"] + 0.5 * q["q4"] + rng.normal(size=n)
    rows = pd.DataFrame(q) - 2 * (subject == "督查")[:, None]
    return rows.assign(
        subject=subject, weight=1.0, respondent=[f"r{i}" for i in range(n)], cluster="", stratum=""
    )


def test_levels_of_a_framework(system):
    found = by_level(answers(), system, "总体", cycle="2026Q1")
    top = found.query("parent == 'total'").set_index("node")
    assert list(top.index) == ["态度", "效率"]
    assert top.loc["效率", "note"] == "without_criterion;centred_by_subject"
    assert top["share"].sum() == pytest.approx(1)
    below = found.query("parent == '态度'").set_index("node")
    assert below.loc["礼貌", "share"] > below.loc["耐心", "share"]
    # Only 及时 is left of 效率: 总体 is the outcome, and nobody rates 办结率.
    assert set(found["parent"]) == {"total", "态度"}


def test_a_level_too_large_for_lmg_says_so(system, monkeypatch):
    monkeypatch.setattr("svclib.weights.explained.MOST", 1)
    found = by_level(answers(), system, "总体", cycle="c")
    assert found["method"].eq("johnson").all()
    assert found["note"].str.endswith("many_nodes").all()
    expected = by_level(answers(), system, "总体", cycle="c", how="johnson")["share"]
    assert_allclose(found["share"], expected)


def test_a_milder_evaluator_drives_nothing(system):
    """Shares are those of answers measured from the mean of their own evaluator."""
    data = answers()
    shifted = data.copy()
    shifted.loc[data["subject"] == "督查", ["q1", "q2", "q3", "q4", "q5"]] += 2
    one, other = (by_level(d, system, "总体", cycle="c")["share"] for d in (data, shifted))
    assert_allclose(one, other, atol=1e-12)


def test_weights_by_drivers(system):
    shares, notes = by_drivers(answers(), system, "态度", "q5")
    assert list(shares) == ["礼貌", "耐心"]
    assert sum(shares.values()) == pytest.approx(1)
    assert notes == ["centred_by_subject"] * 2
    with pytest.raises(
        ParamError, match="总体, 办结率 cannot be a driver of '总体': nobody rates it, or it is"
    ):
        by_drivers(answers(), system, "效率", "总体")
    with pytest.raises(ParamError, match=r"criterion '总休'.*Did you mean '总体'"):
        by_level(answers(), system, "总休", cycle="c")


def with_rule(tmp_path, rule: str) -> Path:
    path = tmp_path / "framework.yaml"
    path.write_text(
        SYSTEM.replace("    weights: {method: equal}", f"    weights: {rule}", 1), encoding="utf-8"
    )
    return path


def test_a_level_weighted_by_drivers(tmp_path):
    rules = frameworks.load(with_rule(tmp_path, "{method: drivers, outcome: 总体, how: johnson}"))
    table = weights.resolve(rules, responses=answers()).set_index("node")
    expected = by_drivers(answers(), rules, "态度", "总体", how="johnson")[0]
    assert table.loc["礼貌", "local"] == pytest.approx(expected["礼貌"])
    assert table.loc["礼貌", ["method", "relative"]].tolist() == ["drivers", True]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{method: drivers}", "drivers explain no outcome"),
        ("{method: drivers, outcome: 总休}", "unknown rated indicator or item '总休'"),
        ("{method: equal, outcome: 总体}", "outcome belongs to method drivers, not equal"),
        ("{method: drivers, outcome: 总体, how: sum}", "sum is no variant of drivers"),
    ],
)
def test_rules_that_name_no_outcome(tmp_path, rule, told):
    with pytest.raises(InputErrors) as error:
        frameworks.load(with_rule(tmp_path, rule))
    assert told in str(error.value)


def test_a_level_with_a_child_nobody_rates_is_refused_on_reading(tmp_path):
    text = with_rule(tmp_path, "{method: drivers, outcome: 总体}").read_text(encoding="utf-8")
    path = tmp_path / "moved.yaml"
    path.write_text(
        text.replace("  效率:\n", "  效率:\n    weights: {method: drivers, outcome: 总体}\n"),
        encoding="utf-8",
    )
    with pytest.raises(InputErrors) as error:
        frameworks.load(path)
    for name in ("总体", "办结率"):
        assert f"{name} cannot be a driver of 总体: nobody rates it, or it is the outcome" in str(error.value)


POPULATION = np.array(
    [
        [1, 0.5, 0.5, 0, 0.5],
        [0.5, 1, 0.5, 0, 0.4],
        [0.5, 0.5, 1, 0, 0.3],
        [0, 0, 0, 1, 0],
        [0.5, 0.4, 0.3, 0, 1],
    ]
)


def simulated(kind: str, n: int, rng: np.random.Generator):
    """Answers of four items, the last unrelated to anything, and an outcome."""
    root = np.linalg.cholesky(POPULATION).T
    x, w, cluster = rng.normal(size=(n, 5)), np.ones(n), np.arange(n)
    if kind == "clusters":
        cluster = np.arange(n) // 10
        x = np.sqrt(0.8) * x + np.sqrt(0.2) * rng.normal(size=(n // 10, 5))[cluster]
    if kind == "weights":
        w = rng.lognormal(0, 0.6, n)
    x = x @ root
    if kind == "ratings":
        x = np.clip(np.rint(x + 4), 1, 5)
    return sample(pd.DataFrame(x, columns=list("abcdy")), weights=w, cluster=cluster)


@pytest.mark.slow
@pytest.mark.parametrize("how", METHODS)
@pytest.mark.parametrize("kind", ["plain", "ratings", "weights", "clusters"])
def test_coverage_and_false_alarms(kind, how):
    """n = 300, R² = .28: intervals cover 89 to 98 %, an unrelated item passes as a driver in 2 to 9 %."""
    value = METHODS[how](POPULATION).value
    rng, runs = np.random.default_rng(20260630), 400
    found = [drivers(simulated(kind, 300, rng), "y", how=how) for _ in range(runs)]
    alarms = np.mean([f["p_noise"].iloc[3] < 0.05 for f in found])
    share = value / value.sum()
    inside = np.mean([f["share_low"].le(share) & f["share_high"].ge(share) for f in found], axis=0)
    assert 0.02 <= alarms <= 0.09
    assert (inside[:3] >= 0.89).all()
    assert (inside[:3] <= 0.98).all()
