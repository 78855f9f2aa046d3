"""What each item does to the alpha of its dimension, and both tables for a whole framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from svclib import policy
from svclib.columns import checked, empty
from svclib.errors import ParamError
from svclib.reliability.coefficients import COEFFICIENTS, blockers, coefficient, constant, item_rest, raw
from svclib.reliability.engine import Sample, error, influence, sample
from svclib.screening import describe

if TYPE_CHECKING:
    from svclib.framework import Framework

Range = tuple[float, float]
PSUS = ("respondent", "cluster")


def item_analysis(
    x: pd.DataFrame,
    *,
    scale: Mapping[str, Range] | None = None,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    missing: str = "listwise",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Distribution of every item, its correlation with the others, and alpha without it.

    Parameters
    ----------
    x, weights, cluster, missing, confidence
        As for `alpha`.
    scale : {item: (low, high)}, optional
        Lowest and highest possible answer, for the floor and ceiling shares.

    Returns
    -------
    DataFrame, k rows
        item, n, mean, sd, floor_share, ceiling_share (all answers of the item); r_drop
        (correlation with the sum of the other items), if_dropped (alpha of the others), change
        = if_dropped - alpha, ci_low and ci_high of the change, all from the same rows as alpha.
        The interval of the change is t with the ADF standard error of the difference. note:
        constant_item, negative_item, weak_item (below the policy's item-rest correlation),
        two_items (nothing to drop), or what makes alpha itself impossible.
    """
    rows = sample(x, weights, cluster, missing)
    ends = [(scale or {}).get(item, (np.nan, np.nan)) for item in x.columns]
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    told = describe(x.to_numpy(dtype=float), w, np.array(ends, dtype=float).reshape(-1, 2))
    told = told.drop(columns=["n_missing", "missing_share"]).assign(item=rows.items)
    blocked = blockers(rows, "raw")
    nothing = [np.nan] * 4
    with_rest = not blocked and len(rows.items) > 2
    dropped = [_without(rows, j, confidence) if with_rest else nothing for j in range(len(rows.items))]
    effect = pd.DataFrame(dropped, columns=["if_dropped", "change", "ci_low", "ci_high"])
    r_drop = np.full(len(rows.items), np.nan) if blocked else item_rest(rows.cov)
    return pd.concat([told, effect], axis=1).assign(r_drop=r_drop, note=_notes(rows, r_drop, blocked))


def _without(rows: Sample, j: int, confidence: float) -> list[float]:
    """Alpha without item j, the change it makes, and the limits of the change."""
    rest = np.delete(np.arange(len(rows.items)), j)
    block = np.ix_(rest, rest)
    if rows.cov[block].sum() <= 0:
        return [np.nan] * 4
    whole, gradient = raw(rows.cov)
    part, inner = raw(rows.cov[block])
    slope = -gradient
    slope[block] += inner
    se, df = error(rows, influence(rows, slope))
    reach = float(stats.t.ppf((1 + confidence) / 2, df)) * se
    return [part, part - whole, part - whole - reach, part - whole + reach]


def _notes(rows: Sample, r_drop: np.ndarray, blocked: list[str]) -> list[str]:
    if blocked:
        return [";".join(blocked)] * len(rows.items)
    common = ["two_items"] if len(rows.items) == 2 else []
    weak = policy.judge(r_drop, "item_rest") == "weak"
    notes = []
    for flat, r, low in zip(constant(rows), r_drop, weak, strict=True):
        own = "constant_item" if flat else "negative_item" if r < 0 else "weak_item" if low else ""
        notes.append(";".join([*common, own] if own else common))
    return notes


def by_dimension(
    responses: pd.DataFrame,
    framework: Framework,
    *,
    missing: str = "listwise",
    confidence: float = 0.95,
    min_alpha: float | None = None,
    psu: str = "respondent",
) -> dict[str, pd.DataFrame]:
    """Tables "reliability" and "item_analysis" per cycle, subject and dimension.

    Parameters
    ----------
    responses : DataFrame
        Valid responses, reverse items recoded (`screening.keep`, `sources.coded`).
    framework : framework.Framework
        The scale of a dimension is all its rating items that the subject is asked; an item
        nobody answered is left out and noted (unanswered_item). A dimension of one item keeps
        its row, with the note single_item.
    missing, confidence
        As for `alpha`.
    min_alpha : float, optional
        Least adequate alpha, if the params file moves the cut of the policy.
    psu : {"respondent", "cluster"}
        Sampling unit: who rates several units is one respondent with several rows.

    Returns
    -------
    dict of DataFrame
        "reliability" with stat "alpha", variants "raw" and "standardised", judgement
        "adequate", "below" or "not_computed" on the estimate; "item_analysis".
    """
    if psu not in PSUS:
        raise ParamError(f"psu={psu!r}; choose one of {list(PSUS)}")
    rule = policy.rule("alpha") if min_alpha is None else policy.rule("alpha").moved(min_alpha)
    tables = {"reliability": [empty("reliability")], "item_analysis": [empty("item_analysis")]}
    for keys, rows, items in _scales(responses, framework):
        weights, unit = rows["weight"].to_numpy(dtype=float), _sampling_unit(rows, psu)
        asked = [item for item in items if rows[item].notna().any()]
        unanswered = [item for item in items if item not in asked]
        prepared = sample(rows[asked], weights, unit, missing)
        for variant in COEFFICIENTS:
            row = coefficient(prepared, variant, ci="adf", missing=missing, confidence=confidence)
            row["note"] = [_joined(row["note"].iloc[0], unanswered)]
            judged = row.assign(judgement=policy.judge(row["estimate"], rule))
            tables["reliability"].append(judged.assign(**keys, stat="alpha", variant=variant))
        scale = {item: indicator.scale for item, indicator in items.items()}
        found = item_analysis(
            rows[asked], scale=scale, weights=weights, cluster=unit, missing=missing, confidence=confidence
        )
        names = found["item"].map(lambda item, of=items: of[item].name)
        tables["item_analysis"].append(found.assign(**keys, indicator=names))
    return {name: checked(name, pd.concat(parts, ignore_index=True)) for name, parts in tables.items()}


def _scales(responses: pd.DataFrame, framework: Framework) -> Iterator[tuple[dict, pd.DataFrame, dict]]:
    """Keys, response rows, and {item: indicator} of every cycle × subject × dimension with items."""
    for (cycle, subject), rows in responses.groupby(["cycle", "subject"]):
        for dimension in framework.dimensions:
            asked = [i for i in dimension.indicators if subject in i.subjects]
            items = {item: indicator for indicator in reversed(asked) for item in indicator.items}
            order = {item: items[item] for indicator in asked for item in indicator.items}
            if order:
                yield {"cycle": cycle, "subject": subject, "dimension": dimension.name}, rows, order


def _sampling_unit(rows: pd.DataFrame, psu: str) -> np.ndarray:
    """Sampling unit per row; a row without an id is its own unit."""
    own = [f"row {i}" for i in range(len(rows))]
    return np.where(rows[psu].str.strip() == "", own, "id " + rows[psu])


def _joined(note: str, unanswered: list[str]) -> str:
    parts = [note, f"unanswered_item:{','.join(unanswered)}" if unanswered else ""]
    return ";".join(part for part in parts if part)
