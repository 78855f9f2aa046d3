"""Ratings in tidy form to a matrix of objects by raters, with everything wrong reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import InputErrors, ParamError, Problem, nearest

FILE = "ratings"
NAMES = {"target": "target", "rater": "rater", "value": "value", "weight": ""}


class Ratings(NamedTuple):
    """n objects by r raters.

    codes : (n, r), position in `categories`, -1 where not rated; weight : (n,), sum 1;
    numeric : whether the categories are numbers; ordered : whether their order means anything.
    """

    codes: np.ndarray
    categories: tuple[object, ...]
    weight: np.ndarray
    numeric: bool
    ordered: bool
    weighted: bool

    @property
    def numbers(self) -> np.ndarray:
        """The ratings as numbers, (n, r), NaN where not rated; positions where they are words."""
        scale = np.asarray(self.categories if self.numeric else range(len(self.categories)), dtype=float)
        return np.where(self.codes >= 0, np.append(scale, np.nan)[self.codes], np.nan)

    def complete(self) -> tuple[Ratings, int]:
        """Objects that every rater rated, and how many others there are."""
        rows = np.asarray((self.codes >= 0).all(axis=1))
        return self.kept(rows), int((~rows).sum())

    def kept(self, rows: np.ndarray) -> Ratings:
        """The objects of `rows` alone; weights sum to 1 again."""
        weight = self.weight[rows]
        return self._replace(codes=self.codes[rows], weight=weight / (weight.sum() or 1.0))


def read(
    ratings: pd.DataFrame, columns: Mapping[str, str] | None, categories: Sequence[object] | None = None
) -> Ratings:
    """The matrix of `ratings`; empty ratings are missing, objects of weight 0 are left out.

    Raises
    ------
    ParamError
        A column that does not exist, or a role that `NAMES` does not have.
    InputErrors
        An object rated twice by one rater, a rating outside `categories`, a weight that is
        negative, missing or different within one object: all at once.
    """
    target, rater, value, weight = _columns(ratings, columns)
    given = ratings[ratings[value].notna() & (ratings[value].astype(str) != "")]
    problems = [*_repeated(given, target, rater), *_unknown(given[value], categories)]
    if weight:
        problems += _weights(given, target, weight)
    if problems:
        raise InputErrors(problems)
    seen = given[value].unique().tolist()
    numeric = pd.api.types.is_numeric_dtype(given[value]) and not pd.api.types.is_bool_dtype(given[value])
    listed = tuple(categories) if categories is not None else tuple(sorted(seen))
    place = {c: k for k, c in enumerate(listed)}
    wide = given.assign(_code=given[value].map(place)).pivot_table(
        index=target, columns=rater, values="_code", aggfunc="first", observed=True
    )
    weights = np.ones(len(wide))
    if weight:
        weights = given.groupby(target, observed=True)[weight].first().loc[wide.index].to_numpy(dtype=float)
    codes = wide.fillna(-1).to_numpy(dtype=int)
    found = Ratings(codes, listed, weights, numeric, numeric or categories is not None, bool(weight))
    return found.kept(weights > 0)


def _columns(ratings: pd.DataFrame, columns: Mapping[str, str] | None) -> list[str]:
    """Names of the columns target, rater, value and weight ("" for none)."""
    unknown = set(columns or {}) - set(NAMES)
    if unknown:
        raise ParamError(f"columns: unknown {sorted(unknown)}; choose from {list(NAMES)}")
    named = {**NAMES, **(columns or {})}
    for name in filter(None, named.values()):
        if name not in ratings:
            near = nearest(name, map(str, ratings.columns))
            hint = f" Did you mean {near!r}?" if near else ""
            raise ParamError(f"column {name!r} does not exist; the frame has {list(ratings.columns)}.{hint}")
    return list(named.values())


def _repeated(given: pd.DataFrame, target: str, rater: str) -> list[Problem]:
    again = given[given.duplicated([target, rater])]
    remedy = "Keep one rating of an object by a rater."
    return [
        Problem(FILE, f"row {i}", f"{target}, {rater}", f"{t} is rated twice by {r}", remedy)
        for i, t, r in zip(again.index, again[target], again[rater], strict=True)
    ]


def _unknown(values: pd.Series, categories: Sequence[object] | None) -> list[Problem]:
    if categories is None:
        return []
    names = [str(c) for c in categories]
    bad = values[~values.isin(list(categories))]
    remedy = f"Use one of {', '.join(names)}."
    return [
        Problem(FILE, f"row {i}", str(values.name), f"unknown rating {v!r}", remedy, nearest(str(v), names))
        for i, v in bad.items()
    ]


def _weights(given: pd.DataFrame, target: str, weight: str) -> list[Problem]:
    number = pd.to_numeric(given[weight], errors="coerce")
    bad = given[~(number.ge(0) & np.isfinite(number))]
    remedy = "Give every object one number of at least 0."
    problems = [Problem(FILE, f"row {i}", weight, f"weight {v!r}", remedy) for i, v in bad[weight].items()]
    several = number.groupby(given[target], observed=True).nunique()
    return problems + [
        Problem(FILE, f"{target} {t}", weight, "several weights of one object", remedy)
        for t in several.index[several > 1]
    ]
