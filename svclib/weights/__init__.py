"""Weights: how much each dimension and indicator counts, by which method, how consistently."""

from __future__ import annotations

from svclib.weights.ahp import aggregate, ahp_eigen, implied, random_index
from svclib.weights.panel import ahp
from svclib.weights.resolve import METHODS, effective, expert_panel, resolve
from svclib.weights.shares import direct, entropy, equal, stated

__all__ = [
    "METHODS",
    "aggregate",
    "ahp",
    "ahp_eigen",
    "direct",
    "effective",
    "entropy",
    "equal",
    "expert_panel",
    "implied",
    "random_index",
    "resolve",
    "stated",
]
