"""Other composites beside step 40: what is compared, what is left out, and gaps to expectation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from svclib import cycle
from svclib.errors import InputErrors

FRAMEWORK = """\
name: 试评
version: "1"
subjects: {客户: 1}
grades: {min_coverage: 0.5, scale: {优: 85, 良: 70, 差: 0}}
dimensions:
  体验:
    weight: 0.6
    indicators:
      态度: {kind: rating, items: [q1, q2], expectation: [e1, e2], reverse: [q2], scale: [1, 5],
             score: {1: 20, 5: 100}, weight: 1}
  效率:
    weight: 0.4
    indicators:
      及时率: {kind: proportion, unit: "%", score: {50: 0, 100: 100}, weight: 0.5}
      完好率: {kind: proportion, unit: "%", score: {50: 0, 100: 100}, weight: 0.5}
"""
PARAMS = """\
name: small
framework: framework.yaml
cycle: 2026Q1
data: {responses: responses.csv, kpis: kpis.csv, units: units.csv}
min_responses: 5
draws: 100
seed: 3
"""
UNITS = ("甲", "乙", "丙", "丁")


def write(folder: Path, *, units: tuple[str, ...] = UNITS, asked: bool = True) -> Path:
    """A cycle of a few units; 丙 has no 完好率 to report, and the last one reports nothing."""
    rng = np.random.default_rng(5)
    rows = []
    for k, unit in enumerate(units):
        for j in range(30):
            q1, q2, e1, e2 = np.clip(np.rint(rng.normal([3.2 + k / 3, 2.6 - k / 3, 4.3, 1.8], 0.8)), 1, 5)
            rows.append({"受访者编号": f"{unit}{j}", "部门": unit, "q1": q1, "q2": q2, "e1": e1, "e2": e2})
    answers = pd.DataFrame(rows)
    answers.drop(columns=[] if asked else ["e1", "e2"]).to_csv(folder / "responses.csv", index=False)
    given = [
        (u, i, 70 + 6 * k + 3 * (i == "完好率")) for k, u in enumerate(units) for i in ("及时率", "完好率")
    ]
    records = pd.DataFrame(given, columns=["部门", "指标", "数值"]).astype({"数值": object})
    records.loc[(records["部门"] == "丙") & (records["指标"] == "完好率"), "数值"] = "不适用"
    records[records["部门"] != "丁"].to_csv(folder / "kpis.csv", index=False)
    pd.DataFrame({"unit": units}).to_csv(folder / "units.csv", index=False)
    (folder / "framework.yaml").write_text(FRAMEWORK, encoding="utf-8")
    (folder / "params.yaml").write_text(PARAMS, encoding="utf-8")
    return folder / "params.yaml"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    context = cycle.open(str(write(tmp_path_factory.mktemp("small"))))
    return context, context.step("40")


def test_units_with_all_scores_are_compared_and_the_others_named(found):
    table = found[1]["composites"]
    assert set(table.loc[table["rank"].notna(), "unit"]) == {"甲", "乙", "丙"}
    assert table.loc[table["unit"] == "丁", "note"].tolist() == ["not_compared"]
    assert set(table["method"]) == {"total", "rsr", "rsr_linear", "topsis", "fuzzy"}
    assert set(table.loc[table["relative"], "method"]) == {"rsr", "rsr_linear", "topsis"}
    partial = table[(table["unit"] == "丙") & (table["method"] == "rsr")].iloc[0]
    assert partial["note"] == "not_applicable:完好率"
    ranks = table.pivot_table("rank", "unit", "method")
    assert ranks.eq(ranks["total"], axis=0).all(axis=None)  # every indicator rises from 甲 to 丙


def test_rank_sums_use_the_weights_of_the_unit(found):
    tables = found[1]
    table = tables["composites"].set_index(["method", "unit"])["score"]
    # 丙 is best in what applies to it; 甲 is last of three, and last of two where 丙 does not take part.
    assert table["rsr", "丙"] == pytest.approx(1)
    assert table["rsr", "甲"] == pytest.approx(0.8 / 3 + 0.2 / 2)
    spread = tables["rsr_distribution"]
    assert spread[spread["method"] == "rsr"]["frequency"].sum() == 3
    assert spread["relative"].all()


def test_memberships_come_from_answers_and_from_points(found):
    context, tables = found
    whole = tables["fuzzy"].groupby(["unit", "node", "levels", "operator"])["membership"].sum()
    np.testing.assert_allclose(whole, 1)
    rows = context.valid("2026Q1").query("unit == '甲'")[["q1", "q2"]].to_numpy()
    points = 20 * rows  # the anchors: 20 points for 1 to 100 for 5; q2 is recoded already
    own = tables["fuzzy"].set_index(["unit", "node", "operator", "grade"])["membership"]
    for grade, low, high in (("优", 85, 101), ("良", 70, 85), ("差", 0, 70)):
        share = ((points >= low) & (points < high)).mean()
        assert own["甲", "体验", "product_sum", grade] == pytest.approx(share)


def test_importance_is_the_weight_and_all_units_are_their_mean(found):
    table = found[1]["ipa"].set_index(["unit", "indicator"])
    assert set(table.index.get_level_values("unit")) == {"*", "甲", "乙", "丙"}
    assert table.loc["甲", "importance"].to_dict() == pytest.approx(
        {"态度": 0.6, "及时率": 0.2, "完好率": 0.2}
    )
    units = table.drop(index="*", level="unit")["performance"].groupby("indicator").mean()
    assert table.loc["*", "performance"].to_dict() == pytest.approx(units.to_dict())
    assert set(table["method"]) == {"by_weight"}


def test_gaps_set_reversed_items_against_reversed_expectations(found):
    context, tables = found
    rows = context.valid("2026Q1").query("unit == '甲'")
    difference = rows[["q1", "q2"]].mean(axis=1) - rows[["e1", "e2"]].mean(axis=1)
    row = tables["gaps"].set_index(["unit", "subject"]).loc[("甲", "客户")]
    assert row["service_gap"] == pytest.approx(difference.mean())
    assert row["service_gap"] < 0
    assert row["n"] == 30
    plain = stats.ttest_1samp(difference, 0).confidence_interval()
    assert row["ci_high"] - row["ci_low"] >= plain.high - plain.low
    assert row["note"] == "bounded_small_n"


def test_cuts_are_proposed_only_where_scores_differ_enough(found):
    table = found[1]["cut_proposals"]
    assert set(table["method"]) == {"rsr_probit", "jenks", "kmeans"}
    assert table["n_units"].eq(3).all()
    assert table.loc[table["grade"] == "良", "cut_now"].eq(70).all()


def test_two_units_are_not_compared_and_a_cycle_may_not_have_asked(tmp_path: Path):
    made = cycle.open(str(write(tmp_path, units=("甲", "乙"), asked=False))).step("40")
    assert [len(made[n]) for n in ("composites", "rsr_distribution", "fuzzy", "ipa", "cut_proposals")] == [
        0
    ] * 5
    assert made["gaps"].empty


def test_one_expectation_without_its_column_is_refused(tmp_path: Path):
    file = write(tmp_path)
    answers = pd.read_csv(tmp_path / "responses.csv").drop(columns="e2")
    answers.to_csv(tmp_path / "responses.csv", index=False)
    with pytest.raises(InputErrors, match="no column for item e2 of 态度"):
        cycle.load(cycle.open(str(file)).params)
