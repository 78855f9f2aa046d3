"""What a Delphi panel proposes: weights and cuts, to be pasted by a person."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from svclib.framework import Dimension, Framework

TOTAL = "total"
WEIGHT, IMPORTANCE, CUT = "weight", "importance", "cut"
LEVEL = ["kind", "parent"]


def proposals(items: pd.DataFrame, framework: Framework, weights: pd.DataFrame | None = None) -> pd.DataFrame:
    """Medians of the last round of each level; as weights they are divided by their sum."""
    level = items.groupby(LEVEL)
    rows = items[items["round"] == level["round"].transform("max")]
    total = rows.groupby(LEVEL)["median"].transform("sum")
    proposed = rows["median"].where(rows["kind"] == CUT, 100 * rows["median"] / total)
    now = dict(zip(framework.grades.labels, framework.grades.cuts, strict=True))
    if weights is not None:
        everywhere = weights[weights["group"] == ""]
        now |= dict(zip(everywhere["node"], 100 * everywhere["local"], strict=True))
    in_force = rows["node"].map(now).astype(float)
    kept = rows[["kind", "parent", "node", "round", "n", "median", "judgement", "note"]]
    return kept.assign(proposed=proposed, in_force=in_force)


def snippet(proposed: pd.DataFrame, framework: Framework, *, pending: str = "not agreed") -> str:
    """The proposals as YAML to paste into the framework: weights to a tenth of a percent, cuts as they are.

    Shared weights win over rated importance where a level has both.  What is not agreed carries the
    comment `pending`.
    """
    lines: list[str] = []
    cuts = _by_node(proposed[proposed["kind"] == CUT])
    if cuts:
        lines += ["grades:", "  scale:"]
        for label, now in zip(framework.grades.labels, framework.grades.cuts, strict=True):
            said = f"{cuts[label].proposed:g}{_mark(cuts[label], pending)}" if label in cuts else f"{now:g}"
            lines.append(f"    {_key(label)}: {said}")
    top = _weights(proposed, TOTAL)
    lines += ["weights: {method: direct}"] if top else []
    parts = [_dimension(d, top, _weights(proposed, d.name), pending) for d in framework.dimensions]
    if any(parts):
        lines += ["dimensions:", *(line for part in parts for line in part)]
    return "\n".join(lines)


def _by_node(rows: pd.DataFrame) -> dict[str, Any]:
    return {str(row.node): row for row in rows.itertuples(index=False)}


def _weights(proposed: pd.DataFrame, parent: str) -> dict[str, Any]:
    """Rows of one parent with weights in tenths of a percent that sum to 100: largest remainders go up."""
    own = proposed[proposed["parent"] == parent]
    rows = own[own["kind"] == (WEIGHT if (own["kind"] == WEIGHT).any() else IMPORTANCE)]
    tenths = 10 * rows["proposed"]
    whole = np.floor(tenths + 1e-9)
    first = (tenths - whole).sort_values(ascending=False, kind="stable").index
    return _by_node(rows.assign(weight=(whole + whole.index.isin(first[: round(1000 - whole.sum())])) / 10))


def _dimension(dimension: Dimension, top: dict[str, Any], own: dict[str, Any], pending: str) -> list[str]:
    lines = []
    if dimension.name in top:
        row = top[dimension.name]
        lines.append(f"    weight: {row.weight:g}{_mark(row, pending)}")
    if own:
        lines += ["    weights: {method: direct}", "    indicators:"]
        lines += [f"      {_key(n)}: {{weight: {r.weight:g}}}{_mark(r, pending)}" for n, r in own.items()]
    return [f"  {_key(dimension.name)}:", *lines] if lines else []


def _key(name: str) -> str:
    """A name as a YAML key, in quotation marks where it would mean something else."""
    return name if re.fullmatch(r"[^\W\d]\w*", name) else json.dumps(name, ensure_ascii=False)


def _mark(row: Any, pending: str) -> str:
    return "" if row.judgement == "agreed" else f"  # {pending}"
