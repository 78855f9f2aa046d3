"""Configural, metric, scalar and strict invariance of one scale, level by level.

Each level asks for more to be equal between groups (Meredith 1993, Psychometrika 58, 525-543):
the same items (configural), loadings (metric), intercepts (scalar), residual variances
(strict). Groups are told apart by maximum likelihood with a scaled test, so the answers need not
be normal and may be weighted or clustered.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib import factor, policy

EQUAL: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
FACTOR = "f"
LEAST_ITEMS = 3  # a factor of two items has more parameters than moments
PASS, FAIL, NOT_TESTABLE = "pass", "fail", "not_testable"
MEASURES = ("cfi_robust", "rmsea_robust", "srmr")
Released = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Step:
    """One level: its fit, and the items set free to reach it."""

    level: str
    fit: factor.Fit
    released: Released

    @functools.cached_property
    def measures(self) -> Mapping[str, float]:
        """Fit measures."""
        return factor.measures(self.fit)

    @property
    def what(self) -> str:
        """What this level holds equal beyond the one above."""
        return EQUAL[self.level][len(EQUAL[self.level]) - 1]


def ladder(groups: Sequence[factor.Moments], *, partial: bool = True) -> pd.DataFrame:
    """The four levels of one scale, one row each.

    Parameters
    ----------
    groups : moments of the same items in every group, the reference group first
    partial : at a level that fails, set items free one by one, the worst first, until the
        level passes or half of the items are free (Byrne, Shavelson & Muthen 1989)

    Returns
    -------
    DataFrame
        level, n_groups, n, n_items; chi2 (scaled), df, p, cfi, rmsea, srmr; against the level
        above: delta_chi2 (scaled), delta_df, p_delta, delta_cfi, delta_rmsea; worst_item, the
        item whose release helps most, and worst_chi2, what it takes off chi-square;
        judgement pass | fail | not_testable; released, the items set free (";"); shift, how
        far the mean of the factor moved from the first to the last group in standard deviations of
        the first, with its se, from the level with what was released; note.

    Notes
    -----
    A level fails when the scaled test rejects it and CFI falls and RMSEA rises by more than
    the policy allows: what is surely there and matters. When the fit worsens by that much but
    the test does not reject, the data cannot tell: not_testable. A level after one that failed
    is judged against the freed model.
    """
    why = _untestable(groups)
    if why:
        return pd.DataFrame([_row(level, groups, judgement=NOT_TESTABLE, note=why) for level in EQUAL])
    data = tuple(factor.group(one) for one in groups)
    rows: list[dict[str, Any]] = []
    above: Step | None = None
    for level in EQUAL:
        found = _fitted(level, data, frozenset() if above is None else above.released)
        if found.fit.note or (above is None and level != "configural"):
            note = found.fit.note or "level_above_failed"
            rows.append(_row(level, groups, judgement=NOT_TESTABLE, note=note))
            continue
        row, above = _judged(found, above, groups, data, partial=partial)
        rows.append(row)
    return pd.DataFrame(rows)


def _untestable(groups: Sequence[factor.Moments]) -> str:
    if len(groups) < 2:
        return "single_group"
    if len(groups[0].rows.items) < LEAST_ITEMS:
        return "single_item" if len(groups[0].rows.items) < 2 else "two_items"
    if min(one.n for one in groups) < policy.rule("invariance_n").cuts[0].at:
        return "too_few"
    return next((one.note for one in groups if one.note), "")


def _row(level: str, groups: Sequence[factor.Moments], **said: Any) -> dict[str, Any]:
    numbers = ("chi2", "p", "cfi", "rmsea", "srmr", "delta_chi2", "p_delta", "delta_cfi", "delta_rmsea",
               "worst_chi2", "shift", "se", "df", "delta_df")  # fmt: skip
    return {
        "level": level, "n_groups": len(groups), "n": sum(one.n for one in groups),
        "n_items": len(groups[0].rows.items) if groups else 0, **dict.fromkeys(numbers, np.nan),
        "worst_item": "", "released": "", "judgement": "", "note": "", **said,
    }  # fmt: skip


def _fitted(level: str, data: tuple[factor.Group, ...], released: Released) -> Step:
    items = data[0].moments.rows.items  # type: ignore[union-attr]
    kept = frozenset(pair for pair in released if pair[0] in EQUAL[level])
    model = factor.simple_structure({FACTOR: items}, groups=len(data), equal=EQUAL[level], released=kept)
    found = factor.fit(model, data)
    return Step(level, found, released)


def _judged(
    found: Step, above: Step | None, groups: Sequence[factor.Moments], data: tuple[factor.Group, ...],
    *, partial: bool,
) -> tuple[dict[str, Any], Step]:  # fmt: skip
    """The row of a level, and the step the next level is held against."""
    told = {name: found.measures[key] for name, key in (("chi2", "chi2_scaled"), ("p", "p_scaled"),
            ("df", "df"), ("cfi", "cfi_robust"), ("rmsea", "rmsea_robust"), ("srmr", "srmr"))}  # fmt: skip
    if above is None:
        return _row(found.level, groups, **told, judgement=_configural(found)), found
    judgement, delta = against(found, above)
    trials = _released_one_by_one(found, data)
    worst = max(trials, key=lambda item: trials[item][0], default="")
    said = told | delta | {"worst_item": worst, "worst_chi2": trials[worst][0] if worst else np.nan}
    kept = found
    if judgement == FAIL and partial:
        kept = _freed(found, above, data, trials)
    said["released"] = ";".join(
        item for what, item in sorted(kept.released) if what == EQUAL[found.level][-1]
    )
    said |= _shift(kept)
    following = found if judgement != FAIL else kept if against(kept, above)[0] != FAIL else above
    return _row(found.level, groups, **said, judgement=judgement), following


def _configural(found: Step) -> str:
    """A scale whose one-factor model does not describe it in any group has nothing to be held equal."""
    if found.measures["df"] == 0:
        return PASS
    close = policy.judge(found.measures["cfi_robust"], "configural_cfi")[0]
    near = policy.judge(found.measures["srmr"], "configural_srmr")[0]
    return PASS if close == near == "adequate" else NOT_TESTABLE


def against(found: Step, above: Step) -> tuple[str, dict[str, float]]:
    """Judgement of a level against a freer one, and the differences it rests on."""
    difference = factor.difference(found.fit, above.fit)
    scaled = np.isfinite(difference.scaling)
    delta = {
        "delta_chi2": difference.scaled if scaled else difference.chi2,
        "delta_df": float(difference.df),
        "p_delta": difference.p_scaled if scaled else difference.p,
        "delta_cfi": found.measures["cfi_robust"] - above.measures["cfi_robust"],
        "delta_rmsea": found.measures["rmsea_robust"] - np.nan_to_num(above.measures["rmsea_robust"]),
    }
    worse = (
        policy.judge(delta["delta_cfi"], "delta_cfi")[0] == "worse"
        and policy.judge(delta["delta_rmsea"], "delta_rmsea")[0] == "worse"
    )
    if not worse:
        return PASS, delta
    return (FAIL if delta["p_delta"] < policy.rule("invariance_p").cuts[0].at else NOT_TESTABLE), delta


def _released_one_by_one(found: Step, data: tuple[factor.Group, ...]) -> dict[str, tuple[float, Step]]:
    """What each item, set free alone at this level, takes off chi-square."""
    out = {}
    for item in found.fit.model.items:
        freed = found.released | {(found.what, item)}
        if freed == found.released:
            continue
        step = _fitted(found.level, data, frozenset(freed))
        if not step.fit.note:
            out[item] = (found.fit.n * (found.fit.discrepancy - step.fit.discrepancy), step)
    return out


def _freed(
    found: Step, above: Step, data: tuple[factor.Group, ...], trials: dict[str, tuple[float, Step]]
) -> Step:
    """Items free, the worst first, until the level does not fail; at most half of them."""
    step = found
    for _ in range(len(found.fit.model.items) // 2):
        if not trials:
            break
        step = max(trials.values(), key=lambda each: each[0])[1]
        if against(step, above)[0] != FAIL:
            break
        trials = _released_one_by_one(step, data)
    return step


def _shift(kept: Step) -> dict[str, float]:
    """Mean of the factor in the last group, where the first has mean 0 and standard deviation 1."""
    if "intercepts" not in EQUAL[kept.level]:
        return {}
    fit, last = kept.fit, len(kept.fit.groups) - 1
    at = fit.model.place("mean", FACTOR, group=last)
    slope = np.zeros((1, len(fit.theta)))
    slope[0, at] = 1.0
    variance = 0.0
    for g, one in enumerate(fit.groups):
        rows = one.moments.rows  # type: ignore[union-attr]
        variance += float(factor.spread(rows, factor.moves(fit, g, slope))[0][0, 0])
    return {"shift": float(fit.theta[at]), "se": float(np.sqrt(variance))}
