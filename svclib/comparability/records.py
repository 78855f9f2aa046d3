"""How records are kept, then and now: a jump in them may pass for a change of the service."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib import inference, policy
from svclib.comparability.frameworks import NOTE, OK
from svclib.errors import DataError

KEYS = ("cycle", "unit", "indicator")
COUNTS = ("volume", "open", "unknown_cause", "excluded", "backlog")
SHARES = ("open", "unknown_cause", "excluded")
COLUMNS = ("check", "unit", "node", "value0", "value1", "n0", "n1", "p", "judgement")
JUMP = "jump"


def record_keeping(
    tallies: pd.DataFrame, *, baseline: str, cycle: str, confidence: float = 0.95
) -> pd.DataFrame:
    """Open cases, unknown causes, exclusions, volume and backlog of each unit and indicator, then and now.

    Parameters
    ----------
    tallies : DataFrame
        cycle, unit, indicator, days, volume (records counted), open (of these, without an end),
        unknown_cause (of these), excluded (left out besides), backlog (open at the end of the
        period, whenever opened); NaN for what is not recorded.

    Returns
    -------
    DataFrame
        check, unit, node, value0, value1, n0, n1, p (Holm over the table), judgement: "note" for a
        jump.  Values are shares (of the volume; excluded of volume and excluded), records per day
        (volume), and backlog per record.

    Notes
    -----
    A jump is larger than the policy allows and than chance explains at the confidence given (score
    test for shares, exact conditional test for volume and backlog).  It stands beside the change
    whatever that is: looking at the change first would pick the jumps that suit.

    Raises
    ------
    DataError
        A column is missing.
    """
    lost = [c for c in (*KEYS, "days", *COUNTS) if c not in tallies]
    if lost:
        raise DataError(f"tallies lack {lost}; give {[*KEYS, 'days', *COUNTS]}")
    sides = [tallies[tallies["cycle"] == c].drop(columns="cycle") for c in (baseline, cycle)]
    both = sides[0].merge(sides[1], on=["unit", "indicator"], suffixes=("0", "1"))
    rows = [row for pair in both.to_dict("records") for row in _checks(pair)]
    table = pd.DataFrame(rows, columns=[*COLUMNS[:-1], "large"])
    table["p"] = inference.adjust(table["p"].to_numpy(dtype=float), "holm") if len(table) else table["p"]
    jumped = table["large"].astype(bool) & (table["p"] < 1 - confidence)
    return table.assign(judgement=np.where(jumped, NOTE, OK))[list(COLUMNS)]


def _checks(pair: dict[Any, Any]) -> list[tuple[Any, ...]]:
    named = (pair["unit"], pair["indicator"])
    found = []
    for check in SHARES:
        whole = [pair[f"volume{t}"] + (pair[f"excluded{t}"] if check == "excluded" else 0) for t in (0, 1)]
        found += _share(check, named, [pair[f"{check}{t}"] for t in (0, 1)], whole)
    found += _rate("volume", named, *([pair[f"{c}{t}"] for t in (0, 1)] for c in ("volume", "days")))
    return found + _rate(
        "backlog", named, *([pair[f"{c}{t}"] for t in (0, 1)] for c in ("backlog", "volume"))
    )


def _share(
    check: str, named: tuple[str, str], hits: list[float], whole: list[float]
) -> list[tuple[Any, ...]]:
    if not np.isfinite([*hits, *whole]).all() or min(whole) <= 0:
        return []
    values = [x / n for x, n in zip(hits, whole, strict=True)]
    sides = [np.array([float(v)]) for v in (hits[0], whole[0], hits[1], whole[1])]
    p = (
        1.0
        if values[0] == values[1]
        else float(inference.proportion_change(*sides, mid=np.nan)["p_diff"].iloc[0])
    )
    large = policy.judge(abs(values[1] - values[0]), "record_share")[0] == JUMP
    return [(check, *named, *values, *whole, p, large)]


def _rate(check: str, named: tuple[str, str], events: list[float], per: list[float]) -> list[tuple[Any, ...]]:
    if not np.isfinite([*events, *per]).all() or min(per) <= 0 or max(events) == 0:
        return []
    values = [x / n for x, n in zip(events, per, strict=True)]
    sides = [np.array([float(v)]) for v in (events[0], per[0], events[1], per[1])]
    p = float(inference.rate_change(*sides, mid_ratio=np.nan)["p_diff"].iloc[0])
    ratio = max(values) / min(values) if min(values) > 0 else np.inf
    return [(check, *named, *values, *events, p, policy.judge(ratio, "record_ratio")[0] == JUMP)]
