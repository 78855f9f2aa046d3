"""An annual result: the weighted mean of its cycles' published scores, graded by the year's own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib import sensitivity
from svclib.columns import GLOSSARY, TABLES, sort_by_key
from svclib.cycle.grading import all_units
from svclib.cycle.parts import Part, parts
from svclib.cycle.state import State
from svclib.cycle.steps import Tables
from svclib.errors import ParamError
from svclib.framework import Framework
from svclib.grades import EXACT, NO_LIMIT, Graded, ranked
from svclib.params.rules import Annual
from svclib.scores import TOTAL, NodeDraws, round_half

FEW = "few_cycles"
_BLANK: dict[str, Any] = {"float": np.nan, "str": "", "int": 0, "bool": False}


class Year(NamedTuple):
    """What the whole year gives one unit; positions count the labels from the best."""

    n_cycles: int
    n: int  # respondents
    coverage: float
    adjustment: float  # points added to or taken from the mean by the cycles' own 加减分
    scores: dict[str, float]
    draws: dict[str, np.ndarray]
    codes: np.ndarray  # (cycles,)
    drawn_codes: np.ndarray  # (cycles, D)


def scoring(state: State, _: Mapping[str, pd.DataFrame]) -> Tables:
    """40: totals, grades and their probability for the year, and the cycles they are made of.

    The year it is compared with comes first, under the same units.
    """
    made = [_scored(each) for each in (state.before, state) if each is not None]
    return {name: pd.concat([each[name] for each in made], ignore_index=True) for name in made[0]}


def _scored(state: State) -> Tables:
    members = parts(state)
    years = {unit: year_of(unit, members, state.framework) for unit in state.units(state.cycle)}
    total = _totals(years, state)
    graded = ranked(_grades(total, years, state), total)
    drawn = {u: NodeDraws(years[u].draws, {}) for u in graded.loc[graded["status"] == "graded", "unit"]}
    drawn = {u: d for u, d in drawn.items() if TOTAL in d.scores}
    level = state.params.confidence
    whole = all_units(total, graded[graded["unit"].isin(list(drawn))], drawn, level)
    return {
        "annual": _composition(members, state),
        "totals": sort_by_key("totals", pd.concat([total, whole], ignore_index=True)),
        "grades": sort_by_key("grades", sensitivity.rank_intervals(graded, drawn, confidence=level)),
        "grade_probability": _framed(
            "grade_probability", [row for unit in drawn for row in odds(unit, years[unit], state)]
        ),
        "contributions": _contributions(members, state),
    }


def _framed(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
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


def shares(unit: str, members: Sequence[Part]) -> list[tuple[float, Part]]:
    """The cycles in which `unit` was graded, with weights that sum to 1."""
    mine = [p for p in members if unit in p.graded]
    whole = sum(p.weight for p in mine)
    return [(p.weight / whole, p) for p in mine]


def year_of(unit: str, members: Sequence[Part], framework: Framework) -> Year:
    """Weighted means over the cycles in which the unit was graded, their weights made to sum to 1."""
    labels, mine = framework.grades.labels, shares(unit, members)
    tables = [p.totals[p.totals["unit"] == unit].set_index("node") for _, p in mine]
    published = [t["published"].dropna() for t in tables]
    nodes = [n for n in published[0].index if all(n in t.index for t in published)] if mine else []
    drawn = [(w, p.scores[unit], p.codes[unit]) for w, p in mine if unit in p.scores]
    whole = len(drawn) == len(mine)
    return Year(
        n_cycles=len(mine),
        n=int(sum(p.grades.loc[p.grades["unit"] == unit, "n"].sum() for p in members)),
        coverage=float(sum(p.weight for _, p in mine)),
        adjustment=float(sum(w * t["adjustment"][TOTAL] for (w, _), t in zip(mine, tables, strict=True))),
        scores={n: float(sum(w * t[n] for (w, _), t in zip(mine, published, strict=True))) for n in nodes},
        draws={n: np.sum([w * s[n] for w, s, _ in drawn], axis=0) for n in nodes if whole},
        codes=np.array([labels.index(p.graded[unit]) for _, p in mine], dtype=int),
        drawn_codes=np.array([c for *_, c in drawn], dtype=int),
    )


def _totals(years: Mapping[str, Year], state: State) -> pd.DataFrame:
    """Table "totals" of the year, with percentile intervals of the drawn means."""
    rule = state.framework.grades
    tails = [(1 - state.params.confidence) / 2, (1 + state.params.confidence) / 2]
    rows = []
    for unit, year in years.items():
        status = "ok" if year.n_cycles >= annual_of(state).min_cycles else FEW
        for node in year.scores or {TOTAL: np.nan}:
            score, top = year.scores.get(node, np.nan), node == TOTAL
            ends = np.quantile(year.draws[node], tails) if node in year.draws else (np.nan, np.nan)
            row = {"cycle": state.cycle, "unit": unit, "node": node, "score": score, "status": status}
            row |= {"level": TOTAL if top else "dimension", "coverage": year.coverage}
            row |= {"adjustment": year.adjustment if top else 0.0}
            rows.append(row | {"score_low": np.fmin(ends[0], score), "score_high": np.fmax(ends[1], score)})
    frame = pd.DataFrame(rows)
    shown = round_half(frame["score"].to_numpy(), decimals=rule.decimals, rule=rule.rounding)
    return sort_by_key("totals", frame.assign(published=np.where(frame["status"] == "ok", shown, np.nan)))


def annual_of(state: State) -> Annual:
    """What the params say of the year."""
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


def rules_of(state: State, unit: str) -> Framework:
    """The framework as the unit's group has it: its cuts grade the year too."""
    return state.framework.for_group(state.groups(state.cycle)[unit])


def _grades(total: pd.DataFrame, years: Mapping[str, Year], state: State) -> pd.DataFrame:
    """Table "grades" of the year."""
    group, blank = state.groups(state.cycle), {c: _BLANK[GLOSSARY[c].dtype] for c in TABLES["grades"].columns}
    rows = []
    for row in total[total["node"] == TOTAL].to_dict("records"):
        year = years[row["unit"]]
        made = blank | {"cycle": state.cycle, "unit": row["unit"], "group": group[row["unit"]], "n": year.n}
        made |= {"coverage": row["coverage"], "published": row["published"]}
        made |= {"adjustment": row["adjustment"], "status": FEW, "reason": FEW}
        graded = row["status"] == "ok"
        rows.append(made | (_graded(row["published"], year, row["unit"], state) if graded else {}))
    return sort_by_key("grades", pd.DataFrame(rows))


def _graded(published: float, year: Year, unit: str, state: State) -> dict[str, Any]:
    """Grade, its grounds and clause, and the distance to the next cut."""
    framework, annual = rules_of(state, unit), annual_of(state)
    labels, cuts = framework.grades.labels, framework.grades.cuts
    found = graded_year(np.array([published]), year.codes[:, None], framework, annual)
    rule = annual.rules[found.limit[0]] if found.limit[0] != NO_LIMIT else None
    above = int(found.by_cut[0]) - 1
    return {
        "status": "graded",
        "by_cut": labels[found.by_cut[0]],
        "grade": labels[found.grade[0]],
        "reason": "annual_rule" if rule else "by_cut",
        "clause": rule.clause if rule else "",
        "next_grade": labels[above] if above >= 0 else "",
        "distance": round(cuts[above] - published, EXACT) if above >= 0 else np.nan,
    }


def odds(unit: str, year: Year, state: State) -> list[dict[str, Any]]:
    """Share of the joint draws of all cycles that end in each grade."""
    framework = rules_of(state, unit)
    rule, labels = framework.grades, framework.grades.labels
    published = round_half(year.draws[TOTAL], decimals=rule.decimals, rule=rule.rounding)
    codes = graded_year(published, year.drawn_codes, framework, annual_of(state)).grade
    share = np.bincount(codes, minlength=len(labels)) / len(codes)
    common = {"cycle": state.cycle, "unit": unit, "draws": len(codes), "seed": state.params.seed}
    return [common | {"grade": g, "probability": float(p)} for g, p in zip(labels, share, strict=True)]


def _contributions(members: tuple[Part, ...], state: State) -> pd.DataFrame:
    """Table "contributions" of the year: contribution and loss are weighted means over its cycles.

    Both add up to 100 less what rounding and 加减分 of the cycles did; score is
    contribution / weight.
    """
    summed = ["weight", "contribution", "lost"]
    found = []
    for unit in state.units(state.cycle):
        for w, p in shares(unit, members):
            rows = p.tables["contributions"]
            rows = rows[(rows["unit"] == unit) & (rows["weight"] > 0)]
            found.append(rows[["unit", "indicator", "dimension"]].join(w * rows[summed]))
    if not found:
        return _framed("contributions", [])
    keys = ["unit", "indicator", "dimension"]
    every = pd.concat(found, ignore_index=True).groupby(keys, sort=False)[summed].sum().reset_index()
    score = every["contribution"] / every["weight"]
    return sort_by_key("contributions", every.assign(cycle=state.cycle, score=score))
