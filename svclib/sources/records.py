"""Units, KPI records and expert judgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from svclib.errors import nearest
from svclib.framework import Anchors, Framework, Indicator
from svclib.sources.catalog import YES
from svclib.sources.table import Table

UNITS = ("unit", "name", "name_en", "parent", "group", "head", "replaces", "valid_from")
PARENTS = ("unit", "name", "name_en", "parent")
NUMBERS = ("value", "numerator", "denominator", "n", "mean", "sd")
KPIS = ("cycle", "row", "unit", "indicator", *NUMBERS, "status")
JUDGMENTS = ("expert", "credibility", "parent", "a", "b", "value")
NOT_APPLICABLE = ("不适用", "not applicable", "not_applicable")
_PLAIN = "Write a plain number without %; 不适用 where it does not apply; nothing where it was not reported."
_TOP = ("total", "总分")


def units(table: Table) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per evaluated unit, and one per body listed only as the parent of others.

    `name` is the unit itself where it is not given.
    """
    unit = table.text("unit")
    if "unit" in table:
        table.flag(unit == "", "unit", "empty", "Name the unit.")
        table.flag(unit.duplicated() & (unit != ""), "unit", "unit listed twice", "Keep one row per unit.")
    frame = pd.DataFrame({c: table.text(c) for c in UNITS})
    frame["name"] = frame["name"].where(frame["name"] != "", frame["unit"])
    _hierarchy(table, dict(frame[["unit", "parent"]].to_numpy()))
    scored = _evaluated(table)
    parts = (frame[scored], frame.loc[~scored, list(PARENTS)])
    return parts[0].reset_index(drop=True), parts[1].reset_index(drop=True)


def _evaluated(table: Table) -> np.ndarray:
    """Whether each row is evaluated; it is where nothing is said."""
    text = table.text("evaluated").str.casefold()
    table.flag(~text.isin(["", *YES]), "evaluated", "not a choice", "Write 是 or 否.")
    scored = (text.map(YES) != "no").to_numpy()
    if len(scored) and not scored.any():
        table.header_problem("evaluated", "no unit is evaluated", "Write 是 for the units to be evaluated.")
    return scored


def _hierarchy(table: Table, above: Mapping[str, str]) -> None:
    """Every parent has a row of its own, and none stands above itself."""
    parent = table.text("parent")
    remedy = "Give it a row of its own (参评 否 if it is not evaluated), or correct it."
    for name in sorted(set(parent) - {"", *above}):
        table.flag(parent == name, "parent", "unknown parent", remedy, nearest(name, [*above]))
    looped = [_above_itself(str(unit), above) for unit in table.text("unit")]
    table.flag(looped, "parent", "stands above itself", "Correct one parent of the circle.")


def _above_itself(unit: str, above: Mapping[str, str]) -> bool:
    at = above[unit]
    for _ in above:
        if at in ("", unit):
            break
        at = above.get(at, "")
    return unit != "" and at == unit


def kpis(table: Table, framework: Framework, units: Sequence[str]) -> pd.DataFrame:
    """One row per unit and reported indicator; empty records are left out as not reported."""
    valid = [i for i in framework.indicators if i.source == "kpis"]
    _record_names(table, framework, units)
    _not_reported(table)
    idle = table.text("value").str.casefold().isin(NOT_APPLICABLE).to_numpy()
    if "value" in table:
        table.frame["value"] = table.frame["value"].where(~idle, "").astype("str")
    numbers = {c: table.number(c, remedy=_PLAIN, missing=False) for c in NUMBERS}
    frame = pd.DataFrame({"unit": table.text("unit"), "indicator": table.text("indicator"), **numbers})
    twice = frame.duplicated(["unit", "indicator"]) & (frame["indicator"] != "")
    table.flag(twice, "indicator", "unit and indicator repeated", "Keep one row of each.")
    for indicator in valid:
        at = (frame["indicator"] == indicator.name).to_numpy() & ~idle
        _counts(table, frame, indicator, at)
        _values(table, frame, indicator, at)
    frame.insert(0, "row", table.rows.astype("int64"))
    frame.insert(0, "cycle", pd.Series(table.cycle, index=frame.index, dtype="str"))
    status = np.where(idle, "not_applicable", "ok")
    frame["status"] = pd.Series(status, index=frame.index, dtype="str")
    return frame[list(KPIS)]


def _record_names(table: Table, framework: Framework, units: Sequence[str]) -> None:
    """Units are known; indicators are KPIs of the framework, by name or English label."""
    if "indicator" in table:
        back = {i.en: i.name for i in framework.indicators if i.en and i.source == "kpis"}
        table.frame["indicator"] = table.frame["indicator"].replace(back)
        _rated(table, framework)
        names = [i.name for i in framework.indicators]
        table.known("indicator", names, "Name an indicator of the framework.")
    if "unit" in table:
        known = units or sorted(set(table.text("unit")) - {""})
        table.known("unit", known, "Add it to the units, or correct it.")


def _rated(table: Table, framework: Framework) -> None:
    rated = [i.name for i in framework.indicators if i.source == "responses"]
    for name in rated:
        at = table.text("indicator") == name
        table.flag(at, "indicator", "a rating comes from the responses", "Remove it here.")


def _not_reported(table: Table) -> None:
    given = [table.text(c) != "" for c in NUMBERS if c in table]
    if not given:
        table.header_problem("value", "no column with a number", f"Add one of {', '.join(NUMBERS)}.")
        return
    empty = ~np.logical_or.reduce(given)
    table.drop(empty, "not_reported", lambda i: table.text("indicator").iloc[i])


def _counts(table: Table, frame: pd.DataFrame, indicator: Indicator, at: np.ndarray) -> None:
    """Numerator, denominator, n and sd of the records of one indicator."""
    x = {c: frame[c].to_numpy() for c in NUMBERS}
    of = f"of {indicator.name}"
    empty = at & (x["denominator"] <= 0)
    table.flag(empty, "denominator", f"denominator {of} not above 0", "Correct it, or write 不适用.")
    table.flag(at & (x["numerator"] < 0), "numerator", f"numerator {of} below 0", "Correct it.")
    lone = (table.text("numerator") == "") != (table.text("denominator") == "")
    table.flag(at & lone, "denominator", f"numerator or denominator {of} alone", "Give both.")
    if indicator.kind == "proportion":
        more = x["numerator"] > x["denominator"]
        table.flag(at & more, "numerator", f"numerator {of} above the denominator", "Correct one of them.")
    table.flag(at & (x["n"] <= 0), "n", f"n {of} not above 0", "Correct it.")
    table.flag(at & (x["sd"] < 0), "sd", f"sd {of} below 0", "Correct it.")


def _values(table: Table, frame: pd.DataFrame, indicator: Indicator, at: np.ndarray) -> None:
    """Each record of one indicator has a value, within the possible range."""
    of = f"of {indicator.name}"
    low, high = indicator.bounds
    for column in ("value", "mean"):
        outside = at & ~frame[column].between(low, high).to_numpy() & frame[column].notna().to_numpy()
        found = f"{column} {of} outside {low:g}-{high:g}"
        table.flag(outside, column, found, "Correct it, or the indicator's unit.")
    value = frame["value"].to_numpy()
    _fractions(table, indicator, at & ~np.isnan(value), value)
    none = np.logical_and.reduce([table.text(c) == "" for c in ("value", "mean", "numerator")])
    table.flag(at & none, "value", f"no value {of}", "Give a value, a mean, or numerator and denominator.")


def _fractions(table: Table, indicator: Indicator, at: np.ndarray, value: np.ndarray) -> None:
    """Values of 0.95 where 95 % is meant: all at most 1 although scoring begins above 1."""
    begins = min(indicator.score.values) if isinstance(indicator.score, Anchors) else 0.0
    if indicator.unit == "%" and begins > 1 and at.any() and value[at].max() <= 1:
        what = f"values of {indicator.name} look like fractions, its unit is %"
        table.flag(at, "value", what, "Write 95, not 0.95.")


def judgments(table: Table, framework: Framework) -> pd.DataFrame:
    """One row per pairwise judgement; a reciprocal that says the same is left out."""
    frame = pd.DataFrame({c: table.text(c) for c in ("expert", "a", "b")})
    parent = table.text("parent")
    if "parent" not in table:  # indicators can only be compared within their dimension
        parent = frame["a"].map({i.name: i.dimension for i in framework.indicators}).fillna("")
    frame["parent"] = parent.where(~parent.isin([*_TOP, framework.name]), "").astype("str")
    frame["value"] = [_ratio(v) for v in table.text("value")]
    frame["credibility"] = table.number("credibility") if "credibility" in table else 1.0
    _judgement_values(table, frame)
    _judgement_names(table, frame, framework)
    repeated = _repeated(table, frame)
    frame = frame[~repeated].reset_index(drop=True)
    table.drop(
        repeated, "repeated_judgement", lambda i: f"{table.text('a').iloc[i]} : {table.text('b').iloc[i]}"
    )
    return frame[list(JUDGMENTS)]


def _ratio(text: str) -> float:
    try:
        return float(Fraction(text.replace(" ", "").replace(":", "/").replace("：", "/")))
    except (ValueError, ZeroDivisionError):
        return np.nan


def _judgement_values(table: Table, frame: pd.DataFrame) -> None:
    value, credibility = frame["value"].to_numpy(float), frame["credibility"].to_numpy(float)
    remedy = "Write 1 to 9 when the first matters more, 1/2 to 1/9 when it matters less."
    outside = (value < 1 / 9 - 1e-6) | (value > 9 + 1e-6)
    if "value" in table:
        table.flag(np.isnan(value) | outside, "value", "not between 1/9 and 9", remedy)
    table.flag(frame["expert"] == "", "expert", "empty", "Name the expert.")
    if "credibility" in table:
        table.flag(~(credibility > 0), "credibility", "credibility not above 0", "Give a number above 0.")
        spread = frame.groupby("expert")["credibility"].transform("nunique") > 1
        table.flag(spread, "credibility", "one expert with several credibilities", "Give each expert one.")


def _judgement_names(table: Table, frame: pd.DataFrame, framework: Framework) -> None:
    children = {d.name: [i.name for i in d.indicators] for d in framework.dimensions}
    if "parent" in table:
        back = table.frame["parent"]
        table.frame["parent"] = frame["parent"].where(frame["parent"] != "", "total").astype("str")
        table.known(
            "parent", [*children, "total"], "Name a dimension; leave it empty to compare the dimensions."
        )
        table.frame["parent"] = back
    for parent in sorted(set(frame["parent"]) & {"", *children}):
        valid = children.get(parent, list(children))
        at = (frame["parent"] == parent).to_numpy()
        for column in ("a", "b"):
            _names_of_pair(table, column, at, valid)
    table.flag(
        (frame["a"] == frame["b"]) & (frame["a"] != ""), "b", "compared with itself", "Remove the row."
    )


def _names_of_pair(table: Table, column: str, at: np.ndarray, valid: Sequence[str]) -> None:
    text = table.text(column)
    for name in sorted(set(text[at]) - set(valid)):
        table.flag(
            at & (text == name),
            column,
            "unknown name",
            f"Use one of {', '.join(valid)}.",
            nearest(name, valid),
        )


def _repeated(table: Table, frame: pd.DataFrame) -> np.ndarray:
    """Rows that repeat a pair with the same meaning; contradictions become problems."""
    turned = (frame["a"] > frame["b"]).to_numpy()
    value = frame["value"].to_numpy(float)
    pair = pd.DataFrame(
        {
            "expert": frame["expert"],
            "parent": frame["parent"],
            "low": np.where(turned, frame["b"], frame["a"]),
            "high": np.where(turned, frame["a"], frame["b"]),
            "value": np.where(turned, 1 / value, value),
        }
    )
    keys = ["expert", "parent", "low", "high"]
    first = pair.groupby(keys)["value"].transform("first").to_numpy(float)
    again = pair.duplicated(keys).to_numpy()
    agrees = np.isclose(pair["value"], first, rtol=1e-3)
    table.flag(
        again & ~agrees & ~np.isnan(value),
        "value",
        "contradicts an earlier row of the same pair",
        "Keep one.",
    )
    return again & agrees
