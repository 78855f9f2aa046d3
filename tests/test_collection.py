"""Return, mix and distribution by hand, their properties, and what they refuse."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from factories import make_answers, tiny_framework
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import collection, columns
from svclib.errors import DataError, ParamError
from svclib.sources import coded

NAN = np.nan
CYCLE = "2026Q2"
TODAY = dt.date(2026, 6, 30)
NO_FLAGS = columns.empty("exclusions")


def sheet(*rows, **columns_of_all):
    """Typed collection sheet; a row says what differs from an unlimited one."""
    base = {"source": "", "unit": "甲", "subject": "", "channel": "", "population": NAN, "issued": NAN}
    base |= {"due": "", "owner": ""} | columns_of_all
    return pd.DataFrame([{"row": k} | base | row for k, row in enumerate(rows, start=2)])


def answers(counts, **more):
    """So many rows per (unit, subject, channel)."""
    keys = [key for key, n in counts.items() for _ in range(n)]
    frame = pd.DataFrame(keys, columns=["unit", "subject", "channel"])
    base = {"cycle": CYCLE, "source": "responses", "row": np.arange(2, len(frame) + 2), "weight": 1.0}
    return frame.assign(**(base | more))


def excluded(*rows):
    flag = {"cycle": CYCLE, "source": "responses", "rule": "speed", "respondent": "", "unit": "甲"}
    flag |= {"excluded": True, "value": 1.0, "cut": 2.0, "detail": ""}
    return columns.checked("exclusions", pd.DataFrame([flag | {"row": row} for row in rows]))


BACK = answers({("甲", "客户", "电话"): 6, ("甲", "客户", "网络"): 3, ("乙", "客户", "电话"): 2})


def returned(told, rows=BACK, flags=NO_FLAGS, **options):
    table = collection.questionnaires(told, rows, flags, cycle=CYCLE, **({"today": TODAY} | options))
    return table.set_index(["unit", "subject", "channel"])


# what came back


def test_issued_returned_valid_by_hand():
    told = sheet({"channel": "电话", "issued": 8.0, "owner": "周远"}, {"channel": "网络", "issued": 12.0})
    table = returned(told, flags=excluded(2, 3, 8))
    phone = table.loc[("甲", "", "电话")]
    assert phone[["issued", "returned", "n_valid"]].tolist() == [8, 6, 4]
    assert phone["return_rate"] == 6 / 8
    assert phone["valid_rate"] == 4 / 6
    assert phone["owner"] == "周远"
    assert table.loc[("甲", "", "网络"), "n_valid"] == 2


def test_answers_outside_the_sheet_are_counted_without_an_issued_number():
    table = returned(sheet({"channel": "电话", "issued": 8.0}))
    assert table["returned"].to_dict() == {
        ("甲", "", "电话"): 6,
        ("甲", "客户", "网络"): 3,
        ("乙", "客户", "电话"): 2,
    }
    assert table["issued"].isna().sum() == table["return_rate"].isna().sum() == 2
    assert returned(None)["returned"].sum() == len(BACK)


def test_more_returned_than_issued_keeps_its_rate():
    assert returned(sheet({"issued": 6.0})).loc[("甲", "", ""), "return_rate"] == 1.5
    assert np.isnan(returned(sheet({"issued": 0.0})).loc[("甲", "", ""), "return_rate"])


def test_another_cycle_is_left_aside():
    assert returned(sheet({"issued": 6.0}), BACK.assign(cycle="2026Q1"))["returned"].tolist() == [0]


@pytest.mark.parametrize(
    ("row", "options", "overdue"),
    [
        ({"channel": "邮寄", "due": "2026-06-29"}, {}, True),
        ({"channel": "邮寄", "due": "2026-06-30"}, {}, False),
        ({"channel": "邮寄", "due": "2026-06-29"}, {"today": None}, False),
        ({"channel": "邮寄"}, {}, False),
        ({"channel": "电话", "due": "2026-06-29"}, {}, False),
        ({"channel": "电话", "due": "2026-06-29"}, {"min_rate": 0.6}, False),
        ({"channel": "电话", "due": "2026-06-29"}, {"min_rate": 0.61}, True),
        ({"channel": "电话", "due": "2026-07-01"}, {"min_rate": 0.61}, False),
    ],
)
def test_overdue_is_past_due_with_nothing_back_or_below_the_rate(row, options, overdue):
    told = sheet({"issued": 10.0} | row)
    assert returned(told, **options).loc[("甲", "", row["channel"]), "overdue"] == overdue


def test_rows_that_count_an_answer_twice_are_refused_all_at_once():
    told = sheet(
        {"issued": 9.0},
        {"subject": "客户", "issued": 5.0},
        {"unit": "乙", "subject": "客户", "issued": 5.0},
        {"unit": "乙", "channel": "电话", "issued": 5.0},
        {"unit": "丙", "channel": "电话", "issued": 5.0},
        {"unit": "丙", "channel": "网络", "issued": 5.0},
    )
    with pytest.raises(
        DataError, match=r"rows 4 and 5 \(乙\); rows 2 and 3 \(甲\).*total or its parts"
    ) as error:
        returned(told)
    assert "丙" not in str(error.value)
    # a population by channel beside an issued number of the whole is no overlap
    assert len(returned(sheet({"issued": 9.0}, {"channel": "电话", "population": 50.0}))) == 3


KPIS = pd.DataFrame({"cycle": CYCLE, "unit": ["甲", "甲", "乙"], "indicator": ["准时率", "事故率", "准时率"]})
OWED = {"甲": ["准时率", "事故率"], "乙": ["准时率", "事故率"]}


def test_records_count_the_indicators_a_unit_owes():
    told = sheet({}, {"unit": "乙", "due": "2026-06-29"}, source="kpis")
    table = collection.records(told, KPIS, OWED, cycle=CYCLE, today=TODAY).set_index("unit")
    assert table["returned"].to_dict() == {"甲": 2, "乙": 1}
    assert table["overdue"].to_dict() == {"甲": False, "乙": True}
    assert table.loc["乙", "return_rate"] == 0.5
    later = collection.records(told, KPIS, OWED, cycle=CYCLE, today=dt.date(2026, 6, 29))
    assert not later["overdue"].any()


def test_records_owe_what_the_sheet_says():
    told = sheet({"unit": "乙", "issued": 1.0, "due": "2026-06-01"}, source="kpis")
    assert not collection.records(told, KPIS, OWED, cycle=CYCLE, today=TODAY)["overdue"].any()
    assert collection.records(None, KPIS, OWED, cycle=CYCLE).empty
    assert collection.records(sheet({}), KPIS, OWED, cycle=CYCLE).empty


def test_records_have_no_channel():
    told = sheet({"channel": "电话"}, {"unit": "乙"}, {"unit": "乙", "population": 3.0}, source="kpis")
    with pytest.raises(DataError, match=r"rows 2, 4 on records give subject, channel or population"):
        collection.records(told, KPIS, OWED, cycle=CYCLE)


# mix

POPULATION = sheet({"channel": "电话", "population": 300.0}, {"channel": "网络", "population": 700.0})


def mixed(told=POPULATION, rows=BACK):
    return collection.mix(told, rows, cycle=CYCLE).set_index(["unit", "subject", "channel"])


def test_mix_by_hand():
    table = mixed()
    phone, web = table.loc[("甲", "", "电话")], table.loc[("甲", "", "网络")]
    assert (phone["n"], web["n"]) == (6, 3)
    assert (phone["share"], phone["population_share"]) == (pytest.approx(2 / 3), 0.3)
    assert phone["gap"] == pytest.approx(2 / 3 - 0.3)
    assert phone["weight"] == pytest.approx(0.45)
    assert web["weight"] == pytest.approx(2.1)
    assert len(table) == 2, "no population for 乙, so no row"


def test_mix_shows_cells_without_population_and_without_answers():
    told = sheet({"channel": "电话", "population": 300.0}, {"channel": "邮寄", "population": 700.0})
    table = mixed(told)
    assert table["n"].to_dict() == {("甲", "", "电话"): 6, ("甲", "", "网络"): 3, ("甲", "", "邮寄"): 0}
    assert table["weight"].notna().tolist() == [True, False, False]
    assert table.loc[("甲", "", "电话"), "share"] == pytest.approx(2 / 3), "of everybody who answered"
    with pytest.raises(DataError) as error:
        collection.population_weights(BACK, table.reset_index())
    said = str(error.value)
    assert "2026Q2 甲 客户 网络: 3 answers, no population" in said
    assert "2026Q2 乙 客户 电话: 2 answers, no population" in said
    assert "2026Q2 甲 邮寄: population, no answers" in said
    assert "collection.population_weights" in said


def test_mix_of_evaluators_apart_and_of_nobody():
    told = sheet(
        {"subject": "客户", "channel": "电话", "population": 1.0}, {"subject": "第三方", "population": 2.0}
    )
    table = mixed(told)
    assert table.loc[("甲", "第三方", ""), ["n", "population_share"]].tolist() == [0, 1]
    assert np.isnan(table.loc[("甲", "第三方", ""), "share"])
    assert mixed(None).empty
    assert mixed(sheet({"issued": 3.0})).empty
    assert len(mixed(rows=BACK.iloc[:0])) == 2


def test_an_evaluator_of_its_own_is_not_counted_with_the_others():
    told = sheet(
        {"channel": "电话", "population": 1.0}, {"subject": "客户", "channel": "网络", "population": 2.0}
    )
    rows = answers({("甲", "客户", "网络"): 3, ("甲", "客户", "电话"): 2, ("甲", "第三方", "邮寄"): 4})
    assert mixed(told, rows)["n"].to_dict() == {
        ("甲", "", "电话"): 2,
        ("甲", "", "邮寄"): 4,
        ("甲", "客户", "网络"): 3,
    }


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 6), min_size=3, max_size=3),
    st.lists(st.integers(1, 900), min_size=3, max_size=3),
    st.integers(0, 99),
)
def test_weighted_answers_have_the_mix_of_the_population_and_the_same_sum(counts, population, seed):
    channels = ["电话", "网络", "邮寄"]
    told = sheet(*({"channel": c, "population": float(p)} for c, p in zip(channels, population, strict=True)))
    rows = answers({("甲", "客户", c): n for c, n in zip(channels, counts, strict=True)})
    rows["weight"] = np.random.default_rng(seed).uniform(0.5, 2, len(rows))
    weighted = collection.population_weights(rows, collection.mix(told, rows, cycle=CYCLE))
    assert weighted["weight"].sum() == pytest.approx(rows["weight"].sum())
    share = weighted.groupby("channel")["weight"].sum() / weighted["weight"].sum()
    assert share[channels].to_numpy() == pytest.approx(np.array(population) / sum(population))
    again = collection.mix(told, rows.sample(frac=1, random_state=seed), cycle=CYCLE)
    pd.testing.assert_frame_equal(again, collection.mix(told, rows, cycle=CYCLE))


def test_weights_of_two_cycles_stay_with_their_cycle():
    both = pd.concat(
        [BACK[BACK["unit"] == "甲"].assign(cycle=c) for c in ("2026Q1", CYCLE)], ignore_index=True
    )
    even = sheet({"channel": "电话", "population": 2.0}, {"channel": "网络", "population": 1.0})
    table = pd.concat(
        [collection.mix(even, both, cycle="2026Q1"), collection.mix(POPULATION, both, cycle=CYCLE)]
    )
    weighted = collection.population_weights(both, table)
    assert weighted.loc[weighted["cycle"] == "2026Q1", "weight"].to_numpy() == pytest.approx(1.0)
    assert sorted(set(weighted.loc[weighted["cycle"] == CYCLE, "weight"].round(9))) == [0.45, 2.1]
    with pytest.raises(DataError, match="2026Q1 甲 客户 电话: 6 answers"):
        collection.population_weights(both, table[table["cycle"] == CYCLE])


# distribution

FRAMEWORK = tiny_framework()


def asked(n=60, **aspects):
    rows = coded(make_answers(7, n, units=("甲",)), FRAMEWORK).drop(columns="channel")
    texts: dict = dict.fromkeys(collection.ASPECTS, "") | aspects
    return rows.assign(**texts)


def spread(rows, aspects=("staff",), min_cell=5):
    return collection.distribution(rows, FRAMEWORK, aspects=aspects, min_cell=min_cell)


def test_distribution_by_hand():
    rows = asked(3, staff="老王", subject="客户").iloc[:3]
    rows[["q01", "q02", "q03"]] = [[5, 4, 4], [1, 5, NAN], [4, 4, NAN]]
    rows["weight"] = [1.0, 2.0, 1.0]
    table = spread(rows, min_cell=3).query("indicator == '态度'").set_index("category")
    # weighted answers: 1 → 2; 4 → 2·1 + 2·1; 5 → 1 + 2; together 9
    assert table["share"].to_dict() == pytest.approx({"1": 2 / 9, "2": 0, "3": 0, "4": 4 / 9, "5": 3 / 9})
    assert table["mean"].unique() == pytest.approx([(2 * 1 + 4 * 4 + 3 * 5) / 9])
    assert set(table["n"]) == {3}


def test_small_members_go_and_a_single_one_takes_the_next_smallest():
    names = ["甲"] * 30 + ["乙"] * 12 + ["丙"] * 15 + ["丁"] * 3
    assert set(spread(asked(staff=names, subject="客户"))["member"]) == {"甲", "丙"}
    names = ["甲"] * 30 + ["乙"] * 24 + ["丙"] * 4 + ["丁"] * 2
    assert set(spread(asked(staff=names, subject="客户"))["member"]) == {"甲", "乙"}
    names = ["甲"] * 57 + ["丁"] * 3
    assert spread(asked(staff=names, subject="客户")).empty
    assert set(spread(asked(staff=["甲"] * 50 + [""] * 10))["member"]) == {"甲"}


def test_who_is_not_asked_is_not_counted():
    rows = asked(staff="老王", subject=["客户"] * 10 + ["内部监督"] * 50)
    assert spread(rows).groupby("indicator")["n"].first().to_dict() == {"态度": 60, "环境": 10}


def test_a_long_scale_comes_in_five_bands():
    indicator = FRAMEWORK.indicators[0].model_copy(update={"scale": (0.0, 100.0), "items": ("q01",)})
    dimension = FRAMEWORK.dimensions[0].model_copy(update={"indicators": (indicator,)})
    rows = asked(staff="老王", subject="客户")
    rows["q01"] = np.resize([0.0, 19.9, 20.0, 80.0, 100.0, 50.5], len(rows))
    frame = collection.distribution(
        rows, FRAMEWORK.model_copy(update={"dimensions": (dimension,)}), aspects=["staff"]
    )
    assert frame.set_index("category")["share"].to_dict() == pytest.approx(
        {"0–20": 2 / 6, "20–40": 1 / 6, "40–60": 1 / 6, "60–80": 0, "80–100": 2 / 6}
    )


def test_unknown_aspect_names_the_choices():
    with pytest.raises(ParamError, match=r"\['stuff'\] are unknown; choose from \['service_item', 'staff'"):
        spread(asked(), aspects=["stuff"])


def test_nothing_stated_gives_an_empty_table():
    pd.testing.assert_frame_equal(spread(asked(), aspects=collection.ASPECTS), columns.empty("distribution"))
    assert spread(asked().iloc[:0]).empty


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["甲", "乙", "丙", ""]), min_size=30, max_size=30), st.integers(1, 8))
def test_shares_add_up_and_nobody_small_is_shown(names, min_cell):
    rows = asked(30, segment=names)
    frame = spread(rows, aspects=["segment"], min_cell=min_cell)
    assert (frame["n"] >= min_cell).all()
    groups = frame.groupby(["unit", "member", "indicator"])
    assert groups["share"].sum().to_numpy() == pytest.approx(1.0)
    assert (groups.size() == 5).all()
    shuffled = spread(rows.sample(frac=1, random_state=1), aspects=["segment"], min_cell=min_cell)
    pd.testing.assert_frame_equal(frame, shuffled)
