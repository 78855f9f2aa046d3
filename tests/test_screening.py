"""Screening: every rule at its edge by hand, counts, with and without, refusals."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from svclib import screening
from svclib.columns import TABLES
from svclib.errors import DataError, ParamError

ITEMS = ["q1", "q2", "q3", "q4"]
NAN = np.nan


def rules(**changed):
    told = {
        "missing_share": 0.5,
        "straight_line_items": 3,
        "seconds_per_item": 2.0,
        "exclude": ["duplicate", "missing", "speed"],
        "cuts": {},
    }
    return SimpleNamespace(**(told | changed))


def responses(answers, **columns):
    n = len(answers)
    frame = pd.DataFrame(answers, columns=ITEMS[: len(answers[0])], dtype=float)
    base = {
        "cycle": "2026Q2",
        "source": "responses",
        "row": np.arange(2, n + 2),
        "respondent": [f"r{i}" for i in range(n)],
        "unit": "A",
        "subject": "客户",
        "channel": "网络",
        "weight": 1.0,
        "seconds": NAN,
    }
    return frame.assign(**(base | columns))


def form(items, scale=None):
    """A form whose items share one scale, or have one each."""
    ends = scale if isinstance(scale, dict) else dict.fromkeys(items, scale or (1, 5))
    low, high = np.array([ends[i] for i in items], dtype=float).T
    return screening.Form(tuple(items), low, high, ("A",) * len(items), np.zeros(len(items), dtype=bool))


def screen(rows, *, items=None, scale=None, **changed):
    names = items or [c for c in rows.columns if c in ITEMS]
    return screening.screen(rows, form(names, scale), rules(**changed))


def fired(flags, rule):
    found = flags[flags["rule"] == rule]
    return dict(zip(found["row"], found["value"], strict=True))


# missing


def test_missing_counts_only_items_somebody_of_the_subject_answers():
    rows = responses(
        [[1, 2, NAN, NAN], [NAN, 2, NAN, NAN], [NAN, NAN, 3, 4], [NAN, NAN, NAN, 4], [NAN, NAN, NAN, NAN]],
        subject=["客户", "客户", "第三方", "第三方", "第三方"],
    )
    # Customers answer q1 and q2 only: one of two missing is 0.5, not above the cut.
    assert fired(screen(rows), "missing") == {6: 1.0}
    assert fired(screen(rows, missing_share=0.4), "missing") == {3: 0.5, 5: 0.5, 6: 1.0}


def test_missing_says_how_many_of_how_many():
    flags = screen(responses([[1, 2, 3, 4], [1, NAN, NAN, NAN]]))
    row = flags.iloc[0]
    assert (row["rule"], row["value"], row["cut"], row["detail"]) == ("missing", 0.75, 0.5, "3/4")
    assert row["excluded"]


def test_a_subject_that_answered_nothing_is_all_missing():
    assert fired(screen(responses([[NAN, NAN, NAN, NAN]])), "missing") == {2: 1.0}


# duplicate


def test_the_later_row_of_the_same_respondent_and_unit_is_the_duplicate():
    rows = responses(
        [[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 2, 2], [2, 2, 1, 1], [5, 4, 5, 4]],
        respondent=["x", "x", "x", "x", "x"],
        unit=["A", "A", "B", "A", "A"],
        cycle=["2026Q2"] * 4 + ["2026Q1"],
    )
    flags = screen(rows)
    assert fired(flags, "duplicate") == {3: 2.0, 5: 3.0}
    assert set(flags["detail"]) == {"= row 2"}


def test_the_same_number_used_by_two_subjects_is_not_a_duplicate():
    rows = responses([[1, 2, 3, 4], [4, 3, 2, 1]], respondent="1", subject=["客户", "内部监督"])
    assert fired(screen(rows), "duplicate") == {}


def test_equal_opinions_without_an_id_are_no_copy_but_equal_time_stamps_are():
    rows = responses([[5, 5, 4, 5]] * 3, respondent="")
    assert fired(screen(rows), "duplicate") == {}
    stamped = rows.assign(started=["10:00:01", "10:00:01", "10:00:02"])
    assert fired(screen(stamped), "duplicate") == {3: 2.0}
    assert fired(screen(rows.assign(started="")), "duplicate") == {}


# straight line


def test_straight_line_needs_enough_equal_answers():
    rows = responses([[5, 5, 5, NAN], [5, 5, NAN, NAN], [5, 5, 5, 4], [1, 1, 1, 1]])
    flags = screen(rows)
    assert fired(flags, "straight_line") == {2: 3.0, 5: 4.0}
    assert list(flags["detail"]) == ["5", "1"]
    assert not flags["excluded"].any()  # marked only: happy customers exist


def test_straight_line_compares_items_of_one_scale():
    scale = {"q1": (1, 5), "q2": (1, 5), "q3": (1, 5), "q4": (0, 10)}
    rows = responses([[4, 4, 4, 8], [4, 4, 5, 8]])
    assert fired(screen(rows, scale=scale), "straight_line") == {2: 3.0}
    assert fired(screen(rows, scale=(1, 10)), "straight_line") == {}


# speed


def test_speed_divides_by_the_answered_items():
    rows = responses(
        [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, NAN, NAN], [1, 2, 3, 4], [NAN] * 4],
        seconds=[8.0, 7.9, 3.0, NAN, 1.0],
    )
    flags = screen(rows, missing_share=1.0)
    assert fired(flags, "speed") == {3: 7.9 / 4, 4: 1.5}
    assert list(flags["detail"]) == ["7.9 s / 4", "3 s / 2"]


# refusals


def test_unknown_rule_in_exclude():
    with pytest.raises(ParamError, match=r"unknown rules \['spead'\]; choose from \['missing', 'duplicate'"):
        screen(responses([[1, 2, 3, 4]]), exclude=["spead"])


def test_unknown_rule_in_cuts():
    with pytest.raises(ParamError, match=r"cuts has unknown rules \['speed'\]; choose from \['longstring'"):
        screen(responses([[1, 2, 3, 4]]), cuts={"speed": 3})


def test_absent_item_column():
    system = framework(indicator("态度", ("q1", "q9")))
    with pytest.raises(DataError, match=r"no column for items \['q9'\]"):
        screening.Form.of(system, ["q1", "q2"])


# counts


@pytest.fixture
def two_units():
    """Unit A: a duplicate that is also too fast; unit B: a straight line; unit C: nothing."""
    rows = responses(
        [[1, 2, 3, 4], [1, 2, 3, 4], [3, 3, 3, 3], [2, 3, 4, 5], [5, 4, 3, 2]],
        respondent=["a", "a", "b", "c", "d"],
        unit=["A", "A", "B", "B", "C"],
        seconds=[60.0, 4.0, 60.0, 60.0, 60.0],
    )
    return rows, screen(rows)


def test_summary_shows_every_rule_per_unit_and_for_all(two_units):
    rows, flags = two_units
    table = screening.summary(rows, flags, rules()).set_index(["unit", "rule"])
    assert len(table) == 4 * len(screening.RULES)
    assert table.loc[("A", "duplicate"), ["n_rows", "n_flagged", "n_excluded"]].tolist() == [2, 1, 1]
    assert table.loc[("B", "straight_line"), ["n_rows", "n_flagged", "n_excluded"]].tolist() == [2, 1, 0]
    assert table.loc[("C", "missing"), ["n_rows", "n_flagged", "n_excluded"]].tolist() == [1, 0, 0]
    assert table.loc[("", "speed"), "share"] == 0.2
    assert table.loc[("", "speed"), "cut"] == 2.0


def test_summary_adds_the_rules_applied_while_reading(two_units):
    rows, flags = two_units
    read = flags.iloc[:1].assign(rule="out_of_range", value=9.0)
    table = screening.summary(rows, pd.concat([flags, read]), rules()).set_index(["unit", "rule"])
    assert table.loc[("", "out_of_range"), "n_flagged"] == 1
    assert np.isnan(table.loc[("", "out_of_range"), "cut"])


def test_profile_counts_a_row_once_whatever_it_broke(two_units):
    rows, flags = two_units
    table = screening.profile(rows, flags).set_index("unit")
    assert table["n_rows"].tolist() == [2, 2, 1]
    assert table["n_excluded"].tolist() == [1, 0, 0]
    assert table["n"].tolist() == [1, 2, 1]


def test_keep_drops_only_excluded_rows_and_mark_keeps_all(two_units):
    rows, flags = two_units
    assert screening.keep(rows, flags)["row"].tolist() == [2, 4, 5, 6]
    assert screening.mark(rows, flags)["flagged"].tolist() == [False, True, False, False, False]


def test_nothing_fired_gives_an_empty_table_and_keeps_everything():
    rows = responses([[1, 2, 3, 4]])
    flags = screen(rows)
    assert flags.empty
    assert list(flags.columns) == list(TABLES["exclusions"].all_columns)
    pd.testing.assert_frame_equal(screening.keep(rows, flags), rows)
    assert screening.summary(rows, flags, rules())["n_flagged"].eq(0).all()


def test_no_responses_at_all():
    rows = responses([[1, 2, 3, 4]]).iloc[:0]
    flags = screen(rows)
    assert flags.empty
    assert screening.summary(rows, flags, rules()).empty
    assert screening.profile(rows, flags).empty
    assert screening.repeated(rows) == 0


def test_repeated_respondents_are_counted_not_excluded():
    rows = responses([[1, 2, 3, 4]] * 5, respondent=["a", "a", "b", "", ""], unit=["A", "B", "A", "A", "B"])
    assert screening.repeated(rows) == 1
    assert fired(screen(rows), "duplicate") == {}


def test_effect_is_with_minus_without_and_keeps_what_vanished():
    key = {"cycle": "2026Q2", "indicator": "态度", "subject": ""}
    every = pd.DataFrame({"unit": ["A", "B"], "n": [10, 3], "value": [4.0, 2.0]}).assign(**key)
    kept = pd.DataFrame({"unit": ["A"], "n": [8], "value": [4.5]}).assign(**key)
    table = screening.effect(every, kept)
    assert table["n_kept"].tolist() == [8, 0]
    assert table["effect"].iloc[0] == 0.5
    assert np.isnan(table["effect"].iloc[1])


# item profile


def framework(*indicators):
    items = tuple(dict.fromkeys(item for i in indicators for item in i.items))
    return SimpleNamespace(indicators=indicators, items=items)


def indicator(name, items, subjects=("客户",), reverse=()):
    told = {"name": name, "dimension": "体验", "items": items, "subjects": subjects, "reverse": reverse}
    return SimpleNamespace(**told, scale=(1, 5), bounds=(1.0, 5.0))


def test_item_profile_by_hand_with_weights():
    rows = responses([[1, 5], [5, 5], [NAN, 3]], weight=[1.0, 3.0, 4.0])
    told = framework(indicator("态度", ("q1", "q2")), indicator("巡查", ("q3",), ("内部监督",)))
    table = screening.item_profile(rows, told).set_index("item")
    assert list(table.index) == ["q1", "q2"]
    first = table.loc["q1"]
    assert (first["n"], first["n_missing"], first["missing_share"]) == (2, 1, pytest.approx(1 / 3))
    assert first["mean"] == 4.0
    assert first["sd"] == pytest.approx(np.sqrt((9 + 3) / 4 * 2))
    assert (first["floor_share"], first["ceiling_share"]) == (0.25, 0.75)
    assert table.loc["q2", "ceiling_share"] == 0.5


def test_describe_of_an_unanswered_and_a_single_answer():
    told = screening.describe(np.array([[NAN, 2.0], [NAN, NAN]]), np.ones(2), np.array([[1, 5], [1, 5]]))
    assert told["n"].tolist() == [0, 1]
    assert told[["mean", "sd", "floor_share"]].iloc[0].isna().all()
    assert told["mean"].iloc[1] == 2.0
    assert np.isnan(told["sd"].iloc[1])


answers = hnp.arrays(
    float, st.tuples(st.integers(1, 12), st.just(4)), elements=st.sampled_from([1.0, 2.0, 3.0, NAN])
)


@settings(max_examples=40)
@given(answers, st.randoms(use_true_random=False))
def test_flags_do_not_depend_on_item_order_and_every_value_breaks_its_cut(values, random):
    rows = responses(values.tolist(), seconds=5.0)
    order = list(ITEMS)
    random.shuffle(order)
    flags = screen(rows)
    pd.testing.assert_frame_equal(flags, screen(rows, items=order))
    beyond = {"missing": np.greater, "straight_line": np.greater_equal, "speed": np.less}
    for name, breaks in beyond.items():
        found = flags[flags["rule"] == name]
        assert breaks(found["value"], found["cut"]).all()
    kept = screening.keep(rows, flags)
    assert len(kept) == len(rows) - flags.loc[flags["excluded"], "row"].nunique()
