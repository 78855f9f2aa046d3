"""Estimates: values, the independent sources of their error, contrasts, joint draws."""

from svclib.estimates.core import Estimate, Part, contrast, draws, join
from svclib.estimates.means import PSEUDO_BELOW, item_means

__all__ = ["PSEUDO_BELOW", "Estimate", "Part", "contrast", "draws", "item_means", "join"]
