"""Review of an indicator system by the data of one cycle.

Five principles (comprehensive, representative, operable, dynamic, sustainable), a line per
criterion with its number and verdict; what is declared of every indicator; which indicators
and items to drop, merge or split.  Proposals are never applied.
"""

from __future__ import annotations

import pandas as pd

from svclib.principles.criteria import PRINCIPLES, Made, principles
from svclib.principles.declared import smart
from svclib.principles.material import Material
from svclib.principles.proposals import proposals
from svclib.principles.redundancy import redundancy
from svclib.principles.spread import icc1, indicator_map, item_map, separation

__all__ = [
    "PRINCIPLES",
    "Material",
    "icc1",
    "indicator_map",
    "item_map",
    "principles",
    "proposals",
    "redundancy",
    "review",
    "separation",
    "smart",
]


def review(m: Material) -> dict[str, pd.DataFrame]:
    """Tables principles, proposals, smart, indicator_map, item_map and redundancy of one cycle.

    Raises
    ------
    ParamError
        The scores do not hold the cycle of the material (raised when `m` is made).
    """
    made = Made(indicator_map(m), item_map(m), redundancy(m), smart(m))
    return {
        "principles": principles(m, made),
        "proposals": proposals(m, made),
        "smart": made.smart,
        "indicator_map": made.indicators,
        "item_map": made.items,
        "redundancy": made.pairs,
    }
