"""Sentences on trends, control charts, funnels, and on warnings by threshold or by signal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Writer, records, unit_of_measure

MOVED = ("improving", "worsening", "rising", "falling")
SPECIAL = ("concerning", "improving", "shifted")
FAR = ("worse_998", "better_998", "apart_998")


def alerts(frame: pd.DataFrame, lang: str, label: Label, *, decimals: int = 2) -> pd.DataFrame:
    """Claims on table "alerts": the threshold breached or the signal, since when, who owns it, until when."""
    writer = Writer("alerts", lang, label, decimals)
    if frame.empty:
        writer.say([("alert.none", {})], key={"template": "alert.none"})
    for row in _measured(frame, lang, label):
        side = "above" if row["value"] > row["threshold"] else "under"
        name = f"warn_{side}" if row["rule"] == "warn" else row["rule"]
        parts: list[Part] = [(f"alert.{name}", row)]
        parts += [("alert.since", row)] if row["since"] != row["cycle"] else []
        parts += [("alert.owner", row)] if row["owner"] else []
        parts += [("alert.due", row)] if row["due"] else []
        # A unit barely beyond a limit must not be printed as being on it.
        writer.say(parts, decimals=decimals + 1 if row["raised_by"] == "signal" else decimals)
    return writer.claims()


def trends(frame: pd.DataFrame, lang: str, label: Label, *, least: float) -> pd.DataFrame:
    """Claims on table "trends": every trend, then how many series show none or are too short.

    Parameters
    ----------
    least : cycles from which a trend is claimed
    """
    writer = Writer("trends", lang, label)
    moved = frame[frame["trend"].isin(MOVED)]
    for row in _measured(moved, lang, label):
        writer.say(
            [(f"trend.{row['trend']}", row), *((f"trend.{n}", row) for n in row["note"].split(";") if n)]
        )
    plain, short = (
        int(frame["trend"].isin(names).sum()) for names in (["no_trend"], ["trial", "few_points"])
    )
    if plain:
        _count(writer, "trend.others" if len(moved) else "trend.none", plain, least)
    if short:
        _count(writer, "trend.trial", short, least)
    if frame.empty:
        _count(writer, "trend.nothing", 0, least)
    return writer.claims()


def period_changes(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on the total of table "period_changes": 环比, and 同比 where that cycle is named."""
    writer = Writer("period_changes", lang, label)
    for row in records(frame[frame["node"] == "total"].sort_values("comparison", kind="stable")):
        writer.say([(f"period.{row['comparison']}", row)])
    if not (frame["comparison"] == "last_year").any():
        writer.say([("period.no_last_year", {})], key={"template": "period.no_last_year"})
    return writer.claims()


def control_charts(
    frame: pd.DataFrame, lang: str, label: Label, *, least: tuple[float, float]
) -> pd.DataFrame:
    """Claims on table "control_charts": special causes at the last point, the worse ones first.

    Parameters
    ----------
    least : points for any limits, and for limits that are no trial
    """
    writer = Writer("control_charts", lang, label)
    special = frame[frame["variation"].isin(SPECIAL)]
    special = special.sort_values("variation", key=lambda v: v.map(SPECIAL.index), kind="stable")
    for row in _measured(special, lang, label):
        parts: list[Part] = [(f"control.{row['variation']}", row)]
        aimed = row["assurance"] and not pd.isna(row["target"])
        parts += [(f"control.{row['assurance']}", row)] if aimed else []
        parts += [("control.trial", row | {"least": least[1]})] if row["status"] == "trial" else []
        writer.say(parts)
    common, silent = (int((frame["variation"] == name).sum()) for name in ("common", "unjudged"))
    if common:
        _count(writer, "control.others" if len(special) else "control.common", common, least[1])
    if silent:
        _count(writer, "control.unjudged", silent, least[1])
    if frame.empty:
        _count(writer, "control.none", 0, least[0])
    return writer.claims()


def funnel(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "funnel": units beyond the 99.8 % limits, and how many lie beyond 95 %."""
    writer = Writer("funnel", lang, label)
    far = frame[frame["status"].isin(FAR)].sort_values(
        "status", key=lambda s: s.map(FAR.index), kind="stable"
    )
    for row in _measured(far, lang, label):
        writer.say([(f"funnel.{row['status']}", row)], decimals=3)
    edge = int((~frame["status"].isin([*FAR, "within"])).sum())
    if edge:
        writer.say(
            [("funnel.edge", {"n_found": edge, "n_units": len(frame)})], key={"template": "funnel.edge"}
        )
    if frame.empty or not (edge or len(far)):
        name = "funnel.none" if frame.empty else "funnel.within"
        writer.say([(name, {})], key={"template": name})
    return writer.claims()


def _count(writer: Writer, name: str, n: int, least: float) -> None:
    writer.say([(name, {"n_found": n, "least": least})], key={"template": name})


def _measured(frame: pd.DataFrame, lang: str, label: Label) -> list[dict[str, Any]]:
    """Rows with the unit of measure as it follows a number; scores bear points."""
    points = tables.words(lang)["terms"]["points"]
    return [
        row
        | {
            "unit_text": points
            if row.get("kind") == "composite"
            else unit_of_measure(row["measure"], lang, label)
        }
        for row in records(frame)
    ]
