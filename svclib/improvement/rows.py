"""What every comparison declares, and the frame its rows go into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib import columns
from svclib.columns import GLOSSARY, TABLES
from svclib.framework import Indicator

Row = dict[str, Any]
COLUMNS = TABLES["changes"].all_columns
LEVELS = ("total", "dimension", "indicator")


@dataclass(frozen=True)
class Comparison:
    """Which cycles are compared, and by which rules declared before the data.

    Attributes
    ----------
    families : levels whose comparisons are adjusted together, each level a family
    min_equivalent : the smaller sample below which nothing is called equivalent
    composite_mid : what matters in points of a dimension or the total; NaN = not declared
    """

    baseline: str
    cycle: str
    confidence: float = 0.95
    adjust: str = "holm"
    families: tuple[str, ...] = LEVELS
    min_equivalent: int = 30
    composite_mid: float = np.nan

    @property
    def cycles(self) -> tuple[str, str]:
        """Baseline and current cycle."""
        return self.baseline, self.cycle

    @property
    def alpha(self) -> float:
        """Two-sided error rate."""
        return 1 - self.confidence


def frame(rows: Sequence[Mapping[str, Any]], comparison: Comparison) -> pd.DataFrame:
    """Rows as table "changes"; what a row lacks is empty."""
    if not rows:
        return columns.empty("changes")
    empty = {"float": np.nan, "str": "", "int": 0}
    blank = {column: empty[GLOSSARY[column].dtype] for column in COLUMNS}
    blank |= {"baseline": comparison.baseline, "cycle": comparison.cycle, "confidence": comparison.confidence}
    # Column by column: of 15,000 rows as mappings pandas makes a frame in seconds.
    return pd.DataFrame({c: [row.get(c, blank[c]) for row in rows] for c in COLUMNS})


def started(indicator: Indicator, value0: float, value1: float, *, design: str) -> Row:
    """Row of an indicator before its test: both values, raw change, oriented gain, MID."""
    change = float(value1) - float(value0)
    row: Row = {
        "level": "indicator", "node": indicator.name, "kind": indicator.kind, "measure": indicator.unit,
        "design": design, "estimate0": float(value0), "estimate1": float(value1), "change": change,
        "gain": _gain(indicator, float(value0), float(value1)), "mid": np.nan,
    }  # fmt: skip
    if indicator.mid is not None:
        row |= {"mid": indicator.mid_at(float(value0)), "mid_on": "unit"}
    return row


def _gain(indicator: Indicator, value0: float, value1: float) -> float:
    """Change in the good direction; near a target, by how much the distance to it shrank."""
    if indicator.better != "near":
        return indicator.sign * (value1 - value0)
    target = indicator.target
    if target is None:
        return np.nan
    low, high = target if isinstance(target, tuple) else (target, target)
    return max(low - value0, value0 - high, 0.0) - max(low - value1, value1 - high, 0.0)


def incomparable(indicator: Indicator, reason: str) -> Row:
    """Row of an indicator that one of the cycles does not have."""
    return {"level": "indicator", "node": indicator.name, "kind": indicator.kind, "measure": indicator.unit,
            "verdict": "not_comparable", "reason": reason}  # fmt: skip
