"""Scores: natural values, indicator points, dimensions, totals, and joint draws of all of them."""

from __future__ import annotations

from svclib.scores.composite import (
    TOTAL,
    NodeDraws,
    adjusted,
    composite,
    contributions,
    draw_nodes,
    round_half,
    score_draws,
    totals,
)
from svclib.scores.indicators import indicator_scores, points_range
from svclib.scores.natural import blend_map, mapped, natural, natural_values

__all__ = [
    "TOTAL",
    "NodeDraws",
    "adjusted",
    "blend_map",
    "composite",
    "contributions",
    "draw_nodes",
    "indicator_scores",
    "mapped",
    "natural",
    "natural_values",
    "points_range",
    "round_half",
    "score_draws",
    "totals",
]
