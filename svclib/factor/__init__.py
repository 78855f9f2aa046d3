"""Moments of items, factor models, and how far every row moves whatever is made of them.

`sample` → `moments` → any function of the matrix with its error; `group` → `fit` → a factor
model, its `measures`, its `test`, and the `moves` of its parameters.
"""

from __future__ import annotations

from svclib.factor.fit import Fit, Group, basis_moves, fit, from_matrix, group, moves
from svclib.factor.indices import Test, difference, measures, test
from svclib.factor.model import GENERAL, Model, simple_structure
from svclib.factor.moments import KINDS, MISSING, Moments, moments
from svclib.factor.sample import Sample, respondents, sample, scores, shared, spread

__all__ = [
    "GENERAL",
    "KINDS",
    "MISSING",
    "Fit",
    "Group",
    "Model",
    "Moments",
    "Sample",
    "Test",
    "basis_moves",
    "difference",
    "fit",
    "from_matrix",
    "group",
    "measures",
    "moments",
    "moves",
    "respondents",
    "sample",
    "scores",
    "shared",
    "simple_structure",
    "spread",
    "test",
]
