"""Sentences on whether the items measure the dimensions of the framework."""

from __future__ import annotations

import pandas as pd

from svclib.tables import Label
from svclib.wording.templates import Writer, records

SUITABLE = ("middling", "meritorious", "marvelous")
INDEXES = ("cfi", "rmsea", "srmr")
PLACE = ["cycle", "subject"]


def adequacy(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "adequacy": whether an evaluator's items have enough in common."""
    writer = Writer("adequacy", lang, label)
    for row in records(frame[(frame["stat"] == "kmo") & (frame["item"] == "") & frame["estimate"].notna()]):
        writer.say([("validity.suitable" if row["judgement"] in SUITABLE else "validity.unsuitable", row)])
    return writer.claims()


def fit(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "fit": whether the answers agree with the dimensions of the framework.

    CFI, RMSEA (robust where there is one) and SRMR; one that is poor makes the fit poor.
    """
    writer = Writer("fit", lang, label, decimals=3)
    for (cycle, subject), rows in frame[frame["model"] == "framework"].groupby(PLACE, sort=False):
        found = rows.set_index("stat")
        used = [_robust(found["estimate"], name) for name in INDEXES]
        labels = set(found.loc[used, "judgement"])
        verdict = "unknown" if "not_computed" in labels else "poor" if "poor" in labels else "acceptable"
        key = {"cycle": cycle, "subject": subject, "model": "framework", "stat": used[0]}
        told = key | {"n": found["n"].iloc[0]} | dict(zip(INDEXES, found.loc[used, "estimate"], strict=True))
        writer.say([(f"validity.fit_{'good' if labels == {'good'} else verdict}", told)], key=key)
    return writer.claims()


def _robust(values: pd.Series, name: str) -> str:
    other = f"{name}_robust"
    return other if other in values and pd.notna(values[other]) else name


def loadings(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "loadings": the items that are weakly tied to their dimension."""
    writer = Writer("loadings", lang, label)
    for row in records(frame[(frame["judgement"] == "weak") & frame["ci_low"].notna()]):
        writer.say([("validity.weak_item", row)])
    return writer.claims()


def validity(frame: pd.DataFrame, lang: str, label: Label, *, cut: float) -> pd.DataFrame:
    """Claims on table "validity": what each dimension explains of its items, and the criterion.

    Parameters
    ----------
    cut : the least average variance extracted (rule "ave" of the policy).
    """
    writer = Writer("validity", lang, label)
    known = frame[(frame["variant"] == "raw") & frame["ci_low"].notna()]
    for row in records(known[known["stat"] == "ave"]):
        name = "converge" if row["judgement"] == "adequate" else "not_converge"
        writer.say([(f"validity.{name}", row | {"cut": cut})])
    for row in records(known[known["stat"] == "criterion"]):
        writer.say([("validity.criterion", row)])
    return writer.claims()


def discriminant(frame: pd.DataFrame, lang: str, label: Label, *, cuts: tuple[float, float]) -> pd.DataFrame:
    """Claims on table "discriminant": the pairs an evaluator does not tell apart, by HTMT.

    Parameters
    ----------
    cuts : from where two dimensions are close, and not distinct (rule "htmt" of the policy).
    """
    writer = Writer("discriminant", lang, label)
    for _, rows in frame[(frame["stat"] == "htmt") & frame["ci_high"].notna()].groupby(PLACE, sort=False):
        found = records(rows[rows["judgement"] != "distinct"])
        for row in found:
            cut = cuts[1] if row["judgement"] == "not_distinct" else cuts[0]
            writer.say([(f"validity.{row['judgement']}", row | {"cut": cut})])
        if not found:
            writer.say([("validity.all_distinct", records(rows)[0])])
    return writer.claims()
