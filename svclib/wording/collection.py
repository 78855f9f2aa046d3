"""Sentences on the return, the mix and the authenticity of the answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Row, Writer, listed, only_cycle, records, sentence

PLACE = ("unit", "subject", "channel")


def returns(frame: pd.DataFrame, lang: str, label: Label, *, min_rate: float = 0.0) -> pd.DataFrame:
    """Claims on table "collection" of one cycle: all questionnaires together, then rows to look into.

    Parameters
    ----------
    min_rate : least return rate asked for (`params.collection.min_return_rate`).
    """
    writer = Writer("collection", lang, label)
    answers = frame[frame["source"] == "responses"]
    if len(answers):
        writer.say(_totals(answers), key={"cycle": only_cycle(answers), "source": "responses"})
    for row in records(frame):
        name = _matter(row, min_rate)
        if name:
            told = row | {"place": _place(row, lang, label), "min_rate": min_rate}
            owner: list[Part] = [("alert.owner", row)] if row["owner"] else []
            writer.say([(f"collection.{name}", told), *owner], key=_only(row, "cycle", "source", *PLACE))
    return writer.claims()


def _only(row: Row, *columns: str) -> Row:
    return {column: row[column] for column in columns}


def _totals(answers: pd.DataFrame) -> list[Part]:
    """Sums of the rows with issued questionnaires, and of those without."""
    asked = answers["issued"].notna()
    parts: list[Part] = []
    if asked.any():
        parts.append(("collection.total", _sums(answers[asked])))
    if not asked.all():
        parts.append(("collection.beside" if parts else "collection.not_issued", _sums(answers[~asked])))
    return parts


def _sums(rows: pd.DataFrame) -> dict[str, float]:
    issued, returned, valid = (rows[c].sum() for c in ("issued", "returned", "n_valid"))
    return {
        "issued": issued,
        "returned": int(returned),
        "n_valid": int(valid),
        "return_rate": returned / issued if issued else float("nan"),
        "valid_rate": valid / returned if returned else float("nan"),
    }


def _matter(row: Row, min_rate: float) -> str:
    """What is to be said of one row, "" where nothing is."""
    if row["source"] == "kpis":
        return "records_overdue" if row["overdue"] else ""
    cases = {
        "too_many": row["returned"] > row["issued"],
        "nothing_back": row["overdue"] and row["returned"] == 0,
        "overdue": row["overdue"],
        "low": row["return_rate"] < min_rate,
    }
    return next((name for name, holds in cases.items() if holds), "")


def _place(row: Row, lang: str, label: Label) -> str:
    """Unit, and in brackets the evaluator and channel where the row names them."""
    said = (tables.cell(c, row[c], lang, label, 0) for c in PLACE if row[c])
    unit, *rest = dict.fromkeys(said)  # small groups made one bear one name for evaluator and channel
    form = tables.words(lang)["terms"]["within"]
    return form.format(name=unit, parts=listed(rest, lang)) if rest else unit


def small_groups(min_cell: int, lang: str) -> str:
    """What the sign * means."""
    row = {"min_cell": str(min_cell)}
    return sentence("small_groups.note", row, lang, lambda name, _: name) if min_cell > 1 else ""


def mix(frame: pd.DataFrame, lang: str, label: Label, *, weighted: bool) -> pd.DataFrame:
    """Claims on table "mix": the largest gap, cells nobody answers for, cells without population.

    Parameters
    ----------
    weighted : whether the results weigh the answers to the population.
    """
    writer = Writer("mix", lang, label)
    judged = frame.dropna(subset="gap")
    if len(judged):
        row = records(judged.loc[[judged["gap"].abs().idxmax()]])[0]
        place = _place(row | {"channel": ""}, lang, label)
        told = row | {"place": place, "points": tables.fmt(100 * abs(row["gap"]), 1)}
        outcome = "weighted" if weighted else "unweighted"
        writer.say([("mix.largest", told), (f"mix.{outcome}", {})], key=_only(row, "cycle", *PLACE))
    silent = frame[(frame["n"] == 0) & (frame["population"] > 0)]
    for name, rows in (("silent", silent), ("no_population", frame[frame["population"].isna()])):
        if len(rows):
            cells = listed(_places(rows, lang, label), lang)
            writer.say(
                [(f"mix.{name}", {"listed": cells})],
                key={"cycle": only_cycle(rows), "template": f"mix.{name}"},
            )
    return writer.claims()


def _places(rows: pd.DataFrame, lang: str, label: Label) -> Iterable[str]:
    return (_place(row, lang, label) for row in records(rows))


def authenticity(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "authenticity": all calls together, then every unit that is not in order."""
    writer = Writer("authenticity", lang, label)
    if frame.empty:
        writer.say([("authenticity.none", {})], key={"template": "authenticity.none"})
        return writer.claims()
    sums: dict[str, Any] = {c: int(frame[c].sum()) for c in ("n_sampled", "n_reached", "n_confirmed")}
    cycle = only_cycle(frame)
    parts: list[Part] = [("authenticity.total", sums)]
    if (frame["judgement"] == "ok").all():
        parts.append(("authenticity.all_ok", {"min_rate": frame["min_rate"].iloc[0]}))
    writer.say(parts, key={"cycle": cycle})
    for row in records(frame[frame["judgement"] != "ok"]):
        writer.say([(f"authenticity.{row['judgement']}", row)])
    return writer.claims()


def unusual(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "unusual": units with more flagged answers of a rule than the others."""
    writer = Writer("unusual", lang, label)
    found = frame[frame["unusual"]]
    if found.empty:
        writer.say([("unusual.none", {})], key={"template": "unusual.none"})
    for row in records(found):
        writer.say([("unusual.unit", row)])
    return writer.claims()
