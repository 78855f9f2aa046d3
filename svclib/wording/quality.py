"""Sentences on the data and the reliability."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Writer, only_cycle, records


def screening(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "screening": one per row that flagged anything."""
    writer = Writer("screening", lang, label)
    for row in records(frame[frame["n_flagged"] > 0]):
        writer.say([("screening.unit" if row["unit"] else "screening.all", row)])
    return writer.claims()


def interviewers(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "interviewers": those whose answers differ from the others of the same place."""
    writer = Writer("interviewers", lang, label, decimals=1)
    found = frame[frame["unusual"]]
    if found.empty:
        writer.say([("interviewer.none", {})], key={"template": "interviewer.none"})
    for row in records(found):
        parts: list[Part] = [
            ("interviewer.shift", row),
            ("interviewer.marked", row),
            ("interviewer.look", {}),
        ]
        tested = pd.notna(row["ci_low"])
        writer.say(parts if tested else parts[1:], key={c: row[c] for c in ("cycle", "interviewer")})
    return writer.claims()


def screened(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "screening_headline" of one cycle: what leaving out rows does to totals, grades, alpha.

    The largest moves of a total and of an alpha by the rows left out, then every unit whose
    grade depends on which rows count.
    """
    writer = Writer("screening_headline", lang, label)
    for kind, level in (("score", "total"), ("alpha", "dimension")):
        rows = frame[(frame["stat"] == kind) & (frame["level"] == level)]
        moved = rows.assign(effect=rows["estimate_kept"] - rows["estimate_all"]).dropna(subset="effect")
        if len(moved):
            writer.say([(f"screened.{kind}", records(moved.loc[[moved["effect"].abs().idxmax()]])[0])])
    totals = frame[frame["level"] == "total"]
    ways = [f"grade_{way}" for way in ("all", "kept", "strict")]
    differ = totals[[len(set(row)) > 1 for row in totals[ways].to_numpy()]]
    none = tables.words(lang)["terms"]["ungraded"]
    for row in records(differ):
        writer.say([("screened.grade", row | {way: row[way] or none for way in ways})])
    if differ.empty:
        writer.say([("screened.same", {})], key={"template": "screened.same"})
    return writer.claims()


def reliability(frame: pd.DataFrame, lang: str, label: Label, *, policy: float) -> pd.DataFrame:
    """Claims on table "reliability": estimate, interval, items, n, and the policy line.

    Parameters
    ----------
    policy : the least alpha asked for (`params.reliability.min_alpha`).
    """
    writer = Writer("reliability", lang, label)
    for row in records(frame):
        met = {"cut": policy}
        name = "not_computed" if pd.isna(row["estimate"]) else "met" if row["estimate"] >= policy else "below"
        writer.say([(f"reliability.{name}", row | met)])
    return writer.claims()


def invariance(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "invariance": per scale the level that fails first, or scalar where all hold."""
    writer = Writer("invariance", lang, label)
    for _, rows in frame.groupby(["subject", "dimension", "by"], sort=False):
        asked = rows[rows["level"].isin(["configural", "metric", "scalar"])]
        broken = asked[asked["judgement"] == "fail"]
        unsure = asked[asked["judgement"] == "not_testable"]
        chosen = next(part for part in (broken, unsure, asked[asked["level"] == "scalar"]) if len(part))
        row = records(chosen)[0]
        parts: list[Part] = [(f"invariance.{row['judgement']}_{row['by']}", row)]
        if row["judgement"] == "fail" and row["released"] and not pd.isna(row["shift"]):
            parts.append(("invariance.released", row))
        if row["judgement"] == "not_testable":
            unfit = "invariance.misfit" if row["level"] == "configural" else "invariance.unclear"
            parts.append(("invariance.why" if row["note"] else unfit, row))
        writer.say(parts)
    return writer.claims()


def measurement(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "measurement": may a scale be trusted, and compared with the baseline."""
    writer = Writer("measurement", lang, label)
    for row in records(frame):
        parts: list[Part] = [(f"measurement.{row['judgement']}", row)]
        if row["judgement"] == "not_computed":
            parts.append(("measurement.why", row))
        if row["invariance"]:
            parts.append((f"measurement.compare_{row['invariance']}", row))
        writer.say(parts)
    return writer.claims()


def agreement(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "agreement": who rated what, the coefficient and its interval, or why none."""
    writer = Writer("agreement", lang, label)
    for row in records(frame):
        if pd.isna(row["estimate"]):
            name = "not_computed"
        else:
            name = "no_interval" if pd.isna(row["ci_low"]) else "measured"
        writer.say([(f"agreement.{row['object']}", row), (f"agreement.{name}", row)])
    return writer.claims()


def credibility(
    profile: pd.DataFrame, reliability: pd.DataFrame, grades: pd.DataFrame, lang: str, label: Label
) -> pd.DataFrame:
    """One claim: answers returned, excluded and valid or that there are none, lowest alpha, units ungraded.

    Parameters
    ----------
    profile : table "response_profile" of one cycle, whose counts are added up.
    reliability : table "reliability" of the cycle.
    grades : table "grades" of the cycle.
    """
    facts: dict[str, Any] = {c: int(profile[c].sum()) for c in ("n_rows", "n_excluded", "n")}
    facts["cycle"] = only_cycle(profile)
    parts: list[Part] = [("credibility.returned" if facts["n_rows"] else "credibility.records", facts)]
    known = reliability.dropna(subset="estimate")
    if len(known):
        parts.append(("credibility.reliability", records(known.nsmallest(1, "estimate"))[0]))
    ungraded = {"n_ungraded": int((grades["status"] != "graded").sum())}
    parts.append(("credibility.ungraded" if ungraded["n_ungraded"] else "credibility.all_graded", ungraded))
    writer = Writer("response_profile", lang, label)
    writer.say(parts, key={"cycle": facts["cycle"]})
    return writer.claims()
