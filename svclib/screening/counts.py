"""What the flags add up to, what excluding them changes, and how every item was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from svclib.columns import checked, empty
from svclib.screening.rules import ROW, cuts

if TYPE_CHECKING:
    from svclib.framework import Framework
    from svclib.params import Screening


def mark(responses: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Responses with a column `flagged`: True where any rule of `flags` excludes the row."""
    out = flags[flags["excluded"]].set_index(ROW).index
    return responses.assign(flagged=responses.set_index(ROW).index.isin(out))


def keep(responses: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Responses without the rows that `flags` excludes."""
    return responses.loc[~mark(responses, flags)["flagged"]].reset_index(drop=True)


def summary(responses: pd.DataFrame, flags: pd.DataFrame, rules: Screening) -> pd.DataFrame:
    """Table "screening": returned, flagged and excluded rows per cycle, unit and rule.

    unit "" is all units together. Every rule appears, also with 0. One row may break several
    rules, so the counts of the rules do not add up; `profile` counts rows.
    """
    known = cuts(rules)
    names = [*known, *sorted(set(flags["rule"]) - set(known))]
    everyone = [responses, responses.assign(unit="")]
    returned = pd.concat(everyone).groupby(["cycle", "unit"], as_index=False).agg(n_rows=("row", "size"))
    grid = returned.merge(pd.DataFrame({"rule": names}), how="cross")
    both = pd.concat([flags, flags.assign(unit="")])
    counted = both.groupby(["cycle", "unit", "rule"]).agg(
        n_flagged=("excluded", "size"), n_excluded=("excluded", "sum")
    )
    out = grid.merge(counted.reset_index(), on=["cycle", "unit", "rule"], how="left")
    out = out.fillna({"n_flagged": 0, "n_excluded": 0})
    return checked(
        "screening",
        out.assign(share=out["n_flagged"] / out["n_rows"], cut=[known.get(r, np.nan) for r in out["rule"]]),
    )


def profile(responses: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Table "response_profile": returned, excluded, valid rows per unit, subject and channel."""
    groups = mark(responses, flags).groupby(["cycle", "unit", "subject", "channel"])
    out = groups["flagged"].agg(n_rows="size", n_excluded="sum").reset_index()
    return checked("response_profile", out.assign(n=out["n_rows"] - out["n_excluded"]))


def repeated(responses: pd.DataFrame) -> int:
    """Respondents of one cycle with answers on more than one unit: a note, not an exclusion."""
    named = responses[responses["respondent"].str.strip() != ""]
    units = named.groupby(["cycle", "source", "subject", "respondent"])["unit"].nunique()
    return int(np.sum(units.to_numpy() > 1))


def describe(x: np.ndarray, weights: np.ndarray, scale: np.ndarray) -> pd.DataFrame:
    """Per item: n, n_missing, missing_share, and weighted mean, sd, floor_share, ceiling_share.

    Parameters
    ----------
    x : ndarray, (n, k)
        Answers, NaN = unanswered.
    weights : ndarray, (n,)
        Design weights; 1 = unweighted. sd uses the denominator W (n - 1) / n.
    scale : ndarray, (k, 2)
        Lowest and highest possible answer; NaN leaves the shares empty.
    """
    answered = ~np.isnan(x)
    n = answered.sum(axis=0)
    w = weights[:, None] * answered
    total = np.where(n > 0, w.sum(axis=0), np.nan)
    mean = (w * np.where(answered, x, 0.0)).sum(axis=0) / total
    square = (w * np.where(answered, x - mean, 0.0) ** 2).sum(axis=0) / total
    ends = [np.where(np.isnan(end), np.nan, (w * (x == end)).sum(axis=0) / total) for end in scale.T]
    missing = len(x) - n
    return pd.DataFrame({
        "n": n, "n_missing": missing, "missing_share": missing / max(len(x), 1), "mean": mean,
        "sd": np.sqrt(square * np.where(n > 1, n, np.nan) / np.maximum(n - 1, 1)),
        "floor_share": ends[0], "ceiling_share": ends[1],
    })  # fmt: skip


def item_profile(responses: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Table "item_profile": answers, missing, mean, sd, floor and ceiling per cycle, subject, item.

    Give recoded responses (`sources.coded`), so that the floor is the worst answer of every
    item. Items appear for the subjects their indicator asks; missing counts the rows
    of that subject.
    """
    parts = [empty("item_profile")]
    for (cycle, subject), rows in responses.groupby(["cycle", "subject"]):
        for indicator in framework.indicators:
            items = list(indicator.items)
            if not items or subject not in indicator.subjects:
                continue
            scale = np.tile(np.asarray(indicator.scale, dtype=float), (len(items), 1))
            told = describe(rows[items].to_numpy(dtype=float), rows["weight"].to_numpy(dtype=float), scale)
            keys: dict[str, Any] = {"cycle": cycle, "subject": subject, "dimension": indicator.dimension}
            parts.append(told.assign(**keys, indicator=indicator.name, item=items))
    whole = pd.concat(parts, ignore_index=True)
    return checked("item_profile", whole.drop_duplicates(["cycle", "subject", "item"]))


def effect(every: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Table "screening_effect": each indicator value with and without the excluded rows.

    Parameters
    ----------
    every, kept : DataFrame
        Indicator values before and after exclusion: cycle, unit, indicator, subject, n, value.
        An indicator left without a valid answer keeps its row, with n_kept 0 and no estimate.
    """
    key = ["cycle", "unit", "indicator", "subject"]
    both = every[[*key, "n", "value"]].merge(
        kept[[*key, "n", "value"]], on=key, how="outer", suffixes=("_all", "_kept"), validate="1:1"
    )
    both = both.rename(columns={"value_all": "estimate_all", "value_kept": "estimate_kept"})
    both = both.fillna({"n_all": 0, "n_kept": 0})
    return checked("screening_effect", both.assign(effect=both["estimate_kept"] - both["estimate_all"]))
