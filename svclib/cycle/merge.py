"""Earlier data under today's units: a renamed unit keeps its answers, a merged one pools them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from svclib.sources import Inputs

_SEPARATORS = re.compile(r"[;；、,，]")
_COUNTS = ("numerator", "denominator")


def successors(units: pd.DataFrame) -> dict[str, str]:
    """Old unit to the unit that replaces it, from column `replaces` (names separated by ; or 、)."""
    return {
        old.strip(): str(unit)
        for unit, replaced in zip(units["unit"], units["replaces"], strict=True)
        for old in _SEPARATORS.split(str(replaced))
        if old.strip()
    }


def relabelled(inputs: Inputs, follows: Mapping[str, str]) -> Inputs:
    """The data of an earlier cycle under the units that replaced its own.

    Answers keep their row.  KPI records of merged units are added: counts are summed,
    moments pooled.  A bare value cannot be merged and becomes not applicable, so that no
    number is invented.
    """
    if not set(follows) & (set(inputs.units["unit"]) | set(inputs.responses["unit"])):
        return inputs

    def renamed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(unit=frame["unit"].replace(follows)) if "unit" in frame else frame

    return replace(
        inputs,
        units=renamed(inputs.units).drop_duplicates("unit", ignore_index=True),
        responses=renamed(inputs.responses),
        kpis=_pooled(renamed(inputs.kpis)),
        sheets={name: _added(name, renamed(frame)) for name, frame in inputs.sheets.items()},
        exclusions=renamed(inputs.exclusions),
    )


def _added(name: str, sheet: pd.DataFrame) -> pd.DataFrame:
    """Sheet "collection" with one row per unit: what was issued to merged units is added up."""
    keys = ["source", "unit", "subject", "channel"]
    if name != "collection" or not sheet.duplicated(keys).any():
        return sheet
    rules = {c: "first" for c in sheet.columns if c not in keys}
    # An unknown number stays unknown: a sum that leaves it out would be too low.
    rules |= dict.fromkeys(("population", "issued"), _sum)
    return sheet.groupby(keys, sort=False, as_index=False).agg(rules)[list(sheet.columns)]


def _sum(values: pd.Series) -> float:
    return float(values.sum(skipna=False))


def _pooled(kpis: pd.DataFrame) -> pd.DataFrame:
    """One record per unit and indicator."""
    keys = ["unit", "indicator"]
    shared = kpis.duplicated(keys, keep=False)
    if not shared.any():
        return kpis
    merged = [_one(part) for _, part in kpis[shared].groupby(keys, sort=True)]
    whole = pd.concat([kpis[~shared], pd.DataFrame(merged)], ignore_index=True)
    return whole[list(kpis.columns)].astype(kpis.dtypes.to_dict())


def _one(records: pd.DataFrame) -> dict[Any, Any]:
    """Pooled record; a record that does not apply to one of the units leaves that unit out."""
    first = records.iloc[0].to_dict()
    used = records[records["status"] == "ok"]
    if used.empty:
        return first
    row = first | dict.fromkeys(("value", *_COUNTS, "n", "mean", "sd"), np.nan) | {"status": "ok"}
    if len(used) == 1:
        return used.iloc[0].to_dict()
    if used[list(_COUNTS)].notna().all(axis=None):
        return row | {c: float(used[c].sum()) for c in _COUNTS}
    if used[["n", "mean", "sd"]].notna().all(axis=None):
        return row | _moments(used)
    return row | {"status": "not_applicable"}


def _moments(used: pd.DataFrame) -> dict[str, float]:
    """n, mean and sd of the pooled sample: total sum of squares = within + between."""
    n, mean, sd = (used[c].to_numpy(dtype=float) for c in ("n", "mean", "sd"))
    whole = float(n @ mean / n.sum())
    squares = float(((n - 1) * sd**2 + n * (mean - whole) ** 2).sum())
    return {"n": float(n.sum()), "mean": whole, "sd": float(np.sqrt(squares / (n.sum() - 1)))}
