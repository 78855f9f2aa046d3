"""Tables "reliability" and "item_analysis" of a whole framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib import factor, policy
from svclib.columns import checked, empty
from svclib.errors import ParamError
from svclib.factor import Sample
from svclib.reliability.coefficients import hierarchical, of_scale
from svclib.reliability.items import effects, profile
from svclib.reliability.scale import Scale

if TYPE_CHECKING:
    from svclib.framework import Dimension, Framework, Indicator

PSUS = ("respondent", "cluster")
UNIT = "sampling unit"
ALL = "*"  # all dimensions of an evaluator together


class Asked(NamedTuple):
    """Items of one dimension that an evaluator is asked, in order, and those nobody answered."""

    items: dict[str, Indicator]
    unanswered: list[str]

    @property
    def answered(self) -> list[str]:
        """Items with an answer."""
        return [item for item in self.items if item not in self.unanswered]


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
        its rows, with the note single_item.
    missing, confidence
        As for `coefficients`.
    min_alpha : float, optional
        Least adequate coefficient, if the params file moves the cut of the policy.
    psu : {"respondent", "cluster"}
        Sampling unit: who rates several units is one respondent with several rows.

    Returns
    -------
    dict of DataFrame
        "reliability": every coefficient of `coefficients`, judgement "adequate", "below" or
        "not_computed" on the estimate; where a subject is asked about several dimensions also
        omega_h and omega of all of them together (dimension "*"). "item_analysis".
    """
    _check(psu)
    rule = policy.rule("alpha") if min_alpha is None else policy.rule("alpha").moved(min_alpha)
    told, items = [empty("reliability")], [empty("item_analysis")]
    for keys, rows, dimensions in _parts(with_units(responses, psu), framework):
        drawn = of_rows(rows, [item for asked in dimensions.values() for item in asked.answered])
        for name, asked in dimensions.items():
            scale = Scale(drawn.of(asked.answered), missing)
            found = of_scale(scale, confidence=confidence)
            told.append(noted(found, asked.unanswered).assign(**keys, dimension=name))
            items.append(_items(rows, asked, scale, confidence).assign(**keys, dimension=name))
        if len(dimensions) > 1:
            whole = _together(drawn, dimensions, missing=missing, confidence=confidence)
            told.append(whole.assign(**keys, dimension=ALL))
    table = pd.concat(told, ignore_index=True)
    table["judgement"] = policy.judge(table["estimate"].to_numpy(float), rule)
    return {"reliability": checked("reliability", table),
            "item_analysis": checked("item_analysis", pd.concat(items, ignore_index=True))}  # fmt: skip


def _check(psu: str) -> None:
    if psu not in PSUS:
        raise ParamError(f"psu={psu!r}; choose one of {list(PSUS)}")


def _parts(
    responses: pd.DataFrame, framework: Framework
) -> Iterator[tuple[dict, pd.DataFrame, dict[str, Asked]]]:
    """Keys, response rows, and what each dimension asks, of every cycle × subject."""
    for (cycle, subject), rows in responses.groupby(["cycle", "subject"]):
        found = {}
        for dimension in framework.dimensions:
            items = wanted(dimension, str(subject))
            if items:
                found[dimension.name] = Asked(items, [i for i in items if not rows[i].notna().any()])
        yield {"cycle": cycle, "subject": subject}, rows, found


def wanted(dimension: Dimension, subject: str) -> dict[str, Indicator]:
    """Items of a dimension that a subject is asked, in order, with the first indicator that asks."""
    asked = [i for i in dimension.indicators if subject in i.subjects]
    items: dict[str, Indicator] = {}
    for indicator in asked:
        for item in indicator.items:
            items.setdefault(item, indicator)
    return items


def with_units(responses: pd.DataFrame, psu: str) -> pd.DataFrame:
    """Responses with the number of their sampling unit in UNIT; a row without an id is its own unit."""
    code = pd.factorize(responses[psu].str.strip())[0]
    alone = (responses[psu].str.strip() == "").to_numpy(bool)
    return responses.assign(**{UNIT: np.where(alone, -1 - np.arange(len(code)), code)})


def of_rows(rows: pd.DataFrame, items: list[str]) -> Sample:
    """Sample of the rows of `with_units` with their design."""
    strata = rows["stratum"].to_numpy() if "stratum" in rows and (rows["stratum"] != "").any() else None
    weights = rows["weight"].to_numpy(float)
    return factor.sample(
        rows[list(dict.fromkeys(items))], weights=weights, cluster=rows[UNIT].to_numpy(), strata=strata
    )


def _items(rows: pd.DataFrame, asked: Asked, scale: Scale, confidence: float) -> pd.DataFrame:
    ends = {item: indicator.scale for item, indicator in asked.items.items() if indicator.scale is not None}
    told = profile(rows[asked.answered], rows["weight"].to_numpy(float), ends)
    names = [asked.items[item].name for item in asked.answered]
    return pd.concat([told, effects(scale, confidence)], axis=1).assign(indicator=names)


def _together(
    drawn: Sample, dimensions: Mapping[str, Asked], *, missing: str, confidence: float
) -> pd.DataFrame:
    """All dimensions with two items or more under one general factor; every item once, in its first one."""
    scales: dict[str, list[str]] = {}
    for name, asked in dimensions.items():
        used = {item for items in scales.values() for item in items}
        scales[name] = [item for item in asked.answered if item not in used]
    left_out = [name for name, items in scales.items() if len(items) < 2]
    kept = {name: items for name, items in scales.items() if name not in left_out}
    items = [item for of in kept.values() for item in of]
    rows = drawn.of(items)
    many = missing == "fiml" and rows.many_patterns
    found = hierarchical(Scale(rows, "pairwise" if many else missing), kept, confidence=confidence)
    if many:
        found["note"] = [";".join(filter(None, (own, "many_patterns"))) for own in found["note"]]
    return noted(found, left_out, "single_item_dimension")


def noted(found: pd.DataFrame, names: list[str], note: str = "unanswered_item") -> pd.DataFrame:
    """Add a note with names to every row."""
    if not names:
        return found
    more = f"{note}:{','.join(names)}"
    return found.assign(note=[";".join(n for n in (own, more) if n) for own in found["note"]])
