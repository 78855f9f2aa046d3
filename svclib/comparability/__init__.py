"""May two cycles be compared; what of a change is the mix of those asked, and what is chance."""

from __future__ import annotations

from svclib.comparability.frameworks import (
    NOT_COMPARABLE,
    NOT_TESTABLE,
    NOTE,
    OK,
    framework_changes,
    unlike,
)
from svclib.comparability.raking import Raked, kish, misfit, rake, residuals
from svclib.comparability.records import COUNTS, SHARES, record_keeping
from svclib.comparability.regression import Rebound, Spread, rebound, spread
from svclib.comparability.standardise import rate_mix

__all__ = [
    "COUNTS",
    "NOTE",
    "NOT_COMPARABLE",
    "NOT_TESTABLE",
    "OK",
    "SHARES",
    "Raked",
    "Rebound",
    "Spread",
    "framework_changes",
    "kish",
    "misfit",
    "rake",
    "rate_mix",
    "rebound",
    "record_keeping",
    "residuals",
    "spread",
    "unlike",
]
