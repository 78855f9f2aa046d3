"""One control chart: its points with limits and special causes, and what it says at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from svclib import policy
from svclib.errors import ParamError
from svclib.monitoring import rules
from svclib.monitoring.limits import Limits, attribute_limits, expected_events, xmr_limits

CHARTS = ("xmr", "p", "u")
POINTS = ("place", "phase", "centre", "limit_low", "limit_high", "rule", "variation")


class Spec(NamedTuple):
    """How a series is charted.

    chart : "xmr", "p" or "u"; better : "high", "low" or "near"
    target : value, (low, high) where near is better, or None
    bounds : least and largest value that can be; limits end there
    scale : of the value in numerator / denominator, 100 for percent
    log : single values on the log scale, as times are; the centre line is their geometric mean
    """

    chart: str = "xmr"
    better: str = "high"
    target: float | tuple[float, float] | None = None
    bounds: tuple[float, float] = (-math.inf, math.inf)
    scale: float = 1.0
    log: bool = False


class Phase(NamedTuple):
    """From `start` on, a day as 2026-04-15, the process is another one; `reason` says why."""

    start: str
    reason: str


def control_chart(
    points: pd.DataFrame, spec: Spec, *, phases: Sequence[Phase] = ()
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Points of one series with limits, and a summary of its last phase.

    Limits are computed per declared phase and never moved by the data themselves.

    Parameters
    ----------
    points : at (label), day (first day as text, "" where unknown), value, numerator, denominator
        (used by p and u); in time
    phases : where a new phase begins, each inside the series

    Returns
    -------
    points with place, phase, centre, limit_low, limit_high (NaN where no limits can be drawn), rule,
    variation; and a dict with n_points, phase, status ("few_points", "few_events", "no_variation",
    "trial", "adequate"), value, centre, limits, variation, rule, since, assurance

    Raises
    ------
    ParamError
        An unknown chart or direction, fewer than two points, or a phase outside the series.
    """
    _check(points, spec, phases)
    starts = sorted(phase.start for phase in phases)
    number = np.searchsorted(starts, points["day"].to_numpy(dtype=object), side="right") if starts else 0
    known = points.reset_index(drop=True).assign(place=np.arange(1, len(points) + 1))
    known["phase"] = np.asarray(number) + 1
    parts = [_phase(part, spec) for _, part in known.groupby("phase", sort=True)]
    charted = pd.concat([part for part, _ in parts], ignore_index=True)
    return charted, _summary(charted, spec, parts[-1][1])


def _check(points: pd.DataFrame, spec: Spec, phases: Sequence[Phase]) -> None:
    if spec.chart not in CHARTS:
        raise ParamError(f"chart={spec.chart!r}; choose one of {list(CHARTS)}")
    if spec.better not in ("high", "low", "near"):
        raise ParamError(f"better={spec.better!r}; choose one of ['high', 'low', 'near']")
    if len(points) < 2:
        raise ParamError(f"a control chart needs at least two points, found {len(points)}")
    first, last = points["day"].iloc[0], points["day"].iloc[-1]
    for phase in phases:
        if not first < phase.start <= last:
            told = f"phase from {phase.start} ({phase.reason}) is outside the series, {first} to {last}"
            raise ParamError(f"{told}. Let it begin after the first point and not after the last")


def _phase(part: pd.DataFrame, spec: Spec) -> tuple[pd.DataFrame, str]:
    """Limits and signals of one phase, and how much its limits can be trusted."""
    values = part["value"].to_numpy(dtype=float)
    log = spec.log and bool((values > 0).all())
    values = np.log(values) if log else values
    status = _status(part, spec)
    drawn = _limits(part, values, spec) if status in ("trial", "adequate") else None
    if drawn is not None and not (drawn.reach > 0).all():
        status, drawn = "no_variation", None
    if drawn is None:
        blank = dict.fromkeys(("centre", "limit_low", "limit_high"), np.nan)
        return part.assign(**blank, rule="", variation=rules.UNJUDGED), status
    marks = rules.named_rules(values, drawn.centre, drawn.reach)
    band = np.array(
        [drawn.centre - drawn.reach, np.full(len(part), drawn.centre), drawn.centre + drawn.reach]
    )
    low, centre, high = np.clip(np.exp(band) if log else band, *spec.bounds)
    return part.assign(
        centre=centre,
        limit_low=low,
        limit_high=high,
        rule=rules.rule_names(marks),
        variation=rules.variations(marks, spec.better).to_numpy(),
    ), status


def _status(part: pd.DataFrame, spec: Spec) -> str:
    status = str(policy.judge(len(part), "chart_points")[0])
    if spec.chart == "xmr" or status == "few_points":
        return status
    found = expected_events(
        part["numerator"].to_numpy(dtype=float), part["denominator"].to_numpy(dtype=float), kind=spec.chart
    )
    enough = str(policy.judge(found, "chart_events")[0])
    return status if enough == "adequate" else enough


def _limits(part: pd.DataFrame, values: np.ndarray, spec: Spec) -> Limits:
    if spec.chart == "xmr":
        return xmr_limits(values)
    counted = part[["numerator", "denominator"]].to_numpy(dtype=float).T
    found = attribute_limits(counted[0], counted[1], kind=spec.chart)
    return Limits(spec.scale * found.centre, spec.scale * found.reach)


def _summary(charted: pd.DataFrame, spec: Spec, status: str) -> dict[str, Any]:
    last = charted.iloc[-1]
    mine = charted[charted["phase"] == last["phase"]]
    return {
        "n_points": len(mine), "phase": int(last["phase"]), "status": status, "value": float(last["value"]),
        "centre": float(last["centre"]), "limit_low": float(last["limit_low"]),
        "limit_high": float(last["limit_high"]), "variation": last["variation"], "rule": last["rule"],
        "since": _since(mine), "assurance": _assurance(last, spec),
    }  # fmt: skip


def _since(mine: pd.DataFrame) -> str:
    """First point of the unbroken run of special causes of one kind that reaches to the end."""
    last = mine["variation"].iloc[-1]
    if last in (rules.COMMON, rules.UNJUDGED):
        return ""
    other = np.flatnonzero((mine["variation"] != last).to_numpy())
    return str(mine["at"].iloc[other[-1] + 1 if len(other) else 0])


def _assurance(last: pd.Series, spec: Spec) -> str:
    """What the limits promise of the target: pass, fail or hit_or_miss; "" without limits or target."""
    low, high = float(last["limit_low"]), float(last["limit_high"])
    if spec.target is None or math.isnan(low):
        return ""
    if isinstance(spec.target, tuple):
        inside = spec.target[0] <= low and high <= spec.target[1]
        apart = high < spec.target[0] or low > spec.target[1]
    else:
        above, below = low >= spec.target, high < spec.target
        inside, apart = (above, below) if spec.better == "high" else (high <= spec.target, low > spec.target)
    return "pass" if inside else "fail" if apart else "hit_or_miss"
