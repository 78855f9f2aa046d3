"""Sentences on the weights: why this one, who contradicts himself, who differs, would a method matter."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib import tables
from svclib.tables import Label
from svclib.wording.templates import Part, Writer, listed, records

GROUP = "group"
NAMED = 5  # experts who fail and are named one by one


def weights(
    frame: pd.DataFrame, lang: str, label: Label, *, spread: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Claims on table "weights": the children of each parent, largest local weight first.

    Parameters
    ----------
    spread : table "expert_spread"; adds how many experts count and where they lie furthest apart.
    """
    writer = Writer("weights", lang, label)
    joint = tables.words(lang)["terms"]
    for parent, group in frame.groupby("parent", sort=False):
        rows = records(group.sort_values("local", ascending=False, kind="stable"))
        shown = (
            joint["count"].format(name=label(r["node"], lang), count=tables.fmt(r["local"], 3)) for r in rows
        )
        parts: list[Part] = [("weights.children", rows[0] | {"listed": listed(shown, lang)})]
        if spread is not None:
            among = spread[(spread["parent"] == parent) & (spread["n_experts"] > 1)]
            widest = among.iloc[(among["weight_high"] - among["weight_low"]).argsort()[-1:]]
            parts += [("weights.spread", row) for row in records(widest)]
        writer.say(parts, key={"parent": str(parent)})
    return writer.claims()


def consistency(frame: pd.DataFrame, review: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "consistency": the group, and each expert who failed with what to revisit.

    Where many failed, how many and the worst of them.

    Parameters
    ----------
    review : table "judgement_review", the judgement furthest from what the others imply.
    """
    writer = Writer("consistency", lang, label)
    for _, rows in frame.groupby("parent", sort=False):
        for row in records(rows[rows["expert"] == GROUP]):
            writer.say([(f"consistency.group_{'passed' if row['passed'] else 'failed'}", row)])
        failed = rows[(rows["expert"] != GROUP) & ~rows["passed"].astype(bool)]
        if len(failed) > NAMED:
            counts = {"n_experts": int((rows["expert"] != GROUP).sum()), "n_failed": len(failed)}
            failed = failed.nlargest(1, "cr")
            writer.say([("consistency.many_failed", records(failed)[0] | counts)])
        for row in records(failed):
            writer.say([("consistency.expert_failed", row), *_revisit(row, review)])
        gaps = rows[(rows["expert"] != GROUP) & (rows["n_missing"] > 0)]
        if len(gaps):
            told = {"n_experts": len(gaps), "n_missing": int(gaps["n_missing"].sum())}
            writer.say([("consistency.incomplete", records(gaps)[0] | told)])
    return writer.claims()


def _revisit(row: dict[str, Any], review: pd.DataFrame) -> list[Part]:
    found = review[(review["parent"] == row["parent"]) & (review["expert"] == row["expert"])]
    return [("consistency.revisit", row) for row in records(found)]


def experts(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "expert_weights": per parent, the expert furthest from the group and on what."""
    writer = Writer("expert_weights", lang, label)
    own = frame[frame["expert"] != GROUP]
    for _, rows in own.groupby("parent", sort=False):
        row = records(rows.iloc[rows["off_group"].abs().argsort()[-1:]])[0]
        writer.say([("weights.expert", row | {"together": tables.fmt(row["weight"] - row["off_group"], 3)})])
    return writer.claims()


def _named(row: dict[str, Any], lang: str, label: Label) -> str:
    """A method with its variant."""
    method, variant = (tables.cell(c, row[c], lang, label, 2) for c in ("method", "variant"))
    form = tables.words(lang)["terms"]["within"]
    return form.format(name=method, parts=variant) if variant else method


def methods(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "weight_methods": per parent, the child that another method would move most."""
    writer = Writer("weight_methods", lang, label)
    for _, rows in frame.groupby("parent", sort=False):
        used = rows[rows["applied"].astype(bool)].set_index("node")["local"]
        others = rows[~rows["applied"].astype(bool)].dropna(subset="local")
        if others.empty:
            continue
        now = others["node"].map(used)
        row = records(others.iloc[(others["local"] - now).abs().argsort()[-1:]])[0]
        told = {
            "now": tables.fmt(used[row["node"]], 3),
            "other": _named(row, lang, label),
            "n_methods": others[["method", "variant"]].drop_duplicates().shape[0],
        }
        writer.say([("weights.method", row | told)])
    return writer.claims()


def drivers(frame: pd.DataFrame, lang: str, label: Label) -> pd.DataFrame:
    """Claims on table "drivers": per outcome and parent, the largest share, and which are within chance."""
    writer = Writer("drivers", lang, label)
    for _, rows in frame.groupby(["explained", "parent"], sort=False):
        known = rows.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
        if known.empty:
            writer.say([("drivers.not_computed", records(rows)[0])])
            continue
        largest = known.iloc[:1]
        parts: list[Part] = [("drivers.largest", row) for row in records(largest)]
        chance = known.loc[known["judgement"] == "within_noise", "node"]
        if len(chance):
            parts.append(("drivers.chance", {"listed": listed((label(n, lang) for n in chance), lang)}))
        writer.say(parts)
    return writer.claims()
