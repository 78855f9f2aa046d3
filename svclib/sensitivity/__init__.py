"""How sure is a grade: draws of sample and weights, breakpoints, one indicator dropped, other choices."""

from __future__ import annotations

from svclib.sensitivity.alternatives import (
    drop_one,
    equal_weights,
    expert_weights,
    method_weights,
    robustness,
    scenarios,
    screened,
)
from svclib.sensitivity.breakpoints import breakpoints, edge, flip_weight, least_mass
from svclib.sensitivity.sampling import (
    grade_codes,
    grade_probability,
    rank_intervals,
    samples,
    score_intervals,
    unit_draws,
    with_points,
    without_error,
)
from svclib.sensitivity.stability import Run, stability
from svclib.sensitivity.standing import Standing, regraded, rescored, standing
from svclib.sensitivity.weighting import (
    concentration,
    consistent,
    expert_variance,
    weight_draws,
    weight_spread,
)

__all__ = [
    "Run",
    "Standing",
    "breakpoints",
    "concentration",
    "consistent",
    "drop_one",
    "edge",
    "equal_weights",
    "expert_variance",
    "expert_weights",
    "flip_weight",
    "grade_codes",
    "grade_probability",
    "least_mass",
    "method_weights",
    "rank_intervals",
    "regraded",
    "rescored",
    "robustness",
    "samples",
    "scenarios",
    "score_intervals",
    "screened",
    "stability",
    "standing",
    "unit_draws",
    "weight_draws",
    "weight_spread",
    "with_points",
    "without_error",
]
