from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from svclib import estimates, moments
from svclib.errors import DataError, ParamError
from svclib.inference import change_test

# R `sleep` (Cushny & Peebles 1905): extra sleep under two drugs, the same ten patients.
S1 = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0)
S2 = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
ANY = {"x": (-np.inf, np.inf)}
CHANGE = np.array([[-1.0, 1.0]])


def period(cycle, ids, x, **columns):
    base = {
        "cycle": cycle,
        "unit": "u",
        "subject": "s",
        "respondent": ids,
        "weight": 1.0,
        "stratum": "",
        "cluster": "",
    }
    return pd.DataFrame({**base, "x": np.asarray(x, dtype=float), **columns})


def names(n, prefix=""):
    return [f"{prefix}{i}" for i in range(n)]


def change(rows, *, items=("x",), bounds=ANY, psu="respondent", stratum=False, **options):
    tables = moments.reduce(rows, items, psu=psu, stratum=stratum)
    return estimates.contrast(estimates.item_means(tables, unit="u", bounds=bounds, **options), CHANGE).iloc[
        0
    ]


def sleep():
    return pd.concat([period("0", names(10), S1), period("1", names(10), S2)], ignore_index=True)


def test_two_independent_periods_are_welchs_test():
    """R t.test(extra ~ group, sleep): t, df, p and interval."""
    found = change(sleep())
    assert_allclose(found["estimate"] / found["se"], 1.8608134675, atol=1e-9)
    assert_allclose(found["df"], 17.7764735162, atol=1e-9)
    test = change_test(found["estimate"], found["se"], found["df"], mid=3).iloc[0]
    assert_allclose(test["p_diff"], 0.0793941401874, atol=1e-9)
    assert_allclose([test["ci_low"], test["ci_high"]], [-0.2054832307, 3.3654832307], atol=1e-9)
    # TOSTER t_TOST(sleep, eqb 3): the larger one-sided p
    assert_allclose(test["p_equiv"], 0.0559789145, atol=1e-9)


def test_a_fully_paired_panel_is_the_paired_t_test():
    """R t.test(paired = TRUE) on sleep, and the paired TOST with ±2.5."""
    found = change(sleep(), panel=True)
    assert_allclose(found["estimate"] / found["se"], 4.0621276834, atol=1e-9)
    assert_allclose(found["df"], 9, atol=1e-9)
    test = change_test(found["estimate"], found["se"], found["df"], mid=2.5).iloc[0]
    assert_allclose(test["p_diff"], 0.00283289019738, atol=1e-11)
    assert_allclose([test["ci_low"], test["ci_high"]], [0.7001142367, 2.4598857633], atol=1e-9)
    assert_allclose([test["ci90_low"], test["ci90_high"]], [0.8669947330, 2.2930052670], atol=1e-9)
    assert_allclose(test["p_equiv"], 0.0211168602, atol=1e-9)


def overlap():
    """Derrick, Russ, Toher & White (2017), example of the CRAN package Partiallyoverlapping."""
    a = (20, 21, 16, 18, 14, 12, 14, 17, 14, 15, 18, 20, 11, 19, 14, 15)
    b = (10, 16, 18, 16, 15, 14, 13, 10, 15, 10, 15, 17, 13, 19, 12, 13)
    left = period("0", names(8, "a") + names(8, "both"), a)
    return pd.concat([left, period("1", names(8, "b") + names(8, "both"), b)], ignore_index=True)


def test_linearised_change_of_a_partly_overlapping_panel():
    """R survey svycontrast(svyby(..., covmat = TRUE)) with id = respondent."""
    found = change(overlap(), panel=True, correction="psu")
    assert_allclose([found["estimate"], found["se"]], [-2, 0.825666726639], atol=1e-11)
    assert_allclose(change(sleep(), panel=True, correction="psu")["se"], 0.388958723888, atol=1e-11)
    assert_allclose(change(sleep(), correction="psu")["se"], 0.826444508915, atol=1e-11)
    leverage = change(overlap(), panel=True)
    assert leverage["se"] > found["se"]
    assert 7 < leverage["df"] < 22


def schools(frame, ids):
    cycles = [("99", "api99"), ("00", "api00")]
    rows = [
        period(cycle, frame["cds"].astype(str), frame[y], weight=frame["pw"], cluster=frame[ids].astype(str))
        for cycle, y in cycles
    ]
    return pd.concat(rows, ignore_index=True)


def test_panel_change_of_a_cluster_sample_of_schools(shared_data):
    """R survey, apiclus1, id = dnum, weights pw: change of api; with fpc 757 districts SE 3.0852."""
    found = change(schools(pd.read_csv(shared_data / "r_survey_api" / "apiclus1.csv"), "dnum"), psu="cluster",
                   correction="psu")  # fmt: skip
    assert_allclose([found["estimate"], found["se"]], [-37.1912568306, 3.11622554141], atol=1e-9)
    assert found["df"] == 14
    assert_allclose(found["se"] * np.sqrt(1 - 15 / 757), 3.0852, atol=5e-5)


def without_replacement(frame, z, se):
    """SE of two stages without replacement from ours, which takes districts as drawn with replacement.

    (1 − f₁) V₁ + f₁ Σ V₂, V₂ from the schools within each district (svydesign, fpc = ~fpc1 + fpc2).
    """
    groups = z.groupby(frame["dnum"])
    m, f1 = groups.size(), 40 / 757
    within = (1 - m / frame.groupby("dnum")["fpc2"].first()) * m * groups.var()
    return np.sqrt((1 - f1) * se**2 + f1 * within[m > 1].sum())


def linear_scores(frame, values):
    return frame["pw"] * (values - np.average(values, weights=frame["pw"])) / frame["pw"].sum()


def test_paired_change_of_a_two_stage_sample_of_schools(shared_data):
    """R svyttest help: svyttest(I(api00 - api99) ~ 0, dclus2), two stages without replacement."""
    frame = pd.read_csv(shared_data / "r_survey_api" / "apiclus2.csv")
    found = change(schools(frame, "dnum"), psu="cluster", correction="psu")
    se = without_replacement(frame, linear_scores(frame, frame["api00"] - frame["api99"]), found["se"])
    assert_allclose(-found["estimate"], 25.7778597786, atol=1e-9)
    assert_allclose(-found["estimate"] / se, 9.07035886586, atol=1e-9)
    # R takes one degree less than PSUs − strata for the mean: 38, ours is 39.
    assert found["df"] == 39
    limits = change_test(-found["estimate"], se, 38, mid=np.nan).iloc[0]
    assert_allclose([limits["ci_low"], limits["ci_high"]], [20.0245539099, 31.5311656473], atol=1e-8)


def test_difference_of_two_domains_of_a_two_stage_sample(shared_data):
    """R svyttest help: svyttest(enroll ~ comp.imp, dclus2); two of the 40 districts have no enrolment."""
    frame = pd.read_csv(shared_data / "r_survey_api" / "apiclus2.csv")
    rows = period(
        "00", frame["cds"].astype(str), frame["enroll"], weight=frame["pw"], subject=frame["comp.imp"]
    )
    found = change(rows.assign(cluster=frame["dnum"].astype(str)), psu="cluster", correction="psu")
    known = frame[frame["enroll"].notna()]
    parts = [known[known["comp.imp"] == answer] for answer in ("No", "Yes")]
    z = pd.concat(
        [sign * linear_scores(p, p["enroll"]) for sign, p in zip((-1, 1), parts, strict=True)]
    ).sort_index()
    se = without_replacement(known, z, found["se"])
    assert_allclose(found["estimate"], -225.737058561, atol=1e-8)
    assert_allclose(found["estimate"] / se, -2.88823724194, atol=1e-9)
    test = change_test(found["estimate"], se, 36, mid=np.nan).iloc[0]
    assert_allclose(test["p_diff"], 0.00651822835735, atol=1e-10)
    assert_allclose([test["ci_low"], test["ci_high"]], [-384.247574116, -67.2265430052], atol=1e-7)


def test_clusters_that_are_equal_and_weights_that_are_equal_change_nothing():
    rows = overlap()
    by_cluster = rows.assign(cluster=rows["respondent"])
    plain = change(rows, panel=True)
    assert_allclose(change(by_cluster, psu="cluster")["se"], plain["se"], rtol=1e-12)
    assert_allclose(change(rows.assign(weight=7.0), panel=True)["se"], plain["se"], rtol=1e-12)


def test_repeated_ids_are_no_pairing_unless_a_panel_is_declared():
    assert_allclose(change(sleep())["se"], change(sleep().assign(respondent=names(20)))["se"], rtol=1e-12)


def test_strata_are_centred_each_on_its_own():
    rows = pd.concat(
        [period("0", names(6, "a"), (1, 2, 3, 11, 12, 13)), period("1", names(6, "b"), (2, 3, 4, 11, 12, 13))]
    )
    rows["stratum"] = ["low"] * 3 + ["high"] * 3 + ["low"] * 3 + ["high"] * 3
    found = change(rows, stratum=True)
    # each stratum of 3: variance 1, mean of two stratum means with weight ½
    assert_allclose(found["se"] ** 2, 2 * (1 / 3 + 1 / 3) / 4, rtol=1e-12)
    assert found["se"] < change(rows)["se"]
    # the same with new people in each period: strata low and high of two periods are four strata
    pooled = change(rows, stratum=True, correction="psu")
    assert_allclose(pooled[["se", "df"]].to_numpy(float), found[["se", "df"]].to_numpy(float), rtol=1e-12)
    assert pooled["df"] == 12 - 4


@pytest.mark.parametrize("psu", ["respondent", "cluster"])
def test_strata_of_a_panel_are_those_of_the_differences(psu):
    """R svymean(~d, svydesign(id = ~id, strata = ~stratum)) of d = (1, 1, 2 | 0, 3, 3)."""
    ids, d = names(6), np.array([1, 1, 2, 0, 3, 3])
    before = np.array([1, 2, 3, 11, 12, 13])
    rows = pd.concat([period(c, ids, x, cluster=ids) for c, x in (("0", before), ("1", before + d))])
    rows["stratum"] = (["low"] * 3 + ["high"] * 3) * 2
    found = change(rows, psu=psu, stratum=True, panel=True, correction="psu")
    # variances 1/3 and 3 of three differences each, mean of two stratum means with weight ½
    assert_allclose(found["se"] ** 2, (1 / 3 / 3 + 3 / 3) / 4, rtol=1e-12)
    assert found["df"] == 4
    anew = rows.assign(cluster=rows["cluster"] + rows["cycle"], respondent=rows["respondent"] + rows["cycle"])
    alone = [rows[rows["cycle"] == c].groupby("stratum")["x"].var().sum() / 3 / 4 for c in "01"]
    apart = change(anew, psu=psu, stratum=True, panel=True, correction="psu")
    assert_allclose(apart["se"] ** 2, sum(alone), rtol=1e-12)


def test_mean_of_a_stratified_sample_of_schools(shared_data):
    """R survey, dstrat of the apistrat help page: svymean(~api00) 662.29, SE 9.4089 with fpc."""
    frame = pd.read_csv(shared_data / "r_survey_api" / "apistrat.csv")
    rows = period("00", frame["cds"].astype(str), frame["api00"], weight=frame["pw"], stratum=frame["stype"])
    tables = moments.reduce(rows, ["x"], stratum=True)
    found = estimates.item_means(tables, unit="u", bounds=ANY, correction="psu")
    by_type = frame.assign(z=linear_scores(frame, frame["api00"])).groupby("stype")
    variance = by_type.size() * by_type["z"].var()
    assert_allclose(found.cov[0, 0], variance.sum(), rtol=1e-12)
    fraction = by_type.size() / by_type["fpc"].first()
    assert_allclose(found.value, 662.29, atol=5e-3)
    assert_allclose(np.sqrt(found.cov[0, 0] - (fraction * variance).sum()), 9.4089, atol=5e-5)
    assert found.parts[0].df == 197


def test_a_stratum_with_one_unit_keeps_its_distance_from_the_mean():
    rows = pd.concat([period("0", names(4, "a"), (1, 2, 3, 9)), period("1", names(4, "b"), (1, 2, 3, 9))])
    rows["stratum"] = ["many", "many", "many", "one"] * 2
    assert 0 < change(rows, stratum=True)["se"] < change(rows)["se"]


def two_items(n=30, seed=1):
    rng = np.random.default_rng(seed)
    q1 = rng.integers(1, 6, 2 * n).astype(float)
    q2 = np.clip(q1 + rng.integers(-1, 2, 2 * n), 1, 5)
    rows = period(["0"] * n + ["1"] * n, names(2 * n), q1).rename(columns={"x": "q1"}).assign(q2=q2)
    rows.loc[::7, "q2"] = np.nan
    return rows


BOUNDS_3 = dict.fromkeys("xyz", (1.0, 5.0))
BOUNDS = {"q1": (1.0, 5.0), "q2": (1.0, 5.0)}


def test_every_item_of_every_cell_with_its_joint_error():
    rows = two_items()
    found = estimates.item_means(moments.reduce(rows, ["q1", "q2"]), unit="u", bounds=BOUNDS, pseudo=False)
    assert found.index.to_numpy().tolist() == [[c, "s", q] for c in "01" for q in ("q1", "q2")]
    means = rows.groupby("cycle")[["q1", "q2"]].mean().to_numpy().ravel()
    assert_allclose(found.value, means, rtol=1e-12)
    assert_array_equal(found.n, rows.groupby("cycle")[["q1", "q2"]].count().to_numpy().ravel())
    assert_allclose(
        np.sqrt(np.diag(found.cov)), rows.groupby("cycle")[["q1", "q2"]].sem().to_numpy().ravel(), rtol=1e-12
    )
    assert_allclose(found.cov[:2, 2:], 0, atol=0)
    assert sorted(p.name for p in found.parts) == ["0/s", "1/s"]


def test_an_item_nobody_answered_has_no_row():
    rows = two_items()
    rows.loc[rows["cycle"].eq("1"), "q2"] = np.nan
    found = estimates.item_means(moments.reduce(rows, ["q1", "q2"]), unit="u", bounds=BOUNDS)
    assert found.index["item"].tolist() == ["q1", "q2", "q1"]
    assert found.cov.shape == (3, 3)


def test_half_an_answer_at_each_end_by_hand():
    """Five fives: Σ about 28/6 is 5·(1/3)² + ½(1/3)² + ½(11/3)², over n(n − 1) = 20."""
    rows = period("0", names(5), (5, 5, 5, 5, 5))
    found = estimates.item_means(moments.reduce(rows, ["x"]), unit="u", bounds={"x": (1, 5)})
    squares = 5 * (1 / 3) ** 2 + 0.5 * (1 / 3) ** 2 + 0.5 * (11 / 3) ** 2
    assert_allclose(found.value, 5)
    assert_allclose(found.cov, [[squares / 20]], rtol=1e-12)
    assert found.parts[0].df == 4
    assert found.note == ("bounded_small_n",)


@pytest.mark.parametrize(("n", "applies"), [(199, True), (200, False)])
def test_the_bounded_rule_ends_at_two_hundred_answers(n, applies):
    x = np.where(np.arange(n) % 5 == 0, 4.0, 5.0)
    found = estimates.item_means(
        moments.reduce(period("0", names(n), x), ["x"]), unit="u", bounds={"x": (1, 5)}
    )
    plain = np.var(x, ddof=1) / n
    assert (found.cov[0, 0] > plain * 1.01) == applies
    assert (found.note == ("bounded_small_n",)) == applies


def test_the_bounded_rule_leaves_a_paired_change_nearly_alone():
    rows = pd.concat([period("0", names(30), [4, 5] * 15), period("1", names(30), [5, 5, 4] * 10)])
    bounded, plain = (change(rows, bounds={"x": (1, 5)}, panel=True, pseudo=p)["se"] for p in (True, False))
    assert 1 <= bounded / plain < 1.02


def test_one_respondent_has_no_standard_error():
    rows = pd.concat([period("0", ["a"], [4]), period("1", names(5), [5, 4, 3, 5, 4])])
    found = change(rows, bounds={"x": (1, 5)})
    assert np.isnan(found["se"])
    assert np.isnan(found["df"])
    assert_allclose(found["estimate"], 0.2)


def test_a_dominant_cluster_is_noted_and_lowers_the_degrees_of_freedom():
    sizes = {"a": 30, "b": 5, "c": 5, "d": 5, "e": 5}
    cluster = [c for c, m in sizes.items() for _ in range(m)]
    x = np.random.default_rng(2).integers(1, 6, len(cluster))
    found = estimates.item_means(
        moments.reduce(period("0", names(50), x, cluster=cluster), ["x"], psu="cluster"), unit="u", bounds=ANY
    )
    assert found.note == ("psu_share",)
    # effective clusters (Σm)²/Σm² = 2500/1000, less one
    assert_allclose(found.parts[0].df, 1.5, rtol=1e-12)


def test_clusters_shared_by_both_periods_are_one_part():
    rows = sleep().assign(cluster=["a", "b", "c", "d", "e"] * 4)
    tables = moments.reduce(rows, ["x"], psu="cluster")
    assert [p.df for p in estimates.item_means(tables, unit="u", bounds=ANY).parts] == [4]
    apart = rows.assign(cluster=rows["cluster"] + rows["cycle"])
    parts = estimates.item_means(moments.reduce(apart, ["x"], psu="cluster"), unit="u", bounds=ANY).parts
    assert [p.df for p in parts] == [4, 4]


def simple(value, cov, df, name="a"):
    return estimates.Estimate(
        pd.DataFrame({"indicator": [f"{name}{i}" for i in range(len(value))]}),
        np.array(value, dtype=float),
        (estimates.Part(np.array(cov, dtype=float), df, name),),
        np.full(len(value), 10),
        ("",) * len(value),
    )


def test_join_keeps_sources_apart_and_contrast_takes_satterthwaite():
    both = estimates.join(simple([1, 2], [[1, 0.5], [0.5, 2]], 10), simple([4], [[3]], 5, "b"))
    assert_allclose(both.cov, [[1, 0.5, 0], [0.5, 2, 0], [0, 0, 3]])
    found = estimates.contrast(both, [[-1, 0, 1], [0.5, 0.5, 0]])
    assert_allclose(found["estimate"], [3, 1.5])
    assert_allclose(found["se"] ** 2, [4, 1])
    assert_allclose(found["df"], [16 / (1 / 10 + 9 / 5), 10])


def test_a_fixed_value_adds_no_error_and_an_unknown_error_stays_unknown():
    fixed = estimates.Estimate(pd.DataFrame({"indicator": ["f"]}), np.array([7.0]), (), np.array([1]), ("",))
    both = estimates.join(fixed, simple([1], [[np.nan]], 3))
    found = estimates.contrast(both, [[1, 0], [1, 1]])
    assert found["se"].iloc[0] == 0
    assert np.isnan(found["df"].iloc[0])
    assert np.isnan(found["se"].iloc[1])
    drawn = estimates.draws(both, size=5, seed=1)
    assert (drawn[:, 0] == 7).all()
    assert np.isnan(drawn[:, 1]).all()


def test_draws_have_the_joint_error_and_repeat():
    target = simple([3, 4], [[1, 0.8], [0.8, 1]], np.inf)
    drawn = estimates.draws(target, size=40_000, seed=7)
    assert_array_equal(drawn, estimates.draws(target, size=40_000, seed=7))
    assert_allclose(drawn.mean(axis=0), [3, 4], atol=0.02)
    assert_allclose(np.cov(drawn.T), [[1, 0.8], [0.8, 1]], atol=0.03)
    heavy = estimates.draws(simple([0], [[1]], 5), size=40_000, seed=7)
    assert_allclose(heavy.var(), 5 / 3, atol=0.1)


@given(st.integers(0, 1000), st.floats(0.5, 3), st.floats(-5, 5))
def test_means_follow_a_change_of_scale(seed, factor, shift):
    rows = two_items(12, seed)
    moved = rows.assign(q1=rows["q1"] * factor + shift, q2=rows["q2"] * factor + shift)
    bounds = dict.fromkeys(("q1", "q2"), (factor + shift, 5 * factor + shift))
    a = estimates.item_means(moments.reduce(rows, ["q1", "q2"]), unit="u", bounds=BOUNDS)
    b = estimates.item_means(moments.reduce(moved, ["q1", "q2"]), unit="u", bounds=bounds)
    assert_allclose(b.value, a.value * factor + shift, atol=1e-9)
    assert_allclose(b.cov, a.cov * factor**2, atol=1e-9)


def test_refusals():
    tables = moments.reduce(sleep(), ["x"])
    with pytest.raises(DataError, match=r"unit '丙' has no responses; units with responses: \['u'\]"):
        estimates.item_means(tables, unit="丙", bounds=ANY)
    with pytest.raises(ParamError, match=r"choose one of \['leverage', 'psu'\]"):
        estimates.item_means(tables, unit="u", bounds=ANY, correction="hc3")
    with pytest.raises(ParamError, match=r"items \['x'\] are missing"):
        estimates.item_means(tables, unit="u", bounds={})
    by = ("unit", "cycle")
    with pytest.raises(DataError, match=r"use moments\.collapse"):
        estimates.item_means(moments.reduce(sleep(), ["x"], by=by), unit="u", bounds=ANY)


# --- every unit at once


def units_of(seed, *, cluster=False):
    """Three units of uneven size: weights, strata, missing answers, two subjects, ids in both cycles."""
    rng = np.random.default_rng(seed)
    parts = []
    for unit, n in (("b", 40), ("a", 7), ("c", 260)):
        rows = pd.DataFrame(rng.integers(1, 6, (n, 3)).astype(float), columns=["x", "y", "z"])
        rows = rows.mask(rng.random((n, 3)) < 0.1)
        keys = {
            "unit": unit,
            "cycle": rng.choice(["0", "1"], n),
            "subject": rng.choice(["s", "t"], n),
            "weight": rng.uniform(0.5, 2, n),
            "stratum": rng.choice(["p", "q"], n),
            "cluster": rng.choice([f"k{j}" for j in range(9)], n) if cluster else "",
            "respondent": [f"r{j}" for j in rng.integers(0, 2 * n, n)],
        }
        parts.append(rows.assign(**keys))
    return pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed)


@pytest.mark.parametrize("panel", [False, True])
@pytest.mark.parametrize("psu", ["respondent", "cluster"])
@pytest.mark.parametrize("stratum", [False, True])
def test_by_unit_is_item_means_of_every_unit(psu, stratum, panel):
    rows = units_of(4, cluster=psu == "cluster")
    bounds = dict.fromkeys("xyz", (1.0, 5.0))
    found = estimates.by_unit(rows, ["x", "y", "z"], bounds=bounds, panel=panel, psu=psu, stratum=stratum)
    tables = moments.reduce(rows, ["x", "y", "z"], psu=psu, stratum=stratum)
    assert list(found) == ["a", "b", "c"]
    for unit, one in found.items():
        other = estimates.item_means(tables, unit=unit, bounds=bounds, panel=panel)
        pd.testing.assert_frame_equal(one.index, other.index)
        assert (one.note, [p.name for p in one.parts]) == (other.note, [p.name for p in other.parts])
        assert_array_equal(one.n, other.n)
        assert_allclose(one.value, other.value, rtol=1e-12)
        assert_allclose([p.df for p in one.parts], [p.df for p in other.parts], rtol=1e-12)
        for mine, theirs in zip(one.parts, other.parts, strict=True):
            assert_allclose(mine.cov, theirs.cov, rtol=1e-9, atol=1e-15)


def test_by_unit_refuses_as_reduce_does():
    rows = units_of(1)
    bounds = dict.fromkeys("xyz", (1.0, 5.0))
    with pytest.raises(ParamError, match="psu='row'; choose one of"):
        estimates.by_unit(rows, ["x"], bounds=bounds, psu="row")
    with pytest.raises(DataError, match=r"columns \['q'\] are needed and absent"):
        estimates.by_unit(rows, ["q"], bounds={"q": (1, 5)})
    with pytest.raises(ParamError, match=r"bounds: items \['x'\] are missing"):
        estimates.by_unit(rows, ["x"], bounds={})


def rows_of_their_own(n: int, *, weighted: bool) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    answers = rng.integers(1, 6, (n, 3)).astype(float)
    answers[rng.random((n, 3)) < 0.1] = np.nan
    weight = np.exp(rng.normal(0, 0.47, n)) if weighted else 1.0  # CV .5
    keys = {"unit": "u", "cycle": "c", "subject": rng.choice(["s", "t"], n), "stratum": ""}
    ids = {"respondent": np.arange(n).astype(str), "weight": weight}
    return pd.DataFrame(answers, columns=list("xyz")).assign(**keys, **ids)


@pytest.mark.parametrize("n", [1, 4, 30, 500])
def test_rows_of_their_own_need_nothing_kept_per_respondent(n):
    rows = rows_of_their_own(n, weighted=False)
    one, two = (
        estimates.item_means(moments.reduce(rows, list("xyz"), psu=psu), unit="u", bounds=BOUNDS_3)
        for psu in ("respondent", "row")
    )
    pd.testing.assert_frame_equal(one.index, two.index)
    assert_allclose(two.value, one.value)
    assert_allclose(two.cov, one.cov, rtol=1e-9, atol=1e-15)
    assert ([p.df for p in two.parts], two.note) == ([p.df for p in one.parts], one.note)
    assert_array_equal(two.n, one.n)


def test_rows_of_unequal_weight_share_one_leverage():
    rows = rows_of_their_own(100, weighted=True)
    one, two = (
        estimates.item_means(moments.reduce(rows, list("xyz"), psu=psu), unit="u", bounds=BOUNDS_3)
        for psu in ("respondent", "row")
    )
    assert_allclose(np.sqrt(np.diag(two.cov)), np.sqrt(np.diag(one.cov)), rtol=0.02)


def test_rows_of_their_own_know_no_panel():
    tables = moments.reduce(rows_of_their_own(20, weighted=False), list("xyz"), psu="row")
    with pytest.raises(ParamError, match="psu='row' knows no panel"):
        estimates.item_means(tables, unit="u", bounds=BOUNDS_3, panel=True)
