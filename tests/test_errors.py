"""Errors for users: place, finding, remedy, and everything at once."""

from __future__ import annotations

import pytest

from svclib.errors import DataError, InputErrors, ParamError, Problem, SvcError, nearest


def test_a_problem_reads_file_place_field_finding_remedy():
    problem = Problem("kpis.csv", "row 14", "单位", "'后勤一布' is not a unit", "Use a name of units.csv.")
    assert str(problem) == "kpis.csv, row 14, 单位: '后勤一布' is not a unit. Use a name of units.csv."


def test_the_nearest_name_is_offered_last():
    problem = Problem("f.yaml", "", "kind", "unknown kind 'ratng'", "Choose a kind.", "rating")
    assert str(problem) == "f.yaml, kind: unknown kind 'ratng'. Choose a kind. Did you mean 'rating'?"


def test_all_problems_are_numbered_in_the_order_found():
    problems = [Problem("a", "line 1", "", "x", "y"), Problem("b", "line 2", "", "z", "w")]
    error = InputErrors(iter(problems))
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == [
        "2 problem(s) in the input:",
        "  1. a, line 1: x. y",
        "  2. b, line 2: z. w",
    ]


@pytest.mark.parametrize("kind", [DataError, ParamError])
def test_every_error_of_a_user_is_one_family(kind):
    assert issubclass(kind, SvcError)
    assert isinstance(InputErrors([]), SvcError)


@pytest.mark.parametrize(
    ("name", "found"), [("ratng", "rating"), ("投诉处理律", "投诉处理率"), ("xyz", ""), ("", "")]
)
def test_nearest_offers_a_close_name_or_nothing(name, found):
    assert nearest(name, ["rating", "rate", "投诉处理率"]) == found
