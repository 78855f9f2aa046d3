"""Tables on the validity of a framework, per cycle and evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib import factor, policy
from svclib.columns import TABLES as INVENTORY
from svclib.columns import checked, empty
from svclib.errors import ParamError, nearest
from svclib.factor import Moments, Sample
from svclib.validity.adequacy import adequacy
from svclib.validity.convergent import DEFINITIONS, FUNCTIONS, VARIANTS, convergent
from svclib.validity.criterion import criterion as against
from svclib.validity.discriminant import factor_correlations, ratios
from svclib.validity.explore import explore, parallel, retained
from svclib.validity.interval import METHODS
from svclib.validity.structure import Structure, confirm, fit_measures, loadings

if TYPE_CHECKING:
    from svclib.framework import Framework

TABLES = ("adequacy", "eigenvalues", "efa", "fit", "loadings", "validity", "discriminant")
MOST = 0.5  # of the rows that listwise deletion may cost
LOST = ("unanswered_item", "constant_item")  # by number of different answers
ONE = "*"
ROTATION = "oblimin"
EMPTY = ("estimate", "se", "df", "ci_low", "ci_high")
FIT_RULES = {"cfi": "cfi", "cfi_robust": "cfi", "tli": "cfi", "tli_robust": "cfi",
             "rmsea": "rmsea", "rmsea_robust": "rmsea", "srmr": "srmr"}  # fmt: skip
VALIDITY_RULES = {"cr": "composite_reliability", "ave": "ave", "criterion": "correlation"}
DISCRIMINANT_RULES = {"phi": "phi", "htmt": "htmt", "htmt2": "htmt", "fornell_larcker": "fornell_larcker"}


class Asked(NamedTuple):
    """What one evaluator is asked in one cycle: the rows, dimension of every item, and what falls away."""

    rows: pd.DataFrame
    dimension: dict[str, str]
    notes: tuple[str, ...]

    @property
    def dimensions(self) -> dict[str, list[str]]:
        """Items of every dimension."""
        names = dict.fromkeys(self.dimension.values())
        return {name: [i for i, d in self.dimension.items() if d == name] for name in names}

    @property
    def scales(self) -> dict[str, list[str]]:
        """Dimensions of two items or more."""
        return {name: items for name, items in self.dimensions.items() if len(items) > 1}


class Options(NamedTuple):
    """How the tables are made; see `by_subject`."""

    missing: str
    confidence: float
    outcome: tuple[str, ...]
    seed: int


def by_subject(
    responses: pd.DataFrame,
    framework: Framework,
    *,
    missing: str = "listwise",
    confidence: float = 0.95,
    criterion: str = "",
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """Whether the items of a framework measure its dimensions, per cycle and evaluator.

    Parameters
    ----------
    responses : DataFrame
        Valid responses, reverse items recoded.
    framework : framework.Framework
        A dimension is a factor over its rating items that the evaluator is asked; an item of
        two dimensions counts in the first. A dimension of one item has no factor: it keeps its
        rows, with the note single_item. Items nobody answered, or all alike, are left out
        and noted (unanswered_item, constant_item).
    missing : {"listwise", "pairwise", "fiml"}
        As for `factor.moments`. Pairwise is used, and noted, where listwise deletion would cost
        over half the rows (few_complete) and where there are over 100 patterns of
        missing answers (many_patterns).
    criterion : str
        An indicator, or an item, that the dimensions should go with.
    seed : int
        Of the parallel analysis.

    Returns
    -------
    dict of DataFrame
        Tables "adequacy", "eigenvalues", "efa", "fit", "loadings", "validity", "discriminant".

    Raises
    ------
    ParamError
        The criterion is no rating indicator and no item of the framework, or `missing` is unknown.
    """
    options = Options(missing, confidence, outcome(framework, criterion), seed)
    found: dict[str, list[pd.DataFrame]] = {name: [empty(name)] for name in TABLES}
    for keys, asked in _asked(responses, framework):
        for name, table in _tables(asked, options).items():
            found[name].append(table.assign(**keys)[list(INVENTORY[name].all_columns)])
    return {name: checked(name, pd.concat(parts, ignore_index=True)) for name, parts in found.items()}


def outcome(framework: Framework, criterion: str) -> tuple[str, ...]:
    """Items of the criterion: of an indicator, or the item itself; () where none is declared."""
    if not criterion or criterion in framework.items:
        return (criterion,) if criterion else ()
    known = {i.name: i.items for i in framework.indicators if i.items}
    if criterion not in known:
        close = nearest(criterion, [*known, *framework.items])
        hint = f" Did you mean {close!r}?" if close else ""
        raise ParamError(
            f"criterion {criterion!r} is no rating indicator and no item; choose one of {[*known]}.{hint}"
        )
    return known[criterion]


def _asked(responses: pd.DataFrame, framework: Framework) -> Iterator[tuple[dict[str, str], Asked]]:
    for (cycle, subject), rows in responses.groupby(["cycle", "subject"]):
        wanted: dict[str, str] = {}
        for dimension in framework.dimensions:
            for indicator in dimension.indicators:
                if subject in indicator.subjects:
                    wanted |= {item: dimension.name for item in indicator.items if item not in wanted}
        if not wanted:
            continue
        values = rows[list(wanted)].nunique()
        notes = [_named(name, values.index[values == n]) for n, name in enumerate(LOST)]
        kept = {item: name for item, name in wanted.items() if values[item] > 1}
        if kept:
            yield (
                {"cycle": str(cycle), "subject": str(subject)},
                Asked(rows, kept, tuple(filter(None, notes))),
            )


def _named(note: str, items: Iterable[str]) -> str:
    return f"{note}:{','.join(items)}" if len(list(items)) else ""


def _moments(rows: Sample, missing: str) -> tuple[Moments, str]:
    """Moments of the items, and why they are not made as asked for."""
    if missing == "fiml" and rows.many_patterns:
        return factor.moments(rows, missing="pairwise"), "many_patterns"
    found = factor.moments(rows, missing=missing)
    if missing == "listwise" and found.complete_share < MOST:
        return factor.moments(rows, missing="pairwise"), "few_complete"
    return found, ""


def _tables(asked: Asked, options: Options) -> dict[str, pd.DataFrame]:
    """All tables of one evaluator in one cycle, without their keys."""
    scales = asked.scales
    every, why = _moments(factor.respondents(asked.rows, list(asked.dimension)), options.missing)
    scaled = [item for items in scales.values() for item in items]
    found = every
    if 0 < len(scaled) < len(asked.dimension):
        found, why = _moments(factor.respondents(asked.rows, scaled), options.missing)
    whole = confirm(found, scales)
    roots = parallel(every, seed=options.seed)
    pattern = explore(every, retained(roots), rotation=ROTATION)
    tables = {
        "adequacy": _judged(adequacy(every), {"kmo": "kmo"}),
        "eigenvalues": roots,
        "efa": pattern.assign(dimension=pattern["item"].map(asked.dimension)),
        "fit": _fit(whole, found, pattern),
        "loadings": _loadings(whole, asked, options.confidence),
        "validity": _validity(whole, asked, options),
        "discriminant": _discriminant(whole, found, options.confidence),
    }
    shared = [why, *asked.notes]
    return {name: _noted(table.assign(missing=found.missing), shared) for name, table in tables.items()}


def _fit(whole: Structure, found: Moments, pattern: pd.DataFrame) -> pd.DataFrame:
    """Fit of the framework, of one factor for all items, and of the exploratory factors."""
    parts = [fit_measures(whole).assign(model="framework")]
    if len(whole.scales) > 1:
        every = [item for items in whole.scales.values() for item in items]
        parts.append(fit_measures(confirm(found, {ONE: every})).assign(model="one_factor"))
    told = pattern[["df", "p", "n", "note"]].iloc[:1]
    chi2 = told.assign(
        model="exploratory", stat="chi2", estimate=pattern["chi2"], ci_low=np.nan, ci_high=np.nan
    )
    return _judged(pd.concat([*parts, chi2.assign(confidence=np.nan)], ignore_index=True), FIT_RULES)


def _loadings(whole: Structure, asked: Asked, confidence: float) -> pd.DataFrame:
    """Loadings, and a row for every item whose dimension has no factor."""
    out = loadings(whole, confidence=confidence)
    alone = [(name, item) for item, name in asked.dimension.items() if name not in whole.scales]
    rest = pd.DataFrame(alone, columns=["dimension", "item"]).assign(
        **dict.fromkeys((*EMPTY, "residual"), np.nan), confidence=confidence, n=whole.n,
        method=METHODS["fisher"], note="single_item",
    )  # fmt: skip
    table = pd.concat([part for part in (out, rest) if len(part)], ignore_index=True)
    return table.assign(judgement=policy.judge(table["estimate"].to_numpy(float), "loading"))


def _validity(whole: Structure, asked: Asked, options: Options) -> pd.DataFrame:
    """Composite reliability, AVE, and the correlations with the criterion."""
    alone = [name for name in asked.dimensions if name not in whole.scales]
    keys = [(name, stat, variant) for name in alone for stat in FUNCTIONS for variant in VARIANTS]
    rest = pd.DataFrame(keys, columns=["dimension", "stat", "variant"]).assign(
        **dict.fromkeys(EMPTY, np.nan), n_items=1, n=whole.n, confidence=options.confidence,
        method=METHODS["logit"], note="single_item",
    )  # fmt: skip
    rest["definition"] = rest["stat"].map(DEFINITIONS)
    parts = [convergent(whole, confidence=options.confidence), rest, _criterion(asked, options)]
    return _judged(pd.concat([part for part in parts if len(part)], ignore_index=True), VALIDITY_RULES)


def _criterion(asked: Asked, options: Options) -> pd.DataFrame:
    target = [item for item in options.outcome if len(asked.rows[item].dropna().unique()) > 1]
    if not target:
        return pd.DataFrame()
    items = dict.fromkeys([*asked.dimension, *target])
    found, why = _moments(factor.respondents(asked.rows, list(items)), options.missing)
    told = against(found, asked.dimensions, target, confidence=options.confidence)
    return _noted(told.assign(variant="raw"), [] if items.keys() == asked.dimension.keys() else [why])


def _discriminant(whole: Structure, found: Moments, confidence: float) -> pd.DataFrame:
    """Judged by the limit of the interval that speaks against the dimensions being two."""
    parts = [factor_correlations(whole, confidence=confidence),
             ratios(found, whole.scales, confidence=confidence)]  # fmt: skip
    out = pd.concat(parts, ignore_index=True)
    worst = np.where(out["stat"] == "phi", out[["ci_low", "ci_high"]].abs().max(axis=1), out["ci_high"])
    told = out.assign(estimate=np.where(out["stat"] == "fornell_larcker", out["estimate"], worst))
    return out.assign(judgement=_judged(told, DISCRIMINANT_RULES)["judgement"])


def _judged(table: pd.DataFrame, rules: Mapping[str, str]) -> pd.DataFrame:
    """Labels of the policy on `estimate`, by stat; "" where the policy has no cut."""
    labels = pd.Series("", index=table.index, dtype=object)
    for stat, rule in rules.items():
        at = table["stat"] == stat
        labels[at] = policy.judge(table.loc[at, "estimate"].to_numpy(float), rule)
    return table.assign(judgement=labels)


def _noted(table: pd.DataFrame, more: Iterable[str]) -> pd.DataFrame:
    extra = [note for note in more if note]
    return table.assign(note=[";".join(filter(None, [own, *extra])) for own in table["note"]])
