"""Answers in many Parquet parts, too many to hold: additive tables of them, part by part."""

from svclib.partitions.layout import BY_ROW, SLICE, Layout, of, partitioned, slices
from svclib.partitions.reduction import Each, Reduced, Scale, merge, reduce, reduce_slice

__all__ = [
    "BY_ROW",
    "SLICE",
    "Each",
    "Layout",
    "Reduced",
    "Scale",
    "merge",
    "of",
    "partitioned",
    "reduce",
    "reduce_slice",
    "slices",
]
