"""Is each dimension measured consistently: Cronbach's alpha, item analysis.

Statistics return numbers and note ids; `by_dimension` attaches the judgement of the policy.
"""

from __future__ import annotations

from svclib.reliability.coefficients import alpha, alpha_from_matrix, standardised
from svclib.reliability.items import by_dimension, item_analysis

__all__ = ["alpha", "alpha_from_matrix", "by_dimension", "item_analysis", "standardised"]
