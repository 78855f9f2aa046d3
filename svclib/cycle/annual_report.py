"""What the year shows beside its grades: course, losses, measures, board and sentences; its steps."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from svclib import actions, wording
from svclib.columns import TABLES, empty, sort_by_key
from svclib.cycle.annual import scoring
from svclib.cycle.annual_change import changes, paired
from svclib.cycle.report import LANGUAGES, board, label, shown_changes
from svclib.cycle.state import State
from svclib.cycle.steps import Tables
from svclib.levers import losses
from svclib.parents import roll_up
from svclib.scores import TOTAL

_NO_TARGETS = {"unit": "str", "indicator": "str", "value": "float", "target": "float"}


def watch(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """60: the published score of every cycle of the year beside the year's own, and its losses."""
    graded = tables["grades"][["cycle", "unit", "grade"]].assign(node=TOTAL)
    own = tables["totals"].merge(graded, on=["cycle", "unit", "node"], how="left").fillna({"grade": ""})
    columns = list(TABLES["history"].all_columns)
    cycles = tables["annual"].assign(cycle=tables["annual"]["part"], node=TOTAL, level=TOTAL)
    every = [cycles.assign(score=cycles["published"])[columns], own[columns]]
    # A year has no targets of its own: its cycles do.
    none = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _NO_TARGETS.items()})
    lost = losses(
        tables["contributions"], none, state.inputs[state.cycle].units,
        cycle=state.cycle, baseline=state.baseline,
    )  # fmt: skip
    return {"history": sort_by_key("history", pd.concat(every, ignore_index=True)), "losses": lost}


def measures(state: State, _: Mapping[str, pd.DataFrame]) -> Tables:
    """70: every measure of the year as its last cycle has it; whether it worked stands there."""
    last = state.parts[-1]
    today = state.params.today or last.params.today
    found = [
        actions.status(part.sheet("actions"), empty("changes"), cycle=state.cycle, today=today)
        for part in state.parts
    ]
    filled = [frame for frame in found if len(frame)]
    if not filled:
        return {"actions": empty("actions")}
    every = pd.concat(filled, ignore_index=True)
    return {
        "actions": sort_by_key("actions", every.drop_duplicates(["unit", "indicator", "action"], keep="last"))
    }


def report(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """90: the board of the year, the same by parent, and its sentences."""
    said = [_claims(state, tables, lang) for lang in LANGUAGES]
    grades = tables["grades"][tables["grades"]["cycle"] == state.cycle]
    below = roll_up(grades, state.above, cycle=state.cycle)
    return {"board": board(state, tables), "claims": pd.concat(said, ignore_index=True)} | below


def _claims(state: State, tables: Mapping[str, pd.DataFrame], lang: str) -> pd.DataFrame:
    framework = state.framework

    def named(name: str, to: str) -> str:
        return label(state, name, to)

    def now(name: str) -> pd.DataFrame:
        return tables[name][tables[name]["cycle"] == state.cycle]

    scale = framework.grades.scale
    parts = [
        wording.headline(
            {"grades": now("grades"), "changes": shown_changes(tables["changes"], now("totals"))},
            lang, named, unit_label=framework.unit_label, scale=scale, period="year",
        ),
        wording.grades(
            now("grades"), lang, named, scale=scale, own=framework.own_scales,
            probability=now("grade_probability"),
        ),
        wording.changes(tables["changes"], lang, named, period="year"),
        wording.year_notes(state.cycle, lang, named, panel=paired(state), compared=bool(state.baseline)),
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


STEPS_OF_YEAR = {"40": scoring, "50": changes, "60": watch, "70": measures, "90": report}
NEEDS_OF_YEAR = {
    "40": (),
    "50": ("annual", "grades"),
    "60": ("annual", "totals", "grades", "contributions"),
    "70": (),
    "90": ("totals", "grades", "grade_probability", "changes"),
}
