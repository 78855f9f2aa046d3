"""Step 90: the board of all units, and every sentence with the row that supports it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from svclib import decomposition, wording
from svclib.columns import TABLES
from svclib.cycle.freezing import frozen
from svclib.cycle.state import ALL_UNITS, BEFORE, State
from svclib.parents import roll_up
from svclib.scores import TOTAL

LANGUAGES = ("zh", "en")


def label(state: State, name: str, lang: str) -> str:
    """`name` as shown in `lang`: a unit by its name, and a word for all units together."""
    if name == ALL_UNITS:
        return "全体" if lang == "zh" else "All units"
    own = state.names[lang].get(name) or state.framework.label(name, lang)
    return _of_params(state).get(own, own) if lang == "en" else own


def _of_params(state: State) -> dict[str, str]:
    """English of what the params name: clauses of the year's rules, the event and the days before it."""
    annual, scope = state.params.annual, state.params.scope
    names = {rule.clause: rule.clause_en for rule in annual.rules} if annual else {}
    if scope and scope.event_en:
        names |= {scope.event: scope.event_en, f"{scope.event}{BEFORE}": f"before {scope.event_en}"}
    return {name: english for name, english in names.items() if english}


def report(state: State, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """90: one row per unit for the front page, the same by parent, and the claims of the whole report."""
    held = {"freeze": frozen(state.params)}
    said = [_claims(state, {**tables, **held}, lang) for lang in LANGUAGES]
    grades = tables["grades"][tables["grades"]["cycle"] == state.cycle]
    below = roll_up(grades, state.above, cycle=state.cycle)
    return {"board": board(state, tables), "claims": pd.concat(said, ignore_index=True)} | held | below


def board(state: State, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Grade, interval, last grade and change of every unit, side by side."""
    grades = tables["grades"]
    now = grades[grades["cycle"] == state.cycle]
    total = tables["totals"].query("node == 'total' and cycle == @state.cycle")
    last = dict(grades.loc[grades["cycle"] == state.baseline, ["unit", "grade"]].itertuples(index=False))
    change = tables["changes"][tables["changes"]["node"] == TOTAL].set_index("unit")
    verdict = dict(change["verdict"])
    silent = change["verdict"].isin(["not_judged", "not_comparable"]) & (change["reason"] != "bare_value")
    known = dict(change.loc[~silent, "change"])
    rows = now.merge(total[["unit", "score_low", "score_high"]], on="unit", validate="1:1")
    rows["last_grade"] = [last.get(unit, "") for unit in rows["unit"]]
    rows["verdict"] = [
        verdict.get(unit, "not_comparable" if unit in last else "no_last") for unit in rows["unit"]
    ]
    rows["change"] = [known.get(unit, math.nan) for unit in rows["unit"]]
    rows.loc[rows["status"] != "graded", ["score_low", "score_high"]] = math.nan
    return rows[list(TABLES["board"].all_columns)]


def shown_changes(changes: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Changes whose mean total of all units is the published one.

    Compared scores leave bonus points and units graded in one cycle aside; a headline
    beside the published mean must not show another number.
    """
    found = totals.loc[(totals["unit"] == ALL_UNITS) & (totals["node"] == TOTAL), "score"]
    whole = (changes["unit"] == ALL_UNITS) & (changes["node"] == TOTAL)
    return (
        changes.assign(estimate1=changes["estimate1"].mask(whole, float(found.iloc[0])))
        if len(found)
        else changes
    )


def _claims(state: State, tables: Mapping[str, pd.DataFrame], lang: str) -> pd.DataFrame:
    framework, params = state.framework, state.params

    def named(name: str, to: str) -> str:
        return label(state, name, to)

    def now(name: str) -> pd.DataFrame:
        return tables[name][tables[name]["cycle"] == state.cycle]

    alpha = now("reliability").query("stat == 'alpha' and variant == 'raw'")
    parts = [
        wording.headline(
            {"grades": now("grades"), "changes": shown_changes(tables["changes"], now("totals"))},
            lang, named, unit_label=framework.unit_label, scale=framework.grades.scale,
        ),
        wording.credibility(now("response_profile"), alpha, now("grades"), lang, named),
        wording.screening(now("screening").query("unit == ''"), lang, named),
        wording.reliability(alpha, lang, named, policy=params.reliability.min_alpha),
        wording.invariance(now("invariance").query("by == 'cycle'"), lang, named),
        wording.weights(tables["weights"], lang, named),
        wording.consistency(tables["consistency"], tables["judgement_review"], lang, named),
        wording.grades(
            now("grades"), lang, named, scale=framework.grades.scale, own=framework.own_scales,
            probability=now("grade_probability"),
        ),
        wording.changes(tables["changes"], lang, named),
        wording.decomposition(decomposition.largest(tables["decomposition"], 3), lang, named),
        wording.targets(tables["targets"], lang, named),
        wording.alerts(tables["alerts"], lang, named),
        wording.freeze(tables["freeze"], lang, named),
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)
