"""Estimates: values, the independent sources of their error, contrasts, joint draws."""

from svclib.estimates.core import Estimate, Part, contrast, draws, join
from svclib.estimates.means import PSEUDO_BELOW, by_unit, item_means

__all__ = ["PSEUDO_BELOW", "Estimate", "Part", "by_unit", "contrast", "draws", "item_means", "join"]
