"""Sentences on simulated cycles and on the sample plan."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import ALL_UNITS, Part, Writer, listed, records

CLAIMS = ("improved", "declined")
# The true changes whose power is told.
TOLD = (1.0, 2.0, 3.0)


def summary(found: Mapping[str, pd.DataFrame], lang: str) -> pd.DataFrame:
    """Claims on what a simulation found: right grades, false claims of change, power of the total."""

    def label(name: str, _: str) -> str:
        return name

    return pd.concat(
        [
            consistency(found["grade_consistency"], lang, label),
            false_claims(found["false_claims"], lang, label),
            power(found["verdict_rates"], lang, label),
        ],
        ignore_index=True,
    )


def consistency(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "grade_consistency": all units together, a sentence per case."""
    writer = Writer("grade_consistency", lang, label)
    for row in records(frame[(frame["unit"] == ALL_UNITS) & frame["right"].notna()]):
        parts: list[Part] = [("simulated.right", row)]
        if row["same"] == row["same"]:
            parts.append(("simulated.same", row))
        writer.say(parts)
    return writer.claims()


def false_claims(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "false_claims"."""
    writer = Writer("false_claims", lang, label)
    for row in records(frame):
        writer.say([("simulated.claims", row)])
    return writer.claims()


def power(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "verdict_rates": how often a real improvement of the total is seen."""
    writer = Writer("verdict_rates", lang, label)
    seen = frame[(frame["level"] == "total") & (frame["verdict"] == "improved")]
    for row in records(seen[seen["true_change"].isin(TOLD)]):
        writer.say([("simulated.power", row)])
    return writer.claims()


def plan(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "sample_plan": who is graded for sure, who needs more answers, what change is seen."""
    writer = Writer("sample_plan", lang, label)
    grade, change = (frame[frame["purpose"] == purpose] for purpose in ("grade", "change"))
    if len(grade):
        _grades(writer, grade)
    if len(change):
        middle = {"resolved": change["resolved"].median(), "margin": change["margin"].iloc[0]}
        told = middle | {"wanted": change["wanted"].iloc[0]}
        parts: list[Part] = [("plan.change", told)]
        never = int((change["note"] == "records_limit").sum())
        if never:
            parts.append(("plan.change_never", told | {"n_units": never}))
        writer.say(parts, key={"purpose": "change"})
    return writer.claims()


def _grades(writer: Writer, grade: pd.DataFrame) -> None:
    def named(rows: pd.DataFrame) -> str:
        return listed((writer.label(u, writer.lang) for u in rows["unit"]), writer.lang)

    sure = grade["attained"] >= grade["wanted"]
    never = grade[grade["note"] == "records_limit"]
    more = grade[~sure & (grade["note"] == "")]
    lead = {"n_units": len(grade), "n_sure": int(sure.sum()), "wanted": grade["wanted"].iloc[0]}
    parts: list[Part] = [("plan.grade", lead)]
    if len(more):
        needs = listed((tables.fmt(n, 0) for n in more["required_n"]), writer.lang)
        parts.append(("plan.grade_more", {"units": named(more), "needs": needs}))
    if len(never):
        parts.append(("plan.grade_never", {"units": named(never)}))
    writer.say(parts, key={"purpose": "grade"})


def cuts(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "cut_risk": the cuts with a unit near them."""
    writer = Writer("cut_risk", lang, label)
    for row in records(frame[frame["n_near"] > 0]):
        writer.say([("plan.cut", row)])
    return writer.claims()
