"""Result rows as sentences in two languages, from templates in words/<lang>.toml.

A sentence states no number that is not in its row, and the table "claims" keeps the row
with the text.  Nothing is computed here beyond choosing a template and counting rows.
"""

from svclib.wording import simulate, validity
from svclib.wording.aims import target_proposals
from svclib.wording.changes import changes, decomposition
from svclib.wording.collection import authenticity, mix, returns, small_groups, unusual
from svclib.wording.comparability import comparability
from svclib.wording.composites import composites, cut_proposals, gaps, ipa
from svclib.wording.design import principles, proposals
from svclib.wording.followup import (
    adjustments,
    appeals,
    complaints,
    concerns,
    consequences,
    findings,
    lessons,
    levers,
    like_for_like,
    measures,
    problems,
    referrals,
    revision,
    step_targets,
    steps,
)
from svclib.wording.front import advice, cards, decisions, masthead, unit_cards, unit_line, with_counts
from svclib.wording.frozen import freeze
from svclib.wording.monitoring import alerts, control_charts, funnel, period_changes, trends
from svclib.wording.panel import delphi
from svclib.wording.quality import (
    agreement,
    credibility,
    interviewers,
    invariance,
    measurement,
    reliability,
    screened,
    screening,
)
from svclib.wording.results import grades, headline, targets
from svclib.wording.sensitivity import choices, flips, robustness
from svclib.wording.templates import sentence
from svclib.wording.trials import controlled, spending, training
from svclib.wording.weighting import consistency, drivers, experts, methods, weights
from svclib.wording.year import year_changes, year_measures, year_notes

__all__ = [
    "adjustments",
    "advice",
    "agreement",
    "alerts",
    "appeals",
    "authenticity",
    "cards",
    "changes",
    "choices",
    "comparability",
    "complaints",
    "composites",
    "concerns",
    "consequences",
    "consistency",
    "control_charts",
    "controlled",
    "credibility",
    "cut_proposals",
    "decisions",
    "decomposition",
    "delphi",
    "drivers",
    "experts",
    "findings",
    "flips",
    "freeze",
    "funnel",
    "gaps",
    "grades",
    "headline",
    "interviewers",
    "invariance",
    "ipa",
    "lessons",
    "levers",
    "like_for_like",
    "masthead",
    "measurement",
    "measures",
    "methods",
    "mix",
    "period_changes",
    "principles",
    "problems",
    "proposals",
    "referrals",
    "reliability",
    "returns",
    "revision",
    "robustness",
    "screened",
    "screening",
    "sentence",
    "simulate",
    "small_groups",
    "spending",
    "step_targets",
    "steps",
    "target_proposals",
    "targets",
    "training",
    "trends",
    "unit_cards",
    "unit_line",
    "unusual",
    "validity",
    "weights",
    "with_counts",
    "year_changes",
    "year_measures",
    "year_notes",
]
