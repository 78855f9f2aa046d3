"""Whom to call, what the calls say of a unit, which unit stands out; by hand, by property, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from svclib import audit
from svclib.columns import TABLES, checked
from svclib.errors import DataError
from svclib.params.rules import Audit

CYCLE = "2026Q2"
NAN = np.nan


def responses(**per_unit):
    """So many respondents per unit, ids unit-0, unit-1, …"""
    who = [(unit, f"{unit}-{k}") for unit, n in per_unit.items() for k in range(n)]
    frame = pd.DataFrame(who, columns=["unit", "respondent"])
    fixed = {"cycle": CYCLE, "source": "responses", "channel": "电话"}
    return frame.assign(row=np.arange(2, len(frame) + 2), **fixed)


def drawn(rows, seed=1, **rules):
    table = audit.callback_sample(rows, Audit(**rules), seed=seed)
    return {unit: set(part["respondent"]) for unit, part in table.groupby("unit")}


def test_sample_size_is_the_share_rounded_up_and_at_least_the_minimum():
    rows = responses(a=100, b=101, c=10, d=2)
    sizes = {unit: len(ids) for unit, ids in drawn(rows, share=0.07, min_per_unit=3).items()}
    assert sizes == {"a": 7, "b": 8, "c": 3, "d": 2}
    assert drawn(rows, share=0, min_per_unit=0) == {}
    assert len(drawn(rows, share=1)["b"]) == 101


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 9))
def test_sample_is_the_same_whatever_the_row_order_and_the_other_units(n, others, seed):
    alone = responses(a=n)
    both = pd.concat([responses(b=others), alone], ignore_index=True).sample(frac=1, random_state=seed)
    both["row"] = np.arange(2, len(both) + 2)
    assert drawn(both, seed=seed, share=0.2)["a"] == drawn(alone, seed=seed, share=0.2)["a"]


def test_seed_changes_the_sample_and_late_answers_displace_few():
    first = drawn(responses(a=200), share=0.1)["a"]
    assert drawn(responses(a=200), seed=2, share=0.1)["a"] != first
    later = drawn(responses(a=220), share=0.1)["a"]
    assert len(later - first) <= 6


def test_every_respondent_is_equally_likely():
    rows = responses(a=20)
    hits = pd.Series(
        [r for seed in range(200) for r in drawn(rows, seed=seed, share=0.25)["a"]]
    ).value_counts()
    assert len(hits) == 20
    # 200 draws at 1/4: an SRS gives a chi-square below the .9999 quantile
    assert ((hits - 50) ** 2 / 37.5).sum() * 19 / 20 < stats.chi2.ppf(0.9999, 19)


def test_only_ids_can_be_called_and_once():
    rows = responses(a=10)
    rows.loc[:6, "respondent"] = ["", " ", "x", "x", "x", "x", "x"]
    assert drawn(rows, share=1)["a"] == {"x", "a-7", "a-8", "a-9"}
    table = audit.callback_sample(rows, Audit(share=1), seed=1)
    assert tuple(table.columns) == TABLES["callback_sample"].all_columns
    assert table["row"].tolist() == [4, 9, 10, 11]
    assert audit.callback_sample(rows.assign(respondent=""), Audit(), seed=1).empty
    assert audit.callback_sample(rows.iloc[:0], Audit(), seed=1).empty


# authenticity


def calls(results):
    """Typed call-back sheet from respondent to result."""
    return pd.DataFrame(
        {"row": range(2, len(results) + 2), "respondent": list(results), "result": results.values()}
    )


def found(results, rows, **rules):
    return audit.authenticity(calls(results), rows, Audit(**rules)).set_index("unit")


def test_authenticity_by_hand():
    rows = responses(a=20, b=10, c=5, d=4)
    results = {f"a-{k}": "refuted" if k < 8 else "confirmed" for k in range(16)}
    results |= {
        "a-16": "not_reached",
        "b-0": "refuted",
        "b-1": "confirmed",
        "b-2": "confirmed",
        "c-0": "not_reached",
    }
    table = found(results, rows)
    assert table[["n_sampled", "n_reached", "n_confirmed"]].to_numpy().tolist() == [
        [17, 16, 8], [3, 3, 2], [1, 0, 0], [0, 0, 0],
    ]  # fmt: skip
    assert table["judgement"].tolist() == ["below", "doubtful", "not_reached", "not_reached"]
    assert table["rate"].tolist()[:2] == [0.5, pytest.approx(2 / 3)]
    # the limits are where 8 or more, and 8 or fewer, of 16 have a probability of 2.5 %
    low, high = table.loc["a", ["rate_low", "rate_high"]]
    assert stats.binom.sf(7, 16, low) == pytest.approx(0.025)
    assert stats.binom.cdf(8, 16, high) == pytest.approx(0.025)
    assert np.isnan(table.loc["c", ["rate", "rate_low"]].astype(float)).all()
    assert audit.doubtful_units(table.reset_index()) == {"a": "below", "b": "doubtful"}


@settings(max_examples=20)
@given(st.integers(1, 40), st.data(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_interval_is_the_one_of_scipy_and_judged_as_declared(reached, data, confidence):
    confirmed = data.draw(st.integers(0, reached))
    results = {f"a-{k}": "confirmed" if k < confirmed else "refuted" for k in range(reached)}
    row = audit.authenticity(calls(results), responses(a=reached), Audit(), confidence=confidence).iloc[0]
    oracle = stats.binomtest(confirmed, reached).proportion_ci(confidence, method="exact")
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((oracle.low, oracle.high), abs=1e-9)
    wanted = "ok" if confirmed / reached >= 0.9 else "below" if oracle.high < 0.9 else "doubtful"
    assert row["judgement"] == wanted


def test_the_required_rate_itself_is_enough():
    results = {f"a-{k}": "confirmed" if k < 9 else "refuted" for k in range(10)}
    assert found(results, responses(a=10))["judgement"].tolist() == ["ok"]
    assert found(results, responses(a=10), min_rate=0.91)["judgement"].tolist() == ["doubtful"]


def test_without_a_sheet_there_is_nothing_to_judge():
    table = audit.authenticity(None, responses(a=3), Audit())
    assert table.empty
    assert audit.doubtful_units(table) == {}


def test_somebody_who_answered_on_two_units_counts_for_both_and_a_duplicate_once():
    rows = pd.concat([responses(a=2), responses(b=2).assign(respondent=["a-0", "a-0"])])
    assert found({"a-0": "confirmed"}, rows)["n_confirmed"].to_dict() == {"a": 1, "b": 1}


def test_ids_nobody_has_are_all_named():
    with pytest.raises(DataError, match=r"row 2: 'a-01' \(nearest: 'a-1'\), row 4: '王'\. Write them"):
        found({"a-01": "confirmed", "a-1": "confirmed", "王": "refuted"}, responses(a=2))


# unusual


def screening_table(flagged, rows, rule="straight_line"):
    """Table "screening" from counts per unit."""
    frame = pd.DataFrame(
        {"unit": list(rows), "n_rows": list(rows.values()), "n_flagged": [flagged[u] for u in rows]}
    )
    whole = {"unit": "", "n_rows": sum(rows.values()), "n_flagged": sum(flagged.values())}
    frame = pd.concat([frame, pd.DataFrame([whole])], ignore_index=True)
    share = frame["n_flagged"] / frame["n_rows"]
    return checked("screening", frame.assign(cycle=CYCLE, rule=rule, n_excluded=0, cut=1.0, share=share))


def test_the_unit_that_stands_out_is_named_and_no_other():
    rows = {"a": 100, "b": 100, "c": 100, "d": 4}
    table = audit.unusual_units(screening_table({"a": 15, "b": 3, "c": 2, "d": 1}, rows)).set_index("unit")
    assert table["unusual"].to_dict() == {"a": True, "b": False, "c": False, "d": False}
    assert table.loc["a", "share_others"] == pytest.approx(6 / 204)
    exact = [
        stats.fisher_exact([[f, n - f], [21 - f, 304 - n - 21 + f]], alternative="greater").pvalue
        for f, n in zip([15, 3, 2, 1], rows.values(), strict=True)
    ]
    assert table["p_more"].to_numpy() == pytest.approx(exact)
    assert table["p_more_adj"].to_numpy() == pytest.approx(multipletests(exact, method="holm")[1])


def test_rules_without_a_flag_and_a_lone_unit_are_no_test():
    quiet = screening_table({"a": 0, "b": 0}, {"a": 10, "b": 10}, rule="speed")
    loud = screening_table({"a": 9, "b": 0}, {"a": 10, "b": 10})
    table = audit.unusual_units(pd.concat([quiet, loud], ignore_index=True))
    assert table["rule"].unique().tolist() == ["straight_line"]
    assert audit.unusual_units(screening_table({"a": 5}, {"a": 10})).empty
    assert audit.unusual_units(quiet.iloc[:0]).empty


# slow: the error rates


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("truth", [0.7, 0.9, 0.95])
def test_coverage_of_the_interval_and_how_seldom_a_sound_unit_is_below(n, truth):
    """4000 units called back n times each, Monte Carlo error below .0035.

    The score interval would cover .914 to .975 here, and call 2 to 9 % of the sound units "below".
    """
    rng = np.random.default_rng(20260630)
    units = [f"u{k:04d}" for k in range(4000)]
    rows = pd.DataFrame({"cycle": CYCLE, "unit": np.repeat(units, n)})
    rows["respondent"] = [f"r{k}" for k in range(len(rows))]
    confirmed = rng.random(len(rows)) < truth
    results = np.where(confirmed, "confirmed", "refuted")
    told = pd.DataFrame({"row": np.arange(len(rows)), "respondent": rows["respondent"], "result": results})
    table = audit.authenticity(told, rows, Audit(min_rate=truth))
    covered = ((table["rate_low"] <= truth) & (truth <= table["rate_high"])).mean()
    assert covered > 0.95 - 0.007
    assert (table["judgement"] == "below").mean() < 0.025 + 0.005


@pytest.mark.slow
def test_units_alike_are_seldom_said_to_stand_out():
    """Eight alike units, 1000 cycles: the family-wise error stays below 5 % (exact tests: far below)."""
    rng = np.random.default_rng(7)
    wrong = 0
    for flagged in rng.binomial(60, 0.05, size=(1000, 8)):
        counts = {f"u{k}": int(f) for k, f in enumerate(flagged)}
        wrong += audit.unusual_units(screening_table(counts, dict.fromkeys(counts, 60)))["unusual"].any()
    assert wrong / 1000 < 0.05
