"""Result frames as figures.  Nothing is computed here and nothing is shown: each function
returns a `Chart`, a matplotlib Figure that carries its own alternative text (`.alt`).

Colours are safe for colour-blind readers and never the only carrier: grades, verdicts and
vetoes are also printed or marked.
"""

from svclib.plots.change import change_forest, targets_dots
from svclib.plots.collection import authenticity, channel_mix, distribution, return_rates
from svclib.plots.composites import fuzzy_operators, quadrants, ranks_by_method, rsr_line
from svclib.plots.design import item_map, redundancy_matrix
from svclib.plots.history import change_slope, history_multiples, slope
from svclib.plots.invariance import invariance_ladder
from svclib.plots.monitoring import control_charts, funnel
from svclib.plots.panel import convergence, expert_cloud
from svclib.plots.problems import pareto
from svclib.plots.quality import missing_items, reliability_forest, response_profile
from svclib.plots.references import reference_dots
from svclib.plots.scores import contribution_bars, grade_ladder, probability_bars, score_heatmap
from svclib.plots.screening import flag_matrix
from svclib.plots.sensitivity import grade_odds, ranks, tornado
from svclib.plots.simulate import misgrading, power
from svclib.plots.style import Chart, use_style
from svclib.plots.subjects import subject_dumbbells
from svclib.plots.targets import target_tracker
from svclib.plots.trials import pilot_dots
from svclib.plots.validity import distinctness, loadings, scree
from svclib.plots.waterfall import change_waterfall, grade_waterfall
from svclib.plots.weighting import consistency, drivers, weight_methods, weights
from svclib.plots.year import course

__all__ = [
    "Chart",
    "authenticity",
    "change_forest",
    "change_slope",
    "change_waterfall",
    "channel_mix",
    "consistency",
    "contribution_bars",
    "control_charts",
    "convergence",
    "course",
    "distinctness",
    "distribution",
    "drivers",
    "expert_cloud",
    "flag_matrix",
    "funnel",
    "fuzzy_operators",
    "grade_ladder",
    "grade_odds",
    "grade_waterfall",
    "history_multiples",
    "invariance_ladder",
    "item_map",
    "loadings",
    "misgrading",
    "missing_items",
    "pareto",
    "pilot_dots",
    "power",
    "probability_bars",
    "quadrants",
    "ranks",
    "ranks_by_method",
    "redundancy_matrix",
    "reference_dots",
    "reliability_forest",
    "response_profile",
    "return_rates",
    "rsr_line",
    "score_heatmap",
    "scree",
    "slope",
    "subject_dumbbells",
    "target_tracker",
    "targets_dots",
    "tornado",
    "use_style",
    "weight_methods",
    "weights",
]
