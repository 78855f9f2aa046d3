"""How sure is a grade: draws of the sample and of the weights, breakpoints, what one indicator does."""

from __future__ import annotations

from svclib.sensitivity.sampling import (
    grade_codes,
    grade_probability,
    rank_intervals,
    score_intervals,
    unit_draws,
    with_points,
)

__all__ = [
    "grade_codes",
    "grade_probability",
    "rank_intervals",
    "score_intervals",
    "unit_draws",
    "with_points",
]
