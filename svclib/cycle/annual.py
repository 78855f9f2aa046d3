"""An annual result: the weighted mean of its cycles' published scores, graded by the year's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib import sensitivity, wording
from svclib.columns import GLOSSARY, TABLES, empty, sort_by_key
from svclib.cycle.grading import drawn_nodes
from svclib.cycle.report import LANGUAGES, board, label
from svclib.cycle.state import State
from svclib.cycle.steps import STEPS, Tables
from svclib.errors import ParamError
from svclib.framework import Framework
from svclib.grades import NO_LIMIT, Graded
from svclib.params.settings import Annual
from svclib.scores import TOTAL, NodeDraws, round_half

FEW = "few_cycles"


class Part(NamedTuple):
    """One cycle of the year: its weight, its published tables, draws of its published scores and grades."""

    cycle: str
    weight: float
    totals: pd.DataFrame
    grades: pd.DataFrame
    scores: dict[str, dict[str, np.ndarray]]  # unit → node → (D,)
    codes: dict[str, np.ndarray]  # unit → (D,) positions in the labels


def parts(state: State) -> tuple[Part, ...]:
    """Every cycle of the year evaluated as it was published; weights sum to 1."""
    annual = state.params.annual
    given = annual.weights if annual and annual.weights else {}
    weights = np.array([given.get(p.cycle, 1.0) for p in state.parts])
    return tuple(_part(p, float(w)) for p, w in zip(state.parts, weights / weights.sum(), strict=True))


def _part(state: State, weight: float) -> Part:
    tables: Tables = {}
    for step in ("10", "30", "40"):
        tables |= STEPS[step](state, tables)
    drawn = drawn_nodes(state, tables, state.cycle)
    grade = tables["grades"][tables["grades"]["status"] == "graded"]
    scores = {u: _published(drawn[u], state.framework) for u in grade["unit"] if u in drawn}
    codes = {u: sensitivity.grade_codes(drawn[u], state.framework) for u in scores}
    return Part(state.cycle, weight, tables["totals"], tables["grades"], scores, codes)


def _published(drawn: NodeDraws, framework: Framework) -> dict[str, np.ndarray]:
    rule = framework.grades
    return {n: round_half(x, decimals=rule.decimals, rule=rule.rounding) for n, x in drawn.scores.items()}


class Year(NamedTuple):
    """What the whole year gives one unit; positions count the labels from the best."""

    n_cycles: int
    n: int  # respondents
    coverage: float
    scores: dict[str, float]
    draws: dict[str, np.ndarray]
    codes: np.ndarray  # (cycles,)
    drawn_codes: np.ndarray  # (cycles, D)


def scoring(state: State, _: Mapping[str, pd.DataFrame]) -> Tables:
    """40: totals, grades and their probability for the year, and the cycles they are made of."""
    members = parts(state)
    years = {unit: _year(unit, members, state) for unit in state.units(state.cycle)}
    total = _totals(years, state)
    grade = _grades(total, years, state)
    odds = [
        row
        for unit in grade.loc[grade["status"] == "graded", "unit"]
        for row in _odds(unit, years[unit], state)
    ]
    return {
        "annual": _composition(members, state),
        "totals": total,
        "grades": grade,
        "grade_probability": _framed("grade_probability", odds),
    }


def _framed(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return sort_by_key(name, pd.DataFrame(rows, columns=list(TABLES[name].all_columns)))


def _composition(members: tuple[Part, ...], state: State) -> pd.DataFrame:
    shown = ("published", "grade", "status")
    rows = [
        {"cycle": state.cycle, "unit": r["unit"], "part": p.cycle, "weight": p.weight}
        | {c: r[c] for c in shown}
        for p in members
        for r in p.grades[p.grades["unit"].isin(state.units(state.cycle))].to_dict("records")
    ]
    return _framed("annual", rows)


def _year(unit: str, members: tuple[Part, ...], state: State) -> Year:
    """Weighted means over the cycles in which the unit was graded, their weights made to sum to 1."""
    labels = state.framework.grades.labels
    graded = [
        dict(p.grades.loc[p.grades["status"] == "graded", ["unit", "grade"]].to_numpy()) for p in members
    ]
    mine = [(p, labels.index(g[unit])) for p, g in zip(members, graded, strict=True) if unit in g]
    coverage = sum(p.weight for p, _ in mine)
    share = [p.weight / coverage for p, _ in mine]
    tables = [p.totals[p.totals["unit"] == unit].set_index("node")["published"].dropna() for p, _ in mine]
    nodes = [n for n in tables[0].index if all(n in t.index for t in tables)] if tables else []
    drawn = [
        (w, p.scores[unit], p.codes[unit]) for w, (p, _) in zip(share, mine, strict=True) if unit in p.scores
    ]
    whole = len(drawn) == len(mine)
    return Year(
        n_cycles=len(mine),
        n=int(sum(p.grades.loc[p.grades["unit"] == unit, "n"].sum() for p, _ in mine)),
        coverage=coverage,
        scores={n: float(sum(w * t[n] for w, t in zip(share, tables, strict=True))) for n in nodes},
        draws={n: np.sum([w * s[n] for w, s, _ in drawn], axis=0) for n in nodes if whole},
        codes=np.array([code for _, code in mine], dtype=int),
        drawn_codes=np.array([c for *_, c in drawn], dtype=int),
    )


def _totals(years: Mapping[str, Year], state: State) -> pd.DataFrame:
    """Table "totals" of the year, with percentile intervals of the drawn means."""
    rule = state.framework.grades
    tails = [(1 - state.params.confidence) / 2, (1 + state.params.confidence) / 2]
    rows = []
    for unit, year in years.items():
        status = "ok" if year.n_cycles >= _annual(state).min_cycles else FEW
        for node in year.scores or {TOTAL: np.nan}:
            score = year.scores.get(node, np.nan)
            ends = np.quantile(year.draws[node], tails) if node in year.draws else (np.nan, np.nan)
            row = {"cycle": state.cycle, "unit": unit, "node": node, "score": score, "status": status}
            row |= {
                "level": TOTAL if node == TOTAL else "dimension",
                "coverage": year.coverage,
                "adjustment": 0.0,
            }
            rows.append(row | {"score_low": np.fmin(ends[0], score), "score_high": np.fmax(ends[1], score)})
    frame = pd.DataFrame(rows)
    shown = round_half(frame["score"].to_numpy(), decimals=rule.decimals, rule=rule.rounding)
    return sort_by_key("totals", frame.assign(published=np.where(frame["status"] == "ok", shown, np.nan)))


def _annual(state: State) -> Annual:
    annual = state.params.annual
    if annual is None:
        raise ParamError(f"{state.params.file.name}: a cycle of kind annual has no annual")
    return annual


def graded_year(published: np.ndarray, codes: np.ndarray, framework: Framework, annual: Annual) -> Graded:
    """Cut the year's published score, then hold it down by the grades of its cycles.

    Parameters
    ----------
    published : ndarray, (D,)
    codes : ndarray, (cycles, D)
        Positions of the cycles' grades in the labels, 0 the best.

    Returns
    -------
    Graded
        `limit` is the position of the rule that lowers the grade, -1 where none does.
    """
    labels = framework.grades.labels
    by_cut = (published[:, None] < np.array(framework.grades.cuts)).sum(axis=1).clip(max=len(labels) - 1)
    final, limit = by_cut.copy(), np.full(len(published), NO_LIMIT)
    for k, rule in enumerate(annual.rules):
        held = (codes >= labels.index(rule.grade)).sum(axis=0) >= rule.at_least
        lowers = held & (labels.index(rule.result) > final)
        final, limit = np.where(lowers, labels.index(rule.result), final), np.where(lowers, k, limit)
    return Graded(by_cut, final, limit, np.zeros(len(published), dtype=bool))


def _grades(total: pd.DataFrame, years: Mapping[str, Year], state: State) -> pd.DataFrame:
    """Table "grades" of the year."""
    annual, labels = _annual(state), state.framework.grades.labels
    group = dict(state.inputs[state.cycle].units[["unit", "group"]].to_numpy())
    rows = []
    for row in total[total["node"] == TOTAL].to_dict("records"):
        year = years[row["unit"]]
        blank = {c: _BLANK[GLOSSARY[c].dtype] for c in TABLES["grades"].all_columns}
        made = blank | {"cycle": state.cycle, "unit": row["unit"], "group": group[row["unit"]], "n": year.n}
        made |= {"coverage": row["coverage"], "published": row["published"], "adjustment": 0.0}
        if row["status"] != "ok":
            rows.append(made | {"status": FEW, "reason": FEW})
            continue
        found = graded_year(np.array([row["published"]]), year.codes[:, None], state.framework, annual)
        rule = annual.rules[found.limit[0]] if found.limit[0] != NO_LIMIT else None
        made |= {"status": "graded", "by_cut": labels[found.by_cut[0]], "grade": labels[found.grade[0]]}
        rows.append(
            made | {"reason": "annual_rule" if rule else "by_cut", "clause": rule.clause if rule else ""}
        )
    frame = pd.DataFrame(rows)
    score = frame["unit"].map(total[total["node"] == TOTAL].set_index("unit")["score"])
    ranks = score.where(frame["status"] == "graded").round(9)
    places = ranks.groupby(frame["group"]).rank(ascending=False, method="min")
    return sort_by_key(
        "grades", frame.assign(rank=ranks.rank(ascending=False, method="min"), group_rank=places)
    )


_BLANK: dict[str, Any] = {"float": np.nan, "str": "", "int": 0, "bool": False}


def _odds(unit: str, year: Year, state: State) -> list[dict[str, Any]]:
    """Share of the joint draws of all cycles that end in each grade."""
    if TOTAL not in year.draws:
        return []
    rule, labels = state.framework.grades, state.framework.grades.labels
    published = round_half(year.draws[TOTAL], decimals=rule.decimals, rule=rule.rounding)
    codes = graded_year(published, year.drawn_codes, state.framework, _annual(state)).grade
    share = np.bincount(codes, minlength=len(labels)) / len(codes)
    common = {"cycle": state.cycle, "unit": unit, "draws": len(codes), "seed": state.params.seed}
    return [common | {"grade": g, "probability": float(p)} for g, p in zip(labels, share, strict=True)]


def watch(_: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """60: the published score of every cycle of the year beside the year's own."""
    graded = tables["grades"][["unit", "grade"]].assign(node=TOTAL)
    own = tables["totals"].merge(graded, on=["unit", "node"], how="left").fillna({"grade": ""})
    columns = list(TABLES["history"].all_columns)
    cycles = tables["annual"].assign(cycle=tables["annual"]["part"], node=TOTAL, level=TOTAL)
    every = [cycles.assign(score=cycles["published"])[columns], own[columns]]
    return {"history": sort_by_key("history", pd.concat(every, ignore_index=True))}


def report(state: State, tables: Mapping[str, pd.DataFrame]) -> Tables:
    """90: the board of the year, and its sentences."""
    known = {**tables, "changes": empty("changes")}
    said = [_claims(state, known, lang) for lang in LANGUAGES]
    return {"board": board(state, known), "claims": pd.concat(said, ignore_index=True)}


def _claims(state: State, tables: Mapping[str, pd.DataFrame], lang: str) -> pd.DataFrame:
    framework, odds = state.framework, tables["grade_probability"]

    def named(name: str, to: str) -> str:
        return label(state, name, to)

    front = wording.headline(
        tables["grades"], tables["changes"], lang, named,
        unit_label=framework.unit_label, scale=framework.grades.scale,
    )  # fmt: skip
    rules = framework.grades
    why = wording.grades(tables["grades"], lang, named, scale=rules.scale, probability=odds)
    return pd.concat([front, why], ignore_index=True)


STEPS_OF_YEAR = {"40": scoring, "60": watch, "90": report}
NEEDS_OF_YEAR = {
    "40": (),
    "60": ("annual", "totals", "grades"),
    "90": ("totals", "grades", "grade_probability"),
}
