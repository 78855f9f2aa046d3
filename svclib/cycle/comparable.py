"""Table "comparability" of the current cycle and its baseline, and the flags that follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib import comparability, invariance
from svclib.columns import TABLES, sort_by_key
from svclib.comparability import NOT_COMPARABLE, NOT_TESTABLE, NOTE, OK
from svclib.cycle.likeness import Likeness
from svclib.cycle.records import records
from svclib.cycle.state import ALL_UNITS, State
from svclib.framework import Indicator
from svclib.framework.measures import COUNTED
from svclib.kpis.events import chosen, prepared

JUDGED = {invariance.PASS: OK, invariance.FAIL: NOT_COMPARABLE, invariance.NOT_TESTABLE: NOT_TESTABLE}
# Checks of an indicator whose note is said of every claim on it.
SAID = {"wording": "reworded", "definition": "redefined"}
_NUMBERED = re.compile(r"^\s*(?:[QqＱ]?\d+|[（(]\d+[）)])\s*[、.．:：]?\s*")
BLANK = {"unit": ALL_UNITS, "found0": "", "found1": "", "value0": np.nan, "value1": np.nan,
         "n0": 0, "n1": 0, "p": np.nan}  # fmt: skip


class Comparable(NamedTuple):
    """Table "comparability", and what it says of an indicator.

    unlike : indicator to the check by which it cannot be compared
    flags : (unit, indicator) to the flags of its claims, unit "*" for every unit
    """

    table: pd.DataFrame
    unlike: dict[str, str]
    flags: dict[tuple[str, str], list[str]]


def comparable(
    state: State, kept: pd.DataFrame, tables: Mapping[str, pd.DataFrame], like: Likeness
) -> Comparable:
    """What was asked, of whom, and how records were kept: then and now, each with its judgement."""
    own = state.own.get(state.baseline)
    parts = [_invariance(tables["invariance"]), _asked(state, kept), _mix(like)]
    if own is not None:
        parts.append(comparability.framework_changes(own.framework, state.framework))
        parts.append(_wording(state))
    kept_records = comparability.record_keeping(
        tallies(state, kept), baseline=state.baseline, cycle=state.cycle, confidence=state.params.confidence
    )
    parts.append(kept_records.assign(level="indicator"))
    filled = [_filled(part) for part in parts if len(part)]
    columns = list(TABLES["comparability"].all_columns)
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
    table = table.assign(baseline=state.baseline, cycle=state.cycle)
    ordered = sort_by_key("comparability", table[columns].astype({"n0": int, "n1": int}))
    return Comparable(ordered, _unlike(ordered), _flags(ordered, state))


def _filled(part: pd.DataFrame) -> pd.DataFrame:
    return part.assign(**{c: part.get(c, blank) for c, blank in BLANK.items()})


def _unlike(table: pd.DataFrame) -> dict[str, str]:
    bad = table[(table["judgement"] == NOT_COMPARABLE) & (table["level"] == "indicator")]
    return {
        node: f"{check}_changed" if check != "added" else check
        for node, check in bad[["node", "check"]].to_numpy()
    }


def _flags(table: pd.DataFrame, state: State) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    asked = {item: i.name for i in state.framework.indicators for item in i.items}
    jumps = {*comparability.SHARES, "volume", "backlog"}
    for row in table[table["judgement"] == NOTE].to_dict("records"):
        flag = SAID.get(row["check"], "records_jump" if row["check"] in jumps else "")
        node = str(row["node"])
        key = (str(row["unit"]), asked.get(node, node))
        if flag and flag not in found.get(key, []):
            found.setdefault(key, []).append(flag)
    return found


def _invariance(table: pd.DataFrame) -> pd.DataFrame:
    gates = invariance.gate(table)
    judged = gates["verdict"].map(JUDGED)
    return pd.DataFrame({"check": "invariance", "level": "dimension", "node": gates["dimension"],
                         "judgement": judged})  # fmt: skip


def _asked(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    """Channels and evaluators of each unit, then and now."""
    rows = []
    for check, column in (("channels", "channel"), ("evaluators", "subject")):
        for unit, mine in kept.groupby("unit", sort=True):
            sets = [set(mine.loc[mine["cycle"] == c, column]) - {""} for c in state.compared]
            if all((mine["cycle"] == c).any() for c in state.compared) and any(sets):
                judged = OK if sets[0] == sets[1] else NOTE
                rows.append((check, "total", "", unit, *(";".join(sorted(s)) for s in sets), judged))
    return pd.DataFrame(rows, columns=["check", "level", "node", "unit", "found0", "found1", "judgement"])


def _mix(like: Likeness) -> pd.DataFrame:
    """Whether the shares of the channels moved more than chance, and whether that could be matched."""
    units = [*sorted(like.shifted), *sorted(like.unmatched)]
    checks = ["mix"] * len(like.shifted) + ["mix_unmatched"] * len(like.unmatched)
    return pd.DataFrame({"check": checks, "level": "total", "node": "", "unit": units, "judgement": NOTE})


def _wording(state: State) -> pd.DataFrame:
    """Items whose header in the data file, apart from its number, reads otherwise than in the baseline."""
    told = [
        params.data["responses"].columns if "responses" in params.data else {}
        for params in (state.own[state.baseline], state.params)
    ]
    rows = []
    for item in state.framework.items:
        texts = [_NUMBERED.sub("", of.get(item, "")).strip() for of in told]
        if all(texts):
            judged = OK if texts[0] == texts[1] else NOTE
            rows.append(("wording", "item", item, *texts, judged))
    return pd.DataFrame(rows, columns=["check", "level", "node", "found0", "found1", "judgement"])


def tallies(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    """How many records stand behind every value that is no rating, and in what state they are.

    Returns
    -------
    DataFrame
        As `comparability.record_keeping` takes it, of both compared cycles.
    """
    of = {i.name: i for i in state.framework.indicators}
    rows: list[dict[str, Any]] = []
    for cycle in state.compared:
        span = state.spans.get(cycle)
        days = float((span.end - span.start).days) if span is not None else 1.0
        for row in _sources(state, kept, cycle):
            indicator = of[row["indicator"]]
            counted = indicator.source in COUNTED
            rows.append({
                "cycle": cycle, "unit": row["unit"], "indicator": row["indicator"], "days": days,
                "volume": float(row["n"] if counted else row["denominator"]),
                "open": float(row["n_open"]) if indicator.source == "events" else np.nan,
                "excluded": float(row["n_excluded"]) if indicator.source == "inspections" else np.nan,
                **_events(state, row["unit"], indicator, cycle),
            })  # fmt: skip
    columns = ["cycle", "unit", "indicator", "days", *comparability.COUNTS]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(["cycle", "unit", "indicator"])


def _sources(state: State, kept: pd.DataFrame, cycle: str) -> Iterable[Mapping[Any, Any]]:
    """Counted values of one cycle, and those handed in with what they are counted from."""
    names = [i.name for i in state.framework.indicators if i.source != "indicator"]
    if cycle in state.measured:
        counted = state.measured[cycle].sources
        yield from counted[counted["indicator"].isin(names) & (counted["status"] == "ok")].to_dict("records")
    handed = records(state, kept, (cycle,))
    in_hand = {i.name for i in state.framework.indicators if i.source == "kpis"}
    handed = handed[handed["indicator"].isin(in_hand) & handed["denominator"].notna()]
    yield from handed.to_dict("records")


def _events(state: State, unit: str, indicator: Indicator, cycle: str) -> dict[str, float]:
    """Events of an indicator without a cause, and those open at the end of the period."""
    sheet, span = state.sheet("events", cycle), state.spans.get(cycle)
    if indicator.source != "events" or sheet is None or span is None:
        return {"unknown_cause": np.nan, "backlog": np.nan}
    known = chosen(prepared(sheet[sheet["unit"] == unit], span), indicator)
    inside = known[span.holds(known["opened"])]
    named = _names_causes(state, indicator)
    return {
        "unknown_cause": float((inside["cause"] == "").sum()) if named else np.nan,
        "backlog": float(known["closed"].isna().sum()),
    }


def _names_causes(state: State, indicator: Indicator) -> bool:
    """Whether causes of these events are recorded in either cycle at all."""
    sheets: Sequence[pd.DataFrame | None] = [state.sheet("events", c) for c in state.compared]
    wanted = indicator.where.given.get("category", ())
    return any(
        (of.loc[of["category"].isin(wanted), "cause"] if wanted else of["cause"]).ne("").any()
        for of in sheets
        if of is not None
    )
