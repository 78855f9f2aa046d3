"""Other ways to put indicators together, beside the published total: a second look, never the grade.

Rank-sum ratio, TOPSIS and importance-performance compare the units of one sample with each
other, so their values move when another unit comes or goes: they are marked `relative` and
never feed a test of change.  Fuzzy evaluation and gaps to expectation stand on their own.
"""

from svclib.composites.fuzzy import OPERATORS, answer_memberships, compose, fuzzy, memberships, verdicts
from svclib.composites.gap import gaps, paired
from svclib.composites.ipa import importance_performance
from svclib.composites.rsr import bins, distribution, fitted, probit_cuts, ranks, rsr
from svclib.composites.topsis import topsis

__all__ = [
    "OPERATORS",
    "answer_memberships",
    "bins",
    "compose",
    "distribution",
    "fitted",
    "fuzzy",
    "gaps",
    "importance_performance",
    "memberships",
    "paired",
    "probit_cuts",
    "ranks",
    "rsr",
    "topsis",
    "verdicts",
]
