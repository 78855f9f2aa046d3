"""A change split into what happened within the categories and what their mix did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import DataError

CELLS = ("category", "weight0", "value0", "weight1", "value1")


def rate_mix(cells: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Rate part and mix part of the change of a weighted mean; they sum to the change exactly.

    Parameters
    ----------
    cells : DataFrame
        Per key and category the weight of those who answered and their mean, then and now:
        `keys`, category, weight0, value0, weight1, value1.  Weight 0 where nobody answered.

    Returns
    -------
    DataFrame
        keys, value0, value1, change, rate_part = Σ ½(s0 + s1)(m1 − m0), mix_part =
        Σ ½(m0 + m1)(s1 − s0), with shares s and means m of the categories (Kitagawa 1955, Journal
        of the American Statistical Association 50, 1168-1194).  Both parts are NaN where a
        category has answers on one side only: what it would have said is not known.

    Raises
    ------
    DataError
        A column is missing, a weight is negative, or a key has no weight on one side.
    """
    lost = [c for c in (*keys, *CELLS) if c not in cells]
    if lost:
        raise DataError(f"cells lack {lost}; give {[*keys, *CELLS]}")
    weights = cells[["weight0", "weight1"]]
    groups = [cells[key] for key in keys]
    sums = weights.groupby(groups, sort=False).transform("sum")
    if (weights < 0).any(axis=None) or (sums <= 0).any(axis=None):
        raise DataError("weights of cells must not be negative, nor all 0 in one period of a key")
    share0, share1 = ((weights[c] / sums[c]).to_numpy() for c in weights)
    mean0, mean1 = (np.where(weights[f"weight{t}"] > 0, cells[f"value{t}"], np.nan) for t in (0, 1))
    parts = pd.DataFrame({
        "value0": share0 * np.nan_to_num(mean0), "value1": share1 * np.nan_to_num(mean1),
        "rate_part": (share0 + share1) / 2 * (mean1 - mean0),
        "mix_part": (mean0 + mean1) / 2 * (share1 - share0),
    })  # fmt: skip
    # A category nobody was in at either time takes no part.
    parts[(share0 == 0) & (share1 == 0)] = 0.0
    keyed = [cells[key].to_numpy() for key in keys]
    found = parts.groupby(keyed, sort=False).sum(min_count=1).rename_axis(list(keys))
    open_parts = parts[["rate_part", "mix_part"]].isna().any(axis=1).groupby(keyed, sort=False).any()
    found.loc[open_parts.to_numpy(), ["rate_part", "mix_part"]] = np.nan
    found.insert(2, "change", found["value1"] - found["value0"])
    return found.reset_index()
