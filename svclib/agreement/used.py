"""Agreement where the workbench needs it: inspectors of one thing, experts on one set of criteria."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from svclib import policy
from svclib.agreement.coefficients import agreement
from svclib.columns import checked, empty
from svclib.errors import ParamError

GROUP = "group"
NOT_APPLICABLE = "not_applicable"
OF_RESULTS = ("percent:nominal", "gwet:nominal", "fleiss:nominal", "krippendorff:nominal")
OF_SCORES = ("krippendorff:interval",)
OF_EXPERTS = ("kendall:raters", "icc:c1", "icc:ck")
RULES = {"agreement": ("gwet", "fleiss", "krippendorff"), "icc": ("icc",), "concordance": ("kendall",)}
INSPECTED = ("unit", "date", "place", "check")
RECORD = ("cycle", *INSPECTED, "result", "score", "full_marks", "inspector")


def by_inspection(inspections: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Table "agreement" of inspectors, from whatever two or more of them inspected.

    Parameters
    ----------
    inspections : DataFrame
        cycle, unit, date, place, check, result (id, "" where scored), score and full_marks
        (NaN where judged), inspector: one inspector's finding on one check a row.  A finding
        "not_applicable" does not count.

    Returns
    -------
    DataFrame
        Objects are unit x date x place x check.  Rows for all together (object "inspections",
        node ""), every check (object "check"), every place (object "place") and every inspector
        (object "inspector": what he and others inspected): percent, Gwet's AC1, Fleiss' kappa
        and Krippendorff's alpha of results; Krippendorff's interval alpha of score / full_marks,
        which unlike the ICC takes inspectors who differ from object to object.  Empty where
        nothing was inspected twice.  A finding without inspector does not count: it may be
        anyone's.

    Raises
    ------
    ParamError
        Missing columns.
    InputErrors
        An inspector with two findings on one object.
    """
    absent = [c for c in RECORD if c not in inspections]
    if absent:
        raise ParamError(f"inspections: columns {absent} are missing; needed: {list(RECORD)}")
    counted = inspections[(inspections["result"] != NOT_APPLICABLE) & (inspections["inspector"] != "")]
    if counted.empty:
        return empty("agreement")
    target = counted[[*INSPECTED]].astype(str).agg(" | ".join, axis=1)
    counted = counted.assign(target=target, rater=counted["inspector"])
    twice = counted.groupby(["cycle", "target"])["rater"].transform("nunique") > 1
    parts = [empty("agreement")]
    for keys, rows in _views(counted[twice]):
        parts += [part.assign(**keys) for part in _inspected(rows, confidence)]
    return _judged(parts)


def _judged(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The rows as table "agreement", each with what the policy says of it; shares are not judged."""
    rows = pd.concat(parts, ignore_index=True)
    rows["judgement"] = ""
    for rule, stats in RULES.items():
        at = rows["stat"].isin(stats)
        rows.loc[at, "judgement"] = policy.judge(rows.loc[at, "estimate"], rule).astype(str)
    return checked("agreement", rows)


def _views(rows: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """All rows of a cycle, then those of each check, each place and each inspector with his partners."""
    for cycle, own in rows.groupby("cycle"):
        yield {"cycle": str(cycle), "object": "inspections", "node": ""}, own
        for column in ("check", "place"):
            for name, part in own[own[column] != ""].groupby(column):
                yield {"cycle": str(cycle), "object": column, "node": str(name)}, part
        for name, part in own.groupby("inspector"):
            shared = own["target"].isin(part["target"])
            yield {"cycle": str(cycle), "object": "inspector", "node": str(name)}, own[shared]


def _inspected(rows: pd.DataFrame, confidence: float) -> Iterator[pd.DataFrame]:
    judged, scored = rows[rows["result"] != ""], rows[rows["score"].notna()]
    if len(judged):
        ratings = judged.assign(value=judged["result"])
        yield agreement(ratings, stats=OF_RESULTS, confidence=confidence)
    if len(scored):
        share = scored["score"] / scored["full_marks"].fillna(1.0)
        ratings = scored.assign(value=share)
        yield agreement(ratings, stats=OF_SCORES, confidence=confidence)


def by_experts(expert_weights: pd.DataFrame, *, cycle: str, confidence: float = 0.95) -> pd.DataFrame:
    """Table "agreement" of the experts on what matters under each parent.

    Parameters
    ----------
    expert_weights : table "expert_weights"; the group's own rows do not count.
    cycle : the cycle they judged for.

    Returns
    -------
    DataFrame
        Object "experts", node = parent, objects rated = its children: Kendall's W of the orders
        (error over experts: the children are all there are), ICC(C,1) of one expert's weights
        and ICC(C,k) of the panel's mean.  Every expert's weights sum to 1, so that experts cannot
        differ in level and ICC(A) would say nothing more.
    """
    experts = expert_weights[expert_weights["expert"] != GROUP]
    names = {"target": "item", "rater": "expert", "value": "weight"}
    parts = [empty("agreement")]
    for parent, rows in experts.groupby("parent", sort=False):
        # Equal weights come out of the eigenvector apart by rounding, which is not an order.
        rounded = rows.assign(weight=np.round(rows["weight"].to_numpy(dtype=float), 9))
        found = agreement(rounded, stats=OF_EXPERTS, columns=names, confidence=confidence)
        parts.append(found.assign(cycle=cycle, object="experts", node=str(parent)))
    return _judged(parts)
