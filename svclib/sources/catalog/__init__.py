"""The sheets an office fills in besides units, responses, KPIs and judgements, each as a literal.

The reader, the template workbook and its data dictionary all follow these entries.
"""

from __future__ import annotations

from svclib.sources.catalog import decisions, experts, plans, records, references, training
from svclib.sources.catalog.fields import YES, Field, Kind, Sheet

__all__ = ["SHEETS", "YES", "Field", "Kind", "Sheet"]

SHEETS: dict[str, Sheet] = (
    plans.SHEETS | records.SHEETS | decisions.SHEETS | training.SHEETS | references.SHEETS | experts.SHEETS
)
