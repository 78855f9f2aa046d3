"""The weight table of a framework: local, global and effective weight of every node."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from svclib.errors import DataError, ParamError
from svclib.weights.judgements import GROUP, TOTAL
from svclib.weights.panel import ahp
from svclib.weights.shares import direct, entropy, equal, stated

if TYPE_CHECKING:
    from svclib.framework import Framework, Weighting

METHODS = ("direct", "equal", "ahp", "entropy", "stated")
# Methods whose weights move with the sample; pinned to a cycle they stand still.
RELATIVE = ("entropy", "stated")


class _Level(NamedTuple):
    parent: str
    names: tuple[str, ...]
    written: tuple[float | None, ...]
    rule: Weighting


class _Sources(NamedTuple):
    judgments: pd.DataFrame | None
    scores: pd.DataFrame | None
    responses: pd.DataFrame | None


def resolve(
    framework: Framework,
    *,
    judgments: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
    responses: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table "weights": one row per dimension (parent "total") and per indicator.

    Parameters
    ----------
    framework : Framework
    judgments : DataFrame, optional
        Needed where a level is weighted by ahp.
    scores : DataFrame, (n_units, n_indicators), optional
        Anchored headline scores, columns named by indicator; needed by entropy.
    responses : DataFrame, optional
        Needed by stated weights: their code columns and `weight`.

    Returns
    -------
    DataFrame
        node, parent, level, local, global, effective (NaN; see `effective`), method,
        relative, note.  Local weights sum to 1 within a parent, global ones over all
        indicators and over all dimensions.

    Raises
    ------
    ParamError
        Unknown method, or the data a method needs is absent.
    DataError, InputErrors
        As raised by the method.
    """
    sources = _Sources(judgments, scores, responses)
    inner = [
        _Level(d.name, tuple(i.name for i in d.indicators), tuple(i.weight for i in d.indicators), d.weights)
        for d in framework.dimensions
    ]
    local = {level.parent: _weigh(level, sources) for level in inner}
    if scores is not None and framework.weights.method == "entropy":
        sources = sources._replace(
            scores=_dimension_scores(scores, inner, {p: w for p, (w, _) in local.items()})
        )
    top = _Level(
        TOTAL,
        tuple(d.name for d in framework.dimensions),
        tuple(d.weight for d in framework.dimensions),
        framework.weights,
    )
    local[TOTAL] = _weigh(top, sources)
    share = dict(zip(top.names, local[TOTAL][0], strict=True)) | {TOTAL: 1.0}
    rows = [row for level in (top, *inner) for row in _rows(level, local[level.parent], share[level.parent])]
    table = pd.DataFrame(rows).assign(group="")
    _check_sums(table)
    return table


def expert_panel(framework: Framework, judgments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables expert_weights, consistency, judgement_review of every level weighted by ahp."""
    levels = [(TOTAL, tuple(d.name for d in framework.dimensions), framework.weights)]
    levels += [(d.name, tuple(i.name for i in d.indicators), d.weights) for d in framework.dimensions]
    found = [
        ahp(judgments, {parent: names}, max_cr=rule.max_cr, ri=rule.ri)
        for parent, names, rule in levels
        if rule.method == "ahp"
    ]
    if not found:
        return ahp(judgments, {})
    return {name: _stack([tables[name] for tables in found]) for name in found[0]}


def _stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def effective(weights: pd.DataFrame, indicator_scores: pd.DataFrame) -> pd.DataFrame:
    """Fill `effective`: the share of the total's variance across units that a node carries.

    cov(w_j x_j, total) / var(total) over the units with every score; the indicators' shares
    sum to 1, and so do the dimensions'.  NaN with fewer than three such units or a constant
    total.  Nominal weight says what was intended, effective weight what decides the ranks.
    """
    rows = weights[weights["level"] == "indicator"]
    headline = indicator_scores[indicator_scores["subject"] == ""]
    scores = headline.set_index(["indicator", "unit"])["score"]
    wide = pd.DataFrame({name: scores.loc[name] for name in rows["node"]})
    parts = (wide.dropna().sort_index() * rows["global"].to_numpy()).to_numpy()
    total = parts.sum(axis=1)
    share = np.full(len(rows), np.nan)
    if len(parts) >= 3 and np.var(total) > 1e-12:
        share = ((parts - parts.mean(axis=0)) * (total - total.mean())[:, None]).mean(axis=0) / np.var(total)
    of_node = dict(zip(rows["node"], share, strict=True))
    of_node |= pd.Series(share, index=rows["parent"]).groupby(level=0).sum(min_count=1).to_dict()
    return weights.assign(effective=weights["node"].map(of_node).astype(float))


def _weigh(level: _Level, sources: _Sources) -> tuple[np.ndarray, list[str]]:
    """Local weights and one note per child."""
    blank = [""] * len(level.names)
    method = level.rule.method
    if method not in METHODS:
        raise ParamError(f"weights of {level.parent!r}: method={method!r}; choose one of {list(METHODS)}")
    if method == "direct":
        return direct(level.written, names=level.names), blank
    if method == "equal" or len(level.names) == 1:
        return equal(len(level.names)), blank
    if method == "ahp":
        return _by_ahp(level, _needed(level, sources.judgments, "judgments"))
    if method == "entropy":
        return entropy(_needed(level, sources.scores, "scores")[list(level.names)])
    return _by_stated(level, _needed(level, sources.responses, "responses"))


def _needed(level: _Level, frame: pd.DataFrame | None, name: str) -> pd.DataFrame:
    if frame is None or frame.empty:
        raise ParamError(
            f"weights of {level.parent!r}: method {level.rule.method!r} needs {name}, and there are none"
        )
    return frame


def _by_ahp(level: _Level, judgments: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    tables = ahp(judgments, {level.parent: level.names}, max_cr=level.rule.max_cr, ri=level.rule.ri)
    group = tables["expert_weights"].set_index(["expert", "item"])["weight"].loc[GROUP]
    judged = tables["consistency"]
    excluded = judged.loc[~judged["passed"].astype(bool) & (judged["expert"] != GROUP), "expert"]
    note = f"excluded:{','.join(excluded)}" if len(excluded) else ""
    return group.loc[list(level.names)].to_numpy(), [note] * len(level.names)


def _by_stated(level: _Level, responses: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    columns, order = list(level.rule.columns), list(level.rule.order)
    absent = [c for c in columns if c not in responses.columns]
    if absent:
        raise DataError(
            f"responses: no column {', '.join(absent)} for the stated weights of {level.parent!r}"
        )
    # A code of something that a group leaves out is still an answer, but not one for what is left.
    if not set(level.names) <= set(order):
        raise ParamError(
            f"weights of {level.parent!r}: order lists {order}, the children are {list(level.names)}"
        )
    shares, ignored = stated(responses[columns], order, weight=responses.get("weight"))
    of_name = dict(zip(order, shares, strict=True))
    left = np.array([of_name[name] for name in level.names])
    if left.sum() <= 0:
        raise DataError(
            f"columns {', '.join(columns)}: nobody chose {', '.join(level.names)}, what is left of "
            f"{level.parent!r}, so there is no stated importance to use as weights"
        )
    note = f"ignored_codes:{ignored}" if ignored else ""
    return left / left.sum(), [note] * len(level.names)


def _dimension_scores(
    scores: pd.DataFrame, inner: list[_Level], local: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            level.parent: scores[list(level.names)].to_numpy(dtype=float) @ local[level.parent]
            for level in inner
        },
        index=scores.index,
    )


def _rows(level: _Level, weighed: tuple[np.ndarray, list[str]], share: float) -> list[dict[str, object]]:
    moves = level.rule.method in RELATIVE and len(level.names) > 1
    relative = moves and level.rule.from_ is None
    return [
        {
            "node": name,
            "parent": level.parent,
            "level": "dimension" if level.parent == TOTAL else "indicator",
            "local": weight,
            "global": weight * share,
            "effective": np.nan,
            "method": level.rule.method,
            "relative": relative,
            "note": note,
        }
        for name, weight, note in zip(level.names, *weighed, strict=True)
    ]


def _check_sums(table: pd.DataFrame) -> None:
    sums = {("local", str(p)): math.fsum(g) for p, g in table.groupby("parent")["local"]}
    sums |= {("global", str(lv)): math.fsum(g) for lv, g in table.groupby("level")["global"]}
    wrong = {k: v for k, v in sums.items() if abs(v - 1) > 1e-12}
    if wrong:
        raise DataError(f"weights do not sum to 1: {wrong}")
