"""Is each dimension measured consistently: reliability coefficients, item analysis, their change.

Statistics return numbers and note ids; `by_dimension` attaches the judgement of the policy.
"""

from __future__ import annotations

from svclib.reliability.coefficients import alpha, alpha_from_matrix, coefficients, standardised
from svclib.reliability.compare import compare
from svclib.reliability.contrasts import GROUPINGS, changes, groups
from svclib.reliability.interval import INTERVALS, plan_n
from svclib.reliability.items import item_analysis
from svclib.reliability.omega import schmid_leiman
from svclib.reliability.scale import COEFFICIENTS
from svclib.reliability.tables import by_dimension

__all__ = [
    "COEFFICIENTS",
    "GROUPINGS",
    "INTERVALS",
    "alpha",
    "alpha_from_matrix",
    "by_dimension",
    "changes",
    "coefficients",
    "compare",
    "groups",
    "item_analysis",
    "plan_n",
    "schmid_leiman",
    "standardised",
]
