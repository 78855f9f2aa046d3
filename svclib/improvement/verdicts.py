"""Families, gates and the verdict of every comparison."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib import inference
from svclib.improvement.rows import Comparison, Row, frame

P_VALUES = ("p_diff", "p_beyond", "p_equiv")
EXACT_BELOW = 30


def judge(rows: Sequence[Row], comparison: Comparison) -> pd.DataFrame:
    """Table "changes": adjusted p-values, verdict, strength and flags of all rows together.

    Order: gates (what cannot be compared or judged stays so) → beyond the MID → equivalent
    → detected → inconclusive.  Each of the three p-values is adjusted within its family.
    "equivalent" needs `min_equivalent` on both sides; the exact mid-p and the log-rank test may
    only withhold.
    """
    table = frame(rows, comparison)
    gated = table["verdict"] != ""
    table.loc[gated, list(P_VALUES)] = np.nan
    few = table[["n0", "n1"]].min(axis=1) < comparison.min_equivalent
    few &= ~gated & table["p_equiv"].notna()
    table.loc[few, "p_equiv"] = np.nan
    _adjust(table, comparison)
    found = inference.decide(
        table["p_beyond_adj"].to_numpy(),
        table["p_equiv_adj"].to_numpy(),
        table["p_diff_adj"].to_numpy(),
        table["gain"].to_numpy(),
        alpha=comparison.alpha,
    )
    table["strength"] = np.where(gated, "", found["strength"])
    table["verdict"] = np.where(gated, table["verdict"], found["verdict"])
    _withhold(table, comparison)
    _flag(table, few, "too_few_for_equivalence")
    _flag(table, ~gated & table["p_diff"].notna() & table["mid"].isna(), "mid_not_declared")
    return table


def _adjust(table: pd.DataFrame, comparison: Comparison) -> None:
    for level in sorted(set(table["level"])):
        at = table["level"] == level
        declared = level in comparison.families
        method = comparison.adjust if declared else "none"
        for p in P_VALUES:
            table.loc[at, f"{p}_adj"] = inference.adjust(table.loc[at, p].to_numpy(), method)
        table.loc[at, "family"] = level if declared else "none"
        table.loc[at, "adjust"] = method
        table.loc[at, "n_tests"] = int(table.loc[at, "p_diff"].notna().sum())


def _withhold(table: pd.DataFrame, comparison: Comparison) -> None:
    """A claim that an exact test at small n does not support, or the whole curve of times many of
    which are still open, becomes inconclusive.
    """
    claimed = table["verdict"].isin(["improved", "declined"])
    many_open = table["flags"].astype("str").str.contains("many_open", regex=False)
    doubts = {
        "exact_withheld": claimed & (table["p_exact"] >= comparison.alpha),
        "logrank_withheld": claimed & many_open & (table["p_logrank"] >= comparison.alpha),
    }
    for name, withheld in doubts.items():
        table.loc[withheld, "verdict"] = "inconclusive"
        table.loc[withheld, "strength"] = ""
        _flag(table, withheld, name)


def _flag(table: pd.DataFrame, where: pd.Series, name: str) -> None:
    before = table.loc[where, "flags"]
    table.loc[where, "flags"] = np.where(before == "", name, before + ";" + name)
