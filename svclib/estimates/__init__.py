"""Estimates: values, the independent sources of their error, contrasts, joint draws."""

from svclib.estimates.core import Estimate, Part, contrast, draws, join
from svclib.estimates.means import item_means

__all__ = ["Estimate", "Part", "contrast", "draws", "item_means", "join"]
