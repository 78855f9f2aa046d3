"""Additive tables: the rows are read once, everything later works on sums."""

from svclib.moments.covariances import MISSING, covariance
from svclib.moments.kernels import (
    BY,
    DRAWN,
    PSUS,
    ROW,
    alpha_of_codes,
    alpha_tables,
    check_rows,
    of_codes,
    reduce,
    row_vectors,
)
from svclib.moments.tables import (
    FIELDS,
    Sums,
    Tables,
    codes,
    collapse,
    exact,
    merge,
    merge_sums,
    subtract,
    total_by,
)

__all__ = [
    "BY",
    "DRAWN",
    "FIELDS",
    "MISSING",
    "PSUS",
    "ROW",
    "Sums",
    "Tables",
    "alpha_of_codes",
    "alpha_tables",
    "check_rows",
    "codes",
    "collapse",
    "covariance",
    "exact",
    "merge",
    "merge_sums",
    "of_codes",
    "reduce",
    "row_vectors",
    "subtract",
    "total_by",
]
