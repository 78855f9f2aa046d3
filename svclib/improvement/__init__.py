"""Two-period change: estimate, interval, three p-values per comparison, verdict.

Every row is oriented once (`gain`, by `better`).  p and interval of a row come from one
method, named in the row.  Kind and design choose the method, never a look at the data.
"""

from svclib.improvement.answers import Answers, answers_of, told
from svclib.improvement.composites import composite_changes
from svclib.improvement.controls import Trial, controlled_changes, unit_changes
from svclib.improvement.indicators import rating_changes, rating_estimates, tested
from svclib.improvement.records import Evidence, record_changes
from svclib.improvement.rows import Comparison
from svclib.improvement.verdicts import judge

__all__ = [
    "Answers",
    "Comparison",
    "Evidence",
    "Trial",
    "answers_of",
    "composite_changes",
    "controlled_changes",
    "judge",
    "rating_changes",
    "rating_estimates",
    "record_changes",
    "tested",
    "told",
    "unit_changes",
]
