"""Step 60: the course of every score and value over cycles and weeks, and what it warns of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from svclib import kpis, monitoring, policy, targets
from svclib.columns import TABLES, empty, sort_by_key
from svclib.cycle import records
from svclib.cycle.answers import flags, valid
from svclib.cycle.grading import last_grades, scored, without_draws
from svclib.cycle.state import State
from svclib.errors import ParamError
from svclib.framework import Indicator
from svclib.framework.measures import COUNTED
from svclib.monitoring import Phase, Spec
from svclib.scores import TOTAL
from svclib.trends import trends

Tables = dict[str, pd.DataFrame]
SIGNS = {"high": 1, "low": -1, "near": 0}
YEAR = 365
LOGS = ("kaplan_meier", "geometric", "poisson")
SERIES = ["unit", "level", "node"]


class Past(NamedTuple):
    """Tables of step 40 of every cycle read, under the current framework and weights."""

    totals: pd.DataFrame
    grades: pd.DataFrame
    indicator_scores: pd.DataFrame
    kpi_sources: pd.DataFrame

    def history(self) -> pd.DataFrame:
        """Table "history": totals and grades."""
        graded = self.grades[["cycle", "unit", "grade"]].assign(node=TOTAL)
        rows = self.totals.merge(graded, on=["cycle", "unit", "node"], how="left")
        return rows.assign(grade=rows["grade"].fillna(""))[list(TABLES["history"].all_columns)]


def past(state: State, tables: Mapping[str, pd.DataFrame]) -> Past:
    """What the compared cycles have in `tables`, and the earlier ones scored without intervals."""
    found = [Past(*(tables[name] for name in Past._fields))]
    last: dict[str, str] = {}
    for cycle in state.in_time:
        graded = tables["grades"][tables["grades"]["cycle"] == cycle]
        if cycle not in state.compared:
            kept = valid(state, flags(state, [cycle]), [cycle])
            earlier = scored(without_draws(state), kept, tables["weights"], cycle, last=last)
            found.append(Past(*(earlier[name] for name in Past._fields)))
            graded = earlier["grades"]
        last = last_grades(state, graded)
    return Past(*(pd.concat(frames, ignore_index=True) for frames in zip(*found, strict=True)))


def monitored(state: State, known: Past, aims: targets.Aims) -> Tables:
    """Tables trends, period_changes, control_points, control_charts, funnel and alerts."""
    _check_phases(state)
    series, rules = in_time(state, known), state.params
    charted = _charts(state, series, aims)
    far, due = funnels(state, known), _deadlines(state, aims)
    warned = monitoring.alerts(
        known.indicator_scores, state.framework, {key: aim.warn for key, aim in aims.items()},
        cycles=state.in_time, due=due,
    )  # fmt: skip
    signals = monitoring.signals(charted["control_charts"], far, state.framework, due)
    raised = [part for part in (warned, signals) if len(part)]
    return {
        "trends": trends(series, confidence=rules.confidence, correction=rules.adjust),
        "period_changes": changes_between(series, state.cycle, _bases(state)),
        **charted,
        "funnel": far,
        "alerts": pd.concat(raised, ignore_index=True) if raised else empty("alerts"),
    }


def in_time(state: State, known: Past) -> pd.DataFrame:
    """Every score and natural value that the current cycle has, over all cycles, as `trends` takes them."""
    totals = known.totals.rename(columns={"score": "value"}).assign(
        kind="composite", measure="", sign=1, method=""
    )
    values = known.indicator_scores.query("subject == '' and status == 'ok'")
    values = values.rename(columns={"indicator": "node"}).assign(level="indicator")
    better = {i.name: SIGNS[i.better] for i in state.framework.indicators}
    values = values.assign(sign=values["node"].map(better))
    # Hours per failure are no count over an exposure, whatever law they follow.
    values["method"] = values["method"].mask((values["method"] == "poisson") & (values["kind"] != "rate"), "")
    counts = known.kpi_sources.rename(columns={"indicator": "node"})
    counts = counts[["cycle", "unit", "node", "numerator", "denominator"]]
    values = values.merge(counts, on=["cycle", "unit", "node"], how="left", validate="1:1")
    wanted = ["cycle", *SERIES, "kind", "measure", "sign", "method", "value", "numerator", "denominator"]
    both = pd.concat([f.reindex(columns=wanted) for f in (totals, values) if len(f)], ignore_index=True)
    now = both[(both["cycle"] == state.cycle) & both["value"].notna()]
    both = both[pd.MultiIndex.from_frame(both[SERIES]).isin(pd.MultiIndex.from_frame(now[SERIES]))]
    place = {cycle: k for k, cycle in enumerate(state.in_time)}
    return both.assign(position=both["cycle"].map(place))


def changes_between(points: pd.DataFrame, cycle: str, bases: Mapping[str, str]) -> pd.DataFrame:
    """Table "period_changes": every value of `cycle` against that of other cycles, not tested.

    Parameters
    ----------
    points : as `trends` takes them
    bases : cycle to compare with by how it is called, "previous" (环比) and "last_year" (同比)

    Returns
    -------
    change in the unit of the value, rel_change as a share of the absolute value then (NaN where that
    is 0), gain the change in the good direction (NaN where neither is better)
    """
    key = ["unit", "level", "node"]
    now = points[points["cycle"] == cycle].dropna(subset="value")
    parts = []
    for comparison, baseline in bases.items():
        then = points.loc[points["cycle"] == baseline, [*key, "value"]].dropna(subset="value")
        then = then.rename(columns={"value": "value_before"})
        parts.append(now.merge(then, on=key).assign(comparison=comparison, baseline=baseline))
    if not parts:
        return empty("period_changes")
    rows = pd.concat(parts, ignore_index=True)
    change = rows["value"] - rows["value_before"]
    before = rows["value_before"].abs()
    rows = rows.assign(
        change=change,
        rel_change=change / before.where(before > 0),
        gain=(change * rows["sign"]).where(rows["sign"] != 0),
    )
    return sort_by_key("period_changes", rows)


def _bases(state: State) -> dict[str, str]:
    """Cycles of 环比 and 同比; an ad-hoc cycle has neither."""
    if state.params.kind == "ad_hoc":
        return {}
    before = state.in_time[: state.in_time.index(state.cycle)]
    found = {"previous": before[-1] if before else "", "last_year": state.last_year}
    return {how: cycle for how, cycle in found.items() if cycle}


def _charts(state: State, series: pd.DataFrame, aims: targets.Aims) -> Tables:
    """Tables control_points and control_charts of every series long enough to be charted."""
    points, charts = [], []
    for every, part in ((e, p) for made in (_by_cycle(state, series), _by_days(state)) for e, p in made):
        last = part.iloc[-1]
        key = {"cycle": state.cycle, **{c: last[c] for c in SERIES}, "every": every}
        spec = _spec(state, last, aims)
        inside = [p for p in _phases(state, last) if part["day"].iloc[0] < p.start <= part["day"].iloc[-1]]
        charted, told = monitoring.control_chart(part, spec, phases=inside)
        of = {"chart": spec.chart, "kind": last["kind"], "measure": last["measure"]}
        aim = spec.target if isinstance(spec.target, float) else float("nan")
        charts.append(key | of | told | {"target": aim})
        points.append(charted.assign(**key))
    if not charts:
        return {name: empty(name) for name in ("control_points", "control_charts")}
    found = {"control_points": pd.concat(points, ignore_index=True), "control_charts": pd.DataFrame(charts)}
    return {name: sort_by_key(name, frame) for name, frame in found.items()}


def _by_cycle(state: State, series: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Series over cycles; those with too few points for limits are left out."""
    days = {cycle: "" if span is None else str(span.start.date()) for cycle, span in state.spans.items()}
    known = series.dropna(subset="value").sort_values("position")
    known = known.assign(at=known["cycle"], day=[days.get(c, "") for c in known["cycle"]])
    for _, part in known.groupby(SERIES, sort=True):
        if (
            policy.judge(len(part), "chart_points")[0] != "few_points"
            and part["cycle"].iloc[-1] == state.cycle
        ):
            yield "cycle", part


def _by_days(state: State) -> Iterator[tuple[str, pd.DataFrame]]:
    """Series over weeks, or months once a year is known, of what events and inspections give."""
    counted = {i.name: i for i in state.framework.indicators if i.source in COUNTED}
    spans = [(c, state.spans[c]) for c in state.in_time if state.spans.get(c) is not None]
    if not counted or not spans:
        return
    days = sum((span.end - span.start).days for _, span in spans if span is not None)
    every, units = "month" if days >= YEAR else "week", _recorded(state)
    parts = [
        kpis.over_time(records.sheets(state.inputs[c]), state.framework, units=units, span=span, every=every)
        for c, span in spans
        if span is not None
    ]
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(["unit", "indicator", "at"], keep="last")
    for (_, name), part in rows.sort_values("at").groupby(["unit", "indicator"], sort=True):
        if policy.judge(len(part), "chart_points")[0] != "few_points":
            of = counted[str(name)]
            yield (
                every,
                part.assign(level="indicator", node=str(name), kind=of.kind, measure=of.unit, day=part["at"]),
            )


def _recorded(state: State) -> list[str]:
    """Units with at least as many records as a chart needs points."""
    sheets = [s for c in state.in_time for s in records.sheets(state.inputs[c])[:2] if s is not None]
    count = pd.concat([s["unit"] for s in sheets]).value_counts() if sheets else pd.Series(dtype=int)
    least = policy.rule("chart_points").cuts[0].at
    return [unit for unit in state.units(state.cycle) if count.get(unit, 0) >= least]


def _spec(state: State, last: pd.Series, aims: targets.Aims) -> Spec:
    """How a series is charted: counts as p′ or u′, everything else as single values."""
    if last["level"] != "indicator":
        return Spec(bounds=(0.0, 100.0))
    indicator = state.framework.indicator(str(last["node"]))
    aim = aims.get((last["unit"], last["node"]))
    goal = None if aim is None else aim.target
    known = pd.notna(last["numerator"]) and pd.notna(last["denominator"])
    counted = known and last.get("method", "binomial") in ("binomial", "poisson", "visits")
    chart = ("u" if indicator.kind == "rate" else "p") if counted else "xmr"
    return Spec(
        chart, indicator.better, goal, indicator.bounds, _scale(indicator), indicator.kind == "duration"
    )


def _scale(indicator: Indicator) -> float:
    return indicator.per if indicator.kind == "rate" else indicator.bounds[1]


def _phases(state: State, last: pd.Series) -> list[Phase]:
    """Declared phases of one series."""
    node = last["node"] if last["level"] == "indicator" else ""
    return [
        Phase(str(rule.day), rule.reason)
        for rule in state.params.phases
        if (not rule.units or last["unit"] in rule.units) and (not rule.indicators or node in rule.indicators)
    ]


def _check_phases(state: State) -> None:
    """Refuse a phase that begins before anything is known."""
    first = min((str(s.start.date()) for s in state.spans.values() if s is not None), default="")
    told = [
        f"a phase from {rule.day} ({rule.reason}) has no days before it: data begin on {first}"
        for rule in state.params.phases
        if not first or str(rule.day) <= first
    ]
    if told:
        raise ParamError(f"{state.params.file.name}: {'; '.join(told)}. Correct phases")


def funnels(state: State, known: Past) -> pd.DataFrame:
    """Table "funnel": the units of the current cycle on each indicator whose error is known."""
    now = in_time(state, known).query("level == 'indicator' and cycle == @state.cycle")
    errors = known.indicator_scores.query("subject == ''").rename(columns={"indicator": "node"})
    now = now.merge(
        errors[["cycle", "unit", "node", "se", "n", "method"]],
        on=["cycle", "unit", "node"],
        suffixes=("", "_of"),
    )
    parts = [empty("funnel")]
    for name, part in now.groupby("node", sort=True):
        indicator = state.framework.indicator(str(name))
        form, rows = _form(indicator, part)
        if monitoring.standing(len(rows)) == "few_points":
            continue
        found = monitoring.funnel(
            rows, form=form, better=indicator.better, scale=_scale(indicator) if form in _COUNTS else 1.0
        )
        of = {"cycle": state.cycle, "indicator": name, "kind": indicator.kind, "measure": indicator.unit}
        parts.append(found.assign(n=rows["n"].to_numpy(), **of))
    return sort_by_key("funnel", pd.concat([p for p in parts if len(p)] or parts, ignore_index=True))


_COUNTS = ("proportion", "rate")


def _form(indicator: Indicator, rows: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """The law of the values, and the rows that have what it needs."""
    counts = rows.dropna(subset=["numerator", "denominator"])
    counts = counts[counts["method"].isin(["binomial", "poisson"])]
    if len(counts) and len(counts) == len(rows):
        return ("rate" if indicator.kind == "rate" else "proportion"), counts
    form = "log_mean" if set(rows["method_of"]) & set(LOGS) else "mean"
    return form, rows[(rows["se"] > 0) & ((form == "mean") | (rows["value"] > 0))]


def _deadlines(state: State, aims: targets.Aims) -> dict[tuple[str, str], str]:
    """By unit and indicator: the end of the open measure, else the day the target is due."""
    found = {key: aim.due for key, aim in aims.items() if aim.due}
    sheet = state.sheet("actions")
    if sheet is not None:
        waiting = sheet[
            sheet["status"].isin(["not_started", "in_progress", "overdue"]) & (sheet["due"] != "")
        ]
        found |= {(row["unit"], row["indicator"]): row["due"] for row in waiting.to_dict("records")}
    return found
