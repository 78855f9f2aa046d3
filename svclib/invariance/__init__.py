"""Do the items of a dimension mean the same in two groups? The gate before their scores are compared."""

from __future__ import annotations

from svclib.invariance.ladder import EQUAL, FAIL, NOT_TESTABLE, PASS, ladder
from svclib.invariance.tables import by_framework, gate, verdicts

__all__ = ["EQUAL", "FAIL", "NOT_TESTABLE", "PASS", "by_framework", "gate", "ladder", "verdicts"]
