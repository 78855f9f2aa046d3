"""Did the pilot units change more than the others: the difference of their mean changes.

Each unit is a sample of its own, so the variance of a mean of k changes is Σ SE²/k², and the
degrees of freedom are Satterthwaite's.  The units are taken as they are: the claim is about
these units and these two cycles.  That the others show what would have happened without the
measure (parallel trends) is an assumption, which no test here can prove; `p_uneven` tells
whether the others at least moved alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib import inference, policy
from svclib.columns import TABLES, sort_by_key
from svclib.estimates import Estimate, contrast
from svclib.framework import Framework, Indicator
from svclib.improvement.rows import Comparison, Row, started
from svclib.improvement.verdicts import judge

TABLE = "controlled_changes"
NOT_SAID = ("not_judged", "not_comparable")
# What `judge` adds to a change belongs to that test, not to the data of the unit.
OF_THE_TEST = ("exact_withheld", "too_few_for_equivalence", "mid_not_declared", "fixed", "small_n")


class Trial(NamedTuple):
    """What was tried in some units, and the units it is held against.

    source : "actions" or "training"
    unit : the unit that registered the measure, "" for a course
    action : the measure, or the course
    """

    source: str
    unit: str
    indicator: str
    action: str
    pilots: tuple[str, ...]
    others: tuple[str, ...]


class Side(NamedTuple):
    """Mean change of some units: value, variance, and the sum that gives Satterthwaite's df."""

    value: float
    variance: float
    spread: float

    @property
    def df(self) -> float:
        """Degrees of freedom."""
        return self.variance**2 / self.spread if self.spread > 0 else np.inf


def unit_changes(
    natural: Estimate, indicators: Sequence[Indicator], framework: Framework, comparison: Comparison
) -> list[Row]:
    """Change of `indicators` in one unit on their natural scale, with the error of its own sample.

    Parameters
    ----------
    natural : `scores.natural` of both cycles jointly, index columns cycle, subject, indicator

    Returns
    -------
    Rows indicator, kind, measure, estimate0, estimate1, change, gain, mid, sign, se, df, n0, n1;
    sign is what a higher value is worth, NaN where near a target is best.  An indicator that
    one of the cycles lacks has no row; a value without error has se 0.
    """
    found = []
    for indicator in indicators:
        weights = _both_cycles(natural.index, indicator, framework, comparison)
        if weights is None:
            continue
        then, now = weights
        test = contrast(natural, np.vstack([then, now, now - then]))
        row = {"mid_on": ""} | started(indicator, test["estimate"][0], test["estimate"][1], design="")
        row |= {"indicator": indicator.name, "se": test["se"][2], "df": test["df"][2]}
        sign = np.nan if indicator.better == "near" else indicator.sign
        row |= {"sign": sign, "n0": natural.n[then != 0].sum(), "n1": natural.n[now != 0].sum()}
        found.append(row)
    return found


def _both_cycles(
    index: pd.DataFrame, indicator: Indicator, framework: Framework, comparison: Comparison
) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights of the value then and now over the evaluators both cycles have; None without any."""
    here = (index["indicator"] == indicator.name).to_numpy()
    then, now = (here & (index["cycle"] == c).to_numpy() for c in (comparison.baseline, comparison.cycle))
    both = set(index["subject"][then]) & set(index["subject"][now])
    if not both:
        return None
    share = np.array([framework.subjects.get(s, 1.0) if s in both else 0.0 for s in index["subject"]])
    return then * share / (then * share).sum(), now * share / (now * share).sum()


def controlled_changes(
    changes: pd.DataFrame, trials: Sequence[Trial], comparison: Comparison
) -> pd.DataFrame:
    """Table "controlled_changes": one row per trial.

    Parameters
    ----------
    changes : `unit_changes` of all units with columns unit, reason and flags: a row with a
        reason ("small_sample", "invariance" …) may not be compared and is left out
    trials : what was tried where

    Returns
    -------
    net_change = mean change of the pilot units − mean change of the others, every unit counting
    once, with interval, three p-values and verdict by `judge`; all trials are one family.
    tau, p_uneven : spread of the true changes of the other units (DerSimonian & Laird 1986),
    and Cochran's Q test that there is none; NaN with fewer than two.
    """
    rows = [_of_trial(changes, trial, comparison) for trial in trials]
    judged = judge(rows, comparison)
    told = pd.DataFrame(rows, columns=[*TABLES[TABLE].all_columns, "change"])
    own = [c for c in told if c not in judged or c in ("unit", "indicator")]
    table = pd.concat([told[own], judged.drop(columns=["unit", *own], errors="ignore")], axis=1)
    return sort_by_key(TABLE, table.assign(net_change=told["change"].astype(float)))


def _of_trial(changes: pd.DataFrame, trial: Trial, comparison: Comparison) -> Row:
    """One row: who was compared, what they changed by, and the test of the difference."""
    here = changes[changes["indicator"] == trial.indicator]
    tried, rest = (here[here["unit"].isin(names)] for names in (trial.pilots, trial.others))
    row: Row = {
        "source": trial.source, "unit": trial.unit, "indicator": trial.indicator, "node": trial.indicator,
        "action": trial.action, "level": "indicator",
        "pilot_units": ";".join(trial.pilots), "comparison_units": ";".join(trial.others),
        "n_pilots": 0, "n_others": 0, "tau": np.nan, "p_uneven": np.nan,
        **dict.fromkeys(("pilot_change", "pilot_low", "pilot_high"), np.nan),
        **dict.fromkeys(("others_change", "others_low", "others_high", "change"), np.nan),
    }  # fmt: skip
    why = _why_not(tried, rest)
    tried, rest = (f[(f["reason"] == "") & (f["se"] > 0)] for f in (tried, rest))
    row |= {"n_pilots": len(tried), "n_others": len(rest)}
    for column, names, used in (
        ("pilot_units", trial.pilots, tried),
        ("comparison_units", trial.others, rest),
    ):
        row[column] = ";".join(u for u in names if u in set(used["unit"])) or row[column]
    if why:
        return row | {"verdict": "not_judged", "reason": why}
    return row | _compared(tried, rest, comparison)


def _why_not(tried: pd.DataFrame, rest: pd.DataFrame) -> str:
    """Why the units cannot be compared, "" where they can."""
    for rows, reason in ((tried, "no_pilots"), (rest, "no_comparison")):
        if rows.empty:
            return reason
        if ((rows["reason"] == "") & (rows["se"] > 0)).any():
            continue
        gated = rows.loc[rows["reason"] != "", "reason"]
        return str(gated.iloc[0]) if len(gated) else "bare_value"
    return "near_target" if tried["sign"].isna().any() else ""


def _compared(tried: pd.DataFrame, rest: pd.DataFrame, comparison: Comparison) -> Row:
    a, b = _side(tried), _side(rest)
    both = Side(a.value - b.value, a.variance + b.variance, a.spread + b.spread)
    se, n = np.sqrt(both.variance), pd.concat([tried, rest])[["n0", "n1"]].min()
    mid, first = float(tried["mid"].mean()), tried.iloc[0]
    row: Row = {"kind": first["kind"], "measure": first["measure"], "mid": mid, "mid_on": first["mid_on"]}
    for name, side in (("pilot", a), ("others", b)):
        wide = stats.t.ppf(1 - comparison.alpha / 2, side.df) * np.sqrt(side.variance)
        row |= {f"{name}_change": side.value, f"{name}_low": side.value - wide}
        row |= {f"{name}_high": side.value + wide}
    test = inference.change_test(
        np.array([both.value]), np.array([se]), np.array([both.df]), mid=mid, confidence=comparison.confidence
    )
    needed = inference.required_n(
        np.array([n.min()]), np.array([se]), mid=mid, confidence=comparison.confidence
    )
    row |= {"change": both.value, "gain": float(first["sign"]) * both.value, "se": se, "df": both.df}
    row |= {"n0": int(n["n0"]), "n1": int(n["n1"]), "required_n": float(needed[0])}
    row |= {"method": "controlled", "reason": "design_controlled"} | _uneven(rest)
    row |= {str(c): test[c].iloc[0] for c in test}
    return row | {"flags": _flags(tried, rest, row["p_uneven"])}


def _side(rows: pd.DataFrame) -> Side:
    v = rows["se"].to_numpy(dtype=float) ** 2 / len(rows) ** 2
    return Side(float(rows["change"].mean()), float(v.sum()), float((v**2 / rows["df"].to_numpy()).sum()))


def _uneven(rest: pd.DataFrame) -> Row:
    """How far the other units moved apart by more than sampling explains."""
    y, w = rest["change"].to_numpy(dtype=float), 1 / rest["se"].to_numpy(dtype=float) ** 2
    if len(y) < 2:
        return {"tau": np.nan, "p_uneven": np.nan}
    q = float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())
    scale = w.sum() - (w**2).sum() / w.sum()
    tau2 = max(0.0, (q - (len(y) - 1)) / scale)
    return {"tau": float(np.sqrt(tau2)), "p_uneven": float(stats.chi2.sf(q, len(y) - 1))}


def _flags(tried: pd.DataFrame, rest: pd.DataFrame, p_uneven: float) -> str:
    """Doubts that the changes of the units bring along, and those of this comparison."""
    told: list[Any] = [f for text in pd.concat([tried["flags"], rest["flags"]]) for f in str(text).split(";")]
    told = [f for f in told if f and f not in OF_THE_TEST]
    told += ["single_comparison"] if len(rest) == 1 else []
    told += [f for f in policy.judge([p_uneven], "uneven_comparison") if f == "uneven_comparison"]
    return ";".join(dict.fromkeys(told))
