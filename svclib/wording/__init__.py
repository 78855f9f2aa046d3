"""Result rows as sentences in two languages, from templates in words/<lang>.toml.

A sentence states no number that is not in its row, and the table "claims" keeps the row
with the text.  Nothing is computed here beyond choosing a template and counting rows.
"""

from svclib.wording.changes import changes
from svclib.wording.collection import authenticity, mix, returns, unusual
from svclib.wording.front import advice, cards, common, decisions, masthead, unit_cards
from svclib.wording.quality import consistency, credibility, reliability, screening, weights
from svclib.wording.results import alerts, grades, headline, targets
from svclib.wording.templates import sentence

__all__ = [
    "advice",
    "alerts",
    "authenticity",
    "cards",
    "changes",
    "common",
    "consistency",
    "credibility",
    "decisions",
    "grades",
    "headline",
    "masthead",
    "mix",
    "reliability",
    "returns",
    "screening",
    "sentence",
    "targets",
    "unit_cards",
    "unusual",
    "weights",
]
