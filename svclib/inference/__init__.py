"""Tests of a change: three p-values and the interval of the same method, families, verdicts."""

from svclib.inference.counts import mcnemar, newcombe_change, proportion_change, rate_change
from svclib.inference.effects import hedges_g, superiority, superiority_interval
from svclib.inference.exact import midp_permutation, midp_sign_flip
from svclib.inference.judge import ADJUSTMENTS, adjust, decide, required_n
from svclib.inference.linear import Sample, change_test, mean_change
from svclib.inference.ratios import Survival, inflation, logrank, ratio_change, scatter

__all__ = [
    "ADJUSTMENTS",
    "Sample",
    "Survival",
    "adjust",
    "change_test",
    "decide",
    "hedges_g",
    "inflation",
    "logrank",
    "mcnemar",
    "mean_change",
    "midp_permutation",
    "midp_sign_flip",
    "newcombe_change",
    "proportion_change",
    "rate_change",
    "ratio_change",
    "required_n",
    "scatter",
    "superiority",
    "superiority_interval",
]
