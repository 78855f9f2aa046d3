"""Rounds of a Delphi panel: agreement, stability, concordance, and when to stop."""

from __future__ import annotations

from collections.abc import Iterator
from math import factorial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from svclib import policy
from svclib.agreement import agreement
from svclib.columns import checked, empty
from svclib.delphi.proposals import CUT, IMPORTANCE, LEVEL, TOTAL, WEIGHT, proposals
from svclib.ranks import signed_rank

if TYPE_CHECKING:
    from svclib.framework import Framework

TABLES = ("delphi_items", "delphi_rounds", "delphi_proposals")


class Rules(NamedTuple):
    """agree_from : from which rating an expert agrees that an item matters; None: close to the median."""

    agree_from: float | None = None
    confidence: float = 0.95


DEFAULT = Rules()


def review(
    opinions: pd.DataFrame,
    framework: Framework,
    *,
    cycle: str,
    rules: Rules = DEFAULT,
    weights: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables delphi_items, delphi_rounds, delphi_proposals.

    Parameters
    ----------
    opinions : DataFrame
        round, expert, kind ("weight": percent of the parent; "importance": a rating; "cut": the
        least score of a grade), item (node or grade), value.  One row per round, expert, kind and
        item.
    framework : Framework
        Says what stands under what, and the cuts in force.
    weights : table "weights", optional
        The weights in force.

    Returns
    -------
    dict of DataFrame
        delphi_items: per round and item n, median, q1, q3, iqr, mean, cv (NaN for cuts, whose zero
        means nothing), agree_share, judgement "agreed" or "not_agreed" (note: what fails), and
        against the round before the change of the median, the median of the moves of the experts
        of both rounds, their exact Wilcoxon p, and stability "stable", "moving" or "first_round".
        delphi_rounds: per round and level Kendall's W of the experts who valued every item, with
        interval, p (F of Kendall & Babington Smith 1939) and judgement; its change; items agreed
        and stable; `stop`: "another_round", "stop_agreed" or "stop_split".  No W of cuts: the
        order of the grades is given.
        delphi_proposals: of the last round, weights (medians divided by their sum, percent) and
        cuts (medians), beside what is in force.
    """
    rows = _placed(opinions, framework)
    items = pd.DataFrame([row for level in _levels(rows) for row in _items(level, rules)])
    if items.empty:
        return {name: empty(name) for name in TABLES}
    found = {
        "delphi_items": items,
        "delphi_rounds": pd.DataFrame(
            [row for level in _levels(rows) for row in _rounds(level, items, rules)]
        ),
        "delphi_proposals": proposals(items, framework, weights),
    }
    return {name: checked(name, frame.assign(cycle=cycle)) for name, frame in found.items()}


def _placed(opinions: pd.DataFrame, framework: Framework) -> pd.DataFrame:
    """Opinions with the parent of each item; weights in percent of what the expert gave the parent."""
    parent = {i.name: d.name for d in framework.dimensions for i in d.indicators}
    rows = opinions.assign(
        round=opinions["round"].astype(int),
        node=opinions["item"],
        parent=opinions["item"].map(parent).fillna(TOTAL),
    )
    given = rows.groupby(["round", "expert", *LEVEL])["value"].transform("sum")
    return rows.assign(value=rows["value"].where(rows["kind"] != WEIGHT, 100 * rows["value"] / given))


class _Level(NamedTuple):
    """Opinions of one kind under one parent: round, expert x item by round."""

    kind: str
    parent: str
    rounds: dict[int, pd.DataFrame]


def _levels(rows: pd.DataFrame) -> Iterator[_Level]:
    for (kind, parent), own in rows.groupby(LEVEL, sort=True):
        order = list(dict.fromkeys(own["node"]))
        wide = {
            int(str(r)): part.pivot_table(index="expert", columns="node", values="value").reindex(
                columns=order
            )
            for r, part in own.groupby("round", sort=True)
        }
        yield _Level(
            str(kind), str(parent), {r: frame.dropna(axis=1, how="all") for r, frame in wide.items()}
        )


def _items(level: _Level, rules: Rules) -> Iterator[dict[str, object]]:
    before: pd.DataFrame | None = None
    for number, values in level.rounds.items():
        for node in values.columns:
            now = values[node].dropna()
            key = {"kind": level.kind, "parent": level.parent, "node": node, "round": number}
            yield key | _agreed(now, level.kind, rules) | _moved(before, now, level.kind, rules)
        before = values


def _limit(rule: str) -> float:
    return policy.rule(rule).cuts[0].at


def _agreed(values: pd.Series, kind: str, rules: Rules) -> dict[str, object]:
    """How the opinions of one round on one item lie, and which criteria of agreement they fail."""
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    rating = kind == IMPORTANCE and rules.agree_from is not None
    near = values >= rules.agree_from if rating else (values - median).abs() <= _limit(f"delphi_iqr_{kind}")
    mean = float(values.mean())
    cv = float(values.std() / mean) if kind != CUT and len(values) > 1 and mean > 0 else np.nan
    tests = {
        "low_share": policy.judge(near.mean(), "delphi_share"),
        "wide_iqr": policy.judge(q3 - q1, f"delphi_iqr_{kind}"),
        "wide_cv": policy.judge(cv, "delphi_cv"),
    }
    failed = [name for name, label in tests.items() if label[0] == "not_agreed"]
    alone = ["one_expert"] if len(values) == 1 else []
    return {
        "n": len(values),
        "median": median,
        "q1": q1,
        "q3": q3,
        "iqr": q3 - q1,
        "mean": mean,
        "cv": cv,
        "agree_share": float(near.mean()),
        "judgement": "not_agreed" if failed or alone else "agreed",
        "note": ";".join(failed + alone),
    }


def _moved(before: pd.DataFrame | None, now: pd.Series, kind: str, rules: Rules) -> dict[str, Any]:
    """Change of the median since the round before, and whether the experts of both rounds shifted."""
    blank = {
        "n_paired": 0,
        "median_change": np.nan,
        "median_move": np.nan,
        "p_diff": np.nan,
        "stability": "first_round",
    }
    if before is None or now.name not in before:
        return blank
    last = before[now.name].dropna()
    both = last.index.intersection(now.index)
    change = float(now.median() - last.median())
    differs = bool((last[both] != now[both]).any())
    p = float(signed_rank(now[both].to_numpy(), last[both].to_numpy())["p"].iloc[0]) if differs else 1.0
    move = float((now[both] - last[both]).abs().median())
    still = max(abs(change), move) <= _limit("delphi_shift") * _limit(f"delphi_iqr_{kind}")
    stable = len(both) > 0 and still and p >= 1 - rules.confidence
    return {
        "n_paired": len(both),
        "median_change": change,
        "median_move": move,
        "p_diff": p if len(both) else np.nan,
        "stability": "stable" if stable else "moving",
    }


def _rounds(level: _Level, items: pd.DataFrame, rules: Rules) -> Iterator[dict[str, object]]:
    own = items[(items["kind"] == level.kind) & (items["parent"] == level.parent)]
    last = np.nan
    for number, values in level.rounds.items():
        here = own[own["round"] == number]
        agreed, stable = here["judgement"] == "agreed", here["stability"] == "stable"
        found = _concordance(values, level.kind, rules)
        yield {
            "kind": level.kind,
            "parent": level.parent,
            "round": number,
            "n_experts": len(values),
            "n_items": len(here),
            **found,
            "change": found["estimate"] - last,
            "n_agreed": int(agreed.sum()),
            "n_stable": int(stable.sum()),
            "stop": _stop(agreed=bool(agreed.all()), stable=bool(stable.all())),
        }
        last = found["estimate"]


def _stop(*, agreed: bool, stable: bool) -> str:
    if not stable:
        return "another_round"
    return "stop_agreed" if agreed else "stop_split"


def _concordance(values: pd.DataFrame, kind: str, rules: Rules) -> dict[str, Any]:
    """Kendall's W of one round, its interval over experts, its p."""
    blank = dict.fromkeys(("estimate", "ci_low", "ci_high", "p"), np.nan) | {"confidence": rules.confidence}
    if kind == CUT:
        return blank | {"judgement": "", "note": "order_given"}
    rows = values.rename_axis(index="rater").reset_index().melt("rater", var_name="target").dropna()
    found = agreement(rows, stats=["kendall:raters"], confidence=rules.confidence).iloc[0]
    w, m, n = float(found["estimate"]), len(values.dropna()), values.shape[1]
    return {
        "estimate": w,
        "ci_low": found["ci_low"],
        "ci_high": found["ci_high"],
        "confidence": rules.confidence,
        "p": p_of_concordance(w, m, n),
        "judgement": str(policy.judge(w, "concordance")[0]),
        "note": found["note"],
    }


def p_of_concordance(w: float, m: int, n: int) -> float:
    """Probability of W of `m` experts on `n` items if they order at random: F = (m - 1) W / (1 - W).

    Degrees of freedom n - 1 - 2/m and (m - 1) times that (Kendall & Babington Smith 1939), closer than
    chi-square for small panels; never below the probability that all agree by chance.
    """
    df = n - 1 - 2 / m if m else 0.0
    if np.isnan(w) or df <= 0 or m < 2:
        return np.nan
    ratio = (m - 1) * w / (1 - w) if w < 1 else np.inf
    return max(float(stats.f.sf(ratio, df, (m - 1) * df)), float(factorial(n)) ** (1 - m))
