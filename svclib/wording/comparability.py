"""Sentences on what stands in the way of comparing two cycles."""

from __future__ import annotations

import pandas as pd

from svclib import columns, tables
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
    noted = frame[frame["judgement"] != COMPARABLE]
    # Indicators that count the same records share their sentence.
    for _, same in noted.groupby([c for c in noted if c not in ("node", "p")], sort=False, dropna=False):
        row = records(same)[0]
        every = tables.words(lang)["terms"]["list_separator"].join(label(node, lang) for node in same["node"])
        support = {column: row[column] for column in columns.TABLES["comparability"].key}
        writer.say([(f"comparable.{_template(row)}", row | words | {"node": every})], key=support)
    if not writer.rows:
        separator = tables.words(lang)["terms"]["list_separator"]
        checks = separator.join(tables.code("check", c, lang) for c in dict.fromkeys(frame["check"]))
        writer.say(
            [("comparable.all" if checks else "comparable.nothing", words | {"checks": checks})], key={}
        )
    return writer.claims()


def _template(row: Row) -> str:
    check, judged = row["check"], row["judgement"]
    if check in SHARES:
        return "share"
    if check not in OWN:
        return "otherwise" if judged == "not_comparable" else "rescored"
    several = f"{check}_{judged}"
    return several if check in ("invariance", "added", "items", "reverse", "scale") else check
