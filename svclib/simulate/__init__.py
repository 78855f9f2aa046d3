"""Cycles with a known truth, and what they say of a system before it is adopted."""

from svclib.simulate.advice import Rules, cut_risk, power_curves, sample_plan
from svclib.simulate.cases import CASES, SIZES, Case, cases, moves, resized
from svclib.simulate.declared import declared
from svclib.simulate.population import Population, Scale, Structure, calibrate
from svclib.simulate.summary import tables
from svclib.simulate.truth import cuts

__all__ = [
    "CASES",
    "SIZES",
    "Case",
    "Population",
    "Rules",
    "Scale",
    "Structure",
    "calibrate",
    "cases",
    "cut_risk",
    "cuts",
    "declared",
    "moves",
    "power_curves",
    "resized",
    "sample_plan",
    "tables",
]
