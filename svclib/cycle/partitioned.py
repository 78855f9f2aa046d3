"""A cycle whose answers lie in many Parquet parts: from sums by unit to scores and grades.

What the sums hold is the same as from the rows: item means with their error, indicator scores,
totals, grades, alpha.  What needs the rows again is left to `svclib run`: changes, invariance,
sensitivity to screening, respondents in several units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from svclib import partitions, policy, sources
from svclib.columns import checked, empty
from svclib.cycle import grading, state
from svclib.cycle.steps import weighting
from svclib.errors import InputErrors, ParamError, Problem
from svclib.estimates import Estimate, item_means
from svclib.params import Params
from svclib.partitions import Each, Layout, Reduced
from svclib.reliability.summed import alpha_of_sums
from svclib.reliability.tables import wanted

Tables = dict[str, pd.DataFrame]
_ADD, _CHANGE = "Add units: path.", "Change it, or evaluate one file by svclib run."
KEPT = (
    *("weights", "indicator_scores", "totals", "contributions", "grades", "grade_probability"),
    *("adjustments", "kpi_sources"),
)


def evaluate(params: Params, each: Each) -> Tables:
    """Tables of one cycle from the parts of its responses.

    Parameters
    ----------
    params : regular cycle whose `data.responses` is a folder of parts or a pattern
    each : gives ``fn(layout, pieces)`` of every slice in order, see `partitions.reduce`

    Returns
    -------
    "screening" (rules that exclude, per unit), "reliability" (alpha of every dimension and
    subject), "weights", "indicator_scores", "totals", "contributions", "grades",
    "grade_probability", "adjustments", "kpi_sources".

    Raises
    ------
    InputErrors
        Something of params or framework needs the rows themselves, or the data are wrong.
    ParamError
        The responses are one file; a rule of `screening.exclude` compares rows.
    """
    found = partitions.reduce(layout(params), each)
    here = replace(state.load(_alone(params)), rated=rated(params, found))
    frame = here.inputs[here.cycle].responses
    weights = weighting(here, {"exclusions": empty("exclusions")})["weights"]
    made = grading.scored(here, frame, weights, here.cycle, pending=dict(params.pending))
    tables = {"weights": weights} | made
    told = {"screening": screening(params, found), "reliability": reliability(params, found)}
    return {name: checked(name, tables[name]) for name in KEPT} | told


def layout(params: Params) -> Layout:
    """How the parts of a cycle are read; raises what `evaluate` does before any row is read."""
    source = params.data.get("responses")
    if source is None or not partitions.partitioned(source):
        raise ParamError("data.responses is not a folder of parts; evaluate the cycle by svclib run")
    inputs, wrong = sources.examine(_alone(params))
    problems = [*_beyond(params), *wrong]
    try:
        found = partitions.of(params, list(inputs.units["unit"]), scales=_scales(params))
    except InputErrors as error:
        raise InputErrors([*problems, *error.problems]) from error
    if problems:
        raise InputErrors(problems)
    return found


def _beyond(params: Params) -> list[Problem]:
    """What of params and framework looks at the rows again, which parts cannot."""
    framework, file = params.framework, params.file.name
    rated = {i.name for i in framework.indicators if i.source == "responses"}
    steady = [i.name for i in framework.indicators if i.of in rated]
    needed = [m.method for m in framework.methods if m.method in ("stated", "drivers")]
    told = [
        (
            "units" not in params.data,
            Problem(file, "", "data.units", "not given beside a folder of parts", _ADD),
        ),
        (
            params.kind != "regular",
            Problem(file, "", "kind", "only a regular cycle can be read in parts", _CHANGE),
        ),
        (
            params.panel,
            Problem(file, "", "panel", "respondents of two cycles cannot be paired in parts", _CHANGE),
        ),
        (
            params.collection.population_weights,
            Problem(
                file,
                "",
                "collection",
                "population_weights weights single answers, which parts cannot",
                _CHANGE,
            ),
        ),
        (
            params.audit.below == "pending" and "audit" in params.data,
            Problem(file, "", "audit", "below: pending draws single answers, which parts cannot", _CHANGE),
        ),
        (
            params.reliability.missing != "listwise",
            Problem(
                file, "", "reliability", "missing: in parts only complete answers count (listwise)", _CHANGE
            ),
        ),
        (
            framework.grades.buffer > 0,
            Problem(file, "", "grades", "a buffer looks at earlier cycles, which parts do not", _CHANGE),
        ),
        (
            bool(steady),
            Problem(
                file,
                "",
                "indicators",
                f"the days of single answers are needed for {', '.join(steady)}",
                _CHANGE,
            ),
        ),
        (
            bool(needed),
            Problem(file, "", "weights", f"single answers are needed for {', '.join(needed)}", _CHANGE),
        ),
    ]
    return [found for there, found in told if there]


def _alone(params: Params) -> Params:
    """The cycle without its answers, the calls about them, and the cycles it is compared with."""
    data = {name: source for name, source in params.data.items() if name not in ("responses", "audit")}
    alone = {"baseline": None, "history": (), "same_period_last_year": None, "data": data}
    free = params.reliability.model_copy(update={"criterion": ""})
    return params.model_copy(update={**alone, "reliability": free})


def _scales(params: Params) -> dict[tuple[str, str], tuple[str, ...]]:
    """Items of every dimension that a subject is asked."""
    framework = params.framework
    found = {(s, d.name): tuple(wanted(d, s)) for s in framework.subjects for d in framework.dimensions}
    return {key: items for key, items in found.items() if items}


def rated(params: Params, found: Reduced) -> Mapping[str, Estimate]:
    """Joint estimates of the item means of every unit with an answer."""
    ends = {item: i.scale for i in params.framework.indicators for item in i.items if i.scale is not None}
    units = found.tables.cells.keys["unit"].drop_duplicates()
    return {str(unit): item_means(found.tables, unit=str(unit), bounds=ends) for unit in units}


def screening(params: Params, found: Reduced) -> pd.DataFrame:
    """Table "screening" of the rules that exclude; unit "" is all units together."""
    counted = found.rules.frame("n_flagged")
    every = counted.groupby("rule", as_index=False)["n_flagged"].sum().assign(unit="")
    whole = pd.concat([counted, every], ignore_index=True)
    rows = whole[whole["rule"] == ""].set_index("unit")["n_flagged"]
    told = whole[whole["rule"] != ""].assign(n_rows=lambda t: t["unit"].map(rows))
    told = told[told["n_rows"] > 0].reset_index(drop=True)
    rules = params.screening
    cuts = {
        "missing": rules.missing_share,
        "straight_line": rules.straight_line_items,
        "speed": rules.seconds_per_item,
    }
    share = told["n_flagged"] / told["n_rows"]
    more = {"cycle": params.cycle, "n_excluded": told["n_flagged"], "share": share}
    return checked("screening", told.assign(**more, cut=told["rule"].map(cuts).astype(float)))


def reliability(params: Params, found: Reduced) -> pd.DataFrame:
    """Table "reliability": alpha of the complete answers of every dimension and subject."""
    parts = [empty("reliability")]
    for (subject, dimension), scale in found.scales.items():
        complete, answered = scale.rows.sums[0]
        nothing = np.zeros((len(wanted(params.framework.dimension(dimension), subject)) + 3,) * 2)
        first, second = (s.sums[0] if len(s.sums) else nothing for s in (scale.first, scale.second))
        row = alpha_of_sums(
            first,
            second,
            complete=int(complete),
            answered=int(answered),
            confidence=params.confidence,
        )
        parts.append(row.assign(cycle=params.cycle, subject=subject, dimension=dimension))
    table = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
    rule = policy.rule("alpha").moved(params.reliability.min_alpha)
    table["judgement"] = policy.judge(table["estimate"].to_numpy(float), rule)
    return checked("reliability", table)
