"""What a sample plan should be, from how far scores err now and where the true ones lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

from svclib.columns import empty, sort_by_key
from svclib.inference.power import Design

# A grade that nine samples of ten would give; a change that four of five would find (Cohen 1988).
CERTAIN, POWER = 0.9, 0.8
# Of a last grade held against noise, one in twenty may still move.
HELD = 0.95
TIMES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
STEPS = (1.0, 2.0)
# A cut may be proposed within this many points, on whole points.
REACH = 3


class Rules(NamedTuple):
    """What the plan is for.

    cuts : cuts between the grades of each unit, best first
    mid : points of a dimension or the total that matter; NaN where none is declared
    mids : the MID of each rating at its present value, natural units
    confidence : 1 − α
    adjust : how comparisons of a family are adjusted; anything but "none" is planned as Bonferroni
    tests : comparisons in the family of each level
    least : questionnaires below which a unit is not graded
    population : those who could be asked, by unit; absent where not known
    """

    cuts: Mapping[str, Sequence[float]]
    mid: float
    mids: Mapping[tuple[str, str], float]
    confidence: float
    adjust: str
    tests: Mapping[str, int]
    least: int
    population: Mapping[str, float]

    def design(self, level: str) -> Design:
        """The comparison of two cycles at this level."""
        family = 1 if self.adjust == "none" else max(1, self.tests[level])
        return Design(comparisons=family, confidence=self.confidence, power=POWER)


def sample_plan(errors: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Table "sample_plan": per unit the questionnaires for a sure grade, and for seeing a change of the MID.

    Parameters
    ----------
    errors : level, unit, node, n, score, se_answers, se_records of every unit

    Notes
    -----
    SE²(n') = SE²(records) + SE²(answers)·n/n'.  A grade is as sure as a normal score around
    the present one stays between the same cuts; limits are left aside.  A change is planned at
    the strictest step of its family (α/tests).  `n_finite` = n/(1 + (n − 1)/N) (Cochran 1977,
    4.2): it holds where the people of this population are all that is judged.  Where the
    records alone err too much, no number of answers suffices and `required_n` is empty.
    `resolved` is what the present n tells apart: the distance to a cut, or the change.
    """
    whole = errors[errors["level"] == "total"]
    rows = []
    for row in whole.to_dict("records"):
        cuts = np.asarray(rules.cuts[row["unit"]], dtype=float)
        if len(cuts):
            rows.append(_grade(row, cuts))
        if np.isfinite(rules.mid):
            rows.append(_change(row, rules))
    if not rows:
        return empty("sample_plan")
    plan = pd.DataFrame(rows)
    plan["required_n"] = plan["required_n"].clip(lower=rules.least)
    people = plan["unit"].map(rules.population).astype(float)
    finite = plan["required_n"] / (1 + (plan["required_n"] - 1) / people)
    return sort_by_key("sample_plan", plan.assign(population=people, n_finite=finite))


def _sd(row: Mapping, times: float) -> float:
    return float(np.sqrt(row["se_records"] ** 2 + row["se_answers"] ** 2 / times))


def _grade(row: Mapping, cuts: np.ndarray) -> dict:
    score = row["score"]
    above, below = cuts[cuts > score].min(initial=np.inf), cuts[cuts <= score].max(initial=-np.inf)

    def sure(se: float) -> float:
        return (
            float(stats.norm.cdf((above - score) / se) - stats.norm.cdf((below - score) / se)) if se else 1.0
        )

    reach = stats.norm.ppf(CERTAIN) * _sd(row, 1.0)
    return _planned(row, ("grade", min(above - score, score - below), float(reach)), CERTAIN, sure)


def _change(row: Mapping, rules: Rules) -> dict:
    design = rules.design("total")

    def seen(se: float) -> float:
        return float(power(rules.mid, np.sqrt(2) * se, design)) if se else 1.0

    return _planned(row, ("change", rules.mid, design.z * np.sqrt(2) * _sd(row, 1.0)), POWER, seen)


def _planned(
    row: Mapping, what: tuple[str, float, float], wanted: float, reached: Callable[[float], float]
) -> dict:
    """One row of the plan; `what` is its purpose, the margin and what is told apart now."""
    times, note = np.nan, ""
    if reached(row["se_records"]) <= wanted:
        note = "records_limit"
    elif row["se_answers"] > 0:
        root: Any = optimize.brentq(lambda log: reached(_sd(row, np.exp(log))) - wanted, -30.0, 30.0)
        times = float(np.exp(root))
    return {
        "unit": row["unit"], "n": row["n"], "score": row["score"], "se_records": row["se_records"],
        "purpose": what[0], "margin": what[1], "resolved": what[2], "se": _sd(row, 1.0), "note": note,
        "attained": reached(_sd(row, 1.0)), "wanted": wanted, "required_n": row["n"] * times,
    }  # fmt: skip


def power(change: float, se: float, design: Design) -> float:
    """Probability that a normal estimate of `change` with `se` is called a change in its direction."""
    return float(stats.norm.cdf(change / se - stats.norm.ppf(1 - design.alpha / 2)))


def power_curves(errors: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Table "power": of the total and every rating, by questionnaires per unit and true change in MIDs.

    Errors are the medians over units.
    """
    rows = []
    for (level, node), of in errors.groupby(["level", "node"], sort=False):
        mid = rules.mid if level != "indicator" else _median_mid(of, rules)
        middle = {str(k): float(v) for k, v in of[["n", "se_answers", "se_records"]].median().items()}
        if not (np.isfinite(mid) and middle["se_answers"] > 0):
            continue
        for times in TIMES:
            se = np.sqrt(2) * _sd(middle, times)
            told = {"level": level, "node": node, "size": times, "n": round(middle["n"] * times)}
            rows += [
                told | {"true_change": step, "power": power(step * mid, se, rules.design(str(level)))}
                for step in STEPS
            ]
    return sort_by_key("power", pd.DataFrame(rows)) if rows else empty("power")


def _median_mid(of: pd.DataFrame, rules: Rules) -> float:
    own = [rules.mids.get(key, np.nan) for key in zip(of["unit"], of["node"], strict=True)]
    return float(np.nanmedian(own)) if np.isfinite(own).any() else np.nan


def cut_risk(
    errors: pd.DataFrame, rules: Rules, groups: Mapping[str, str], labels: Sequence[str]
) -> pd.DataFrame:
    """Table "cut_risk": how many units each cut splits by chance, a cut nearby that splits fewer, a buffer.

    `share` is the mean over units of Φ(−|score − cut|/SE), the chance to come out on the
    other side; the proposal is the whole-point cut within `REACH` points where it is least.
    The buffer holds the last grade of a unit whose true score is at the cut in `HELD` of cases.

    Parameters
    ----------
    groups : group of each unit
    labels : grades, best first
    """
    whole = errors[errors["level"] == "total"].dropna(subset="score")
    se = np.hypot(whole["se_answers"].to_numpy(), whole["se_records"].to_numpy())
    group = whole["unit"].map(groups)
    rows = []
    for name in sorted(set(group)):
        mine = np.array(group == name)
        score, spread = whole["score"].to_numpy(dtype=float)[mine], np.maximum(se[mine], 1e-9)
        for label, cut in zip(labels[:-1], rules.cuts[str(whole["unit"].iloc[mine.argmax()])], strict=True):
            rows.append({"group": name, "grade": label, "cut": cut, **_at_cut(score, spread, float(cut))})
    return sort_by_key("cut_risk", pd.DataFrame(rows)) if rows else empty("cut_risk")


def _at_cut(score: np.ndarray, se: np.ndarray, cut: float) -> dict:
    def risk(at: float) -> float:
        return float(stats.norm.cdf(-np.abs(score - at) / se).mean())

    near = [cut + k for k in sorted(range(-REACH, REACH + 1), key=abs)]
    best = min(near, key=lambda at: round(risk(at), 9))
    return {
        "n_units": len(score), "n_near": int((np.abs(score - cut) < se).sum()), "share": risk(cut),
        "cut_proposed": best, "share_proposed": risk(best),
        "buffer": float(stats.norm.ppf(HELD) * np.median(se)),
    }  # fmt: skip
