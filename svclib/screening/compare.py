"""Whether it matters who asked and by which channel: mean differences within units."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from svclib import policy
from svclib.columns import checked, empty
from svclib.inference import adjust
from svclib.screening.counts import mark
from svclib.screening.form import Form

PLACE = ["cycle", "unit", "subject", "channel"]
SUMS = ["n", "total", "square", "marked"]


def interviewers(
    responses: pd.DataFrame, flags: pd.DataFrame, form: Form, *, min_cell: int, confidence: float = 0.95
) -> pd.DataFrame:
    """Table "interviewers": the answers each one took against the others of the same place.

    A place is a unit, evaluator and channel; others are all its answers by other
    interviewers or by nobody.  difference: weighted mean over places of (own − others), in
    points 0 to 100 of the scale, with weights n₁n₀/(n₁ + n₀) and the pooled variance
    within places (t, Satterthwaite df).  p_more: exact one-sided test that more of the own answers are
    marked by any rule, the places being 2×2 tables of fixed margins (with one place, Fisher's test).
    Both are adjusted by Holm over the interviewers of the cycle.

    unusual: marked more often, or answers shifted by `interviewer_shift` of the policy or more.

    Parameters
    ----------
    responses : every returned questionnaire, raw codes
    flags : table "exclusions"
    min_cell : interviewers with fewer answers are left out
    """
    rows = _scored(responses, flags, form)
    named = rows[rows["interviewer"].str.strip() != ""]
    if named.empty:
        return empty("interviewers")
    own = named.groupby([*PLACE, "interviewer"], as_index=False)[SUMS].sum()
    both = own.merge(rows.groupby(PLACE, as_index=False)[SUMS].sum(), on=PLACE, suffixes=("", "_all"))
    for column in SUMS:
        both[f"{column}_rest"] = both[f"{column}_all"] - both[column]
    found = [
        {"cycle": cycle, "interviewer": who, **_against(cells, confidence)}
        for (cycle, who), cells in both.groupby(["cycle", "interviewer"])
        if cells["n"].sum() >= min_cell
    ]
    if not found:
        return empty("interviewers")
    return checked("interviewers", _judged(pd.DataFrame(found), 1 - confidence).assign(confidence=confidence))


def _judged(table: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Adjusted p-values and what stands out."""
    for name in ("p_diff", "p_more"):
        adjusted = table.groupby("cycle")[name].transform(lambda p: adjust(p.to_numpy(), "holm"))
        table[f"{name}_adj"] = adjusted
    least = policy.rule("interviewer_shift").cuts[0].at
    shifted = (table["p_diff_adj"] < alpha) & (table["difference"].abs() >= least)
    return table.assign(unusual=shifted | (table["p_more_adj"] < alpha))


def _scored(responses: pd.DataFrame, flags: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Per row: its place, its mean answer in points, its square, and whether any rule marks it."""
    marks = mark(responses, flags.assign(excluded=True))["flagged"]
    points = form.means(responses)
    rows = responses[[*PLACE, "interviewer"]].assign(
        n=1, total=points, square=points**2, marked=marks.to_numpy(int)
    )
    return rows[~np.isnan(points)].reset_index(drop=True)


def _against(cells: pd.DataFrame, confidence: float) -> dict[str, float]:
    """Numbers of one interviewer from his cells and the rest of each place."""
    told = _difference(_sums(cells), _sums(cells, "_rest"), confidence)
    n, rest = int(cells["n"].sum()), cells["n_rest"].sum()
    marked = int(cells["marked"].sum())
    return told | {
        "n": n,
        "n_units": cells["unit"].nunique(),
        "n_flagged": marked,
        "share": marked / n,
        "share_others": cells["marked_rest"].sum() / rest if rest else np.nan,
        "p_more": _more(cells) if rest else np.nan,
    }


def _sums(cells: pd.DataFrame, ending: str = "") -> np.ndarray:
    """n, sum and sum of squares, (places, 3)."""
    return cells[[f"{name}{ending}" for name in SUMS[:3]]].to_numpy(dtype=float)


def _difference(one: np.ndarray, other: np.ndarray, confidence: float) -> dict[str, float]:
    """Stratified difference of means with interval and two-sided p; NaN where nothing can be compared."""
    both = (one[:, 0] > 0) & (other[:, 0] > 0) & (one[:, 0] + other[:, 0] > 2)
    one, other = one[both], other[both]
    n1, n0 = one[:, 0], other[:, 0]
    weight = n1 * n0 / (n1 + n0)
    gap = one[:, 1] / n1 - other[:, 1] / n0
    within = sum(side[:, 2] - side[:, 1] ** 2 / side[:, 0] for side in (one, other))
    free = n1 + n0 - 2
    part = weight * np.maximum(within, 0.0) / free
    difference = float(weight @ gap / weight.sum()) if len(weight) else np.nan
    total = part.sum()
    if total <= 1e-9:
        return {"difference": difference, "ci_low": np.nan, "ci_high": np.nan, "p_diff": np.nan}
    se = np.sqrt(total) / weight.sum()
    df = total**2 / (part**2 / free).sum()
    reach = stats.t.ppf((1 + confidence) / 2, df) * se
    p = float(2 * stats.t.sf(abs(difference) / se, df))
    ends = {"ci_low": difference - reach, "ci_high": difference + reach}
    return {"difference": difference, **ends, "p_diff": p}


def _more(cells: pd.DataFrame) -> float:
    """P(at least as many marked) given the margins of every place: hypergeometric, convolved."""
    chance, least = np.ones(1), 0
    for n, rest, marked, also in cells[["n", "n_rest", "marked", "marked_rest"]].to_numpy(dtype=int):
        drawn, total = marked + also, n + rest
        low, high = max(0, drawn - rest), min(n, drawn)
        chance = np.convolve(chance, stats.hypergeom.pmf(np.arange(low, high + 1), total, drawn, n))
        least += low
    seen = int(cells["marked"].sum()) - least
    return float(min(chance[seen:].sum(), 1.0))


def channels(
    responses: pd.DataFrame, flags: pd.DataFrame, form: Form, *, min_cell: int, confidence: float = 0.95
) -> pd.DataFrame:
    """Table "channels": mean difference a − b of two channels, per unit and over all units.

    Points 0 to 100 of the scale.  Row unit "" is the difference within units, weighted
    n₁n₀/(n₁ + n₀), so that units with another mix of channels do not disturb it.  p_diff_adj: Holm over
    all rows of the cycle.  A unit needs `min_cell` answers of both channels.

    Parameters
    ----------
    responses : returned questionnaires, raw codes; those that `flags` excludes are left out
    """
    rows = _scored(responses.loc[~mark(responses, flags)["flagged"].to_numpy()], flags, form)
    cells = rows[rows["channel"] != ""].groupby(PLACE, as_index=False)[SUMS].sum()
    found = []
    for (cycle, subject), mine in cells.groupby(["cycle", "subject"]):
        for a, b in combinations(sorted(mine["channel"].unique()), 2):
            keys = {"cycle": cycle, "subject": subject, "channel_a": a, "channel_b": b}
            found += [keys | row for row in _pair(mine, a, b, min_cell, confidence)]
    if not found:
        return empty("channels")
    table = pd.DataFrame(found)
    adjusted = table.groupby("cycle")["p_diff"].transform(lambda p: adjust(p.to_numpy(), "holm"))
    return checked("channels", table.assign(p_diff_adj=adjusted, confidence=confidence))


def _pair(cells: pd.DataFrame, a: str, b: str, min_cell: int, confidence: float) -> list[dict]:
    """Rows of two channels: all units together, then every unit with enough answers of both."""
    one, other = (cells[cells["channel"] == name].set_index("unit") for name in (a, b))
    units = one.index.intersection(other.index)
    enough = units[(one.loc[units, "n"] >= min_cell) & (other.loc[units, "n"] >= min_cell)]
    rows = []
    for unit, of in [("", units), *((u, pd.Index([u])) for u in enough)]:
        if len(of):
            first, second = one.loc[of], other.loc[of]
            told = _difference(_sums(first), _sums(second), confidence)
            rows.append({"unit": unit, "n": int(first["n"].sum() + second["n"].sum()), **told})
    return rows
