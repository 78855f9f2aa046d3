"""Do the items measure what the framework says: adequacy, factors, convergent and discriminant validity.

Pure functions of moments (`factor.moments`) give numbers and note ids; `by_subject` runs them over a
framework and attaches the judgements of the policy.
"""

from __future__ import annotations

from svclib.validity.adequacy import adequacy, bartlett, kmo
from svclib.validity.convergent import composite, convergent, extracted
from svclib.validity.criterion import criterion
from svclib.validity.discriminant import factor_correlations, htmt, ratios
from svclib.validity.explore import explore, parallel, retained
from svclib.validity.structure import Structure, confirm, fit_measures, loadings
from svclib.validity.tables import by_subject, outcome

__all__ = [
    "Structure",
    "adequacy",
    "bartlett",
    "by_subject",
    "composite",
    "confirm",
    "convergent",
    "criterion",
    "explore",
    "extracted",
    "factor_correlations",
    "fit_measures",
    "htmt",
    "kmo",
    "loadings",
    "outcome",
    "parallel",
    "ratios",
    "retained",
]
