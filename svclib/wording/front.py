"""The first screen: cards, decisions asked, common problems, advice.  Rows are counted, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Card, Label
from svclib.wording.templates import ALL_UNITS, Part, Writer, counted, listed, records, sentence

ASKED = 3
# A line asks for a decision on up to so many units by name; beyond that it names a few and counts.
LISTED, NAMED = 8, 3


def masthead(facts: Mapping[str, Any], lang: str, label: Label) -> str:
    """Line under the title: cycle, status, baseline, number of units."""
    form = facts["status"] if facts["baseline"] else f"{facts['status']}_alone"
    return sentence(f"masthead.{form}", facts, lang, label)


def unit_line(parent: str, lang: str, label: Label) -> str:
    """What the page of a unit adds to the line: the body it belongs to."""
    return sentence("masthead.unit", {"parent": parent}, lang, label)


def with_counts(
    parents: pd.DataFrame, counts: pd.DataFrame, lang: str, label: Label, *, scale: Mapping[str, float]
) -> pd.DataFrame:
    """Table "parents" with column `grade_counts`: how many units have each grade, in words.

    Parameters
    ----------
    counts : table "parent_grades".
    scale : label of each grade to its cut, best first.
    """
    found = {(row["parent"], row["grade"]): row["n_units"] for row in records(counts)}
    told = [[(label(g, lang), found.get((p, g), 0)) for g in scale] for p in parents["parent"]]
    return parents.assign(grade_counts=[counted(each, lang) for each in told])


def cards(
    found: Mapping[str, pd.DataFrame],
    lang: str,
    label: Label,
    *,
    scale: Mapping[str, float],
) -> list[Card]:
    """Headline numbers of the cycle: mean total, grades, verdicts, warnings and overdue measures.

    Parameters
    ----------
    found : tables board, alerts, history and actions.
    """
    board, alerts, history = found["board"], found["alerts"], found["history"]
    cycle = "".join(board["cycle"].head(1))
    whole = history[(history["unit"] == ALL_UNITS) & (history["node"] == "total")]
    mean = whole[whole["cycle"] == cycle]
    words = tables.words(lang)
    verdicts: dict[str, str] = words["codes"]["verdict"]
    verdict_counts = [(word, int((board["verdict"] == v).sum())) for v, word in verdicts.items()]
    graded = [(label(g, lang), int((board["grade"] == g).sum())) for g in scale]
    last = [(label(g, lang), int((board["last_grade"] == g).sum())) for g in scale]
    signals = alerts["raised_by"] == "signal"
    levels = {level: int((alerts.loc[~signals, "level"] == level).sum()) for level in ("red", "amber")}
    terms, late = words["cards"], int(found["actions"]["overdue"].sum())
    average = mean["score"].iloc[0] if len(mean) else float("nan")
    before = words["period"]["cycle"]["before"] + counted(last, lang) if any(c for _, c in last) else ""
    compared = Card(terms["verdicts"], counted(verdict_counts, lang), terms["verdicts_note"])
    if board["change"].isna().all():
        compared = Card(terms["verdicts"], tables.fmt(float("nan"), 2), terms["no_last"])
    return [
        Card(terms["mean"], tables.fmt(average, 2), terms["mean_note"]),
        Card(terms["grades"], counted(graded, lang), before),
        compared,
        Card(
            terms["alerts"],
            terms["alert_counts"].format(**levels),
            terms["alerts_note"].format(overdue=late, signals=int(signals.sum())),
        ),
    ]


def unit_cards(
    board: pd.DataFrame, lang: str, label: Label, *, group: int, period: str = "cycle"
) -> list[Card]:
    """Headline numbers of one unit: grade, score with interval, rank, change.

    Parameters
    ----------
    group : number of units it is ranked with.
    period : what is compared, "cycle" or "year".
    """
    terms, of = tables.words(lang)["cards"], tables.words(lang)["period"][period]
    found = []
    for row in records(board):
        grade = label(row["grade"], lang) if row["grade"] else tables.code("status", row["status"], lang)
        before = of["before"] + label(row["last_grade"], lang) if row["last_grade"] else ""
        rank, own = tables.fmt(row["rank"], 0), tables.fmt(row["group_rank"], 0)
        limits = tables.interval(row["score_low"], row["score_high"], 2)
        places = tables.interval(row["rank_low"], row["rank_high"], 0)
        found = [
            Card(terms["grade"], grade, before),
            Card(terms["score"], tables.fmt(row["published"], 2), limits),
            Card(terms["rank"], f"{own} / {group}", terms["rank_note"].format(rank=rank, places=places)),
            _change(row, of, lang),
        ]
    return found


def _change(row: Mapping[str, Any], of: Mapping[str, str], lang: str) -> Card:
    """What became of the score, or that there is none to compare with."""
    if row["verdict"] == "no_last":
        return Card(of["against"], of["none"])
    return Card(of["against"], tables.code("verdict", row["verdict"], lang), tables.signed(row["change"], 2))


def decisions(board: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims: at most three decisions asked, the most pressing first."""
    writer = Writer("board", lang, label)
    cases = {
        "decision.veto": board["reason"] == "veto",
        "decision.declined": board["verdict"] == "declined",
        "decision.not_graded": board["status"] != "graded",
        "decision.improved": board["verdict"] == "improved",
    }
    pressing = [(name, board[where]) for name, where in cases.items() if where.any()]
    if not pressing:
        writer.say([("decision.none", {})], key={"template": "decision.none"})
    for name, rows in pressing[:ASKED]:
        units = _some([label(u, lang) for u in rows["unit"]], lang)
        writer.say([(name, {"listed": units})], key={"template": name})
    return writer.claims()


def _some(names: list[str], lang: str) -> str:
    """All names while they fit a line, otherwise the first few and how many there are."""
    if len(names) <= LISTED:
        return listed(names, lang)
    form = tables.words(lang)["terms"]["and_more"]
    first = listed(names[:NAMED], lang)
    return form.format(listed=first, count=len(names))


def advice(losses: pd.DataFrame, framework: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims: the framework's own advice on the indicators that lost points, in the order given."""
    writer = Writer("contributions", lang, label)
    told = framework.set_index("indicator")
    for row in records(losses[losses["lost"] > 0]):
        known = told.loc[row["indicator"]]
        if known["advice"]:
            filled = row | {"advice": label(known["advice"], lang)}
            parts: list[Part] = [("advice.do", filled)]
            if known["owner"]:
                parts.append(("alert.owner", {"owner": known["owner"]}))
            writer.say(parts, key={"unit": row["unit"], "indicator": row["indicator"]})
    return writer.claims()
