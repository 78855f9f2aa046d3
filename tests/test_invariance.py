"""Invariance: two schools as lavaan has them, planted shifts found and named, the gate, edges."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factories import tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import factor, invariance
from svclib.columns import TABLES
from svclib.errors import ParamError

HOLZINGER = json.loads((Path(__file__).parent / "reference" / "holzinger.json").read_text("utf-8"))


def wave(seed, n, *, k=4, mean=0.0, items=0.0, loads=0.8, ceiling=0.8):
    """Answers 1..5 of one factor; `mean` moves the factor, `items` the items themselves."""
    rng = np.random.default_rng(seed)
    latent = (rng.normal(size=(n, 1)) + mean) * loads + 0.7 * rng.normal(size=(n, k)) + ceiling + items
    return pd.DataFrame(np.clip(np.round(latent + 3), 1, 5), columns=[f"q{j}" for j in range(1, k + 1)])


def of(*waves, **how):
    return invariance.ladder([factor.moments(factor.sample(x), **how) for x in waves]).set_index("level")


def exact(n, *, intercept=0.0, loading=0.8, mean=0.0, variance=1.0):
    """Rows whose moments are exactly those of a factor model; item 1 may differ."""
    load = np.array([loading, 0.8, 0.8, 0.8])
    cov = variance * np.outer(load, load) + 0.36 * np.eye(4)
    raw = np.random.default_rng(7).normal(size=(n, 4))
    raw = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, ddof=0))).T
    level = load * mean + np.array([intercept, 0, 0, 0])
    return pd.DataFrame(raw @ np.linalg.cholesky(cov).T + level, columns=["q1", "q2", "q3", "q4"])


# by hand


def test_moments_that_fit_exactly_have_no_chi_square_and_give_the_shift_back():
    """Same loadings and intercepts, factor mean .5 higher: every level fits, the shift is .5."""
    found = of(exact(300), exact(400, mean=0.5, variance=1.44))
    assert found["chi2"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-6)
    assert (found["judgement"] == "pass").all()
    assert found.loc["scalar", "shift"] == pytest.approx(0.5, abs=1e-5)
    assert found.loc["scalar", "se"] > 0
    assert list(found["df"]) == [4, 7, 10, 14]


def test_one_intercept_moved_is_named_and_freed():
    found = of(exact(300), exact(300, intercept=0.6, mean=0.2))
    assert found.loc["metric", "judgement"] == "pass"
    row = found.loc["scalar"]
    assert (row["judgement"], row["worst_item"], row["released"]) == ("fail", "q1", "q1")
    assert row["shift"] == pytest.approx(0.2, abs=1e-5)  # of the items that did not move
    assert found.loc["strict", "judgement"] == "pass"  # against the freed model


def test_one_loading_moved_is_found_at_the_metric_level():
    found = of(exact(500), exact(500, loading=0.3))
    assert tuple(found.loc["metric", ["judgement", "worst_item"]]) == ("fail", "q1")


# reference


def test_ladder_of_the_two_schools():
    """Holzinger & Swineford, visual scale: lavaan 0.6 chi2 0 / 0.302 / 21.289 / 24.699, df 0 2 4 7.

    Published matrices have no rows; the likelihood ratio is checked through the factor model.
    """
    model = {"visual": ["x1", "x2", "x3"]}
    groups = []
    for school in ("Pasteur", "Grant-White"):
        found = HOLZINGER[school]
        cov = np.zeros((3, 3))
        for i in range(3):
            cov[i, : i + 1] = cov[: i + 1, i] = found["cov"][i][: i + 1]
        groups.append(factor.from_matrix(cov, found["n"], np.array(found["mean"][:3])))
    got = [
        factor.test(factor.fit(factor.simple_structure(model, groups=2, equal=equal), tuple(groups)))
        for equal in invariance.EQUAL.values()
    ]
    assert [t.df for t in got] == [0, 2, 4, 7]
    assert [t.chi2 for t in got] == pytest.approx([0.0, 0.302, 21.289, 24.699], abs=2e-3)


# properties


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_items_and_shift_of_the_scale_change_nothing(seed):
    a, b = wave(seed, 250), wave(seed + 5000, 250)
    mixed = ["q3", "q1", "q4", "q2"]
    plain, turned = of(a, b), of(a[mixed] * 2 + 3, b[mixed] * 2 + 3)
    for column in ("chi2", "delta_cfi", "worst_chi2"):
        assert turned[column].to_numpy() == pytest.approx(plain[column].to_numpy(), abs=1e-4, nan_ok=True)
    assert list(turned["judgement"]) == list(plain["judgement"])


def test_a_constant_weight_changes_nothing():
    a, b = wave(1, 200), wave(2, 200)
    weighted = invariance.ladder(
        [factor.moments(factor.sample(x, weights=np.full(200, 3.0))) for x in (a, b)]
    ).set_index("level")
    assert weighted["chi2"].to_numpy() == pytest.approx(of(a, b)["chi2"].to_numpy(), abs=1e-8)


# edges


@pytest.mark.parametrize(
    ("waves", "note"),
    [
        ((wave(1, 200),), "single_group"),
        ((wave(1, 200, k=1), wave(2, 200, k=1)), "single_item"),
        ((wave(1, 200, k=2), wave(2, 200, k=2)), "two_items"),
        ((wave(1, 200), wave(2, 60)), "too_few"),
        ((wave(1, 200), wave(2, 200).assign(q1=4.0)), "constant_item"),
    ],
)
def test_what_cannot_be_tested_says_why(waves, note):
    found = of(*waves)
    assert list(found["judgement"]) == ["not_testable"] * 4
    assert found["note"].iloc[0] == note
    assert np.isnan(found["delta_cfi"]).all()


# the tables and the gate


@pytest.fixture(scope="module")
def framework():
    return tiny_framework()


def answered(framework, seed, cycle, n=150, items=0.0):
    rng = np.random.default_rng(seed)
    names = list(framework.items)
    x = wave(seed, n, k=len(names), items=items)
    x.columns = names
    subject = framework.indicators[0].subjects[0]
    texts = {"subject": subject, "cluster": "", "stratum": "", "unit": "甲"}
    who = [f"{cycle}-{i}" for i in range(n)]
    return x.assign(cycle=cycle, weight=1.0, respondent=who, channel=rng.choice(["电话", "网络"], n), **texts)


def test_table_of_a_framework(framework):
    rows = pd.concat([answered(framework, 1, "A"), answered(framework, 2, "B")], ignore_index=True)
    found = invariance.by_framework(rows, framework, cycles=["A", "B"])
    assert list(found.columns) == list(TABLES["invariance"].all_columns)
    assert set(found["by"]) == {"cycle"}
    assert set(found["baseline"]) == {"A"}
    whole = invariance.by_framework(rows, framework, cycles=["A", "B"], panel=True)
    assert whole["note"].str.contains("panel_overlap").all()


def test_small_channels_are_left_out_by_name(framework):
    rows = answered(framework, 1, "B", n=150)
    found = invariance.by_framework(rows, framework, cycles=["A", "B"], by="channel")
    assert found["note"].str.contains("left_out:").all()
    assert (found["judgement"] == "not_testable").all()
    single = invariance.by_framework(rows.assign(channel="电话"), framework, cycles=["B"], by="channel")
    assert single.empty


def test_gate_takes_the_worst_of_all_evaluators():
    rows = [("服务", "客户", "metric", "pass"), ("服务", "客户", "scalar", "pass"),
            ("服务", "第三方", "scalar", "fail"),
            ("效率", "客户", "metric", "pass"), ("效率", "客户", "scalar", "not_testable"),
            ("安全", "客户", "metric", "pass"), ("安全", "客户", "scalar", "pass"),
            ("安全", "客户", "strict", "fail"),
            ("环境", "客户", "configural", "not_testable"), ("环境", "客户", "scalar", "pass")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["dimension", "subject", "level", "judgement"])
    table = table.assign(by="cycle", cycle="B")
    got = dict(invariance.gate(table).itertuples(index=False, name=None))
    assert got == {"服务": "fail", "效率": "not_testable", "安全": "pass", "环境": "not_testable"}
    assert invariance.gate(table.assign(by="channel")).empty


def test_unknown_comparison_is_refused(framework):
    with pytest.raises(ParamError, match=r"by='wave'; choose one of \['cycle', 'channel'\]"):
        invariance.by_framework(answered(framework, 1, "A"), framework, cycles=["A"], by="wave")


# type-I error and power, seeded


@pytest.mark.slow
@pytest.mark.parametrize(("n", "ceiling"), [(150, 0.8), (300, 0.0), (300, 1.5)])
def test_invariant_scales_rarely_fail(n, ceiling):
    """200 pairs of waves whose factor mean moved .4 SD: metric or scalar fails in at most 3 %."""
    failed = 0
    for seed in range(200):
        a, b = wave(2 * seed, n, ceiling=ceiling), wave(2 * seed + 1, n, mean=0.4, ceiling=ceiling)
        pair = [factor.moments(factor.sample(x)) for x in (a, b)]
        judged = invariance.ladder(pair, partial=False).set_index("level")["judgement"]
        failed += int("fail" in set(judged[["metric", "scalar"]]))
    assert failed <= 6


@pytest.mark.slow
def test_a_moved_item_is_found():
    """One of four items .6 points easier in the second wave, n = 300 each: found and named in 95 %."""
    found = 0
    for seed in range(100):
        a, b = wave(2 * seed, 300), wave(2 * seed + 1, 300, items=np.array([0.6, 0, 0, 0]))
        row = of(a, b).loc["scalar"]
        found += int(row["judgement"] == "fail" and row["worst_item"] == "q1")
    assert found >= 95
