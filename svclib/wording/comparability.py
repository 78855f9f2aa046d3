"""Sentences on what stands in the way of comparing two cycles."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Row, Writer, records

COMPARABLE = "comparable"
# Checks with words of their own; every other one says what it was and what it is.
OWN = ("invariance", "framework", "added", "removed", "items", "scale", "reverse", "wording", "definition",
       "channels", "evaluators", "mix", "mix_unmatched", "volume", "backlog")  # fmt: skip
SHARES = ("open", "unknown_cause", "excluded")


def comparability(frame: pd.DataFrame, lang: str, label: Label, *, period: str = "cycle") -> pd.DataFrame:
    """Claims on table "comparability": a sentence for all that is not plainly comparable, or that all is.

    Parameters
    ----------
    period : what is compared, "cycle" or "year".
    """
    writer = Writer("comparability", lang, label)
    words = tables.words(lang)["period"][period]
    for row in records(frame[frame["judgement"] != COMPARABLE]):
        writer.say([(f"comparable.{_template(row)}", row | words)])
    if not writer.rows:
        writer.say([("comparable.all", words)], key={"check": ""})
    return writer.claims()


def _template(row: Row) -> str:
    check, judged = row["check"], row["judgement"]
    if check in SHARES:
        return "share"
    if check not in OWN:
        return "otherwise" if judged == "not_comparable" else "rescored"
    several = f"{check}_{judged}"
    return several if check in ("invariance", "added", "items", "reverse", "scale") else check
