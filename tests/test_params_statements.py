"""Statements of data sources: one query that only reads, and whether it says the order of its rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from svclib.params.statements import ordered, single_query

READS = [
    "SELECT 1",
    "select * from answers where comment = 'please; DROP TABLE it''s done'",
    "WITH recent AS (SELECT * FROM answers) SELECT * FROM recent",
    "(SELECT 1) UNION (SELECT 2)",
    'SELECT "update", `delete`, [into] FROM log -- INSERT nothing; really',
    "SELECT updated_at, created, replace(code, 'a', 'b') FROM log /* DROP; */",
    "SELECT $$; DROP TABLE x$$ AS text",
]
REFUSED = [
    ("DELETE FROM answers", "begins with 'DELETE'"),
    ("PRAGMA query_only = 0", "begins with 'PRAGMA'"),
    ("-- only a comment", "begins with ''"),
    ("SELECT 1; SELECT 2", "more than one statement"),
    ("SELECT 1; DROP TABLE answers", "more than one statement"),
    ("WITH gone AS (DELETE FROM answers RETURNING *) SELECT * FROM gone", "the query holds DELETE"),
    ("SELECT * INTO copied FROM answers", "the query holds INTO"),
    ("SELECT 1 DROP TABLE answers", "the query holds DROP"),
    ("SELECT * FROM answers FOR UPDATE", "the query holds UPDATE"),
    ("", "found ''"),
    (3, "found 3"),
]


@pytest.mark.parametrize("text", READS)
def test_queries_stand(text: str):
    assert single_query(text) == text


def test_the_last_semicolon_goes():
    assert single_query("\n SELECT 1 ; \n") == "SELECT 1"


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_everything_else_is_refused(text: object, why: str):
    with pytest.raises(PydanticCustomError, match=why):
        single_query(text)


@given(st.text(max_size=40))
def test_what_stands_in_quotes_is_no_command(text: str):
    quoted = text.replace("'", "''")
    assert single_query(f"SELECT '{quoted}' AS said") == f"SELECT '{quoted}' AS said"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * FROM a ORDER BY id", True),
        ("SELECT * FROM a order\n by 1 LIMIT 5", True),
        ("SELECT * FROM (SELECT * FROM a ORDER BY id) b", False),
        ("SELECT rank() OVER (ORDER BY score) FROM a", False),
        ("SELECT 'ORDER BY' FROM a -- ORDER BY id", False),
        ("WITH b AS (SELECT 1) SELECT * FROM b ORDER BY 1", True),
    ],
)
def test_whether_rows_have_an_order(text: str, *, says: bool):
    assert ordered(text) is says
