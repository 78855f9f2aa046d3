"""Operational records to natural values with the sampling error their counts allow."""

from svclib.kpis.found import Found, Span
from svclib.kpis.measured import SOURCES, Joint, Measured, Sheets, listed, measure, over_time
from svclib.kpis.natural import COLUMNS, estimate, of_values, values
from svclib.kpis.stability import of_ratings

__all__ = [
    "COLUMNS",
    "SOURCES",
    "Found",
    "Joint",
    "Measured",
    "Sheets",
    "Span",
    "estimate",
    "listed",
    "measure",
    "of_ratings",
    "of_values",
    "over_time",
    "values",
]
