"""Tests of a change: three p-values and the interval of the same method, families, verdicts."""

from svclib.inference.counts import mcnemar, newcombe_change, proportion_change, rate_change
from svclib.inference.exact import midp_permutation, midp_sign_flip, superiority
from svclib.inference.judge import ADJUSTMENTS, adjust, decide, required_n
from svclib.inference.linear import Sample, change_test, mean_change

__all__ = [
    "ADJUSTMENTS",
    "Sample",
    "adjust",
    "change_test",
    "decide",
    "mcnemar",
    "mean_change",
    "midp_permutation",
    "midp_sign_flip",
    "newcombe_change",
    "proportion_change",
    "rate_change",
    "required_n",
    "superiority",
]
