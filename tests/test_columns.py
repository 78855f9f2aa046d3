"""The glossary and the inventory: closed, typed, keyed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svclib import columns
from svclib.columns import GLOSSARY, TABLES
from svclib.errors import DataError
from svclib.tables.show import OF_YEAR


def sample() -> pd.DataFrame:
    """Two rows of the table "screening", in the wrong order of rows and of columns."""
    rows = {"rule": ["speed", "missing"], "unit": ["甲", "甲"], "cycle": ["2026Q2", "2026Q2"]}
    numbers = {
        "n_rows": [10, 10],
        "n_flagged": [1, 2],
        "n_excluded": [0, 2],
        "share": [0.1, 0.2],
        "cut": [2, np.nan],
    }
    return pd.DataFrame(rows | numbers)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_every_table_is_in_the_glossary(name):
    entry = TABLES[name]
    assert set(entry.all_columns) <= set(GLOSSARY)
    assert len(set(entry.all_columns)) == len(entry.all_columns)
    assert all(not GLOSSARY[column].nullable for column in entry.key)


def test_every_column_of_the_glossary_is_used():
    used = {column for entry in TABLES.values() for column in entry.all_columns}
    when_shown = {
        "reference",
        "grade_counts",
        "flip",
        "judged",
        *OF_YEAR.values(),
    }  # made or renamed when a table is shown
    assert set(GLOSSARY) - used == when_shown
    assert used <= set(GLOSSARY)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", TABLES)
def test_headers_within_a_table_differ(name, lang):
    headers = [columns.header(column, lang) for column in TABLES[name].all_columns]
    assert "" not in headers
    assert sorted(headers) == sorted(set(headers))


def test_rows_about_respondents_are_private():
    assert TABLES["exclusions"].private
    assert all("respondent" not in entry.all_columns for entry in TABLES.values() if not entry.private)


def test_checked_orders_columns_and_rows_and_fixes_types():
    frame = columns.checked("screening", sample())
    assert tuple(frame.columns) == TABLES["screening"].all_columns
    assert list(frame["rule"]) == ["missing", "speed"]
    assert frame["cut"].dtype == np.float64
    assert frame["n_rows"].dtype == np.int64
    assert list(frame.index) == [0, 1]


def test_checked_is_idempotent():
    once = columns.checked("screening", sample())
    pd.testing.assert_frame_equal(columns.checked("screening", once), once)


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_table_passes_its_own_check(name):
    frame = columns.checked(name, columns.empty(name))
    assert len(frame) == 0
    assert tuple(frame.columns) == TABLES[name].all_columns


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="cut"), r"missing columns \['cut'\], unknown \[\]"),
        (lambda f: f.assign(p=1.0), r"missing columns \[\], unknown \['p'\]"),
        (lambda f: f.assign(rule="speed"), "1 rows repeat a key, first .*'rule': 'speed'"),
        (lambda f: f.assign(n_rows=[1.0, np.nan]), "column 'n_rows' has 1 empty cells"),
        (lambda f: f.assign(unit=[1, 2]), "column 'unit' must hold text"),
        (lambda f: f.assign(share=["a", "b"]), "column 'share' is not float"),
    ],
)
def test_checked_refuses_and_names_the_column(change, message):
    with pytest.raises(DataError, match=f"table 'screening': {message}"):
        columns.checked("screening", change(sample()))


def test_unknown_table_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match=r"'scrnng' is not in the inventory; known: \['actions'"):
        columns.checked("scrnng", sample())
