"""Weights: how much each dimension and indicator counts, by which method, how consistently.

`BY_METHOD` is where a method is entered: a function of a level and the sources.
"""

from __future__ import annotations

from svclib.weights.ahp import (
    aggregate,
    aggregate_priorities,
    consistency,
    implied,
    priorities,
    random_index,
)
from svclib.weights.compare import methods
from svclib.weights.drivers import drivers
from svclib.weights.explained import by_level
from svclib.weights.objective import critic, cv, entropy, pca
from svclib.weights.panel import ahp
from svclib.weights.resolve import BY_METHOD, effective, expert_panel, resolve
from svclib.weights.shares import combine, direct, equal, rank_order, stated

__all__ = [
    "BY_METHOD",
    "aggregate",
    "aggregate_priorities",
    "ahp",
    "by_level",
    "combine",
    "consistency",
    "critic",
    "cv",
    "direct",
    "drivers",
    "effective",
    "entropy",
    "equal",
    "expert_panel",
    "implied",
    "methods",
    "pca",
    "priorities",
    "random_index",
    "rank_order",
    "resolve",
    "stated",
]
