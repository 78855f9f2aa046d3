"""Sentences on the review of an indicator system."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Writer, records

# Criteria whose value is a share of what was checked.
SHARES = (
    *("constant", "best_share", "ceiling", "floor", "unanswered_item", "unanswered_block", "empty_cells"),
    *("has_target", "has_warn", "has_frequency", "has_owner", "has_definition", "has_advice"),
    *("has_collector", "met_by_all", "revised", "unmoved", "continuous"),
    *("largest_weight", "largest_effective"),
)


FINE = ("adequate", "told")


def principles(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "principles": per principle how many checks fail, then what each of those found.

    What is adequate is counted and not told; what no rule judges is told without a verdict.

    Parameters
    ----------
    frame : rows of one cycle, in the order wanted.
    """
    writer = Writer("principles", lang, label)
    for _, rows in frame.groupby("principle", sort=False):
        told = records(rows)
        failed = sum(row["judgement"] not in (*FINE, "not_computed") for row in told)
        lead = told[0] | {"n_checked": len(told), "n_found": failed}
        writer.say([("principles.lead", lead)], key={c: lead[c] for c in ("cycle", "principle")})
        for row in told:
            if row["judgement"] != "adequate":
                writer.say(_parts(row))
    return writer.claims()


def _parts(row: dict) -> list[Part]:
    share = row["criterion"] in SHARES
    told = row | {
        "value": tables.percent(row["value"]) if share else _number(row["value"]),
        "cut": tables.short_percent(row["cut"]) if share else tables.short(row["cut"]),
    }
    if row["judgement"] == "not_computed":
        return [("principles.not_computed", told)]
    parts: list[Part] = [(f"principles.{row['criterion']}", told)]
    if row["judgement"] == "chance":
        parts.append(("principles.chance", told))
    # The sentence on cost says itself what the evidence says.
    if row["evidence"] and row["criterion"] != "data_cost":
        parts.append(("principles.evidence", told))
    return parts


def proposals(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "proposals": one per suggestion, with its number and its rule."""
    writer = Writer("proposals", lang, label)
    for row in records(frame):
        where = "item" if row["item"] else "indicator" if row["indicator"] else "dimension"
        told = row | {"value": _number(row["value"]), "cut": tables.short(row["cut"])}
        writer.say([(f"proposals.{where}{'_pair' if row['partner'] else ''}", told)])
    return writer.claims()


def _number(value: float) -> str:
    """Counts as they are, other numbers with two decimals."""
    return tables.fmt(value, 0 if value == round(value) else 2)
