"""Training: who came, who passed, what they knew before and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from svclib import inference
from svclib.columns import empty, sort_by_key
from svclib.improvement import Comparison, judge
from svclib.improvement.rows import Row
from svclib.improvement.verdicts import EXACT_BELOW

ALL_UNITS = "*"
MARKS = {"theory": ("pre_theory", "post_theory"), "skill": ("pre_skill", "post_skill")}
FULL_MARKS = 100.0
Parts = list[tuple[tuple[str, str], pd.DataFrame]]


def trained_share(sheet: pd.DataFrame | None, course: str) -> dict[str, float]:
    """Share of the people due for `course` who came, by unit; units without anyone due are left out."""
    if sheet is None:
        return {}
    came = (sheet["trained"] != "no")[sheet["course"] == course]
    return {str(u): float(v) for u, v in came.groupby(sheet["unit"]).mean().items()}


def summary(sheet: pd.DataFrame | None, *, cycle: str, min_cell: int, confidence: float) -> pd.DataFrame:
    """Table "training": participation, passes and rating of every course, by unit and all together ("*").

    Passes and mean rating of fewer than `min_cell` people are not shown, nor those that they
    could be worked out from; the interval of the rating is Student's.
    """
    if sheet is None:
        return empty("training")
    rows = []
    for (course, unit), people in _parts(sheet):
        assessed, passed = people["passed"] != "", people["passed"] == "yes"
        came, rated = people["trained"] != "no", people["satisfaction"].notna()
        liked, graded = (_may_be_shown(c, people["unit"], min_cell) for c in (rated, assessed))
        given = people.loc[rated & liked, "satisfaction"].to_numpy(dtype=float)
        rows.append(
            {
                "course": course, "unit": unit, "n_due": len(people), "n_trained": int(came.sum()),
                "trained_share": float(came.mean()), "n_assessed": int(assessed.sum()),
                "n_passed": float(passed.sum()) if graded else np.nan, "n_rated": int(rated.sum()),
                "pass_share": float(passed[assessed].mean()) if graded else np.nan,
                **_rating(given, confidence),
            }
        )  # fmt: skip
    return sort_by_key("training", pd.DataFrame(rows).assign(cycle=cycle, confidence=confidence))


def _rating(given: np.ndarray, confidence: float) -> dict[str, float]:
    n = len(given)
    mean = float(given.mean()) if n else np.nan
    se = float(given.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
    wide = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * se if se > 0 else np.nan
    return {"satisfaction": mean, "satisfaction_low": mean - wide, "satisfaction_high": mean + wide}


def _parts(sheet: pd.DataFrame) -> Parts:
    """People by course and unit, and of each course together where several units take it."""
    found = [((str(c), str(u)), part) for (c, u), part in sheet.groupby(["course", "unit"], sort=True)]
    courses = sheet.groupby("course", sort=True)
    return found + [((str(c), ALL_UNITS), part) for c, part in courses if len(set(part["unit"])) > 1]


def _may_be_shown(counts: pd.Series, units: pd.Series, min_cell: int) -> bool:
    """Whether enough people are behind a number, and behind what is left of it without the units shown."""
    n = counts.groupby(units).sum()
    hidden = int(n[n < min_cell].sum())
    return int(n.sum()) >= min_cell and (hidden == 0 or hidden >= min_cell)


def effects(
    sheet: pd.DataFrame | None, comparison: Comparison, *, mid: float | None, min_cell: int
) -> pd.DataFrame:
    """Table "training_effects": paired change of the marks of those trained, as points of a hundred.

    Parameters
    ----------
    comparison : its families adjust the units ("indicator") and all units together ("total") apart
    mid : the least change that matters, None where none was declared
    min_cell : pairs below which nothing is shown, nor what it could be worked out from

    Notes
    -----
    The paired t test of the differences: SE = s/√n on n − 1 degrees of freedom.  Below 30
    pairs the exact sign-flip test may only withhold.  Who was tested once is left out, and
    a change after a course is not proof that the course caused it.
    """
    if sheet is None:
        return empty("training_effects")
    came = sheet[sheet["trained"] != "no"]
    rows = [
        {"course": course, "unit": unit, "mark": mark, "level": "total" if unit == ALL_UNITS else "indicator"}
        | _paired(people, MARKS[mark], comparison, mid=mid, min_cell=min_cell)
        for (course, unit), people in _parts(came)
        for mark in MARKS
        if people[MARKS[mark][1]].notna().any()
    ]
    if not rows:
        return empty("training_effects")
    judged = judge(rows, comparison)
    own = pd.DataFrame(rows)[["course", "mark", "n"]]
    return sort_by_key(
        "training_effects", pd.concat([own, judged.drop(columns=own, errors="ignore")], axis=1)
    )


def _paired(
    people: pd.DataFrame, marks: tuple[str, str], comparison: Comparison, *, mid: float | None, min_cell: int
) -> Row:
    both = people[list(marks)].notna().all(axis=1)
    n, row = int(both.sum()), _started(int(both.sum()), mid)
    if n < 2 or not _may_be_shown(both, people["unit"], min_cell):
        return row | {"verdict": "not_judged", "reason": "small_sample"}
    pairs = people[both]
    full = pairs["full_marks"].fillna(FULL_MARKS).to_numpy(dtype=float)
    before, after = (100 * pairs[c].to_numpy(dtype=float) / full for c in marks)
    change = after - before
    se, df = np.array([change.std(ddof=1) / np.sqrt(n)]), np.array([n - 1.0])
    level = comparison.confidence
    test = inference.change_test(np.array([change.mean()]), se, df, mid=row["mid"], confidence=level)
    needed = inference.required_n(np.array([n]), se, mid=row["mid"], confidence=level)
    row |= {
        "estimate0": float(before.mean()),
        "estimate1": float(after.mean()),
        "se": float(se[0]),
        "df": n - 1.0,
    }
    row |= {"change": float(change.mean()), "gain": float(change.mean()), "required_n": float(needed[0])}
    return row | _exact(change) | {str(c): test[c].iloc[0] for c in test}


def _started(n: int, mid: float | None) -> Row:
    """A row before its test."""
    row: Row = {"n": n, "n0": n, "n1": n, "kind": "rating", "mid": np.nan if mid is None else mid}
    return row | {"mid_on": "" if mid is None else "points", "method": "paired_t", "reason": "design_paired"}


def _exact(change: np.ndarray) -> dict[str, Any]:
    """The exact sign-flip mid-p of few pairs, in hundredths of a point: whole numbers."""
    few = len(change) < EXACT_BELOW
    return {"p_exact": inference.midp_sign_flip(np.rint(100 * change))} if few else {}
