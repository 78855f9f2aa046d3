"""Sentences on other ways to put the indicators together, on gaps, and on cuts to consider."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import ALL_UNITS, Part, Writer, listed, records, sentence


def composites(frame: pd.DataFrame, lang: str, label: Label, *, close: float) -> pd.DataFrame:
    """Claims on table "composites" of one cycle: ranks against the published ones, doubts, who is left out.

    Parameters
    ----------
    close : lead of the largest membership below which it is called close (rule "membership_lead").
    """
    writer = Writer("composites", lang, label)
    compared = frame[frame["rank"].notna()]
    published = compared[compared["method"] == "total"].set_index("unit")["rank"]
    compared = compared.assign(last=compared["unit"].map(published))
    for _, rows in compared[compared["method"] != "total"].groupby("method", sort=False):
        moved = (rows["rank"] - rows["last"]).abs()
        furthest = records(rows.loc[[moved.idxmax()]])[0]
        told = furthest | {"n_units": len(rows), "n": int((moved > 0).sum())}
        name = "composites.moved" if moved.max() > 0 else "composites.same"
        writer.say([(name, told)], key=_only(told, "cycle", "method"), decimals=0)
    for mark, name in (("operators_disagree", "disagree"), ("close", "close"), ("not_compared", "left_out")):
        rows = frame[[mark in note.split(";") for note in frame["note"]]]
        if len(rows):
            first = records(rows)[0]
            told = {"listed": listed((label(u, lang) for u in rows["unit"]), lang), "cut": close}
            writer.say([(f"composites.{name}", told)], key=_only(first, "cycle", "method"))
    return writer.claims()


def _only(row: dict, *columns: str) -> dict:
    return {column: row[column] for column in columns}


def ipa(frame: pd.DataFrame, lang: str, label: Label, *, unit: str = ALL_UNITS) -> pd.DataFrame:
    """Claims on table "ipa", one per method: what matters and performs below the mean, by importance."""
    writer = Writer("ipa", lang, label)
    for _, mine in frame[frame["unit"] == unit].groupby("method", sort=False):
        rows = mine[mine["quadrant"] == "concentrate"].sort_values(
            "importance", ascending=False, kind="stable"
        )
        told = records(mine)[0] | {"listed": listed((label(i, lang) for i in rows["indicator"]), lang)}
        part: Part = ("ipa.concentrate" if len(rows) else "ipa.none", told)
        writer.say([part], key=_only(told, "cycle", "unit", "method"))
    return writer.claims()


def gaps(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "gaps": over or under what was expected, where the interval tells."""
    writer = Writer("gaps", lang, label)
    whole = frame[frame["subject"] == ""]
    for row in records(whole[whole["service_gap"].notna()]):
        side = "under" if row["ci_high"] < 0 else "over" if row["ci_low"] > 0 else "level"
        writer.say([(f"gaps.{side}", row | {"points": tables.fmt(abs(row["service_gap"]), 2)})])
    silent = whole[whole["service_gap"].isna()]
    if len(silent):
        names = dict.fromkeys(silent["indicator"])
        told = {"listed": listed((label(i, lang) for i in names), lang)}
        writer.say([("gaps.not_asked", told)], key=_only(records(silent)[0], "cycle"))
    return writer.claims()


def cut_proposals(frame: pd.DataFrame, lang: str, label: Label, *, decimals: int = 2) -> pd.DataFrame:
    """Claims on table "cut_proposals": the cuts of each method, whom they regrade, how far they move.

    Parameters
    ----------
    frame : rows of one cycle; the cuts in force say which grade is better.
    """
    writer = Writer("cut_proposals", lang, label, decimals)
    ordered = frame.sort_values("cut_now", ascending=False, kind="stable")
    for _, rows in ordered.groupby(["group", "method"], sort=False):
        told = records(rows)
        key = _only(told[0], "cycle", "group", "method")
        faults = [row for row in told if row["note"]]
        if faults:
            writer.say([("cut_proposals.unusable", faults[0])], key=key)
            continue
        cuts = [sentence("cut_proposals.cut", row, lang, label, decimals) for row in told[:-1]]
        facts = told[0] | {"listed": listed(cuts, lang), "cut_sd": rows["cut_sd"].max()}
        writer.say([("cut_proposals.proposed", facts)], key=key, decimals={"cut_sd": 1})
    return writer.claims()
