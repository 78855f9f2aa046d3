"""The parts of a change of the published score under one framework, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from svclib.decomposition.tree import IMPUTED, NEAR, Side, Tree, evaluators
from svclib.framework import Framework

COLUMNS = ["unit", "change_part", "node", "contribution", "note"]


class Ends(NamedTuple):
    """Then and now, each (2, U): the published scores, and the totals they were rounded from."""

    published: np.ndarray
    score: np.ndarray


def points_of(scores: pd.DataFrame, units: Sequence[str], framework: Framework) -> np.ndarray:
    """Points (U, I, S) by `evaluators` from the rows of one cycle of table "indicator_scores".

    The headline of a rating is the mean of its subjects and stays out; points counted for
    what was not reported stand apart, so that they are coverage and never performance.
    """
    rated = {i.name for i in framework.indicators if i.subjects}
    given = scores["status"].isin(["ok", "small_sample"])
    counted = (scores["status"] == "not_reported") & (scores["subject"] == "")
    mean = (scores["subject"] == "") & scores["indicator"].isin(rated) & given
    used = scores.assign(who=scores["subject"].mask(counted, IMPUTED))
    used = used[(given | counted) & ~mean & scores["score"].notna()]
    axes = {"unit": list(units), "indicator": [i.name for i in framework.indicators]}
    axes["who"] = evaluators(framework)
    at = [pd.Index(axis).get_indexer(pd.Index(used[column])) for column, axis in axes.items()]
    known = np.all([k >= 0 for k in at], axis=0)
    found = np.full([len(axis) for axis in axes.values()], np.nan)
    found[tuple(k[known] for k in at)] = used["score"].to_numpy(dtype=float)[known]
    return found


def decompose(
    then: Side,
    now: Side,
    ends: Ends,
    framework: Framework,
    units: Sequence[str],
    *,
    mix: np.ndarray | None = None,
) -> pd.DataFrame:
    """Parts of the change of the published scores of U units under one framework.

    Parameters
    ----------
    mix : ndarray (U, I, S), optional
        Points of each evaluator's change that come from who answered: another mix of channels;
        NaN where that cannot be told apart from performance, which the note then says.

    Returns
    -------
    DataFrame
        Columns unit, change_part, node, contribution in points, unrounded, and note: a row of
        part "performance" per indicator, rows of the other parts where they are not 0.  The
        contributions of a unit sum to its published score now minus the one then.
    """
    known = np.zeros_like(then.points) if mix is None else mix
    moved, unclear = np.nan_to_num(known), np.isnan(known) & ~np.isnan(then.points + now.points)
    tree = Tree.of(then, now, framework)
    names, dims = [i.name for i in framework.indicators], [d.name for d in framework.dimensions]
    of_net = np.diff(ends.score - tree.total, axis=0)[0]
    of_rounding = np.diff(ends.published - ends.score, axis=0)[0]
    found = [
        ("performance", names, (tree.rate * (tree.given - moved)).sum(axis=-1)),
        ("mix", names, (tree.rate * moved).sum(axis=-1)),
        ("coverage", names, tree.blended + tree.inner.weight * tree.local.coverage),
        ("weights", names, tree.inner.weight * tree.local.written),
        ("coverage", dims, tree.whole.weight * tree.top.coverage),
        ("weights", dims, tree.whole.weight * tree.top.written),
        ("adjustments", [""], of_net[:, None]),
        ("rounding", [""], of_rounding[:, None]),
    ]
    rows = [listed(units, *one) for one in found]
    rows[0]["note"] = np.where(unclear.any(axis=-1), "mix_inseparable", "").ravel()
    return pd.concat(rows, ignore_index=True)[COLUMNS]


def listed(units: Sequence[str], part: str, nodes: Sequence[str], points: np.ndarray) -> pd.DataFrame:
    """Rows of one part; what has no effect is left out, except of performance."""
    keys = {"unit": np.repeat(list(units), len(nodes)), "node": np.tile(list(nodes), len(units))}
    rows = pd.DataFrame(keys | {"contribution": points.ravel(), "change_part": part, "note": ""})
    return rows if part == "performance" else rows[rows["contribution"].abs() > NEAR / 1000]


def largest(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The `most` largest parts of each unit's change, by size, and the rest, if more than one, as one row.

    A part other than "performance" is one entry whatever its nodes; what has no effect, or no
    value, is left out.  Rows as in table "decomposition", the note that of any part of the
    unit, and `n`, how many entries a row stands for.  The contributions of a unit still add up.
    """
    keys = ["baseline", "cycle", "unit", "estimate0", "estimate1", "change"]
    node = frame["node"].where(frame["change_part"] == "performance", "")
    entries = frame.assign(node=node)[frame["contribution"].notna()]
    found = entries.groupby([*keys, "change_part", "node"], sort=False, as_index=False)["contribution"].sum()
    by_size = found["contribution"].abs().groupby(found["unit"])
    found["place"] = by_size.rank(ascending=False, method="first")
    found = found[(found["contribution"].abs() > NEAR) | (found["place"] == 1)]
    few = found["place"] <= most + (found.groupby("unit")["unit"].transform("size") == most + 1)
    few, rest = found[few], found[~few]
    pooled = rest.groupby(keys, sort=False)["contribution"].agg(contribution="sum", n="size").reset_index()
    pooled = pooled.assign(change_part="other", node="", place=most + 1)
    rows = pd.concat([few.assign(n=1), pooled], ignore_index=True)
    told = frame.groupby("unit")["note"].agg(lambda notes: ";".join(sorted(set(notes) - {""})))
    order = {unit: k for k, unit in enumerate(frame["unit"].unique())}
    rows = rows.assign(note=rows["unit"].map(told), order=rows["unit"].map(order))
    return rows.sort_values(["order", "place"], ignore_index=True).drop(columns=["order", "place"])
