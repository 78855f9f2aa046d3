"""The days of the next cycle."""

import datetime as dt

import pytest

from svclib.cycle.aims import following
from svclib.params import Period


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ((2026, 4, 1), (2026, 6, 30), ("2026-07-01", "2026-09-30")),
        ((2026, 10, 1), (2026, 12, 31), ("2027-01-01", "2027-03-31")),
        ((2026, 1, 1), (2026, 12, 31), ("2027-01-01", "2027-12-31")),
        ((2026, 1, 1), (2026, 1, 31), ("2026-02-01", "2026-02-28")),
        ((2026, 6, 8), (2026, 6, 14), ("2026-06-15", "2026-06-21")),
    ],
)
def test_the_period_that_follows(start, end, wanted):
    assert following(Period(start=dt.date(*start), end=dt.date(*end))) == wanted
    assert following(None) == ("", "")
