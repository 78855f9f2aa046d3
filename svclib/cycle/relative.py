"""Beside step 40: other composites, importance and performance, gaps to expectation, cuts to consider.

Nothing here enters a score or a grade, and none of it is compared with another cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from svclib import composites, cuts, moments, policy
from svclib.columns import TABLES, empty
from svclib.cycle.answers import sampling, valid
from svclib.cycle.state import ALL_UNITS, State
from svclib.framework import Framework
from svclib.scores import TOTAL

if TYPE_CHECKING:
    from svclib.cycle.grading import Side

Tables = dict[str, pd.DataFrame]
LEAST_UNITS = 3
MADE = ("composites", "rsr_distribution", "fuzzy", "cut_proposals")


def relative(
    state: State, found: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame], sides: Sequence[Side]
) -> Tables:
    """The tables above of the current cycle, by units under the same rules.

    Parameters
    ----------
    found : tables "totals", "contributions" and "grades" of step 40
    tables : tables "exclusions" and "drivers" of earlier steps
    sides : units under the same rules; fewer than three with a score are not compared
    """
    kept = valid(state, tables["exclusions"], (state.cycle,))
    now = {name: frame[frame["cycle"] == state.cycle] for name, frame in found.items() if "cycle" in frame}
    made = [_of_side(state, now, kept, side) for side in sides]
    whole = {name: _framed(name, [part[name] for part in made if name in part], state.cycle) for name in MADE}
    used = now["contributions"][now["contributions"]["unit"].isin(whole["fuzzy"]["unit"])]
    ipa = _ipa(used, _driven(tables["drivers"], state.framework))
    return whole | {"ipa": _framed("ipa", [ipa], state.cycle), "gaps": _gaps(state, kept)}


def _framed(name: str, parts: Iterable[pd.DataFrame], cycle: str) -> pd.DataFrame:
    rows = [part for part in parts if len(part)]
    if not rows:
        return empty(name)
    return pd.concat(rows, ignore_index=True).assign(cycle=cycle)[list(TABLES[name].all_columns)]


def _of_side(state: State, now: Mapping[str, pd.DataFrame], kept: pd.DataFrame, side: Side) -> Tables:
    total = now["totals"][(now["totals"]["node"] == TOTAL) & now["totals"]["unit"].isin(side.units)]
    total = total.set_index("unit")
    full = list(total.index[total["status"] == "ok"])
    if len(full) < LEAST_UNITS:
        return {}
    parts = now["contributions"][now["contributions"]["unit"].isin(full)]
    points, weights = (
        parts.pivot_table(c, "unit", "indicator", dropna=False).loc[full] for c in ("score", "weight")
    )
    grades, rules = now["grades"].set_index("unit").loc[full, "grade"], side.framework
    memberships = composites.fuzzy(
        _relation(parts, kept[kept["unit"].isin(full)], rules), rules.grades.labels
    )
    scored = {"total": total.loc[full, "published"]} | _scored(points, weights)
    told = _verdicts(memberships, rules).set_index("unit").loc[full]
    graded = {"total": grades, "fuzzy": told["grade"]}
    graded |= {m: _bins(scored[m], rules) for m in ("rsr", "rsr_linear")}
    frame = _composites(scored | {"fuzzy": told["score"]}, graded, _partial(points), told["note"])
    absent = _absent([u for u in side.units if u not in full])
    tables = {
        "composites": pd.concat([frame, absent], ignore_index=True),
        "rsr_distribution": pd.concat([_spread(scored[m], m, rules) for m in ("rsr", "rsr_linear")]),
        "fuzzy": memberships,
        "cut_proposals": _proposals(scored["total"], rules, state.params.seed),
    }
    return {name: table.assign(group=side.group) for name, table in tables.items()}


def _scored(points: pd.DataFrame, weights: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        "rsr": composites.rsr(points, weights),
        "rsr_linear": composites.rsr(points, weights, integer=False),
        "topsis": composites.topsis(points, weights),
    }


def _absent(units: Sequence[str]) -> pd.DataFrame:
    row = {"method": "total", "score": np.nan, "rank": np.nan, "grade": "", "relative": False}
    return pd.DataFrame({"unit": units}).assign(**row, note="not_compared")


def _relation(parts: pd.DataFrame, kept: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Memberships of every indicator of every unit: of its answers, or of its points where it has none."""
    labels = list(framework.grades.labels)
    used = parts[parts["weight"] > 0].reset_index(drop=True)
    by_points = composites.memberships(used["score"].to_numpy(), framework.grades.cuts)
    told = composites.answer_memberships(kept, framework).set_index(["unit", "indicator"])
    by_answers = told.reindex(pd.MultiIndex.from_frame(used[["unit", "indicator"]]))[labels].to_numpy(
        dtype=float
    )
    found = np.where(np.isnan(by_answers), by_points, by_answers)
    return used[["unit", "dimension", "indicator", "weight"]].join(pd.DataFrame(found, columns=labels))


def _verdicts(memberships: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    edges = np.array([100.0, *framework.grades.cuts])
    middles = (edges[:-1] + edges[1:]) / 2
    told = composites.verdicts(memberships, framework.grades.labels, middles)
    close = policy.judge(told["lead"], "membership_lead") == "close"
    marks = {"operators_disagree": told["disagree"], "close": close}
    note = [";".join(m for m, on in marks.items() if on[k]) for k in range(len(told))]
    return told.assign(note=note)


def _bins(ratio: pd.Series, framework: Framework) -> pd.Series:
    return composites.bins(ratio, len(framework.grades.labels)).map(dict(enumerate(framework.grades.labels)))


def _partial(points: pd.DataFrame) -> list[str]:
    """What does not apply to a unit, as a note."""
    lacking = [points.columns[gone].tolist() for gone in points.isna().to_numpy()]
    return [f"not_applicable:{','.join(names)}" if names else "" for names in lacking]


def _composites(
    scored: Mapping[str, pd.Series],
    graded: Mapping[str, pd.Series],
    partial: Sequence[str],
    of_fuzzy: pd.Series,
) -> pd.DataFrame:
    rows = []
    for method, score in scored.items():
        notes = [(p, f if method == "fuzzy" else "") for p, f in zip(partial, of_fuzzy, strict=True)]
        part = pd.DataFrame({"unit": score.index, "score": score.to_numpy(), "method": method})
        rank = part["score"].round(9).rank(method="min", ascending=False)
        part = part.assign(rank=rank, note=[";".join(n for n in pair if n) for pair in notes])
        grade = graded[method].to_numpy() if method in graded else ""
        rows.append(part.assign(grade=grade, relative=method not in ("total", "fuzzy")))
    return pd.concat(rows, ignore_index=True)


def _spread(ratio: pd.Series, method: str, framework: Framework) -> pd.DataFrame:
    table = composites.distribution(ratio)
    grade = dict(zip(ratio, _bins(ratio, framework), strict=True))
    return table.assign(method=method, grade=table["rsr"].map(grade), relative=True)


def _driven(drivers: pd.DataFrame, framework: Framework) -> dict[str, float]:
    """Importance of the rated indicators: share of the dimension in what explains the criterion, times
    the share within it; all of it falls to the only rated one of a dimension.
    """
    first = drivers[drivers["explained"] == drivers["explained"].min()]
    share = first.set_index(["parent", "node"])["share"].to_dict()
    found = {}
    for dimension in framework.dimensions:
        rated = [i.name for i in dimension.indicators if i.items]
        for name in rated:
            within = share.get((dimension.name, name), 1.0 if len(rated) == 1 else np.nan)
            found[name] = share.get((TOTAL, dimension.name), np.nan) * within
    return found


def _ipa(parts: pd.DataFrame, driven: Mapping[str, float]) -> pd.DataFrame:
    """Every unit, and all together as the plain mean of the units; importance by weights and by drivers."""
    frame = parts.rename(columns={"score": "performance", "weight": "importance"}).assign(method="by_weight")
    other = frame.assign(importance=frame["indicator"].map(driven), method="by_drivers")
    frame = pd.concat([frame, other]).dropna(subset=["importance", "performance"])
    mean = frame.groupby(["method", "dimension", "indicator"], sort=False)[
        ["importance", "performance"]
    ].mean()
    frame = pd.concat([frame, mean.reset_index().assign(unit=ALL_UNITS)])
    return composites.importance_performance(frame).assign(relative=True)


def _proposals(published: pd.Series, framework: Framework, seed: int) -> pd.DataFrame:
    """Cuts to consider; none where grades follow from targets, or too few scores differ."""
    rules = framework.grades
    if rules.method != "cuts" or published.nunique() < len(rules.labels):
        return empty("cut_proposals")
    found = cuts.proposals(published, rules.scale, decimals=rules.decimals, seed=seed)
    usable = found["cut_proposed"].between(0, 100)
    note = np.where(found["cut_proposed"].isna(), "class_empty", np.where(usable, "", "beyond_scale"))
    return found.assign(relative=True, note=note)


def _gaps(state: State, kept: pd.DataFrame) -> pd.DataFrame:
    framework = state.framework
    rows = composites.paired(kept, framework) if framework.expectations else kept[:0]
    if rows.empty:
        return empty("gaps")
    items = [c for i in framework.indicators if i.expectation for c in (*i.items, *i.expectation)]
    rules = state.params
    return composites.gaps(
        moments.reduce(rows, items, **sampling(rows)),
        framework,
        units=state.units(state.cycle),
        panel=rules.panel,
        confidence=rules.confidence,
    )
