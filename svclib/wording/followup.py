"""Sentences on problems, complaints, comments, measures, appeals and what follows from grades."""

from __future__ import annotations

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import ALL_UNITS, Part, Writer, listed, records
from svclib.wording.trials import change_text

TOP = 3
DONE = ("done", "closed")


def problems(frame: pd.DataFrame, lang: str, label: Label, *, top: int = TOP) -> pd.DataFrame:
    """Claims on table "problems": the common ones first, then the prominent ones, `top` of each."""
    writer = Writer("problems", lang, label)
    for kind in ("common", "prominent"):
        rows = frame[(frame["problem"] == kind) & (frame["priority"] <= top)].sort_values("priority")
        if rows.empty:
            writer.say([(f"problem.no_{kind}", {})], key={"problem": kind})
        for row in records(rows):
            form = "judged" if kind == "prominent" and not pd.isna(row["target"]) else kind
            parts: list[Part] = [(f"problem.{form}", row)]
            writer.say(parts + ([("problem.advice", row)] if row["advice"] else []))
    return writer.claims()


def complaints(frame: pd.DataFrame, causes: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "complaints" of all units, its main cause, and units with overdue events."""
    writer = Writer("complaints", lang, label)
    for row in records(frame[frame["unit"] == ALL_UNITS]):
        parts: list[Part] = [("complaint.total", row)]
        if row["n_repeats"]:
            parts.append(("complaint.repeats", row))
        parts += [("complaint.cause", c) for c in records(_main_causes(causes, row["category"]))]
        writer.say(parts)
    late = frame[(frame["unit"] != ALL_UNITS) & (frame["n_late"] + frame["n_overdue"] > 0)]
    order = (late["n_late"] + late["n_overdue"]).sort_values(ascending=False, kind="stable").index
    for row in records(late.loc[order].head(TOP)):
        writer.say([("complaint.late", row)])
    if frame.empty:
        writer.say([("complaint.none", {})], key={"template": "complaint.none"})
    return writer.claims()


def _main_causes(causes: pd.DataFrame, category: str) -> pd.DataFrame:
    mine = causes[(causes["unit"] == ALL_UNITS) & (causes["category"] == category)]
    return mine.nlargest(1, "n")


def steps(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "steps": the slowest step of every process, of all units together."""
    writer = Writer("steps", lang, label)
    for row in records(frame[(frame["unit"] == ALL_UNITS) & frame["slowest"]]):
        writer.say([("step.slowest", row)])
    return writer.claims()


def step_targets(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "step_targets": met or missed, missed ones first."""
    writer = Writer("step_targets", lang, label)
    order = {"missed": 0, "not_reported": 1, "met": 2}
    for row in records(frame.sort_values("status", key=lambda s: s.map(order), kind="stable")):
        known = row["status"] in ("met", "missed")
        writer.say([(f"step.{row['kind']}_{row['status']}" if known else "step.not_reported", row)])
    return writer.claims()


def concerns(frame: pd.DataFrame, lang: str, label: Label, *, unit: str = ALL_UNITS) -> pd.DataFrame:
    """One claim on table "concerns": what the comments on `unit` are about, most frequent first."""
    writer = Writer("concerns", lang, label)
    mine = frame[(frame["unit"] == unit) & (frame["category"] != "")]
    counted = mine[mine["n"] > 0]
    if counted.empty and len(mine):  # too few to be counted: names alone, in no order
        names = listed((label(name, lang) for name in sorted(mine["category"])), lang)
        writer.say([("concern.hidden", {"unit": unit, "listed": names})], key={"unit": unit})
        return writer.claims()
    mine = counted.sort_values(["n", "category"], ascending=[False, True], kind="stable").head(TOP)
    if mine.empty:
        writer.say([("concern.none", {})], key={"unit": unit})
        return writer.claims()
    form = tables.words(lang)["terms"]["count"]
    told = listed((form.format(name=label(r["category"], lang), count=r["n"]) for r in records(mine)), lang)
    writer.say([("concern.top", {"unit": unit, "listed": told})], key={"unit": unit})
    return writer.claims()


def measures(frame: pd.DataFrame, lang: str, label: Label, *, brief: bool = False) -> pd.DataFrame:
    """Claims on table "actions": what each measure came to and rests on, overdue ones first.

    Parameters
    ----------
    brief : leave out the change and the next milestone, for a page that has no room for them.
    """
    writer = Writer("actions", lang, label)
    order = frame.sort_values(["overdue", "unit", "indicator"], ascending=[False, True, True], kind="stable")
    for row in records(order):
        filled = row | {"change_text": change_text(row, lang, label)}
        names = [row["outcome"], *(["change"] if not (brief or pd.isna(row["ci_low"])) else [])]
        names += [f"against_{row['controlled']}"] if row["controlled"] not in ("", "not_judged") else []
        names += [row["timing"]] if row["timing"] not in ("", "in_period") else []
        still = ("overdue",) if brief else ("overdue", "milestone")
        names += [name for name in still if row[name] and row["status"] not in DONE]
        writer.say([(f"measure.{name}", filled) for name in names])
    if frame.empty:
        writer.say([("measure.none", {})], key={"template": "measure.none"})
    return writer.claims()


def lessons(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on measures worth spreading (`actions.worth_spreading`)."""
    writer = Writer("actions", lang, label)
    for row in records(frame):
        writer.say([("measure.lesson" if row["lesson"] else "measure.spread", row)])
    if frame.empty:
        writer.say([("measure.no_lesson", {})], key={"template": "measure.no_lesson"})
    return writer.claims()


def appeals(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "appeals": every objection and what became of it."""
    writer = Writer("appeals", lang, label)
    for row in records(frame):
        parts: list[Part] = [(f"appeal.{row['decision']}", row)]
        writer.say([*parts, ("appeal.overdue", row)] if row["overdue"] else parts)
    if frame.empty:
        writer.say([("appeal.none", {})], key={"template": "appeal.none"})
    return writer.claims()


def findings(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "findings": what interviews brought up, in the words of the record."""
    writer = Writer("findings", lang, label)
    for row in records(frame):
        writer.say([("finding.said" if row["role"] else "finding.bare", row)])
    return writer.claims()


def consequences(frame: pd.DataFrame, lang: str, label: Label, *, worst: str) -> pd.DataFrame:
    """Claims on table "consequences": what is proposed for a unit, and under which clause.

    Nothing is said of grades below `worst`, the last of the scale.
    """
    writer = Writer("consequences", lang, label)
    for row in records(frame):
        kind = row["rule"].partition(":")[0]
        kind += "_worst" if kind != "grade" and row["grade"] == worst else ""
        parts: list[Part] = [(f"consequence.{kind}", row)]
        writer.say([*parts, ("consequence.clause", row)] if row["clause"] else parts)
    if frame.empty:
        writer.say([("consequence.none", {})], key={"template": "consequence.none"})
    return writer.claims()


def revision(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "revision" (更正说明): before, after and the grounds."""
    writer = Writer("revision", lang, label)
    for row in records(frame):
        form = "grade" if row["grade_before"] != row["grade_after"] else "score"
        parts: list[Part] = [(f"revision.{form}", row)]
        writer.say([*parts, ("revision.grounds", row)] if row["basis"] else parts)
    if frame.empty:
        writer.say([("revision.none", {})], key={"template": "revision.none"})
    return writer.claims()


def adjustments(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "adjustments": every line with its basis and approver."""
    writer = Writer("adjustments", lang, label)
    for row in records(frame):
        parts: list[Part] = [(f"adjustment.{row['type']}", row)]
        capped = round(abs(row["points"]) - abs(row["counted"]), 9) > 0
        writer.say([*parts, ("adjustment.capped", row)] if capped else parts)
    return writer.claims()


def levers(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """One claim per unit on table "levers": which missed targets would lift the grade."""
    writer = Writer("levers", lang, label)
    for unit, rows in frame.groupby("unit", sort=True):
        lifting = rows[rows["lifts"]].sort_values("priority")
        names = listed((label(n, lang) for n in lifting["indicator"]), lang)
        facts = {"unit": unit, "listed": names, "gain": lifting["gain"].sum()}
        if len(lifting):
            writer.say([("lever.lifts", facts)], key={"unit": unit})
    return writer.claims()


def like_for_like(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "like_for_like": where the mix of channels turned the direction."""
    writer = Writer("like_for_like", lang, label)
    for row in records(frame[frame["reversed"]]):
        name = "reversed_population" if row["standard"] == "population" else "reversed"
        writer.say([(f"like.{name}", row)])
    return writer.claims()


def referrals(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "referrals" (转办清单): what is passed on to each owner."""
    writer = Writer("referrals", lang, label)
    for row in records(frame):
        parts: list[Part] = [(f"referral.{row['type']}", row)]
        writer.say([*parts, ("referral.due", row)] if row["due"] else parts)
    return writer.claims()
