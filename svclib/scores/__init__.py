"""Scores: natural values, indicator points, dimensions, totals, and joint draws of all of them."""

from __future__ import annotations

from svclib.scores.aggregate import WeightDraws, composite, membership, shares, total_of, written
from svclib.scores.gaps import subject_gaps
from svclib.scores.indicators import indicator_scores, points_range
from svclib.scores.natural import blend_map, mapped, natural, natural_values
from svclib.scores.nodes import (
    TOTAL,
    NodeDraws,
    adjusted,
    contributions,
    round_half,
    score_draws,
    totals,
)

__all__ = [
    "TOTAL",
    "NodeDraws",
    "WeightDraws",
    "adjusted",
    "blend_map",
    "composite",
    "contributions",
    "indicator_scores",
    "mapped",
    "membership",
    "natural",
    "natural_values",
    "points_range",
    "round_half",
    "score_draws",
    "shares",
    "subject_gaps",
    "total_of",
    "totals",
    "written",
]
