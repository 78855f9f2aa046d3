"""Omega, split halves, other intervals, change between samples, planning."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import factor, reliability
from svclib.errors import ParamError
from svclib.reliability import functions, omega


def answers(seed, *, n=300, k=4, missing=0.0, shift=0.8):
    """Integers 1..5 with one common factor; `missing` of them NaN."""
    rng = np.random.default_rng(seed)
    x = np.clip(np.round(rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) + shift + 3), 1, 5)
    x[rng.random((n, k)) < missing] = np.nan
    return pd.DataFrame(x, columns=[f"q{j}" for j in range(1, k + 1)])


def rows_of(x, which=None, **design):
    ci = {key: design.pop(key) for key in ("ci", "missing") if key in design}
    return reliability.coefficients(factor.sample(x, **design), which, **ci)


def estimate(x, name, **how):
    return rows_of(x, [name], **how)["estimate"].item()


# omega


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3, 0.9), st.floats(0.2, 2), st.integers(3, 8))
def test_omega_is_alpha_when_loadings_are_equal(loading, unique, k):
    cov = loading**2 * np.ones((k, k)) + unique * np.eye(k)
    assert omega.of_matrix(cov, 500) == pytest.approx(functions.raw(cov)[0], abs=1e-8)
    assert functions.lambda2(cov)[0] == pytest.approx(functions.raw(cov)[0], abs=1e-12)


def test_omega_by_hand():
    """Loadings 1, 2, 3 and residuals 1, 1, 1: 36/(36 + 3)."""
    loads = np.array([1.0, 2, 3])
    assert omega.of_matrix(np.outer(loads, loads) + np.eye(3), 100) == pytest.approx(36 / 39)


def test_second_order_omega_by_hand():
    """Three factors of two items, loadings 1, general loadings 1, disturbances 1, residuals 1.

    Variance of the sum: general (6·1)², disturbances 3·2², residuals 6: 36 + 12 + 6 = 54.
    """
    load = np.kron(np.eye(3), np.ones((2, 1)))
    cov = load @ (np.ones((3, 3)) + np.eye(3)) @ load.T + np.eye(6)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((400, 6))
    z = z - z.mean(axis=0)
    z = (
        z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T))).T @ np.linalg.cholesky(cov).T
    )  # exactly this matrix
    found = factor.moments(factor.sample(pd.DataFrame(z, columns=list("abcdef"))))
    scales = {"f": ["a", "b"], "g": ["c", "d"], "h": ["e", "f"]}
    values, moves, note = omega.hierarchical(found, scales)
    assert values == pytest.approx([36 / 54, 48 / 54], rel=1e-5)
    assert note == ""
    assert abs(found.rows.w @ moves).max() < 1e-9
    assert omega.hierarchical(found, {"f": ["a", "b", "c"], "g": ["d", "e", "f"]})[2] == "not_identified"


def test_a_heywood_case_is_told():
    cov = np.array([[1.0, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])  # first loading² = .64/.5
    z = np.random.default_rng(1).standard_normal((200, 3))
    z = (z - z.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov((z - z.mean(axis=0)).T))).T
    x = pd.DataFrame(z @ np.linalg.cholesky(cov).T)
    assert "heywood" in rows_of(x, ["omega.raw"])["note"].item()


@pytest.mark.parametrize(
    ("edit", "notes"),
    [
        (lambda x: x[["q1", "q2"]], {"omega.raw": "not_identified", "omega.ordinal": "not_identified"}),
        (
            lambda x: x.assign(q1=3.0),
            {"omega.raw": "constant_item:q1", "split_half.mean": "constant_item:q1"},
        ),
        (lambda x: x.assign(q1=x["q2"]), {"omega.raw": "not_positive_definite"}),
        (lambda x: x.iloc[:1], {"omega.raw": "too_few", "lambda2.raw": "too_few"}),
        (lambda x: x * np.nan, {"omega.ordinal": "too_few", "split_half.max": "too_few"}),
        (lambda x: x.iloc[:4], {"omega.raw": "too_few"}),
    ],
)
def test_what_cannot_be_computed_is_a_row_with_a_note(edit, notes):
    for missing in ("listwise", "pairwise", "fiml"):
        found = rows_of(edit(answers(1)), missing=missing)
        found.index = found["stat"] + "." + found["variant"]
        for name, note in notes.items():
            if missing == "listwise":  # the others may say more of the same
                assert found.loc[name, "note"] == note
            assert np.isnan(found.loc[name, ["estimate", "se", "ci_low", "ci_high"]].astype(float)).all()


def test_a_negative_coefficient_is_told():
    x = answers(2).assign(q1=lambda d: 6 - d["q1"], q2=lambda d: 6 - d["q2"])
    found = rows_of(x, ["alpha.raw", "lambda2.raw"])
    assert found["estimate"].iloc[0] < 0
    assert found["note"].iloc[0].startswith("negative_estimate")


# split halves


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 8))
def test_horst_is_right_for_parallel_items(seed, k):
    """Parallel items have one reliability whatever the split, also of unequal halves: alpha."""
    rho = np.random.default_rng(seed).uniform(0.1, 0.9)
    cov = rho * np.ones((k, k)) + (1 - rho) * np.eye(k)
    values = functions.spearman_brown(cov, functions.signs(k))[0]
    assert values == pytest.approx(np.full(len(values), functions.raw(cov)[0]), abs=1e-10)


def test_two_items_are_spearman_brown_and_many_are_split_once():
    x = answers(3, k=2)
    r = x.corr().iloc[0, 1]
    found = rows_of(x, ["split_half.mean", "split_half.max", "alpha.standardised"])
    assert found["estimate"].tolist() == pytest.approx([2 * r / (1 + r)] * 3)
    assert "two_items" in found["note"].iloc[0]
    assert set(rows_of(answers(3, k=13))["variant"]) == {"raw", "standardised", "ordinal", "odd_even"}
    assert len(functions.signs(12)) == 462
    assert len(functions.signs(5)) == 10


# intervals


def test_leaving_one_out_is_the_default_error_of_alpha():
    x = answers(4, n=120)
    left = [functions.raw(x.drop(index=i).cov().to_numpy())[0] for i in x.index]
    jackknife = np.sqrt(119 / 120 * ((left - np.mean(left)) ** 2).sum())
    assert rows_of(x, ["alpha.raw"])["se"].item() == pytest.approx(jackknife, rel=0.005)


def test_bonett_by_hand():
    """Log(1 - a) - log(n/(n-1)) ± 1.96 sqrt(2k/((k-1)(n-2)))."""
    x = answers(5, n=52, k=3)
    found = rows_of(x, ["alpha.raw"], ci="bonett").iloc[0]
    centre = np.log(1 - found["estimate"]) - np.log(52 / 51)
    reach = 1.959963984540054 * np.sqrt(6 / (2 * 50))
    assert found["ci_low"] == pytest.approx(1 - np.exp(centre + reach))
    assert found["ci_high"] == pytest.approx(1 - np.exp(centre - reach))


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_bootstrap_agrees_with_the_influences(missing):
    names = ["alpha.raw", "lambda2.raw", "split_half.mean"]
    x = answers(6, n=400, missing=0.05)
    for design in ({}, {"cluster": np.arange(400) // 2, "weights": np.tile([1.0, 2.0], 200)}):
        drawn = rows_of(x, names, ci="bootstrap", missing=missing, **design)
        usual = rows_of(x, names, missing=missing, **design)
        assert drawn["se"].tolist() == pytest.approx(usual["se"].tolist(), rel=0.1)
        assert drawn["ci_low"].tolist() == pytest.approx(usual["ci_low"].tolist(), abs=0.02)
        again = rows_of(x, names, ci="bootstrap", missing=missing, **design)
        assert again["se"].tolist() == drawn["se"].tolist()


def test_bootstrap_draws_within_strata():
    """One unit per stratum is drawn every time: nothing varies."""
    x = answers(7, n=40)
    found = rows_of(x, ["alpha.raw"], ci="bootstrap", cluster=np.arange(40), strata=np.arange(40)).iloc[0]
    assert found["se"] == pytest.approx(0, abs=1e-12)


def test_strata_that_differ_narrow_the_interval():
    x = pd.concat([answers(8, n=150, shift=-1), answers(9, n=150, shift=2)], ignore_index=True)
    whole = rows_of(x, ["alpha.raw"]).iloc[0]
    split = rows_of(x, ["alpha.raw"], strata=np.repeat([0, 1], 150)).iloc[0]
    assert split["se"] < whole["se"]
    assert split["estimate"] == whole["estimate"]


def test_merging_equal_rows_changes_nothing():
    """5 answers of 3 items repeat: the same numbers as row by row (weights a hair apart are not merged)."""
    x = answers(10, n=600, k=3)
    merged = factor.moments(factor.sample(x))
    assert merged.merged is not None
    shaken = factor.sample(x + np.random.default_rng(0).normal(size=x.shape) * 1e-10)
    assert factor.moments(shaken).merged is None
    columns = ["estimate", "se", "df", "ci_low"]
    names = ["alpha.raw", "omega.raw", "lambda2.raw", "split_half.mean"]
    one = reliability.coefficients(factor.sample(x), names)[columns]
    two = reliability.coefficients(shaken, names)[columns]
    assert one.to_numpy().ravel() == pytest.approx(two.to_numpy().ravel(), rel=1e-6)


def test_what_is_asked_must_exist_and_fit_the_interval():
    x = answers(11)
    with pytest.raises(ParamError, match=r"which=\['beta.raw'\]; choose from"):
        rows_of(x, ["beta.raw"])
    with pytest.raises(ParamError, match=r"ci='feldt' is an interval of alpha, not of \['omega.raw'\]"):
        rows_of(x, ["omega.raw"], ci="feldt")
    with pytest.raises(ParamError, match="choose 'adf' for missing='fiml' and for ordinal"):
        rows_of(x, ["alpha.ordinal"], ci="bootstrap")


def test_few_answers_off_the_ceiling_are_noted():
    x = pd.DataFrame(np.where(np.random.default_rng(0).random((60, 3)) < 0.9, 5.0, 4.0))
    assert "small_n_ceiling" in rows_of(x, ["alpha.raw"])["note"].item()


# missing answers


def test_fiml_is_nearer_than_complete_rows_where_missing_depends_on_an_answer():
    """Who is discontented with the first item mostly skips the last two."""
    x = answers(12, n=4000)
    rng = np.random.default_rng(13)
    gone = (x["q1"] <= 3) & (rng.random(4000) < 0.8)
    seen = x.assign(q3=x["q3"].where(~gone), q4=x["q4"].where(~gone))
    truth = estimate(x, "alpha.raw")
    bias = {how: abs(estimate(seen, "alpha.raw", missing=how) - truth) for how in ("listwise", "fiml")}
    assert bias["fiml"] < 0.02
    assert bias["listwise"] > 3 * bias["fiml"]


def test_ordinal_rows_say_that_they_are_pairwise():
    found = rows_of(answers(14, missing=0.1), ["alpha.raw", "alpha.ordinal"], missing="fiml")
    assert found["missing"].tolist() == ["fiml", "pairwise"]


# change


def test_change_between_independent_samples_by_hand():
    one, two = factor.sample(answers(15)), factor.sample(answers(16, n=400))
    found = reliability.compare(one, two, ["alpha.raw"]).iloc[0]
    parts = [reliability.coefficients(s, ["alpha.raw"]).iloc[0] for s in (one, two)]
    assert found["change"] == pytest.approx(parts[1]["estimate"] - parts[0]["estimate"])
    assert found["se"] == pytest.approx(np.hypot(parts[0]["se"], parts[1]["se"]))
    assert found["ci_low"] < found["change"] < found["ci_high"]
    assert found["n_shared"] == 0


def test_the_same_people_twice_do_not_change():
    x = answers(17)
    ids = [f"p{i}" for i in range(len(x))]
    same = factor.sample(x, cluster=ids)
    found = reliability.compare(same, factor.sample(x.iloc[::-1], cluster=ids[::-1]), paired=True)
    assert found["change"].abs().max() < 1e-10
    assert found["se"].max() < 1e-6
    assert found["n_shared"].eq(300).all()
    again = reliability.compare(same, factor.sample(x, cluster=ids), ["alpha.raw"])
    assert again["se"].item() > 0.01


FRAMEWORK = SimpleNamespace(
    dimensions=tuple(
        SimpleNamespace(
            name=name,
            indicators=(SimpleNamespace(name=f"{name}1", items=items, scale=(1, 5), subjects=("客户",)),),
        )
        for name, items in {
            "甲": ("q1", "q2", "q3"),
            "乙": ("q4", "q5", "q6"),
            "丙": ("q7", "q8"),
            "丁": ("q9",),
        }.items()
    )
)


def forms(n=300):
    rng = np.random.default_rng(18)
    own = 0.8 * rng.normal(size=(2 * n, 4)) + 0.8 * rng.normal(size=(2 * n, 1))
    raw = own[:, [0, 0, 0, 1, 1, 1, 2, 2, 3]] + rng.normal(size=(2 * n, 9))
    x = pd.DataFrame(np.clip(np.round(raw + 3.8), 1, 5), columns=[f"q{j}" for j in range(1, 10)])
    cycle = np.repeat(["2026Q1", "2026Q2"], n)
    ids = [f"p{i}" for i in range(n)] * 2
    return x.assign(cycle=cycle, subject="客户", respondent=ids, cluster="", stratum="", weight=1.0)


def test_all_dimensions_together_have_a_row():
    found = reliability.by_dimension(forms(), FRAMEWORK)["reliability"].query("dimension == '*'")
    assert list(found["stat"].unique()) == ["omega", "omega_h"]
    assert found["note"].str.contains("single_item_dimension:丁").all()
    assert found["n_items"].eq(8).all()
    general = found.pivot_table(index="cycle", columns="stat", values="estimate")
    assert len(general) == 2
    assert (general["omega_h"] < general["omega"]).all()
    assert found["ci_low"].notna().all()


# planning


def test_planning_a_sample():
    """Bonett (2002): five items, alpha .8, width .10 need 150."""
    n = reliability.plan_n(5, 0.8, 0.10)
    assert n == pytest.approx(149.2, abs=0.05)
    with pytest.raises(ParamError, match=r"k=1, alpha=0.8, width=0.1: at least 2 items"):
        reliability.plan_n(1, 0.8, 0.1)
