"""How records are kept, then and now: a jump in them may pass for a change of the service."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

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
        (volume), and days of that volume (backlog): periods of unequal length stay comparable.

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
        found += _compared(check, named, [pair[f"{check}{t}"] for t in (0, 1)], whole)
    days, volume, backlog = ([pair[f"{c}{t}"] for t in (0, 1)] for c in ("days", "volume", "backlog"))
    found += _compared("volume", named, volume, days)
    return found + _compared("backlog", named, backlog, [v / d for v, d in zip(volume, days, strict=True)])


def _compared(
    check: str, named: tuple[str, str], hits: list[float], per: list[float]
) -> list[tuple[Any, ...]]:
    """One row, none where a count is not known or there is nothing to compare."""
    if not np.isfinite([*hits, *per]).all() or min(per) <= 0 or (check not in SHARES and not max(hits)):
        return []
    values = [x / n for x, n in zip(hits, per, strict=True)]
    if check in SHARES:
        large = policy.judge(abs(values[1] - values[0]), "record_share")[0] == JUMP
        return [(check, *named, *values, *per, _share_test(hits, per), large)]
    ratio = max(values) / min(values) if min(values) > 0 else np.inf
    return [
        (check, *named, *values, *hits, _rate_test(hits, per), policy.judge(ratio, "record_ratio")[0] == JUMP)
    ]


def _share_test(hits: list[float], whole: list[float]) -> float:
    """Two-sided p of Pearson's χ² without continuity correction; 1 where all or none hit."""
    pooled = sum(hits) / sum(whole)
    spread = pooled * (1 - pooled) * (1 / whole[0] + 1 / whole[1])
    if spread <= 0:
        return 1.0
    return float(2 * stats.norm.sf(abs(hits[1] / whole[1] - hits[0] / whole[0]) / np.sqrt(spread)))


def _rate_test(events: list[float], per: list[float]) -> float:
    """Twice the smaller tail of the current count, binomial given the total (exact conditional)."""
    total, share = sum(events), per[1] / sum(per)
    tails = stats.binom.cdf(events[1], total, share), stats.binom.sf(events[1] - 1, total, share)
    return float(min(1.0, 2 * min(tails)))
